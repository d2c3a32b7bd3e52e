/** The tables of the charger's sessions: every request in every state, every timeout, and what a vehicle goes through. */
import { describe, expect, it } from "vitest";
import { codecOf } from "../../../../src/protocols/exi/codec.ts";
import { din } from "../../../../src/protocols/iso15118/messages/din.ts";
import { iso2 } from "../../../../src/protocols/iso15118/messages/iso2.ts";
import { iso20Ac } from "../../../../src/protocols/iso15118/messages/iso20-ac.ts";
import { iso20Common } from "../../../../src/protocols/iso15118/messages/iso20-common-messages.ts";
import { iso20Dc } from "../../../../src/protocols/iso15118/messages/iso20-dc.ts";
import { dinProtocol } from "../../../../src/protocols/iso15118/sessions/din.ts";
import { iso2Protocol } from "../../../../src/protocols/iso15118/sessions/iso2.ts";
import { iso20Protocol } from "../../../../src/protocols/iso15118/sessions/iso20.ts";
import type { Fields } from "../../../../src/protocols/iso15118/sessions/session.ts";
import { bytesOfHex } from "../../../../src/protocols/iso15118/sessions/wire-values.ts";
import {
  type Bench,
  dinBench,
  dinRequests,
  iso2Bench,
  iso2ContractBench,
  iso2ContractRequests,
  iso2Requests,
  iso20AcBench,
  iso20Bench,
  iso20ContractBench,
  iso20ContractRequests,
  iso20Requests,
  obey,
  ownId,
} from "./charger.ts";

const dcWay = [
  "CableCheck",
  "CableCheck",
  "PreCharge",
  "PowerDelivery+",
  "CurrentDemand",
  "PowerDelivery-",
  "WeldingDetection",
];
const iso20Way = [
  "SessionSetup",
  "AuthorizationSetup",
  "Authorization",
  "ServiceDiscovery",
  "ServiceDetail",
  "ServiceSelection",
  "DC_ChargeParameterDiscovery",
  "ScheduleExchange",
  "DC_CableCheck",
  "DC_CableCheck",
  "DC_PreCharge",
  "PowerDelivery+",
  "DC_ChargeLoop",
  "PowerDelivery-",
  "DC_WeldingDetection",
];
const iso20AcWay = [
  ...iso20Way.slice(0, 6),
  "AC_ChargeParameterDiscovery",
  "ScheduleExchange",
  "PowerDelivery+",
  "AC_ChargeLoop",
  "PowerDelivery-",
];
const bothModes = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;
const kinds: readonly {
  name: string;
  protocol: typeof dinProtocol;
  open: (more?: Parameters<typeof dinBench>[0]) => Bench;
  requests: Readonly<Record<string, Fields>>;
  way: readonly string[];
}[] = [
  {
    name: "DIN SPEC 70121",
    protocol: dinProtocol,
    open: (more) => dinBench(more),
    requests: dinRequests,
    way: [
      "SessionSetup",
      "ServiceDiscovery",
      "ServicePaymentSelection",
      "ContractAuthentication",
      "ChargeParameterDiscovery",
      ...dcWay,
    ],
  },
  {
    name: "ISO 15118-2 DC",
    protocol: iso2Protocol,
    open: (more) => iso2Bench("DC_extended", more),
    requests: iso2Requests("DC_extended"),
    way: [
      "SessionSetup",
      "ServiceDiscovery",
      "ServiceDetail",
      "PaymentServiceSelection",
      "Authorization",
      "ChargeParameterDiscovery",
      ...dcWay,
    ],
  },
  {
    name: "ISO 15118-2 AC",
    protocol: iso2Protocol,
    open: (more) => iso2Bench("AC_three_phase_core", more),
    requests: iso2Requests("AC_three_phase_core"),
    way: [
      "SessionSetup",
      "ServiceDiscovery",
      "PaymentServiceSelection",
      "Authorization",
      "ChargeParameterDiscovery",
      "PowerDelivery+",
      "ChargingStatus",
      "PowerDelivery-",
    ],
  },
  ...["DC_extended", "AC_three_phase_core"].map((mode) => ({
    name: `ISO 15118-2, ${mode}, paid by a contract`,
    protocol: iso2Protocol,
    open: (more?: Parameters<typeof dinBench>[0]) => iso2ContractBench(mode, more),
    requests: iso2ContractRequests(mode),
    way: [
      "SessionSetup",
      "ServiceDiscovery",
      "ServiceDetail",
      "PaymentServiceSelection",
      "CertificateInstallation",
      "PaymentDetails",
      "Authorization",
      "ChargeParameterDiscovery",
      ...(mode === "DC_extended" ? dcWay.slice(0, 5) : ["PowerDelivery+", "ChargingStatus"]),
      "MeteringReceipt",
      "PowerDelivery-",
    ],
  })),
  {
    name: "ISO 15118-20 DC_BPT, paid by a contract",
    protocol: iso20Protocol,
    open: (more?: Parameters<typeof dinBench>[0]) => iso20ContractBench(more),
    requests: iso20ContractRequests(true, true),
    way: [
      ...iso20Way.slice(0, 2),
      "CertificateInstallation",
      ...iso20Way.slice(2, 13),
      "MeteringConfirmation",
      ...iso20Way.slice(13),
    ],
  },
  ...bothModes.map(([bidirectional, dynamic]) => ({
    name: `ISO 15118-20 AC${bidirectional ? "_BPT" : ""}, ${dynamic ? "dynamic" : "scheduled"}`,
    protocol: iso20Protocol,
    open: (more?: Parameters<typeof dinBench>[0]) => iso20AcBench(bidirectional, dynamic, more),
    requests: iso20Requests(bidirectional, dynamic, true),
    way: iso20AcWay,
  })),
  ...bothModes.map(([bidirectional, dynamic]) => ({
    name: `ISO 15118-20 DC${bidirectional ? "_BPT" : ""}, ${dynamic ? "dynamic" : "scheduled"}`,
    protocol: iso20Protocol,
    open: (more?: Parameters<typeof dinBench>[0]) => iso20Bench(bidirectional, dynamic, more),
    requests: iso20Requests(bidirectional, dynamic),
    way: iso20Way,
  })),
];

/** Every answer goes through the codec: a field that is missing or out of range does not encode. */
function encodes(protocol: typeof dinProtocol, name: string, body: Fields): number {
  if (protocol === iso20Protocol) {
    const stamped = { Header: { SessionID: bytesOfHex(ownId), TimeStamp: 1_780_000_000 }, ...body } as never;
    return name.startsWith("DC_")
      ? codecOf(iso20Dc).encode(name as "DC_CableCheckRes", stamped).length
      : name.startsWith("AC_")
        ? codecOf(iso20Ac).encode(name as "AC_ChargeLoopRes", stamped).length
        : codecOf(iso20Common).encode(name as "SessionStopRes", stamped).length;
  }
  const message = { Header: { SessionID: bytesOfHex(ownId) }, Body: { [name]: body } } as never;
  return protocol === dinProtocol
    ? codecOf(din).encode("V2G_Message", message).length
    : codecOf(iso2).encode("V2G_Message", message).length;
}

describe.each(kinds)("$name", ({ protocol, open, requests, way }) => {
  it("from setup to stop: every answer is good, power flows only between closed contactors", () => {
    const one = open();
    for (const key of way) {
      const { name, body, close } = one.send(key);
      expect([key, String(body["ResponseCode"]), close]).toEqual([key, expect.stringMatching(/^OK/), false]);
      expect(encodes(protocol, name, body)).toBeGreaterThan(8);
      expect(one.facts.presentCurrentA !== 0 && one.session.order.phase !== "energy").toBe(false);
    }
    expect(one.send("SessionStop")).toMatchObject({ name: "SessionStopRes", close: true });
    expect(one.session).toMatchObject({ end: "stopped", order: { phase: "idle", currentA: 0 } });
    expect(one.facts.contactorsClosed).toBe(false);
  });

  it("every request in every state: served as the table says, or a sequence error that ends it with contactors open", () => {
    const ways: string[][] = [[]];
    for (const key of way) ways.push([...ways.at(-1)!, key]);
    const met = new Set<string>();
    for (const before of ways) {
      for (const key of Object.keys(requests)) {
        const one = open();
        for (const step of before) one.send(step);
        const { state } = one.session;
        met.add(state);
        const row = protocol.states.states[state]!;
        const taken = key === "SessionStop" ? !protocol.states.noStop.includes(state) : key in row;
        const { name, body, close } = one.send(key);
        const code = String(body["ResponseCode"]);
        expect(encodes(protocol, name, body)).toBeGreaterThan(8);
        if (taken && !code.startsWith("FAILED")) {
          const next = row[key];
          const after = key === "SessionStop" ? ["over"] : typeof next === "string" ? [next] : next!;
          expect([state, key, after]).toEqual([state, key, expect.arrayContaining([one.session.state])]);
          continue;
        }
        // What the table takes and the connector does not know is out of order as well, or a wrong parameter.
        const foreign = protocol === iso20Protocol && key.endsWith("_ChargeParameterDiscovery") && taken;
        const refused = foreign ? "FAILED_WrongChargeParameter" : "FAILED_SequenceError";
        expect([state, key, code, close]).toEqual([state, key, refused, true]);
        expect(one.session).toMatchObject({
          end: "failed",
          order: { phase: "idle", currentA: 0 },
          vehicle: { maxW: 0, minW: 0 },
        });
      }
    }
    const iso2Only = [
      ...(open().facts.connector === "dc" ? ["loopAc"] : ["cableCheck", "precharge", "precharging", "loopDc"]),
      ...(way.includes("PaymentDetails") ? [] : ["details", "authorization"]),
    ];
    // A precharge and a welding detection that go on are stories of their own.
    const iso20Only =
      open().facts.connector === "dc"
        ? ["scheduleAc", "readyAc", "loopAc", "stoppedAc", "welding", "precharging"]
        : ["schedule", "cableCheck", "precharge", "precharging", "precharged", "loop", "stopped", "welding"];
    const unreachable = protocol === iso2Protocol ? iso2Only : protocol === iso20Protocol ? iso20Only : [];
    const all = Object.keys(protocol.states.states).filter((state) => state !== "over" && !unreachable.includes(state));
    expect([...met].sort()).toEqual(all.sort());
  });

  it("silence in any state: power and contactors off after 60 s; in the loop as the protocol says", () => {
    for (let taken = 1; taken <= way.length; taken++) {
      const one = open();
      for (const key of way.slice(0, taken)) one.send(key);
      const heardMs = one.nowMs;
      const loop = protocol.loops.includes(one.session.state);
      for (let ms = 0; one.session.end === "" && ms < 61_000; ms += 100) {
        one.nowMs = heardMs + ms;
        one.session.tick(one.nowMs);
        obey(one.facts, one.session.order);
        if (loop && ms > protocol.times.loopSilentMs + 100)
          expect([one.session.order.currentA, one.session.vehicle.maxW]).toEqual([0, 0]);
      }
      expect(one.session.end).toBe("silent");
      // A request that had waited for contactors was heard a little earlier.
      expect(one.nowMs - heardMs).toBeGreaterThanOrEqual(loop ? protocol.times.loopMaxMs - 100 : 59_900);
      expect(one.nowMs - heardMs).toBeLessThanOrEqual(loop ? protocol.times.loopMaxMs + 100 : 60_100);
      expect(one.session.order).toEqual({ phase: "idle", voltageV: 0, currentA: 0 });
    }
  });

  it("the session of another vehicle is refused, at any time", () => {
    for (let taken = 1; taken <= way.length; taken++) {
      const one = open();
      for (const key of way.slice(0, taken)) one.send(key);
      const { state } = one.session;
      const key = Object.keys(protocol.states.states[state]!)[0] ?? "SessionStop";
      expect(one.send(key, requests[key], "ffffffffffffffff")).toMatchObject({
        body: { ResponseCode: "FAILED_UnknownSession" },
        close: true,
      });
      expect(one.session.order).toEqual({ phase: "idle", voltageV: 0, currentA: 0 });
    }
  });

  it("an emergency at any time: the answer says so, power off, contactors open, closed", () => {
    for (let taken = 1; taken < way.length; taken++) {
      const one = open();
      for (const key of way.slice(0, taken)) one.send(key);
      one.facts.trouble = "emergency";
      one.session.tick(one.nowMs + 20);
      expect(one.session.order.currentA).toBe(0);
      expect(one.session.order.phase).not.toBe("energy");
      const { body, close } = one.send(way[taken]!);
      expect([String(body["ResponseCode"]).startsWith("FAILED"), close]).toEqual([true, true]);
      const status = body["DC_EVSEStatus"] as Fields | undefined;
      if (status !== undefined) expect(status["EVSEStatusCode"]).toBe("EVSE_EmergencyShutdown");
    }
  });

  it("a vehicle that wants to leave may, from every state after the setup", () => {
    for (let taken = 1; taken <= way.length; taken++) {
      const one = open();
      for (const key of way.slice(0, taken)) one.send(key);
      if (protocol.states.noStop.includes(one.session.state)) continue;
      expect(one.send("SessionStop")).toMatchObject({ body: { ResponseCode: "OK" }, close: true });
      expect(one.session.order).toEqual({ phase: "idle", voltageV: 0, currentA: 0 });
    }
  });

  it("the pilot leaves C while power may flow: off within the same tick, without an answer", () => {
    const one = open();
    for (const key of way.slice(0, way.indexOf("PowerDelivery-"))) one.send(key);
    one.facts.pilot = "B";
    expect(one.session.tick(one.nowMs + 20)).toEqual({ name: "", body: {}, close: true });
    expect(one.session).toMatchObject({ end: "trouble", order: { phase: "idle", currentA: 0 } });
  });
});

const toLoop = (one: Bench, way: readonly string[]): Bench => {
  for (const key of way.slice(0, way.indexOf("PowerDelivery-"))) one.send(key);
  return one;
};
const [dinKind, dcKind, acKind] = kinds as [(typeof kinds)[0], (typeof kinds)[0], (typeof kinds)[0]];

describe("the power stage and its order", () => {
  it("cable check: finished only by a test that began with it, and with EVSE_Ready and Valid (Audi Q4 waits for both)", () => {
    const one = dinBench({ insulation: "valid" });
    for (const key of dinKind.way.slice(0, 5)) one.send(key);
    expect(one.send("CableCheck").body).toMatchObject({ EVSEProcessing: "Ongoing" });
    expect(one.send("CableCheck").body).toMatchObject({
      EVSEProcessing: "Finished",
      DC_EVSEStatus: { EVSEStatusCode: "EVSE_Ready", EVSEIsolationStatus: "Valid" },
    });
  });

  it("precharge: the target counts anew from every request, with little current, and not for ever", () => {
    const one = dinBench();
    for (const key of dinKind.way.slice(0, 7)) one.send(key);
    const to = (Value: number) => ({
      ...dinRequests["PreCharge"]!,
      EVTargetVoltage: { Multiplier: 0, Unit: "V", Value },
    });
    one.send("PreCharge", to(300));
    one.send("PreCharge", { ...to(2_000), EVTargetCurrent: { Multiplier: 0, Unit: "A", Value: 50 } });
    expect(one.session.order).toEqual({ phase: "precharge", voltageV: 1_000, currentA: 2 });
    one.nowMs += 11_000;
    expect(one.send("PreCharge").body).toMatchObject({ ResponseCode: "FAILED" });
  });

  it("contactors never close onto a battery whose voltage the output does not have", () => {
    const one = dinBench();
    for (const key of dinKind.way.slice(0, 8)) one.send(key);
    one.facts.presentVoltageV = 370;
    expect(
      one.session.handle("PowerDeliveryReq", dinRequests["PowerDelivery+"]!, ownId, one.nowMs + 10),
    ).toBeUndefined();
    expect(one.facts.contactorsClosed).toBe(false);
    expect(one.session.tick(one.nowMs + 1_500)).toMatchObject({
      body: { ResponseCode: "FAILED_PowerDeliveryNotApplied" },
      close: true,
    });
  });

  it("power delivery waits for contactors, in both directions, and no longer than the vehicle does", () => {
    const one = dinBench();
    for (const key of dinKind.way.slice(0, 8)) one.send(key);
    const askedMs = one.nowMs + 10;
    expect(one.session.handle("PowerDeliveryReq", dinRequests["PowerDelivery+"]!, ownId, askedMs)).toBeUndefined();
    expect(one.session.order.phase).toBe("energy");
    expect(one.session.tick(askedMs + 1_380)).toBeUndefined();
    expect(one.session.tick(askedMs + 1_400)).toMatchObject({
      body: { ResponseCode: "FAILED_PowerDeliveryNotApplied" },
    });
    const two = toLoop(dinBench(), dinKind.way);
    const stopMs = two.nowMs + 10;
    expect(two.session.handle("PowerDeliveryReq", dinRequests["PowerDelivery-"]!, ownId, stopMs)).toBeUndefined();
    expect(two.session.order).toMatchObject({ phase: "stopped", currentA: 0 });
    two.facts.contactorsClosed = false;
    expect(two.session.tick(stopMs + 60)).toMatchObject({ body: { ResponseCode: "OK" } });
  });

  it("a second request while one waits is out of order", () => {
    const one = dinBench();
    for (const key of dinKind.way.slice(0, 8)) one.send(key);
    one.session.handle("PowerDeliveryReq", dinRequests["PowerDelivery+"]!, ownId, one.nowMs + 10);
    expect(one.session.handle("CurrentDemandReq", dinRequests["CurrentDemand"]!, ownId, one.nowMs + 20)).toMatchObject({
      body: { ResponseCode: "FAILED_SequenceError" },
    });
  });

  it("the loop: what the vehicle asks for, within rating and limit, all three limits sent, never a discharge", () => {
    const one = toLoop(dinBench({ maxW: 20_000 }), dinKind.way);
    const ask = (Value: number) => ({
      ...dinRequests["CurrentDemand"]!,
      EVTargetCurrent: { Multiplier: 0, Unit: "A", Value },
    });
    const { body } = one.send("CurrentDemand", ask(100));
    expect(one.session.order).toEqual({ phase: "energy", voltageV: 400, currentA: 100 });
    expect(body).toMatchObject({
      EVSEMaximumCurrentLimit: { Value: 50 },
      EVSEMaximumPowerLimit: { Multiplier: 0, Value: 20_000 },
      EVSEMaximumVoltageLimit: { Value: 1_000 },
      EVSEPowerLimitAchieved: true,
      EVSECurrentLimitAchieved: false,
    });
    one.send("CurrentDemand", ask(-80));
    expect([one.session.order.currentA, one.session.vehicle.minW]).toEqual([0, 0]);
  });

  it("a vehicle that reports a fault of its own, or a charger that wants to stop, gets no more current", () => {
    const one = toLoop(dinBench(), dinKind.way);
    one.send("CurrentDemand", {
      ...dinRequests["CurrentDemand"]!,
      DC_EVStatus: { EVReady: true, EVErrorCode: "FAILED_ChargingCurrentdifferential", EVRESSSOC: 41 },
    });
    expect(one.session).toMatchObject({
      order: { currentA: 0 },
      vehicle: { error: "FAILED_ChargingCurrentdifferential" },
    });
    const two = toLoop(dinBench(), dinKind.way);
    two.facts.wants = "stop";
    expect(two.send("CurrentDemand").body).toMatchObject({
      DC_EVSEStatus: { EVSENotification: "StopCharging", EVSEStatusCode: "EVSE_Shutdown" },
    });
    expect(two.session.order.currentA).toBe(0);
  });
});

describe("who pays, and what a card's refusal answers", () => {
  it.each([
    ["DIN SPEC 70121: a refused card ends the session", dinKind, "ContractAuthentication", "FAILED", undefined],
    [
      "ISO 15118-2: after a refused card another may come",
      dcKind,
      "Authorization",
      "OK",
      "Ongoing_WaitingForCustomerInteraction",
    ],
  ] as const)("%s", (_, kind, key, code, processing) => {
    const one = kind.open({ authorization: "rejected" });
    for (const step of kind.way.slice(0, kind.way.indexOf(key))) one.send(step);
    const { body } = one.send(key);
    expect(body).toMatchObject({ ResponseCode: code });
    if (processing) expect(body).toMatchObject({ EVSEProcessing: processing });
  });

  it("nobody pays: the vehicle waits for a while, then the session ends", () => {
    const one = dcKind.open({ authorization: "waiting" });
    for (const step of dcKind.way.slice(0, 4)) one.send(step);
    const fromMs = one.nowMs;
    for (let i = 0; one.session.end === "" && i < 100; i++) {
      one.nowMs += 5_000;
      one.send("Authorization");
    }
    expect(one.session.end).toBe("failed");
    expect((one.nowMs - fromMs) / 1000).toBeCloseTo(300, -1);
  });
});

describe("limits that make no sense, modes that are not there", () => {
  const asks = (body: Fields): string => {
    const one = dinBench();
    for (const key of dinKind.way.slice(0, 4)) one.send(key);
    return String(one.send("ChargeParameterDiscovery", body).body["ResponseCode"]);
  };
  const good = dinRequests["ChargeParameterDiscovery"]!;
  const limits = good["DC_EVChargeParameter"] as Fields;
  it.each([
    ["a battery above our lowest voltage", good, "OK"],
    [
      "a battery that may not have our lowest voltage",
      { ...good, DC_EVChargeParameter: { ...limits, EVMaximumVoltageLimit: { Multiplier: 0, Unit: "V", Value: 100 } } },
      "FAILED_WrongChargeParameter",
    ],
    [
      "a current below zero",
      { ...good, DC_EVChargeParameter: { ...limits, EVMaximumCurrentLimit: { Multiplier: 0, Unit: "A", Value: -5 } } },
      "FAILED_WrongChargeParameter",
    ],
    [
      "AC on a DC charger",
      { ...good, EVRequestedEnergyTransferType: "AC_three_phase_core" },
      "FAILED_WrongEnergyTransferType",
    ],
    ["no limits at all", { EVRequestedEnergyTransferType: "DC_extended" }, "FAILED_WrongEnergyTransferType"],
  ])("%s → %s", (_, body, code) => expect(asks(body)).toBe(code));

  it("no power just now: it is being processed, within bounds, and then it goes on", () => {
    const one = dinBench({ maxW: 0 });
    for (const key of dinKind.way.slice(0, 4)) one.send(key);
    expect(one.send("ChargeParameterDiscovery").body).toMatchObject({ ResponseCode: "OK", EVSEProcessing: "Ongoing" });
    one.facts.maxW = 10_000;
    expect(one.send("ChargeParameterDiscovery").body).toMatchObject({ EVSEProcessing: "Finished" });
    const two = dinBench({ maxW: 0 });
    for (const key of dinKind.way.slice(0, 4)) two.send(key);
    two.nowMs += 56_000;
    expect(two.send("ChargeParameterDiscovery").body).toMatchObject({ ResponseCode: "FAILED" });
  });
});

describe("pause, resume, renegotiation", () => {
  const pausedSession = () => {
    const one = dcKind.open();
    for (const key of dcKind.way) one.send(key);
    one.send("SessionStop", { ChargingSession: "Pause" });
    return one.session;
  };

  it("a paused session is joined by its own vehicle, and needs no second card", () => {
    const { paused, end } = pausedSession();
    expect([end, paused]).toMatchObject(["paused", { sessionId: ownId, vehicleId: "02397a465dd1" }]);
    const again = iso2Bench("DC_extended", { authorization: "waiting" }, { sessionId: "aaaaaaaaaaaaaaaa", paused });
    expect(again.send("SessionSetup", undefined, ownId).body).toMatchObject({ ResponseCode: "OK_OldSessionJoined" });
    expect(again.session.sessionId).toBe(ownId);
    for (const key of ["ServiceDiscovery", "PaymentServiceSelection"]) again.send(key);
    expect(again.send("Authorization").body).toMatchObject({ EVSEProcessing: "Finished" });
  });

  it.each([
    ["another vehicle that sends its number", { EVCCID: Uint8Array.of(9, 9, 9, 9, 9, 9) }, ownId],
    ["the same vehicle with a number of its own", undefined, "bbbbbbbbbbbbbbbb"],
  ])("%s gets a new session", (_, body, named) => {
    const { paused } = pausedSession();
    const again = iso2Bench("DC_extended", {}, { sessionId: "aaaaaaaaaaaaaaaa", paused });
    expect(again.send("SessionSetup", body, named).body).toMatchObject({ ResponseCode: "OK_NewSessionEstablished" });
    expect(again.session.sessionId).toBe("aaaaaaaaaaaaaaaa");
  });

  it("only a session that has come to rest can be paused", () => {
    const one = toLoop(dcKind.open(), dcKind.way);
    expect(one.send("SessionStop", { ChargingSession: "Pause" }).body).toMatchObject({ ResponseCode: "FAILED" });
    expect(one.session).toMatchObject({ end: "failed", paused: undefined, order: { phase: "idle" } });
  });

  it("renegotiation: DC opens its contactors and begins with the cable check, AC keeps them closed", () => {
    const dc = toLoop(dcKind.open(), dcKind.way);
    expect(dc.send("PowerDelivery~").body).toMatchObject({ ResponseCode: "OK" });
    expect([dc.facts.contactorsClosed, dc.session.state]).toEqual([false, "parameters"]);
    for (const key of ["ChargeParameterDiscovery", ...dcWay.slice(0, 5)])
      expect(dc.send(key).body).toMatchObject({ ResponseCode: "OK" });
    const ac = toLoop(acKind.open(), acKind.way);
    expect(ac.send("PowerDelivery~").body).toMatchObject({ ResponseCode: "OK" });
    expect([ac.facts.contactorsClosed, ac.session.state]).toEqual([true, "parameters"]);
    for (const key of ["ChargeParameterDiscovery", "PowerDelivery+", "ChargingStatus"])
      expect(ac.send(key).body).toMatchObject({ ResponseCode: "OK" });
  });

  it("AC: contactors close only when the pilot asks for it, and a contactor that does not is told", () => {
    const late = acKind.open({ pilot: "B" });
    for (const key of acKind.way.slice(0, 5)) late.send(key);
    expect(late.send("PowerDelivery+").body).toMatchObject({ ResponseCode: "FAILED" });
    expect(late.facts.contactorsClosed).toBe(false);
    const stuck = acKind.open();
    for (const key of acKind.way.slice(0, 5)) stuck.send(key);
    const atMs = stuck.nowMs + 10;
    expect(
      stuck.session.handle(
        "PowerDeliveryReq",
        stuck.facts.connector === "dc" ? {} : acKind.requests["PowerDelivery+"]!,
        ownId,
        atMs,
      ),
    ).toBeUndefined();
    expect(stuck.session.tick(atMs + 3_000)).toMatchObject({
      body: { ResponseCode: "FAILED_ContactorError" },
      close: true,
    });
  });
});

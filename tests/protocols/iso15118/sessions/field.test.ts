/**
 * What chargers of the field got wrong and what vehicles of the field do, as far as no other test has it: one test each, named by
 * what happened. Sources: public issue trackers of charger software (EVerest, Josev, evcc) and recorded sessions.
 */
import { describe, expect, it } from "vitest";
import type { ChargerFacts } from "../../../../src/protocols/iso15118/sessions/contract.ts";
import { type Bench, dinBench, iso2Bench, iso2ContractBench, iso20Bench, iso20ContractBench } from "./charger.ts";

const dinWay = [
  "SessionSetup",
  "ServiceDiscovery",
  "ServicePaymentSelection",
  "ContractAuthentication",
  "ChargeParameterDiscovery",
];
const iso2Way = [
  "SessionSetup",
  "ServiceDiscovery",
  "PaymentServiceSelection",
  "Authorization",
  "ChargeParameterDiscovery",
];
const iso20Way = [
  "SessionSetup",
  "AuthorizationSetup",
  "Authorization",
  "ServiceDiscovery",
  "ServiceSelection",
  "DC_ChargeParameterDiscovery",
  "ScheduleExchange",
];

interface Kind {
  readonly name: string;
  make(more?: Partial<ChargerFacts>): Bench;
  readonly way: readonly string[];
  readonly cable: string;
  readonly precharge: string;
  readonly loop: string;
  readonly authorization: string;
}
const common = { cable: "CableCheck", precharge: "PreCharge", loop: "CurrentDemand" } as const;
const kinds: readonly Kind[] = [
  { name: "DIN SPEC 70121", make: dinBench, way: dinWay, ...common, authorization: "ContractAuthentication" },
  {
    name: "ISO 15118-2",
    make: (more) => iso2Bench("DC_extended", more),
    way: iso2Way,
    ...common,
    authorization: "Authorization",
  },
  {
    name: "ISO 15118-20",
    make: (more) => iso20Bench(true, true, more),
    way: iso20Way,
    cable: "DC_CableCheck",
    precharge: "DC_PreCharge",
    loop: "DC_ChargeLoop",
    authorization: "Authorization",
  },
];
const upTo = (one: Bench, keys: readonly string[]): Bench => {
  for (const key of keys) expect(one.send(key).body["ResponseCode"], key).toMatch(/^OK/);
  return one;
};
const toTheLoop = ({ make, way, cable, precharge, loop }: Kind): Bench =>
  upTo(make(), [...way, cable, cable, precharge, "PowerDelivery+", loop]);

describe.each(kinds)("$name", (kind) => {
  it("a measurement that is missing for a moment does not fail the cable check: it goes on", () => {
    const { way, cable } = kind;
    const one = upTo(kind.make(), way);
    one.send(cable);
    // The stage's own word is not there: nothing that is known says valid, and nothing says fault.
    for (const insulation of ["testing", "unknown", "testing"] as const) {
      one.facts.insulation = insulation;
      one.nowMs += 500;
      const reply = one.session.handle(`${cable}Req`, one.requestOf(cable), one.session.sessionId, one.nowMs);
      expect(reply?.body).toMatchObject({ ResponseCode: "OK", EVSEProcessing: "Ongoing" });
    }
    expect(one.send(cable).body["EVSEProcessing"]).toMatch(/^(Ongoing|Finished)$/);
    expect(one.send(cable).body).toMatchObject({ ResponseCode: "OK", EVSEProcessing: "Finished" });
  });

  it("what it asked for is forgotten when the output goes off: the next start begins from nothing", () => {
    const one = toTheLoop(kind);
    expect(one.session.order.phase).toBe("energy");
    one.send("PowerDelivery-");
    expect(one.session.order).toEqual({ phase: "stopped", voltageV: 0, currentA: 0 });
    expect(one.facts.contactorsClosed).toBe(false);
  });

  it("a stop while an answer waits: nothing is left that acts later", () => {
    const { way, cable, precharge } = kind;
    const one = upTo(kind.make(), [...way, cable, cable, precharge]);
    one.facts.outputReady = false;
    const start = one.session.handle(
      "PowerDeliveryReq",
      one.requestOf("PowerDelivery+"),
      one.session.sessionId,
      one.nowMs + 10,
    );
    expect(start).toBeUndefined();
    one.session.lost();
    expect(one.session.end).toBe("failed");
    one.facts.outputReady = true;
    for (let ms = 0; ms < 120_000; ms += 100) {
      expect(one.session.tick(one.nowMs + ms)).toBeUndefined();
      expect(one.session.order).toMatchObject({ phase: "idle", currentA: 0 });
    }
  });

  it("a charger with a fault authorizes nobody, and says why for people", () => {
    const { way, authorization } = kind;
    const one = upTo(kind.make({ trouble: "fault" }), way.slice(0, way.indexOf(authorization)));
    expect(one.send(authorization)).toMatchObject({ body: { ResponseCode: "FAILED" }, close: true });
    expect(one.session.refusal).toMatch(/FAILED \(the power stage has a fault or is not heard\)$/);
  });

  it("contactors are open before the welding detection is answered", () => {
    const one = toTheLoop(kind);
    one.send("PowerDelivery-");
    expect(one.facts.contactorsClosed).toBe(false);
    const welding = kind.loop === "DC_ChargeLoop" ? "DC_WeldingDetection" : "WeldingDetection";
    expect(one.send(welding).body).toMatchObject({ ResponseCode: "OK" });
  });
});

it("a contract shown to a charger with a fault is not asked for and not called refused (ISO 15118-2)", () => {
  let asked = 0;
  const authorize = () => {
    asked += 1;
    return { refused: "notAllowed" } as const;
  };
  const one = iso2ContractBench("DC_extended", { trouble: "fault" }, { authorize });
  upTo(one, ["SessionSetup", "ServiceDiscovery", "PaymentServiceSelection"]);
  expect(one.send("PaymentDetails").body).toMatchObject({ ResponseCode: "FAILED" });
  expect(asked).toBe(0);
  expect(one.session.refusal).toMatch(/the power stage has a fault/);
});

it("a fault in the loop: told in each answer, nothing flows, and the vehicle may stop in order", () => {
  const one = toTheLoop(kinds[0]!);
  one.facts.trouble = "fault";
  expect(one.send("CurrentDemand").body).toMatchObject({
    ResponseCode: "OK",
    DC_EVSEStatus: { EVSEStatusCode: "EVSE_Malfunction" },
  });
  expect(one.session.order.currentA).toBe(0);
  expect(one.send("PowerDelivery-").body).toMatchObject({ ResponseCode: "OK" });
  expect(one.send("SessionStop").body).toMatchObject({ ResponseCode: "OK" });
});

it("a stage that closes its contactors after 3 s is no failure for a vehicle of ISO 15118-2, which waits for 5 s", () => {
  const one = upTo(iso2Bench(), [...iso2Way, "CableCheck", "CableCheck", "PreCharge"]);
  const askedMs = one.nowMs + 10;
  expect(
    one.session.handle("PowerDeliveryReq", one.requestOf("PowerDelivery+"), one.session.sessionId, askedMs),
  ).toBeUndefined();
  expect(one.session.tick(askedMs + 3_000)).toBeUndefined();
  one.facts.contactorsClosed = true;
  expect(one.session.tick(askedMs + 3_100)?.body).toMatchObject({ ResponseCode: "OK" });
});

it("prices and values that nobody measures are left out", () => {
  const one = iso20Bench(true, false, { meterWh: Number.NaN, dischargedWh: Number.NaN });
  const { body } = upTo(one, iso20Way.slice(0, -1)).send("ScheduleExchange");
  expect(JSON.stringify(body)).not.toContain("null");
  upTo(one, ["DC_CableCheck", "DC_CableCheck", "DC_PreCharge", "PowerDelivery+"]);
  expect(one.send("DC_ChargeLoop").body["MeterInfo"]).toBeUndefined();
});

it("a contract that is refused is answered; the vehicle goes on with a card in the same session (ISO 15118-20)", () => {
  const one = iso20ContractBench({ authorization: "accepted" }, { authorize: () => ({ refused: "canceled" }) });
  upTo(one, ["SessionSetup", "AuthorizationSetup"]);
  expect(one.send("Authorization").body["ResponseCode"]).toMatch(/^WARNING/);
  const card = { SelectedAuthorizationService: "EIM", EIM_AReqAuthorizationMode: {} };
  expect(one.send("Authorization", card).body).toMatchObject({ ResponseCode: "OK", EVSEProcessing: "Finished" });
});

it("a hundred sessions in a row on the same facts: the last one is as the first", () => {
  for (const kind of kinds) {
    const facts = kind.make().facts;
    for (let i = 0; i < 100; i++) {
      const one = kind.make(facts);
      Object.assign(one.facts, { contactorsClosed: false, insulation: "unknown" });
      upTo(one, [
        ...kind.way,
        kind.cable,
        kind.cable,
        kind.precharge,
        "PowerDelivery+",
        kind.loop,
        "PowerDelivery-",
        "SessionStop",
      ]);
      expect(one.session.end).toBe("stopped");
    }
  }
});

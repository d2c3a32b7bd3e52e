/** What ISO 15118-20 adds: discharging, who decides, the energy window, services that are negotiated anew, standing pauses. */
import { describe, expect, it } from "vitest";
import type { ChargerFacts } from "../../../../src/protocols/iso15118/sessions/contract.ts";
import type { Fields } from "../../../../src/protocols/iso15118/sessions/session.ts";
import { type Bench, iso20Bench, iso20Requests, ownId } from "./charger.ts";

const way = [
  "SessionSetup",
  "AuthorizationSetup",
  "Authorization",
  "ServiceDiscovery",
  "ServiceSelection",
  "DC_ChargeParameterDiscovery",
  "ScheduleExchange",
  "DC_CableCheck",
  "DC_CableCheck",
  "DC_PreCharge",
  "PowerDelivery+",
];
const r = (Value: number, Exponent = 0) => ({ Exponent, Value });
const upTo = (one: Bench, key: string): Bench => {
  for (const step of way.slice(0, way.indexOf(key))) one.send(step);
  return one;
};
const looping = (bidirectional = true, dynamic = true, more: Partial<ChargerFacts> = {}): Bench => {
  const one = iso20Bench(bidirectional, dynamic, more);
  for (const step of way) one.send(step);
  return one;
};
const modeOf = (body: Fields): Fields =>
  body[Object.keys(body).find((key) => key.endsWith("CLReqControlMode"))!] as Fields;
/** The loop's request with other values in its control mode. */
const loop = (bidirectional: boolean, dynamic: boolean, values: Fields): Fields => {
  const body = iso20Requests(bidirectional, dynamic)["DC_ChargeLoop"]!;
  const key = Object.keys(body).find((name) => name.endsWith("CLReqControlMode"))!;
  return { ...body, [key]: { ...modeOf(body), ...values } };
};

describe("what a vehicle lets be taken out", () => {
  it.each([
    ["limits below zero are magnitudes", { EVMaximumDischargePower: r(-20, 3) }, -20_000],
    ["limits above zero are the same", { EVMaximumDischargePower: r(20, 3) }, -20_000],
    [
      "the current may be the lower one",
      { EVMaximumDischargePower: r(20, 3), EVMaximumDischargeCurrent: r(25) },
      -10_000,
    ],
    ["nothing while its minimum is not reached", { EVMinimumEnergyRequest: r(1, 3) }, 0],
    ["nothing at its minimum", { EVMinimumEnergyRequest: r(0) }, 0],
    [
      "nothing outside the band in which it wants to be cycled",
      { EVMinimumV2XEnergyRequest: r(2, 3), EVMaximumV2XEnergyRequest: r(9, 3) },
      0,
    ],
    ["within that band", { EVMinimumV2XEnergyRequest: r(-2, 3), EVMaximumV2XEnergyRequest: r(9, 3) }, -20_000],
  ])("%s", (_, values, minW) => {
    const one = looping();
    one.send("DC_ChargeLoop", loop(true, true, values));
    expect(one.session.vehicle.minW).toBeCloseTo(minW, 6);
  });

  it("its smallest powers are taken over from each round, with either sign; more than the charger has is no minimum", () => {
    const one = looping();
    const say = (values: Fields) => one.send("DC_ChargeLoop", loop(true, true, values));
    expect(one.session.vehicle).toMatchObject({ leastChargeW: 0, leastDischargeW: 0 });
    say({ EVMinimumChargePower: r(4, 3), EVMinimumDischargePower: r(-3, 3) });
    expect(one.session.vehicle).toMatchObject({ leastChargeW: 4_000, leastDischargeW: 3_000 });
    say({ EVMinimumChargePower: r(300, 3), EVMinimumDischargePower: r(300, 3) });
    expect(one.session.vehicle).toMatchObject({ leastChargeW: 0, leastDischargeW: 0 });
  });

  it("nothing before the loop, nothing without bidirectional transfer, nothing after the session", () => {
    const before = looping();
    expect(before.session.vehicle.minW).toBe(0);
    const oneWay = looping(false);
    oneWay.send("DC_ChargeLoop");
    expect(oneWay.session.vehicle).toMatchObject({ minW: 0, maxW: 50_000 });
    before.send("DC_ChargeLoop");
    expect(before.session.vehicle.minW).toBe(-20_000);
    before.send("SessionStop");
    expect(before.session.vehicle).toMatchObject({ minW: 0, maxW: 0 });
  });

  it("full: no more charging; a window that contradicts itself leaves the old one in force", () => {
    const one = looping();
    one.send(
      "DC_ChargeLoop",
      loop(true, true, { EVMaximumEnergyRequest: r(0), EVTargetEnergyRequest: r(0), EVMinimumEnergyRequest: r(-9, 3) }),
    );
    expect(one.session.vehicle).toMatchObject({ maxW: 0, leastWh: -9_000 });
    one.send("DC_ChargeLoop", loop(true, true, { EVMinimumEnergyRequest: r(30, 3), EVMaximumEnergyRequest: r(1, 3) }));
    expect(one.session.vehicle).toMatchObject({ mostWh: 0, leastWh: -9_000 });
  });

  it("a window that contradicts itself for more than 5 s: nothing is taken out any more, until a good one comes", () => {
    const one = looping();
    one.send("DC_ChargeLoop");
    expect(one.session.vehicle.minW).toBe(-20_000);
    const wrong = loop(true, true, { EVMinimumEnergyRequest: r(30, 3), EVMaximumEnergyRequest: r(1, 3) });
    const fromMs = one.nowMs;
    while (one.nowMs - fromMs < 4_900) one.send("DC_ChargeLoop", wrong);
    expect(one.session.vehicle.minW).toBe(-20_000);
    while (one.nowMs - fromMs < 5_200) one.send("DC_ChargeLoop", wrong);
    expect(one.session.vehicle.minW).toBe(0);
    one.send("DC_ChargeLoop");
    expect(one.session.vehicle.minW).toBe(-20_000);
  });

  it("half a second of silence in the loop: nothing in either direction, and the session ends after five", () => {
    const one = looping();
    one.send("DC_ChargeLoop");
    one.session.tick(one.nowMs + 499);
    expect(one.session.vehicle.minW).toBe(-20_000);
    one.session.tick(one.nowMs + 520);
    expect([one.session.vehicle.minW, one.session.vehicle.maxW, one.session.order.currentA]).toEqual([0, 0, 0]);
    expect(one.session.tick(one.nowMs + 5_020)).toEqual({ name: "", body: {}, close: true });
    expect(one.session).toMatchObject({ end: "silent", order: { phase: "idle" } });
  });
});

describe("who decides", () => {
  const sent = (one: Bench, key: string) =>
    one.send("DC_ChargeLoop").body[key] as Record<string, { Value: number; Exponent: number }>;
  const watts = ({ Value, Exponent }: { Value: number; Exponent: number }): number => Value * 10 ** Exponent;

  it.each([
    ["the site wants to charge with 12 kW", 12_000, 12_000, 0],
    ["the site wants to discharge with 8 kW", -8_000, 0, 8_000],
    ["the site wants nothing", 0, 0, 0],
    ["more than its own limits allow", -90_000, 0, 30_000],
    ["no setpoint: the limits", Number.NaN, 60_000, 30_000],
  ])("dynamic, %s: limits are narrowed around it, as magnitudes", (_, setpointW, chargeW, dischargeW) => {
    const one = looping(true, true, { setpointW, minW: -30_000 });
    const limits = sent(one, "BPT_Dynamic_DC_CLResControlMode");
    expect([watts(limits["EVSEMaximumChargePower"]!), watts(limits["EVSEMaximumDischargePower"]!)]).toEqual([
      chargeW,
      dischargeW,
    ]);
    expect(one.session.order.currentA).toBeNaN();
  });

  it("scheduled: the vehicle's target, below zero only where it may be", () => {
    const one = looping(true, false);
    one.send("DC_ChargeLoop", loop(true, false, { EVTargetCurrent: r(-40) }));
    expect(one.session.order).toEqual({ phase: "energy", voltageV: 400, currentA: -40 });
    one.send("DC_ChargeLoop", loop(true, false, { EVTargetCurrent: r(-40), EVMinimumEnergyRequest: r(1, 3) }));
    expect(one.session.order.currentA).toBe(0);
  });

  it("a control mode that was not selected fails", () => {
    const one = looping(true, true);
    expect(one.send("DC_ChargeLoop", iso20Requests(true, false)["DC_ChargeLoop"]!)).toMatchObject({
      body: { ResponseCode: "FAILED" },
      close: true,
    });
  });

  it("the charger that wants to stop gives nothing more and says so", () => {
    const one = looping();
    one.facts.wants = "stop";
    expect(one.send("DC_ChargeLoop").body).toMatchObject({ EVSEStatus: { EVSENotification: "Terminate" } });
    expect(one.session.order.currentA).toBe(0);
  });

  it("the meter is told when it is asked for, and the first time", () => {
    const one = looping();
    expect(one.send("DC_ChargeLoop").body["MeterInfo"]).toMatchObject({
      ChargedEnergyReadingWh: 1_234,
      BPT_DischargedEnergyReadingWh: 56,
    });
    expect(one.send("DC_ChargeLoop").body["MeterInfo"]).toBeUndefined();
    expect(
      one.send("DC_ChargeLoop", { ...iso20Requests(true, true)["DC_ChargeLoop"]!, MeterInfoRequested: true }).body[
        "MeterInfo"
      ],
    ).toBeDefined();
  });
});

describe("services", () => {
  it("both directions first, and dynamic control first: many vehicles take the first", () => {
    const one = upTo(iso20Bench(true, true), "ServiceSelection");
    expect(one.send("ServiceDetail").body["ServiceParameterList"]).toMatchObject({
      ParameterSet: [
        { Parameter: expect.arrayContaining([{ Name: "ControlMode", intValue: 2 }]) },
        {},
        { Parameter: expect.arrayContaining([{ Name: "ControlMode", intValue: 1 }]) },
      ],
    });
    const discovery = upTo(iso20Bench(true, true), "ServiceDiscovery").send("ServiceDiscovery").body;
    expect(discovery["EnergyTransferServiceList"]).toMatchObject({ Service: [{ ServiceID: 6 }, { ServiceID: 2 }] });
  });

  it("a stage that cannot discharge offers charging alone", () => {
    const ratings = { minVoltageV: 150, maxVoltageV: 1_000, maxCurrentA: 300, minCurrentA: 1, maxW: 60_000, minW: 0 };
    const one = upTo(iso20Bench(true, true, { ratings }), "ServiceDiscovery");
    expect(one.send("ServiceDiscovery").body["EnergyTransferServiceList"]).toEqual({
      Service: [{ ServiceID: 2, FreeService: false }],
    });
    expect(one.send("ServiceSelection").body).toMatchObject({ ResponseCode: "FAILED_NoEnergyTransferServiceSelected" });
  });

  it.each([
    ["a service that is not offered", "ServiceDetail", { ServiceID: 1 }, "FAILED_ServiceIDInvalid"],
    [
      "a parameter set that there is not",
      "ServiceSelection",
      { SelectedEnergyTransferService: { ServiceID: 6, ParameterSetID: 9 } },
      "FAILED_ServiceSelectionInvalid",
    ],
    [
      "discharging limits for a service that only charges",
      "DC_ChargeParameterDiscovery",
      iso20Requests(true, true)["DC_ChargeParameterDiscovery"]!,
      "FAILED_WrongChargeParameter",
    ],
  ])("%s is refused", (_, key, body, code) => {
    const one = iso20Bench(key !== "DC_ChargeParameterDiscovery", true);
    for (const step of way.slice(0, key === "ServiceDetail" ? 4 : way.indexOf(key))) one.send(step);
    expect(one.send(key, body).body).toMatchObject({ ResponseCode: code });
  });

  it("services are negotiated anew in the same session, without a new authorization", () => {
    const one = looping();
    one.send("DC_ChargeLoop");
    one.send("PowerDelivery-");
    expect(one.send("SessionStop", { ChargingSession: "ServiceRenegotiation" })).toMatchObject({
      body: { ResponseCode: "OK" },
      close: false,
    });
    expect([one.session.end, one.session.state]).toEqual(["", "services"]);
    const oneWay = iso20Requests(false, false);
    for (const step of way.slice(3)) expect(one.send(step, oneWay[step]).body["ResponseCode"]).toMatch(/^OK/);
    one.send("DC_ChargeLoop", oneWay["DC_ChargeLoop"]);
    expect(one.session.vehicle.minW).toBe(0);
  });
});

describe("cards, standby, welding", () => {
  it("a refused card is told, and the vehicle may ask again", () => {
    const one = upTo(iso20Bench(true, true, { authorization: "rejected" }), "Authorization");
    expect(one.send("Authorization")).toMatchObject({
      body: { ResponseCode: "WARNING_EIMAuthorizationFailure" },
      close: false,
    });
    one.facts.authorization = "accepted";
    expect(one.send("Authorization").body).toMatchObject({ ResponseCode: "OK" });
    expect(one.session.state).toBe("services");
  });

  it("a contract is not offered: the vehicle is told and may choose otherwise", () => {
    const one = upTo(iso20Bench(true, true), "Authorization");
    const body = { SelectedAuthorizationService: "PnC", PnC_AReqAuthorizationMode: {} };
    expect(one.send("Authorization", body).body).toMatchObject({
      ResponseCode: "WARNING_AuthorizationSelectionInvalid",
    });
    expect(one.send("Authorization").body).toMatchObject({ ResponseCode: "OK" });
  });

  it("standby is not offered, and the session goes on", () => {
    const one = looping();
    expect(one.send("PowerDelivery-", { EVProcessing: "Finished", ChargeProgress: "Standby" }).body).toMatchObject({
      ResponseCode: "WARNING_StandbyNotAllowed",
    });
    expect(one.session).toMatchObject({ end: "", state: "loop", order: { phase: "energy" } });
  });

  it("an unfinished welding detection goes on until the vehicle has finished it", () => {
    const one = looping();
    one.send("DC_ChargeLoop");
    one.send("PowerDelivery-");
    one.send("DC_WeldingDetection", { EVProcessing: "Ongoing" });
    expect(one.session.state).toBe("welding");
    const early = looping();
    early.send("PowerDelivery-");
    early.send("DC_WeldingDetection", { EVProcessing: "Ongoing" });
    expect(early.send("SessionStop").body).toMatchObject({ ResponseCode: "FAILED_SequenceError" });
    one.send("DC_WeldingDetection", { EVProcessing: "Finished" });
    expect(one.send("SessionStop").body).toMatchObject({ ResponseCode: "OK" });
  });

  it("a vehicle that never says that its precharge is finished may go on, at equal voltages only (Josev's does)", () => {
    const ongoing = { ...iso20Requests(true, true)["DC_PreCharge"]!, EVProcessing: "Ongoing" };
    const one = upTo(iso20Bench(true, true), "DC_PreCharge");
    one.send("DC_PreCharge", ongoing);
    expect(one.session.state).toBe("precharging");
    expect(one.send("PowerDelivery+").body).toMatchObject({ ResponseCode: "OK" });
    const apart = upTo(iso20Bench(true, true), "DC_PreCharge");
    apart.send("DC_PreCharge", ongoing);
    apart.facts.presentVoltageV = 350;
    const start = iso20Requests(true, true)["PowerDelivery+"]!;
    // The output is given the time in which contactors close.
    expect(apart.session.handle("PowerDeliveryReq", start, ownId, apart.nowMs + 1)).toBeUndefined();
    expect(apart.session.tick(apart.nowMs + 1_300)).toBeUndefined();
    expect(apart.session.tick(apart.nowMs + 1_500)).toMatchObject({
      body: { ResponseCode: "FAILED_PowerDeliveryNotApplied" },
    });
  });

  it("a vehicle that is still making itself ready before power is answered and waits", () => {
    const one = upTo(iso20Bench(true, true), "PowerDelivery+");
    expect(one.send("PowerDelivery+", { EVProcessing: "Ongoing", ChargeProgress: "Start" }).body).toMatchObject({
      ResponseCode: "OK",
    });
    expect([one.session.state, one.facts.contactorsClosed]).toEqual(["precharged", false]);
  });
});

describe("a pause is bound to the vehicle's certificate", () => {
  const paused = () => {
    const one = iso20Bench(true, true, {}, { certificate: "c0ffee" });
    for (const step of [...way, "DC_ChargeLoop", "PowerDelivery-"]) one.send(step);
    one.send("SessionStop", { ChargingSession: "Pause" });
    return one.session.paused;
  };

  it("the same certificate joins, and goes on with the parameters: no second card, the same services", () => {
    const again = iso20Bench(
      true,
      true,
      { authorization: "waiting" },
      { sessionId: "aaaaaaaaaaaaaaaa", paused: paused(), certificate: "c0ffee" },
    );
    expect(again.send("SessionSetup", undefined, ownId).body).toMatchObject({ ResponseCode: "OK_OldSessionJoined" });
    expect([again.session.sessionId, again.session.state]).toEqual([ownId, "parameters"]);
    for (const step of [...way.slice(5), "DC_ChargeLoop"]) expect(again.send(step).body["ResponseCode"]).toMatch(/^OK/);
    expect(again.session.vehicle.minW).toBe(-20_000);
  });

  it.each([
    ["another certificate", "beef"],
    ["no certificate", ""],
  ])("%s gets a new session, which is no error", (_, certificate) => {
    const again = iso20Bench(true, true, {}, { sessionId: "aaaaaaaaaaaaaaaa", paused: paused(), certificate });
    expect(again.send("SessionSetup", undefined, ownId).body).toMatchObject({
      ResponseCode: "OK_NewSessionEstablished",
    });
    expect([again.session.sessionId, again.session.state]).toEqual(["aaaaaaaaaaaaaaaa", "authorizationSetup"]);
  });
});

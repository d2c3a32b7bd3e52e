/** ISO 15118-20 AC: who may feed, what the vehicle is told to take, and what happens when it does otherwise. */
import { describe, expect, it } from "vitest";
import type { ChargerFacts } from "../../../../src/protocols/iso15118/sessions/contract.ts";
import type { Fields } from "../../../../src/protocols/iso15118/sessions/session.ts";
import { type Bench, iso20AcBench, iso20Requests } from "./charger.ts";

const way = [
  "SessionSetup",
  "AuthorizationSetup",
  "Authorization",
  "ServiceDiscovery",
  "ServiceSelection",
  "AC_ChargeParameterDiscovery",
  "ScheduleExchange",
  "PowerDelivery+",
];
const r = (Value: number, Exponent = 0) => ({ Exponent, Value });
const looping = (bidirectional = true, dynamic = true, more: Partial<ChargerFacts> = {}): Bench => {
  const one = iso20AcBench(bidirectional, dynamic, more);
  for (const step of way)
    expect(one.send(step).body["ResponseCode"]).toBe(step === "SessionSetup" ? "OK_NewSessionEstablished" : "OK");
  return one;
};
/** The loop's request with other values in its control mode. */
function loop(bidirectional: boolean, dynamic: boolean, values: Fields): Fields {
  const body = iso20Requests(bidirectional, dynamic, true)["AC_ChargeLoop"]!;
  const key = Object.keys(body).find((name) => name.endsWith("CLReqControlMode"))!;
  return { ...body, [key]: { ...(body[key] as Fields), ...values } };
}
/** What the vehicle is told to take, W. */
function told(body: Fields): number {
  const key = Object.keys(body).find((name) => name.endsWith("CLResControlMode"))!;
  const { Value, Exponent } = (body[key] as Fields)["EVSETargetActivePower"] as { Value: number; Exponent: number };
  return Value * 10 ** Exponent;
}

describe("the power that the vehicle is told to take", () => {
  it.each([
    ["dynamic: what the site wants", true, true, { setpointW: 4_000 }, {}, 4_000],
    ["dynamic: feeding as the site wants", true, true, { setpointW: -5_000 }, {}, -5_000],
    ["no more than the vehicle feeds", true, true, { setpointW: -9_000 }, {}, -7_000],
    ["no more than the site lets out", true, true, { setpointW: -9_000, minW: -2_000 }, {}, -2_000],
    ["no more than the vehicle takes", true, true, { setpointW: 20_000 }, {}, 11_000],
    ["a vehicle that only charges is never told to feed", false, true, { setpointW: -5_000 }, {}, 0],
    ["nothing out below its reserve", true, true, { setpointW: -5_000 }, { EVMinimumEnergyRequest: r(1, 3) }, 0],
    ["no setpoint: the limit", true, true, { maxW: 6_000 }, {}, 6_000],
    ["scheduled: the most that it may take", true, false, { maxW: 6_000, setpointW: -3_000 }, {}, 6_000],
    [
      "scheduled, feeding: as much as it may",
      true,
      false,
      { minW: -2_000 },
      { EVPresentActivePower: r(-5_000) },
      -2_000,
    ],
    [
      "phases apart are read as their sum",
      true,
      true,
      { setpointW: 9_000 },
      { EVMaximumChargePower: r(2_000), EVMaximumChargePower_L2: r(2_000), EVMaximumChargePower_L3: r(2_000) },
      6_000,
    ],
    ["a charger that wants to stop", true, true, { setpointW: 4_000, wants: "stop" as const }, {}, 0],
  ])("%s", (_, bidirectional, dynamic, facts, values, powerW) => {
    const one = looping(bidirectional, dynamic, facts);
    expect(told(one.send("AC_ChargeLoop", loop(bidirectional, dynamic, values)).body)).toBe(powerW);
  });
});

describe("a vehicle's own inverter feeds only where charger and vehicle are a permitted pair", () => {
  const noAcDischarge = "the permit names no pair of this charger and this vehicle";

  it("not permitted: charging alone is offered, and both directions are refused", () => {
    const one = iso20AcBench(true, true, { noAcDischarge });
    for (const step of way.slice(0, 3)) one.send(step);
    expect(one.send("ServiceDiscovery").body["EnergyTransferServiceList"]).toEqual({
      Service: [{ ServiceID: 1, FreeService: false }],
    });
    expect(one.send("ServiceSelection").body).toMatchObject({ ResponseCode: "FAILED_NoEnergyTransferServiceSelected" });
  });

  it("permitted: both directions first; judged anew for the next vehicle", () => {
    const one = iso20AcBench(true, true);
    for (const step of way.slice(0, 3)) one.send(step);
    expect(one.send("ServiceDiscovery").body["EnergyTransferServiceList"]).toMatchObject({
      Service: [{ ServiceID: 5 }, { ServiceID: 1 }],
    });
  });

  it("withdrawn in the loop: told to take nothing below zero, known as a vehicle that only charges, cut off if it goes on", () => {
    const one = looping(true, true, { setpointW: -5_000 });
    const feeding = loop(true, true, { EVPresentActivePower: r(-5_000) });
    expect(told(one.send("AC_ChargeLoop", feeding).body)).toBe(-5_000);
    expect(one.session.vehicle.minW).toBe(-7_000);
    one.facts.noAcDischarge = noAcDischarge;
    const reply = one.send("AC_ChargeLoop", feeding);
    expect([told(reply.body), one.session.vehicle.minW, one.session.end]).toEqual([0, 0, ""]);
    for (let i = 0; one.session.end === "" && i < 100; i++) one.send("AC_ChargeLoop", feeding);
    expect(one.session).toMatchObject({ end: "failed", order: { phase: "idle" } });
  });

  it("a vehicle that stops feeding in time is not cut off", () => {
    const one = looping(true, true, { setpointW: -5_000 });
    const feeding = loop(true, true, { EVPresentActivePower: r(-5_000) });
    for (const minW of [-11_000, 0, -11_000, 0]) {
      one.facts.minW = minW;
      for (let i = 0; i < 40; i++) one.send("AC_ChargeLoop", feeding);
      expect(one.session.end).toBe("");
    }
  });
});

describe("contactors and parameters", () => {
  it("contactors that do not close are told within the vehicle's time", () => {
    const one = iso20AcBench(true, true);
    for (const step of way.slice(0, -1)) one.send(step);
    const atMs = one.nowMs + 10;
    const body = iso20Requests(true, true, true)["PowerDelivery+"]!;
    expect(one.session.handle("PowerDeliveryReq", body, one.session.sessionId, atMs)).toBeUndefined();
    expect(one.session.tick(atMs + 1_400)).toMatchObject({ body: { ResponseCode: "FAILED_ContactorError" } });
  });

  it.each([
    ["limits for both directions after charging alone was selected", false, iso20Requests(true, true, true)],
    ["limits for charging alone after both directions were selected", true, iso20Requests(false, true, true)],
    ["DC limits", true, { AC_ChargeParameterDiscovery: {} as Fields }],
  ])("%s are refused", (_, bidirectional, requests) => {
    const one = iso20AcBench(bidirectional, true);
    for (const step of way.slice(0, 5)) one.send(step);
    expect(one.send("AC_ChargeParameterDiscovery", requests["AC_ChargeParameterDiscovery"]!).body).toMatchObject({
      ResponseCode: "FAILED_WrongChargeParameter",
    });
  });

  it("frequency, voltage and connector are those of the supply", () => {
    const one = iso20AcBench(true, true, { nominalHz: 60, nominalV: 120 });
    for (const step of way.slice(0, 4)) one.send(step);
    expect(one.send("ServiceDetail").body["ServiceParameterList"]).toMatchObject({
      ParameterSet: [
        {
          Parameter: expect.arrayContaining([
            { Name: "Connector", intValue: 2 },
            { Name: "EVSENominalVoltage", intValue: 120 },
            { Name: "GridCodeIslandingDetectionMethod", intValue: 2 },
          ]),
        },
        {},
        {},
      ],
    });
    one.send("ServiceSelection");
    expect(one.send("AC_ChargeParameterDiscovery").body["BPT_AC_CPDResEnergyTransferMode"]).toMatchObject({
      EVSENominalFrequency: { Value: 60, Exponent: 0 },
    });
  });
});

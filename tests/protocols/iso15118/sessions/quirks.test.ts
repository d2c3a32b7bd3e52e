/** Kinds of vehicles that need something else than the rest: each setting in its session, and the files that have them. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readQuirks } from "../../../../src/protocols/iso15118/quirk-files.ts";
import {
  type QuirkRow,
  rowOf,
  usualVehicle,
  type VehicleQuirks,
} from "../../../../src/protocols/iso15118/sessions/quirks.ts";
import type { Fields } from "../../../../src/protocols/iso15118/sessions/session.ts";
import { type Bench, dinBench, iso2Bench, iso20AcBench, iso20Bench } from "./charger.ts";

/** All vehicles of the benches. */
const everybody = ["02397a465dd1", "WMIV"];
const having = (quirks: Partial<VehicleQuirks>): { quirks: QuirkRow[] } => ({
  quirks: [{ vehicle: "everybody", source: "test", evccid: everybody, quirks }],
});
const upTo = (one: Bench, way: readonly string[]): Bench => {
  for (const step of way) expect(one.send(step).body["ResponseCode"]).toMatch(/^OK/);
  return one;
};
const begin = ["SessionSetup", "ServiceDiscovery", "PaymentServiceSelection", "Authorization"];
const dcWay = ["CableCheck", "CableCheck", "PreCharge", "PowerDelivery+", "CurrentDemand"];
const begin20 = ["SessionSetup", "AuthorizationSetup", "Authorization", "ServiceDiscovery", "ServiceSelection"];
const dcWay20 = [
  ...begin20,
  "DC_ChargeParameterDiscovery",
  "ScheduleExchange",
  "DC_CableCheck",
  "DC_CableCheck",
  "DC_PreCharge",
  "PowerDelivery+",
];
const acWay20 = [...begin20, "AC_ChargeParameterDiscovery", "ScheduleExchange", "PowerDelivery+"];
const amountOf = (body: Fields, ...path: string[]): number => {
  const found = path.reduce<unknown>((at, key) => (at as Fields)[key], body) as Record<string, number>;
  return found["Value"]! * 10 ** (found["Exponent"] ?? found["Multiplier"] ?? 0);
};

describe("each setting", () => {
  it("negativeDischargeLimits: below zero in parameters and loop (EVerest pull 1473)", () => {
    const one = upTo(iso20Bench(true, true, { setpointW: -8_000 }, having({ negativeDischargeLimits: true })), begin20);
    const mode = "BPT_DC_CPDResEnergyTransferMode";
    const { body } = one.send("DC_ChargeParameterDiscovery");
    expect(amountOf(body, mode, "EVSEMaximumDischargePower")).toBe(-60_000);
    expect(amountOf(body, mode, "EVSEMaximumChargePower")).toBe(60_000);
    upTo(one, dcWay20.slice(6));
    const loop = one.send("DC_ChargeLoop").body;
    expect(amountOf(loop, "BPT_Dynamic_DC_CLResControlMode", "EVSEMaximumDischargePower")).toBe(-8_000);
  });

  it("withoutDischargedMeter: the loop's meter has no discharged energy (Josev)", () => {
    const one = upTo(iso20Bench(true, true, {}, having({ withoutDischargedMeter: true })), dcWay20);
    const meter = one.send("DC_ChargeLoop").body["MeterInfo"] as Fields;
    expect(meter["ChargedEnergyReadingWh"]).toBe(1_234);
    expect(meter["BPT_DischargedEnergyReadingWh"]).toBeUndefined();
  });

  it.each<[string, () => Bench, string[]]>([
    [
      "DIN",
      () => dinBench({ maxW: 0 }, having({ leastOfferW: 1_400 })),
      ["SessionSetup", "ServiceDiscovery", "ServicePaymentSelection", "ContractAuthentication"],
    ],
    ["-2 DC", () => iso2Bench("DC_extended", { maxW: 0 }, having({ leastOfferW: 1_400 })), begin],
    ["-2 AC", () => iso2Bench("AC_three_phase_core", { maxW: 0 }, having({ leastOfferW: 1_400 })), begin],
  ])("leastOfferW: something is offered, nothing flows (EVerest pull 2221): %s", (name, open, way) => {
    const one = upTo(open(), way);
    const { body } = one.send("ChargeParameterDiscovery");
    expect(body["EVSEProcessing"]).toBe("Finished");
    if (name === "-2 AC") {
      expect(amountOf(body, "AC_EVSEChargeParameter", "EVSEMaxCurrent")).toBeCloseTo(1_400 / 690, 2);
      upTo(one, ["PowerDelivery+"]);
      expect(amountOf(one.send("ChargingStatus").body, "EVSEMaxCurrent")).toBe(0);
      return;
    }
    expect(amountOf(body, "DC_EVSEChargeParameter", "EVSEMaximumPowerLimit")).toBe(1_400);
    upTo(one, dcWay.slice(0, 4));
    expect(amountOf(one.send("CurrentDemand").body, "EVSEMaximumPowerLimit")).toBe(0);
  });

  it("leastOfferW in ISO 15118-20: the schedule is there at once", () => {
    const one = upTo(iso20Bench(true, true, { maxW: 0, minW: 0 }, having({ leastOfferW: 1_400 })), dcWay20.slice(0, 6));
    expect(one.send("ScheduleExchange").body).toMatchObject({ EVSEProcessing: "Finished" });
  });

  it("keepsPowerInRenegotiation: contactors stay closed, and power starts again without a precharge (EVerest pull 2749)", () => {
    const way = [...begin, "ChargeParameterDiscovery", ...dcWay];
    const one = upTo(iso2Bench("DC_extended", {}, having({ keepsPowerInRenegotiation: true })), way);
    upTo(one, ["PowerDelivery~"]);
    expect(one.facts.contactorsClosed).toBe(true);
    upTo(one, ["ChargeParameterDiscovery", "PowerDelivery+", "CurrentDemand"]);
    expect(one.session.state).toBe("loopDc");
    // Every other vehicle goes the long way.
    const usual = upTo(iso2Bench("DC_extended"), [...way, "PowerDelivery~", "ChargeParameterDiscovery"]);
    expect(usual.facts.contactorsClosed).toBe(false);
    expect(usual.send("PowerDelivery+").body["ResponseCode"]).toBe("FAILED_SequenceError");
  });

  it("minimumCurrentA: less is offered as nothing", () => {
    const least = having({ minimumCurrentA: 8 });
    const ac = upTo(iso2Bench("AC_three_phase_core", { maxW: 5_000 }, least), [
      ...begin,
      "ChargeParameterDiscovery",
      "PowerDelivery+",
    ]);
    expect(amountOf(ac.send("ChargingStatus").body, "EVSEMaxCurrent")).toBe(0);
    ac.facts.maxW = 6_900;
    expect(amountOf(ac.send("ChargingStatus").body, "EVSEMaxCurrent")).toBe(10);
    const dc = upTo(iso2Bench("DC_extended", { maxW: 2_000 }, least), [...begin, "ChargeParameterDiscovery", ...dcWay]);
    expect(amountOf(dc.send("CurrentDemand").body, "EVSEMaximumCurrentLimit")).toBe(0);
    const later = upTo(iso20AcBench(true, true, { maxW: 5_000, setpointW: 5_000 }, least), acWay20);
    expect(amountOf(later.send("AC_ChargeLoop").body, "BPT_Dynamic_AC_CLResControlMode", "EVSETargetActivePower")).toBe(
      0,
    );
  });

  it.each([
    ["every vehicle after 10 s", {}, 10_000],
    ["one with more patience", { stopPatienceS: 20 }, 20_000],
  ])("stopPatienceS: asked to stop and charging on: %s is cut off, told so", (_, quirks, patienceMs) => {
    const one = upTo(iso2Bench("DC_extended", {}, having(quirks)), [...begin, "ChargeParameterDiscovery", ...dcWay]);
    one.facts.wants = "stop";
    const fromMs = one.nowMs;
    let last: Fields = {};
    for (let i = 0; i < 400 && one.session.end === ""; i++) last = one.send("CurrentDemand").body;
    expect(one.session).toMatchObject({ end: "failed", order: { phase: "idle" } });
    expect(last).toMatchObject({ ResponseCode: "FAILED", DC_EVSEStatus: { EVSEStatusCode: "EVSE_Shutdown" } });
    expect(one.nowMs - fromMs).toBeGreaterThan(patienceMs);
    expect(one.nowMs - fromMs).toBeLessThan(patienceMs + 500);
  });

  it("a vehicle that stops when asked is not cut off, and one that is asked again has its time again", () => {
    const one = upTo(iso2Bench("DC_extended"), [...begin, "ChargeParameterDiscovery", ...dcWay]);
    for (let i = 0; i < 300; i++) {
      one.facts.wants = i % 90 < 80 ? "stop" : "charge";
      one.send("CurrentDemand");
    }
    expect(one.session.end).toBe("");
    one.facts.wants = "stop";
    one.nowMs += 60;
    expect(one.send("PowerDelivery-").body["ResponseCode"]).toBe("OK");
  });
});

describe("which vehicle is which", () => {
  const row = (vehicle: string, ...evccid: string[]): QuirkRow => ({ vehicle, source: "test", evccid, quirks: {} });
  const rows = [row("maker", "007DFA"), row("model", "00:7d:fa:12"), row("world maker", "WVW"), row("nobody")];
  it.each([
    ["a maker's number", "007dfa99aabb", "maker"],
    ["the longest beginning counts", "007dfa12aabb", "model"],
    ["ISO 15118-20 has world manufacturer identifiers", "WVW-V-1234567890ABCDE-F", "world maker"],
    ["a stranger", "02397a465dd1", undefined],
    ["nothing", "", undefined],
  ])("%s", (_, id, vehicle) => expect(rowOf(rows, id)?.vehicle).toBe(vehicle));
});

describe("the files", () => {
  const { rows, mistakes } = readQuirks(join(import.meta.dirname, "../../../../config/vehicles"));

  it("that come with the project are without mistakes, and each says its source", () => {
    expect(mistakes).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(5);
    for (const { source } of rows) expect(source.length).toBeGreaterThan(10);
    expect(rows.find(({ vehicle }) => vehicle === "blueprint")?.quirks).toEqual(usualVehicle);
    expect(rowOf(rows, "007dfa010203")?.quirks).toEqual({ keepsPowerInRenegotiation: true });
  });

  it("with a mistake are told and left out; the others count", () => {
    const folder = mkdtempSync(join(tmpdir(), "quirks-"));
    writeFileSync(join(folder, "good.yaml"), "vehicle: a\nsource: b\nevccid: [AB]\n");
    writeFileSync(join(folder, "word.yaml"), "vehicle: a\nsource: b\nevccid: []\nleastOfferW: much\n");
    writeFileSync(join(folder, "more.yaml"), "vehicle: a\nsource: b\nevccid: []\nflies: true\n");
    writeFileSync(join(folder, "none.yaml"), "[\n");
    const found = readQuirks(folder);
    expect(found.rows.map(({ evccid }) => evccid)).toEqual([["AB"]]);
    expect(found.mistakes).toHaveLength(3);
    expect(found.mistakes.join("\n")).toMatch(/word\.yaml: leastOfferW/);
    expect(readQuirks(join(folder, "nowhere")).mistakes).toHaveLength(1);
  });
});

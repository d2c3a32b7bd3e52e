import { describe, expect, test } from "vitest";
import { applyStage, type StageContext, stageFact } from "../../firmware-bridge/apply-facts.ts";
import { stageFacts } from "../../src/domain/facts.table.ts";
import { createFacts } from "../../src/domain/facts.ts";

const ratedW = 60_000;
const context = (hasLimits: boolean): StageContext => ({
  nominalVoltageV: 480,
  phaseVoltageV: 277,
  ratedChargeW: ratedW,
  ratedDischargeW: ratedW,
  hasHeartbeat: false,
  hasLimits,
  tellsVehicle: true,
  tellsVoltage: true,
  tellsFrequency: true,
  elsewhere: { voltagePu: Number.NaN, frequencyHz: Number.NaN },
  lastHeartbeat: Number.NaN,
  heartbeatChangedMs: Number.NEGATIVE_INFINITY,
  verified: true,
  latched: false,
  functionsAgree: true,
});

describe("what a stage can take and give now", () => {
  test.each([
    ["its map has no place for it → its rating", false, Number.NaN, ratedW],
    ["it has not told it yet, or no longer → nothing", true, Number.NaN, 0],
    ["zero → nothing", true, 0, 0],
    ["below zero → nothing", true, -5, 0],
    ["less than its rating → that", true, 11_000, 11_000],
    ["more than its rating → its rating", true, 99_000, ratedW],
  ])("%s", (_, tells, told, expected) => {
    const values = new Float64Array(Object.keys(stageFact).length).fill(Number.NaN);
    values[stageFact.powerW] = 0;
    values[stageFact.voltagePu] = 1;
    values[stageFact.maxChargeW] = told;
    values[stageFact.maxDischargeW] = told;
    const stage = createFacts(stageFacts);
    expect(applyStage(values, 0, 0, context(tells), stage)).toBe(true);
    expect(stage).toMatchObject({ maxChargeW: expected, maxDischargeW: expected });
  });
});

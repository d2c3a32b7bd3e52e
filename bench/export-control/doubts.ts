/** A meter that freezes or falls silent while the stages discharge: how long until they are at zero (requirement R15). */
import { Quality } from "../../src/domain/quality.ts";
import { between, createDice, Plant, uniform } from "./plant.ts";
import { Site, usualOptions } from "./site.ts";
import { makeStages, ratedW, usualSteps } from "./steps.ts";

export interface DoubtResult {
  /** From the fault until all discharge is below 0.5 % of the stages' sum, ms. */
  readonly zeroMs: number[];
  /** Verdicts while the meter was well. */
  wrongVerdicts: number;
}

export function measureDoubts(
  fault: "frozen" | "silent",
  meterMs: number,
  tickMs: number,
  seed: number,
  count: number,
): DoubtResult {
  const sumW = 4 * ratedW;
  const result: DoubtResult = { zeroMs: [], wrongVerdicts: 0 };
  for (let session = 0; result.zeroMs.length < count; session++) {
    const dice = createDice(seed * 100_003 + session);
    const sigmaW = 0.003 * 1.25 * sumW;
    const plant = new Plant(
      makeStages(usualSteps, dice),
      { updateMs: meterMs, windowMs: meterMs, latencyMs: 10, jitterMs: 0, lostShare: 0, sigmaW, gain: 1, offsetW: 0 },
      2,
      dice,
    );
    const site = new Site(plant, { ...usualOptions, tickMs, rangeW: 2.5 * sumW });
    site.limits.exportLimitW = 0;
    site.requestedW.fill(-ratedW);
    for (let run = 0; run < 10 && result.zeroMs.length < count; run++) {
      plant.loadW.fill((between(dice, 0.3, 1) * sumW) / 3);
      let doubted = false;
      site.run(12_000 + Math.floor(uniform(dice) * 200), (nowMs) => {
        if (nowMs > 1_000 && run === 0 && site.budget.quality !== Quality.good) doubted = true;
      });
      if (doubted) result.wrongVerdicts++;
      const atMs = plant.nowMs;
      let lastMs = atMs;
      if (fault === "frozen") plant.meterFrozen = true;
      else site.meterSilent = true;
      site.run(3_000, (nowMs) => {
        let dischargeW = 0;
        for (let i = 0; i < 4; i++) dischargeW += Math.max(0, -plant.powerW[i]!);
        if (dischargeW > 0.005 * sumW) lastMs = nowMs;
      });
      result.zeroMs.push(lastMs - atMs);
      plant.meterFrozen = false;
      site.meterSilent = false;
    }
  }
  return result;
}

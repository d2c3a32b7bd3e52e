/** Cloud ramps: PV of half the stages' sum that falls and rises within seconds, while the stages discharge to the limit. */
import { between, createDice, Plant, uniform } from "./plant.ts";
import { Site, usualOptions } from "./site.ts";
import { makeStages, ratedW, usualSteps } from "./steps.ts";

export interface CloudResult {
  /** Longest stretch above limit + 0.5 %, ms, and how high it went at most, share of the stages' sum. */
  readonly longestMs: number[];
  peakShare: number;
  /** Time above, ms per s. */
  aboveMsPerS: number;
  /** Share of the room for discharging that was used. */
  usedShare: number;
}

const sumW = 4 * ratedW;
const secondsEach = 60;

/** `count` minutes of clouds, each with its own ramps: an edge lasts 1.5–15 s and moves 50–90 % of the PV. */
export function measureClouds(meterMs: number, tickMs: number, seed: number, count: number): CloudResult {
  const result: CloudResult = { longestMs: [], peakShare: 0, aboveMsPerS: 0, usedShare: 0 };
  let usedW = 0;
  let roomW = 0;
  for (let minute = 0; minute < count; minute++) {
    const dice = createDice(seed * 100_003 + minute);
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
    const baseW = between(dice, 0.6, 0.9) * sumW;
    const pvRatedW = 0.5 * sumW;
    let clearness = between(dice, 0.1, 1);
    let fromClearness = clearness;
    let toClearness = clearness;
    let edgeMs = 1;
    let edgeAgeMs = 1;
    let waitMs = 0;
    const program = () => {
      if (edgeAgeMs < edgeMs) {
        edgeAgeMs++;
        clearness = fromClearness + ((toClearness - fromClearness) * edgeAgeMs) / edgeMs;
      } else if (waitMs > 0) {
        waitMs--;
      } else {
        fromClearness = clearness;
        toClearness = clearness > 0.55 ? between(dice, 0.1, 0.3) : between(dice, 0.8, 1);
        edgeMs = Math.round(between(dice, 1_500, 15_000));
        edgeAgeMs = 0;
        waitMs = Math.round(uniform(dice) * 5_000);
      }
      plant.loadW.fill((baseW - pvRatedW * clearness) / 3);
    };
    let above = 0;
    let stretchMs = 0;
    let longestMs = 0;
    program();
    site.run(8_000, () => undefined);
    site.run(secondsEach * 1_000, () => {
      program();
      const overW = -plant.pccW[0]!;
      const availableW = baseW - pvRatedW * clearness;
      roomW += availableW;
      usedW += Math.min(availableW, availableW + overW);
      if (overW > 0.005 * sumW) {
        above++;
        stretchMs++;
        if (stretchMs > longestMs) longestMs = stretchMs;
        if (overW / sumW > result.peakShare) result.peakShare = overW / sumW;
      } else stretchMs = 0;
    });
    result.longestMs.push(longestMs);
    result.aboveMsPerS += above / secondsEach / count;
  }
  result.usedShare = usedW / roomW;
  return result;
}

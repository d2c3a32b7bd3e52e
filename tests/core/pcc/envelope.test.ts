import { describe, expect, test } from "vitest";
import {
  createEnvelope,
  createSampleNoise,
  type EnvelopeTuning,
  learnNoise,
  lowerEnvelope,
  restartEnvelope,
  sampleEnvelope,
  tickEnvelope,
} from "../../../src/core/pcc/envelope.ts";

const tuning: EnvelopeTuning = {
  holdMs: 1_000,
  riseWPerMs: 48,
  overcutGain: 1,
  trendGain: 1 / 3,
  trendSamples: 2.5,
};

/** An envelope at 100 kW with σ = 300 W; samples every 100 ms, ticks of 20 ms. */
function makeEnvelope() {
  const noise = createSampleNoise(240_000);
  noise.sigmaW = 300;
  const e = createEnvelope();
  let nowMs = 0;
  restartEnvelope(e, 100_000, nowMs);
  const run = (ms: number, availableW: (nowMs: number) => number, mayRise = true) => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 20;
      if (nowMs % 100 === 0) {
        e.sampleW = availableW(nowMs);
        sampleEnvelope(e, noise, nowMs, tuning);
      }
      e.riseW = mayRise ? 20 * tuning.riseWPerMs : 0;
      tickEnvelope(e, nowMs, tuning);
    }
    return e;
  };
  run(3_000, () => 100_000);
  return { e, run, noise };
}

describe("the envelope falls at once and rises slowly", () => {
  test("a drop counts with its first sample, and as much again is cut until the next one", () => {
    const { run } = makeEnvelope();
    const first = run(100, () => 60_000);
    expect(first.valueW).toBe(60_000);
    expect(first.overcutW).toBe(40_000);
    expect(run(100, () => 30_000).overcutW).toBe(30_000);
    expect(run(100, () => 30_000).overcutW).toBe(0);
  });

  test("the over-cut lasts until the next sample, however many are lost", () => {
    const { e, run, noise } = makeEnvelope();
    run(100, () => 60_000);
    e.riseW = 0;
    for (let nowMs = 3_120; nowMs <= 3_900; nowMs += 20) tickEnvelope(e, nowMs, tuning);
    expect(e.overcutW).toBe(40_000);
    e.sampleW = 60_000;
    sampleEnvelope(e, noise, 3_900, tuning);
    expect(e.overcutW).toBe(0);
  });

  test("a rise waits one second and then takes 0.2 of the stages' sum per second", () => {
    const { run } = makeEnvelope();
    expect(run(900, () => 200_000).valueW).toBe(100_000);
    const began = run(300, () => 200_000).valueW;
    expect(run(1_000, () => 200_000).valueW - began).toBeCloseTo(48_000, -2);
  });

  test("a load that comes for half a second and goes does not move it", () => {
    const { run } = makeEnvelope();
    expect(run(500, () => 200_000).valueW).toBe(100_000);
    expect(run(2_000, () => 100_000).valueW).toBe(100_000);
  });

  test("in doubt it does not rise", () => {
    const { run } = makeEnvelope();
    expect(run(5_000, () => 200_000, false).valueW).toBe(100_000);
    expect(run(100, () => 50_000, false).valueW).toBe(50_000);
  });

  test("a steady fall is followed ahead, noise is not", () => {
    const { e, run } = makeEnvelope();
    run(1_000, (nowMs) => 100_000 - 10 * (nowMs - 3_000));
    // 1 kW per sample: the time of meter and stages is two and a half samples.
    expect(e.aheadW).toBeCloseTo(2_500, -2);
    const quiet = makeEnvelope();
    quiet.run(2_000, (nowMs) => 100_000 + (nowMs % 200 === 0 ? 300 : -300));
    expect(quiet.e.aheadW).toBe(0);
  });

  test("a belief that was too high takes the envelope down with it", () => {
    const { e } = makeEnvelope();
    lowerEnvelope(e, 30_000, 3_000);
    expect([e.valueW, e.filteredW]).toEqual([70_000, 70_000]);
    e.riseW = 0;
    tickEnvelope(e, 3_020, tuning);
    expect(e.valueW).toBe(70_000);
  });
});

test("the noise is learnt from differences and does not take steps for noise", () => {
  const noise = createSampleNoise(240_000);
  let seed = 7;
  for (let k = 0; k < 2_000; k++) {
    let sum = 0;
    for (let m = 0; m < 12; m++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      sum += seed / 2 ** 32;
    }
    learnNoise(noise, 50_000 + 500 * sum);
  }
  expect(noise.sigmaW).toBeGreaterThan(400);
  expect(noise.sigmaW).toBeLessThan(600);
  const before = noise.sigmaW;
  learnNoise(noise, 500_000);
  expect(noise.sigmaW).toBe(before);
});

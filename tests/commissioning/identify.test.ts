/** Identification of stages and meter from eight nudges, on sites that are reckoned here: figures found against figures true. */
import { describe, expect, test } from "vitest";
import { Random } from "../../sim/random.ts";
import { compareMeter, compareStage } from "../../src/commissioning/compare.ts";
import { identifyMeter } from "../../src/commissioning/identify-meter.ts";
import { identifyStage, segmentsOf } from "../../src/commissioning/identify-stage.ts";
import type { Look } from "../../src/commissioning/trace.ts";

interface Truth {
  readonly deadTimeMs?: number;
  readonly responseMs?: number;
  readonly slewPctPerS?: number;
  readonly commandPeriodMs?: number;
  /** Nudges that came later by a quarter of a second, because a machine stood still. */
  readonly late?: readonly number[];
  readonly updateMs?: number;
  readonly windowMs?: number;
  readonly latencyMs?: number;
  readonly resolutionW?: number;
  readonly gain?: number;
  readonly noiseW?: number;
  /** Steps of the building: one in so many seconds, W. */
  readonly buildingW?: number;
}

const ratedW = 10_000;
const tickMs = 20;

/** Nudges of a tenth of the rating, 4 s and something apart, recorded every 20 ms. */
function record(truth: Truth, seed = 1): Look[] {
  const {
    deadTimeMs = 15,
    responseMs = 50,
    slewPctPerS = Number.POSITIVE_INFINITY,
    commandPeriodMs = 0,
    late = [],
  } = truth;
  const {
    updateMs = 100,
    windowMs = 100,
    latencyMs = 10,
    resolutionW = 1,
    gain = 1,
    noiseW = 10,
    buildingW = 0,
  } = truth;
  const random = new Random(seed).stream("identify");
  const nudgeMs = nudgeOf(truth);
  const count = 9;
  const totalMs = count * nudgeMs;
  const stageW = new Float64Array(totalMs);
  const loadW = new Float64Array(totalMs);
  // As the control does it: up by a fifth of the rating a second, down at once.
  const commandAt = (ms: number): number =>
    Math.floor(ms / nudgeMs) % 2 === 0
      ? 1_000
      : Math.min(2_000, 1_000 + 2 * tickMs * Math.floor((ms % nudgeMs) / tickMs));
  let powerW = 1_000;
  let taken = 1_000;
  let load = 5_000;
  const phaseMs = random.between(0, commandPeriodMs);
  for (let ms = 0; ms < totalMs; ms++) {
    if (
      commandPeriodMs === 0 ||
      Math.floor((ms - phaseMs) / commandPeriodMs) !== Math.floor((ms - 1 - phaseMs) / commandPeriodMs)
    )
      taken = commandAt(Math.max(0, ms - deadTimeMs - (late.includes(Math.floor(ms / nudgeMs)) ? 250 : 0)));
    const most = (slewPctPerS / 100) * ratedW * 0.001;
    powerW += Math.max(-most, Math.min(most, (taken - powerW) * (1 - Math.exp(-1 / responseMs))));
    if (buildingW > 0 && ms % 3_300 === 0) load = 5_000 + random.between(-buildingW, buildingW);
    stageW[ms] = powerW;
    loadW[ms] = load;
  }
  const looks: Look[] = [];
  let sample = { powerW: Number.NaN, atMs: Number.NaN };
  let nextMs = updateMs;
  const waiting: { readyMs: number; powerW: number }[] = [];
  for (let ms = 0; ms < totalMs; ms++) {
    if (ms >= nextMs) {
      let sum = 0;
      for (let i = Math.max(0, ms - windowMs); i < ms; i++) sum += gain * stageW[i]! + loadW[i]!;
      const noisy = sum / Math.min(windowMs, Math.max(1, ms)) + noiseW * random.between(-1.7, 1.7);
      waiting.push({ readyMs: ms + latencyMs, powerW: resolutionW * Math.round(noisy / resolutionW) });
      nextMs += updateMs;
    }
    while (waiting.length > 0 && waiting[0]!.readyMs <= ms)
      sample = { powerW: waiting.shift()!.powerW, atMs: Math.ceil(ms / tickMs) * tickMs };
    if (ms % tickMs !== 0) continue;
    const shownW = stageW[Math.max(0, ms - 10)]! + random.between(-5, 5);
    looks.push({
      atMs: ms,
      stages: [{ commandW: commandAt(ms), powerW: shownW }],
      meterW: sample.powerW,
      sampleAtMs: sample.atMs,
    });
  }
  return looks;
}

const nudgeOf = ({ deadTimeMs = 15, responseMs = 50, windowMs = 100 }: Truth): number =>
  4_000 + 2 * (deadTimeMs + responseMs + windowMs);

const findAll = (truth: Truth, seed?: number) => {
  const looks = record(truth, seed);
  const nudges = segmentsOf(
    looks,
    Array.from({ length: 8 }, (_, i) => (i + 1) * nudgeOf(truth)),
  );
  return { stage: identifyStage(looks, nudges, 0, ratedW)!, meter: identifyMeter(looks, nudges)! };
};

describe("a stage", () => {
  const rows: readonly (readonly [string, Truth])[] = [
    ["fast", {}],
    ["dead time of 500 ms", { deadTimeMs: 500 }],
    ["dead time of 3 s", { deadTimeMs: 3_000, responseMs: 500 }],
    ["time constant of 300 ms", { responseMs: 300 }],
    ["time constant of 1 s", { responseMs: 1_000, deadTimeMs: 200 }],
  ];
  for (const [name, truth] of rows) {
    test(`${name} → found`, () => {
      const { stage } = findAll(truth);
      const { deadTimeMs = 15, responseMs = 50 } = truth;
      // Time constant and dead time share what they explain: their sum is the answer.
      expect(Math.abs(stage.deadTimeMs.value + stage.responseMs.value - deadTimeMs - responseMs)).toBeLessThan(
        30 + 0.1 * (deadTimeMs + responseMs),
      );
      expect(Math.abs(stage.deadTimeMs.value - deadTimeMs)).toBeLessThan(40 + 0.1 * deadTimeMs);
      expect(Math.abs(stage.responseMs.value - responseMs)).toBeLessThan(25 + 0.25 * responseMs);
      expect(stage.commandPeriodMs.value).toBeLessThan(100);
      expect(stage.gain.value).toBeCloseTo(1, 1);
      expect(stage.nudges).toBe(8);
    });
  }

  test("10 % a second → found as a bounded rate", () => {
    const { stage } = findAll({ slewPctPerS: 10 });
    expect(stage.slewWPerS).toBeGreaterThan(700);
    expect(stage.slewWPerS).toBeLessThan(1_400);
  });

  test("one command a second → found as such", () => {
    const { stage } = findAll({ commandPeriodMs: 1_000 });
    expect(stage.commandPeriodMs.value).toBeGreaterThan(500);
    expect(stage.commandPeriodMs.value).toBeLessThan(1_500);
  });

  for (const late of [[3], [3, 6]])
    test(`${late.length} of eight nudges later than the others → they alone, and no time between commands`, () => {
      const { stage } = findAll({ deadTimeMs: 200, responseMs: 300, late });
      expect(stage.commandPeriodMs.value).toBe(0);
      expect(Math.abs(stage.deadTimeMs.value - 200)).toBeLessThan(60);
    });

  test("no nudges → nothing is said", () => {
    expect(identifyStage(record({}).slice(0, 150), [], 0, ratedW)).toBeNull();
  });
});

describe("the meter", () => {
  const rows: readonly (readonly [string, Truth])[] = [
    ["20 ms", { updateMs: 20, windowMs: 20 }],
    ["100 ms", {}],
    ["100 ms that averages a second", { windowMs: 1_000 }],
    ["200 ms, 300 ms late", { updateMs: 200, windowMs: 200, latencyMs: 300 }],
    ["1 s", { updateMs: 1_000, windowMs: 1_000, latencyMs: 100 }],
    ["100 ms, a building that steps every 3 s", { buildingW: 400 }],
    ["10 W resolution", { resolutionW: 10 }],
  ];
  for (const [name, truth] of rows) {
    test(`${name} → found`, () => {
      const { meter } = findAll(truth);
      const { updateMs = 100, windowMs = 100, latencyMs = 10, resolutionW = 1 } = truth;
      expect(Math.abs(meter.updateMs.value - updateMs)).toBeLessThan(5 + 0.05 * updateMs);
      // The stage's own reading is 10 ms old, and a sample waits up to a cycle.
      expect(Math.abs(meter.delayMs.value - latencyMs - windowMs / 2)).toBeLessThan(40 + 0.1 * windowMs);
      expect(Math.abs(meter.windowMs.value - windowMs)).toBeLessThan(
        name.includes("building") ? 150 : 40 + 0.35 * windowMs,
      );
      expect(Math.abs(meter.gain.value - 1)).toBeLessThan(0.1);
      expect(meter.resolutionW).toBe(resolutionW === 1 ? meter.resolutionW : resolutionW);
    });
  }

  test("the wrong way round, and of twice the ratio", () => {
    expect(findAll({ gain: -1 }).meter.gain.value).toBeCloseTo(-1, 1);
    expect(findAll({ gain: 2 }).meter.gain.value).toBeCloseTo(2, 1);
  });
});

describe("readings that are no numbers", () => {
  const looks = record({});
  const nudges = segmentsOf(
    looks,
    Array.from({ length: 8 }, (_, i) => (i + 1) * nudgeOf({})),
  );
  test("a silent stage → nothing is said of it, nor of the meter", () => {
    const silent = looks.map((look) => ({ ...look, stages: [{ ...look.stages[0]!, powerW: Number.NaN }] }));
    expect(identifyStage(silent, nudges, 0, ratedW)).toBeNull();
    expect(identifyMeter(silent, nudges)).toBeNull();
  });
  test("a silent meter, and one that stands still → nothing is said of it", () => {
    expect(
      identifyMeter(
        looks.map((look) => ({ ...look, meterW: Number.NaN })),
        nudges,
      ),
    ).toBeNull();
    expect(
      identifyMeter(
        looks.map((look) => ({ ...look, meterW: 5_000, sampleAtMs: 0 })),
        nudges,
      ),
    ).toBeNull();
  });
  test("a stage that goes silent in the middle → nothing is said of it", () => {
    const half = looks.map((look, i) =>
      i < looks.length / 2 ? look : { ...look, stages: [{ ...look.stages[0]!, powerW: Number.NaN }] },
    );
    const found = identifyStage(half, nudges, 0, ratedW);
    expect(found === null || Number.isFinite(found.deadTimeMs.value)).toBe(true);
  });
});

describe("compared with what is configured", () => {
  const told = {
    meter: { updateMs: 100, windowMs: 100, latencyMs: 10, resolutionW: 1, scaleW: ratedW },
    stage: { deadTimeMs: 15, responseMs: 50, commandPeriodMs: 0, slewWPerS: Number.POSITIVE_INFINITY, ratedW },
  };
  const judged = (truth: Truth, seed?: number) => {
    const { stage, meter } = findAll(truth, seed);
    return [
      ...compareMeter("PCC meter", "pcc.meter", told.meter, meter, tickMs),
      ...compareStage("Bay 1", "evses[0].stage", told.stage, stage, tickMs),
    ];
  };

  test("a site that is described rightly → nothing is wrong, four times", () => {
    for (let seed = 1; seed <= 4; seed++)
      expect(judged({ buildingW: 200 }, seed).filter(({ verdict }) => verdict !== "as configured")).toEqual([]);
  });

  const wrong: readonly (readonly [string, Truth, string, RegExp])[] = [
    [
      "a meter that averages a second",
      { windowMs: 1_000 },
      "pcc.meter.windowMs",
      /PCC meter: .*configured 100 ms\. Set pcc\.meter\.windowMs/,
    ],
    ["a meter of 1 s", { updateMs: 1_000, windowMs: 1_000 }, "pcc.meter.updateMs", /time between samples is 10\d\d ±/],
    ["a meter that is 500 ms late", { latencyMs: 500 }, "pcc.meter.latencyMs", /latencyMs to (4[89]|5\d)\d/],
    ["a meter the wrong way round", { gain: -1 }, "pcc.meter.importPositive", /wrong way round/],
    ["a meter of half the ratio", { gain: 0.5 }, "pcc.meter", /0\.5\d? ±/],
    ["a stage with 500 ms dead time", { deadTimeMs: 500 }, "evses[0].stage.deadTimeMs", /Bay 1: dead time is 5\d\d/],
    [
      "a stage with 2 s dead time",
      { deadTimeMs: 2_000 },
      "evses[0].stage.deadTimeMs",
      /Set evses\[0\]\.stage\.deadTimeMs to 2/,
    ],
    ["a stage with 1 s time constant", { responseMs: 1_000 }, "evses[0].stage.responseMs", /time constant/],
    ["a stage with 10 % a second", { slewPctPerS: 10 }, "evses[0].stage.slewPctPerS", /without a bound/],
    [
      "a stage that takes a command a second",
      { commandPeriodMs: 1_000 },
      "evses[0].stage.commandPeriodMs",
      /time between commands/,
    ],
  ];
  for (const [name, truth, setting, said] of wrong) {
    test(`${name} → refused, with what to change`, () => {
      const refused = judged(truth).filter(({ verdict }) => verdict === "refuse");
      const one = refused.find((row) => row.setting === setting);
      expect(one?.todo ?? JSON.stringify(refused)).toMatch(said);
    });
  }
});

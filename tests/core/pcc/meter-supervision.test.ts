import { describe, expect, test } from "vitest";
import {
  condemnMeter,
  createMeterSupervision,
  type MeterConfig,
  resetMeter,
  showsVoltage,
  stillBlocksToSuspect,
  superviseMeter,
} from "../../../src/core/pcc/meter-supervision.ts";
import { createSnapshot } from "../../../src/core/snapshot.ts";
import { Quality, qualityNames } from "../../../src/domain/quality.ts";

const config: MeterConfig = {
  updateMs: 100,
  windowMs: 100,
  latencyMs: 10,
  rangeW: 300_000,
  offsetErrorW: 0,
  quantumW: 1,
  gainError: 0,
};

/** A supervised meter that can be made to do things; ticks of 10 ms. */
function makeMeter(changes: Partial<MeterConfig> = {}, countsSamples = false) {
  const s = createMeterSupervision({ ...config, ...changes }, 130);
  const { meter } = createSnapshot(1, 0);
  meter.powerW = 50_000;
  meter.countsSamples = countsSamples;
  let nowMs = 0;
  const run = (ms: number, { reads = true, changesOften = true, canChallenge = true } = {}) => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 10;
      if (reads) meter.atMs = nowMs;
      if (reads && changesOften && nowMs % s.config.updateMs === 0) {
        meter.sampleCount++;
        meter.sampleAtMs = nowMs;
      }
      superviseMeter(s, meter, canChallenge, nowMs);
    }
    return qualityNames[s.quality];
  };
  return { s, meter, run };
}

describe("what is believed of a meter", () => {
  test.each([20, 100, 500, 1_000])(
    "a link that falls silent while the values stood still, of a meter of %i ms that often does → not believed for ever",
    (updateMs) => {
      for (const canChallenge of [true, false]) {
        for (let stillMs = 0; stillMs <= 700; stillMs += 10) {
          const { s, run } = makeMeter({ updateMs, windowMs: updateMs });
          s.repeats = 1;
          run(10 * updateMs, { canChallenge });
          run(stillMs, { changesOften: false, canChallenge });
          const silentMs = Math.max(1_000, 2 * updateMs);
          expect(run(silentMs + 10, { reads: false, canChallenge }), `after ${stillMs} ms`).toMatch(/stale|frozen/);
        }
      }
    },
  );

  test("nothing before its first sample, then all", () => {
    const { run } = makeMeter();
    expect(run(50)).toBe("missing");
    expect(run(100)).toBe("good");
    expect(run(60_000)).toBe("good");
  });

  test.each([
    ["NaN", Number.NaN],
    ["infinite", Number.POSITIVE_INFINITY],
    ["beyond its range", 300_001],
    ["beyond its range, negative", -300_001],
  ])("power %s → implausible, and good again only after 5 s of sense", (_, powerW) => {
    const { meter, run } = makeMeter();
    run(1_000);
    meter.powerW = powerW;
    expect(run(100)).toBe("implausible");
    meter.powerW = 50_000;
    expect(run(4_900)).toBe("implausible");
    expect(run(300)).toBe("good");
  });

  test("phases that do not add up for a second → implausible; phases that the service does not have do not count", () => {
    const { s, meter, run } = makeMeter();
    meter.phasePowerW = [30_000, 20_000, Number.NaN];
    expect(run(1_000)).toBe("good");
    // For a moment: they are told by another read than the total.
    meter.phasePowerW = [30_000, 10_000, Number.NaN];
    expect(run(900)).toBe("good");
    expect(s.mayRise).toBe(false);
    meter.phasePowerW = [30_000, 20_000, Number.NaN];
    expect(run(1_000)).toBe("good");
    expect(s.mayRise).toBe(true);
    meter.phasePowerW = [30_000, 10_000, Number.NaN];
    expect(run(1_200)).toBe("implausible");
  });

  test("a silent link: no increases after three samples and 50 ms, stale after 1 s, good with the next sample", () => {
    const { s, run } = makeMeter();
    run(1_000);
    expect(run(340, { reads: false })).toBe("good");
    expect(s.mayRise).toBe(true);
    expect(run(40, { reads: false })).toBe("good");
    expect(s.mayRise).toBe(false);
    expect(run(640, { reads: false })).toBe("stale");
    expect(run(200)).toBe("good");
    expect(s.mayRise).toBe(true);
  });

  test("still values: suspicion, challenge, frozen; 5 s of samples clear it", () => {
    const { s, run } = makeMeter();
    run(1_000);
    run(450, { changesOften: false });
    expect([s.challenging, s.mayRise, s.quality]).toEqual([true, false, Quality.good]);
    expect(run(340, { changesOften: false })).toBe("frozen");
    expect(run(4_700)).toBe("frozen");
    expect(run(600)).toBe("good");
  });

  test("still without any power: called frozen, but the next sample counts at once, and next time it gets longer", () => {
    const { s, run } = makeMeter();
    s.idle = true;
    run(1_000);
    const still = { changesOften: false, canChallenge: false };
    expect(run(1_500, still)).toBe("good");
    expect(run(300, still)).toBe("frozen");
    expect(run(1_200, still)).toBe("frozen");
    expect(run(200)).toBe("good");
    expect(run(4_000, still)).toBe("good");
    expect(run(1_000, still)).toBe("frozen");
    run(30_000, still);
    run(200);
    expect(run(9_500, still)).toBe("good");
    expect(run(1_000, still)).toBe("frozen");
  });

  test("still at little power: a little more may flow for as long as a verdict is open", () => {
    const { s, run } = makeMeter();
    run(1_000);
    const still = { changesOften: false, canChallenge: false };
    run(450, still);
    expect([s.mayShow, s.mayRise, s.challenging]).toEqual([true, false, false]);
    run(200);
    expect(s.mayShow).toBe(false);
    expect(run(1_700, still)).toBe("frozen");
    expect(s.mayShow).toBe(false);
    // Power flowed, so that it counts only after five seconds of samples.
    expect(run(4_500)).toBe("frozen");
  });

  test("a quiet meter of small steps is not taken for a slow one, one that moves much in each is", () => {
    for (const [stepW, updateMs] of [
      [50, 100],
      [5_000, 400],
    ] as const) {
      const { s, meter, run } = makeMeter();
      for (let k = 0; k < 40; k++) {
        run(300, { changesOften: false });
        meter.powerW += stepW * (k % 2 === 0 ? 1 : -1);
        run(100);
      }
      expect(s.updateMs).toBe(updateMs);
    }
  });

  test.each([
    [0, 0],
    [150, 150],
  ])(
    "stages that follow %i ms later than configured have %i ms more to show that the meter lives",
    (laterMs, moreMs) => {
      const { s, run } = makeMeter();
      s.followsLaterMs = laterMs;
      run(1_000);
      let stillMs = 0;
      let challengedMs = Number.NaN;
      for (; s.quality === Quality.good && stillMs < 2_000; stillMs += 10) {
        run(10, { changesOften: false });
        if (s.challenging && Number.isNaN(challengedMs)) challengedMs = stillMs;
      }
      // The stages have moved since before the meter became suspect: that time counts.
      expect(stillMs - challengedMs).toBeLessThanOrEqual(s.challengeMs + moreMs + 20);
      expect(stillMs - challengedMs).toBeGreaterThanOrEqual(s.challengeMs + moreMs);
    },
  );

  test("still values that move under the challenge are no fault", () => {
    const { s, run } = makeMeter();
    run(1_000);
    run(450, { changesOften: false });
    expect(s.challenging).toBe(true);
    expect(run(200)).toBe("good");
    expect([s.challenging, s.mayRise]).toEqual([false, true]);
  });

  test("still values while nothing flows that could be moved → frozen within 2 s all the same", () => {
    const { s, run } = makeMeter();
    run(1_000);
    expect(run(1_590, { changesOften: false, canChallenge: false })).toBe("good");
    expect(s.challenging).toBe(false);
    expect(run(10, { changesOften: false, canChallenge: false })).toBe("frozen");
  });

  test("a sequence register that stands still needs no challenge", () => {
    const { s, run } = makeMeter({}, true);
    run(1_000);
    run(900, { changesOften: false });
    expect(s.challenging).toBe(false);
    expect(run(200, { changesOften: false })).toBe("frozen");
  });

  test("condemned: nothing counts until a person resets it", () => {
    const { s, run } = makeMeter();
    run(1_000);
    condemnMeter(s, "meter-reversed");
    expect(run(60_000)).toBe("implausible");
    resetMeter(s);
    expect(run(300)).toBe("good");
  });
});

test("a condemned meter shows its voltage while it lives and makes sense otherwise", () => {
  const { s, meter, run } = makeMeter();
  let nowMs = 1_000;
  const shows = (ms: number, how = {}) => {
    run(ms, how);
    nowMs += ms;
    return showsVoltage(s, nowMs);
  };
  run(1_000);
  expect(shows(100)).toBe(false);
  condemnMeter(s, "meter-reversed");
  expect(shows(200)).toBe(true);
  expect(shows(2_000, { changesOften: false })).toBe(false);
  expect(shows(200)).toBe(true);
  meter.powerW = Number.NaN;
  expect(shows(200)).toBe(false);
  meter.powerW = 50_000;
  expect(shows(4_000)).toBe(false);
  expect(shows(2_000)).toBe(true);
});

describe("samples that are overdue: power shall retreat", () => {
  const silent = { reads: false };
  const still = { changesOften: false };
  test.each<[string, Partial<MeterConfig> & { counts?: true }, object, number, number]>([
    ["100 ms, still values", {}, still, 100, 300],
    ["100 ms, a silent link", {}, silent, 100, 300],
    ["100 ms, a sequence register that stands still", { counts: true }, still, 100, 300],
    ["50 ms: not within 200 ms", { updateMs: 50, windowMs: 50 }, still, 50, 200],
    ["20 ms: not within 200 ms", { updateMs: 20, windowMs: 20 }, still, 20, 200],
    ["200 ms", { updateMs: 200, windowMs: 200 }, still, 200, 600],
  ])(
    "%s: when the third is missing, until the next one comes",
    (_, { counts = false, ...changes }, fault, updateMs, afterMs) => {
      const { s, run } = makeMeter(changes, counts);
      run(1_000);
      run(afterMs - 10, fault);
      expect(s.overdue).toBe(false);
      run(10, fault);
      expect([s.overdue, s.quality]).toEqual([true, Quality.good]);
      run(updateMs);
      expect(s.overdue).toBe(false);
    },
  );

  test("a meter that is not believed is not waited for", () => {
    const { s, run } = makeMeter();
    run(1_000);
    run(900, silent);
    expect(s.overdue).toBe(true);
    expect(run(200, silent)).toBe("stale");
    expect(s.overdue).toBe(false);
  });

  test("the stages move a little one sample before, so that a quiet meter shows that it lives", () => {
    const { s, run } = makeMeter();
    run(1_000);
    run(190, still);
    expect([s.challenging, s.mayRise]).toEqual([false, true]);
    run(10, still);
    expect([s.challenging, s.mayRise, s.overdue]).toEqual([true, false, false]);
    run(100);
    expect([s.challenging, s.mayRise, s.overdue]).toEqual([false, true, false]);
  });

  test.each([
    ["loses 10 %", 0.11, true],
    ["stands still by itself every fifth time", 0.25, false],
  ])("a meter that %s", (_, repeats, overdue) => {
    const { s, run } = makeMeter();
    run(1_000);
    s.repeats = repeats;
    run(350, still);
    expect(s.overdue).toBe(overdue);
    // Suspicion and verdict are the same with and without a retreat.
    expect(run(2_000, still)).toBe("frozen");
  });
});

describe("suspicion learns how often the meter repeats itself", () => {
  test.each([
    [20, 0, 3],
    [20, 0.05, 4],
    [20, 1, 18],
    [20, 100, 40],
    [100, 0.05, 4],
    [100, 100, 8],
    [1_000, 0, 1],
  ])("update %d ms, %d repeats on average → %d still blocks", (updateMs, repeats, expected) => {
    const { s } = makeMeter({ updateMs });
    s.repeats = repeats;
    expect(stillBlocksToSuspect(s)).toBe(expected);
  });
});

/** Whom a stage follows: us, itself, or an island or a person at its panel. */
import { describe, expect, test } from "vitest";
import { createCommands } from "../../../src/core/commands.ts";
import { advanceObserver, createLoadObserver, PowerSource } from "../../../src/core/pcc/load-observer.ts";
import { createSnapshot } from "../../../src/core/snapshot.ts";
import type { Role } from "../../../src/domain/modes.ts";

const tickMs = 10;

/** One stage of 60 kW and its observer; `run` lets it report something for a while. */
function makeStage(rateWPerS = Number.POSITIVE_INFINITY) {
  const o = createLoadObserver(
    [
      {
        ratedW: 60_000,
        responseMs: 50,
        deadTimeMs: 10,
        rateWPerS,
        measureWindowMs: 20,
        measureLatencyMs: 5,
      },
    ],
    tickMs,
    2,
    110,
    300,
  );
  const { stages } = createSnapshot(1, 0);
  const commands = createCommands(1, 0).stages;
  let nowMs = 1_000;
  let liveAtMs = nowMs;
  /** Its own clock goes, or stands while it answers with the same values as before. */
  const clock = { goes: true };
  const run = (ms: number, command: Role, commandW: number, role: Role, powerW: number, local = false) => {
    Object.assign(commands[0]!, { role: command, powerW: commandW });
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += tickMs;
      if (clock.goes) liveAtMs = nowMs;
      Object.assign(stages[0]!, { atMs: nowMs, liveAtMs, role, powerW, local, alive: true });
      advanceObserver(o, commands, stages, nowMs, 1_000);
    }
    return o.powerSource[0];
  };
  return { o, run, clock };
}

describe("what leads a stage", () => {
  test.each<[string, Role, number, Role, number, boolean, number]>([
    ["charging as asked", "charge", 30_000, "charge", 30_000, false, PowerSource.model],
    ["discharging as asked", "discharge", -30_000, "discharge", -30_000, false, PowerSource.model],
    ["ready to hold the bus, as asked", "hold", -30_000, "discharge", -30_000, false, PowerSource.model],
    ["asked to form, not yet forming", "forming", 0, "off", 0, false, PowerSource.otherControl],
    ["forming as asked", "forming", 0, "forming", -20_000, false, PowerSource.otherControl],
    ["holding the bus after K1 has opened", "hold", -30_000, "forming", -20_000, false, PowerSource.otherControl],
    ["still forming, no longer asked to", "off", 0, "forming", -20_000, false, PowerSource.otherControl],
    ["led from its panel", "charge", 0, "charge", 30_000, true, PowerSource.otherControl],
    ["charging more than asked", "charge", 10_000, "charge", 30_000, false, PowerSource.measured],
    ["charging less than asked: no fault", "charge", 30_000, "charge", 10_000, false, PowerSource.model],
  ])("%s", (_, command, commandW, role, powerW, local, expected) => {
    const { o, run } = makeStage();
    expect(run(3_000, command, commandW, role, powerW, local)).toBe(expected);
    expect(o.modelW[0]! + o.deviationW[0]!).toBeCloseTo(powerW, -2);
  });

  test.each<[string, Role, Role, boolean]>([
    ["forms", "forming", "forming", false],
    ["has held the bus", "hold", "forming", false],
    ["is led from its panel", "charge", "discharge", true],
  ])("a stage that %s is ours again as soon as that ends, from what it does then", (_, command, role, local) => {
    const { o, run } = makeStage();
    run(5_000, command, 0, role, -20_000, local);
    expect(run(10, "off", 0, "discharge", -20_000)).toBe(PowerSource.model);
    expect(o.modelW[0]).toBe(-20_000);
    expect(o.askMaxW[0]).toBe(Number.POSITIVE_INFINITY);
    // It comes down as asked: a model from our commands, and no suspicion.
    expect(run(2_000, "off", 0, "off", 0)).toBe(PowerSource.model);
    expect(Math.abs(o.modelW[0]!)).toBeLessThan(1);
  });

  test.each<[string, Role, number, number]>([
    ["rises to what it is asked for", "charge", 50_000, 0],
    ["falls to what it is asked for", "charge", 0, 50_000],
    ["turns round as asked", "discharge", -50_000, 50_000],
  ])("one that is quicker than its settings say %s: it obeys, and is asked for all", (_, role, commandW, fromW) => {
    // The settings say a tenth of its rating a second; it takes a third of that time.
    const { o, run } = makeStage(6_000);
    expect(run(30_000, "charge", fromW, "charge", fromW)).toBe(PowerSource.model);
    for (let powerW = fromW; Math.abs(powerW - commandW) > 1; ) {
      powerW += Math.sign(commandW - powerW) * Math.min(1_800, Math.abs(commandW - powerW));
      expect(run(100, role, commandW, powerW < 0 ? "discharge" : "charge", powerW)).toBe(PowerSource.model);
    }
    expect(run(20_000, role, commandW, role, commandW)).toBe(PowerSource.model);
    expect(o.askMaxW[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test.each<[string, number]>([
    ["beyond what it was asked for", 25_000],
    ["the other way", -20_000],
  ])("one that goes %s is quick, and does not obey", (_, powerW) => {
    const { run } = makeStage(6_000);
    run(1_000, "charge", 0, "charge", 0);
    expect(run(3_000, "charge", 10_000, "charge", powerW)).toBe(PowerSource.measured);
  });

  test("one that does not obey after an island is found as always", () => {
    const { run } = makeStage();
    run(5_000, "forming", 0, "forming", -20_000);
    expect(run(900, "charge", 0, "discharge", -20_000)).toBe(PowerSource.model);
    expect(run(300, "charge", 0, "discharge", -20_000)).toBe(PowerSource.measured);
    expect(run(4_900, "charge", 0, "charge", 0)).toBe(PowerSource.measured);
    expect(run(200, "charge", 0, "charge", 0)).toBe(PowerSource.model);
  });

  test.each<[string, Role, number, Role, number]>([
    ["a stage that charges as asked", "charge", 30_000, "charge", 30_000],
    ["a stage that discharges as asked", "discharge", -30_000, "discharge", -30_000],
    ["a stage that forms an island", "forming", 0, "forming", -20_000],
  ])(
    "%s and then answers with old values is not believed, as if it were silent",
    (_, command, commandW, role, powerW) => {
      const { o, run, clock } = makeStage();
      const follows = run(3_000, command, commandW, role, powerW);
      clock.goes = false;
      expect(run(1_400, command, commandW, role, powerW)).toBe(follows);
      expect(run(200, command, commandW, role, powerW)).toBe(PowerSource.lastKnown);
      // What it did last stays the belief, whatever it is asked for now.
      run(5_000, "off", 0, role, powerW);
      expect(o.powerSource[0]).toBe(PowerSource.lastKnown);
      expect(o.modelW[0]).toBeCloseTo(powerW, -2);
      clock.goes = true;
      expect(run(20, command, commandW, role, powerW)).toBe(follows);
    },
  );

  test("old values are no obedience: a stage that its clock left at what it is asked for is not used again", () => {
    const { run, clock } = makeStage();
    expect(run(3_000, "charge", 10_000, "charge", 30_000)).toBe(PowerSource.measured);
    clock.goes = false;
    expect(run(8_000, "charge", 30_000, "charge", 30_000)).toBe(PowerSource.lastKnown);
  });
});

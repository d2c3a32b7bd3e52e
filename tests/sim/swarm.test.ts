/** The swarm: its sites are ones that the product accepts, its days are the same each time, and it finds what is planted. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startIsletOn } from "../../sim/story/islet-controller.ts";
import type { Controller, StartController } from "../../sim/story/site.ts";
import { stretch, swarmDay } from "../../sim/swarm/day.ts";
import { runSwarm, type SwarmOptions } from "../../sim/swarm/run.ts";
import { linesOf, shrinkSwarm } from "../../sim/swarm/shrink.ts";
import { swarmSite } from "../../sim/swarm/site.ts";
import type { Commands } from "../../src/core/commands.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { bugs } from "../swarm/bugs.table.ts";

/** A small site with a long tick: quick. */
const quick: SwarmOptions = { hours: 4, evses: 1, tickMs: 50 };

type Spoil = (commands: Commands, snapshot: Snapshot) => void;

const halves: Spoil = ({ stages }) => {
  for (const stage of stages) stage.powerW *= 0.5;
};
const turnsRound: Spoil = ({ stages }) => {
  for (const stage of stages) {
    if (stage.role !== "charge" || stage.powerW === 0) continue;
    stage.role = "discharge";
    stage.powerW *= -1;
  }
};
const forms: Spoil = ({ stages }) => {
  for (const stage of stages) stage.role = "forming";
};

/** Islet's controller, whose commands somebody has spoiled. */
const spoiled =
  (seed: number, spoil: Spoil): StartController =>
  (boot) => {
    const controller = startIsletOn(swarmSite(seed, quick).loaded)(boot);
    const step = controller.step.bind(controller);
    const spoiling: Pick<Controller, "step"> = {
      step(snapshot, nowMs) {
        const commands = step(snapshot, nowMs);
        spoil(commands, snapshot);
        return commands;
      },
    };
    return Object.assign(controller, spoiling);
  };

describe("sites and days", () => {
  test("two hundred seeds: each is a site that the product accepts, and all kinds are among them", () => {
    const sites = Array.from({ length: 200 }, (_, i) => swarmSite(i + 1));
    expect(new Set(sites.map(({ serviceMode, hasK1 }) => `${serviceMode} ${hasK1}`)).size).toBe(6);
    expect(new Set(sites.map(({ closedTransition }) => closedTransition)).size).toBe(2);
    expect(Math.max(...sites.map(({ evses }) => evses.length))).toBe(50);
    expect(Math.min(...sites.map(({ evses }) => evses.length))).toBe(1);
  });

  test("a seed is a day: the same events at the same moments, in order", () => {
    const told = () => swarmDay(swarmSite(7), 24).map(({ atMs, sentence, toMs }) => [atMs, sentence, toMs]);
    const day = told();
    expect(told()).toEqual(day);
    expect(day.length).toBeGreaterThan(100);
    expect(day.map(([atMs]) => atMs)).toEqual(day.map(([atMs]) => atMs as number).sort((a, b) => a - b));
  });

  test("nothing goes on in the quiet end of a stretch, and trouble is over before the technician comes", () => {
    for (let seed = 1; seed <= 40; seed++) {
      for (const { atMs, toMs, name } of swarmDay(swarmSite(seed), 24)) {
        const inMs = atMs % stretch.lengthMs;
        const endsInMs = inMs + toMs - atMs;
        expect(inMs, name).toBeLessThanOrEqual(stretch.quietFromMs);
        expect(endsInMs, name).toBeLessThan(stretch.quietFromMs + 1);
        if (name.startsWith("fault")) expect(endsInMs).toBeLessThan(stretch.technicianMs);
      }
    }
  });
});

describe("runs", () => {
  test("a seed's run is the same each time", () => {
    const run = () => runSwarm(3, { ...quick, hours: 0.5 });
    const { wallS: _, ...first } = run();
    expect(run()).toMatchObject(first);
  });

  // Seeds that once failed, with the part of the day that showed it.
  test.each<[string, number, SwarmOptions]>([
    [
      "a charger that left the set came back with a whole step, which made it leave again, for ever",
      226,
      { hours: 8, evsesMax: 5, fromMs: 12_359_990, toMs: 4 * 3_600_000 },
    ],
  ])("%s: seed %i", (_, seed, options) => {
    expect(runSwarm(seed, options).broken).toEqual([]);
  });

  test("half of each setpoint: found in the quiet end, in which what is asked for must be delivered", () => {
    const start = spoiled(8, halves);
    const run = (options: Partial<SwarmOptions>) => runSwarm(8, { ...quick, fromMs: 3.4 * 3_600_000, ...options });
    expect(run({}).broken).toEqual([]);
    expect(run({ start, endAfterMs: 0 }).broken[0]!.promise).toBe(
      "charging that is asked for and allowed is delivered",
    );
  });

  test.each<[string, number, Spoil, RegExp]>([
    [
      "charging becomes discharging",
      12,
      turnsRound,
      /^never discharge without right|^no discharge without a valid permit/,
    ],
    ["islands are formed without a look at K1", 4, forms, /^forming only while both contacts say open|^never forming/],
  ])("%s: found, and told as a short story", (_, seed, spoil, promise) => {
    const options = { ...quick, start: spoiled(seed, spoil) };
    const failed = runSwarm(seed, { ...options, endAfterMs: 0 });
    expect(failed.broken[0]?.promise).toMatch(promise);
    const story = shrinkSwarm(failed, options);
    expect(story.events.length).toBeLessThanOrEqual(3);
    expect(linesOf(story).some((line) => line.includes(`BROKEN: ${failed.broken[0]!.promise}`))).toBe(true);
  });
});

test.each(bugs)("the planted bug “$name” has its place in the code", ({ file, find, plant }) => {
  const text = readFileSync(join(import.meta.dirname, "../..", file), "utf8");
  expect(text.split(find)).toHaveLength(2);
  expect(plant).not.toBe(find);
});

/**
 * `islet verify-device` against the simulated stage in virtual time: a stage that keeps the contract passes every duty that
 * can be tried, and each breach in the table is found by the duty that it breaks.
 */
import { describe, expect, test } from "vitest";
import { verifyDevice } from "../../firmware-bridge/conformance/verify-device.ts";
import { stageBreaches } from "../../sim/peers/stage-breaches.table.ts";
import { type BreachMaker, createBreachingFace } from "../../sim/peers/stage-breaches.ts";
import { MemoryLink } from "../firmware-bridge/memory-link.ts";
import { smallWorld } from "./worlds.ts";

const all = { mayWrite: true, mayDischarge: true };

async function verify(make: BreachMaker, leave = all) {
  const world = smallWorld({ stage: { watchdogS: 2, enterServiceDelayS: 1 } });
  world.advance(2_000);
  const clock = (): number => world.nowMs;
  const { registers, face } = createBreachingFace(world.stages[0]!, { clock, watchdogS: 2 }, make, (ms) =>
    world.advance(ms),
  );
  const units = new Map([[1, registers]]);
  return await verifyDevice(
    {
      unit: 1,
      clock,
      sleep: async (ms) => {
        world.advance(ms);
        face.runTimers();
      },
      connect: () => new MemoryLink(units, clock),
      stopped: () => false,
    },
    leave,
  );
}

const failures = ({ results }: Awaited<ReturnType<typeof verify>>): string[] =>
  results.filter(({ verdict }) => verdict === "fail").map(({ id, seen }) => `${id}: ${seen}`);

describe("a stage that keeps the contract", () => {
  test("passes every duty that can be tried from here", async () => {
    const found = await verify({});
    expect(failures(found)).toEqual([]);
    expect(found.endedBecause).toBe("");
    const open = found.results.filter(({ verdict }) => verdict === "not tried").map(({ seen }) => seen);
    expect(new Set(open)).toEqual(
      new Set(["needs hands at the stage", "switch it to local control and run this again"]),
    );
  });

  test("is only read unless a person allows more", async () => {
    const found = await verify({}, { mayWrite: false, mayDischarge: false });
    expect(failures(found)).toEqual([]);
    expect(found.results.filter(({ verdict }) => verdict === "pass").length).toBeGreaterThan(12);
    expect(found.results.some(({ seen }) => seen.includes("--yes"))).toBe(true);
  });
});

describe("a stage that breaks one duty", () => {
  for (const { id, breaks, does, make } of stageBreaches) {
    test(`${id}: ${does} → ${breaks}`, async () => {
      const found = await verify(make);
      expect(failures(found).map((text) => text.split(":")[0])).toContain(breaks);
    });
  }
});

describe("a stage that tells nonsense", () => {
  const own = 64_901;
  const rows: readonly (readonly [string, Parameters<typeof verify>[0], string])[] = [
    ["no HbTms", { registers: () => ({ onRead: (show) => show(own, "HbTms", () => Number.NaN) }) }, "shows-its-times"],
    [
      "no TokMax",
      { registers: () => ({ onRead: (show) => show(own, "TokMax", () => Number.NaN) }) },
      "shows-its-times",
    ],
    [
      "no ratings",
      { registers: () => ({ onRead: (show) => show(702, "WMaxRtg", () => Number.NaN) }) },
      "tells-its-ratings",
    ],
    [
      "no clock",
      { registers: () => ({ onRead: (show) => show(own, "ClkMs", () => Number.NaN) }) },
      "counts-its-milliseconds",
    ],
  ];
  for (const [name, make, duty] of rows) {
    test(`${name} → ${duty}, and every other duty is tried or told why not`, async () => {
      const found = await verify(make);
      expect(failures(found).map((text) => text.split(":")[0])).toContain(duty);
      expect(found.results.length).toBeGreaterThan(50);
    });
  }
});

import { describe, expect, test } from "vitest";
import { faultRows } from "../../sim/faults.table.ts";
import { faultSchedule, faultTargets } from "../../sim/faults.ts";
import { usualPort } from "../../sim/plant/stage/vehicle-port.ts";
import { Random } from "../../sim/random.ts";
import { Simulation } from "../../sim/run/simulation.ts";
import { smallWorld } from "./worlds.ts";

describe("faults", () => {
  test.each(faultRows.map((row) => [`${row.target}: ${row.error}`, row] as const))(
    "%s is raised and leaves no trace when cleared",
    (_, { target, error, refusal }) => {
      const simulation = new Simulation(smallWorld(refusal === undefined ? {} : { stage: { port: usualPort } }));
      const { world, faults } = simulation;
      const traces = () =>
        JSON.stringify([
          world.stages[0]!.faults,
          world.meter.faults,
          world.transferDevice.faults,
          simulation.stageLinks[0],
          simulation.meterLink,
          simulation.transferDeviceLink,
          simulation.loadPanelLink,
          world.vehicles[0]!.silent,
          world.vehicles[0]!.paused,
          world.vehicles[0]!.habit,
          [world.stages[0]!.port?.leaks, world.stages[0]!.port?.welded, world.stages[0]!.port?.refusesToClose],
        ]);
      const before = traces();
      expect(faults.set(target, error, 0, true).ok).toBe(true);
      expect(faults.raised).toEqual([{ target, error, evse: 0 }]);
      simulation.advanceTo(world.nowMs + 500);
      faults.clearAll();
      expect(faults.raised).toEqual([]);
      expect(traces()).toBe(before);
    },
  );

  test.each([
    ["an unknown target", "toaster", "hot", 0, /target "toaster" is not one of/],
    ["an unknown error", "meter", "sleepy", 0, /error "sleepy" of meter is not one of freeze/],
    ["a habit of a vehicle that speaks with its charger", "session", "garbage", 0, /EVSE 1 has no vehicleLink/],
    ["an EVSE that is not there", "stage", "hung", 7, /evse 8 is not one of 1 to 2/],
  ])("%s is refused with what would be right", (_, target, error, evse, sentence) => {
    const { faults } = new Simulation(smallWorld());
    const refused = faults.set(target, error, evse, true);
    expect(refused.ok ? "" : refused.error).toMatch(sentence);
  });

  test("every target can be spoiled and every name is used once", () => {
    expect(faultTargets.length).toBe(9);
    const names = faultRows.map(({ target, error }) => `${target}/${error}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("a schedule repeats by its seed, keeps in time and never raises two at once", () => {
    const made = (seed: number) => faultSchedule(new Random(seed), 20, 10 * 3_600_000, 120, 30);
    expect(made(4)).toEqual(made(4));
    expect(made(4)).not.toEqual(made(5));
    let lastMs = 0;
    for (const { fromMs, toMs, evse } of made(4)) {
      expect(fromMs).toBeGreaterThanOrEqual(lastMs);
      expect(toMs).toBeGreaterThan(fromMs);
      expect(evse).toBeLessThan(20);
      lastMs = toMs;
    }
    expect(made(4).length).toBeGreaterThan(100);
  });
});

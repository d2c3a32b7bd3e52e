/** What loads and bus go through, and what batteries and loads tell and do. */
import { describe, expect, test } from "vitest";
import { forecastErrorPct, forecastKeptPct, steepestRisePerS } from "../../sim/checkers/island-probes.ts";
import type { Site } from "../../sim/story/site.ts";
import { schoolBus } from "../../sim/world-config.ts";
import { Hand, smallWorld } from "./worlds.ts";

/** A small world cut off from a dead grid, with a bus that nobody forms yet. */
function cutOff(sketch: Parameters<typeof smallWorld>[0] = {}) {
  const world = smallWorld(sketch);
  const hand = new Hand(world);
  world.setGrid({ present: false });
  world.transferDevice.commandOpen();
  hand.wait(1_000);
  return { world, hand };
}

describe("the bus", () => {
  test("darkness of a tier is counted to the millisecond, and ends with the voltage", () => {
    const { world, hand } = cutOff();
    expect(world.busWatch.darkForMs[0]!).toBeGreaterThan(900);
    expect(world.busWatch.darkForMs[0]!).toBeLessThanOrEqual(1_000);
    hand.command(0, { role: "forming" });
    hand.wait(3_000);
    expect(world.busWatch.darkForMs[0]).toBe(0);
    const totalMs = world.busWatch.darkTotalMs[0]!;
    world.setTierClosed(0, false);
    hand.wait(250);
    world.setTierClosed(0, true);
    hand.wait(1_000);
    expect(world.busWatch.darkTotalMs[0]! - totalMs).toBeCloseTo(250, -1);
  });

  test("a bus that falls under load is a drop; one whose load was taken off before is none", () => {
    const { world, hand } = cutOff();
    hand.command(0, { role: "forming" });
    hand.wait(3_000);
    hand.command(0, { role: "off" });
    hand.wait(500);
    expect(world.busWatch.drops).toBe(1);
    hand.wait(1_000);
    hand.command(0, { role: "forming" });
    hand.wait(3_000);
    world.setTierClosed(0, false);
    hand.wait(200);
    hand.command(0, { role: "off" });
    hand.wait(500);
    expect(world.busWatch).toMatchObject({ drops: 1, starts: 2 });
  });

  test("handed over to the grid nothing falls; the ramp of a start is no sag", () => {
    const { world, hand } = cutOff();
    hand.command(0, { role: "forming" });
    hand.wait(3_000);
    expect(world.busWatch.minPu).toBeGreaterThan(0.96);
    world.setGrid({ present: true });
    world.transferDevice.commandClose(1);
    hand.wait(300);
    expect(world.busWatch.drops).toBe(0);
  });
});

describe("a battery that forms", () => {
  test("takes a surge for two seconds although it is full, then trips", () => {
    const { world, hand } = cutOff({
      pvs: [{ ratedW: 30_000, side: "bus", reconnectDelayS: 2 }],
      vehicles: [{ ...schoolBus, socPct: 100 }, undefined],
    });
    world.pvs[0]!.heldW = 15_000;
    world.tiers[0]!.loadW = 15_000;
    hand.command(0, { role: "forming" });
    hand.wait(6_000);
    expect(world.stages[0]!.formingTrips).toBe(0);
    expect(world.pvs[0]!.powerW).toBeGreaterThan(13_000);
    world.tiers[0]!.loadW = 5_000;
    hand.wait(1_500);
    expect(world.stages[0]!.truePowerW).toBeGreaterThan(5_000);
    expect(world.pvs[0]!.tripped).toBe(false);
    hand.wait(1_500);
    expect(world.stages[0]!.formingTrips).toBe(1);
  });

  test("tells whole percents and another capacity where it is built so; the energy is the true one", () => {
    const world = smallWorld({
      vehicles: [{ ...schoolBus, socPct: 64.7, toldStepPct: 1, toldCapacityShare: 1.2 }, undefined],
    });
    expect(world.stages[0]!.socPct).toBe(64);
    expect(world.stages[0]!.capacityWh).toBeCloseTo(186_000, 3);
    expect(world.vehicles[0]!.socPct).toBeCloseTo(64.7, 9);
  });
});

describe("a load that wanders", () => {
  test("stays near itself, differs from moment to moment, and is the same for the same seed", () => {
    const course = () => {
      const world = smallWorld({
        tiers: [{ name: "Kitchen", loadW: 10_000, inrush: 1, wander: 0.1, wanderTauS: 60 }],
      });
      const powers: number[] = [];
      for (let i = 0; i < 600; i++) {
        world.advance(1_000);
        powers.push(world.tiers[0]!.powerW);
      }
      return powers;
    };
    const powers = course();
    const mean = powers.reduce((sum, one) => sum + one, 0) / powers.length;
    expect(Math.abs(mean - 10_000)).toBeLessThan(1_500);
    expect(new Set(powers.map(Math.round)).size).toBeGreaterThan(300);
    expect(course()).toEqual(powers);
  });
});

describe("instruments", () => {
  const nowhere = {} as Site;
  const minuteMs = 60_000;

  test("a forecast is judged by what came, in percent of the time that was left", () => {
    let atH = 0;
    const probe = forecastErrorPct({ forecastH: () => 4.4 - atH, comes: () => atH >= 4 });
    for (let minute = 0; minute <= 4 * 60; minute++) {
      atH = minute / 60;
      probe.look(nowhere, 50, minute * minuteMs);
    }
    // Always 0.4 h too much: 10 % of four hours at first, 40 % of the last one.
    expect(probe.value(nowhere)).toBeCloseTo(40, 0);
  });

  test("one that never comes is no success", () => {
    const probe = forecastErrorPct({ forecastH: () => 5, comes: () => false });
    probe.look(nowhere, 50, 0);
    expect(probe.value(nowhere)).toBeNaN();
  });

  test("between two visits a forecast is held against the clock", () => {
    let hour = 0;
    const probe = forecastKeptPct(() => 10 - 1.1 * hour, "00:00", "05:00");
    for (let minute = 0; minute <= 300; minute++) {
      hour = minute / 60;
      probe.look(nowhere, 50, minute * minuteMs);
    }
    expect(probe.value(nowhere)).toBeCloseTo(5, 0);
  });

  test("the steepest rise within a second", () => {
    const probe = steepestRisePerS((site) => (site as unknown as { value: number }).value);
    for (const [ms, value] of [
      [0, 0],
      [400, 10],
      [800, 30],
      [1_200, 35],
      [3_000, 100],
    ] as const) {
      probe.look({ value } as unknown as Site, 50, ms);
    }
    expect(probe.value(nowhere)).toBe(30);
  });
});

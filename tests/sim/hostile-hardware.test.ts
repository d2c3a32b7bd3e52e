/** Hardware as the field has it: slow, coarse and uneven meters, stages that look seldom, move late or slowly. */
import { describe, expect, test } from "vitest";
import { parseSimOptions, worldForSite } from "../../sim/run/sim-options.ts";
import { Simulation } from "../../sim/run/simulation.ts";
import { parseSiteConfig } from "../../src/config/parse.ts";
import { Hand, smallWorld } from "./worlds.ts";

function charging(error: string) {
  const world = smallWorld();
  const simulation = new Simulation(world);
  const hand = new Hand(world);
  hand.command(0, { powerW: 5_000 });
  hand.wait(2_000);
  if (error !== "") simulation.faults.set("stage", error, 0, true);
  return { world, simulation, hand, powerW: () => world.stages[0]!.truePowerW };
}

describe("a stage", () => {
  test("that moves half a second late is still where it was after 400 ms", () => {
    const { hand, powerW } = charging("deadTime");
    hand.command(0, { powerW: 40_000 });
    hand.wait(400);
    expect(powerW()).toBeCloseTo(5_000, -2);
    hand.wait(600);
    expect(powerW()).toBeGreaterThan(38_000);
  });

  test("that looks once a second takes the last of several setpoints, once", () => {
    const { world, hand, powerW } = charging("seldom");
    // Just after one of its looks.
    hand.wait(1_000 - (world.nowMs % 1_000) + 50);
    for (const powerW of [10_000, 20_000, 30_000]) {
      hand.command(0, { powerW });
      hand.wait(100);
    }
    expect(powerW()).toBeCloseTo(5_000, -2);
    hand.wait(1_200);
    expect(powerW()).toBeCloseTo(30_000, -2);
  });

  test("that moves by a tenth of its rating a second needs seconds", () => {
    const { hand, powerW } = charging("slews");
    hand.command(0, { powerW: 35_000 });
    hand.wait(2_000);
    expect(powerW()).toBeGreaterThan(15_000);
    expect(powerW()).toBeLessThan(18_000);
    hand.wait(4_000);
    expect(powerW()).toBeGreaterThan(34_000);
  });
});

describe("a meter", () => {
  const shown = (error: string, waitMs: number): number => {
    const world = smallWorld({ meter: { noise: 0, jitterMs: 0, lossShare: 0, gain: 1, lsbW: 1 } });
    const simulation = new Simulation(world);
    simulation.advanceTo(world.nowMs + 3_000);
    simulation.faults.set("meter", error, 0, true);
    simulation.advanceTo(world.nowMs + 3_000);
    world.building.hold(80_700);
    simulation.advanceTo(world.nowMs + waitMs);
    return world.meter.powerW;
  };

  test("whose values come half a second later shows nothing of a step after 400 ms", () => {
    expect(shown("late", 400)).toBeLessThan(71_500);
    expect(shown("late", 800)).toBeGreaterThan(95_000);
  });

  test("that averages over a second shows a part of a step after 300 ms", () => {
    const afterMs = shown("averages", 300);
    expect(afterMs).toBeGreaterThan(75_000);
    expect(afterMs).toBeLessThan(95_000);
  });

  test("whose step is 1 % of its range shows multiples of it in each phase", () => {
    const world = smallWorld();
    const simulation = new Simulation(world);
    simulation.faults.set("meter", "coarse", 0, true);
    simulation.advanceTo(world.nowMs + 1_000);
    const stepW = 0.01 * world.meter.config.rangeW;
    for (const phaseW of world.meter.phasePowerW)
      expect(Math.abs(phaseW / stepW - Math.round(phaseW / stepW))).toBeLessThan(1e-6);
  });
});

test("the sim section says what the hardware truly is, whatever the settings say of it", () => {
  const site = parseSiteConfig(
    JSON.stringify({
      site: { name: "S", nominalVoltageV: 480 },
      pcc: { importLimitW: 100_000, meter: { host: "127.0.0.1", updateMs: 20, windowMs: 20 } },
      evses: [{ stage: { host: "127.0.0.1" }, maxChargeW: 50_000 }],
    }),
    "site.yaml",
  );
  const sim = parseSimOptions({
    meter: { updateMs: 200, windowMs: 1_000, latencyMs: 300, jitterMs: 100, resolutionW: 100 },
    stages: { responseMs: 700, deadTimeMs: 400, commandPeriodMs: 1_000, slewPctPerS: 20 },
  });
  if (!site.ok || !sim.ok) throw new Error(JSON.stringify([site, sim]));
  const { meter, stages } = worldForSite(site.value, sim.value);
  expect(meter).toMatchObject({ updateMs: 200, windowMs: 1_000, latencyMs: 300, jitterMs: 100, lsbW: 100 });
  expect(stages[0]).toMatchObject({ tauMs: 700, deadTimeMs: 400, commandPeriodMs: 1_000, slewWPerS: 10_000 });
});

import { describe, expect, test } from "vitest";
import { firstMs } from "../../sim/clock.ts";
import { hash32 } from "../../sim/random.ts";
import { officeLoad, pvShare } from "../../sim/site-data.ts";
import { World } from "../../sim/world.ts";
import { schoolBus, worldFor } from "../../sim/world-config.ts";
import { Hand } from "./worlds.ts";

/** A lively site: an outage, an island, a return, with all noise on. */
function trajectory(seed: number, tickMs: number): { hash: number; world: World } {
  const world = new World(
    worldFor({
      seed,
      startsAt: "2006-06-14 15:30",
      stageW: [60_000, 60_000, 60_000],
      nominalVoltageV: 480,
      phases: 3,
      building: { demand: officeLoad(), motorW: 5_000, motorStartsPerHour: 200 },
      pvs: [{ ratedW: 40_000, sun: pvShare() }],
      tiers: [{ name: "Critical", loadW: 20_000 }],
      vehicles: [schoolBus, schoolBus, schoolBus],
    }),
  );
  const hand = new Hand(world);
  let hash = 0;
  const live = (ms: number): void => {
    for (let t = 0; t < ms; t += tickMs) {
      world.advance(tickMs);
      for (let i = 0; i < 3; i++) hand.alive(i);
      if (t % 200 === 0) {
        const values = [
          world.network.pccW,
          world.meter.powerW,
          world.bus.voltagePu,
          world.bus.frequencyHz,
          world.vehicles[0]!.storedWh,
        ];
        hash = hash32(`${hash} ${values.join(" ")}`);
      }
    }
  };
  live(2_000);
  for (let i = 0; i < 3; i++) hand.command(i, { role: "discharge", powerW: -20_000 });
  live(3_000);
  hand.island();
  live(3_000);
  world.setGrid({ present: true });
  hand.command(0, { role: "off" });
  live(1_000);
  world.transferDevice.commandClose(1);
  live(3_000);
  return { hash, world };
}

describe("a world", () => {
  test("runs the same course bit for bit with the same seed and configuration", () => {
    expect(trajectory(5, 20).hash).toBe(trajectory(5, 20).hash);
  });

  test("another seed runs another course", () => {
    expect(trajectory(5, 20).hash).not.toBe(trajectory(6, 20).hash);
  });

  test("the caller's tick hardly changes the energies", () => {
    const coarse = trajectory(5, 20).world.books.balance();
    const fine = trajectory(5, 5).world.books.balance();
    expect(Math.abs(coarse.importWh - fine.importWh)).toBeLessThan(0.02 * fine.importWh);
    expect(coarse.errorPct).toBeLessThan(0.05);
    expect(fine.errorPct).toBeLessThan(0.05);
  });

  test("steps are short while something fast happens and long while nothing does", () => {
    const { world } = trajectory(1, 20);
    world.advance(5_000);
    const quiet = world.steps;
    for (let i = 0; i < 50; i++) world.advance(20);
    expect(world.steps - quiet).toBeLessThan(160);
    world.setGrid({ voltagePu: 0.8 });
    const stirred = world.steps;
    world.advance(200);
    expect(world.steps - stirred).toBeGreaterThanOrEqual(200);
  });

  test("time starts away from zero and the calendar runs with it", () => {
    const { world } = trajectory(1, 20);
    expect(world.nowMs).toBeGreaterThan(firstMs);
    expect(world.wallMs - world.config.wallStartMs).toBeCloseTo(world.simulatedMs, 2);
  });
});

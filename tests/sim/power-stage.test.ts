import { describe, expect, test } from "vitest";
import type { World } from "../../sim/world.ts";
import { Hand, smallWorld } from "./worlds.ts";

interface Case {
  readonly when: string;
  readonly does: (hand: Hand, world: World) => void;
  readonly powerW: number;
  readonly role?: string;
}

const cases: readonly Case[] = [
  {
    when: "told to charge 30 kW, it charges 30 kW",
    does: (h) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
    },
    powerW: 30_000,
    role: "charge",
  },
  {
    when: "told to discharge 30 kW, it gives 30 kW",
    does: (h) => {
      h.command(0, { role: "discharge", powerW: -30_000 });
      h.wait(2_000);
    },
    powerW: -30_000,
    role: "discharge",
  },
  {
    when: "in the role of charging, a negative power is zero",
    does: (h) => {
      h.command(0, { powerW: -30_000 });
      h.wait(2_000);
    },
    powerW: 0,
    role: "charge",
  },
  {
    when: "more than its rating is its rating",
    does: (h) => {
      h.command(0, { powerW: 90_000 });
      h.wait(2_000);
    },
    powerW: 60_000,
  },
  {
    when: "a power that is not a number is zero",
    does: (h) => {
      h.command(0, { powerW: Number.NaN });
      h.wait(2_000);
    },
    powerW: 0,
  },
  {
    when: "told to be off, it is off",
    does: (h) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
      h.command(0, { role: "off" });
      h.wait(200);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "without a vehicle nothing moves",
    does: (h, w) => {
      w.unplug(0);
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "a vehicle that leaves takes the power with it",
    does: (h, w) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
      w.unplug(0);
      h.wait(50);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "without permit service it stays off",
    does: (h, w) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
      w.stages[0]!.setPermitService(false);
      h.wait(50);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "a silent controller is zero after the watchdog's time",
    does: (h) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
      h.silence(5_200);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "a controller that lives keeps its power",
    does: (h) => {
      h.command(0, { powerW: 30_000 });
      h.wait(8_000);
    },
    powerW: 30_000,
  },
  {
    when: "the same heartbeat again is not a sign of life",
    does: (h, w) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
      for (let i = 0; i < 60; i++) {
        w.stages[0]!.controllerHeartbeat(4_711);
        w.advance(100);
      }
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "without commands it reverts, though the controller lives",
    does: (h, w) => {
      w.stages[0]!.setReversion(3, 0);
      h.command(0, { powerW: 30_000 });
      h.wait(4_000);
    },
    powerW: 0,
    role: "charge",
  },
  {
    when: "local control ignores what is written",
    does: (h, w) => {
      w.stages[0]!.faults.local = true;
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "an emergency stop lasts",
    does: (h, w) => {
      w.stages[0]!.trip(1 << 6);
      h.command(0, { powerW: 30_000 });
      h.wait(3_000);
    },
    powerW: 0,
    role: "off",
  },
  {
    when: "a stage that never stops does not",
    does: (h, w) => {
      h.command(0, { powerW: 30_000 });
      h.wait(2_000);
      w.stages[0]!.faults.neverStops = true;
      h.command(0, { role: "off" });
      h.wait(500);
    },
    powerW: 30_000,
  },
];

describe("a power stage", () => {
  test.each(cases.map((row) => [row.when, row] as const))("%s", (_, { does, powerW, role }) => {
    const world = smallWorld();
    const hand = new Hand(world);
    does(hand, world);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(powerW, 0);
    if (role !== undefined) expect(world.stages[0]!.role).toBe(role);
  });

  test("a command older than the one in force is refused and counted", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.command(0, { powerW: 30_000 });
    hand.command(0, { powerW: 10_000 });
    world.stages[0]!.command({
      role: "charge",
      powerW: 60_000,
      reactiveVar: 0,
      formVoltagePu: 1,
      formFrequencyHz: 60,
      sequence: 1,
    });
    hand.wait(2_000);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(10_000, 0);
    expect(world.stages[0]!.staleRefused).toBe(1);
  });

  test("sequence numbers may wrap", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    for (const sequence of [2_000_000_000, 4_000_000_000, 0, 1]) {
      hand.alive(0);
      world.stages[0]!.command({
        role: "charge",
        powerW: 10_000,
        reactiveVar: 0,
        formVoltagePu: 1,
        formFrequencyHz: 60,
        sequence,
      });
    }
    hand.wait(2_000);
    expect(world.stages[0]!.executedSequence).toBe(1);
    expect(world.stages[0]!.staleRefused).toBe(0);
  });

  test("after the watchdog nothing old comes alive with a new controller", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.command(0, { role: "discharge", powerW: -30_000 });
    hand.wait(2_000);
    hand.silence(6_000);
    expect(world.stages[0]!.watchdogTripped).toBe(true);
    world.stages[0]!.resetAlarms();
    hand.wait(3_000);
    expect(world.stages[0]!.truePowerW).toBe(0);
  });

  test("a setpoint takes effect after its dead time and not before", () => {
    const world = smallWorld({ stage: { deadTimeMs: 30 } });
    const hand = new Hand(world);
    hand.command(0, { powerW: 10_000 });
    hand.wait(2_000);
    hand.command(0, { powerW: 50_000 });
    world.advance(29);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(10_000, 3);
    world.advance(20);
    expect(world.stages[0]!.truePowerW).toBeGreaterThan(15_000);
  });

  test("power and reactive power stay on the circle", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.command(0, { powerW: 59_000, reactiveVar: 26_000 });
    hand.wait(2_000);
    const stage = world.stages[0]!;
    expect(Math.hypot(stage.truePowerW, stage.reactiveVar)).toBeLessThanOrEqual(60_001);
    expect(stage.reactiveVar).toBeGreaterThan(10_000);
  });

  test("a full battery takes less and less, an empty one gives less and less", () => {
    const world = smallWorld();
    world.vehicles[0]!.setSoc(97);
    world.vehicles[1]!.setSoc(1);
    const hand = new Hand(world);
    hand.wait(1_100);
    expect(world.stages[0]!.maxChargeW).toBeLessThan(20_000);
    expect(world.stages[1]!.maxDischargeW).toBeLessThan(6_000);
  });
});

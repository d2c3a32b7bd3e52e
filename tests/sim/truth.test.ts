import { describe, expect, test } from "vitest";
import type { TransferDeviceConfig } from "../../sim/plant/transfer-device.ts";
import type { Forbidden } from "../../sim/plant/truth.ts";
import type { World } from "../../sim/world.ts";
import { listedForClosedTransition } from "../../sim/world-config.ts";
import { Hand, smallWorld } from "./worlds.ts";

const openK1 = (world: World, hand: Hand): void => {
  world.transferDevice.commandOpen();
  hand.wait(500);
};
const closeK1 = (world: World, hand: Hand): void => {
  world.transferDevice.commandClose(world.transferDevice.closeSequence + 1);
  hand.wait(500);
};

const sins: readonly (readonly [string, Forbidden, (world: World, hand: Hand) => void])[] = [
  [
    "a stage that forms while K1 is closed",
    "forming-with-k1-closed",
    (w, h) => {
      w.setGrid({ present: false });
      h.wait(1_000);
      h.command(0, { role: "forming" });
      h.wait(2_000);
    },
  ],
  [
    "the same feeds the dead grid",
    "grid-side-energised-in-outage",
    (w, h) => {
      w.setGrid({ present: false });
      h.wait(1_000);
      h.command(0, { role: "forming" });
      h.wait(2_000);
    },
  ],
  [
    "K1 closed onto a running island",
    "k1-closed-out-of-synchronism",
    (w, h) => {
      h.island();
      w.setGrid({ present: true, phaseJumpDeg: 90 });
      h.wait(200);
      closeK1(w, h);
    },
  ],
  [
    "which puts two sources on one bus",
    "two-sources-unsynchronized",
    (w, h) => {
      h.island();
      w.setGrid({ present: true, phaseJumpDeg: 90 });
      h.wait(200);
      closeK1(w, h);
    },
  ],
  [
    "discharge without right",
    "discharge-without-right",
    (w, h) => {
      w.truth.mayDischarge = false;
      h.command(0, { role: "discharge", powerW: -20_000 });
      h.wait(3_000);
    },
  ],
];

describe("the truth sees", () => {
  test.each(sins)("%s", (_, kind, sin) => {
    const world = smallWorld();
    const hand = new Hand(world);
    sin(world, hand);
    expect(world.truth.counts[kind]).toBeGreaterThan(0);
    expect(world.truth.violations.some((violation) => violation.kind === kind)).toBe(true);
  });

  test("K1 closed onto a bus that has not decayed", () => {
    const world = smallWorld({ transferDevice: { closeTravelMs: 5, openTravelMs: 5 } });
    const hand = new Hand(world);
    hand.island();
    world.setGrid({ present: true, phaseJumpDeg: 120 });
    hand.wait(300);
    hand.command(0, { role: "off" });
    world.advance(45);
    world.transferDevice.commandClose(1);
    world.advance(200);
    expect(world.truth.counts["k1-closed-onto-undecayed-bus"]).toBe(1);
  });

  test("a blocked close coil instead, where relay 25/27 is wired into it", () => {
    const world = smallWorld({ transferDevice: { closeInterlock: true } });
    const hand = new Hand(world);
    hand.island();
    world.setGrid({ present: true, phaseJumpDeg: 90 });
    hand.wait(200);
    closeK1(world, hand);
    expect(world.transferDevice.closed).toBe(false);
    expect(world.transferDevice.closesBlocked).toBe(1);
    expect(world.truth.violationCount).toBe(0);
  });

  describe("a closed transition", () => {
    /** An island in step with a grid that is back. */
    const islandInStep = (transferDevice: Partial<TransferDeviceConfig>) => {
      const world = smallWorld({ transferDevice });
      const hand = new Hand(world);
      hand.island();
      world.setGrid({ present: true, voltagePu: 1, frequencyHz: world.bus.frequencyHz });
      hand.wait(100);
      world.setGrid({ phaseJumpDeg: world.bus.phaseDeg - world.gridSide.phaseDeg });
      hand.wait(400);
      return { world, hand };
    };
    const inStepAndHandOver = (transferDevice: Partial<TransferDeviceConfig>): World => {
      const { world, hand } = islandInStep(transferDevice);
      world.transferDevice.commandClose(1);
      while (!world.transferDevice.closed) world.advance(1);
      world.advance(30);
      hand.command(0, { powerW: 0 });
      hand.wait(500);
      return world;
    };

    test("its touch, its surge and its length are measured, and a listed device opens by itself when nobody hands over", () => {
      const { world, hand } = islandInStep(listedForClosedTransition);
      closeK1(world, hand);
      const { truth, transferDevice } = world;
      expect(truth.touches).toBe(1);
      expect(truth.touch).toMatchObject({ formed: true, inStep: true });
      expect(truth.touch.surgePu).toBeCloseTo(10 * Math.abs(truth.touch.differencePu), 1);
      expect(transferDevice.handoversEnded).toBe(1);
      expect(transferDevice.closed).toBe(false);
      // The timer acts after 100 ms and the contact travel takes its time.
      expect(truth.longestParallelMs).toBeGreaterThan(100);
      expect(truth.longestParallelMs).toBeLessThan(200);
      expect(truth.violations).toEqual([]);
    });

    test("a handover that nobody ends is forbidden", () => {
      const { world, hand } = islandInStep(listedForClosedTransition);
      world.transferDevice.commandClose(1);
      while (!world.transferDevice.closed) world.advance(1);
      world.transferDevice.faults.welded = true;
      hand.wait(300);
      expect(world.truth.counts["forming-with-k1-closed"]).toBe(1);
    });

    test("within its time it is no violation, where the device is listed for it", () => {
      const world = inStepAndHandOver(listedForClosedTransition);
      expect(world.truth.violations).toEqual([]);
      expect(world.truth.longestParallelMs).toBeGreaterThan(20);
      expect(world.transferDevice.closed).toBe(true);
    });

    test("the same is a violation where it is not", () => {
      const world = inStepAndHandOver({ closeInterlock: true });
      expect(world.truth.counts["forming-with-k1-closed"]).toBe(1);
    });

    test("overtaken in its contact travel by a grid that jumps, it is counted apart: a contact travel under way cannot be stopped", () => {
      const { world } = islandInStep(listedForClosedTransition);
      world.transferDevice.commandClose(1);
      world.advance(10);
      world.setGrid({ phaseJumpDeg: 90 });
      while (!world.transferDevice.closed) world.advance(1);
      world.advance(5);
      expect(world.truth.touch).toMatchObject({ formed: true, inStep: false });
      expect(world.truth.overtaken).toBe(1);
      expect(world.truth.violationCount).toBe(0);
      expect(world.truth.worstSurgePu).toBeGreaterThan(10);
    });

    test("a dead relay blocks the close coil", () => {
      const world = smallWorld({ transferDevice: listedForClosedTransition });
      const hand = new Hand(world);
      hand.island();
      world.transferDevice.faults.syncRelayDead = true;
      world.setGrid({ present: true, frequencyHz: world.bus.frequencyHz, phaseJumpDeg: world.bus.phaseDeg });
      hand.wait(400);
      closeK1(world, hand);
      expect(world.transferDevice.closesBlocked).toBe(1);
      expect(world.truth.touches).toBe(0);
    });
  });

  test("export above the limit: how long, how much, how often", () => {
    const world = smallWorld({}, 0);
    world.truth.mayDischarge = true;
    world.truth.exportLimitW = 10_000;
    const hand = new Hand(world);
    hand.command(0, { role: "discharge", powerW: -50_000 });
    hand.wait(3_000);
    hand.command(0, { role: "off" });
    hand.wait(1_000);
    const { exportExcess } = world.truth;
    expect(exportExcess.events).toBe(1);
    expect(exportExcess.peakW).toBeCloseTo(50_000 - 20_000 - 10_000 - 100, -2);
    expect(exportExcess.longestMs).toBeGreaterThan(2_000);
  });

  test("nothing in an orderly outage and return", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.island();
    world.setGrid({ present: true });
    hand.wait(5_000);
    hand.command(0, { role: "off" });
    hand.wait(1_000);
    closeK1(world, hand);
    hand.command(0, { powerW: 20_000 });
    // The building's cold-load pickup has faded by then.
    hand.wait(12_000);
    expect(world.truth.violations).toEqual([]);
    expect(world.network.pccW).toBeCloseTo(90_000, -1);
    openK1(world, hand);
    expect(world.truth.violationCount).toBe(0);
  });
});

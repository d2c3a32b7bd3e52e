/** A stage that can hold its angle: K1's mirror contact decides, not the controller's haste. */
import { describe, expect, test } from "vitest";
import type { World } from "../../sim/world.ts";
import { Hand, smallWorld } from "./worlds.ts";

const loadW = 20_000;

/** Both stages in service; the first is told to hold at `powerW`, the second rests. */
function held(powerW = -loadW, holdsAngle = true): { world: World; hand: Hand } {
  const world = smallWorld({ stage: (i) => ({ holdsAngle: holdsAngle && i === 0, takeOverMs: 5 }) });
  world.truth.mayDischarge = true;
  const hand = new Hand(world);
  hand.command(1, { role: "off" });
  hand.command(0, { role: "discharge", powerW });
  hand.wait(3_000);
  hand.command(0, { role: "hold", powerW });
  hand.wait(200);
  return { world, hand };
}

function open(world: World, hand: Hand): void {
  world.transferDevice.commandOpen();
  while (world.transferDevice.closed) world.advance(1);
  hand.alive(0);
}

describe("told to hold", () => {
  test("with K1 closed it follows its setpoint and reports nothing else", () => {
    const { world } = held();
    expect(world.stages[0]!.role).toBe("discharge");
    expect(world.stages[0]!.truePowerW).toBeCloseTo(-loadW, -2);
    expect(world.bus.formers).toBe(0);
  });

  const powers: readonly (readonly [string, number])[] = [
    ["meeting the load", -loadW],
    ["giving half of it", -loadW / 2],
    ["giving nothing", 0],
    ["charging", 10_000],
  ];
  test.each(powers)(
    "%s when K1 opens → the bus is held, forming is reported, the load never falls dark",
    (_, powerW) => {
      const { world, hand } = held(powerW);
      open(world, hand);
      world.advance(50);
      expect(world.stages[0]!.role).toBe("forming");
      expect(world.openingWatch.deadMs).toBe(0);
      expect(world.openingWatch.lowestPu).toBeGreaterThan(0.5);
      expect(world.bus.voltagePu).toBeCloseTo(1, 2);
      expect(world.truth.violationCount).toBe(0);
    },
  );

  test("and told to form in time → it goes on", () => {
    const { world, hand } = held();
    open(world, hand);
    hand.wait(600);
    hand.command(0, { role: "forming" });
    hand.wait(5_000);
    expect(world.stages[0]!.role).toBe("forming");
    expect(world.openingWatch.weakMs).toBe(0);
  });

  test("and never told to form → it ends by itself after two seconds", () => {
    const { world, hand } = held();
    open(world, hand);
    hand.wait(1_800);
    expect(world.stages[0]!.role).toBe("forming");
    hand.wait(400);
    expect(world.stages[0]!.role).toBe("off");
    expect(world.bus.voltagePu).toBeLessThan(0.3);
  });

  test("K1 closes again → it follows at once", () => {
    const { world, hand } = held();
    open(world, hand);
    hand.wait(300);
    world.transferDevice.moveByItself("closed");
    world.advance(20);
    expect(world.bus.formers).toBe(0);
    expect(world.stages[0]!.role).toBe("discharge");
  });

  test("the grid fails with K1 closed → it doesn't form: its protections end it", () => {
    const { world, hand } = held();
    world.setGrid({ present: false });
    hand.wait(600);
    expect(world.bus.formers).toBe(0);
    expect(world.stages[0]!.truePowerW).toBe(0);
    expect(world.truth.violationCount).toBe(0);
  });

  test("a stage that can't hold its angle only follows: behind the open K1 it stops", () => {
    const { world, hand } = held(-loadW, false);
    open(world, hand);
    hand.wait(1_000);
    expect(world.bus.formers).toBe(0);
    expect(world.stages[0]!.truePowerW).toBe(0);
  });
});

/** The vehicle port of the simulated stage keeps its rules whatever it is told, and gives nothing while its contactors are open. */
import { describe, expect, test } from "vitest";
import { createStageFace } from "../../sim/peers/register-faces-stage.ts";
import type { PlantPortOrder } from "../../sim/plant/devices.ts";
import { usualPort } from "../../sim/plant/stage/vehicle-port.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { Hand, smallWorld } from "./worlds.ts";

const idle: PlantPortOrder = { phase: "idle", voltageV: 0, chargeA: 0, dischargeA: 0, dutyPct: 5 };

function portUnderTest() {
  const world = smallWorld({ stage: { port: usualPort, enterServiceDelayS: 0 } });
  const stage = world.stages[0]!;
  const port = stage.port!;
  const hand = new Hand(world);
  let order = idle;
  /** Renews the order every 200 ms, as a controller does. */
  const run = (durationMs: number): void => {
    for (let ms = 0; ms < durationMs; ms += 20) {
      port.order(order);
      hand.alive(0);
      world.advance(20);
    }
  };
  const told = (more: Partial<PlantPortOrder>, durationMs: number): boolean => {
    order = { ...order, ...more };
    const taken = port.order(order);
    run(durationMs);
    return taken;
  };
  return { world, stage, port, hand, told };
}

const toEnergy = ({ told }: ReturnType<typeof portUnderTest>): void => {
  told({ phase: "cableCheck" }, 1_500);
  told({ phase: "precharge", voltageV: 700, chargeA: 2 }, 1_500);
  told({ phase: "energy", chargeA: 60, dischargeA: 40 }, 400);
};

describe("a session's order", () => {
  test("test, precharge, contactors, energy both ways, and out again", () => {
    const it = portUnderTest();
    const { told, port, hand, stage } = it;
    expect(port.pilot).toBe("B");
    hand.command(0, { role: "charge", powerW: 20_000 });
    told({ phase: "cableCheck" }, 400);
    expect(port).toMatchObject({ pilot: "C", insulation: "testing", closed: false });
    expect(stage.powerW).toBe(0);
    told({}, 1_200);
    expect(port.insulation).toBe("valid");
    told({ phase: "precharge", voltageV: 700, chargeA: 2 }, 1_500);
    expect(port.voltageV).toBe(700);
    told({ phase: "energy", chargeA: 60, dischargeA: 40 }, 1_500);
    expect(port.closed).toBe(true);
    expect(stage.powerW).toBeCloseTo(20_000, -3);
    hand.command(0, { role: "discharge", powerW: -50_000 });
    told({}, 1_500);
    // The vehicle allows 40 A at 700 V; the stage's losses come on top of what reaches the grid.
    expect(stage.powerW).toBeLessThan(-25_000);
    expect(stage.powerW).toBeGreaterThan(-28_000);
    told({ dischargeA: 0, chargeA: 0 }, 40);
    expect(stage.truePowerW).toBe(0);
    told({ phase: "stopped" }, 1_000);
    expect(port).toMatchObject({ closed: false, voltageV: 0, pilot: "B" });
  });

  test.each([
    ["energy without a valid test", {}, { phase: "energy" as const }],
    ["a voltage beyond its rating", {}, { phase: "cableCheck" as const, voltageV: 1_001 }],
    ["a current that is none", {}, { phase: "cableCheck" as const, chargeA: Number.NaN }],
  ])("%s → refused, contactors stay open", (_, __, order) => {
    const { told, port } = portUnderTest();
    expect(told(order, 500)).toBe(false);
    expect(port).toMatchObject({ phase: "idle", closed: false });
    expect(port.refused).toBeGreaterThan(0);
  });

  test("the vehicle leaves C while energy flows → open within 100 ms by the port itself, and no power", () => {
    const it = portUnderTest();
    it.hand.command(0, { role: "charge", powerW: 20_000 });
    toEnergy(it);
    it.world.vehicles[0]!.pilot = "B";
    it.told({}, 100);
    expect(it.port.closed).toBe(false);
    expect(it.stage.truePowerW).toBe(0);
  });

  test("nobody renews the order → idle and open after its time", () => {
    const it = portUnderTest();
    toEnergy(it);
    for (let ms = 0; ms < usualPort.silentMs + 200; ms += 20) it.world.advance(20);
    expect(it.port).toMatchObject({ phase: "idle", closed: false });
  });

  test("a battery at another voltage → contactors do not close", () => {
    const it = portUnderTest();
    it.world.vehicles[0]!.voltageV = 650;
    toEnergy(it);
    expect(it.port).toMatchObject({ phase: "energy", closed: false });
  });
});

describe("its registers", () => {
  const face = (port: typeof usualPort | undefined) => {
    const world = smallWorld({ stage: { port } });
    return createStageFace(world.stages[0]!, { clock: () => world.nowMs }).face;
  };
  test("64904 is there with a port and not without", () => {
    expect(face(usualPort).has(64_904, "PhaseCmd")).toBe(true);
    expect(face(undefined).has(64_904, "PhaseCmd")).toBe(false);
  });
  test("a part of the block, and a block with an old token, are refused", () => {
    const world = smallWorld({ stage: { port: usualPort } });
    const { face: registers } = createStageFace(world.stages[0]!, { clock: () => world.nowMs });
    const first = registers.address(64_904, "Tok");
    const count = registers.address(64_904, "Duty") + 1 - first;
    const block = Buffer.alloc(2 * count);
    expect(registers.write(first + 2, 1, Buffer.from([0, 1]), 0)).toBe(ExceptionCode.illegalValue);
    block.writeUInt32BE(world.nowMs & 0xffff_ffff, 0);
    block.writeUInt16BE(1, 4);
    expect(registers.write(first, count, block, 0)).toBe(ExceptionCode.ok);
    world.advance(1_000);
    expect(registers.write(first, count, block, 0)).toBe(ExceptionCode.illegalValue);
  });
});

/** The simulated stage refuses what a certified one refuses, keeps its own timers, and says what service it is connected to. */
import { describe, expect, test } from "vitest";
import { createMeterFace } from "../../sim/peers/register-faces-site.ts";
import { createStageFace } from "../../sim/peers/register-faces-stage.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { Hand, smallWorld } from "./worlds.ts";

const { ok, illegalValue } = ExceptionCode;

function stageUnderTest() {
  const world = smallWorld();
  const { face, curves, runTimers } = createStageFace(world.stages[0]!, { clock: () => world.nowMs });
  /** Writes one point as a Modbus client does. */
  const write = (model: number, path: string, value: number): ExceptionCode => {
    const before = Buffer.from(face.bytes);
    const { registers } = face.layout(model).byPath.get(path)!;
    face.set(model, path, value);
    const at = 2 * (face.address(model, path) - face.baseAddress);
    const words = Buffer.from(face.bytes.subarray(at, at + 2 * registers));
    before.copy(face.bytes);
    return face.write(face.address(model, path), registers, words, 0);
  };
  const read = (model: number, path: string): number => {
    const { registers } = face.layout(model).byPath.get(path)!;
    face.read(face.address(model, path), registers, Buffer.alloc(2 * registers), 0);
    return face.get(model, path);
  };
  return { world, face, curves, runTimers, write, read };
}

describe("what a stage refuses", () => {
  const nonsense: readonly (readonly [string, number, string, number])[] = [
    ["a power limit above 100 %", 704, "WMaxLimPct", 110],
    ["a power factor of nothing", 704, "PFWInj.PF", 0],
    ["an enable that is neither on nor off", 704, "WMaxLimPctEna", 2],
    ["a setpoint beyond its rating", 704, "WSet", 70_000],
    ["its anti-islanding off", 704, "AntiIslEna", 0],
    ["an upper voltage to enter service below the lower", 703, "ESVHi", 80],
    ["a lower frequency to enter service above the upper", 703, "ESHzLo", 61],
    ["a rated power above its rating", 702, "WMax", 70_000],
    ["a rated power of nothing", 702, "WMax", 0],
    ["a must-trip function off", 707, "Ena", 0],
    ["another one off", 710, "Ena", 0],
    ["a write into the curve in force", 705, "Crv[1].Pt[1].V", 90],
  ];
  for (const [what, model, path, value] of nonsense) {
    test(`${what} → exception 3, and the register keeps its value`, () => {
      const { face, write } = stageUnderTest();
      const before = face.get(model, path);
      expect(write(model, path, value)).toBe(illegalValue);
      expect(face.get(model, path)).toBe(before);
    });
  }

  const sensible: readonly (readonly [string, number, string, number])[] = [
    ["a power limit of 60 %", 704, "WMaxLimPct", 60],
    ["a rated power below its rating", 702, "WMax", 50_000],
    ["service not permitted", 703, "ES", 0],
    ["volt-var on", 705, "Ena", 1],
  ];
  for (const [what, model, path, value] of sensible) {
    test(`${what} → taken`, () => {
      const { face, write } = stageUnderTest();
      expect(write(model, path, value)).toBe(ok);
      expect(face.get(model, path)).toBe(value);
    });
  }

  test("a second reactive mode beside the one that is on → exception 3", () => {
    const { write } = stageUnderTest();
    expect(write(705, "Ena", 1)).toBe(ok);
    expect(write(712, "Ena", 1)).toBe(illegalValue);
    expect(write(704, "PFWInjEna", 1)).toBe(illegalValue);
    expect(write(705, "Ena", 0)).toBe(ok);
    expect(write(704, "VarSetEna", 1)).toBe(ok);
    expect(write(705, "Ena", 1)).toBe(illegalValue);
    expect(write(704, "PFWAbsEna", 1)).toBe(illegalValue);
  });

  test("the adoption of a curve that is not there → FAILED in its result, not an exception", () => {
    const { world, write, read } = stageUnderTest();
    expect(write(705, "AdptCrvReq", 9)).toBe(ok);
    expect(read(705, "AdptCrvRslt")).toBe(0);
    world.advance(300);
    expect(read(705, "AdptCrvRslt")).toBe(2);
  });
});

describe("its own power limit", () => {
  test("holds discharging, and goes back to what it reverts to when nobody renews it", () => {
    const { world, write, read, runTimers } = stageUnderTest();
    const hand = new Hand(world);
    hand.command(0, { role: "discharge", powerW: -50_000 });
    hand.wait(400_000);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(-50_000, -3);
    write(704, "WMaxLimPctRvrt", 100);
    write(704, "WMaxLimPctRvrtTms", 4);
    write(704, "WMaxLimPct", 25);
    expect(write(704, "WMaxLimPctEna", 1)).toBe(ok);
    hand.wait(1_000);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(-15_000, -3);
    expect(read(704, "WMaxLimPctRvrtRem")).toBe(3);
    hand.wait(3_100);
    runTimers();
    hand.wait(1_000);
    expect(read(704, "WMaxLimPctEna")).toBe(0);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(-50_000, -3);
  });
});

describe("a split-phase service", () => {
  test("the meter announces model 212 and half the voltage to neutral", () => {
    const world = smallWorld({ nominalVoltageV: 240, phases: 2 });
    const face = createMeterFace(world.meter, { model: 212, phases: "split" });
    face.read(face.baseAddress, 100, Buffer.alloc(200), 0);
    expect(face.has(212, "W")).toBe(true);
    expect(face.get(212, "PPV") / face.get(212, "PhV")).toBeCloseTo(2, 2);
  });

  test("the stage says split-phase, and its phase voltage is half of the other", () => {
    const world = smallWorld({ nominalVoltageV: 240, phases: 2 });
    const { face } = createStageFace(world.stages[0]!, { clock: () => world.nowMs, phases: "split" });
    face.read(face.baseAddress + 70, 100, Buffer.alloc(200), 0);
    expect(face.get(701, "ACType")).toBe(1);
    expect(face.get(701, "LLV") / face.get(701, "LNV")).toBeCloseTo(2, 2);
    expect(face.get(701, "VL3")).toBeNaN();
  });
});

describe("a gateway that repeats its last values", () => {
  test("values and clock stand, writes arrive and are judged by the device's own clock", () => {
    const { world, face, write, read } = stageUnderTest();
    const clock = read(64_901, "ClkMs");
    face.freeze();
    world.advance(2_000);
    expect(read(64_901, "ClkMs")).toBe(clock);
    expect(write(704, "WMaxLimPct", 50)).toBe(ok);
    // A command block that is decided on the clock that was shown is too old by now.
    const start = face.address(64_901, "Tok");
    const block = Buffer.from(face.bytes.subarray(2 * (start - face.baseAddress), 2 * (start - face.baseAddress + 16)));
    block.writeUInt32BE(clock, 0);
    expect(face.write(start, 16, block, 0)).toBe(illegalValue);
    face.thaw();
    expect(read(64_901, "ClkMs")).toBeGreaterThan(clock + 1_900);
  });
});

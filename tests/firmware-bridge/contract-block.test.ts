/** CONTRACT.md: the command block of a stage is written whole, by one function 16; a part of it is refused. */
import { describe, expect, test } from "vitest";
import { createStageFace } from "../../sim/peers/register-faces-stage.ts";
import { FakeStage } from "./fake-plant.ts";

const clock = (): number => performance.now();

describe("the command block of the stage model", () => {
  const make = () => {
    const stage = new FakeStage();
    const { face } = createStageFace(stage, { clock });
    const write = (point: string, words: readonly number[]): number => {
      const bytes = Buffer.alloc(2 * words.length);
      for (const [i, word] of words.entries()) bytes.writeUInt16BE(word, 2 * i);
      return face.write(face.address(64_901, point), words.length, bytes, 0);
    };
    const token = (): readonly number[] => {
      const ms = Math.floor(clock());
      return [ms >>> 16, ms & 0xffff];
    };
    return { stage, write, token };
  };

  test("whole → executed", () => {
    const { stage, write, token } = make();
    expect(write("Tok", [...token(), 0, 1, 1, 0xffff, 0xf000, 0, 0, 0, 0, 0, 0, 1])).toBe(0);
    expect(stage.commands).toHaveLength(1);
    expect(stage.powerW).toBe(4_096);
  });

  for (const [name, point, words] of [
    ["the setpoint alone", "WCmd", [0xffff, 0xf000]],
    ["the role alone, as with function 6", "RoleCmd", [2]],
    ["all but the heartbeat", "Seq", [0, 9, 1, 0xffff, 0xf000, 0, 0, 0, 0, 0]],
  ] as const) {
    test(`${name} → refused with exception 3, nothing is executed`, () => {
      const { stage, write, token } = make();
      expect(write("Tok", [...token(), 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])).toBe(0);
      expect(write(point, words)).toBe(3);
      expect(stage.commands).toHaveLength(1);
      expect(stage.powerW).toBe(0);
    });
  }
});

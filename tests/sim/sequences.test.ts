/** Sequence numbers are of 32 bits, as the registers hold them: a command is newer also where 16 bits, or all 32, are over. */
import { expect, test } from "vitest";
import { sequenceAdvance, sequenceAfter } from "../../sim/plant/stage/stage-commands.ts";

test.each([
  [0, 1],
  [65_535, 65_536],
  [0x7fff_ffff, 0x8000_0000],
  [0xffff_fffe, 0],
])("after %i comes %i, and it is newer", (current, next) => {
  expect(sequenceAfter(current, 1)).toBe(next);
  expect(sequenceAdvance(next, current)).toBeGreaterThan(0);
  expect(sequenceAdvance(current, next)).toBeLessThan(0);
});

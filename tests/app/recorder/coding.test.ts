import fc from "fast-check";
import { expect, test } from "vitest";
import { Columns } from "../../../src/app/recorder/format/columns.ts";
import { Bits, RangeDecoder, RangeEncoder } from "../../../src/app/recorder/format/range-coder.ts";

const names = [
  "inputs.wallMs",
  "inputs.stages[0].atMs",
  "inputs.stages[0].liveAtMs",
  "inputs.stages[0].powerW",
  "inputs.stages[1].atMs",
  "inputs.stages[1].powerW",
  "inputs.evses[1].vehicleAtMs",
  "inputs.meter.powerW",
  "inputs.meter.phasePowerW[0]",
  "inputs.meter.phasePowerW[1]",
];

/** What devices tell, and what they had better not tell. */
const value = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1,
    -1,
    2 ** 53,
    -(2 ** 40),
    0.1,
    5e-324,
  ),
  fc.integer({ min: -100_000, max: 100_000 }),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.float().map(Number),
  fc.double(),
);

test("every double comes out as it went in, over pieces of any length", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { minLength: names.length, maxLength: names.length }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (rows, pieceTicks) => {
        const [writer, reader] = [new Columns(names), new Columns(names)];
        const encoder = new RangeEncoder();
        const read = new Float64Array(names.length);
        for (let at = 0; at < rows.length; at += pieceTicks) {
          const piece = rows.slice(at, at + pieceTicks);
          const moments = piece.map((_, i) => 1e9 + (at + i) * 20.125);
          for (const [i, row] of piece.entries()) writer.encode(encoder, Float64Array.from(row), moments[i]!);
          const decoder = new RangeDecoder(encoder.finish());
          for (const [i, row] of piece.entries()) {
            reader.decode(decoder, read, moments[i]!);
            for (let c = 0; c < names.length; c++)
              if (!Object.is(read[c], row[c])) throw new Error(`${names[c]}: ${row[c]} became ${read[c]}`);
          }
          if (decoder.isBeyondEnd) throw new Error("the decoder wants more than was written");
        }
      },
    ),
    { numRuns: 300, seed: 19 },
  );
});

test("what never changes costs nothing worth counting", () => {
  const encoder = new RangeEncoder();
  const bits = new Bits(1);
  const count = 100_000;
  for (let i = 0; i < count; i++) encoder.bit(bits, 0, 0);
  expect(encoder.finish().length * 8).toBeLessThan(count * 0.004);
});

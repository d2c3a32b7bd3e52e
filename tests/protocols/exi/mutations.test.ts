import { describe, expect, test } from "vitest";
import { BitReader } from "../../../src/protocols/exi/bits.ts";
import { ExiError } from "../../../src/protocols/exi/errors.ts";
import { interpretDocument } from "../../../src/protocols/exi/interpret.ts";
import { createMutator, mulberry32 } from "./support/mutations.ts";
import { anyCodecOf, bytesOf, comparable, hexOf, readVectors, setOf } from "./support/vectors.ts";

/** Mutated frames; ISLET_EXI_MUTATIONS asks for more (10,000,000 take some minutes), ISLET_EXI_SEED for others. */
const count = Number(process.env["ISLET_EXI_MUTATIONS"] ?? 40_000);
const seed = Number(process.env["ISLET_EXI_SEED"] ?? 1);
/** Of this many accepted frames, one is compared with the interpreter; refused ones it has seen anyway. */
const comparedEvery = 16;

describe("mutated frames", () => {
  const vectors = readVectors("public.jsonl.gz").map(({ schemaSet, exi }) => ({ schemaSet, bytes: bytesOf(exi) }));

  test(`${count} of them, seed ${seed}: read to the bit, or refused by name; both implementations agree`, () => {
    const mutate = createMutator(
      mulberry32(seed),
      vectors.map(({ bytes }) => bytes),
    );
    let accepted = 0;
    for (let i = 0; i < count; i++) {
      const { origin, frame } = mutate();
      const { schemaSet } = vectors[origin]!;
      const codec = anyCodecOf(schemaSet);
      const where = (): string => `frame ${i} of seed ${seed}: ${schemaSet} ${hexOf(frame)}`;
      try {
        const { root, value } = codec.decode(frame);
        accepted++;
        const again = codec.encode(root, value);
        // Up to seven bytes may follow, and an empty text may have been left out.
        if (again.length > frame.length + 64) throw new Error(`grew: ${where()}`);
        if (accepted % comparedEvery === 0) {
          const stated = interpretDocument(new BitReader(frame), setOf(schemaSet));
          expect(comparable(value), where()).toEqual(comparable(stated.value));
          expect(comparable(codec.decode(again).value), where()).toEqual(comparable(value));
        }
      } catch (error) {
        if (!(error instanceof ExiError) || error.code === "internal" || error.bit === undefined) {
          throw new Error(`not refused by name: ${where()}`, { cause: error });
        }
      }
    }
    // Mutations in octets and numbers often make another valid message; a codec that refused all would be of no use.
    expect(accepted).toBeGreaterThan(count / 100);
    expect(accepted).toBeLessThan(count);
  }, 3_600_000);
});

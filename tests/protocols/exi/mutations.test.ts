import { describe, expect, test } from "vitest";
import { runMutations } from "./support/mutations.ts";

/** Mutated frames; ISLET_EXI_MUTATIONS asks for more (10,000,000 take some minutes), ISLET_EXI_SEED for others. */
const count = Number(process.env["ISLET_EXI_MUTATIONS"] ?? 40_000);
const seed = Number(process.env["ISLET_EXI_SEED"] ?? 1);
/** What one frame of a few hundred bytes may take in memory, beyond what the codec keeps. */
const heapGrowthMaxMiB = 96;

describe("mutated frames", () => {
  test(`${count} of them, seed ${seed}: read to the bit, or refused by name; both implementations agree`, () => {
    const { accepted, refused, defects, heapGrowthMiB } = runMutations(count, seed);
    expect(defects).toEqual([]);
    // Mutations of octets and numbers often make another valid message: a codec that refused all would be of no use.
    expect(accepted).toBeGreaterThan(count / 100);
    expect(Object.keys(refused).length, "kinds of refusal").toBeGreaterThan(8);
    expect(heapGrowthMiB).toBeLessThan(heapGrowthMaxMiB);
  }, 86_400_000);
});

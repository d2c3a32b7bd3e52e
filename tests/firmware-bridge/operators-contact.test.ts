/** The grid operator's contact in the process image: either polarity, and what nobody knows asks for less. */
import { describe, expect, test } from "vitest";
import type { BridgeDevice } from "../../firmware-bridge/device/device.ts";
import { BusContacts } from "../../firmware-bridge/parts/bus-contacts.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

const freshMs = 1_000;
const readAtMs = 5_000;

/** A module with one input, read at `readAtMs`; null: it was never read. */
const moduleWith = (input: number | null): readonly BridgeDevice[] =>
  [{ reader: input === null ? undefined : { factsAtMs: readAtMs, values: [input] } }] as unknown as BridgeDevice[];

describe("the grid operator's contact", () => {
  const rows: readonly [activeWhen: 0 | 1, input: number | null, ageMs: number, said: string][] = [
    [1, 1, 0, "asked"],
    [1, 0, 0, "none"],
    [0, 0, 0, "asked"],
    [0, 1, 0, "none"],
    [1, 0, freshMs, "none"],
    [1, 0, freshMs + 1, "unknown"],
    [0, 1, freshMs + 1, "unknown"],
    [1, Number.NaN, 0, "unknown"],
    [0, null, 0, "unknown"],
  ];
  test.each(rows)("active when %s, reads %s, %s ms old → %s", (activeWhen, input, ageMs, said) => {
    const contacts = new BusContacts({ reduction: { device: 0, input: 0, activeWhen, freshMs } }, moduleWith(input));
    const snapshot = createSnapshot(0, 0);
    contacts.compose(snapshot, readAtMs + ageMs);
    expect(snapshot.site.reduction).toBe(said);
  });
});

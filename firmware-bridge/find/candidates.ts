/** What registers may mean: every reading of a few words as a number, the plausible ones first. */

import { numberAt, registersOf } from "../device/register-number.ts";
import type { FactSource, NumberPlace, ReadFunction } from "../maps/device-map.ts";
import { oddness } from "./fact-words.table.ts";

/** One way to read the registers at an address. */
export interface Candidate {
  readonly place: Pick<FactSource, "address" | "readFunction" | "order"> & Pick<NumberPlace, "type" | "scale">;
  readonly value: number;
  readonly plausible: boolean;
}

const types = ["float32", "int32", "uint32", "int16", "uint16"] as const;
/** Steps in which makers count, with the value in the fact's unit. */
const scales: readonly number[] = [1, 0.1, 0.01, 0.001, 10, 100, 1_000];

/** Words that one register space gave from an address on; empty where it refused. */
export interface SpaceWords {
  readonly readFunction: ReadFunction;
  readonly bytes: Buffer;
}

/** Every way to read what stands at `address`, plausible values of the fact first. */
export function candidatesFor(fact: string, address: number, spaces: readonly SpaceWords[]): Candidate[] {
  const found: Candidate[] = [];
  for (const { readFunction, bytes } of spaces) {
    if (readFunction <= 2) {
      found.push({ place: { address, readFunction, type: "bit", scale: 1 }, value: bytes[0]! & 1, plausible: true });
      continue;
    }
    for (const type of types) {
      if (2 * registersOf(type) > bytes.length) continue;
      for (const order of registersOf(type) === 1 ? (["ABCD"] as const) : (["ABCD", "CDAB"] as const)) {
        const raw = numberAt({ address, type, scale: 1, order }, bytes, 0);
        if (Number.isNaN(raw)) continue;
        const scale = scaleFor(fact, type, raw);
        const value = raw * scale;
        const place = { address, readFunction, type, scale, ...(order === "CDAB" && { order }) } as const;
        found.push({ place, value, plausible: isPlausible(fact, type, raw, value) });
      }
    }
  }
  return found.sort((a, b) => Number(b.plausible) - Number(a.plausible) || weight(b) - weight(a));
}

/** The step with which a value becomes plausible; 1 where none does, or where anything is plausible. */
function scaleFor(fact: string, type: string, raw: number): number {
  if (raw === 0 || !(fact.endsWith("V") || fact.endsWith("Hz") || fact.endsWith("Pct"))) return 1;
  const usual = type === "float32" ? [1] : scales;
  return usual.find((scale) => oddness(fact, raw * scale) === "" && raw * scale >= 0.5) ?? 1;
}

function isPlausible(fact: string, type: string, raw: number, value: number): boolean {
  if (raw === 0 || oddness(fact, value) !== "") return false;
  // Numbers that a float would only be by accident.
  return type !== "float32" || Math.abs(value) > 1e-3;
}

/** Among plausible readings the longer type says more, unless half of it says nothing. */
function weight({ place, value }: Candidate): number {
  const raw = Math.abs(value / place.scale);
  const isHalfEmpty = registersOf(place.type) > 1 && place.type !== "float32" && raw < 0x1_0000;
  const length = isHalfEmpty ? 0.5 : registersOf(place.type);
  return length + (place.type === "float32" ? 0.5 : 0) - (Math.abs(value) > 100_000 ? 1 : 0);
}

const orderWords: Readonly<Record<string, string>> = { CDAB: ", low word first" };

/** One line for people: `float32 in input registers: 1234.5`. */
export function candidateText({ place, value }: Candidate): string {
  const { type, scale, order = "ABCD", readFunction } = place;
  const space = { 1: "a coil", 2: "an input", 3: "holding registers", 4: "input registers" }[readFunction ?? 3];
  const step = scale === 1 ? "" : `, times ${scale}`;
  return `${type}${orderWords[order] ?? ""}${step}, in ${space}: ${Number(value.toPrecision(7))}`;
}

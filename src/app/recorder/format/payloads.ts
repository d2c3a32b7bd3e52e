/** What stands in the frames of a recording, in JSON and in numbers. */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { GridProfile } from "../../../config/grid-profiles.ts";
import type { SiteConfig } from "../../../config/site.ts";
import type { LimitedGenerationProfile } from "../../../core/pcc/limited-generation-profile.ts";
import type { LeafKind } from "../rows/object-row.ts";
import { payloadMax } from "./frames.ts";
import type { RowNames } from "./tick-coder.ts";

/** Of the layout of frames, rows and payloads. A reader refuses a higher one than its own. */
export const schemaNumber = 1;

/** What a core is made of; nothing of it is secret. */
export interface RecordedSite {
  readonly config: SiteConfig;
  readonly profile: GridProfile;
  readonly generationProfile: LimitedGenerationProfile | null;
}

/** First frame of each file: all that is needed to understand and replay it; the site follows as text (`plain-site.ts`). */
export interface HeaderFacts {
  readonly schema: number;
  /** Version of Islet and of the engine that recorded. */
  readonly version: string;
  readonly engine: string;
  /** SHA-256 of the site's configuration and profiles, as recorded. */
  readonly fingerprint: string;
  readonly periodMs: number;
  readonly inputs: PackedNames;
  readonly decisions: PackedNames;
  readonly state: PackedNames;
}

export interface KeyframeFacts {
  /** Number of the next tick in the file. */
  readonly tick: number;
  readonly nowMs: number;
  readonly wallMs: number;
  /** Alarms that people had seen by then (`Acts`). */
  readonly ledgersSeen: number;
  readonly words: readonly string[];
}

export interface TicksFacts {
  readonly tick: number;
  readonly ticks: number;
  /** UTC, ms, of the first and of the last. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Words that are new since the frame before. */
  readonly words: readonly string[];
}

export type GapCause = "behind" | "disk" | "budget" | "restart";

export interface GapFacts {
  readonly cause: GapCause;
  /** Ticks that are missing; 0 where nobody knows how many. */
  readonly ticks: number;
  readonly atMs: number;
}

export type IncidentKind = "trip" | "outage" | "lockout" | "refusal" | "exceedance" | "stall" | "alarm" | "difference";

export interface IncidentFacts {
  readonly kind: IncidentKind;
  /** UTC, ms. */
  readonly atMs: number;
  readonly sentence: string;
}

/** Names and kinds of a row; numbers of one list in a row stand as one. */
export interface PackedNames {
  readonly runs: readonly (readonly [name: string, kind: LeafKind, count: number])[];
}

const listed = /^(.*)\[(\d+)\]$/;

export function packNames({ names, kinds }: RowNames): PackedNames {
  const runs: [string, LeafKind, number][] = [];
  for (let i = 0; i < names.length; ) {
    const found = listed.exec(names[i]!);
    let to = i + 1;
    if (found?.[2] === "0")
      while (to < names.length && names[to] === `${found[1]}[${to - i}]` && kinds[to] === kinds[i]) to++;
    runs.push([names[i]!, kinds[i]!, to - i]);
    i = to;
  }
  return { runs };
}

const namesMax = 500_000;

export function unpackNames({ runs }: PackedNames): RowNames {
  const names: string[] = [];
  const kinds: LeafKind[] = [];
  for (const [name, kind, count] of runs) {
    const stem = name.slice(0, name.lastIndexOf("["));
    for (let i = 0; i < count; i++) {
      names.push(count === 1 ? name : `${stem}[${i}]`);
      kinds.push(kind);
      if (names.length > namesMax) throw new RangeError("a row of this recording is longer than that of any site");
    }
  }
  return { names, kinds };
}

/** JSON, then bytes; compressed where it pays. */
export function payloadOf(facts: object, bytes: Uint8Array, compress: boolean): Uint8Array {
  const text = Buffer.from(JSON.stringify(facts));
  const whole = Buffer.alloc(4 + text.length + bytes.length);
  whole.writeUInt32LE(text.length, 0);
  whole.set(text, 4);
  whole.set(bytes, 4 + text.length);
  return compress ? zstdCompressSync(whole) : whole;
}

/** Throws on anything that `payloadOf` has not made. */
export function factsOf<T>(
  payload: Uint8Array,
  compressed: boolean,
): { readonly facts: T; readonly bytes: Uint8Array } {
  const whole = compressed ? zstdDecompressSync(payload, { maxOutputLength: payloadMax }) : Buffer.from(payload);
  if (whole.length < 4) throw new RangeError("a frame is too short");
  const length = whole.readUInt32LE(0);
  if (4 + length > whole.length) throw new RangeError("a frame is shorter than it says");
  const facts = JSON.parse(whole.toString("utf8", 4, 4 + length)) as T;
  // A copy: numbers are read in place, which needs their own alignment.
  return { facts, bytes: new Uint8Array(whole.subarray(4 + length)) };
}

/** Numbers that differ from `base`: places as steps, then the eight bytes of each number in eight rows. */
export function sparse(state: Float64Array, base: Float64Array): Uint8Array {
  const a = new BigUint64Array(state.buffer, state.byteOffset, state.length);
  const b = new BigUint64Array(base.buffer, base.byteOffset, base.length);
  const places: number[] = [];
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) places.push(i);
  const bytes = new Uint8Array(4 + 12 * places.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, places.length, true);
  const raw = new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
  let before = 0;
  places.forEach((place, n) => {
    view.setUint32(4 + 4 * n, place - before, true);
    before = place;
    for (let k = 0; k < 8; k++) bytes[4 + 4 * places.length + k * places.length + n] = raw[8 * place + k]!;
  });
  return bytes;
}

/** The numbers again. Throws where the bytes do not fit. */
export function fromSparse(bytes: Uint8Array, base: Float64Array): Float64Array {
  const state = Float64Array.from(base);
  const raw = new Uint8Array(state.buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (bytes.length !== 4 + 12 * count) throw new RangeError("a keyframe has another length than it says");
  let place = 0;
  for (let n = 0; n < count; n++) {
    place += view.getUint32(4 + 4 * n, true);
    if (place >= state.length) throw new RangeError("a keyframe has more numbers than a state");
    for (let k = 0; k < 8; k++) raw[8 * place + k] = bytes[4 + 4 * count + k * count + n]!;
  }
  return state;
}

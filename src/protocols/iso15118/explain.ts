/** What a message says, for people: protocol, message, fields with units; and if it is wrong, the byte that is. */
import { type Codec, codecOf } from "../exi/codec.ts";
import { ExiError } from "../exi/errors.ts";
import type { Message } from "../exi/interpret.ts";
import type { SchemaSet } from "../exi/schema.ts";
import { captureOf, type Stream } from "./capture.ts";
import { isInstant, unitOf } from "./field-units.ts";
import { type SchemaSetName, schemaSets } from "./messages/index.ts";
import { fromPhysicalValue, fromRationalNumber } from "./physical-values.ts";
import { clientHello, isTls, type KeyLog, readKeyLog, timeOf, undoTls } from "./tls-records.ts";
import { type PayloadType, payloadTypes, readV2gtpHeader, v2gtpHeaderBytes } from "./v2gtp.ts";

/** A stretch of EXI, or of something else in a V2GTP frame. */
export interface Payload {
  readonly bytes: Uint8Array;
  /** Where it begins in what was given, or in its stream. */
  readonly offset: number;
  /** Of a capture: who said it to whom. */
  readonly stream?: string;
  /** Of a capture: when its last octet was seen, ms since 1970. */
  readonly tMs?: number;
  /** Undefined for bare EXI, and for types that nobody has defined. */
  readonly type: PayloadType | undefined;
  readonly code: number | undefined;
}

/** Frames that are looked for in one input. */
const framesMax = 10_000;

/**
 * The payloads in some bytes: the frames of a capture's streams, frames one behind the other (the payload of a TCP
 * connection) or anywhere, or, without any frame, bare EXI. Encrypted streams are opened with the secrets in the capture
 * and with further key log lines. Throws a sentence for a capture without any frame.
 */
export function payloadsIn(bytes: Uint8Array, keyLog = ""): Payload[] {
  const capture = captureOf(bytes);
  if (capture === null) {
    const found = framesIn(bytes);
    return found.length > 0 ? found : [{ bytes, offset: 0, type: undefined, code: undefined }];
  }
  const { streams, closed } = opened(capture.streams, readKeyLog(`${keyLog}\n${capture.keyLog}`));
  const found = streams.flatMap((stream) => framesIn(stream.bytes, stream)).slice(0, framesMax);
  if (found.length > 0) return found;
  // Links that are not understood: whole frames can be found all the same.
  const anywhere = framesIn(bytes);
  if (anywhere.length > 0) return anywhere;
  throw new Error(
    `No V2GTP frame found in this capture.${closed.length > 0 ? ` ${closed.length === 1 ? "A connection is" : `${closed.length} connections are`} encrypted (TLS), and ${closed[0]}: give its key log with --keys.` : ""}`,
  );
}

const reversed = (name: string): string => name.split(" → ").reverse().join(" → ");

/** Streams with TLS undone where its secrets are known; why the others stay closed. */
function opened(streams: readonly Stream[], keys: KeyLog): { streams: Stream[]; closed: string[] } {
  const closed: string[] = [];
  const instead = new Map<Stream, Stream>();
  for (const asking of streams) {
    if (asking.protocol !== "tcp" || !isTls(asking.bytes) || asking.bytes[5] !== clientHello) continue;
    const answering = streams.find(({ name }) => name === reversed(asking.name));
    if (answering === undefined) {
      closed.push("only one side of it is in the capture");
      continue;
    }
    const undone = undoTls(asking, answering, keys);
    if (!undone.ok) {
      closed.push(undone.why);
      continue;
    }
    const how = ` (${undone.version})`;
    instead.set(asking, { ...asking, name: asking.name + how, ...undone.fromClient });
    instead.set(answering, { ...answering, name: answering.name + how, ...undone.fromServer });
  }
  return { streams: streams.map((stream) => instead.get(stream) ?? stream), closed };
}

function framesIn(bytes: Uint8Array, stream?: Stream): Payload[] {
  const found: Payload[] = [];
  for (let at = 0; at + v2gtpHeaderBytes <= bytes.length && found.length < framesMax; ) {
    const header = readV2gtpHeader(bytes, at);
    const start = at + v2gtpHeaderBytes;
    const type = payloadTypes.find(({ code }) => code === header?.payloadType);
    if (header === undefined || type === undefined || start + header.payloadBytes > bytes.length) {
      at++;
      continue;
    }
    const end = start + header.payloadBytes;
    found.push({
      bytes: bytes.subarray(start, end),
      offset: start,
      type,
      code: header.payloadType,
      ...(stream !== undefined && { stream: stream.name, tMs: timeOf(stream, end) }),
    });
    at = end;
  }
  return found;
}

/** How a payload reads: as a message of a set, perhaps of others too, or not at all. */
export type Reading =
  | {
      readonly ok: true;
      readonly set: SchemaSetName;
      readonly message: Message;
      readonly also: readonly SchemaSetName[];
    }
  | { readonly ok: false; readonly set: SchemaSetName; readonly error: ExiError };

const sets = schemaSets as unknown as Readonly<Record<SchemaSetName, SchemaSet<Record<string, unknown>>>>;
const anyCodec = (name: SchemaSetName): Codec<SchemaSet<Record<string, unknown>>> => codecOf(sets[name]);

/** In this order, because a message of one set is rarely one of another, and then of a later one. */
const allSets: readonly SchemaSetName[] = [
  "sap",
  "iso2",
  "din",
  "iso20-common",
  "iso20-dc",
  "iso20-ac",
  "iso20-acdp",
  "iso20-wpt",
];

/**
 * Reads EXI as the first of these sets that takes it; without them, as any. Of several errors the one that comes latest
 * in the stream is reported: that grammar understood most.
 */
export function readAs(bytes: Uint8Array, candidates: readonly SchemaSetName[] = allSets): Reading {
  const readings = candidates.map((set): Reading => {
    try {
      return { ok: true, set, message: anyCodec(set).decode(bytes), also: [] };
    } catch (error) {
      if (error instanceof ExiError) return { ok: false, set, error };
      throw error;
    }
  });
  const taken = readings.filter((reading) => reading.ok);
  const [first, ...others] = taken;
  if (first !== undefined) return { ...first, also: others.map(({ set }) => set) };
  const failed = readings.filter((reading) => !reading.ok);
  return failed.reduce((best, one) => ((one.error.bit ?? 0) > (best.error.bit ?? 0) ? one : best));
}

// ── Fields ───────────────────────────────────────────────────────────────────────────────────────────────────────

const listedMax = 64;
const octetsShownMax = 32;

/** A value as indented lines, `name  value unit`. */
export function describe(value: unknown, name: string, depth = 0): string[] {
  const indent = "  ".repeat(depth);
  const line = (text: string): string[] => [`${indent}${name}${text === "" ? "" : `  ${text}`}`];
  if (value instanceof Uint8Array) return line(octets(value));
  if (Array.isArray(value)) {
    const shown = value.slice(0, listedMax).flatMap((item, i) => describe(item, `${name}[${i}]`, depth));
    const left = value.length - listedMax;
    return left > 0 ? [...shown, `${indent}… ${left} more ${name}`] : shown;
  }
  if (typeof value !== "object" || value === null) return line(simple(value, name));
  const physical = physicalText(value, name);
  if (physical !== undefined) return line(physical);
  const fields = Object.entries(value).flatMap(([key, field]) => describe(field, key, depth + 1));
  return [...line(""), ...fields];
}

function octets(value: Uint8Array): string {
  const hex = Buffer.from(value.subarray(0, octetsShownMax)).toString("hex").toUpperCase();
  return value.length > octetsShownMax ? `${hex}… (${value.length} bytes)` : hex || "(empty)";
}

const instantMaxS = 8.64e12;

function simple(value: unknown, name: string): string {
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  if (typeof value === "number" && isInstant(name) && value > 0 && value < instantMaxS) {
    return `${value} s, ${new Date(value * 1000).toISOString()}`;
  }
  const unit = typeof value === "number" || typeof value === "bigint" ? unitOf(name) : undefined;
  return unit === undefined ? String(value) : `${value} ${unit}`;
}

/** A RationalNumber or a PhysicalValue as one number with its unit. */
function physicalText(value: object, name: string): string | undefined {
  if ("Exponent" in value && "Value" in value) {
    const { Exponent, Value } = value as { Exponent: number; Value: number };
    const unit = unitOf(name);
    return `${fromRationalNumber({ Exponent, Value })}${unit === undefined ? "" : ` ${unit}`}`;
  }
  if ("Multiplier" in value && "Value" in value) {
    const physical = value as { Multiplier: number; Value: number; Unit?: "W" };
    return `${fromPhysicalValue(physical)}${physical.Unit === undefined ? "" : ` ${physical.Unit}`}`;
  }
  return undefined;
}

// ── The wrong byte ───────────────────────────────────────────────────────────────────────────────────────────────

const bytesPerLine = 16;

/** The line of bytes around a bit, with a mark under the byte and its bits beside it. */
export function pointAt(bytes: Uint8Array, bit: number): string[] {
  const at = Math.min(bit >>> 3, Math.max(0, bytes.length - 1));
  const start = at - (at % bytesPerLine);
  const row = [...bytes.subarray(start, start + bytesPerLine)].map((byte) => byte.toString(16).padStart(2, "0"));
  const label = `${start.toString(16).padStart(4, "0")}  `;
  const isBehind = bit >>> 3 >= bytes.length;
  const bits = isBehind
    ? "the message ends here"
    : `byte ${at}, bit ${bit & 7} of ${bytes[at]!.toString(2).padStart(8, "0")}`;
  const column = label.length + (at - start + (isBehind && bytes.length > 0 ? 1 : 0)) * 3;
  return [label + row.join(" "), `${" ".repeat(column)}^^ ${bits}`];
}

/** The golden vectors; see tests/golden/exi/README.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Codec, codecOf } from "../../../../src/protocols/exi/codec.ts";
import type { SchemaSet } from "../../../../src/protocols/exi/schema.ts";
import { type SchemaSetName, schemaSets } from "../../../../src/protocols/iso15118/messages/index.ts";

export interface Vector {
  readonly id: string;
  readonly schemaSet: SchemaSetName;
  readonly fragment?: boolean;
  readonly root: string;
  readonly xml: string;
  readonly exi: string;
  readonly exiEmptyEE?: string;
  readonly exiValueHits?: string;
  readonly reencode?: "identical" | "identical+padding" | "identical-emptyEE";
}

export interface MalformedVector {
  readonly id: string;
  readonly cls: string;
  readonly schemaSet: SchemaSetName;
  readonly exi: string;
}

const folder = join(import.meta.dirname, "../../../golden/exi");

export function readVectors<T = Vector>(file: string): T[] {
  const bytes = readFileSync(file.startsWith("/") ? file : join(folder, file));
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").trim();
  return text.split("\n").map((line) => JSON.parse(line) as T);
}

/** A set whose roots the type checker does not know, for tests that take them all. */
export type AnySet = SchemaSet<Record<string, unknown>>;

export const setOf = (name: SchemaSetName): AnySet => schemaSets[name] as unknown as AnySet;
export const anyCodecOf = (name: SchemaSetName): Codec<AnySet> => codecOf(setOf(name));

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** A value with its octets as hexadecimal digits, so that a Buffer and a Uint8Array of the same octets are equal. */
export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return `octets ${hexOf(value)}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, comparable(field)]));
}

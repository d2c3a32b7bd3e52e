/** The simple types of XML Schema that V2G messages use, and the facets that restrict them. */
import {
  type BinaryType,
  type BooleanType,
  binaryLengthMax,
  type EnumerationType,
  type IntegerType,
  integerGroupsMax,
  type StringType,
  stringLengthMax,
  type Type,
} from "./schema.ts";

/** EXI codes an integer of at most this many values in bits, and a wider one in groups of seven bits. */
const bitCodedValuesMax = 4096n;

function integer(min: bigint, max: bigint, as?: IntegerType["as"]): IntegerType {
  const small = min >= BigInt(Number.MIN_SAFE_INTEGER) && max <= BigInt(Number.MAX_SAFE_INTEGER);
  const coding = max - min < bitCodedValuesMax ? "bits" : min >= 0n ? "unsigned" : "signed";
  return { kind: "integer", min, max, coding, as: as ?? (small ? "number" : "either") };
}

const string: StringType = { kind: "string", minLength: 0, maxLength: stringLengthMax };
const boolean: BooleanType = { kind: "boolean" };
const binary = (text: BinaryType["text"]): BinaryType => ({
  kind: "binary",
  text,
  minLength: 0,
  maxLength: binaryLengthMax,
});
const signed = (bits: bigint): IntegerType => integer(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n);
const unsigned = (bits: bigint): IntegerType => integer(0n, (1n << bits) - 1n);
const integerMax = (1n << BigInt(7 * integerGroupsMax)) - 1n;

/** A 64-bit integer: a number up to 2^53 - 1 in magnitude, a bigint beyond. */
export type Integer64 = number | bigint;

/** The built-in types. Octets are a Uint8Array; a decoded one is a view that a long-lived holder copies. */
export const xs = {
  boolean: boolean as Type<boolean>,
  byte: signed(8n) as Type<number>,
  short: signed(16n) as Type<number>,
  int: signed(32n) as Type<number>,
  long: signed(64n) as Type<Integer64>,
  unsignedByte: unsigned(8n) as Type<number>,
  unsignedShort: unsigned(16n) as Type<number>,
  unsignedInt: unsigned(32n) as Type<number>,
  unsignedLong: unsigned(64n) as Type<Integer64>,
  /** Without a range; bounded by `integerGroupsMax`. */
  integer: integer(-integerMax - 1n, integerMax, "bigint") as Type<bigint>,
  string: string as Type<string>,
  anyURI: string as Type<string>,
  ID: string as Type<string>,
  IDREF: string as Type<string>,
  hexBinary: binary("hex") as Type<Uint8Array>,
  base64Binary: binary("base64") as Type<Uint8Array>,
} as const;

/** The facets that the schemas use, by their own names. */
export interface Facets {
  readonly minInclusive?: number;
  readonly maxInclusive?: number;
  readonly length?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A type narrowed by facets; a distinct type even without any. */
export function restrict<V>(base: Type<V>, facets: Facets = {}): Type<V> {
  const from = base as unknown as IntegerType | StringType | BinaryType;
  if (from.kind === "integer") {
    const min = facets.minInclusive === undefined ? from.min : BigInt(facets.minInclusive);
    const max = facets.maxInclusive === undefined ? from.max : BigInt(facets.maxInclusive);
    return integer(min, max, from.as) as Type<V>;
  }
  const minLength = facets.length ?? facets.minLength ?? from.minLength;
  const maxLength = facets.length ?? facets.maxLength ?? from.maxLength;
  const type: StringType | BinaryType = { ...from, minLength, maxLength };
  return type as Type<V>;
}

/** One of these words, in schema order: EXI sends the position. */
export function enumeration<const Word extends string>(...values: Word[]): Type<Word> {
  const type: EnumerationType = { kind: "enumeration", values };
  return type as Type<Word>;
}

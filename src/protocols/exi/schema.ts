/**
 * The schema as a value: what a message consists of, in the words of XML Schema, without anything about bits.
 * `dsl.ts` makes these values, `grammar.ts` reads the EXI grammar from them, the views read names and namespaces.
 */

/** Lists without a maximum in the schema still end somewhere. */
export const repeatMax = 4096;
/** Strings without a maximum in the schema (identifiers, addresses, XPath expressions) still end somewhere. */
export const stringLengthMax = 16_384;
/** Binaries without a maximum in the schema (keys, revocation lists) still end somewhere. */
export const binaryLengthMax = 65_536;
/** Integers without a range in the schema (certificate serial numbers) still end somewhere: 64 groups of 7 bits. */
export const integerGroupsMax = 64;

declare const carries: unique symbol;

/** A simple or complex type whose values are `V`. `V` lives in the type checker only. */
export interface Type<V> {
  readonly kind: "boolean" | "integer" | "enumeration" | "string" | "binary" | "complex";
  readonly [carries]?: V;
}

/** The values of a type: `Infer<typeof DC_ChargeLoopReq>`. */
export type Infer<T> = T extends Type<infer V> ? V : never;

/** True or false, one bit. */
export interface BooleanType {
  readonly kind: "boolean";
}

/**
 * A whole number in [min, max].
 * EXI codes a range of at most 4096 values in bits, others in groups of seven bits, with a sign where min is negative.
 */
export interface IntegerType {
  readonly kind: "integer";
  readonly min: bigint;
  readonly max: bigint;
  readonly coding: "bits" | "unsigned" | "signed";
  /** `number` for at most 53 bits; `either` a number or, beyond 53 bits, a bigint; `bigint` always. */
  readonly as: "number" | "either" | "bigint";
}

/** One of a list of words; EXI sends the position in schema order. */
export interface EnumerationType {
  readonly kind: "enumeration";
  readonly values: readonly string[];
}

/**
 * Characters; lengths count code points. Maxima are enforced; minima are not, here and in binaries, because chargers
 * and vehicles in the field send shorter values, and nothing is allocated for what is missing.
 */
export interface StringType {
  readonly kind: "string";
  readonly minLength: number;
  readonly maxLength: number;
}

/** Octets, written in XML and JSON as hexadecimal digits or as base64. */
export interface BinaryType {
  readonly kind: "binary";
  readonly text: "hex" | "base64";
  readonly minLength: number;
  readonly maxLength: number;
}

/** A type without elements or attributes. */
export type SimpleType = BooleanType | IntegerType | EnumerationType | StringType | BinaryType;

/** Attributes and either element content (`slots`) or text content (`text`, an element with a value and attributes). */
export interface ComplexType {
  readonly kind: "complex";
  /** In EXI's order: by name, then by namespace. */
  readonly attributes: readonly Attribute[];
  readonly slots: readonly Slot[];
  readonly text: SimpleType | undefined;
  /** Text may stand between the elements: reserves an event code; the text itself is refused. */
  readonly mixed: boolean;
}

/** Any type of a schema. */
export type SchemaType = SimpleType | ComplexType;

/** A target namespace and the prefix that the XML view gives it; the uri is "" for unqualified names. */
export interface Namespace {
  readonly uri: string;
  readonly prefix: string;
}

/** An attribute of a complex type. */
export interface Attribute {
  readonly name: string;
  readonly namespace: Namespace;
  readonly type: SimpleType;
  readonly required: boolean;
}

/**
 * One place in a sequence: one of `options`, `min` to `max` times.
 * shape      value in the parent object
 * "one"      under `key`: the element's value
 * "list"     under `key`: an array of the element's values
 * "pick"     the chosen option's name with its value (`key` is not used: a choice has no name on the wire)
 * "picks"    under `key`: an array of objects with one name and its value each
 */
export interface Slot {
  readonly key: string;
  readonly shape: "one" | "list" | "pick" | "picks";
  readonly options: readonly Option[];
  readonly min: number;
  readonly max: number;
}

/** An element that may stand in a slot, and what must follow it before the slot is complete. */
export interface Option {
  readonly name: string;
  readonly namespace: Namespace;
  /** `abstract`: the head of a substitution group. `wildcard`: any element. Both hold an event code and are refused. */
  readonly type: SchemaType | "abstract" | "wildcard";
  readonly rest: readonly Slot[];
}

/** A schema with all that it imports: what EXI needs to know to code its messages. */
export interface SchemaSet<Roots = Record<string, unknown>> {
  readonly name: string;
  /** Every global element, abstract ones too, in no particular order. */
  readonly globals: readonly Option[];
  /** Types that no global element reaches; their elements still count among the names of fragments. */
  readonly spareTypes: readonly ComplexType[];
  readonly [carries]?: Roots;
}

/** `{ DC_ChargeLoopReq: …, … }`: the values of all root elements of a set by name. */
export type Roots<S> = S extends SchemaSet<infer R> ? R : never;

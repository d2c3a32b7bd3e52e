/**
 * The words in which messages are written. Keys are wire names, their order is the order of the elements:
 *
 *     const { sequence } = namespace("urn:…:DC", { prefix: "dc" });
 *     const Ramp = sequence({ Duration: xs.unsignedInt, Power: optional(RationalNumber) });
 *
 * A field is a type (once), `optional(…)`, `repeat(…, min, max)`, `attribute(…)`, a `choice`, a `group` or a `run`.
 * Types follow from the values: `Infer<typeof Ramp>` is `{ Duration: number; Power?: { … } }`.
 */
import type {
  Attribute,
  ComplexType,
  Infer,
  Namespace,
  Option,
  SchemaSet,
  SchemaType,
  SimpleType,
  Slot,
  Type,
} from "./schema.ts";
import { repeatMax } from "./schema.ts";

// ── Fields as TypeScript sees them ───────────────────────────────────────────────────────────────────────────────

declare const carries: unique symbol;

/** What a field adds to the value of its parent. */
interface Carrier<How extends "always" | "maybe" | "spread" | "never", V> {
  readonly occurs: How;
  readonly [carries]?: V;
}
/** Present under its key. */
export type Must<V> = Carrier<"always", V>;
/** Present under its key, or absent. */
export type Maybe<V> = Carrier<"maybe", V>;
/** A union of objects that is merged into the parent: its key is not on the wire. */
export type Spread<U> = Carrier<"spread", U>;
/** Holds an event code and never has a value. */
export type Void = Carrier<"never", never>;

export type Field = Type<unknown> | Carrier<"always" | "maybe" | "spread" | "never", unknown>;
export type Fields = Readonly<Record<string, Field>>;

type Carried<F> =
  F extends Type<infer V> ? V : F extends Carrier<"always" | "maybe" | "spread" | "never", infer V> ? V : never;
type Flat<T> = T extends unknown ? { [K in keyof T]: T[K] } : never;
type ToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never;
type Keys<U> = U extends unknown ? keyof U : never;
/** Boxed, so that the unions of two choices in one type are multiplied and not mixed. */
type Boxed<F> = { [K in keyof F]: F[K] extends Spread<unknown> ? [Carried<F[K]>] : never }[keyof F];
type Merged<F> = [Boxed<F>] extends [never] ? unknown : ToIntersection<Boxed<F>> extends [infer U] ? U : never;

/** The value of a type with these fields. */
export type ValueOf<F> = Flat<
  { [K in keyof F as F[K] extends Type<unknown> | Must<unknown> ? K : never]: Carried<F[K]> } & {
    [K in keyof F as F[K] extends Maybe<unknown> ? K : never]?: Carried<F[K]>;
  } & Merged<F>
>;

type MemberKeys<M> = { [K in keyof M]: M[K] extends Type<unknown> ? K : never }[keyof M];
/** Exactly one of the members: `{ A: … } | { B: … }`, where the others may be asked for and are undefined. */
export type OneOf<M> = {
  [K in MemberKeys<M>]: Flat<{ [P in K]: Infer<M[P]> } & { [P in Exclude<MemberKeys<M>, K>]?: never }>;
}[MemberKeys<M>];
type NoneOf<U> = { [K in Keys<U>]?: never };

// ── Fields as the program sees them ──────────────────────────────────────────────────────────────────────────────

/** What the constructors below really return; the public types hide it. */
type Description =
  | { readonly is: "optional"; readonly of: Node }
  | { readonly is: "repeat"; readonly of: Node; readonly min: number; readonly max: number }
  | { readonly is: "attribute"; readonly type: SimpleType }
  | { readonly is: "choice"; readonly members: Readonly<Record<string, Node>>; readonly sorted: boolean }
  | { readonly is: "runs"; readonly runs: readonly Readonly<Record<string, Node>>[] }
  | { readonly is: "abstract" }
  | { readonly is: "wildcard" }
  | { readonly is: "declared"; readonly by: Namespaces; readonly of: Node };
type Node = SchemaType | Description;

const describe = <F extends Field>(description: Description): F => description as unknown as F;
const nodes = (fields: Fields): Readonly<Record<string, Node>> => fields as unknown as Readonly<Record<string, Node>>;

/** No maximum in the schema; `repeatMax` applies. */
export const unbounded = Number.POSITIVE_INFINITY;

/** Zero or one. */
export function optional<V>(of: Type<V>): Maybe<V>;
export function optional<V>(of: Must<V>): Maybe<V>;
export function optional<U>(of: Spread<U>): Spread<U | NoneOf<U>>;
export function optional(of: Void): Void;
export function optional(of: Field): Field {
  return describe({ is: "optional", of: of as unknown as Node });
}

/** `min` to `max` occurrences, an array under the field's key. An empty list is an absent field. */
export function repeat<V>(of: Type<V>, min: 0, max: number): Maybe<V[]>;
export function repeat<V>(of: Type<V>, min: number, max: number): Must<V[]>;
export function repeat<U>(of: Spread<U>, min: 0, max: number): Maybe<U[]>;
export function repeat<U>(of: Spread<U>, min: number, max: number): Must<U[]>;
export function repeat(of: Void, min: number, max: number): Void;
export function repeat(of: Field, min: number, max: number): Field {
  return describe({ is: "repeat", of: of as unknown as Node, min, max: Math.min(max, repeatMax) });
}

/** An attribute; it may stand anywhere among the fields, EXI sorts attributes by name. */
export const attribute = <V>(type: Type<V>): Must<V> =>
  describe({ is: "attribute", type: type as unknown as SimpleType });

/** Exactly one of the members, in schema order. */
export const choice = <const M extends Fields>(members: M): Spread<OneOf<M>> =>
  describe({ is: "choice", members: nodes(members), sorted: false });

/** A substitution group: exactly one of the members, in the order of their names. */
export const group = <const M extends Fields>(members: M): Spread<OneOf<M>> =>
  describe({ is: "choice", members: nodes(members), sorted: true });

/** Elements that come together: the first is required, and its presence calls for the rest. */
export function run<const A extends Fields>(a: A): Spread<ValueOf<A>>;
/** One of several such runs, told apart by their first elements. */
export function run<const A extends Fields, const B extends Fields>(a: A, b: B): Spread<ValueOf<A> | ValueOf<B>>;
export function run(...runs: Fields[]): Field {
  return describe({ is: "runs", runs: runs.map(nodes) });
}

/** The head of a substitution group, which only stands for its members. */
export const abstract: Void = describe({ is: "abstract" });
/** Any element. No V2G message has one; it holds its event code and is refused. */
export const wildcard: Void = describe({ is: "wildcard" });

// ── Namespaces ───────────────────────────────────────────────────────────────────────────────────────────────────

interface Namespaces {
  readonly elements: Namespace;
  readonly attributes: Namespace;
}

const unqualified: Namespace = { uri: "", prefix: "" };

/**
 * The constructors of one target namespace. `prefix` is what the XML view writes.
 * Local elements are qualified unless `elements` says otherwise, attributes are not (as `elementFormDefault` and
 * `attributeFormDefault` would have it).
 */
export function namespace(
  uri: string,
  options: { prefix: string; elements?: "unqualified"; attributes?: "qualified" },
): Constructors {
  const target: Namespace = { uri, prefix: options.prefix };
  const local: Namespaces = {
    elements: options.elements === "unqualified" ? unqualified : target,
    attributes: options.attributes === "qualified" ? target : unqualified,
  };
  const global: Namespaces = { elements: target, attributes: local.attributes };
  const declare = <F extends Fields>(fields: F, by: Namespaces): F => {
    const declared = Object.entries(nodes(fields)).map(([key, of]) => [key, { is: "declared", by, of }]);
    return Object.fromEntries(declared) as F;
  };
  return {
    fields: (fields) => declare(fields, local),
    elements: (fields) => declare(fields, global),
    sequence: (fields) => complex(nodes(fields), local, {}) as never,
    mixed: (fields) => complex(nodes(fields), local, { mixed: true }) as never,
    text: (type, attributes) => complex(nodes(attributes), local, { text: type as unknown as SimpleType }) as never,
  };
}

interface Constructors {
  /** Fields of this namespace for the types of another: `sequence({ ...ChargeLoopReq, EVPresentVoltage: … })`. */
  fields<const F extends Fields>(fields: F): F;
  /** Global elements of this namespace, for `schemaSet` and for members of groups elsewhere. */
  elements<const F extends Fields>(fields: F): F;
  /** A type of attributes and elements. Fields not yet declared elsewhere belong to this namespace. */
  sequence<const F extends Fields>(fields: F): Type<ValueOf<F>>;
  /** The same where the schema allows text between the elements (which is refused: no message uses it). */
  mixed<const F extends Fields>(fields: F): Type<ValueOf<F>>;
  /** A type of text with attributes: the text stands under `value`. */
  text<V, const F extends Fields>(type: Type<V>, attributes: F): Type<Flat<{ value: V } & ValueOf<F>>>;
}

/** A schema with its imports: all global elements, and the types that none of them reaches (they name fragments). */
export function schemaSet<const F extends Fields>(
  name: string,
  globals: F,
  spareTypes: readonly Type<unknown>[] = [],
): SchemaSet<{ [K in keyof F as F[K] extends Type<unknown> ? K : never]: Infer<F[K]> }> {
  const options = Object.entries(nodes(globals)).map(([key, node]) => option(key, node, undefined));
  return { name, globals: options, spareTypes: spareTypes as unknown as readonly ComplexType[] };
}

// ── From fields to the schema ────────────────────────────────────────────────────────────────────────────────────

function complex(
  fields: Readonly<Record<string, Node>>,
  by: Namespaces,
  { mixed = false, text }: { mixed?: boolean; text?: SimpleType },
): ComplexType {
  const attributes: Attribute[] = [];
  const slots: Slot[] = [];
  for (const [key, node] of Object.entries(fields)) {
    const found = attributeOf(key, node, by, true);
    if (found === undefined) slots.push(slot(key, node, by, 1, 1));
    else attributes.push(found);
  }
  attributes.sort(byName);
  return { kind: "complex", attributes, slots, text, mixed };
}

/** EXI's order of names: by local name, then by namespace. */
export function byName(
  a: { readonly name: string; readonly namespace: Namespace },
  b: { readonly name: string; readonly namespace: Namespace },
): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.namespace.uri < b.namespace.uri ? -1 : a.namespace.uri > b.namespace.uri ? 1 : 0;
}

function attributeOf(name: string, node: Node, by: Namespaces, required: boolean): Attribute | undefined {
  if (!("is" in node)) return undefined;
  if (node.is === "declared") return attributeOf(name, node.of, node.by, required);
  if (node.is === "optional") return attributeOf(name, node.of, by, false);
  return node.is === "attribute" ? { name, namespace: by.attributes, type: node.type, required } : undefined;
}

function slot(key: string, node: Node, by: Namespaces, min: number, max: number): Slot {
  if ("is" in node) {
    if (node.is === "declared") return slot(key, node.of, node.by, min, max);
    if (node.is === "optional") return slot(key, node.of, by, 0, max);
    if (node.is === "repeat") return slot(key, node.of, by, node.min, node.max);
    if (node.is === "choice") {
      const options = Object.entries(node.members).map(([name, member]) => option(name, member, by));
      if (node.sorted) options.sort(byName);
      return { key, shape: max > 1 ? "picks" : "pick", options, min, max };
    }
    if (node.is === "runs") {
      if (max > 1 && node.runs.some((fields) => Object.keys(fields).length > 1)) {
        throw new Error(`field ${key}: a run of several elements cannot be repeated`);
      }
      return {
        key,
        shape: max > 1 ? "picks" : "pick",
        options: node.runs.map((fields) => firstOf(fields, by)),
        min,
        max,
      };
    }
  }
  return { key, shape: max > 1 ? "list" : "one", options: [option(key, node, by)], min, max };
}

/** The first element of a run as an option that calls for the others. */
function firstOf(fields: Readonly<Record<string, Node>>, by: Namespaces): Option {
  const [[name, first], ...rest] = Object.entries(fields) as [[string, Node], ...[string, Node][]];
  return { ...option(name, first, by), rest: rest.map(([key, node]) => slot(key, node, by, 1, 1)) };
}

function option(name: string, node: Node, by: Namespaces | undefined): Option {
  if ("is" in node && node.is === "declared") return option(name, node.of, node.by);
  if (by === undefined) throw new Error(`global element ${name}: declare it with elements() of its namespace`);
  const namespace = by.elements;
  if (!("is" in node)) return { name, namespace, type: node, rest: [] };
  if (node.is === "abstract" || node.is === "wildcard") return { name, namespace, type: node.is, rest: [] };
  throw new Error(`field ${name}: ${node.is} cannot stand here`);
}

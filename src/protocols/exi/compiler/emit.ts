/** Small words of the generated source that encoders and decoders share; see `generate.ts`. */
import type { ComplexType, EnumerationType, IntegerType } from "../schema.ts";

/** At most this many zeros are handed to a callee; a load or store takes 24 bits in all. */
export const leadMax = 8;
export const bitsMax = 24;

/** Zero bits that must come and have not been written or read: a known number, and perhaps a variable more. */
export interface Pending {
  readonly count: number;
  /** A variable of the generated source that is added: the caller's `lead`, or `z` of a list. */
  readonly more: string | undefined;
}

export const none: Pending = { count: 0, more: undefined };
/** So many zero bits pending. */
export const zeros = (count: number): Pending => ({ count, more: undefined });
/** So many more zero bits pending. */
export const plus = (pending: Pending, count: number): Pending => ({ ...pending, count: pending.count + count });

/** The number as an expression. */
export const total = ({ count, more }: Pending): string =>
  more === undefined ? `${count}` : count === 0 ? more : `${more} + ${count}`;

/** `32 - bits` as an expression: the shift that a load or a store of `bits` takes. */
export const rest = ({ count, more }: Pending): string =>
  more === undefined ? `${32 - count}` : `${32 - count} - ${more}`;

/** Whether nothing is pending for certain. */
export const isNone = (pending: Pending): boolean => pending.count === 0 && pending.more === undefined;

/** Whether an integer is a JavaScript number of at most 32 bits, coded in line, or takes a function of its own. */
export const isNarrow = (type: IntegerType): boolean => type.min >= -(1n << 31n) && type.max < 1n << 32n;

/** Groups of seven bits that the largest magnitude of a type takes. */
export function groupsOf(type: IntegerType): number {
  const magnitude = type.min < 0n && -type.min - 1n > type.max ? -type.min - 1n : type.max;
  return Math.max(1, Math.ceil(magnitude.toString(2).length / 7));
}

/** The value of a field in the generated source. */
export const member = (object: string, key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `${object}.${key}` : `${object}[${JSON.stringify(key)}]`;

/** A property of an object literal. */
export const property = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key));

/** A type that is compiled apart from the one that contains it, and when it is first met. */
export interface Apart {
  readonly type: ComplexType;
  readonly name: string;
}

/** One unit of compilation while it is written: its functions, its constants, and the names that its parts have in it. */
export interface Source {
  readonly functions: string[];
  readonly constants: unknown[];
  readonly apart: Apart[];
  /** The function that encodes `type`, generated if it is not yet, and how many zeros it leaves to its caller. */
  encoder(type: ComplexType, name: string): { name: string; tail: number };
  /** The function that decodes `type`, likewise. */
  decoder(type: ComplexType, name: string): { name: string; tail: number };
  /** A name in the generated source for a value. */
  constant(value: unknown): string;
  /** Words to numbers, for encoding. */
  numbers(type: EnumerationType): string;
  /** The index under which the unit calls a type that is compiled apart. */
  external(type: ComplexType, name: string): number;
}

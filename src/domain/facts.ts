/**
 * What a fact is: a row that says its kind, what stands before the first read, how it ages, and the sentence that people read.
 * Types, the empty process image, the rows of the shared report, names in map files, the API's schema and metrics are made
 * from these rows. The unit is the end of the name, as everywhere.
 */

/**
 * How a fact ages with its device. `now`: true of the moment of the last live read only. `lasts`: what was told last stays
 * likely (a state of charge, a rating). `counter`: only ever rises, so the last value stays right. `own`: the fact is itself
 * an age, a quality or a decision of the controller's.
 */
export type AgeRule = "now" | "lasts" | "counter" | "own";

/** How a fact of an EVSE is shown: always in the API under its own name, and as `islet_evse_<metric>` = value · scale. */
export interface Shown {
  readonly metric?: string;
  readonly scale?: number;
}

export interface Fact<T> {
  readonly kind: "number" | "flag" | "phases" | readonly string[];
  /** Before the first read. */
  readonly start: T;
  readonly age: AgeRule;
  readonly sentence: string;
  /** A register's number is the fact: map files know it by the same name, and the bridge takes it as it is. */
  readonly straight?: boolean;
  readonly shown?: Shown;
}
export type FactTable = Readonly<Record<string, Fact<unknown>>>;

/** The facts of one device, as they are written in place. */
export type FactsOf<F extends FactTable> = { -readonly [K in keyof F]: F[K]["start"] };
/** Names of the facts that a register tells as they are. */
export type StraightName<F extends FactTable> = {
  [K in keyof F]: F[K] extends { readonly straight: true } ? K : never;
}[keyof F] &
  string;
/** Names of the facts that the API and the metrics show. */
export type ShownName<F extends FactTable> = {
  [K in keyof F]: F[K] extends { readonly shown: Shown } ? K : never;
}[keyof F] &
  string;

type Phases = [number, number, number];

/** An arrival time: minus infinity until something has arrived. */
export const moment = (sentence: string) =>
  ({ kind: "number", start: Number.NEGATIVE_INFINITY as number, age: "own", sentence }) as const;
/** A measured number, NaN until it is known. */
export const reading = (sentence: string, age: AgeRule = "now") =>
  ({ kind: "number", start: Number.NaN as number, age, sentence }) as const;
/** The same, of which a register tells nothing else. */
export const straight = (sentence: string, age: AgeRule = "now") =>
  ({ ...reading(sentence, age), straight: true }) as const;
/** The same, shown in the API and, with a metric, in the metrics. */
export const shown = (sentence: string, age: AgeRule = "now", as: Shown = {}) =>
  ({ ...straight(sentence, age), shown: as }) as const;
/** A number that begins at zero: what is not known is none. */
export const amount = (sentence: string, age: AgeRule = "now") =>
  ({ kind: "number", start: 0 as number, age, sentence }) as const;
export const flag = (sentence: string, start = false, age: AgeRule = "now") =>
  ({ kind: "flag", start: start as boolean, age, sentence }) as const;
export const word = <W extends string>(words: readonly W[], start: NoInfer<W>, sentence: string) =>
  ({ kind: words, start: start as W, age: "now", sentence }) as const;
/** One number for each phase; NaN for phases that the service does not have. */
export const phases = (sentence: string) =>
  ({ kind: "phases", start: [Number.NaN, Number.NaN, Number.NaN] as Phases, age: "now", sentence }) as const;

/**
 * Facts of which nothing is known yet, to be written in place. Made in one go: an object that is built name by name is a hash
 * table to the engine, slow and with every number as an object on the heap.
 */
export function createFacts<F extends FactTable>(table: F): FactsOf<F> {
  const entries = Object.entries(table).map(([name, { kind, start }]): [string, unknown] => [
    name,
    kind === "phases" ? [...(start as Phases)] : start,
  ]);
  return Object.fromEntries(entries) as FactsOf<F>;
}

export const straightNames = <F extends FactTable>(table: F): StraightName<F>[] =>
  (Object.keys(table) as StraightName<F>[]).filter((name) => table[name]!.straight === true);
export const shownNames = <F extends FactTable>(table: F): ShownName<F>[] =>
  (Object.keys(table) as ShownName<F>[]).filter((name) => table[name]!.shown !== undefined);
export const flagNames = (table: FactTable): string[] =>
  Object.keys(table).filter((name) => table[name]!.kind === "flag");

/**
 * Flat objects as rows of numbers, by a table of their fields: how facts and reports cross from thread to thread. Words
 * (`role`, `mode`) travel as their index in a list, flags as 0 and 1.
 *
 * The code that writes, reads and copies is made from the table once, line by line: a loop over names would make an object
 * of every number that it touches, in each cycle.
 */
import type { FactTable } from "../../../domain/facts.ts";

type Words = readonly string[];

/** A field that is a number, a flag, or a word of a list. */
export type Field<T> = {
  [K in keyof T & string]-?: T[K] extends number
    ? readonly [K, "number"]
    : T[K] extends boolean
      ? readonly [K, "flag"]
      : T[K] extends string
        ? readonly [K, Words]
        : never;
}[keyof T & string];

type AnyField = readonly [name: string, kind: "number" | "flag" | Words];
/** The object that a list of fields describes. */
export type StructOf<F extends readonly AnyField[]> = {
  -readonly [E in F[number] as E[0]]: E[1] extends "number"
    ? number
    : E[1] extends "flag"
      ? boolean
      : E[1] extends readonly (infer W)[]
        ? W
        : never;
};

export interface Struct<T> {
  readonly length: number;
  write(target: Float64Array, at: number, value: T): void;
  read(source: Float64Array, at: number, into: T): void;
  /** The same fields of another object. */
  copy(from: Readonly<T>, into: T): void;
  /** All numbers zero, all flags false, the first of each list of words. */
  create(): T;
}

/** The fields of a table of facts, in its order; facts of each phase have no place in a row. */
export const factFields = <T>(table: FactTable): Field<T>[] =>
  Object.entries(table)
    .filter(([, { kind }]) => kind !== "phases")
    .map(([name, { kind }]) => [name, kind] as unknown as Field<T>);

const isName = /^[A-Za-z]\w*$/;

export function struct<T extends object>(fields: readonly Field<T>[]): Struct<T> {
  const rows = fields as unknown as readonly AnyField[];
  for (const [name] of rows) if (!isName.test(name)) throw new Error(`“${name}” is no name of a field`);
  const lists = rows.map(([, kind]) => kind);
  const made = <F>(parameters: string, line: (row: AnyField, i: number) => string): F =>
    new Function("lists", `"use strict"; return (${parameters}) => {\n${rows.map(line).join("\n")}\n};`)(lists) as F;
  const write = made<Struct<T>["write"]>("row, at, value", ([name, kind], i) =>
    kind === "number"
      ? `row[at + ${i}] = value.${name};`
      : kind === "flag"
        ? `row[at + ${i}] = value.${name} ? 1 : 0;`
        : `row[at + ${i}] = lists[${i}].indexOf(value.${name});`,
  );
  const read = made<Struct<T>["read"]>("row, at, into", ([name, kind], i) =>
    kind === "number"
      ? `into.${name} = row[at + ${i}];`
      : kind === "flag"
        ? `into.${name} = row[at + ${i}] === 1;`
        : `into.${name} = lists[${i}][row[at + ${i}]];`,
  );
  const copy = made<Struct<T>["copy"]>("from, into", ([name]) => `into.${name} = from.${name};`);
  const create = new Function(
    "lists",
    `"use strict"; return () => ({ ${rows
      .map(([name, kind], i) => `${name}: ${kind === "number" ? "0" : kind === "flag" ? "false" : `lists[${i}][0]`}`)
      .join(", ")} });`,
  )(lists) as Struct<T>["create"];
  return { length: fields.length, write, read, copy, create };
}

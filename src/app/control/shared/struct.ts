/**
 * Flat objects as rows of numbers, by a table of their fields: how facts and reports cross from thread to thread. Words
 * (`role`, `mode`) travel as their index in a list, flags as 0 and 1.
 */

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

export interface Struct<T> {
  readonly length: number;
  write(target: Float64Array, at: number, value: T): void;
  read(source: Float64Array, at: number, into: T): void;
}

export function struct<T extends object>(fields: readonly Field<T>[]): Struct<T> {
  const keys = fields.map((field) => field[0] as keyof T);
  const kinds = fields.map((field) => field[1] as "number" | "flag" | Words);
  return {
    length: fields.length,
    write(target, at, value) {
      for (let index = 0; index < keys.length; index++) {
        const kind = kinds[index]!;
        const held = value[keys[index]!];
        target[at + index] =
          kind === "number"
            ? (held as number)
            : kind === "flag"
              ? held
                ? 1
                : 0
              : (kind as Words).indexOf(held as string);
      }
    },
    read(source, at, into) {
      for (let index = 0; index < keys.length; index++) {
        const kind = kinds[index]!;
        const held = source[at + index]!;
        into[keys[index]!] = (kind === "number" ? held : kind === "flag" ? held === 1 : kind[held]) as T[keyof T];
      }
    },
  };
}

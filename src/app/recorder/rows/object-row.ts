/**
 * A tree of objects of fixed shape as one row of numbers: the process image, the decisions, the whole state of the core. The
 * shape is looked at once; reading and writing afterwards make no objects. Numbers stay as they are, bit by bit, flags become
 * 0 and 1, words their number in a list that both sides share (`words.ts`). What is null, a function, or listed in `leaveOut`
 * is no part of it. Of an object that is reachable twice only the first place counts.
 */
import type { Words } from "./words.ts";

export type LeafKind = "number" | "flag" | "word";

interface Part {
  readonly length: number;
  write(row: Float64Array, at: number): void;
  read(row: Float64Array, at: number): void;
}

/** What a part is made of, number by number. */
interface Described {
  readonly length: number;
  readonly path: (i: number) => string;
  readonly kind: (i: number) => LeafKind;
}

type Leaf = number | boolean | string;
type Node = Record<string, unknown>;
type Numbers = Float64Array | Int32Array | Uint8Array;

export interface ObjectRow {
  readonly length: number;
  /** Where each number belongs, such as `stages[3].powerW`. */
  readonly names: readonly string[];
  readonly kinds: readonly LeafKind[];
  /** From the objects into a row. */
  write(row: Float64Array, at?: number): void;
  /** From a row into the objects. */
  read(row: Float64Array, at?: number): void;
}

/** The row of `root` as it is now; its objects must stay the same ones. `leaveOut` holds paths such as `machine.rows`. */
export function objectRow(root: object, words: Words, leaveOut: readonly string[] = []): ObjectRow {
  const parts: Part[] = [];
  const described: Described[] = [];
  const seen = new Set<object>();

  const add = (part: Part, path: (i: number) => string, kind: (i: number) => LeafKind): void => {
    if (part.length === 0) return;
    parts.push(part);
    described.push({ length: part.length, path, kind });
  };

  function visit(value: object, path: string): void {
    if (seen.has(value) || leaveOut.includes(path)) return;
    seen.add(value);
    if (isNumbers(value)) {
      add(
        numbersPart(value),
        (i) => `${path}[${i}]`,
        () => "number",
      );
      return;
    }
    const node = value as Node;
    const isList = Array.isArray(value);
    const at = (key: string): string => (isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`);
    const own = Object.keys(node).filter((key) => isLeaf(node[key]) && !leaveOut.includes(at(key)));
    const kindsOfOwn = own.map((key) => kindOf(node[key] as Leaf));
    add(
      leavesPart(node, own, kindsOfOwn, words),
      (i) => at(own[i]!),
      (i) => kindsOfOwn[i]!,
    );
    for (const key of Object.keys(node)) {
      const child = node[key];
      if (typeof child === "object" && child !== null) visit(child, at(key));
    }
  }
  visit(root, "");

  let names: readonly string[] | null = null;
  let kinds: readonly LeafKind[] | null = null;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    length,
    // Made when they are asked for: who only writes rows, as the control loop does, would hold a thousand texts for each stage.
    get names() {
      names ??= ofEach(described, ({ path }, i) => path(i));
      return names;
    },
    get kinds() {
      kinds ??= ofEach(described, ({ kind }, i) => kind(i));
      return kinds;
    },
    write(row, at = 0) {
      let place = at;
      for (let p = 0; p < parts.length; p++) {
        const part = parts[p]!;
        part.write(row, place);
        place += part.length;
      }
    },
    read(row, at = 0) {
      let place = at;
      for (let p = 0; p < parts.length; p++) {
        const part = parts[p]!;
        part.read(row, place);
        place += part.length;
      }
    },
  };
}

/** A value for each number of a row, in their order. */
const ofEach = <T>(all: readonly Described[], make: (one: Described, i: number) => T): T[] =>
  all.flatMap((one) => Array.from({ length: one.length }, (_, i) => make(one, i)));

const isNumbers = (value: object): value is Numbers =>
  value instanceof Float64Array || value instanceof Int32Array || value instanceof Uint8Array;
const isLeaf = (value: unknown): value is Leaf =>
  typeof value === "number" || typeof value === "boolean" || typeof value === "string";
const kindOf = (leaf: Leaf): LeafKind =>
  typeof leaf === "number" ? "number" : typeof leaf === "boolean" ? "flag" : "word";

function numbersPart(numbers: Numbers): Part {
  const { length } = numbers;
  return {
    length,
    write: (row, at) => row.set(numbers, at),
    read: (row, at) => {
      for (let i = 0; i < length; i++) numbers[i] = row[at + i]!;
    },
  };
}

type Writer = (row: Float64Array, at: number, from: Node, words: Words) => void;
type Reader = (row: Float64Array, at: number, into: Node, words: Words) => void;

/** Code for one shape, made once and shared by all objects of that shape: a loop over names would make objects of numbers. */
const writers = new Map<string, Writer>();
const readers = new Map<string, Reader>();

const isName = /^(?:[A-Za-z_]\w*|\d+)$/;

function leavesPart(node: Node, keys: readonly string[], kinds: readonly LeafKind[], words: Words): Part {
  for (const key of keys) if (!isName.test(key)) throw new Error(`“${key}” is no name of a field`);
  const shape = keys.map((key, i) => `${key}:${kinds[i]}`).join(",");
  const write = made(writers, shape, "row, at, o, words", keys, (key, i) =>
    kinds[i] === "number"
      ? `row[at + ${i}] = o[${key}];`
      : kinds[i] === "flag"
        ? `row[at + ${i}] = o[${key}] ? 1 : 0;`
        : `row[at + ${i}] = words.code(o[${key}]);`,
  );
  const read = made(readers, shape, "row, at, o, words", keys, (key, i) =>
    kinds[i] === "number"
      ? `o[${key}] = row[at + ${i}];`
      : kinds[i] === "flag"
        ? `o[${key}] = row[at + ${i}] === 1;`
        : `o[${key}] = words.word(row[at + ${i}]);`,
  );
  return {
    length: keys.length,
    write: (row, at) => write(row, at, node, words),
    read: (row, at) => read(row, at, node, words),
  };
}

function made<F extends Writer | Reader>(
  known: Map<string, F>,
  shape: string,
  parameters: string,
  keys: readonly string[],
  line: (key: string, i: number) => string,
): F {
  const before = known.get(shape);
  if (before !== undefined) return before;
  const body = keys.map((key, i) => line(JSON.stringify(key), i)).join("\n");
  const fresh = new Function(`"use strict"; return (${parameters}) => {\n${body}\n};`)() as F;
  known.set(shape, fresh);
  return fresh;
}

/** Reads YAML nodes with a complaint for each mistake: file, line, setting, what is there and what is allowed. */
import { isMap, isScalar, type LineCounter, type YAMLMap } from "yaml";

/** One mistake, ready to be shown to whoever wrote the file. */
export interface MapFileMistake {
  readonly file: string;
  readonly line: number;
  readonly setting: string;
  readonly sentence: string;
}

const path = (at: string, key: string): string => (at === "" ? key : `${at}.${key}`);

/** Reads a map file's nodes with their lines, and collects every mistake instead of stopping at the first. */
export class NodeReader {
  readonly mistakes: MapFileMistake[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  mistake(node: unknown, setting: string, sentence: string): void {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const line = range ? this.#lines.linePos(range[0]!).line : 1;
    this.mistakes.push({ file: this.#file, line, setting, sentence });
  }

  /** Refuses keys that are not known here. */
  known(node: YAMLMap, at: string, keys: readonly string[]): void {
    for (const { key } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!keys.includes(name)) this.mistake(key, path(at, name), `is not known: must be one of ${keys.join(", ")}`);
    }
  }

  /** Refuses keys that would be read and then ignored. */
  noEffect(node: YAMLMap, at: string, keys: readonly string[], why: string): void {
    for (const key of keys) {
      if (node.has(key)) this.mistake(node.get(key, true) ?? node, path(at, key), `has no effect here: ${why}`);
    }
  }

  choice<T extends string | number | boolean>(
    node: YAMLMap,
    at: string,
    key: string,
    allowed: readonly T[],
    standard?: T,
  ): T | undefined {
    const value = node.get(key);
    if (value === undefined && standard !== undefined) return standard;
    if (allowed.includes(value as T)) return value as T;
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    this.mistake(node.get(key, true) ?? node, path(at, key), `${found}: must be one of ${allowed.join(", ")}`);
    return undefined;
  }

  /** NaN after a mistake, and where it is missing and `standard` is NaN. */
  number(node: YAMLMap, at: string, key: string, range: NumberRange, standard?: number): number {
    const value = node.get(key);
    if (value === undefined && standard !== undefined) return standard;
    const { min, max, whole = false, not } = range;
    const good =
      typeof value === "number" && value >= min && value <= max && value !== not && (!whole || Number.isInteger(value));
    if (good) return value;
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    const except = not === undefined ? "" : `, not ${not}`;
    const allowed = `must be a ${whole ? "whole " : ""}number from ${min} to ${max}${except}`;
    this.mistake(node.get(key, true) ?? node, path(at, key), `${found}: ${allowed}`);
    return Number.NaN;
  }

  text(node: YAMLMap, at: string, key: string, standard?: string): string | undefined {
    const value = node.get(key);
    if (value === undefined && standard !== undefined) return standard;
    if (typeof value === "string" && value.length > 0 && value.length <= 200) return value;
    this.mistake(node.get(key, true) ?? node, path(at, key), "must be a text of 1 to 200 characters");
    return undefined;
  }

  /** A list of numbers; undefined where it is missing or wrong. */
  numbers(node: YAMLMap, at: string, key: string, count?: number): readonly number[] | undefined {
    const json = node.has(key) ? (node.toJSON() as Record<string, unknown>)[key] : undefined;
    if (json === undefined) return undefined;
    const list = Array.isArray(json) ? json : [json];
    if (list.every((one) => typeof one === "number") && (count === undefined || list.length === count)) return list;
    const wanted = count === undefined ? "a number or a list of numbers" : `a list of ${count} numbers`;
    this.mistake(node.get(key, true) ?? node, path(at, key), `is ${JSON.stringify(json)}: must be ${wanted}`);
    return undefined;
  }

  /** A map below `key`, or undefined with a complaint when it is something else. */
  map(node: YAMLMap, at: string, key: string): YAMLMap | undefined {
    const value = node.get(key, true);
    if (value === undefined) return undefined;
    if (isMap(value)) return value;
    this.mistake(value, path(at, key), "must be a map");
    return undefined;
  }
}

/** Bounds of a number in a map file, both included. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  readonly not?: number;
}

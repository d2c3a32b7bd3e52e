/**
 * Map files: registers of a device that does not speak SunSpec, as YAML (`config/maps/blueprint.yaml` explains each line).
 * A mistake is refused with file, line, setting, value and what is allowed; nothing is guessed.
 */
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { roleNames, transferCommandNames } from "../src/domain/modes.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { pointTypes } from "../src/protocols/sunspec/point-types.ts";
import {
  type CommandRow,
  commandNames,
  type DeviceKind,
  type DeviceMap,
  deviceKinds,
  type FactRow,
  factNames,
  missingRows,
  type NumberType,
  type Pace,
  paces,
  type RegisterSign,
} from "./device-map.ts";
import { registersOf } from "./register-number.ts";

/** One mistake, ready to be shown to whoever wrote the file. */
export interface MapFileMistake {
  readonly file: string;
  readonly line: number;
  readonly setting: string;
  readonly sentence: string;
}

/** Most rows that a map file may have. */
const rowsMax = 200;
const numericTypes = Object.keys(pointTypes).filter((type) => type !== "string" && type !== "pad") as NumberType[];
/** Facts and commands that are words of ours on the inside. */
const words: Readonly<Record<string, readonly string[]>> = {
  roleCode: roleNames,
  contactNo: ["open", "closed"],
  contactNc: ["open", "closed"],
  command: transferCommandNames,
};

export function parseMapFile(text: string, file: string): Result<DeviceMap, readonly MapFileMistake[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const reader = new MapReader(file, lines);
  for (const error of document.errors) {
    reader.mistakes.push({
      file,
      line: error.linePos?.[0].line ?? 1,
      setting: "",
      sentence: error.message.split("\n")[0]!,
    });
  }
  if (reader.mistakes.length > 0) return err(reader.mistakes);
  if (!isMap(document.contents)) {
    return err([{ file, line: 1, setting: "", sentence: "must be a map that begins with `device:`" }]);
  }
  const map = reader.map(document.contents);
  return map === undefined || reader.mistakes.length > 0 ? err(reader.mistakes) : ok(map);
}

/** `config/maps/x.yaml:12 facts.powerW.type is "int24": must be one of int16, …` */
export const mapFileMistakeText = ({ file, line, setting, sentence }: MapFileMistake): string =>
  `${file}:${line} ${setting}${setting === "" ? "" : " "}${sentence}`;

class MapReader {
  readonly mistakes: MapFileMistake[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  map(root: YAMLMap): DeviceMap | undefined {
    this.#known(root, "", ["device", "registers", "writeSingleRegisters", "firstRegister", "facts", "commands"]);
    const kind = this.#choice(root, "", "device", deviceKinds);
    const registers = this.#choice(root, "", "registers", ["holding", "input"] as const, "holding");
    const single = this.#choice(root, "", "writeSingleRegisters", [true, false] as const, false);
    const firstRegister = this.#choice(root, "", "firstRegister", [0, 1] as const, 0) ?? 0;
    if (kind === undefined) return undefined;
    const facts = this.#rows(root, "facts", factNames[kind], (row, name, at) =>
      this.#fact(row, name, at, firstRegister),
    );
    const commands = this.#rows(root, "commands", commandNames[kind], (row, name, at) =>
      this.#command(row, name, at, firstRegister),
    );
    const map: DeviceMap = {
      kind,
      readFunction: registers === "input" ? 4 : 3,
      writeFunction: single ? 6 : 16,
      facts,
      commands,
    };
    if (this.mistakes.length > 0) return undefined;
    const missing = missingRows(map);
    if (missing.length > 0) this.#mistake(root, "", `lacks ${missing.join(", ")}, which every ${kind} needs`);
    this.#adjoin(root, map);
    return map;
  }

  #fact(row: YAMLMap, name: string, at: string, firstRegister: number): FactRow | undefined {
    this.#known(row, at, ["address", "type", "scale", "sign", "pace", "bit", "codes"]);
    const common = this.#common(row, name, at, firstRegister);
    const pace = this.#choice(row, at, "pace", Object.keys(paces) as Pace[], "cycle");
    const bit = this.#number(row, at, "bit", 0, 31, Number.NaN);
    const codes = this.#codes(row, name, at);
    if (common === undefined || pace === undefined) return undefined;
    const inverse: Record<number, number> = {};
    for (const [ours, registers] of Object.entries(codes ?? {}))
      for (const raw of registers) inverse[raw] = Number(ours);
    return {
      ...common,
      pace,
      ...(Number.isNaN(bit) ? {} : { bit }),
      ...(codes === undefined ? {} : { codes: inverse }),
    };
  }

  #command(row: YAMLMap, name: string, at: string, firstRegister: number): CommandRow | undefined {
    this.#known(row, at, ["address", "type", "scale", "sign", "request", "min", "max", "codes", "onSilence"]);
    const common = this.#common(row, name, at, firstRegister);
    const request = this.#text(row, at, "request", name);
    const onHeartbeatLoss = this.#text(row, at, "onSilence");
    const min = this.#number(row, at, "min", -1e9, 1e9, Number.NEGATIVE_INFINITY);
    const max = this.#number(row, at, "max", -1e9, 1e9, Number.POSITIVE_INFINITY);
    const codes = this.#codes(row, name, at);
    if (common === undefined || request === undefined || onHeartbeatLoss === undefined) return undefined;
    if (min > max) this.#mistake(row, `${at}.min`, `is ${min}: must not be above max, ${max}`);
    const toRegister: Record<number, number> = {};
    for (const [ours, registers] of Object.entries(codes ?? {})) toRegister[Number(ours)] = registers[0]!;
    return {
      ...common,
      request,
      onHeartbeatLoss,
      ...(min === Number.NEGATIVE_INFINITY ? {} : { min }),
      ...(max === Number.POSITIVE_INFINITY ? {} : { max }),
      ...(codes === undefined ? {} : { codes: toRegister }),
    };
  }

  #common(row: YAMLMap, name: string, at: string, firstRegister = 0) {
    const address = this.#number(row, at, "address", firstRegister, 65_535 + firstRegister);
    const type = this.#choice(row, at, "type", numericTypes);
    const scale = this.#number(row, at, "scale", 1e-9, 1e9, 1);
    const sign = this.#choice(
      row,
      at,
      "sign",
      ["load", "generation"] as const satisfies readonly RegisterSign[],
      "load",
    );
    if (Number.isNaN(address) || type === undefined || sign === undefined) return undefined;
    return { name, address: address - firstRegister, type, scale, sign };
  }

  /** `{ off: 0, charge: [1, 4] }` → our number → the register's numbers. */
  #codes(row: YAMLMap, name: string, at: string): Record<number, number[]> | undefined {
    const node = row.get("codes");
    const allowed = words[name];
    if (node === undefined) {
      if (allowed !== undefined) {
        this.#mistake(row, `${at}.codes`, `is missing: must say which number means ${allowed.join(", ")}`);
      }
      return undefined;
    }
    if (allowed === undefined || !isMap(node)) {
      this.#mistake(row, `${at}.codes`, allowed === undefined ? "is only for words such as roles" : "must be a map");
      return undefined;
    }
    const codes: Record<number, number[]> = {};
    for (const [word, value] of Object.entries(node.toJSON() as Record<string, unknown>)) {
      const numbers = Array.isArray(value) ? value : [value];
      const ours = allowed.indexOf(word);
      if (ours < 0) this.#mistake(node, `${at}.codes.${word}`, `is not known: must be one of ${allowed.join(", ")}`);
      else if (numbers.length === 0 || !numbers.every((one) => Number.isInteger(one) && one >= 0)) {
        this.#mistake(
          node,
          `${at}.codes.${word}`,
          `is ${JSON.stringify(value)}: must be a whole number or a list of them`,
        );
      } else codes[ours] = numbers as number[];
    }
    return codes;
  }

  #rows<T>(
    root: YAMLMap,
    key: "facts" | "commands",
    names: readonly string[],
    make: (row: YAMLMap, name: string, at: string) => T | undefined,
  ): T[] {
    const node = root.get(key);
    if (node === undefined && key === "commands") return [];
    if (!isMap(node)) {
      this.#mistake(root, key, "must be a map from names to registers");
      return [];
    }
    if (node.items.length > rowsMax) this.#mistake(node, key, `has ${node.items.length} rows: at most ${rowsMax}`);
    const rows: T[] = [];
    for (const { key: nameNode, value } of node.items.slice(0, rowsMax)) {
      const name = isScalar(nameNode) ? String(nameNode.value) : "";
      const at = `${key}.${name}`;
      if (!names.includes(name)) this.#mistake(nameNode, at, `is not known: must be one of ${names.join(", ")}`);
      else if (!isMap(value)) this.#mistake(nameNode, at, "must be a map with at least `address` and `type`");
      else {
        const row = make(value, name, at);
        if (row !== undefined) rows.push(row);
      }
    }
    return rows;
  }

  /** Rows of one request must follow each other without a hole: a hole would be written too. */
  #adjoin(root: YAMLMap, map: DeviceMap): void {
    for (const request of new Set(map.commands.map((row) => row.request))) {
      const rows = map.commands.filter((row) => row.request === request).sort((a, b) => a.address - b.address);
      for (let i = 1; i < rows.length; i += 1) {
        const before = rows[i - 1]!;
        const end = before.address + registersOf(before.type);
        if (rows[i]!.address === end) continue;
        const problem = `begins at ${rows[i]!.address}, but ${before.name} of the same request ends before ${end}`;
        this.#mistake(root, `commands.${rows[i]!.name}`, `${problem}: give it a \`request\` of its own`);
      }
    }
  }

  #known(node: YAMLMap, at: string, keys: readonly string[]): void {
    for (const { key } of node.items) {
      const name = isScalar(key) ? String(key.value) : "";
      if (!keys.includes(name)) {
        this.#mistake(key, at === "" ? name : `${at}.${name}`, `is not known: must be one of ${keys.join(", ")}`);
      }
    }
  }

  #choice<T extends string | number | boolean>(
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
    this.#mistake(
      node.get(key, true) ?? node,
      at === "" ? key : `${at}.${key}`,
      `${found}: must be one of ${allowed.join(", ")}`,
    );
    return undefined;
  }

  #number(node: YAMLMap, at: string, key: string, min: number, max: number, standard?: number): number {
    const value = node.get(key);
    if (value === undefined && standard !== undefined) return standard;
    const whole = key === "address" || key === "bit";
    const good = typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (good) return value;
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
    const allowed = `must be a ${whole ? "whole " : ""}number from ${min} to ${max}`;
    this.#mistake(node.get(key, true) ?? node, `${at}.${key}`, `${found}: ${allowed}`);
    return Number.NaN;
  }

  #text(node: YAMLMap, at: string, key: string, standard?: string): string | undefined {
    const value = node.get(key);
    if (value === undefined && standard !== undefined) return standard;
    if (typeof value === "string" && value.length > 0 && value.length <= 200) return value;
    this.#mistake(node.get(key, true) ?? node, `${at}.${key}`, "must be a text of 1 to 200 characters");
    return undefined;
  }

  #mistake(node: unknown, setting: string, sentence: string): void {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const line = range ? this.#lines.linePos(range[0]!).line : 1;
    this.mistakes.push({ file: this.#file, line, setting, sentence });
  }
}

/** Kinds of device that a map file can describe, for help. */
export const mapFileKinds: readonly DeviceKind[] = deviceKinds;

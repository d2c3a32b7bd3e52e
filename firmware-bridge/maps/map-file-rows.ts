/** Rows of a map file: facts that are read, commands and constants that are written. */
import { isMap, isSeq, type YAMLMap } from "yaml";
import { stageFacts, transferDeviceFacts } from "../../src/domain/facts.table.ts";
import { flagNames } from "../../src/domain/facts.ts";
import { roleNames, transferCommandNames } from "../../src/domain/modes.ts";
import { rangeOf } from "../device/register-number.ts";
import {
  type CommandRow,
  type ConstantRow,
  type Direction,
  type FactRow,
  type FactSource,
  type FixedFact,
  type Pace,
  paces,
} from "./device-map.ts";
import type { NodeReader } from "./map-file-node.ts";
import { type PlaceReader, placeKeys, sourceKeys } from "./map-file-place.ts";

const switchWords = ["stop", "start"] as const;
/** Facts and commands that are words of ours on the inside. */
const words: Readonly<Record<string, readonly string[]>> = {
  roleCode: roleNames,
  contactNo: ["open", "closed"],
  contactNc: ["open", "closed"],
  command: transferCommandNames,
};
/** Words that may be left out where the register says 0 and 1 anyway. */
const optionalWords: Readonly<Record<string, readonly string[]>> = {
  operate: switchWords,
  ...Object.fromEntries(
    ["watchdogTripped", "on", "forming", ...flagNames(stageFacts), ...flagNames(transferDeviceFacts)].map((name) => [
      name,
      ["no", "yes"],
    ]),
  ),
};
/** Facts that a person may answer for, because no register tells them. */
const fixableFacts = ["vehicleConnected", "antiIslanding", "maxChargeW", "maxDischargeW", "capacityWh", "ratedW"];
const maxPlus = 8;

const isPower = (name: string): boolean => name === "powerW" || name === "reactiveVar" || /^power[ABC]W$/.test(name);

/** Reads the rows of facts and commands of a map file. */
export class RowReader {
  readonly #nodes: NodeReader;
  readonly #places: PlaceReader;

  constructor(places: PlaceReader) {
    this.#places = places;
    this.#nodes = places.nodes;
  }

  fact(row: YAMLMap, name: string, at: string): FactRow | FixedFact | undefined {
    if (row.has("constant")) return this.#fixed(row, name, at);
    const isSum = row.has("sum");
    const sources = isSum ? this.#sum(row, at) : this.#single(row, at);
    const sign = this.#places.sign(row, at, isPower(name));
    const pace = this.#nodes.choice(row, at, "pace", Object.keys(paces) as Pace[], "cycle");
    const codes = this.#codes(row, name, at);
    const valid = this.#nodes.numbers(row, at, "valid", 2);
    const direction = row.has("direction") ? this.#direction(row, name, at) : undefined;
    if (codes !== undefined) {
      this.#nodes.noEffect(row, at, ["scale", "offset", "scaleRegister", "sign"], "`codes` say what its numbers mean");
      this.#nodes.noEffect(row, at, ["valid"], "numbers without a code are unknown anyway");
    }
    if (sources === undefined || sign === undefined || pace === undefined) return undefined;
    const inverse: Record<number, number> = {};
    for (const [ours, registers] of Object.entries(codes ?? {}))
      for (const raw of registers) inverse[raw] = Number(ours);
    const [first, ...plus] = sources;
    return {
      ...first!,
      name,
      sign,
      pace,
      ...(plus.length > 0 && { plus }),
      ...(codes !== undefined && { codes: inverse }),
      ...(valid !== undefined && { valid: [valid[0]!, valid[1]!] as const }),
      ...(direction !== undefined && { direction }),
    };
  }

  /** Where an amount's direction stands. */
  #direction(row: YAMLMap, name: string, at: string): Direction | undefined {
    const where = `${at}.direction`;
    const node = this.#nodes.map(row, at, "direction");
    if (!isPower(name)) {
      this.#nodes.noEffect(row, at, ["direction"], "only powers have a direction");
      return undefined;
    }
    this.#nodes.noEffect(row, at, ["sign"], "`direction` says which way the power flows");
    if (node === undefined) return undefined;
    this.#nodes.known(node, where, [...sourceKeys, "negative", "positive"]);
    const source = this.#places.source(node, where);
    const negative = this.#nodes.numbers(node, where, "negative");
    const positive = this.#nodes.numbers(node, where, "positive");
    if (negative === undefined && !node.has("negative"))
      this.#nodes.mistake(
        node,
        `${where}.negative`,
        "is missing: must be the numbers that mean giving back, or export",
      );
    if (source === undefined || negative === undefined) return undefined;
    return { source, negative, ...(positive !== undefined && { positive }) };
  }

  #fixed(row: YAMLMap, name: string, at: string): FixedFact | undefined {
    this.#nodes.known(row, at, ["constant", "why"]);
    if (!fixableFacts.includes(name)) {
      const allowed = `must be read from the device; a constant is only for ${fixableFacts.join(", ")}`;
      this.#nodes.mistake(row, `${at}.constant`, allowed);
      return undefined;
    }
    const value = this.#nodes.number(row, at, "constant", { min: 0, max: 1e9 });
    const why = this.#nodes.text(row, at, "why");
    return Number.isNaN(value) || why === undefined ? undefined : { name, value };
  }

  #single(row: YAMLMap, at: string): FactSource[] | undefined {
    this.#nodes.known(row, at, [...sourceKeys, "sign", "pace", "codes", "valid", "sum", "constant", "direction"]);
    const source = this.#places.source(row, at);
    return source === undefined ? undefined : [source];
  }

  #sum(row: YAMLMap, at: string): FactSource[] | undefined {
    this.#nodes.known(row, at, ["sum", "sign", "pace", "valid", "direction"]);
    const list = row.get("sum", true);
    if (!isSeq(list) || list.items.length < 2 || list.items.length > maxPlus || !list.items.every(isMap)) {
      this.#nodes.mistake(
        list ?? row,
        `${at}.sum`,
        `must be a list of 2 to ${maxPlus} registers, each with address and type`,
      );
      return undefined;
    }
    const sources = list.items.map((item, i) => {
      this.#nodes.known(item as YAMLMap, `${at}.sum[${i}]`, sourceKeys);
      return this.#places.source(item as YAMLMap, `${at}.sum[${i}]`);
    });
    return sources.every((source) => source !== undefined) ? sources : undefined;
  }

  command(row: YAMLMap, name: string, at: string): CommandRow | undefined {
    const { nodes } = this.#places;
    nodes.known(row, at, [...placeKeys, ...commandKeys]);
    const place = this.#places.place(row, at);
    const canTurn = name === "powerW" || name === "reactiveVar";
    const sign = this.#places.sign(row, at, canTurn);
    const request = nodes.text(row, at, "request", name);
    const onHeartbeatLoss = nodes.text(row, at, "onSilence");
    const codes = this.#codes(row, name, at);
    if (codes !== undefined)
      nodes.noEffect(
        row,
        at,
        ["scale", "offset", "sign", "min", "max", "as", "smallest"],
        "`codes` say what is written",
      );
    const numbers = this.#commandNumbers(row, at);
    const more = this.#commandWords(row, name, at);
    if (place === undefined || sign === undefined || request === undefined || onHeartbeatLoss === undefined)
      return undefined;
    const writeFunction = this.#places.writeFunction(row, at, place.type);
    const toRegister = this.#toRegister(row, at, codes, rangeOf(place.type));
    if (writeFunction === undefined) return undefined;
    if (place.type !== "bit") nodes.noEffect(row, at, ["pulseMs"], "only a coil can be a pulse");
    return {
      ...place,
      ...writeFunction,
      ...numbers,
      ...more,
      name,
      sign,
      request,
      onHeartbeatLoss,
      ...(toRegister !== undefined && { codes: toRegister }),
    };
  }

  #toRegister(
    row: YAMLMap,
    at: string,
    codes: Record<number, number[]> | undefined,
    [min, max]: readonly [number, number],
  ) {
    if (codes === undefined) return undefined;
    const toRegister: Record<number, number> = {};
    for (const [ours, registers] of Object.entries(codes)) {
      const [code] = registers;
      if (registers.length > 1)
        this.#nodes.mistake(
          row.get("codes", true) ?? row,
          `${at}.codes`,
          "must give one number for each word: only one can be written",
        );
      if (code! < min || code! > max)
        this.#nodes.mistake(
          row.get("codes", true) ?? row,
          `${at}.codes`,
          `has ${code}: this register holds ${min} to ${max}`,
        );
      toRegister[Number(ours)] = code!;
    }
    return toRegister;
  }

  #commandNumbers(row: YAMLMap, at: string) {
    const { nodes } = this.#places;
    const optional = (key: string, min: number, max: number): number =>
      nodes.number(row, at, key, { min, max }, Number.NaN);
    const low = optional("min", -1e9, 1e9);
    const high = optional("max", -1e9, 1e9);
    if (low > high) nodes.mistake(row, `${at}.min`, `is ${low}: must not be above max, ${high}`);
    const offset = optional("offset", -1e9, 1e9);
    const smallest = optional("smallest", 0, 1e9);
    const pulseMs = optional("pulseMs", 20, 10_000);
    const stored = nodes.choice(row, at, "stored", [true, false] as const, false) === true;
    if (stored) nodes.noEffect(row, at, ["refreshS"], "what is stored is written only when it changes");
    const refreshS = optional("refreshS", 0.1, 600);
    const everyS = optional("everyS", 0.1, 600);
    return {
      ...(!Number.isNaN(low) && { min: low }),
      ...(!Number.isNaN(high) && { max: high }),
      ...(!Number.isNaN(offset) && { offset }),
      ...(!Number.isNaN(smallest) && { smallest }),
      ...(!Number.isNaN(pulseMs) && { pulseMs }),
      ...(!Number.isNaN(refreshS) && { refreshMs: 1_000 * refreshS }),
      ...(stored && { stored }),
      ...(!Number.isNaN(everyS) && { everyMs: 1_000 * everyS }),
    };
  }

  #commandWords(row: YAMLMap, name: string, at: string) {
    const { nodes } = this.#places;
    const carriesPower = name === "powerW" || name.endsWith("eW") || name === "magnitudeW";
    if (!carriesPower) nodes.noEffect(row, at, ["as", "smallest", "zeroForbidden"], "only setpoints of power have it");
    if (name !== "heartbeat") nodes.noEffect(row, at, ["beat"], "only the heartbeat beats");
    const as = row.has("as") && carriesPower ? nodes.choice(row, at, "as", ["A", "pct"] as const) : undefined;
    const zeroForbidden = carriesPower && nodes.choice(row, at, "zeroForbidden", [true, false] as const, false);
    const beat = name === "heartbeat" ? this.#beat(row, at) : undefined;
    return {
      ...(as !== undefined && { as }),
      ...(zeroForbidden === true && { zeroForbidden }),
      ...(beat !== undefined && { beat }),
    };
  }

  #beat(row: YAMLMap, at: string): "counter" | "toggle" | number | undefined {
    const value = row.get("beat");
    if (value === undefined || value === "counter" || value === "toggle") return value;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
    const found = `is ${JSON.stringify(value)}`;
    this.#nodes.mistake(
      row,
      `${at}.beat`,
      `${found}: must be counter, toggle, or the whole number that is written each time`,
    );
    return undefined;
  }

  /** A number that is always the same. */
  constant(row: YAMLMap, name: string, at: string): ConstantRow | undefined {
    const { nodes } = this.#places;
    nodes.known(row, at, [...placeKeys, "value", "when", "of", "readBack", "onSilence"]);
    const place = this.#places.place(row, at);
    const value = nodes.number(row, at, "value", { min: -1e12, max: 1e12 });
    const when = nodes.choice(row, at, "when", ["takeover", "release", "before", "after"] as const, "takeover");
    const readBack = nodes.choice(row, at, "readBack", [true, false] as const, true);
    if (when === "takeover") nodes.noEffect(row, at, ["of"], "it is written once, when the device is taken over");
    else nodes.noEffect(row, at, ["readBack"], "only what is written at take-over is read back");
    if (when === "release") nodes.noEffect(row, at, ["of"], "it is written once, when the device is given back");
    const of = when === "takeover" || when === "release" ? undefined : nodes.text(row, at, "of");
    if (place === undefined || Number.isNaN(value) || when === undefined) return undefined;
    const writeFunction = this.#places.writeFunction(row, at, place.type);
    const [min, max] = rangeOf(place.type);
    const number = value / place.scale;
    if (!(number >= min && number <= max) || (!place.type.startsWith("float") && !Number.isInteger(number)))
      nodes.mistake(
        row.get("value", true) ?? row,
        `${at}.value`,
        `is ${value}: this register holds ${min} to ${max} in steps of ${place.scale}`,
      );
    if (writeFunction === undefined) return undefined;
    return {
      ...place,
      ...writeFunction,
      name,
      value,
      when,
      readBack: readBack === true,
      ...(of !== undefined && { of }),
    };
  }

  /** `{ off: 0, charge: [1, 4] }` → our number → the register's numbers. */
  #codes(row: YAMLMap, name: string, at: string): Record<number, number[]> | undefined {
    const node = row.get("codes", true);
    const needed = words[name];
    const allowed = needed ?? optionalWords[name];
    if (node === undefined) {
      if (needed !== undefined) {
        this.#nodes.mistake(row, `${at}.codes`, `is missing: must say which number means ${needed.join(", ")}`);
      }
      return undefined;
    }
    if (allowed === undefined || !isMap(node)) {
      this.#nodes.mistake(
        node,
        `${at}.codes`,
        allowed === undefined ? "is only for words such as roles" : "must be a map",
      );
      return undefined;
    }
    const codes: Record<number, number[]> = {};
    const used = new Map<number, string>();
    for (const [word, value] of Object.entries(node.toJSON() as Record<string, unknown>)) {
      const numbers = Array.isArray(value) ? value : [value];
      const ours = allowed.indexOf(word);
      const where = `${at}.codes.${word}`;
      if (ours < 0) this.#nodes.mistake(node, where, `is not known: must be one of ${allowed.join(", ")}`);
      else if (numbers.length === 0 || !numbers.every((one) => Number.isInteger(one))) {
        this.#nodes.mistake(node, where, `is ${JSON.stringify(value)}: must be a whole number or a list of them`);
      } else codes[ours] = numbers as number[];
      // What is read must mean one thing; two words may be written by the same number.
      for (const one of at.startsWith("facts.") ? numbers : []) {
        const before = used.get(one as number);
        if (before !== undefined) this.#nodes.mistake(node, where, `has ${one}, which already means ${before}`);
        used.set(one as number, word);
      }
    }
    return codes;
  }
}

const commandKeys = [
  "offset",
  "sign",
  "request",
  "min",
  "max",
  "codes",
  "onSilence",
  "as",
  "smallest",
  "zeroForbidden",
  "pulseMs",
  "refreshS",
  "everyS",
  "stored",
  "beat",
];

/** The part of a map file's row that says where a number is and how it is written in the registers. */
import { isScalar, isSeq, type YAMLMap } from "yaml";
import { pointTypes } from "../../src/protocols/sunspec/point-types.ts";
import { registersOf } from "../device/register-number.ts";
import type {
  ByteOrder,
  FactSource,
  NumberPlace,
  NumberType,
  ReadFunction,
  RegisterSign,
  WriteFunction,
} from "./device-map.ts";
import type { NodeReader } from "./map-file-node.ts";

const numberTypes = [
  ...Object.keys(pointTypes).filter((type) => type !== "string" && type !== "pad"),
  "int8",
  "uint8",
  "bit",
] as readonly NumberType[];

const orders = ["big", "little"] as const;
type Order = (typeof orders)[number];

/** What a file says for all its rows. */
export interface FileDefaults {
  readonly firstRegister: number;
  readonly readFunction: ReadFunction;
  readonly wordOrder: Order;
  readonly byteOrder: Order;
}

export const placeKeys = ["address", "type", "scale", "wordOrder", "byteOrder", "byte", "unit", "function"] as const;
export const sourceKeys = [...placeKeys, "offset", "scaleRegister", "unknown", "bit"] as const;

/** Words for functions that read, as `registers:` of the file. */
export const readFunctions = { coils: 1, discrete: 2, holding: 3, input: 4 } as const;

/** Reads where a number stands: address, type, byte order, scale, bit. */
export class PlaceReader {
  readonly nodes: NodeReader;
  readonly defaults: FileDefaults;

  constructor(nodes: NodeReader, defaults: FileDefaults) {
    this.nodes = nodes;
    this.defaults = defaults;
  }

  /** A number that is read: where it is, what it means, what stands for "no value". */
  source(row: YAMLMap, at: string): FactSource | undefined {
    const readFunction = this.nodes.choice(row, at, "function", [1, 2, 3, 4] as const, this.defaults.readFunction);
    const place = this.place(row, at);
    const offset = this.nodes.number(row, at, "offset", { min: -1e9, max: 1e9 }, 0);
    const unknown = place && this.#unknown(row, at, place.type);
    if (place === undefined || readFunction === undefined || Number.isNaN(offset)) return undefined;
    this.#kindOfRegister(row, at, place.type, readFunction <= 2);
    return {
      ...place,
      readFunction,
      ...(offset !== 0 && { offset }),
      ...this.#scaleRegister(row, at),
      ...(unknown !== undefined && { unknown }),
      ...this.#bit(row, at, place.type),
    };
  }

  place(row: YAMLMap, at: string): NumberPlace | undefined {
    const { firstRegister, wordOrder, byteOrder } = this.defaults;
    const { nodes } = this;
    const last = 65_535 + firstRegister;
    const address = nodes.number(row, at, "address", { min: firstRegister, max: last, whole: true });
    const type = nodes.choice(row, at, "type", numberTypes);
    const scale = nodes.number(row, at, "scale", { min: -1e9, max: 1e9, not: 0 }, 1);
    const unit = nodes.number(row, at, "unit", { min: 0, max: 255, whole: true }, Number.NaN);
    const words = nodes.choice(row, at, "wordOrder", orders, wordOrder);
    const bytes = nodes.choice(row, at, "byteOrder", orders, byteOrder);
    if (Number.isNaN(address) || type === undefined || Number.isNaN(scale)) return undefined;
    if (words === undefined || bytes === undefined) return undefined;
    if (type !== "bit" && address - firstRegister + registersOf(type) > 65_536)
      nodes.mistake(row, `${at}.address`, `is ${address}: a ${type} there would end beyond the last register`);
    if (registersOf(type) === 1) nodes.noEffect(row, at, ["wordOrder"], `a ${type} has one register`);
    if (type === "bit")
      nodes.noEffect(row, at, ["scale", "offset", "scaleRegister", "byteOrder", "bit"], "a coil or input is 0 or 1");
    const isByte = type === "int8" || type === "uint8";
    if (!isByte) nodes.noEffect(row, at, ["byte"], "only int8 and uint8 are half a register");
    else nodes.noEffect(row, at, ["byteOrder"], "`byte: high` or `byte: low` says which half it is");
    const byte = isByte ? nodes.choice(row, at, "byte", ["high", "low"] as const, "low") : undefined;
    const order = orderOf(registersOf(type) === 1 ? "big" : words, isByte || type === "bit" ? "big" : bytes);
    return {
      address: address - firstRegister,
      type,
      scale,
      ...(order !== "ABCD" && { order }),
      ...(byte !== undefined && { byte }),
      ...(!Number.isNaN(unit) && { unit }),
    };
  }

  /** Coils and inputs are bits, registers are not. */
  #kindOfRegister(row: YAMLMap, at: string, type: NumberType, bits: boolean): void {
    if (bits === (type === "bit")) return;
    const wanted = bits
      ? `is ${type}: coils and discrete inputs (functions 1 and 2) have the type bit`
      : "is bit: only coils and discrete inputs (functions 1 and 2) are single bits; use `bit:` for one of a register";
    this.nodes.mistake(row.get("type", true) ?? row, `${at}.type`, wanted);
  }

  #bit(row: YAMLMap, at: string, type: NumberType): { readonly bit?: number } {
    if (!row.has("bit") || type === "bit") return {};
    if (type === "float32" || type === "float64") {
      this.nodes.mistake(row, `${at}.bit`, `has no effect here: a ${type} has no bits of its own`);
      return {};
    }
    const bits = type === "int8" || type === "uint8" ? 8 : 16 * registersOf(type);
    const bit = this.nodes.number(row, at, "bit", { min: 0, max: bits - 1, whole: true });
    this.nodes.noEffect(row, at, ["scale", "offset", "scaleRegister"], "a bit is 0 or 1");
    return Number.isNaN(bit) ? {} : { bit };
  }

  /** A register with a power of ten, of the row's own unit and function. */
  #scaleRegister(row: YAMLMap, at: string): { readonly scaleAt?: number; readonly scaleName?: string } {
    if (!row.has("scaleRegister")) return {};
    const { firstRegister } = this.defaults;
    const range = { min: firstRegister, max: 65_535 + firstRegister, whole: true };
    const address = this.nodes.number(row, at, "scaleRegister", range);
    if (Number.isNaN(address)) return {};
    return { scaleAt: address - firstRegister, scaleName: `${at}.scaleRegister` };
  }

  /** `none`, a number or a list: what the register says instead of a value. */
  #unknown(row: YAMLMap, at: string, type: NumberType): readonly number[] | undefined {
    const node = row.get("unknown", true);
    if (isScalar(node) && node.value === "none") return [];
    if (node !== undefined && !isScalar(node) && !isSeq(node)) {
      this.nodes.mistake(node, `${at}.unknown`, "must be `none`, a number or a list of numbers");
      return undefined;
    }
    return this.nodes.numbers(row, at, "unknown")?.map((number) => asRead(type, number));
  }

  sign(row: YAMLMap, at: string, hasSign: boolean): RegisterSign | undefined {
    if (!hasSign) {
      this.nodes.noEffect(row, at, ["sign"], "only powers have a direction");
      return "load";
    }
    return this.nodes.choice(
      row,
      at,
      "sign",
      ["load", "generation"] as const satisfies readonly RegisterSign[],
      "load",
    );
  }

  writeFunction(row: YAMLMap, at: string, type: NumberType): { readonly writeFunction?: WriteFunction } | undefined {
    if (!row.has("function")) return {};
    const allowed: readonly WriteFunction[] = type === "bit" ? [5, 15] : registersOf(type) > 1 ? [16] : [6, 16];
    const writeFunction = this.nodes.choice(row, at, "function", allowed);
    return writeFunction === undefined ? undefined : { writeFunction };
  }
}

/** Manuals name bit patterns: 0x80000000 of an int32 is read as a negative number. */
function asRead(type: NumberType, number: number): number {
  const bits = type === "int8" ? 8 : type === "int16" ? 16 : type === "int32" ? 32 : 0;
  return bits > 0 && number >= 2 ** (bits - 1) ? number - 2 ** bits : number;
}

function orderOf(words: Order, bytes: Order): ByteOrder {
  if (words === "big") return bytes === "big" ? "ABCD" : "BADC";
  return bytes === "big" ? "CDAB" : "DCBA";
}

/**
 * Turns types into source text: two plain functions per complex type, specialised to its fields, codes and widths.
 *
 *     encode_Name(v, p, lead) → position behind the value
 *     decode_Name(p, lead) → value; the position is left in C.position
 *
 * Zero bits that must come (the start of a required element, its text, its end) are not written or read one by one:
 * they are *pending* and lead the next code or value. A function leaves the zeros behind its last field to its caller:
 * their number is known beforehand (`encodeTail`, `decodeTail`). `lead` is what the caller has pending.
 *
 * In the generated source: I, V are the input's and O, W the output's bytes and DataView, C the cursor, S the functions
 * of `scratch.ts`, R what is thrown, K constants, X types that are compiled apart.
 */

import type { ComplexType, EnumerationType } from "../schema.ts";
import type { Apart, Source } from "./emit.ts";
import { generateDecoder } from "./generate-decode.ts";
import { generateEncoder } from "./generate-encode.ts";

/** Collects the functions and constants of one unit of compilation. */
class Unit implements Source {
  readonly functions: string[] = [];
  readonly constants: unknown[] = [];
  readonly apart: Apart[] = [];
  private readonly encoders = new Map<ComplexType, { name: string; tail: number }>();
  private readonly decoders = new Map<ComplexType, { name: string; tail: number }>();
  private readonly known = new Map<unknown, string>();
  private readonly names = new Set<string>();

  encoder(type: ComplexType, name: string): { name: string; tail: number } {
    const known = this.encoders.get(type);
    if (known !== undefined) return known;
    const encoder = { name: this.unique(`encode_${name}`), tail: 0 };
    this.encoders.set(type, encoder);
    encoder.tail = generateEncoder(this, type, encoder.name, true);
    return encoder;
  }

  decoder(type: ComplexType, name: string): { name: string; tail: number } {
    const known = this.decoders.get(type);
    if (known !== undefined) return known;
    const decoder = { name: this.unique(`decode_${name}`), tail: 0 };
    this.decoders.set(type, decoder);
    decoder.tail = generateDecoder(this, type, decoder.name, true);
    return decoder;
  }

  constant(value: unknown): string {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const name = `K${this.constants.push(value) - 1}`;
    this.known.set(value, name);
    return name;
  }

  numbers(type: EnumerationType): string {
    let numbers = numbersOf.get(type);
    if (numbers === undefined) {
      numbers = new Map(type.values.map((value, i) => [value, i]));
      numbersOf.set(type, numbers);
    }
    return this.constant(numbers);
  }

  external(type: ComplexType, name: string): number {
    const at = this.apart.findIndex((one) => one.type === type);
    return at >= 0 ? at : this.apart.push({ type, name }) - 1;
  }

  private unique(name: string): string {
    let free = name;
    for (let i = 2; this.names.has(free); i++) free = `${name}_${i}`;
    this.names.add(free);
    return free;
  }
}

const numbersOf = new WeakMap<EnumerationType, Map<string, number>>();

/** The source of a unit: a function body that returns `{ encode(v, p), decode(p) }` for `type`. */
export function generate(type: ComplexType, name: string): { body: string; source: Source } {
  const source = new Unit();
  generateEncoder(source, type, "encode", false);
  generateDecoder(source, type, "decode", false);
  const constants = source.constants.map((_, i) => `const K${i} = K[${i}];\n`).join("");
  const body = `"use strict";\n${constants}${source.functions.join("\n")}\nreturn { encode, decode };\n//# sourceURL=exi:${name}\n`;
  return { body, source };
}

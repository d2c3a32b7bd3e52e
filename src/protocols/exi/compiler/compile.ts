/**
 * Compiles types when they are first met. A unit is a type with the types within it, as one function with constants in
 * its closure; members of large choices and rare large elements are units of their own (see `layout.ts`).
 */
import { BitReader, BitWriter } from "../bits.ts";
import { readComplex, writeComplex } from "../interpret.ts";
import type { ComplexType } from "../schema.ts";
import { generate } from "./generate.ts";
import { regular } from "./layout.ts";
import * as scratch from "./scratch.ts";

/** A compiled type: writes a value at bit position `p` and returns the position behind it, or reads one. */
export interface Unit {
  /** Writes a value at position `p` of the output and returns the position behind it. */
  encode(value: unknown, p: number): number;
  /** Reads a value at position `p` of the input and leaves the position in the cursor. */
  decode(p: number): unknown;
}

const units = new WeakMap<ComplexType, Unit>();

/** The unit of a type; it is compiled when it is first used. */
export function unitOf(type: ComplexType, name: string): Unit {
  const known = units.get(type);
  if (known !== undefined) return known;
  const unit: Unit = {
    encode(value, p) {
      Object.assign(unit, compile(type, name));
      return unit.encode(value, p);
    },
    decode(p) {
      Object.assign(unit, compile(type, name));
      return unit.decode(p);
    },
  };
  units.set(type, unit);
  return unit;
}

function compile(type: ComplexType, name: string): Unit {
  if (!regular(type)) return interpreted(type, name);
  const { body, source } = generate(type, name);
  const apart = source.apart.map((one) => unitOf(one.type, one.name));
  const make = new Function("I", "V", "O", "W", "C", "S", "R", "K", "X", body) as (...grounds: unknown[]) => Unit;
  const { input, inputView, output, outputView, cursor, REFUSED } = scratch;
  return make(input, inputView, output, outputView, cursor, scratch, REFUSED, source.constants, apart);
}

/** The interpreter on the same buffers. */
function interpreted(type: ComplexType, name: string): Unit {
  return {
    encode(value, p) {
      const writer = new BitWriter();
      writeComplex(writer, type, value, { path: [name] });
      return scratch.putBits(p, writer.finish(), writer.position);
    },
    decode(p) {
      const reader = new BitReader(scratch.input, p, scratch.cursor.end);
      const value = readComplex(reader, type, { path: [name] });
      scratch.cursor.position = reader.position;
      return value;
    },
  };
}

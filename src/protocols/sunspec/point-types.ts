/**
 * SunSpec point types: their size in registers, their value for "not implemented", and how a number gets in and out of
 * big-endian registers. Not-implemented values are recognised before any scaling and become NaN.
 */

export const pointTypes = {
  int16: { registers: 1, min: -0x7fff, max: 0x7fff },
  uint16: { registers: 1, min: 0, max: 0xfffe },
  enum16: { registers: 1, min: 0, max: 0xfffe },
  bitfield16: { registers: 1, min: 0, max: 0xfffe },
  acc16: { registers: 1, min: 0, max: 0xffff },
  sunssf: { registers: 1, min: -10, max: 10 },
  int32: { registers: 2, min: -0x7fff_ffff, max: 0x7fff_ffff },
  uint32: { registers: 2, min: 0, max: 0xffff_fffe },
  bitfield32: { registers: 2, min: 0, max: 0xffff_fffe },
  acc32: { registers: 2, min: 0, max: 0xffff_ffff },
  int64: { registers: 4, min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  uint64: { registers: 4, min: 0, max: Number.MAX_SAFE_INTEGER },
  acc64: { registers: 4, min: 0, max: Number.MAX_SAFE_INTEGER },
  float32: { registers: 2, min: -3.4e38, max: 3.4e38 },
  float64: { registers: 4, min: -1.7e308, max: 1.7e308 },
  pad: { registers: 1, min: 0, max: 0xffff },
  string: { registers: 0, min: 0, max: 0 },
} as const;
/** A type of a SunSpec point. */
export type PointType = keyof typeof pointTypes;

/** Types that hold a number which a scale factor may apply to. */
export type NumericType = Exclude<PointType, "string">;

const twoTo32 = 0x1_0000_0000;

/** What stands in the registers at byte `offset`, whatever it means. Whole numbers above 2^53 lose their last digits. */
export function rawNumber(type: NumericType, bytes: Buffer, offset: number): number {
  switch (type) {
    case "int16":
    case "sunssf":
      return bytes.readInt16BE(offset);
    case "uint16":
    case "enum16":
    case "bitfield16":
    case "acc16":
    case "pad":
      return bytes.readUInt16BE(offset);
    case "int32":
      return bytes.readInt32BE(offset);
    case "uint32":
    case "bitfield32":
    case "acc32":
      return bytes.readUInt32BE(offset);
    case "int64":
      return bytes.readInt32BE(offset) * twoTo32 + bytes.readUInt32BE(offset + 4);
    case "uint64":
    case "acc64":
      return bytes.readUInt32BE(offset) * twoTo32 + bytes.readUInt32BE(offset + 4);
    case "float32":
      return bytes.readFloatBE(offset);
    case "float64":
      return bytes.readDoubleBE(offset);
  }
}

/** The number of each type that SunSpec keeps for "not implemented"; floats say it with NaN. */
const notImplemented: Readonly<Record<NumericType, number>> = {
  int16: -0x8000,
  sunssf: -0x8000,
  uint16: 0xffff,
  enum16: 0xffff,
  bitfield16: 0xffff,
  acc16: 0,
  pad: 0x8000,
  int32: -0x8000_0000,
  uint32: 0xffff_ffff,
  bitfield32: 0xffff_ffff,
  acc32: 0,
  int64: -0x8000_0000 * twoTo32,
  uint64: 0xffff_ffff * twoTo32 + 0xffff_ffff,
  acc64: 0,
  float32: Number.NaN,
  float64: Number.NaN,
};

/** The number in `bytes` at `offset`, unscaled; NaN when it says "not implemented". Accumulators of 0 are not implemented. */
export function readNumber(type: NumericType, bytes: Buffer, offset: number): number {
  const value = rawNumber(type, bytes, offset);
  return type === "pad" || value === notImplemented[type] || !Number.isFinite(value) ? Number.NaN : value;
}

/** Puts an unscaled number (a whole one, except for floats) into registers; NaN becomes "not implemented". */
export function writeNumber(type: NumericType, value: number, bytes: Buffer, offset: number): void {
  const missing = Number.isNaN(value);
  switch (type) {
    case "int16":
    case "sunssf":
      bytes.writeInt16BE(missing ? -0x8000 : value, offset);
      return;
    case "uint16":
    case "enum16":
    case "bitfield16":
      bytes.writeUInt16BE(missing ? 0xffff : value, offset);
      return;
    case "int32":
      bytes.writeInt32BE(missing ? -0x8000_0000 : value, offset);
      return;
    case "uint32":
    case "bitfield32":
      bytes.writeUInt32BE(missing ? 0xffff_ffff : value, offset);
      return;
    case "acc16":
      bytes.writeUInt16BE(missing ? 0 : value, offset);
      return;
    case "acc32":
      bytes.writeUInt32BE(missing ? 0 : value, offset);
      return;
    case "int64":
      bytes.writeBigInt64BE(missing ? -0x8000_0000_0000_0000n : BigInt(value), offset);
      return;
    case "uint64":
      bytes.writeBigUInt64BE(missing ? 0xffff_ffff_ffff_ffffn : BigInt(value), offset);
      return;
    case "acc64":
      bytes.writeBigUInt64BE(missing ? 0n : BigInt(value), offset);
      return;
    case "float32":
      bytes.writeFloatBE(value, offset);
      return;
    case "float64":
      bytes.writeDoubleBE(value, offset);
      return;
    case "pad":
      bytes.writeUInt16BE(0x8000, offset);
      return;
  }
}

/** Text up to its first zero byte, without the spaces around it; empty when not implemented. */
export function readText(bytes: Buffer, offset: number, registers: number): string {
  const raw = bytes.toString("latin1", offset, offset + 2 * registers);
  const end = raw.indexOf("\0");
  return (end < 0 ? raw : raw.slice(0, end)).trim();
}

/** Text padded with zero bytes, cut where the point ends. */
export function writeText(text: string, bytes: Buffer, offset: number, registers: number): void {
  bytes.fill(0, offset, offset + 2 * registers);
  bytes.write(text.slice(0, 2 * registers), offset, "latin1");
}

/**
 * A value as the whole number that goes into a register of `type` with `scale` (value = number × scale). Rounds towards
 * zero, the safe side of every limit and setpoint, after forgiving the last bits of binary fractions. What does not fit
 * is held at the end of the range. Floats are only scaled.
 */
export function toRegisterNumber(type: NumericType, value: number, scale: number): number {
  if (type === "float32" || type === "float64") return value / scale;
  const { min, max } = pointTypes[type];
  return wholeNumber(value / scale, min, max);
}

/** The whole number on the safe side of `exact`: towards zero, after forgiving the last bits of binary fractions. */
export function wholeNumber(exact: number, min: number, max: number): number {
  const nearest = Math.round(exact);
  const whole = Math.abs(exact - nearest) < 1e-6 ? nearest : Math.trunc(exact);
  return whole > max ? max : whole < min ? min : whole;
}

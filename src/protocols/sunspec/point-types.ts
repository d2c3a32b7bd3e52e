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
  uint64: { registers: 4, min: 0, max: Number.MAX_SAFE_INTEGER },
  float32: { registers: 2, min: -3.4e38, max: 3.4e38 },
  pad: { registers: 1, min: 0, max: 0xffff },
  string: { registers: 0, min: 0, max: 0 },
} as const;
export type PointType = keyof typeof pointTypes;

/** Types that hold a number which a scale factor may apply to. */
export type NumericType = Exclude<PointType, "string">;

/** The number in `bytes` at `offset`, unscaled; NaN when it says "not implemented". Accumulators of 0 are not implemented. */
export function readNumber(type: NumericType, bytes: Buffer, offset: number): number {
  switch (type) {
    case "int16":
    case "sunssf": {
      const value = bytes.readInt16BE(offset);
      return value === -0x8000 ? Number.NaN : value;
    }
    case "uint16":
    case "enum16":
    case "bitfield16": {
      const value = bytes.readUInt16BE(offset);
      return value === 0xffff ? Number.NaN : value;
    }
    case "int32": {
      const value = bytes.readInt32BE(offset);
      return value === -0x8000_0000 ? Number.NaN : value;
    }
    case "uint32":
    case "bitfield32": {
      const value = bytes.readUInt32BE(offset);
      return value === 0xffff_ffff ? Number.NaN : value;
    }
    case "acc16": {
      const value = bytes.readUInt16BE(offset);
      return value === 0 ? Number.NaN : value;
    }
    case "acc32": {
      const value = bytes.readUInt32BE(offset);
      return value === 0 ? Number.NaN : value;
    }
    case "uint64": {
      const high = bytes.readUInt32BE(offset);
      const low = bytes.readUInt32BE(offset + 4);
      return high === 0xffff_ffff && low === 0xffff_ffff ? Number.NaN : high * 0x1_0000_0000 + low;
    }
    case "float32": {
      const value = bytes.readFloatBE(offset);
      return Number.isFinite(value) ? value : Number.NaN;
    }
    case "pad":
      return Number.NaN;
  }
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
    case "uint64":
      bytes.writeUInt32BE(missing ? 0xffff_ffff : Math.floor(value / 0x1_0000_0000), offset);
      bytes.writeUInt32BE(missing ? 0xffff_ffff : value % 0x1_0000_0000, offset + 4);
      return;
    case "float32":
      bytes.writeFloatBE(value, offset);
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
 * zero, the safe side of every limit and set-point, after forgiving the last bits of binary fractions. What does not fit
 * is held at the end of the range. Floats are only scaled.
 */
export function toRegisterNumber(type: NumericType, value: number, scale: number): number {
  if (type === "float32") return value / scale;
  const { min, max } = pointTypes[type];
  const exact = value / scale;
  const nearest = Math.round(exact);
  const whole = Math.abs(exact - nearest) < 1e-6 ? nearest : Math.trunc(exact);
  return whole > max ? max : whole < min ? min : whole;
}

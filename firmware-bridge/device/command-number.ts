/** From a command in our unit and sign to the number that goes into the device's register. */
import { wholeNumber } from "../../src/protocols/sunspec/point-types.ts";
import { type CommandRow, turnSign } from "../maps/device-map.ts";
import { rangeOf } from "./register-number.ts";

/** What setpoints in amperes and in percent are reckoned with. */
export interface WriterContext {
  phaseVoltageV: number;
  phases: number;
  ratedW: number;
}

/**
 * The register's number for `value`; NaN when it can't be said: not a number, a word that the device has no number for, a
 * power of ten or voltage that is not known, a zero that the register must not hold. Rounds towards zero.
 */
export function registerNumber(row: CommandRow, value: number, context: WriterContext, scale: number): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (row.name === "heartbeat" && row.beat !== undefined) return beatNumber(row.beat, value);
  if (row.codes !== undefined) return row.codes[value] ?? Number.NaN;
  let held = value;
  if (row.max !== undefined && held > row.max) held = row.max;
  if (row.min !== undefined && held < row.min) held = row.min;
  if (row.smallest !== undefined && Math.abs(held) < row.smallest) held = 0;
  if (held === 0 && row.zeroForbidden === true) return Number.NaN;
  const exact = (inUnit(row, turnSign(row.sign, held), context) - (row.offset ?? 0)) / scale;
  if (!Number.isFinite(exact)) return Number.NaN;
  if (row.type === "float32" || row.type === "float64") return exact;
  const [min, max] = rangeOf(row.type);
  return wholeNumber(exact, min, max);
}

function inUnit(row: CommandRow, power: number, { phaseVoltageV, phases, ratedW }: WriterContext): number {
  if (row.as === "A") return power / (phases * phaseVoltageV);
  return row.as === "pct" ? (100 * power) / ratedW : power;
}

const beatNumber = (beat: "counter" | "toggle" | number, value: number): number =>
  beat === "toggle" ? value % 2 : beat === "counter" ? value : beat;

/**
 * SunSpec as makers speak it: chains written out register by register, after the public model definitions, with scale factors
 * that follow the power, values that are not implemented, models in between that nobody asks for, and ends of several kinds.
 */
import { RegisterImage } from "../site/modbus-server.ts";
import type { Truth } from "./truth.ts";

const three = [0, 1, 2] as const;
const none = 0x8000;
const none16 = 0xffff;
const nan: readonly number[] = [0x7fc0, 0];
const signed = (value: number): number => Math.round(value) & 0xffff;

function text(letters: string, registers: number): number[] {
  const bytes = Buffer.alloc(2 * registers);
  bytes.write(letters, "latin1");
  return Array.from({ length: registers }, (_, i) => bytes.readUInt16BE(2 * i));
}

function float(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
}

type Model = readonly [id: number, points: readonly number[]];

export const common = (maker: string, model: string, serial: string, length: 65 | 66 = 65): Model => {
  const points = [
    ...text(maker, 16),
    ...text(model, 16),
    ...text("", 8),
    ...text("4.18.34", 8),
    ...text(serial, 16),
    1,
  ];
  return [1, length === 66 ? [...points, none] : points];
};

/** The largest power of ten with which the power still fits: it changes while the device runs. */
const exponentOf = (powerW: number): number => (Math.abs(powerW) > 3_000 ? 1 : Math.abs(powerW) > 300 ? 0 : -1);

/** Model 103; at night only its state is known. */
export function inverter(truth: Truth): Model {
  const points = new Array<number>(50).fill(none16);
  const exponent = exponentOf(truth.powerW);
  const isNight = Number.isNaN(truth.powerW);
  for (const i of three) points[8 + i] = Math.round(10 * truth.phaseV[i]);
  points[11] = signed(-1);
  points[12] = isNight ? none : signed(truth.powerW / 10 ** exponent);
  points[13] = isNight ? none : signed(exponent);
  points[14] = isNight ? none16 : Math.round(100 * truth.frequencyHz);
  points[15] = isNight ? none : signed(-2);
  return [103, points];
}

/** Model 113, the same as floats. `isLost`: the inverter does not answer the data manager, which passes on what it has not got. */
export function floatInverter(truth: Truth, isLost: boolean): Model {
  const points = Array.from({ length: 30 }, () => [...nan]).flat();
  if (!isLost) {
    points.splice(14, 6, ...three.flatMap((i) => float(truth.phaseV[i])));
    points.splice(20, 4, ...float(truth.powerW), ...float(truth.frequencyHz));
  }
  return [113, points];
}

/** Model 203. `sign`: of import. */
export function meter(truth: Truth, sign: 1 | -1): Model {
  const points = new Array<number>(105).fill(none);
  const exponent = exponentOf(truth.powerW);
  for (const i of three) points[6 + i] = Math.round(10 * truth.phaseV[i]);
  points[13] = signed(-1);
  points[14] = Math.round(100 * truth.frequencyHz);
  points[15] = signed(-2);
  points[16] = signed((sign * truth.powerW) / 10 ** exponent);
  for (const i of three) points[17 + i] = signed((sign * truth.phaseW[i]) / 10 ** exponent);
  points[20] = signed(exponent);
  return [203, points];
}

/** Model 213: line voltages and currents before it stay unknown. */
export function floatMeter(truth: Truth, isLost: boolean): Model {
  const points = Array.from({ length: 62 }, () => [...nan]).flat();
  if (!isLost) {
    points.splice(10, 6, ...three.flatMap((i) => float(truth.phaseV[i])));
    points.splice(24, 10, ...[truth.frequencyHz, truth.powerW, ...truth.phaseW].flatMap(float));
  }
  return [213, points];
}

/** A model of that length in which nothing is implemented. */
export const unused = (id: number, length: number): Model => [id, new Array<number>(length).fill(none16)];

export interface ChainShape {
  readonly base?: number;
  /** `usual`: 0xFFFF and length 0. `none`: behind the last model there is nothing. */
  readonly end?: "usual" | "none";
}

/** An image whose registers are these models', made anew for each read. */
export function chain(
  models: () => readonly Model[],
  { base = 40_000, end = "usual" }: ChainShape = {},
): RegisterImage {
  const image = new RegisterImage([3, 4]);
  const show = (): number[] => {
    const words = [0x5375, 0x6e53];
    for (const [id, points] of models()) words.push(id, points.length, ...points);
    if (end === "usual") words.push(none16, 0);
    return words;
  };
  image.define(base, show().length);
  image.refresh = () => image.words.set(show(), base);
  return image;
}

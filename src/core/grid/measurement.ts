/**
 * From raw voltages and frequency to the applicable values that the grid functions use, each with a named quality. A value
 * that is NaN, negative or impossible never enters a formula: its quality says so and the functions hold.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";

/** `single`: one voltage across the terminals. `split`: two legs of half nominal. `three`: three phases to neutral. */
export type Connection = "single" | "split" | "three";

/** What the instruments say, written in place by whoever feeds the functions. */
export interface GridMeasurement {
  /** Per phase or leg, of its own nominal voltage, RMS; entries that the connection lacks are ignored. */
  readonly phaseVoltagePu: [number, number, number];
  /** Between each two phases, of nominal; NaN where the instrument does not measure it. */
  readonly lineVoltagePu: [number, number, number];
  frequencyHz: number;
  /** Age and liveliness as judged by whoever read the device. */
  quality: Quality;
  /** When these values were sampled, ms of the steps' clock; NaN where each step is a sample of its own. */
  sampleAtMs: number;
  /** How far apart its samples are, ms; NaN likewise. */
  everyMs: number;
}

/** A measurement that nobody has made yet: every value NaN, quality missing. */
export const createGridMeasurement = (): GridMeasurement => ({
  phaseVoltagePu: [Number.NaN, Number.NaN, Number.NaN],
  lineVoltagePu: [Number.NaN, Number.NaN, Number.NaN],
  frequencyHz: Number.NaN,
  quality: Quality.missing,
  sampleAtMs: Number.NaN,
  everyMs: Number.NaN,
});

/**
 * Writes a meter's values into a measurement. A meter that knows no single phases (all NaN) gives its one voltage to each.
 */
export function writeMeasurement(
  measurement: GridMeasurement,
  phaseVoltagePu: ArrayLike<number>,
  voltagePu: number,
  frequencyHz: number,
  quality: Quality,
): void {
  const perPhase = !(
    Number.isNaN(phaseVoltagePu[0]) &&
    Number.isNaN(phaseVoltagePu[1]) &&
    Number.isNaN(phaseVoltagePu[2])
  );
  for (let phase = 0; phase < 3; phase++) {
    measurement.phaseVoltagePu[phase] = perPhase ? phaseVoltagePu[phase]! : voltagePu;
  }
  measurement.frequencyHz = frequencyHz;
  measurement.quality = quality;
}

/** The applicable values (IEEE 1547-2018: extremes for trips and entering service, the average for volt-var and volt-watt). */
export interface ApplicableGrid {
  averagePu: number;
  lowPu: number;
  highPu: number;
  frequencyHz: number;
  voltageQuality: Quality;
  /** `missing` while the voltage is too low to measure a frequency: then frequency functions hold and voltage decides. */
  frequencyQuality: Quality;
  /** When the values were sampled, and until when they hold: the clock counts on once the next sample is overdue. ms. */
  sampleAtMs: number;
  provenAtMs: number;
  /** How far apart samples are, ms. */
  everyMs: number;
}

/** Voltages and frequency that apply to the functions, not read yet. */
export const createApplicableGrid = (): ApplicableGrid => ({
  averagePu: Number.NaN,
  lowPu: Number.NaN,
  highPu: Number.NaN,
  frequencyHz: Number.NaN,
  voltageQuality: Quality.missing,
  frequencyQuality: Quality.missing,
  sampleAtMs: Number.NaN,
  provenAtMs: Number.NaN,
  everyMs: 0,
});

/** Above this no voltmeter of a healthy site reads, pu. */
const voltageMaxPu = 2;
/** Below this the zero crossings are noise: frequency is not measured, pu. */
const frequencyVoltageMinPu = 0.1;
/** Frequencies further from nominal than this, of nominal, are a fault of the instrument. */
const frequencySpan = 0.25;

const possible = (voltagePu: number): boolean => voltagePu >= 0 && voltagePu <= voltageMaxPu;

/**
 * Reduces the measurement to what the functions apply to: lowest, highest and mean voltage of the connection, pu;
 * frequency, Hz.
 */
export function readGrid(
  grid: ApplicableGrid,
  measurement: GridMeasurement,
  connection: Connection,
  settings: Readonly<GridSettings>,
): void {
  const a = measurement.phaseVoltagePu[0];
  const b = measurement.phaseVoltagePu[1];
  const c = measurement.phaseVoltagePu[2];
  const plausible = possible(a) && (connection === "single" || possible(b)) && (connection !== "three" || possible(c));
  grid.voltageQuality = plausible ? measurement.quality : worst(measurement.quality, Quality.implausible);
  if (!plausible) grid.averagePu = grid.lowPu = grid.highPu = Number.NaN;
  else if (connection === "single") grid.averagePu = grid.lowPu = grid.highPu = a;
  else if (connection === "split") {
    grid.averagePu = (a + b) / 2; // legs are in opposition, so this is also the voltage across both
    grid.lowPu = Math.min(a, b);
    grid.highPu = Math.max(a, b);
  } else {
    grid.averagePu = (a + b + c) / 3;
    grid.lowPu = Math.min(a, b, c);
    grid.highPu = Math.max(a, b, c);
    addLineVoltages(grid, measurement.lineVoltagePu);
  }
  const { nominalFrequencyHz } = settings;
  const { frequencyHz } = measurement;
  const frequencyPlausible = Math.abs(frequencyHz - nominalFrequencyHz) <= frequencySpan * nominalFrequencyHz;
  if (plausible && grid.averagePu < frequencyVoltageMinPu) grid.frequencyQuality = Quality.missing;
  else
    grid.frequencyQuality = frequencyPlausible ? measurement.quality : worst(measurement.quality, Quality.implausible);
  grid.frequencyHz = grid.frequencyQuality === Quality.good ? frequencyHz : Number.NaN;
}

/**
 * Voltages between phases are applicable too (IEEE 1547-2018): while phases stand 120° apart they lie between those of the
 * two, but in a fault between two phases one of them falls to nothing while both phases keep half of theirs.
 */
function addLineVoltages(grid: ApplicableGrid, lineVoltagePu: readonly number[]): void {
  for (let k = 0; k < 3; k++) {
    const voltagePu = lineVoltagePu[k]!;
    if (!possible(voltagePu)) continue;
    if (voltagePu < grid.lowPu) grid.lowPu = voltagePu;
    if (voltagePu > grid.highPu) grid.highPu = voltagePu;
  }
}

/** Samples that may lie between what is and what has been shown, before the clock counts on. */
export const samplesAhead = 2;

/** Takes the times of a measurement at `nowMs`, `sinceMs` after the last step. */
export function readTimes(grid: ApplicableGrid, measurement: GridMeasurement, nowMs: number, sinceMs: number): void {
  const { sampleAtMs, everyMs, quality } = measurement;
  const isEach = Number.isNaN(sampleAtMs);
  grid.everyMs = isEach ? sinceMs : everyMs;
  // A sample of later than now is a clock's error, and one of before the last stays the last.
  grid.sampleAtMs = isEach || quality !== Quality.good ? nowMs : Math.min(nowMs, sampleAtMs);
  grid.provenAtMs = Math.max(grid.sampleAtMs, nowMs - samplesAhead * grid.everyMs);
}

/** The less believable of two qualities. */
const worst = (a: Quality, b: Quality): Quality => (a < b ? a : b);

/** The voltage is known and is too low to measure a frequency: a deep dip or a dead grid, not a broken instrument. */
export const isCollapsed = (grid: ApplicableGrid): boolean =>
  grid.voltageQuality === Quality.good && grid.averagePu < frequencyVoltageMinPu;

/** Both values may be believed, or the frequency is missing only because the voltage has collapsed. */
export const isMeasured = (grid: ApplicableGrid): boolean =>
  grid.voltageQuality === Quality.good && (grid.frequencyQuality === Quality.good || isCollapsed(grid));

/**
 * The ledger of inadvertent exports (and of imports beyond their limit): each event with peak, duration, energy and cause,
 * and the alarms of requirement R11. The meter averages over its window, so an event is reconstructed finer than that: the
 * load of neighbouring samples dates the step within its sample, and the stages' models give the power at each moment.
 */
import { dayMs, energyWh, minuteMs, secondMs } from "../../domain/units.ts";

/** Why a limit was exceeded. */
export const exceedanceCauses = ["load-step", "limit-lowered", "stage-disobeys", "stage-lost"] as const;
export type ExceedanceCause = (typeof exceedanceCauses)[number];
export const isExceedanceCause = (cause: string): cause is ExceedanceCause =>
  (exceedanceCauses as readonly string[]).includes(cause);

export interface Exceedance {
  /** Counts from 1; never reused. */
  sequence: number;
  /** First moment above the limit: monotonic, and UTC (NaN when the clock was not trusted). */
  startMs: number;
  startWallMs: number;
  durationMs: number;
  /** Largest power beyond the limit, W, and the limit, W (magnitudes). */
  peakOverW: number;
  limitW: number;
  /** Energy beyond the limit. */
  energyWh: number;
  cause: ExceedanceCause;
}

export interface LedgerConfig {
  /** Events that are kept; older ones have to be stored by then. */
  readonly entriesMax: number;
  /** Alarm at more than this many events within `alarmWindowMs` … */
  readonly alarmCount: number;
  readonly alarmWindowMs: number;
  /** … of those that lasted longer than this (utilities count what lasts more than 2 s) … */
  readonly countFromMs: number;
  /** … or at one that lasts longer than this. */
  readonly alarmLongMs: number;
}

/** R11 and the utilities' load-following rule: more than two within 24 h of more than 2 s, or one longer than 60 s. */
export const usualLedger: LedgerConfig = {
  entriesMax: 256,
  alarmCount: 2,
  alarmWindowMs: dayMs,
  countFromMs: 2 * secondMs,
  alarmLongMs: minuteMs,
};

/** What one new meter sample says, on the side of the ledger: powers beyond zero in its direction are positive. */
export interface LedgerSample {
  /** Window of the sample in the time of the world, ms. */
  fromMs: number;
  untilMs: number;
  /** Power in the ledger's direction at the PCC, W. */
  powerW: number;
  /** The part of it that does not come from the stages, W. */
  otherW: number;
  limitW: number;
  /** Noise of one sample, W. */
  sigmaW: number;
  cause: ExceedanceCause;
}

/** Mean power of all stages in the ledger's direction between two moments, W. */
export type StagesBetween = (fromMs: number, untilMs: number) => number;

export interface ExceedanceLedger {
  readonly config: LedgerConfig;
  /** Below this an excess is none, W. */
  readonly toleranceW: number;
  readonly entries: Exceedance[];
  /** Number of events ever; the newest is `entries[(total − 1) % entriesMax]`. */
  total: number;
  /** An event is under way, or it ended so recently that it may go on; its figures so far are in `open`. */
  isOpen: boolean;
  /** The last sample was above the limit. */
  isAbove: boolean;
  readonly open: Exceedance;
  alarmTooMany: boolean;
  alarmTooLong: boolean;
  // the samples around the step
  readonly before: LedgerSample;
  readonly first: LedgerSample;
  /** The first sample waits for the second one, which dates the step inside it. */
  dated: boolean;
  energyWms: number;
  /** Up to where the event is reckoned, and the last moment above the limit in it, ms. */
  untilMs: number;
  endMs: number;
}

/** An event opens beyond the tolerance and beyond this many σ of a sample. */
const openSigmas = 4;
/** What follows within this time of the end belongs to the same event: the tail of a recovery, cycling. */
const mergeMs = 500;
/** A window is reckoned in this many pieces, none shorter than `pieceMinMs`. */
const piecesMax = 50;
const pieceMinMs = 2;

const emptySample = (): LedgerSample => ({
  fromMs: Number.NaN,
  untilMs: Number.NaN,
  powerW: Number.NaN,
  otherW: Number.NaN,
  limitW: 0,
  sigmaW: 0,
  cause: "load-step",
});

const emptyExceedance = (): Exceedance => ({
  sequence: 0,
  startMs: Number.NaN,
  startWallMs: Number.NaN,
  durationMs: 0,
  peakOverW: 0,
  limitW: 0,
  energyWh: 0,
  cause: "load-step",
});

export function createExceedanceLedger(config: LedgerConfig, toleranceW: number): ExceedanceLedger {
  return {
    config,
    toleranceW,
    entries: Array.from({ length: config.entriesMax }, emptyExceedance),
    total: 0,
    isOpen: false,
    isAbove: false,
    open: emptyExceedance(),
    alarmTooMany: false,
    alarmTooLong: false,
    before: emptySample(),
    first: emptySample(),
    dated: false,
    energyWms: 0,
    untilMs: Number.NaN,
    endMs: Number.NaN,
  };
}

/**
 * One new sample. `wallAheadMs` is UTC minus the monotonic clock (NaN when not trusted). Returns true when this sample
 * ended an event, which is then the newest entry.
 */
export function noteSample(
  l: ExceedanceLedger,
  sample: LedgerSample,
  stagesBetween: StagesBetween,
  wallAheadMs: number,
): boolean {
  const overW = sample.powerW - sample.limitW;
  const opens = overW > Math.max(l.toleranceW, openSigmas * sample.sigmaW);
  if (!l.isOpen) {
    if (opens) openEvent(l, sample, stagesBetween, wallAheadMs);
    else copySample(l.before, sample);
    return false;
  }
  if (!l.dated) dateStart(l, sample, stagesBetween, wallAheadMs);
  // Below the limit only what rises clearly above it again goes on with the event.
  if (l.isAbove || opens) {
    const fromMs = l.isAbove ? l.untilMs : sample.fromMs;
    reckon(l, fromMs, sample.untilMs, sample.otherW, sample.limitW, stagesBetween);
  }
  l.isAbove = overW > l.toleranceW;
  l.untilMs = sample.untilMs;
  l.open.durationMs = l.endMs - l.open.startMs;
  l.open.energyWh = energyWh(l.energyWms, 1);
  if (l.open.durationMs > l.config.alarmLongMs) l.alarmTooLong = true;
  if (l.isAbove || sample.untilMs - l.endMs <= mergeMs) return false;
  enterEvent(l, sample);
  return true;
}

function openEvent(l: ExceedanceLedger, sample: LedgerSample, stagesBetween: StagesBetween, wallAheadMs: number): void {
  const { open } = l;
  const windowMs = sample.untilMs - sample.fromMs;
  l.isOpen = true;
  l.isAbove = true;
  l.untilMs = sample.untilMs;
  l.endMs = sample.untilMs;
  l.energyWms = (sample.powerW - sample.limitW) * windowMs;
  copySample(l.first, sample);
  open.sequence = l.total + 1;
  open.startMs = sample.fromMs;
  open.startWallMs = sample.fromMs + wallAheadMs;
  open.durationMs = windowMs;
  open.peakOverW = sample.powerW - sample.limitW;
  open.limitW = sample.limitW;
  open.energyWh = energyWh(l.energyWms, 1);
  open.cause = sample.cause;
  // A lowered limit dates its event itself; a step is dated by the next sample.
  l.dated = sample.cause === "limit-lowered";
  if (l.dated) reckonFirst(l, sample.fromMs, sample.otherW, stagesBetween);
}

/** With the second sample: the first one is a mixture of the load before and after the step, which dates the step inside it. */
function dateStart(l: ExceedanceLedger, second: LedgerSample, stagesBetween: StagesBetween, wallAheadMs: number): void {
  const { before, first, open } = l;
  l.dated = true;
  const stepW = second.otherW - before.otherW;
  if (!(stepW > openSigmas * second.sigmaW)) {
    reckonFirst(l, first.fromMs, first.otherW, stagesBetween);
    return;
  }
  const afterShare = Math.min(1, Math.max(0, (first.otherW - before.otherW) / stepW));
  open.startMs = first.untilMs - afterShare * (first.untilMs - first.fromMs);
  open.startWallMs = open.startMs + wallAheadMs;
  reckonFirst(l, open.startMs, second.otherW, stagesBetween);
}

/** Reckons the first window anew, from where the event began. */
function reckonFirst(l: ExceedanceLedger, startMs: number, otherW: number, stagesBetween: StagesBetween): void {
  l.energyWms = 0;
  l.endMs = l.first.untilMs;
  l.open.peakOverW = 0;
  reckon(l, startMs, l.first.untilMs, otherW, l.first.limitW, stagesBetween);
}

/**
 * Energy, peak and end between two moments in which everything but the stages did `otherW`: in small pieces, because the
 * stages may cross the limit inside a sample's window.
 */
function reckon(
  l: ExceedanceLedger,
  fromMs: number,
  untilMs: number,
  otherW: number,
  limitW: number,
  stagesBetween: StagesBetween,
): void {
  const pieceMs = Math.max(pieceMinMs, (untilMs - fromMs) / piecesMax);
  for (let k = 0; k < piecesMax && fromMs + k * pieceMs < untilMs; k++) {
    const startMs = fromMs + k * pieceMs;
    const endMs = Math.min(untilMs, startMs + pieceMs);
    const overW = stagesBetween(startMs, endMs) + otherW - limitW;
    if (overW > 0) l.energyWms += overW * (endMs - startMs);
    if (overW > l.toleranceW) l.endMs = endMs;
    if (overW > l.open.peakOverW) l.open.peakOverW = overW;
  }
}

/** The event is over: it becomes an entry. */
function enterEvent(l: ExceedanceLedger, last: LedgerSample): void {
  const { open } = l;
  l.isOpen = false;
  l.total++;
  copyExceedance(l.entries[(l.total - 1) % l.config.entriesMax]!, open);
  copySample(l.before, last);
  if (open.durationMs > l.config.alarmLongMs) l.alarmTooLong = true;
  l.alarmTooMany ||= countWithin(l, open.startMs + open.durationMs) > l.config.alarmCount;
}

/** Events that count towards the alarm and began within the alarm's window before `nowMs`. */
export function countWithin(l: ExceedanceLedger, nowMs: number): number {
  const kept = Math.min(l.total, l.config.entriesMax);
  let count = 0;
  for (let k = 0; k < kept; k++) {
    const entry = l.entries[k]!;
    if (entry.durationMs > l.config.countFromMs && nowMs - entry.startMs <= l.config.alarmWindowMs) count++;
  }
  return count;
}

/** A person has seen the alarms. */
export function acknowledgeLedger(l: ExceedanceLedger): void {
  l.alarmTooLong = false;
  l.alarmTooMany = false;
}

function copySample(to: LedgerSample, from: LedgerSample): void {
  to.fromMs = from.fromMs;
  to.untilMs = from.untilMs;
  to.powerW = from.powerW;
  to.otherW = from.otherW;
  to.limitW = from.limitW;
  to.sigmaW = from.sigmaW;
  to.cause = from.cause;
}

function copyExceedance(to: Exceedance, from: Exceedance): void {
  to.sequence = from.sequence;
  to.startMs = from.startMs;
  to.startWallMs = from.startWallMs;
  to.durationMs = from.durationMs;
  to.peakOverW = from.peakOverW;
  to.limitW = from.limitW;
  to.energyWh = from.energyWh;
  to.cause = from.cause;
}

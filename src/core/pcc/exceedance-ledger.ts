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
  samples: number;
  refined: boolean;
  energyWms: number;
  lastUntilMs: number;
  otherSumW: number;
  otherCount: number;
  /** What the stages did at the moment of the step, W; NaN when the event did not begin with one. */
  stagesAtStepW: number;
}

/** Full samples after the step whose mean gives the load after it. */
const otherSamplesMax = 2;
/** An event opens beyond the tolerance and beyond this many σ of a sample. */
const openSigmas = 4;
/** What follows within this time of the end belongs to the same event: the tail of a recovery, cycling. */
const mergeMs = 500;
/** Steps in which the end of an event is searched, ms, and how many at most. */
const searchStepMs = 2;
const searchStepsMax = 500;

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
    samples: 0,
    refined: false,
    energyWms: 0,
    lastUntilMs: Number.NaN,
    otherSumW: 0,
    otherCount: 0,
    stagesAtStepW: Number.NaN,
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
  if (!l.isOpen) {
    if (overW > openThresholdW(l, sample)) openEvent(l, sample, stagesBetween, wallAheadMs);
    else copySample(l.before, sample);
    return false;
  }
  l.samples++;
  if (l.otherCount < otherSamplesMax) {
    l.otherSumW += sample.otherW;
    l.otherCount++;
  }
  if (!l.refined) refineStart(l, sample, stagesBetween, wallAheadMs);
  const peakW = measuredPeak(overW, sample.sigmaW);
  if (peakW > l.open.peakOverW) l.open.peakOverW = peakW;
  if (overW > (l.isAbove ? l.toleranceW : openThresholdW(l, sample))) {
    const sinceMs = l.isAbove ? l.lastUntilMs : sample.fromMs;
    l.isAbove = true;
    l.energyWms += overW * (sample.untilMs - sinceMs);
    l.lastUntilMs = sample.untilMs;
    l.open.durationMs = sample.untilMs - l.open.startMs;
    l.open.energyWh = energyWh(l.energyWms, 1);
    if (l.open.durationMs > l.config.alarmLongMs) l.alarmTooLong = true;
    return false;
  }
  if (l.isAbove) endEvent(l, sample, stagesBetween);
  if (sample.untilMs - l.lastUntilMs <= mergeMs) return false;
  enterEvent(l, sample);
  return true;
}

function openThresholdW(l: ExceedanceLedger, sample: LedgerSample): number {
  return Math.max(l.toleranceW, openSigmas * sample.sigmaW);
}

/** The highest of several noisy samples is too high by about one σ. */
function measuredPeak(overW: number, sigmaW: number): number {
  return Math.max(0, overW - sigmaW);
}

function openEvent(l: ExceedanceLedger, sample: LedgerSample, stagesBetween: StagesBetween, wallAheadMs: number): void {
  l.isOpen = true;
  l.isAbove = true;
  l.refined = false;
  l.samples = 1;
  l.otherSumW = 0;
  l.otherCount = 0;
  // A lowered limit dates its event itself; a step is dated by the next sample.
  const fromMs = sample.fromMs;
  l.stagesAtStepW = sample.cause === "limit-lowered" ? stagesBetween(fromMs, fromMs + searchStepMs) : Number.NaN;
  l.energyWms = Math.max(0, sample.powerW - sample.limitW) * (sample.untilMs - sample.fromMs);
  l.lastUntilMs = sample.untilMs;
  copySample(l.first, sample);
  l.open.sequence = l.total + 1;
  l.open.startMs = sample.fromMs;
  l.open.startWallMs = sample.fromMs + wallAheadMs;
  l.open.durationMs = sample.untilMs - sample.fromMs;
  l.open.peakOverW = measuredPeak(sample.powerW - sample.limitW, sample.sigmaW);
  l.open.limitW = sample.limitW;
  l.open.energyWh = energyWh(l.energyWms, 1);
  l.open.cause = sample.cause;
}

/**
 * With the second sample: the first one is a mixture of the load before and after, which dates the step inside it. A step
 * in the last moments of the window before may have left too little there to open the event.
 */
function refineStart(
  l: ExceedanceLedger,
  second: LedgerSample,
  stagesBetween: StagesBetween,
  wallAheadMs: number,
): void {
  l.refined = true;
  const { before, first, open } = l;
  const stepW = second.otherW - before.otherW;
  if (open.cause !== "load-step" || !(stepW > openSigmas * second.sigmaW)) return;
  const windowMs = first.untilMs - first.fromMs;
  const afterShare = Math.min(1, Math.max(0, (first.otherW - before.otherW) / stepW));
  const startMs = first.untilMs - afterShare * windowMs;
  open.startMs = startMs;
  open.startWallMs = startMs + wallAheadMs;
  l.stagesAtStepW = stagesBetween(startMs - searchStepMs, startMs + searchStepMs);
  const spanMs = first.untilMs - startMs;
  l.energyWms =
    spanMs > 0 ? Math.max(0, stagesBetween(startMs, first.untilMs) + second.otherW - first.limitW) * spanMs : 0;
}

/** The last sample above the limit is a mixture too: the models say when the power came back under the limit. */
function endEvent(l: ExceedanceLedger, last: LedgerSample, stagesBetween: StagesBetween): void {
  const { open } = l;
  let endMs = l.lastUntilMs;
  const backW = last.limitW + l.toleranceW - last.otherW;
  if (stagesBetween(endMs, endMs + searchStepMs) > backW) {
    // Still above at the end of the last sample above: search forwards.
    for (let k = 0; k < searchStepsMax && endMs < last.untilMs; k++) {
      if (stagesBetween(endMs, endMs + searchStepMs) <= backW) break;
      endMs += searchStepMs;
    }
    const spanMs = endMs - l.lastUntilMs;
    if (spanMs > 0)
      l.energyWms += Math.max(0, stagesBetween(l.lastUntilMs, endMs) + last.otherW - last.limitW) * spanMs;
  } else {
    for (let k = 0; k < searchStepsMax && endMs > open.startMs; k++) {
      if (stagesBetween(endMs - searchStepMs, endMs) > backW) break;
      endMs -= searchStepMs;
    }
  }
  open.durationMs = Math.max(searchStepMs, endMs - open.startMs);
  const otherW = l.otherCount > 0 ? l.otherSumW / l.otherCount : last.otherW;
  const peakW = l.stagesAtStepW + otherW - open.limitW;
  if (peakW > open.peakOverW) open.peakOverW = peakW;
  open.energyWh = energyWh(l.energyWms, 1);
  l.isAbove = false;
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

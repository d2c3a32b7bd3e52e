/**
 * The ledger of inadvertent exports (and of imports beyond their limit): each event with peak, duration, energy and cause,
 * and the alarms of requirement R11. The meter averages over its window, so an event is reconstructed finer than that: the
 * load is dated within its samples (`load-steps.ts`), and the stages' models give the power at each moment.
 */
import { dayMs, energyWh, minuteMs, secondMs } from "../../domain/units.ts";
import {
  createLoadSteps,
  followSteady,
  forgetLoad,
  isSteady,
  type LoadSteps,
  type LoadWindow,
  reckonLoad,
  waitingMax,
} from "./load-steps.ts";

/** Why a limit was exceeded. */
export const exceedanceCauses = ["load-step", "limit-lowered", "stage-disobeys", "stage-lost"] as const;
/** Why power at the PCC was beyond its limit, as far as the controller can tell. */
export type ExceedanceCause = (typeof exceedanceCauses)[number];
/** Whether a word that was read back names a cause. */
export const isExceedanceCause = (cause: string): cause is ExceedanceCause =>
  (exceedanceCauses as readonly string[]).includes(cause);

/** One time beyond the limit: when, for how long, how much (W and Wh), and why. */
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

/** How many entries are kept, from which duration on one counts, and what raises the alarm. */
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
  /** From when on the limit holds, ms. */
  limitFromMs: number;
  /** Noise of one sample, W. */
  sigmaW: number;
  cause: ExceedanceCause;
}

/** Mean power of all stages in the ledger's direction between two moments, W. */
export type StagesBetween = (fromMs: number, untilMs: number) => number;

/** A sample that waits until the load in it is known, with what the stages did piece by piece since the sample before. */
interface WaitingSample extends LoadWindow {
  powerW: number;
  limitW: number;
  openFromW: number;
  cause: ExceedanceCause;
  wallAheadMs: number;
  /** It or the sample after it was above the limit. */
  shown: boolean;
  reckonFromMs: number;
  pieceMs: number;
  readonly stagesW: Float64Array;
}

/** All exceedances of one side with the alarms that follow from them. */
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
  readonly load: LoadSteps;
  /** Samples whose load is not known yet, a ring. */
  readonly waiting: WaitingSample[];
  firstWaiting: number;
  waitingCount: number;
  /** End of the last sample, and up to where power is reckoned, ms. */
  sampledUntilMs: number;
  untilMs: number;
  energyWms: number;
  /** The last moment above the limit, and when the first of the events began that followed each other closely, ms. */
  endMs: number;
  episodeSinceMs: number;
}

/** An event opens beyond the tolerance and beyond this many σ of a sample. */
const openSigmas = 4;
/** So many σ of a sample may two of them differ by chance. */
const differSigmas = 1.4 * openSigmas;
/** So far may we be wrong about when the meter measured, ms. */
const alignedMs = 20;
/** Within the limit for less than this: the event goes on. */
const pauseMs = 50;
/** Events that follow each other within this time count as one for the alarms: the tail of a recovery, cycling. */
const episodePauseMs = 500;
/** What lies between two samples that are both above the limit was above it too, unless it is longer than this. */
const bridgeMs = 5_000;
/** A window is reckoned in this many pieces, none shorter than `pieceMinMs`. */
const piecesMax = 50;
const pieceMinMs = 2;

const emptyWaiting = (): WaitingSample => ({
  fromMs: Number.NaN,
  untilMs: Number.NaN,
  powerW: Number.NaN,
  otherW: Number.NaN,
  noiseW: 0,
  motionW: 0,
  limitW: 0,
  openFromW: 0,
  cause: "load-step",
  wallAheadMs: Number.NaN,
  shown: false,
  reckonFromMs: Number.NaN,
  pieceMs: pieceMinMs,
  stagesW: new Float64Array(piecesMax),
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

/** An empty ledger; power within `toleranceW` of the limit is no exceedance. */
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
    load: createLoadSteps(toleranceW),
    waiting: Array.from({ length: waitingMax }, emptyWaiting),
    firstWaiting: 0,
    waitingCount: 0,
    sampledUntilMs: Number.NEGATIVE_INFINITY,
    untilMs: Number.NEGATIVE_INFINITY,
    energyWms: 0,
    endMs: Number.NEGATIVE_INFINITY,
    episodeSinceMs: Number.NaN,
  };
}

/**
 * One new sample. `wallAheadMs` is UTC minus the monotonic clock (NaN when not trusted). Returns how many events have become
 * entries by it; they are the newest ones.
 */
export function noteSample(
  l: ExceedanceLedger,
  sample: LedgerSample,
  stagesBetween: StagesBetween,
  wallAheadMs: number,
): number {
  const before = l.total;
  if (sample.fromMs - l.sampledUntilMs > bridgeMs) forget(l);
  l.isAbove = sample.powerW - sample.limitW > l.toleranceW;
  const window = l.waiting[(l.firstWaiting + l.waitingCount) % waitingMax]!;
  window.fromMs = sample.fromMs;
  window.untilMs = sample.untilMs;
  window.otherW = sample.otherW;
  window.noiseW = differSigmas * sample.sigmaW;
  window.motionW = 0;
  const quiet = l.waitingCount === 0 && !l.isOpen && !l.isAbove && isSteady(l.load, window);
  if (quiet) {
    followSteady(l.load, window);
    l.untilMs = sample.untilMs;
  } else {
    fillWaiting(l, window, sample, stagesBetween, wallAheadMs);
    l.waitingCount++;
    reckonWaiting(l, false);
  }
  l.sampledUntilMs = sample.untilMs;
  return l.total - before;
}

/** What the stages did since the last sample, while their models still remember it. */
function fillWaiting(
  l: ExceedanceLedger,
  to: WaitingSample,
  sample: LedgerSample,
  stagesBetween: StagesBetween,
  wallAheadMs: number,
): void {
  const { fromMs, untilMs } = sample;
  to.powerW = sample.powerW;
  to.limitW = sample.limitW;
  to.openFromW = Math.max(l.toleranceW, openSigmas * sample.sigmaW);
  to.cause = sample.cause;
  to.wallAheadMs = wallAheadMs;
  const movedW = stagesBetween(untilMs - pieceMinMs, untilMs) - stagesBetween(fromMs, fromMs + pieceMinMs);
  to.motionW = Math.abs(movedW) * Math.min(1, alignedMs / (untilMs - fromMs));
  to.reckonFromMs = Math.max(fromMs, l.sampledUntilMs, sample.limitFromMs);
  to.pieceMs = Math.max(pieceMinMs, (untilMs - to.reckonFromMs) / piecesMax);
  for (let k = 0; k < piecesMax; k++) {
    const startMs = to.reckonFromMs + k * to.pieceMs;
    if (startMs >= untilMs) break;
    to.stagesW[k] = stagesBetween(startMs, Math.min(untilMs, startMs + to.pieceMs));
  }
}

function reckonWaiting(l: ExceedanceLedger, last: boolean): void {
  while (l.waitingCount > 0 && reckonLoad(l.load, l.waiting, l.firstWaiting, l.waitingCount, last)) {
    const window = l.waiting[l.firstWaiting]!;
    const next = l.waitingCount > 1 ? l.waiting[(l.firstWaiting + 1) % waitingMax]! : window;
    window.shown = isShown(l, window) || isShown(l, next);
    if (!(window.powerW > window.limitW)) window.cause = next.cause;
    reckonSample(l, window);
    l.firstWaiting = (l.firstWaiting + 1) % waitingMax;
    l.waitingCount--;
  }
}

const isShown = (l: ExceedanceLedger, { powerW, limitW }: WaitingSample): boolean => powerW - limitW > l.toleranceW;

/** The meter was away for so long that nothing connects what comes with what was. */
function forget(l: ExceedanceLedger): void {
  reckonWaiting(l, true);
  if (l.isOpen) enterEvent(l);
  forgetLoad(l.load);
}

/** Energy, peak and ends within one sample, piece by piece: the stages or a step may cross the limit inside it. */
function reckonSample(l: ExceedanceLedger, w: WaitingSample): void {
  const { beforeW, stepAtMs, levelW } = l.load;
  for (let k = 0; k < piecesMax; k++) {
    const startMs = w.reckonFromMs + k * w.pieceMs;
    if (startMs >= w.untilMs) break;
    const endMs = Math.min(w.untilMs, startMs + w.pieceMs);
    const stagesW = w.stagesW[k]! - w.limitW;
    const changeMs = Math.min(endMs, Math.max(startMs, stepAtMs));
    if (changeMs > startMs) reckonPiece(l, w, startMs, changeMs, stagesW + beforeW);
    if (endMs > changeMs) reckonPiece(l, w, changeMs, endMs, stagesW + levelW);
  }
  l.untilMs = w.untilMs;
  if (!l.isOpen) return;
  l.open.energyWh = energyWh(l.energyWms, 1);
  if (l.endMs - l.episodeSinceMs > l.config.alarmLongMs) l.alarmTooLong = true;
}

function reckonPiece(l: ExceedanceLedger, w: WaitingSample, fromMs: number, untilMs: number, overW: number): void {
  const { open } = l;
  const above = overW > l.toleranceW;
  // Between two samples, both above the limit: the meter does not say, so it was above all the time.
  const since = l.isOpen && above && l.endMs === l.untilMs ? l.endMs : fromMs;
  if (l.isOpen && (above ? since : untilMs) - l.endMs > pauseMs) enterEvent(l);
  if (!l.isOpen) {
    if (!(overW > w.openFromW)) return;
    // Soon after an event the stages' models are at their worst: there the meter itself has to show the next one.
    if (fromMs - l.endMs <= episodePauseMs && !w.shown) return;
    openEvent(l, w, fromMs);
  }
  if (overW > 0) l.energyWms += overW * (untilMs - since);
  if (!above) return;
  l.endMs = untilMs;
  open.durationMs = untilMs - open.startMs;
  if (overW > open.peakOverW) open.peakOverW = overW;
}

function openEvent(l: ExceedanceLedger, w: WaitingSample, startMs: number): void {
  const { open } = l;
  if (!(startMs - l.endMs <= episodePauseMs)) l.episodeSinceMs = startMs;
  l.isOpen = true;
  l.energyWms = 0;
  l.endMs = startMs;
  open.sequence = l.total + 1;
  open.startMs = startMs;
  open.startWallMs = startMs + w.wallAheadMs;
  open.durationMs = 0;
  open.peakOverW = 0;
  open.limitW = w.limitW;
  open.energyWh = 0;
  open.cause = w.cause;
}

/** The event is over: it becomes an entry. */
function enterEvent(l: ExceedanceLedger): void {
  const { open } = l;
  open.energyWh = energyWh(l.energyWms, 1);
  l.isOpen = false;
  l.total++;
  copyExceedance(l.entries[(l.total - 1) % l.config.entriesMax]!, open);
  if (l.endMs - l.episodeSinceMs > l.config.alarmLongMs) l.alarmTooLong = true;
  l.alarmTooMany ||= countWithin(l, l.endMs) > l.config.alarmCount;
}

/** Events that count towards the alarm and began within the alarm's window before `nowMs`; cycling counts as one. */
export function countWithin(l: ExceedanceLedger, nowMs: number): number {
  const { entriesMax, countFromMs, alarmWindowMs } = l.config;
  const kept = Math.min(l.total, entriesMax);
  let count = 0;
  let sinceMs = Number.NaN;
  let untilMs = Number.NaN;
  let counted = false;
  for (let k = l.total - kept; k < l.total; k++) {
    const { startMs, durationMs } = l.entries[k % entriesMax]!;
    const goesOn = startMs >= untilMs && startMs - untilMs <= episodePauseMs;
    if (!goesOn) {
      sinceMs = startMs;
      counted = false;
    }
    untilMs = startMs + durationMs;
    if (counted || untilMs - sinceMs <= countFromMs || nowMs - sinceMs > alarmWindowMs) continue;
    counted = true;
    count++;
  }
  return count;
}

/** A person has seen the alarms. */
export function acknowledgeLedger(l: ExceedanceLedger): void {
  l.alarmTooLong = false;
  l.alarmTooMany = false;
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

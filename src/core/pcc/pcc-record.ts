/**
 * What is kept of the limits at the PCC: the ledgers of exports and imports beyond their limit and the response-time
 * passport. Runs after `stepExportControl` in each tick; works only when a new sample has come.
 */

import type { MeterFacts, StageFacts } from "../snapshot.ts";
import type { ExportControl, SiteBudget } from "./control-state.ts";
import {
  acknowledgeLedger,
  createExceedanceLedger,
  type ExceedanceCause,
  type ExceedanceLedger,
  type LedgerConfig,
  type LedgerSample,
  noteSample,
  type StagesBetween,
} from "./exceedance-ledger.ts";
import { PowerSource } from "./load-observer.ts";
import type { PccLimits } from "./pcc-limits.ts";
import { createResponsePassport, noteRecovery, type ResponsePassport } from "./response-passport.ts";
import { advanceTrack, allTracked, createStageTrack, type StageTrack, trackedSumW } from "./stage-track.ts";

/** Excess that is none: 0.5 % of the stages' sum, as in the study's acceptance. */
const toleranceShare = 0.005;
/** A limit that fell, or a stage that was lost, explains an event that begins within this time. */
const causeHoldMs = 2_000;
/** A sample is half a tick old on average when it is read; the control guesses a quarter, the side that is harmless to it. */
const sampleOlderTicks = 0.25;
/** A stage explains an event when its excess is at least this share of it. */
const excessShare = 0.5;
/**
 * Behind an open K1 the meter shows nothing of the site but its own noise, and what the stages do is no export. What it shows
 * beyond this share of the stages' sum is power all the same, whatever K1's contacts say.
 */
const openNoiseShare = 0.02;
const noStages: StagesBetween = () => 0;

/** A meter's windows overlap when they are so many times as long as its samples are apart. */
const slidingFrom = 1.2;

interface RecordSide {
  readonly sign: 1 | -1;
  readonly ledger: ExceedanceLedger;
  readonly sample: LedgerSample;
  readonly stagesBetween: StagesBetween;
  limitW: number;
  /** When the limit was last lowered, and from what. */
  loweredAtMs: number;
  loweredFromW: number;
}

/** What is on record of the PCC: exceedances of both sides and how quickly each was over. */
export interface PccRecord {
  readonly exports: RecordSide;
  readonly imports: RecordSide;
  readonly track: StageTrack;
  readonly passport: ResponsePassport;
  /** In: UTC now, ms; NaN when the clock is not trusted. A field, so that no number is boxed for the call. */
  wallMs: number;
  /** In: K1 is proven open. */
  k1Open: boolean;
}

/** `boundMs`: recovery that the site promises, for the passport. */
export function createPccRecord(control: ExportControl, config: LedgerConfig, boundMs?: number): PccRecord {
  const track = createStageTrack(control.observer);
  const side = (sign: 1 | -1): RecordSide => ({
    sign,
    ledger: createExceedanceLedger(config, toleranceShare * control.scaleW),
    sample: { fromMs: 0, untilMs: 0, powerW: 0, otherW: 0, limitW: 0, limitFromMs: 0, sigmaW: 0, cause: "load-step" },
    stagesBetween: (fromMs, untilMs) => sign * trackedSumW(track, fromMs, untilMs),
    limitW: Number.NaN,
    loweredAtMs: Number.NEGATIVE_INFINITY,
    loweredFromW: Number.NaN,
  });
  return {
    exports: side(-1),
    imports: side(1),
    track,
    passport: createResponsePassport(boundMs),
    wallMs: Number.NaN,
    k1Open: false,
  };
}

/** One tick. */
export function recordPcc(
  record: PccRecord,
  control: ExportControl,
  budget: SiteBudget,
  meter: MeterFacts,
  stages: readonly StageFacts[],
  limits: PccLimits,
  nowMs: number,
): void {
  advanceTrack(record.track, stages, nowMs);
  noteLimit(record.exports, limits.exportLimitW, nowMs);
  noteLimit(record.imports, limits.importLimitW, nowMs);
  if (!control.supervision.hasSample) return;
  recordSide(record, record.exports, control, budget, meter, nowMs);
  recordSide(record, record.imports, control, budget, meter, nowMs);
}

function noteLimit(side: RecordSide, limitW: number, nowMs: number): void {
  if (limitW < side.limitW) {
    side.loweredAtMs = nowMs;
    side.loweredFromW = side.limitW;
  }
  side.limitW = limitW;
}

function recordSide(
  record: PccRecord,
  side: RecordSide,
  control: ExportControl,
  budget: SiteBudget,
  meter: MeterFacts,
  nowMs: number,
): void {
  const { sample, ledger } = side;
  const { updateMs } = control.config.meter;
  ledger.load.sliding = control.dynamics.windowMs > slidingFrom * updateMs;
  const olderMs = sampleOlderTicks * control.config.tickMs;
  sample.fromMs = control.sampleFromMs - olderMs;
  sample.untilMs = control.sampleUntilMs - olderMs;
  const isCutOff = record.k1Open && Math.abs(meter.powerW) <= openNoiseShare * control.scaleW;
  sample.powerW = isCutOff ? 0 : side.sign * meter.powerW;
  // As the control reckons the load, unless it is known better what the stages did.
  const loadW = allTracked(record.track)
    ? sample.powerW - side.stagesBetween(sample.fromMs, sample.untilMs)
    : side.sign * budget.loadW;
  sample.otherW = isCutOff ? 0 : loadW;
  sample.limitW = side.limitW;
  sample.limitFromMs = side.loweredAtMs;
  // The limit fell after the window: what it shows counts against the old one. Within it only what came after counts.
  if (side.loweredAtMs >= sample.untilMs) {
    sample.limitW = side.loweredFromW;
    sample.limitFromMs = Number.NEGATIVE_INFINITY;
  }
  sample.sigmaW = control.channels[0]!.noise.sigmaW;
  sample.cause = causeOf(side, control, sample.powerW - sample.limitW, nowMs);
  const entered = noteSample(ledger, sample, isCutOff ? noStages : side.stagesBetween, record.wallMs - nowMs);
  for (let k = ledger.total - entered; k < ledger.total; k++) {
    const entry = ledger.entries[k % ledger.config.entriesMax]!;
    if (entry.cause === "load-step")
      noteRecovery(record.passport, entry.startWallMs, entry.peakOverW, entry.durationMs);
  }
}

function causeOf(side: RecordSide, control: ExportControl, overW: number, nowMs: number): ExceedanceCause {
  if (nowMs - side.loweredAtMs <= causeHoldMs) return "limit-lowered";
  const channel = control.channels[0]!;
  const excessW = side.sign < 0 ? channel.exportSide.excessW : channel.importSide.excessW;
  if (overW > 0 && excessW > excessShare * overW) return "stage-disobeys";
  const o = control.observer;
  for (let i = 0; i < o.stageCount; i++) {
    if (o.powerSource[i] === PowerSource.lastKnown && nowMs - o.silentSinceMs[i]! <= causeHoldMs) return "stage-lost";
  }
  return "load-step";
}

/** A person has seen the alarms of both ledgers. */
export function acknowledgeLedgers({ exports, imports }: PccRecord): void {
  acknowledgeLedger(exports.ledger);
  acknowledgeLedger(imports.ledger);
}

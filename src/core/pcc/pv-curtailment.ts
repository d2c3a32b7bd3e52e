/**
 * PV beside the grid under an export limit: where the chargers' own control can't keep it, because nobody discharges any more
 * and the sun gives more than the site takes, PV is held back. Inverters take a limit slowly and wear out their memory, so the
 * limit is set anew only when a sample shows what the last one has done. What the site takes without PV and vehicles plus what
 * it may export is what PV may give: vehicles that discharge stand back for it.
 */
import { Quality } from "../../domain/quality.ts";
import type { MeterFacts, SiteFacts } from "../snapshot.ts";
import type { ExportControl } from "./control-state.ts";
import { addReading, beginTick, createStageHistory, measuredSum, type StageHistory } from "./dynamics/stage-history.ts";

/** From a change of the limit until PV stands where it leads, ms: samples that hold the way there are not judged. */
const settleMs = 1_000;
/** Between two changes, ms. */
const changeMs = 2_000;
/** A limit is lowered and raised by no less than these shares of the rating. */
const cutShare = 0.01;
const raiseShare = 0.02;
/** Margin to the limit, of the rating: what PV moves by within a sample. */
const marginShare = 0.01;
const share = Float64Array.of(1);

/** What PV may give. Written in place. */
export interface PvCurtailment {
  /** Rating of the inverters that are held back together, W; 0 where none is. */
  readonly ratedW: number;
  readonly history: StageHistory;
  /** In: the largest export of the site, W. */
  exportLimitW: number;
  /** Out: Infinity without a limit. */
  limitW: number;
  changedMs: number;
  /** What the last sample left for PV, W; NaN before the first. */
  roomW: number;
}

/** PV free. `ratedW`: 0 where it is not held back beside the grid. */
export function createPvCurtailment(ratedW: number, tickMs: number): PvCurtailment {
  return {
    ratedW,
    history: createStageHistory(tickMs, 1, 1, 0),
    exportLimitW: Number.POSITIVE_INFINITY,
    limitW: Number.POSITIVE_INFINITY,
    changedMs: Number.NEGATIVE_INFINITY,
    roomW: Number.NaN,
  };
}

/** One tick, after export control. A site that is blind lets PV give no more than it may export without any load. */
export function stepPvCurtailment(
  p: PvCurtailment,
  control: ExportControl,
  meter: MeterFacts,
  site: SiteFacts,
  nowMs: number,
): void {
  if (p.ratedW === 0) return;
  beginTick(p.history, nowMs);
  // What is not known is none: at night, and of a silent inverter, the meter shows the rest.
  p.history.nowW[0] = site.pvPowerW > 0 ? site.pvPowerW : 0;
  addReading(p.history, 0, share);
  const { supervision } = control;
  if (supervision.quality !== Quality.good) {
    // Before the first sample nothing is known that would call for a limit.
    if (!Number.isNaN(p.roomW)) aim(p, p.exportLimitW, nowMs);
    return;
  }
  if (!supervision.hasSample || control.sampleFromMs < p.changedMs + settleMs) return;
  const beforeW = p.roomW;
  p.roomW = roomW(p, control, meter);
  if (Number.isNaN(p.roomW)) return;
  // More only when two samples agree, less at once.
  const raisedW = beforeW > p.roomW || Number.isNaN(beforeW) ? p.roomW : beforeW;
  aim(p, p.roomW < Math.min(p.limitW, p.ratedW) ? p.roomW : raisedW, nowMs);
}

/** What this sample leaves for PV, W. */
function roomW(p: PvCurtailment, control: ExportControl, { powerW }: MeterFacts): number {
  const { sampleFromMs, sampleUntilMs } = control;
  const stages = control.dynamics.history;
  stages.spanFromMs = p.history.spanFromMs = sampleFromMs;
  stages.spanUntilMs = p.history.spanUntilMs = sampleUntilMs;
  measuredSum(stages, 0);
  measuredSum(p.history, 0);
  const takenW = powerW + p.history.meanW - Math.min(0, stages.meanW);
  const { offsetErrorW } = control.config.meter;
  return takenW + p.exportLimitW - marginShare * p.ratedW - offsetErrorW;
}

function aim(p: PvCurtailment, roomW: number, nowMs: number): void {
  if (nowMs - p.changedMs < changeMs) return;
  const wantedW = Math.max(0, Math.min(p.ratedW, roomW));
  const nowW = Math.min(p.limitW, p.ratedW);
  const isFree = wantedW === p.ratedW;
  if (wantedW > nowW - cutShare * p.ratedW && wantedW < nowW + raiseShare * p.ratedW && !(isFree && nowW < p.ratedW))
    return;
  p.limitW = isFree ? Number.POSITIVE_INFINITY : wantedW;
  p.changedMs = nowMs;
}

/** The ledger of inadvertent exports against what really happened at the PCC, event by event. */
import { usualLedger } from "../../src/core/pcc/exceedance-ledger.ts";
import { createPccRecord, recordPcc } from "../../src/core/pcc/pcc-record.ts";
import { between, createDice, Plant, uniform } from "./plant.ts";
import { Site, usualOptions } from "./site.ts";
import { makeStages, ratedW, usualSteps } from "./steps.ts";

export interface LedgerResult {
  /** Events in truth that a meter can see: above the tolerance for at least a window and by four σ of a sample. */
  trueEvents: number;
  recordedEvents: number;
  /** True events without an entry, and entries without a true event. */
  missed: number;
  invented: number;
  wrongCause: number;
  /** Entry minus truth: peak in shares of the stages' sum, duration in ms, energy in shares of the truth. */
  readonly peakErrors: number[];
  readonly durationErrorsMs: number[];
  readonly energyErrors: number[];
}

interface TrueEvent {
  startMs: number;
  endMs: number;
  peakW: number;
  energyWms: number;
  matched: boolean;
}

const sumW = 4 * ratedW;
const toleranceW = 0.005 * sumW;
const sigmaW = 0.003 * 1.25 * sumW;
/** As in the ledger: what follows within 50 ms belongs to the same event. */
const pauseMs = 50;
const causes = ["load-step", "limit-lowered", "stage-disobeys"] as const;

/** `count` events of several causes from `seed`, twenty for each new site. */
export function measureLedger(meterMs: number, tickMs: number, seed: number, count: number): LedgerResult {
  const result: LedgerResult = {
    trueEvents: 0,
    recordedEvents: 0,
    missed: 0,
    invented: 0,
    wrongCause: 0,
    peakErrors: [],
    durationErrorsMs: [],
    energyErrors: [],
  };
  for (let session = 0; session * 20 < count; session++) {
    runSession(meterMs, tickMs, seed * 100_003 + session, Math.min(20, count - 20 * session), result);
  }
  return result;
}

function runSession(meterMs: number, tickMs: number, seed: number, count: number, result: LedgerResult): void {
  const dice = createDice(seed);
  const plant = new Plant(
    makeStages(usualSteps, dice),
    { updateMs: meterMs, windowMs: meterMs, latencyMs: 10, jitterMs: 0, lostShare: 0, sigmaW, gain: 1, offsetW: 0 },
    2,
    dice,
  );
  const site = new Site(plant, { ...usualOptions, tickMs, rangeW: 2.5 * sumW });
  const record = createPccRecord(site.control, usualLedger);
  const ledger = record.exports.ledger;
  site.requestedW.fill(-ratedW);
  let limitW = between(dice, 0.2, 0.5) * sumW;
  let loadW = 0.5 * sumW;
  site.limits.exportLimitW = limitW;
  const truth: TrueEvent[] = [];
  const causeAt: { atMs: number; cause: string }[] = [];
  let open: TrueEvent | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  let loweredAtMs = Number.NEGATIVE_INFINITY;
  const each = (nowMs: number) => {
    record.wallMs = nowMs;
    if (nowMs % tickMs === 0) recordPcc(record, site.control, site.budget, site.meter, site.stages, site.limits, nowMs);
    // A limit that is lowered counts from the tick that brings it.
    const overW = -plant.pccW[0]! - (nowMs >= loweredAtMs ? limitW : Number.POSITIVE_INFINITY);
    if (overW > toleranceW) {
      if (open === undefined || nowMs - lastMs > pauseMs) {
        open = { startMs: nowMs - 1, endMs: nowMs, peakW: 0, energyWms: 0, matched: false };
        truth.push(open);
      }
      lastMs = nowMs;
      open.endMs = nowMs;
      if (overW > open.peakW) open.peakW = overW;
    }
    if (open !== undefined && nowMs - lastMs <= pauseMs && overW > 0) open.energyWms += overW;
  };
  const setLoad = () => plant.loadW.fill(loadW / 3);
  setLoad();
  for (let event = 0; event < count; event++) {
    site.run(7_000 + Math.floor(uniform(dice) * 500), each);
    const cause = causes[Math.floor(uniform(dice) * causes.length)]!;
    causeAt.push({ atMs: plant.nowMs, cause });
    if (cause === "limit-lowered") {
      // The tick that brings the limit is the next one.
      while ((plant.nowMs + 1) % tickMs !== 0) site.run(1, each);
      limitW *= between(dice, 0.2, 0.7);
      loweredAtMs = plant.nowMs + 1;
      site.limits.exportLimitW = limitW;
    } else {
      if (cause === "stage-disobeys") for (let i = 0; i < 1; i++) plant.stuck[i] = 1;
      loadW *= between(dice, 0.3, 0.7);
      setLoad();
    }
    site.run(2_500, each);
    plant.stuck.fill(0);
    limitW = between(dice, 0.2, 0.5) * sumW;
    loweredAtMs = Number.NEGATIVE_INFINITY;
    site.limits.exportLimitW = Math.max(limitW, site.limits.exportLimitW);
    limitW = site.limits.exportLimitW;
    loadW = between(dice, 0.3, 0.6) * sumW;
    if (-plant.pccW[0]! - limitW > -0.3 * sumW) loadW = Math.max(loadW, plant.loadW[0]! * 3);
    setLoad();
  }
  site.run(1_000, each);
  compare(ledger.entries.slice(0, Math.min(ledger.total, ledger.config.entriesMax)), truth, causeAt, meterMs, result);
}

function compare(
  entries: readonly { startMs: number; durationMs: number; peakOverW: number; energyWh: number; cause: string }[],
  truth: TrueEvent[],
  causeAt: readonly { atMs: number; cause: string }[],
  meterMs: number,
  result: LedgerResult,
): void {
  const visible = (event: TrueEvent) =>
    event.energyWms / meterMs >= 6 * sigmaW && event.endMs - event.startMs >= meterMs;
  result.trueEvents += truth.filter(visible).length;
  result.recordedEvents += entries.length;
  for (const entry of entries) {
    const endMs = entry.startMs + entry.durationMs;
    const event = truth.find((e) => !e.matched && e.startMs <= endMs + meterMs && e.endMs >= entry.startMs - meterMs);
    if (event === undefined) {
      result.invented++;
      continue;
    }
    event.matched = true;
    result.peakErrors.push((entry.peakOverW - event.peakW) / sumW);
    result.durationErrorsMs.push(entry.durationMs - (event.endMs - event.startMs));
    result.energyErrors.push((entry.energyWh * 3_600_000 - event.energyWms) / event.energyWms);
    let expected = "";
    for (const c of causeAt) if (c.atMs <= event.startMs + 20) expected = c.cause;
    // A stuck stage shows only once the load step behind it has begun the event: both names are right.
    if (entry.cause !== expected && !(expected === "stage-disobeys" && entry.cause === "load-step"))
      result.wrongCause++;
  }
  result.missed += truth.filter((event) => visible(event) && !event.matched).length;
}

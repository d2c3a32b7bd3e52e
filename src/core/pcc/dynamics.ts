/**
 * Are meter and stages as fast as the configuration says? When they are slower, the observer subtracts what the stages have
 * not done yet, its load moves with our own power, and power swings for ever, with exports beyond the limit in each swing.
 *
 * Here the load is reckoned in several ways beside the one in use: from the stages' readings instead of their models, with
 * longer windows and later samples of the meter. The load does not know about our power, so the way in which it moves least
 * is right. Where that is clearly not the way in use, the control changes to it, gives up its haste (lead, over-cut), rises
 * more slowly, and says why. Own readings, own meter: no probing, and a load that swings by itself moves all ways alike.
 *
 * Last resort, whatever the cause: a limit that is exceeded again and again within a minute widens the margin and slows the
 * rise, level by level.
 */
import type { ReasonKey } from "../../domain/reasons.ts";
import { minuteMs } from "../../domain/units.ts";
import type { StageFacts } from "../snapshot.ts";
import { type LoadObserver, PowerSource } from "./load-observer.ts";
import type { MeterConfig } from "./meter-supervision.ts";

/** Windows of the meter that are tried where they are clearly longer than the one configured, and later samples, ms. */
const windowsMs = [200, 400, 700, 1_000, 1_500, 2_000, 3_000] as const;
const laterMs = [150, 300, 600, 1_200, 2_000] as const;
const clearlyLonger = 1.4;
const clearlyLongerMs = 150;
/** How long the stages' sum is remembered: the longest window, the latest sample and some more. */
const historyMs = 8_000;
/** What has moved is remembered so long, ms; deviations slower than `slowMs` are no sign of haste. */
const memoryMs = 10_000;
const slowMs = 5_000;
/**
 * Where two ways differ in what the stages did from one sample to the next, the load reckoned in the wrong one moves by just
 * that, and in the right one not at all. The share of the differences that the load in use follows tells which: 0 for the
 * one in use, 1 for the other. A step of the load itself comes before the stages' answer to it and so counts for neither.
 */
const followsShare = 0.75;
/** A step of the load: beyond so many σ of a sample, while no two ways differ by more than this share of it. */
const stepSigmas = 5;
const loadStepShare = 0.3;
/** The differences must be more than chance: σ of a sample, and this share of the stages' sum, for so long. */
const chanceSigmas = 6;
const movesShare = 0.05;
const betterForMs = 2_000;
/** … and again, from nothing, within this time: one step of the load may look like it, cycles go on. */
const againWithinMs = 30_000;
/**
 * Stages: by how much later than their models they are tried, ms; the models are wrong when the readings fit so much better
 * to one of these, in squares, for so long.
 */
const stageLaterMs = [0, 100, 200, 400, 800, 1_500, 2_500, 4_000] as const;
const fitsRatio = 2;
const fitsShare = 0.012;
const fitsForMs = 1_000;
/** What is found is tried again without after this time, twice as long with each return. */
const tryAgainMs = 60 * minuteMs;
const tryAgainMaxMs = 24 * 60 * minuteMs;
/** Deviations below this share of a rating are noise of its reading. */
const lagNoiseShare = 0.02;
/** A stage that has moved by less, of its rating, says nothing about its haste. */
const movedLeastShare = 0.1;
/** More than this many excesses within a minute are one level of the last resort; a level ends after so long without one. */
const excessesMax = 12;
const calmMs = 10 * minuteMs;
const levelMax = 3;

/**
 * Which channels are controlled by measurement instead of by the stages' models, why, and what that takes off their
 * limits.
 */
export interface SiteDynamics {
  readonly config: MeterConfig;
  readonly channelCount: number;
  /** What was found; "" while all is as configured. */
  cause: ReasonKey | "";
  /** Stages that take set-points too seldom for a model, by their configuration: never from models. */
  readonly alwaysMeasured: boolean;
  /** The load is reckoned from the stages' readings, with this window and latency of the meter. */
  measured: boolean;
  windowMs: number;
  latencyMs: number;
  /** How much later than configured the meter shows the stages' power, on average, ms. */
  meterLaterMs: number;
  /** The stage that is slowest against its configuration and by how much, ms; −1 where none is. */
  slowStage: number;
  stageLaterMs: number;
  /** Level of the last resort, 0 … `levelMax`. */
  level: number;
  // how often the limit was exceeded
  excesses: number;
  excessSinceMs: number;
  above: boolean;
  calmSinceMs: number;
  // when to try without
  measuredSinceMs: number;
  tryAfterMs: number;
  betterSinceMs: number;
  suspectedAtMs: number;
  // ways of reckoning the load: window and latency of each, the last load, sums of squares of what it differs, along and apart
  readonly ways: number;
  readonly wayWindowMs: Float64Array;
  readonly wayLatencyMs: Float64Array;
  readonly wayLoadW: Float64Array;
  readonly wayAlong: Float64Array;
  readonly wayApart: Float64Array;
  wayInUse: number;
  /** Samples after a step of the load that do not count. */
  samplesToSkip: number;
  sampledAtMs: number;
  // Handed over in fields: a number that crosses a call which is not inlined is an object on the heap.
  /** In: what the sample speaks about ends here but for the meter's latency, ms; the meter's total and the load in use, W. */
  sampleEndMs: number;
  sampleMeterW: number;
  sampleLoadW: number;
  sampleSigmaW: number;
  /** In: power beyond a limit in a new sample, and what counts as beyond, W. */
  overW: number;
  overLeastW: number;
  // the stages' measured sums: integrals over time
  readonly slots: number;
  readonly timeMs: Float64Array;
  readonly integralWms: Float64Array;
  head: number;
  filled: number;
  /** Sum of what the models expected of the readings, in the same slots; how the readings fit to it, later and later. */
  readonly expectedW: Float64Array;
  readonly fitSlowW: Float64Array;
  readonly fitSquare: Float64Array;
  readonly fitTicks: Float64Array;
  fitsLaterSinceMs: number;
  /** Sum of the readings, W, the time since the last tick, ms, and the sum of the ratings, W. */
  readSumW: number;
  sinceMs: number;
  readonly scaleW: number;
  /** How much older a reading is than its arrival, ms. */
  readonly readingAgeMs: number;
  // how far each stage stays behind its model: area and way of its readings
  readonly areaWms: Float64Array;
  readonly movedW: Float64Array;
  readonly readW: Float64Array;
  /** In: two moments of the world, ms. Out of `measuredSum`: the mean between them, W. */
  spanFromMs: number;
  spanUntilMs: number;
  meanW: number;
  /** In and out of `integrate`. */
  integralAtMs: number;
  integralWmsAt: number;
}

/** The first way is the one in use while all is as configured: from models. The second is the same from readings. */
const modelWay = 0;
const readingWay = 1;

/** Control by models, where the meter is quick enough for it; `tickMs` is the period of the loop. */
export function createSiteDynamics(
  config: MeterConfig,
  tickMs: number,
  channelCount: number,
  stageCount: number,
  scaleW: number,
  readingAgeMs: number,
  alwaysMeasured: boolean,
): SiteDynamics {
  const { windowMs, latencyMs } = config;
  const longer = windowsMs.filter((ms) => ms > clearlyLonger * windowMs && ms > windowMs + clearlyLongerMs);
  const wayWindowMs = [windowMs, windowMs, ...longer, ...laterMs.map(() => windowMs)];
  const wayLatencyMs = [latencyMs, latencyMs, ...longer.map(() => latencyMs), ...laterMs.map((ms) => latencyMs + ms)];
  const ways = wayWindowMs.length;
  let slots = 16;
  while (slots * tickMs < historyMs) slots *= 2;
  return {
    config,
    channelCount,
    cause: "",
    alwaysMeasured,
    measured: alwaysMeasured,
    windowMs,
    latencyMs,
    meterLaterMs: 0,
    slowStage: -1,
    stageLaterMs: 0,
    level: 0,
    excesses: 0,
    excessSinceMs: Number.NEGATIVE_INFINITY,
    above: false,
    calmSinceMs: Number.NEGATIVE_INFINITY,
    measuredSinceMs: Number.NaN,
    tryAfterMs: tryAgainMs,
    betterSinceMs: Number.POSITIVE_INFINITY,
    suspectedAtMs: Number.NEGATIVE_INFINITY,
    ways,
    wayWindowMs: Float64Array.from(wayWindowMs, (ms) => Math.max(1, ms)),
    wayLatencyMs: Float64Array.from(wayLatencyMs),
    wayLoadW: new Float64Array(ways).fill(Number.NaN),
    wayAlong: new Float64Array(ways),
    wayApart: new Float64Array(ways),
    samplesToSkip: 0,
    wayInUse: alwaysMeasured ? readingWay : modelWay,
    sampledAtMs: Number.NaN,
    sampleEndMs: Number.NaN,
    sampleMeterW: Number.NaN,
    sampleLoadW: Number.NaN,
    sampleSigmaW: Number.NaN,
    overW: Number.NaN,
    overLeastW: Number.NaN,
    slots,
    timeMs: new Float64Array(slots),
    integralWms: new Float64Array(slots * channelCount),
    head: 0,
    filled: 0,
    expectedW: new Float64Array(slots),
    fitSlowW: new Float64Array(stageLaterMs.length),
    fitSquare: new Float64Array(stageLaterMs.length),
    fitTicks: Float64Array.from(stageLaterMs, (ms) => Math.round(ms / tickMs)),
    fitsLaterSinceMs: Number.POSITIVE_INFINITY,
    readSumW: Number.NaN,
    sinceMs: Number.NaN,
    scaleW,
    readingAgeMs,
    areaWms: new Float64Array(stageCount),
    movedW: new Float64Array(stageCount),
    readW: new Float64Array(stageCount).fill(Number.NaN),
    spanFromMs: Number.NaN,
    spanUntilMs: Number.NaN,
    meanW: Number.NaN,
    integralAtMs: Number.NaN,
    integralWmsAt: Number.NaN,
  };
}

/** One tick: remembers what the stages say that they do. `shares`: of stage i in channel c at [c · stageCount + i]. */
export function noteReadings(
  d: SiteDynamics,
  o: LoadObserver,
  stages: readonly StageFacts[],
  shares: Float64Array,
  nowMs: number,
): void {
  const n = o.stageCount;
  const from = d.head * d.channelCount;
  const dtMs = d.filled === 0 ? 0 : nowMs - d.timeMs[d.head]!;
  d.head = (d.head + 1) & (d.slots - 1);
  if (d.filled < d.slots) d.filled++;
  d.timeMs[d.head] = nowMs;
  const to = d.head * d.channelCount;
  for (let c = 0; c < d.channelCount; c++) d.integralWms[to + c] = d.integralWms[from + c]!;
  const keep = 1 - dtMs / memoryMs;
  let readW = 0;
  let expectedW = 0;
  for (let i = 0; i < n; i++) {
    const heard = o.powerSource[i] !== PowerSource.lastKnown && Number.isFinite(stages[i]!.powerW);
    const powerW = heard ? stages[i]!.powerW : o.modelW[i]!;
    for (let c = 0; c < d.channelCount; c++) {
      d.integralWms[to + c] = d.integralWms[to + c]! + shares[c * n + i]! * powerW * dtMs;
    }
    readW += powerW;
    if (o.powerSource[i] !== PowerSource.model) {
      expectedW += powerW;
      continue;
    }
    expectedW += o.meanW[i]!;
    const noiseW = lagNoiseShare * o.ratedW[i]!;
    const behindW = Math.abs(powerW - o.meanW[i]!);
    const movedW = Math.abs(powerW - d.readW[i]!);
    d.areaWms[i] = d.areaWms[i]! * keep + (behindW > noiseW ? behindW * dtMs : 0);
    d.movedW[i] = d.movedW[i]! * keep + (movedW > 0.25 * noiseW ? movedW : 0);
    d.readW[i] = powerW;
  }
  d.expectedW[d.head] = expectedW;
  if (!(dtMs > 0) || d.measured) return;
  d.readSumW = readW;
  d.sinceMs = dtMs;
  fitStages(d, o, nowMs);
}

/** Do the readings fit to what the models expected of them, or to what they expected some time ago? */
function fitStages(d: SiteDynamics, o: LoadObserver, nowMs: number): void {
  const { readSumW, sinceMs: dtMs } = d;
  const slowGain = dtMs / (slowMs + dtMs);
  const squareGain = dtMs / (memoryMs + dtMs);
  let best = 0;
  for (let k = 0; k < stageLaterMs.length; k++) {
    const back = Math.min(d.filled - 1, d.fitTicks[k]!);
    const offW = readSumW - d.expectedW[(d.head - back) & (d.slots - 1)]!;
    d.fitSlowW[k] = d.fitSlowW[k]! + slowGain * (offW - d.fitSlowW[k]!);
    const awayW = offW - d.fitSlowW[k]!;
    d.fitSquare[k] = d.fitSquare[k]! + squareGain * (awayW * awayW - d.fitSquare[k]!);
    if (d.fitSquare[k]! < d.fitSquare[best]!) best = k;
  }
  const leastW = fitsShare * d.scaleW;
  if (!(d.fitSquare[0]! > leastW * leastW && d.fitSquare[0]! > fitsRatio * d.fitSquare[best]!)) {
    d.fitsLaterSinceMs = Number.POSITIVE_INFINITY;
    return;
  }
  if (d.fitsLaterSinceMs === Number.POSITIVE_INFINITY) d.fitsLaterSinceMs = nowMs;
  if (nowMs - d.fitsLaterSinceMs < fitsForMs) return;
  d.fitsLaterSinceMs = Number.POSITIVE_INFINITY;
  measure(d, readingWay, nowMs);
  d.stageLaterMs = stageLaterMs[best]!;
  d.slowStage = slowestStage(d, o);
}

/** Mean of the measured sum of channel c from `d.spanFromMs` to `d.spanUntilMs`, W, into `d.meanW`. */
export function measuredSum(d: SiteDynamics, c: number): void {
  d.integralAtMs = d.spanUntilMs + d.readingAgeMs;
  integrate(d, c);
  const untilWms = d.integralWmsAt;
  d.integralAtMs = d.spanFromMs + d.readingAgeMs;
  integrate(d, c);
  d.meanW = (untilWms - d.integralWmsAt) / (d.spanUntilMs - d.spanFromMs);
}

/** ∫ of the measured sum of channel c up to `d.integralAtMs` into `d.integralWmsAt`, carried on in a line beyond either end. */
function integrate(d: SiteDynamics, c: number): void {
  const n = d.channelCount;
  if (d.filled < 2) {
    d.integralWmsAt = d.integralWms[d.head * n + c]!;
    return;
  }
  const older = (d.head - slotsBack(d)) & (d.slots - 1);
  const newer = (older + 1) & (d.slots - 1);
  const olderMs = d.timeMs[older]!;
  const olderWms = d.integralWms[older * n + c]!;
  const changeWms = d.integralWms[newer * n + c]! - olderWms;
  d.integralWmsAt = olderWms + (changeWms * (d.integralAtMs - olderMs)) / (d.timeMs[newer]! - olderMs);
}

/** How many slots before the newest the one stands that is just older than `d.integralAtMs`. */
function slotsBack(d: SiteDynamics): number {
  const { head, timeMs, integralAtMs } = d;
  const mask = d.slots - 1;
  const newestMs = timeMs[head]!;
  const stepMs = Math.max(1, newestMs - timeMs[(head - 1) & mask]!);
  const oldest = d.filled - 1;
  // The place of a regular history first, then a search, for ticks that were late or left out.
  let back = Math.min(oldest, Math.max(1, Math.ceil((newestMs - integralAtMs) / stepMs)));
  while (back < oldest && timeMs[(head - back) & mask]! > integralAtMs) back++;
  while (back > 1 && timeMs[(head - back + 1) & mask]! <= integralAtMs) back--;
  return back;
}

/** One new sample, in the fields of `d` for it. Decides which way of reckoning the load is in use. */
export function compareWays(d: SiteDynamics, nowMs: number): void {
  const dtMs = Number.isNaN(d.sampledAtMs) ? d.config.updateMs : Math.min(nowMs - d.sampledAtMs, slowMs);
  d.sampledAtMs = nowMs;
  const keep = memoryMs / (memoryMs + dtMs);
  const inUse = d.wayInUse;
  const usedStepW = d.sampleLoadW - d.wayLoadW[inUse]!;
  d.wayLoadW[inUse] = d.sampleLoadW;
  let best = inUse;
  let gain = 0;
  let mostApartW = 0;
  const counts = d.samplesToSkip === 0;
  for (let k = 0; k < d.ways; k++) {
    // The stages' models against their readings are judged by `fitStages`, without the load.
    if (k === inUse || k === modelWay || (k === readingWay && !d.measured)) continue;
    d.spanUntilMs = d.sampleEndMs - d.wayLatencyMs[k]!;
    d.spanFromMs = d.spanUntilMs - d.wayWindowMs[k]!;
    measuredSum(d, 0);
    const loadW = d.sampleMeterW - d.meanW;
    const apartW = usedStepW - (loadW - d.wayLoadW[k]!);
    d.wayLoadW[k] = loadW;
    if (Number.isNaN(apartW)) continue;
    if (Math.abs(apartW) > mostApartW) mostApartW = Math.abs(apartW);
    d.wayAlong[k] = d.wayAlong[k]! * keep + (counts ? usedStepW * apartW : 0);
    d.wayApart[k] = d.wayApart[k]! * keep + (counts ? apartW * apartW : 0);
    const along = d.wayAlong[k]!;
    const apart = d.wayApart[k]!;
    if (along > followsShare * apart && 2 * along - apart > gain) {
      best = k;
      gain = 2 * along - apart;
    }
  }
  if (d.samplesToSkip > 0) d.samplesToSkip--;
  // A step of the load, which the next samples may still show in part while the stages answer already.
  if (Math.abs(usedStepW) > stepSigmas * d.sampleSigmaW && mostApartW < loadStepShare * Math.abs(usedStepW))
    d.samplesToSkip = Math.ceil(d.config.windowMs / d.config.updateMs);
  judge(d, best, nowMs);
}

/** The meter doesn't see the stages, or the supply is disturbed: nothing is compared with what was before. */
export function forgetComparison(d: SiteDynamics): void {
  d.sampledAtMs = Number.NaN;
  d.wayLoadW.fill(Number.NaN);
  d.wayAlong.fill(0);
  d.wayApart.fill(0);
  d.samplesToSkip = 0;
  d.betterSinceMs = Number.POSITIVE_INFINITY;
  d.suspectedAtMs = Number.NEGATIVE_INFINITY;
  d.above = false;
}

function judge(d: SiteDynamics, best: number, nowMs: number): void {
  const leastW = movesShare * d.scaleW;
  const apart = d.wayApart[best]!;
  const better =
    best !== d.wayInUse &&
    apart > leastW * leastW &&
    d.wayAlong[best]! - 0.5 * apart > chanceSigmas * d.sampleSigmaW * Math.sqrt(apart);
  if (!better) {
    d.betterSinceMs = Number.POSITIVE_INFINITY;
    if (d.measured && !d.alwaysMeasured && d.level === 0 && nowMs - d.measuredSinceMs >= d.tryAfterMs) asConfigured(d);
    return;
  }
  if (d.betterSinceMs === Number.POSITIVE_INFINITY) d.betterSinceMs = nowMs;
  if (nowMs - d.betterSinceMs < betterForMs) return;
  d.betterSinceMs = Number.POSITIVE_INFINITY;
  const again = nowMs - d.suspectedAtMs <= againWithinMs;
  d.suspectedAtMs = nowMs;
  d.wayAlong.fill(0);
  d.wayApart.fill(0);
  if (!again) return;
  measure(d, best, nowMs);
}

/** From now on the load is reckoned from readings, in the way `way`. */
function measure(d: SiteDynamics, way: number, nowMs: number): void {
  if (!d.measured && !Number.isNaN(d.measuredSinceMs)) d.tryAfterMs = Math.min(2 * d.tryAfterMs, tryAgainMaxMs);
  d.measured = true;
  d.measuredSinceMs = nowMs;
  d.wayAlong.fill(0);
  d.wayApart.fill(0);
  d.wayInUse = way;
  d.windowMs = d.wayWindowMs[way]!;
  d.latencyMs = d.wayLatencyMs[way]!;
  d.cause = way === readingWay ? "stage-slower" : "meter-slower";
  d.meterLaterMs = d.latencyMs - d.config.latencyMs + 0.5 * (d.windowMs - d.config.windowMs);
}

/** The slowest stage against its configuration: how far it stayed behind its model, for what it moved; −1 for none. */
function slowestStage(d: SiteDynamics, o: LoadObserver): number {
  let slowest = -1;
  let laterMs = 0;
  for (let i = 0; i < o.stageCount; i++) {
    if (d.movedW[i]! < movedLeastShare * o.ratedW[i]!) continue;
    const ms = d.areaWms[i]! / d.movedW[i]!;
    if (ms > laterMs) {
      laterMs = ms;
      slowest = i;
    }
  }
  return slowest;
}

/** The meter has samples much more seldom than configured: it averages at least as long, as far as anybody knows. */
export function noteSlowUpdate(d: SiteDynamics, updateMs: number): void {
  let way = readingWay;
  for (let k = readingWay; k < d.ways; k++) {
    if (d.wayLatencyMs[k] === d.config.latencyMs && d.wayWindowMs[k]! <= updateMs) way = k;
  }
  measure(d, way, d.sampledAtMs);
  d.cause = "meter-slower";
}

/** The last resort: one new sample, in `d.overW` and `d.overLeastW`. */
export function noteExcess(d: SiteDynamics, nowMs: number): void {
  const above = d.overW > d.overLeastW;
  if (above && !d.above) {
    if (nowMs - d.excessSinceMs > minuteMs) {
      d.excessSinceMs = nowMs;
      d.excesses = 0;
    }
    d.excesses++;
    if (d.excesses > excessesMax && d.level < levelMax) {
      d.level++;
      d.excesses = 0;
      if (d.cause === "") d.cause = "control-unsteady";
    }
  }
  if (above) d.calmSinceMs = nowMs;
  d.above = above;
  if (d.level > 0 && nowMs - d.calmSinceMs >= calmMs) {
    d.level--;
    d.calmSinceMs = nowMs;
    if (d.level === 0 && d.cause === "control-unsteady") d.cause = "";
  }
}

/** Back to what is configured: a person has corrected it, or it is tried again. */
export function asConfigured(d: SiteDynamics): void {
  d.cause = "";
  d.measured = d.alwaysMeasured;
  d.wayInUse = d.alwaysMeasured ? readingWay : modelWay;
  d.windowMs = d.config.windowMs;
  d.latencyMs = d.config.latencyMs;
  d.meterLaterMs = 0;
  d.slowStage = -1;
  d.stageLaterMs = 0;
  d.level = 0;
  d.wayLoadW.fill(Number.NaN);
  d.wayAlong.fill(0);
  d.wayApart.fill(0);
  d.areaWms.fill(0);
  d.movedW.fill(0);
  d.fitSquare.fill(0);
}

/** A stage that takes set-points only so seldom is no model for the observer, told or not, ms. */
export const commandPeriodModelMaxMs = 200;

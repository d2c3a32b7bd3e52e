/**
 * Are meter and stages as fast as the configuration says? When they are slower, the observer subtracts what the stages have
 * not done yet, its load moves with our own power, and power swings for ever, with exports beyond the limit in each swing.
 *
 * `meter-ways.ts` finds out about the meter, `stage-fit.ts` about the stages. Where one of them is clearly slower, the control
 * reckons the load from the stages' readings, with the window and latency that the meter really has, gives up its haste
 * (lead, over-cut), rises more slowly, and says why. Both go on meanwhile: a meter that was taken wrongly, or that changes,
 * is taken as it is as soon as the stages have moved enough.
 *
 * Last resort, whatever the cause: a limit that is exceeded again and again within a minute widens the margin and slows the
 * rise, level by level.
 */
import type { ReasonKey } from "../../../domain/reasons.ts";
import { minuteMs } from "../../../domain/units.ts";
import type { StageFacts } from "../../snapshot.ts";
import { type LoadObserver, PowerSource } from "../load-observer.ts";
import type { MeterConfig } from "../meter-supervision.ts";
import {
  compareWays,
  configuredWay,
  createMeterWays,
  type MeterWays,
  restartLines,
  takeWay,
  wayOfUpdate,
} from "./meter-ways.ts";
import { addStage, createStageFit, fitStages, restartFit, type StageFit, slowestStage } from "./stage-fit.ts";
import { addReading, beginTick, createStageHistory, type StageHistory } from "./stage-history.ts";

/** What is found is tried again without after this time, twice as long with each return. */
const tryAgainMs = 60 * minuteMs;
const tryAgainMaxMs = 24 * 60 * minuteMs;
/** A stage that has not answered for so many ticks counts as not told, and for so long afterwards, ms. */
const heardMaxTicks = 3;
const heardAgainAfterMs = 1_000;
/** More than this many excesses within a minute are one level of the last resort; a level ends after so long without one. */
const excessesMax = 12;
const calmMs = 10 * minuteMs;
const levelMax = 3;

/** What was found out about meter and stages, how the load is reckoned because of it, and what that takes off the limits. */
export interface SiteDynamics {
  readonly config: MeterConfig;
  readonly history: StageHistory;
  readonly ways: MeterWays;
  readonly fit: StageFit;
  /** When each stage's link was last silent, ms. */
  readonly silentAtMs: Float64Array;
  /** What was found; "" while all is as configured. */
  cause: ReasonKey | "";
  /** Stages that take setpoints too seldom for a model, by their configuration: never from models. */
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
  /** In: power beyond a limit in a new sample, and what counts as beyond, W. */
  overW: number;
  overLeastW: number;
}

/** All as configured. `tickMs` is the period of the loop, `scaleW` the sum of the stages' ratings. */
export function createSiteDynamics(
  config: MeterConfig,
  tickMs: number,
  channelCount: number,
  stageCount: number,
  scaleW: number,
  readingAgeMs: number,
  alwaysMeasured: boolean,
): SiteDynamics {
  return {
    config,
    history: createStageHistory(tickMs, channelCount, stageCount, readingAgeMs),
    ways: createMeterWays(config, tickMs, scaleW),
    fit: createStageFit(tickMs, stageCount, scaleW),
    silentAtMs: new Float64Array(stageCount).fill(Number.NEGATIVE_INFINITY),
    cause: "",
    alwaysMeasured,
    measured: alwaysMeasured,
    windowMs: config.windowMs,
    latencyMs: config.latencyMs,
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
    overW: Number.NaN,
    overLeastW: Number.NaN,
  };
}

/**
 * One tick: remembers what the stages say that they do, and whether they follow their models. `shares`: of stage i in
 * channel c at [c · stageCount + i]. `disturbed`: the supply is or was, so stages may pause all together.
 */
export function noteReadings(
  d: SiteDynamics,
  o: LoadObserver,
  stages: readonly StageFacts[],
  shares: Float64Array,
  disturbed: boolean,
  nowMs: number,
): void {
  const { history, fit } = d;
  beginTick(history, nowMs);
  fit.sinceMs = history.sinceMs;
  for (let i = 0; i < o.stageCount; i++) {
    const stage = stages[i]!;
    const source = o.powerSource[i]!;
    const heard = source !== PowerSource.lastKnown && Number.isFinite(stage.powerW);
    history.nowW[i] = heard ? stage.powerW : o.modelW[i]!;
    addReading(history, i, shares);
    // A link that has been silent may have lost a command, and one that says that it is off is switching on or has dropped
    // out: that is not how fast it follows.
    if (disturbed || nowMs - stage.atMs > heardMaxTicks * o.tickMs) d.silentAtMs[i] = nowMs;
    const told = nowMs - d.silentAtMs[i]! > heardAgainAfterMs;
    addStage(fit, o, i, history.nowW, source === PowerSource.model && told && stage.role !== "off");
  }
  const laterMs = fitStages(fit, o, !d.measured, nowMs);
  if (laterMs === 0) return;
  d.stageLaterMs = laterMs;
  d.slowStage = slowestStage(fit, o);
  measure(d, configuredWay, nowMs);
}

/** One new sample, in the fields of `d.ways` for it. Decides how the load is reckoned. */
export function judgeMeter(d: SiteDynamics, nowMs: number): void {
  const way = compareWays(d.ways, d.history, nowMs);
  if (way >= 0) measure(d, way, nowMs);
  else if (d.measured && !d.alwaysMeasured && d.level === 0 && nowMs - d.measuredSinceMs >= d.tryAfterMs)
    asConfigured(d);
}

/** The meter doesn't see the stages, or the supply is disturbed: nothing is compared with what was before. */
export function forgetComparison(d: SiteDynamics): void {
  restartLines(d.ways);
  d.above = false;
}

/** From now on the load is reckoned from readings, in the way `way`; from models again where nothing is slower. */
function measure(d: SiteDynamics, way: number, nowMs: number): void {
  takeWay(d.ways, way);
  if (way === configuredWay && d.stageLaterMs === 0) {
    const { level } = d;
    asConfigured(d);
    d.level = level;
    if (level > 0) d.cause = "control-unsteady";
    return;
  }
  if (!d.measured && !Number.isNaN(d.measuredSinceMs)) d.tryAfterMs = Math.min(2 * d.tryAfterMs, tryAgainMaxMs);
  d.measured = true;
  d.measuredSinceMs = nowMs;
  d.windowMs = d.ways.windowMs[way]!;
  d.latencyMs = d.ways.latencyMs[way]!;
  d.cause = way === configuredWay ? "stage-slower" : "meter-slower";
  d.meterLaterMs = d.latencyMs - d.config.latencyMs + 0.5 * (d.windowMs - d.config.windowMs);
}

/** The meter has samples much more seldom than configured: it averages at least as long, as far as anybody knows. */
export function noteSlowUpdate(d: SiteDynamics, updateMs: number, nowMs: number): void {
  measure(d, wayOfUpdate(d.ways, updateMs), nowMs);
  d.measured = true;
  d.measuredSinceMs = nowMs;
  d.cause = "meter-slower";
}

/** The last resort: one new sample, in `d.overW` and `d.overLeastW`. */
export function noteExcess(d: SiteDynamics, nowMs: number): void {
  // One excess lasts until the limit is kept again: noise at its end is no other one.
  const above = d.overW > (d.above ? 0 : d.overLeastW);
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

/** Back to what is configured: a person has corrected it, it was a mistake, or it is tried again. */
export function asConfigured(d: SiteDynamics): void {
  d.cause = "";
  d.measured = d.alwaysMeasured;
  d.windowMs = d.config.windowMs;
  d.latencyMs = d.config.latencyMs;
  d.meterLaterMs = 0;
  d.slowStage = -1;
  d.stageLaterMs = 0;
  d.level = 0;
  takeWay(d.ways, configuredWay);
  d.ways.leastWindowMs = 0;
  restartFit(d.fit);
}

/** A stage that takes setpoints only so seldom is no model for the observer, told or not, ms. */
export const commandPeriodModelMaxMs = 200;

/**
 * What every power stage does right now, and what it did while the meter measured: a model of each stage, run from our own
 * commands, corrected slowly by what the stage says. With it the load behind the meter is known without delay skew:
 * load = meter − (what the stages did during the meter's own window). Source: the study of the control loop, steps 1–3
 * and 9 ("time-aligned load observer"). Core sign: positive charges. No allocation after creation.
 */
import { invariant } from "../../domain/result.ts";
import type { StageCommand } from "../commands.ts";
import { liveMaxMs, type StageFacts } from "../snapshot.ts";

/** How one stage answers a command: dead time, then first order, at most `rateWPerS`; and how it measures itself. */
export interface StageResponse {
  readonly ratedW: number;
  /** Time constant of the first-order answer, ms. */
  readonly responseMs: number;
  /** From the write's arrival to the first movement, ms. */
  readonly deadTimeMs: number;
  /** Slew rate, W/s; Infinity where the stage has none. */
  readonly rateWPerS: number;
  /** It takes a new setpoint only so often, ms; half of it stands in `deadTimeMs`. */
  readonly commandPeriodMs?: number;
  /** Smallest step of its setpoint, W. */
  readonly resolutionW?: number;
  /** Length of its own measuring window and the age of a reading when it arrives, ms. */
  readonly measureWindowMs: number;
  readonly measureLatencyMs: number;
}

/** Where the observer takes the power of a stage from, and with it whether the stage may be commanded. */
export const PowerSource = {
  /** Silent (or never spoke), or it answers with old values: its power is held at the last belief and it is not commanded. */
  lastKnown: 0,
  /** Its model runs from our commands. */
  model: 1,
  /** It disobeys: its power is what it measures, and it is not commanded until it has obeyed for a while. */
  measured: 2,
  /** Something else leads it, local control or the island that it forms: the same, until that ends. */
  otherControl: 3,
} as const;

/**
 * Filter of the deviation between a stage and its model. The study used 100 ms; with 40 ms a model that is 50 % too slow
 * recovers within 220 ms instead of 440 (100 ms meter, p99), for 0.05 points of margin.
 */
const deviationFilterMs = 40;
/** A deviation beyond this share of the rating … */
const disobedientShare = 0.1;
/** … for this long means that the stage does not follow; of stages known to be slower than configured only much later. */
const disobedientAfterMs = 1_000;
const slowDisobedientAfterMs = 12_000;
/** It is used again after following (within half of that share) for this long. */
const obedientAgainAfterMs = 5_000;
/** A stage that delivers less than asked is asked for at most this share of its rating more than it delivers. */
const probeShare = 0.1;
/** Look-back beyond meter window, latency and dead time, ms: late readings and jitter. */
const historySpareMs = 500;

/** The load of everything but the stages, worked out from meter samples and the stages' models. Written in place. */
export interface LoadObserver {
  readonly stageCount: number;
  readonly tickMs: number;
  readonly writeMs: number;
  /** Ages up to which a reading counts, ms: since its arrival, and since the stage's own clock last advanced. */
  readonly linkStaleMs: number;
  readonly liveStaleMs: number;
  /** Fixed facts of each stage. */
  readonly ratedW: Float64Array;
  readonly responseMs: Float64Array;
  readonly delayMs: Float64Array;
  readonly rateWPerMs: Float64Array;
  readonly windowMs: Float64Array;
  readonly latencyMs: Float64Array;
  /** 1 − e^(−tick/τ), for ticks of the nominal length. */
  readonly tickGain: Float64Array;
  /** The same of the deviation's filter. */
  readonly readingGain: number;
  /** Power that the model reaches `delayMs` from now, W. */
  readonly modelW: Float64Array;
  /** Measured minus modelled, filtered, W. */
  readonly deviationW: Float64Array;
  readonly powerSource: Uint8Array;
  /** Largest magnitude worth asking for: Infinity, or a little more than it delivers when it delivers less than asked. */
  readonly askMaxW: Float64Array;
  /** It has delivered power since it was last asked for none: if it says that it is off now, it has dropped out. */
  readonly wasOn: Uint8Array;
  readonly readAtMs: Float64Array;
  readonly silentSinceMs: Float64Array;
  readonly badSinceMs: Float64Array;
  readonly shortSinceMs: Float64Array;
  readonly goodSinceMs: Float64Array;
  /**
   * What the return of a long silent stage changed in our belief, W, summed over this tick for each channel of the caller:
   * see `advanceObserver`.
   */
  readonly jumpW: Float64Array;
  /** In and out of `fillMeans`: moments in the time of the models, and the mean between them. */
  readonly fromMs: Float64Array;
  readonly untilMs: Float64Array;
  readonly meanW: Float64Array;
  /** In of `fillStagePowers`: two moments of the world, ms. */
  spanFromMs: number;
  spanUntilMs: number;
  /** History: ∫ modelW dt for each stage, W·ms, at the times of the last ticks. */
  readonly slots: number;
  readonly timeMs: Float64Array;
  readonly integralWms: Float64Array;
  head: number;
  filled: number;
  /** The models are known to be too fast, so that a stage may stay behind its own for long without a fault. */
  slowStages: boolean;
  /** Ticks of nominal length in a row up to now: that far back a time is a place in the history without a search. */
  regular: number;
}

/** An observer of `responses.length` stages. `lookBackMs` is the meter's window plus its latency. */
export function createLoadObserver(
  responses: readonly StageResponse[],
  tickMs: number,
  writeMs: number,
  lookBackMs: number,
  linkStaleMs: number,
): LoadObserver {
  const count = responses.length;
  invariant(tickMs > 0 && lookBackMs >= 0, "the tick is positive and the meter's look-back is not negative");
  let delayMaxMs = 0;
  for (const response of responses) {
    invariant(
      response.ratedW > 0 && response.responseMs > 0 && response.deadTimeMs >= 0,
      "a stage has a rating and a response",
    );
    delayMaxMs = Math.max(
      delayMaxMs,
      response.deadTimeMs + writeMs + response.measureWindowMs + response.measureLatencyMs,
    );
  }
  let slots = 16;
  while (slots * tickMs < lookBackMs + delayMaxMs + historySpareMs) slots *= 2;
  const of = (pick: (response: StageResponse) => number) => Float64Array.from(responses, pick);
  return {
    stageCount: count,
    tickMs,
    writeMs,
    linkStaleMs,
    liveStaleMs: Math.max(liveMaxMs, linkStaleMs),
    ratedW: of((r) => r.ratedW),
    responseMs: of((r) => r.responseMs),
    delayMs: of((r) => r.deadTimeMs + writeMs),
    rateWPerMs: of((r) => r.rateWPerS / 1_000),
    windowMs: of((r) => Math.max(1, r.measureWindowMs)),
    latencyMs: of((r) => r.measureLatencyMs),
    tickGain: of((r) => 1 - Math.exp(-tickMs / r.responseMs)),
    readingGain: 1 - Math.exp(-tickMs / deviationFilterMs),
    modelW: new Float64Array(count),
    deviationW: new Float64Array(count),
    powerSource: new Uint8Array(count),
    askMaxW: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    wasOn: new Uint8Array(count),
    readAtMs: new Float64Array(count).fill(Number.NEGATIVE_INFINITY),
    silentSinceMs: new Float64Array(count).fill(Number.NEGATIVE_INFINITY),
    badSinceMs: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    shortSinceMs: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    goodSinceMs: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    jumpW: new Float64Array(count),
    fromMs: new Float64Array(count),
    untilMs: new Float64Array(count),
    meanW: new Float64Array(count),
    spanFromMs: Number.NaN,
    spanUntilMs: Number.NaN,
    slots,
    timeMs: new Float64Array(slots),
    integralWms: new Float64Array(slots * count),
    head: 0,
    filled: 0,
    slowStages: false,
    regular: 0,
  };
}

/**
 * One tick: moves every model by the command that has been in force since the last tick, and corrects it with a fresh
 * reading. Afterwards `jumpW[i]` is what this tick changed in the belief about stage i beyond its model, where that change
 * is older than `holdMs`, so that an envelope that remembers the last `holdMs` has to be told.
 */
export function advanceObserver(
  o: LoadObserver,
  commands: readonly StageCommand[],
  stages: readonly StageFacts[],
  nowMs: number,
  holdMs: number,
): void {
  const previousMs = o.filled === 0 ? nowMs : o.timeMs[o.head]!;
  const dtMs = nowMs - previousMs;
  const nominal = Math.abs(dtMs - o.tickMs) < 1e-6;
  const from = o.head * o.stageCount;
  o.head = (o.head + 1) & (o.slots - 1);
  if (o.filled < o.slots) o.filled++;
  o.regular = nominal ? Math.min(o.regular + 1, o.slots - 1) : 0;
  o.timeMs[o.head] = nowMs;
  const to = o.head * o.stageCount;
  for (let i = 0; i < o.stageCount; i++) {
    const stage = stages[i]!;
    const command = commands[i]!;
    const x = o.modelW[i]!;
    let area = x * dtMs;
    let next = x;
    if (o.powerSource[i] === PowerSource.model) {
      const target = asksPower(command) ? command.powerW : 0;
      const tau = o.responseMs[i]!;
      const gain = nominal ? o.tickGain[i]! : 1 - Math.exp(-dtMs / tau);
      const stepW = (target - x) * gain;
      const stepMaxW = o.rateWPerMs[i]! * dtMs;
      if (stepW > stepMaxW || stepW < -stepMaxW) {
        next = stepW > 0 ? x + stepMaxW : x - stepMaxW;
        area = 0.5 * (x + next) * dtMs;
      } else {
        next = x + stepW;
        area = target * dtMs + (x - target) * tau * gain;
      }
    }
    o.modelW[i] = next;
    o.integralWms[to + i] = o.integralWms[from + i]! + area;
    o.jumpW[i] = 0;
    // What its reading speaks about: its own window, in the time of its model.
    const untilMs = stage.atMs - o.latencyMs[i]! - o.delayMs[i]!;
    o.untilMs[i] = untilMs;
    o.fromMs[i] = untilMs - o.windowMs[i]!;
  }
  fillMeans(o);
  for (let i = 0; i < o.stageCount; i++) correctStage(o, i, stages[i]!, commands[i]!, nowMs, holdMs);
}

/** Asks for a setpoint beside the grid; in every other role a stage gives and takes nothing, or what the island takes. */
function asksPower({ role }: StageCommand): boolean {
  return role === "charge" || role === "discharge" || role === "hold";
}

/** Step 2 of the study for one stage, and the judgement whether it obeys. */
function correctStage(
  o: LoadObserver,
  i: number,
  stage: StageFacts,
  command: StageCommand,
  nowMs: number,
  holdMs: number,
): void {
  const powerW = stage.powerW;
  const fresh =
    nowMs - stage.atMs <= o.linkStaleMs && nowMs - stage.liveAtMs <= o.liveStaleMs && Number.isFinite(powerW);
  const ratedW = o.ratedW[i]!;
  if (!fresh) {
    if (o.powerSource[i] !== PowerSource.lastKnown) {
      o.modelW[i] = o.modelW[i]! + o.deviationW[i]!;
      o.deviationW[i] = 0;
      refill(o, i, o.modelW[i]!);
      o.powerSource[i] = PowerSource.lastKnown;
      o.silentSinceMs[i] = nowMs;
    }
    return;
  }
  if (o.powerSource[i] === PowerSource.lastKnown) {
    if (nowMs - o.silentSinceMs[i]! > holdMs) o.jumpW[i] = powerW - o.modelW[i]!;
    startModel(o, i, powerW, stage.atMs);
    return;
  }
  const newReading = stage.atMs > o.readAtMs[i]!;
  const sinceMs = stage.atMs - o.readAtMs[i]!;
  o.readAtMs[i] = stage.atMs;
  if (stage.local || stage.role === "forming" || command.role === "forming") {
    if (o.powerSource[i] !== PowerSource.otherControl) followReadings(o, i, powerW, PowerSource.otherControl);
    else if (newReading) o.modelW[i] = powerW;
    return;
  }
  if (o.powerSource[i] === PowerSource.otherControl) {
    o.wasOn[i] = 0;
    startModel(o, i, powerW, stage.atMs);
    return;
  }
  if (o.powerSource[i] === PowerSource.measured) {
    if (newReading) o.modelW[i] = powerW;
    const target = asksPower(command) ? command.powerW : 0;
    const obeys = Math.abs(powerW - target) <= 0.5 * disobedientShare * ratedW;
    if (!obeys) o.goodSinceMs[i] = Number.POSITIVE_INFINITY;
    else if (o.goodSinceMs[i] === Number.POSITIVE_INFINITY) o.goodSinceMs[i] = nowMs;
    if (nowMs - o.goodSinceMs[i]! >= obedientAgainAfterMs) startModel(o, i, powerW, stage.atMs);
    return;
  }
  if (!newReading) return;
  const expectedW = o.meanW[i]!;
  const short = powerW * expectedW >= 0 && Math.abs(powerW) < Math.abs(expectedW);
  const askedOff = !asksPower(command);
  if (askedOff) o.wasOn[i] = 0;
  else if (stage.role !== "off" && Math.abs(powerW) > 0.5 * disobedientShare * ratedW) o.wasOn[i] = 1;
  if (o.wasOn[i] === 1 && stage.role === "off" && short) {
    // It says that it has dropped out: from now on it does nothing. Its past stays as it was, and the envelope remembers the
    // load from before, so the others take over at once.
    o.modelW[i] = 0;
    o.deviationW[i] = 0;
    o.askMaxW[i] = probeShare * ratedW;
    o.wasOn[i] = 0;
    return;
  }
  const nominal = Math.abs(sinceMs - o.tickMs) < 1e-6;
  const gain = nominal ? o.readingGain : 1 - Math.exp(-Math.max(0, sinceMs) / deviationFilterMs);
  o.deviationW[i] = o.deviationW[i]! + gain * (powerW - expectedW - o.deviationW[i]!);
  const off = Math.abs(o.deviationW[i]!) > disobedientShare * ratedW && !isAhead(powerW, expectedW, command, ratedW);
  if (!off || short) o.badSinceMs[i] = Number.POSITIVE_INFINITY;
  else if (o.badSinceMs[i] === Number.POSITIVE_INFINITY) o.badSinceMs[i] = nowMs;
  if (!off || !short) o.shortSinceMs[i] = Number.POSITIVE_INFINITY;
  else if (o.shortSinceMs[i] === Number.POSITIVE_INFINITY) o.shortSinceMs[i] = nowMs;
  const patienceMs = o.slowStages ? slowDisobedientAfterMs : disobedientAfterMs;
  if (nowMs - o.badSinceMs[i]! >= patienceMs) {
    followReadings(o, i, powerW, PowerSource.measured);
    return;
  }
  // Under-delivery is allowed (battery limits): no fault, but the undelivered power is not budgeted.
  if (nowMs - o.shortSinceMs[i]! >= patienceMs || o.askMaxW[i]! < Number.POSITIVE_INFINITY) {
    const askMaxW = Math.abs(powerW) + probeShare * ratedW;
    o.askMaxW[i] = askMaxW >= ratedW ? Number.POSITIVE_INFINITY : askMaxW;
  }
}

/**
 * A stage that is quicker than its settings say is on its way from where its model still is to where it was told to go, or
 * there already: it obeys, whatever its model says.
 */
function isAhead(powerW: number, expectedW: number, command: StageCommand, ratedW: number): boolean {
  const target = asksPower(command) ? command.powerW : 0;
  return (powerW - expectedW) * (target - powerW) >= 0 || Math.abs(powerW - target) <= 0.5 * disobedientShare * ratedW;
}

function startModel(o: LoadObserver, i: number, powerW: number, readAtMs: number): void {
  o.powerSource[i] = PowerSource.model;
  o.modelW[i] = powerW;
  o.deviationW[i] = 0;
  o.readAtMs[i] = readAtMs;
  o.badSinceMs[i] = Number.POSITIVE_INFINITY;
  o.shortSinceMs[i] = Number.POSITIVE_INFINITY;
  o.goodSinceMs[i] = Number.POSITIVE_INFINITY;
  o.askMaxW[i] = Number.POSITIVE_INFINITY;
  refill(o, i, powerW);
}

function followReadings(o: LoadObserver, i: number, powerW: number, how: number): void {
  o.powerSource[i] = how;
  o.modelW[i] = powerW;
  o.deviationW[i] = 0;
  o.goodSinceMs[i] = Number.POSITIVE_INFINITY;
  o.askMaxW[i] = Number.POSITIVE_INFINITY;
  refill(o, i, powerW);
}

/** Rewrites the history of a stage as if it had always done `powerW`. Rare, bounded by the number of slots. */
function refill(o: LoadObserver, i: number, powerW: number): void {
  const n = o.stageCount;
  const nowMs = o.timeMs[o.head]!;
  const now = o.integralWms[o.head * n + i]!;
  for (let back = 1; back < o.filled; back++) {
    const slot = (o.head - back + o.slots) & (o.slots - 1);
    o.integralWms[slot * n + i] = now - powerW * (nowMs - o.timeMs[slot]!);
  }
}

/**
 * Mean of every model between `fromMs[i]` and `untilMs[i]` into `meanW[i]`. Flat arrays and no call that returns a number
 * in the usual case, so that nothing is allocated.
 */
function fillMeans(o: LoadObserver): void {
  const n = o.stageCount;
  const mask = o.slots - 1;
  const nowMs = o.timeMs[o.head]!;
  for (let i = 0; i < n; i++) {
    const untilMs = o.untilMs[i]!;
    const fromMs = o.fromMs[i]!;
    const untilTicks = (nowMs - untilMs) / o.tickMs;
    const fromTicks = (nowMs - fromMs) / o.tickMs;
    const untilBack = Math.ceil(untilTicks);
    const fromBack = Math.ceil(fromTicks);
    if (untilBack < 1 || fromBack > o.regular) {
      fillMean(o, i);
      continue;
    }
    const untilOlder = o.integralWms[((o.head - untilBack) & mask) * n + i]!;
    const untilNewer = o.integralWms[((o.head - untilBack + 1) & mask) * n + i]!;
    const fromOlder = o.integralWms[((o.head - fromBack) & mask) * n + i]!;
    const fromNewer = o.integralWms[((o.head - fromBack + 1) & mask) * n + i]!;
    const untilWms = untilOlder + (untilNewer - untilOlder) * (untilBack - untilTicks);
    const fromWms = fromOlder + (fromNewer - fromOlder) * (fromBack - fromTicks);
    o.meanW[i] = (untilWms - fromWms) / (untilMs - fromMs);
  }
}

/** The same for one stage: where ticks were late or left out, beyond either end of the history, or asked for alone. */
export function fillMean(o: LoadObserver, i: number): void {
  const untilMs = o.untilMs[i]!;
  const fromMs = o.fromMs[i]!;
  o.meanW[i] = (integralAt(o, i, untilMs) - integralAt(o, i, fromMs)) / (untilMs - fromMs);
}

/** ∫ modelW dt of stage i up to a time, interpolated; held flat before the history begins, running on after its end. */
function integralAt(o: LoadObserver, i: number, atMs: number): number {
  const n = o.stageCount;
  const mask = o.slots - 1;
  const newestMs = o.timeMs[o.head]!;
  if (atMs >= newestMs) return o.integralWms[o.head * n + i]! + o.modelW[i]! * (atMs - newestMs);
  const oldest = o.filled - 1;
  let back = Math.min(oldest, Math.max(1, Math.ceil((newestMs - atMs) / o.tickMs)));
  while (back < oldest && o.timeMs[(o.head - back) & mask]! > atMs) back++;
  while (back > 1 && o.timeMs[(o.head - back + 1) & mask]! <= atMs) back--;
  const a = (o.head - back) & mask;
  const ta = o.timeMs[a]!;
  const ia = o.integralWms[a * n + i]!;
  if (back < 1 || atMs <= ta) return ia;
  const b = (a + 1) & mask;
  const tb = o.timeMs[b]!;
  return tb > ta ? ia + ((o.integralWms[b * n + i]! - ia) * (atMs - ta)) / (tb - ta) : ia;
}

/**
 * Mean power of every stage between two moments of the world (`o.spanFromMs`, `o.spanUntilMs`, set before) into `powerW`, as
 * far as models and readings tell. Uses the arrays of `fillMeans`.
 */
export function fillStagePowers(o: LoadObserver, powerW: Float64Array): void {
  const { spanFromMs, spanUntilMs } = o;
  for (let i = 0; i < o.stageCount; i++) {
    const modelled = o.powerSource[i] === PowerSource.model;
    const shiftMs = modelled ? o.delayMs[i]! : -(o.latencyMs[i]! + 0.5 * o.windowMs[i]!);
    o.untilMs[i] = spanUntilMs - shiftMs;
    o.fromMs[i] = spanFromMs - shiftMs;
  }
  fillMeans(o);
  for (let i = 0; i < o.stageCount; i++) powerW[i] = o.meanW[i]! + o.deviationW[i]!;
}

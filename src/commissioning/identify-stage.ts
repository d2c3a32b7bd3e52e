/**
 * How a power stage follows, from nudges: dead time, time constant, slew rate, how often it takes a command, gain and offset.
 * A first-order answer with a bounded rate after a dead time is reckoned for each nudge and compared with what the stage said;
 * each nudge has a dead time of its own, and what they scatter by is how often the stage takes a command.
 */
import { type Figure, type Look, meanOf, medianOf, type Segment, searched, uncertaintyOf } from "./trace.ts";

/** What was found of a stage, as the controller sees it: the time of the way there and back counts. */
export interface StageFigures {
  readonly deadTimeMs: Figure;
  readonly responseMs: Figure;
  /** Fastest change, W per second; Infinity where only the time constant shows. */
  readonly slewWPerS: number;
  /** 0 where it takes each command at once. */
  readonly commandPeriodMs: Figure;
  /** Power for each watt of the command, and what it does when told nothing, W. */
  readonly gain: Figure;
  readonly offsetW: number;
  /** Nudges that could be used. */
  readonly nudges: number;
  /** What the best description leaves, of the nudges. */
  readonly unexplained: number;
}

const responsesMs = [5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 450, 700, 1_000, 1_500, 2_200, 3_300];
/**
 * Times for the nudge's whole step at the bounded rate, ms; 0 for no bound. A shorter one looks like a time constant: what
 * bounds larger steps only, the step of a limit shows.
 */
const slewTimesMs = [0, 250, 350, 500, 800, 1_200, 2_000, 3_000, 4_500];
const deadMaxMs = 4_000;
const deadStepMs = 20;
/** A nudge is one from this share of the rating on. */
const nudgeShare = 0.02;
/** Dead times that scatter by less are one, ms. */
const scatterMs = 90;
/** Fewer nudges than these show no outlier. */
const leastForOutlier = 6;
/** Share of the nudges that must agree for the others to be outliers. */
const agreeShare = 0.75;
/** A nudge with fewer looks tells nothing. */
const looksLeast = 10;
/** Share of a nudge's end from which the steady power is taken. */
const steadyShare = 0.2;
/** A bounded rate must explain this much better than none. */
const slewWorth = 0.5;

/** The nudges of a recording: from each moment at which one was asked for to the next, or to the end. */
export function segmentsOf(looks: readonly Look[], nudgesAtMs: readonly number[]): Segment[] {
  const starts = nudgesAtMs.map((atMs) => looks.findIndex((look) => look.atMs >= atMs)).filter((index) => index >= 0);
  return starts
    .map((from, i) => ({ from, to: starts[i + 1] ?? looks.length }))
    .filter(({ from, to }) => to - from >= looksLeast);
}

/** What the nudges of one stage tell of it; null when fewer than three can be used. */
export function identifyStage(
  looks: readonly Look[],
  nudges: readonly Segment[],
  stage: number,
  ratedW: number,
): StageFigures | null {
  const segments = nudges.filter((segment) => moves(looks, stage, segment, ratedW));
  if (segments.length < 3) return null;
  let best = bestOf(looks, stage, segments, responsesMs, [0], ratedW);
  const bounded = bestOf(looks, stage, segments, responsesMs, slewTimesMs.slice(1), ratedW);
  if (bounded.left < slewWorth * best.left) best = bounded;
  // Once more between the grid's lines.
  const finer = [0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4].map((factor) => factor * best.responseMs);
  const slews = best.slewMs === 0 ? [0] : [0.8, 0.9, 1, 1.1, 1.25].map((factor) => factor * best.slewMs);
  best = bestOf(looks, stage, segments, finer, slews, ratedW);
  const found = figuresOf(looks, stage, segments, best);
  return Number.isFinite(found.unexplained) && Number.isFinite(found.gain.value) ? found : null;
}

interface Description {
  readonly responseMs: number;
  /** Time for the whole nudge at the bounded rate, ms; 0 for none. */
  readonly slewMs: number;
  readonly deadMs: readonly number[];
  readonly left: number;
  readonly told: number;
  readonly stepW: number;
}

function bestOf(
  looks: readonly Look[],
  stage: number,
  segments: readonly Segment[],
  responses: readonly number[],
  slews: readonly number[],
  ratedW: number,
): Description {
  const stepW = Math.max(
    nudgeShare * ratedW,
    medianOf(segments.map((segment) => Math.abs(stepOf(looks, stage, segment)))),
  );
  let best: Description | undefined;
  for (const responseMs of responses) {
    for (const slewMs of slews) {
      const rateWPerMs = slewMs === 0 ? Number.POSITIVE_INFINITY : stepW / slewMs;
      let left = 0;
      let told = 0;
      const deadMs: number[] = [];
      for (const segment of segments) {
        const fit = fitDeadTime(looks, stage, segment, responseMs, rateWPerMs);
        left += fit.left;
        told += fit.told;
        deadMs.push(fit.deadMs);
      }
      if (best === undefined || left < best.left) best = { responseMs, slewMs, deadMs, left, told, stepW };
    }
  }
  return best!;
}

const stepOf = (looks: readonly Look[], stage: number, { from, to }: Segment): number =>
  steadyOf(looks, stage, { from, to }, "powerW") - looks[from]!.stages[stage]!.powerW;

function steadyOf(looks: readonly Look[], stage: number, { from, to }: Segment, what: "powerW" | "commandW"): number {
  const start = Math.max(from, Math.floor(to - steadyShare * (to - from)));
  return meanOf(looks.slice(start, to).map((look) => look.stages[stage]![what]));
}

const moves = (looks: readonly Look[], stage: number, segment: Segment, ratedW: number): boolean =>
  Math.abs(stepOf(looks, stage, segment)) >= nudgeShare * ratedW;

/**
 * The dead time with which this answer fits one nudge best. The answer goes to the steady power that was seen, so that a gain
 * is no matter of time.
 */
function fitDeadTime(
  looks: readonly Look[],
  stage: number,
  { from, to }: Segment,
  responseMs: number,
  rateWPerMs: number,
): { deadMs: number; left: number; told: number } {
  const startMs = looks[from]!.atMs;
  const startW = looks[from]!.stages[stage]!.powerW;
  const endW = steadyOf(looks, stage, { from, to }, "powerW");
  const lastMs = looks[to - 1]!.atMs - startMs;
  const shape = answerShape(wishOf(looks, stage, { from, to }, endW - startW), responseMs, rateWPerMs);
  const told = (endW - startW) ** 2 * (to - from);
  const leftWith = (deadMs: number): number => {
    let left = 0;
    for (let i = from; i < to; i++) {
      const sinceMs = looks[i]!.atMs - startMs - deadMs;
      const expectedW = startW + (sinceMs <= 0 ? 0 : valueAt(shape, sinceMs));
      left += (looks[i]!.stages[stage]!.powerW - expectedW) ** 2;
    }
    return left;
  };
  const lastDeadMs = Math.min(deadMaxMs, lastMs);
  const near = searched(0, lastDeadMs, deadStepMs, (deadMs) => ({ deadMs, left: leftWith(deadMs) }));
  const fromMs = Math.max(0, near.deadMs - deadStepMs);
  return { ...searched(fromMs, near.deadMs + deadStepMs, 5, (deadMs) => ({ deadMs, left: leftWith(deadMs) })), told };
}

const shapeStepMs = 5;

/**
 * What was commanded within a nudge, every few milliseconds, as steps of what the stage did in the end: a rise comes as a
 * ramp, a cut goes beyond its end for a moment.
 */
function wishOf(looks: readonly Look[], stage: number, { from, to }: Segment, stepW: number): Float64Array {
  const startMs = looks[from]!.atMs;
  const beforeW = looks[Math.max(0, from - 1)]!.stages[stage]!.commandW;
  const afterW = steadyOf(looks, stage, { from, to }, "commandW");
  const wish = new Float64Array(Math.ceil((looks[to - 1]!.atMs - startMs) / shapeStepMs) + 2);
  const changed = Math.abs(afterW - beforeW) > 1;
  let look = from;
  for (let i = 0; i < wish.length; i++) {
    while (look + 1 < to && looks[look + 1]!.atMs - startMs <= i * shapeStepMs) look++;
    const commandW = looks[look]!.stages[stage]!.commandW;
    wish[i] = changed ? (stepW * (commandW - beforeW)) / (afterW - beforeW) : 0;
  }
  return wish;
}

/** The answer to what was wished with a time constant and a bounded rate, from 0 on. */
function answerShape(wish: Float64Array, responseMs: number, rateWPerMs: number): Float64Array {
  const shape = new Float64Array(wish.length);
  const share = 1 - Math.exp(-shapeStepMs / responseMs);
  const mostW = rateWPerMs * shapeStepMs;
  for (let i = 1; i < shape.length; i++) {
    const wantedW = share * (wish[i - 1]! - shape[i - 1]!);
    shape[i] = shape[i - 1]! + Math.max(-mostW, Math.min(mostW, wantedW));
  }
  return shape;
}

function valueAt(shape: Float64Array, sinceMs: number): number {
  const at = sinceMs / shapeStepMs;
  const low = Math.min(shape.length - 1, Math.floor(at));
  const high = Math.min(shape.length - 1, low + 1);
  return shape[low]! + (at - low) * (shape[high]! - shape[low]!);
}

/**
 * Nudges that fell out of line, as the first one while power only begins to flow or those during which a machine stood still,
 * say nothing of the others, where these nearly all agree. Commands that are taken now and then never agree so: their dead
 * times are spread evenly.
 */
function withoutOutliers(deadMs: readonly number[]): readonly number[] {
  const sorted = [...deadMs].sort((a, b) => a - b);
  if (sorted.length < leastForOutlier) return deadMs;
  let most: readonly number[] = [];
  for (const firstMs of sorted) {
    const near = sorted.filter((one) => one >= firstMs && one <= firstMs + scatterMs);
    if (near.length > most.length) most = near;
  }
  return most.length >= agreeShare * sorted.length ? most : deadMs;
}

function figuresOf(
  looks: readonly Look[],
  stage: number,
  segments: readonly Segment[],
  best: Description,
): StageFigures {
  const { responseMs, slewMs, stepW } = best;
  const deadMs = withoutOutliers(best.deadMs);
  const sorted = [...deadMs].sort((a, b) => a - b);
  const count = sorted.length;
  const spreadMs = sorted.at(-1)! - sorted[0]!;
  // Evenly spread over a period, so many moments leave out a share of it at both ends.
  const scatters = spreadMs > scatterMs;
  const periodMs = scatters ? (spreadMs * (count + 1)) / (count - 1) : 0;
  const firstMs = scatters ? Math.max(0, sorted[0]! - spreadMs / (count - 1)) : meanOf(deadMs);
  const points = segments.map((segment) => ({
    told: steadyOf(looks, stage, segment, "commandW"),
    did: steadyOf(looks, stage, segment, "powerW"),
  }));
  const told = meanOf(points.map((point) => point.told));
  const did = meanOf(points.map((point) => point.did));
  const square = points.reduce((sum, point) => sum + (point.told - told) ** 2, 0);
  const gain = points.reduce((sum, point) => sum + (point.told - told) * (point.did - did), 0) / Math.max(1e-9, square);
  const offW = points.map((point) => point.did - did - gain * (point.told - told));
  return {
    deadTimeMs: {
      value: firstMs,
      uncertainty: scatters ? spreadMs / (count - 1) + 10 : Math.max(10, uncertaintyOf(deadMs)),
    },
    responseMs: { value: responseMs, uncertainty: Math.max(10, 0.2 * responseMs) },
    slewWPerS: slewMs === 0 ? Number.POSITIVE_INFINITY : (1_000 * stepW) / slewMs,
    commandPeriodMs: { value: periodMs, uncertainty: scatters ? (2 * periodMs) / (count + 1) : scatterMs },
    gain: {
      value: gain,
      uncertainty: Math.max(0.005, (2 * Math.sqrt(meanOf(offW.map((w) => w * w)))) / Math.sqrt(Math.max(1e-9, square))),
    },
    offsetW: did - gain * told,
    nudges: count,
    unexplained: Math.sqrt(best.left / Math.max(1e-9, best.told)),
  };
}

/**
 * How the meter sees the stages, from nudges: how often it has a sample, over which window it averages, how late it is, its
 * gain, sign and resolution. The load that is not the stages' is a straight line within each nudge; a nudge in which it is
 * not explains itself badly and counts for little.
 */
import { type Figure, type Look, meanOf, medianOf, type Segment, searched, uncertaintyOf } from "./trace.ts";

/** What was found of the meter. Its constant error can't be found by steps. */
export interface MeterFigures {
  readonly updateMs: Figure;
  readonly windowMs: Figure;
  readonly latencyMs: Figure;
  /** Mean delay of what it shows, latency and half of its window together: what the control needs to know best, ms. */
  readonly delayMs: Figure;
  /** Power shown for each watt of the stages; negative when it is the wrong way round. */
  readonly gain: Figure;
  readonly resolutionW: number;
  readonly nudges: number;
  readonly unexplained: number;
}

const windowsMs = [10, 20, 40, 60, 100, 150, 200, 300, 400, 500, 600, 800, 1_000, 1_300, 1_600, 2_000, 3_000];
const latencyStepMs = 20;
const latencyMaxMs = 3_000;
const resolutionsW = [1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.1];
/** A window that explains so much better than none is believed; of those that are as good the shortest. */
const nearlyBest = 1.1;
const gridMs = 10;

/** Power of all stages together on an even grid of time, summed up, so that the mean of any span is a difference. */
class Integral {
  readonly #startMs: number;
  readonly #sums: Float64Array;

  constructor(looks: readonly Look[]) {
    this.#startMs = looks[0]!.atMs;
    const count = Math.ceil((looks.at(-1)!.atMs - this.#startMs) / gridMs) + 1;
    this.#sums = new Float64Array(count + 1);
    let look = 0;
    for (let i = 0; i < count; i++) {
      const atMs = this.#startMs + i * gridMs;
      while (look + 1 < looks.length && looks[look + 1]!.atMs <= atMs) look++;
      let powerW = 0;
      for (const stage of looks[look]!.stages) powerW += stage.powerW;
      this.#sums[i + 1] = this.#sums[i]! + powerW;
    }
  }

  mean(fromMs: number, toMs: number): number {
    const from = this.#at(fromMs);
    const to = this.#at(toMs);
    return (to - from) / Math.max(1e-9, (toMs - fromMs) / gridMs);
  }

  #at(ms: number): number {
    const at = Math.max(0, Math.min(this.#sums.length - 1, (ms - this.#startMs) / gridMs));
    const low = Math.floor(at);
    const high = Math.min(this.#sums.length - 1, low + 1);
    return this.#sums[low]! + (at - low) * (this.#sums[high]! - this.#sums[low]!);
  }
}

interface Sample {
  readonly atMs: number;
  readonly powerW: number;
}

/** Samples of the meter: each once, at its coming. */
function samplesOf(looks: readonly Look[]): Sample[] {
  const samples: Sample[] = [];
  let last = Number.NaN;
  for (const { sampleAtMs, meterW } of looks) {
    if (sampleAtMs === last || !Number.isFinite(sampleAtMs) || !Number.isFinite(meterW)) continue;
    samples.push({ atMs: sampleAtMs, powerW: meterW });
    last = sampleAtMs;
  }
  return samples;
}

/** What the nudges tell of the meter; null when fewer than three can be used. */
export function identifyMeter(looks: readonly Look[], segments: readonly Segment[]): MeterFigures | null {
  if (looks.length < 10 || segments.length < 3) return null;
  const samples = samplesOf(looks);
  const integral = new Integral(looks);
  const spans = segments.map(({ from, to }) => {
    // A little of what was before, so that the step itself lies inside.
    const startMs = looks[from]!.atMs - 500;
    const endMs = looks[to - 1]!.atMs;
    return samples.filter(({ atMs }) => atMs >= startMs && atMs <= endMs);
  });
  const used = spans.filter((span) => span.length >= 4);
  if (used.length < 3) return null;
  const updateMs = updateOf(samples);
  let best: Way | undefined;
  const ways: Way[] = [];
  for (const windowMs of windowsMs) {
    const ofWindow = searched(0, latencyMaxMs, latencyStepMs, (latencyMs) =>
      wayOf(used, integral, windowMs, latencyMs),
    );
    ways.push(ofWindow);
    if (best === undefined || ofWindow.left < best.left) best = ofWindow;
  }
  const chosen = ways.find(({ left }) => left <= nearlyBest * best!.left);
  // Readings that are no numbers fit nothing.
  if (chosen === undefined) return null;
  const found = figuresOf(
    used,
    integral,
    chosen,
    ways.filter(({ left }) => left <= nearlyBest * best!.left),
    updateMs,
    samples,
  );
  return Number.isFinite(found.unexplained) && Number.isFinite(found.gain.value) ? found : null;
}

interface Way {
  readonly windowMs: number;
  readonly latencyMs: number;
  readonly gain: number;
  readonly left: number;
  readonly seen: number;
}

/** What one window and latency leave over all nudges, each with its own straight line for the rest of the site. */
function wayOf(spans: readonly (readonly Sample[])[], integral: Integral, windowMs: number, latencyMs: number): Way {
  const parts = spans.map((span) => partOf(span, integral, windowMs, latencyMs));
  // Nudges with a load that moved leave most: the middle one says what is usual, and no nudge counts for more than thrice that.
  const gain = medianOf(parts.map(({ gain: one }) => one));
  const lefts = parts.map(({ yy, xy, xx }) => Math.max(0, yy - 2 * gain * xy + gain * gain * xx));
  const usual = medianOf(lefts);
  const left = lefts.reduce((sum, one) => sum + Math.min(one, 3 * usual), 0);
  return { windowMs, latencyMs, gain, left, seen: parts.reduce((sum, { yy }) => sum + yy, 0) };
}

interface Part {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
  readonly gain: number;
}

/** Meter against stages within one nudge, both without their straight line. */
function partOf(span: readonly Sample[], integral: Integral, windowMs: number, latencyMs: number): Part {
  const count = span.length;
  const x = span.map(({ atMs }) => integral.mean(atMs - latencyMs - windowMs, atMs - latencyMs));
  const y = span.map(({ powerW }) => powerW);
  const t = span.map(({ atMs }) => atMs);
  const [mt, mx, my] = [meanOf(t), meanOf(x), meanOf(y)];
  let tt = 0;
  let tx = 0;
  let ty = 0;
  for (let i = 0; i < count; i++) {
    tt += (t[i]! - mt) ** 2;
    tx += (t[i]! - mt) * (x[i]! - mx);
    ty += (t[i]! - mt) * (y[i]! - my);
  }
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < count; i++) {
    const dx = x[i]! - mx - (tx / Math.max(1e-9, tt)) * (t[i]! - mt);
    const dy = y[i]! - my - (ty / Math.max(1e-9, tt)) * (t[i]! - mt);
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  return { xx, xy, yy, gain: xx > 1e-6 ? xy / xx : 0 };
}

function figuresOf(
  spans: readonly (readonly Sample[])[],
  integral: Integral,
  chosen: Way,
  near: readonly Way[],
  updateMs: Figure,
  samples: readonly Sample[],
): MeterFigures {
  const { windowMs, latencyMs, gain, left, seen } = chosen;
  // Each nudge by itself: how far its own best latency lies from the others'.
  const each = spans.map((span) => {
    const own = searched(0, latencyMaxMs, latencyStepMs, (ms) => {
      const { xx, xy, yy } = partOf(span, integral, windowMs, ms);
      return { ms, left: yy - 2 * gain * xy + gain * gain * xx };
    });
    return own.ms;
  });
  const latencyUncertaintyMs = Math.max(latencyStepMs, uncertaintyOf(each));
  const windowSpread = near.map((way) => way.windowMs);
  const windowUncertaintyMs = Math.max(10, (Math.max(...windowSpread) - Math.min(...windowSpread)) / 2);
  const gains = spans.map((span) => partOf(span, integral, windowMs, latencyMs).gain);
  return {
    updateMs,
    windowMs: { value: windowMs, uncertainty: windowUncertaintyMs },
    latencyMs: { value: latencyMs, uncertainty: latencyUncertaintyMs },
    delayMs: { value: latencyMs + windowMs / 2, uncertainty: latencyUncertaintyMs },
    gain: { value: gain, uncertainty: Math.max(0.01, uncertaintyOf(gains)) },
    resolutionW: resolutionOf(samples),
    nudges: spans.length,
    unexplained: Math.sqrt(left / Math.max(1e-9, seen)),
  };
}

function updateOf(samples: readonly Sample[]): Figure {
  const intervals = samples.slice(1).map(({ atMs }, i) => atMs - samples[i]!.atMs);
  const middle = medianOf(intervals);
  // A quiet meter repeats itself now and then: intervals of several samples don't count.
  const single = intervals.filter((ms) => ms < 1.6 * middle);
  return { value: meanOf(single), uncertainty: Math.max(2, uncertaintyOf(single)) };
}

function resolutionOf(samples: readonly Sample[]): number {
  const values = samples.map(({ powerW }) => powerW);
  const fits = (step: number): boolean =>
    values.every((value) => Math.abs(value - step * Math.round(value / step)) <= 0.01 * step);
  return resolutionsW.find(fits) ?? 0;
}

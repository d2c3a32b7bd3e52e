/**
 * Instruments for islands: darkness of tiers to the millisecond, extremes of the formed bus, steps of power from the grid,
 * the runway's forecasts against what came.
 */
import { hourMs } from "../../src/domain/units.ts";
import type { Site } from "../story/site.ts";
import type { Condition, Probe, Reading } from "./probes.ts";

/** The longest unbroken darkness of a tier (from 0) that ends or goes on inside the window, ms. */
export function longestDarkMs(tier: number, from?: string, to?: string): Probe {
  let totalMs = Number.NaN;
  let stretchMs = 0;
  let longest = 0;
  return {
    from,
    to,
    look(site) {
      const { busWatch } = site.world;
      const grownMs = busWatch.darkTotalMs[tier]! - totalMs;
      totalMs = busWatch.darkTotalMs[tier]!;
      // Lit at the end of a tick, a stretch of darkness inside the tick is over.
      if (grownMs > 0) stretchMs += grownMs;
      if (stretchMs > longest) longest = stretchMs;
      if (busWatch.darkForMs[tier] === 0) stretchMs = 0;
    },
    value: () => longest,
  };
}

/** Time in which a tier was dark inside the window, s. */
export function darkS(tier: number, from?: string, to?: string): Probe {
  let firstMs = Number.NaN;
  let lastMs = Number.NaN;
  return {
    from,
    to,
    look(site) {
      lastMs = site.world.busWatch.darkTotalMs[tier]!;
      if (Number.isNaN(firstMs)) firstMs = lastMs;
    },
    value: () => (lastMs - firstMs) / 1000,
  };
}

/** How much a counter of the plant, which only rises, has risen inside the window: times that something happened, or milliseconds. */
export function happened(counter: Reading, from?: string, to?: string): Probe {
  let first = Number.NaN;
  let last = Number.NaN;
  return {
    from,
    to,
    look(site) {
      last = counter(site);
      if (Number.isNaN(first)) first = last;
    },
    value: () => last - first,
  };
}

/** How often a condition began to hold. */
export function begins(condition: Condition, from?: string, to?: string): Probe {
  let before = true;
  let times = 0;
  return {
    from,
    to,
    look(site) {
      const now = condition(site);
      if (now && !before) times++;
      before = now;
    },
    value: () => times,
  };
}

/** Largest rise of a reading within a second: what a restart all at once looks like. */
export function steepestRisePerS(reading: Reading, from?: string, to?: string): Probe {
  let window: { atMs: number; value: number }[] = [];
  let steepest = Number.NaN;
  return {
    from,
    to,
    look(site, _tickMs, sinceFromMs) {
      const value = reading(site);
      window = window.filter(({ atMs }) => sinceFromMs - atMs <= 1_000);
      for (const old of window) if (!(value - old.value <= steepest)) steepest = value - old.value;
      window.push({ atMs: sinceFromMs, value });
    },
    value: () => steepest,
  };
}

/** Voltage of the formed bus at its worst, pu, and its frequency, Hz: on every step of the plant, black start ramps apart. */
export const lowestPu = (): Probe => extreme((site) => site.world.busWatch.minPu);
export const highestPu = (): Probe => extreme((site) => site.world.busWatch.maxPu);
export const lowestHz = (): Probe => extreme((site) => site.world.busWatch.minHz);
export const highestHz = (): Probe => extreme((site) => site.world.busWatch.maxHz);
const extreme = (value: Reading): Probe => ({ from: undefined, to: undefined, look() {}, value });

/** Trips of photovoltaic plants and of forming stages since the start. */
export function pvTrips(site: Site): number {
  let sum = 0;
  for (const { trips } of site.world.pvs)
    sum += trips.overFrequency + trips.overVoltage + trips.underFrequency + trips.underVoltage;
  return sum;
}
export function overFrequencyTrips(site: Site): number {
  let sum = 0;
  for (const { trips } of site.world.pvs) sum += trips.overFrequency;
  return sum;
}
export function formingTrips(site: Site): number {
  let sum = 0;
  for (const stage of site.world.stages) sum += stage.formingTrips;
  return sum;
}

/** Loads, forming stages and sources as the plant knows them. */
export const tierLit =
  (tier: number): Condition =>
  (site) =>
    site.world.busWatch.darkForMs[tier] === 0;
export const formers: Reading = (site) => site.world.bus.formers;
export const busDrops: Reading = (site) => site.world.busWatch.drops;

/** A forecast that somebody makes and the time that it speaks of. */
export interface ForecastReading {
  /** Hours from now until `comes`; NaN while nothing is forecast. */
  readonly forecastH: Reading;
  /** What the forecast speaks of has come. */
  readonly comes: Condition;
  /** The forecast's grounds have changed (a vehicle came or went): what was said before is not held against it. */
  readonly grounds?: Reading;
}

/** Forecasts are kept so often, and judged against at least so long a remaining time. */
const keepEveryMs = 60_000;
const judgedOverH = 1;

/**
 * The worst error of the forecasts made from `from` on until what they speak of came, percent of the time that then was left
 * (of one hour when it was less). NaN when it never came.
 */
export function forecastErrorPct({ forecastH, comes, grounds }: ForecastReading, from?: string, to?: string): Probe {
  let kept: { atMs: number; forecastH: number }[] = [];
  let groundsBefore = Number.NaN;
  let nextMs = 0;
  let worst = Number.NaN;
  let over = false;
  return {
    from,
    to,
    look(site, _tickMs, sinceFromMs) {
      if (over) return;
      const groundsNow = grounds?.(site) ?? 0;
      if (groundsNow !== groundsBefore) kept = [];
      groundsBefore = groundsNow;
      if (comes(site)) {
        over = true;
        for (const { atMs, forecastH: saidH } of kept) {
          const cameH = (sinceFromMs - atMs) / hourMs;
          const errorPct = (100 * Math.abs(saidH - cameH)) / Math.max(cameH, judgedOverH);
          if (!(errorPct <= worst)) worst = errorPct;
        }
        return;
      }
      if (sinceFromMs < nextMs) return;
      nextMs = sinceFromMs + keepEveryMs;
      const saidH = forecastH(site);
      if (Number.isFinite(saidH)) kept.push({ atMs: sinceFromMs, forecastH: saidH });
    },
    value: () => worst,
  };
}

/**
 * The worst error of a forecast of hours inside a window in which nobody comes or goes, percent of what it said (of one hour
 * when it was less): each said so many hours, and what came is the time to the window's end and what it says then.
 */
export function forecastKeptPct(forecastH: Reading, from: string, to: string): Probe {
  const kept: { atMs: number; saidH: number }[] = [];
  let nextMs = 0;
  let lastMs = 0;
  let lastH = Number.NaN;
  return {
    from,
    to,
    look(site, _tickMs, sinceFromMs) {
      lastMs = sinceFromMs;
      lastH = forecastH(site);
      if (sinceFromMs < nextMs) return;
      nextMs = sinceFromMs + keepEveryMs;
      kept.push({ atMs: sinceFromMs, saidH: lastH });
    },
    value() {
      let worst = Number.NaN;
      for (const { atMs, saidH } of kept) {
        const cameH = (lastMs - atMs) / hourMs + lastH;
        const errorPct = (100 * Math.abs(saidH - cameH)) / Math.max(saidH, judgedOverH);
        if (!(errorPct <= worst)) worst = errorPct;
      }
      return worst;
    },
  };
}

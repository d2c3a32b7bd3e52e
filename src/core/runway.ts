/**
 * How long the island lasts, for each tier: the energy above reserve of every vehicle, who leaves when, PV by the hour, and
 * measured loads. Vehicles that leave first are used first, because what they carry leaves with them. Computed outside the
 * tick, every few seconds; the tick itself only uses `usableWh` over load.
 */
import { hourMs } from "../domain/units.ts";

/** Energy that a vehicle may give to the site, Wh at the AC side; NaN where nobody knows its battery. */
export const usableWh = (socPct: number, reservePct: number, capacityWh: number, efficiency: number): number =>
  socPct > reservePct ? ((socPct - reservePct) / 100) * capacityWh * efficiency : socPct <= reservePct ? 0 : Number.NaN;

export interface RunwayVehicle {
  readonly name: string;
  readonly usableWh: number;
  readonly maxDischargeW: number;
  /** From now; Infinity when nobody knows of a departure. */
  readonly departsInH: number;
}

export interface RunwayInputs {
  /** Average load of each tier, W, most important first. */
  readonly tierLoadW: readonly number[];
  readonly vehicles: readonly RunwayVehicle[];
  /** Average PV of each coming hour, W; the last value goes on. Empty: none. */
  readonly pvByHourW: readonly number[];
}

export interface TierRunway {
  /** Hours in which this tier and all before it are fed; `horizonH` means at least that long. */
  readonly hours: number;
}

export interface Runway {
  readonly tiers: readonly TierRunway[];
  /** The vehicle whose energy, or whose departure, ends first what feeds all tiers now, and when, h; "" when none is needed. */
  readonly nextNeeded: string;
  readonly nextNeededInH: number;
}

export const horizonH = 7 * 24;
const stepH = 1 / 12;

/** Hours for each tier with all tiers before it. A load of zero lasts to the horizon; unknown energy counts as none. */
export function forecastRunway(inputs: RunwayInputs): Runway {
  let loadW = 0;
  const vehicles = [...inputs.vehicles].sort((a, b) => a.departsInH - b.departsInH);
  const tiers = inputs.tierLoadW.map((tierW) => {
    loadW += Number.isFinite(tierW) ? Math.max(0, tierW) : 0;
    return { hours: hoursFor(loadW, vehicles, inputs.pvByHourW).hours };
  });
  const first = hoursFor(loadW, vehicles, inputs.pvByHourW);
  return { tiers, nextNeeded: first.next, nextNeededInH: first.nextInH };
}

/** Plays the island forward in steps of five minutes. Surplus PV refills nobody: what is counted on must be there. */
function hoursFor(loadW: number, vehicles: readonly RunwayVehicle[], pvByHourW: readonly number[]) {
  const left = vehicles.map(({ usableWh: energyWh }) => (energyWh > 0 ? energyWh : 0));
  let next = "";
  let nextInH = Number.POSITIVE_INFINITY;
  let feeding = -1;
  for (let atH = 0; atH < horizonH; atH += stepH) {
    const pvW = pvByHourW.length === 0 ? 0 : pvByHourW[Math.min(Math.floor(atH), pvByHourW.length - 1)]!;
    let wantedW = Math.max(0, loadW - pvW);
    let lackWh = wantedW * stepH;
    const askedWh = lackWh;
    for (let i = 0; i < vehicles.length && lackWh > 1e-9; i++) {
      const { departsInH, maxDischargeW } = vehicles[i]!;
      if (departsInH <= atH || left[i]! <= 0) continue;
      if (feeding < 0) feeding = i;
      if (feeding !== i && next === "" && left[feeding]! <= 1e-9) {
        next = vehicles[i]!.name;
        nextInH = atH;
      }
      const givenWh = Math.min(left[i]!, lackWh, Math.min(maxDischargeW, wantedW) * stepH);
      left[i]! -= givenWh;
      lackWh -= givenWh;
      wantedW -= givenWh / stepH;
    }
    if (askedWh > 0 && lackWh > 1e-6) return { hours: atH + stepH * (1 - lackWh / askedWh), next, nextInH };
    if (feeding >= 0 && vehicles[feeding]!.departsInH <= atH + stepH && next === "") {
      const heir = vehicles.findIndex(({ departsInH }, i) => departsInH > atH + stepH && left[i]! > 0);
      if (heir >= 0) {
        next = vehicles[heir]!.name;
        nextInH = vehicles[feeding]!.departsInH;
      }
    }
  }
  return { hours: horizonH, next, nextInH };
}

/** Watches a forecast against the clock: what it said before, minus the time since, should be what it says now. */
export interface ForecastCheck {
  /** Forecast to compare with, hours, and when it was made, ms; NaN before the first. */
  forecastH: number;
  madeAtMs: number;
}

export const createForecastCheck = (): ForecastCheck => ({ forecastH: Number.NaN, madeAtMs: Number.NaN });

/** A forecast counts from here on: the first hour of an island is learning. */
export const learningMs = hourMs;

/**
 * Error of the forecast made after the first hour, per unit of that forecast; NaN while learning. Call with each new forecast
 * of the same tiers; start anew (`createForecastCheck`) when a vehicle comes or goes or a tier changes.
 */
export function checkForecast(check: ForecastCheck, islandSinceMs: number, runwayH: number, nowMs: number): number {
  if (nowMs - islandSinceMs < learningMs || !Number.isFinite(runwayH)) return Number.NaN;
  if (Number.isNaN(check.forecastH)) {
    check.forecastH = runwayH;
    check.madeAtMs = nowMs;
  }
  const shouldBeH = check.forecastH - (nowMs - check.madeAtMs) / hourMs;
  return Math.abs(runwayH - shouldBeH) / Math.max(check.forecastH, 1e-6);
}

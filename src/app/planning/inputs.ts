/**
 * What plans rest on besides vehicles and limits: load and PV ahead, prices, commitments, each for the quarters of one horizon. The
 * site's economy answers; who has nothing says so, and the plan names it.
 */
import type { Forecast } from "../../forecast/forecast.ts";
import type { PlanningEvent } from "../../planning/problem.ts";
import type { TariffHorizon } from "../../tariff/horizon.ts";

export interface PlanningInputs {
  /** Load without the vehicles, and PV; magnitudes in W. */
  forecasts(nowMs: number, startsAtMs: number, quarters: number): { readonly load: Forecast; readonly pv: Forecast };
  /** When a vehicle, by its id, usually comes, and what it has used by then. */
  arrivals(vehicle: string, nowMs: number): readonly { readonly atMs: number; readonly usedWh: number | null }[];
  /** Null: no price is known, and plans go by departures only. */
  horizon(startsAtMs: number, quarters: number): TariffHorizon | null;
  /** Commitments to utilities, by slots of the horizon. */
  commitments(nowMs: number, startsAtMs: number, quarters: number): readonly PlanningEvent[];
  /** Currency, and what a kWh given back costs in wear where a vehicle says nothing. */
  tariff(): { readonly currency: string; readonly wearPerKWh: number } | null;
}

/** What lies ahead is looked at anew after this, ms. */
const keptMs = 20_000;
/** Habits change by the day: of so many vehicles they are kept for so long, ms. */
const habitKeptMs = 15 * 60_000;
const vehiclesMax = 400;

/** The same, asked once in a while: a look at the site each second costs nothing then. */
export function keptInputs(inputs: PlanningInputs): PlanningInputs {
  const kept = <T>(ask: (nowMs: number, startsAtMs: number, quarters: number) => T) => {
    let last: { atMs: number; startsAtMs: number; quarters: number; value: T } | null = null;
    return (nowMs: number, startsAtMs: number, quarters: number): T => {
      const fits =
        last !== null &&
        last.startsAtMs === startsAtMs &&
        last.quarters === quarters &&
        Math.abs(nowMs - last.atMs) < keptMs;
      if (!fits) last = { atMs: nowMs, startsAtMs, quarters, value: ask(nowMs, startsAtMs, quarters) };
      return last!.value;
    };
  };
  const horizon = kept((_nowMs, startsAtMs, quarters) => inputs.horizon(startsAtMs, quarters));
  const arrivals = new Map<string, { readonly atMs: number; readonly value: ReturnType<PlanningInputs["arrivals"]> }>();
  return {
    arrivals(vehicle, nowMs) {
      const before = arrivals.get(vehicle);
      if (before !== undefined && Math.abs(nowMs - before.atMs) < habitKeptMs) return before.value;
      const value = inputs.arrivals(vehicle, nowMs);
      arrivals.set(vehicle, { atMs: nowMs, value });
      if (arrivals.size > vehiclesMax) arrivals.delete(arrivals.keys().next().value!);
      return value;
    },
    forecasts: kept((nowMs, startsAtMs, quarters) => inputs.forecasts(nowMs, startsAtMs, quarters)),
    horizon: (startsAtMs, quarters) => horizon(Date.now(), startsAtMs, quarters),
    commitments: kept((nowMs, startsAtMs, quarters) => inputs.commitments(nowMs, startsAtMs, quarters)),
    tariff: () => inputs.tariff(),
  };
}

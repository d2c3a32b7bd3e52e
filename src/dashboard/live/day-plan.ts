/**
 * The rest of the day, as far as it is known: vehicles by the forecasts of their departures, load and PV as they were
 * yesterday, the grid as what follows from both. What has no source is not planned, and the page says so.
 */

import type { KeptDay } from "../archive/day-archive.ts";
import type { SiteState } from "../state.ts";

type Plan = SiteState["evses"][number]["plan"];
type Series = (number | null)[];

export interface DayPlanInputs {
  readonly nowMs: number;
  readonly startsAtMs: number;
  readonly stepMs: number;
  readonly steps: number;
  /** For each charger what its vehicle will do; null without a vehicle, empty where nobody knows. */
  readonly plans: readonly (Plan | null)[];
  readonly yesterday: KeptDay | undefined;
  readonly hasPv: boolean;
  /** Magnitudes in force; a plan is never drawn beyond them. */
  readonly importLimitW: number;
  readonly exportLimitW: number;
}

export interface DayPlan {
  readonly loadW: Series;
  readonly pvW: Series;
  readonly vehiclesW: Series;
  readonly pccW: Series;
  readonly basis: NonNullable<SiteState["day"]["basis"]>;
}

export function planDay(inputs: DayPlanInputs): DayPlan {
  const { nowMs, startsAtMs, stepMs, steps, plans, yesterday, hasPv } = inputs;
  const present = Math.floor((nowMs - startsAtMs) / stepMs);
  const ahead = (of: (i: number) => number | null | undefined): Series =>
    Array.from({ length: steps }, (_, i) => (i < present ? null : rounded(of(i))));
  const connected = plans.filter((plan) => plan !== null);
  const planned = connected.filter((plan) => plan.length > 0);
  const vehiclesW =
    planned.length === 0
      ? []
      : ahead((i) => {
          const fromMs = Math.max(nowMs, startsAtMs + i * stepMs);
          const untilMs = startsAtMs + (i + 1) * stepMs;
          return planned.reduce((sum, plan) => sum + meanW(plan, fromMs, untilMs), 0);
        });
  const loadW = yesterday === undefined ? [] : ahead((i) => yesterday.loadW[i]);
  const pvW = yesterday === undefined || !hasPv ? [] : ahead((i) => yesterday.pvW[i]);
  const pccW =
    loadW.length === 0
      ? []
      : ahead((i) => {
          const load = loadW[i];
          if (load == null) return null;
          const sumW = load + (vehiclesW[i] ?? 0) - (pvW[i] ?? 0);
          return Math.max(-inputs.exportLimitW, Math.min(inputs.importLimitW, sumW));
        });
  return {
    loadW,
    pvW,
    vehiclesW,
    pccW,
    basis: {
      load: loadW.some((value) => value !== null) ? "yesterday" : "none",
      plannedVehicles: planned.length,
      connectedVehicles: connected.length,
    },
  };
}

/** Mean of a plan's steps over a time. Before its first step and after its last one it does nothing. */
function meanW(plan: Plan, fromMs: number, untilMs: number): number {
  let wattMs = 0;
  for (let i = 0; i < plan.length; i++) {
    const { startsAtMs, powerW } = plan[i]!;
    const endsAtMs = plan[i + 1]?.startsAtMs ?? Number.POSITIVE_INFINITY;
    const overlapMs = Math.min(untilMs, endsAtMs) - Math.max(fromMs, startsAtMs);
    if (overlapMs > 0) wattMs += powerW * overlapMs;
  }
  return wattMs / (untilMs - fromMs);
}

/** To 10 W (and never −0): finer than anybody plans, and a state that stays the same from one second to the next. */
const rounded = (value: number | null | undefined): number | null =>
  value == null || !Number.isFinite(value) ? null : Math.round(value / 10) * 10 + 0;

/**
 * What a vehicle will have when it leaves, by the rule that `schedule.ts` follows: what is asked goes on until the departure
 * takes over, then it charges with all it can get. Computed outside the tick, for people.
 */
import { hourMs, minuteMs } from "../../domain/units.ts";
import { chargingEfficiency, departureLetsGo, departureTakesOver, neededPowerW } from "./schedule.ts";

/** What a vehicle's charge at departure is worked out from. */
export interface DepartureInputs {
  readonly socPct: number;
  readonly capacityWh: number;
  readonly targetPct: number;
  /** UTC. */
  readonly departsAtMs: number;
  readonly reservePct: number;
  /** What it does now by somebody's request, W; NaN when it follows its own plan: charging up to its target. */
  readonly askedW: number;
  /** The departure has taken over already. */
  readonly urgent: boolean;
  /** Charging power that it can count on, W. */
  readonly reachableW: number;
}

/** Charge at departure, percent, and the steps of power until then, W. */
export interface DepartureForecast {
  /** State of charge at departure. */
  readonly socPct: number;
  /** Power from each moment on; the last one until it leaves. */
  readonly steps: readonly { readonly startsAtMs: number; readonly powerW: number }[];
}

const stepMs = minuteMs;
/** Farther ahead nothing is forecast. */
const horizonMs = 48 * hourMs;

/** Null where something is unknown, the departure is past, or it is too far ahead. */
export function forecastDeparture(inputs: DepartureInputs, nowMs: number): DepartureForecast | null {
  const { capacityWh, targetPct, departsAtMs, reservePct, askedW, reachableW } = inputs;
  const known = inputs.socPct >= 0 && capacityWh > 0 && targetPct >= 0 && reachableW >= 0;
  if (!known || !(departsAtMs > nowMs) || departsAtMs - nowMs > horizonMs) return null;
  const steps: { startsAtMs: number; powerW: number }[] = [];
  let { socPct, urgent } = inputs;
  for (let atMs = nowMs; atMs < departsAtMs; atMs += stepMs) {
    const share = neededPowerW({ socPct, targetPct, capacityWh, departsAtMs }, atMs) / Math.max(reachableW, 1);
    urgent = share >= departureTakesOver || (urgent && share > departureLetsGo);
    const requestedW =
      urgent || Number.isNaN(askedW) ? (socPct < targetPct ? reachableW : 0) : Math.min(askedW, reachableW);
    const powerW = (requestedW < 0 && socPct <= reservePct) || (requestedW > 0 && socPct >= 100) ? 0 : requestedW;
    if (steps.at(-1)?.powerW !== powerW) steps.push({ startsAtMs: atMs, powerW });
    const hours = Math.min(stepMs, departsAtMs - atMs) / hourMs;
    const storedW = powerW > 0 ? powerW * chargingEfficiency : powerW / chargingEfficiency;
    const nextPct = socPct + ((storedW * hours) / capacityWh) * 100;
    const bound = urgent || Number.isNaN(askedW) ? targetPct : 100;
    socPct = powerW > 0 ? Math.max(socPct, Math.min(nextPct, bound)) : Math.max(nextPct, Math.min(socPct, reservePct));
  }
  return { socPct, steps };
}

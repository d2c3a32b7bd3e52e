/**
 * A vehicle at whose place nothing is to flow for a while is asked to pause, sleeps, and is woken when power is wanted again: by
 * the control pilot that goes from B1 to B2 (no duty cycle, then one that says "speak"), and where that does not help by state F
 * in between, which older vehicles wake up from. What the core wants comes in, what to ask and what to show on the pilot go out.
 */
import { explain } from "../../core/setpoints/limits.ts";
import { requestSources } from "../../core/setpoints/schedule.ts";
import { minuteMs, secondMs } from "../../domain/units.ts";
import { isIslandNear, type PlaceReport } from "./charger-facts.ts";

/** A vehicle that was asked has left its loop within this; the protocol gives it a minute. */
const obeysWithinMs = 70 * secondMs;
/** One that does not pause is asked again after this, and one that does not wake is tried again: ours. */
const againMs = 10 * minuteMs;

/** Duty cycles of the pilot: no session is offered (B1), one is (B2), and the charger is not there (F: −12 V all the time). */
const b1Pct = 100;
const b2Pct = 5;
const fPct = 0;
/** What wakes a vehicle, in this order, each for so long: times are ours. */
const waking: readonly (readonly [dutyPct: number, forMs: number])[] = [
  [b2Pct, 15 * secondMs],
  [b1Pct, 4 * secondMs],
  [b2Pct, 15 * secondMs],
  [fPct, 4 * secondMs],
  [b2Pct, 20 * secondMs],
];

/** How it stands with a place's vehicle. */
export interface PlaceState {
  /** Its session is in the loop, or there is any session. */
  readonly inLoop: boolean;
  readonly inSession: boolean;
  readonly plugged: boolean;
  /** Why nothing is to flow; empty while something is. */
  readonly idleWhy: string;
}

export type SleepNews = "asked" | "stays" | "asleep" | "waking" | "wakeless";

export interface Sleep {
  /** The vehicle is asked to pause. */
  readonly asks: boolean;
  /** What the pilot shows instead of the usual; undefined: the usual. */
  readonly dutyPct: number | undefined;
  /** Called often; what is new, if anything. */
  look(now: PlaceState, nowMs: number): SleepNews | undefined;
}

type State = "awake" | "asked" | "asleep" | "waking" | "wakeless";

/** `afterMs`: for so long nothing must have been wanted; 0 never asks. */
export function createSleep(afterMs: number): Sleep {
  let state: State = "awake";
  let sinceMs = Number.NaN;
  let idleSinceMs = Number.NaN;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let step = 0;

  const enter = (next: State, nowMs: number): void => {
    state = next;
    sinceMs = nowMs;
  };

  function awake({ inLoop, idleWhy }: PlaceState, nowMs: number): SleepNews | undefined {
    if (!inLoop || idleWhy === "") idleSinceMs = Number.NaN;
    else if (Number.isNaN(idleSinceMs)) idleSinceMs = nowMs;
    if (!(nowMs - idleSinceMs >= afterMs) || nowMs < notBeforeMs) return undefined;
    idleSinceMs = Number.NaN;
    enter("asked", nowMs);
    return "asked";
  }

  function asked({ inSession, idleWhy }: PlaceState, nowMs: number): SleepNews | undefined {
    if (!inSession) {
      enter("asleep", nowMs);
      return "asleep";
    }
    if (idleWhy === "") enter("awake", nowMs);
    else if (nowMs - sinceMs > obeysWithinMs) {
      notBeforeMs = nowMs + againMs;
      enter("awake", nowMs);
      return "stays";
    }
    return undefined;
  }

  function wake(nowMs: number): SleepNews {
    step = 0;
    enter("waking", nowMs);
    return "waking";
  }

  function goOnWaking(nowMs: number): SleepNews | undefined {
    if (nowMs - sinceMs < waking[step]![1]) return undefined;
    step++;
    sinceMs = nowMs;
    if (step < waking.length) return undefined;
    enter("wakeless", nowMs);
    return "wakeless";
  }

  return {
    get asks() {
      return state === "asked";
    },
    get dutyPct() {
      if (state === "asleep") return b1Pct;
      return state === "waking" ? waking[step]![0] : undefined;
    },
    look(now, nowMs) {
      if (afterMs === 0) return undefined;
      if (state === "awake") return awake(now, nowMs);
      if (state === "asked") return asked(now, nowMs);
      // It has come back by itself or has been woken, or the plug is out.
      if (now.inSession || !now.plugged) enter("awake", nowMs);
      else if (state === "asleep") return now.idleWhy === "" ? wake(nowMs) : undefined;
      else if (now.idleWhy !== "") enter("asleep", nowMs);
      else if (state === "waking") return goOnWaking(nowMs);
      else if (nowMs - sinceMs >= againMs) return wake(nowMs);
      return undefined;
    },
  };
}

const idleOf: Readonly<Record<string, string>> = {
  backend: "the backend asks for no power",
  external: "nobody asks for power",
  schedule: "the schedule has no power for it now",
  plan: "the plan has no power for it now",
};
/** Limits that stand for a while, unlike those of the moment. */
const standing: Readonly<Record<string, string>> = {
  "backend-limit": "the backend allows no power",
  "operator-limit": "a person allows no power",
  paused: "a person has paused this place",
};

/**
 * Why nothing is to flow at a place, from its chain of limits; empty while something is to. What the vehicle itself limits does
 * not count, and neither does what passes by itself: modes, meters, shares. In an island everybody is wanted.
 */
export function idleWhyOf({ site, stages, chains }: PlaceReport, index: number): string {
  const { commandRole } = stages[index]!;
  if (commandRole === "forming" || commandRole === "hold" || isIslandNear(site)) return "";
  const { requestedW, requestSource, limits } = explain(chains, index);
  const source = requestSources[requestSource] ?? "none";
  const asksNothing = idleOf[source];
  if (asksNothing !== undefined && requestedW === 0) return asksNothing;
  const direction = requestedW < 0 ? -1 : 1;
  const closed = limits.find(
    ({ reason, minW, maxW }) => standing[reason] !== undefined && (direction > 0 ? maxW <= 0 : minW >= 0),
  );
  return closed === undefined ? "" : standing[closed.reason]!;
}

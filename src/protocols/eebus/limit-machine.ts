/**
 * One limited direction of a site, as the table of limit states moves it: takes the guard's words and heartbeats, says which
 * limit holds. Pure; moments are monotonic milliseconds.
 */
import { changeOn, type LimitEvent, type LimitState } from "./limit-states.table.ts";

/** A heartbeat counts for so long, ms (the use case's 2 minutes, as enbility/eebus-go and evcc have them). */
const heartbeatMaxMs = 120_000;
/** How long a word is waited for after the start, and after a heartbeat that is back, ms. */
const wordMaxMs = 120_000;

/** What the guard has stated: a limit (W, magnitude), or that there is none. */
export interface GuardWord {
  readonly isActive: boolean;
  readonly valueW: number;
  /** Its own end; null: until another is stated. */
  readonly endsMs: number | null;
}

export interface FailSafe {
  /** Limit while the guard is missing, W. */
  readonly limitW: number;
  /** How long the fail-safe state lasts at least without a heartbeat, ms. */
  readonly durationMs: number;
  /** Whether it ends after that; otherwise it lasts until the heartbeat is back. */
  readonly endsByItself: boolean;
}

export interface LimitMachine {
  readonly state: LimitState;
  readonly sinceMs: number;
  /** The limit that holds, W; null where none does. */
  limitW(failSafe: FailSafe): number | null;
  /** The guard states something. It counts with a heartbeat: one that has come, or one that comes soon. */
  word(word: GuardWord, nowMs: number): void;
  heartbeat(nowMs: number): void;
  /** Moves on with time; to be called often. The event that changed the state, or null. */
  step(failSafe: FailSafe, nowMs: number): LimitEvent | null;
  /** What the guard has stated last; null before it has. */
  readonly latest: GuardWord | null;
}

/** `wasLimited`: a limit held before the start, this one if it is known. */
export function createLimitMachine(
  nowMs: number,
  wasLimited: boolean,
  before: Pick<GuardWord, "valueW"> | null,
): LimitMachine {
  let state: LimitState = "init";
  let sinceMs = nowMs;
  let latest: GuardWord | null = null;
  let isNew = false;
  let saidMs = Number.NEGATIVE_INFINITY;
  let heartbeatMs = Number.NEGATIVE_INFINITY;
  let aliveSinceMs = Number.NEGATIVE_INFINITY;

  const isAlive = (atMs: number): boolean => atMs - heartbeatMs <= heartbeatMaxMs;

  function eventAt(failSafe: FailSafe, atMs: number): LimitEvent | null {
    const alive = isAlive(atMs);
    if (isNew && atMs - saidMs > wordMaxMs) isNew = false;
    const isOver = latest !== null && latest.endsMs !== null && atMs >= latest.endsMs;
    if (isNew && alive && latest !== null) {
      isNew = false;
      return latest.isActive && !isOver ? "activated" : "deactivated";
    }
    if (!alive) {
      if (state === "init" && atMs - sinceMs > wordMaxMs) return wasLimited ? "unheardAgain" : "unheard";
      if (state === "fail-safe")
        return failSafe.endsByItself && atMs - sinceMs >= failSafe.durationMs ? "durationOver" : null;
      return "heartbeatLost";
    }
    if (state === "limited" && isOver) return "deactivated";
    if (state === "init" && atMs - Math.max(sinceMs, aliveSinceMs) > wordMaxMs) return "unheard";
    if (state === "fail-safe" && atMs - Math.max(sinceMs, aliveSinceMs) > wordMaxMs) return "noWord";
    return null;
  }

  return {
    get state() {
      return state;
    },
    get sinceMs() {
      return sinceMs;
    },
    get latest() {
      return latest;
    },
    limitW({ limitW }) {
      if (state === "limited") return latest?.valueW ?? limitW;
      if (state === "fail-safe") return limitW;
      // Until the guard speaks, what held before the start holds on where it is tighter.
      if (state === "init") return Math.min(limitW, before?.valueW ?? limitW);
      return null;
    },
    word(word, atMs) {
      latest = word;
      isNew = true;
      saidMs = atMs;
    },
    heartbeat(atMs) {
      if (!isAlive(atMs)) aliveSinceMs = atMs;
      heartbeatMs = atMs;
    },
    step(failSafe, atMs) {
      const event = eventAt(failSafe, atMs);
      if (event === null) return null;
      const isRenewed = state === "limited" && event === "activated";
      const next = isRenewed ? state : changeOn(state, event);
      if (next === null || (next === state && !isRenewed)) return null;
      state = next;
      sinceMs = atMs;
      return event;
    },
  };
}

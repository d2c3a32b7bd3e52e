/**
 * States of a system whose consumption or production a guard limits (EEBUS use cases "limitation of power consumption" and
 * "limitation of power production", actor controllable system), as a table: a row for each change. Pure: what happened and
 * when are arguments. Which change follows from what is after enbility/eebus-go (`usecases/cs/lpc`) and evcc (`hems/eebus`), which
 * cite the use case as LPC-901 to LPC-921.
 */

export const limitStates = [
  /** Started; the guard has not spoken yet: the fail-safe limit holds. */
  "init",
  /** The guard is there and limits nothing. */
  "unlimited-controlled",
  /** The guard's limit holds. */
  "limited",
  /** The guard's heartbeat is missing: the fail-safe limit holds. */
  "fail-safe",
  /** No guard is there, and none is waited for. */
  "unlimited-autonomous",
] as const;
export type LimitState = (typeof limitStates)[number];

/** What happens to a limited system. */
export const limitEvents = {
  activated: "The guard, with a heartbeat, states a limit.",
  deactivated: "The guard, with a heartbeat, states that there is none, or the limit's own time is over.",
  heartbeatLost: "No heartbeat has come for longer than 120 s.",
  unheard: "Nobody has stated anything within 120 s after the start.",
  unheardAgain: "The same, and a limit or the fail-safe one held before the start.",
  noWord: "The heartbeat is back, and no limit was stated within 120 s after it.",
  durationOver: "The least duration of the fail-safe state is over, and the site is set to go on then.",
} as const;
export type LimitEvent = keyof typeof limitEvents;

interface LimitChange {
  readonly from: LimitState;
  readonly on: LimitEvent;
  readonly to: LimitState;
}

/** All changes; what is not here does not happen. */
export const limitChanges: readonly LimitChange[] = [
  { from: "init", on: "deactivated", to: "unlimited-controlled" },
  { from: "init", on: "activated", to: "limited" },
  { from: "init", on: "unheard", to: "unlimited-autonomous" },
  { from: "init", on: "unheardAgain", to: "fail-safe" },
  { from: "unlimited-controlled", on: "activated", to: "limited" },
  { from: "unlimited-controlled", on: "heartbeatLost", to: "fail-safe" },
  { from: "limited", on: "deactivated", to: "unlimited-controlled" },
  { from: "limited", on: "heartbeatLost", to: "fail-safe" },
  { from: "fail-safe", on: "activated", to: "limited" },
  { from: "fail-safe", on: "deactivated", to: "unlimited-controlled" },
  { from: "fail-safe", on: "noWord", to: "unlimited-autonomous" },
  { from: "fail-safe", on: "durationOver", to: "unlimited-autonomous" },
  { from: "unlimited-autonomous", on: "activated", to: "limited" },
  { from: "unlimited-autonomous", on: "deactivated", to: "unlimited-controlled" },
];

/** The state after an event; null where it changes nothing. */
export const changeOn = (from: LimitState, on: LimitEvent): LimitState | null =>
  limitChanges.find((row) => row.from === from && row.on === on)?.to ?? null;

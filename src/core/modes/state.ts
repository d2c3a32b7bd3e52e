/**
 * The state of the mode machine: one mode, the record that must outlive a restart, and since when each watched condition has
 * held. Made once, written in place.
 */
import type { Mode } from "../../domain/modes.ts";
import type { ModeFacts } from "./facts.ts";
import type { ModeTimings } from "./timings.ts";

/** What the machine was about, so that a restart knows. Indexes are wire values: append only. */
export const intentNames = ["none", "island", "closing", "locked"] as const;
/** What the machine is about, kept over a restart. */
export type Intent = (typeof intentNames)[number];

/** Black starts that may be tried before the grid, a stable island or a person refills them. */
export const startsMax = 2;

/** Starts that are given back because nobody could tell what became of them, without a stable time between them. */
export const doubtsMax = 1;

/** So many disagreements of the contacts, without a stable time between them, lock out. */
export const disagreementsMax = 3;

/**
 * What the shell keeps on disk. A command that the record permits (closing, forming) is withheld until the shell has stored
 * the record's generation and said so (`SiteFacts.storedGeneration`).
 */
export interface ModeRecord {
  intent: Intent;
  startsLeft: number;
  /** A return to the grid failed; the site stays an island until a person on site resets. */
  returnBlocked: boolean;
  /**
   * The transfer device did not open when it had to, or conducted while it said open, and has not proven since that it opens:
   * the site is a load only (requirement R48).
   */
  opensUnproven: boolean;
  /** Advances with each change of the four above; starts at 0 with whatever was read from disk. */
  generation: number;
}

/** What an unreadable or missing record means: nothing is claimed, nothing is adopted. */
export const emptyRecord: Readonly<ModeRecord> = {
  intent: "none",
  startsLeft: startsMax,
  returnBlocked: false,
  opensUnproven: false,
  generation: 0,
};

/** Conditions whose duration counts, ms of the moment since when each has held without a break; NaN while it does not. */
export interface HeldSince {
  gridGood: number;
  gridOut: number;
  gridNotGood: number;
  uncommandedOutput: number;
  contradiction: number;
  coherentClosed: number;
  coherentOpen: number;
  busDead: number;
  busNotDead: number;
  inSync: number;
  balanced: number;
}
/** A condition whose beginning is remembered. */
export type HeldKey = keyof HeldSince;

/** These go on across a change of mode; the others start anew, so that each mode proves for itself. */
export const heldAcrossModes: readonly HeldKey[] = ["gridGood", "gridOut", "uncommandedOutput"];
export const heldWithinMode: readonly HeldKey[] = [
  "gridNotGood",
  "contradiction",
  "coherentClosed",
  "coherentOpen",
  "busDead",
  "busNotDead",
  "inSync",
  "balanced",
];

/** Where K1 was last proven to be, remembered when its contacts began to disagree. */
export type ExpectedPosition = "open" | "closed" | "any";

/** The mode, since when, and what guards remember; `record` is what survives a restart. */
export interface ModeState {
  readonly timings: ModeTimings;
  mode: Mode;
  /** Entry into the mode. */
  sinceMs: number;
  /** Present cycle. */
  nowMs: number;
  /** The mode before, and the row that left it, for the log and for people. */
  previous: Mode;
  row: string;
  readonly record: ModeRecord;
  expected: ExpectedPosition;
  /** How often the contacts have begun to disagree since the site was last stable. */
  disagreements: number;
  /** Starts given back since the site was last stable (`doubtsMax`). */
  doubts: number;
  /** The grid was dead when the present start began: its waking means backfeed, or its return. */
  gridDeadAtStart: boolean;
  /** Number of the last close command; the device closes at most once for each. */
  closeSequence: number;
  /** The command of this mode may be given: its record is durably stored. */
  commandArmed: boolean;
  armedMs: number;
  /** The mode before was left before its command could be given. */
  leftUnarmed: boolean;
  readonly held: HeldSince;
}

/** A machine that has just started and knows nothing. `stored` is the record read from disk; it is copied. */
export function createModeState(timings: ModeTimings, stored: Readonly<ModeRecord>, nowMs: number): ModeState {
  return {
    timings,
    mode: "unknown",
    sinceMs: nowMs,
    nowMs,
    previous: "unknown",
    row: "",
    record: {
      intent: stored.intent,
      startsLeft: stored.startsLeft,
      returnBlocked: stored.returnBlocked,
      opensUnproven: stored.opensUnproven,
      generation: 0,
    },
    expected: "any",
    disagreements: 0,
    doubts: 0,
    gridDeadAtStart: false,
    closeSequence: 0,
    commandArmed: true,
    armedMs: nowMs,
    leftUnarmed: false,
    held: {
      gridGood: Number.NaN,
      gridOut: Number.NaN,
      gridNotGood: Number.NaN,
      uncommandedOutput: Number.NaN,
      contradiction: Number.NaN,
      coherentClosed: Number.NaN,
      coherentOpen: Number.NaN,
      busDead: Number.NaN,
      busNotDead: Number.NaN,
      inSync: Number.NaN,
      balanced: Number.NaN,
    },
  };
}

/** Whether condition `key` has held for `durationMs`. */
export const heldFor = (s: ModeState, key: HeldKey, durationMs: number): boolean => s.nowMs - s.held[key] >= durationMs;

/** Time in the present mode, ms. */
export const modeAgeMs = (s: ModeState): number => s.nowMs - s.sinceMs;

/** The record of the present intent is on disk. */
export const recordStored = (s: ModeState, f: ModeFacts): boolean => f.storedGeneration >= s.record.generation;

/** Changes of the record; each asks the shell to store it. */
export function setIntent({ record }: ModeState, intent: Intent): void {
  if (record.intent === intent) return;
  record.intent = intent;
  record.generation++;
}
/** Notes how many starts from darkness are left; the record is written when it changes. */
export function setStartsLeft({ record }: ModeState, startsLeft: number): void {
  if (record.startsLeft === startsLeft) return;
  record.startsLeft = startsLeft;
  record.generation++;
}
/** Notes that the island must not go back to the grid by itself. */
export function setReturnBlocked({ record }: ModeState, blocked: boolean): void {
  if (record.returnBlocked === blocked) return;
  record.returnBlocked = blocked;
  record.generation++;
}
/** Notes that an opening of K1 has not been proven. */
export function setOpensUnproven({ record }: ModeState, unproven: boolean): void {
  if (record.opensUnproven === unproven) return;
  record.opensUnproven = unproven;
  record.generation++;
}

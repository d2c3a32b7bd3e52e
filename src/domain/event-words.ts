/** What an event says; the sentences are in `event-words.table.ts`. */
import type { Clears, Severity } from "./reasons.ts";

/** What an event says: what happened, why, what a person can do, how grave it is and how it ends. */
export interface EventWords {
  readonly sentence: string;
  readonly cause?: string;
  readonly todo?: string;
  readonly severity: Severity;
  readonly clears: Clears;
  /** How it ends, where more can be said than `clears` does. */
  readonly ends?: string;
}

/**
 * The states of the site's mode machine, one machine per transfer device, and what is true of each: the core's rules and rows,
 * OCPP, page, terminal and simulator read it here. What a mode leads to when grid or K1 change is in the machine's rows alone
 * (`src/core/modes/consequences.ts` asks them). The order is a wire value in shared buffers: append only.
 */

/**
 * Where a mode has the site, for everybody who must say it in one word: `grid`: joined to it; `leaving`, `returning`: on the
 * way; `island`: power stages hold the site's voltage up, also while K1 closes onto the grid in step; `lost`: not known, or
 * nothing may be done.
 */
export type ModePlace = "grid" | "leaving" | "island" | "returning" | "lost";
/** Where K1's contacts are expected; `moving`: on their way, either may be seen; `any`: nothing is expected. */
export type ExpectedK1 = "closed" | "open" | "moving" | "any";
/** How much of people's attention a mode asks for. */
export type ModeLevel = "normal" | "attention" | "critical";
/** `forms`: power stages may form the island. `matches`: they do, and steer towards the grid's voltage and angle. */
export type ModeForming = "no" | "forms" | "matches";

export interface ModeColumns {
  readonly place: ModePlace;
  readonly k1: ExpectedK1;
  readonly forming: ModeForming;
  readonly level: ModeLevel;
}

const mode = (place: ModePlace, k1: ExpectedK1, forming: ModeForming, level: ModeLevel): ModeColumns => ({
  place,
  k1,
  forming,
  level,
});

export const modeColumns = {
  //                     place        K1        forming    level
  unknown:          mode("lost",      "any",    "no",      "attention"),
  noFeedback:       mode("lost",      "any",    "no",      "critical"),
  loadOnly:         mode("grid",      "closed", "no",      "normal"),
  ceased:           mode("grid",      "closed", "no",      "attention"),
  enterDelay:       mode("grid",      "closed", "no",      "normal"),
  ramping:          mode("grid",      "closed", "no",      "normal"),
  parallel:         mode("grid",      "closed", "no",      "normal"),
  isolating:        mode("leaving",   "closed", "no",      "attention"),
  opening:          mode("leaving",   "moving", "no",      "attention"),
  isolated:         mode("leaving",   "open",   "no",      "attention"),
  islandStarting:   mode("island",    "open",   "forms",   "attention"),
  islandRunning:    mode("island",    "open",   "forms",   "attention"),
  returning:        mode("returning", "open",   "no",      "attention"),
  closing:          mode("returning", "moving", "no",      "attention"),
  resyncing:        mode("island",    "open",   "matches", "attention"),
  closingLive:      mode("island",    "moving", "matches", "attention"),
  lockedOut:        mode("lost",      "any",    "no",      "critical"),
  zeroingExchange:  mode("grid",      "closed", "no",      "normal"),
  transferToIsland: mode("leaving",   "moving", "no",      "attention"),
} as const satisfies Readonly<Record<string, ModeColumns>>;

/** The words for how a site runs: mode names, stage roles, service modes. Indexes are wire values in shared buffers: append only. */

/** The states of the site's mode machine, one machine per transfer device (`src/core/modes/machine.ts` has its rows). */
export const modeNames = [
  "unknown",
  "noFeedback",
  "loadOnly",
  "ceased",
  "enterDelay",
  "ramping",
  "parallel",
  "isolating",
  "opening",
  "isolated",
  "islandStarting",
  "islandRunning",
  "returning",
  "closing",
  "resyncing",
  "closingLive",
  "lockedOut",
  "zeroingExchange",
  "transferToIsland",
] as const;
/** A mode of a site's transfer device. */
export type Mode = (typeof modeNames)[number];

/** Words of release 0.1 for modes that have another name since: still said to backends (OCPP) and as labels of metrics. */
export const formerModeNames: Readonly<Partial<Record<Mode, string>>> = {
  noFeedback: "blind",
  zeroingExchange: "balancing",
  transferToIsland: "parting",
};
/** The word for a mode that a backend has known since 0.1. */
export const modeForBackend = (mode: Mode): string => formerModeNames[mode] ?? mode;

/**
 * Where a mode has the site, for everybody who must say it in one word: `grid`: joined to it; `leaving`, `returning`: on the
 * way; `island`: power stages hold the site's voltage up, also while K1 closes onto the grid in step; `lost`: not known, or
 * nothing may be done.
 */
export const modePlaces = {
  unknown: "lost",
  noFeedback: "lost",
  loadOnly: "grid",
  ceased: "grid",
  enterDelay: "grid",
  ramping: "grid",
  parallel: "grid",
  zeroingExchange: "grid",
  isolating: "leaving",
  transferToIsland: "leaving",
  opening: "leaving",
  isolated: "leaving",
  islandStarting: "island",
  islandRunning: "island",
  resyncing: "island",
  closingLive: "island",
  returning: "returning",
  closing: "returning",
  lockedOut: "lost",
} as const satisfies Record<Mode, string>;

/** Power stages hold the site's voltage up. */
export const isIslanded = (mode: Mode): boolean => modePlaces[mode] === "island";

/**
 * What a power stage does or is asked to do. `discharge` is following the grid while giving power back. `hold` is only asked,
 * and only of a stage that can hold its angle: it follows its set-point, and when K1's mirror contact in its own gate enable
 * opens, it holds the bus up at the voltage and angle it had, for a bounded time. It then reports `forming`.
 */
export const roleNames = ["off", "charge", "discharge", "forming", "hold"] as const;
/** What a stage does: nothing, follow the grid, form an island. */
export type Role = (typeof roleNames)[number];

/** The four service modes a permit can grant (requirement R1). */
export const serviceModes = ["load-only", "non-parallel-backup", "parallel-non-export", "parallel-export"] as const;
/** What the site is installed for; nothing that goes further is ever commanded. */
export type ServiceMode = (typeof serviceModes)[number];

/** What the controller asks of the transfer device K1. `open` is a standing command, `close` a one-shot with a sequence number. */
export const transferCommandNames = ["none", "open", "close"] as const;
/** What the transfer device is told. */
export type TransferCommand = (typeof transferCommandNames)[number];

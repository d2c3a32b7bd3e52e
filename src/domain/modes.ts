/** The words for how a site runs: mode names, stage roles, service modes. Indexes are wire values in shared buffers: append only. */

import { type ExpectedK1, type ModeColumns, modeColumns as rows } from "./modes.table.ts";

/** The states of the site's mode machine (`src/core/modes/machine.ts` runs it). */
export type Mode = keyof typeof rows;
/** Their names; an index is a wire value. */
export const modeNames = Object.keys(rows) as [Mode, ...Mode[]];
/** What is true of each mode. */
export const modeColumns: Readonly<Record<Mode, ModeColumns>> = rows;

/** Words of release 0.1 for modes that have another name since: still said to backends (OCPP) and as labels of metrics. */
export const formerModeNames: Readonly<Partial<Record<Mode, string>>> = {
  noFeedback: "blind",
  zeroingExchange: "balancing",
  transferToIsland: "parting",
};
/** The word for a mode that a backend has known since 0.1. */
export const modeForBackend = (mode: Mode): string => formerModeNames[mode] ?? mode;

/** Power stages hold the site's voltage up. */
export const isIslanded = (mode: Mode): boolean => modeColumns[mode].place === "island";
/** The site is joined to the grid, whatever it may do with it. */
export const isJoined = (mode: Mode): boolean => modeColumns[mode].place === "grid";
/** Cut off from the grid or about to be, and not on the way back to it. */
export const isWithoutGrid = (mode: Mode): boolean =>
  modeColumns[mode].place === "leaving" || modeColumns[mode].forming === "forms";
/** Modes in which K1 is expected there, in the order of `modeNames`. */
export const modesWithK1 = (expected: ExpectedK1): Mode[] =>
  modeNames.filter((mode) => modeColumns[mode].k1 === expected);

/**
 * What a power stage does or is asked to do. `discharge` is following the grid while giving power back. `hold` is only asked,
 * and only of a stage that can hold its angle: it follows its setpoint, and when K1's mirror contact in its own gate enable
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

/** What the bond between neutral and ground is told; `keep`: nothing. */
export type BondCommand = "keep" | "off" | "on";

/**
 * The bond between neutral and ground of an island whose K1 switches the neutral: made after K1 has opened and before anybody
 * forms, undone before K1 closes, each step proven by its own contact. The mode machine has no row for it: a bond that is not
 * proven is as if no vehicle could feed the island, one that is lost as if backup were not permitted, and one that does not
 * come off as if the record of the close could not be stored (`machine.ts`), all of which are explored in every state.
 */
import type { BondCommand, Mode } from "../../domain/modes.ts";
import type { Authority } from "./authority.ts";
import type { ModeFacts } from "./facts.ts";
import type { ModeState } from "./state.ts";

/** A bond that is proven no more for this long is lost: a worn contact bounces, ms. */
const lostMs = 300;

/** Since when the bond of a running island is missing, ms; NaN while it is there. */
export interface BondGuard {
  missingSinceMs: number;
}

export const createBondGuard = (): BondGuard => ({ missingSinceMs: Number.NaN });

const formed: readonly Mode[] = ["islandStarting", "islandRunning", "resyncing"];
const bondedModes: readonly Mode[] = ["isolated", "islandStarting", "islandRunning"];
const undecided: readonly Mode[] = ["unknown", "noFeedback", "lockedOut", "resyncing"];

/** Before the mode machine: no start without a proven bond, no island without one. */
export function guardBond(
  guard: BondGuard,
  authority: Authority,
  { mode }: ModeState,
  facts: ModeFacts,
  nowMs: number,
): void {
  if (facts.bonded) {
    guard.missingSinceMs = Number.NaN;
    return;
  }
  facts.sourceReady = false;
  // Stages that carry the bus through K1's opening would form before the bond is made.
  facts.seamlessReady = false;
  if (!formed.includes(mode)) {
    guard.missingSinceMs = Number.NaN;
    return;
  }
  if (Number.isNaN(guard.missingSinceMs)) guard.missingSinceMs = nowMs;
  if (nowMs - guard.missingSinceMs < lostMs) return;
  authority.backupOK = false;
  authority.backupRefusal = "bond-unproven";
  facts.backupOK = false;
}

/**
 * What the bond is told in this mode. On only behind a K1 that is proven open, where an island is wanted at all; where the
 * controller does not know where it is the bond stays as it is, like K1.
 */
export function bondCommand(mode: Mode, { provenOpen, backupOK, otherSource }: ModeFacts): BondCommand {
  if (undecided.includes(mode)) return "keep";
  if (!bondedModes.includes(mode)) return "off";
  if (mode !== "isolated") return "on";
  return provenOpen && backupOK && !otherSource ? "on" : "off";
}

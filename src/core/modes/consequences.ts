/**
 * Where a mode leads when something happens, read from the rows of the machine: whoever tells people "if the grid fails, …"
 * asks here, so that the sentence and the controller cannot part. Not for the tick: it makes lists.
 */
import { type Mode, modeColumns } from "../../domain/modes.ts";
import * as g from "./guards.ts";
import { type ModeRow, modeRows } from "./rows.table.ts";

/** What may happen to a site, and the guards of the rows that wait for it. */
const happenings = {
  gridFails: [
    g.gridNotGood,
    g.gridFails,
    g.gridOutHeld,
    g.gridNotGoodOrIslandRequested,
    g.syncOrGridLost,
    g.syncOrGridFails,
  ],
  gridReturns: [g.gridGood, g.gridGoodForReturn],
  permitEnds: [g.notParallelOK],
  permitComes: [g.parallelOK],
  delayOver: [g.enterServiceOver],
  rampOver: [g.rampOver],
  devicesAgree: [g.coherentClosedHeld, g.coherentOpenHeld, g.stagesFresh, g.adoptOver],
  reset: [g.resetRequested],
  balanced: [g.balancedHeld],
  requestEnds: [g.notRequestedOrNoBackup],
  allOff: [g.off],
  oneStaysOn: [g.stopOver],
  notInTime: [g.openOver, g.closeOver],
  reasonToStart: [g.reasonToStart],
  started: [g.startOver],
  startFails: [g.startMaxOver],
  busDead: [g.busDeadHeld],
  inStep: [g.inSyncHeld],
  noMatch: [g.syncMaxOver],
  provenOpen: [g.provenOpen],
  provenClosed: [g.provenClosed],
  contactsDisagree: [g.disagree],
} as const satisfies Record<string, readonly g.Guard[]>;
export type Happening = keyof typeof happenings | "k1Moves" | "nothing";

/** What a site can do, as far as rows ask for it. */
export interface SiteAbilities {
  /** It may back itself up: a transfer device, permission, and a stage that forms. */
  readonly backup: boolean;
  /** Its transfer device is listed to close in synchronism. */
  readonly closedTransition: boolean;
  /** Its stages hold their angle while K1 opens, and carry the loads alone. */
  readonly holdsAngle: boolean;
}

const guardsOf = (mode: Mode, on: Happening): readonly g.Guard[] => {
  if (on === "nothing") return [];
  if (on !== "k1Moves") return happenings[on];
  const { k1 } = modeColumns[mode];
  return k1 === "closed" ? [g.provenOpen, g.disagree] : k1 === "open" ? [g.provenClosed, g.disagree] : [];
};

/** Whether a site with these abilities can ever pass the row's guards. */
function isPossible({ from, when }: ModeRow, { backup, closedTransition, holdsAngle }: SiteAbilities): boolean {
  const parts = from.length === 1 && from[0] === "transferToIsland";
  return when.every(
    (guard) =>
      (guard !== g.backupOK || backup) &&
      (guard !== g.listedForClosedTransition || closedTransition) &&
      (guard !== g.notListedForClosedTransition || !closedTransition) &&
      // Only a stage that holds its angle forms while K1 opens.
      (guard !== g.forming || !parts || holdsAngle),
  );
}

/** The modes to which `mode` may lead when that happens, the likeliest first; none where nothing follows from it. */
export function whereLeads(
  mode: Mode,
  on: Happening,
  abilities: SiteAbilities,
  rows: readonly ModeRow[] = modeRows,
): readonly Mode[] {
  const guards = guardsOf(mode, on);
  const found: Mode[] = [];
  for (const row of rows)
    if (row.from.includes(mode) && row.to !== "stay" && row.when.some((guard) => guards.includes(guard)))
      if (isPossible(row, abilities) && !found.includes(row.to)) found.push(row.to);
  return found;
}

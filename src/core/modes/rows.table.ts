/**
 * The mode machine as data: `{ id, from, when, to, do }`. First match wins, top to bottom. The same rows run in the loop, are
 * explored exhaustively against a nondeterministic environment (`tests/model/`), and print the diagram.
 *
 * `when` is a conjunction of guards. A row that goes to `stay` only changes the record. Ids are stable: they appear in logs.
 */
import { isIslanded, type Mode, modesWithK1 } from "../../domain/modes.ts";
import type { ModeFacts } from "./facts.ts";
import * as g from "./guards.ts";
import { doubtsMax, type ModeState, setOpensUnproven, setReturnBlocked, setStartsLeft, startsMax } from "./state.ts";

/** One transition: from which modes, under which guards, to which mode, with what it does and how people hear of it. */
export interface ModeRow {
  readonly id: string;
  readonly from: readonly Mode[];
  readonly when: readonly g.Guard[];
  readonly to: Mode | "stay";
  /** What else changes; runs after the mode has been entered. */
  readonly do?: (s: ModeState, f: ModeFacts) => void;
}

export const closedModes: readonly Mode[] = modesWithK1("closed");
export const openModes: readonly Mode[] = modesWithK1("open");
export const movingModes: readonly Mode[] = modesWithK1("moving");
const closedOpenMoving: readonly Mode[] = [...closedModes, ...openModes, ...movingModes];

const fillStarts = (s: ModeState): void => setStartsLeft(s, startsMax);
const blockReturn = (s: ModeState): void => setReturnBlocked(s, true);
const forgetDisagreements = (s: ModeState): void => { s.disagreements = 0; s.doubts = 0; };
const forgetTroubles = (s: ModeState): void => { forgetDisagreements(s); fillStarts(s); setReturnBlocked(s, false); };
const expectClosed = (s: ModeState): void => { s.expected = "closed"; s.disagreements++; };
const beginStart = (s: ModeState, f: ModeFacts): void => {
  s.gridDeadAtStart = f.gridDead;
  setStartsLeft(s, s.record.startsLeft > 0 ? s.record.startsLeft - 1 : 0);
};
const returnStart = (s: ModeState): void => setStartsLeft(s, s.record.startsLeft < startsMax ? s.record.startsLeft + 1 : startsMax);
/** Nobody can tell what became of the island: that is no start that failed. Bounded, so that no flickering link wears the site out. */
const doubt = (s: ModeState): void => {
  if (s.leftUnarmed || !isIslanded(s.previous) || s.record.startsLeft >= startsMax || s.doubts >= doubtsMax) return;
  s.doubts++;
  returnStart(s);
};
const doubtOpen = (s: ModeState): void => { s.expected = "open"; s.disagreements++; doubt(s); };
/** K1 did not open, or conducts while it says open: remembered until it has proven that it opens. */
const distrustOpening = (s: ModeState): void => setOpensUnproven(s, true);
const trustOpening = (s: ModeState): void => setOpensUnproven(s, false);
const suspectOpening = (s: ModeState, f: ModeFacts): void => { if (f.inStep) distrustOpening(s); };
/** A new number, beyond any that the device knows from before a restart. */
const beginClose = (s: ModeState, f: ModeFacts): void => {
  s.closeSequence = (s.closeSequence > f.deviceCloseSequence ? s.closeSequence : f.deviceCloseSequence) + 1;
};

export const modeRows: readonly ModeRow[] = [
  // After a restart: silence, until a running island is adopted or is known not to be there.
  { id: "U0", from: ["unknown"], when: [g.intentLocked], to: "lockedOut" },
  { id: "U1", from: ["unknown"], when: [g.deviceFresh, g.stagesFreshOrAdoptOver, g.provenOpen, g.busLive, g.forming, g.backupOK, g.intentIsland], to: "islandRunning" },
  { id: "U2", from: ["unknown"], when: [g.stagesFresh, g.notForming], to: "noFeedback" },
  { id: "U4", from: ["unknown"], when: [g.deviceFresh, g.notProvenOpen], to: "noFeedback" },
  { id: "U3", from: ["unknown"], when: [g.adoptOver], to: "noFeedback" },

  // Stale facts, contradictions, and K1 or a stage that moves without being told.
  { id: "G1", from: closedOpenMoving, when: [g.deviceStale], to: "noFeedback", do: doubt },
  { id: "G2a", from: [...closedModes, "opening", "transferToIsland"], when: [g.stagesUnheard], to: "noFeedback" },
  { id: "G2b", from: ["isolated", "islandStarting", "returning", "closing", "closingLive"], when: [g.stagesSilent], to: "noFeedback", do: doubt },
  { id: "G2c", from: ["islandRunning", "resyncing"], when: [g.stagesSilent, g.notForming], to: "noFeedback", do: doubt },
  { id: "G3c", from: closedModes, when: [g.disagree], to: "noFeedback", do: expectClosed },
  { id: "G3o", from: openModes, when: [g.disagree, g.noGlitch], to: "noFeedback", do: doubtOpen },
  { id: "G4", from: closedModes, when: [g.provenOpen], to: "lockedOut" },
  { id: "G5", from: openModes, when: [g.provenClosed], to: "lockedOut" },
  { id: "G6", from: closedModes, when: [g.uncommandedOutputHeld, g.hasDevice], to: "opening" },
  { id: "G6n", from: closedModes, when: [g.uncommandedOutputHeld, g.hasNoDevice], to: "lockedOut" },
  { id: "G7", from: ["isolated", "returning"], when: [g.uncommandedOutputHeld], to: "lockedOut" },
  { id: "G8", from: closedModes, when: [g.contradictionHeld], to: "lockedOut" },

  // Finding out where the site is.
  { id: "B1", from: ["noFeedback"], when: [g.contradictionHeld], to: "lockedOut" },
  { id: "B2", from: ["noFeedback"], when: [g.uncommandedOutputHeld], to: "lockedOut" },
  { id: "B6", from: ["noFeedback"], when: [g.tooManyDisagreements], to: "lockedOut" },
  { id: "B5", from: ["noFeedback"], when: [g.coherentHeld, g.unexpectedPosition], to: "lockedOut" },
  { id: "B3", from: ["noFeedback"], when: [g.coherentClosedHeld], to: "loadOnly" },
  { id: "B4", from: ["noFeedback"], when: [g.coherentOpenHeld], to: "opening" },

  // With the grid.
  { id: "L1", from: ["loadOnly", "ceased", "enterDelay", "ramping"], when: [g.islandRequested, g.backupOK, g.startsLeft], to: "isolating" },
  { id: "L2", from: ["loadOnly", "ceased"], when: [g.gridOutHeld, g.backupOK, g.startsLeft, g.opensProven], to: "isolating" },
  { id: "P0", from: ["ceased", "enterDelay", "ramping", "parallel", "zeroingExchange"], when: [g.notParallelOK], to: "loadOnly" },
  { id: "L3", from: ["loadOnly"], when: [g.parallelOK], to: "ceased" },
  { id: "C1", from: ["ceased"], when: [g.gridGood], to: "enterDelay" },
  { id: "P1", from: ["enterDelay"], when: [g.gridNotGood], to: "ceased" },
  { id: "P2", from: ["ramping", "parallel", "zeroingExchange"], when: [g.gridFails], to: "ceased" },
  { id: "E1", from: ["enterDelay"], when: [g.enterServiceOver, g.gridGoodForEnterService, g.gridHolds], to: "ramping" },
  { id: "R1", from: ["ramping"], when: [g.rampOver], to: "parallel" },

  // Leaving it as planned: first no power flows through K1, then it opens while the stages still follow. Stages that can hold
  // their angle carry the bus through; where they can't, they stop at the first sign that K1 moves.
  { id: "L4", from: ["parallel"], when: [g.islandRequested, g.backupOK, g.startsLeft], to: "zeroingExchange" },
  { id: "A1", from: ["zeroingExchange"], when: [g.notRequestedOrNoBackup], to: "parallel" },
  { id: "A2", from: ["zeroingExchange"], when: [g.balancedHeld], to: "transferToIsland" },
  { id: "A3", from: ["zeroingExchange"], when: [g.balanceMaxOver], to: "isolating" },
  { id: "N1", from: ["transferToIsland"], when: [g.notBackupOK], to: "opening" },
  { id: "N2", from: ["transferToIsland"], when: [g.joinedWithoutRight], to: "opening" },
  { id: "N3", from: ["transferToIsland"], when: [g.seamlessNotReady, g.notProvenClosed], to: "opening" },
  { id: "N4", from: ["transferToIsland"], when: [g.provenOpen, g.settled, g.forming, g.busLive], to: "islandRunning" },
  { id: "N5", from: ["transferToIsland"], when: [g.provenOpen, g.settled], to: "isolated" },
  { id: "N6", from: ["transferToIsland"], when: [g.notProvenOpen, g.openOver], to: "lockedOut", do: distrustOpening },

  // Leaving it.
  { id: "I1", from: ["isolating"], when: [g.notBackupOK], to: "loadOnly" },
  { id: "I2", from: ["isolating"], when: [g.off], to: "opening" },
  { id: "I3", from: ["isolating"], when: [g.stopOver], to: "lockedOut" },
  { id: "O1", from: ["opening"], when: [g.provenOpen, g.settled], to: "isolated" },
  { id: "O2", from: ["opening"], when: [g.notProvenOpen, g.openOver], to: "lockedOut", do: distrustOpening },

  // The island.
  { id: "S1", from: ["isolated", "returning"], when: [g.busNotDeadHeld], to: "lockedOut", do: suspectOpening },
  { id: "S5", from: ["isolated"], when: [g.opensUnproven, g.gridDead, g.busDeadHeld], to: "lockedOut" },
  { id: "S2", from: ["isolated"], when: [g.gridGoodForReturn, g.noIslandRequestInForce, g.returnNotBlocked, g.recordKept], to: "returning" },
  { id: "S3", from: ["isolated"], when: [g.provenOpen, g.busDeadHeld, g.reasonToStart, g.sourceReady, g.backupOK, g.startsLeft, g.opensProven, g.recordKept], to: "islandStarting", do: beginStart },
  { id: "K1", from: ["islandStarting", "islandRunning", "resyncing"], when: [g.notBackupOK], to: "isolated" },
  { id: "F1", from: ["islandRunning"], when: [g.gridFollows], to: "opening", do: distrustOpening },
  { id: "F0", from: ["islandStarting"], when: [g.gridWoke, g.inStep], to: "opening", do: distrustOpening },
  { id: "K0", from: ["islandStarting"], when: [g.gridWoke], to: "isolated" },
  { id: "K2", from: ["islandStarting"], when: [g.forming, g.busServes, g.startOver], to: "islandRunning" },
  { id: "K3s", from: ["islandStarting"], when: [g.storeOver], to: "isolated" },
  { id: "K3", from: ["islandStarting"], when: [g.startMaxOver], to: "isolated" },
  { id: "K4", from: ["islandRunning", "resyncing"], when: [g.islandFell], to: "isolated" },

  // Returning: through a dead bus, or in synchronism where the device is listed for it.
  { id: "K5", from: ["islandRunning"], when: [g.gridGoodForReturn, g.islandNotRequested, g.returnNotBlocked, g.stagesFresh, g.notListedForClosedTransition], to: "returning" },
  { id: "K5s", from: ["islandRunning"], when: [g.gridGoodForReturn, g.islandNotRequested, g.returnNotBlocked, g.stagesFresh, g.recordKept, g.listedForClosedTransition], to: "resyncing" },
  { id: "T1", from: ["returning"], when: [g.gridNotGood], to: "isolated" },
  { id: "T2", from: ["returning"], when: [g.provenOpen, g.busDeadHeld], to: "closing", do: beginClose },
  { id: "X1", from: ["closing"], when: [g.notOff], to: "opening", do: blockReturn },
  { id: "X2", from: ["closing"], when: [g.provenClosed], to: "loadOnly", do: fillStarts },
  { id: "X3", from: ["closing"], when: [g.closeOver], to: "opening", do: blockReturn },
  { id: "X4", from: ["closing"], when: [g.storeOver], to: "opening" },
  { id: "Y0", from: ["resyncing"], when: [g.stagesSilent], to: "islandRunning" },
  { id: "Y1", from: ["resyncing"], when: [g.gridNotGoodOrIslandRequested], to: "islandRunning" },
  { id: "Y2", from: ["resyncing"], when: [g.inSyncHeld, g.provenOpen], to: "closingLive", do: beginClose },
  { id: "Y3", from: ["resyncing"], when: [g.syncMaxOver], to: "islandRunning", do: blockReturn },
  { id: "Z5", from: ["closingLive"], when: [g.notBackupOK], to: "opening" },
  { id: "Z7", from: ["closingLive"], when: [g.commandNotArmed, g.notProvenOpen], to: "opening" },
  { id: "Z0", from: ["closingLive"], when: [g.commandNotArmed, g.syncOrGridLost], to: "resyncing" },
  { id: "Z2", from: ["closingLive"], when: [g.provenClosed], to: "loadOnly", do: fillStarts },
  { id: "Z8", from: ["closingLive"], when: [g.disagree, g.contactsLagOver], to: "noFeedback", do: expectClosed },
  { id: "Z3", from: ["closingLive"], when: [g.syncOrGridFails], to: "opening" },
  { id: "Z4", from: ["closingLive"], when: [g.closeLiveOver], to: "opening", do: blockReturn },
  { id: "Z6", from: ["closingLive"], when: [g.storeOver], to: "islandRunning" },

  // People, and what time heals.
  { id: "Q1", from: ["lockedOut"], when: [g.resetRequested, g.coherentHeld, g.meterFreshOrGridDead], to: "noFeedback", do: forgetTroubles },
  { id: "K6", from: ["isolated", "islandRunning", "loadOnly", "parallel"], when: [g.resetRequested, g.returnBlockedOrStartsUsed], to: "stay", do: forgetTroubles },
  { id: "K8", from: ["isolated"], when: [g.gridGood, g.noIslandRequestInForce, g.returnNotBlocked, g.busDeadHeld, g.startsUsed], to: "stay", do: fillStarts },
  { id: "S4", from: ["isolated"], when: [g.opensUnproven, g.provenOpen, g.gridLive, g.busDeadHeld], to: "stay", do: trustOpening },
  { id: "K7", from: ["islandRunning"], when: [g.stableOver, g.startsUsed], to: "stay", do: fillStarts },
  { id: "M2", from: ["islandRunning", "loadOnly", "parallel"], when: [g.stableOver, g.disagreedBefore], to: "stay", do: forgetDisagreements },
  { id: "M1", from: ["loadOnly", "parallel"], when: [g.stableOver, g.gridGoodForReturn, g.startsUsed], to: "stay", do: fillStarts },
];

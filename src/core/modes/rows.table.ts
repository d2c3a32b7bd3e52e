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
  /** What audit logs and logs of release 0.1 call the row. */
  readonly formerly: string;
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
  { id: "restart-locked-out", formerly: "U0", from: ["unknown"], when: [g.intentLocked], to: "lockedOut" },
  { id: "restart-island-adopted", formerly: "U1", from: ["unknown"], when: [g.deviceFresh, g.stagesFreshOrAdoptOver, g.provenOpen, g.busLive, g.forming, g.backupOK, g.intentIsland], to: "islandRunning" },
  { id: "restart-no-island", formerly: "U2", from: ["unknown"], when: [g.stagesFresh, g.notForming], to: "noFeedback" },
  { id: "restart-k1-not-open", formerly: "U4", from: ["unknown"], when: [g.deviceFresh, g.notProvenOpen], to: "noFeedback" },
  { id: "restart-adoption-over", formerly: "U3", from: ["unknown"], when: [g.adoptOver], to: "noFeedback" },

  // Stale facts, contradictions, and K1 or a stage that moves without being told.
  { id: "k1-silent", formerly: "G1", from: closedOpenMoving, when: [g.deviceStale], to: "noFeedback", do: doubt },
  { id: "grid-stages-silent", formerly: "G2a", from: [...closedModes, "opening", "transferToIsland"], when: [g.stagesUnheard], to: "noFeedback" },
  { id: "open-stage-silent", formerly: "G2b", from: ["isolated", "islandStarting", "returning", "closing", "closingLive"], when: [g.stagesSilent], to: "noFeedback", do: doubt },
  { id: "island-stages-silent", formerly: "G2c", from: ["islandRunning", "resyncing"], when: [g.stagesSilent, g.notForming], to: "noFeedback", do: doubt },
  { id: "grid-contacts-disagree", formerly: "G3c", from: closedModes, when: [g.disagree], to: "noFeedback", do: expectClosed },
  { id: "open-contacts-disagree", formerly: "G3o", from: openModes, when: [g.disagree, g.noGlitch], to: "noFeedback", do: doubtOpen },
  { id: "k1-opened-by-itself", formerly: "G4", from: closedModes, when: [g.provenOpen], to: "lockedOut" },
  { id: "k1-closed-by-itself", formerly: "G5", from: openModes, when: [g.provenClosed], to: "lockedOut" },
  { id: "grid-uncommanded-output", formerly: "G6", from: closedModes, when: [g.uncommandedOutputHeld, g.hasDevice], to: "opening" },
  { id: "grid-uncommanded-output-no-k1", formerly: "G6n", from: closedModes, when: [g.uncommandedOutputHeld, g.hasNoDevice], to: "lockedOut" },
  { id: "open-uncommanded-output", formerly: "G7", from: ["isolated", "returning"], when: [g.uncommandedOutputHeld], to: "lockedOut" },
  { id: "grid-contradiction", formerly: "G8", from: closedModes, when: [g.contradictionHeld], to: "lockedOut" },

  // Finding out where the site is.
  { id: "found-contradiction", formerly: "B1", from: ["noFeedback"], when: [g.contradictionHeld], to: "lockedOut" },
  { id: "found-uncommanded-output", formerly: "B2", from: ["noFeedback"], when: [g.uncommandedOutputHeld], to: "lockedOut" },
  { id: "found-contacts-keep-disagreeing", formerly: "B6", from: ["noFeedback"], when: [g.tooManyDisagreements], to: "lockedOut" },
  { id: "found-k1-moved", formerly: "B5", from: ["noFeedback"], when: [g.coherentHeld, g.unexpectedPosition], to: "lockedOut" },
  { id: "found-closed", formerly: "B3", from: ["noFeedback"], when: [g.coherentClosedHeld], to: "loadOnly" },
  { id: "found-open", formerly: "B4", from: ["noFeedback"], when: [g.coherentOpenHeld], to: "opening" },

  // With the grid.
  { id: "grid-island-requested", formerly: "L1", from: ["loadOnly", "ceased", "enterDelay", "ramping"], when: [g.islandRequested, g.backupOK, g.startsLeft], to: "isolating" },
  { id: "grid-outage", formerly: "L2", from: ["loadOnly", "ceased"], when: [g.gridOutHeld, g.backupOK, g.startsLeft, g.opensProven], to: "isolating" },
  { id: "parallel-not-permitted", formerly: "P0", from: ["ceased", "enterDelay", "ramping", "parallel", "zeroingExchange"], when: [g.notParallelOK], to: "loadOnly" },
  { id: "parallel-permitted", formerly: "L3", from: ["loadOnly"], when: [g.parallelOK], to: "ceased" },
  { id: "grid-good", formerly: "C1", from: ["ceased"], when: [g.gridGood], to: "enterDelay" },
  { id: "enter-delay-grid-not-good", formerly: "P1", from: ["enterDelay"], when: [g.gridNotGood], to: "ceased" },
  { id: "parallel-grid-fails", formerly: "P2", from: ["ramping", "parallel", "zeroingExchange"], when: [g.gridFails], to: "ceased" },
  { id: "enter-service", formerly: "E1", from: ["enterDelay"], when: [g.enterServiceOver, g.gridGoodForEnterService, g.gridHolds], to: "ramping" },
  { id: "ramp-over", formerly: "R1", from: ["ramping"], when: [g.rampOver], to: "parallel" },

  // Leaving it as planned: first no power flows through K1, then it opens while the stages still follow. Stages that can hold
  // their angle carry the bus through; where they can't, they stop at the first sign that K1 moves.
  { id: "planned-island-requested", formerly: "L4", from: ["parallel"], when: [g.islandRequested, g.backupOK, g.startsLeft], to: "zeroingExchange" },
  { id: "planned-island-withdrawn", formerly: "A1", from: ["zeroingExchange"], when: [g.notRequestedOrNoBackup], to: "parallel" },
  { id: "exchange-zero", formerly: "A2", from: ["zeroingExchange"], when: [g.balancedHeld], to: "transferToIsland" },
  { id: "exchange-not-zero-in-time", formerly: "A3", from: ["zeroingExchange"], when: [g.balanceMaxOver], to: "isolating" },
  { id: "transfer-no-backup-authority", formerly: "N1", from: ["transferToIsland"], when: [g.notBackupOK], to: "opening" },
  { id: "transfer-joined-without-right", formerly: "N2", from: ["transferToIsland"], when: [g.joinedWithoutRight], to: "opening" },
  { id: "transfer-stage-not-seamless", formerly: "N3", from: ["transferToIsland"], when: [g.seamlessNotReady, g.notProvenClosed], to: "opening" },
  { id: "transfer-island-formed", formerly: "N4", from: ["transferToIsland"], when: [g.provenOpen, g.settled, g.forming, g.busLive], to: "islandRunning" },
  { id: "transfer-without-island", formerly: "N5", from: ["transferToIsland"], when: [g.provenOpen, g.settled], to: "isolated" },
  { id: "transfer-k1-not-open", formerly: "N6", from: ["transferToIsland"], when: [g.notProvenOpen, g.openOver], to: "lockedOut", do: distrustOpening },

  // Leaving it.
  { id: "isolating-no-backup-authority", formerly: "I1", from: ["isolating"], when: [g.notBackupOK], to: "loadOnly" },
  { id: "isolating-stages-off", formerly: "I2", from: ["isolating"], when: [g.off], to: "opening" },
  { id: "isolating-stages-not-off", formerly: "I3", from: ["isolating"], when: [g.stopOver], to: "lockedOut" },
  { id: "opening-proven", formerly: "O1", from: ["opening"], when: [g.provenOpen, g.settled], to: "isolated" },
  { id: "opening-k1-not-open", formerly: "O2", from: ["opening"], when: [g.notProvenOpen, g.openOver], to: "lockedOut", do: distrustOpening },

  // The island.
  { id: "isolated-bus-live", formerly: "S1", from: ["isolated", "returning"], when: [g.busNotDeadHeld], to: "lockedOut", do: suspectOpening },
  { id: "isolated-opening-unproven", formerly: "S5", from: ["isolated"], when: [g.opensUnproven, g.gridDead, g.busDeadHeld], to: "lockedOut" },
  { id: "isolated-grid-returned", formerly: "S2", from: ["isolated"], when: [g.gridGoodForReturn, g.noIslandRequestInForce, g.returnNotBlocked, g.recordKept], to: "returning" },
  { id: "island-start", formerly: "S3", from: ["isolated"], when: [g.provenOpen, g.busDeadHeld, g.reasonToStart, g.sourceReady, g.backupOK, g.startsLeft, g.opensProven, g.recordKept], to: "islandStarting", do: beginStart },
  { id: "island-no-backup-authority", formerly: "K1", from: ["islandStarting", "islandRunning", "resyncing"], when: [g.notBackupOK], to: "isolated" },
  { id: "island-grid-follows", formerly: "F1", from: ["islandRunning"], when: [g.gridFollows], to: "opening", do: distrustOpening },
  { id: "start-grid-in-step", formerly: "F0", from: ["islandStarting"], when: [g.gridWoke, g.inStep], to: "opening", do: distrustOpening },
  { id: "start-grid-woke", formerly: "K0", from: ["islandStarting"], when: [g.gridWoke], to: "isolated" },
  { id: "island-started", formerly: "K2", from: ["islandStarting"], when: [g.forming, g.busServes, g.startOver], to: "islandRunning" },
  { id: "start-record-not-stored", formerly: "K3s", from: ["islandStarting"], when: [g.storeOver], to: "isolated" },
  { id: "start-failed", formerly: "K3", from: ["islandStarting"], when: [g.startMaxOver], to: "isolated" },
  { id: "island-collapsed", formerly: "K4", from: ["islandRunning", "resyncing"], when: [g.islandFell], to: "isolated" },

  // Returning: through a dead bus, or in synchronism where the device is listed for it.
  { id: "island-grid-returned", formerly: "K5", from: ["islandRunning"], when: [g.gridGoodForReturn, g.islandNotRequested, g.returnNotBlocked, g.stagesFresh, g.notListedForClosedTransition], to: "returning" },
  { id: "island-resynchronize", formerly: "K5s", from: ["islandRunning"], when: [g.gridGoodForReturn, g.islandNotRequested, g.returnNotBlocked, g.stagesFresh, g.recordKept, g.listedForClosedTransition], to: "resyncing" },
  { id: "return-grid-lost", formerly: "T1", from: ["returning"], when: [g.gridNotGood], to: "isolated" },
  { id: "return-close-k1", formerly: "T2", from: ["returning"], when: [g.provenOpen, g.busDeadHeld], to: "closing", do: beginClose },
  { id: "close-stage-not-off", formerly: "X1", from: ["closing"], when: [g.notOff], to: "opening", do: blockReturn },
  { id: "close-proven", formerly: "X2", from: ["closing"], when: [g.provenClosed], to: "loadOnly", do: fillStarts },
  { id: "close-k1-not-closed", formerly: "X3", from: ["closing"], when: [g.closeOver], to: "opening", do: blockReturn },
  { id: "close-record-not-stored", formerly: "X4", from: ["closing"], when: [g.storeOver], to: "opening" },
  { id: "resync-stage-silent", formerly: "Y0", from: ["resyncing"], when: [g.stagesSilent], to: "islandRunning" },
  { id: "resync-abandoned", formerly: "Y1", from: ["resyncing"], when: [g.gridNotGoodOrIslandRequested], to: "islandRunning" },
  { id: "resync-close-k1", formerly: "Y2", from: ["resyncing"], when: [g.inSyncHeld, g.provenOpen], to: "closingLive", do: beginClose },
  { id: "resync-no-synchronism", formerly: "Y3", from: ["resyncing"], when: [g.syncMaxOver], to: "islandRunning", do: blockReturn },
  { id: "live-close-no-backup-authority", formerly: "Z5", from: ["closingLive"], when: [g.notBackupOK], to: "opening" },
  { id: "live-close-k1-left-open", formerly: "Z7", from: ["closingLive"], when: [g.commandNotArmed, g.notProvenOpen], to: "opening" },
  { id: "live-close-withheld", formerly: "Z0", from: ["closingLive"], when: [g.commandNotArmed, g.syncOrGridLost], to: "resyncing" },
  { id: "live-close-proven", formerly: "Z2", from: ["closingLive"], when: [g.provenClosed], to: "loadOnly", do: fillStarts },
  { id: "live-close-contacts-disagree", formerly: "Z8", from: ["closingLive"], when: [g.disagree, g.contactsLagOver], to: "noFeedback", do: expectClosed },
  { id: "live-close-synchronism-lost", formerly: "Z3", from: ["closingLive"], when: [g.syncOrGridFails], to: "opening" },
  { id: "live-close-k1-not-closed", formerly: "Z4", from: ["closingLive"], when: [g.closeLiveOver], to: "opening", do: blockReturn },
  { id: "live-close-record-not-stored", formerly: "Z6", from: ["closingLive"], when: [g.storeOver], to: "islandRunning" },

  // People, and what time heals.
  { id: "lockout-reset", formerly: "Q1", from: ["lockedOut"], when: [g.resetRequested, g.coherentHeld, g.meterFreshOrGridDead], to: "noFeedback", do: forgetTroubles },
  { id: "starts-reset", formerly: "K6", from: ["isolated", "islandRunning", "loadOnly", "parallel"], when: [g.resetRequested, g.returnBlockedOrStartsUsed], to: "stay", do: forgetTroubles },
  { id: "starts-refilled-grid-good", formerly: "K8", from: ["isolated"], when: [g.gridGood, g.noIslandRequestInForce, g.returnNotBlocked, g.busDeadHeld, g.startsUsed], to: "stay", do: fillStarts },
  { id: "opening-proven-under-grid", formerly: "S4", from: ["isolated"], when: [g.opensUnproven, g.provenOpen, g.gridLive, g.busDeadHeld], to: "stay", do: trustOpening },
  { id: "starts-refilled-island-stable", formerly: "K7", from: ["islandRunning"], when: [g.stableOver, g.startsUsed], to: "stay", do: fillStarts },
  { id: "disagreements-forgotten", formerly: "M2", from: ["islandRunning", "loadOnly", "parallel"], when: [g.stableOver, g.disagreedBefore], to: "stay", do: forgetDisagreements },
  { id: "starts-refilled-grid-stable", formerly: "M1", from: ["loadOnly", "parallel"], when: [g.stableOver, g.gridGoodForReturn, g.startsUsed], to: "stay", do: fillStarts },
];

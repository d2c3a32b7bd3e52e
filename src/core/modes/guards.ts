/**
 * The conditions of the mode machine, each with the words that a person reads in the diagram and on the page. A row holds
 * when all of its guards do. Guards are plain functions of state and facts; the exhaustive exploration takes each one away in
 * turn and shows what goes wrong without it.
 */
import type { ModeFacts } from "./facts.ts";
import {
  disagreementsMax,
  type HeldKey,
  heldFor,
  type ModeState,
  modeAgeMs,
  recordStored,
  startsMax,
} from "./state.ts";
import type { ModeTimings } from "./timings.ts";

/** A condition with the name under which people read it in the diagram and in the log. */
export interface Guard {
  readonly name: string;
  readonly test: (s: ModeState, f: ModeFacts) => boolean;
}

const guard = (name: string, test: Guard["test"]): Guard => ({ name, test });
const negated = ({ test }: Guard, name: string): Guard => guard(name, (s, f) => !test(s, f));
const either = (a: Guard, b: Guard, name: string): Guard => guard(name, (s, f) => a.test(s, f) || b.test(s, f));
const held = (key: HeldKey, time: keyof ModeTimings, name: string): Guard =>
  guard(name, (s) => heldFor(s, key, s.timings[time]));
const aged = (time: keyof ModeTimings, name: string): Guard => guard(name, (s) => modeAgeMs(s) >= s.timings[time]);
const armedFor = (time: keyof ModeTimings, name: string): Guard =>
  guard(name, (s) => s.commandArmed && s.nowMs - s.armedMs >= s.timings[time]);

// what is known
export const deviceFresh = guard("K1 answers", (_, f) => f.deviceFresh);
export const deviceStale = negated(deviceFresh, "K1 does not answer");
export const stagesFresh = guard("every stage answers or is counted off", (_, f) => f.stagesFresh);
export const stagesSilent = negated(stagesFresh, "a stage is silent");
export const stagesUnheard = guard("no stage answers, or a silent one may be forming", (_, f) => !f.stagesHeard);
export const stagesHeard = negated(stagesUnheard, "stages are heard");
export const meterFresh = guard("the meter answers", (_, f) => f.meterFresh);
/** A meter fed by the grid is dark with it: nobody must wait for the grid's return to be let out of a lockout. */
export const meterFreshOrGridDead = guard(
  "the meter answers, or the grid side is dead",
  (_, f) => f.meterFresh || f.gridDead,
);

// K1
export const hasDevice = guard("there is a transfer device", (_, f) => f.canIsolate);
export const hasNoDevice = negated(hasDevice, "there is no transfer device");
export const listedForClosedTransition = guard("K1 is listed for closed transition", (_, f) => f.closedTransition);
export const notListedForClosedTransition = negated(
  listedForClosedTransition,
  "K1 is not listed for closed transition",
);
export const provenOpen = guard("both contacts say open", (_, f) => f.provenOpen);
export const notProvenOpen = negated(provenOpen, "K1 is not proven open");
export const provenClosed = guard("both contacts say closed", (_, f) => f.provenClosed);
export const disagree = guard("the contacts disagree", (_, f) => f.disagree);

/** A worn contact bounces; the voltages confirm that K1 has not moved. */
export const noGlitch = guard(
  "the voltages don't prove K1 open, or the contacts had time to agree",
  (s, f) => !f.voltagesProveOpen || heldFor(s, "contradiction", s.timings.glitchMs),
);
export const opensUnproven = guard("K1 has not proven that it opens", (s) => s.record.opensUnproven);
export const opensProven = negated(opensUnproven, "nothing is held against K1's opening");
export const gridFollows = guard(
  "the grid side follows the island: K1 conducts while it says open",
  (_, f) => f.gridFollows,
);
export const inStep = guard("the grid side is in step with the bus", (_, f) => f.inStep);
export const gridLive = guard("the grid side is live", (_, f) => f.gridLive);
export const gridDead = guard("the grid side is dead", (_, f) => f.gridDead);

export const contactsLagOver = held("contradiction", "lagMs", "the contacts had time to follow each other");

// stages and bus
export const off = guard("every stage is off", (_, f) => f.off);
export const notOff = negated(off, "a stage is not off");
export const forming = guard("a stage forms", (_, f) => f.anyForming);
export const notForming = negated(forming, "no stage forms");
export const busServes = guard("the bus has a voltage for loads", (_, f) => f.busServes);
export const busLive = guard("the bus is live", (_, f) => f.busLive);
export const islandFell = guard("no stage forms, or the bus is dead", (_, f) => !f.anyForming || f.busVoltageDead);
/**
 * Judged by the stage's own clock: one that froze while it gave power is silent, not disobedient. Behind an open K1 nor is one
 * that the order has not reached yet, on a slow link, until its watchdog must have ended it; on the grid nobody waits for that.
 */
export const uncommandedOutputHeld = guard(
  "a stage gives power against its orders",
  (s, f) =>
    f.givingLiveAtMs - s.held.uncommandedOutput >= s.timings.disobeyMs &&
    (!f.provenOpen || f.givingAgainstMs >= s.timings.disobeyMs),
);
export const contradictionHeld = held(
  "contradiction",
  "contradictionMs",
  "contacts and voltages contradict each other",
);
export const coherentClosedHeld = held("coherentClosed", "coherentMs", "everything agrees on closed");
export const coherentOpenHeld = held("coherentOpen", "coherentMs", "everything agrees on open");
export const coherentHeld = either(coherentClosedHeld, coherentOpenHeld, "everything agrees on K1's position");
export const unexpectedPosition = guard(
  "K1 is not where it was",
  (s, f) => (s.expected === "open" && f.provenClosed) || (s.expected === "closed" && f.provenOpen),
);
export const tooManyDisagreements = guard("the contacts keep disagreeing", (s) => s.disagreements >= disagreementsMax);
export const disagreedBefore = guard(
  "the contacts have disagreed, or a start was given back",
  (s) => s.disagreements > 0 || s.doubts > 0,
);
export const busDeadHeld = held("busDead", "deadMs", "the bus is proven dead");
export const busNotDeadHeld = held("busNotDead", "decayMs", "the bus does not die");

// grid
export const gridGood = guard("the grid is good", (_, f) => f.gridGood);
export const gridNotGood = negated(gridGood, "the grid is not good");
export const gridHolds = guard("the grid holds", (_, f) => f.gridHolds);
export const gridFails = negated(gridHolds, "the grid has tripped or the meter is lost");
export const gridGoodForEnterService = held("gridGood", "enterServiceMs", "the grid stays good for the delay");
export const gridGoodForReturn = held("gridGood", "returnMs", "the grid stays good");
export const gridOutHeld = held("gridOut", "outMs", "the grid is out");
export const gridWoke = guard("the grid side woke up during the start", (s, f) => s.gridDeadAtStart && f.gridLive);
export const inSync = guard("both sides are in synchronism", (_, f) => f.inSync);
export const inSyncHeld = held("inSync", "syncMs", "both sides stay in synchronism");
/** While the contact travels an interruption costs more than a noisy reading: only what joins the sides badly ends it. */
export const syncOrGridFails = guard(
  "synchronism is lost, or the grid fails",
  (_, f) => !f.syncHolds || !f.gridHolds || !f.gridLive,
);
export const syncOrGridLost = guard("synchronism or the grid is lost", (_, f) => !f.syncHolds || !f.gridGood);

// a planned island
export const balancedHeld = held("balanced", "balanceMs", "no power flows through K1");
export const balanceMaxOver = aged("balanceMaxMs", "the power through K1 can't be brought to zero");
export const seamlessReady = guard("the stages can hold their angle", (_, f) => f.seamlessReady);
export const seamlessNotReady = negated(seamlessReady, "a stage can't hold its angle");
export const notProvenClosed = guard("K1 is no longer proven closed", (_, f) => !f.provenClosed);

// authority and people
/** A site that may be unable to leave the grid is a load only (requirement R48). */
const mayRunParallel = (s: ModeState, f: ModeFacts): boolean => f.parallelOK && !s.record.opensUnproven;
export const parallelOK = guard("a permit for parallel operation is in force", mayRunParallel);
export const notParallelOK = negated(parallelOK, "parallel operation is not permitted");
export const backupOK = guard("backup is permitted", (_, f) => f.backupOK);
export const notBackupOK = negated(backupOK, "backup is not permitted");
export const islandRequested = guard("a person on site requests an island", (_, f) => f.islandRequested);
export const islandNotRequested = negated(islandRequested, "nobody requests an island");
export const notRequestedOrNoBackup = guard(
  "nobody requests an island, or backup is not permitted",
  (_, f) => !f.islandRequested || !f.backupOK,
);
export const noIslandRequestInForce = guard(
  "no permitted request for an island",
  (_, f) => !f.islandRequested || !f.backupOK,
);
export const gridNotGoodOrIslandRequested = either(
  gridNotGood,
  islandRequested,
  "the grid is not good, or an island is requested",
);
export const joinedWithoutRight = guard(
  "not proven open, and the grid is not good or parallel operation not permitted",
  (s, f) => !f.provenOpen && !(f.gridHolds && mayRunParallel(s, f)),
);
export const resetRequested = guard("a person on site resets", (_, f) => f.resetRequest);

// the record
export const intentLocked = guard("the record says locked out", (s) => s.record.intent === "locked");
export const intentIsland = guard("the record says island", (s) => s.record.intent === "island");
export const startsLeft = guard("a start is left", (s) => s.record.startsLeft > 0);
/** What permits a new command must be storable: nothing is begun while an earlier record is still owed. */
export const recordKept = guard("the record is stored", (s, f) => recordStored(s, f));
export const sourceReady = guard("a vehicle can feed the island", (_, f) => f.sourceReady);
export const startsUsed = guard("a start was used", (s) => s.record.startsLeft < startsMax);
export const returnBlocked = guard("the return is blocked", (s) => s.record.returnBlocked);
export const returnNotBlocked = negated(returnBlocked, "the return is not blocked");
export const returnBlockedOrStartsUsed = either(returnBlocked, startsUsed, "the return is blocked or a start was used");
/**
 * Already cut off, one bad voltmeter is reason enough: the loads are dark and the grid can't be returned to. An outage that both
 * have seen since before K1 opened is not waited for a second time.
 */
export const reasonToStart = guard(
  "there is no good grid to return to, an island is requested or the return is blocked",
  (s, f) =>
    heldFor(s, "gridOut", s.timings.outMs) ||
    heldFor(s, "gridNotGood", s.timings.outMs) ||
    f.islandRequested ||
    s.record.returnBlocked,
);
export const commandNotArmed = guard("the close has not been given yet", (s) => !s.commandArmed);

// times
/** Its own clock must have gone on since: what a frozen stage said before is no evidence. */
export const stopOver = guard(
  "a stage goes on although it had time to stop",
  (s, f) => f.onLiveAtMs - s.sinceMs >= s.timings.stopMs,
);
export const openOver = aged("openMs", "K1 had time to open");
export const settled = aged("settleMs", "the open command has stood long enough");
export const adoptOver = aged("adoptMs", "time to adopt is over");
export const stagesFreshOrAdoptOver = either(stagesFresh, adoptOver, "every stage answers, or no time is left to wait");
export const enterServiceOver = aged("enterServiceMs", "the delay of entering service is over");
export const rampOver = aged("rampMs", "the ramp is over");
export const startOver = aged("startMs", "the start has settled");
export const startMaxOver = aged("startMaxMs", "the start takes too long");
export const stableOver = aged("stableMs", "stable for long");
export const syncMaxOver = aged("syncMaxMs", "no synchronism in time");
export const closeOver = armedFor("closeMs", "K1 had time to close");
export const closeLiveOver = armedFor("closeLiveMs", "the closed transition takes too long");
export const storeOver = guard(
  "the record can't be stored",
  (s) => !s.commandArmed && modeAgeMs(s) >= s.timings.storeMaxMs,
);

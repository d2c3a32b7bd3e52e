/**
 * What each guard of the mode machine says, as a term for a solver. `f.` are facts of the cycle, `s.` the machine's state before
 * it, `held.CONDITION.TIME` that a condition has held for a time of the machine, `aged.TIME` that the mode is so old, `armed.TIME`
 * that its command was given so long ago. Times are free: a proof over these terms holds for every timing. A test compares each
 * with the guard itself.
 */
import { disagreementsMax, intentNames, startsMax } from "../../src/core/modes/state.ts";
import { and, equal, not, or, type Term } from "./terms.ts";


export const expectations = ["any", "open", "closed"] as const;

const mayRunParallel = and("f.parallelOK", not("s.opensUnproven"));
const startsUsed: Term = ["<", "s.startsLeft", startsMax];
const noRequest = or(not("f.islandRequested"), not("f.backupOK"));
const noGlitch = or(not("f.voltagesProveOpen"), "held.contradiction.glitchMs");
/** `stages.givesAgainst`: a stage has gone on giving, by its own clock, for longer than the slowest takes to stop. */
export const uncommandedOutputHeld = and(
  "held.uncommandedOutput.disobeyMs",
  or(not("f.provenOpen"), "stages.givesAgainst"),
);
const coherentHeld = or("held.coherentClosed.coherentMs", "held.coherentOpen.coherentMs");

/** By the name under which `guards.ts` exports it. */
export const guardTerms: Readonly<Record<string, Term>> = {
  deviceFresh: "f.deviceFresh",
  deviceStale: not("f.deviceFresh"),
  stagesFresh: "f.stagesFresh",
  stagesSilent: not("f.stagesFresh"),
  stagesUnheard: not("f.stagesHeard"),
  stagesHeard: "f.stagesHeard",
  meterFresh: "f.meterFresh",
  meterFreshOrGridDead: or("f.meterFresh", "f.gridDead"),
  hasDevice: "f.canIsolate",
  hasNoDevice: not("f.canIsolate"),
  listedForClosedTransition: "f.closedTransition",
  notListedForClosedTransition: not("f.closedTransition"),
  provenOpen: "f.provenOpen",
  notProvenOpen: not("f.provenOpen"),
  provenClosed: "f.provenClosed",
  notProvenClosed: not("f.provenClosed"),
  disagree: "f.disagree",
  noGlitch,
  opensUnproven: "s.opensUnproven",
  opensProven: not("s.opensUnproven"),
  gridFollows: "f.gridFollows",
  inStep: "f.inStep",
  gridLive: "f.gridLive",
  gridDead: "f.gridDead",
  contactsLagOver: "held.contradiction.lagMs",
  off: "f.off",
  notOff: not("f.off"),
  forming: "f.anyForming",
  notForming: not("f.anyForming"),
  busServes: "f.busServes",
  busLive: "f.busLive",
  islandFell: or(not("f.anyForming"), "f.busVoltageDead"),
  uncommandedOutputHeld,
  contradictionHeld: "held.contradiction.contradictionMs",
  coherentClosedHeld: "held.coherentClosed.coherentMs",
  coherentOpenHeld: "held.coherentOpen.coherentMs",
  coherentHeld,
  unexpectedPosition: or(
    and(equal("s.expected", expectations.indexOf("open")), "f.provenClosed"),
    and(equal("s.expected", expectations.indexOf("closed")), "f.provenOpen"),
  ),
  tooManyDisagreements: [">=", "s.disagreements", disagreementsMax],
  disagreedBefore: or(not(["<=", "s.disagreements", 0]), not(["<=", "s.doubts", 0])),
  busDeadHeld: "held.busDead.deadMs",
  busNotDeadHeld: "held.busNotDead.decayMs",
  gridGood: "f.gridGood",
  gridNotGood: not("f.gridGood"),
  gridHolds: "f.gridHolds",
  gridFails: not("f.gridHolds"),
  gridGoodForEnterService: "held.gridGood.enterServiceMs",
  gridGoodForReturn: "held.gridGood.returnMs",
  gridOutHeld: "held.gridOut.outMs",
  gridWoke: and("s.gridDeadAtStart", "f.gridLive"),
  inSync: "f.inSync",
  inSyncHeld: "held.inSync.syncMs",
  syncOrGridFails: or(not("f.syncHolds"), not("f.gridHolds"), not("f.gridLive")),
  syncOrGridLost: or(not("f.syncHolds"), not("f.gridGood")),
  balancedHeld: "held.balanced.balanceMs",
  balanceMaxOver: "aged.balanceMaxMs",
  seamlessReady: "f.seamlessReady",
  seamlessNotReady: not("f.seamlessReady"),
  parallelOK: mayRunParallel,
  notParallelOK: not(mayRunParallel),
  backupOK: "f.backupOK",
  notBackupOK: not("f.backupOK"),
  islandRequested: "f.islandRequested",
  islandNotRequested: not("f.islandRequested"),
  notRequestedOrNoBackup: noRequest,
  noIslandRequestInForce: noRequest,
  gridNotGoodOrIslandRequested: or(not("f.gridGood"), "f.islandRequested"),
  joinedWithoutRight: and(not("f.provenOpen"), not(and("f.gridHolds", mayRunParallel))),
  resetRequested: "f.resetRequest",
  intentLocked: equal("s.intent", intentNames.indexOf("locked")),
  intentIsland: equal("s.intent", intentNames.indexOf("island")),
  startsLeft: not(["<=", "s.startsLeft", 0]),
  recordKept: "s.stored",
  sourceReady: "f.sourceReady",
  startsUsed,
  returnBlocked: "s.returnBlocked",
  returnNotBlocked: not("s.returnBlocked"),
  returnBlockedOrStartsUsed: or("s.returnBlocked", startsUsed),
  reasonToStart: or("held.gridOut.outMs", "held.gridNotGood.outMs", "f.islandRequested", "s.returnBlocked"),
  commandNotArmed: not("s.armed"),
  stopOver: "stages.onAfterStop",
  openOver: "aged.openMs",
  settled: "aged.settleMs",
  adoptOver: "aged.adoptMs",
  stagesFreshOrAdoptOver: or("f.stagesFresh", "aged.adoptMs"),
  enterServiceOver: "aged.enterServiceMs",
  rampOver: "aged.rampMs",
  startOver: "aged.startMs",
  startMaxOver: "aged.startMaxMs",
  stableOver: "aged.stableMs",
  syncMaxOver: "aged.syncMaxMs",
  closeOver: and("s.armed", "armed.closeMs"),
  closeLiveOver: and("s.armed", "armed.closeLiveMs"),
  storeOver: and(not("s.armed"), "aged.storeMaxMs"),
};

/**
 * What the mode machine may know: raw readings with their ages become a few dozen booleans, written in place each cycle.
 *
 * The rule of asymmetry: "open" needs both contacts, any single sign of "closed" ends forming. "Good" needs both voltmeters
 * (device and meter), one bad one ends discharging, and both are needed to leave the grid.
 *
 * Several stages. A stage that answers is *fresh*. One that has stopped answering is *silent* for as long as its own watchdog
 * may still let it run on; afterwards it is *counted off*: its watchdog, verified at start, has stopped it. So:
 * - `stagesFresh`: somebody answers and nobody is silent. Needed wherever the bus is about to be energized or joined.
 * - `stagesHeard`: somebody answers and no silent stage may be forming. Enough while K1 is closed: a silent follower
 *   stays inside its lease, and the meter at the PCC sees it, so one dead stage of twenty blinds nobody.
 * - a running island goes on as long as one fresh stage forms.
 * With one stage all of these mean the same.
 */

import { isDeadPu, isLivePu, isLostPu, servesPu } from "../../domain/electrical.ts";
import { liveMaxMs, type Snapshot, type StageFacts } from "../snapshot.ts";
import type { Authority } from "./authority.ts";
import { inSyncWindow, type SyncWindow, syncAim } from "./transfer-device.ts";

/** How far a stage is heard. Indexes are wire values: append only. */
export const StageLink = { online: 0, silent: 1, presumedOff: 2 } as const;

/** What the grid functions say about the grid, from the same snapshot (`src/core/grid/`). */
export interface GridVerdict {
  /** Voltage and frequency at the meter lie inside the window for entering service. */
  inEnterServiceWindow: boolean;
  /**
   * The profile's ride-through has ended in a trip, for the meter's voltage and for the device's own voltmeter on the grid
   * side: each has a trip function of its own, because one bad voltmeter ends discharging. Judged in every mode; falls when
   * its voltage is back inside the window for entering service.
   */
  tripped: boolean;
  deviceTripped: boolean;
  /** Anti-islanding: the mains are gone although voltage is there. */
  mainsLost: boolean;
  /** The supervision of the meter (frozen, implausible) has no objection. */
  meterTrusted: boolean;
  /**
   * The meter was condemned because its power contradicts the stages (reversed, another place, another scale), and it goes on
   * having samples that make sense otherwise. That says nothing against its voltage.
   */
  meterShowsVoltage: boolean;
}

/** A grid that nobody has judged yet. */
export const createGridVerdict = (): GridVerdict => ({
  inEnterServiceWindow: false,
  tripped: false,
  deviceTripped: false,
  mainsLost: false,
  meterTrusted: false,
  meterShowsVoltage: false,
});

/** What facts are judged by: the transfer device's abilities and travel, windows, ages. */
export interface ModeFactsConfig {
  /** A transfer device exists. Without one the site counts as closed onto the grid for ever, and never forms. */
  readonly canIsolate: boolean;
  /** Listed for closed transition. */
  readonly closedTransition: boolean;
  /** Worst travel time of K1, ms. */
  readonly travelMs: number;
  /** In which the two sides may be joined, and the part of it in which a close may be commanded. */
  readonly syncWindow: SyncWindow;
  readonly syncAim: SyncWindow;
  /** Ages up to which readings count, ms: since the read, and (`liveMaxMs`) since the device's own clock last advanced. */
  readonly deviceFreshMs: number;
  readonly stageFreshMs: number;
  readonly meterFreshMs: number;
  readonly liveMaxMs: number;
  /**
   * The same for a stage that forms the island, as long as the transfer device says in this very cycle that it is open and
   * the bus is live: while the bus voltage confirms that it forms, a short loss of its link is tolerated.
   */
  readonly formingFreshMs: number;
  /** After this silence a stage's own watchdog has acted, and after `stageStopMs` more it gives nothing. */
  readonly watchdogMs: number;
  readonly stageStopMs: number;
  /** Two voltmeters on one conductor read within this of each other. */
  readonly agreeWithinPu: number;
  /** Window for entering service, for the device's own voltmeter (grid profile). */
  readonly windowMinPu: number;
  readonly windowMaxPu: number;
  readonly windowMinHz: number;
  readonly windowMaxHz: number;
  /** Giving more than this means discharging, whatever the reported role, W. */
  readonly dischargeFromW: number;
}

/** Suggested bounds; a site sets what differs. */
export const modeFactsDefaults: ModeFactsConfig = {
  canIsolate: true,
  closedTransition: false,
  travelMs: 100,
  syncWindow: { voltagePu: 0.1, frequencyHz: 0.3, angleDeg: 20 },
  syncAim: syncAim({ voltagePu: 0.1, frequencyHz: 0.3, angleDeg: 20 }),
  deviceFreshMs: 200,
  stageFreshMs: 300,
  formingFreshMs: 300,
  meterFreshMs: 1_000,
  liveMaxMs,
  watchdogMs: 5_000,
  stageStopMs: 1_000,
  agreeWithinPu: 0.15,
  windowMinPu: 0.917,
  windowMaxPu: 1.05,
  windowMinHz: 59.5,
  windowMaxHz: 60.1,
  dischargeFromW: 500,
};

/** All that guards may ask, worked out once per cycle from the snapshot. Nothing else moves the mode machine. */
export interface ModeFacts {
  /** A transfer device exists, and it is listed for closed transition. */
  canIsolate: boolean;
  closedTransition: boolean;

  deviceFresh: boolean;
  stagesFresh: boolean;
  stagesHeard: boolean;
  meterFresh: boolean;

  /** Both contacts agree on open, on closed, or not at all (an unknown contact disagrees with everything). */
  provenOpen: boolean;
  provenClosed: boolean;
  disagree: boolean;
  /** Voltage on the grid side and on the bus: live, dead, or neither. */
  gridLive: boolean;
  gridDead: boolean;
  busLive: boolean;
  busVoltageDead: boolean;
  /** The bus has a voltage at which loads may be fed. */
  busServes: boolean;

  /** Both voltmeters see a grid on which discharging may begin. */
  gridGood: boolean;
  /** Both voltmeters answer, nothing has tripped and the mains are there: discharging may go on (ride-through is inside this). */
  gridHolds: boolean;
  /** The device sees the grid dead or tripped, and the meter sees the same or nothing at all (it may be fed by that grid). */
  gridOut: boolean;
  /** Closed, and a load may be fed. */
  gridServes: boolean;

  /** One side live, the other dead: no closed device looks like that, whatever a contact says. */
  voltagesProveOpen: boolean;
  /** Grid side and bus are live at one frequency and angle: a chance of a moment, or one conductor (`backfeed-watch.ts`). */
  inStep: boolean;
  /** The grid side follows what the island does: it is fed through a device that says that it is open. */
  gridFollows: boolean;

  /** A generator runs, or may run: it may feed the bus. */
  otherSource: boolean;
  /** The bond between neutral and ground is proven on, and off; both where the site commands none. */
  bonded: boolean;
  unbonded: boolean;

  /** Every stage that answers is off. */
  off: boolean;
  /** A stage that answers forms; one gives power back while following. */
  anyForming: boolean;
  anyDischarging: boolean;
  /**
   * Latest word, by its own clock, of a stage that is not off, and of one that forms or gives power back, ms: what a stage
   * said before it froze is no evidence of what it does now.
   */
  onLiveAtMs: number;
  givingLiveAtMs: number;
  /**
   * For how long, by its own clock, a stage has gone on forming or giving power back since it must have stopped: since it
   * acknowledged an order to, or, where none has reached it, since its watchdog ended what it acknowledged last, ms.
   */
  givingAgainstMs: number;

  /** The bus carries nothing and nobody could energize it. */
  busDead: boolean;
  /** Contacts, voltages and roles tell one story: closed, open. */
  coherentClosed: boolean;
  coherentOpen: boolean;
  /** They can't all be true. */
  contradiction: boolean;
  /**
   * The device's relay and our own calculation both say that the two sides are in synchronism, with room for the travel; they
   * still are inside the window.
   */
  inSync: boolean;
  syncHolds: boolean;

  parallelOK: boolean;
  backupOK: boolean;
  /** A stage listed for the island could form it now: it answers, and its vehicle holds more than its reserve. */
  sourceReady: boolean;
  /** A planned island: nearly no power flows through K1, so that its opening moves nothing. */
  balanced: boolean;
  /** Every stage that is to carry the planned island can hold its angle, answers and runs. */
  seamlessReady: boolean;
  /** A person on site requests an island; a person on site resets. No backend reaches either (requirement R26). */
  islandRequested: boolean;
  resetRequest: boolean;

  /** Last record of the machine that is durably stored (`ModeState.record.generation`). */
  storedGeneration: number;
  /** Last close sequence number that the device has accepted. */
  deviceCloseSequence: number;

  /** For people and for `step()`: one `StageLink` per stage. */
  readonly stageLinks: Uint8Array;
}

/** Facts before the first snapshot: nothing is fresh, nothing is good. */
export const createModeFacts = (stageCount: number): ModeFacts => ({
  canIsolate: false,
  closedTransition: false,
  deviceFresh: false,
  stagesFresh: false,
  stagesHeard: false,
  meterFresh: false,
  provenOpen: false,
  provenClosed: false,
  disagree: false,
  gridLive: false,
  gridDead: false,
  busLive: false,
  busVoltageDead: false,
  busServes: false,
  gridGood: false,
  gridHolds: false,
  gridOut: false,
  gridServes: false,
  voltagesProveOpen: false,
  inStep: false,
  gridFollows: false,
  otherSource: false,
  bonded: true,
  unbonded: true,
  off: false,
  anyForming: false,
  anyDischarging: false,
  onLiveAtMs: Number.NEGATIVE_INFINITY,
  givingLiveAtMs: Number.NEGATIVE_INFINITY,
  givingAgainstMs: Number.NEGATIVE_INFINITY,
  busDead: false,
  coherentClosed: false,
  coherentOpen: false,
  contradiction: false,
  inSync: false,
  syncHolds: false,
  parallelOK: false,
  backupOK: false,
  // Whoever knows the vehicles says otherwise; a start without a source only wastes one of the starts.
  sourceReady: true,
  balanced: false,
  seamlessReady: false,
  islandRequested: false,
  resetRequest: false,
  storedGeneration: 0,
  deviceCloseSequence: 0,
  stageLinks: new Uint8Array(stageCount),
});

/**
 * Derives the facts of this cycle into `facts`. `startedMs` is when the controller began to listen: a stage that it has never
 * heard is silent from then on.
 */
export function deriveModeFacts(
  facts: ModeFacts,
  snapshot: Snapshot,
  authority: Authority,
  grid: GridVerdict,
  config: ModeFactsConfig,
  startedMs: number,
  nowMs: number,
): ModeFacts {
  facts.canIsolate = config.canIsolate;
  facts.closedTransition = config.closedTransition;
  deriveContacts(facts, snapshot);
  deriveSides(facts, snapshot, grid, config, nowMs);
  deriveStages(facts, snapshot, config, startedMs, nowMs);

  const { deviceFresh, stagesFresh, provenOpen, provenClosed, off, anyForming, anyDischarging } = facts;
  const quiet = stagesFresh && !anyForming && !anyDischarging;
  facts.busDead = deviceFresh && stagesFresh && facts.busVoltageDead && off;
  facts.coherentOpen = provenOpen && facts.busDead;
  facts.contradiction =
    facts.disagree ||
    (provenClosed && sidesDiffer(facts)) ||
    (provenOpen && facts.busLive && quiet && !facts.otherSource);
  facts.coherentClosed = provenClosed && quiet && sidesAgree(facts, snapshot, config);

  const { site } = snapshot;
  facts.parallelOK = authority.parallelOK;
  facts.backupOK = authority.backupOK && config.canIsolate;
  facts.islandRequested = site.islandRequested && nowMs < site.islandRequestUntilMs;
  facts.resetRequest = site.resetRequest;
  facts.storedGeneration = site.storedGeneration;
  facts.deviceCloseSequence = snapshot.transferDevice.closeSequence;
  return facts;
}

/** What stands on the bus, or in its way, beside K1 and the stages. */
function deriveContacts(facts: ModeFacts, { transferDevice: { otherSource, bond } }: Snapshot): void {
  facts.otherSource = otherSource === "runs" || otherSource === "unknown";
  facts.bonded = bond === "none" || bond === "bonded";
  facts.unbonded = bond === "none" || bond === "unbonded";
}

function deriveStages(
  facts: ModeFacts,
  snapshot: Snapshot,
  config: ModeFactsConfig,
  startedMs: number,
  nowMs: number,
): void {
  const { stages } = snapshot;
  const heldBehindOpenDevice = facts.provenOpen && facts.busLive;
  let fresh = 0;
  let silent = 0;
  let silentForming = 0;
  let off = true;
  let anyForming = false;
  let anyDischarging = false;
  let onLiveAtMs = Number.NEGATIVE_INFINITY;
  let givingLiveAtMs = Number.NEGATIVE_INFINITY;
  let givingAgainstMs = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    const offAfterMs = config.stageFreshMs + watchdogMsOf(stage, config) + config.stageStopMs;
    const confirmed = heldBehindOpenDevice && stage.role === "forming";
    // What is known of a stage is as old as its own clock: one that answers with old values falls silent like any other.
    const knownAtMs = nowMs - stage.liveAtMs <= config.liveMaxMs ? stage.atMs : stage.liveAtMs;
    if (nowMs - knownAtMs <= (confirmed ? config.formingFreshMs : config.stageFreshMs)) {
      facts.stageLinks[i] = StageLink.online;
      fresh++;
      const gives = stage.role !== "forming" && -stage.powerW > config.dischargeFromW;
      const discharges = gives || (stage.role === "discharge" && !Number.isFinite(stage.powerW));
      if (stage.role === "forming") anyForming = true;
      if (discharges) anyDischarging = true;
      if (stage.role === "forming" || discharges) {
        const { liveAtMs, stopHeardAtMs, acknowledgedAtMs } = stage;
        const isTold = stopHeardAtMs !== Number.POSITIVE_INFINITY;
        const againstMs = liveAtMs - (isTold ? stopHeardAtMs : acknowledgedAtMs + offAfterMs);
        if (liveAtMs > givingLiveAtMs) givingLiveAtMs = liveAtMs;
        if (againstMs > givingAgainstMs) givingAgainstMs = againstMs;
      }
      if (stage.role === "off" && !gives) continue;
      off = false;
      if (stage.liveAtMs > onLiveAtMs) onLiveAtMs = stage.liveAtMs;
    } else if (nowMs - (knownAtMs > startedMs ? knownAtMs : startedMs) <= offAfterMs) {
      facts.stageLinks[i] = StageLink.silent;
      silent++;
      if (stage.role === "forming" || knownAtMs < startedMs) silentForming++;
    } else {
      facts.stageLinks[i] = StageLink.presumedOff;
    }
  }
  facts.stagesFresh = fresh > 0 && silent === 0;
  facts.stagesHeard = fresh > 0 && silentForming === 0;
  facts.off = fresh > 0 && off;
  facts.anyForming = anyForming;
  facts.anyDischarging = anyDischarging;
  facts.onLiveAtMs = onLiveAtMs;
  facts.givingLiveAtMs = givingLiveAtMs;
  facts.givingAgainstMs = givingAgainstMs;
}

/** A stage whose own watchdog takes longer than the site counts on is waited for. */
function watchdogMsOf({ watchdogMs: ownMs }: StageFacts, { watchdogMs }: ModeFactsConfig): number {
  return ownMs > watchdogMs ? ownMs : watchdogMs;
}

/** Both sides of K1 and the meter. Without a transfer device the meter's voltage is the voltage of both sides. */
function deriveSides(
  facts: ModeFacts,
  snapshot: Snapshot,
  grid: GridVerdict,
  config: ModeFactsConfig,
  nowMs: number,
): void {
  const { transferDevice: device, meter } = snapshot;
  facts.meterFresh =
    nowMs - meter.atMs <= config.meterFreshMs && grid.meterTrusted && meter.voltagePu >= 0 && meter.frequencyHz >= 0;
  const present = config.canIsolate;
  const gridPu = present ? device.gridVoltagePu : meter.voltagePu;
  const gridHz = present ? device.gridFrequencyHz : meter.frequencyHz;
  const busPu = present ? device.busVoltagePu : meter.voltagePu;

  const answers = nowMs - device.atMs <= config.deviceFreshMs && nowMs - device.liveAtMs <= config.liveMaxMs;
  const fresh = present ? answers && gridPu >= 0 && busPu >= 0 : true;
  facts.deviceFresh = fresh;
  facts.provenOpen = present && fresh && device.contactNo === "open" && device.contactNc === "open";
  facts.provenClosed = !present || (fresh && device.contactNo === "closed" && device.contactNc === "closed");
  facts.disagree = fresh && !facts.provenOpen && !facts.provenClosed;
  facts.gridLive = fresh && isLivePu(gridPu);
  facts.gridDead = fresh && isDeadPu(gridPu);
  facts.busLive = fresh && isLivePu(busPu);
  facts.busVoltageDead = fresh && isDeadPu(busPu);
  facts.voltagesProveOpen = present && sidesDiffer(facts);
  facts.busServes = fresh && servesPu(busPu);

  const deviceGood = fresh && inWindow(gridPu, gridHz, config);
  const meterGood =
    (facts.meterFresh || (present && deviceGood && isConfirmed(snapshot, grid))) &&
    grid.inEnterServiceWindow &&
    inWindow(meter.voltagePu, meter.frequencyHz, config);
  // Nothing closes onto a bus that a generator may feed: as if there were no grid to return to.
  facts.gridGood = deviceGood && meterGood && !facts.otherSource;
  facts.gridHolds = fresh && facts.meterFresh && !grid.tripped && !(present && grid.deviceTripped) && !grid.mainsLost;
  const deviceOut = fresh && !deviceGood && (!facts.gridLive || grid.deviceTripped);
  const meterOut = !facts.meterFresh || (!meterGood && (isLostPu(meter.voltagePu) || grid.tripped));
  facts.gridOut = present && deviceOut && meterOut;
  facts.gridServes = facts.provenClosed && !grid.mainsLost && (present || facts.meterFresh ? servesPu(gridPu) : true);
  const relay = config.closedTransition && fresh && device.syncRelay;
  facts.inSync = relay && inSyncWindow(device, config.syncAim, config.travelMs);
  facts.syncHolds = relay && inSyncWindow(device, config.syncWindow, config.travelMs);
}

/**
 * A meter whose power is not believed may still be counted for the good grid, and for nothing else, where the transfer
 * device's own voltmeter shows the same. Otherwise a site with a reversed current transformer would stay an island beside a
 * good grid until its vehicles are empty, and dark afterwards. Safe, because two voltmeters still agree before K1 closes, and
 * because discharging, holding and leaving the grid go on asking for a meter that is believed in whole (`meterFresh`): the
 * site comes back without giving power. A frozen meter, one with impossible values, and a site without a voltmeter of its own
 * on the grid side stay where they are.
 */
function isConfirmed({ meter, transferDevice: device }: Snapshot, grid: GridVerdict): boolean {
  return (
    grid.meterShowsVoltage &&
    Math.abs(meter.voltagePu - device.gridVoltagePu) <= confirmsWithinPu &&
    Math.abs(meter.frequencyHz - device.gridFrequencyHz) <= confirmsWithinHz
  );
}

/** Two voltmeters of class 1 at the same voltage, and their frequency readings, are as far apart as this at most. */
const confirmsWithinPu = 0.03;
const confirmsWithinHz = 0.2;

const inWindow = (voltagePu: number, frequencyHz: number, c: ModeFactsConfig): boolean =>
  voltagePu >= c.windowMinPu &&
  voltagePu <= c.windowMaxPu &&
  frequencyHz >= c.windowMinHz &&
  frequencyHz <= c.windowMaxHz;

/** One side live and the other dead: impossible across a closed device. */
const sidesDiffer = (f: ModeFacts): boolean =>
  f.canIsolate && ((f.gridLive && f.busVoltageDead) || (f.gridDead && f.busLive));

function sidesAgree(f: ModeFacts, { transferDevice: device }: Snapshot, config: ModeFactsConfig): boolean {
  if (!f.canIsolate) return true;
  return (
    (f.gridDead && f.busVoltageDead) ||
    (f.gridLive && f.busLive) ||
    (f.deviceFresh && Math.abs(device.gridVoltagePu - device.busVoltagePu) <= config.agreeWithinPu)
  );
}

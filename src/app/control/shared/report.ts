/**
 * What the control thread shows the rest of the process after each cycle: one row of numbers, latest values only. The
 * tables below are the whole protocol; chains of limits travel as they stand in the core.
 */

import type { Core } from "../../../core/core.ts";
import type { TripCause } from "../../../core/grid/outcome.ts";
import { islandPhases } from "../../../core/island/state.ts";
import { missingFacts } from "../../../core/modes/needs.ts";
import { intentNames } from "../../../core/modes/state.ts";
import type { ReversePower } from "../../../core/pcc/reverse-power.ts";
import { chainLength } from "../../../core/setpoints/limits.ts";
import type { Snapshot } from "../../../core/snapshot.ts";
import {
  bondNames,
  contactNames,
  otherSourceNames,
  reductionNames,
  type StageFacts,
  stageFacts,
} from "../../../domain/facts.table.ts";
import { modeNames, type Role, roleNames, serviceModes, transferCommandNames } from "../../../domain/modes.ts";
import { reasonKeys } from "../../../domain/reasons.ts";
import type { LoopFigures } from "../control-loop.ts";
import { quantileMs } from "../histogram.ts";
import { factFields, type StructOf, struct } from "./struct.ts";

type RelayCause = ReversePower["cause"];
const tripCauses: readonly TripCause[] = [
  ...(["none", "ov2", "ov1", "uv3", "uv2", "uv1", "of2", "of1", "uf2", "uf1", "ov-mean", "rocof"] as const),
  ...(["permit", "islanding", "transfer-trip", "permissive", "upstream-open", "measurement"] as const),
];
const relayCauses: readonly RelayCause[] = ["", "reverse-power", "minimum-import", "relay"];
const reasonsOrNone = ["", ...reasonKeys] as const;

/** The site as a whole. Times of the monotonic clock, powers in the core's sign. */
const siteFields = [
  ["atMs", "number"],
  ["wallMs", "number"],
  ["mode", modeNames],
  ["previousMode", modeNames],
  ["modeSinceMs", "number"],
  ["serviceMode", serviceModes],
  ["parallelOK", "flag"],
  ["backupOK", "flag"],
  ["parallelRefusal", reasonsOrNone],
  ["backupRefusal", reasonsOrNone],
  ["gridGood", "flag"],
  /** NaN while it is not good. */
  ["gridGoodSinceMs", "number"],
  ["intent", intentNames],
  ["startsLeft", "number"],
  /** Why a wanted island is not started; "" while nothing forbids it. */
  ["startRefusal", reasonsOrNone],
  /** Left in the auxiliary battery, Wh; Infinity where the site has set none. */
  ["auxiliaryWh", "number"],
  /** Tiers that may be fed, from the first: those beyond have overloaded the island. Infinity while all may. */
  ["tiersTrusted", "number"],
  ["islandPhase", islandPhases],
  /** Energy above all reserves that an island could use, Wh; the stage that takes over next, from 0, and when, h (-1, NaN: none). */
  ["energyAboveReserveWh", "number"],
  ["nextStage", "number"],
  ["nextStageInH", "number"],
  ["returnBlocked", "flag"],
  /** K1 has not proven since its last failure that it opens: the site is a load only. */
  ["opensUnproven", "flag"],
  /** The first fact that the present mode rests on and that is missing, and which stage (-1: none). */
  ["missingFact", missingFacts],
  ["missingStage", "number"],
  /** PV is too much although frequency holds it back as far as it can. */
  ["pvBeyondShift", "flag"],
  /** Newest record of the mode machine: the host stores it and answers with its generation. */
  ["recordGeneration", "number"],
  ["contactNo", contactNames],
  ["contactNc", contactNames],
  ["otherSource", otherSourceNames],
  ["bond", bondNames],
  ["reduction", reductionNames],
  /** The utility's signals and a relay's contact, as the transfer device reads them. */
  ["transferTrip", "flag"],
  ["permissive", "flag"],
  ["upstreamClosed", "flag"],
  ["relayTripped", "flag"],
  ["deviceAtMs", "number"],
  /** When K1's own clock last advanced, and whether the core takes its readings as of now. */
  ["deviceLiveAtMs", "number"],
  ["deviceFresh", "flag"],
  ["gridVoltagePu", "number"],
  ["gridFrequencyHz", "number"],
  ["busVoltagePu", "number"],
  ["busFrequencyHz", "number"],
  ["transferCommand", transferCommandNames],
  ["meterAtMs", "number"],
  /** When the meter's values last moved, or its own count of samples. */
  ["meterSampleAtMs", "number"],
  ["meterQuality", "number"],
  /** The meter contradicts the power stages: it counts again only when a person has reset it. */
  ["meterCondemned", "flag"],
  ["pccW", "number"],
  ["pccVar", "number"],
  /** Power of each phase as the meter shows it; NaN where it does not. */
  ["phaseAW", "number"],
  ["phaseBW", "number"],
  ["phaseCW", "number"],
  ["meterVoltagePu", "number"],
  ["meterFrequencyHz", "number"],
  ["loadW", "number"],
  ["pvPowerW", "number"],
  /** When the load panel's own clock last advanced. */
  ["panelLiveAtMs", "number"],
  ["pvLimitW", "number"],
  ["importLimitW", "number"],
  ["exportLimitW", "number"],
  /** Who asks for the two limits. */
  ["importReason", reasonKeys],
  ["exportReason", reasonKeys],
  /** Exceedances on record, one under way now, and the alarms of requirement R11. */
  ["exportEvents", "number"],
  ["importEvents", "number"],
  ["exportAbove", "flag"],
  ["exportTooMany", "flag"],
  ["exportTooLong", "flag"],
  ["importTooMany", "flag"],
  ["importTooLong", "flag"],
  /** Response-time passport: recoveries from load steps, the longest, and those beyond what the site promises. */
  ["recoveries", "number"],
  ["recoveryLongestMs", "number"],
  ["recoveriesLate", "number"],
  /** Why a reverse-power or minimum-import relay has latched discharging off; "" while none has. */
  ["relayCause", relayCauses],
  /** What of the grid the protection has tripped on, until the grid is back in its window; "none" while it has not. */
  ["gridTrip", tripCauses],
  /** What is slower than configured, or why the margin is wide; "" while all is as configured. */
  ["dynamicsCause", reasonsOrNone],
  /** How much later than configured the meter shows changes, ms; the slowest stage, from 0 (-1: not known), and its delay. */
  ["meterLaterMs", "number"],
  ["slowStage", "number"],
  ["stageLaterMs", "number"],
  /** Interval, window and latency of the meter as the control reckons with them, ms. */
  ["meterUpdateMs", "number"],
  ["meterWindowMs", "number"],
  ["meterLatencyMs", "number"],
  /** By how much a stage follows later than configured, ms, and which is the latest, from 0 (-1: none, or not known). */
  ["followsLaterMs", "number"],
  ["latestStage", "number"],
  ["ticks", "number"],
  ["skipped", "number"],
  ["lateP50Ms", "number"],
  ["lateP99Ms", "number"],
  ["lateP999Ms", "number"],
  ["lateMaxMs", "number"],
  ["cycleP50Ms", "number"],
  ["cycleP99Ms", "number"],
  ["cycleP999Ms", "number"],
  ["cycleMaxMs", "number"],
  /** Stalls of the controller itself (`stallFromMs` in control-loop.ts): how many, how long altogether, the longest, the last. */
  ["stalls", "number"],
  ["stalledMs", "number"],
  ["stallLongestMs", "number"],
  ["lastStallAtMs", "number"],
  ["lastStallMs", "number"],
] as const;
export type SiteReport = StructOf<typeof siteFields>;
const siteReport = struct<SiteReport>(siteFields);

/** One power stage: its facts, and what it was told. */
export interface StageReport extends StageFacts {
  /** The vehicle can give power back, as far as its session tells. */
  bidirectional: boolean;
  commandRole: Role;
  commandW: number;
  /** Reactive power that it was told, var; positive absorbs. */
  commandVar: number;
  /** Setpoint at the end of the chain of limits; the command may lead it on a cut. */
  setpointW: number;
}

const stageFactRow = struct<StageFacts>(factFields(stageFacts));
const stageReport = struct<StageReport>([
  ...factFields<StageReport>(stageFacts),
  ["bidirectional", "flag"],
  ["commandRole", roleNames],
  ["commandW", "number"],
  ["commandVar", "number"],
  ["setpointW", "number"],
]);

export interface TierReport {
  loadW: number;
  closed: boolean;
  /** Hours in which it could be fed with those above it, and goes on being fed as things are. */
  couldH: number;
  fedH: number;
}
const tierReport = struct<TierReport>([
  ["loadW", "number"],
  ["closed", "flag"],
  ["couldH", "number"],
  ["fedH", "number"],
]);

export interface ControlReport {
  readonly site: SiteReport;
  readonly stages: readonly StageReport[];
  readonly tiers: readonly TierReport[];
  /** Chains of limits, for `explain`. */
  readonly chains: Float64Array;
}

export const reportLength = (stageCount: number, tierCount: number): number =>
  siteReport.length + stageCount * (stageReport.length + chainLength) + tierCount * tierReport.length;

export const createControlReport = (stageCount: number, tierCount: number): ControlReport => ({
  site: siteReport.create(),
  stages: Array.from({ length: stageCount }, () => stageReport.create()),
  tiers: Array.from({ length: tierCount }, () => tierReport.create()),
  chains: new Float64Array(stageCount * chainLength),
});

/** Fills a report from the core after a step. Quantiles are refreshed by `fillLoopFigures`, which is not for every tick. */
export function fillReport(report: ControlReport, core: Core, snapshot: Snapshot, nowMs: number): void {
  const { site, stages, tiers } = report;
  const { machine, authority, modeFacts, budget, commands, pccLimits, exportControl } = core;
  const { state, output } = machine;
  const { transferDevice: device, meter } = snapshot;
  site.atMs = nowMs;
  site.wallMs = snapshot.wallMs;
  site.mode = state.mode;
  site.previousMode = state.previous;
  site.modeSinceMs = state.sinceMs;
  site.serviceMode = authority.serviceMode;
  site.parallelOK = authority.parallelOK;
  site.backupOK = authority.backupOK;
  site.parallelRefusal = authority.parallelRefusal;
  site.backupRefusal = authority.backupRefusal;
  site.gridGood = modeFacts.gridGood;
  site.gridGoodSinceMs = state.held.gridGood;
  site.intent = state.record.intent;
  site.startsLeft = state.record.startsLeft;
  site.startRefusal = core.blackStart.refusal;
  site.auxiliaryWh = core.blackStart.leftWh;
  site.tiersTrusted = core.blackStart.fedMax;
  site.islandPhase = core.island.phase;
  site.energyAboveReserveWh = core.island.runway.energyWh;
  site.nextStage = core.island.runway.nextStage;
  site.nextStageInH = core.island.runway.nextInH;
  site.returnBlocked = state.record.returnBlocked;
  site.opensUnproven = state.record.opensUnproven;
  site.missingFact = core.needs.missing;
  site.missingStage = core.needs.stage;
  site.pvBeyondShift = core.island.shiftLastMs > 0;
  site.recordGeneration = state.record.generation;
  site.contactNo = device.contactNo;
  site.contactNc = device.contactNc;
  site.otherSource = device.otherSource;
  site.reduction = snapshot.site.reduction;
  site.bond = device.bond;
  site.transferTrip = device.transferTrip;
  site.permissive = device.permissive;
  site.upstreamClosed = device.upstreamClosed;
  site.relayTripped = device.relayTripped;
  site.deviceAtMs = device.atMs;
  site.deviceLiveAtMs = device.liveAtMs;
  site.deviceFresh = modeFacts.deviceFresh;
  site.gridVoltagePu = device.gridVoltagePu;
  site.gridFrequencyHz = device.gridFrequencyHz;
  site.busVoltagePu = device.busVoltagePu;
  site.busFrequencyHz = device.busFrequencyHz;
  site.transferCommand = output.transferDevice;
  site.meterAtMs = meter.atMs;
  site.meterSampleAtMs = meter.sampleAtMs;
  site.meterQuality = exportControl.supervision.quality;
  site.meterCondemned = exportControl.supervision.condemned;
  site.pccW = meter.powerW;
  site.pccVar = meter.reactiveVar;
  site.phaseAW = meter.phasePowerW[0]!;
  site.phaseBW = meter.phasePowerW[1]!;
  site.phaseCW = meter.phasePowerW[2]!;
  site.meterVoltagePu = meter.voltagePu;
  site.meterFrequencyHz = meter.frequencyHz;
  site.loadW = budget.loadW;
  site.pvPowerW = snapshot.site.pvPowerW;
  site.panelLiveAtMs = snapshot.site.panelLiveAtMs;
  site.pvLimitW = commands.pvLimitW;
  site.importLimitW = pccLimits.importLimitW;
  site.exportLimitW = pccLimits.exportLimitW;
  fillPcc(site, core);
  for (let i = 0; i < stages.length; i++) fillStage(stages[i]!, core, snapshot, i);
  for (let t = 0; t < tiers.length; t++) {
    tiers[t]!.loadW = snapshot.site.tierLoadW[t]!;
    tiers[t]!.closed = commands.tierClosed[t]!;
    tiers[t]!.couldH = core.island.runway.couldH[t]!;
    tiers[t]!.fedH = core.island.runway.fedH[t]!;
  }
  report.chains.set(core.chains.values);
}

function fillPcc(site: SiteReport, { meterGrid, pccLimits, pccRecord, reversePower, exportControl }: Core): void {
  const { dynamics, delays, supervision, config } = exportControl;
  site.dynamicsCause = dynamics.cause;
  site.meterLaterMs = dynamics.meterLaterMs;
  site.slowStage = dynamics.slowStage;
  site.stageLaterMs = dynamics.stageLaterMs;
  // Samples that come with every tick say nothing about a meter that is faster than the tick.
  const seldom = supervision.updateMs > supervision.toldUpdateMs;
  site.meterUpdateMs = seldom ? supervision.updateMs : config.meter.updateMs;
  site.meterWindowMs = dynamics.windowMs;
  site.meterLatencyMs = dynamics.latencyMs;
  // By its own delay, or by what the fit of all of them says.
  const isAlone = delays.laterMs > dynamics.stageLaterMs;
  site.followsLaterMs = isAlone ? delays.laterMs : dynamics.stageLaterMs;
  site.latestStage = isAlone ? delays.latest : dynamics.slowStage;
  const exports = pccRecord.exports.ledger;
  const imports = pccRecord.imports.ledger;
  const { passport } = pccRecord;
  site.importReason = pccLimits.importReason;
  site.exportReason = pccLimits.exportReason;
  site.exportEvents = exports.total;
  site.importEvents = imports.total;
  site.exportAbove = exports.isAbove;
  site.exportTooMany = exports.alarmTooMany;
  site.exportTooLong = exports.alarmTooLong;
  site.importTooMany = imports.alarmTooMany;
  site.importTooLong = imports.alarmTooLong;
  site.recoveries = passport.count;
  site.recoveryLongestMs = passport.longestMs;
  site.recoveriesLate = passport.beyondBoundCount;
  site.relayCause = reversePower.cause;
  site.gridTrip = meterGrid.outcome.gridTripped ? meterGrid.outcome.cause : "none";
}

function fillStage(report: StageReport, core: Core, snapshot: Snapshot, i: number): void {
  const command = core.commands.stages[i]!;
  stageFactRow.copy(snapshot.stages[i]!, report);
  const evse = snapshot.evses[i]!;
  report.bidirectional = evse.bidirectional;
  if (evse.served) {
    // Here the session knows the vehicle, not the stage.
    report.vehicleConnected = evse.connected;
    report.socPct = evse.socPct;
    report.capacityWh = evse.capacityWh;
  }
  report.commandRole = command.role;
  report.commandW = command.powerW;
  report.commandVar = command.reactiveVar;
  report.setpointW = core.setpointW[i]!;
}

/** Stalls are news: in every cycle, unlike the quantiles. */
export function fillStalls({ site }: ControlReport, figures: LoopFigures): void {
  site.stalls = figures.stalls;
  site.stalledMs = figures.stalledMs;
  site.stallLongestMs = figures.stallLongestMs;
  site.lastStallAtMs = figures.lastStallAtMs;
  site.lastStallMs = figures.lastStallMs;
}

export function fillLoopFigures({ site }: ControlReport, { ticks, skipped, lateness, cycle }: LoopFigures): void {
  site.ticks = ticks;
  site.skipped = skipped;
  site.lateP50Ms = quantileMs(lateness, 0.5);
  site.lateP99Ms = quantileMs(lateness, 0.99);
  site.lateP999Ms = quantileMs(lateness, 0.999);
  site.lateMaxMs = lateness.maxMs;
  site.cycleP50Ms = quantileMs(cycle, 0.5);
  site.cycleP99Ms = quantileMs(cycle, 0.99);
  site.cycleP999Ms = quantileMs(cycle, 0.999);
  site.cycleMaxMs = cycle.maxMs;
}

export function writeReport(target: Float64Array, { site, stages, tiers, chains }: ControlReport): void {
  siteReport.write(target, 0, site);
  let at = siteReport.length;
  for (let i = 0; i < stages.length; i++, at += stageReport.length) stageReport.write(target, at, stages[i]!);
  for (let t = 0; t < tiers.length; t++, at += tierReport.length) tierReport.write(target, at, tiers[t]!);
  target.set(chains, at);
}

export function readReport(source: Float64Array, { site, stages, tiers, chains }: ControlReport): void {
  siteReport.read(source, 0, site);
  let at = siteReport.length;
  for (let i = 0; i < stages.length; i++, at += stageReport.length) stageReport.read(source, at, stages[i]!);
  for (let t = 0; t < tiers.length; t++, at += tierReport.length) tierReport.read(source, at, tiers[t]!);
  chains.set(source.subarray(at, at + chains.length));
}

/** From the site's configuration to what each chapter of the cycle is told at start. */

import { freshMs, lineAgeMs } from "../config/device-pace.ts";
import { type GridProfile, missingSettings } from "../config/grid-profiles.ts";
import { pccMeteringOf } from "../config/pcc-metering.ts";
import type { EvseConfig, SiteConfig } from "../config/site.ts";
import { deviceNamed, transferPartsOf, wholeTransferDevice } from "../config/transfer-parts.ts";
import { hourMs, secondMs } from "../domain/units.ts";
import { createGridFunctions, type GridFunctions } from "./grid/der.ts";
import type { Connection } from "./grid/measurement.ts";
import type { GridRatings } from "./grid/pq-priority.ts";
import type { IslandConfig } from "./island/state.ts";
import { tierTuning } from "./island/tiers.ts";
import type { AuthorityConfig } from "./modes/authority.ts";
import { type ModeFactsConfig, modeFactsDefaults } from "./modes/facts.ts";
import { type SyncWindow, syncAim, syncWindowFor, transferDeviceKinds } from "./modes/transfer-device.ts";
import {
  type ExportControlConfig,
  type GroupLimit,
  installedGroup,
  type ProtectiveGroup,
} from "./pcc/control-state.ts";
import type { LedgerConfig } from "./pcc/exceedance-ledger.ts";
import { type FoundDelays, type Guarantee, limitGuarantee, withFoundDelays } from "./pcc/guarantee.ts";
import { noReversePower, type ReversePowerConfig } from "./pcc/reverse-power.ts";
import { liveMaxMs } from "./snapshot.ts";

/** From a command until its write has arrived, ms: one round trip of Modbus TCP on a site's network. */
const writeMs = 2;
/** A stage measures itself over a cycle of the grid, and its value is so old when it is read, ms. */
const stageWindowMs = 20;
const stageLatencyMs = 5;
/**
 * A stage's link does not count as lost sooner, ms. Where nothing can form an island the meter sees what a silent stage does,
 * and a reply that is late or a device that is busy for a moment must not take its power out of the sum.
 */
const stageStaleFloorMs = { withIsland: 300, without: 1_000 } as const;
/** Samples of the meter that may stay away before it counts as silent. */
const meterSamplesMax = 2.5;
/** A forming stage may be silent this long behind an open transfer device with a live bus; its watchdog is longer, ms. */
const formingSilentMaxMs = 2_000;
/** Largest current of a stage, of its current at rated apparent power and nominal voltage. */
const currentMaxPu = 1.2;
/** Stages whose reactive power answers within this time constant carry the anti-islanding backup, ms. */
const backupResponseMaxMs = 100;
/** The frequency that it works on may be this old, ms. */
const backupFrequencyMaxMs = 210;
/** Ledger entries kept in memory; all of them are stored. */
const ledgerEntriesMax = 256;

/** What decides whether power may go to the grid at all: service mode, isolation, notice to the utility. */
export const authorityConfig = ({ site, transferDevice }: SiteConfig, profile: GridProfile): AuthorityConfig => ({
  serviceMode: site.serviceMode,
  canIsolate: transferDevice !== undefined && transferDevice.kind !== "none",
  utilityNotified: site.utilityNotified,
  gridCodeOpen: missingSettings(profile).length > 0,
});

/** Trips, ride-through and windows of one voltmeter that looks at the grid for the whole site. */
export function siteGrid(
  config: SiteConfig,
  profile: GridProfile,
  connection: Connection,
  randomFraction: number,
): GridFunctions {
  let chargeW = 0;
  let dischargeW = 0;
  let varMax = 0;
  let openingMs = 0;
  for (const { maxChargeW, maxDischargeW, stage } of config.evses) {
    chargeW += maxChargeW;
    dischargeW += maxDischargeW;
    varMax += stage.maxVar;
    openingMs = Math.max(openingMs, stage.openingMs);
  }
  const ratedVA = Math.max(chargeW, dischargeW, 1);
  const ratings: GridRatings = {
    ratedW: Math.max(dischargeW, 1),
    ratedVA,
    maxChargeW: chargeW,
    maxChargeVA: ratedVA,
    maxInjectVar: varMax,
    maxAbsorbVar: varMax,
    currentMaxPu,
    openingS: openingMs / secondMs,
  };
  return createGridFunctions(profile, ratings, connection, { randomFraction });
}

/** The functions of one stage that has none of its own; null where its firmware runs them. */
export function stageGrid(
  evse: EvseConfig,
  profile: GridProfile,
  connection: Connection,
  randomFraction: number,
): GridFunctions | null {
  if (evse.stage.gridFunctions === "stage") return null;
  return createGridFunctions(profile, stageRatings(evse), connection, { randomFraction });
}

/** A stage's nameplate for the grid functions: active, reactive and apparent power, W, var, VA. */
export function stageRatings({ maxChargeW, maxDischargeW, stage }: EvseConfig): GridRatings {
  const ratedVA = stage.ratedVA ?? Math.max(maxChargeW, maxDischargeW, 1);
  return {
    ratedW: Math.max(maxDischargeW, 1),
    ratedVA,
    maxChargeW,
    maxChargeVA: ratedVA,
    maxInjectVar: stage.maxVar,
    maxAbsorbVar: stage.maxVar,
    currentMaxPu,
    openingS: stage.openingMs / secondMs,
  };
}

/**
 * Whether a stage's reactive power and the meter's frequency are fast enough for the anti-islanding backup: with a frequency
 * that is 210 ms old it found 21 of 21 islands within 1.42 s, with one of 500 ms 18 of 21.
 */
export const carriesBackup = ({ stage }: EvseConfig, { meter }: SiteConfig["pcc"]): boolean =>
  stage.maxVar > 0 &&
  stage.reactiveResponseMs <= backupResponseMaxMs &&
  meter.updateMs + meter.latencyMs <= backupFrequencyMaxMs;

/** A stage's power has come to nothing after so many of its response times, and its reading shows it a little later. */
const stopResponses = 5;
const stopSeenMs = 500;

/** From the command to stop until the slowest stage is seen to give nothing, by its settings, ms. */
export const slowestStopMs = ({ evses }: SiteConfig): number =>
  evses.reduce((slowestMs, { stage }) => {
    const { deadTimeMs, commandPeriodMs, responseMs, slewPctPerS } = stage;
    const fallMs = Math.max(stopResponses * responseMs, slewPctPerS === undefined ? 0 : (100 / slewPctPerS) * secondMs);
    return Math.max(slowestMs, deadTimeMs + commandPeriodMs + fallMs + stopSeenMs);
  }, 0);

/** Without a reading for this long a stage's link counts as lost, ms: as its slowest line allows. */
export const stageStaleMs = (config: SiteConfig): number => {
  const { transferDevice } = config;
  const canIsland = transferDevice !== undefined && transferDevice.kind !== "none";
  const floorMs = canIsland ? stageStaleFloorMs.withIsland : stageStaleFloorMs.without;
  return config.evses.reduce<number>((most, { stage }) => Math.max(most, freshMs(config, stage, floorMs)), floorMs);
};

/** Age from which K1's contacts are old, ms; of one made of parts, those of the module that reads them. */
export function transferDeviceFreshMs(config: SiteConfig): number {
  const parts = transferPartsOf(config);
  const place = parts === undefined ? wholeTransferDevice(config) : deviceNamed(config, parts.contacts.device);
  return place === undefined
    ? modeFactsDefaults.deviceFreshMs
    : freshMs(config, place, modeFactsDefaults.deviceFreshMs);
}

/**
 * By how much K1's contacts and voltages may be older than those of a device that answers at once, ms: what the mode machine
 * waits for waits so much longer.
 */
export function transferDeviceLateMs(config: SiteConfig): number {
  const parts = transferPartsOf(config);
  const whole = wholeTransferDevice(config);
  const names = parts && [
    parts.contacts.device,
    parts.command.device,
    parts.gridVoltage.device,
    parts.busVoltage.device,
  ];
  const places = names?.map((name) => deviceNamed(config, name)) ?? [whole];
  return places.reduce(
    (most, place) =>
      Math.max(most, place === undefined ? 0 : lineAgeMs(config, place) - modeFactsDefaults.deviceFreshMs),
    0,
  );
}

/** Age from which the exchange with the grid is old, ms: of a sum, that of its slowest meter. */
function pccMeterFreshMs(config: SiteConfig, floorMs: number): number {
  const { meter } = config.pcc;
  if (pccMeteringOf(config) !== "sum") return freshMs(config, meter, floorMs);
  return meter.sumOf.reduce((most, { device }) => {
    const place = deviceNamed(config, device);
    return place === undefined ? most : Math.max(most, freshMs(config, place, floorMs));
  }, floorMs);
}

/** What the mode machine's facts are judged by: the transfer device's abilities, windows and ages. */
export function modeFactsConfig(config: SiteConfig, { settings }: GridProfile): ModeFactsConfig {
  const device = config.transferDevice;
  const kind = transferDeviceKinds[device?.kind ?? "none"];
  let ratedVA = 0;
  for (const evse of config.evses) ratedVA += Math.max(evse.maxChargeW, evse.maxDischargeW);
  const syncWindow: SyncWindow = syncWindowFor(ratedVA);
  const stageFreshMs = stageStaleMs(config);
  const deviceFreshMs = transferDeviceFreshMs(config);
  const meterFloorMs = Math.max(modeFactsDefaults.meterFreshMs, meterSamplesMax * config.pcc.meter.updateMs);
  return {
    ...modeFactsDefaults,
    stageFreshMs,
    deviceFreshMs,
    meterFreshMs: pccMeterFreshMs(config, meterFloorMs),
    liveMaxMs: Math.max(modeFactsDefaults.liveMaxMs, stageFreshMs, deviceFreshMs),
    canIsolate: device !== undefined && device.kind !== "none",
    closedTransition: kind.closedTransition,
    travelMs: device?.travelMs ?? modeFactsDefaults.travelMs,
    syncWindow,
    syncAim: syncAim(syncWindow),
    formingFreshMs: Math.max(stageFreshMs, Math.min(formingSilentMaxMs, 0.5 * config.loop.watchdogS * 1_000)),
    watchdogMs: config.loop.watchdogS * 1_000,
    windowMinPu: settings.enterVoltageMinPu,
    windowMaxPu: settings.enterVoltageMaxPu,
    windowMinHz: settings.enterFrequencyMinHz,
    windowMaxHz: settings.enterFrequencyMaxHz,
  };
}

/**
 * All stages as one group: what the backend, connected systems and the grid operator's contact leave for their sum, the
 * tightest of each direction with whose it is, written in each tick.
 */
export interface SiteCaps extends ProtectiveGroup {
  readonly charge: { -readonly [name in keyof GroupLimit]: GroupLimit[name] };
  readonly discharge: { -readonly [name in keyof GroupLimit]: GroupLimit[name] };
}

/** Without limits at first. */
export const createSiteCaps = (count: number): SiteCaps => ({
  name: "all chargers",
  stages: Array.from({ length: count }, (_, i) => i),
  charge: { limitW: Number.POSITIVE_INFINITY, reason: "backend-limit", source: "backend" },
  discharge: { limitW: Number.POSITIVE_INFINITY, reason: "backend-limit", source: "backend" },
});

/** Rating of the PV that is held back under the export limit, W; 0 where none is. */
export const curtailedPvW = ({ pcc, pv }: SiteConfig): number =>
  pcc.curtailPv ? pv.reduce((sum, one) => sum + (one.curtail === "command" ? one.ratedW : 0), 0) : 0;

const groupReasons = { conductor: "conductor-limit", bus: "bus-limit", transformer: "transformer-limit" } as const;
const phaseShares = { all: [1 / 3, 1 / 3, 1 / 3], a: [1, 0, 0], b: [0, 1, 0], c: [0, 0, 1] } as const;
const splitShare = [1 / 2, 1 / 2, 0] as const;
const singleShare = [1, 0, 0] as const;

/** Shares of one EVSE's power on the phases of the service. */
function phaseShare(phase: EvseConfig["phase"], phases: SiteConfig["site"]["phases"]) {
  if (phase !== "all") return phaseShares[phase];
  return phases === "three" ? phaseShares.all : phases === "split" ? splitShare : singleShare;
}

/** A meter that does not average at all still measures over something: without a window no load can be reckoned, ms. */
const windowMinMs = 1;

/** Time over which a sample of the meter averages, ms: what an installer has not stated is the time between samples. */
export const meterWindowMs = ({ windowMs, updateMs }: SiteConfig["pcc"]["meter"]): number =>
  Math.max(windowMinMs, windowMs ?? updateMs);

/** Meter, stages, phases and protective groups as export control reckons with them. */
export function exportControlConfig(config: SiteConfig, siteCaps: ProtectiveGroup): ExportControlConfig {
  const { pcc, site } = config;
  const { meter } = pcc;
  let ratedW = 0;
  for (const evse of config.evses) ratedW += Math.max(evse.maxChargeW, evse.maxDischargeW);
  const groups = pcc.groups.map(({ name, kind, evses, chargeLimitW, dischargeLimitW }) => {
    const stages = evses.map((evse) => evse - 1);
    return installedGroup(name, groupReasons[kind], stages, chargeLimitW, dischargeLimitW);
  });
  return {
    tickMs: config.loop.periodMs,
    meter: {
      updateMs: meter.updateMs,
      windowMs: meterWindowMs(meter),
      latencyMs: meter.latencyMs,
      rangeW: 4 * Math.max(ratedW, pcc.importLimitW),
      offsetErrorW: meter.offsetW + 0.5 * meter.resolutionW,
      gainError: meter.accuracyClassPct / 100,
      quantumW: meter.resolutionW,
      proven: meter.proven,
    },
    stages: config.evses.map(({ stage, maxChargeW, maxDischargeW, phase }) => ({
      ratedW: Math.max(maxChargeW, maxDischargeW, 1),
      responseMs: stage.responseMs,
      // A command waits between nothing and a period, half of it on average.
      deadTimeMs: stage.deadTimeMs + 0.5 * stage.commandPeriodMs,
      commandPeriodMs: stage.commandPeriodMs,
      resolutionW: stage.resolutionW,
      rateWPerS: ((stage.slewPctPerS ?? Number.POSITIVE_INFINITY) / 100) * Math.max(maxChargeW, maxDischargeW, 1),
      measureWindowMs: stageWindowMs,
      measureLatencyMs: stageLatencyMs,
      phaseShare: phaseShare(phase, site.phases),
    })),
    writeMs,
    linkStaleMs: stageStaleMs(config),
    phaseImportLimitW: pcc.phaseImportLimitW ?? Number.POSITIVE_INFINITY,
    phaseExportLimitW: pcc.phaseExportLimitW ?? Number.POSITIVE_INFINITY,
    // Protective groups come after the caps, so that on equal values the protective one is named.
    groups: [siteCaps, ...groups],
    fallbackChargeW: pcc.fallbackImportLimitW ?? 0,
  };
}

/**
 * What the limits of a site are worth: for discharging (export) and for charging (import). By its configuration, or by what
 * the control has found out since.
 */
export function siteGuarantees(
  config: SiteConfig,
  found?: FoundDelays,
): { readonly exports: Guarantee; readonly imports: Guarantee } {
  const told = exportControlConfig(config, createSiteCaps(config.evses.length));
  const control = found === undefined ? told : withFoundDelays(told, found);
  let chargeW = 0;
  let dischargeW = 0;
  for (const { maxChargeW, maxDischargeW } of config.evses) {
    chargeW += maxChargeW;
    dischargeW += maxDischargeW;
  }
  return { exports: limitGuarantee(control, dischargeW), imports: limitGuarantee(control, chargeW) };
}

/** Recovery that the site promises, ms: as the installer states it, or what meter and stages are good for. */
export function promisedRecoveryMs(config: SiteConfig): number {
  const { exports, imports } = siteGuarantees(config);
  const computedMs = promiseStepMs * Math.ceil(Math.max(exports.backMs, imports.backMs) / promiseStepMs);
  return config.pcc.inadvertentExport.responseBoundMs ?? computedMs;
}

/** Promises are whole numbers of so many ms. */
const promiseStepMs = 10;

/** Bounds and delay of the relay functions 32R and 32F at the PCC. */
export function reversePowerConfig({ pcc }: SiteConfig): ReversePowerConfig {
  const settings = pcc.reversePower;
  if (settings === undefined) return noReversePower;
  return {
    reverseMarginW: settings.reverseMarginW ?? noReversePower.reverseMarginW,
    minimumImportW: settings.minimumImportW ?? noReversePower.minimumImportW,
    delayMs: settings.delayS * secondMs,
  };
}

/** When inadvertent export counts, for how long it is remembered, and what raises its alarm (UL 1741 PCS). */
export const ledgerConfig = ({ pcc }: SiteConfig): LedgerConfig => ({
  entriesMax: ledgerEntriesMax,
  alarmCount: pcc.inadvertentExport.alarmCount,
  alarmWindowMs: pcc.inadvertentExport.alarmWindowH * hourMs,
  countFromMs: pcc.inadvertentExport.countFromS * secondMs,
  alarmLongMs: pcc.inadvertentExport.alarmLongS * secondMs,
});

/** Share of stored energy that arrives at the AC side, until a site has measured its own. */
const storageEfficiency = 0.94;

/** All PV that an island holds back, as one: how they are held back is the same for all of them. */
function curtailedPv({ pv }: SiteConfig): IslandConfig["pv"] {
  let ratedW = 0;
  let how: IslandConfig["pv"]["curtail"] = "command";
  for (const { curtail, ratedW: ownW } of pv) {
    if (curtail === "none") continue;
    ratedW += ownW;
    how = curtail;
  }
  return { ratedW, curtail: how };
}

/** Tiers, stages, PV and reserves as the island reckons with them. */
export const islandConfig = (config: SiteConfig): IslandConfig => ({
  nominalFrequencyHz: Number(config.site.nominalFrequencyHz),
  tiers: config.tiers,
  tierTuning,
  panelFreshMs: config.loadPanel === undefined ? liveMaxMs : freshMs(config, config.loadPanel, liveMaxMs),
  ratedW: config.evses.map((evse) => evse.maxDischargeW),
  pv: curtailedPv(config),
  reservePct: config.evses.map((evse) => evse.reservePct),
  efficiency: storageEfficiency,
});

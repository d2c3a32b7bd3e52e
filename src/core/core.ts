/**
 * Everything the control cycle remembers, made once from the configuration. `step.ts` tells the story of a cycle; here
 * stands what its chapters hold in their hands.
 */
import type { GridProfile } from "../config/grid-profiles.ts";
import type { SiteConfig } from "../config/site.ts";
import { createAllocation } from "./allocation.ts";
import { type AuthorityConfig, createAuthority } from "./authority.ts";
import { createCommands } from "./commands.ts";
import { createReserveMemory, type SiteAllowance } from "./evse-limits.ts";
import {
  createExportControl,
  createSiteBudget,
  type ExportControlConfig,
  type ProtectiveGroup,
} from "./export-control.ts";
import { createGridFunctions } from "./grid/der.ts";
import { createGridMeasurement } from "./grid/measurement.ts";
import { createLimitChains } from "./limits.ts";
import { createGridVerdict, createModeFacts, type ModeFactsConfig, modeFactsDefaults } from "./mode-facts.ts";
import type { ModeRecord } from "./mode-state.ts";
import { modeTimings } from "./mode-timings.ts";
import { createModeMachine } from "./modes.ts";
import { createPccLimits } from "./pcc/pcc-limits.ts";
import { createWish } from "./schedule.ts";
import { type SyncWindow, syncWindowFor, transferDeviceKinds } from "./transfer-device.ts";

/** What the core is told at start besides the configuration. */
export interface CoreStart {
  readonly profile: GridProfile;
  /** What the mode machine was about before the restart. */
  readonly record: Readonly<ModeRecord>;
  readonly nowMs: number;
  /** Latest moment known from durable records, ms UTC. */
  readonly clockFloorMs?: number;
  /** For the random part of the enter-service delay, in [0, 1). */
  readonly randomFraction?: number;
}

/** A command is good for this many periods and at least this long: one late tick must not drop it, a dead loop must. */
const leasePeriods = 5;
const leaseMinMs = 200;
/** From a command until its write has arrived, ms: one round trip of Modbus TCP on a site's network. */
const writeMs = 2;
/** Without a reading for this long a stage's link counts as lost, ms. */
const stageStaleMs = 300;
/** Charging comes back gradually after an outage or a restart (lesson 10), ms from zero to full. */
const chargeRampMs = 60_000;

export type Core = ReturnType<typeof createCore>;

/** The state of a controller that has just started: it knows nothing, so it is in `unknown` and says nothing. */
export function createCore(config: SiteConfig, start: CoreStart) {
  const count = config.evses.length;
  const { settings } = start.profile;
  const backendGroup = createBackendGroup(count);
  const exportControl = createExportControl(exportControlConfig(config, backendGroup), count);
  const travelMs = config.transferDevice?.travelMs ?? 100;
  const timings = modeTimings(travelMs, settings.enterDelayS * 1_000, settings.enterRampS * 1_000);
  return {
    config,
    profile: start.profile,
    authorityConfig: authorityConfig(config),
    authority: createAuthority(start.clockFloorMs),
    /** Trips, ride-through and windows for each voltmeter of the grid: the meter's and the transfer device's. */
    meterGrid: createGrid(config, start),
    deviceGrid: createGrid(config, start),
    meterMeasurement: createGridMeasurement(),
    deviceMeasurement: createGridMeasurement(),
    verdict: createGridVerdict(),
    modeFactsConfig: modeFactsConfig(config, start.profile),
    modeFacts: createModeFacts(count),
    machine: createModeMachine(timings, start.record, start.nowMs),
    pccLimits: createPccLimits(),
    exportControl,
    /** The backend's limit for all EVSEs together, as a group that carries every stage. */
    backendGroup,
    budget: createSiteBudget(exportControl),
    allocation: createAllocation(exportControl, config.allocation),
    wishes: Array.from({ length: count }, createWish),
    chains: createLimitChains(count),
    reserve: createReserveMemory(count),
    allowance: { charge: false, discharge: false, permitMissing: true } as SiteAllowance,
    setpointW: new Float64Array(count),
    commandW: new Float64Array(count),
    beyondMinW: new Float64Array(count),
    beyondMaxW: new Float64Array(count),
    /** Since when charging has been possible without a break, ms; NaN while it is not. */
    chargingSinceMs: Number.NaN,
    chargeRampMs,
    stageStaleMs,
    leaseMs: Math.max(leaseMinMs, leasePeriods * config.loop.periodMs),
    commands: createCommands(count, config.tiers.length),
  };
}

const authorityConfig = ({ site, transferDevice }: SiteConfig): AuthorityConfig => ({
  serviceMode: site.serviceMode,
  canIsolate: transferDevice !== undefined && transferDevice.kind !== "none",
  utilityNotified: site.utilityNotified,
});

/** Ratings of the whole site, for functions that look at the grid and not at a stage. */
function createGrid(config: SiteConfig, { profile, randomFraction = 0 }: CoreStart) {
  let chargeW = 0;
  let dischargeW = 0;
  for (const evse of config.evses) {
    chargeW += evse.maxChargeW;
    dischargeW += evse.maxDischargeW;
  }
  const ratedVA = Math.max(chargeW, dischargeW, 1);
  const ratings = {
    ratedW: Math.max(dischargeW, 1),
    ratedVA,
    maxChargeW: chargeW,
    maxChargeVA: ratedVA,
    maxInjectVar: 0,
    maxAbsorbVar: 0,
    currentMaxPu: 1.2,
    openingS: 0,
  };
  return createGridFunctions(profile, ratings, "single", { randomFraction });
}

function modeFactsConfig(config: SiteConfig, { settings }: GridProfile): ModeFactsConfig {
  const device = config.transferDevice;
  const kind = transferDeviceKinds[device?.kind ?? "none"];
  let ratedVA = 0;
  for (const evse of config.evses) ratedVA += Math.max(evse.maxChargeW, evse.maxDischargeW);
  const syncWindow: SyncWindow = syncWindowFor(ratedVA);
  return {
    ...modeFactsDefaults,
    canIsolate: device !== undefined && device.kind !== "none",
    closedTransition: kind.closedTransition,
    travelMs: device?.travelMs ?? modeFactsDefaults.travelMs,
    syncWindow,
    watchdogMs: config.loop.watchdogS * 1_000,
    windowMinPu: settings.enterVoltageMinPu,
    windowMaxPu: settings.enterVoltageMaxPu,
    windowMinHz: settings.enterFrequencyMinHz,
    windowMaxHz: settings.enterFrequencyMaxHz,
  };
}

const createBackendGroup = (count: number) => ({
  name: "backend",
  reason: "backend-limit" as const,
  stages: Array.from({ length: count }, (_, i) => i),
  chargeLimitW: Number.POSITIVE_INFINITY,
  dischargeLimitW: Number.POSITIVE_INFINITY,
});

function exportControlConfig(config: SiteConfig, backendGroup: ProtectiveGroup): ExportControlConfig {
  const { meter } = config.pcc;
  let ratedW = 0;
  for (const evse of config.evses) ratedW += Math.max(evse.maxChargeW, evse.maxDischargeW);
  return {
    tickMs: config.loop.periodMs,
    meter: {
      updateMs: meter.updateMs,
      windowMs: meter.windowMs,
      latencyMs: meter.latencyMs,
      rangeW: 4 * Math.max(ratedW, config.pcc.importLimitW),
      offsetErrorW: 0,
      quantumW: 1,
      hasSequence: true,
      proven: meter.proven,
    },
    stages: config.evses.map(({ stage, maxChargeW, maxDischargeW, phase }) => ({
      ratedW: Math.max(maxChargeW, maxDischargeW, 1),
      responseMs: stage.responseMs,
      deadTimeMs: stage.deadTimeMs,
      rateWPerS: Number.POSITIVE_INFINITY,
      measureWindowMs: 1,
      measureLatencyMs: 0,
      phaseShare:
        phase === "all" ? [1 / 3, 1 / 3, 1 / 3] : [phase === "a" ? 1 : 0, phase === "b" ? 1 : 0, phase === "c" ? 1 : 0],
    })),
    writeMs,
    linkStaleMs: stageStaleMs,
    phaseImportLimitW: Number.POSITIVE_INFINITY,
    phaseExportLimitW: Number.POSITIVE_INFINITY,
    groups: [backendGroup],
    fallbackChargeW: config.pcc.fallbackImportLimitW ?? 0,
  };
}

/**
 * Everything the control cycle remembers, made once from the configuration. `step.ts` tells the story of a cycle; here
 * stands the state that the steps of the cycle use.
 */
import type { GridProfile } from "../config/grid-profiles.ts";
import type { SiteConfig } from "../config/site.ts";
import { usualReturnDelayS } from "../domain/electrical.ts";
import { createCommands } from "./commands.ts";
import {
  authorityConfig,
  carriesBackup,
  createSiteCaps,
  curtailedPvW,
  exportControlConfig,
  islandConfig,
  ledgerConfig,
  modeFactsConfig,
  promisedRecoveryMs,
  reversePowerConfig,
  siteGrid,
  slowestStopMs,
  stageGrid,
  stageRatings,
  stageStaleMs,
  transferDeviceLateMs,
} from "./core-config.ts";
import { createGridMeasurement } from "./grid/measurement.ts";
import { createBackfeedWatch } from "./island/backfeed-watch.ts";
import { createBlackStart } from "./island/black-start.ts";
import { createPlannedIsland } from "./island/planned.ts";
import { createIsland } from "./island/state.ts";
import { createAuthority } from "./modes/authority.ts";
import { createBondGuard } from "./modes/bonding.ts";
import { createGridVerdict, createModeFacts } from "./modes/facts.ts";
import { createModeMachine } from "./modes/machine.ts";
import { createNeeds } from "./modes/needs.ts";
import type { ModeRecord } from "./modes/state.ts";
import { modeTimings } from "./modes/timings.ts";
import { createExportControl, createSiteBudget } from "./pcc/control-state.ts";
import type { LimitedGenerationProfile } from "./pcc/limited-generation-profile.ts";
import { createPccLimits } from "./pcc/pcc-limits.ts";
import { type PccMemory, restorePccRecord } from "./pcc/pcc-memory.ts";
import { createPccRecord } from "./pcc/pcc-record.ts";
import { createPvCurtailment } from "./pcc/pv-curtailment.ts";
import { createReversePower } from "./pcc/reverse-power.ts";
import { createAllocation } from "./setpoints/allocation.ts";
import { createReserveMemory, type SiteAllowance } from "./setpoints/evse-limits.ts";
import { type ChainInterval, createLimitChains } from "./setpoints/limits.ts";
import { createRequest } from "./setpoints/schedule.ts";

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
  /** Limited Generation Profile of the site, where it has one. */
  readonly generationProfile?: LimitedGenerationProfile;
  /** What is on record of exports beyond the limit, and UTC minus the monotonic clock, ms (NaN when not trusted). */
  readonly pccMemory?: PccMemory;
  readonly wallAheadMs?: number;
}

/** A command is good for this many periods and at least this long: one late tick must not drop it, a dead loop must. */
const leasePeriods = 5;
const leaseMinMs = 200;
/** Charging comes back gradually after an outage or a restart (lesson 10), ms from zero to full. */
const chargeRampMs = 60_000;
/** Between the beginnings of two EVSEs in it, ms; the last begins at most half a minute after the first. */
const chargeStaggerMs = 1_000;
const chargeSpreadMaxMs = 30_000;

/**
 * The state of one controller: all that a cycle reads and leaves for the next. Objects are made once and written in place.
 */
export type Core = ReturnType<typeof createCore>;

/** The state of a controller that has just started: it knows nothing, so it is in `unknown` and says nothing. */
export function createCore(config: SiteConfig, start: CoreStart) {
  const count = config.evses.length;
  const { profile, randomFraction = 0 } = start;
  const { settings } = profile;
  const { phases } = config.site;
  const siteCaps = createSiteCaps(count);
  const exportControl = createExportControl(exportControlConfig(config, siteCaps), count);
  const travelMs = config.transferDevice?.travelMs ?? 100;
  const enterDelayS = settings.enterDelayS + settings.enterRandomDelayS * randomFraction;
  const lateMs = transferDeviceLateMs(config);
  const returnMs = (config.transferDevice?.returnDelayS ?? usualReturnDelayS) * 1_000;
  const timings = modeTimings(
    travelMs,
    enterDelayS * 1_000,
    settings.enterRampS * 1_000,
    lateMs,
    returnMs,
    slowestStopMs(config),
  );
  const pccRecord = createPccRecord(exportControl, ledgerConfig(config), promisedRecoveryMs(config));
  const island = islandConfig(config);
  const reversePower = createReversePower(reversePowerConfig(config));
  if (start.pccMemory) restorePccRecord(pccRecord, reversePower, start.pccMemory, start.wallAheadMs ?? Number.NaN);
  return {
    config,
    profile,
    authorityConfig: authorityConfig(config, profile),
    authority: createAuthority(start.clockFloorMs),
    /** Trips, ride-through and windows for each voltmeter of the grid: the meter's and the transfer device's. */
    meterGrid: siteGrid(config, profile, phases, randomFraction),
    deviceGrid: siteGrid(config, profile, "single", randomFraction),
    /** Grid functions of the stages that have none of their own; null for the others. */
    stageGrids: config.evses.map((evse) => stageGrid(evse, profile, phases, randomFraction)),
    stageRatings: config.evses.map(stageRatings),
    /** Stages whose reactive power carries the anti-islanding backup. */
    carriesBackup: config.evses.map((evse) => carriesBackup(evse, config.pcc)),
    meterMeasurement: createGridMeasurement(),
    deviceMeasurement: createGridMeasurement(),
    verdict: createGridVerdict(),
    modeFactsConfig: modeFactsConfig(config, profile),
    modeFacts: createModeFacts(count),
    /** Whether a running island feeds the utility's line, and the question that finds out. */
    backfeed: createBackfeedWatch(),
    /** Which fact is missing that the present mode rests on. */
    needs: createNeeds(),
    bondGuard: createBondGuard(),
    machine: createModeMachine(timings, start.record, start.nowMs),
    pccLimits: createPccLimits(),
    generationProfile: start.generationProfile ?? null,
    exportControl,
    pccRecord,
    pvCurtailment: createPvCurtailment(curtailedPvW(config), config.loop.periodMs),
    reversePower,
    /** Caps for all EVSEs together, as a group that carries every stage. */
    siteCaps,
    budget: createSiteBudget(exportControl),
    allocation: createAllocation(exportControl, config.allocation),
    requests: Array.from({ length: count }, createRequest),
    islandConfig: island,
    island: createIsland(island, count),
    blackStart: createBlackStart(config.auxiliary, config.tiers.length, config.evses.length),
    /** Stages that may form at all. */
    mayForm: new Uint8Array(count),
    planned: createPlannedIsland(count),
    chains: createLimitChains(count),
    interval: { minW: 0, maxW: 0 } as ChainInterval,
    reserve: createReserveMemory(count),
    allowance: { charge: false, discharge: false, permitMissing: true } as SiteAllowance,
    setpointW: new Float64Array(count),
    commandW: new Float64Array(count),
    /** Reactive power of each stage, var; positive absorbs. */
    reactiveVar: new Float64Array(count),
    overshootMinW: new Float64Array(count),
    overshootMaxW: new Float64Array(count),
    /** Since when charging has been possible without a break, ms; NaN while it is not. */
    chargingSinceMs: Number.NaN,
    chargeRampMs,
    chargeStaggerMs: Math.min(chargeStaggerMs, chargeSpreadMaxMs / count),
    stageStaleMs: stageStaleMs(config),
    leaseMs: Math.max(leaseMinMs, leasePeriods * config.loop.periodMs),
    commands: createCommands(count, config.tiers.length),
  };
}

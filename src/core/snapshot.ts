/**
 * The process image of one cycle: every fact that `step()` may use, with its age and quality. It is made once
 * (`createSnapshot`) and written in place by whoever feeds the core: the firmware bridge, the simulator's in-memory
 * adapter, or a replay. Powers are positive from the grid towards the vehicle. Times are milliseconds of one monotonic
 * clock; `never` marks what has not arrived yet. NaN is allowed as "unknown" in raw values, never beyond this file's readers.
 */

import {
  type MeterFacts,
  meterFacts,
  type PortPhase,
  type Reduction,
  type StageFacts,
  stageFacts,
  type TransferDeviceFacts,
  transferDeviceFacts,
} from "../domain/facts.table.ts";
import { createFacts } from "../domain/facts.ts";
import type { ServiceMode } from "../domain/modes.ts";

export type { MeterFacts, StageFacts, TransferDeviceFacts } from "../domain/facts.table.ts";

/** The arrival time of something that has not arrived. */
export const never = Number.NEGATIVE_INFINITY;

/**
 * A device that answers while its own clock stands is frozen: beyond this its readings are old, ms. Longer than the second
 * that many counters take for one advance, and a missed read.
 */
export const liveMaxMs = 1_500;

/** Where a request comes from, most authoritative for people's sentences, not for precedence. */
export type RequestSource = "none" | "backend" | "schedule" | "operator" | "departure" | "local" | "external" | "plan";

/** One EVSE's vehicle, requests and limits, from protocols, people and schedules, through `station`. EVSE i drives stage i. */
export interface EvseFacts {
  /** A vehicle is connected and wants energy (charging service authorised, transaction allowed). */
  connected: boolean;
  authorized: boolean;
  /** The vehicle and the session can do bidirectional power transfer. */
  bidirectional: boolean;
  /** An installer has enabled discharge for this EVSE since (requirement R5), besides what the configuration enables. */
  dischargeEnabled: boolean;
  /** Vehicle limits, renewed by the vehicle; `vehicleAtMs` is their arrival. Magnitudes ≥ 0. */
  vehicleAtMs: number;
  vehicleMinChargeW: number;
  vehicleMaxChargeW: number;
  vehicleMinDischargeW: number;
  vehicleMaxDischargeW: number;
  /** They count for so long after `vehicleAtMs`: as long as the protocol of the session lets a vehicle be silent, ms. */
  vehicleForMs: number;
  /**
   * The controller itself speaks with vehicles here. Then the fields below are what the session asks of the stage's vehicle
   * port, as of `orderAtMs`, and the vehicle takes part in energy only while `inEnergy`.
   */
  served: boolean;
  inEnergy: boolean;
  orderAtMs: number;
  portPhase: PortPhase;
  portVoltageV: number;
  /** The most current that the vehicle allows each way, A. */
  portChargeA: number;
  portDischargeA: number;
  portDutyPct: number;
  socPct: number;
  capacityWh: number;
  /** Never discharged below this, percent. */
  reservePct: number;
  /** Wanted at departure, percent, and when (site wall clock, ms UTC; NaN unknown). */
  targetPct: number;
  departsAtMs: number;
  /** Moment of plug-in on the monotonic clock: order for first-come allocation. */
  pluggedAtMs: number;
  /** The power somebody requests, and until when it counts. After the lease the request is zero. */
  requestedW: number;
  requestSource: RequestSource;
  requestUntilMs: number;
  /** What the site's plan asks for, NaN for nothing, and until when it counts. It moves power within every limit and widens none. */
  planW: number;
  planUntilMs: number;
  /** The plan knows that this departure can't be kept: it shares what there is by priority, and no guard upsets that. */
  planShort: boolean;
  /** A person wants it charged up to its target now, whatever plan and backend ask. */
  chargeNow: boolean;
  /**
   * Caps of backend profiles and people; ±Infinity where none. A cap of zero never discharges. Caps have no lease: they
   * hold until whoever set them replaces them.
   */
  backendMinW: number;
  backendMaxW: number;
  operatorMinW: number;
  operatorMaxW: number;
  /** Caps of connected systems (the API, MQTT), the tightest of all of them; ±Infinity where none. */
  linkMinW: number;
  linkMaxW: number;
  paused: boolean;
}

/** What is permitted, by whom, as last verified outside the core (signature, equipment) and judged for validity inside. */
export interface PermitFacts {
  /** None installed or not verifiable: `load-only`. */
  mode: ServiceMode;
  validFromMs: number;
  validUntilMs: number;
  revoked: boolean;
  /** Magnitude of power that may be exported at the PCC, W. */
  exportLimitW: number;
  /** Equipment, firmware and settings match the permit (R6, R17). */
  equipmentMatches: boolean;
  /** The utility has been notified of the backup use (R4). */
  backupNotified: boolean;
}

/** Requests and limits for the site as a whole. */
export interface SiteFacts {
  permit: PermitFacts;
  /** The utility's "permit service" (IEEE 1547): false stops parallel operation at once. */
  serviceEnabled: boolean;
  /** The utility itself has taken its "permit service" back: what can give power leaves the grid, charging too. */
  serviceWithdrawn: boolean;
  /** Reverse-power or minimum-import relay has tripped and was not reset. */
  relayLatched: boolean;
  /** The utility's transfer-trip signal is present. */
  transferTrip: boolean;
  /** The utility's permissive signal is present; true where the site has none. */
  permissive: boolean;
  /** The breaker between the PCC and the utility reports closed; true where it has no contact. */
  upstreamClosed: boolean;
  /** A person on site requests an island, until `islandRequestUntilMs`. */
  islandRequested: boolean;
  islandRequestUntilMs: number;
  /** A person on site resets a lockout: true for the ticks in which the request is valid. */
  resetRequest: boolean;
  /** Generation of the mode machine's record that is durably stored: a command that needs a record waits for it. */
  storedGeneration: number;
  /** A backend's cap for the sum of all EVSEs, [min, max], until the backend replaces it; ±Infinity where none. */
  backendMinW: number;
  backendMaxW: number;
  /** Limits at the PCC asked by people, magnitudes; Infinity where none. They only tighten. */
  operatorImportLimitW: number;
  operatorExportLimitW: number;
  /** Connected systems' caps for the sum of all EVSEs, [min, max], and at the PCC, magnitudes. They only tighten. */
  linkMinW: number;
  linkMaxW: number;
  linkImportLimitW: number;
  linkExportLimitW: number;
  /** Import that the site's plan counts on, Infinity for none, and until when it holds. */
  planImportW: number;
  planImportUntilMs: number;
  /** Tiers that an operator lets an island feed, from the first; Infinity where nobody has shed one. */
  tiersFedMax: number;
  /** Arrival of the last read in which the load panel's own clock had advanced, ms; `never` where there is no panel. */
  panelLiveAtMs: number;
  /** Measured load of each tier when islanded or behind K1, W; NaN unknown. */
  tierLoadW: number[];
  pvPowerW: number;
  /** The grid operator asks for less, or may do so: nobody knows. */
  reduction: Reduction;
}

/** Everything the core may know in one cycle. */
export interface Snapshot {
  /** UTC wall clock, ms; NaN when the clock is not trusted (then no permit is valid). */
  wallMs: number;
  transferDevice: TransferDeviceFacts;
  meter: MeterFacts;
  stages: StageFacts[];
  evses: EvseFacts[];
  site: SiteFacts;
}

/** Whether the load panel's readings are of now: a panel that answers with old values tells nothing about the tiers. */
export const panelIsLive = ({ panelLiveAtMs }: SiteFacts, freshMs: number, nowMs: number): boolean =>
  nowMs - panelLiveAtMs <= freshMs;

/** A snapshot in which nothing is known: no device has answered, nobody is connected, nothing is permitted. */
export function createSnapshot(stageCount: number, tierCount: number): Snapshot {
  return {
    wallMs: Number.NaN,
    transferDevice: createFacts(transferDeviceFacts),
    meter: createFacts(meterFacts),
    stages: Array.from({ length: stageCount }, () => createFacts(stageFacts)),
    evses: Array.from({ length: stageCount }, createEvseFacts),
    site: {
      permit: {
        mode: "load-only",
        validFromMs: Number.NaN,
        validUntilMs: Number.NaN,
        revoked: false,
        exportLimitW: 0,
        equipmentMatches: false,
        backupNotified: false,
      },
      serviceEnabled: false,
      serviceWithdrawn: false,
      relayLatched: false,
      transferTrip: false,
      permissive: true,
      upstreamClosed: true,
      islandRequested: false,
      islandRequestUntilMs: never,
      resetRequest: false,
      storedGeneration: 0,
      backendMinW: Number.NEGATIVE_INFINITY,
      backendMaxW: Number.POSITIVE_INFINITY,
      operatorImportLimitW: Number.POSITIVE_INFINITY,
      operatorExportLimitW: Number.POSITIVE_INFINITY,
      linkMinW: Number.NEGATIVE_INFINITY,
      linkMaxW: Number.POSITIVE_INFINITY,
      linkImportLimitW: Number.POSITIVE_INFINITY,
      linkExportLimitW: Number.POSITIVE_INFINITY,
      planImportW: Number.POSITIVE_INFINITY,
      planImportUntilMs: never,
      tiersFedMax: Number.POSITIVE_INFINITY,
      panelLiveAtMs: never,
      tierLoadW: new Array<number>(tierCount).fill(Number.NaN),
      pvPowerW: Number.NaN,
      reduction: "none",
    },
  };
}

function createEvseFacts(): EvseFacts {
  return {
    connected: false,
    authorized: false,
    bidirectional: false,
    dischargeEnabled: false,
    vehicleAtMs: never,
    vehicleMinChargeW: 0,
    vehicleMaxChargeW: 0,
    vehicleMinDischargeW: 0,
    vehicleMaxDischargeW: 0,
    vehicleForMs: 5_000,
    served: false,
    inEnergy: false,
    orderAtMs: never,
    portPhase: "none",
    portVoltageV: 0,
    portChargeA: 0,
    portDischargeA: 0,
    portDutyPct: 100,
    socPct: Number.NaN,
    capacityWh: Number.NaN,
    reservePct: 100,
    targetPct: Number.NaN,
    departsAtMs: Number.NaN,
    pluggedAtMs: never,
    requestedW: 0,
    requestSource: "none",
    requestUntilMs: never,
    planW: Number.NaN,
    planUntilMs: never,
    planShort: false,
    chargeNow: false,
    backendMinW: Number.NEGATIVE_INFINITY,
    backendMaxW: Number.POSITIVE_INFINITY,
    operatorMinW: Number.NEGATIVE_INFINITY,
    operatorMaxW: Number.POSITIVE_INFINITY,
    linkMinW: Number.NEGATIVE_INFINITY,
    linkMaxW: Number.POSITIVE_INFINITY,
    paused: false,
  };
}

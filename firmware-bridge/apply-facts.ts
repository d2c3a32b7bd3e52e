/** From a device's numbers to the facts of the process image. Allocates nothing; called for each good read. */

import {
  type Contact,
  insulationNames,
  type MeterFacts,
  pilotNames,
  portPhaseNames,
  type StageFacts,
  stageFacts,
  type TransferDeviceFacts,
} from "../src/domain/facts.table.ts";
import { straightNames } from "../src/domain/facts.ts";
import { roleNames } from "../src/domain/modes.ts";
import { flipMeter } from "../src/domain/sign.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { type DeviceKind, type FactName, factNames } from "./maps/device-map.ts";
import type { SnapshotPort } from "./ports.ts";

/** Index of each fact in its reader's numbers. */
function indexes<K extends DeviceKind>(kind: K): Readonly<Record<FactName<K>, number>> {
  const names: readonly string[] = factNames[kind];
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<FactName<K>, number>;
}
export const stageFact = indexes("stage");
export const meterFact = indexes("meter");
export const transferDeviceFact = indexes("transfer-device");
export const loadPanelFact = indexes("load-panel");
export const pvFact = indexes("pv");

/** Facts that a register tells as they are, and where they stand in the reader's numbers. */
const straightStage = straightNames(stageFacts);
const straightStageAt = straightStage.map((name) => stageFact[name]);

/** A stage whose own heartbeat stands still for this long is not alive (SunSpec 715 counts seconds). */
const stageHeartbeatMaxMs = 3_000;
/** Following stages below this share of their rating are idle, not discharging: measurement noise. */
const idleShare = 0.005;

/** What the bridge knows about a stage beside its registers. */
export interface StageContext {
  readonly nominalVoltageV: number;
  readonly phaseVoltageV: number;
  readonly ratedChargeW: number;
  readonly ratedDischargeW: number;
  hasHeartbeat: boolean;
  hasLimits: boolean;
  /** Without a fact about it a vehicle counts as connected: what is asked of an empty stage comes to nothing. */
  tellsVehicle: boolean;
  tellsVoltage: boolean;
  tellsFrequency: boolean;
  /** What stands in for a voltage and a frequency of its own. */
  readonly elsewhere: Elsewhere;
  lastHeartbeat: number;
  heartbeatChangedMs: number;
  verified: boolean;
  /** It has latched the loss of the controller's heartbeat. */
  latched: boolean;
  /** The grid-support functions, anti-islanding among them, agree with the profile. */
  functionsAgree: boolean;
}

/** False when a value that nothing can do without is missing: then nothing is taken and the facts keep their age. */
export function applyStage(
  v: Float64Array,
  atMs: number,
  liveAtMs: number,
  context: StageContext,
  stage: StageFacts,
): boolean {
  const powerW = v[stageFact.powerW]!;
  const voltagePu = stageVoltagePu(v, context);
  if (Number.isNaN(powerW) || Number.isNaN(voltagePu)) return false;
  const heartbeat = v[stageFact.heartbeat]!;
  if (heartbeat !== context.lastHeartbeat && !Number.isNaN(heartbeat)) {
    context.lastHeartbeat = heartbeat;
    context.heartbeatChangedMs = atMs;
  }
  stage.atMs = atMs;
  stage.liveAtMs = liveAtMs;
  stage.role = roleNames[stageRoleCode(v, context)]!;
  stage.powerW = powerW;
  stage.voltagePu = voltagePu;
  stage.frequencyHz = context.tellsFrequency ? v[stageFact.frequencyHz]! : context.elsewhere.frequencyHz;
  // Beside a clock the heartbeat is read in every cycle; alone, and more seldom, it is what `liveAtMs` rests on.
  const beatAtMs = Number.isNaN(v[stageFact.clockMs]!) ? liveAtMs : context.heartbeatChangedMs;
  stage.alive = !context.hasHeartbeat || atMs - beatAtMs <= stageHeartbeatMaxMs;
  const alarmBits = v[stageFact.alarmBits]!;
  stage.alarmBits = Number.isNaN(alarmBits) ? 0 : alarmBits;
  stage.local = v[stageFact.local] === 1;
  stage.verified = context.verified && context.functionsAgree && !context.latched;
  stage.antiIslanding = v[stageFact.antiIslanding] === 1;
  stage.maxChargeW = ability(v[stageFact.maxChargeW]!, context.ratedChargeW, context.hasLimits);
  stage.maxDischargeW = ability(v[stageFact.maxDischargeW]!, context.ratedDischargeW, context.hasLimits);
  stage.vehicleConnected = !context.tellsVehicle || v[stageFact.vehicleConnected] === 1;
  stage.portPhase = portPhaseNames[orNone(v[stageFact.portPhase]!)]!;
  stage.pilot = pilotNames[orNone(v[stageFact.pilot]!)]!;
  stage.insulation = insulationNames[orNone(v[stageFact.insulation]!)]!;
  stage.portClosed = v[stageFact.portClosed] === 1;
  stage.portReady = v[stageFact.portReady] === 1;
  stage.emergency = v[stageFact.emergency] === 1;
  for (let k = 0; k < straightStage.length; k += 1) stage[straightStage[k]!] = v[straightStageAt[k]!]!;
  const executed = v[stageFact.executedSequence]!;
  stage.executedSequence = Number.isNaN(executed) ? 0 : executed;
  return true;
}

/** A word that a register does not tell is the first of its list: unknown, or none. */
const orNone = (code: number): number => (code > 0 ? code : 0);

/** What a stage does: as it says, or as its measurements show. */
export function stageRoleCode(v: Float64Array, context: StageContext): number {
  const said = v[stageFact.roleCode]!;
  if (!Number.isNaN(said)) return said;
  if (v[stageFact.forming] === 1) return 3;
  if (v[stageFact.on] !== 1) return 0;
  return v[stageFact.powerW]! < -idleShare * context.ratedDischargeW ? 2 : 1;
}

function stageVoltagePu(v: Float64Array, context: StageContext): number {
  if (!context.tellsVoltage) return context.elsewhere.voltagePu;
  const pu = v[stageFact.voltagePu]!;
  if (!Number.isNaN(pu)) return pu;
  const lineV = v[stageFact.lineVoltageV]!;
  return Number.isNaN(lineV) ? v[stageFact.phaseVoltageV]! / context.phaseVoltageV : lineV / context.nominalVoltageV;
}

/** A stage that tells its ability but has not yet can do nothing; one that never tells is taken at its rating. */
function ability(told: number, ratedW: number, tells: boolean): number {
  if (!tells) return ratedW;
  return told > 0 ? Math.min(told, ratedW) : 0;
}

/** How the meter's registers are to be read: its sign, nominal voltages, V, and whether it counts its samples. */
export interface MeterContext {
  readonly importPositive: boolean;
  readonly nominalVoltageV: number;
  readonly phaseVoltageV: number;
  /** The meter counts its samples itself; otherwise a sample is new when any register of the block changed. */
  readonly countsSamples: boolean;
  tellsVoltage: boolean;
  tellsFrequency: boolean;
  readonly elsewhere: Elsewhere;
  lastSampleCount: number;
  previous: Buffer;
  /** Time between two samples, ms; and when registers that are read less often last had other values. */
  readonly updateMs: number;
  othersMovedMs: number;
}

/** A meter whose other registers moved within this time is alive: power that reads the same is the same, ms. */
const othersMaxMs = 1_500;

/** NaN stays NaN: the meter answered, so the age is fresh and the value says that it is unknown. */
export function applyMeter(
  v: Float64Array,
  atMs: number,
  bytes: Buffer,
  context: MeterContext,
  meter: MeterFacts,
): void {
  const positive = context.importPositive;
  meter.atMs = atMs;
  meter.countsSamples = context.countsSamples;
  const counted = v[meterFact.sampleCount]!;
  const isAlive = atMs - context.othersMovedMs <= othersMaxMs && atMs - meter.sampleAtMs >= context.updateMs;
  const isNew = context.countsSamples
    ? counted !== context.lastSampleCount
    : context.previous.compare(bytes) !== 0 || isAlive;
  if (isNew) {
    context.lastSampleCount = counted;
    bytes.copy(context.previous);
    meter.sampleCount += 1;
    meter.sampleAtMs = atMs;
  }
  meter.powerW = flipMeter(v[meterFact.powerW]!, positive);
  meter.reactiveVar = flipMeter(v[meterFact.reactiveVar]!, positive);
  meter.frequencyHz = context.tellsFrequency ? v[meterFact.frequencyHz]! : context.elsewhere.frequencyHz;
  let sum = 0;
  let count = 0;
  for (let phase = 0; phase < 3; phase += 1) {
    meter.phasePowerW[phase] = flipMeter(v[meterFact.powerAW + phase]!, positive);
    const voltagePu = v[meterFact.voltageAV + phase]! / context.phaseVoltageV;
    meter.phaseVoltagePu[phase] = voltagePu;
    meter.lineVoltagePu[phase] = v[meterFact.voltageABV + phase]! / context.nominalVoltageV;
    if (!Number.isNaN(voltagePu)) {
      sum += voltagePu;
      count += 1;
    }
  }
  const lineV = v[meterFact.voltageV]!;
  if (!context.tellsVoltage) meter.voltagePu = context.elsewhere.voltagePu;
  else meter.voltagePu = Number.isNaN(lineV) ? (count > 0 ? sum / count : Number.NaN) : lineV / context.nominalVoltageV;
}

const contactOf = (code: number): Contact => (code === 0 ? "open" : code === 1 ? "closed" : "unknown");

/** What the bridge knows about K1 beside its registers. */
export interface TransferDeviceContext {
  readonly nominalVoltageV: number;
  readonly phaseVoltageV: number;
  /** The device counts its close commands itself; otherwise the bridge keeps the number of the last one it was given. */
  countsCloses: boolean;
  closeSequence: number;
}

/** Per unit as the device says, else from its volts. */
function perUnit(pu: number, lineV: number, phaseV: number, context: TransferDeviceContext): number {
  if (!Number.isNaN(pu)) return pu;
  return Number.isNaN(lineV) ? phaseV / context.phaseVoltageV : lineV / context.nominalVoltageV;
}

export function applyTransferDevice(
  v: Float64Array,
  atMs: number,
  liveAtMs: number,
  context: TransferDeviceContext,
  device: TransferDeviceFacts,
): void {
  device.atMs = atMs;
  device.liveAtMs = liveAtMs;
  device.contactNo = contactOf(v[transferDeviceFact.contactNo]!);
  device.contactNc = contactOf(v[transferDeviceFact.contactNc]!);
  const { gridVoltagePu, gridLineVoltageV, gridPhaseVoltageV } = transferDeviceFact;
  device.gridVoltagePu = perUnit(v[gridVoltagePu]!, v[gridLineVoltageV]!, v[gridPhaseVoltageV]!, context);
  device.gridFrequencyHz = v[transferDeviceFact.gridFrequencyHz]!;
  const { busVoltagePu, busLineVoltageV, busPhaseVoltageV } = transferDeviceFact;
  device.busVoltagePu = perUnit(v[busVoltagePu]!, v[busLineVoltageV]!, v[busPhaseVoltageV]!, context);
  device.busFrequencyHz = v[transferDeviceFact.busFrequencyHz]!;
  device.phaseDeg = v[transferDeviceFact.phaseDeg]!;
  device.syncRelay = v[transferDeviceFact.syncRelay] === 1;
  const sequence = v[transferDeviceFact.closeSequence]!;
  if (!context.countsCloses) device.closeSequence = context.closeSequence;
  else device.closeSequence = Number.isNaN(sequence) ? 0 : sequence;
  // Where the device does not read them they are as if all were well; where it does, only their good word counts.
  device.transferTrip = v[transferDeviceFact.transferTrip] === 1;
  device.permissive = v[transferDeviceFact.permissive] !== 0;
  device.upstreamClosed = v[transferDeviceFact.upstreamClosed] !== 0;
  device.relayTripped = v[transferDeviceFact.relayTripped] === 1;
}

/** Hands the load panel's values on: power of each tier, W, and when its own clock last moved, ms. */
export function applyLoadPanel(v: Float64Array, liveAtMs: number, site: SnapshotPort["site"]): void {
  site.panelLiveAtMs = liveAtMs;
  for (let tier = 0; tier < site.tierLoadW.length && loadPanelFact.tier1W + tier < v.length; tier += 1) {
    site.tierLoadW[tier] = v[loadPanelFact.tier1W + tier]!;
  }
}

/** From the core's commands to a device's targets, in our units and sign. Non-finite numbers become NaN and stop the write. */
import { portPhaseNames } from "../src/domain/facts.table.ts";
import { roleNames, transferCommandNames } from "../src/domain/modes.ts";
import { type CommandName, commandNames, type DeviceKind } from "./maps/device-map.ts";
import type { StageCommandPort } from "./ports.ts";

function indexes<K extends DeviceKind>(kind: K): Readonly<Record<CommandName<K>, number>> {
  const names: readonly string[] = commandNames[kind];
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<CommandName<K>, number>;
}
export const stageCommand = indexes("stage");
export const transferDeviceCommand = indexes("transfer-device");
export const loadPanelCommand = indexes("load-panel");
const pvCommand = indexes("pv");

/** Largest number that registers of counters hold; one above means "not implemented". */
const counterMax = 0xffff_fffe;
/** The sequence number after this one; it wraps at the register's end. */
export const nextSequence = (sequence: number): number => (sequence >= counterMax ? 0 : sequence + 1);
/** Serial-number order (RFC 1982) of 32-bit counters: whether `a` comes after `b`. */
export const isNewer = (a: number, b: number): boolean => ((a - b) | 0) > 0;

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);

/** What a stage's command registers shall hold, heartbeat included. */
export function setStageTargets(targets: Float64Array, command: StageCommandPort, heartbeat: number): void {
  const off = command.role === "off";
  const forming = command.role === "forming" || command.role === "hold";
  targets[stageCommand.roleCode] = roleNames.indexOf(command.role);
  const powerW = off ? 0 : finite(command.powerW);
  targets[stageCommand.powerW] = powerW;
  targets[stageCommand.chargeW] = powerW < 0 ? 0 : powerW;
  targets[stageCommand.dischargeW] = powerW > 0 ? 0 : -powerW;
  targets[stageCommand.magnitudeW] = Math.abs(powerW);
  targets[stageCommand.reactiveVar] = off ? 0 : finite(command.reactiveVar);
  targets[stageCommand.formVoltagePu] = forming ? finite(command.formVoltagePu) : 0;
  targets[stageCommand.formFrequencyHz] = forming ? finite(command.formFrequencyHz) : 0;
  targets[stageCommand.heartbeat] = heartbeat;
  targets[stageCommand.operate] = off ? 0 : 1;
  // No session is served: the port is left as it is, which is idle.
  const phase = command.portPhase === "none" ? Number.NaN : portPhaseNames.indexOf(command.portPhase);
  targets[stageCommand.portPhase] = phase;
  targets[stageCommand.portVoltageV] = finite(command.portVoltageV);
  targets[stageCommand.portChargeA] = finite(command.portChargeA);
  targets[stageCommand.portDischargeA] = finite(command.portDischargeA);
  targets[stageCommand.portDutyPct] = finite(command.portDutyPct);
}

/**
 * `mayClose`: the close with this number has not been given yet. Opening is standing, closing happens once for each number:
 * what a device would do again by itself when it is told again is not said again.
 */
export function setTransferDeviceTargets(
  targets: Float64Array,
  command: (typeof transferCommandNames)[number],
  closeSequence: number,
  mayClose: boolean,
): void {
  const given = command === "close" && !mayClose;
  targets[transferDeviceCommand.command] = given ? Number.NaN : transferCommandNames.indexOf(command);
  targets[transferDeviceCommand.closeSequence] = closeSequence;
  targets[transferDeviceCommand.openCoil] = command === "open" ? 1 : 0;
  targets[transferDeviceCommand.closeCoil] = command === "close" && mayClose ? 1 : 0;
}

/** What the load panel's contactors shall hold, tier by tier. */
export function setLoadPanelTargets(targets: Float64Array, tierClosed: readonly boolean[]): void {
  let bits = 0;
  for (let tier = 0; tier < tierClosed.length && tier < 15; tier += 1) if (tierClosed[tier]) bits |= 1 << tier;
  targets[loadPanelCommand.closedBits] = bits;
}

/** Curtailment in percent of the rating; without a limit 100. */
export function setPvTargets(targets: Float64Array, limitW: number, ratedW: number): void {
  targets[pvCommand.limitOn] = 1;
  targets[pvCommand.limitW] = limitW === Number.POSITIVE_INFINITY ? ratedW : limitW >= 0 ? limitW : Number.NaN;
  if (limitW === Number.POSITIVE_INFINITY) targets[pvCommand.limitPct] = 100;
  else targets[pvCommand.limitPct] = ratedW > 0 && limitW >= 0 ? Math.min(100, (100 * limitW) / ratedW) : Number.NaN;
}

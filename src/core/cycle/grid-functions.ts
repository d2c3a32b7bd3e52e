/**
 * The grid functions that the controller runs beside or instead of the stages' own. For every stage: pauses of discharging
 * (momentary cessation, a grid that is not measured) and no parallel operation without the stage's anti-islanding. For stages
 * without functions of their own: volt-watt, droop, active power limit, the reactive modes, the P/Q circle. For stages whose
 * reactive power is fast: the reactive feedback of the anti-islanding backup. Powers flip to the standard's sign here.
 */
import type { ReasonKey } from "../../domain/reasons.ts";
import { flipIeee1547 } from "../../domain/sign.ts";
import { clamp } from "../../domain/units.ts";
import type { Core } from "../core.ts";
import { islandingBackupVar } from "../grid/anti-islanding.ts";
import { type GridFunctions, stepGridFunctions } from "../grid/der.ts";
import { leg } from "../grid/pq-priority.ts";
import { chainInterval, chainSetpointW, limit } from "../setpoints/limits.ts";
import type { Snapshot } from "../snapshot.ts";
import { pauseReason } from "./grid.ts";

const anyW = Number.POSITIVE_INFINITY;
/** Power that the circle takes away and that is worth naming, of the stage's rating. */
const namedShare = 0.001;

/** Narrows each chain by what the grid asks for; the stages' active power follows in `allocateSite`. */
export function applyGridFunctions(core: Core, { stages }: Snapshot, nowMs: number): void {
  const { chains, stageGrids, machine } = core;
  const pause = machine.output.mayDischarge ? pauseReason(core) : "";
  for (let i = 0; i < stages.length; i++) {
    if (pause !== "") limit(chains, i, pause, "grid-profile", 0, anyW);
    if (!stages[i]!.antiIslanding) limit(chains, i, "anti-islanding-off", "stage", 0, anyW);
    const der = stageGrids[i]!;
    if (der !== null) runStageFunctions(core, i, der, nowMs);
    else if (core.carriesBackup[i]) leaveRoom(core, i, backupVar(core, i, chainSetpointW(chains, i)));
  }
}

/** One step of the functions of a stage that has none; the result narrows its chain and is kept for `reactEvses`. */
function runStageFunctions(core: Core, i: number, der: GridFunctions, nowMs: number): void {
  const { chains, interval, machine } = core;
  const { droop } = der;
  der.inputs.transferTrip = core.meterGrid.inputs.transferTrip;
  der.inputs.permissive = core.meterGrid.inputs.permissive;
  der.inputs.upstreamClosed = core.meterGrid.inputs.upstreamClosed;
  const drooping = droop.active || droop.returning;
  // What is given now is what droop starts from; on the way back from it the request counts.
  const basisW = drooping ? chainSetpointW(chains, i) : core.setpointW[i]!;
  der.inputs.requestedInjectedW = flipIeee1547(basisW);
  const outcome = stepGridFunctions(der, core.meterMeasurement, nowMs);
  if (!machine.output.mayDischarge) {
    if (der.settings.droopWhileCharging) relieve(core, i, der);
    return;
  }
  if (!outcome.inService) {
    limit(chains, i, "protection", "grid-profile", 0, anyW);
    return;
  }
  chainInterval(chains, i, interval);
  const { minW, maxW } = interval;
  if (droop.active || droop.returning) {
    const targetW = clamp(flipIeee1547(outcome.injectedW), minW, maxW);
    limit(chains, i, "frequency-droop", "grid-profile", targetW, targetW);
  } else {
    limit(chains, i, capReason(der), "grid-profile", Math.min(flipIeee1547(outcome.maxInjectedW), maxW), anyW);
  }
  leaveRoom(core, i, outcome.injectedVar);
}

/** Charging only: at under-frequency it falls by the droop, down to nothing, and never rises by it. */
function relieve({ chains }: Core, i: number, { droop, outcome, ratings }: GridFunctions): void {
  if (!outcome.inService || !droop.active || droop.shiftPu <= 0) return;
  // A share of what the charger takes at most: one that only charges has no other rating.
  const beforeW = flipIeee1547(droop.beforePu * ratings.ratedW);
  const reliefW = droop.shiftPu * ratings.maxChargeW;
  limit(chains, i, "frequency-droop", "grid-profile", -anyW, Math.max(0, beforeW - reliefW));
}

/** What bounds injection most at this moment. */
function capReason({ voltWatt, activePowerLimit, enterService }: GridFunctions): ReasonKey {
  const voltWattPu = voltWatt.limit.value;
  const limitPu = activePowerLimit.limit.value;
  if (enterService.ramp.value < Math.min(voltWattPu, limitPu)) return "enter-service-ramp";
  return voltWattPu < limitPu ? "volt-watt" : "active-power-limit";
}

/** Active power makes room for reactive power on the apparent-power circle. */
function leaveRoom(core: Core, i: number, injectedVar: number): void {
  const { ratedVA } = core.stageRatings[i]!;
  const roomW = leg(ratedVA, injectedVar);
  if (Math.abs(chainSetpointW(core.chains, i)) > roomW + namedShare * ratedVA) {
    limit(core.chains, i, "apparent-power", "grid-profile", -roomW, roomW);
  }
}

/** Reactive power of each stage at the active power that it is about to be commanded. */
export function reactEvses(core: Core): void {
  const { stageGrids, commandW, reactiveVar, stageRatings, machine } = core;
  const { mode } = machine.state;
  const parallel = mode === "ramping" || mode === "parallel";
  for (let i = 0; i < reactiveVar.length; i++) {
    const der = stageGrids[i]!;
    let injectedVar = 0;
    if (parallel && der !== null) injectedVar = der.outcome.injectedVar;
    else if (parallel && core.carriesBackup[i]) injectedVar = backupVar(core, i, commandW[i]!);
    const { ratedVA, maxInjectVar, maxAbsorbVar } = stageRatings[i]!;
    const roomVar = leg(ratedVA, commandW[i]!);
    reactiveVar[i] = flipIeee1547(
      clamp(injectedVar, -Math.min(roomVar, maxAbsorbVar), Math.min(roomVar, maxInjectVar)),
    );
  }
}

/** The anti-islanding feedback of a stage at an active power: one phase and one reference for all stages of the site. */
const backupVar = ({ meterGrid, stageRatings }: Core, i: number, powerW: number): number =>
  islandingBackupVar(meterGrid.backup, flipIeee1547(powerW), stageRatings[i]!.ratedW);

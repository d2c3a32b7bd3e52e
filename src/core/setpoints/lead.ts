/**
 * From setpoints to commands: two ways in which power comes down faster than the setpoints say.
 *
 * Lead on cuts: while the stages together do more than a limit allows, a stage that has to come down is commanded further
 * down than it shall end, by as much as its first-order answer takes out again. Source: the study of the control loop,
 * step 10: typical time above the limit falls from 191 to 100 ms.
 *
 * Retreat: while the meter's samples are overdue, the load may have stepped unseen, so power keeps within a small share of
 * the room that the last sample left. Setpoints and members of the allocation stay: power is back with the next sample.
 * However many samples of a 100 ms meter are lost after a step that leaves 20 % of the room, export is back under the limit
 * within 440 ms (stages of 50 ms, dead time 30 ms); without the retreat it took 670 ms with three lost, 1,090 with more. At
 * 5 % lost it costs 0.02 points of utilisation.
 */
import type { ExportControl, SiteBudget } from "../pcc/control-state.ts";
import { PowerSource } from "../pcc/load-observer.ts";

/**
 * Share of the room that is still used while samples are overdue. Below 0.13 the lead drives a stage at full speed past the
 * 20 % that a step of the load usually leaves.
 */
const overdueShare = 0.1;
/** Where the opposite direction is permitted, a cut may go this share of the rating beyond zero (λ floor −0.3 P). */
export const overshootShare = 0.3;

/**
 * Command for each stage from its setpoint. `overshootMinW` and `overshootMaxW` bound the exaggeration: normally 0, or up to
 * `overshootShare` of the rating in the direction that the stage may also take (≤ 0 and ≥ 0).
 */
export function leadOnCuts(
  control: ExportControl,
  budget: SiteBudget,
  setpointW: Float64Array,
  overshootMinW: Float64Array,
  overshootMaxW: Float64Array,
  commandW: Float64Array,
): void {
  const o = control.observer;
  const n = control.stageCount;
  const { overdue } = control.supervision;
  const { measured } = control.dynamics;
  const dischargeShare = overdue ? shareKept(control, budget, setpointW, -1) : 1;
  const chargeShare = overdue ? shareKept(control, budget, setpointW, 1) : 1;
  let tooMuchDischarge = dischargeShare < 1;
  let tooMuchCharge = chargeShare < 1;
  for (let c = 0; c < control.channelCount; c++) {
    let sumW = 0;
    for (let i = 0; i < n; i++) {
      if (o.powerSource[i] === PowerSource.model) sumW += control.shares[c * n + i]! * o.modelW[i]!;
    }
    if (sumW < budget.minW[c]!) tooMuchDischarge = true;
    if (sumW > budget.maxW[c]!) tooMuchCharge = true;
  }
  // Haste needs models that are right.
  if (measured) tooMuchDischarge = tooMuchCharge = false;
  if (!tooMuchDischarge && !tooMuchCharge && !(overdue && (dischargeShare < 1 || chargeShare < 1))) {
    commandW.set(setpointW);
    roundCommands(control, commandW);
    return;
  }
  for (let i = 0; i < n; i++) {
    const goalW = setpointW[i]! * (setpointW[i]! < 0 ? dischargeShare : chargeShare);
    const x = o.modelW[i]!;
    let commandedW = goalW;
    if (o.powerSource[i] === PowerSource.model) {
      const factor = control.leadFactor[i]!;
      if (tooMuchDischarge && x < 0 && goalW > x) {
        const ledW = Math.min(x + factor * (goalW - x), Math.max(0, overshootMaxW[i]!));
        if (ledW > commandedW) commandedW = ledW;
      } else if (tooMuchCharge && x > 0 && goalW < x) {
        const ledW = Math.max(x + factor * (goalW - x), Math.min(0, overshootMinW[i]!));
        if (ledW < commandedW) commandedW = ledW;
      }
    }
    commandW[i] = commandedW;
  }
  roundCommands(control, commandW);
}

/** A stage that takes whole steps only gets whole steps, towards zero: its own rounding may go away from it. */
function roundCommands({ config, stageCount }: ExportControl, commandW: Float64Array): void {
  for (let i = 0; i < stageCount; i++) {
    const stepW = config.stages[i]!.resolutionW ?? 0;
    if (stepW > 0) commandW[i] = Math.trunc(commandW[i]! / stepW + roundingSlack * Math.sign(commandW[i]!)) * stepW;
  }
}
/** A value that is a whole number of steps but for its binary digits stays one. */
const roundingSlack = 1e-9;

/**
 * Share of the setpoints of one direction (sign −1 discharges) that a retreat leaves: the PCC and its phases count, and
 * what the limit of the other direction demands is never given up.
 */
function shareKept(control: ExportControl, budget: SiteBudget, setpointW: Float64Array, sign: 1 | -1): number {
  const n = control.stageCount;
  let kept = 1;
  for (let c = 0; c < control.channels.length; c++) {
    let withW = 0;
    let againstW = 0;
    for (let i = 0; i < n; i++) {
      const flowW = control.shares[c * n + i]! * sign * setpointW[i]!;
      if (flowW > 0) withW += flowW;
      else againstW -= flowW;
    }
    const roomW = sign > 0 ? budget.maxW[c]! : -budget.minW[c]!;
    const neededW = sign > 0 ? budget.minW[c]! : -budget.maxW[c]!;
    const keptW = Math.max(0, overdueShare * roomW, neededW) + againstW;
    if (keptW < kept * withW) kept = keptW / withW;
  }
  return kept;
}

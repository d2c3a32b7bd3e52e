/**
 * Volt-var (IEEE 1547-2018 5.3.3 Table 8): reactive power from the average voltage through four points, with an open-loop
 * response time. The curve moves with the reference voltage, which may follow the voltage slowly by itself. European codes call
 * it Q(U), state the time in other forms, and have it act from one active power on and rest below a smaller one.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { clamp } from "../../domain/units.ts";
import { createHysteresis, type HysteresisState, LowPassState, stepHysteresis, stepLowPass } from "../blocks.ts";
import { interpolate } from "./curve.ts";
import { responseTimeConstantS } from "./response.ts";

/** The curve in force, pu of voltage and of rated var, with its response and its own slow reference voltage. */
export interface VoltVarState {
  readonly response: LowPassState;
  readonly reference: LowPassState;
  readonly voltagesPu: Float64Array;
  readonly varsPu: Float64Array;
  /** Acts: active power is beyond the lock-in and has not been below the lock-out since. */
  readonly lock: HysteresisState;
}

/** A curve that has not been read from the settings yet. */
export const createVoltVar = (): VoltVarState => ({
  response: new LowPassState(),
  reference: new LowPassState(),
  voltagesPu: new Float64Array(4),
  varsPu: new Float64Array(4),
  lock: createHysteresis(),
});

/** Puts the curve of the settings in force. */
export function loadVoltVar(state: VoltVarState, settings: Readonly<GridSettings>): void {
  const { voltagesPu, varsPu } = state;
  voltagesPu[0] = settings.voltVarV1Pu;
  voltagesPu[1] = settings.voltVarV2Pu;
  voltagesPu[2] = settings.voltVarV3Pu;
  voltagesPu[3] = settings.voltVarV4Pu;
  varsPu[0] = settings.voltVarQ1Pu;
  varsPu[1] = settings.voltVarQ2Pu;
  varsPu[2] = settings.voltVarQ3Pu;
  varsPu[3] = settings.voltVarQ4Pu;
}

/** Bounds of the autonomous reference, pu. */
const referenceMinPu = 0.95;
const referenceMaxPu = 1.05;

/** Injected reactive power, pu of the apparent-power rating, at an active power of `activePu` of rated. */
export function stepVoltVar(
  state: VoltVarState,
  settings: Readonly<GridSettings>,
  averagePu: number,
  dtS: number,
  activePu = 1,
): number {
  const followedPu = stepLowPass(state.reference, averagePu, settings.voltVarReferenceS, dtS);
  const referencePu = settings.voltVarReferenceAuto
    ? clamp(followedPu, referenceMinPu, referenceMaxPu)
    : settings.voltVarReferencePu;
  const { voltVarLockInPu, voltVarLockOutPu } = settings;
  const acts =
    stepHysteresis(state.lock, Math.abs(activePu), voltVarLockInPu, voltVarLockOutPu) || voltVarLockInPu === 0;
  const targetPu = acts ? interpolate(state.voltagesPu, state.varsPu, averagePu - (referencePu - 1)) : 0;
  return stepLowPass(state.response, targetPu, responseTimeConstantS(settings, settings.voltVarOlrtS), dtS);
}

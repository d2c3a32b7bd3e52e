/**
 * Volt-watt (IEEE 1547-2018 5.4.2 Table 10): a limit on injected active power that falls with high voltage, with an
 * open-loop response time. A second power below zero lets storage absorb. Some codes (P(U)) mean shares of the power that
 * flowed when the voltage passed the first point.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { LowPassState, stepLowPass } from "../blocks.ts";
import { responseTimeConstantS } from "./response.ts";

/** The limit of active power in force, as a share of the rating. */
export interface VoltWattState {
  /** The limit in force, pu of rated power. */
  readonly limit: LowPassState;
  /** Wanted power when the voltage was last at or below the first point, pu of rated. */
  readonly base: LowPassState;
}

/** No limit: the whole rating. */
export const createVoltWatt = (): VoltWattState => ({ limit: new LowPassState(1), base: new LowPassState(1) });

/**
 * The limit in force, pu of rated power. It starts to fall from the power that is wanted, not from far above it: otherwise
 * the first part of the response time would pass without effect.
 */
export function stepVoltWatt(
  state: VoltWattState,
  settings: Readonly<GridSettings>,
  averagePu: number,
  wantedPu: number,
  chargePerRated: number,
  dtS: number,
): number {
  if (!settings.voltWattEnabled) return (state.limit.value = 1);
  if (averagePu <= settings.voltWattV1Pu) state.base.value = Math.max(0, wantedPu);
  const curvePu = voltWattLimitPu(settings, averagePu, chargePerRated);
  const ofActual = settings.voltWattReference === "actual" && curvePu > 0 && averagePu > settings.voltWattV1Pu;
  const targetPu = ofActual ? curvePu * state.base.value : curvePu;
  if (state.limit.value > wantedPu && targetPu < state.limit.value) state.limit.value = Math.max(targetPu, wantedPu);
  return stepLowPass(state.limit, targetPu, responseTimeConstantS(settings, settings.voltWattOlrtS), dtS);
}

/** The limit that the curve asks for at a voltage, pu of rated power. */
export function voltWattLimitPu(settings: Readonly<GridSettings>, averagePu: number, chargePerRated: number): number {
  const { voltWattV1Pu, voltWattV2Pu, voltWattP1Pu, voltWattP2Pu } = settings;
  const p2Pu = voltWattP2Pu < 0 ? voltWattP2Pu * chargePerRated : voltWattP2Pu;
  if (averagePu <= voltWattV1Pu) return voltWattP1Pu;
  if (averagePu >= voltWattV2Pu) return p2Pu;
  return voltWattP1Pu + ((p2Pu - voltWattP1Pu) * (averagePu - voltWattV1Pu)) / (voltWattV2Pu - voltWattV1Pu);
}

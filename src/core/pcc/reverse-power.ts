/**
 * Reverse-power (32R) and minimum-import (32F, 37) supervision: our own emulation beside the control loop, and the inputs
 * of independent relays. A trip latches discharge off until a person resets it (requirement R12). Settings as utilities ask
 * for them: 0.1 % of the service transformer's rating, or 5 % of the nameplate, for at most 2 s.
 */
import { secondMs } from "../../domain/units.ts";

/** Settings of the relay functions: reverse power and minimum import, W, and their delay, ms. */
export interface ReversePowerConfig {
  /** Export beyond the limit by this much trips, W; Infinity switches the function off. */
  readonly reverseMarginW: number;
  /** Import below this trips while stages discharge, W; −Infinity switches the function off. */
  readonly minimumImportW: number;
  /** Pick-up time of both, ms. */
  readonly delayMs: number;
}

/** Off: the loop and its ledger alone. */
export const noReversePower: ReversePowerConfig = {
  reverseMarginW: Number.POSITIVE_INFINITY,
  minimumImportW: Number.NEGATIVE_INFINITY,
  delayMs: 2 * secondMs,
};

/** 0.1 % of the transformer's rating and 5 % of the stages' nameplate. */
export function reversePowerSettings(
  transformerVA: number,
  nameplateW: number,
  minimumImport: boolean,
): ReversePowerConfig {
  return {
    reverseMarginW: 0.001 * transformerVA,
    minimumImportW: minimumImport ? 0.05 * nameplateW : Number.NEGATIVE_INFINITY,
    delayMs: 2 * secondMs,
  };
}

/** Timers and latch of the relay functions 32R and 32F. */
export interface ReversePower {
  readonly config: ReversePowerConfig;
  reverseSinceMs: number;
  minimumSinceMs: number;
  /** Discharge is latched off. */
  latched: boolean;
  /** What tripped; "" before. */
  cause: "" | "reverse-power" | "minimum-import" | "relay";
}

/** Not tripped. */
export function createReversePower(config: ReversePowerConfig): ReversePower {
  return {
    config,
    reverseSinceMs: Number.POSITIVE_INFINITY,
    minimumSinceMs: Number.POSITIVE_INFINITY,
    latched: false,
    cause: "",
  };
}

/**
 * One tick. `powerW` at the PCC (import positive; NaN when the meter is not believed, which trips nothing: the loop goes to
 * zero by itself). `relayTripped`: an independent relay's contact. `resetRequest`: a person on site; it clears the latch
 * only when nothing trips any more.
 */
export function stepReversePower(
  r: ReversePower,
  powerW: number,
  exportLimitW: number,
  discharges: boolean,
  relayTripped: boolean,
  resetRequest: boolean,
  nowMs: number,
): void {
  const reverse = -powerW > exportLimitW + r.config.reverseMarginW;
  const minimum = discharges && powerW < r.config.minimumImportW;
  if (!reverse) r.reverseSinceMs = Number.POSITIVE_INFINITY;
  else if (r.reverseSinceMs === Number.POSITIVE_INFINITY) r.reverseSinceMs = nowMs;
  if (!minimum) r.minimumSinceMs = Number.POSITIVE_INFINITY;
  else if (r.minimumSinceMs === Number.POSITIVE_INFINITY) r.minimumSinceMs = nowMs;
  const reverseTrips = nowMs - r.reverseSinceMs >= r.config.delayMs;
  const minimumTrips = nowMs - r.minimumSinceMs >= r.config.delayMs;
  if (relayTripped || reverseTrips || minimumTrips) {
    if (!r.latched) r.cause = relayTripped ? "relay" : reverseTrips ? "reverse-power" : "minimum-import";
    r.latched = true;
  } else if (r.latched && resetRequest) {
    r.latched = false;
    r.cause = "";
  }
}

/**
 * What a limit at the PCC is worth with this meter and these stages: after a step of the load that takes away all room, how
 * long and how far it is exceeded at most. Computed from the configuration, not measured; every sample arrives, and meter
 * and stages are as configured. The slowest stage counts, and no haste (lead) is counted on, because it ends at zero power.
 */
import { energyWh } from "../../domain/units.ts";
import type { ExportControlConfig } from "./control-state.ts";
import { commandPeriodModelMaxMs } from "./dynamics/dynamics.ts";

/** What is promised of the largest step of the load: back under the limit within `backMs`, and at most so much beyond it. */
export interface Guarantee {
  /** Back under the limit + 0.5 % of the stages' sum within this time, ms. */
  readonly backMs: number;
  /** The most that the stages may add beyond the limit, W and Wh. */
  readonly peakW: number;
  readonly energyWh: number;
  /** The parts of `backMs`: until the meter has shown the whole step; until the command moves the stage; until it is down. */
  readonly meterMs: number;
  readonly commandMs: number;
  readonly responseMs: number;
}

/** What the control has found out about meter and stages while it runs. */
export interface FoundDelays {
  readonly meterUpdateMs: number;
  readonly meterWindowMs: number;
  readonly meterLatencyMs: number;
  /** By how much the latest stage follows its setpoint later than configured, ms; 0 while none does. */
  readonly followsLaterMs: number;
}

/** The configuration as it would have to be for what was found; what is faster than configured stays as it is. */
export function withFoundDelays(config: ExportControlConfig, found: FoundDelays): ExportControlConfig {
  const { meter, stages } = config;
  return {
    ...config,
    meter: {
      ...meter,
      updateMs: Math.max(meter.updateMs, found.meterUpdateMs),
      windowMs: Math.max(meter.windowMs, found.meterWindowMs),
      latencyMs: Math.max(meter.latencyMs, found.meterLatencyMs),
    },
    stages: stages.map((stage) => ({ ...stage, deadTimeMs: stage.deadTimeMs + Math.max(0, found.followsLaterMs) })),
  };
}

/** Below this share of the stages' sum an excess is none: as in the record and in the acceptance table. */
const toleranceShare = 0.005;

/** `mayMoveW`: power of all stages together in the direction of the limit. */
export function limitGuarantee(config: ExportControlConfig, mayMoveW: number): Guarantee {
  const { meter, stages, tickMs, writeMs } = config;
  let sumW = 0;
  let commandMs = 0;
  let timeConstantMs = 0;
  let slewMs = 0;
  let cutsDeeper = true;
  for (const stage of stages) {
    sumW += stage.ratedW;
    // The mean wait for the stage's next command is in its dead time already; a command that it takes goes out with a tick.
    const period = stage.commandPeriodMs ?? 0;
    if (period > commandPeriodModelMaxMs) cutsDeeper = false;
    commandMs = Math.max(commandMs, stage.deadTimeMs + 0.5 * period + (period > 0 ? tickMs : 0));
    timeConstantMs = Math.max(timeConstantMs, stage.responseMs);
    slewMs = Math.max(slewMs, (1_000 * stage.ratedW) / stage.rateWPerS);
  }
  commandMs += tickMs + writeMs + meter.latencyMs;
  const toleranceW = toleranceShare * sumW;
  if (mayMoveW <= toleranceW)
    return { backMs: 0, peakW: mayMoveW, energyWh: 0, meterMs: 0, commandMs: 0, responseMs: 0 };
  const slowMs = timeConstantMs + slewMs;
  const { meterMs, leftShare } = lastLook(meter.updateMs, meter.windowMs, slowMs, cutsDeeper);
  const responseMs = slewMs + timeConstantMs * Math.max(0, Math.log((leftShare * mayMoveW) / toleranceW));
  return {
    backMs: Math.ceil(meterMs + commandMs + responseMs),
    peakW: mayMoveW,
    energyWh: energyWh(mayMoveW * (meterMs + commandMs + timeConstantMs + 0.5 * slewMs), 1),
    meterMs,
    commandMs,
    responseMs,
  };
}

/**
 * When the last sample that matters comes. The first sample of a step shows the part of it that fell into its window, and
 * the cut is twice as deep (over-cut); what is still missing comes with the next one. The worst moment of the step lies
 * where waiting longer for the rest no longer weighs more than the rest itself. A window longer than the interval shows the
 * whole step only when it is over; and where the stages take commands too seldom for a model nothing cuts deeper, so that the
 * whole step has to be seen as well.
 */
function lastLook(
  updateMs: number,
  windowMs: number,
  slowMs: number,
  cutsDeeper: boolean,
): { meterMs: number; leftShare: number } {
  if (!cutsDeeper || windowMs > updateMs) return { meterMs: updateMs + windowMs, leftShare: 1 };
  const intoMs = Math.max(0, 0.5 * updateMs - slowMs);
  return { meterMs: updateMs + intoMs, leftShare: 1 - (2 * intoMs) / updateMs };
}

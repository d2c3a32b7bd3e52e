/** What each voltmeter says about the grid: the meter at the PCC and the transfer device's own, each with its own trip functions. */
import { Quality } from "../../domain/quality.ts";
import { secondMs } from "../../domain/units.ts";
import type { Core } from "../core.ts";
import { type GridFunctions, stepGridFunctions, unknownCeaseS } from "../grid/der.ts";
import { entryDelayS, entryRampS } from "../grid/enter-service.ts";
import { writeMeasurement } from "../grid/measurement.ts";
import { showsVoltage } from "../pcc/meter-supervision.ts";
import type { Snapshot } from "../snapshot.ts";

/**
 * Judges the grid at both voltmeters, meter and transfer device: trip, ride-through, enter-service window, loss of mains.
 */
export function judgeGrid(core: Core, { meter, transferDevice, site }: Snapshot, nowMs: number): void {
  const { verdict, modeFactsConfig, meterMeasurement, deviceMeasurement, exportControl, meterGrid } = core;
  const meterFresh = nowMs - meter.atMs <= modeFactsConfig.meterFreshMs;
  const { quality } = exportControl.supervision;
  verdict.meterTrusted = meterFresh && quality !== Quality.frozen && quality !== Quality.implausible;
  verdict.meterShowsVoltage = meterFresh && showsVoltage(exportControl.supervision, nowMs);
  const meterQuality = meterFresh ? Quality.good : Quality.stale;
  writeMeasurement(meterMeasurement, meter.phaseVoltagePu, meter.voltagePu, meter.frequencyHz, meterQuality);
  for (let p = 0; p < 3; p++) meterMeasurement.lineVoltagePu[p] = meter.lineVoltagePu[p]!;
  // A block that reads the same for longer than samples are apart has been sampled anew, with the same values.
  const { updateMs } = exportControl.supervision;
  meterMeasurement.everyMs = updateMs;
  meterMeasurement.sampleAtMs = Math.max(meter.sampleAtMs, meter.atMs - updateMs);
  meterGrid.inputs.transferTrip = site.transferTrip || transferDevice.transferTrip;
  meterGrid.inputs.permissive = site.permissive && transferDevice.permissive;
  meterGrid.inputs.upstreamClosed = site.upstreamClosed && transferDevice.upstreamClosed;
  const byMeter = stepGridFunctions(meterGrid, meterMeasurement, nowMs);
  if (meterGrid.settings.startSeparate) followEntry(core);
  verdict.inEnterServiceWindow = byMeter.gridInEnterServiceWindow;
  verdict.tripped = byMeter.gridTripped;
  verdict.mainsLost = byMeter.cause === "islanding";

  const { atMs, liveAtMs } = transferDevice;
  const deviceFresh = nowMs - atMs <= modeFactsConfig.deviceFreshMs && nowMs - liveAtMs <= modeFactsConfig.liveMaxMs;
  deviceMeasurement.phaseVoltagePu[0] = transferDevice.gridVoltagePu;
  deviceMeasurement.frequencyHz = transferDevice.gridFrequencyHz;
  deviceMeasurement.quality = deviceFresh ? Quality.good : Quality.stale;
  deviceMeasurement.everyMs = exportControl.config.tickMs;
  deviceMeasurement.sampleAtMs = liveAtMs;
  verdict.deviceTripped =
    modeFactsConfig.canIsolate && stepGridFunctions(core.deviceGrid, deviceMeasurement, nowMs).gridTripped;
}

/** Delay and ramp of the mode machine are those of a start, or of a return after a trip, as the grid functions tell them apart. */
function followEntry({ meterGrid: { enterService, settings }, machine }: Core): void {
  const { timings } = machine.state;
  timings.enterServiceMs = entryDelayS(enterService, settings) * secondMs;
  timings.rampMs = entryRampS(enterService, settings) * secondMs;
}

/** Whether a voltmeter asks for a pause of discharging that is no trip, and why; "" when none does. */
export function pauseReason(core: Core): "momentary-cessation" | "grid-unmeasured" | "permissive-missing" | "" {
  const { meterGrid, deviceGrid, modeFactsConfig } = core;
  if (!meterGrid.inputs.permissive) return "permissive-missing";
  if (isUnmeasured(meterGrid) || (modeFactsConfig.canIsolate && isUnmeasured(deviceGrid))) return "grid-unmeasured";
  if (isCeasing(meterGrid) || (modeFactsConfig.canIsolate && isCeasing(deviceGrid))) return "momentary-cessation";
  return "";
}

const isUnmeasured = ({ unknown }: GridFunctions): boolean => unknown.elapsedS >= unknownCeaseS;
const isCeasing = ({ rideThrough: { mode } }: GridFunctions): boolean =>
  mode === "cease" || mode === "momentaryCessation";

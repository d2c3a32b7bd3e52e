/** What each voltmeter says about the grid: the meter at the PCC and the transfer device's own, each with its own trip functions. */
import { Quality } from "../../domain/quality.ts";
import type { Core } from "../core.ts";
import { stepGridFunctions } from "../grid/der.ts";
import type { Snapshot } from "../snapshot.ts";

export function judgeGrid(core: Core, { meter, transferDevice }: Snapshot, nowMs: number): void {
  const { verdict, modeFactsConfig, meterMeasurement, deviceMeasurement, exportControl } = core;
  const meterFresh = nowMs - meter.atMs <= modeFactsConfig.meterFreshMs;
  const { quality } = exportControl.supervision;
  verdict.meterTrusted = meterFresh && quality !== Quality.frozen && quality !== Quality.implausible;
  meterMeasurement.phaseVoltagePu[0] = meter.voltagePu;
  meterMeasurement.frequencyHz = meter.frequencyHz;
  meterMeasurement.quality = meterFresh ? Quality.good : Quality.stale;
  const byMeter = stepGridFunctions(core.meterGrid, meterMeasurement, 0, 0, nowMs);
  verdict.inEnterServiceWindow = byMeter.gridInEnterServiceWindow;
  verdict.tripped = byMeter.gridTripped;
  verdict.mainsLost = byMeter.cause === "islanding";

  const deviceFresh = nowMs - transferDevice.atMs <= modeFactsConfig.deviceFreshMs;
  deviceMeasurement.phaseVoltagePu[0] = transferDevice.gridVoltagePu;
  deviceMeasurement.frequencyHz = transferDevice.gridFrequencyHz;
  deviceMeasurement.quality = deviceFresh ? Quality.good : Quality.stale;
  verdict.deviceTripped =
    modeFactsConfig.canIsolate && stepGridFunctions(core.deviceGrid, deviceMeasurement, 0, 0, nowMs).gridTripped;
}

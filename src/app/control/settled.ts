/**
 * Facts as the core sees them: no finer than anything in it tells apart. The tick's own moment in quarters of a millisecond;
 * arrivals of readings in whole ones (of stages in even ones), rounded down, so that a reading is never younger than it is; an
 * acknowledged setpoint in whole watts; voltages in 1/4096 of nominal (0.02 %), frequencies in 1/512 Hz (2 mHz). What a voltmeter tells counts
 * as changed beyond 0.1 % (at a stage 0.05 %) or 2 mHz, a tenth of what its class promises. Finer digits are noise of devices and of the
 * network, and a recording of every tick would consist of little else.
 */
import type { Snapshot } from "../../core/snapshot.ts";

const partsPerMs = 4;
const partsPerPu = 4_096;
const partsPerHz = 512;
/** Less than this is no change of a voltage or frequency of the grid; at a stage, whose functions follow it, half of it. */
const bandPu = 0.001;
const bandHz = 0.002;
const stageBandPu = 0.0005;
/** Reactive power at the PCC in this part of all stages' rating. */
const reactiveParts = 8_192;

/** A moment of the loop, ms. */
export const settled = (ms: number): number => Math.floor(ms * partsPerMs) / partsPerMs;
const evenMs = (ms: number): number => 2 * Math.floor(ms / 2);
const roundedPu = (pu: number): number => Math.round(pu * partsPerPu) / partsPerPu;
const roundedHz = (hz: number): number => Math.round(hz * partsPerHz) / partsPerHz;
const settledPu = (pu: number, told: number, band = bandPu): number =>
  Math.abs(pu - told) <= band ? told : roundedPu(pu);
const settledHz = (hz: number, told: number): number => (Math.abs(hz - told) <= bandHz ? told : roundedHz(hz));

const createVoltmeter = () => ({
  gridVoltagePu: Number.NaN,
  busVoltagePu: Number.NaN,
  gridFrequencyHz: Number.NaN,
  busFrequencyHz: Number.NaN,
});

/** Rounds facts in place; again and again they stay as they are. `ratedW`: all stages together. */
export function createSettler(ratedW: number, stageCount: number): (snapshot: Snapshot) => void {
  const reactiveVar = 2 ** Math.floor(Math.log2(ratedW / reactiveParts));
  const meterTold = { voltagePu: Number.NaN, frequencyHz: Number.NaN };
  const phaseTold = new Float64Array(3).fill(Number.NaN);
  const lineTold = new Float64Array(3).fill(Number.NaN);
  const deviceTold = createVoltmeter();
  const stagePu = new Float64Array(stageCount).fill(Number.NaN);
  const stageHz = new Float64Array(stageCount).fill(Number.NaN);

  function settleMeter(meter: Snapshot["meter"]): void {
    meter.atMs = Math.floor(meter.atMs);
    meter.sampleAtMs = Math.floor(meter.sampleAtMs);
    meter.reactiveVar = Math.round(meter.reactiveVar / reactiveVar) * reactiveVar + 0;
    meterTold.voltagePu = meter.voltagePu = settledPu(meter.voltagePu, meterTold.voltagePu);
    meterTold.frequencyHz = meter.frequencyHz = settledHz(meter.frequencyHz, meterTold.frequencyHz);
    for (let i = 0; i < 3; i++) {
      phaseTold[i] = meter.phaseVoltagePu[i] = settledPu(meter.phaseVoltagePu[i]!, phaseTold[i]!);
      lineTold[i] = meter.lineVoltagePu[i] = settledPu(meter.lineVoltagePu[i]!, lineTold[i]!);
    }
  }

  function settleDevice(device: Snapshot["transferDevice"]): void {
    device.atMs = Math.floor(device.atMs);
    device.liveAtMs = Math.floor(device.liveAtMs);
    deviceTold.gridVoltagePu = device.gridVoltagePu = settledPu(device.gridVoltagePu, deviceTold.gridVoltagePu);
    deviceTold.busVoltagePu = device.busVoltagePu = settledPu(device.busVoltagePu, deviceTold.busVoltagePu);
    deviceTold.gridFrequencyHz = device.gridFrequencyHz = settledHz(device.gridFrequencyHz, deviceTold.gridFrequencyHz);
    deviceTold.busFrequencyHz = device.busFrequencyHz = settledHz(device.busFrequencyHz, deviceTold.busFrequencyHz);
  }

  return ({ meter, transferDevice, stages, evses, site }) => {
    settleMeter(meter);
    settleDevice(transferDevice);
    site.panelLiveAtMs = Math.floor(site.panelLiveAtMs);
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      stage.atMs = evenMs(stage.atMs);
      stage.liveAtMs = evenMs(stage.liveAtMs);
      stage.acknowledgedAtMs = evenMs(stage.acknowledgedAtMs);
      stage.stopHeardAtMs = evenMs(stage.stopHeardAtMs);
      // Never minus zero.
      stage.acknowledgedW = Math.round(stage.acknowledgedW) + 0;
      stagePu[i] = stage.voltagePu = settledPu(stage.voltagePu, stagePu[i]!, stageBandPu);
      stageHz[i] = stage.frequencyHz = settledHz(stage.frequencyHz, stageHz[i]!);
      const evse = evses[i]!;
      evse.vehicleAtMs = evenMs(evse.vehicleAtMs);
      evse.orderAtMs = evenMs(evse.orderAtMs);
    }
  };
}

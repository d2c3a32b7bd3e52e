/**
 * Facts as the core sees them: no finer than anything in it tells apart. The tick's own moment in eighths of a millisecond;
 * arrivals of readings in whole ones, rounded down, so that a reading is never younger than it is; voltages in 1/4096 of nominal
 * (0.02 %), frequencies in 1/512 Hz (2 mHz), an acknowledged setpoint in whole watts. Finer digits are noise of devices and of the
 * network, and a recording of every tick would consist of little else.
 */
import type { Snapshot } from "../../core/snapshot.ts";

const partsPerMs = 8;
const partsPerPu = 4_096;
const partsPerHz = 512;

/** A moment of the loop, ms. */
export const settled = (ms: number): number => Math.floor(ms * partsPerMs) / partsPerMs;
const settledPu = (pu: number): number => Math.round(pu * partsPerPu) / partsPerPu;
const settledHz = (hz: number): number => Math.round(hz * partsPerHz) / partsPerHz;

/** Rounds the facts in place; again and again they stay as they are. */
export function settleFacts({ meter, transferDevice, stages, evses, site }: Snapshot): void {
  meter.atMs = Math.floor(meter.atMs);
  meter.sampleAtMs = Math.floor(meter.sampleAtMs);
  meter.voltagePu = settledPu(meter.voltagePu);
  meter.frequencyHz = settledHz(meter.frequencyHz);
  for (let i = 0; i < 3; i++) {
    meter.phaseVoltagePu[i] = settledPu(meter.phaseVoltagePu[i]!);
    meter.lineVoltagePu[i] = settledPu(meter.lineVoltagePu[i]!);
  }
  transferDevice.atMs = Math.floor(transferDevice.atMs);
  transferDevice.liveAtMs = Math.floor(transferDevice.liveAtMs);
  transferDevice.gridVoltagePu = settledPu(transferDevice.gridVoltagePu);
  transferDevice.busVoltagePu = settledPu(transferDevice.busVoltagePu);
  transferDevice.gridFrequencyHz = settledHz(transferDevice.gridFrequencyHz);
  transferDevice.busFrequencyHz = settledHz(transferDevice.busFrequencyHz);
  site.panelLiveAtMs = Math.floor(site.panelLiveAtMs);
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    stage.atMs = Math.floor(stage.atMs);
    stage.liveAtMs = Math.floor(stage.liveAtMs);
    stage.acknowledgedAtMs = Math.floor(stage.acknowledgedAtMs);
    // Never minus zero.
    stage.acknowledgedW = Math.round(stage.acknowledgedW) + 0;
    stage.voltagePu = settledPu(stage.voltagePu);
    stage.frequencyHz = settledHz(stage.frequencyHz);
    const evse = evses[i]!;
    evse.vehicleAtMs = Math.floor(evse.vehicleAtMs);
    evse.orderAtMs = Math.floor(evse.orderAtMs);
  }
}

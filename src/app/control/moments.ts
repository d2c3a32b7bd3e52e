/**
 * Moments as the core sees them: the tick's own in eighths of a millisecond, the arrivals of readings in whole ones, rounded down,
 * so that a reading is never younger than it is. Nothing in the core tells finer times apart, and a recording of every tick would
 * otherwise consist mostly of the nanoseconds at which replies came in.
 */
import type { Snapshot } from "../../core/snapshot.ts";

const partsPerMs = 8;

/** A moment of the loop, ms. */
export const settled = (ms: number): number => Math.floor(ms * partsPerMs) / partsPerMs;

/** Rounds the arrivals in place; again and again it stays as it is. */
export function settleMoments({ meter, transferDevice, stages, evses, site }: Snapshot): void {
  meter.atMs = Math.floor(meter.atMs);
  meter.sampleAtMs = Math.floor(meter.sampleAtMs);
  transferDevice.atMs = Math.floor(transferDevice.atMs);
  transferDevice.liveAtMs = Math.floor(transferDevice.liveAtMs);
  site.panelLiveAtMs = Math.floor(site.panelLiveAtMs);
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    stage.atMs = Math.floor(stage.atMs);
    stage.liveAtMs = Math.floor(stage.liveAtMs);
    stage.acknowledgedAtMs = Math.floor(stage.acknowledgedAtMs);
    const evse = evses[i]!;
    evse.vehicleAtMs = Math.floor(evse.vehicleAtMs);
    evse.orderAtMs = Math.floor(evse.orderAtMs);
  }
}

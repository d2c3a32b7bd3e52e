/**
 * A meter that has just started answers with zeros before it has measured anything. Nought volts are an outage as well, so that
 * zeros are disbelieved only while a power stage beside the meter sees the grid: then the read counts as missed.
 */
import { factNames } from "../maps/device-map.ts";
import type { SnapshotPort } from "../ports.ts";

/** A stage's reading that is older proves nothing about the same moment, ms. */
const sameMomentMs = 150;
/** From this voltage on a stage sees the grid. */
const gridFromPu = 0.5;

const names: readonly string[] = factNames.meter;
const powerAt = names.indexOf("powerW");
const others = ["voltageV", "voltageAV", "voltageBV", "voltageCV", "frequencyHz"].map((name) => names.indexOf(name));

/** Power, voltages and frequency, as far as the meter tells them, are all nought; it tells one of the last two. */
function isBlank(values: Float64Array): boolean {
  if (values[powerAt] !== 0) return false;
  let told = 0;
  for (let i = 0; i < others.length; i += 1) {
    const value = values[others[i]!]!;
    if (Number.isNaN(value)) continue;
    if (value !== 0) return false;
    told += 1;
  }
  return told > 0;
}

/** Whether a power stage sees the grid that the meter looks at: its own voltage, unless an island makes it. */
function seesGrid({ stages, transferDevice }: SnapshotPort, hasTransferDevice: boolean, atMs: number): boolean {
  if (hasTransferDevice && (transferDevice.contactNo !== "closed" || transferDevice.contactNc !== "closed"))
    return false;
  let sees = false;
  for (let i = 0; i < stages.length; i += 1) {
    const { role, voltagePu, atMs: readMs } = stages[i]!;
    if (role === "forming") return false;
    sees ||= voltagePu > gridFromPu && atMs - readMs <= sameMomentMs;
  }
  return sees;
}

/** Whether this read of the meter, arrived at `atMs`, is one before its first measurement. */
export const hasJustStarted = (
  values: Float64Array,
  snapshot: SnapshotPort,
  hasTransferDevice: boolean,
  atMs: number,
): boolean => isBlank(values) && seesGrid(snapshot, hasTransferDevice, atMs);

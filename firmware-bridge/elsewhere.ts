/**
 * Voltage and frequency of devices that do not measure them: a stage takes those of its bus (the transfer device's site
 * side, or the PCC meter's on a site without one), a meter those of the grid (the transfer device's grid side, or a stage's
 * on a site without one). Taken only while they are young; otherwise they are unknown.
 */
import type { SnapshotPort } from "./ports.ts";

/** What another device measured counts for this long. */
const elsewhereMaxMs = 1_000;

/** Written in place. */
export interface Elsewhere {
  voltagePu: number;
  frequencyHz: number;
}

/** What other devices measure on the bus at this moment. */
export function busAt(snapshot: SnapshotPort, hasTransferDevice: boolean, atMs: number, into: Elsewhere): void {
  const { transferDevice, meter } = snapshot;
  const measuredMs = hasTransferDevice ? transferDevice.atMs : meter.atMs;
  const young = atMs - measuredMs <= elsewhereMaxMs;
  into.voltagePu = young ? (hasTransferDevice ? transferDevice.busVoltagePu : meter.voltagePu) : Number.NaN;
  into.frequencyHz = young ? (hasTransferDevice ? transferDevice.busFrequencyHz : meter.frequencyHz) : Number.NaN;
}

/** `stage`: the first one that measures for itself; −1 for none. */
export function gridAt(
  snapshot: SnapshotPort,
  stage: number,
  hasTransferDevice: boolean,
  atMs: number,
  into: Elsewhere,
): void {
  const { transferDevice } = snapshot;
  const source = hasTransferDevice ? transferDevice : snapshot.stages[stage];
  const young = source !== undefined && atMs - source.atMs <= elsewhereMaxMs;
  into.voltagePu = Number.NaN;
  into.frequencyHz = Number.NaN;
  if (!young) return;
  if (hasTransferDevice) {
    into.voltagePu = transferDevice.gridVoltagePu;
    into.frequencyHz = transferDevice.gridFrequencyHz;
  } else {
    into.voltagePu = snapshot.stages[stage]!.voltagePu;
    into.frequencyHz = snapshot.stages[stage]!.frequencyHz;
  }
}

const voltages: Readonly<Record<"stage" | "meter", readonly string[]>> = {
  stage: ["voltagePu", "lineVoltageV", "phaseVoltageV"],
  meter: ["voltageV", "voltageAV", "voltageBV", "voltageCV"],
};

type NamedRows = readonly { readonly name: string }[];
/** Whether these facts hold a voltage. */
export const tellsVoltage = (kind: "stage" | "meter", facts: NamedRows): boolean =>
  facts.some(({ name }) => voltages[kind].includes(name));
/** Whether these facts hold the frequency. */
export const tellsFrequency = (facts: NamedRows): boolean => facts.some(({ name }) => name === "frequencyHz");

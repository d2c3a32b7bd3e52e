/**
 * The stage's own certified protections: IEEE 1547-2018 default trip settings, Category III, as pu and Hz of a 60 Hz system
 * (`facts`: tables 11–13 and 18). Frequencies are given as deviation so that the table serves 50 Hz as well.
 */
import { alarmBit, type ProtectionTable, type TripRow } from "./stage-config.ts";

const tripRows: readonly TripRow[] = [
  { name: "OV2", quantity: "voltagePu",   side: "above", threshold: 1.20, clearingMs: 160,     alarm: alarmBit.acOverVoltage },
  { name: "OV1", quantity: "voltagePu",   side: "above", threshold: 1.10, clearingMs: 13_000,  alarm: alarmBit.acOverVoltage },
  { name: "UV1", quantity: "voltagePu",   side: "below", threshold: 0.88, clearingMs: 21_000,  alarm: alarmBit.acUnderVoltage },
  { name: "UV2", quantity: "voltagePu",   side: "below", threshold: 0.50, clearingMs: 2_000,   alarm: alarmBit.acUnderVoltage },
  { name: "OF2", quantity: "deviationHz", side: "above", threshold: 2.0,  clearingMs: 160,     alarm: alarmBit.overFrequency },
  { name: "OF1", quantity: "deviationHz", side: "above", threshold: 1.2,  clearingMs: 300_000, alarm: alarmBit.overFrequency },
  { name: "UF1", quantity: "deviationHz", side: "below", threshold: -1.5, clearingMs: 300_000, alarm: alarmBit.underFrequency },
  { name: "UF2", quantity: "deviationHz", side: "below", threshold: -3.5, clearingMs: 160,     alarm: alarmBit.underFrequency },
];

/** Outside this the stage ceases to energize at once and comes back with the voltage (momentary cessation), pu. */
const momentaryCessation = { belowPu: 0.5, abovePu: 1.1, withinMs: 83, restoreMs: 400 } as const;

/** The window in which a stage may begin to discharge again. */
const enterService = { minPu: 0.917, maxPu: 1.05, minDeviationHz: -0.5, maxDeviationHz: 0.1 } as const;

/** As the stage comes from its maker. */
export const makersProtections: ProtectionTable = {
  trips: tripRows,
  openingMs: undefined,
  cessation: momentaryCessation,
  enterService,
};

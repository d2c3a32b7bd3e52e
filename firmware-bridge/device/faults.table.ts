/** What can be wrong with a device as found at discovery, at its verification or while it runs. */
import type { Clears } from "../../src/domain/reasons.ts";
import { modbusFaults } from "../../src/protocols/modbus/faults.table.ts";
import { sunspecFaults } from "../../src/protocols/sunspec/faults.table.ts";

/** What a fault of a device says to people, and how it ends. */
export interface DeviceFaultRow {
  readonly sentence: string;
  readonly clears: Clears;
}

const ownFaults = {
  unreachable:             { clears: "itself",  sentence: "The device could not be reached." },
  "register-refused":    { clears: "itself",  sentence: "The device refuses a register that its map file names: check the map, the unit identifier and the device's version." },
  "no-watchdog":         { clears: "onReset", sentence: "The map names no watchdog: a setpoint would outlive the controller." },
  "watchdog-time":       { clears: "itself",  sentence: "The device's watchdog has another time than the map says." },
  "watchdog-silent":     { clears: "itself",  sentence: "The device's watchdog did not act although nothing was written for its time." },
  "models-missing":        { clears: "itself",  sentence: "The device's map lacks what its place in the site needs." },
  "identity-differs":      { clears: "itself",  sentence: "Another device answers than the one that was commissioned, and is not used." },
  "firmware-differs":      { clears: "itself",  sentence: "The device's firmware is not the one that was commissioned, and the device is not used." },
  "settings-not-kept":     { clears: "itself",  sentence: "A setting was written but reads back differently." },
  "reversion-not-counting": { clears: "itself", sentence: "The setpoint's reversion timer does not count down." },
  "reversion-not-reloaded": { clears: "itself", sentence: "A new setpoint does not reload the reversion timer." },
  "heartbeat-not-watched": { clears: "itself",  sentence: "The device does not watch the controller's heartbeat." },
  "watchdog-latched":    { clears: "itself",  sentence: "The stage has stopped because the controller's heartbeat stayed away; the controller resets it once it is verified and all facts are there." },
  "latch-not-reset":     { clears: "onReset", sentence: "The stage stays stopped by a latched reason that the controller does not reset." },
  "no-reversion":          { clears: "onReset", sentence: "The device cannot revert by itself when setpoints stop coming." },
  "not-idle":              { clears: "itself",  sentence: "Verification waits: the stage forms an island or gives power back." },
  "fact-missing":          { clears: "itself",  sentence: "A value that is needed says not implemented." },
  "all-zero":            { clears: "itself",  sentence: "The meter says nought for power, voltage and frequency although a power stage sees the grid: it has just started." },
  "scale-changed":       { clears: "itself",  sentence: "The device changed a scale factor while it runs; values are read with the new one." },
  "clock-stands":        { clears: "itself",  sentence: "The device answers, but its own clock stands." },
  "command-refused":     { clears: "itself",  sentence: "The device refuses what it is told." },
  "stray-replies":       { clears: "itself",  sentence: "Bytes come over the line that nobody asked for." },
  "command-impossible":    { clears: "itself",  sentence: "A command was not a number, or the device has no word for it; nothing was written." },
  "lease-expired":         { clears: "itself",  sentence: "A command's lease had expired; nothing was written." },
  "function-mismatch":     { clears: "itself",  sentence: "A grid-support setting differs from the profile." },
  "adoption-failed":       { clears: "itself",  sentence: "The stage refused a curve or did not adopt it in time." },
  "anti-islanding-off":    { clears: "itself",  sentence: "The stage's anti-islanding function is off." },
} as const satisfies Record<string, DeviceFaultRow>;

export const deviceFaults = { ...modbusFaults, ...sunspecFaults, ...ownFaults };
/** The stable key of a device's fault. */
export type DeviceFaultName = keyof typeof deviceFaults;

/** One fault of one device, with what a person needs to find it. */
export interface DeviceFault {
  readonly fault: DeviceFaultName;
  readonly detail: string;
}

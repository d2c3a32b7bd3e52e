/**
 * Start-up verification of a stage that has a map file: its watchdog is tried, as the map says how. Its time is written and
 * read back, or the controller stays silent for that long and sees that it acted. Power stays at zero all the while.
 */
import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import type { Clock } from "../../src/protocols/modbus/link.ts";
import { setStageTargets } from "../command-targets.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { DeviceFault } from "../device/faults.table.ts";
import { readFact, readSource } from "../device/map-device.ts";
import { putNumber, registersOf } from "../device/register-number.ts";
import { functionFor } from "../device/write-plan.ts";
import type { DeviceMap, FactRow, WatchdogRow } from "../maps/device-map.ts";
import { noPort } from "../ports.ts";

/** Added to the watchdog's time before it must have acted: its own tick and the next reads. */
const graceMs = 1_500;
const pollMs = 100;

/** Proves the watchdog of a stage with a map file, by waiting it out or by reading it back; returns what does not hold. */
export async function verifyWatchdog(
  device: BridgeDevice,
  map: DeviceMap,
  heartbeat: number,
  clock: Clock,
): Promise<DeviceFault[]> {
  const { watchdog } = map;
  if (watchdog === undefined)
    return [{ fault: "no-watchdog", detail: "give the map a `watchdog:`, or leave discharging off" }];
  const fault = watchdog.waitOut
    ? await waitOut(device, map, watchdog, heartbeat, clock)
    : await readBack(device, map, watchdog);
  return fault === null ? [] : [fault];
}

async function readBack(device: BridgeDevice, map: DeviceMap, watchdog: WatchdogRow): Promise<DeviceFault | null> {
  const { register, seconds } = watchdog;
  if (register === undefined) return { fault: "no-watchdog", detail: "no register" };
  if (register.write) {
    const count = registersOf(register.type);
    const unit = register.unit ?? device.settings.unit;
    const exchange = new Exchange(unit, functionFor(register, count, map.writeFunction), register.address, count);
    const number = Math.round((seconds - (register.offset ?? 0)) / register.scale);
    putNumber(register, number, exchange.frame, exchange.dataOffset);
    const outcome = await device.attempt(exchange);
    if (!outcome.ok) {
      const code = outcome.error === "exception" ? ` (exception ${exchange.exceptionCode})` : "";
      return {
        fault: outcome.error,
        detail: `the watchdog's time of ${seconds} s, register ${register.address}${code}`,
      };
    }
  }
  const found = await readSource(device, map, register);
  if (!found.ok) return found.error;
  if (found.value > 0 && Math.abs(found.value - seconds) <= Math.abs(register.scale) / 2) return null;
  return {
    fault: "watchdog-time",
    detail: `register ${register.address}: expected ${seconds} s, found ${found.value} s`,
  };
}

/** Speaks once, with power at zero, then is silent; the watchdog must be quiet at first and have acted at the end. */
async function waitOut(
  device: BridgeDevice,
  map: DeviceMap,
  { seconds, fedBy }: WatchdogRow,
  heartbeat: number,
  clock: Clock,
): Promise<DeviceFault | null> {
  const writer = device.writer!;
  const zero = {
    role: "off",
    powerW: 0,
    reactiveVar: 0,
    formVoltagePu: 0,
    formFrequencyHz: 0,
    ...noPort,
    leaseUntilMs: 0,
  } as const;
  // Two beats, so that a watchdog that looks for a change has seen one.
  for (const beat of [heartbeat, heartbeat + 1]) {
    setStageTargets(writer.targets, zero, beat);
    for (const planned of writer.requests) {
      if (!writer.canSay(planned)) continue;
      writer.encode(planned);
      const request = planned.exchange;
      const copy = new Exchange(request.unit, request.functionCode, request.address, request.count);
      request.frame.copy(copy.frame);
      const outcome = await device.attempt(copy);
      if (!outcome.ok) return { fault: outcome.error, detail: "a command at zero power" };
    }
  }
  const row = map.facts.find(({ name }) => name === "watchdogTripped");
  if (row === undefined) return { fault: "no-watchdog", detail: "no fact watchdogTripped" };
  const spokeMs = clock();
  const quiet = await seen(device, map, row, 0, 2 * graceMs, clock);
  if (quiet !== null) return { ...quiet, detail: `it stays tripped although it was fed (${fedBy}): ${quiet.detail}` };
  const acted = await seen(device, map, row, 1, 1_000 * seconds + graceMs - (clock() - spokeMs), clock);
  if (acted !== null) return { ...acted, detail: `still quiet ${seconds} s after the last write: ${acted.detail}` };
  const actedS = (clock() - spokeMs) / 1_000;
  return actedS >= seconds / 2
    ? null
    : { fault: "watchdog-time", detail: `it acted after ${actedS.toFixed(1)} s instead of ${seconds} s` };
}

/** Waits until the fact says `wanted`; the last thing that went wrong when it does not in time. */
async function seen(
  device: BridgeDevice,
  map: DeviceMap,
  row: FactRow,
  wanted: 0 | 1,
  durationMs: number,
  clock: Clock,
): Promise<DeviceFault | null> {
  const untilMs = clock() + durationMs;
  for (;;) {
    const found = await readFact(device, map, row);
    if (found.ok && found.value === wanted) return null;
    if (clock() >= untilMs) {
      return found.ok ? { fault: "watchdog-silent", detail: `watchdogTripped says ${found.value}` } : found.error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

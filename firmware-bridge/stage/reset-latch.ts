/** Resets a stage that has latched the loss of the controller's heartbeat, as `own-latch.ts` allows. */
import type { Clock } from "../../src/protocols/modbus/link.ts";
import { stageFact } from "../apply-facts.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { DeviceFault } from "../device/faults.table.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { isOwnLatchAlone, latchResetsMax, type OwnLatch, ownPauseResetsMax } from "./own-latch.ts";
import { RegisterError, StageRegisters } from "./stage-registers.ts";
import { refresh, type SequenceHolder, writeZero } from "./verify-stage.ts";

const againAndAgain = `it has latched again after ${latchResetsMax} resets within an hour`;
const ownPauses = `the controller's own heartbeat paused more than ${ownPauseResetsMax} times within an hour: look for other work on its machine, and for what the mode waits for`;

/**
 * The last thing that the stage hears before its reset is zero and off, so that nothing old comes alive with it. Undefined when
 * nothing is latched any more; otherwise what stands in the way.
 */
export async function resetOwnLatch(
  device: BridgeDevice,
  latch: OwnLatch,
  heartbeat: Heartbeat,
  holder: SequenceHolder,
  clock: Clock,
): Promise<DeviceFault | undefined> {
  const { bound } = device;
  if (bound === undefined) return { fault: "unreachable", detail: device.link.name };
  const stage = new StageRegisters(device, bound.images);
  const isLatched = (): boolean => device.fact(stageFact.watchdogTripped) === 1;
  try {
    await refresh(device);
    if (!isLatched()) return undefined;
    if (device.fact(stageFact.local) === 1) return { fault: "watchdog-latched", detail: "it is under local control" };
    const alarmBits = device.fact(stageFact.alarmBits);
    if (!isOwnLatchAlone(true, Number.isNaN(alarmBits) ? 0 : alarmBits))
      return { fault: "latch-not-reset", detail: `it reports other alarms, 0x${alarmBits.toString(16)}` };
    if (!stage.has(715, "AlarmReset")) return { fault: "latch-not-reset", detail: "715.AlarmReset is not there" };
    if (!latch.take(clock(), heartbeat.pauseEndedMs))
      return { fault: "latch-not-reset", detail: latch.isOfOwnPause ? ownPauses : againAndAgain };
    await writeZero(stage, device, holder, heartbeat);
    await stage.set(715, "AlarmReset", 1);
    await refresh(device);
    return isLatched() ? { fault: "watchdog-latched", detail: "715.AlarmReset changed nothing" } : undefined;
  } catch (error) {
    if (error instanceof RegisterError) return { fault: "watchdog-latched", detail: error.message };
    throw error;
  }
}

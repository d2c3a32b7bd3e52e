/** What stands between a device and its work just now: the one fault that explains it best. Allocates nothing. */
import type { ModbusFault } from "../../src/protocols/modbus/faults.table.ts";
import type { BridgeDevice } from "./device.ts";
import { exceptionText, type ReportedFault, reportedFault } from "./fault-words.ts";
import type { DeviceFaultName } from "./faults.table.ts";
import { isBusy } from "./register-access.ts";

/** A device that has not been found this long after the start has a fault, ms. */
const firstSearchMs = 2_000;
/** A device is silent when nothing could be taken from it for this long, ms, … */
const silentMinMs = 1_000;
/** … or for so many of its own usual replies. */
const silentReplies = 4;
/** Its own clock may stand this long before its values count as old, ms: a gateway's cache of a second is borne. */
const clockStandsMs = 1_500;
/** Commands refused in a row before that is a fault: one may be refused because it was late. */
const refusedFrom = 3;
/** "Busy" is no refusal before it has lasted this long, ms. */
const busyForMs = 3_000;
const refusedForMs = (code: number): number => (isBusy(code) ? busyForMs : 0);
/** Bytes that belong to no reply make a fault while they are not older than this, ms. */
const strayMs = 10_000;
const strayFrom = 8;
/** A stage that works can't be verified anew: that is no fault. */
const waits: DeviceFaultName = "not-idle";

/** Values without an age of their own in the image, the panel's and PV's, are unknown when they are older than this, ms, … */
const auxiliaryMaxMs = 1_000;
/** … or than so many replies, where nothing is configured. */
const auxiliaryReplies = 4;

/** What is only told beside readings that go on: a device with one of these is not silent. */
const besideReadings: ReadonlySet<DeviceFaultName> = new Set(["scale-changed", "stray-replies", "command-refused"]);

/** Whether its readings are taken although it has this fault. */
export const stillRead = (fault: DeviceFaultName | null): boolean => fault === null || besideReadings.has(fault);

/** Without a read for as long as is configured, else for a second or some of its own replies. */
export function isForgotten({ settings, reader, readTime }: BridgeDevice, nowMs: number): boolean {
  const replyMs = readTime.peakMs > 0 ? readTime.peakMs : 0;
  const allowedMs = settings.freshMs ?? Math.max(auxiliaryMaxMs, auxiliaryReplies * replyMs);
  return nowMs - (reader?.cycleBlock.atMs ?? Number.NEGATIVE_INFINITY) > allowedMs;
}

/** The device's standing fault; null when there is none. */
export function standingFault(device: BridgeDevice, nowMs: number): DeviceFaultName | null {
  if (device.state === "unbound" || device.state === "binding") {
    if (device.faults.length > 0) return device.faults[0]!.fault;
    // One that is being asked who it is, slowly or not, is no fault.
    if (nowMs - device.access.answersAtMs <= firstSearchMs) return null;
    if (nowMs - device.madeMs <= firstSearchMs) return null;
    // Connected, and nothing has come: the network is not to blame.
    return device.link.state === "open"
      ? (unusable(device.link.counters.lastFault) ?? "timeout")
      : causeOf(device, "unreachable");
  }
  const replyMs = device.readTime.peakMs > 0 ? device.readTime.peakMs : 0;
  if (nowMs - device.readAtMs > Math.max(silentMinMs, silentReplies * replyMs)) return causeOf(device, "timeout");
  const { life } = device;
  if (life?.judged === true && nowMs - life.liveAtMs > Math.max(clockStandsMs, silentReplies * replyMs))
    return "clock-stands";
  if (device.refusedInRow >= refusedFrom && nowMs - device.refusedSinceMs >= refusedForMs(device.refusedCode))
    return "command-refused";
  for (let i = 0; i < device.faults.length; i += 1)
    if (device.faults[i]!.fault !== waits) return device.faults[i]!.fault;
  const { strayBytes, strayAtMs } = device.link.counters;
  if (strayBytes >= strayFrom && nowMs - strayAtMs <= strayMs && device.settings.link.kind !== "tcp")
    return "stray-replies";
  return device.scaleChangedLately(nowMs) ? "scale-changed" : null;
}

/** What came over the link and could not be used, where that ended its last connection. */
const unusable = (fault: ModbusFault | null): DeviceFaultName | null =>
  fault?.startsWith("wrong-") === true ? fault : null;

/** A connection that is being opened again is not the cause: what made it necessary is. */
function causeOf({ cycleFault, link }: BridgeDevice, otherwise: DeviceFaultName): DeviceFaultName {
  const passing = cycleFault === "reopened" || cycleFault === "not-connected";
  if (passing && link.openFailure === "" && link.counters.lastFault !== null) return link.counters.lastFault;
  return cycleFault ?? otherwise;
}

/** The fault in words. */
export function describeFault(device: BridgeDevice, code: DeviceFaultName): ReportedFault {
  return reportedFault(code, {
    name: device.settings.name,
    link: device.link.name,
    unit: device.settings.unit,
    onSerial: device.settings.link.kind === "rtu",
    detail: detailOf(device, code),
  });
}

function detailOf(device: BridgeDevice, code: DeviceFaultName): string {
  const found = device.faults.find(({ fault }) => fault === code);
  switch (code) {
    case "unreachable":
    case "not-connected":
      return device.link.openFailure;
    case "exception":
      return found?.detail ?? `register ${device.exceptionAddress}: ${exceptionText(device.exceptionCode)}`;
    case "command-refused":
      return `register ${device.refusedAddress}: ${exceptionText(device.refusedCode)}`;
    default:
      return found?.detail ?? (code === "scale-changed" ? (device.scaleFaults()[0]?.detail ?? "") : "");
  }
}

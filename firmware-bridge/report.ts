/** What is known about one place of the site, as plain values for messages, pages and logs. */
import type { LinkState } from "../src/protocols/modbus/link.ts";
import { meterFact, pvFact } from "./apply-facts.ts";
import type { BridgeDevice } from "./device/device.ts";
import { describeFault, standingFault, stillRead } from "./device/device-health.ts";
import type { ReportedFault } from "./device/fault-words.ts";
import type { DeviceFault, DeviceFaultName } from "./device/faults.table.ts";
import type { DeviceKind } from "./maps/device-map.ts";
import type { Identity } from "./maps/sunspec-binding.ts";
import type { FunctionMismatch } from "./stage/functions.ts";
import type { StageUnit } from "./stage/stage-unit.ts";

/** What is known of a device, for page, log, metrics and `explain`. */
export interface DeviceReport {
  readonly name: string;
  readonly kind: DeviceKind;
  /** A meter or module that is only part of something, and has no age of its own in the process image. */
  readonly isPart: boolean;
  /** Of such a meter its power as it counts it, of an inverter what it gives, W; NaN for others, and while it does not tell. */
  readonly powerW: number;
  readonly link: string;
  readonly linkState: LinkState;
  readonly unit: number;
  readonly found: boolean;
  /** Stages: start-up verification passed and the functions agree with the profile. Others: found. */
  readonly verified: boolean;
  readonly identity: Identity | undefined;
  readonly models: readonly number[];
  readonly faults: readonly DeviceFault[];
  /** A grid-support setting that is not what it should be. */
  readonly mismatch: FunctionMismatch | null;
  /** What stands between the device and its work just now, in words; null when nothing does. */
  readonly fault: ReportedFault | null;
  /** Nothing is taken from it because of that fault. */
  readonly unread: boolean;
  /** When this was said, ms of the loop's clock. */
  readonly atMs: number;
  /** Last read whose values were taken; the last reply of any kind; the last read in which its own clock had advanced. */
  readonly readAtMs: number;
  readonly answersAtMs: number;
  readonly liveAtMs: number;
  /** Time from request to reply; NaN before the first. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  /** How often each fault has happened since the start, by its name in the table of faults. */
  readonly errors: Readonly<Record<string, number>>;
  /** Last thing that went wrong in a cycle; null after a good one. */
  readonly cycleFault: DeviceFaultName | null;
  readonly counters: {
    readonly reads: number;
    readonly failedReads: number;
    readonly writes: number;
    readonly failedWrites: number;
    readonly refusedWrites: number;
    readonly timeouts: number;
    readonly malformed: number;
    readonly lateReplies: number;
    readonly reconnects: number;
    readonly meanLatencyMs: number;
    readonly maxLatencyMs: number;
  };
}

/** The report of one device at this moment. */
export function reportDevice(
  device: BridgeDevice,
  stage: StageUnit | undefined,
  isPart: boolean,
  nowMs: number,
): DeviceReport {
  const code = standingFault(device, nowMs);
  const found = device.state === "bound" || device.state === "checking";
  const { reads, failedReads, writes, failedWrites, refusedWrites, link } = device;
  const { timeouts, malformed, lateReplies, reconnects, meanLatencyMs, maxLatencyMs } = link.counters;
  return {
    name: device.settings.name,
    kind: device.kind,
    isPart,
    powerW: stillRead(code) ? ownPowerW(device, isPart) : Number.NaN,
    link: link.name,
    linkState: link.state,
    unit: device.settings.unit,
    found,
    verified:
      found &&
      (stage === undefined || (stage.context.verified && stage.context.functionsAgree && !stage.context.latched)),
    identity: device.bound?.identity,
    models: device.bound === undefined ? [] : [...device.bound.images.keys()],
    faults: [...device.faults, ...device.scaleFaults()],
    mismatch: stage?.guard?.mismatch ?? null,
    fault: code === null ? null : describeFault(device, code),
    unread: !stillRead(code),
    atMs: nowMs,
    readAtMs: device.readAtMs,
    answersAtMs: device.answersAtMs,
    liveAtMs: device.life?.liveAtMs ?? Number.NEGATIVE_INFINITY,
    latencyP50Ms: device.readTime.quantileMs(0.5),
    latencyP99Ms: device.readTime.quantileMs(0.99),
    errors: { ...device.errors },
    cycleFault: device.cycleFault,
    counters: {
      reads,
      failedReads,
      writes,
      failedWrites,
      refusedWrites,
      timeouts,
      malformed,
      lateReplies,
      reconnects,
      meanLatencyMs,
      maxLatencyMs,
    },
  };
}

function ownPowerW(device: BridgeDevice, isPart: boolean): number {
  if (device.kind === "pv") return device.fact(pvFact.powerW);
  return isPart && device.kind === "meter" ? device.fact(meterFact.powerW) : Number.NaN;
}

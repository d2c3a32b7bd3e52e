/** What the cycle keeps of one device, and what a device is for the process image. */
import type { BridgeDevice } from "../device/device.ts";
import type { WriteRequest } from "../device/device-writer.ts";
import type { DeviceFaultName } from "../device/faults.table.ts";
import type { ReadBlock } from "../device/read-plan.ts";
import type { SnapshotPort } from "../ports.ts";

/** One device's part in the process image. */
export interface DevicePart {
  /** Takes a good read; false when something needed was missing, or what else is wrong with it. */
  take(snapshot: SnapshotPort): boolean | DeviceFaultName;
  /** Its map is in force. */
  bound?(): void;
  /** Its reads were made, or cut anew. */
  readsCut?(): void;
  /** A block that is read less often has arrived and is about to be decoded. */
  othersRead?(block: ReadBlock): void;
  /** A write came back, acknowledged or not. */
  wrote?(request: WriteRequest, acknowledged: boolean): void;
}

/** Everything of one device that the cycle touches. */
export interface DeviceCycle {
  readonly device: BridgeDevice;
  readonly part: DevicePart;
  readWaited: boolean;
  writesWaited: number;
  /** Standing fault at the last look. */
  knownFault: DeviceFaultName | null;
}

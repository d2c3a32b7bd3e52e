/**
 * The reads of a cycle: every device that has answered its last one is asked again, and what it says goes into the process
 * image when it comes. What failed keeps its old age.
 */
import { invariant } from "../../src/domain/result.ts";
import type { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { DeviceFaultName } from "../device/faults.table.ts";
import type { ReadBlock } from "../device/read-plan.ts";
import type { SnapshotPort } from "../ports.ts";
import { CycleWait } from "./cycle-wait.ts";
import type { DeviceCycle } from "./device-cycle.ts";

/** A device that is being verified is read once in so many of its usual replies, and after this time at the latest, ms. */
const heldReplies = 4;
const heldMostMs = 200;

/** Starts the reads of each cycle and takes their replies. */
export class CycleReads {
  /** The image of the running cycle; none before the first. */
  snapshot: SnapshotPort | undefined;
  readonly #cycles: readonly DeviceCycle[];
  readonly #wait: CycleWait;
  #first = 0;

  constructor(cycles: readonly DeviceCycle[], deadlines: Deadlines) {
    this.#cycles = cycles;
    this.#wait = new CycleWait(deadlines, () => {
      for (let i = 0; i < cycles.length; i += 1) cycles[i]!.readWaited = false;
    });
  }

  /** Starts what is due; `rest` follows. */
  start(snapshot: SnapshotPort, nowMs: number, deadlineMs: number): void {
    invariant(!this.#wait.waits, "readAll was called before the last one ended");
    this.snapshot = snapshot;
    this.#wait.begin();
    // Another device begins each time: whoever comes last behind a gateway that is too slow for all gets the least.
    const count = this.#cycles.length;
    this.#first = (this.#first + 1) % count;
    for (let i = 0; i < count; i += 1) this.#startRead(this.#cycles[(this.#first + i) % count]!, nowMs, deadlineMs);
  }

  /** Resolves when those that are fast enough have answered or failed, at `deadlineMs` at the latest. */
  rest(deadlineMs: number): Promise<void> {
    return this.#wait.rest(deadlineMs);
  }

  /** Puts the handlers onto a device's reads and its check of identity; its map is in force. */
  hook(cycle: DeviceCycle): void {
    const { device } = cycle;
    this.hookBlocks(cycle);
    if (device.identityCheck === undefined) return;
    device.identityCheck.onDone = (exchange) => {
      device.finished(exchange);
      if (exchange.fault === null && device.identityChecked()) {
        // The read of this cycle follows at once.
        const { exchange: read } = device.reader!.cycleBlock;
        if (!read.busy) device.start(read);
        return;
      }
      if (exchange.fault !== null) readFailed(device, exchange.fault);
      this.#count(cycle);
    };
  }

  /** Puts the handlers onto a device's reads; again when they were cut anew because the device refused one. */
  hookBlocks(cycle: DeviceCycle): void {
    const { device, part } = cycle;
    const reader = device.reader!;
    const { cycleBlock } = reader;
    cycleBlock.exchange.onDone = (exchange) => {
      device.finished(exchange);
      if (exchange.fault === null) {
        reader.decode(cycleBlock);
        reader.forgetOld(exchange.finishedMs);
        device.life!.saw(reader.values, cycleBlock, reader.counterBlock);
        const taken = this.snapshot === undefined || part.take(this.snapshot);
        if (taken === true) {
          device.cycleFault = null;
          device.readAtMs = exchange.finishedMs;
          device.reads += 1;
        } else readFailed(device, taken || "fact-missing");
      } else {
        readFailed(device, exchange.fault);
        cutAnew(device, cycleBlock);
      }
      this.#count(cycle);
    };
    for (const block of reader.slowBlocks) {
      block.exchange.onDone = (exchange) => {
        device.finished(exchange);
        if (exchange.fault === null) {
          block.refused = false;
          part.othersRead?.(block);
          reader.decode(block);
        } else if (!cutAnew(device, block)) {
          if (!block.refused) reader.retrySlow(block);
          device.cycleFailed(exchange.fault);
        }
      };
    }
    part.readsCut?.();
  }

  shut(): void {
    this.#wait.shut();
  }

  #startRead(cycle: DeviceCycle, nowMs: number, deadlineMs: number): void {
    const { device } = cycle;
    cycle.readWaited = false;
    // Whoever tries or sets it up has its line for himself, but for what keeps its readings young.
    if (device.held && nowMs - device.readAtMs < Math.min(heldMostMs, heldReplies * device.readTime.meanMs)) return;
    if (device.state === "unbound") {
      device.bindWhenDue(nowMs);
      return;
    }
    if (device.state === "binding" || device.reader === undefined) return;
    if (device.needsIdentityCheck && device.identityCheck === undefined) device.identityChecked();
    const exchange = device.needsIdentityCheck ? device.identityCheck! : device.reader.cycleBlock.exchange;
    if (exchange.busy) {
      if (device.state === "bound") device.reader.startSlow(device, nowMs);
      return;
    }
    if (device.needsIdentityCheck) device.state = "checking";
    if (device.readTime.fits(deadlineMs - nowMs)) {
      cycle.readWaited = true;
      this.#wait.expect();
    }
    device.start(exchange);
    if (device.state === "bound") device.reader.startSlow(device, nowMs);
  }

  #count(cycle: DeviceCycle): void {
    if (!cycle.readWaited) return;
    cycle.readWaited = false;
    this.#wait.came();
  }
}

function cutAnew(device: BridgeDevice, block: ReadBlock): boolean {
  return block.exchange.fault === "exception" && device.tighten(block);
}

function readFailed(device: BridgeDevice, fault: DeviceFaultName): void {
  device.cycleFailed(fault);
  device.failedReads += 1;
}

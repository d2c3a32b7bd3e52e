/** The writes of a cycle: what has changed since it was last acknowledged, and what is owed again. */
import { invariant } from "../../src/domain/result.ts";
import type { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import type { Exchange } from "../../src/protocols/modbus/exchange.ts";
import type { BridgeDevice } from "../device/device.ts";
import type { WriteRequest } from "../device/device-writer.ts";
import { CycleWait } from "./cycle-wait.ts";
import type { DeviceCycle } from "./device-cycle.ts";

/** What has not changed is written again after so many replies of a slow device, and after this time at the latest, ms. */
const refreshReplies = 8;
const refreshMostMs = 1_000;

/** Starts the writes of each cycle and hears how they ended. */
export class CycleWrites {
  readonly #cycles: readonly DeviceCycle[];
  readonly #wait: CycleWait;

  constructor(cycles: readonly DeviceCycle[], deadlines: Deadlines) {
    this.#cycles = cycles;
    this.#wait = new CycleWait(deadlines, () => {
      for (let i = 0; i < cycles.length; i += 1) cycles[i]!.writesWaited = 0;
    });
  }

  /** Writes to every device what is due. Resolves when those that are fast enough have acknowledged it, at `deadlineMs` at the latest. */
  start(nowMs: number, deadlineMs: number): Promise<void> {
    invariant(!this.#wait.waits, "writeAll was called before the last one ended");
    this.#wait.begin();
    for (let i = 0; i < this.#cycles.length; i += 1) this.#startWrites(this.#cycles[i]!, nowMs, deadlineMs);
    return this.#wait.rest(deadlineMs);
  }

  /** Puts the handlers onto a device's writes; its map is in force. */
  hook(cycle: DeviceCycle): void {
    for (const request of cycle.device.writer!.requests) {
      request.exchange.onDone = (exchange) => this.#written(cycle, request, exchange);
    }
  }

  /** What was said before counts no longer: everything is written anew when the cycle speaks again. */
  forget(): void {
    for (let i = 0; i < this.#cycles.length; i += 1) this.#cycles[i]!.device.writer?.forget();
  }

  shut(): void {
    this.#wait.shut();
  }

  #startWrites(cycle: DeviceCycle, nowMs: number, deadlineMs: number): void {
    const { device } = cycle;
    const { writer } = device;
    cycle.writesWaited = 0;
    if (writer === undefined || device.held || device.state !== "bound" || device.needsIdentityCheck) return;
    if (device.takeoverOwed) {
      void device.takeOver();
      return;
    }
    const fits = device.writeTime.fits(deadlineMs - nowMs);
    for (let i = 0; i < writer.requests.length; i += 1) {
      const request = writer.requests[i]!;
      if (request.exchange.busy || !writer.due(request, nowMs, slowestRefreshMs(device))) continue;
      if (fits) {
        cycle.writesWaited += 1;
        this.#wait.expect();
      }
      writer.send(request, device);
    }
  }

  #written(cycle: DeviceCycle, request: WriteRequest, exchange: Exchange): void {
    const { device } = cycle;
    device.finished(exchange);
    if (exchange.fault === null) {
      device.writer!.acknowledge(request);
      device.writes += 1;
    } else {
      device.failedWrites += 1;
      device.writer!.failed(request);
      if (exchange.fault === "exception") device.refusedWrites += 1;
      device.cycleFailed(exchange.fault);
    }
    cycle.part.wrote?.(request, exchange.fault === null);
    if (cycle.writesWaited === 0) return;
    cycle.writesWaited -= 1;
    this.#wait.came();
  }
}

/** A device that answers slowly is told less often what it knows already, so that the line has room for what is new. */
function slowestRefreshMs({ writeTime: { peakMs } }: BridgeDevice): number {
  return peakMs > 0 ? Math.min(refreshMostMs, refreshReplies * peakMs) : 0;
}

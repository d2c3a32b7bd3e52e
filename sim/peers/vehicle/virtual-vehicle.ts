/**
 * A vehicle and the charger's connections in virtual time, without sockets: what one sends the other has in the same moment.
 * Whoever moves the time calls `tick`.
 */
import {
  type Connections,
  type ConnectionsOptions,
  createConnections,
  type Line,
  unproven,
} from "../../../src/protocols/iso15118/transport/connections.ts";
import type { VehicleOptions } from "./steps.ts";
import { sessionSteps, type VehicleResult, type VehicleSteps, type VehicleWait } from "./vehicle.ts";

/** Between two requests, ms. */
const paceMs = 200;

/** The charger's side, as a listener has it on sockets. */
export const createVirtualCharger = (options: ConnectionsOptions): Connections => createConnections(options);

export class VirtualVehicle {
  /** What its session came to; undefined while it goes on. */
  result: VehicleResult | undefined;
  readonly #charger: Connections;
  readonly #came: Uint8Array[] = [];
  #closed = false;
  readonly #line: Line;
  readonly #steps: VehicleSteps;
  #wait: VehicleWait = "bytes";
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(charger: Connections, options: VehicleOptions, nowMs: number) {
    const close = (): void => {
      this.#closed = true;
    };
    this.#charger = charger;
    this.#line = { write: (bytes) => void this.#came.push(bytes), end: close, destroy: close, unsentBytes: 0 };
    charger.accept(this.#line, unproven);
    this.#steps = sessionSteps((bytes) => {
      if (!this.#closed) charger.received(this.#line, bytes);
    }, options);
    this.#goOn(undefined, nowMs);
  }

  tick(nowMs: number): void {
    while (this.result === undefined) {
      if (this.#wait !== "bytes") {
        if (nowMs < this.#untilMs) return;
        this.#goOn(undefined, nowMs);
      } else if (this.#came.length > 0) this.#goOn(this.#came.shift(), nowMs);
      else if (this.#closed) this.#goOn(undefined, nowMs);
      else return;
    }
  }

  /** The plug is pulled, or it gives up: nothing more comes from it. */
  leave(): void {
    this.#charger.drop(this.#line, "the vehicle closed the connection");
    this.#closed = true;
  }

  #goOn(bytes: Uint8Array | undefined, nowMs: number): void {
    const { done, value } = this.#steps.next(bytes);
    if (done) {
      this.result = value;
      this.leave();
      return;
    }
    this.#wait = value;
    if (value !== "bytes") this.#untilMs = nowMs + (typeof value === "number" ? value : paceMs);
  }
}

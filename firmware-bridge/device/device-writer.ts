/**
 * Writes a device's commands: a request goes out when something changed beyond its dead band, at once when power is cut,
 * and again when its lease needs refreshing. What is compared against is what the device last acknowledged.
 */
import type { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { commandNames, type DeviceMap } from "../maps/device-map.ts";
import { registerNumber, type WriterContext } from "./command-number.ts";
import type { FactDecoder } from "./fact-decoder.ts";
import { putNumber } from "./register-number.ts";
import { planRequests, type Sender, type WriteRequest, type WriterOptions } from "./write-plan.ts";

export type { WriteRequest, WriterOptions } from "./write-plan.ts";

/** Writes a device's command registers: what has changed, what must be refreshed, in the order that the map asks for. */
export class DeviceWriter {
  /** What should be in force, in the order of `commandNames`; NaN in a place that a request needs stops that request. */
  readonly targets: Float64Array;
  readonly requests: readonly WriteRequest[];
  /** What amperes and percentages are reckoned with; kept up to date by whoever sets the targets. */
  readonly context: WriterContext = { phaseVoltageV: Number.NaN, phases: 3, ratedW: Number.NaN };
  readonly #decoder: FactDecoder | undefined;

  constructor(map: DeviceMap, unit: number, options: WriterOptions, decoder?: FactDecoder) {
    this.targets = new Float64Array(commandNames[map.kind].length).fill(Number.NaN);
    this.requests = planRequests(map, unit, options);
    for (const request of this.requests) request.exchange.prepare = () => this.#prepare(request);
    this.#decoder = decoder;
  }

  /** Whether anything in `request` has to be written now; what has not changed not before `refreshFromMs`. */
  due(request: WriteRequest, nowMs: number, refreshFromMs = 0): boolean {
    if (request.stepping) return false;
    if (request.pulsing) return nowMs - request.acknowledgedMs >= request.pulseMs;
    if (nowMs - request.acknowledgedMs < request.everyMs || !this.canSay(request)) return false;
    if (!(nowMs - request.acknowledgedMs < Math.max(request.refreshMs, refreshFromMs))) return true;
    for (let i = 0; i < request.places.length; i += 1) {
      const { index, deadBand } = request.places[i]!;
      const wanted = this.targets[index]!;
      const inForce = request.acknowledged[i]!;
      if (wanted === inForce) continue;
      if (Math.abs(wanted - inForce) > deadBand) return true;
      // A cut is written at once, however small: towards zero, or through it.
      if (deadBand < Number.POSITIVE_INFINITY && (Math.abs(wanted) < Math.abs(inForce) || wanted * inForce < 0))
        return true;
    }
    return false;
  }

  /** Whether the device has a number for everything that the request is to say. */
  canSay(request: WriteRequest): boolean {
    for (let i = 0; i < request.places.length; i += 1) {
      const { index, row } = request.places[i]!;
      if (Number.isNaN(registerNumber(row, this.targets[index]!, this.context, this.#scaleOf(row)))) return false;
    }
    return true;
  }

  #scaleOf(row: { readonly scale: number; readonly scaleAt?: number }): number {
    if (row.scaleAt === undefined) return row.scale;
    return this.#decoder === undefined ? Number.NaN : this.#decoder.scaleOf(row);
  }

  /** Starts the request, with the constants that go before it. What it says is put in when its turn on the line comes. */
  send(request: WriteRequest, sender: Sender): void {
    request.stepping = true;
    request.sender = sender;
    if (request.before.length === 0) {
      sender.start(request.exchange);
      return;
    }
    runSteps(request.before, sender, (failed) => {
      if (failed === undefined) {
        sender.start(request.exchange);
        return;
      }
      request.exchange.fault = failed.fault;
      request.exchange.exceptionCode = failed.exceptionCode;
      request.exchange.finishedMs = failed.finishedMs;
      request.exchange.onDone(request.exchange);
    });
  }

  /** The latest targets go out, however long the request has waited; nothing, when there is nothing to say any more. */
  #prepare(request: WriteRequest): boolean {
    if (!request.pulsing && !this.canSay(request)) return false;
    this.encode(request);
    return true;
  }

  /** Puts the targets into the request's registers. */
  encode(request: WriteRequest): void {
    const { exchange, places, sent } = request;
    const rest = request.pulsing;
    for (let i = 0; i < places.length; i += 1) {
      const { index, offset, row } = places[i]!;
      sent[i] = this.targets[index]!;
      const number = rest ? 0 : registerNumber(row, this.targets[index]!, this.context, this.#scaleOf(row));
      if (row.type === "bit") exchange.setBit(offset, number === 1);
      else putNumber(row, number, exchange.frame, exchange.dataOffset + 2 * offset);
    }
  }

  /** To be called when the request's exchange has failed. */
  failed(request: WriteRequest): void {
    request.stepping = false;
  }

  /** The request's exchange was acknowledged: what it said is in force once the constants after it are written too. */
  acknowledge(request: WriteRequest): void {
    request.acknowledged.set(request.sent);
    request.acknowledgedMs = request.exchange.finishedMs;
    request.pulsing = !request.pulsing && request.pulseMs > 0 && request.sent.some((value) => value > 0);
    if (request.after.length === 0 || request.sender === undefined) {
      request.stepping = false;
      return;
    }
    runSteps(request.after, request.sender, (failed) => {
      request.stepping = false;
      if (failed !== undefined) request.acknowledgedMs = Number.NEGATIVE_INFINITY;
    });
  }

  /** Makes everything due again: after a reconnection or a silence nothing is known to be in force. */
  forget(): void {
    for (let i = 0; i < this.requests.length; i += 1) this.requests[i]!.acknowledgedMs = Number.NEGATIVE_INFINITY;
  }
}

/** One exchange after the other; stops at the first that fails. */
function runSteps(steps: readonly Exchange[], sender: Sender, done: (failed: Exchange | undefined) => void): void {
  if (steps.length === 0) {
    done(undefined);
    return;
  }
  let next = 0;
  const step = (): void => {
    const exchange = steps[next]!;
    next += 1;
    exchange.onDone = (finished) => {
      if (finished.fault !== null) done(finished);
      else if (next < steps.length) step();
      else done(undefined);
    };
    sender.start(exchange);
  };
  step();
}

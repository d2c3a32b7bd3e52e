/** A Modbus link without sockets: requests reach register faces at once, so that hours of a site pass in seconds. */
import type { Registers } from "../../src/protocols/modbus/answer.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import type { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { type Clock, createLinkCounters, type ModbusLink } from "../../src/protocols/modbus/link.ts";

export class MemoryLink implements ModbusLink {
  readonly name = "memory";
  readonly state = "open";
  readonly openFailure = "";
  readonly counters = createLinkCounters();
  readonly #units: ReadonlyMap<number, Registers>;
  readonly #clock: Clock;

  constructor(units: ReadonlyMap<number, Registers>, clock: Clock) {
    this.#units = units;
    this.#clock = clock;
  }

  start(exchange: Exchange, deadlineMs: number): void {
    const face = this.#units.get(exchange.unit);
    exchange.deadlineMs = deadlineMs;
    exchange.startedMs = this.#clock();
    exchange.sentMs = exchange.startedMs;
    exchange.finishedMs = exchange.startedMs;
    if (exchange.prepare !== null && !exchange.prepare(exchange)) {
      exchange.fault = "not-sent";
      exchange.onDone(exchange);
      return;
    }
    // As a gateway says it: nobody there.
    const code =
      face === undefined
        ? 11
        : exchange.isWrite
          ? face.write(exchange.address, exchange.count, exchange.frame, exchange.dataOffset, exchange.functionCode)
          : face.read(exchange.address, exchange.count, exchange.reply, 0, exchange.functionCode);
    exchange.fault = code === ExceptionCode.ok ? null : "exception";
    exchange.exceptionCode = code;
    exchange.finishedMs = this.#clock();
    exchange.onDone(exchange);
  }

  setPace(): void {}
  rest(): void {}
  open(): void {}
  shut(): void {}
}

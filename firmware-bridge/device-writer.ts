/**
 * Writes a device's commands: a request goes out when something changed beyond its dead band, at once when power is cut,
 * and again when its lease needs refreshing. What is compared against is what the device last acknowledged.
 */
import { Exchange } from "../src/protocols/modbus/exchange.ts";
import type { ModbusLink } from "../src/protocols/modbus/link.ts";
import { type NumericType, pointTypes, toRegisterNumber, writeNumber } from "../src/protocols/sunspec/point-types.ts";
import { type CommandRow, commandNames, type DeviceMap, turnSign } from "./device-map.ts";

/** Rows that ride along in a request but never cause one. */
const passengers: readonly string[] = ["token", "sequence"];

interface CommandPlace {
  readonly index: number;
  readonly offset: number;
  readonly type: NumericType;
  readonly scale: number;
  readonly row: CommandRow;
  /** Change below this waits for the refresh; 0: every change counts; Infinity: never causes a request. */
  readonly deadBand: number;
}

export interface WriteRequest {
  readonly exchange: Exchange;
  readonly places: readonly CommandPlace[];
  /** Values in our sign and units as sent last, and as acknowledged last. */
  readonly sent: Float64Array;
  readonly acknowledged: Float64Array;
  acknowledgedMs: number;
}

export interface WriterOptions {
  readonly refreshMs: number;
  readonly deadBandW: number;
}

export class DeviceWriter {
  /** What should be in force, in the order of `commandNames`; NaN in a place that a request needs stops that request. */
  readonly targets: Float64Array;
  readonly requests: readonly WriteRequest[];
  readonly #refreshMs: number;

  constructor(map: DeviceMap, unit: number, options: WriterOptions) {
    const names: readonly string[] = commandNames[map.kind];
    this.targets = new Float64Array(names.length).fill(Number.NaN);
    this.#refreshMs = options.refreshMs;
    const groups = new Map<string, CommandRow[]>();
    for (const row of map.commands) {
      const group = groups.get(row.request);
      if (group === undefined) groups.set(row.request, [row]);
      else group.push(row);
    }
    this.requests = [...groups.values()].map((rows) => planRequest(map, unit, names, rows, options));
  }

  /** Whether anything in `request` has to be written now. */
  due(request: WriteRequest, nowMs: number): boolean {
    for (let i = 0; i < request.places.length; i += 1) {
      const { index, row } = request.places[i]!;
      const wanted = this.targets[index]!;
      // A word that the device has no number for cannot be said.
      if (Number.isNaN(wanted) || (row.codes !== undefined && row.codes[wanted] === undefined)) return false;
    }
    if (!(nowMs - request.acknowledgedMs < this.#refreshMs)) return true;
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

  send(request: WriteRequest, link: ModbusLink, deadlineMs: number): void {
    this.encode(request);
    link.start(request.exchange, deadlineMs);
  }

  /** Puts the targets into the request's registers. */
  encode(request: WriteRequest): void {
    const { exchange, places, sent } = request;
    for (let i = 0; i < places.length; i += 1) {
      const { index, offset, type, scale, row } = places[i]!;
      let value = this.targets[index]!;
      if (row.max !== undefined && value > row.max) value = row.max;
      if (row.min !== undefined && value < row.min) value = row.min;
      sent[i] = this.targets[index]!;
      const raw = row.codes === undefined ? turnSign(row.sign, value) : row.codes[value]!;
      writeNumber(
        type,
        toRegisterNumber(type, raw, row.codes === undefined ? scale : 1),
        exchange.frame,
        exchange.dataOffset + offset,
      );
    }
  }

  acknowledge(request: WriteRequest): void {
    request.acknowledged.set(request.sent);
    request.acknowledgedMs = request.exchange.finishedMs;
  }

  /** Makes everything due again: after a reconnection or a silence nothing is known to be in force. */
  forget(): void {
    for (let i = 0; i < this.requests.length; i += 1) this.requests[i]!.acknowledgedMs = Number.NEGATIVE_INFINITY;
  }
}

function planRequest(
  map: DeviceMap,
  unit: number,
  names: readonly string[],
  unsorted: readonly CommandRow[],
  options: WriterOptions,
): WriteRequest {
  const rows = [...unsorted].sort((a, b) => a.address - b.address);
  const start = rows[0]!.address;
  const last = rows[rows.length - 1]!;
  const count = last.address + pointTypes[last.type].registers - start;
  return {
    exchange: new Exchange(unit, count === 1 ? map.writeFunction : 16, start, count),
    places: rows.map((row) => ({
      index: names.indexOf(row.name),
      offset: 2 * (row.address - start),
      type: row.type,
      scale: row.scale,
      row,
      deadBand: deadBandOf(map, row, rows.length, options),
    })),
    sent: new Float64Array(rows.length),
    acknowledged: new Float64Array(rows.length),
    acknowledgedMs: Number.NEGATIVE_INFINITY,
  };
}

function deadBandOf(map: DeviceMap, row: CommandRow, rowsInRequest: number, options: WriterOptions): number {
  if (passengers.includes(row.name)) return Number.POSITIVE_INFINITY;
  // A heartbeat that shares its request with set-points rides along; alone it is its own reason.
  if (row.name === "heartbeat") return rowsInRequest > 1 ? Number.POSITIVE_INFINITY : 0;
  if (map.kind === "transfer-device" && row.name === "closeSequence") return 0;
  return row.name === "powerW" || row.name === "reactiveVar" ? options.deadBandW : 0;
}

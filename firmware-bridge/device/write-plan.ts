/** Which requests write a device's commands: rows of one request name go out together, constants around them. */
import { Exchange, isBitFunction } from "../../src/protocols/modbus/exchange.ts";
import {
  type CommandRow,
  type ConstantRow,
  commandNames,
  type DeviceMap,
  type NumberPlace,
  type WriteFunction,
} from "../maps/device-map.ts";
import { putNumber, registersOf } from "./register-number.ts";

/** Rows that ride along in a request but never cause one. */
const passengers: readonly string[] = ["token", "sequence", "portToken"];
const powers: readonly string[] = ["powerW", "reactiveVar", "chargeW", "dischargeW", "magnitudeW"];

/** Starts an exchange with the device, at the device's pace. */
export interface Sender {
  start(exchange: Exchange): void;
}

interface CommandPlace {
  readonly index: number;
  /** Registers, or coils, from the request's first. */
  readonly offset: number;
  readonly row: CommandRow;
  /** Change below this waits for the refresh; 0: every change counts; Infinity: never causes a request. */
  readonly deadBand: number;
}

/** Command registers that are written together, and what has to be written before and after them. */
export interface WriteRequest {
  readonly exchange: Exchange;
  readonly places: readonly CommandPlace[];
  readonly before: readonly Exchange[];
  readonly after: readonly Exchange[];
  readonly refreshMs: number;
  readonly everyMs: number;
  /** 0 without a pulse. */
  readonly pulseMs: number;
  /** Values in our sign and units as sent last, and as acknowledged last. */
  readonly sent: Float64Array;
  readonly acknowledged: Float64Array;
  acknowledgedMs: number;
  /** A pulse is out: what is written next puts the output back. */
  pulsing: boolean;
  /** From `send` until its exchange failed, or the constants after it are written. */
  stepping: boolean;
  sender: Sender | undefined;
}

/** What has not changed is written again after so many times that the device settles. */
const settledRefreshes = 8;

/** How often an unchanged command is written again, ms, and which change of power is none, W. */
export interface WriterOptions {
  readonly refreshMs: number;
  readonly deadBandW: number;
}

/** Groups a map's command registers into as few writes as their addresses allow. */
export function planRequests(map: DeviceMap, unit: number, options: WriterOptions): WriteRequest[] {
  const groups = new Map<string, CommandRow[]>();
  for (const row of map.commands) {
    const group = groups.get(row.request);
    if (group === undefined) groups.set(row.request, [row]);
    else group.push(row);
  }
  return [...groups].map(([name, rows]) => planRequest(map, unit, name, rows, options));
}

function planRequest(
  map: DeviceMap,
  unit: number,
  name: string,
  unsorted: readonly CommandRow[],
  options: WriterOptions,
): WriteRequest {
  const rows = [...unsorted].sort((a, b) => a.address - b.address);
  const first = rows[0]!;
  const last = rows[rows.length - 1]!;
  const count = last.address + registersOf(last.type) - first.address;
  const names: readonly string[] = commandNames[map.kind];
  const around = (when: ConstantRow["when"]): Exchange[] =>
    (map.constants ?? [])
      .filter((row) => row.when === when && row.of === name)
      .map((row) => constantExchange(row, unit, map.writeFunction));
  const pulseMs = first.pulseMs ?? 0;
  const everyMs = Math.max(0, ...rows.map((row) => row.everyMs ?? 0));
  const stored = rows.some((row) => row.stored === true);
  const refreshMs = stored
    ? Number.POSITIVE_INFINITY
    : Math.max(everyMs, 4 * pulseMs, settledRefreshMs(map), ...rows.map((row) => row.refreshMs ?? options.refreshMs));
  return {
    exchange: new Exchange(first.unit ?? unit, functionFor(first, count, map.writeFunction), first.address, count),
    places: rows.map((row) => ({
      index: names.indexOf(row.name),
      offset: row.address - first.address,
      row,
      deadBand: deadBandOf(map, row, rows.length, options),
    })),
    before: around("before"),
    after: around("after"),
    refreshMs,
    everyMs,
    pulseMs,
    sent: new Float64Array(rows.length),
    acknowledged: new Float64Array(rows.length),
    acknowledgedMs: Number.NEGATIVE_INFINITY,
    pulsing: false,
    stepping: false,
    sender: undefined,
  };
}

/** A repetition would keep the next change waiting for as long as the device settles: as seldom as its watchdog allows. */
function settledRefreshMs({ settleMs = 0, watchdog }: DeviceMap): number {
  const fedByWrites = watchdog !== undefined && watchdog.fedBy !== "any-request";
  return Math.min(settledRefreshes * settleMs, fedByWrites ? 500 * watchdog.seconds : Number.POSITIVE_INFINITY);
}

/** The row's own function, else the map's; several registers or coils need the function for several. */
export function functionFor(
  row: NumberPlace & { readonly writeFunction?: WriteFunction },
  count: number,
  ofMap: WriteFunction,
): WriteFunction {
  if (row.type === "bit") return count > 1 ? 15 : row.writeFunction === 15 ? 15 : 5;
  if (count > 1) return 16;
  const own = row.writeFunction ?? ofMap;
  return isBitFunction(own) ? 16 : own;
}

/** A write of one constant, ready to be sent. */
export function constantExchange(row: ConstantRow, unit: number, ofMap: WriteFunction): Exchange {
  const count = registersOf(row.type);
  const exchange = new Exchange(row.unit ?? unit, functionFor(row, count, ofMap), row.address, count);
  if (row.type === "bit") exchange.setBit(0, row.value === 1);
  else putNumber(row, row.value / row.scale, exchange.frame, exchange.dataOffset);
  return exchange;
}

function deadBandOf(map: DeviceMap, row: CommandRow, rowsInRequest: number, options: WriterOptions): number {
  if (passengers.includes(row.name)) return Number.POSITIVE_INFINITY;
  // A heartbeat that shares its request with setpoints rides along; alone it is its own reason.
  if (row.name === "heartbeat") return rowsInRequest > 1 ? Number.POSITIVE_INFINITY : 0;
  if (map.kind === "transfer-device" && row.name === "closeSequence") return 0;
  return powers.includes(row.name) ? options.deadBandW : 0;
}

/** What is done once with a device that has a map file: asking who it is, and putting it under the controller's command. */
import { err, ok, type Result } from "../../src/domain/result.ts";
import { bytesOf, Exchange } from "../../src/protocols/modbus/exchange.ts";
import { readText } from "../../src/protocols/sunspec/point-types.ts";
import {
  type ConstantRow,
  type DeviceMap,
  type FactRow,
  type FactSource,
  type IdentityRow,
  leadingFact,
  type ReadFunction,
} from "../maps/device-map.ts";
import type { Identity } from "../maps/sunspec-binding.ts";
import type { DeviceSettings } from "../settings.ts";
import { exceptionText } from "./fault-words.ts";
import type { DeviceFault, DeviceFaultName } from "./faults.table.ts";
import { Refusal } from "./register-access.ts";
import { numberAt, registersOf } from "./register-number.ts";
import { constantExchange } from "./write-plan.ts";

/** A device as far as it is asked here: its unit behind the link, and one exchange with it after the other. */
export interface AskedDevice {
  readonly settings: Pick<DeviceSettings, "unit">;
  attempt(exchange: Exchange): Promise<Result<Exchange, DeviceFaultName>>;
}

/** In front of what is told about settings at take-over. */
export const takeoverPrefix = "take-over: ";

/** What is written when the device comes under command, in its order; the time of its watchdog last. */
function takeoverRows({ constants = [], watchdog }: DeviceMap): ConstantRow[] {
  const rows = constants.filter(({ when }) => when === "takeover");
  const register = watchdog?.register;
  if (watchdog === undefined || register?.write !== true) return rows;
  // A device that has restarted has forgotten it: it is written again with the other settings, not only when it is tried.
  const value = watchdog.seconds - (register.offset ?? 0);
  const { address, type, scale, order, byte, unit, writeFunction } = register;
  const place = {
    address,
    type,
    scale,
    ...(order && { order }),
    ...(byte && { byte }),
    ...(unit !== undefined && { unit }),
  };
  const row: ConstantRow = {
    ...place,
    ...(writeFunction !== undefined && { writeFunction }),
    name: "watchdog.register",
    value,
    when: "takeover",
    readBack: true,
  };
  return [...rows, row];
}

/** Whether the map has settings that are written when the device comes under command. */
export const hasTakeover = (map: DeviceMap): boolean => takeoverRows(map).length > 0;

/** Reads what identifies the device, and its leading register where nothing does: it must answer before it is believed. */
export async function findByMap(device: AskedDevice, map: DeviceMap): Promise<Result<Partial<Identity>, DeviceFault>> {
  const leading = map.facts.find(({ name }) => name === leadingFact[map.kind]);
  if (leading !== undefined) {
    const answer = await readSource(device, map, leading);
    if (!answer.ok) return answer;
  }
  const stranger = await namesAnother(device, map);
  if (stranger !== undefined) return err(stranger);
  const identity: Record<string, string> = {};
  for (const [field, row] of Object.entries(map.identity ?? {})) {
    const text = await identityText(device, map, row);
    if (!text.ok) return text;
    identity[field] = text.value;
  }
  return ok(identity);
}

/** A mark that names the device says another name: this map is for another model. A register that is refused says nothing. */
async function namesAnother(device: AskedDevice, map: DeviceMap): Promise<DeviceFault | undefined> {
  const differs = (found: string): DeviceFault => ({
    fault: "identity-differs",
    detail: `${found}: this map is for ${map.maker ?? "another device"}`,
  });
  for (const mark of map.recognise?.marks ?? []) {
    if ("sunspec" in mark) continue;
    if ("registers" in mark) {
      const { readFunction, address, registers, swapped, text } = mark;
      const bytes = await readBytes(device, readFunction, device.settings.unit, address, registers);
      if (!bytes.ok) continue;
      if (swapped) bytes.value.swap16();
      const found = bytes.value.toString("latin1").replaceAll("\0", "").trim();
      if (found !== "" && !found.toLowerCase().includes(text.toLowerCase()))
        return differs(`register ${address}: expected "${text}", found "${found}"`);
    } else if (mark.is !== undefined) {
      const number = await readSource(device, map, mark);
      if (number.ok && number.value !== 0 && !mark.is.includes(number.value))
        return differs(`register ${mark.address}: expected ${mark.is.join(" or ")}, found ${number.value}`);
    }
  }
  return undefined;
}

async function identityText(
  device: AskedDevice,
  map: DeviceMap,
  row: IdentityRow,
): Promise<Result<string, DeviceFault>> {
  if ("text" in row) return ok(row.text);
  if ("registers" in row) {
    const bytes = await readBytes(device, row.readFunction, device.settings.unit, row.address, row.registers);
    if (!bytes.ok) return bytes;
    if (row.swapped) bytes.value.swap16();
    return ok(readText(bytes.value, 0, row.registers));
  }
  const number = await readSource(device, map, row);
  return number.ok ? ok(Number.isNaN(number.value) ? "" : `${Number(number.value.toPrecision(12))}`) : number;
}

/** A fact of one register outside the cycle, with its bit and its words. */
export async function readFact(
  device: AskedDevice,
  map: DeviceMap,
  row: FactRow,
): Promise<Result<number, DeviceFault>> {
  const { bit, codes } = row;
  const read = await readSource(device, map, row);
  if (!read.ok) return read;
  const number = bit === undefined ? read.value : Math.floor(read.value / 2 ** bit) % 2;
  return ok(codes === undefined ? number : (codes[number] ?? Number.NaN));
}

/** One number outside the cycle, in its unit. */
export async function readSource(
  device: AskedDevice,
  map: DeviceMap,
  source: FactSource,
): Promise<Result<number, DeviceFault>> {
  const unit = source.unit ?? device.settings.unit;
  const bytes = await readBytes(
    device,
    source.readFunction ?? map.readFunction,
    unit,
    source.address,
    registersOf(source.type),
  );
  if (!bytes.ok) return bytes;
  return ok(numberAt(source, bytes.value, 0) * source.scale + (source.offset ?? 0));
}

async function readBytes(
  device: AskedDevice,
  readFunction: ReadFunction,
  unit: number,
  address: number,
  count: number,
): Promise<Result<Buffer, DeviceFault>> {
  const exchange = new Exchange(unit, readFunction, address, count);
  const outcome = await device.attempt(exchange);
  if (outcome.ok) return ok(Buffer.from(exchange.reply));
  const place = `function ${readFunction}, register ${address}`;
  if (outcome.error !== "exception") return err({ fault: outcome.error, detail: place });
  const { exceptionCode } = exchange;
  // What the gateway says of the unit is nothing that the map could mend.
  const isGateway = exceptionCode === Refusal.noPath || exceptionCode === Refusal.noTarget;
  return err({
    fault: isGateway ? "exception" : "register-refused",
    detail: `${place}: ${exceptionText(exceptionCode)}`,
  });
}

/** Writes the settings at take-over in their order and reads each back; null when all are in force. */
export async function takeOver(device: AskedDevice, map: DeviceMap): Promise<DeviceFault | null> {
  for (const row of takeoverRows(map)) {
    const fault = await writeConstant(device, map, row);
    if (fault !== null) return { ...fault, detail: takeoverPrefix + fault.detail };
  }
  return null;
}

/** Writes the settings at release in their order, as far as they are taken. */
export async function release(device: AskedDevice, map: DeviceMap): Promise<void> {
  for (const row of map.constants ?? [])
    if (row.when === "release") await writeConstant(device, map, { ...row, readBack: false });
}

async function writeConstant(device: AskedDevice, map: DeviceMap, row: ConstantRow): Promise<DeviceFault | null> {
  const exchange = constantExchange(row, device.settings.unit, map.writeFunction);
  const outcome = await device.attempt(exchange);
  if (!outcome.ok) {
    const code = outcome.error === "exception" ? ` (exception ${exchange.exceptionCode})` : "";
    return { fault: outcome.error, detail: `${row.name} = ${row.value}${code}` };
  }
  if (!row.readBack) return null;
  const readFunction: ReadFunction = row.type === "bit" ? 1 : 3;
  const { exchange: reply, ok: answered } = await readAgain(device, row, readFunction);
  const found = answered ? numberAt({ ...row, unknown: [] }, reply.reply, 0) * row.scale : Number.NaN;
  if (Math.abs(found - row.value) <= Math.abs(row.scale) / 2) return null;
  return { fault: "settings-not-kept", detail: `${row.name}: expected ${row.value}, found ${found}` };
}

async function readAgain(device: AskedDevice, row: ConstantRow, readFunction: ReadFunction) {
  const count = registersOf(row.type);
  const exchange = new Exchange(row.unit ?? device.settings.unit, readFunction, row.address, count);
  const outcome = await device.attempt(exchange);
  return { exchange, ok: outcome.ok && exchange.reply.length === bytesOf(readFunction, count) };
}

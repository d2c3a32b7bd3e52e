/** The one value of a command that may be tried by hand on a device that nobody has proven yet: zero power, off, stop. */
import type { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { registerNumber } from "../device/command-number.ts";
import { constantExchange } from "../device/write-plan.ts";
import type { CommandRow, DeviceMap } from "../maps/device-map.ts";

/** Power, role and switch: zero, `off`, `stop` are all 0 in the controller's words. */
const safeCommands = ["powerW", "reactiveVar", "chargeW", "dischargeW", "magnitudeW", "roleCode", "operate"];
const meaning: Readonly<Record<string, string>> = { roleCode: "off", operate: "stop" };

/** A write that is ready, and what it does in words. */
export interface SafeWrite {
  readonly exchange: Exchange;
  readonly sentence: string;
}

/** The safe write of a command of the map, or why there is none. */
export function safeWrite(map: DeviceMap, name: string, unit: number): SafeWrite | { readonly refusal: string } {
  const row = map.commands.find((one) => one.name === name);
  if (map.kind !== "stage")
    return { refusal: `nothing of a ${map.kind} is written by hand: it has no value that is safe everywhere` };
  if (row === undefined) return { refusal: `the map has no command ${name}` };
  if (!safeCommands.includes(name))
    return { refusal: `${name} has no value that is surely safe; only ${safeCommands.join(", ")} have` };
  if (row.scaleAt !== undefined) return { refusal: `${name} has a power of ten in a register: islet run writes it` };
  const number = registerNumber(row, 0, { phaseVoltageV: 230, phases: 3, ratedW: 1 }, row.scale);
  if (Number.isNaN(number)) return { refusal: `the device has no number for ${name} = ${meaning[name] ?? 0}` };
  return { exchange: exchangeOf(map, row, number, unit), sentence: sentenceOf(map, row, number) };
}

const exchangeOf = (map: DeviceMap, row: CommandRow, number: number, unit: number): Exchange =>
  constantExchange({ ...row, scale: 1, value: number, when: "takeover", readBack: false }, unit, map.writeFunction);

function sentenceOf(map: DeviceMap, row: CommandRow, number: number): string {
  const { functionCode, address } = exchangeOf(map, row, number, 1);
  const what = `${row.name} = ${meaning[row.name] ?? 0}`;
  return `write ${number} to register ${address} with function ${functionCode}, which is ${what}`;
}

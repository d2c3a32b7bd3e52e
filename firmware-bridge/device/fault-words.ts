/** What a technician in front of a device has to know about a fault: what is seen, in plain words, and what to check. */
import type { Clears } from "../../src/domain/reasons.ts";
import { type DeviceFaultName, deviceFaults } from "./faults.table.ts";

/** A fault as people see it. `code` is stable; the sentence says what is wrong and what to check. */
export interface ReportedFault {
  readonly code: DeviceFaultName;
  readonly sentence: string;
  readonly clears: Clears;
}

/** Exception codes of the Modbus application protocol, in words. */
const exceptionWords: Readonly<Record<number, string>> = {
  1: "it does not know this function",
  2: "it does not have these registers, or not so many at once",
  3: "it does not take this value or length",
  4: "it reports a failure of its own",
  5: "it is still working on an earlier request",
  6: "it is busy",
  8: "its memory has a parity error",
  10: "the gateway has no path to it",
  11: "the gateway gets no answer from it",
};

/** A Modbus exception code with its name in the protocol. */
export const exceptionText = (code: number): string =>
  `exception ${code}, ${exceptionWords[code] ?? "which the protocol does not name"}`;

const network =
  "Check its power, its network cable, its address and port, and that no other program holds its only connection.";
const serialLine =
  "Check that the adapter is plugged in, its path, and that the controller may open it (group dialout).";
const unitOnNetwork =
  "Check the unit identifier, and that Modbus is switched on in the device; slow devices need replyTimeoutMs.";
const unitOnSerial = "Check its power, the unit identifier, baud rate and parity, and whether A and B are swapped.";
const twoTalkers = "Check that no two devices have this unit identifier and that no other master talks on this line.";
const gatewayFault = "Check its gateway; if it is known to answer for another unit, set unitIdInReply: any.";
const setMap = "Name its register map with map, switch SunSpec on in the device, or correct the unit identifier.";
const askMaker = "Compare the device's register map and firmware with its maker's.";
const recommission =
  "It is used again when the commissioned one answers: put that back, or commission this one and name it in the site file.";

/** What to check. Two texts: in the network, on a serial line. */
const checks: Partial<Record<DeviceFaultName, string | readonly [network: string, serial: string]>> = {
  unreachable: [network, serialLine],
  "not-connected": [network, serialLine],
  reset: [network, serialLine],
  reopened: [network, serialLine],
  timeout: [unitOnNetwork, unitOnSerial],
  "write-timeout": [unitOnNetwork, unitOnSerial],
  "not-sent": [
    "Check whether other devices behind the same gateway are silent.",
    "Check whether other devices on the line are silent.",
  ],
  "queue-full": "Check whether the device has become slow.",
  "wrong-checksum": [twoTalkers, `Check baud rate, parity, termination and shielding. ${twoTalkers}`],
  "wrong-unit": [gatewayFault, twoTalkers],
  "wrong-transaction": gatewayFault,
  "wrong-protocol": "Check the port, and that the device speaks Modbus TCP; bytes of a serial line need framing: rtu.",
  "wrong-length": askMaker,
  "wrong-function": askMaker,
  "wrong-echo": askMaker,
  "stray-replies": twoTalkers,
  exception: "Check the unit identifier and the register map.",
  "no-sunspec": setMap,
  "chain-broken": askMaker,
  "chain-without-end": askMaker,
  "chain-unreadable": unitOnNetwork,
  "scale-missing": askMaker,
  "point-missing": askMaker,
  "models-missing": setMap,
  "fact-missing": askMaker,
  "all-zero": "Wait until it measures. If it stays so, look at its voltage connections and their fuses.",
  "identity-differs": recommission,
  "firmware-differs": recommission,
  "clock-stands": "Its values are old although it answers. Restart the device or its gateway.",
  "command-refused": "Check local control, the range of the setpoint and the register map.",
  "command-impossible": askMaker,
  "scale-changed": "Some devices do so with the power or at night; compare a value with the device's own display.",
  "register-refused": "Compare the map with the maker's manual; some count registers from 1 (firstRegister: 1).",
  "watchdog-latched": "Nothing is to be done; if it comes again and again, check what the mode waits for.",
  "latch-not-reset": "Find out why, then reset the alarm at the stage.",
  "no-watchdog": "Give the map a watchdog, as config/maps/blueprint.yaml shows.",
  "watchdog-time": "Set the time in the device, or correct it in the map.",
  "watchdog-silent": "Switch the device's watchdog on, or leave discharging off.",
};

/** What a fault's sentence needs to name: the device, its link, its unit. */
export interface FaultContext {
  readonly name: string;
  readonly link: string;
  readonly unit: number;
  readonly onSerial: boolean;
  readonly detail: string;
}

/** A fault as people read it: what happened, what to check, how it ends. */
export function reportedFault(
  code: DeviceFaultName,
  { name, link, unit, onSerial, detail }: FaultContext,
): ReportedFault {
  const { sentence, clears } = deviceFaults[code];
  const check = checks[code];
  const words = check === undefined ? "" : typeof check === "string" ? check : check[onSerial ? 1 : 0];
  const what = detail === "" ? sentence : `${sentence.replace(/\.$/, "")}: ${detail.replace(/\.$/, "")}.`;
  return { code, clears, sentence: `${name} (${link}, unit ${unit}): ${what}${words === "" ? "" : ` ${words}`}` };
}

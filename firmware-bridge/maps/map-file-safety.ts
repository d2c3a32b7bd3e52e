/** What a map file says about the device as a whole: what it does when nobody speaks to it, and who it is. */
import { isMap, isScalar, type YAMLMap } from "yaml";
import type { DeviceMap, IdentityRow, WatchdogRow } from "./device-map.ts";
import { type PlaceReader, sourceKeys } from "./map-file-place.ts";

/** Longest time for which a setpoint may outlive the controller, s; as for `loop.watchdogS`. */
const watchdogMaxS = 30;
const identityFields = ["manufacturer", "model", "version", "serialNumber"] as const;
const textRegistersMax = 32;

/** Reads where a device's own watchdog is set and proven; undefined where the file has none. */
export function readWatchdog(places: PlaceReader, root: YAMLMap): WatchdogRow | undefined {
  const { nodes } = places;
  const node = nodes.map(root, "", "watchdog");
  if (node === undefined) return undefined;
  const at = "watchdog";
  nodes.known(node, at, ["seconds", "does", "fedBy", "register", "waitOut"]);
  const seconds = nodes.number(node, at, "seconds", { min: 0.5, max: watchdogMaxS });
  const does = nodes.choice(node, at, "does", ["zero", "off"] as const);
  const fedBy = nodes.choice(node, at, "fedBy", ["any-request", "any-write", "heartbeat"] as const);
  const waitOut = nodes.choice(node, at, "waitOut", [true, false] as const, false);
  const registerNode = nodes.map(node, at, "register");
  const register = registerNode === undefined ? undefined : readRegister(places, registerNode);
  if ((registerNode === undefined) !== (waitOut === true)) {
    const how =
      "must have either `register:`, whose time is read back, or `waitOut: true`, which tries it with silence";
    nodes.mistake(node, at, how);
  }
  if (waitOut === true && fedBy === "any-request") {
    nodes.mistake(node, `${at}.waitOut`, "can't be tried where reading keeps the watchdog quiet: name its register");
  }
  if (Number.isNaN(seconds) || does === undefined || fedBy === undefined) return undefined;
  return { seconds, does, fedBy, waitOut: waitOut === true, ...(register !== undefined && { register }) };
}

function readRegister(places: PlaceReader, node: YAMLMap): WatchdogRow["register"] {
  const at = "watchdog.register";
  places.nodes.known(node, at, [...sourceKeys, "write"]);
  const write = places.nodes.choice(node, at, "write", [true, false] as const);
  const { function: readFunction, ...keys } = { function: node.get("function"), scale: node.get("scale") };
  if (readFunction !== undefined && write === true)
    places.nodes.noEffect(node, at, ["function"], "a register that is written is a holding register");
  const source = places.source(node, at);
  if (source === undefined || write === undefined || keys.scale === 0) return undefined;
  return { ...source, ...(write && { readFunction: 3 as const }), write };
}

/** Reads what a device says of itself, and where. */
export function readIdentity(places: PlaceReader, root: YAMLMap): DeviceMap["identity"] {
  const node = places.nodes.map(root, "", "identity");
  if (node === undefined) return undefined;
  places.nodes.known(node, "identity", identityFields);
  const identity: Partial<Record<(typeof identityFields)[number], IdentityRow>> = {};
  for (const field of identityFields) {
    const row = node.get(field, true);
    if (row === undefined) continue;
    const read = identityRow(places, node, row, field);
    if (read !== undefined) identity[field] = read;
  }
  return identity;
}

function identityRow(places: PlaceReader, node: YAMLMap, row: unknown, field: string): IdentityRow | undefined {
  const { nodes } = places;
  const at = `identity.${field}`;
  if (isScalar(row)) {
    const text = nodes.text(node, "identity", field);
    return text === undefined ? undefined : { text };
  }
  if (!isMap(row)) {
    nodes.mistake(row, at, "must be a text, a text's `address` and `registers`, or a number's `address` and `type`");
    return undefined;
  }
  if (!row.has("registers")) {
    nodes.known(row, at, sourceKeys);
    return places.source(row, at);
  }
  nodes.known(row, at, ["address", "registers", "swapped", "function"]);
  const { firstRegister, readFunction } = places.defaults;
  const last = 65_535 + firstRegister;
  const address = nodes.number(row, at, "address", { min: firstRegister, max: last, whole: true });
  const registers = nodes.number(row, at, "registers", { min: 1, max: textRegistersMax, whole: true });
  const swapped = nodes.choice(row, at, "swapped", [true, false] as const, false);
  const own = nodes.choice(row, at, "function", [3, 4] as const, readFunction === 4 ? 4 : 3);
  if (Number.isNaN(address) || Number.isNaN(registers) || own === undefined) return undefined;
  return { address: address - firstRegister, registers, swapped: swapped === true, readFunction: own };
}

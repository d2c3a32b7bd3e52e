/** What rows of a map file must be to each other. */
import type { YAMLMap } from "yaml";
import { registersOf } from "../device/register-number.ts";
import { type CommandRow, type DeviceMap, leadingFact, missingRows } from "./device-map.ts";
import type { NodeReader } from "./map-file-node.ts";

/** Rules that a map must keep as a whole; each that is broken is reported at its line. */
export function checkMap(nodes: NodeReader, root: YAMLMap, map: DeviceMap): void {
  const missing = missingRows(map).filter((choices) => !choices.names.some((name) => root.hasIn([choices.part, name])));
  if (missing.length > 0) {
    const list = missing.map(({ part, names }) => `${names.join(" or ")} (${part})`).join(", ");
    nodes.mistake(root, "", `lacks ${list}, which every ${map.kind} needs${hint[map.kind] ?? ""}`);
  }
  const leading = leadingFact[map.kind];
  const row = map.facts.find(({ name }) => name === leading);
  if (row !== undefined && row.pace !== "cycle") {
    nodes.mistake(
      root.getIn(["facts", leading, "pace"], true),
      `facts.${leading}.pace`,
      `is ${row.pace}: must be cycle, the device's age is the age of this value`,
    );
  }
  adjoin(nodes, root, map);
  powersOfTen(nodes, root, map);
  constantsOf(nodes, root, map);
  const commands = new Set(map.commands.map((row) => row.name));
  if (commands.has("magnitudeW") && !commands.has("roleCode"))
    nodes.mistake(
      root.getIn(["commands", "magnitudeW"], true),
      "commands.magnitudeW",
      "needs a roleCode that says in which direction",
    );
  if (commands.has("powerW") && (commands.has("chargeW") || commands.has("dischargeW") || commands.has("magnitudeW")))
    nodes.mistake(
      root.getIn(["commands", "powerW"], true),
      "commands.powerW",
      "stands beside chargeW, dischargeW or magnitudeW: the power has one place",
    );
  heartbeat(nodes, root, map);
}

/** What to do about a kind of device that seldom has everything. */
const hint: Partial<Readonly<Record<DeviceMap["kind"], string>>> = {
  "transfer-device":
    ". Voltmeters behind the same link may be named row by row with `unit:`; parts behind different links are named in the site file instead (transferDevice.contacts, command, gridVoltage, busVoltage)",
};

/** Rows of one request must follow each other without a hole, a hole would be written too, and be of one kind. */
function adjoin(nodes: NodeReader, root: YAMLMap, map: DeviceMap): void {
  for (const request of new Set(map.commands.map((row) => row.request))) {
    const rows = map.commands.filter((row) => row.request === request).sort((a, b) => a.address - b.address);
    const refuse = (row: CommandRow, sentence: string): void =>
      nodes.mistake(root.getIn(["commands", row.name], true), `commands.${row.name}`, sentence);
    for (let i = 1; i < rows.length; i += 1) {
      const [before, row] = [rows[i - 1]!, rows[i]!];
      const end = before.address + registersOf(before.type);
      const own = "give it a `request` of its own";
      if (row.address !== end)
        refuse(row, `begins at ${row.address}, but ${before.name} of the same request ends before ${end}: ${own}`);
      if ((row.type === "bit") !== (before.type === "bit"))
        refuse(row, `is not of the same kind as ${before.name} of the same request: ${own}`);
      if (row.unit !== before.unit) refuse(row, `is of another unit than ${before.name} of the same request: ${own}`);
      if (row.pulseMs !== undefined || before.pulseMs !== undefined)
        refuse(row, `shares a request with a pulse: ${own}`);
      if (row.writeFunction === 5 || row.writeFunction === 6)
        refuse(
          row,
          `has function ${row.writeFunction}, which writes one, but shares its request: ${own}, or leave the function out`,
        );
    }
  }
}

/** A power of ten must come in the same reply as its number. */
function powersOfTen(nodes: NodeReader, root: YAMLMap, map: DeviceMap): void {
  for (const row of map.facts) {
    for (const source of [row, ...(row.plus ?? [])]) {
      if (source.scaleAt === undefined) continue;
      const start = Math.min(source.address, source.scaleAt);
      const end = Math.max(source.address + registersOf(source.type), source.scaleAt + 1);
      if (end - start <= 125) continue;
      const sentence = `is ${end - start} registers from its number: the two must fit into one reply of 125`;
      nodes.mistake(root.getIn(["facts", row.name], true), `facts.${row.name}.scaleRegister`, sentence);
    }
  }
}

function constantsOf(nodes: NodeReader, root: YAMLMap, map: DeviceMap): void {
  const requests = new Set(map.commands.map((row) => row.request));
  for (const { name, of } of map.constants ?? []) {
    if (of === undefined || requests.has(of)) continue;
    const node = root.getIn(["commands", name, "of"], true);
    nodes.mistake(node, `commands.${name}.of`, `is "${of}": must be one of the requests ${[...requests].join(", ")}`);
  }
}

function heartbeat(nodes: NodeReader, root: YAMLMap, map: DeviceMap): void {
  const { watchdog } = map;
  if (watchdog === undefined) return;
  const has = (name: string): boolean => map.facts.some((row) => row.name === name);
  if (watchdog.fedBy === "heartbeat" && !map.commands.some((row) => row.name === "heartbeat"))
    nodes.mistake(
      root.getIn(["watchdog", "fedBy"], true),
      "watchdog.fedBy",
      "is heartbeat, but commands has no heartbeat",
    );
  if (watchdog.waitOut && !has("watchdogTripped"))
    nodes.mistake(
      root.getIn(["watchdog", "waitOut"], true),
      "watchdog.waitOut",
      "needs the fact watchdogTripped, which shows that it acted",
    );
}

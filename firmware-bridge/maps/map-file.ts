/**
 * Map files: registers of a device that does not speak SunSpec, as YAML (`config/maps/blueprint.yaml` explains each line).
 * A mistake is refused with file, line, setting, value and what is allowed, all at once; nothing is guessed or ignored.
 */
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { err, ok, type Result } from "../../src/domain/result.ts";
import {
  type CommandRow,
  type ConstantRow,
  commandNames,
  type DeviceMap,
  type FactRow,
  type FixedFact,
  factNames,
  mappedKinds,
} from "./device-map.ts";
import { readConnectorStep, readLinkHabits, readSampling } from "./map-file-link.ts";
import { type MapFileMistake, NodeReader } from "./map-file-node.ts";
import { type FileDefaults, PlaceReader, readFunctions } from "./map-file-place.ts";
import { readRecognition } from "./map-file-recognise.ts";
import { RowReader } from "./map-file-rows.ts";
import { checkMap } from "./map-file-rules.ts";
import { readIdentity, readWatchdog } from "./map-file-safety.ts";

/** Most rows that a map file may have. */
const rowsMax = 200;
/** Longest time that a device may need after each write, s. */
const settleMaxS = 10;
const rootKeys = [
  "device",
  "maker",
  "tested",
  "registers",
  "writeSingleRegisters",
  "firstRegister",
  "wordOrder",
  "byteOrder",
  "settleS",
  "facts",
  "commands",
  "watchdog",
  "identity",
  "recognise",
  "link",
  "sampling",
  "perConnector",
];

/** Reads a map file (YAML text). Every mistake is reported at once, each with its line. */
export function parseMapFile(text: string, file: string): Result<DeviceMap, readonly MapFileMistake[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const nodes = new NodeReader(file, lines);
  for (const error of document.errors) {
    const line = error.linePos?.[0].line ?? 1;
    nodes.mistakes.push({ file, line, setting: "", sentence: error.message.split("\n")[0]! });
  }
  if (nodes.mistakes.length > 0) return err(nodes.mistakes);
  if (!isMap(document.contents)) {
    return err([{ file, line: 1, setting: "", sentence: "must be a map that begins with `device:`" }]);
  }
  const map = readMap(nodes, document.contents);
  if (map !== undefined && nodes.mistakes.length === 0) return ok(map);
  return err([...nodes.mistakes].sort((a, b) => a.line - b.line));
}

/** `config/maps/x.yaml:12 facts.powerW.type is "int24": must be one of int16, …` */
export const mapFileMistakeText = ({ file, line, setting, sentence }: MapFileMistake): string =>
  `${file}:${line} ${setting}${setting === "" ? "" : " "}${sentence}`;

function readMap(nodes: NodeReader, root: YAMLMap): DeviceMap | undefined {
  nodes.known(root, "", rootKeys);
  const kind = nodes.choice(root, "", "device", mappedKinds);
  const registers = nodes.choice(root, "", "registers", ["holding", "input", "coils", "discrete"] as const, "holding");
  const single = nodes.choice(root, "", "writeSingleRegisters", [true, false] as const, false);
  const maker = root.has("maker") ? nodes.text(root, "", "maker") : undefined;
  const defaults: FileDefaults = {
    firstRegister: nodes.choice(root, "", "firstRegister", [0, 1] as const, 0) ?? 0,
    readFunction: readFunctions[registers ?? "holding"],
    wordOrder: nodes.choice(root, "", "wordOrder", ["big", "little"] as const, "big") ?? "big",
    byteOrder: nodes.choice(root, "", "byteOrder", ["big", "little"] as const, "big") ?? "big",
  };
  const tested = root.has("tested") ? nodes.text(root, "", "tested") : undefined;
  if (kind === undefined) return undefined;
  const places = new PlaceReader(nodes, defaults);
  const rows = new RowReader(places);
  const facts: FactRow[] = [];
  const fixed: FixedFact[] = [];
  eachRow(nodes, root, "facts", factNames[kind], (row, name, at) => {
    const fact = rows.fact(row, name, at);
    if (fact !== undefined && "value" in fact) fixed.push(fact);
    else if (fact !== undefined) facts.push(fact);
  });
  const commands: CommandRow[] = [];
  const constants: ConstantRow[] = [];
  eachRow(nodes, root, "commands", commandNames[kind], (row, name, at) => {
    const isConstant = row.has("value");
    const read = isConstant ? rows.constant(row, name, at) : rows.command(row, name, at);
    if (read !== undefined && "value" in read) constants.push(read);
    else if (read !== undefined) commands.push(read);
  });
  const settleS = nodes.number(root, "", "settleS", { min: 0, max: settleMaxS }, 0);
  const watchdog = kind === "stage" ? readWatchdog(places, root) : undefined;
  if (kind !== "stage") nodes.noEffect(root, "", ["watchdog"], "only power stages are watched");
  const identity = readIdentity(places, root);
  const recognise = readRecognition(places, root);
  const link = readLinkHabits(nodes, root);
  const sampling = readSampling(nodes, root, kind === "meter");
  const perConnector = readConnectorStep(nodes, root);
  const map: DeviceMap = {
    kind,
    ...(maker !== undefined && { maker }),
    ...(tested !== undefined && { tested }),
    readFunction: defaults.readFunction,
    writeFunction: single === true ? 6 : 16,
    facts,
    ...(fixed.length > 0 && { fixed }),
    commands,
    ...(constants.length > 0 && { constants }),
    ...(settleS > 0 && { settleMs: 1_000 * settleS }),
    ...(watchdog !== undefined && { watchdog }),
    ...(identity !== undefined && { identity }),
    ...(recognise !== undefined && { recognise }),
    ...(link !== undefined && { link }),
    ...(sampling !== undefined && { sampling }),
    ...(perConnector !== undefined && { perConnector }),
  };
  checkMap(nodes, root, map);
  return map;
}

function eachRow(
  nodes: NodeReader,
  root: YAMLMap,
  key: "facts" | "commands",
  names: readonly string[],
  take: (row: YAMLMap, name: string, at: string) => void,
): void {
  const node = root.get(key, true);
  if (node === undefined && key === "commands") return;
  if (!isMap(node)) {
    nodes.mistake(node ?? root, key, "must be a map from names to registers");
    return;
  }
  if (node.items.length > rowsMax) nodes.mistake(node, key, `has ${node.items.length} rows: at most ${rowsMax}`);
  for (const { key: nameNode, value } of node.items.slice(0, rowsMax)) {
    const name = isScalar(nameNode) ? String(nameNode.value) : "";
    const at = `${key}.${name}`;
    const isConstant = key === "commands" && isMap(value) && value.has("value");
    if (!isConstant && !names.includes(name)) {
      nodes.mistake(
        nameNode,
        at,
        `is not known: must be one of ${names.join(", ")}${key === "commands" ? ", or have a `value`" : ""}`,
      );
    } else if (!isMap(value)) nodes.mistake(nameNode, at, "must be a map with at least `address` and `type`");
    else take(value, name, at);
  }
}

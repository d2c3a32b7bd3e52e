/** What a map file says about recognising its device at an address that nobody has labelled. */
import { isMap, isSeq, type YAMLMap } from "yaml";
import type { Mark, Recognition } from "./device-map.ts";
import { type PlaceReader, sourceKeys } from "./map-file-place.ts";

const marksMax = 12;
const unitsMax = 16;
const portsMax = 4;
const textRegistersMax = 32;
const meanings = ["is", "between", "absent", "answers"] as const;
const sunspecFields = ["manufacturer", "model"] as const;

/** Reads how a device is recognised; undefined where the file does not say. */
export function readRecognition(places: PlaceReader, root: YAMLMap): Recognition | undefined {
  const { nodes } = places;
  const at = "recognise";
  const node = nodes.map(root, "", at);
  if (node === undefined) return undefined;
  nodes.known(node, at, ["ports", "units", "marks"]);
  const list = node.get("marks", true);
  if (!isSeq(list) || list.items.length === 0 || list.items.length > marksMax) {
    const wanted = `must be a list of 1 to ${marksMax} marks: registers and what they say in such a device`;
    nodes.mistake(list ?? node, `${at}.marks`, wanted);
    return undefined;
  }
  const marks = list.items.map((item, i) => {
    if (isMap(item)) return readMark(places, item, `${at}.marks[${i}]`);
    nodes.mistake(item, `${at}.marks[${i}]`, "must be a map with `address` and what is said there");
    return undefined;
  });
  const ports = wholes(places, node, "ports", portsMax, [1, 65_535]);
  const units = wholes(places, node, "units", unitsMax, [0, 255]);
  if (ports === undefined || units === undefined || !marks.every((mark) => mark !== undefined)) return undefined;
  return { ports, units, marks };
}

function wholes(
  { nodes }: PlaceReader,
  node: YAMLMap,
  key: string,
  most: number,
  [min, max]: readonly [number, number],
): readonly number[] | undefined {
  const list = nodes.numbers(node, "recognise", key) ?? [];
  if (list.length <= most && list.every((one) => Number.isInteger(one) && one >= min && one <= max)) return list;
  const wanted = `must be at most ${most} whole numbers from ${min} to ${max}`;
  nodes.mistake(node.get(key, true) ?? node, `recognise.${key}`, wanted);
  return undefined;
}

function readMark(places: PlaceReader, row: YAMLMap, at: string): Mark | undefined {
  const { nodes } = places;
  if (row.has("sunspec")) {
    nodes.known(row, at, ["sunspec", "text"]);
    const sunspec = nodes.choice(row, at, "sunspec", sunspecFields);
    const text = nodes.text(row, at, "text");
    return sunspec === undefined || text === undefined ? undefined : { sunspec, text };
  }
  if (row.has("registers") || row.has("text")) return textMark(places, row, at);
  nodes.known(row, at, [...sourceKeys.filter((key) => key !== "unit"), ...meanings]);
  if (meanings.filter((key) => row.has(key)).length !== 1) {
    const wanted =
      "must have one of `is` (the numbers that name the device), `between: [least, most]`, `absent: true` and `answers: true`";
    nodes.mistake(row, at, wanted);
    return undefined;
  }
  if (row.has("scaleRegister"))
    nodes.noEffect(row, at, ["scaleRegister"], "a mark is one register; give the range with its scale");
  const is = nodes.numbers(row, at, "is");
  const between = nodes.numbers(row, at, "between", 2);
  const source = places.source(row, at);
  if (source === undefined) return undefined;
  if (row.has("answers"))
    return nodes.choice(row, at, "answers", [true] as const) === true ? { ...source, answers: true } : undefined;
  if (row.has("absent"))
    return nodes.choice(row, at, "absent", [true] as const) === true ? { ...source, absent: true } : undefined;
  if (between !== undefined) return { ...source, between: [between[0]!, between[1]!] };
  return is === undefined ? undefined : { ...source, is };
}

function textMark(places: PlaceReader, row: YAMLMap, at: string): Mark | undefined {
  const { nodes, defaults } = places;
  nodes.known(row, at, ["address", "registers", "swapped", "function", "text"]);
  const { firstRegister, readFunction } = defaults;
  const address = nodes.number(row, at, "address", { min: firstRegister, max: 65_535 + firstRegister, whole: true });
  const registers = nodes.number(row, at, "registers", { min: 1, max: textRegistersMax, whole: true });
  const swapped = nodes.choice(row, at, "swapped", [true, false] as const, false);
  const own = nodes.choice(row, at, "function", [3, 4] as const, readFunction === 4 ? 4 : 3);
  const text = nodes.text(row, at, "text");
  if (Number.isNaN(address) || Number.isNaN(registers) || own === undefined || text === undefined) return undefined;
  return { address: address - firstRegister, registers, swapped: swapped === true, readFunction: own, text };
}

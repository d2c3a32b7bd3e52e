/**
 * The register map for authors of firmware in C: offsets, lengths, enumerations and, for commands, the range that is
 * accepted and what happens when the controller falls silent. Plain C99 constants, no types, no code.
 */

import { layoutModel, type ModelTable } from "../../src/protocols/sunspec/model.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import { contractNumbers, registerWords } from "./register-words.table.ts";
import { commandDuties, vendorModels } from "./vendor-models.table.ts";

/** What a power stage, a transfer device and a panel have to serve. */
const compulsoryModels: readonly ModelTable[] = [
  ...vendorModels,
  ...[1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715].map((id) => sunspecModel(id)!),
];

const constantName = (...parts: readonly string[]): string =>
  parts
    .join("_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/_+$/, "")
    .toUpperCase();

const define = (name: string, value: string | number, comment = ""): string =>
  `#define ${name.padEnd(44)} ${value}${comment === "" ? "" : ` /* ${comment} */`}`;

/** A header with the given models, all that the contract names by default. Repeats are taken once, with a stride for the rest. */
export function printCHeader(models: readonly ModelTable[] = compulsoryModels): string {
  const lines = [
    "/*",
    " * Islet register map. Offsets count registers from the model's identifier; the chain of models is walked, so that each",
    " * model may stand anywhere. Signs: generation and injection positive. Registers are big-endian, high word first.",
    " * CONTRACT.md says what the words oblige both sides to.",
    " */",
    "#ifndef ISLET_REGISTERS_H",
    "#define ISLET_REGISTERS_H",
    "",
    "/* numbers of the contract */",
    ...Object.entries(contractNumbers).map(([name, [value, meaning]]) =>
      define(constantName("islet", name), value, meaning),
    ),
  ];
  for (const [title, prefix, words, areBits] of registerWords) {
    lines.push("", `/* ${title} */`);
    for (const [word, number] of Object.entries(words))
      lines.push(define(constantName(prefix, word), areBits === undefined ? number : `(1u << ${number})`));
  }
  for (const table of models) lines.push("", ...modelLines(table));
  lines.push("", "#endif", "");
  return lines.join("\n");
}

function modelLines(table: ModelTable): string[] {
  const prefix = table.name;
  const none = layoutModel(table);
  const repeats = Object.fromEntries((table.groups ?? []).map((group) => [group.count ?? "", 1]));
  const once = layoutModel(table, repeats);
  const lines = [
    `/* model ${table.id}: ${table.name} */`,
    define(constantName(prefix, "model_id"), table.id),
    define(constantName(prefix, "fixed_length"), none.length),
  ];
  if (once.length > none.length) lines.push(define(constantName(prefix, "group_length"), once.length - none.length));
  for (const { path, offset, registers, type, unit, writable } of once.points) {
    const duty = commandDuties.find(([id, point]) => id === table.id && point === path);
    const words = [
      `${type}${registers > 1 ? `, ${registers} registers` : ""}`,
      unit,
      writable ? "read/write" : "read",
      duty === undefined ? "" : `accepted: ${duty[2]}; on silence: ${duty[3]}`,
    ];
    const name = constantName(prefix, path.replace(/\[1\]/g, ""));
    lines.push(define(name, offset, words.filter((word) => word !== "").join("; ")));
  }
  return lines;
}

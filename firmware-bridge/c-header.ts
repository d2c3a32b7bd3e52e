/**
 * The register map for authors of firmware in C: offsets, lengths, enumerations and, for commands, the range that is
 * accepted and what happens when the controller falls silent. Plain C99 constants, no types, no code.
 */

import { roleNames, transferCommandNames } from "../src/domain/modes.ts";
import { layoutModel, type ModelTable } from "../src/protocols/sunspec/model.ts";
import { commandDuties, StageFlag, vendorModels } from "./vendor-models.table.ts";

const constantName = (...parts: readonly string[]): string =>
  parts
    .join("_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/_+$/, "")
    .toUpperCase();

const define = (name: string, value: string | number, comment = ""): string =>
  `#define ${name.padEnd(44)} ${value}${comment === "" ? "" : ` /* ${comment} */`}`;

/** A header with the given models, our own by default. Group repeats are taken once, with a stride for the rest. */
export function printCHeader(models: readonly ModelTable[] = vendorModels): string {
  const lines = [
    "/* Islet register map. Offsets count registers from the model's identifier. Signs: generation and injection positive. */",
    "#ifndef ISLET_REGISTERS_H",
    "#define ISLET_REGISTERS_H",
    "",
    "/* roles of a power stage */",
    ...roleNames.map((name, code) => define(constantName("islet_role", name), code)),
    "",
    "/* commands of the transfer device */",
    ...transferCommandNames.map((name, code) => define(constantName("islet_transfer", name), code)),
    "",
    "/* bits of the stage's flags */",
    ...Object.entries(StageFlag).map(([name, bit]) => define(constantName("islet_flag", name), `(1u << ${bit})`)),
  ];
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

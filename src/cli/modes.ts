/** `islet modes`: prints the mode machine that runs, as a table, as JSON or as a Mermaid diagram. */
import type { Command } from "commander";
import { type ModeExit, mermaidDiagram, modeExits } from "../core/modes/diagram.ts";
import { modeRules } from "../core/modes/machine.ts";
import { modeRows } from "../core/modes/rows.table.ts";
import { type Mode, modeNames } from "../domain/modes.ts";
import { AskedWrongly } from "./asked.ts";

interface ModesOptions {
  readonly mermaid?: true;
  readonly json?: true;
}

export function modesCommand(program: Command): void {
  program
    .command("modes")
    .description("print the mode machine that runs")
    .argument("[mode]", "only what leads out of this mode")
    .option("--mermaid", "print a Mermaid state diagram")
    .option("--json", "print JSON")
    .action((mode: string | undefined, options: ModesOptions) => {
      if (mode !== undefined && !(modeNames as readonly string[]).includes(mode))
        throw new AskedWrongly(`${mode} is no mode; the modes are ${modeNames.join(", ")}`);
      process.stdout.write(`${text(mode as Mode | undefined, options)}\n`);
    });
}

function text(mode: Mode | undefined, options: ModesOptions): string {
  if (options.mermaid) return mermaidDiagram();
  const modes = mode === undefined ? modeNames : [mode];
  if (options.json) {
    const rows = modeRows.filter(({ from }) => modes.some((one) => from.includes(one)));
    return JSON.stringify({
      modes: modes.map((name) => ({ mode: name, ...modeRules[name] })),
      rows: rows.map(({ id, from, when, to }) => ({ id, from, when: when.map(({ name }) => name), to })),
    });
  }
  return modes.map((name) => [title(name), ...modeExits(name).map(exitLine)].join("\n")).join("\n\n");
}

/** A mode and what it lets stages and K1 do. */
function title(mode: Mode): string {
  const { commandsEnabled, charge, discharge, form, resynchronize, transferDevice } = modeRules[mode];
  const may = [
    ...(commandsEnabled ? [] : ["says nothing"]),
    ...(charge ? ["may charge"] : []),
    ...(discharge ? ["may discharge"] : []),
    ...(form ? ["forms"] : []),
    ...(resynchronize ? ["follows the grid's voltage and angle"] : []),
    ...(transferDevice === "none" ? [] : [`K1 ${transferDevice}`]),
  ];
  return `${mode}: ${may.length > 0 ? may.join(", ") : "stages off"}`;
}

const rowWidth = Math.max(...modeRows.map(({ id }) => id.length)) + 2;
const modeWidth = Math.max(...modeNames.map((name) => name.length)) + 4;

const exitLine = ({ row, when, to }: ModeExit): string =>
  `  ${row.padEnd(rowWidth)}${(to === "stay" ? "(stays)" : `→ ${to}`).padEnd(modeWidth)}${when.join("; ")}`;

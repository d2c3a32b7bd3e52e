/** The mode table for readers: what may happen in a mode, and the diagram, both from the rows that run. */
import { type Mode, modeNames } from "../../domain/modes.ts";
import { closedModes, type ModeRow, modeRows, movingModes, openModes } from "./rows.table.ts";

/** One way out of a mode, in words. */
export interface ModeExit {
  readonly row: string;
  /** All of these must hold. */
  readonly when: readonly string[];
  readonly to: Mode | "stay";
}

/** Every way out of `mode`, first match wins. */
export const modeExits = (mode: Mode, rows: readonly ModeRow[] = modeRows): ModeExit[] =>
  rows
    .filter(({ from }) => from.includes(mode))
    .map(({ id, when, to }) => ({ row: id, when: when.map(({ name }) => name), to }));

const groups: readonly (readonly [name: string, modes: readonly Mode[]])[] = [
  ["closed", closedModes],
  ["open", openModes],
  ["moving", movingModes],
];

/** A Mermaid state diagram. Rows that leave a whole group are drawn once, from the group. */
export function mermaidDiagram(rows: readonly ModeRow[] = modeRows): string {
  const lines = ["stateDiagram-v2", "  [*] --> unknown"];
  for (const [name, modes] of groups) {
    lines.push(`  state ${name} {`);
    for (const mode of modes) lines.push(`    ${mode}`);
    lines.push("  }");
  }
  for (const mode of modeNames) {
    if (!groups.some(([, modes]) => modes.includes(mode))) lines.push(`  ${mode}`);
  }
  for (const { id, from, when, to } of rows) {
    if (to === "stay") continue;
    const label = `${id} ${when.map(({ name }) => name).join(", ")}`;
    for (const source of sources(from)) lines.push(`  ${source} --> ${to}: ${label}`);
  }
  return lines.join("\n");
}

/** The groups that `from` holds whole, and the modes that are left. */
function sources(from: readonly Mode[]): string[] {
  const whole = groups.filter(([, modes]) => modes.every((mode) => from.includes(mode)));
  const left = from.filter((mode) => !whole.some(([, modes]) => modes.includes(mode)));
  return [...whole.map(([name]) => name), ...left];
}

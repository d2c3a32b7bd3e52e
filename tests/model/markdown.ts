/** `docs/model.md`: the exploration for a reader who wants to check it, printed from the rows that run. */
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { faultNames } from "./faults.table.ts";
import { invariants } from "./invariants.ts";
import { count, type LeftOut, type Report } from "./report.ts";

export function markdown({ summary, runs, restarts, leftOut, doubles }: Report): string {
  const lines = [
    "# The mode machine, explored exhaustively",
    "",
    "Printed by `npm run -s model -- --markdown > docs/model.md`. The rows of `src/core/modes/rows.table.ts` that run in a site",
    "are driven here together with a world that may do anything: the grid, permits, requests and synchronism change at any moment,",
    "stages trip, the controller dies and starts again, K1's contacts lag, and one fault (or a pair) appears whenever it likes.",
    "Every state that can be reached is visited, with every combination of inputs. T is one abstract tick, about 100 ms.",
    "",
    ...summary.map((text) => `- ${text}`),
    "",
    "## What holds in every state",
    "",
    ...table(["invariant", "meaning"], Object.entries(invariants)),
    "",
    "Besides, with the inputs standing still: no mode is gone through for ever, no two modes alternate for ever, and without a",
    "fault the site comes to rest where its permit, the grid and the people on site want it.",
    "",
    "## The faults",
    "",
    `${faultNames.slice(1).join("; ")}. Each appears at any moment and stays, and in runs of their own each comes and goes.`,
    "",
    "What a model can't ask it doesn't judge. Under *K1 bridges* (the mechanism opens, a pole goes on conducting) both sides of K1",
    "are one as long as the grid is there: while the island is left to, or returns from, a live grid, forming is not counted as never-forms-on-the-grid,",
    "and what is left of the grid's own voltage is not counted as a live bus of ours (closes-dead-or-in-step). From the moment that the grid is dead,",
    "everything is judged. One spoilt reading of a worn contact (1 T) is a fault of its own kind and may cost no island.",
    "",
    "A generator's contact and the bond between neutral and ground have no inputs of their own here, because they only take away",
    "what is taken away at any moment here already: a generator that runs, or may run, is no authority for backup and parallel",
    "operation and no good grid; a bond that is not proven is no source for an island, one that is lost no authority for backup, one",
    "that does not come off a record of the close that can't be stored. A live bus beside a generator that is declared is no reason",
    "for a lockout; in that state nothing is formed and nothing closed. `tests/core/bus-contacts.test.ts` holds it to that.",
    "",
    "## The runs",
    "",
    ...table(
      ["run", "states", "transitions", "result"],
      runs.map(({ name, states, transitions, broken, ok }) => [
        name,
        count(states),
        count(transitions),
        broken === undefined ? (ok ? "all hold" : "fails") : `breaks ${broken.invariant}, as it must without the relay`,
      ]),
    ),
    "",
    ...restarts.map((text) => `- ${text.replace(/^ok +/, "")}`),
    "",
    "## What each row and each guard is for",
    "",
    "Each row, and each guard of each row, is left out in turn; the runs above are explored again without it, in their order,",
    "until something goes wrong. Given are the invariant that breaks, or where the site comes to rest wrongly, and the last steps.",
    "A *second line* breaks nothing in any run; the reason says what else prevents the harm.",
    "",
  ];
  for (const row of modeRows) {
    const own = leftOut.filter((one) => one.row === row.id);
    lines.push(`### ${row.id}: ${row.from.join(", ")} → ${row.to}`, "");
    lines.push(
      ...table(
        ["left out", "what goes wrong"],
        own.map((one) => [one.guard, inWords(one)]),
      ),
      "",
    );
  }
  lines.push(
    "## Two faults together",
    "",
    "The pairs that defeat software, each explored without and with the hardware that it needs",
    "(`firmware-bridge/CONTRACT.md` says what a site must have).",
    "",
    ...table(
      ["faults together", "without the hardware", "with it"],
      doubles.map(({ title, without, withIt }) => [title, without, withIt]),
    ),
    "",
    "## The rows' ids in logs of release 0.1",
    "",
    "Audit logs of 0.1 name the rows by codes.",
    "",
    ...table(
      ["code", "row"],
      modeRows.map(({ formerly, id }) => [formerly, id]),
    ),
    "",
  );
  return lines.join("\n");
}

function inWords({ what, end, why, decided }: LeftOut): string {
  if (what === "")
    return `*second line* (${decided === 0 ? "never decides alone" : `decides in ${count(decided)} states, harmlessly`}): ${why}`;
  return end === "" ? what : `**${what}**: ${end}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

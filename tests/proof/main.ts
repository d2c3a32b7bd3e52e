/**
 * `npm run -s prove`: the mode machine's promises, proven cycle by cycle by z3, for every timing and every order of facts.
 * With `--broken`: leaves out each guard in turn and says which promises then break, with a counterexample.
 */
import { parseArgs } from "node:util";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { variants } from "../model/variants.ts";
import { cycleOf } from "./machine.ts";
import { kept, promises } from "./promises.table.ts";
import { type Answer, canHappen, isSolverHere } from "./solver.ts";
import { and, evaluate, not, type Term } from "./terms.ts";

const { values } = parseArgs({
  options: { broken: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});

/** What a counterexample is, for a person: the modes, and what is true in it. */
function told({ values: found }: Answer): string {
  const mode = (name: string): string => modeNames[Number(found.get(name))] ?? "?";
  const facts = [...found]
    .filter(([name, value]) => value === true && /^(f|held|aged|armed)\./.test(name))
    .map(([name]) => name.replace(/^f\./, ""));
  return `${mode("s.mode")} → ${mode("p.mode")}; ${facts.join(", ")}`;
}

/** Everything that is proven: what each cycle keeps, and what it promises. */
const everything: readonly (readonly [name: string, holds: Term])[] = [
  ...Object.entries(kept).map(([name, holds]) => [`kept: ${name}`, holds("p")] as const),
  ...Object.entries(promises),
];

function prove(): number {
  const cycle = cycleOf();
  let open = 0;
  for (const [name, holds] of everything) {
    const beganMs = performance.now();
    const answer = canHappen(cycle, not(holds));
    const ms = Math.round(performance.now() - beganMs);
    if (answer.answer !== "unsat") open++;
    if (values.json)
      process.stdout.write(`${JSON.stringify({ promise: name, proven: answer.answer === "unsat", ms })}\n`);
    else
      process.stdout.write(
        `${answer.answer === "unsat" ? "proven  " : "NOT     "} ${name} (${ms} ms)${answer.answer === "sat" ? `\n           ${told(answer)}` : ""}\n`,
      );
  }
  return open;
}

/** Without a row, or one of its guards: what of all that no longer holds, in one counterexample. */
function leaveOut(): void {
  const all = and(...everything.map(([, holds]) => holds));
  for (const { row, guard, rows } of variants(modeRows)) {
    const answer = canHappen(cycleOf(rows), not(all));
    const missed = everything.filter(
      ([, holds]) => answer.answer === "sat" && evaluate(holds, answer.values) === false,
    );
    process.stdout.write(
      answer.answer === "unsat"
        ? `–       ${row.id} without ${guard}\n`
        : `needed  ${row.id} without ${guard}: ${missed.map(([name]) => name).join("; ")}\n           ${told(answer)}\n`,
    );
  }
}

if (!isSolverHere()) {
  process.stderr.write("z3 is not installed: apt-get install z3\n");
  process.exitCode = 2;
} else if (values.broken) leaveOut();
else process.exitCode = prove() > 0 ? 1 : 0;

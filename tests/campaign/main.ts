/**
 * `npm run -s campaign [-- --faults TEXT --phases TEXT --seed N --minutes N --workers N]`: each fault in each phase of a site that
 * `islet run` controls, judged by what really flowed. Prints a line for each cell as JSON, and a table at the end; exit code 1
 * where a cell was unsafe or did not recover.
 */
import { parseArgs } from "node:util";
import { type Cell, runCell } from "./cell.ts";
import { faults } from "./faults.table.ts";
import { phases } from "./phases.table.ts";

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "" },
    phases: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    workers: { type: "string", default: "2" },
  },
});
const chosen = <T extends { readonly name: string }>(all: readonly T[], text: string): readonly T[] =>
  all.filter(({ name }) => text === "" || text.split(",").some((part) => name.includes(part)));
const untilMs = performance.now() + 60_000 * Number(values.minutes);
const waiting = chosen(faults, values.faults).flatMap((fault) =>
  chosen(phases, values.phases).map((phase) => ({ fault, phase })),
);
const total = waiting.length;
const cells: Cell[] = [];

async function worker(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined && performance.now() < untilMs; next = waiting.shift()) {
    const { fault, phase } = next;
    const seed = Number(values.seed) + total - waiting.length;
    const cell = await runCell(fault, phase, seed).catch(
      (failure): Cell => ({
        fault: fault.name,
        phase: phase.name,
        verdict: "not tried",
        toldS: null,
        safeS: 0,
        darkS: 0,
        againS: null,
        note: String(failure).slice(0, 300),
      }),
    );
    cells.push(cell);
    process.stdout.write(`${JSON.stringify(cell)}\n`);
    process.stderr.write(`${cells.length} of ${total}: ${fault.name}, ${phase.name}: ${cell.verdict}\n`);
  }
}
// What ends it ends its sites, too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
await Promise.all(Array.from({ length: Number(values.workers) }, worker));

const short = ({ verdict, toldS, safeS, darkS, againS }: Cell): string => {
  if (verdict === "not tried") return "–";
  const figures = [
    toldS === null ? "untold" : `told ${toldS.toFixed(1)}`,
    safeS > 0 && `over ${safeS.toFixed(1)}`,
    darkS > 0 && `dark ${darkS.toFixed(1)}`,
    againS !== null && `again ${againS.toFixed(1)}`,
  ].filter((one) => one !== false);
  return `${verdict === "safe" ? "" : `**${verdict}** `}${figures.join(", ")}`;
};
const names = [...new Set(cells.map(({ phase }) => phase))];
const rows = [...new Set(cells.map(({ fault }) => fault))].map((fault) => {
  const of = (phase: string): string => {
    const cell = cells.find((one) => one.fault === fault && one.phase === phase);
    return cell === undefined ? "" : short(cell);
  };
  return `| ${[fault, ...names.map(of)].join(" | ")} |`;
});
process.stderr.write(
  `\nSeconds: from the fault until it was told, until no limit was passed any more, without feeding the critical loads, and from the mending until the site did its work again.\n\n| fault | ${names.join(" | ")} |\n|${" --- |".repeat(names.length + 1)}\n${rows.join("\n")}\n`,
);
if (waiting.length > 0) process.stderr.write(`\n${waiting.length} cells were left when the time was over.\n`);
if (cells.some(({ verdict }) => verdict === "unsafe" || verdict === "not recovered")) process.exitCode = 1;
process.exit();

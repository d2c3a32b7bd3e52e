/**
 * `npm run -s model`: explores every reachable state of the mode machine's own rows in a nondeterministic world, leaves out
 * each row and each guard in turn and says what goes wrong, and shows which two faults together need hardware.
 * Exit code 1 when an invariant broke that must hold, a run did not end, or something left out is neither missed nor explained.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { doubleFaults } from "./double-faults.table.ts";
import { invariants } from "./invariants.ts";
import { type Finding, type Job, performAll } from "./jobs.ts";
import { markdown } from "./markdown.ts";
import { type LeftOut, type Report, reportOf } from "./report.ts";
import { runLists } from "./runs.table.ts";
import { watchdogTicks } from "./timings.ts";
import { variants } from "./variants.ts";

const help = `npm run -s model -- [options]

  --quick       only the runs of the test suite
  --no-guards   nothing is left out, no double faults
  --markdown    prints docs/model.md
  --json        prints one JSON document with every step of every counterexample
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      "no-guards": { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  // Documents go to standard output alone; who waits for them still sees how far it is.
  const quiet = values.json || values.markdown;
  const say = (text: string): void => {
    (quiet ? process.stderr : process.stdout).write(`${text}\n`);
  };
  say(`${modeRows.length} rows, ${Object.keys(invariants).length} invariants, ${availableParallelism()} cores`);
  if (!quiet) for (const [name, sentence] of Object.entries(invariants)) say(`  ${name.padEnd(4)}${sentence}`);
  say("");

  const report = await exploreAll(values.quick ? "quick" : "proof", !values.quick && !values["no-guards"], say);
  if (!quiet) for (const text of conclusion(report)) say(text);
  if (values.markdown) process.stdout.write(markdown(report));
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.ok ? 0 : 1;
}

/** Everything, on all cores; `say` hears of each piece when it is done. */
export async function exploreAll(
  list: keyof typeof runLists,
  leavesOut: boolean,
  say: (text: string) => void,
): Promise<Report> {
  const startedMs = performance.now();
  const startedUs = process.cpuUsage();
  const all = variants();
  const findings = new Map<number, Map<number, Finding>>(all.map(({ number }) => [number, new Map()]));
  const open = new Set(leavesOut ? all.map(({ number }) => number) : []);
  const runs = runLists[list];
  const jobs: (() => Job)[] = [];
  if (leavesOut) jobs.push(() => ({ kind: "adoption", open: [...open] }));
  for (const index of runs.keys()) jobs.push(() => ({ kind: "run", list, index, open: [...open] }));
  for (const stages of [1, 2] as const)
    for (let downTicks = 0; downTicks <= watchdogTicks; downTicks++)
      jobs.push(() => ({ kind: "restart", stages, downTicks }));
  if (leavesOut) for (const index of doubleFaults.keys()) jobs.push(() => ({ kind: "double", index }));

  const builder = reportOf(runs, leavesOut);
  await performAll(jobs, (index, outcome) => {
    if (outcome.kind === "run" || outcome.kind === "adoption") {
      for (const finding of outcome.findings) {
        findings.get(finding.variant)!.set(index, finding);
        if (finding.wrong !== undefined) open.delete(finding.variant);
      }
    }
    const elapsedS = (performance.now() - startedMs) / 1000;
    for (const text of builder.hear(index, outcome)) say(`${elapsedS.toFixed(0).padStart(4)} s  ${text}`);
  });
  const { user, system } = process.cpuUsage(startedUs);
  return builder.finish(findings, (performance.now() - startedMs) / 1000, (user + system) / 1e6);
}

function conclusion(report: Report): string[] {
  const { leftOut, doubles } = report;
  const lines = ["", ...report.summary];
  if (leftOut.length === 0) return lines;
  lines.push("", "What goes wrong when a row or a guard is left out:");
  for (const one of leftOut) lines.push(`  ${one.row.padEnd(5)}${one.guard}: ${whatFollows(one)}`);
  lines.push("", "Two faults together, without and with the hardware that they need:");
  for (const { title, without, withIt } of doubles) lines.push(`  ${title}: ${without}; ${withIt}`);
  return lines;
}

const whatFollows = ({ what, end, why, decided, unexplained }: LeftOut): string => {
  if (what !== "") return end === "" ? what : `${what}: ${end}`;
  return `${unexplained ? "NOT MISSED" : `second line: ${why}`}${decided === 0 ? " (it never decides alone)" : ""}`;
};

if (process.argv[1] === import.meta.filename) process.exitCode = await main();

/** What the exploration came to, as one document: for the terminal, for JSON and for `docs/model.md`. */
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { doubleFaults } from "./double-faults.table.ts";
import type { DoubleResult, Finding, Outcome, RunResult, Story } from "./jobs.ts";
import type { Run } from "./runs.table.ts";
import { secondLines } from "./second-lines.table.ts";
import { watchdogTicks } from "./timings.ts";
import { variants } from "./variants.ts";

export interface LeftOut {
  readonly row: string;
  readonly guard: string;
  /** What goes wrong, "" for nothing; an invariant's name or a sentence. */
  readonly what: string;
  /** The counterexample's end in words. */
  readonly end: string;
  readonly story: Story | undefined;
  /** The run that showed it. */
  readonly run: string;
  /** For a second line: why it stays, and in how many states it decided without any harm. */
  readonly why: string;
  readonly decided: number;
  readonly unexplained: boolean;
}

export interface DoubleLine {
  readonly title: string;
  readonly consequence: string;
  readonly interlock: string;
  readonly without: string;
  readonly withIt: string;
  readonly results: readonly DoubleResult[];
  readonly ok: boolean;
}

export interface Report {
  readonly ok: boolean;
  readonly summary: readonly string[];
  readonly runs: readonly RunResult[];
  readonly restarts: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly doubles: readonly DoubleLine[];
}

export const count = (value: number): string => value.toLocaleString("en-US");

/** Collects outcomes in any order. `hear` returns what to say about one. */
export function reportOf(runs: readonly Run[], leavesOut: boolean) {
  const results = new Map<string, RunResult>();
  const runOfJob = new Map<number, string>();
  const restarts: { text: string; ok: boolean }[] = [];
  const doubles = new Map<number, DoubleLine>();

  function hear(job: number, outcome: Outcome): string[] {
    switch (outcome.kind) {
      case "run": {
        const { result, findings } = outcome;
        results.set(result.name, result);
        runOfJob.set(job, result.name);
        const missed = findings.filter(({ wrong }) => wrong !== undefined).length;
        const left = findings.length === 0 ? "" : `; ${missed} of ${findings.length} left out are missed`;
        return verdict(result, left);
      }
      case "adoption":
        runOfJob.set(job, "restart of a running island");
        return [];
      case "restart": {
        const { stages, adoption } = outcome;
        const { downTicks, islands, lost } = adoption;
        const ok = lost === (downTicks < watchdogTicks ? 0 : islands) && islands > 0;
        const text = `${ok ? "ok " : "NOT"} restart of a running island, ${stages} stage${stages > 1 ? "s" : ""}, ${downTicks} T dead (watchdog ${watchdogTicks} T): ${count(lost)} of ${count(islands)} lost`;
        restarts.push({ text, ok });
        return [text];
      }
      case "double": {
        const lines = outcome.results.map((result) => doubleLine(outcome.entry, result));
        for (const [index, line] of lines.entries()) doubles.set(outcome.entry * 100 + index, line);
        return lines.map(({ ok, title, without, withIt }) => `${ok ? "ok " : "NOT"} ${title}: ${without}; ${withIt}`);
      }
    }
  }

  function finish(findings: ReadonlyMap<number, ReadonlyMap<number, Finding>>, wallS: number, cpuS: number): Report {
    const ordered = runs.map(({ name }) => results.get(name)).filter((result) => result !== undefined);
    const leftOut = leavesOut ? leftOutOf(findings, runOfJob) : [];
    const sum = (of: (result: RunResult) => number): number => ordered.reduce((total, one) => total + of(one), 0);
    const taken = new Set(ordered.flatMap(({ rowsTaken }) => rowsTaken));
    const idle = modeRows.filter(({ id }) => !taken.has(id)).map(({ id }) => id);
    const violations = ordered.filter(({ ok }) => !ok).length;
    const needed = leftOut.filter(({ what }) => what !== "").length;
    const unexplained = leftOut.filter((one) => one.unexplained);
    const lines = [...doubles.entries()].sort(([a], [b]) => a - b).map(([, line]) => line);
    const summary = [
      `${count(sum(({ states }) => states))} states, ${count(sum(({ transitions }) => transitions))} transitions, ${violations} violations`,
      `${wallS.toFixed(0)} s (${cpuS.toFixed(0)} s of processor time)`,
      `rows taken: ${modeRows.length - idle.length} of ${modeRows.length}${idle.length ? `; not taken: ${idle.join(" ")}` : ""}`,
    ];
    if (leavesOut)
      summary.push(
        `left out one at a time: ${leftOut.length} rows and guards, ${needed} are missed, ${leftOut.length - needed - unexplained.length} are a second line, ${unexplained.length} unexplained`,
        ...missedAfterAll(leftOut),
      );
    return {
      ok:
        violations === 0 &&
        unexplained.length === 0 &&
        restarts.every(({ ok }) => ok) &&
        lines.every(({ ok }) => ok) &&
        (!leavesOut || idle.length === 0),
      summary,
      runs: ordered,
      restarts: restarts.map(({ text }) => text).sort(),
      leftOut,
      doubles: lines,
    };
  }

  return { hear, finish };
}

function verdict(
  { name, ok, states, transitions, cpuS, complete, broken, expected, troubles }: RunResult,
  left: string,
): string[] {
  const what =
    broken !== undefined
      ? `${expected === broken.invariant ? "as expected without the hardware, breaks" : "BREAKS"} ${broken.invariant}: ${broken.end}`
      : complete
        ? "all hold"
        : "NOT EXHAUSTIVE";
  const lines = [
    `${ok ? "ok " : "NOT"} ${name}: ${count(states)} states, ${count(transitions)} transitions, ${cpuS.toFixed(1)} s, ${what}${left}`,
  ];
  if (!ok) for (const state of broken?.states ?? []) lines.push(`      ${state}`);
  for (const { what: trouble, states: hit, example } of troubles)
    lines.push(`      ${count(hit)} states: ${trouble}, for example ${example}`);
  return lines;
}

function leftOutOf(
  findings: ReadonlyMap<number, ReadonlyMap<number, Finding>>,
  runOfJob: ReadonlyMap<number, string>,
): LeftOut[] {
  return variants().map(({ number, row, guard }) => {
    const own = [...findings.get(number)!.entries()].sort(([a], [b]) => a - b);
    const [job, first] = own.find(([, { wrong }]) => wrong !== undefined) ?? [-1, undefined];
    const why = secondLines.find((line) => line.row === row.id && line.guard === guard)?.why ?? "";
    return {
      row: row.id,
      guard,
      what: first?.wrong?.what ?? "",
      end: first?.wrong?.story?.end ?? "",
      story: first?.wrong?.story,
      run: runOfJob.get(job) ?? "",
      why,
      decided: own.reduce((total, [, { decided }]) => total + decided, 0),
      unexplained: first === undefined && why === "",
    };
  });
}

/** Lines of the table of second lines that are none: they may go. */
function missedAfterAll(leftOut: readonly LeftOut[]): string[] {
  const missed = secondLines.filter(
    ({ row, guard }) => !leftOut.some((one) => one.row === row && one.guard === guard && one.what === ""),
  );
  if (missed.length === 0) return [];
  return [`listed as a second line, but missed: ${missed.map(({ row, guard }) => `${row} (${guard})`).join("; ")}`];
}

function doubleLine(
  entry: number,
  { faults, broken, statesWithout, brokenWith, statesWith, ok, ...rest }: DoubleResult,
): DoubleLine {
  const { consequence, interlock, interlocks } = doubleFaults[entry]!;
  const spared = interlocks === undefined ? "besides that" : `with ${interlock}`;
  const withIt =
    brokenWith === undefined
      ? `${spared} nothing breaks (${count(statesWith)} states)`
      : `${spared} STILL BREAKS ${brokenWith.invariant}: ${brokenWith.end}`;
  return {
    title: faults.join(" + "),
    consequence,
    interlock,
    without: broken === undefined ? "NOTHING BREAKS" : `breaks ${broken.invariant} (${broken.end})`,
    withIt,
    results: [{ faults, broken, statesWithout, brokenWith, statesWith, ok, ...rest }],
    ok,
  };
}

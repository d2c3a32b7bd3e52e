/**
 * What each guard is for: the table is explored again with one guard, or one whole row, left out. What goes wrong is the
 * guard's reason; nothing wrong makes it a second line, kept because it costs nothing and catches what is not modelled.
 */
import { type ModeRow, modeRows } from "../../src/core/mode-rows.table.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { islandsLost } from "./adoption.ts";
import { explore } from "./explore.ts";
import { faultNames, openTransitionFaults } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { livenessTroubles } from "./liveness.ts";
import { allInputs, createModel, type WorldOptions } from "./world.ts";

export interface Removal {
  readonly row: string;
  /** Name of the guard left out, or "the row". */
  readonly guard: string;
  /** What goes wrong, or "" for a second line. */
  readonly consequence: string;
  readonly states: number;
}

type Run = Partial<WorldOptions>;

const without = (...dropped: string[]) => allInputs.filter((input) => !dropped.includes(input));

/** Without a fault: safety, false lockout, and where the site rests. */
const calm: readonly Run[] = [{ inputs: without("service", "latch", "sag", "source") }];
/** Vehicles that come and go. */
const calmSource: Run = { inputs: ["grid", "source", "trip"] };
const calmClosed: Run = {
  closedTransition: true,
  interlocks: { closeRelay: true, handoverTimer: true },
  inputs: [...without("service", "latch", "trip", "sag", "source"), "sync"],
};
/** With one fault each: safety. The first is exhaustive, the others look further as far as they get. */
const faulty: readonly Run[] = [
  { faults: openTransitionFaults, inputs: ["grid"] },
  { faults: openTransitionFaults, inputs: ["grid", "permit", "trip", "reset"] },
];
/** For rows that a restart can meet. */
const faultyCrash: Run = { faults: openTransitionFaults, inputs: ["grid", "crash"] };
const exhaustiveMax = 1_500_000;
const withSecondStage: Run = {
  stages: 2,
  faults: ["stage silent"],
  faultsAre: "comes-and-goes",
  inputs: ["grid", "permit", "crash"],
};
const closedFaults: Run = {
  closedTransition: true,
  interlocks: { closeRelay: true, handoverTimer: true },
  faults: [
    "stage slow to stop",
    "stage silent",
    "contact NO stuck open",
    "K1 slow",
    "sync calculation stuck true",
    "record can't be stored",
  ],
  inputs: ["grid", "permit", "crash", "sync"],
};
/** A planned island whose stages hold their angle. */
const calmPlanned: Run = { holds: true, inputs: ["grid", "permit", "wish", "balance"] };
const faultyPlanned: Run = { holds: true, faults: openTransitionFaults, inputs: ["grid", "wish"] };
const runsFor = (row: ModeRow): { calm: readonly Run[]; faulty: readonly Run[] } => {
  const live = /^(K5s|Y|Z)/.test(row.id);
  const restarted = row.from.some((mode) => mode === "unknown" || mode === "blind" || mode === "lockedOut");
  if (/^(A\d|N\d|L4)$/.test(row.id)) return { calm: [...calm, calmPlanned], faulty: [faultyPlanned] };
  const several = /^(G2|U1|K5)/.test(row.id);
  return {
    calm: live ? [calmClosed] : row.id === "S3" ? [...calm, calmSource] : calm,
    faulty: live
      ? [closedFaults]
      : [...(several ? [withSecondStage] : []), ...(restarted ? [faultyCrash] : []), ...faulty],
  };
};

/** Every variant of the table with one thing left out. */
export function* variants(
  rows: readonly ModeRow[] = modeRows,
): Generator<{ row: ModeRow; guard: string; rows: ModeRow[] }> {
  for (const row of rows) {
    yield { row, guard: "the row", rows: rows.filter((other) => other !== row) };
    if (row.when.length === 1) {
      yield {
        row,
        guard: row.when[0]!.name,
        rows: rows.map((other) => (other === row ? { ...row, when: [] } : other)),
      };
      continue;
    }
    for (const guard of row.when) {
      const when = row.when.filter((other) => other !== guard);
      yield { row, guard: guard.name, rows: rows.map((other) => (other === row ? { ...row, when } : other)) };
    }
  }
}

/** Troubles of the table as it is, which a removal must add to. */
const knownTroubles = new Map<string, ReadonlySet<string>>();
function troublesOf(
  run: Run,
  rows: readonly ModeRow[],
  statesMax: number,
): { broken: string; states: number; troubles: string[] } {
  const model = createModel({ ...run, rows });
  const result = explore(model, statesMax);
  if (result.broken)
    return { broken: `${result.broken.invariant}: ${story(result.broken.trace)}`, states: result.states, troubles: [] };
  const troubles = result.complete
    ? livenessTroubles(model, result.store).map(({ what, example }) => `${what} [${example}]`)
    : [];
  return { broken: "", states: result.states, troubles };
}

/** Explores one variant until something goes wrong or nothing is left to try. */
export function judgeRemoval(
  variant: { row: ModeRow; guard: string; rows: readonly ModeRow[] },
  statesMax: number,
): Removal {
  const { row, guard, rows } = variant;
  const { calm: calmRuns, faulty: faultyRuns } = runsFor(row);
  let states = 0;
  const says = (consequence: string): Removal => ({ row: row.id, guard, consequence, states });
  if (row.to === "islandRunning" && row.from.includes("unknown")) {
    const lost = islandsLost(rows, 0);
    if (lost.lost > 0) return says(`${lost.lost} of ${lost.islands} running islands are lost at a restart`);
  }
  for (const run of calmRuns) {
    const { broken, states: count, troubles } = troublesOf(run, rows, statesMax);
    states += count;
    if (broken !== "") return says(broken.startsWith("I10") ? `false lockout, ${broken}` : broken);
    const key = JSON.stringify(run);
    if (!knownTroubles.has(key)) {
      knownTroubles.set(key, new Set(troublesOf(run, modeRows, statesMax).troubles.map(kind)));
    }
    const fresh = troubles.find((trouble) => !knownTroubles.get(key)!.has(kind(trouble)));
    if (fresh !== undefined) return says(fresh);
  }
  for (const run of faultyRuns) {
    const result = explore(
      createModel({ ...run, rows }),
      run === faulty[0] || run === faultyCrash ? exhaustiveMax : statesMax,
    );
    states += result.states;
    if (result.broken) return says(`${result.broken.invariant}: ${story(result.broken.trace)}`);
  }
  return says("");
}

const kind = (trouble: string): string => trouble.replace(/ \[.*$/, "");

/** The last modes of a counterexample, and the fault in it, in one line. */
function story(trace: readonly World[]): string {
  const modes: string[] = [];
  for (const w of trace) {
    const name = w[F.up] === 1 ? modeNames[w[F.mode]!]! : "down";
    if (modes.at(-1) !== name) modes.push(name);
  }
  const last = trace.at(-1)!;
  const fault = last[F.faultOn] === 1 ? `${faultNames[last[F.fault]!]}; ` : "";
  return `${fault}${modes.slice(-5).join(" → ")}`;
}

/** Asks z3, an independent proof engine, whether something can happen. */
import { spawnSync } from "node:child_process";
import type { HeldKey } from "../../src/core/modes/state.ts";
import { type Cycle, conditionTerms, stateVariables } from "./machine.ts";
import { factsAre, kept } from "./promises.table.ts";
import { and, equal, implies, type Term, toSmt, type Value, variablesOf } from "./terms.ts";

/** One question is given up after this, s. */
const timeoutS = 60;

export const isSolverHere = (): boolean => spawnSync("z3", ["--version"]).status === 0;

export interface Answer {
  /** It can happen: a counterexample; or it can't; or the solver does not know. */
  readonly answer: "sat" | "unsat" | "unknown";
  /** Of a counterexample, by the name of the variable. */
  readonly values: ReadonlyMap<string, Value>;
}

/** What is true of every cycle: facts, durations that only last while their condition does, and the machine's own step. */
function cycleIs({ after, output }: Cycle, mentioned: ReadonlySet<string>): Term[] {
  const held = [...mentioned].flatMap((name) => {
    const [, key, time] = /^held\.(\w+)\.(\w+)$/.exec(name) ?? [];
    if (key === undefined) return [];
    const longer: Record<string, string> = { contradictionMs: "glitchMs", glitchMs: "lagMs" };
    const shorter = longer[time!];
    return [
      implies(name, conditionTerms[key as HeldKey]),
      ...(shorter !== undefined && mentioned.has(`held.${key}.${shorter}`)
        ? [implies(name, `held.${key}.${shorter}`)]
        : []),
    ];
  });
  return [
    ...Object.values(factsAre),
    ...held,
    ...Object.entries(after).map(([name, term]) => equal(`p.${name}`, term)),
    ...Object.entries(output).map(([name, term]) => equal(`o.${name}`, term)),
  ];
}

const keptOf = (state: "s" | "p"): Term => and(...Object.values(kept).map((holds) => holds(state)));

/** Whether a cycle from any state that is kept can do `what`. */
export function canHappen(cycle: Cycle, what: Term): Answer {
  const names = variablesOf(what);
  for (const term of [
    ...Object.values(cycle.after),
    ...Object.values(cycle.output),
    ...Object.values(factsAre),
    keptOf("s"),
    keptOf("p"),
  ])
    variablesOf(term, names);
  for (const term of Object.values(conditionTerms)) variablesOf(term, names);
  for (const name of Object.keys(stateVariables)) names.add(`p.${name}`);
  for (const name of Object.keys(cycle.output)) names.add(`o.${name}`);
  const asserted = [...cycleIs(cycle, names), keptOf("s"), what];
  const sortOf = (name: string): string => {
    const [kind, own] = name.split(".");
    return kind === "s" || kind === "p" ? stateVariables[own as keyof typeof stateVariables] : "Bool";
  };
  const text = [
    "(set-option :produce-models true)",
    ...[...names].map((name) => `(declare-const |${name}| ${sortOf(name)})`),
    ...asserted.map((term) => `(assert ${toSmt(term)})`),
    "(check-sat)",
    `(get-value (${[...names].map((name) => `|${name}|`).join(" ")}))`,
  ].join("\n");
  const { stdout, error } = spawnSync("z3", ["-in", `-T:${timeoutS}`], {
    input: text,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (error !== undefined) throw error;
  const answer = stdout.split("\n")[0]!.trim();
  if (answer !== "sat" && answer !== "unsat") {
    if (answer.startsWith("(error")) throw new Error(answer);
    return { answer: "unknown", values: new Map() };
  }
  return { answer, values: answer === "sat" ? valuesOf(stdout) : new Map() };
}

function valuesOf(text: string): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [, name, value] of text.matchAll(/\(\|([^|]+)\|\s+(true|false|\d+|\(- \d+\))\)/g)) {
    values.set(name!, value === "true" ? true : value === "false" ? false : Number(value!.replace(/[() ]/g, "")));
  }
  return values;
}

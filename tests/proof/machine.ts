/**
 * One cycle of the mode machine as terms: its rows and rules as they run (`rows.table.ts`, `machine.ts`), its guards and acts in
 * the words of the tables beside this file. `p.` is the state after the cycle, `o.` what it lets happen.
 */

import * as guards from "../../src/core/modes/guards.ts";
import { modeRules } from "../../src/core/modes/machine.ts";
import { type ModeRow, modeRows } from "../../src/core/modes/rows.table.ts";
import { doubtsMax, type HeldKey, intentNames, startsMax } from "../../src/core/modes/state.ts";
import { isIslanded, type Mode, modeNames } from "../../src/domain/modes.ts";
import { expectations, guardTerms, uncommandedOutputHeld } from "./guards.table.ts";
import { and, equal, ifElse, not, or, type Term } from "./terms.ts";

/** What the machine keeps, as variables of a solver: names of `s.` and `p.`. */
export const stateVariables = {
  mode: "Int",
  armed: "Bool",
  opensUnproven: "Bool",
  intent: "Int",
  startsLeft: "Int",
  returnBlocked: "Bool",
  expected: "Int",
  disagreements: "Int",
  doubts: "Int",
  gridDeadAtStart: "Bool",
  leftUnarmed: "Bool",
  previous: "Int",
  /** The record is on disk. */
  stored: "Bool",
} as const;
export type StateVariable = keyof typeof stateVariables;
type State = Readonly<Record<StateVariable, Term>>;

const indexOf = (mode: Mode): number => modeNames.indexOf(mode);
/** Whether a mode term is one of these. */
export const isOneOf = (mode: Term, modes: readonly Mode[]): Term =>
  or(...modes.map((one) => equal(mode, indexOf(one))));
const modesWhere = (holds: (mode: Mode) => boolean): readonly Mode[] => modeNames.filter(holds);

const before = Object.fromEntries(Object.keys(stateVariables).map((name) => [name, `s.${name}`])) as unknown as State;

/** What makes each watched condition true, as `machine.ts` has it. */
export const conditionTerms: Readonly<Record<HeldKey, Term>> = {
  gridGood: "f.gridGood",
  gridOut: "f.gridOut",
  gridNotGood: not("f.gridGood"),
  uncommandedOutput: and(
    isOneOf(
      "s.mode",
      modesWhere((mode) => modeRules[mode].commandsEnabled),
    ),
    or(
      and(
        "f.anyForming",
        isOneOf(
          "s.mode",
          modesWhere((mode) => !modeRules[mode].form && !modeRules[mode].seamlessTransfer),
        ),
      ),
      and(
        "f.anyDischarging",
        isOneOf(
          "s.mode",
          modesWhere((mode) => !modeRules[mode].discharge && !modeRules[mode].form),
        ),
      ),
    ),
  ),
  contradiction: "f.contradiction",
  coherentClosed: "f.coherentClosed",
  coherentOpen: "f.coherentOpen",
  busDead: "f.busDead",
  busNotDead: and(not("f.busDead"), not("f.otherSource")),
  inSync: and("f.inSync", "f.gridGood"),
  balanced: "f.balanced",
};

const more = (term: Term): Term => ["+", term, 1];
const filled: Partial<State> = { startsLeft: startsMax };

function doubted(s: State): Partial<State> {
  const islanded = isOneOf(s.previous, modesWhere(isIslanded));
  const counts = and(not(s.leftUnarmed), islanded, ["<", s.startsLeft, startsMax], ["<", s.doubts, doubtsMax]);
  return {
    doubts: ifElse(counts, more(s.doubts), s.doubts),
    startsLeft: ifElse(counts, more(s.startsLeft), s.startsLeft),
  };
}

/** What a row does besides its change of mode, by the name of its function in `rows.table.ts`. */
const acts: Readonly<Record<string, (s: State) => Partial<State>>> = {
  fillStarts: () => filled,
  blockReturn: () => ({ returnBlocked: true }),
  forgetDisagreements: () => ({ disagreements: 0, doubts: 0 }),
  forgetTroubles: () => ({ disagreements: 0, doubts: 0, returnBlocked: false, ...filled }),
  expectClosed: (s) => ({ expected: expectations.indexOf("closed"), disagreements: more(s.disagreements) }),
  beginStart: (s) => ({
    gridDeadAtStart: "f.gridDead",
    startsLeft: ifElse(["<=", s.startsLeft, 0], 0, ["-", s.startsLeft, 1]),
  }),
  doubt: doubted,
  doubtOpen: (s) => ({ expected: expectations.indexOf("open"), disagreements: more(s.disagreements), ...doubted(s) }),
  distrustOpening: () => ({ opensUnproven: true }),
  trustOpening: () => ({ opensUnproven: false }),
  suspectOpening: (s) => ({ opensUnproven: or(s.opensUnproven, "f.inStep") }),
  beginClose: () => ({}),
};

/** What entering a mode does. */
function entered(mode: Mode): State {
  const { intent, until } = modeRules[mode];
  const unusedStart = and(equal("s.mode", indexOf("islandStarting")), not("s.armed"));
  return {
    ...before,
    mode: indexOf(mode),
    armed: until === undefined,
    leftUnarmed: not("s.armed"),
    previous: "s.mode",
    expected: expectations.indexOf("any"),
    gridDeadAtStart: false,
    startsLeft: ifElse(unusedStart, more("s.startsLeft"), "s.startsLeft"),
    intent: intent === "keep" ? "s.intent" : intentNames.indexOf(intent),
  };
}

const nameOfGuard = new Map(Object.entries(guards).map(([name, guard]) => [guard as guards.Guard, name]));

/** Of a guard that the table does not know a proof can't be made. */
function termOf(guard: guards.Guard): Term {
  const term = guardTerms[nameOfGuard.get(guard) ?? ""];
  if (term === undefined) throw new RangeError(`the guard “${guard.name}” has no term`);
  return term;
}

function afterRow(row: ModeRow): State {
  const state = row.to === "stay" ? before : entered(row.to);
  if (row.do === undefined) return state;
  const act = acts[row.do.name];
  if (act === undefined) throw new RangeError(`what row ${row.id} does has no term: ${row.do.name}`);
  return { ...state, ...act(state) };
}

/** The state after the cycle, and what it lets happen, as terms over `s.` and `f.`. */
export interface Cycle {
  readonly after: State;
  readonly output: Readonly<Record<"form" | "mayDischarge" | "closes" | "opens" | "moves", Term>>;
  /** For each row, in order: it is the one that is taken. */
  readonly taken: readonly (readonly [row: ModeRow, when: Term])[];
}

export function cycleOf(rows: readonly ModeRow[] = modeRows): Cycle {
  const names = Object.keys(stateVariables) as StateVariable[];
  // From the last row to the first: the first that holds decides.
  let after: State = before;
  for (const row of [...rows].reverse()) {
    const holds = and(isOneOf("s.mode", row.from), ...row.when.map(termOf));
    const then = afterRow(row);
    after = Object.fromEntries(names.map((name) => [name, ifElse(holds, then[name], after[name])])) as unknown as State;
  }
  const record: readonly StateVariable[] = ["intent", "startsLeft", "returnBlocked", "opensUnproven"];
  const stored = and("s.stored", ...record.map((name) => equal(after[name], before[name])));
  const withheld = and(isOneOf(after.mode, ["closing", "closingLive"]), or("f.otherSource", not("f.unbonded")));
  after = { ...after, stored, armed: or(after.armed, and(stored, not(withheld))) };
  const rule = (holds: (mode: Mode) => boolean): Term =>
    or(
      ...modeNames.map((mode) => {
        const { until } = modeRules[mode];
        const meanwhile = until !== undefined && holds(until);
        if (!holds(mode) && !meanwhile) return false;
        const is = equal("p.mode", indexOf(mode));
        if (until === undefined) return is;
        return and(is, or(...(holds(mode) ? ["p.armed"] : []), ...(meanwhile ? [not("p.armed")] : [])));
      }),
    );
  const opensAgainst = and(
    equal("p.mode", indexOf("lockedOut")),
    "f.deviceFresh",
    "f.stagesHeard",
    "f.canIsolate",
    uncommandedOutputHeld,
  );
  const closes = rule((mode) => modeRules[mode].transferDevice === "close");
  const opens = or(
    rule((mode) => modeRules[mode].transferDevice === "open"),
    opensAgainst,
  );
  return {
    after,
    output: {
      form: rule((mode) => modeRules[mode].form),
      mayDischarge: rule((mode) => modeRules[mode].discharge),
      closes,
      opens,
      moves: or(closes, opens),
    },
    taken: takenOf(rows),
  };
}

function takenOf(rows: readonly ModeRow[]): [ModeRow, Term][] {
  const earlier: Term[] = [];
  return rows.map((row) => {
    const holds = and(isOneOf("s.mode", row.from), ...row.when.map(termOf));
    const taken: [ModeRow, Term] = [row, and(holds, ...earlier.map(not))];
    earlier.push(holds);
    return taken;
  });
}

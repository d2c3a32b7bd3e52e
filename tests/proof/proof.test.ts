/**
 * The proof speaks of the machine that runs: its terms say what guards, acts and rules do, on random states; its facts are those
 * of `deriveModeFacts`, on random snapshots. And the proof itself, where z3 is installed.
 */
import { describe, expect, test } from "vitest";
import { Random } from "../../sim/random.ts";
import { createAuthority } from "../../src/core/modes/authority.ts";
import { createModeFacts, deriveModeFacts, type ModeFacts, modeFactsDefaults } from "../../src/core/modes/facts.ts";
import { createModeMachine, type ModeMachine, stepMode } from "../../src/core/modes/machine.ts";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { emptyRecord, type HeldKey, intentNames, recordStored } from "../../src/core/modes/state.ts";
import { type ModeTimings, modeTimings } from "../../src/core/modes/timings.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { modeNames, roleNames } from "../../src/domain/modes.ts";
import { variants } from "../model/variants.ts";
import { expectations } from "./guards.table.ts";
import { conditionTerms, cycleOf, stateVariables } from "./machine.ts";
import { factsAre, kept, promises } from "./promises.table.ts";
import { canHappen, isSolverHere } from "./solver.ts";
import { and, evaluate, not, type Value, variablesOf } from "./terms.ts";

const nowMs = 1e9;
const timings = modeTimings(100, 2_000, 1_500);

/** Any state of the machine, and any facts: more than can be reached. */
function drawn(random: Random): { machine: ModeMachine; facts: ModeFacts } {
  const yes = (): boolean => random.uniform() < 0.5;
  const ago = (): number => nowMs - 2 ** random.between(0, 19);
  const machine = createModeMachine(timings, emptyRecord, nowMs);
  const { state } = machine;
  state.mode = random.pick(modeNames);
  state.previous = random.pick(modeNames);
  state.sinceMs = ago();
  state.armedMs = ago();
  state.expected = random.pick(expectations);
  state.disagreements = random.below(4);
  state.doubts = random.below(2);
  state.gridDeadAtStart = yes();
  state.commandArmed = yes();
  state.leftUnarmed = yes();
  Object.assign(state.record, {
    intent: random.pick(intentNames),
    startsLeft: random.below(3),
    returnBlocked: yes(),
    opensUnproven: random.uniform() < 0.2,
    generation: 5,
  });
  for (const key of Object.keys(state.held) as HeldKey[]) state.held[key] = yes() ? ago() : Number.NaN;
  const facts = createModeFacts(1);
  const drawnFacts = Object.entries(facts).filter(([, value]) => typeof value === "boolean");
  // Mostly good news, or nearly every state is left by one of the first rows.
  for (const [name] of drawnFacts)
    Object.assign(facts, { [name]: random.uniform() < (name === "disagree" ? 0.1 : 0.6) });
  facts.onLiveAtMs = ago();
  facts.givingLiveAtMs = ago();
  facts.givingAgainstMs = nowMs - ago();
  facts.storedGeneration = yes() ? 5 : 4;
  return { machine, facts };
}

const numberOf: Readonly<Record<string, (value: unknown) => Value>> = {
  mode: (value) => modeNames.indexOf(value as (typeof modeNames)[number]),
  previous: (value) => modeNames.indexOf(value as (typeof modeNames)[number]),
  intent: (value) => intentNames.indexOf(value as (typeof intentNames)[number]),
  expected: (value) => expectations.indexOf(value as (typeof expectations)[number]),
};

/** The variables of a state, by the names of `machine.ts`. */
function variablesOfState({ state }: ModeMachine, facts: ModeFacts): [string, Value][] {
  const whole: Record<string, unknown> = {
    ...state,
    ...state.record,
    armed: state.commandArmed,
    stored: recordStored(state, facts),
  };
  return Object.keys(stateVariables).map((name) => [name, numberOf[name]?.(whole[name]) ?? (whole[name] as Value)]);
}

/** What every variable of the terms is worth before a cycle. */
function worthBefore(machine: ModeMachine, facts: ModeFacts, names: ReadonlySet<string>): Map<string, Value> {
  const { state } = machine;
  const worth = new Map<string, Value>();
  for (const [name, value] of Object.entries(facts)) if (typeof value === "boolean") worth.set(`f.${name}`, value);
  for (const [name, value] of variablesOfState(machine, facts)) worth.set(`s.${name}`, value);
  const time = (name: string): number => timings[name as keyof ModeTimings];
  for (const name of names) {
    const [kind, key = "", by = ""] = name.split(".");
    if (kind === "aged") worth.set(name, nowMs - state.sinceMs >= time(key));
    else if (kind === "armed") worth.set(name, nowMs - state.armedMs >= time(key));
    else if (name === "stages.onAfterStop") worth.set(name, facts.onLiveAtMs - state.sinceMs >= timings.stopMs);
    else if (name === "stages.givesAgainst") worth.set(name, facts.givingAgainstMs >= timings.disobeyMs);
    else if (kind === "held") {
      const since = state.held[key as HeldKey];
      const holds = evaluate(conditionTerms[key as HeldKey], worth) === true;
      const sinceMs = holds ? (Number.isNaN(since) ? nowMs : since) : Number.NaN;
      worth.set(name, (key === "uncommandedOutput" ? facts.givingLiveAtMs : nowMs) - sinceMs >= time(by));
    }
  }
  return worth;
}

describe("the terms are the machine", () => {
  const cycle = cycleOf();
  const names = new Set<string>();
  for (const term of [...Object.values(cycle.after), ...Object.values(cycle.output), ...Object.values(promises)])
    variablesOf(term, names);

  test("four thousand random cycles: the same mode, record and outputs", () => {
    const random = new Random(1);
    const taken = new Set<string>();
    for (let i = 0; i < 4_000; i++) {
      const { machine, facts } = drawn(random);
      const worth = worthBefore(machine, facts, names);
      const expected = Object.entries(cycle.after).map(([name, term]): [string, Value] => [
        name,
        evaluate(term, worth),
      ]);
      for (const [name, value] of expected) worth.set(`p.${name}`, value);
      const was = machine.state.row;
      const output = stepMode(machine, facts, nowMs);
      if (machine.state.row !== was) taken.add(machine.state.row);
      expect(Object.fromEntries(variablesOfState(machine, facts)), machine.state.row).toEqual(
        Object.fromEntries(expected),
      );
      const outputs = {
        form: output.form,
        mayDischarge: output.mayDischarge,
        closes: output.transferDevice === "close",
        opens: output.transferDevice === "open",
        moves: output.transferDevice !== "none",
      };
      const said = Object.fromEntries(
        Object.entries(cycle.output).map(([name, term]) => [name, evaluate(term, worth)]),
      );
      expect(said, machine.state.mode).toEqual(outputs);
    }
    // Nearly every row that leads somewhere has been taken.
    expect(taken.size).toBeGreaterThan(0.7 * modeRows.filter(({ to }) => to !== "stay").length);
  });
});

describe("the facts are those that are derived", () => {
  test("six thousand random snapshots: each sentence about facts holds", () => {
    const random = new Random(2);
    const authority = createAuthority();
    const seen = new Map<string, Set<Value>>();
    for (let i = 0; i < 6_000; i++) {
      const yes = (): boolean => random.uniform() < 0.6;
      const voltagePu = (): number => random.pick([0, 0.02, 0.5, 0.9, 1, 1.02, 1.3, Number.NaN]);
      const frequencyHz = (): number => random.pick([0, 57, 59.9, 60, 60.2, 63, Number.NaN]);
      const atMs = (): number => nowMs - random.pick([0, 20, 150, 1_000, 1e6]);
      const snapshot = createSnapshot(2, 0);
      Object.assign(snapshot.transferDevice, {
        atMs: atMs(),
        liveAtMs: atMs(),
        contactNo: random.pick(["open", "closed", "unknown"]),
        contactNc: random.pick(["open", "closed", "unknown"]),
        gridVoltagePu: voltagePu(),
        busVoltagePu: voltagePu(),
        gridFrequencyHz: frequencyHz(),
        busFrequencyHz: frequencyHz(),
        phaseDeg: random.between(-30, 30),
        syncRelay: yes(),
        otherSource: random.pick(["none", "none", "runs", "rests", "unknown"]),
        bond: random.pick(["none", "bonded", "unbonded", "unknown"]),
      });
      Object.assign(snapshot.meter, { atMs: atMs(), voltagePu: voltagePu(), frequencyHz: frequencyHz() });
      for (const stage of snapshot.stages) {
        const powerW = random.pick([0, 0, -20_000, 10_000, Number.NaN]);
        Object.assign(stage, { atMs: atMs(), liveAtMs: atMs(), role: random.pick(roleNames), powerW });
      }
      authority.parallelOK = yes();
      authority.backupOK = yes();
      const grid = {
        meterTrusted: yes(),
        meterShowsVoltage: yes(),
        inEnterServiceWindow: yes(),
        tripped: !yes(),
        deviceTripped: !yes(),
        mainsLost: !yes(),
      };
      const config = { ...modeFactsDefaults, canIsolate: yes(), closedTransition: yes() };
      const facts = deriveModeFacts(createModeFacts(2), snapshot, authority, grid, config, nowMs - 1e5, nowMs);
      const worth = new Map<string, Value>();
      for (const [name, value] of Object.entries(facts)) {
        if (typeof value !== "boolean") continue;
        worth.set(`f.${name}`, value);
        seen.set(name, (seen.get(name) ?? new Set<Value>()).add(value));
      }
      for (const [name, holds] of Object.entries(factsAre)) expect(evaluate(holds, worth), name).toBe(true);
    }
    // Both ways of what the sentences speak about.
    const spoken = [...Object.values(factsAre)].flatMap((term) => [...variablesOf(term)]);
    expect([...new Set(spoken)].filter((name) => seen.get(name.slice(2))?.size !== 2)).toEqual([]);
  });
});

const here = isSolverHere();
describe.skipIf(!here)(`proven by z3${here ? "" : ": skipped, it is not installed (apt-get install z3)"}`, () => {
  const all = and(...Object.values(kept).map((holds) => holds("p")), ...Object.values(promises));

  test("each cycle keeps what is kept, and every promise", () => {
    expect(canHappen(cycleOf(), not(all)).answer).toBe("unsat");
  });

  test("what the proof starts from can happen: a site in parallel, one as an island, one locked out", () => {
    for (const mode of ["parallel", "islandRunning", "lockedOut"] as const) {
      const [before, after] = ["s.mode", "p.mode"].map((name) => ["=", name, modeNames.indexOf(mode)] as const);
      expect(canHappen(cycleOf(), and(before!, after!)).answer, mode).toBe("sat");
    }
  });

  test.each([
    ["island-start", "both contacts say open"],
    ["island-start", "the bus is proven dead"],
    ["island-no-backup-authority", "the row"],
    ["restart-island-adopted", "both contacts say open"],
    ["restart-island-adopted", "the record says island"],
    ["return-close-k1", "the bus is proven dead"],
    ["resync-close-k1", "both sides stay in synchronism"],
    ["enter-service", "the grid stays good for the delay"],
    ["lockout-reset", "a person on site resets"],
    ["open-contacts-disagree", "the row"],
    ["parallel-grid-fails", "the row"],
    ["close-stage-not-off", "the row"],
  ])("without “%s: %s” a promise breaks, with a counterexample", (row, guard) => {
    const variant = variants(modeRows).find((one) => one.row.id === row && one.guard === guard);
    const { answer, values } = canHappen(cycleOf(variant!.rows), not(all));
    expect(answer).toBe("sat");
    expect(evaluate(all, values)).toBe(false);
  });
});

/**
 * `plan(problem)`: a plan for every problem. The linear programme where there is a solver and it answers, else the greedy plan, named
 * as such. No clock, no random: the same problem gives the same bytes.
 */
import { greedyPowers } from "./greedy.ts";
import { carriedBasis } from "./lp/basis.ts";
import { solveByLevel } from "./lp/by-level.ts";
import { curtailedOf, powersOf } from "./lp/flows.ts";
import { type Formulation, formulate } from "./lp/formulation.ts";
import { type LoadedProgramme, type LpSolution, type LpSolver, sameMatrix } from "./lp/linear-programme.ts";
import { settle } from "./lp/settle.ts";
import { leastCurtailment, type Outcome, outcomeOf } from "./outcome.ts";
import type { PlanningProblem } from "./problem.ts";
import { checkProblem, type PlanningFault } from "./problem-check.ts";
import { type Reasons, reasonsOf, simpleReasons } from "./reasons.ts";

export interface Plan {
  readonly method: "linear-programme" | "greedy";
  /** Why the plan is greedy; absent otherwise. */
  readonly fallback?: string;
  /** W in each slot, by EVSE; positive from the grid to the vehicle. */
  readonly powerW: Readonly<Record<string, readonly number[]>>;
  readonly pvCurtailW: readonly number[];
  /**
   * Import that each slot may reach without costing what the plan does not count on, W: planned import or the peak that is billed
   * already, and no more than an event allows. For whoever trims the vehicles while load and PV differ from their forecast.
   */
  readonly gridCapW: readonly number[];
  readonly outcome: Outcome;
  /** Why each EVSE does in each slot what it does. */
  readonly reasons: Reasons;
  /** What was wrong with the problem and how it was mended. */
  readonly faults: readonly PlanningFault[];
}

/** Plans again and again on a kept programme: warm as long as the matrix stays the same, built anew when it does not. */
export class Planner {
  readonly #solver: LpSolver | null;
  readonly #noSolver: string;
  #loaded: LoadedProgramme | null = null;
  #formulation: Formulation | null = null;

  /** `solver` `null`: every plan is greedy, because of `noSolver`. */
  constructor(solver: LpSolver | null, noSolver = "there is no solver") {
    this.#solver = solver;
    this.#noSolver = noSolver;
  }

  plan(raw: unknown): Plan {
    const { problem, faults } = checkProblem(raw);
    if (!problem) return { ...emptyPlan, faults };
    if (!this.#solver) return greedyPlan(problem, faults, this.#noSolver);
    try {
      return this.#optimum(problem, faults, this.#solver) ?? greedyPlan(problem, faults, "the solver found no plan");
    } catch (failure) {
      this.dispose();
      return greedyPlan(problem, faults, `the solver failed: ${failure instanceof Error ? failure.message : failure}`);
    }
  }

  #optimum(problem: PlanningProblem, faults: readonly PlanningFault[], solver: LpSolver): Plan | null {
    const formulation = formulate(problem, this.#formulation ?? undefined);
    const wasKept = this.#formulation !== null;
    let solution = this.#solve(formulation, this.#load(formulation, solver));
    if (!solution && wasKept) {
      // Where the last plan ended was no good start.
      this.dispose();
      solution = this.#solve(formulation, this.#load(formulation, solver));
    }
    if (!solution) return null;
    const powerW = powersOf(formulation, solution.values);
    const pvCurtailW = curtailedOf(formulation, solution.values);
    const outcome = outcomeOf(problem, powerW, pvCurtailW);
    if (outcome.broken.length > 0) throw new Error(`its plan breaks a limit (${outcome.broken[0]})`);
    const reasons = reasonsOf(formulation, solution);
    return {
      method: "linear-programme",
      powerW,
      pvCurtailW,
      gridCapW: gridCap(problem, outcome),
      outcome,
      reasons,
      faults,
    };
  }

  #solve(formulation: Formulation, loaded: LoadedProgramme): LpSolution | null {
    const byLevel = solveByLevel(formulation, loaded);
    return byLevel && settle(formulation, loaded, byLevel);
  }

  #load(formulation: Formulation, solver: LpSolver): LoadedProgramme {
    if (this.#loaded && this.#formulation && sameMatrix(this.#formulation.programme, formulation.programme)) {
      this.#loaded.update(formulation.programme);
    } else {
      const basis = this.#loaded?.basis();
      const start = basis && this.#formulation && carriedBasis(this.#formulation, basis, formulation);
      this.dispose();
      this.#loaded = solver.load(formulation.programme);
      if (start) this.#loaded.startFrom(start);
    }
    this.#formulation = formulation;
    return this.#loaded;
  }

  dispose(): void {
    this.#loaded?.dispose();
    this.#loaded = null;
    this.#formulation = null;
  }
}

/** One plan for one problem. Throws nothing; see `Plan.fallback`. */
export function plan(problem: unknown, solver: LpSolver | null): Plan {
  const planner = new Planner(solver);
  try {
    return planner.plan(problem);
  } finally {
    planner.dispose();
  }
}

export function greedyPlan(problem: PlanningProblem, faults: readonly PlanningFault[], fallback: string): Plan {
  const powerW = greedyPowers(problem);
  const pvCurtailW = leastCurtailment(problem, powerW);
  const outcome = outcomeOf(problem, powerW, pvCurtailW);
  const reasons = simpleReasons(problem);
  return {
    method: "greedy",
    fallback,
    powerW,
    pvCurtailW,
    gridCapW: gridCap(problem, outcome),
    outcome,
    reasons,
    faults,
  };
}

const emptyPlan: Omit<Plan, "faults"> = {
  method: "greedy",
  fallback: "the problem can't be planned",
  powerW: {},
  pvCurtailW: [],
  gridCapW: [],
  outcome: {
    stays: [],
    netW: [],
    bill: { energy: 0, demand: 0, wear: 0, events: 0, total: 0 },
    unmetWh: { 1: 0, 2: 0, 3: 0 },
    reserveShortWhh: 0,
    commitmentShortWh: 0,
    broken: [],
  },
  reasons: {},
};

function gridCap({ site, tariff, events, slots }: PlanningProblem, { netW }: Outcome): number[] {
  return Array.from({ length: slots }, (_, t) => {
    let cap = site.importLimitW;
    for (const { slots: counted, peakSoFarW, perKW } of tariff.demand) {
      if (perKW > 0 && counted.includes(t)) cap = Math.min(cap, peakSoFarW);
    }
    for (const { fromSlot, toSlot, baselineW, committedW } of events) {
      if (t >= fromSlot && t < toSlot) cap = Math.min(cap, baselineW[t - fromSlot]! - committedW);
    }
    return Math.round(Math.max(cap, netW[t]!));
  });
}

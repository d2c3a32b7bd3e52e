/**
 * Settles what a linear programme leaves open (`open-choices.ts`). First by rounding: every open choice goes to its nearer side, and
 * the programme is solved again, until none is open. Then by a search, best first, over one choice at a time, within a bound on work.
 * All on the kept programme, where changed bounds cost a few simplex steps.
 */

import { greedyPowers } from "../greedy.ts";
import { keptWithin, type SolvedByLevel, slackOf } from "./by-level.ts";
import { type Level, levels } from "./draft.ts";
import type { Formulation } from "./formulation.ts";
import type { LoadedProgramme, LpSolution } from "./linear-programme.ts";
import { asSettled, type Bounds, noLeastDischarge, openChoices, takenBy, takenIn } from "./open-choices.ts";

/** Rounds of rounding. */
const roundsMax = 150;
/** Work of the search over money, and over each level that its choices make worse: programmes solved and simplex steps of all of them. */
const moneyWork: Work = { nodes: 300, iterations: 9_000 };
const levelWork: Work = { nodes: 120, iterations: 4_000 };
/** A plan this close to the bound is as good as the best, as a share of the money at stake. */
const closeEnough = 1e-4;
/** The same of a level, kWh (kWh·h for the reserve): a Wh. */
const closeEnoughKWh = 1e-3;

interface Work {
  readonly nodes: number;
  readonly iterations: number;
}

interface Settled {
  readonly solution: LpSolution;
  readonly bounds: readonly Bounds[];
}

/** `null`: no plan that keeps every rule was found. The duals of a solution are those of its own bounds. */
export function settle(formulation: Formulation, loaded: LoadedProgramme, byLevel: SolvedByLevel): LpSolution | null {
  if (openChoices(formulation, byLevel.solution.values).length === 0) return byLevel.solution;
  const tree = new Tree(formulation, loaded);
  tree.weigh(formulation.moneyCost, byLevel.least);
  const rounded = roundOff(tree, byLevel.solution);
  if (rounded)
    return search(tree, byLevel.solution, rounded, margin(tree, byLevel.solution), moneyWork)?.solution ?? null;
  return settleByLevel(tree, formulation);
}

const margin = (tree: Tree, root: LpSolution): number => closeEnough * Math.max(1, Math.abs(tree.objective(root)));

/**
 * Where what the levels could reach does not fit the choices: level by level again, each as good as the search finds it, and what is
 * found for one is where the next begins.
 */
function settleByLevel(tree: Tree, formulation: Formulation): LpSolution | null {
  const held: Partial<Record<Level, number>> = {};
  let settled = byWeights(tree, formulation);
  for (const level of levels) {
    const levelCost = formulation.levelCost[level];
    const slack = ({ values }: LpSolution): number => slackOf(levelCost, values);
    const found = improved(tree, formulation, settled, {
      cost: levelCost,
      held,
      marginOf: () => closeEnoughKWh,
      enough: (solution, root) => slack(solution) <= slack(root) + closeEnoughKWh,
      work: levelWork,
    });
    // Without a better one what is settled stays, with what it leaves of this level.
    settled = found ?? settled;
    if (!settled) return null;
    held[level] = Math.max(0, slack(settled.solution));
  }
  const money: Aim = { cost: formulation.moneyCost, held, marginOf: margin, enough: () => false, work: moneyWork };
  return (improved(tree, formulation, settled, money) ?? settled)?.solution ?? null;
}

/** A begin: the levels weighed by the guess. */
function byWeights(tree: Tree, formulation: Formulation): Settled | null {
  tree.weigh(formulation.guessedCost, {});
  const root = tree.solve([]);
  if (!root) return null;
  const rounded = roundOff(tree, root) ?? roundedWithoutDischarge(tree, formulation);
  // Whoever charges without a solver charges in few slots: where lowest powers crowd each other out, that is the better begin.
  const greedy = kept(tree, formulation, takenIn(formulation, greedyPowers(formulation.problem)));
  return search(tree, root, better(tree, rounded, greedy), margin(tree, root), levelWork);
}

interface Aim {
  readonly cost: Float64Array;
  readonly held: Partial<Least>;
  readonly marginOf: (tree: Tree, root: LpSolution) => number;
  /** A solution that needs no better one, beside the best that there could be. */
  readonly enough: (solution: LpSolution, root: LpSolution) => boolean;
  readonly work: Work;
}

/** The best that is found for an aim, beginning with the choices of `settled`. */
function improved(tree: Tree, formulation: Formulation, settled: Settled | null, aim: Aim): Settled | null {
  tree.weigh(aim.cost, aim.held);
  const before = settled && kept(tree, formulation, takenBy(formulation, settled.solution.values));
  const root = tree.solve([]);
  if (!root || (before && aim.enough(before.solution, root))) return before;
  const known = better(tree, before, roundOff(tree, root));
  if (known && aim.enough(known.solution, root)) return known;
  const enough = (solution: LpSolution): boolean => aim.enough(solution, root);
  return search(tree, root, known, aim.marginOf(tree, root), aim.work, enough);
}

/** The choices of a plan, under the objective of now. */
function kept(tree: Tree, formulation: Formulation, taken: Parameters<typeof asSettled>[1]): Settled | null {
  const bounds = asSettled(formulation, taken);
  const solution = tree.solve(bounds);
  return solution && { bounds, solution };
}

function better(tree: Tree, one: Settled | null, other: Settled | null): Settled | null {
  if (!one || !other) return one ?? other;
  return tree.objective(other.solution) < tree.objective(one.solution) ? other : one;
}

type Least = Readonly<Record<Level, number>>;

/** The kept programme with the bounds of one node of the search at a time. */
class Tree {
  readonly #formulation: Formulation;
  readonly #loaded: LoadedProgramme;
  #applied: readonly Bounds[] = [];
  #cost: Float64Array;

  constructor(formulation: Formulation, loaded: LoadedProgramme) {
    this.#formulation = formulation;
    this.#loaded = loaded;
    this.#cost = formulation.moneyCost;
  }

  /** Takes `cost` as objective and keeps each level that is `held` there; the others are free. */
  weigh(cost: Float64Array, held: Partial<Least>): void {
    for (const level of levels)
      this.#loaded.setRowBounds(this.#formulation.levelRows[level], 0, (held[level] ?? Infinity) + keptWithin);
    this.#cost = cost;
    this.#loaded.setCosts(cost);
  }

  solve(bounds: readonly Bounds[]): LpSolution | null {
    const { lower, upper } = this.#formulation.programme;
    for (const [column] of this.#applied) this.#loaded.setColumnBounds(column, lower[column]!, upper[column]!);
    for (const bound of bounds) this.#loaded.setColumnBounds(...bound);
    this.#applied = bounds;
    return this.#loaded.solve();
  }

  objective = (solution: LpSolution): number => slackOf(this.#cost, solution.values);

  open(solution: LpSolution): ReturnType<typeof openChoices> {
    return openChoices(this.#formulation, solution.values);
  }
}

/** For where rounding has promised a discharge whose energy then finds no room: nobody who has a lowest discharging power gives any. */
function roundedWithoutDischarge(tree: Tree, formulation: Formulation): Settled | null {
  const bounds = noLeastDischarge(formulation);
  const root = tree.solve(bounds);
  return root && roundOff(tree, root, bounds);
}

/** Settles the most decided third of the open choices, solves again, and so on, beginning within `begun`. */
function roundOff(tree: Tree, from: LpSolution, begun: readonly Bounds[] = []): Settled | null {
  let solution = from;
  let bounds = begun;
  for (let round = 0; round < roundsMax; round++) {
    const open = tree.open(solution).sort((a, b) => a.sizeKW - b.sizeKW);
    const [first] = open;
    if (!first) return { solution, bounds };
    const third = open.slice(0, Math.ceil(open.length / 3)).flatMap(({ nearer }) => nearer);
    // Where a side does not fit, one choice at a time and the other side of it.
    const settled = [third, first.nearer, first.other].map((side) => [...bounds, ...side]);
    let next: LpSolution | null = null;
    for (const tried of settled) {
      next = tree.solve(tried);
      if (!next) continue;
      bounds = tried;
      break;
    }
    if (!next) return null;
    solution = next;
  }
  return null;
}

interface Node {
  readonly bounds: readonly Bounds[];
  readonly lowest: number;
}

/** Best first. `null`: nothing was found and nothing was `known`. */
function search(
  tree: Tree,
  root: LpSolution,
  known: Settled | null,
  margin: number,
  work: Work,
  enough: (solution: LpSolution) => boolean = () => false,
): Settled | null {
  let best = known;
  let ceiling = known ? tree.objective(known.solution) : Infinity;
  const lowest = tree.objective(root);
  const waiting: Node[] = branches(tree, root, { bounds: [], lowest });
  let iterations = 0;
  let foundAt = 0;
  for (let nodes = 0; nodes < work.nodes && iterations < work.iterations && waiting.length > 0; nodes++) {
    // Among nodes that are as good the deepest: it is nearest to being done. The longer nothing is found, the less "as good" means.
    const alike = margin * 4 ** Math.floor((nodes - foundAt) / 50);
    let next = waiting.length - 1;
    for (let i = next - 1; i >= 0; i--) if (waiting[i]!.lowest < waiting[next]!.lowest - alike) next = i;
    const [node] = waiting.splice(next, 1) as [Node];
    if (node.lowest > ceiling - margin) continue;
    const solution = tree.solve(node.bounds);
    if (!solution) continue;
    iterations += solution.iterations;
    const objective = tree.objective(solution);
    if (objective > ceiling - margin) continue;
    const deeper = branches(tree, solution, { bounds: node.bounds, lowest: objective });
    if (deeper.length > 0) waiting.push(...deeper);
    else {
      best = { solution, bounds: node.bounds };
      ceiling = objective;
      foundAt = nodes;
      if (enough(solution)) return best;
    }
  }
  return best;
}

function branches(tree: Tree, solution: LpSolution, { bounds, lowest }: Node): Node[] {
  const open = tree.open(solution);
  if (open.length === 0) return [];
  const most = open.reduce((first, choice) => (choice.sizeKW > first.sizeKW ? choice : first));
  return [most.other, most.nearer].map((side) => ({ bounds: [...bounds, ...side], lowest }));
}

/**
 * Settles what a linear programme leaves open (`open-choices.ts`). First by rounding: every open choice goes to its nearer side, and
 * the programme is solved again, until none is open. Then by a search, best first, over one choice at a time, within a bound on work.
 * All on the kept programme, where changed bounds cost a few simplex steps.
 */

import { keptWithin, type SolvedByLevel, slackOf } from "./by-level.ts";
import { levels } from "./draft.ts";
import type { Formulation } from "./formulation.ts";
import type { LoadedProgramme, LpSolution } from "./linear-programme.ts";
import { type Bounds, openChoices } from "./open-choices.ts";

/** Rounds of rounding. */
const roundsMax = 150;
/** Work of the search: programmes solved and simplex steps of all of them. */
const nodesMax = 300;
const iterationsMax = 9_000;
/** A plan this close to the bound is as good as the best, as a share of the money at stake. */
const closeEnough = 1e-4;

interface Settled {
  readonly solution: LpSolution;
  readonly bounds: readonly Bounds[];
}

/** `null`: no plan that keeps every rule was found. The duals of a solution are those of its own bounds. */
export function settle(formulation: Formulation, loaded: LoadedProgramme, byLevel: SolvedByLevel): LpSolution | null {
  if (openChoices(formulation, byLevel.solution.values).length === 0) return byLevel.solution;
  const tree = new Tree(formulation, loaded);
  tree.keep(byLevel);
  let rounded = roundOff(tree, byLevel.solution);
  let root: LpSolution | null = byLevel.solution;
  if (!rounded) {
    // What the levels leave does not fit the choices: weigh the levels instead of holding them.
    tree.keep(null);
    root = tree.solve([]);
    rounded = root && roundOff(tree, root);
  }
  if (!root) return null;
  return search(tree, root, rounded)?.solution ?? null;
}

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

  /** Holds each level at its least slack with money as objective, or lets go of them and weighs them by the guess. */
  keep(byLevel: SolvedByLevel | null): void {
    const { levelRows, moneyCost, guessedCost } = this.#formulation;
    for (const level of levels) {
      this.#loaded.setRowBounds(levelRows[level], 0, byLevel ? byLevel.least[level] + keptWithin : Infinity);
    }
    this.#cost = byLevel ? moneyCost : guessedCost;
    this.#loaded.setCosts(this.#cost);
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

/** Settles the most decided third of the open choices, solves again, and so on. */
function roundOff(tree: Tree, from: LpSolution): Settled | null {
  let solution = from;
  let bounds: readonly Bounds[] = [];
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

/** Best first. */
function search(tree: Tree, root: LpSolution, rounded: Settled | null): Settled | null {
  let best = rounded;
  let ceiling = rounded ? tree.objective(rounded.solution) : Infinity;
  const lowest = tree.objective(root);
  const margin = closeEnough * Math.max(1, Math.abs(lowest));
  const waiting: Node[] = branches(tree, root, { bounds: [], lowest });
  let iterations = 0;
  let foundAt = 0;
  for (let nodes = 0; nodes < nodesMax && iterations < iterationsMax && waiting.length > 0; nodes++) {
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

/**
 * What each row and each guard is for: the run is explored again with one of them left out. Most of that exploration is known
 * already. Wherever the thing left out did not decide, the table does without it what it did with it, so the graph of the run
 * is followed; only where it decided, and in states that the run never saw, do the rows run again. The states reached are
 * exactly those of the table without it.
 */
import {
  type Broken,
  byEvent,
  type Exploration,
  type Graph,
  Integers,
  type Lists,
  StateStore,
  type Step,
  traceTo,
} from "./explore.ts";
import { createWorld, type World } from "./fields.table.ts";
import type { InvariantName } from "./invariants.ts";
import { livenessTroubles, type Ticks, type Trouble, ticksOf } from "./liveness.ts";
import type { Variant } from "./variants.ts";
import { createModel, type Model } from "./world.ts";

/** What goes wrong without it; nothing, when it decided nowhere or nothing came of it. */
export interface Consequence {
  /** States with their inputs in which it decided. */
  readonly decided: number;
  readonly broken: Broken | undefined;
  readonly trouble: Trouble | undefined;
}

/** New states that one thing left out may bring before the search is given up. */
const newStatesMax = 4_000_000;

export class LeaveOut {
  private readonly base: Model;
  private readonly store: StateStore;
  private readonly graph: Graph;
  private readonly decided: Lists;
  /** Marks of the variant that is being judged. */
  private readonly pairs: Uint8Array;
  private readonly states: Uint8Array;
  /** For each state of the run, 1 + the state from which it was reached. */
  private readonly reachedFrom: Int32Array;

  constructor(base: Model, { store, graph }: Exploration, variantCount: number) {
    if (graph === undefined) throw new Error("explored without keeping the graph");
    this.base = base;
    this.store = store;
    this.graph = graph;
    this.decided = inverse(graph.decisive, store.count * base.inputs.count, variantCount);
    this.pairs = new Uint8Array(store.count * base.inputs.count);
    this.states = new Uint8Array(store.count);
    this.reachedFrom = new Int32Array(store.count);
  }

  /** How many states with their inputs are decided otherwise without `number`. */
  countDecided(number: number): number {
    return this.decided.first[number + 1]! - this.decided.first[number]!;
  }

  judge({ number, rows }: Variant, judgeRest: boolean): Consequence {
    const decided = this.countDecided(number);
    if (decided === 0) return { decided, broken: undefined, trouble: undefined };
    this.mark(number, 1);
    const model = createModel({ ...this.base.options, rows });
    const search = new Search(model, this.store, this.graph, this.pairs, this.states, this.reachedFrom.fill(0));
    const broken = search.run();
    const trouble = broken === undefined && judgeRest ? search.troubles()[0] : undefined;
    this.mark(number, 0);
    return { decided, broken, trouble };
  }

  private mark(number: number, value: number): void {
    const { first, values } = this.decided;
    const inputs = this.base.inputs.count;
    for (let i = first[number]!; i < first[number + 1]!; i++) {
      this.pairs[values[i]!] = value;
      this.states[Math.floor(values[i]! / inputs)] = value;
    }
  }
}

/** From lists of variants for each pair of state and inputs to lists of pairs for each variant. */
function inverse({ first, values }: Lists, pairCount: number, variantCount: number): Lists {
  const start = new Int32Array(variantCount + 1);
  const end = first[pairCount]!;
  for (let i = 0; i < end; i++) start[values[i]! + 1]!++;
  for (let v = 0; v < variantCount; v++) start[v + 1]! += start[v]!;
  const at = start.slice();
  const pairs = new Int32Array(end);
  for (let pair = 0; pair < pairCount; pair++)
    for (let i = first[pair]!; i < first[pair + 1]!; i++) pairs[at[values[i]!]!++] = pair;
  return { first: start, values: pairs };
}

/** One exploration of a variant. States of the run keep their index; new ones follow. */
class Search {
  private readonly known: number;
  private readonly fresh = new StateStore();
  private readonly queue = new Integers();
  /** What ticks lead to where they run again: a number of successors, then these. */
  private readonly leadsTo = new Integers();
  /** Where in `leadsTo`: for each marked pair, and for each pair of a new state in order. */
  private readonly ofMarked = new Map<number, number>();
  private readonly ofFresh = new Integers();
  private broken: { invariant: InvariantName; at: number; step: Step } | undefined;
  private readonly model: Model;
  private readonly store: StateStore;
  private readonly graph: Graph;
  private readonly pairs: Uint8Array;
  private readonly states: Uint8Array;
  private readonly reachedFrom: Int32Array;
  private readonly world = createWorld();

  constructor(
    model: Model,
    store: StateStore,
    graph: Graph,
    pairs: Uint8Array,
    states: Uint8Array,
    reachedFrom: Int32Array,
  ) {
    this.model = model;
    this.store = store;
    this.graph = graph;
    this.pairs = pairs;
    this.states = states;
    this.reachedFrom = reachedFrom;
    this.known = store.count;
  }

  run(): Broken | undefined {
    const { model, queue } = this;
    for (const start of model.initial) this.visit(this.store.find(start), -1);
    for (let i = 0; i < queue.count && this.broken === undefined; i++) {
      const at = queue.values[i]!;
      if (at >= this.known) this.stepFresh(at);
      else if (this.states[at] === 1) this.stepMarked(at);
      else this.follow(at);
      if (this.fresh.count > newStatesMax) throw new Error("more new states than newStatesMax");
    }
    if (this.broken === undefined) return undefined;
    const { invariant, at, step } = this.broken;
    return { invariant, trace: traceTo(at, step, model, this.read, this.stepTo) };
  }

  /** Nothing is decided otherwise here. */
  private follow(at: number): void {
    const { events, ticks } = this.graph;
    const inputs = this.model.inputs.count;
    for (let e = events.first[at]!; e < events.first[at + 1]!; e++) this.visit(events.values[e]!, at);
    const end = ticks.first[(at + 1) * inputs]!;
    for (let e = ticks.first[at * inputs]!; e < end; e++) this.visit(ticks.values[e]!, at);
  }

  private visit(to: number, from: number): void {
    if (this.reachedFrom[to] !== 0) return;
    this.reachedFrom[to] = from + 1 || -1;
    this.queue.push(to);
  }

  private stepMarked(at: number): void {
    const { events, ticks } = this.graph;
    const { model, world } = this;
    for (let e = events.first[at]!; e < events.first[at + 1]!; e++) this.visit(events.values[e]!, at);
    for (let c = 0; c < model.inputs.count; c++) {
      const pair = at * model.inputs.count + c;
      if (this.pairs[pair] === 0) {
        for (let e = ticks.first[pair]!; e < ticks.first[pair + 1]!; e++) this.visit(ticks.values[e]!, at);
        continue;
      }
      this.store.read(at, world);
      this.ofMarked.set(pair, this.tick(at, c));
    }
  }

  private stepFresh(at: number): void {
    const { model, world } = this;
    this.fresh.read(at - this.known, world);
    model.events(world, (to) => this.found(to, at, byEvent));
    for (let c = 0; c < model.inputs.count; c++) this.ofFresh.push(this.tick(at, c));
  }

  /** One tick of the rows from `this.world`, which is `at` without inputs; returns its place in `leadsTo`. */
  private tick(at: number, combination: number): number {
    const { model, world, leadsTo } = this;
    const place = leadsTo.count;
    leadsTo.push(0);
    model.inputs.apply(combination, world);
    model.tick(world, (to, invariant) => {
      const index = this.found(to, at, combination);
      leadsTo.push(index);
      leadsTo.values[place]!++;
      if (invariant !== "" && this.broken === undefined)
        this.broken = { invariant, at: index, step: { parent: at, inputs: combination } };
    });
    return place;
  }

  private found(to: World, from: number, inputs: number): number {
    const known = this.store.find(to);
    if (known >= 0) {
      this.visit(known, from);
      return known;
    }
    const before = this.fresh.count;
    const index = this.known + this.fresh.add(to, false, from, inputs);
    if (this.fresh.count > before) this.queue.push(index);
    return index;
  }

  /**
   * Where the site comes to rest with the variant, when nothing broke. Whatever is new about that contains a state that is new
   * or a decision that is.
   */
  troubles(): Trouble[] {
    const { known, model, graph, read } = this;
    const inputs = model.inputs.count;
    const run = ticksOf(graph.ticks, inputs);
    const ran = graph.ticks.values.length;
    const placeOf = (state: number, combination: number): number | undefined =>
      state >= known
        ? this.ofFresh.values[(state - known) * inputs + combination]
        : this.states[state] === 1
          ? this.ofMarked.get(state * inputs + combination)
          : undefined;
    const ticks: Ticks = {
      start: (state, combination) => {
        const place = placeOf(state, combination);
        return place === undefined ? run.start(state, combination) : ran + place + 1;
      },
      end: (state, combination) => {
        const place = placeOf(state, combination);
        return place === undefined ? run.end(state, combination) : ran + place + 1 + this.leadsTo.values[place]!;
      },
      to: (at) => (at < ran ? run.to(at) : this.leadsTo.values[at - ran]!),
    };
    const rootsOf = Array.from({ length: inputs }, () => new Integers());
    for (const pair of this.ofMarked.keys()) rootsOf[pair % inputs]!.push(Math.floor(pair / inputs));
    for (let state = 0; state < this.fresh.count; state++) for (const roots of rootsOf) roots.push(known + state);
    const roots = (combination: number): Int32Array => {
      const { values, count } = rootsOf[combination]!;
      return values.subarray(0, count);
    };
    return livenessTroubles(model, { count: known + this.fresh.count, ticks, read, roots });
  }

  private readonly read = (index: number, to: World): void => {
    if (index < this.known) this.store.read(index, to);
    else this.fresh.read(index - this.known, to);
  };

  /** From where, and under which inputs: for a known state the first edge that leads there. */
  private readonly stepTo = (index: number): Step => {
    if (index >= this.known)
      return { parent: this.fresh.parentOf(index - this.known), inputs: this.fresh.inputsOf(index - this.known) };
    const parent = Math.max(0, this.reachedFrom[index]!) - 1;
    if (parent < 0) return { parent, inputs: 0 };
    return { parent, inputs: this.inputsBetween(parent, index) };
  };

  private inputsBetween(from: number, to: number): number {
    const { events, ticks } = this.graph;
    const inputs = this.model.inputs.count;
    const leads = ({ values }: { readonly values: Int32Array }, start: number, end: number): boolean =>
      values.subarray(start, end).includes(to);
    if (from < this.known && leads(events, events.first[from]!, events.first[from + 1]!)) return byEvent;
    for (let c = 0; c < inputs; c++) {
      const pair = from * inputs + c;
      const place = from < this.known ? this.ofMarked.get(pair) : this.ofFresh.values[pair - this.known * inputs];
      if (place === undefined) {
        if (leads(ticks, ticks.first[pair]!, ticks.first[pair + 1]!)) return c;
      } else if (leads(this.leadsTo, place + 1, place + 1 + this.leadsTo.values[place]!)) return c;
    }
    return byEvent;
  }
}

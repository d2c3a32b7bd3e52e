/**
 * Breadth-first exploration of every reachable state. What is stored is a state without its inputs, whole (five words, no
 * hashing away), found again through an open-addressing table; each remembers which one it was first reached from and with
 * which inputs, so that a broken invariant comes with the shortest story. The machine's real rows run once for every stored
 * state with every combination of inputs.
 */
import { controllerWords, createWorld, pack, unpack, type World, wordCount } from "./fields.table.ts";
import type { InvariantName } from "./invariants.ts";
import type { Model } from "./world.ts";

/** Reached from its parent by an event, not by a tick. */
export const byEvent = -1;

export interface Exploration {
  /** States with their inputs: each one has been stepped from. */
  readonly states: number;
  /** Steps computed; that inputs may change between any two of them is not counted. */
  readonly transitions: number;
  readonly cpuS: number;
  /** False when `statesMax` ended it. */
  readonly complete: boolean;
  /** First broken invariant, and the states that lead to it. */
  readonly broken: Broken | undefined;
  readonly store: StateStore;
  /** What leads where, when it was asked for. */
  readonly graph: Graph | undefined;
}

export interface Broken {
  readonly invariant: InvariantName;
  readonly trace: readonly World[];
}

/** Lists of integers, one after the other: list `i` is `values[first[i]]` up to `values[first[i + 1] - 1]`. */
export interface Lists {
  readonly first: Int32Array;
  readonly values: Int32Array;
}

export interface Graph {
  /** For each stored state: what events lead to. */
  readonly events: Lists;
  /** For each stored state and each combination of inputs (state · inputs + combination): what a tick leads to. */
  readonly ticks: Lists;
  /** For the same: what of the rows decided there, as numbers of variants (`variants.ts`). */
  readonly decisive: Lists;
}

/** All states found, without inputs, in the order of their discovery. */
export class StateStore {
  private words = new Uint32Array(wordCount << 10);
  private parent = new Int32Array(1 << 10);
  private inputs = new Int16Array(1 << 10);
  private table = new Int32Array(1 << 12);
  count = 0;
  private readonly probe = new Uint32Array(wordCount);

  /** Index of `world`, −1 when it is not known. */
  find(world: World): number {
    pack(world, this.probe, 0, wordCount);
    return this.table[this.slot()]! - 1;
  }

  /** Index of `world`, which is added when it is new. `sameController`: nothing but nature has changed since the last call. */
  add(world: World, sameController: boolean, parent: number, inputs: number): number {
    const { probe } = this;
    pack(world, probe, sameController ? controllerWords : 0, wordCount);
    const slot = this.slot();
    const entry = this.table[slot]!;
    if (entry !== 0) return entry - 1;
    const index = this.count++;
    this.table[slot] = index + 1;
    if (index >= this.parent.length) this.grow();
    this.words.set(probe, index * wordCount);
    this.parent[index] = parent;
    this.inputs[index] = inputs;
    if (this.count * 2 > this.table.length) this.rehash();
    return index;
  }

  /** Where in the table the packed state of `probe` is, or where it belongs. */
  private slot(): number {
    const { probe, table, words } = this;
    const a = probe[0]!;
    const b = probe[1]!;
    const c = probe[2]!;
    const d = probe[3]!;
    const e = probe[4]!;
    const mask = table.length - 1;
    let slot = mix(a, b, c, d, e) & mask;
    for (let entry = table[slot]!; entry !== 0; entry = table[slot]!) {
      const at = (entry - 1) * wordCount;
      if (words[at + 2] === c && words[at] === a && words[at + 1] === b && words[at + 3] === d && words[at + 4] === e)
        break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  read(index: number, world: World): void {
    unpack(this.words, index * wordCount, world);
  }

  parentOf(index: number): number {
    return this.parent[index]!;
  }

  /** Combination of inputs under which `index` was first reached; −1: by an event. */
  inputsOf(index: number): number {
    return this.inputs[index]!;
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    const parent = new Int32Array(this.parent.length * 2);
    parent.set(this.parent);
    this.parent = parent;
    const inputs = new Int16Array(this.inputs.length * 2);
    inputs.set(this.inputs);
    this.inputs = inputs;
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 2);
    const mask = table.length - 1;
    const { words } = this;
    for (let index = 0; index < this.count; index++) {
      const at = index * wordCount;
      let slot = mix(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + 4]!) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = index + 1;
    }
    this.table = table;
  }
}

function mix(a: number, b: number, c: number, d: number, e: number): number {
  let h = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ b ^ (h >>> 13), 0x297a2d39);
  h = Math.imul(h ^ c ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ d ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ e ^ (h >>> 15), 0x27d4eb2f);
  return h ^ (h >>> 16);
}

/** A list of integers that grows. */
export class Integers {
  values = new Int32Array(1 << 12);
  count = 0;
  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Int32Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }
}

/** Lists that are written one after the other. */
class ListWriter {
  private readonly first = new Integers();
  private readonly items = new Integers();
  begin(): void {
    this.first.push(this.items.count);
  }
  push(value: number): void {
    this.items.push(value);
  }
  end(): Lists {
    this.begin();
    return { first: this.first.values, values: this.items.values };
  }
}

/** One state on the way to another. */
export interface Step {
  readonly parent: number;
  /** Inputs under which it was reached from there; negative: by an event. */
  readonly inputs: number;
}

/** The states from the beginning to `last`, which was reached as `reached` says, each with the inputs under which it was left. */
export function traceTo(
  last: number,
  reached: Step,
  model: Model,
  read: (index: number, to: World) => void,
  stepTo: (index: number) => Step,
): World[] {
  const path: World[] = [];
  let under = reached.inputs;
  const push = (at: number): void => {
    const world = createWorld();
    model.inputs.apply(Math.max(0, under), world);
    read(at, world);
    path.push(world);
  };
  push(last);
  for (let at = reached.parent; at >= 0; ) {
    push(at);
    const { parent, inputs } = stepTo(at);
    if (inputs !== byEvent) under = inputs;
    at = parent;
  }
  return path.reverse();
}

/** Explores `model`. `keepGraph`: for the judgement of where the site comes to rest, and of rows and guards left out. */
export function explore(model: Model, statesMax: number, keepGraph = false): Exploration {
  const startedUs = process.threadCpuUsage();
  const { inputs, decisive } = model;
  const store = new StateStore();
  const world = createWorld();
  const events = new ListWriter();
  const ticks = new ListWriter();
  const decisions = new ListWriter();
  let transitions = 0;
  let invariant: InvariantName = "never-forms-on-the-grid";
  let brokenAt = -1;
  let from = -1;
  let combination = 0;
  let sameController = false;

  const foundByEvent = (to: World): void => {
    transitions++;
    const index = store.add(to, false, from, byEvent);
    if (keepGraph) events.push(index);
  };
  const foundByTick = (to: World, broken: InvariantName | ""): void => {
    transitions++;
    const index = store.add(to, sameController, from, combination);
    sameController = true;
    if (keepGraph) ticks.push(index);
    if (broken === "" || brokenAt >= 0) return;
    invariant = broken;
    brokenAt = index;
  };

  for (const start of model.initial) store.add(start, false, -1, 0);
  const storedMax = Math.ceil(statesMax / inputs.count);
  let next = 0;
  for (; next < store.count && next < storedMax && brokenAt < 0; next++) {
    from = next;
    store.read(next, world);
    if (keepGraph) events.begin();
    model.events(world, foundByEvent);
    for (let c = 0; c < inputs.count && brokenAt < 0; c++) {
      combination = c;
      inputs.apply(c, world);
      sameController = false;
      if (keepGraph) ticks.begin();
      model.tick(world, foundByTick);
      if (!keepGraph) continue;
      decisions.begin();
      for (let i = 0; i < decisive.count; i++) decisions.push(decisive.values[i]!);
    }
  }

  const { user, system } = process.threadCpuUsage(startedUs);
  const stepTo = (index: number): Step => ({ parent: store.parentOf(index), inputs: store.inputsOf(index) });
  const read = (index: number, to: World): void => store.read(index, to);
  return {
    states: next * inputs.count,
    transitions,
    cpuS: (user + system) / 1e6,
    complete: next === store.count,
    broken:
      brokenAt < 0
        ? undefined
        : { invariant, trace: traceTo(brokenAt, { parent: from, inputs: combination }, model, read, stepTo) },
    store,
    graph: keepGraph ? { events: events.end(), ticks: ticks.end(), decisive: decisions.end() } : undefined,
  };
}

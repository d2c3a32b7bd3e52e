/**
 * Breadth-first exploration of every reachable state. States are kept whole (four words each, no hashing away), found again
 * through an open-addressing table; each remembers the one that it was first reached from, so that a broken invariant comes
 * with the shortest story.
 */
import { createWorld, pack, unpack, type World, wordCount } from "./fields.table.ts";
import type { Model } from "./world.ts";

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly ticks: number;
  readonly wallS: number;
  /** False when `statesMax` ended it. */
  readonly complete: boolean;
  /** First broken invariant, and the states that lead to it. */
  readonly broken: { readonly invariant: string; readonly trace: readonly World[] } | undefined;
  readonly store: StateStore;
}

/** All states found, in the order of their discovery. */
export class StateStore {
  words = new Uint32Array(wordCount << 12);
  parent = new Int32Array(1 << 12);
  private table = new Int32Array(1 << 14);
  count = 0;
  private readonly probe = new Uint32Array(wordCount);

  /** Index of `world`, negative (−1 − index) when it was not known before. */
  add(world: World, parent: number): number {
    pack(world, this.probe, 0);
    const [a, b, c, d] = this.probe as unknown as [number, number, number, number];
    const mask = this.table.length - 1;
    let slot = mix(a, b, c, d) & mask;
    for (let entry = this.table[slot]!; entry !== 0; entry = this.table[slot]!) {
      const at = (entry - 1) * wordCount;
      const { words } = this;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return entry - 1;
      slot = (slot + 1) & mask;
    }
    const index = this.count++;
    if (index >= this.parent.length) this.grow();
    const at = index * wordCount;
    this.words[at] = a;
    this.words[at + 1] = b;
    this.words[at + 2] = c;
    this.words[at + 3] = d;
    this.parent[index] = parent;
    this.table[slot] = index + 1;
    if (this.count * 2 > this.table.length) this.rehash();
    return -1 - index;
  }

  /** Index of `world`, or -1 when it is not known. */
  find(world: World): number {
    pack(world, this.probe, 0);
    const [a, b, c, d] = this.probe as unknown as [number, number, number, number];
    const mask = this.table.length - 1;
    let slot = mix(a, b, c, d) & mask;
    for (let entry = this.table[slot]!; entry !== 0; entry = this.table[slot]!) {
      const at = (entry - 1) * wordCount;
      const { words } = this;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return entry - 1;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  read(index: number, world: World): void {
    unpack(this.words, index * wordCount, world);
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    const parent = new Int32Array(this.parent.length * 2);
    parent.set(this.parent);
    this.parent = parent;
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 2);
    const mask = table.length - 1;
    const { words } = this;
    for (let index = 0; index < this.count; index++) {
      const at = index * wordCount;
      let slot = mix(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = index + 1;
    }
    this.table = table;
  }
}

function mix(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ b ^ (h >>> 13), 0x297a2d39);
  h = Math.imul(h ^ c ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ d ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export function explore(model: Model, statesMax: number): Exploration {
  const startedMs = performance.now();
  const store = new StateStore();
  const world = createWorld();
  let transitions = 0;
  let ticks = 0;
  let brokenAt = -1;
  let invariant = "";
  let from = -1;

  const foundByEvent = (to: World): void => {
    transitions++;
    store.add(to, from);
  };
  const foundByTick = (to: World, broken: string): void => {
    transitions++;
    const index = store.add(to, from);
    if (broken !== "" && brokenAt < 0) {
      invariant = broken;
      brokenAt = index < 0 ? -1 - index : index;
    }
  };

  for (const start of model.initial) store.add(start, -1);
  let next = 0;
  for (; next < store.count && store.count < statesMax && brokenAt < 0; next++) {
    from = next;
    store.read(next, world);
    model.events(world, foundByEvent);
    ticks++;
    model.tick(world, foundByTick);
  }

  return {
    states: store.count,
    transitions,
    ticks,
    wallS: (performance.now() - startedMs) / 1000,
    complete: next === store.count,
    broken: brokenAt < 0 ? undefined : { invariant, trace: trace(store, brokenAt, from) },
    store,
  };
}

/** From the beginning to state `index`, which was reached from `from` when it broke. */
function trace(store: StateStore, index: number, from: number): World[] {
  const path: World[] = [];
  const push = (at: number): void => {
    const world = createWorld();
    store.read(at, world);
    path.push(world);
  };
  push(index);
  for (let at = from; at >= 0; at = store.parent[at]!) push(at);
  return path.reverse();
}

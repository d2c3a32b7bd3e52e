/**
 * What the environment may change at any moment, in no time and as often as it likes: each input takes every one of its values.
 * So a state of the rest is reached with one combination if and only if it is reached with all of them.
 */
import { F, inputCount, type World } from "./fields.table.ts";
import { Grid, Permit, Sync } from "./values.ts";

interface InputKind {
  readonly field: number;
  readonly values: readonly number[];
  /** What a change to each value is called. */
  readonly words: readonly string[];
}

const either = (field: number, off: string, on: string): InputKind => ({ field, values: [0, 1], words: [off, on] });

const kinds = {
  grid: {
    field: F.grid,
    values: [Grid.normal, Grid.tripped, Grid.dead],
    words: ["the grid is normal", "the grid sags", "the grid trips", "the grid is dead"],
  },
  permit: {
    field: F.permit,
    values: [Permit.none, Permit.backup, Permit.parallel],
    words: ["no permit", "permit for backup", "permit for parallel operation"],
  },
  service: either(F.service, "the utility disables service", "the utility permits service"),
  latch: either(F.latch, "the relay is reset", "the relay trips"),
  request: either(F.request, "the request ends", "a person requests an island"),
  reset: either(F.reset, "the reset is over", "a person resets"),
  sync: {
    field: F.sync,
    values: [Sync.lost, Sync.window, Sync.aim],
    words: ["synchronism is lost", "synchronism at the edge of its window", "synchronism"],
  },
  source: either(F.noSource, "a vehicle can feed the island", "no vehicle can feed the island"),
  balance: either(F.unbalanced, "no power flows through K1", "power flows through K1"),
} as const satisfies Record<string, InputKind>;

/** `sag` adds a voltage inside ride-through to the grid's values. */
export type InputName = keyof typeof kinds | "sag";

/** Every combination of the inputs that a run leaves free; the others keep their value of the beginning. */
export interface Combinations {
  readonly count: number;
  /** Writes combination `index` into `world`. */
  apply(index: number, world: World): void;
  /** Whether `index` holds a reset, which lasts for one tick and is no place to rest. */
  isReset(index: number): boolean;
}

export function combinations(names: readonly InputName[], permit: number): Combinations {
  const start = new Uint8Array(inputCount);
  start[F.grid] = Grid.normal;
  start[F.permit] = permit;
  start[F.service] = 1;
  let all: Uint8Array[] = [start];
  for (const name of names) {
    if (name === "sag") continue;
    const { field, values } = kinds[name];
    const taken: readonly number[] = name === "grid" && names.includes("sag") ? [...values, Grid.sag] : values;
    all = all.flatMap((one) =>
      taken.map((value) => {
        const other = one.slice();
        other[field] = value;
        return other;
      }),
    );
  }
  // The inputs are a world's first fields.
  return {
    count: all.length,
    apply: (index, world) => world.set(all[index]!),
    isReset: (index) => all[index]![F.reset] === 1,
  };
}

/** What changed among the inputs from `before` to `after`, in words. */
export function inputChanges(before: World, after: World): string[] {
  const words: string[] = [];
  for (const { field, words: names } of Object.values(kinds) as readonly InputKind[]) {
    const over = field === F.reset && after[field] === 0;
    if (before[field] !== after[field] && !over) words.push(names[after[field]!]!);
  }
  return words;
}

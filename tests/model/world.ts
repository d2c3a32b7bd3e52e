/**
 * The whole explored system: the real controller in a nondeterministic world, one fault kind at a time. A state has successors
 * by events that take no time (the grid changes, a permit is revoked, the controller crashes, a fault appears, …) and by a tick.
 */

import type { ModeFacts } from "../../src/core/mode-facts.ts";
import { type ModeRow, modeRows } from "../../src/core/mode-rows.table.ts";
import type { ModeState } from "../../src/core/mode-state.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { crash, createController, Grid, Permit, Role, recordOnDisk, restart, storeRecord } from "./controller.ts";
import { type FaultName, fault, faultNames } from "./faults.table.ts";
import { createWorld, F, type World } from "./fields.table.ts";
import { createMonitor } from "./invariants.ts";
import { Bus, Choices, deliver, type Events, type Interlocks, move, sense, stageFields } from "./plant.ts";
import { cap } from "./timings.ts";

/** What the environment may do in a run; what is left out stays as it is in the beginning. */
export type Input =
  | "grid"
  | "sag"
  | "permit"
  | "service"
  | "latch"
  | "wish"
  | "crash"
  | "trip"
  | "reset"
  | "source"
  | "balance"
  | "sync";
export const allInputs: readonly Input[] = [
  "grid",
  "sag",
  "permit",
  "service",
  "latch",
  "wish",
  "crash",
  "trip",
  "reset",
  "source",
];

export interface WorldOptions {
  readonly stages: 1 | 2;
  readonly closedTransition: boolean;
  /** Whether there is a transfer device at all. */
  readonly device: boolean;
  /** The stages can hold their angle when K1 opens. */
  readonly holds: boolean;
  readonly interlocks: Interlocks;
  readonly inputs: readonly Input[];
  /** Each gives a world of its own; "none" is the world without a fault. */
  readonly faults: readonly FaultName[];
  /** `permanent`: appears at any moment and stays. `comes-and-goes`: appears and clears at any moment. */
  readonly faultsAre: "permanent" | "comes-and-goes";
  /** Permit in the beginning. */
  readonly permit: number;
  readonly rows: readonly ModeRow[];
}

export const worldDefaults: WorldOptions = {
  stages: 1,
  closedTransition: false,
  device: true,
  holds: false,
  interlocks: { closeRelay: false, handoverTimer: false },
  inputs: allInputs,
  faults: ["none"],
  faultsAre: "permanent",
  permit: Permit.parallel,
  rows: modeRows,
};

export interface Model {
  readonly options: WorldOptions;
  readonly initial: readonly World[];
  /** Calls `found` with each successor by an event; the world that it gets is reused. */
  events(from: World, found: (to: World, what: string) => void): void;
  /** The same for one tick; returns the broken invariant of the last one, through `found`'s second argument. */
  tick(from: World, found: (to: World, broken: string) => void): void;
  /** Ids of rows taken so far. */
  readonly rowsTaken: Set<string>;
}

const nothing = { closedByCommand: false, ontoLiveBus: false, inSync: false };

export function createModel(given: Partial<WorldOptions>): Model {
  const options = { ...worldDefaults, ...given };
  const { stages, inputs, interlocks } = options;
  const rowsTaken = new Set<string>();
  const watched = options.rows.map((row) => ({
    ...row,
    do: (s: ModeState, f: ModeFacts) => {
      rowsTaken.add(row.id);
      row.do?.(s, f);
    },
  }));
  const controller = createController(options, watched);
  const monitor = createMonitor(options, controller);
  const may = Object.fromEntries(inputs.map((input) => [input, true])) as Partial<Record<Input, true>>;
  const scratch = createWorld();
  const decided = createWorld();
  const event: Events = { ...nothing };
  let choices = new Choices();

  const initial = options.faults.map((name) => {
    const w = createWorld();
    w[F.diskStarts] = 2;
    w[F.grid] = Grid.normal;
    w[F.permit] = options.permit;
    w[F.service] = 1;
    w[F.bus] = Bus.fed;
    w[F.fault] = fault[name];
    restart(w, stages);
    w[F.startedAge] = stages === 1 ? 0 : 1;
    return w;
  });

  function events(from: World, found: (to: World, what: string) => void): void {
    const w = scratch;
    const change = (field: number, value: number, what: string): void => {
      w.set(from);
      w[field] = value;
      found(w, what);
    };
    const up = from[F.up] === 1;
    if (may.grid)
      for (let g = 0; g <= Grid.dead; g++)
        if (g !== from[F.grid] && (g !== Grid.sag || may.sag)) change(F.grid, g, gridWords[g]!);
    if (may.permit)
      for (let p = 0; p <= Permit.parallel; p++) if (p !== from[F.permit]) change(F.permit, p, permitWords[p]!);
    if (may.service)
      change(F.service, 1 - from[F.service]!, from[F.service] ? "service is disabled" : "service is permitted");
    if (may.latch) change(F.latch, 1 - from[F.latch]!, from[F.latch] ? "the relay is reset" : "the relay trips");
    if (may.wish) change(F.wish, 1 - from[F.wish]!, from[F.wish] ? "the wish ends" : "a person wishes an island");
    if (may.source)
      change(
        F.noSource,
        1 - from[F.noSource]!,
        from[F.noSource] ? "a vehicle can feed the island" : "no vehicle can feed the island",
      );
    if (may.balance)
      change(F.unbalanced, 1 - from[F.unbalanced]!, from[F.unbalanced] ? "K1 is balanced" : "power flows through K1");
    if (may.sync) change(F.sync, 1 - from[F.sync]!, from[F.sync] ? "synchronism is lost" : "synchronism");
    if (may.reset && up && from[F.reset] === 0) change(F.reset, 1, "a person resets");
    if (may.crash) {
      w.set(from);
      if (up) crash(w);
      else restart(w, stages);
      monitor.disturbed(w);
      found(w, up ? "the controller crashes" : "the controller starts");
    }
    if (may.trip) {
      for (let i = 0; i < stages; i++) {
        const { role, asked, lag } = stageFields[i]!;
        if (from[role] === Role.off) continue;
        w.set(from);
        w[role] = Role.off;
        w[asked] = Role.off;
        w[lag] = 0;
        monitor.disturbed(w);
        found(w, "a stage trips");
      }
    }
    if (from[F.fault] !== fault.none && (from[F.faultOn] === 0 || options.faultsAre === "comes-and-goes")) {
      const name = faultNames[from[F.fault]!]!;
      w.set(from);
      w[F.faultOn] = 1;
      monitor.disturbed(w);
      w[F.faultOn] = 1 - from[F.faultOn]!;
      found(w, from[F.faultOn] === 0 ? `fault: ${name}` : `fault clears: ${name}`);
    }
  }

  function tick(from: World, found: (to: World, broken: string) => void): void {
    const w = decided;
    w.set(from);
    const up = w[F.up] === 1;
    const storeFails = w[F.faultOn] === 1 && w[F.fault] === fault["record can't be stored"];
    if (up && !storeFails && !recordOnDisk(w)) storeRecord(w);
    if (up) sense(w, stages);
    const output = up ? controller.step(w) : undefined;
    const decision = monitor.decision(from, w, output);
    if (up && stages === 2) w[F.startedAge] = Math.min(cap.startedAge, w[F.startedAge]! + 1);
    deliver(w, output, stages);
    w[F.reset] = 0;
    canonical(w);
    const mayStore = up && !storeFails && !recordOnDisk(w);

    choices = new Choices();
    do {
      scratch.set(w);
      if (mayStore && choices.maybe()) storeRecord(scratch);
      move(scratch, choices, stages, interlocks, event);
      const broken = monitor.truth(scratch, output, event) || decision;
      found(scratch, broken);
    } while (choices.next());
  }

  return { options, initial, events, tick, rowsTaken };
}

/** Values of links that are up are read anew before they are used: they need no memory. */
function canonical(w: World): void {
  const kind = w[F.faultOn] === 1 ? w[F.fault]! : 0;
  if (w[F.fault] !== fault["K1 silent"]) {
    w[F.rNo] = 0;
    w[F.rNc] = 0;
    w[F.rGrid] = 0;
    w[F.rBus] = 0;
    w[F.rSync] = 0;
  }
  if (w[F.fault] !== fault["meter silent"]) w[F.rMeter] = 0;
  if (w[F.fault] !== fault["stage silent"]) w[F.rRole] = 0;
  w[F.rRole2] = 0;
  if (kind === 0) return;
}

const gridWords = ["the grid is normal", "the grid sags", "the grid trips", "the grid is dead"] as const;
const permitWords = ["no permit", "permit for backup", "permit for parallel"] as const;

/** A state in words, for counterexamples. */
export function describe(w: World): string {
  const up = w[F.up] === 1;
  const words = [
    up ? modeNames[w[F.mode]!]! : "controller down",
    `grid ${["normal", "sag", "tripped", "dead"][w[F.grid]!]}`,
    `K1 ${w[F.k1Open] ? "open" : "closed"}${["", " (opening)", " (closing)"][w[F.stroke]!]}`,
    `contacts ${w[F.noOpen] ? "open" : "closed"}/${w[F.ncOpen] ? "open" : "closed"}`,
    `bus ${["dead", "live", "decaying"][w[F.bus]!]}`,
    `stage ${["off", "charge", "discharge", "forming"][w[F.role]!]}`,
  ];
  if (w[F.role2] || w[F.asked2]) words.push(`stage 2 ${["off", "charge", "discharge", "forming"][w[F.role2]!]}`);
  return words.join(", ");
}

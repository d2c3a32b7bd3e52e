/**
 * The whole explored system: the real controller in a nondeterministic world, with one fault kind at a time, or a pair. A state
 * has successors by events that take no time (the controller crashes, a stage trips, a fault appears) and by a tick under
 * each combination of inputs.
 */
import type { ModeFacts } from "../../src/core/modes/facts.ts";
import { type ModeRow, modeRows } from "../../src/core/modes/rows.table.ts";
import type { ModeState } from "../../src/core/modes/state.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { crash, createController, recordOnDisk, restart, storeRecord, storeTryIsDue } from "./controller.ts";
import { type FaultName, fault, faultNames } from "./faults.table.ts";
import { createWorld, F, type World } from "./fields.table.ts";
import { type Combinations, combinations, type InputName } from "./inputs.ts";
import { createMonitor, type InvariantName } from "./invariants.ts";
import {
  Bus,
  Choices,
  deliver,
  type Events,
  type Interlocks,
  move,
  noInterlocks,
  sense,
  stageFields,
} from "./plant.ts";
import { cap } from "./timings.ts";
import { isFault, Permit, Role } from "./values.ts";

/** What may happen besides ticks and faults: the controller dies and starts again, a stage trips. */
export type EventName = "crash" | "trip";
export type Freedom = InputName | EventName;
export const everything: readonly Freedom[] = [
  "grid",
  "sag",
  "permit",
  "service",
  "latch",
  "request",
  "crash",
  "trip",
  "reset",
  "source",
];

export type FaultPair = readonly [FaultName, FaultName];

export interface WorldOptions {
  readonly stages: 1 | 2;
  readonly closedTransition: boolean;
  /** Whether there is a transfer device at all. */
  readonly device: boolean;
  /** The stages can hold their angle when K1 opens. */
  readonly holds: boolean;
  readonly interlocks: Partial<Interlocks>;
  /** What the environment may do; what is left out stays as it is in the beginning. */
  readonly free: readonly Freedom[];
  /** Each gives a world of its own; "none" is the world without a fault. A pair: each of the two appears for itself. */
  readonly faults: readonly (FaultName | FaultPair)[];
  /** `permanent`: appears at any moment and stays. `comes-and-goes`: appears and clears at any moment. */
  readonly faultsAre: "permanent" | "comes-and-goes";
  /** Judges what nobody can prevent like everything else: only hardware passes. */
  readonly strict: boolean;
  /** Judges everything but isolation from a good grid (`leaves-grid-for-cause`). */
  readonly nuisance: boolean;
  /** Permit in the beginning. */
  readonly permit: number;
  readonly rows: readonly ModeRow[];
}

const worldDefaults: WorldOptions = {
  stages: 1,
  closedTransition: false,
  device: true,
  holds: false,
  interlocks: {},
  free: everything,
  faults: ["none"],
  faultsAre: "permanent",
  strict: false,
  nuisance: false,
  permit: Permit.parallel,
  rows: modeRows,
};

export interface Model {
  readonly options: WorldOptions;
  readonly initial: readonly World[];
  readonly inputs: Combinations;
  /** Calls `found` with each successor by an event; the world that it gets is reused. */
  events(from: World, found: (to: World) => void): void;
  /** The same for one tick under the inputs in `from`, and which invariant it breaks ("" for none). */
  tick(from: World, found: (to: World, broken: InvariantName | "") => void): void;
  /** What decided in the last tick: numbers of variants (`variants.ts`) that would have decided otherwise. */
  readonly decisive: Decisive;
}

/** The first `count` of `values` hold. */
export interface Decisive {
  readonly values: Uint16Array;
  count: number;
}
const decisiveMax = 64;

export function createModel(given: Partial<WorldOptions>): Model {
  const options = { ...worldDefaults, ...given };
  const { stages, free } = options;
  const interlocks = { ...noInterlocks, ...options.interlocks };
  const decisive: Decisive = { values: new Uint16Array(decisiveMax), count: 0 };
  const controller = createController(options, watched(options.rows, decisive));
  const monitor = createMonitor(options, controller);
  const inputNames = free.filter((name): name is InputName => name !== "crash" && name !== "trip");
  const inputs = combinations(inputNames, options.permit);
  const mayCrash = free.includes("crash");
  const mayTrip = free.includes("trip");
  const scratch = createWorld();
  const decided = createWorld();
  const event: Events = { closedByCommand: false, ontoLiveBus: false, inSync: false };
  const choices = new Choices();

  const initial = options.faults.map((one) => {
    const [first, second] = typeof one === "string" ? [one, "none" as const] : one;
    const w = createWorld();
    w[F.diskStarts] = 2;
    w[F.bus] = Bus.fed;
    w[F.fault] = fault[first];
    w[F.fault2] = fault[second];
    restart(w, stages);
    w[F.startedAge] = stages === 1 ? 0 : 1;
    return w;
  });

  function events(from: World, found: (to: World) => void): void {
    const w = scratch;
    if (mayCrash) {
      w.set(from);
      if (from[F.up] === 1) crash(w);
      else restart(w, stages);
      monitor.disturbed(w);
      found(w);
    }
    if (mayTrip) {
      for (let i = 0; i < stages; i++) {
        const { role, asked, lag } = stageFields[i]!;
        if (from[role] === Role.off) continue;
        w.set(from);
        w[role] = Role.off;
        w[asked] = Role.off;
        w[lag] = 0;
        monitor.disturbed(w);
        found(w);
      }
    }
    if (from[F.fault] !== fault.none) switchFault(from, F.faultOn, found);
    if (from[F.fault2] !== fault.none) switchFault(from, F.fault2On, found);
  }

  function switchFault(from: World, field: number, found: (to: World) => void): void {
    const was = from[field]!;
    if (was === 1 && options.faultsAre === "permanent") return;
    scratch.set(from);
    scratch[field] = 1;
    monitor.disturbed(scratch);
    scratch[field] = 1 - was;
    found(scratch);
  }

  function tick(from: World, found: (to: World, broken: InvariantName | "") => void): void {
    const w = decided;
    w.set(from);
    decisive.count = 0;
    const up = w[F.up] === 1;
    const storeFails = isFault(w, fault["record can't be stored"]);
    if (up && storeTryIsDue(w, false)) store(w);
    if (up) sense(w, stages);
    const output = up ? controller.step(w) : undefined;
    const decision = monitor.decision(from, w, output);
    if (up && stages === 2) w[F.startedAge] = Math.min(cap.startedAge, w[F.startedAge]! + 1);
    deliver(w, output, stages);
    canonical(w);
    const owes = up && !recordOnDisk(w);
    const abandoned = owes && !storeTryIsDue(w, true);
    const mayStore = owes && (!storeFails || w[F.storeFailed] === 0);

    choices.begin();
    do {
      scratch.set(w);
      if (mayStore && choices.maybe()) store(scratch);
      move(scratch, choices, stages, interlocks, event);
      const broken = monitor.truth(scratch, output, event) || decision || (abandoned ? "lockout-recorded" : "");
      found(scratch, broken);
    } while (choices.next());
  }

  /** One try of the shell; a full disk refuses it, and the next one comes after a pause. */
  function store(w: World): void {
    if (isFault(w, fault["record can't be stored"])) w[F.storeFailed] = 1;
    else storeRecord(w);
  }

  return { options, initial, inputs, events, tick, decisive };
}

/**
 * The rows themselves, and a note of every row that is taken and every guard that alone holds its row back: without it, something
 * else would have been decided. Numbers as in `variants`: a row, then its guards, then the next row.
 */
function watched(rows: readonly ModeRow[], decisive: Decisive): ModeRow[] {
  let next = 0;
  return rows.map((row) => {
    const { when } = row;
    const own = next;
    next += 1 + when.length;
    const test = (s: ModeState, f: ModeFacts): boolean => {
      let failing = -1;
      for (let i = 0; i < when.length; i++) {
        if (when[i]!.test(s, f)) continue;
        if (failing >= 0) return false;
        failing = i;
      }
      decisive.values[decisive.count++] = own + 1 + failing;
      return failing < 0;
    };
    return { ...row, when: [{ name: row.id, test }] };
  });
}

/** Values of links that are up are read anew before they are used: they need no memory. */
function canonical(w: World): void {
  const kind = w[F.fault]!;
  const kind2 = w[F.fault2]!;
  const silent = (index: number): boolean => kind === index || kind2 === index;
  if (!silent(fault["K1 silent"]) && !silent(fault["K1 frozen"])) {
    w[F.rNo] = 0;
    w[F.rNc] = 0;
    w[F.rGrid] = 0;
    w[F.rBus] = 0;
    w[F.rSync] = 0;
  }
  if (!silent(fault["meter silent"])) w[F.rMeter] = 0;
  if (!silent(fault["stage silent"]) && !silent(fault["stage frozen"])) w[F.rRole] = 0;
  w[F.rRole2] = 0;
}

/** A state in words, for counterexamples. */
export function describe(w: World): string {
  const up = w[F.up] === 1;
  const words = [
    up ? modeNames[w[F.mode]!]! : "controller down",
    `grid ${["normal", "sag", "tripped", "dead"][w[F.grid]!]}`,
    `K1 ${w[F.k1Open] ? "open" : "closed"}${["", " (opening)", " (closing)"][w[F.travel]!]}`,
    `contacts ${w[F.noOpen] ? "open" : "closed"}/${w[F.ncOpen] ? "open" : "closed"}`,
    `bus ${["dead", "live", "decaying"][w[F.bus]!]}`,
    `stage ${["off", "charge", "discharge", "forming"][w[F.role]!]}`,
  ];
  if (w[F.role2] || w[F.asked2]) words.push(`stage 2 ${["off", "charge", "discharge", "forming"][w[F.role2]!]}`);
  const acting = [w[F.faultOn] === 1 ? w[F.fault]! : 0, w[F.fault2On] === 1 ? w[F.fault2]! : 0].filter((k) => k > 0);
  if (acting.length > 0) words.push(`fault: ${acting.map((k) => faultNames[k]).join(" and ")}`);
  return words.join(", ");
}

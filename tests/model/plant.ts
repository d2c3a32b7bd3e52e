/**
 * The nondeterministic truth: one abstract tick of K1, its contacts, the bus and the stages, under one fault kind. It knows
 * nothing of the controller but the commands that reach it. Every choice of nature goes through `Choices`, so that all of them
 * can be enumerated.
 */
import type { ModeOutput } from "../../src/core/modes.ts";
import { Grid, Role } from "./controller.ts";
import { fault } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { cap, watchdogTicks } from "./timings.ts";

export const Bus = { dead: 0, fed: 1, decaying: 2 } as const;
/** The handover timer of a device that has one, T: just longer than a handover without a fault. */
const handoverTicks = 3;
const Stroke = { none: 0, opening: 1, closing: 2 } as const;

/** Hardware that software can't override, and whether this plant has it. */
export interface Interlocks {
  /** Dead-bus or synchronism relay (25, 27) in the close coil. */
  readonly closeRelay: boolean;
  /** K1 opens by itself when a stage still forms this long after a closed transition. */
  readonly handoverTimer: boolean;
}

/** Enumerates every sequence of choices: call `restart()` until it says that none is left. */
export class Choices {
  private readonly taken: number[] = [];
  private readonly width: number[] = [];
  private at = 0;

  pick(options: number): number {
    if (this.at === this.taken.length) {
      this.taken.push(0);
      this.width.push(options);
    }
    return this.taken[this.at++]!;
  }

  maybe(): boolean {
    return this.pick(2) === 1;
  }

  /** Moves on to the next sequence; false when all have been tried. */
  next(): boolean {
    this.at = 0;
    while (this.taken.length > 0) {
      const last = this.taken.length - 1;
      if (++this.taken[last]! < this.width[last]!) return true;
      this.taken.pop();
      this.width.pop();
    }
    return false;
  }
}

export const isFault = (w: World, index: number): boolean => w[F.faultOn] === 1 && w[F.fault] === index;

interface StageFields {
  readonly role: number;
  readonly asked: number;
  readonly lag: number;
  readonly dog: number;
  readonly age: number;
  readonly read: number;
}
export const stageFields: readonly StageFields[] = [
  { role: F.role, asked: F.asked, lag: F.lag, dog: F.dog, age: F.stageAge, read: F.rRole },
  { role: F.role2, asked: F.asked2, lag: F.lag2, dog: F.dog2, age: F.stageAge2, read: F.rRole2 },
];

/** The grid side is dead unless the utility or, through a closed K1, the site feeds it. */
const gridSide = (w: World, stages: number): number =>
  w[F.grid] === Grid.dead && w[F.k1Open] === 0 && someForm(w, stages) ? Grid.normal : w[F.grid]!;

export function someForm(w: World, stages: number): boolean {
  return w[F.role] === Role.forming || (stages === 2 && w[F.role2] === Role.forming);
}
export function someGive(w: World, stages: number): boolean {
  return w[F.role] === Role.discharge || (stages === 2 && w[F.role2] === Role.discharge);
}
export const gridLive = (w: World): boolean => w[F.grid] !== Grid.dead;

/** The bus has a source: the grid through K1, or a stage that forms. It is live at once, and dies within 1 T. */
const isFed = (w: World, stages: number): boolean => (w[F.k1Open] === 0 && gridLive(w)) || someForm(w, stages);

/** Both sides really in synchronism: the environment grants it, and there is something to be in synchronism with. */
export const trulyInSync = (w: World, stages: number): boolean =>
  w[F.sync] === 1 && w[F.k1Open] === 1 && w[F.grid]! <= Grid.sag && someForm(w, stages);

/** What the controller reads before its cycle: truth, bent by the fault. A link that is down keeps the last values. */
export function sense(w: World, stages: number): void {
  const on = w[F.faultOn] === 1;
  const kind = on ? w[F.fault]! : 0;
  if (kind === fault["K1 silent"]) {
    w[F.deviceAge] = Math.min(cap.deviceAge, w[F.deviceAge]! + 1);
  } else {
    const echo = kind === fault["contacts echo the command"];
    w[F.deviceAge] = 0;
    w[F.rNo] = echo ? w[F.k1Command]! : stuck(kind, "contact NO stuck open", "contact NO stuck closed", w[F.noOpen]!);
    w[F.rNc] = echo ? w[F.k1Command]! : stuck(kind, "contact NC stuck open", "contact NC stuck closed", w[F.ncOpen]!);
    w[F.rGrid] =
      kind === fault["grid voltmeter stuck dead"]
        ? Grid.dead
        : kind === fault["grid voltmeter stuck normal"]
          ? Grid.normal
          : kind === fault["grid voltmeter stuck abnormal"]
            ? Grid.tripped
            : gridSide(w, stages);
    w[F.rBus] =
      kind === fault["bus voltmeter stuck dead"]
        ? 0
        : kind === fault["bus voltmeter stuck live"]
          ? 1
          : w[F.bus] === Bus.dead && !isFed(w, stages)
            ? 0
            : 1;
    w[F.rSync] = trulyInSync(w, stages) ? 1 : 0;
  }
  if (kind === fault["meter silent"]) {
    w[F.meterAge] = Math.min(cap.meterAge, w[F.meterAge]! + 1);
  } else {
    w[F.meterAge] = 0;
    w[F.rMeter] =
      kind === fault["meter stuck dead"]
        ? Grid.dead
        : kind === fault["meter stuck normal"]
          ? Grid.normal
          : kind === fault["meter stuck abnormal"]
            ? Grid.tripped
            : gridSide(w, stages);
  }
  for (let i = 0; i < stages; i++) {
    const stage = stageFields[i]!;
    if (i === 0 && kind === fault["stage silent"]) {
      w[stage.age] = Math.min(stages === 1 ? 2 : 7, w[stage.age]! + 1);
      continue;
    }
    w[stage.age] = 0;
    w[stage.read] =
      i > 0
        ? w[stage.role]!
        : kind === fault["report stuck off"]
          ? Role.off
          : kind === fault["report stuck charge"]
            ? Role.charge
            : kind === fault["report stuck forming"]
              ? Role.forming
              : w[stage.role]!;
  }
}

const stuck = (kind: number, open: keyof typeof fault, closed: keyof typeof fault, truth: number): number =>
  kind === fault[open] ? 1 : kind === fault[closed] ? 0 : truth;

/** Commands that reach the devices. `undefined`: the controller is down. */
export function deliver(w: World, output: ModeOutput | undefined, stages: number): void {
  if (output?.speak && !isFault(w, fault["K1 silent"])) {
    if (output.transferDevice === "open") {
      w[F.k1Command] = 1;
      if (w[F.stroke] !== Stroke.opening && !(w[F.stroke] === Stroke.none && w[F.k1Open] === 1))
        command(w, Stroke.opening);
    } else if (output.transferDevice === "close" && w[F.closePending] === 1) {
      w[F.closePending] = 0;
      w[F.k1Command] = 0;
      if (w[F.k1Open] === 1) command(w, Stroke.closing);
    }
  }
  for (let i = 0; i < stages; i++) {
    const stage = stageFields[i]!;
    if (output?.speak && !(i === 0 && isFault(w, fault["stage silent"]))) {
      const asked = output.form
        ? Role.forming
        : output.hold
          ? Role.hold
          : output.mayDischarge
            ? Role.discharge
            : output.mayCharge
              ? Role.charge
              : Role.off;
      w[stage.asked] = asked;
      w[stage.dog] = 0;
    } else if (w[stage.dog]! < watchdogTicks && ++w[stage.dog]! === watchdogTicks) {
      w[stage.asked] = Role.off;
    }
  }
}

/** A new stroke begins; an old one of the other direction may still finish first: `strokeAge` 7 remembers that it hangs. */
function command(w: World, stroke: number): void {
  const hanging = w[F.stroke] !== Stroke.none && w[F.stroke] !== stroke;
  w[F.stroke] = stroke;
  w[F.strokeAge] = hanging ? hangingStroke : 0;
}
const hangingStroke = 7;

/** What nature did with K1 in this tick, for the monitors. */
export interface Events {
  /** K1 closed by a commanded stroke, onto a bus that was or was not fed, in synchronism or not. */
  closedByCommand: boolean;
  ontoLiveBus: boolean;
  inSync: boolean;
}

/** One tick of K1, contacts, stages and bus. */
export function move(w: World, c: Choices, stages: number, interlocks: Interlocks, seen: Events): void {
  seen.closedByCommand = false;
  moveK1(w, c, stages, interlocks, seen);
  for (let i = 0; i < stages; i++) moveStage(w, c, i);
  if (isFed(w, stages)) w[F.bus] = Bus.fed;
  else if (w[F.bus] === Bus.fed && c.maybe()) w[F.bus] = Bus.decaying;
  else w[F.bus] = Bus.dead;
}

function moveK1(w: World, c: Choices, stages: number, interlocks: Interlocks, seen: Events): void {
  const before = w[F.k1Open]!;
  // Contacts that lag from the last movement follow now.
  w[F.noOpen] = before;
  w[F.ncOpen] = before;
  if (interlocks.handoverTimer && w[F.joined]! > 0 && before === 0 && w[F.formsClosed]! > handoverTicks) {
    w[F.k1Open] = 1;
    w[F.stroke] = Stroke.none;
    w[F.strokeAge] = 0;
  } else if (isFault(w, fault["K1 closes itself"]) && before === 1 && c.maybe()) {
    w[F.k1Open] = 0;
  } else if (isFault(w, fault["K1 opens itself"]) && before === 0 && c.maybe()) {
    w[F.k1Open] = 1;
  } else if (w[F.stroke] !== Stroke.none) {
    strokeOn(w, c, stages, interlocks, seen);
  }
  const after = w[F.k1Open]!;
  if (after === before) return;
  if (c.maybe()) w[F.noOpen] = after;
  if (c.maybe()) w[F.ncOpen] = after;
}

function strokeOn(w: World, c: Choices, stages: number, interlocks: Interlocks, seen: Events): void {
  const target = w[F.stroke] === Stroke.opening ? 1 : 0;
  if (w[F.strokeAge] === hangingStroke) {
    w[F.strokeAge] = 0;
    // The old stroke, in the other direction, finishes first, or not at all.
    if (c.maybe()) reach(w, target === 1 ? 0 : 1, stages, interlocks, seen);
    return;
  }
  const travelMax = isFault(w, fault["K1 slow"]) ? 5 : 1;
  if (w[F.strokeAge]! < travelMax && c.maybe()) {
    w[F.strokeAge]!++;
    return;
  }
  w[F.stroke] = Stroke.none;
  w[F.strokeAge] = 0;
  reach(w, target, stages, interlocks, seen);
}

function reach(w: World, target: number, stages: number, interlocks: Interlocks, seen: Events): void {
  if (w[F.k1Open] === target) return;
  if (target === 1 && isFault(w, fault["K1 welded"])) return;
  if (target === 0) {
    if (isFault(w, fault["K1 stuck open"])) return;
    const live = w[F.bus] !== Bus.dead || someForm(w, stages);
    const inSync = trulyInSync(w, stages);
    if (live && !inSync && interlocks.closeRelay) return;
    seen.closedByCommand = true;
    seen.ontoLiveBus = live;
    seen.inSync = inSync;
  }
  w[F.k1Open] = target;
}

function moveStage(w: World, c: Choices, index: number): void {
  const { role, asked, lag } = stageFields[index]!;
  const kind = index === 0 && w[F.faultOn] === 1 ? w[F.fault]! : 0;
  if (kind === fault["stage forms itself"]) {
    w[role] = Role.forming;
    return;
  }
  if (kind === fault["stage discharges itself"]) {
    // A follower needs somebody to follow: behind an open K1 it stops.
    w[role] = w[F.k1Open] === 0 ? Role.discharge : Role.off;
    return;
  }
  const follows = w[asked] !== Role.hold && (w[role] === Role.discharge || w[role] === Role.charge);
  if (follows && w[F.k1Open] === 1) {
    w[role] = Role.off;
    w[lag] = 0;
    return;
  }
  if (w[asked] === Role.hold) {
    hold(w, c, role, kind === fault["stage refuses to form"]);
    w[lag] = 0;
    return;
  }
  const target = kind === fault["stage refuses to form"] && w[asked] === Role.forming ? Role.off : w[asked]!;
  if (w[role] === target) {
    w[lag] = 0;
    return;
  }
  if (kind === fault["stage never stops"] && w[role] !== Role.off) return;
  if (target !== Role.off && target !== Role.forming && w[F.k1Open] === 1) {
    w[lag] = 0;
    w[role] = Role.off;
    return;
  }
  const lagMax = kind === fault["stage slow to stop"] ? 4 : 1;
  if (w[lag]! < lagMax && c.maybe()) {
    w[lag]!++;
    return;
  }
  w[role] = target;
  w[lag] = 0;
}

/**
 * Asked to hold, a stage that runs follows while K1's mirror contact in its gate enable is closed, and forms from the moment it
 * opens, unless the order has come too late for that.
 */
function hold(w: World, c: Choices, role: number, refuses: boolean): void {
  if (w[role] === Role.off) return;
  if (w[F.k1Open] === 0) w[role] = Role.discharge;
  else if (w[role] !== Role.forming) w[role] = refuses || c.maybe() ? Role.off : Role.forming;
}

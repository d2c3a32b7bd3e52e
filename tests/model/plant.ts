/**
 * The nondeterministic truth: one abstract tick of K1, its contacts, the bus and the stages, under one fault kind. It knows
 * nothing of the controller but the commands that reach it. Every choice of nature goes through `Choices`, so that all of them
 * can be enumerated.
 */
import type { ModeOutput } from "../../src/core/modes/machine.ts";
import { type FaultName, fault, faultNames } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { cap, watchdogTicks } from "./timings.ts";
import { Grid, isFault, Role, Sync } from "./values.ts";

export const Bus = { dead: 0, fed: 1, decaying: 2 } as const;
/** The handover timer of a device that has one, T: just longer than a handover without a fault. */
const handoverTicks = 3;
/** A stage's own contactor opens against power that nobody asked for, T. */
const contactorTicks = 2;
/** An overloaded stage forms for so long: long enough to count as an island, too short to count as a stable one. */
const givesUpTicks = 2;
const Travel = { none: 0, opening: 1, closing: 2 } as const;

/** Hardware that software can't override, and whether this plant has it. */
export interface Interlocks {
  /** Dead-bus or synchronism relay (25, 27) in the close coil. */
  readonly closeRelay: boolean;
  /** K1 opens by itself when a stage still forms this long after a closed transition. */
  readonly handoverTimer: boolean;
  /** Mirror contact of K1 in the gate enable of every stage: nobody forms while the main pole is closed. */
  readonly mirrorContact: boolean;
  /** The stage's own contactor opens when it gives power, or forms, without being asked to. */
  readonly stageContactor: boolean;
  /** The stage's certified protection ends discharging into a grid that has tripped. */
  readonly gridProtection: boolean;
  /** Mechanical or electrical lock: K1 can't close by itself while a stage forms. */
  readonly closeLock: boolean;
}
export const noInterlocks: Interlocks = {
  closeRelay: false,
  handoverTimer: false,
  mirrorContact: false,
  stageContactor: false,
  gridProtection: false,
  closeLock: false,
};

const choicesMax = 24;
/** Enumerates every sequence of choices: `begin()`, then call `next()` until it says that none is left. */
export class Choices {
  private readonly taken = new Uint8Array(choicesMax);
  private readonly width = new Uint8Array(choicesMax);
  private known = 0;
  private at = 0;

  begin(): void {
    this.known = 0;
    this.at = 0;
  }

  pick(options: number): number {
    if (this.at === choicesMax) throw new Error("more choices in one tick than choicesMax");
    if (this.at === this.known) {
      this.taken[this.known] = 0;
      this.width[this.known++] = options;
    }
    return this.taken[this.at++]!;
  }

  maybe(): boolean {
    return this.pick(2) === 1;
  }

  /** Moves on to the next sequence; false when all have been tried. */
  next(): boolean {
    this.at = 0;
    for (; this.known > 0; this.known--) {
      const last = this.known - 1;
      if (++this.taken[last]! < this.width[last]!) return true;
    }
    return false;
  }
}

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

/** Whether current flows through K1: its main pole is closed, or bridged behind a mechanism that is open. */
export const joined = (w: World): boolean => w[F.k1Open] === 0 || isFault(w, fault["K1 bridges"]);

/** The grid side is dead unless the utility or, through a closed K1, the site feeds it. */
const gridSide = (w: World, stages: number): number =>
  w[F.grid] === Grid.dead && joined(w) && someForm(w, stages) ? Grid.normal : w[F.grid]!;

export function someForm(w: World, stages: number): boolean {
  return w[F.role] === Role.forming || (stages === 2 && w[F.role2] === Role.forming);
}
export function someGive(w: World, stages: number): boolean {
  return w[F.role] === Role.discharge || (stages === 2 && w[F.role2] === Role.discharge);
}
const gridLive = (w: World): boolean => w[F.grid] !== Grid.dead;

/** The bus has a source: the grid through K1, or a stage that forms. It is live at once, and dies within 1 T. */
const isFed = (w: World, stages: number): boolean => (joined(w) && gridLive(w)) || someForm(w, stages);

/** Both sides really in synchronism: the environment grants it, and there is something to be in synchronism with. */
const trulyInSync = (w: World, stages: number): boolean =>
  w[F.sync] !== Sync.lost && w[F.k1Open] === 1 && w[F.grid]! <= Grid.sag && someForm(w, stages);

/** A reading that a fault replaces while its link is up: which fault, of which link, which reading, and by what. */
const bentReadings: readonly (readonly [FaultName, age: number, read: number, value: number])[] = [
  ["contact NO stuck open", F.deviceAge, F.rNo, 1],
  ["contact NO stuck closed", F.deviceAge, F.rNo, 0],
  ["contact NC stuck open", F.deviceAge, F.rNc, 1],
  ["contact NC stuck closed", F.deviceAge, F.rNc, 0],
  ["grid voltmeter stuck dead", F.deviceAge, F.rGrid, Grid.dead],
  ["grid voltmeter stuck normal", F.deviceAge, F.rGrid, Grid.normal],
  ["grid voltmeter stuck abnormal", F.deviceAge, F.rGrid, Grid.tripped],
  ["bus voltmeter stuck dead", F.deviceAge, F.rBus, 0],
  ["bus voltmeter stuck live", F.deviceAge, F.rBus, 1],
  ["meter stuck dead", F.meterAge, F.rMeter, Grid.dead],
  ["meter stuck normal", F.meterAge, F.rMeter, Grid.normal],
  ["meter stuck abnormal", F.meterAge, F.rMeter, Grid.tripped],
  ["report stuck off", F.stageAge, F.rRole, Role.off],
  ["report stuck charge", F.stageAge, F.rRole, Role.charge],
  ["report stuck forming", F.stageAge, F.rRole, Role.forming],
];
const bentAge = new Uint8Array(faultNames.length);
const bentRead = new Uint8Array(faultNames.length);
const bentValue = new Uint8Array(faultNames.length);
for (const [name, age, read, value] of bentReadings) {
  bentAge[fault[name]] = age;
  bentRead[fault[name]] = read;
  bentValue[fault[name]] = value;
}

function bend(w: World, kind: number): void {
  if (kind === fault["contacts echo the command"] && w[F.deviceAge] === 0) {
    w[F.rNo] = w[F.k1Command]!;
    w[F.rNc] = w[F.k1Command]!;
  }
  if (bentRead[kind] !== 0 && w[bentAge[kind]!] === 0) w[bentRead[kind]!] = bentValue[kind]!;
}

/** What the controller reads before its cycle: truth, bent by the faults. A link that is down keeps the last values. */
export function sense(w: World, stages: number): void {
  if (isFault(w, fault["K1 silent"]) || isFault(w, fault["K1 frozen"])) {
    w[F.deviceAge] = Math.min(cap.deviceAge, w[F.deviceAge]! + 1);
  } else {
    w[F.deviceAge] = 0;
    w[F.rNo] = w[F.noOpen]!;
    w[F.rNc] = w[F.ncOpen]!;
    w[F.rGrid] = gridSide(w, stages);
    w[F.rBus] = w[F.bus] === Bus.dead && !isFed(w, stages) ? 0 : 1;
    w[F.rSync] = trulyInSync(w, stages) ? w[F.sync]! : Sync.lost;
  }
  if (isFault(w, fault["meter silent"])) {
    w[F.meterAge] = Math.min(cap.meterAge, w[F.meterAge]! + 1);
  } else {
    w[F.meterAge] = 0;
    w[F.rMeter] = gridSide(w, stages);
  }
  for (let i = 0; i < stages; i++) {
    const { age, read, role } = stageFields[i]!;
    if (i === 0 && (isFault(w, fault["stage silent"]) || isFault(w, fault["stage frozen"]))) {
      w[age] = Math.min(stages === 1 ? cap.stageAge : cap.stageAgeOfTwo, w[age]! + 1);
    } else {
      w[age] = 0;
      w[read] = w[role]!;
    }
  }
  if (w[F.faultOn] === 1) bend(w, w[F.fault]!);
  if (w[F.fault2On] === 1) bend(w, w[F.fault2]!);
}

/** Commands that reach the devices. `undefined`: the controller is down. */
export function deliver(w: World, output: ModeOutput | undefined, stages: number): void {
  if (output?.commandsEnabled && !isFault(w, fault["K1 silent"])) {
    if (output.transferDevice === "open") {
      w[F.k1Command] = 1;
      if (w[F.travel] !== Travel.opening && !(w[F.travel] === Travel.none && w[F.k1Open] === 1))
        command(w, Travel.opening);
    } else if (output.transferDevice === "close" && w[F.closePending] === 1) {
      w[F.closePending] = 0;
      w[F.k1Command] = 0;
      if (w[F.k1Open] === 1) command(w, Travel.closing);
    }
  }
  for (let i = 0; i < stages; i++) {
    const stage = stageFields[i]!;
    if (output?.commandsEnabled && !(i === 0 && isFault(w, fault["stage silent"]))) {
      const asked = output.form
        ? Role.forming
        : output.seamlessTransfer
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

/** A new contact travel begins; an old one of the other direction may still finish first: `travelAge` 7 remembers that it hangs. */
function command(w: World, travel: number): void {
  const hanging = w[F.travel] !== Travel.none && w[F.travel] !== travel;
  w[F.travel] = travel;
  w[F.travelAge] = hanging ? hangingTravel : 0;
}
const hangingTravel = 7;

/** What nature did with K1 in this tick, for the monitors. */
export interface Events {
  /** K1 closed by a commanded contact travel, onto a bus that was or was not fed, in synchronism or not. */
  closedByCommand: boolean;
  ontoLiveBus: boolean;
  inSync: boolean;
}

/** One tick of K1, contacts, stages and bus. */
export function move(w: World, c: Choices, stages: number, interlocks: Interlocks, seen: Events): void {
  seen.closedByCommand = false;
  moveK1(w, c, stages, interlocks, seen);
  for (let i = 0; i < stages; i++) {
    moveStage(w, c, i, interlocks);
    cutStage(w, i, interlocks);
  }
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
    w[F.travel] = Travel.none;
    w[F.travelAge] = 0;
  } else if (mayCloseItself(w, stages, interlocks) && before === 1 && c.maybe()) {
    w[F.k1Open] = 0;
  } else if (isFault(w, fault["K1 opens itself"]) && before === 0 && c.maybe()) {
    w[F.k1Open] = 1;
  } else if (w[F.travel] !== Travel.none) {
    travelOn(w, c, stages, interlocks, seen);
  }
  const after = w[F.k1Open]!;
  if (after === before) return;
  if (c.maybe()) w[F.noOpen] = after;
  if (c.maybe()) w[F.ncOpen] = after;
}

const mayCloseItself = (w: World, stages: number, { closeLock }: Interlocks): boolean =>
  isFault(w, fault["K1 closes itself"]) && !(closeLock && someForm(w, stages));

function travelOn(w: World, c: Choices, stages: number, interlocks: Interlocks, seen: Events): void {
  const target = w[F.travel] === Travel.opening ? 1 : 0;
  if (w[F.travelAge] === hangingTravel) {
    w[F.travelAge] = 0;
    // The old travel, in the other direction, finishes first, or not at all.
    if (c.maybe()) reach(w, target === 1 ? 0 : 1, stages, interlocks, seen);
    return;
  }
  const travelMax = isFault(w, fault["K1 slow"]) ? 5 : 1;
  if (w[F.travelAge]! < travelMax && c.maybe()) {
    w[F.travelAge]!++;
    return;
  }
  w[F.travel] = Travel.none;
  w[F.travelAge] = 0;
  reach(w, target, stages, interlocks, seen);
}

function reach(w: World, target: number, stages: number, interlocks: Interlocks, seen: Events): void {
  if (w[F.k1Open] === target) return;
  if (target === 1 && isFault(w, fault["K1 welded"])) return;
  if (target === 0) {
    if (isFault(w, fault["K1 stuck open"])) return;
    // Through a bridged pole the two sides are one already, and what is left of its voltage is the grid's own.
    const grids = w[F.fault] === fault["K1 bridges"];
    const live = !joined(w) && ((w[F.bus] !== Bus.dead && !grids) || someForm(w, stages));
    const inSync = trulyInSync(w, stages);
    if (live && !inSync && interlocks.closeRelay) return;
    seen.closedByCommand = true;
    seen.ontoLiveBus = live;
    seen.inSync = inSync;
  }
  w[F.k1Open] = target;
}

function moveStage(w: World, c: Choices, index: number, { stageContactor }: Interlocks): void {
  const { role, asked, lag } = stageFields[index]!;
  const has = (kind: number): boolean => index === 0 && isFault(w, kind);
  if (stageContactor && w[asked] !== w[role] && w[asked] !== Role.hold && disobeys(w, index)) {
    if (++w[lag]! >= contactorTicks) {
      w[lag] = contactorTicks;
      w[role] = Role.off;
      return;
    }
  }
  if (has(fault["stage forms itself"])) {
    w[role] = Role.forming;
    return;
  }
  if (has(fault["stage discharges itself"])) {
    // A follower needs somebody to follow: behind an open K1 it stops.
    w[role] = joined(w) ? Role.discharge : Role.off;
    return;
  }
  const follows = w[asked] !== Role.hold && (w[role] === Role.discharge || w[role] === Role.charge);
  if (follows && !joined(w)) {
    w[role] = Role.off;
    w[lag] = 0;
    return;
  }
  const refuses = has(fault["stage refuses to form"]);
  if (w[asked] === Role.hold) {
    hold(w, c, role, refuses);
    w[lag] = 0;
    return;
  }
  if (has(fault["stage gives up forming"]) && w[role] === Role.forming && w[asked] === Role.forming) {
    if (++w[lag]! < givesUpTicks) return;
    w[role] = Role.off;
    w[asked] = Role.off;
    w[lag] = 0;
    return;
  }
  const target = refuses && w[asked] === Role.forming ? Role.off : w[asked]!;
  if (w[role] === target) {
    w[lag] = 0;
    return;
  }
  if (has(fault["stage never stops"]) && w[role] !== Role.off) return;
  if (target !== Role.off && target !== Role.forming && !joined(w)) {
    w[lag] = 0;
    w[role] = Role.off;
    return;
  }
  const lagMax = has(fault["stage slow to stop"]) ? 4 : 1;
  if (w[lag]! < lagMax && c.maybe()) {
    w[lag]!++;
    return;
  }
  w[role] = target;
  w[lag] = 0;
}

/** A stage of its own will, which its contactor is there for. */
const disobeys = (w: World, index: number): boolean =>
  index === 0 &&
  (isFault(w, fault["stage forms itself"]) ||
    isFault(w, fault["stage discharges itself"]) ||
    (isFault(w, fault["stage never stops"]) && w[F.role]! >= Role.discharge));

/** What the stage's own hardware forbids it at once. */
function cutStage(w: World, index: number, { mirrorContact, gridProtection }: Interlocks): void {
  const { role } = stageFields[index]!;
  if (w[F.k1Open] === 0 && mirrorContact && w[role] === Role.forming) w[role] = Role.off;
  if (joined(w) && gridProtection && w[role] === Role.discharge && w[F.grid]! >= Grid.tripped) w[role] = Role.off;
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

/**
 * What must hold in every reachable state. Decisions are judged on what the controller had read, truths on what the plant did.
 * Numbers follow the study of the mode machine; "T" is one abstract tick.
 */

import { intentNames } from "../../src/core/mode-state.ts";
import type { ModeOutput } from "../../src/core/modes.ts";
import { modeNames } from "../../src/domain/modes.ts";
import { type createController, Grid, Permit, Role } from "./controller.ts";
import { fault, faultNames, judgedWhileUp, reactionOnly } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { type Events, someForm, someGive, stageFields } from "./plant.ts";
import type { WorldOptions } from "./world.ts";

export const invariants = {
  I1: "never forming with K1 closed (closed transition: at most 3 T)",
  I2: "no discharge without authority or into a bad grid: commanded never, physically at most 2 T (6 T under a fault or a dead controller)",
  I3: "K1 never closes onto an energised or undecayed bus without synchronism",
  I4: "no armed output and no K1 command on stale facts",
  I5: "locked out is left only by a reset with coherent facts, not by a restart",
  I6: "no discharge commanded while a fact says that the grid is not good or K1 not closed (a stage that holds its angle: until both contacts say open)",
  I7: "no K1 motion from unknown or blind; adoption only on agreeing facts",
  I8: "no forming commanded without backup authority",
  I9: "no isolation from a normal grid without the operator",
  I10: "no lockout without a fault",
} as const;
export type InvariantName = keyof typeof invariants;

const mode = Object.fromEntries(modeNames.map((name, index) => [name, index])) as Record<
  (typeof modeNames)[number],
  number
>;
const locked = intentNames.indexOf("locked");
const island = intentNames.indexOf("island");
const onlyWhileUp = new Uint8Array(faultNames.map((name) => (judgedWhileUp.includes(name) ? 1 : 0)));
const onlyReaction = new Uint8Array(faultNames.map((name) => (reactionOnly.includes(name) ? 1 : 0)));

/** Longest time of wrong giving, T: without a fault, and with one or a dead controller. */
const givingMax = 2;
const givingDirtyMax = 6;
/** Two sources on the bus at a closed transition, T: likewise. */
const handoverMax = 3;
const handoverDirtyMax = 6;
const reactionMax = 6;

export function createMonitor(
  { stages, closedTransition, faultsAre, device: hasDevice }: WorldOptions,
  controller: ReturnType<typeof createController>,
) {
  const { snapshot, machine } = controller;

  /** Judges what the controller decided in this tick: `before` the tick, `w` after the decision. "" when all is well. */
  function decision(before: World, w: World, output: ModeOutput | undefined): InvariantName | "" {
    if (output === undefined) return "";
    const was = before[F.mode]!;
    const is = w[F.mode]!;
    const device = snapshot.transferDevice;
    const deviceFresh = w[F.deviceAge]! <= 1;
    const bothOpen = device.contactNo === "open" && device.contactNc === "open";
    const bothClosed = device.contactNo === "closed" && device.contactNc === "closed";
    let heard = 0;
    let silent = 0;
    let freshForming = false;
    for (let i = 0; i < stages; i++) {
      const { age, read } = stageFields[i]!;
      if (w[age]! <= 1) {
        heard++;
        if (w[read] === Role.forming) freshForming = true;
      } else if (w[age]! <= 6) silent++;
    }

    // A stage that holds the bus behind a K1 that is proven open gives nothing to the grid.
    const gives = output.speak && output.mayDischarge && !(output.hold && bothOpen);
    const forms = output.speak && output.form;
    const moves = output.speak && output.transferDevice !== "none";
    const closes = output.transferDevice === "close" && w[F.closePending] === 1;
    if ((gives || forms || moves) && (!deviceFresh || heard === 0)) return "I4";
    if (gives && w[F.meterAge]! > 1) return "I4";
    if ((closes || forms) && silent > 0 && !freshForming) return "I4";

    if (gives && !mayGive(w)) return "I2";
    if (forms && w[F.permit] === Permit.none) return "I8";
    const deviceSeesBadGrid = hasDevice && w[F.rGrid]! >= Grid.tripped;
    if (gives && (deviceSeesBadGrid || w[F.rMeter]! >= Grid.tripped)) return "I6";
    if (gives && !bothClosed && !output.hold) return "I6";
    if (forms && is !== mode.closingLive && !bothOpen) return "I1";

    if ((is === mode.unknown || is === mode.blind) && moves) return "I7";
    if (was === mode.unknown && is === mode.islandRunning) {
      const agree = bothOpen && w[F.rBus] === 1 && freshForming && before[F.intent] === island;
      if (!agree || !deviceFresh) return "I7";
    }
    if (was === mode.lockedOut && is !== mode.lockedOut) {
      const coherent = deviceFresh && heard > 0 && (bothOpen || bothClosed) && w[F.meterAge]! <= 1;
      if (before[F.reset] === 0 || !coherent) return "I5";
    }
    if (before[F.diskIntent] === locked && was === mode.unknown && is !== mode.lockedOut) return "I5";

    const leaves = was !== is && (is === mode.isolating || is === mode.parting);
    if (leaves && w[F.grid]! <= Grid.sag && w[F.wish] === 0) return "I9";
    if (was !== mode.lockedOut && is === mode.lockedOut && w[F.fault] === 0 && before[F.diskIntent] !== locked)
      return "I10";
    return "";
  }

  /** Judges what nature did, and counts. */
  function truth(w: World, output: ModeOutput | undefined, event: Events): InvariantName | "" {
    const up = output !== undefined;
    // A fault that comes and goes leaves its traces for a while after it has gone.
    const kind = w[F.faultOn] === 1 || faultsAre === "comes-and-goes" ? w[F.fault]! : 0;
    const reaction = onlyReaction[kind] === 1;
    const unjudged = onlyWhileUp[kind] === 1 && !up;
    const closed = w[F.k1Open] === 0;

    const wrong = closed && someGive(w, stages) && !(mayGive(w) && w[F.grid]! <= Grid.sag);
    if (!wrong || unjudged) {
      w[F.wrongGiving] = 0;
      w[F.wrongGivingDirty] = 0;
    } else {
      w[F.wrongGiving] = Math.min(7, w[F.wrongGiving]! + 1);
      if (kind !== 0 || !up || machine.state.mode === "unknown") w[F.wrongGivingDirty] = 1;
      if (w[F.wrongGiving]! > (w[F.wrongGivingDirty] === 1 ? givingDirtyMax : givingMax)) return "I2";
    }

    if (event.closedByCommand && event.ontoLiveBus) {
      // A stage that forms by itself while the stroke is under way: only a relay in the close coil prevents it.
      if (!(closedTransition && event.inSync) && kind !== fault["stage forms itself"]) return "I3";
      w[F.joined] = 1;
    }
    const formsClosed = closed && someForm(w, stages);
    if (!formsClosed || unjudged) {
      w[F.formsClosed] = 0;
      if (!formsClosed) w[F.joined] = 0;
    } else {
      w[F.formsClosed] = Math.min(7, w[F.formsClosed]! + 1);
      if (w[F.joined] === 1 && (kind !== 0 || !up || machine.state.mode === "unknown")) w[F.joined] = 2;
      const allowed = reaction ? reactionMax : [0, handoverMax, handoverDirtyMax][w[F.joined]!]!;
      if (w[F.formsClosed]! > allowed) return "I1";
    }
    return "";
  }

  /** What nobody can prevent is judged by the reaction since the last change: the counting starts anew. */
  function disturbed(w: World): void {
    if (w[F.faultOn] === 0 || onlyWhileUp[w[F.fault]!] === 0) return;
    w[F.wrongGiving] = 0;
    w[F.formsClosed] = 0;
  }

  return { decision, truth, disturbed };
}

const mayGive = (w: World): boolean => w[F.permit] === Permit.parallel && w[F.service] === 1 && w[F.latch] === 0;

export { mode as modeIndex };

/**
 * What must hold in every reachable state. Decisions are judged on what the controller had read, truths on what the plant did.
 * "T" is one abstract tick of the model (`docs/model.md`).
 */

import type { ModeOutput } from "../../src/core/modes/machine.ts";
import { intentNames, startsMax } from "../../src/core/modes/state.ts";
import { modeNames } from "../../src/domain/modes.ts";
import type { createController } from "./controller.ts";
import { fault, faultNames, judgedWhileUp, reactionOnly } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { type Events, joined, someForm, someGive, stageFields } from "./plant.ts";
import { formingFreshTicks, modelTimings, tickMs } from "./timings.ts";
import { Grid, Permit, Role, Sync } from "./values.ts";
import type { WorldOptions } from "./world.ts";

export const invariants = {
  "never-forms-on-the-grid": "never forming with K1 closed (closed transition: at most 3 T)",
  "discharge-with-authority":
    "no discharge without authority or into a bad grid: commanded never, physically at most 2 T (6 T under a fault or a dead controller)",
  "closes-dead-or-in-step":
    "K1 never closes, and no start begins, on an energised or undecayed bus without synchronism",
  "acts-on-fresh-facts": "no armed output and no K1 command on stale facts",
  "lockout-outlives-restarts": "locked out is left only by a reset with coherent facts, not by a restart",
  "discharge-only-as-seen-safe":
    "no discharge commanded while a fact says that the grid is not good or K1 not closed (a stage that holds its angle: until both contacts say open)",
  "silent-until-known": "no K1 motion from unknown or noFeedback; adoption only on agreeing facts",
  "forms-with-authority": "no start, no forming, and no holding behind an open K1, commanded without backup authority",
  "leaves-grid-for-cause":
    "no isolation from a normal grid, and no start while both voltmeters see it good, without the operator",
  "lockout-for-cause": "no lockout without a fault",
  "no-needless-outage":
    "without a fault nobody goes dark needlessly: the grid is left only with a start and a right to it, no start is made without a source, a fed island is kept while the grid is bad, a live close goes on in synchronism, a planned island opens K1 when it is balanced and goes on",
  "reset-heard":
    "a person's reset is heard: out of a lockout when everything agrees; elsewhere the return is free again and the starts are full",
  "return-blocked-for-cause":
    "without a fault the return is not blocked, unless there was no synchronism in all its time",
  "lockout-recorded": "a lockout is on record, and what can't be stored is tried again until it is",
  "enter-service-delay-kept":
    "discharging in parallel begins only after the grid has been good for the delay of entering service, however the site has returned",
  "opening-proven-first":
    "after K1 has failed to open, or has conducted while it said open, nothing is discharged or formed until it has opened under a live grid",
} as const;
export type InvariantName = keyof typeof invariants;

const mode = Object.fromEntries(modeNames.map((name, index) => [name, index])) as Record<
  (typeof modeNames)[number],
  number
>;
const locked = intentNames.indexOf("locked");
/** A condition that has held as long as it is counted (`cap.hClosed`, `cap.hOpen`). */
const heldLong = 3;
/** Modes that form, or hold, beside a grid that is there. */
const besideGrid = [mode.transferToIsland, mode.resyncing, mode.closingLive];
/** Modes in which a site gives power to the grid. */
const gave = [mode.ramping, mode.parallel, mode.zeroingExchange, mode.transferToIsland];
/** Modes in which a site may rest and a person can reset it. */
const hearsReset = [mode.isolated, mode.islandRunning, mode.loadOnly, mode.parallel];
const island = intentNames.indexOf("island");
const onlyWhileUp = new Uint8Array(faultNames.map((name) => (judgedWhileUp.includes(name) ? 1 : 0)));
const onlyReaction = new Uint8Array(faultNames.map((name) => (reactionOnly.includes(name) ? 1 : 0)));

const formsItself = fault["stage forms itself"];
const bridges = fault["K1 bridges"];

/** Longest time of wrong giving, T: without a fault, and with one or a dead controller. */
const givingMax = 2;
const givingDirtyMax = 6;
/** Two sources on the bus at a closed transition, T: likewise. */
const handoverMax = 3;
const handoverDirtyMax = 6;
const reactionMax = 6;

export function createMonitor(
  { stages, closedTransition, faultsAre, strict, nuisance, holds, device: hasDevice }: WorldOptions,
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
      const witnessed = bothOpen && deviceFresh && w[F.rBus] === 1 && w[read] === Role.forming;
      if (w[age]! <= (witnessed ? formingFreshTicks : 1)) {
        heard++;
        if (w[read] === Role.forming) freshForming = true;
      } else if (w[age]! <= 6) silent++;
    }

    // A stage that holds the bus behind a K1 that is proven open gives nothing to the grid.
    const gives = output.commandsEnabled && output.mayDischarge && !(output.seamlessTransfer && bothOpen);
    const forms = output.commandsEnabled && output.form;
    const moves = output.commandsEnabled && output.transferDevice !== "none";
    const closes = output.transferDevice === "close" && w[F.closePending] === 1;
    if ((gives || forms || moves) && (!deviceFresh || heard === 0)) return "acts-on-fresh-facts";
    if (gives && w[F.meterAge]! > 1) return "acts-on-fresh-facts";
    if ((closes || forms) && silent > 0 && !freshForming) return "acts-on-fresh-facts";

    if (gives && !mayGive(w)) return "discharge-with-authority";
    const holdsIsland = output.commandsEnabled && output.seamlessTransfer && bothOpen;
    if ((forms || holdsIsland) && w[F.permit] === Permit.none) return "forms-with-authority";
    const deviceSeesBadGrid = hasDevice && w[F.rGrid]! >= Grid.tripped;
    if (gives && (deviceSeesBadGrid || w[F.rMeter]! >= Grid.tripped)) return "discharge-only-as-seen-safe";
    if (gives && !bothClosed && !output.seamlessTransfer) return "discharge-only-as-seen-safe";
    if (forms && is !== mode.closingLive && !bothOpen && !isGlitch(w, bothClosed)) return "never-forms-on-the-grid";
    if (gives && !gave.includes(was) && (was !== mode.enterDelay || before[F.hGood]! < heldLong))
      return "enter-service-delay-kept";
    if ((gives || forms) && w[F.unproven] === 1) return "opening-proven-first";
    const failedToOpen = (was === mode.opening || was === mode.transferToIsland) && is === mode.lockedOut;
    if (failedToOpen && w[F.unproven] === 0) return "opening-proven-first";
    const cleared = before[F.unproven] === 1 && w[F.unproven] === 0;
    if (cleared && !(was === mode.isolated && bothOpen && w[F.rGrid] !== Grid.dead && w[F.rBus] === 0))
      return "opening-proven-first";

    if ((is === mode.unknown || is === mode.noFeedback) && moves) return "silent-until-known";
    if (was === mode.unknown && is === mode.islandRunning) {
      const agree = bothOpen && w[F.rBus] === 1 && freshForming && before[F.intent] === island;
      if (!agree || !deviceFresh) return "silent-until-known";
    }
    if (was === mode.lockedOut && is !== mode.lockedOut) {
      const metered = w[F.meterAge]! <= 1 || w[F.rGrid] === Grid.dead;
      const coherent = deviceFresh && heard > 0 && (bothOpen || bothClosed) && metered;
      if (before[F.reset] === 0 || !coherent) return "lockout-outlives-restarts";
    }
    if (before[F.diskIntent] === locked && was === mode.unknown && is !== mode.lockedOut)
      return "lockout-outlives-restarts";

    if (is === mode.lockedOut && w[F.intent] !== locked) return "lockout-recorded";

    const leaves = was !== is && (is === mode.isolating || is === mode.transferToIsland);
    if (!nuisance && leaves && w[F.grid]! <= Grid.sag && w[F.request] === 0) return "leaves-grid-for-cause";
    if (was !== mode.lockedOut && is === mode.lockedOut && w[F.fault] === 0 && before[F.diskIntent] !== locked)
      return "lockout-for-cause";
    if (was === mode.isolated && is === mode.islandStarting) {
      if (w[F.rBus] === 1) return "closes-dead-or-in-step";
      if (w[F.permit] === Permit.none) return "forms-with-authority";
      const good = w[F.rGrid] === Grid.normal && w[F.rMeter] === Grid.normal && w[F.meterAge]! <= 1;
      if (good && w[F.request] === 0 && w[F.blocked] === 0) return "leaves-grid-for-cause";
    }
    if (w[F.fault] === 0 && was !== is && goesDark(before, w, freshForming)) return "no-needless-outage";
    if (w[F.fault] === 0 && w[F.blocked]! > before[F.blocked]!) {
      const syncLacked = before[F.hSync] === 0 || w[F.rSync] !== Sync.aim;
      const hadTime = was === mode.resyncing && before[F.modeAge]! >= modelTimings.syncMaxMs / tickMs;
      if (!hadTime || !syncLacked) return "return-blocked-for-cause";
    }
    // Everything had agreed for long enough before this cycle, and still does.
    const agreed = (field: number): boolean => before[field] === heldLong && w[field] === heldLong;
    const stays = before[F.reset] === 1 && was === mode.lockedOut && is === mode.lockedOut;
    if (stays && w[F.meterAge]! <= 1 && (agreed(F.hClosed) || agreed(F.hOpen))) return "reset-heard";
    const resets = before[F.reset] === 1 && was === is && hearsReset.includes(is);
    if (resets && (w[F.blocked] === 1 || w[F.starts]! < startsMax)) return "reset-heard";
    return "";
  }

  /** One contact says otherwise for a moment while one side is live and the other dead. */
  function isGlitch(w: World, bothClosed: boolean): boolean {
    return !bothClosed && w[F.hContra]! <= 2 && (w[F.rGrid] === Grid.dead) === (w[F.rBus] === 1);
  }

  /** Whether this change of mode takes away a supply that could have stayed. */
  function goesDark(before: World, w: World, freshForming: boolean): boolean {
    const was = before[F.mode]!;
    const is = w[F.mode]!;
    const gridGood = w[F.rGrid] === Grid.normal && w[F.rMeter] === Grid.normal;
    if ((is === mode.isolating || is === mode.zeroingExchange) && w[F.starts] === 0) return true;
    if (was === mode.isolating && is === mode.opening && w[F.permit] === Permit.none) return true;
    if (is === mode.islandStarting && w[F.noSource] === 1) return true;
    if (was === mode.zeroingExchange && is === mode.transferToIsland && w[F.unbalanced] === 1) return true;
    if (was === mode.islandRunning || was === mode.resyncing) {
      const stays = is === mode.islandRunning || is === mode.resyncing || is === mode.closingLive;
      return !stays && freshForming && w[F.rBus] === 1 && w[F.permit] !== Permit.none && !gridGood;
    }
    if (was === mode.closingLive && is === mode.opening) {
      const early = before[F.modeAge]! < modelTimings.closeLiveMs / tickMs;
      return early && gridGood && w[F.rSync] === Sync.aim && w[F.permit] !== Permit.none;
    }
    const planned = w[F.request] === 1 && mayGive(w) && w[F.rGrid]! <= Grid.sag && w[F.rMeter]! <= Grid.sag;
    if (!planned || closedTransition) return false;
    if (was === mode.zeroingExchange && is === mode.isolating)
      return before[F.modeAge]! < modelTimings.balanceMaxMs / tickMs || (before[F.hSync]! > 0 && w[F.unbalanced] === 0);
    if (was !== mode.transferToIsland || is === mode.islandRunning || !holds || w[F.noSource] === 1) return false;
    for (let i = 0; i < stages; i++) if (w[stageFields[i]!.read] === Role.off) return false;
    return w[F.rBus] === 1;
  }

  /** Judges what nature did, and counts. */
  function truth(w: World, output: ModeOutput | undefined, event: Events): InvariantName | "" {
    const up = output !== undefined;
    // A fault that comes and goes leaves its traces for a while after it has gone.
    const lasting = faultsAre === "comes-and-goes";
    const kind = lasting || w[F.faultOn] === 1 ? w[F.fault]! : 0;
    const kind2 = lasting || w[F.fault2On] === 1 ? w[F.fault2]! : 0;
    const dirty = kind !== 0 || kind2 !== 0 || !up || machine.state.mode === "unknown";
    const reaction = !strict && (onlyReaction[kind] === 1 || onlyReaction[kind2] === 1);
    const unjudged = !up && (onlyWhileUp[kind] === 1 || onlyWhileUp[kind2] === 1);
    const closed = joined(w);
    // Whether a pole conducts can only be asked of an island that runs: where it leaves the grid, or returns to it, the grid is there.
    const unasked = kind === bridges && w[F.grid] !== Grid.dead && besideGrid.includes(w[F.mode]!);

    const wrong = closed && someGive(w, stages) && !(mayGive(w) && w[F.grid]! <= Grid.sag);
    if (!wrong || unjudged) {
      w[F.wrongGiving] = 0;
      w[F.wrongGivingDirty] = 0;
    } else {
      w[F.wrongGiving] = Math.min(7, w[F.wrongGiving]! + 1);
      if (dirty) w[F.wrongGivingDirty] = 1;
      if (w[F.wrongGiving]! > (w[F.wrongGivingDirty] === 1 ? givingDirtyMax : givingMax))
        return "discharge-with-authority";
    }

    if (event.closedByCommand && event.ontoLiveBus) {
      // A stage that forms by itself while the contact travels: only a relay in the close coil prevents it.
      if (!(closedTransition && event.inSync) && kind !== formsItself && kind2 !== formsItself)
        return "closes-dead-or-in-step";
      w[F.joined] = 1;
    }
    const formsClosed = closed && someForm(w, stages);
    if (!formsClosed || unjudged || unasked) {
      w[F.formsClosed] = 0;
      if (!formsClosed) w[F.joined] = 0;
    } else {
      w[F.formsClosed] = Math.min(7, w[F.formsClosed]! + 1);
      if (w[F.joined] === 1 && dirty) w[F.joined] = 2;
      const allowed = reaction ? reactionMax : [0, handoverMax, handoverDirtyMax][w[F.joined]!]!;
      if (w[F.formsClosed]! > allowed) return "never-forms-on-the-grid";
    }
    return "";
  }

  /** What nobody can prevent is judged by the reaction since the last change: the counting starts anew. */
  function disturbed(w: World): void {
    const first = w[F.faultOn] === 1 && onlyWhileUp[w[F.fault]!] === 1;
    const second = w[F.fault2On] === 1 && onlyWhileUp[w[F.fault2]!] === 1;
    if (!first && !second) return;
    w[F.wrongGiving] = 0;
    w[F.formsClosed] = 0;
  }

  return { decision, truth, disturbed };
}

const mayGive = (w: World): boolean => w[F.permit] === Permit.parallel && w[F.service] === 1 && w[F.latch] === 0;

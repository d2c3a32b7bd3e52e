/**
 * Drives the real controller from a packed world: readings become a snapshot, the real derivation of facts, the real judgement
 * of authority and the real rows run on it, and the machine's state becomes small integers again.
 */

import { createRecordKeeper, notStored, retryMaxMs, storeIsDue } from "../../src/app/store/record-keeper.ts";
import { createAuthority, evaluateAuthority } from "../../src/core/modes/authority.ts";
import { createGridVerdict, createModeFacts, deriveModeFacts, modeFactsDefaults } from "../../src/core/modes/facts.ts";
import { createModeMachine, type ModeOutput, stepMode } from "../../src/core/modes/machine.ts";
import type { ModeRow } from "../../src/core/modes/rows.table.ts";
import { disagreementsMax, doubtsMax, emptyRecord, type HeldSince, intentNames } from "../../src/core/modes/state.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { modeNames, roleNames } from "../../src/domain/modes.ts";
import { fault } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { joined, someForm } from "./plant.ts";
import { cap, formingFreshTicks, modelTimings, nowMs, tickMs } from "./timings.ts";
import { Grid, isFault, Permit, Role, Sync } from "./values.ts";

const gridPu = [1, 0.9, 0.7, 0] as const;
/** By `Sync`: outside the window, inside it, and inside the part of it in which a close may be commanded. */
const phaseDeg = [90, 15, 0] as const;
const gridHz = [60, 60, 60, 0] as const;
const expectedNames = ["any", "open", "closed"] as const;

export interface ControllerOptions {
  readonly stages: 1 | 2;
  readonly closedTransition: boolean;
  /** False: a site without a transfer device. */
  readonly device: boolean;
  /** The stages can hold their angle when K1 opens. */
  readonly holds: boolean;
}

/** Per stage the fields that hold its last reading, what it was told last, and for how long nothing has reached it. */
const stageFields = [
  { age: F.stageAge, read: F.rRole, asked: F.asked, dog: F.dog },
  { age: F.stageAge2, read: F.rRole2, asked: F.asked2, dog: F.dog2 },
] as const;

const alwaysHeld: readonly (readonly [key: keyof HeldSince, field: number, cap: number])[] = [
  ["gridGood", F.hGood, cap.hGood],
  ["gridOut", F.hOut, cap.hOut],
  ["gridNotGood", F.hNotGood, cap.hNotGood],
  ["uncommandedOutput", F.hUncommanded, cap.hUncommanded],
  ["contradiction", F.hContra, cap.hContra],
  ["coherentClosed", F.hClosed, cap.hClosed],
  ["coherentOpen", F.hOpen, cap.hOpen],
  ["busDead", F.hDead, cap.hDead],
  ["busNotDead", F.hNotDead, cap.hNotDead],
];
/** Synchronism counts where K1 is listed for closed transition, balance elsewhere: they share a field. */
const inSyncField = [["inSync", F.hSync, cap.hSync]] as const;
const balancedField = [["balanced", F.hSync, cap.hSync]] as const;

export function createController(
  { stages, closedTransition, device: hasDevice, holds }: ControllerOptions,
  rows: readonly ModeRow[],
) {
  const heldFields = [...alwaysHeld, ...(closedTransition ? inSyncField : balancedField)];
  const machine = createModeMachine(modelTimings, emptyRecord, nowMs, rows);
  const facts = createModeFacts(stages);
  const snapshot = createSnapshot(stages, 0);
  const verdict = createGridVerdict();
  const authority = createAuthority();
  const authorityConfig = { serviceMode: "parallel-export", canIsolate: hasDevice, utilityNotified: false } as const;
  const factsConfig = {
    ...modeFactsDefaults,
    canIsolate: hasDevice,
    closedTransition,
    travelMs: tickMs,
    deviceFreshMs: tickMs,
    liveMaxMs: tickMs,
    stageFreshMs: tickMs,
    formingFreshMs: formingFreshTicks * tickMs,
    meterFreshMs: tickMs,
    watchdogMs: 3 * tickMs,
    stageStopMs: 2 * tickMs,
  };
  snapshot.wallMs = nowMs;
  snapshot.site.permit.validFromMs = 0;
  snapshot.site.permit.validUntilMs = 2 * nowMs;
  snapshot.site.permit.equipmentMatches = true;
  snapshot.transferDevice.busFrequencyHz = 60;
  snapshot.site.islandRequestUntilMs = 2 * nowMs;
  verdict.meterTrusted = true;

  /** Readings and record → snapshot and machine; one real cycle; the machine → `w`. */
  function step(w: World): ModeOutput {
    readWorld(w);
    const state = machine.state;
    const startedMs = stages === 1 ? 0 : nowMs - w[F.startedAge]! * tickMs;
    evaluateAuthority(authority, authorityConfig, snapshot);
    deriveModeFacts(facts, snapshot, authority, verdict, factsConfig, startedMs, nowMs);
    facts.sourceReady = w[F.noSource] === 0;
    // What `backfeed-watch.ts` finds out by asking the island: here it is told as soon as it can be seen.
    facts.inStep = facts.gridLive && facts.busLive && joined(w);
    facts.gridFollows = facts.inStep && facts.provenOpen && someForm(w, stages);
    facts.balanced = w[F.unbalanced] === 0;
    facts.seamlessReady = holds && facts.sourceReady && allReadToHold(w);
    const output = stepMode(machine, facts, nowMs);
    writeWorld(w);
    // A row that the reset serves must be able to say so.
    if (!Number.isFinite(state.sinceMs)) throw new Error("lost time");
    return output;
  }

  /** Every stage answers and runs, as far as it was read. */
  function allReadToHold(w: World): boolean {
    for (let i = 0; i < stages; i++) {
      const { age, read } = stageFields[i]!;
      if (w[age]! > 1 || w[read] === Role.off) return false;
    }
    return true;
  }

  function readWorld(w: World): void {
    const { transferDevice: device, meter, site } = snapshot;
    device.liveAtMs = nowMs - w[F.deviceAge]! * tickMs;
    device.atMs = isFault(w, fault["K1 frozen"]) ? nowMs : device.liveAtMs;
    device.contactNo = w[F.rNo]! === 1 ? "open" : "closed";
    device.contactNc = w[F.rNc]! === 1 ? "open" : "closed";
    device.gridVoltagePu = gridPu[w[F.rGrid]!]!;
    device.gridFrequencyHz = gridHz[w[F.rGrid]!]!;
    device.busVoltagePu = w[F.rBus]! === 1 ? 1 : 0;
    device.syncRelay = w[F.rSync]! !== Sync.lost;
    device.phaseDeg = phaseDeg[w[F.rSync]!]!;
    if (closedTransition && isFault(w, fault["sync relay stuck true"])) device.syncRelay = true;
    if (closedTransition && isFault(w, fault["sync calculation stuck true"])) device.phaseDeg = 0;
    device.closeSequence = 5;
    meter.atMs = nowMs - w[F.meterAge]! * tickMs;
    meter.voltagePu = gridPu[w[F.rMeter]!]!;
    meter.frequencyHz = gridHz[w[F.rMeter]!]!;
    verdict.inEnterServiceWindow = w[F.rMeter]! === Grid.normal;
    verdict.tripped = w[F.rMeter]! >= Grid.tripped;
    verdict.deviceTripped = w[F.rGrid]! >= Grid.tripped;
    for (let i = 0; i < stages; i++) {
      const stage = snapshot.stages[i]!;
      const { age, read, asked, dog } = stageFields[i]!;
      stage.liveAtMs = nowMs - w[age]! * tickMs;
      stage.atMs = i === 0 && isFault(w, fault["stage frozen"]) ? nowMs : stage.liveAtMs;
      stage.role = roleNames[w[read]!]!;
      stage.powerW = stage.role === "discharge" ? -10_000 : 0;
      // What has reached it is what it has been told: it was told long ago, or its watchdog has not ended it yet.
      const isLet = w[asked]! === Role.discharge || w[asked] === Role.forming || w[asked] === Role.hold;
      stage.stopHeardAtMs = isLet ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      stage.acknowledgedAtMs = nowMs - w[dog]! * tickMs;
    }
    site.permit.mode =
      w[F.permit]! === Permit.parallel
        ? "parallel-export"
        : w[F.permit]! === Permit.backup
          ? "non-parallel-backup"
          : "load-only";
    site.permit.backupNotified = w[F.permit]! !== Permit.none;
    site.serviceEnabled = w[F.service]! === 1;
    site.relayLatched = w[F.latch]! === 1;
    site.islandRequested = w[F.request]! === 1;
    site.resetRequest = w[F.reset]! === 1;

    const { state } = machine;
    const { record } = state;
    state.mode = modeNames[w[F.mode]!]!;
    state.sinceMs = nowMs - w[F.modeAge]! * tickMs;
    state.commandArmed = w[F.armed]! === 1;
    state.armedMs = nowMs - w[F.armedAge]! * tickMs;
    state.expected = expectedNames[w[F.expected]!]!;
    state.disagreements = w[F.disagreements]!;
    state.doubts = w[F.doubts]!;
    state.gridDeadAtStart = w[F.gridDeadAtStart]! === 1;
    record.intent = intentNames[w[F.intent]!]!;
    record.startsLeft = w[F.starts]!;
    record.returnBlocked = w[F.blocked]! === 1;
    record.opensUnproven = w[F.unproven]! === 1;
    record.generation = 1;
    site.storedGeneration = recordOnDisk(w) ? 1 : 0;
    state.closeSequence = w[F.closePending]! === 1 ? 6 : 5;
    for (let i = 0; i < heldFields.length; i++) {
      const [key, field] = heldFields[i]!;
      const ticks = w[field]!;
      state.held[key] = ticks === 0 ? Number.NaN : nowMs - (ticks - 1) * tickMs;
    }
  }

  function writeWorld(w: World): void {
    const { state } = machine;
    const { record } = state;
    w[F.mode] = modeNames.indexOf(state.mode);
    w[F.modeAge] = ageAfter(state.sinceMs, cap.modeAge);
    w[F.armed] = state.commandArmed ? 1 : 0;
    w[F.armedAge] = state.commandArmed ? ageAfter(state.armedMs, cap.armedAge) : 0;
    w[F.expected] = expectedNames.indexOf(state.expected);
    w[F.disagreements] = Math.min(disagreementsMax, state.disagreements);
    w[F.doubts] = Math.min(doubtsMax, state.doubts);
    w[F.gridDeadAtStart] = state.gridDeadAtStart ? 1 : 0;
    w[F.intent] = intentNames.indexOf(record.intent);
    w[F.starts] = record.startsLeft;
    w[F.blocked] = record.returnBlocked ? 1 : 0;
    w[F.unproven] = record.opensUnproven ? 1 : 0;
    if (record.generation > 1) w[F.owed] = 1;
    w[F.closePending] = state.closeSequence > 5 ? 1 : 0;
    for (let i = 0; i < heldFields.length; i++) {
      const [key, field, max] = heldFields[i]!;
      const since = state.held[key];
      w[field] = Number.isNaN(since) ? 0 : 1 + ageAfter(since, max);
    }
  }

  return { step, facts, machine, snapshot };
}

/** Ticks since `sinceMs` as the next cycle will see them. */
const ageAfter = (sinceMs: number, max: number): number => Math.min(max, Math.round((nowMs - sinceMs) / tickMs) + 1);

/** Nothing is owed: the newest record is the one on disk. */
export const recordOnDisk = (w: World): boolean => w[F.owed] === 0;

/** The product's own keeper of what is owed, loaded from the world for one question. */
const keeper = createRecordKeeper();

/** Whether the record is owed and a try is due. `waited`: the pause after a failure is over, however long it was. */
export function storeTryIsDue(w: World, waited: boolean): boolean {
  keeper.record.generation = 1;
  keeper.storedGeneration = recordOnDisk(w) ? 1 : 0;
  keeper.failures = 0;
  keeper.nextTryMs = Number.NEGATIVE_INFINITY;
  if (w[F.storeFailed] === 1) notStored(keeper, "the disk is full", nowMs);
  return storeIsDue(keeper, waited ? nowMs + retryMaxMs : nowMs);
}

export function storeRecord(w: World): void {
  w[F.owed] = 0;
  w[F.storeFailed] = 0;
  w[F.diskIntent] = w[F.intent]!;
  w[F.diskStarts] = w[F.starts]!;
  w[F.diskBlocked] = w[F.blocked]!;
  w[F.diskUnproven] = w[F.unproven]!;
}

const controllerFields = [
  F.mode,
  F.modeAge,
  F.armed,
  F.armedAge,
  F.expected,
  F.disagreements,
  F.doubts,
  F.gridDeadAtStart,
  F.intent,
  F.starts,
  F.blocked,
  F.unproven,
  F.closePending,
  F.hGood,
  F.hOut,
  F.hNotGood,
  F.hUncommanded,
  F.hContra,
  F.hClosed,
  F.hOpen,
  F.hDead,
  F.hNotDead,
  F.hSync,
  F.startedAge,
];

/** The controller dies: all that it knew is gone, except what is on disk. */
export function crash(w: World): void {
  w[F.owed] = 0;
  w[F.storeFailed] = 0;
  for (let i = 0; i < controllerFields.length; i++) w[controllerFields[i]!] = 0;
  w[F.up] = 0;
}

/** It starts again with the record from disk, in `unknown`; nothing has been read yet. */
export function restart(w: World, stages: number): void {
  crash(w);
  w[F.up] = 1;
  w[F.armed] = 1;
  w[F.armedAge] = cap.armedAge;
  w[F.intent] = w[F.diskIntent]!;
  w[F.starts] = w[F.diskStarts]!;
  w[F.blocked] = w[F.diskBlocked]!;
  w[F.unproven] = w[F.diskUnproven]!;
  w[F.deviceAge] = cap.deviceAge;
  w[F.meterAge] = cap.meterAge;
  w[F.stageAge] = stages === 1 ? cap.stageAge : cap.stageAgeOfTwo;
}

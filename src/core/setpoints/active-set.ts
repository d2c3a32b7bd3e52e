/**
 * Who takes part when every vehicle takes nothing or at least its minimum. The set has hysteresis: it changes rarely although
 * the budget moves all the time. Source: the study of the control loop, "shares of the stages" (22 changes an hour for 20 stages
 * instead of 201 with equal shares). Magnitudes, W ≥ 0.
 */
import { minuteMs, secondMs } from "../../domain/units.ts";
import type { WaterFilling } from "./shares.ts";

/** A member is added when those in the set would be loaded beyond this … */
const addLoad = 0.85;
/** … and the budget is this much above the minimum of all, the new one included … */
const addMinimumFactor = 1.3;
/** … for this long. The first ones start at once. */
const addAfterMs = 3 * secondMs;
/** Where few loaded stages are better than many idle ones, one leaves when the others would stay below this load … */
const removeLoad = 0.55;
/** … for this long. */
const removeAfterMs = minuteMs;
/** A member of higher rank that waits takes the place of one of lower rank after this long. */
const swapAfterMs = minuteMs;

/** Which stages take part, with the times that keep one from coming and going. */
export interface ActiveSet {
  readonly on: Uint8Array;
  /** Moment of the last removal of each stage: it waits `addAfterMs` before it may come back. */
  readonly removedAtMs: Float64Array;
  /** Prefer few loaded stages (discharging: efficiency) to many (charging: everybody charges). */
  readonly consolidates: boolean;
  addSinceMs: number;
  removeSinceMs: number;
  swapSinceMs: number;
  /** Switches on and off so far, for figures. */
  changes: number;
}

/** No stage takes part; `consolidates`: few stages at high load instead of all at low load. */
export function createActiveSet(stageCount: number, consolidates: boolean): ActiveSet {
  return {
    on: new Uint8Array(stageCount),
    removedAtMs: new Float64Array(stageCount).fill(Number.NEGATIVE_INFINITY),
    consolidates,
    addSinceMs: Number.POSITIVE_INFINITY,
    removeSinceMs: Number.POSITIVE_INFINITY,
    swapSinceMs: Number.POSITIVE_INFINITY,
    changes: 0,
  };
}

/**
 * Decides who of `f.order` (all candidates by rank) takes part, and leaves only those in `f.order`. Candidates without a
 * minimum always do. Budgets are those of `f`, not yet used.
 */
export function chooseMembers(set: ActiveSet, f: WaterFilling, shares: Float64Array, nowMs: number): void {
  const n = f.member.length;
  for (let i = 0; i < n; i++) if (f.member[i] === 0) set.on[i] = 0;
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    if (f.leastW[i]! <= 0) set.on[i] = 1;
  }
  // At once: whoever does not fit, the lowest rank first. At most one pass for each candidate.
  for (let k = f.orderCount - 1; k >= 0; k--) {
    const i = f.order[k]!;
    if (set.on[i] === 0 || f.leastW[i]! <= 0) continue;
    if (fits(set, f, shares, -1, 1)) break;
    leave(set, i, nowMs);
  }
  addMembers(set, f, shares, nowMs);
  if (set.consolidates) removeIdle(set, f, nowMs);
  swapByRank(set, f, shares, nowMs);
  let kept = 0;
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    if (set.on[i] === 1) f.order[kept++] = i;
    else f.member[i] = 0;
  }
  f.orderCount = kept;
}

/** Whether every channel carries `factor` times the minimum of the members that draw from it, with `extra` among them. */
function fits(set: ActiveSet, f: WaterFilling, shares: Float64Array, extra: number, factor: number): boolean {
  const n = f.member.length;
  for (let c = 0; c < f.budgetW.length; c++) {
    let leastW = 0;
    let touched = extra < 0;
    for (let k = 0; k < f.orderCount; k++) {
      const i = f.order[k]!;
      const share = shares[c * n + i]!;
      if (set.on[i] === 1 || i === extra) leastW += f.leastW[i]! * share;
      if (i === extra && share > 0) touched = true;
    }
    if (touched && leastW > 0 && factor * leastW > f.budgetW[c]!) return false;
  }
  return true;
}

function loadOf(set: ActiveSet, f: WaterFilling): number {
  let wantW = 0;
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    if (set.on[i] === 1) wantW += f.wantW[i]!;
  }
  return wantW;
}

function firstWaiting(set: ActiveSet, f: WaterFilling): number {
  for (let k = 0; k < f.orderCount; k++) if (set.on[f.order[k]!] === 0) return f.order[k]!;
  return -1;
}

function lastWithMinimum(set: ActiveSet, f: WaterFilling): number {
  for (let k = f.orderCount - 1; k >= 0; k--) {
    const i = f.order[k]!;
    if (set.on[i] === 1 && f.leastW[i]! > 0) return i;
  }
  return -1;
}

function wantsMore(set: ActiveSet, f: WaterFilling, shares: Float64Array, candidate: number): boolean {
  if (candidate < 0 || !fits(set, f, shares, candidate, addMinimumFactor)) return false;
  return !set.consolidates || f.budgetW[0]! > addLoad * loadOf(set, f);
}

function addMembers(set: ActiveSet, f: WaterFilling, shares: Float64Array, nowMs: number): void {
  let candidate = firstWaiting(set, f);
  if (!wantsMore(set, f, shares, candidate)) {
    set.addSinceMs = Number.POSITIVE_INFINITY;
    return;
  }
  if (set.addSinceMs === Number.POSITIVE_INFINITY) set.addSinceMs = nowMs;
  const waited = nowMs - set.addSinceMs >= addAfterMs;
  const fresh = lastWithMinimum(set, f) < 0 || !set.consolidates;
  if (!waited && !(fresh && nowMs - set.removedAtMs[candidate]! >= addAfterMs)) return;
  // Everybody for whom there is room comes together: a rising budget does not wait once for each.
  for (let added = 0; added < f.orderCount && wantsMore(set, f, shares, candidate); added++) {
    set.on[candidate] = 1;
    set.changes++;
    candidate = firstWaiting(set, f);
  }
  set.addSinceMs = Number.POSITIVE_INFINITY;
}

function removeIdle(set: ActiveSet, f: WaterFilling, nowMs: number): void {
  const candidate = lastWithMinimum(set, f);
  const idle = candidate >= 0 && f.budgetW[0]! < removeLoad * (loadOf(set, f) - f.wantW[candidate]!);
  if (!idle) set.removeSinceMs = Number.POSITIVE_INFINITY;
  else if (set.removeSinceMs === Number.POSITIVE_INFINITY) set.removeSinceMs = nowMs;
  if (nowMs - set.removeSinceMs < removeAfterMs) return;
  leave(set, candidate, nowMs);
  set.removeSinceMs = Number.POSITIVE_INFINITY;
}

function swapByRank(set: ActiveSet, f: WaterFilling, shares: Float64Array, nowMs: number): void {
  const waiting = firstWaiting(set, f);
  const last = lastWithMinimum(set, f);
  const outranked = waiting >= 0 && last >= 0 && rankOf(f, waiting) < rankOf(f, last);
  if (!outranked) set.swapSinceMs = Number.POSITIVE_INFINITY;
  else if (set.swapSinceMs === Number.POSITIVE_INFINITY) set.swapSinceMs = nowMs;
  if (nowMs - set.swapSinceMs < swapAfterMs) return;
  set.swapSinceMs = Number.POSITIVE_INFINITY;
  set.on[last] = 0;
  if (!fits(set, f, shares, waiting, 1)) {
    set.on[last] = 1;
    return;
  }
  leave(set, last, nowMs);
  set.on[waiting] = 1;
  set.changes++;
}

function rankOf(f: WaterFilling, stage: number): number {
  for (let k = 0; k < f.orderCount; k++) if (f.order[k] === stage) return k;
  return f.orderCount;
}

function leave(set: ActiveSet, i: number, nowMs: number): void {
  set.on[i] = 0;
  set.removedAtMs[i] = nowMs;
  set.changes++;
}

/**
 * Shares the site's budget among the EVSEs: equal, first come, or by departure. Never oscillates: the set of those who
 * take part is sticky, charging counts on discharging (and the other way round) only with what already flows, and slow
 * stages are led by their share while fast ones fill up the rest. Core sign: positive charges.
 */
import type { LimitSource } from "../../domain/limit-sources.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import { clamp } from "../../domain/units.ts";
import type { ExportControl, SiteBudget } from "../pcc/export-control.ts";
import { PowerSource } from "../pcc/load-observer.ts";
import { type ActiveSet, chooseMembers, createActiveSet } from "./active-set.ts";
import { createWaterFilling, fillEqually, fillInOrder, type WaterFilling } from "./shares.ts";

export const allocationRules = ["equal", "first-come", "by-departure"] as const;
/** How power is shared among the EVSEs where it does not suffice for all. */
export type AllocationRule = (typeof allocationRules)[number];

/** What one EVSE wants and may do, all its own limits applied. Written in place each tick by the caller. */
export interface AllocationAsk {
  requestedW: number;
  /** Interval of its own limits; contains 0. */
  minW: number;
  maxW: number;
  /** Smallest powers that vehicle and stage accept, magnitudes ≥ 0: below them only zero. */
  minChargeW: number;
  minDischargeW: number;
  /** Order of arrival, any clock; NaN last. */
  pluggedAtMs: number;
  /** Departure, any clock; NaN unknown. */
  departsAtMs: number;
}

/** One limit of a setpoint with its reason and its source, for the chain that explains it. */
export interface LimitEntry {
  reason: ReasonKey;
  source: LimitSource;
  minW: number;
  maxW: number;
}

/** Entries for each stage at most. */
const limitEntriesMax = 3;

/** Requests, setpoints, W, and the limits behind them for each EVSE. Rewritten each cycle. */
export interface Allocation {
  readonly rule: AllocationRule;
  readonly asks: AllocationAsk[];
  /** Result: setpoint of each stage, W. */
  readonly setpointW: Float64Array;
  /** Result: `limits[i]` has `limitCount[i]` entries, gentlest first; clamping the request by them in turn gives the setpoint. */
  readonly limits: LimitEntry[][];
  readonly limitCount: Uint8Array;
  readonly charging: Direction;
  readonly discharging: Direction;
}

interface Direction {
  /** +1 charges, −1 discharges. */
  readonly sign: 1 | -1;
  readonly filling: WaterFilling;
  readonly fastStagesPass: WaterFilling;
  readonly set: ActiveSet;
  /** Setpoints of the last tick as magnitudes, W. */
  readonly lastW: Float64Array;
  readonly flowW: Float64Array;
  readonly riseW: Float64Array;
}

/**
 * A stage that rises while others make room for it takes this long for its rating: stages with different dead times do not
 * come and go at the same moment. Into free room it rises at once.
 */
const handOverMs = 2_000;
/** After it has left the set a stage rises slowly for so long, ms: the wait before it may come back, the rise, and a while. */
const returnsSlowlyForMs = 10_000;
/** Stages whose answer takes longer than this many times the fastest one's are slow. Source: the study, "shares of the stages". */
const slowFactor = 1.6;

/** An allocation by one rule for the stages of this site. */
export function createAllocation(control: ExportControl, rule: AllocationRule): Allocation {
  const n = control.stageCount;
  const direction = (sign: 1 | -1): Direction => ({
    sign,
    filling: createWaterFilling(n, control.channelCount),
    fastStagesPass: createWaterFilling(n, control.channelCount),
    set: createActiveSet(n, sign < 0),
    lastW: new Float64Array(n),
    flowW: new Float64Array(control.channelCount),
    riseW: new Float64Array(control.channelCount),
  });
  return {
    rule,
    asks: Array.from({ length: n }, () => ({
      requestedW: 0,
      minW: 0,
      maxW: 0,
      minChargeW: 0,
      minDischargeW: 0,
      pluggedAtMs: Number.NaN,
      departsAtMs: Number.NaN,
    })),
    setpointW: new Float64Array(n),
    limits: Array.from({ length: n }, () =>
      Array.from({ length: limitEntriesMax }, () => ({
        reason: "allocation" as ReasonKey,
        source: "allocation" as LimitSource,
        minW: Number.NEGATIVE_INFINITY,
        maxW: Number.POSITIVE_INFINITY,
      })),
    ),
    limitCount: new Uint8Array(n),
    charging: direction(1),
    discharging: direction(-1),
  };
}

/** One tick: from `a.asks` and the budget to `a.setpointW` and `a.limits`. */
export function allocate(a: Allocation, control: ExportControl, budget: SiteBudget, nowMs: number): void {
  const n = control.stageCount;
  for (let i = 0; i < n; i++) {
    a.setpointW[i] = 0;
    a.limitCount[i] = 0;
  }
  share(a, a.charging, control, budget, nowMs);
  share(a, a.discharging, control, budget, nowMs);
  for (let i = 0; i < n; i++) explainStage(a, control, budget, i);
}

/** One direction: candidates, budgets, members, filling, and fast stages around slow ones. */
function share(a: Allocation, d: Direction, control: ExportControl, budget: SiteBudget, nowMs: number): void {
  const f = d.filling;
  const n = control.stageCount;
  const o = control.observer;
  f.orderCount = 0;
  for (let i = 0; i < n; i++) {
    const ask = a.asks[i]!;
    const requestedW = d.sign * clamp(ask.requestedW, ask.minW, ask.maxW);
    const wantW = Math.min(requestedW, o.askMaxW[i]!);
    const leastW = d.sign > 0 ? ask.minChargeW : ask.minDischargeW;
    // A stage that is probed for less than its minimum is probed with the minimum.
    const usable = o.powerSource[i] === PowerSource.model && requestedW > 0 && requestedW >= leastW;
    f.member[i] = usable ? 1 : 0;
    f.wantW[i] = usable ? Math.max(wantW, leastW) : 0;
    f.leastW[i] = leastW;
    if (usable) f.order[f.orderCount++] = i;
  }
  if (f.orderCount === 0) {
    d.set.on.fill(0);
    d.lastW.fill(0);
    return;
  }
  sortByRank(a, d);
  setBudgets(a, d, control, budget, f);
  chooseMembers(d.set, f, control.shares, nowMs);
  fill(a.rule, f, control.shares);
  fillAroundSlow(a, d, control, budget);
  holdRises(a, d, control, budget);
  returnSlowly(d, control, nowMs);
  d.lastW.fill(0);
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    const givenW = f.givenW[i]!;
    d.lastW[i] = givenW;
    if (givenW > 0 && givenW >= f.leastW[i]! * (1 - 1e-9)) a.setpointW[i] = d.sign * givenW;
  }
}

/** What rises waits for what falls: at once only as far as the budget is free now, beyond that slowly. */
function holdRises(a: Allocation, d: Direction, control: ExportControl, budget: SiteBudget): void {
  const n = control.stageCount;
  const o = control.observer;
  const f = d.filling;
  const channels = control.channelCount;
  let anyFalls = false;
  for (let c = 0; c < channels; c++) {
    d.flowW[c] = 0;
    d.riseW[c] = 0;
  }
  for (let i = 0; i < n; i++) {
    if (o.powerSource[i] !== PowerSource.model) continue;
    const flowsW = Math.max(0, d.sign * o.modelW[i]!);
    const riseW = (f.member[i] === 1 ? f.givenW[i]! : 0) - flowsW;
    if (riseW < 0) anyFalls = true;
    for (let c = 0; c < channels; c++) {
      const share = control.shares[c * n + i]!;
      d.flowW[c] = d.flowW[c]! + share * flowsW;
      if (riseW > 0) d.riseW[c] = d.riseW[c]! + share * riseW;
    }
  }
  if (!anyFalls) return;
  setBudgets(a, d, control, budget, d.fastStagesPass);
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    const flowsW = Math.max(0, d.sign * o.modelW[i]!);
    const riseW = f.givenW[i]! - flowsW;
    if (riseW <= 0) continue;
    let now = 1;
    for (let c = 0; c < channels; c++) {
      if (control.shares[c * n + i]! <= 0 || d.riseW[c]! <= 0) continue;
      const free = Math.max(0, d.fastStagesPass.budgetW[c]! - d.flowW[c]!) / d.riseW[c]!;
      if (free < now) now = free;
    }
    if (now >= 1) continue;
    const slowlyW = d.lastW[i]! + (o.ratedW[i]! * control.sinceMs) / handOverMs;
    f.givenW[i] = Math.min(f.givenW[i]!, Math.max(flowsW + now * riseW, slowlyW));
  }
}

/**
 * A member that had to leave because nothing was left for it comes back at its minimum and rises slowly: where a whole step was
 * what misled the control (stages a little quicker or later than their settings say), the same step would do so again, for ever.
 */
function returnSlowly(d: Direction, control: ExportControl, nowMs: number): void {
  const f = d.filling;
  const { removedAtMs } = d.set;
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    if (nowMs - removedAtMs[i]! > returnsSlowlyForMs) continue;
    const slowlyW = d.lastW[i]! + (control.observer.ratedW[i]! * control.sinceMs) / handOverMs;
    f.givenW[i] = Math.min(f.givenW[i]!, Math.max(f.leastW[i]!, slowlyW));
  }
}

function fill(rule: AllocationRule, f: WaterFilling, shares: Float64Array): void {
  if (rule === "equal") fillEqually(f, shares);
  else fillInOrder(f, shares);
}

/**
 * What each channel leaves for this direction. Flow in the other direction helps only as far as it flows already and is
 * meant to go on.
 */
function setBudgets(a: Allocation, d: Direction, control: ExportControl, budget: SiteBudget, f: WaterFilling): void {
  const n = control.stageCount;
  const o = control.observer;
  const charges = d.sign > 0;
  for (let c = 0; c < control.channelCount; c++) {
    let helpW = 0;
    for (let i = 0; i < n; i++) {
      if (o.powerSource[i] !== PowerSource.model) continue;
      const flowsW = -d.sign * o.modelW[i]!;
      if (flowsW <= 0) continue;
      // Charging is shared first: its setpoints are known. Discharging is known by its request.
      const ask = a.asks[i]!;
      const meantW = charges ? -clamp(ask.requestedW, ask.minW, ask.maxW) : a.setpointW[i]!;
      const reliedW = flowsW < meantW ? flowsW : meantW;
      if (reliedW > 0) helpW += control.shares[c * n + i]! * reliedW;
    }
    f.budgetW[c] = (charges ? budget.maxW[c]! : -budget.minW[c]!) + helpW;
  }
  const totalCapW = charges ? budget.totalChargeCapW : budget.totalDischargeCapW;
  if (totalCapW < f.budgetW[0]!) f.budgetW[0] = totalCapW;
  for (let c = 0; c < control.channelCount; c++) if (f.budgetW[c]! < 0) f.budgetW[c] = 0;
}

/**
 * Mixed stages: slow ones are on their way to their share; fast ones take what the slow ones do not take yet, and make
 * room for what they still take too much.
 */
function fillAroundSlow(a: Allocation, d: Direction, control: ExportControl, budget: SiteBudget): void {
  const n = control.stageCount;
  const o = control.observer;
  const f = d.filling;
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let k = 0; k < f.orderCount; k++) fastestMs = Math.min(fastestMs, answerMs(control, f.order[k]!));
  let anySlow = false;
  const g = d.fastStagesPass;
  g.orderCount = 0;
  for (let k = 0; k < f.orderCount; k++) {
    const i = f.order[k]!;
    if (answerMs(control, i) > slowFactor * fastestMs) anySlow = true;
    else g.order[g.orderCount++] = i;
  }
  // Slow stages that are no members any more may still be flowing.
  for (let i = 0; i < n && !anySlow; i++) {
    if (f.member[i] === 0 && d.sign * o.modelW[i]! > 0 && answerMs(control, i) > slowFactor * fastestMs) anySlow = true;
  }
  if (!anySlow || g.orderCount === 0) return;
  setBudgets(a, d, control, budget, g);
  for (let i = 0; i < n; i++) {
    const flowsW = d.sign * o.modelW[i]!;
    if (o.powerSource[i] !== PowerSource.model || flowsW <= 0 || answerMs(control, i) <= slowFactor * fastestMs)
      continue;
    for (let c = 0; c < control.channelCount; c++) g.budgetW[c] = g.budgetW[c]! - control.shares[c * n + i]! * flowsW;
  }
  for (let k = 0; k < g.orderCount; k++) {
    const i = g.order[k]!;
    g.wantW[i] = f.wantW[i]!;
    g.leastW[i] = f.leastW[i]!;
  }
  // The lowest rank goes to zero first when the minimums do not fit beside the slow ones.
  for (let k = g.orderCount - 1; k >= 0 && !leastFits(g, control.shares); k--) {
    const i = g.order[k]!;
    if (g.leastW[i]! <= 0) continue;
    f.givenW[i] = 0;
    f.capW[i] = 0;
    for (let m = k; m < g.orderCount - 1; m++) g.order[m] = g.order[m + 1]!;
    g.orderCount--;
  }
  fill(a.rule, g, control.shares);
  for (let k = 0; k < g.orderCount; k++) {
    const i = g.order[k]!;
    f.givenW[i] = g.givenW[i]!;
    f.capW[i] = g.capW[i]!;
    f.binding[i] = g.binding[i]!;
  }
}

function leastFits(g: WaterFilling, shares: Float64Array): boolean {
  const n = g.member.length;
  for (let c = 0; c < g.budgetW.length; c++) {
    let leastW = 0;
    for (let k = 0; k < g.orderCount; k++) leastW += g.leastW[g.order[k]!]! * shares[c * n + g.order[k]!]!;
    if (leastW > Math.max(0, g.budgetW[c]!)) return false;
  }
  return true;
}

function answerMs(control: ExportControl, i: number): number {
  return control.observer.responseMs[i]! + control.observer.delayMs[i]!;
}

/** Insertion sort: the order hardly changes from tick to tick, and it is stable, so ties stay in order of the EVSEs. */
function sortByRank(a: Allocation, d: Direction): void {
  if (a.rule === "equal") return;
  const f = d.filling;
  for (let k = 1; k < f.orderCount; k++) {
    const i = f.order[k]!;
    let m = k - 1;
    while (m >= 0 && comesAfter(a, d, f.order[m]!, i)) {
      f.order[m + 1] = f.order[m]!;
      m--;
    }
    f.order[m + 1] = i;
  }
}

/** Charging by departure: who leaves first. Discharging by departure: who stays longest. Unknown comes last. */
function comesAfter(a: Allocation, d: Direction, first: number, second: number): boolean {
  const departure = a.rule === "by-departure";
  const x = departure ? a.asks[first]!.departsAtMs : a.asks[first]!.pluggedAtMs;
  const y = departure ? a.asks[second]!.departsAtMs : a.asks[second]!.pluggedAtMs;
  if (Number.isNaN(y)) return false;
  if (Number.isNaN(x)) return true;
  return departure && d.sign < 0 ? x < y : x > y;
}

/** Entries of one stage: why it is not used, its share, and its minimum. */
function explainStage(a: Allocation, control: ExportControl, budget: SiteBudget, i: number): void {
  const powerSource = control.observer.powerSource[i];
  if (powerSource === PowerSource.lastKnown || powerSource === PowerSource.measured) {
    addLimit(a, i, powerSource === PowerSource.lastKnown ? "stage-stale" : "stage-disobeys", "stage", 0, 0);
    return;
  }
  const ask = a.asks[i]!;
  const requestedW = clamp(ask.requestedW, ask.minW, ask.maxW);
  if (requestedW === 0) return;
  if (powerSource === PowerSource.otherControl) {
    addLimit(a, i, "mode", "mode", 0, 0);
    return;
  }
  const charges = requestedW > 0;
  const d = charges ? a.charging : a.discharging;
  const f = d.filling;
  const wantW = Math.abs(requestedW);
  const setW = Math.abs(a.setpointW[i]!);
  if (wantW < f.leastW[i]!) {
    addLimit(a, i, "vehicle-minimum", "vehicle", 0, 0);
    return;
  }
  const askMaxW = control.observer.askMaxW[i]!;
  if (askMaxW < wantW) {
    const capW = Math.max(askMaxW, f.leastW[i]!);
    addLimit(
      a,
      i,
      "stage-rating",
      "stage",
      charges ? Number.NEGATIVE_INFINITY : -capW,
      charges ? capW : Number.POSITIVE_INFINITY,
    );
  }
  const c = f.member[i] === 1 ? f.binding[i]! : 0;
  const capped = c === 0 && (charges ? budget.totalChargeCapW : budget.totalDischargeCapW) < control.scaleW;
  const reason =
    c < 0 ? "allocation" : capped ? budget.totalCapReason : charges ? budget.maxReason[c]! : budget.minReason[c]!;
  const source = c < 0 ? "allocation" : capped ? "pcc-meter" : charges ? budget.maxSource[c]! : budget.minSource[c]!;
  const capW = setW < f.wantW[i]! || f.member[i] === 0 ? setW : Math.max(f.capW[i]!, setW);
  addLimit(a, i, reason, source, charges ? Number.NEGATIVE_INFINITY : -capW, charges ? capW : Number.POSITIVE_INFINITY);
}

function addLimit(a: Allocation, i: number, reason: ReasonKey, source: LimitSource, minW: number, maxW: number): void {
  const entry = a.limits[i]![a.limitCount[i]!]!;
  entry.reason = reason;
  entry.source = source;
  entry.minW = minW;
  entry.maxW = maxW;
  a.limitCount[i] = a.limitCount[i]! + 1;
}

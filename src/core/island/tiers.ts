/**
 * Which tiers of the island's load are fed: closed one after the other within what the forming stages can carry at inrush,
 * opened from the least important when there is too little power (at once) or too little energy (with hysteresis).
 */
export interface IslandTier {
  /** Expected load, W, until it has been measured. */
  readonly loadW: number;
  /** Inrush, as a multiple of the load. */
  readonly inrushFactor: number;
  /** May be shed to keep reserve and run time. Without power any tier is shed: better dark by choice than by a trip. */
  readonly sheddable: boolean;
}

/** Times of feeding and shedding, ms, and the runway below which a tier is shed, h. */
export interface TierTuning {
  /** Between two steps, so that one inrush has ended before the next begins. */
  readonly stepMs: number;
  /** Load above what the stages can give, this long: a tier is shed. Shorter than the stages' own overload time. */
  readonly overloadMs: number;
  /** After a shedding for power nothing is closed for this long. */
  readonly restMs: number;
  /** A tier is shed below so many hours of energy, and restored above so many, held for `energyHoldMs`. */
  readonly shedBelowH: number;
  readonly restoreAboveH: number;
  readonly energyHoldMs: number;
  /** Short overload that stages carry: inrush may use it, per unit of what they can give. */
  readonly surgePu: number;
}

export const tierTuning: TierTuning = {
  stepMs: 1_000,
  overloadMs: 150,
  restMs: 30_000,
  shedBelowH: 0.5,
  restoreAboveH: 1,
  energyHoldMs: 5_000,
  surgePu: 1.1,
};

/** Which tiers are closed, what they take now and usually, W, and when each last moved. */
export interface TierState {
  readonly closed: boolean[];
  /** Measured load of each tier, W, slowly averaged; starts with the expected one. */
  readonly loadW: Float64Array;
  /** The same over hours, for forecasts, and how long each has been measured, ms. */
  readonly usualW: Float64Array;
  readonly measuredMs: Float64Array;
  changedMs: number;
  overloadSinceMs: number;
  restUntilMs: number;
  /** For the moment nothing is closed; what has to be opened is opened. */
  held: boolean;
  shortSinceMs: number;
  plentySinceMs: number;
  /** Tiers that an operator lets the island feed, from the first. */
  fedMax: number;
}

/** All tiers closed, as the grid left them; configured loads stand until they are measured. */
export const createTierState = (tiers: readonly IslandTier[]): TierState => ({
  closed: tiers.map(() => true),
  loadW: Float64Array.from(tiers, ({ loadW }) => loadW),
  usualW: Float64Array.from(tiers, ({ loadW }) => loadW),
  measuredMs: new Float64Array(tiers.length),
  changedMs: Number.NEGATIVE_INFINITY,
  overloadSinceMs: Number.NaN,
  restUntilMs: Number.NEGATIVE_INFINITY,
  held: false,
  shortSinceMs: Number.NaN,
  plentySinceMs: Number.NaN,
  fedMax: Number.POSITIVE_INFINITY,
});

/** Time constant of the learnt loads, ms. */
const learnTauMs = 600_000;
/** The usual load is the mean of what was measured, of at most so long; its expected value counts for the first minutes, ms. */
const usualTauMs = 4 * 3_600_000;
const expectedForMs = 60_000;

/** Learns what each closed tier takes. `measuredW` may hold NaN where nobody measures. */
export function learnTierLoads(state: TierState, measuredW: readonly number[], periodMs: number, fed: boolean): void {
  if (!fed) return;
  const weight = periodMs / learnTauMs;
  for (let t = 0; t < state.closed.length; t++) {
    const powerW = measuredW[t];
    if (!state.closed[t] || powerW === undefined || !(powerW >= 0)) continue;
    state.loadW[t]! += (powerW - state.loadW[t]!) * (weight < 1 ? weight : 1);
    const measuredMs = Math.min(usualTauMs, state.measuredMs[t]! + periodMs);
    state.measuredMs[t] = measuredMs;
    state.usualW[t]! += ((powerW - state.usualW[t]!) * periodMs) / (expectedForMs + measuredMs);
  }
}

/** Load of all closed tiers, W. */
export function closedLoadW(state: TierState): number {
  let sumW = 0;
  for (let t = 0; t < state.closed.length; t++) if (state.closed[t]) sumW += state.loadW[t]!;
  return sumW;
}

/** Usual load of all closed tiers, W: what energy has to last for. */
export function usualLoadW(state: TierState): number {
  let sumW = 0;
  for (let t = 0; t < state.closed.length; t++) if (state.closed[t]) sumW += state.usualW[t]!;
  return sumW;
}

/** The tier that would be closed next; -1 when all are that may be. */
export function nextTier(state: TierState): number {
  for (let t = 0; t < state.closed.length && t < state.fedMax; t++) if (!state.closed[t]) return t;
  return -1;
}

/** The least important closed tier; -1 when none is. */
function lastTier(state: TierState): number {
  for (let t = state.closed.length - 1; t >= 0; t--) if (state.closed[t]) return t;
  return -1;
}

/** All open, so that a black start meets no load. */
export function openAllTiers(state: TierState, nowMs: number): void {
  for (let t = 0; t < state.closed.length; t++) {
    if (state.closed[t]) state.changedMs = nowMs;
    state.closed[t] = false;
  }
  state.overloadSinceMs = Number.NaN;
  state.shortSinceMs = Number.NaN;
  state.plentySinceMs = Number.NaN;
}

/** With the grid there: whatever was shed comes back, one tier per step. */
export function restoreByGrid(state: TierState, tuning: TierTuning, nowMs: number): void {
  const t = nextTier(state);
  if (t < 0 || nowMs - state.changedMs < tuning.stepMs) return;
  state.closed[t] = true;
  state.changedMs = nowMs;
}

/** Opens the least important tier; false when none is closed. */
export function openLastTier(state: TierState, nowMs: number): boolean {
  const t = lastTier(state);
  if (t < 0) return false;
  state.closed[t] = false;
  state.changedMs = nowMs;
  return true;
}

/** What the island has to give. */
export interface IslandSupply {
  /** Load now, W, and what the forming stages can carry without end, W. */
  loadW: number;
  abilityW: number;
  /** Arrival of the oldest reading that this rests on, ms: what is older than the last change of tiers tells nothing about it. */
  atMs: number;
  /** Voltage has sunk: the stages give all they can. */
  sagging: boolean;
  /** Energy above reserve, Wh; NaN unknown. */
  energyWh: number;
  /** PV that joins, W. */
  pvW: number;
}

const since = (condition: boolean, sinceMs: number, nowMs: number): number =>
  !condition ? Number.NaN : Number.isNaN(sinceMs) ? nowMs : sinceMs;

/** One tick of an island whose bus is live. */
export function stepTiers(
  state: TierState,
  tiers: readonly IslandTier[],
  supply: IslandSupply,
  tuning: TierTuning,
  nowMs: number,
): void {
  // An inrush may use what stages carry for a short while; it is over within a step.
  const stepping = nowMs - state.changedMs < tuning.stepMs;
  const boundW = supply.abilityW * (stepping ? tuning.surgePu : 1);
  const overloaded = supply.sagging || (supply.loadW > boundW && supply.atMs > state.changedMs);
  state.overloadSinceMs = since(overloaded, state.overloadSinceMs, nowMs);
  if (nowMs - state.overloadSinceMs >= tuning.overloadMs && openLastTier(state, nowMs)) {
    state.overloadSinceMs = Number.NaN;
    state.restUntilMs = nowMs + tuning.restMs;
    return;
  }

  const netW = usualLoadW(state) - supply.pvW;
  const runwayH = netW > 0 ? supply.energyWh / netW : Number.POSITIVE_INFINITY;
  state.shortSinceMs = since(runwayH < tuning.shedBelowH, state.shortSinceMs, nowMs);
  const last = lastTier(state);
  if (last >= 0 && tiers[last]!.sheddable && nowMs - state.shortSinceMs >= tuning.energyHoldMs) {
    openLastTier(state, nowMs);
    state.shortSinceMs = Number.NaN;
    return;
  }

  if (last >= state.fedMax && !stepping) {
    openLastTier(state, nowMs);
    return;
  }

  const next = nextTier(state);
  if (next < 0) return;
  const { inrushFactor, sheddable } = tiers[next]!;
  const addedW = state.loadW[next]!;
  const withW = netW + state.usualW[next]!;
  const longEnough =
    !sheddable || Number.isNaN(supply.energyWh) || withW <= 0 || supply.energyWh / withW > tuning.restoreAboveH;
  state.plentySinceMs = since(longEnough, state.plentySinceMs, nowMs);
  const holds = !sheddable || nowMs - state.plentySinceMs >= tuning.energyHoldMs;
  const inrushFits = supply.loadW + addedW * inrushFactor <= supply.abilityW * tuning.surgePu;
  const loadFits = supply.loadW + addedW <= supply.abilityW;
  const rested = nowMs >= state.restUntilMs && nowMs - state.changedMs >= tuning.stepMs;
  if (longEnough && holds && inrushFits && loadFits && rested && !state.held) {
    state.closed[next] = true;
    state.changedMs = nowMs;
    state.plentySinceMs = Number.NaN;
  }
}

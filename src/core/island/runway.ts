/**
 * How long the island lasts, for each tier: the energy above reserve of every vehicle, who leaves when, PV by the hour, and
 * usual loads, played forward from event to event by the rules that the island follows. Vehicles that leave first are used
 * first, because what they carry leaves with them; tiers are shed from the last when energy is short. Written in place.
 */

/** Energy that a vehicle may give to the site, Wh at the AC side; NaN where nobody knows its battery. */
export const usableWh = (socPct: number, reservePct: number, whPerPct: number): number =>
  socPct > reservePct ? (socPct - reservePct) * whPerPct : socPct <= reservePct ? 0 : Number.NaN;

/** What the forecast is made from: energy and power of each stage, load of each tier, PV of each hour to come. */
export interface RunwayInputs {
  /** For each stage: energy above reserve, Wh (0 for one that may not feed, NaN unknown: counts as none). */
  readonly usableWh: Float64Array;
  readonly maxDischargeW: Float64Array;
  /** From now; Infinity when nobody knows of a departure. */
  readonly departsInH: Float64Array;
  /** Usual load of each tier, W, most important first; NaN counts as none. */
  readonly tierLoadW: Float64Array;
  readonly sheddable: readonly boolean[];
  /** Tiers that are fed now, or may be. */
  fed: number;
  /** A sheddable tier is shed when energy lasts no longer than this, h. */
  shedBelowH: number;
  /** Average PV of the rest of this hour, and of each hour after it, W. */
  readonly pvByHourW: Float64Array;
  /** Left of this hour, h. */
  hourLeftH: number;
}

/** The forecast: for how many hours each tier is fed and could be fed, and which stage leaves next. */
export interface Runway {
  /** Hours in which each tier goes on being fed as things are; 0 for one that isn't; `horizonH`: at least that long. */
  readonly fedH: Float64Array;
  /** Hours in which each tier could be fed with all before it, if nothing after it were. */
  readonly couldH: Float64Array;
  /** Stage that takes over next, and when, h; -1 and NaN when none does. */
  nextStage: number;
  nextInH: number;
  /** Energy above reserve of all, Wh. */
  energyWh: number;
  readonly leftWh: Float64Array;
  readonly giveW: Float64Array;
  /** Stages by departure. */
  readonly order: Int32Array;
  /** Where the play stands, from now, and what of it each round finds out. Fields, so that no number is boxed for a call. */
  atH: number;
  netW: number;
  lackW: number;
  presentWh: number;
  untilH: number;
}

export const horizonH = 7 * 24;
/** PV is looked ahead so far; after that there is none to count on. */
export const pvHours = 24;
/** Less than this is no energy, Wh, no time, h, and no share of a load. */
const noneWh = 1e-6;
const noneH = 1e-9;
const noneShare = 1e-6;

/** Inputs without energy, load or PV; `sheddable` says which tiers may be shed. */
export const createRunwayInputs = (sheddable: readonly boolean[], stageCount: number): RunwayInputs => ({
  usableWh: new Float64Array(stageCount),
  maxDischargeW: new Float64Array(stageCount),
  departsInH: new Float64Array(stageCount).fill(Number.POSITIVE_INFINITY),
  tierLoadW: new Float64Array(sheddable.length),
  sheddable,
  fed: sheddable.length,
  shedBelowH: 0,
  pvByHourW: new Float64Array(pvHours),
  hourLeftH: 1,
});

/** A forecast that has not been made yet. */
export const createRunway = (stageCount: number, tierCount: number): Runway => ({
  fedH: new Float64Array(tierCount),
  couldH: new Float64Array(tierCount),
  nextStage: -1,
  nextInH: Number.NaN,
  energyWh: 0,
  leftWh: new Float64Array(stageCount),
  giveW: new Float64Array(stageCount),
  order: Int32Array.from({ length: stageCount }, (_, i) => i),
  atH: Number.NaN,
  netW: Number.NaN,
  lackW: Number.NaN,
  presentWh: Number.NaN,
  untilH: Number.NaN,
});

/** Forecasts anew. */
export function forecastRunway(runway: Runway, inputs: RunwayInputs): void {
  sortByDeparture(runway, inputs);
  const tiers = inputs.tierLoadW.length;
  for (let k = 0; k < tiers; k++) {
    play(runway, inputs, k + 1, false);
    runway.couldH[k] = runway.atH;
  }
  runway.fedH.fill(0);
  runway.nextStage = -1;
  runway.nextInH = Number.NaN;
  if (inputs.fed > 0) play(runway, inputs, Math.min(inputs.fed, tiers), true);
  runway.energyWh = 0;
  for (let i = 0; i < inputs.usableWh.length; i++) if (inputs.usableWh[i]! > 0) runway.energyWh += inputs.usableWh[i]!;
}

function sortByDeparture({ order }: Runway, { departsInH }: RunwayInputs): void {
  for (let k = 1; k < order.length; k++) {
    const stage = order[k]!;
    let at = k;
    while (at > 0 && departsInH[order[at - 1]!]! > departsInH[stage]!) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = stage;
  }
}

/**
 * Plays the island forward with its first `tiers` tiers until nothing feeds them: `atH` is then when that is. With `asItIs`
 * tiers are shed when energy or power is short, and `fedH` and the next handover are written.
 */
function play(runway: Runway, inputs: RunwayInputs, tiers: number, asItIs: boolean): void {
  const { leftWh, giveW, fedH } = runway;
  for (let i = 0; i < leftWh.length; i++) leftWh[i] = inputs.usableWh[i]! > 0 ? inputs.usableWh[i]! : 0;
  let fed = tiers;
  runway.atH = 0;
  let feeder = -1;
  // Each round ends a vehicle, a tier or an hour.
  const roundsMax = 2 * leftWh.length + tiers + pvHours + 2;
  for (let round = 0; round < roundsMax && runway.atH < horizonH; round++) {
    findNet(runway, inputs, fed);
    share(runway, inputs);
    const { netW } = runway;
    const isShort = runway.lackW > noneShare * netW;
    const energyH = netW > 0 ? runway.presentWh / netW : Number.POSITIVE_INFINITY;
    const maySave = asItIs && fed > 0 && inputs.sheddable[fed - 1]!;
    // For want of energy only a sheddable tier goes, for want of power any but the first.
    if ((maySave && energyH <= inputs.shedBelowH + noneH) || (asItIs && isShort && fed > 1 && energyH > noneH)) {
      fedH[--fed] = runway.atH;
      continue;
    }
    if (isShort) break;
    if (asItIs && netW > 0) feeder = noteFeeder(runway, feeder);
    const untilSavingH = maySave ? energyH - inputs.shedBelowH : Number.POSITIVE_INFINITY;
    findNextEvent(runway, inputs);
    const stepH = Math.max(noneH, Math.min(untilSavingH, runway.untilH));
    for (let i = 0; i < leftWh.length; i++) leftWh[i]! -= giveW[i]! * stepH;
    runway.atH += stepH;
  }
  if (runway.atH > horizonH) runway.atH = horizonH;
  if (asItIs) for (let t = 0; t < fed; t++) fedH[t] = runway.atH;
}

/** The hour of PV that the play stands in. */
const hourOf = ({ atH }: Runway, { hourLeftH }: RunwayInputs): number =>
  atH < hourLeftH ? 0 : 1 + Math.floor(atH - hourLeftH + noneH);

/** Load of the first `fed` tiers without what PV gives, ≥ 0. */
function findNet(runway: Runway, inputs: RunwayInputs, fed: number): void {
  const { tierLoadW, pvByHourW } = inputs;
  const hour = hourOf(runway, inputs);
  let netW = hour < pvHours && pvByHourW[hour]! > 0 ? -pvByHourW[hour]! : 0;
  for (let t = 0; t < fed; t++) if (tierLoadW[t]! > 0) netW += tierLoadW[t]!;
  runway.netW = netW > 0 ? netW : 0;
}

const isThere = ({ leftWh, atH }: Runway, { departsInH }: RunwayInputs, i: number): boolean =>
  leftWh[i]! > noneWh && departsInH[i]! > atH + noneH;

/** Who gives what of `netW` now, by departure; what nobody gives, and what all who are there have left. */
function share(runway: Runway, inputs: RunwayInputs): void {
  const { order, giveW, leftWh } = runway;
  let lackW = runway.netW;
  let presentWh = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k]!;
    giveW[i] = 0;
    if (!isThere(runway, inputs, i)) continue;
    presentWh += leftWh[i]!;
    const mostW = inputs.maxDischargeW[i]!;
    giveW[i] = mostW < lackW ? mostW : lackW;
    lackW -= giveW[i]!;
  }
  runway.lackW = lackW;
  runway.presentWh = presentWh;
}

/** The first that gives; when it is another than before, that was a handover. */
function noteFeeder(runway: Runway, before: number): number {
  const { order, giveW } = runway;
  let first = -1;
  for (let k = 0; k < order.length && first < 0; k++) if (giveW[order[k]!]! > 0) first = order[k]!;
  if (before >= 0 && first !== before && runway.nextStage < 0) {
    runway.nextStage = first;
    runway.nextInH = runway.atH;
  }
  return first;
}

/** Until a vehicle is empty or leaves, or an hour with other PV begins. */
function findNextEvent(runway: Runway, inputs: RunwayInputs): void {
  const { leftWh, giveW, atH } = runway;
  const { departsInH, hourLeftH, pvByHourW } = inputs;
  let untilH = horizonH - atH;
  for (let i = 0; i < leftWh.length; i++) {
    if (giveW[i]! > 0) untilH = Math.min(untilH, leftWh[i]! / giveW[i]!);
    if (departsInH[i]! > atH + noneH) untilH = Math.min(untilH, departsInH[i]! - atH);
  }
  const hour = hourOf(runway, inputs);
  const pvStays = hour >= pvHours || (pvByHourW[hour]! === 0 && !anyAfter(pvByHourW, hour));
  runway.untilH = pvStays ? untilH : Math.min(untilH, hourLeftH + hour - atH);
}

function anyAfter(pvByHourW: Float64Array, hour: number): boolean {
  for (let h = hour + 1; h < pvByHourW.length; h++) if (pvByHourW[h]! > 0) return true;
  return false;
}

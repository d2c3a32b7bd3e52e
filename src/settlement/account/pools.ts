/**
 * What is in a battery, by where it came from. What a battery gives is of what it holds; charging and discharging lose their
 * part, which the battery carries and not the building.
 */
import { type Amounts, addTo, type Sums, sharesOf, sumOf, takenInOrder } from "./amounts.ts";

/** Which of its energy a battery gives first. `grid-first` is how storage is reckoned where grid energy counts as fed in first. */
export const poolRules = ["proportional", "grid-first", "pv-first"] as const;
export type PoolRule = (typeof poolRules)[number];

const first: Readonly<Record<PoolRule, readonly string[]>> = {
  proportional: [],
  "grid-first": ["grid"],
  "pv-first": ["pv"],
};

/** From the AC side to the battery and back, as shares of 1. */
export interface Efficiency {
  readonly charge: number;
  readonly discharge: number;
}

/** A battery's content, being kept. */
export interface Pool {
  /** By origin, mWh in the battery. */
  readonly content: Sums;
  /** What it brought with it: what it gives beyond its known content is that. */
  readonly brought: string;
}

export interface Given {
  /** What it gave, by origin, mWh on the AC side. */
  readonly origins: Sums;
  /** Lost on the way, mWh. */
  readonly lossMWh: number;
}

/** Takes `outMWh` (AC) out of a battery. */
export function giveFrom(pool: Pool, outMWh: number, rule: PoolRule, { discharge }: Efficiency): Given {
  const drawMWh = Math.round(outMWh / discharge);
  const known = Math.min(drawMWh, sumOf(pool.content));
  const drawn = takenInOrder(known, pool.content, first[rule]);
  for (const origin in drawn) {
    pool.content[origin]! -= drawn[origin]!;
    if (pool.content[origin] === 0) delete pool.content[origin];
  }
  addTo(drawn, pool.brought, drawMWh - known);
  return { origins: sharesOf(outMWh, drawn), lossMWh: drawMWh - outMWh };
}

/** Puts energy of these origins (AC, mWh) into a battery; the loss, mWh. */
export function putInto(pool: Pool, origins: Amounts, { charge }: Efficiency): number {
  const inMWh = sumOf(origins);
  const storedMWh = Math.round(inMWh * charge);
  const stored = sharesOf(storedMWh, origins);
  for (const origin in stored) addTo(pool.content, origin, stored[origin]!);
  return inMWh - storedMWh;
}

/** The quarter-hour under way, and how it becomes an entry of the account. */
import type { Sums } from "../../settlement/account/amounts.ts";
import {
  type AttributionRule,
  attribute,
  attributeUnknown,
  type Batteries,
  emptySums,
  type Interval,
  type QuarterSums,
} from "../../settlement/account/attribute.ts";
import { type AccountEntry, closeQuarter, quarterMs, type StayNote } from "../../settlement/account/row.ts";
import type { AccountState } from "./account-book.ts";

/** Reasons that a row carries. */
const whyMax = 12;

/** What was counted in a short time, mWh. */
export interface Counts {
  readonly importMWh: number;
  readonly exportMWh: number;
  readonly pvMWh: number;
  readonly charged: Sums;
  readonly discharged: Sums;
}

export interface RunningQuarter {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sums: QuarterSums;
  parallelMs: number;
  islandMs: number;
  estimatedMWh: number;
  readonly stays: StayNote[];
  /** Silences by the meters that were silent, ms. */
  readonly silentMs: Map<string, number>;
  readonly why: string[];
}

/** The quarter-hour in which a moment lies, and after what the account already covers. */
export function beginQuarter(nowMs: number, coveredToMs: number): RunningQuarter {
  const fromMs = Math.max(Math.floor(nowMs / quarterMs) * quarterMs, coveredToMs);
  return {
    fromMs,
    toMs: fromMs + quarterMs,
    sums: emptySums(),
    parallelMs: 0,
    islandMs: 0,
    estimatedMWh: 0,
    stays: [],
    silentMs: new Map(),
    why: [],
  };
}

export const addWhy = (running: RunningQuarter, sentence: string): void => {
  if (running.why.length < whyMax && !running.why.includes(sentence)) running.why.push(sentence);
};

/** Adds what was counted while all meters were live. Behind an open K1 the island's energy is its own. */
export function addKnown(
  { sums }: RunningQuarter,
  counts: Counts,
  islanded: boolean,
  rule: AttributionRule,
  batteries: Batteries,
): void {
  const interval: Interval = { ...counts, buildingMWh: null };
  if (!islanded) {
    attribute(sums, interval, rule, batteries);
    return;
  }
  // PV that is exported stands on the grid's side of K1.
  const outsideMWh = Math.min(counts.pvMWh, counts.exportMWh);
  attribute(sums, { ...interval, importMWh: 0, exportMWh: 0, pvMWh: counts.pvMWh - outsideMWh }, rule, batteries);
  attribute(sums, { ...interval, pvMWh: outsideMWh, charged: {}, discharged: {} }, rule, batteries);
}

export function addUnknown(
  { sums }: RunningQuarter,
  counts: Counts,
  rule: AttributionRule,
  batteries: Batteries,
): void {
  attributeUnknown(sums, counts, rule, batteries);
}

export function entryOf(
  running: RunningQuarter,
  rule: AttributionRule,
  facts: Pick<AccountEntry, "registersWh" | "pools" | "resolutionMWh">,
): AccountEntry {
  const { fromMs, toMs, sums, parallelMs, islandMs, estimatedMWh, stays } = running;
  const unknownMs = Math.max(0, toMs - fromMs - parallelMs - islandMs);
  const why = [...running.why];
  for (const [name, ms] of running.silentMs)
    if (ms >= 1_000) why.push(`${name} was silent for ${Math.round(ms / 1_000)} s: what flowed then is not known.`);
  return closeQuarter(sums, {
    ...facts,
    fromMs,
    toMs,
    parallelMs: Math.round(parallelMs),
    islandMs: Math.round(islandMs),
    unknownMs: Math.round(unknownMs),
    estimatedMWh: Math.round(estimatedMWh),
    buildingDerived: true,
    stays,
    why: why.slice(0, whyMax),
    rule,
  });
}

type KeptQuarter = NonNullable<AccountState["running"]>;

export function keepQuarter({ sums, silentMs, ...running }: RunningQuarter): KeptQuarter {
  const why = [...running.why];
  for (const [name, ms] of silentMs)
    if (ms >= 1_000) why.push(`${name} was silent for ${Math.round(ms / 1_000)} s: what flowed then is not known.`);
  return { ...running, why: why.slice(0, whyMax), ...sums };
}

export function resumeQuarter(kept: KeptQuarter): RunningQuarter {
  const { fromMs, toMs, parallelMs, islandMs, estimatedMWh, stays, why, ...sums } = kept;
  return {
    fromMs,
    toMs,
    parallelMs,
    islandMs,
    estimatedMWh,
    stays: [...stays],
    why: [...why],
    silentMs: new Map(),
    sums: structuredClone(sums),
  };
}

/**
 * One quarter-hour of the account as it is kept. Quarter-hours are UTC's, so that days of 23 and 25 hours have 92 and 100 of
 * them. Closed means: what sources gave is what sinks took, to 0.1 %; a row that does not close says so and is left as it is.
 */
import { type Amounts, sumOf } from "./amounts.ts";
import type { AttributionRule, QuarterSums } from "./attribute.ts";
import { isBattery, unknownName } from "./flows.ts";

export const quarterMs = 15 * 60_000;
/** A row closes within this share of what sources gave, ppm, or within what its meters' steps hide. */
const closureMaxPpm = 1_000;
/** One step of a usual register, which is also what a change of power leaves between meters that are read one after the other, mWh. */
export const meterStepMWh = 1_000;
/** Version of the rules of attribution; it stands in each row, and grows when the same energies would give other flows. */
const attributionVersion = 1;

/** A vehicle that came or left. */
export interface StayNote {
  readonly battery: string;
  readonly evse: number;
  readonly what: "arrived" | "left";
  readonly atMs: number;
  /** In the battery, mWh; null where nobody knows. */
  readonly contentMWh: number | null;
  readonly capacityMWh: number | null;
}

/** All energies mWh, by source, sink, battery or origin. */
export interface AccountEntry {
  readonly fromMs: number;
  readonly toMs: number;
  /** Time in which everything was measured, joined to the grid and as an island; and the rest. */
  readonly parallelMs: number;
  readonly islandMs: number;
  readonly unknownMs: number;
  /** By source, then by sink. */
  readonly flows: Readonly<Record<string, Amounts>>;
  /** By sink, then by origin. */
  readonly origins: Readonly<Record<string, Amounts>>;
  /** What batteries gave, by origin. */
  readonly given: Readonly<Record<string, Amounts>>;
  /** In the batteries at the end, by origin. */
  readonly pools: Readonly<Record<string, Amounts>>;
  readonly batteryLoss: Amounts;
  /** What sources gave while everything was measured. */
  readonly knownMWh: number;
  /** What batteries exported if PV counts for the building first. */
  readonly batteryExportMWh: number;
  /** Sources less sinks. */
  readonly closureMWh: number;
  readonly closurePpm: number;
  readonly closes: boolean;
  /** What the steps of its meters may hide. */
  readonly resolutionMWh: number;
  /** Of all energies, what was bridged over a short silence. */
  readonly estimatedMWh: number;
  /** Registers of meters at the end, Wh, where they have some. */
  readonly registersWh: Amounts;
  /** The building has no meter of its own: it is what is left of the others, and only less than nothing shows. */
  readonly buildingDerived: boolean;
  readonly stays: readonly StayNote[];
  readonly rule: AttributionRule & { readonly version: number };
  /** Why something is unknown or does not close. */
  readonly why: readonly string[];
}

/** What belongs to a quarter-hour besides its sums. */
export interface QuarterFacts
  extends Pick<
    AccountEntry,
    | "fromMs"
    | "toMs"
    | "parallelMs"
    | "islandMs"
    | "unknownMs"
    | "resolutionMWh"
    | "estimatedMWh"
    | "registersWh"
    | "buildingDerived"
    | "stays"
    | "why"
    | "pools"
  > {
  readonly rule: AttributionRule;
}

export function closeQuarter(sums: QuarterSums, facts: QuarterFacts): AccountEntry {
  const closureMWh = facts.buildingDerived ? 0 - sums.shortMWh : sums.openMWh;
  const { closurePpm, closes } = closureOf(closureMWh, sums.knownMWh, facts.resolutionMWh);
  const { flows, origins, given, batteryLoss, knownMWh, batteryExportMWh } = sums;
  return {
    ...facts,
    flows,
    origins,
    given,
    batteryLoss,
    knownMWh,
    batteryExportMWh,
    closureMWh,
    closurePpm,
    closes,
    rule: { ...facts.rule, version: attributionVersion },
    why: closes ? facts.why : [...facts.why, openSentence(closureMWh, closurePpm)],
  };
}

export function closureOf(
  closureMWh: number,
  knownMWh: number,
  resolutionMWh: number,
): { readonly closurePpm: number; readonly closes: boolean } {
  const closurePpm = closureMWh === 0 ? 0 : Math.round((Math.abs(closureMWh) / Math.max(1, knownMWh)) * 1e6);
  return { closurePpm, closes: closurePpm <= closureMaxPpm || Math.abs(closureMWh) <= resolutionMWh };
}

function openSentence(closureMWh: number, closurePpm: number): string {
  const amount = `${(Math.abs(closureMWh) / 1e6).toFixed(3)} kWh (${(closurePpm / 1e4).toFixed(2)} %)`;
  return closureMWh < 0
    ? `Does not close: chargers, export and the building took ${amount} more than grid, PV and vehicles gave. The meters disagree.`
    : `Does not close: ${amount} of what came in is in nothing that took it. The meters disagree, or the site loses it.`;
}

/** What in a row contradicts itself, as a sentence; "" when nothing does. Sums are exact: one mWh is too much. */
export function contradictionOf(entry: AccountEntry): string {
  const into: Record<string, number> = {};
  for (const source in entry.flows) {
    const out = entry.flows[source]!;
    for (const sink in out) into[sink] = (into[sink] ?? 0) + out[sink]!;
    if (isBattery(source) && sumOf(out) !== sumOf(entry.given[source] ?? {}))
      return `what ${source} gave is not what its origins say`;
  }
  for (const sink of new Set([...Object.keys(into), ...Object.keys(entry.origins)]))
    if ((into[sink] ?? 0) !== sumOf(entry.origins[sink] ?? {}))
      return `${sink} got another amount than its origins say`;
  const { closurePpm, closes } = closureOf(entry.closureMWh, entry.knownMWh, entry.resolutionMWh);
  if (closurePpm !== entry.closurePpm || closes !== entry.closes) return "its closure is not what its energies give";
  return "";
}

/** What of a row nobody can tell: energy from or to the unknown, mWh. */
export function unknownOf({ flows }: Pick<AccountEntry, "flows">): number {
  let unknown = sumOf(flows[unknownName] ?? {});
  for (const source in flows) if (source !== unknownName) unknown += flows[source]![unknownName] ?? 0;
  return unknown;
}

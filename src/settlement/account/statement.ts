/** What a time's rows add up to, and what they prove towards a utility: no grid charging, no export of batteries, PV exported. */
import { type Amounts, addAll, type Sums, sumOf } from "./amounts.ts";
import { exportName, gridName, isBattery, pvName } from "./flows.ts";
import { type AccountEntry, closureOf, quarterMs, unknownOf } from "./row.ts";

/** A claim may be wrong by this share of what it is about. */
const claimShare = 0.001;
/** Quarter-hours that are named one by one for a claim. */
const namedMax = 50;

/** One claim on net metering; it holds for quarter-hours that were measured. */
export interface Claim {
  readonly holds: boolean;
  /** What is against it, mWh. */
  readonly againstMWh: number;
  /** Beginnings of the quarter-hours in which it did not hold, ms, the first ones. */
  readonly quarters: readonly number[];
  readonly quartersCount: number;
}

export interface AccountStatement {
  readonly fromMs: number;
  readonly toMs: number;
  /** Quarter-hours of that time, those with a row, and those that close. */
  readonly quarters: number;
  readonly rows: number;
  readonly closing: number;
  /** Beginnings of quarter-hours without a row, the first ones, and how many. */
  readonly missing: readonly number[];
  readonly missingCount: number;
  readonly unknownMs: number;
  readonly flows: Readonly<Record<string, Amounts>>;
  readonly origins: Readonly<Record<string, Amounts>>;
  readonly batteryLoss: Amounts;
  readonly unknownMWh: number;
  readonly estimatedMWh: number;
  readonly closureMWh: number;
  readonly closurePpm: number;
  readonly closes: boolean;
  /** N1: batteries are not charged from the grid, and give nothing that came from it. */
  readonly noGridCharging: Claim;
  /** N2: batteries do not export while one's own PV counts for the building first. */
  readonly noBatteryExport: Claim;
  /** N3: exported, from PV, in quarter-hours in which N2 holds; nothing unknown or estimated. */
  readonly eligibleExportMWh: number;
  readonly exportMWh: number;
}

/** `entries`: the rows of that time, in order. */
export function statementOf(entries: readonly AccountEntry[], fromMs: number, toMs: number): AccountStatement {
  const flows: Record<string, Sums> = {};
  const origins: Record<string, Sums> = {};
  const batteryLoss: Sums = {};
  const gridCharging = openClaim();
  const batteryExport = openClaim();
  let closureMWh = 0;
  let resolutionMWh = 0;
  let knownMWh = 0;
  let unknownMWh = 0;
  let unknownMs = 0;
  let estimatedMWh = 0;
  let eligibleExportMWh = 0;
  for (const entry of entries) {
    for (const source in entry.flows) addAll((flows[source] ??= {}), entry.flows[source]!);
    for (const sink in entry.origins) addAll((origins[sink] ??= {}), entry.origins[sink]!);
    addAll(batteryLoss, entry.batteryLoss);
    closureMWh += entry.closureMWh;
    knownMWh += entry.knownMWh;
    resolutionMWh = Math.max(resolutionMWh, entry.resolutionMWh);
    unknownMWh += unknownOf(entry);
    unknownMs += entry.unknownMs;
    estimatedMWh += entry.estimatedMWh;
    against(gridCharging, entry, gridThroughBatteries(entry), throughBatteries(entry));
    const exported = entry.origins[exportName] ?? {};
    if (against(batteryExport, entry, entry.batteryExportMWh, sumOf(exported)))
      eligibleExportMWh += Math.max(0, (exported[pvName] ?? 0) - entry.estimatedMWh);
  }
  const missing = missingQuarters(entries, fromMs, toMs);
  return {
    fromMs,
    toMs,
    quarters: Math.round((toMs - fromMs) / quarterMs),
    rows: entries.length,
    closing: entries.filter(({ closes }) => closes).length,
    missing: missing.slice(0, namedMax),
    missingCount: missing.length,
    unknownMs,
    flows,
    origins,
    batteryLoss,
    unknownMWh,
    estimatedMWh,
    closureMWh,
    ...closureOf(closureMWh, knownMWh, resolutionMWh),
    noGridCharging: closedClaim(gridCharging),
    noBatteryExport: closedClaim(batteryExport),
    eligibleExportMWh,
    exportMWh: sumOf(origins[exportName] ?? {}),
  };
}

interface OpenClaim {
  againstMWh: number;
  quarters: number[];
  count: number;
}
const openClaim = (): OpenClaim => ({ againstMWh: 0, quarters: [], count: 0 });
const closedClaim = ({ againstMWh, quarters, count }: OpenClaim): Claim => ({
  holds: count === 0,
  againstMWh,
  quarters,
  quartersCount: count,
});

/** Whether the claim holds in this row. */
function against(claim: OpenClaim, { fromMs }: AccountEntry, amountMWh: number, ofMWh: number): boolean {
  if (amountMWh <= claimShare * ofMWh) return true;
  claim.againstMWh += amountMWh;
  claim.count++;
  if (claim.quarters.length < namedMax) claim.quarters.push(fromMs);
  return false;
}

function gridThroughBatteries({ origins, given }: AccountEntry): number {
  let amount = 0;
  for (const sink in origins) if (isBattery(sink)) amount += origins[sink]![gridName] ?? 0;
  for (const battery in given) amount += given[battery]![gridName] ?? 0;
  return amount;
}

function throughBatteries({ origins, given }: AccountEntry): number {
  let amount = 0;
  for (const sink in origins) if (isBattery(sink)) amount += sumOf(origins[sink]!);
  for (const battery in given) amount += sumOf(given[battery]!);
  return amount;
}

/** Quarter-hours that no row covers; a row after a clock that was set back covers more than one. */
function missingQuarters(entries: readonly AccountEntry[], fromMs: number, toMs: number): number[] {
  const covered = new Set<number>();
  for (const entry of entries) for (let atMs = entry.fromMs; atMs < entry.toMs; atMs += quarterMs) covered.add(atMs);
  const missing: number[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += quarterMs) if (!covered.has(atMs)) missing.push(atMs);
  return missing;
}

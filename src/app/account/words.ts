/** The account in words: names of sources, sinks and origins, energies, moments. */
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import { localMs } from "../../domain/time-zone.ts";
import type { AccountStatement, Claim } from "../../settlement/account/statement.ts";

const words: Readonly<Record<string, string>> = {
  grid: "Grid",
  pv: "PV",
  building: "Building",
  export: "Export",
  loss: "Loss",
  unknown: "Unknown",
};

/** A source, sink or origin for people. */
export function nameWord(name: string): string {
  if (name.startsWith("v:")) return `Vehicle ${name.slice(2)}`;
  if (name.startsWith("g:")) return `Guest ${name.slice(2)}`;
  if (name.startsWith("guest:")) return `Guest ${name.slice(6)}`;
  return words[name] ?? name;
}

export const kWhWord = (mWh: number): string => `${(mWh / 1e6).toFixed(3)} kWh`;
export const pctWord = (ppm: number): string => `${(ppm / 1e4).toFixed(2)} %`;
export const visitsWord = (visits: number): string => (visits === 1 ? "1 visit" : `${visits} visits`);
/** Local time, `2026-11-30 17:15`. */
export const momentWord = (zone: ZoneOffsets, atMs: number): string =>
  new Date(localMs(zone, atMs)).toISOString().slice(0, 16).replace("T", " ");

/** What is wrong with, or missing of, a time: one sentence each. */
export function remarksOf(statement: AccountStatement & { readonly unreadable: number }): string[] {
  const { quarters, rows, closing, missingCount, unknownMs, unknownMWh, estimatedMWh, unreadable } = statement;
  const remarks: string[] = [];
  if (missingCount > 0) remarks.push(`${missingCount} of ${quarters} quarter-hours have no row.`);
  if (unreadable > 0)
    remarks.push(`${unreadable} rows are not as they were written and are in no sum: islet account verify.`);
  if (closing < rows) remarks.push(`${rows - closing} rows do not close.`);
  if (unknownMs >= 60_000)
    remarks.push(
      `For ${Math.round(unknownMs / 60_000)} minutes of these rows something was not measured; ${kWhWord(unknownMWh)} of it are known by amount, and shared out to nobody.`,
    );
  if (estimatedMWh > 0) remarks.push(`${kWhWord(estimatedMWh)} were bridged over short silences.`);
  return remarks;
}

/** A claim and whether it holds, for people. */
export function claimWord(name: "No grid charging" | "No battery export", claim: Claim, zone: ZoneOffsets): string {
  if (claim.holds) return `${name}: holds in every measured quarter-hour.`;
  const first = claim.quarters.slice(0, 3).map((atMs) => momentWord(zone, atMs));
  return `${name}: does not hold in ${claim.quartersCount} quarter-hours (${kWhWord(claim.againstMWh)}; first ${first.join(", ")}).`;
}

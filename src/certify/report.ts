/** What a certification says as a whole, as it is signed. */
import { gravest, type ProcedureResult, type Verdict } from "./procedure.ts";
import type { RigFacts } from "./rig.ts";

/** Which code was tried: two reports of one code in force have the same words here. */
export interface CodeFacts {
  readonly profile: string;
  readonly base: string;
  readonly source: string;
  readonly version: number;
  readonly settingsSha256: string;
  /** That what has to be ridden through has no source; empty where it has one. */
  readonly unsourced: string;
  readonly settings: readonly SettingFact[];
}

/** One setting of the code as it was tried, with its range and how sure both are. */
export interface SettingFact {
  readonly key: string;
  readonly value: number | boolean | string;
  readonly unit: string;
  /** Empty where the code states none. */
  readonly range: string;
  /** What the code calls it, and where. */
  readonly name: string;
  readonly clause: string;
  readonly certainty: string;
}

export interface CertifyReport {
  readonly kind: "islet certify";
  readonly version: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly quick: boolean;
  readonly code: CodeFacts;
  readonly rig: RigFacts;
  /** Who vouches for what was taken from a laboratory; empty where nothing was. */
  readonly laboratory: string;
  readonly verdict: Verdict;
  readonly procedures: readonly ProcedureResult[];
}

export const verdictOf = (results: readonly ProcedureResult[]): Verdict =>
  gravest(results.map(({ verdict }) => verdict));

/** The row that decides a procedure: its gravest, and of those the one nearest to its limit or farthest beyond it. */
export function decidingRow({ rows, verdict }: ProcedureResult): ProcedureResult["rows"][number] | undefined {
  const room = ({ measured, low, high }: ProcedureResult["rows"][number]): number => {
    if (measured === null) return Number.NEGATIVE_INFINITY;
    const scale = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), 1e-9);
    return Math.min(low === null ? Infinity : measured - low, high === null ? Infinity : high - measured) / scale;
  };
  return rows.filter((row) => row.verdict === verdict).sort((a, b) => room(a) - room(b))[0];
}

/** `11.8 to 13.1`, `at most 2`, `at least 0.5`. */
export function limitText(low: number | null, high: number | null): string {
  if (low !== null && high !== null && low > 0) return `${figure(low)} to ${figure(high)}`;
  if (low !== null && high !== null && low < 0) return `${figure(low)} to ${figure(high)}`;
  if (high !== null) return `at most ${figure(high)}`;
  return low === null ? "" : `at least ${figure(low)}`;
}

/** Four significant digits, no noise behind them. */
export const figure = (value: number | null): string =>
  value === null ? "–" : String(Math.abs(value) < 5e-4 ? 0 : Number(value.toPrecision(4)));

/**
 * The limits at the PCC of one tick, magnitudes in W, with who asks for them. Gathered anew each tick by tightening:
 * optimising limits first, protective ones last, so that on equal values the protective one is named.
 */
import type { LimitSource } from "../../domain/limit-sources.ts";
import type { ReasonKey } from "../../domain/reasons.ts";

/** The limits in force at the PCC, W, each with its reason and source; the tightest of all that were said. */
export interface PccLimits {
  /** Largest power from the grid, W ≥ 0; Infinity where none. */
  importLimitW: number;
  importReason: ReasonKey;
  importSource: LimitSource;
  /** Largest power into the grid, W ≥ 0; Infinity where none. */
  exportLimitW: number;
  exportReason: ReasonKey;
  exportSource: LimitSource;
}

/** No limit. */
export function createPccLimits(): PccLimits {
  return {
    importLimitW: Number.POSITIVE_INFINITY,
    importReason: "import-limit",
    importSource: "installer",
    exportLimitW: Number.POSITIVE_INFINITY,
    exportReason: "export-limit",
    exportSource: "installer",
  };
}

/** No limit. Start of each tick's gathering. */
export function clearPccLimits(limits: PccLimits): void {
  limits.importLimitW = Number.POSITIVE_INFINITY;
  limits.importReason = "import-limit";
  limits.importSource = "installer";
  limits.exportLimitW = Number.POSITIVE_INFINITY;
  limits.exportReason = "export-limit";
  limits.exportSource = "installer";
}

/** NaN counts as zero: an unknown limit is the tightest one. */
export function tightenImport(limits: PccLimits, limitW: number, reason: ReasonKey, source: LimitSource): void {
  const valueW = limitW >= 0 ? limitW : 0;
  if (valueW > limits.importLimitW || valueW === Number.POSITIVE_INFINITY) return;
  limits.importLimitW = valueW;
  limits.importReason = reason;
  limits.importSource = source;
}

/** Takes one more export limit into account: the lower one stays, with its reason and source. */
export function tightenExport(limits: PccLimits, limitW: number, reason: ReasonKey, source: LimitSource): void {
  const valueW = limitW >= 0 ? limitW : 0;
  if (valueW > limits.exportLimitW || valueW === Number.POSITIVE_INFINITY) return;
  limits.exportLimitW = valueW;
  limits.exportReason = reason;
  limits.exportSource = source;
}

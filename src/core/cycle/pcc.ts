/** The limits at the grid connection in this tick: optimising ones first, the permit, then the protective ones, which win. */
import type { Core } from "../core.ts";
import { clearPccLimits, tightenExport, tightenImport } from "../pcc/pcc-limits.ts";
import { tightenByMode } from "../pcc/power-control-modes.ts";
import type { Snapshot } from "../snapshot.ts";

export function gatherPccLimits(
  { pccLimits, config, authority, backendGroup }: Core,
  { site }: Snapshot,
  nowMs: number,
): void {
  const { pcc } = config;
  clearPccLimits(pccLimits);
  tightenImport(pccLimits, site.importLimitW, "import-limit", "backend");
  tightenExport(pccLimits, site.exportLimitW, "export-limit", "backend");
  tightenByMode(pccLimits, pcc.powerControlMode);
  tightenImport(pccLimits, pcc.importLimitW, "import-limit", "installer");
  tightenExport(pccLimits, pcc.exportLimitW, "export-limit", "installer");
  tightenExport(pccLimits, authority.exportLimitW, "export-limit", "permit");
  tightenImport(pccLimits, pcc.conductorLimitW, "conductor-limit", "installer");
  tightenExport(pccLimits, pcc.conductorLimitW, "conductor-limit", "installer");

  const leased = nowMs < site.backendUntilMs;
  backendGroup.chargeLimitW = leased ? Math.max(0, site.backendMaxW) : Number.POSITIVE_INFINITY;
  backendGroup.dischargeLimitW = leased ? Math.max(0, -site.backendMinW) : Number.POSITIVE_INFINITY;
}

/**
 * The power-control modes of a power control system (UL 1741 CRD for power control systems, requirement R9), as limits at
 * the PCC for what the stages do: the building's own load never counts against the stages, and no mode ever forces a
 * stage to discharge.
 */
import { type PccLimits, tightenExport, tightenImport } from "./pcc-limits.ts";

const powerControlModes = ["unrestricted", "import-only", "export-only", "no-exchange"] as const;
/** A mode of a power control system by its name in UL 1741 CRD PCS. */
export type PowerControlMode = (typeof powerControlModes)[number];

interface ModeRow {
  /** Vehicles may be charged from the grid. */
  readonly mayImport: boolean;
  /** Vehicles may discharge into the grid. */
  readonly mayExport: boolean;
}

const powerControlModeRows: Readonly<Record<PowerControlMode, ModeRow>> = {
  unrestricted: { mayImport: true, mayExport: true },
  "import-only": { mayImport: true, mayExport: false },
  "export-only": { mayImport: false, mayExport: true },
  "no-exchange": { mayImport: false, mayExport: false },
};

/** Adds the mode's limits to this tick's limits. */
export function tightenByMode(limits: PccLimits, mode: PowerControlMode): void {
  const row = powerControlModeRows[mode];
  if (!row.mayImport) tightenImport(limits, 0, "power-control-mode", "installer");
  if (!row.mayExport) tightenExport(limits, 0, "power-control-mode", "installer");
}

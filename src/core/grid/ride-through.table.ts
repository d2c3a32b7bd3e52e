/**
 * Ride-through regions of IEEE 1547-2018 for voltage (6.4.2 Tables 14-16) and frequency (6.5.2 Table 19), as data. A region
 * holds for fromPu ≤ V < toPu below the continuous band and for fromPu < V ≤ toPu above it. Its shortest required time is
 * holdS + holdSPerPu (V - fromPu). Frequencies are of nominal (61.8 Hz of 60).
 */
import type { AbnormalCategory } from "../../config/grid-profiles.ts";
import type { CodeRideThrough, FrequencyRegions, RideThrough, RideThroughMode, VoltageRegion } from "../../config/ride-through.ts";

const region = (fromPu: number, toPu: number, mode: RideThroughMode, holdS: number, holdSPerPu = 0): VoltageRegion => ({ fromPu, toPu, mode, holdS, holdSPerPu });

/** Above 1.10 pu. */
const highVoltageRegions: Readonly<Record<AbnormalCategory, readonly VoltageRegion[]>> = {
  I:   [region(1.1,   1.15,  "permissive",         1),  region(1.15, 1.175, "permissive", 0.5), region(1.175, 1.2, "permissive", 0.2), region(1.2, Infinity, "cease", 0)],
  II:  [region(1.1,   1.15,  "permissive",         1),  region(1.15, 1.175, "permissive", 0.5), region(1.175, 1.2, "permissive", 0.2), region(1.2, Infinity, "cease", 0)],
  III: [region(1.1,   1.2,   "momentaryCessation", 12),                                                                               region(1.2, Infinity, "cease", 0)],
};

/** Below 0.88 pu. */
const lowVoltageRegions: Readonly<Record<AbnormalCategory, readonly VoltageRegion[]>> = {
  I:   [region(0.7,  0.88, "mandatory", 0.7, 4),   region(0.5,  0.7,  "permissive", 0.16),                                       region(0, 0.5, "cease",              0)],
  II:  [region(0.65, 0.88, "mandatory", 3,   8.7), region(0.45, 0.65, "permissive", 0.32), region(0.3, 0.45, "permissive", 0.16), region(0, 0.3, "cease",              0)],
  III: [region(0.7,  0.88, "mandatory", 20),       region(0.5,  0.7,  "mandatory",  10),                                         region(0, 0.5, "momentaryCessation", 1)],
};

/** The same for all categories: continuous inside the inner pair, mandatory operation up to the outer pair, no requirement beyond. */
export const frequencyRegions: FrequencyRegions = { outerMin: 57 / 60, innerMin: 58.8 / 60, innerMax: 61.2 / 60, outerMax: 61.8 / 60, holdS: 299 };

/** Rate of change of frequency that must be ridden through, averaged over at least 0.1 s (6.5.2.5 Table 21), Hz/s. */
export const rocofRideThroughHzPerS: Readonly<Record<AbnormalCategory, number>> = { I: 0.5, II: 2, III: 3 };

/** Above this nobody is known to ask for operation: where a code's regions are unknown, nothing is given there. */
const unknownRegions: RideThrough = { low: [], high: [region(1.2, Infinity, "cease", 0)], frequency: null };

/** The regions that hold for a code: IEEE 1547-2018's by category, the code's own, or none that are known. */
export function regionsOf(code: CodeRideThrough, category: AbnormalCategory): RideThrough {
  if (code === "unknown") return unknownRegions;
  if (code !== "ieee1547") return code;
  return { low: lowVoltageRegions[category], high: highVoltageRegions[category], frequency: frequencyRegions };
}

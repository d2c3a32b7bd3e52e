/** When software may be replaced: the site neither discharges nor is an island (requirement R40). Unknown is no permission. */
import { isIslanded } from "../../domain/modes.ts";
import type { ControlReport } from "../control/shared/report.ts";

/** Power towards the grid or the building that counts as discharging, W. */
const dischargingW = 50;

/** Why nothing may be installed now; "" when it may. */
export function updateRefusal(report: Pick<ControlReport, "site" | "stages"> | null): string {
  if (report === null) return "The control loop has not reported yet: nobody knows whether the site discharges.";
  const { mode } = report.site;
  if (isIslanded(mode)) return "The site is an island: an update would put its loads at risk.";
  if (mode === "unknown" || mode === "noFeedback") return "Nobody knows whether the site discharges or is an island.";
  const i = report.stages.findIndex(({ powerW }) => !(powerW > -dischargingW));
  return i < 0 ? "" : `EVSE ${i + 1} discharges, or nobody knows whether it does.`;
}

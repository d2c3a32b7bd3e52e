import type { SiteConfig } from "./site.ts";

/** `none`: nobody measures it; the chargers are held under a limit of their own. */
type PccMetering = "meter" | "sum" | "none";

/** By what the exchange with the grid is measured. */
export function pccMeteringOf({ pcc: { meter } }: SiteConfig): PccMetering {
  if (meter.sumOf.length > 0) return "sum";
  return meter.host !== undefined || meter.serial !== undefined || meter.map !== "sunspec" ? "meter" : "none";
}

import type { Log, SiteStation } from "../app/station.ts";

export function loadPermit(station: SiteStation, log: Log): void {
  if (station.config.permit.file === undefined) log("info", "No permission to operate is installed: the site is a load.");
}

/**
 * Which device's silence keeps the site without feedback, or not yet known: the one whose values have been missing longest beyond what
 * the core allows. When the controller itself was late, every device's values are old at once, and it is to blame.
 */

import type { ControlReport } from "../../app/control/shared/report.ts";
import { liveMaxMs } from "../../app/core-vocabulary.ts";
import type { SiteStation } from "../../app/station.ts";
import type { SiteState } from "../state.ts";

type Missing = NonNullable<SiteState["mode"]["missing"]>;

/** Devices are heard each cycle: all of them older than this at once is no device's fault, ms. */
const stalledFromMs = 100;
/** Ages at which the core stops believing (`modeFactsDefaults`), ms. */
const k1FreshMs = 200;
const stageFreshMs = 300;

export const k1Name = "K1";
export const stageName = ({ config }: Pick<SiteStation, "config">, i: number): string => {
  const name = config.evses[i]?.name;
  return name === undefined ? `The power stage of charger ${i + 1}` : `The power stage of charger ${i + 1}, ${name},`;
};

/** Null while nothing is missing. */
export function longestMissing(report: ControlReport, station: Pick<SiteStation, "config">): Missing | null {
  const { site, stages } = report;
  const { config } = station;
  const found: { missing: Missing; overMs: number; ageMs: number }[] = [];
  const look = (device: string, atMs: number, liveAtMs: number, freshMs: number): number => {
    const ageMs = site.atMs - atMs;
    const liveMs = site.atMs - liveAtMs;
    const why = !Number.isFinite(atMs) ? "never" : liveMs > liveMaxMs && ageMs <= freshMs ? "frozen" : "silent";
    const overMs = why === "frozen" ? liveMs - liveMaxMs : ageMs - freshMs;
    const shownMs = why === "frozen" ? liveMs : ageMs;
    if (overMs > 0)
      found.push({ missing: { device, why, ageMs: Number.isFinite(shownMs) ? shownMs : null }, overMs, ageMs });
    return ageMs;
  };
  const ages: number[] = [];
  if (config.transferDevice !== undefined && config.transferDevice.kind !== "none")
    ages.push(look(k1Name, site.deviceAtMs, site.deviceLiveAtMs, k1FreshMs));
  stages.forEach((stage, i) => {
    ages.push(look(stageName(station, i), stage.atMs, stage.liveAtMs, stageFreshMs));
  });
  const youngestMs = Math.min(...ages);
  if (ages.length > 1 && Number.isFinite(youngestMs) && youngestMs > stalledFromMs && youngestMs > k1FreshMs)
    return { device: "The controller", why: "stalled", ageMs: youngestMs };
  found.sort((a, b) => b.overMs - a.overMs);
  return found[0]?.missing ?? null;
}

/**
 * Which device's silence keeps the site without feedback, or not yet known: the one whose values have been missing longest beyond what
 * the core allows. When the controller itself was late, every device's values are old at once, and it is to blame.
 */

import type { ControlReport } from "../../app/control/shared/report.ts";
import { liveMaxMs, stageStaleMs, transferDeviceFreshMs } from "../../app/core-vocabulary.ts";
import type { SiteStation } from "../../app/station.ts";
import type { SiteConfig } from "../../config/site.ts";
import { transferPartsOf } from "../../config/transfer-parts.ts";
import type { SiteState } from "../state.ts";

type Missing = NonNullable<SiteState["mode"]["missing"]>;

/** Devices are heard each cycle: all of them older than this at once is no device's fault, ms. */
const stalledFromMs = 100;
export const k1Name = "K1";
/** Of a device of parts: where its contacts are read. */
function k1Part(config: SiteConfig, part: "contacts" | "gridVoltage" | "busVoltage"): string {
  const parts = transferPartsOf(config);
  if (parts === undefined) return k1Name;
  const what = { contacts: "K1’s contacts", gridVoltage: "the grid’s side of K1", busVoltage: "the site’s side of K1" };
  return `${parts[part].device}, which reads ${what[part]},`;
}

/** A device answers, and does not tell the voltage that K1's position is proven by; null where both sides are told. */
function unmeasured({ site }: ControlReport, config: SiteConfig): Missing | null {
  const part = Number.isNaN(site.gridVoltagePu) ? "gridVoltage" : Number.isNaN(site.busVoltagePu) ? "busVoltage" : null;
  return part === null ? null : { device: k1Part(config, part), why: "unmeasured", ageMs: null };
}
export const stageName = ({ config }: Pick<SiteStation, "config">, i: number): string => {
  const name = config.evses[i]?.name;
  return name === undefined ? `The power stage of charger ${i + 1}` : `The power stage of charger ${i + 1}, ${name},`;
};

/** Null while nothing is missing. */
export function longestMissing(report: ControlReport, station: Pick<SiteStation, "config">): Missing | null {
  const { site, stages } = report;
  const { config } = station;
  const hasK1 = config.transferDevice !== undefined && config.transferDevice.kind !== "none";
  // Ages at which the core stops believing.
  const k1FreshMs = transferDeviceFreshMs(config);
  const stageFreshMs = stageStaleMs(config);
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
  if (hasK1) ages.push(look(k1Part(config, "contacts"), site.deviceAtMs, site.deviceLiveAtMs, k1FreshMs));
  stages.forEach((stage, i) => {
    ages.push(look(stageName(station, i), stage.atMs, stage.liveAtMs, stageFreshMs));
  });
  const youngestMs = Math.min(...ages);
  if (ages.length > 1 && Number.isFinite(youngestMs) && youngestMs > stalledFromMs && youngestMs > k1FreshMs)
    return { device: "The controller", why: "stalled", ageMs: youngestMs };
  found.sort((a, b) => b.overMs - a.overMs);
  return found[0]?.missing ?? (hasK1 ? unmeasured(report, config) : null);
}

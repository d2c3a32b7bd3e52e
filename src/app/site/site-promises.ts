/** What a configuration promises of the limits at the grid connection, and what it cannot keep, in sentences for people. */

import { builtInGridProfile, type GridProfile, missingSettings } from "../../config/grid-profiles.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import { unsourcedRideThrough } from "../../config/ride-through.ts";
import type { SiteConfig } from "../../config/site.ts";
import { promisedRecoveryMs, siteGuarantees } from "../../core/core-config.ts";
import type { Guarantee } from "../../core/pcc/guarantee.ts";
import { secondMs } from "../../domain/units.ts";
import type { DeviceMaps } from "./bridge-settings.ts";

/** Utilities and certified power control systems are usually faster than this; slower ones are told, ms (requirement R10). */
const usualRecoveryMs = 500;

/** What each limit is worth with this meter and these stages; null where the site can't give power back. */
export function sitePromises(config: SiteConfig): { readonly exports: Guarantee | null; readonly imports: Guarantee } {
  const { exports, imports } = siteGuarantees(config);
  return { exports: exports.peakW > 0 ? exports : null, imports };
}

/** One sentence for each limit, with why, and a warning where the site is slower than usual. */
export function promiseSentences(config: SiteConfig): readonly string[] {
  const metering = pccMeteringOf(config);
  if (metering === "none") {
    const together = kW(config.pcc.fallbackImportLimitW ?? 0);
    return [
      `No meter at the grid connection: the chargers together take at most ${together}, always, whatever else the building takes, and nothing is given back. Nobody watches the limit of ${kW(config.pcc.importLimitW)}: see to it that the connection carries ${together} beside the largest load of the building.`,
    ];
  }
  const { exports, imports } = siteGuarantees(config);
  const lines: string[] = [];
  if (exports.peakW > 0) lines.push(`Export limit: ${sentence(exports, "discharging")}`);
  lines.push(`Import limit: ${sentence(imports, "charging")}`);
  const promisedMs = promisedRecoveryMs(config);
  if (Math.max(exports.backMs, imports.backMs) > usualRecoveryMs) {
    lines.push(
      `Warning: that is slower than the usual ${usualRecoveryMs} ms; the site promises ${seconds(promisedMs)}. A faster meter or faster stages shorten it.`,
    );
  }
  return lines;
}

function sentence({ backMs, peakW, energyWh, meterMs, commandMs, responseMs }: Guarantee, doing: string): string {
  return (
    `after a step of the load back under it within ${seconds(backMs)}; until then at most ${kW(peakW)} and ${energyWh.toFixed(1)} Wh beyond it by ${doing}. ` +
    `The meter needs up to ${seconds(meterMs)} to show a step, the command ${seconds(commandMs)} to move the stages, the slowest stage ${seconds(responseMs)}. Each lost sample adds one interval of the meter.`
  );
}

/** What is wrong with a promise that meter and stages cannot keep; "" when they can. */
export function brokenPromise(config: SiteConfig): string {
  if (pccMeteringOf(config) === "none") return "";
  const statedMs = config.pcc.inadvertentExport.responseBoundMs;
  if (statedMs === undefined) return "";
  const { exports, imports } = siteGuarantees(config);
  const slower = exports.backMs > imports.backMs ? exports : imports;
  if (slower.backMs <= statedMs) return "";
  return `is less than meter and stages need: up to ${slower.backMs} ms (${Math.round(slower.meterMs)} ms until the meter has shown a step, ${Math.round(slower.commandMs)} ms until the command moves the stages, ${Math.round(slower.responseMs)} ms until the slowest is down)`;
}

const seconds = (ms: number): string => `${(ms / secondMs).toFixed(2)} s`;
const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1)} kW`;

/** One warning for each stage that goes on charging when the controller falls silent: its map names no watchdog. */
export function silenceWarnings({ evses }: SiteConfig, maps: DeviceMaps): readonly string[] {
  return evses.flatMap(({ name, stage }, i) => {
    const map = maps.get(stage.map);
    if (map === undefined || map.watchdog !== undefined) return [];
    return [
      `Warning: ${name ?? `EVSE ${i + 1}`} goes on charging when the controller falls silent: its map names no watchdog (${stage.map}). The connection must bear that beside everything else.`,
    ];
  });
}

/** What a person has to enter before power may go to the grid, and how sure the rest is; in sentences for people. */
export function codeSentences(profile: GridProfile): readonly string[] {
  const missing = missingSettings(profile);
  const counts = new Map<string, number>();
  for (const { source, certainty } of Object.values(profile.origins)) {
    if (source !== "") counts.set(certainty, (counts.get(certainty) ?? 0) + 1);
  }
  if (profile.blank.length > 0) counts.set("unknown", profile.blank.length);
  const sure = [...counts].map(([certainty, count]) => `${count} ${certainty}`).join(", ");
  const unsourced = unsourcedRideThrough(profile.code, profile.rideThrough);
  const lines = [
    ...(sure === "" ? [] : [`How sure the values of ${profile.code} are: ${sure}.`]),
    ...(unsourced === "" ? [] : [unsourced]),
  ];
  if (missing.length === 0) return lines;
  // A code of the site's own is no base: its values stand in its own file.
  const place = builtInGridProfile(profile.base) === undefined ? "the file" : `a file (base: ${profile.base})`;
  return [
    ...lines,
    `Not parallel: ${profile.code} leaves ${missing.length} settings to a person: ${missing.join(", ")}. Nothing is given back to the grid, and no function is written to a stage, until they stand in ${place} that site.gridProfile refers to.`,
  ];
}

/** What is odd about a grid profile for a site; "" when nothing is. */
export function profileWarning({ site }: SiteConfig, profile: GridProfile): string {
  if (!site.timeZone.startsWith("Europe/") || !profile.base.startsWith("ieee1547") || profile.base !== profile.name)
    return "";
  return `Warning: grid profile ${profile.name} is ${profile.source}. For a site in Europe take vde-ar-n-4105-2018 or the network operator's own file.`;
}

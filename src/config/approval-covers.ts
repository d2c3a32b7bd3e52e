/** What the words of `approval.….covers` stand for in a site, and what is wrong with the paper that names them. */
import type { SiteConfig } from "./site.ts";

/** A device of the site as paper names it; `index` counts EVSEs, PV inverters and groups from 0. */
export interface CoveredPart {
  readonly kind:
    | "evse"
    | "group"
    | "meter"
    | "transfer-device"
    | "load-panel"
    | "pv"
    | "generator"
    | "controller"
    | "vehicle"
    | "device";
  readonly index: number;
  /** Of a vehicle its identifier, of a device its name. */
  readonly name: string;
}

const one = (kind: CoveredPart["kind"], index = 0, name = ""): CoveredPart => ({ kind, index, name });
const all = (kind: CoveredPart["kind"], list: readonly unknown[]): CoveredPart[] => list.map((_, i) => one(kind, i));

/** The parts of the site that a word names; none where it names nothing. */
export function coveredParts(config: SiteConfig, word: string): readonly CoveredPart[] {
  const { evses, pv, pcc, devices, transferDevice, loadPanel, generator } = config;
  if (word === "evses") return all("evse", evses);
  if (word === "pv") return all("pv", pv);
  if (word === "pcc.meter") return [one("meter")];
  if (word === "controller") return [one("controller")];
  if (word === "transferDevice")
    return transferDevice === undefined || transferDevice.kind === "none" ? [] : [one("transfer-device")];
  if (word === "loadPanel") return loadPanel === undefined ? [] : [one("load-panel")];
  if (word === "generator") return generator === undefined ? [] : [one("generator")];
  const [, kind, rest] = /^(evse|pv|group|vehicle) (.+)$/.exec(word) ?? [];
  const number = Number(rest) - 1;
  if (kind === "evse") return evses[number] === undefined ? [] : [one("evse", number)];
  if (kind === "pv") return pv[number] === undefined ? [] : [one("pv", number)];
  if (kind === "vehicle") return [one("vehicle", 0, rest!.toUpperCase())];
  if (kind === "group") {
    const index = pcc.groups.findIndex(({ name }) => name === rest);
    return index < 0 ? [] : [one("group", index)];
  }
  const index = devices.findIndex(({ name }) => name === word);
  return index < 0 ? [] : [one("device", index, word)];
}

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly complaint: string;
}

/** What is wrong with the paper alone: names that lead nowhere, days that are none or in the wrong order. */
export function approvalComplaints(config: SiteConfig): Complaint[] {
  const { approval } = config;
  if (approval === undefined) return [];
  const complaints: Complaint[] = [];
  const refuse = (path: readonly PropertyKey[], complaint: string): void => {
    complaints.push({ path: ["approval", ...path], complaint });
  };
  const checkCovers = (path: readonly PropertyKey[], words: readonly string[]): void => {
    words.forEach((word, i) => {
      if (coveredParts(config, word).length === 0)
        refuse([...path, "covers", i], "is nothing of this site: see `islet check-config --settings` for the words");
    });
  };
  approval.certificates.forEach(({ covers, issuedOn, expiresOn }, i) => {
    checkCovers(["certificates", i], covers);
    for (const [setting, day] of Object.entries({ issuedOn, expiresOn }))
      if (day !== undefined && !isDay(day)) refuse(["certificates", i, setting], "is no day of the calendar");
    if (issuedOn !== undefined && expiresOn !== undefined && expiresOn < issuedOn)
      refuse(["certificates", i, "expiresOn"], "must not be before issuedOn");
  });
  approval.service.breakers.forEach(({ covers }, i) => {
    checkCovers(["service", "breakers", i], covers);
  });
  approval.pairs.forEach(({ evse, vehicle }, i) => {
    if (config.evses[evse - 1] === undefined)
      refuse(["pairs", i, "evse"], `is no EVSE of this site, which has 1 to ${config.evses.length}`);
    const same = approval.pairs.findIndex(
      (other) => other.evse === evse && other.vehicle.toUpperCase() === vehicle.toUpperCase(),
    );
    if (same < i) refuse(["pairs", i], "is listed twice");
  });
  return complaints;
}

const isDay = (day: string): boolean => {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};

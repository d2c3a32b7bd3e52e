/** Limits in force, the permit and what has been changed, in words. */
import type { SiteState } from "../state.ts";
import { capital, duration, kW, nb, pct, type Words } from "./format.ts";

export interface LimitsView {
  /** Null: none is installed. */
  readonly permit: readonly (readonly [string, string])[] | null;
  readonly noPermit: string;
  readonly inForce: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly history: readonly { readonly when: string; readonly what: string; readonly by: string }[];
  readonly noHistory: string;
}

type LimitInForce = SiteState["limits"][number];

const limitNames: Record<LimitInForce["id"], string> = {
  exportLimitW: "Export limit",
  importLimitW: "Import limit",
  demandLimitW: "Demand limit",
  chargeLimitW: "Charging, all vehicles",
  dischargeLimitW: "Discharge, all vehicles",
  backupLimitW: "Backup power",
  reservePct: "Reserve",
  enterServiceDelayS: "Enter-service delay",
};
const sources: Record<LimitInForce["by"], string> = {
  permit: "Permit",
  "no-permit": "No permit installed",
  service: "Service, conductor rating",
  rating: "Power stage rating",
  operator: "Operator",
  backend: "Backend",
  link: "Connected system",
  profile: "Profile",
  installer: "Installer",
};
export const permitModeNames = {
  "load-only": "Load only",
  "non-parallel-backup": "Backup only",
  "parallel-non-export": "In parallel, no export",
  "parallel-export": "In parallel, limited export",
} as const;

export function limitsView(state: SiteState, words: Words): LimitsView {
  const { permit } = state;
  return {
    permit: permit && [
      ["Mode", permitModeNames[permit.mode]],
      ["Utility", permit.utility || "–"],
      ["Permit", permit.reference || "–"],
      ["Granted", words.longDate(permit.grantedAtMs)],
      ...(permit.validUntilMs === null ? [] : [["Valid until", words.longDate(permit.validUntilMs)] as const]),
      ...(permit.mode === "parallel-export" ? [["Export up to", kW(permit.exportLimitW)] as const] : []),
      ["Covers", permit.covers || "–"],
      ["Installed firmware", firmwareText(permit)],
      ...(permit.revoked ? [["State", "Revoked"] as const] : []),
    ],
    noPermit: words.say("empty.permit"),
    inForce: [
      ...state.limits.map((limit) => ({
        name: limitNames[limit.id],
        value: limitValue(limit) + (limit.untilMs === null ? "" : ` until ${words.moment(limit.untilMs, state.atMs)}`),
        source: sourceText(limit),
      })),
      ...promiseRows(state),
    ],
    history: state.history.map((change) => ({
      when:
        state.atMs - change.atMs < 86_400_000 && words.date(change.atMs) === words.date(state.atMs)
          ? `Today ${words.hm(change.atMs)}`
          : words.longDate(change.atMs).replace(/ \d{4}$/, ""),
      what: words.sentence(change.what),
      by: change.by,
    })),
    noHistory: words.say("empty.history"),
  };
}

/** What the limits are worth after a step of the load. */
function promiseRows({ pccRecord }: SiteState): LimitsView["inForce"] {
  const { exports = null, imports = null, found } = pccRecord?.promise ?? {};
  const asFound = found ? `${found.kept ? "Found" : "Promise not kept"}: ${found.because}` : "";
  const rows = [
    ["Export, after a load step", exports, "This meter, these stages"],
    ["Export, as it runs", found?.exports ?? null, asFound],
    ["Import, after a load step", imports, "This meter, these stages"],
    ["Import, as it runs", found?.imports ?? null, asFound],
  ] as const;
  return rows.flatMap(([name, promise, source]) => {
    if (promise === null) return [];
    const { backMs, peakW, energyWh } = promise;
    const value = `back within ${(backMs / 1_000).toFixed(2)}${nb}s, at most ${kW(peakW)} and ${energyWh.toFixed(1)}${nb}Wh beyond`;
    return [{ name, value, source }];
  });
}

const firmwareText = ({ covered, installedFirmware }: NonNullable<SiteState["permit"]>): string =>
  covered === null ? "Not known yet" : `${installedFirmware}, ${covered ? "covered" : "not covered"}`;

const limitValue = (limit: LimitInForce): string =>
  limit.id === "reservePct"
    ? pct(limit.value)
    : limit.id === "enterServiceDelayS"
      ? `${limit.value}${nb}s`
      : kW(limit.value, limit.value % 1000 === 0 ? 0 : 1);

function sourceText(limit: LimitInForce): string {
  const name = sources[limit.by];
  if (!limit.detail) return name;
  return limit.by === "permit"
    ? `${name} ${limit.detail}`
    : limit.by === "profile"
      ? `${name}: ${limit.detail}`
      : `${name}, ${limit.detail}`;
}

/** Health bar: each link, and how it is. */
export interface HealthItem {
  readonly name: string;
  readonly value: string;
  readonly level: "ok" | "warning" | "critical";
}

/** The backend tells whole seconds, and its answer takes a while. */
const clockEvenMs = 1_500;
const clockWarnMs = 5_000;
const certificateWarnMs = 14 * 86_400_000;

const qualityWords = {
  missing: "never heard",
  stale: "silent",
  frozen: "frozen",
  implausible: "not plausible",
  good: "good",
} as const;

type Devices = SiteState["health"]["devices"];
const deviceWords = { silent: "silent", frozen: "old values", unverified: "being checked", answers: "" } as const;

/** "22 of 23: Bay 8 silent". */
function devicesText(devices: Devices): [name: string, value: string, level: HealthItem["level"]] {
  const name = devices.length === 1 ? "Device" : "Devices";
  if (devices.length === 0) return [name, "None found yet", "warning"];
  const out = devices.filter(({ state }) => state === "silent" || state === "frozen");
  const answering = devices.length - out.length;
  const checked = devices.filter(({ state }) => state === "unverified").length;
  if (out.length > 0) {
    const first = out[0]!;
    const more = out.length > 1 ? ` and ${out.length - 1} more` : "";
    return [
      name,
      `${answering} of ${devices.length}: ${first.kind === "transfer-device" ? "K1" : first.name} ${deviceWords[first.state]}${more}`,
      "warning",
    ];
  }
  const faults = devices.filter(({ fault }) => fault !== null);
  if (faults.length > 0)
    return [name, `${answering} of ${devices.length} answer, ${faults.length} with a fault`, "warning"];
  const answers = `${answering} of ${devices.length} answer${devices.length === 1 ? "s" : ""}`;
  return checked > 0 ? [name, `${answers}, ${checked} being checked`, "warning"] : [name, answers, "ok"];
}

export function healthView(state: SiteState, _words: Words): HealthItem[] {
  const { health, atMs } = state;
  const items: HealthItem[] = [];
  const add = (name: string, value: string, level: HealthItem["level"] = "ok"): void =>
    void items.push({ name, value, level });
  const late = health.loop.lateP999Ms;
  add(
    "Loop",
    `${health.loop.periodMs}${nb}ms, late ${late.toFixed(1)}${nb}ms p99.9`,
    late > health.loop.periodMs ? "warning" : "ok",
  );
  const meterAge = health.meterAgeMs === null ? "" : `, ${duration(health.meterAgeMs)} old`;
  if (health.meterQuality !== "good")
    add("PCC meter", `${capital(qualityWords[health.meterQuality])}${meterAge}`, "critical");
  else add("PCC meter", health.meterAgeMs === null ? "No value" : `${duration(health.meterAgeMs)} old`);
  const { no, nc, quality, present } = state.k1;
  const k1Age = health.k1AgeMs === null ? "" : `, ${duration(health.k1AgeMs)} old`;
  if (!present) add("K1 inputs", "No transfer device");
  else if (quality !== "good") add("K1 inputs", `${capital(qualityWords[quality])}${k1Age}`, "critical");
  else
    add(
      "K1 inputs",
      `${health.k1AgeMs === null ? "No value" : `${duration(health.k1AgeMs)} old`}${no === nc ? "" : ", disagree"}`,
      no === nc ? "ok" : "critical",
    );
  add(...devicesText(health.devices));
  const { backend } = health;
  if (backend.state === "connected")
    add("Backend", `Connected${backend.latencyMs === null ? "" : `, ${Math.round(backend.latencyMs)}${nb}ms`}`);
  else if (backend.state === "offline")
    add("Backend", `Offline${backend.sinceMs === null ? "" : ` ${duration(atMs - backend.sinceMs)}`}`, "warning");
  else add("Backend", "None configured");
  for (const { name, connected } of health.links ?? [])
    add(name, connected ? "Connected" : "Offline", connected ? "ok" : "warning");
  const soonest = health.certificates.reduce<number | null>(
    (min, { expiresAtMs }) => (min === null || expiresAtMs < min ? expiresAtMs : min),
    null,
  );
  if (soonest === null) add("Certificates", "None installed");
  else if (soonest <= atMs) add("Certificates", "One has expired", "critical");
  else
    add(
      "Certificates",
      `Next expires in ${duration(soonest - atMs)}`,
      soonest - atMs < certificateWarnMs ? "warning" : "ok",
    );
  // What nothing tells has no place here.
  if (health.clockOffsetMs !== null) {
    const offMs = Math.abs(health.clockOffsetMs);
    const way =
      offMs < clockEvenMs ? "As the backend’s" : `${duration(offMs)} ${health.clockOffsetMs > 0 ? "slow" : "fast"}`;
    add("Clock", way, offMs > clockWarnMs ? "warning" : "ok");
  }
  if (health.owed.length > 0) add("Disk", `${health.owed.length} not written yet`, "warning");
  if (health.auxBatteryS !== null)
    add("Aux battery", `${duration(health.auxBatteryS * 1000)} left`, health.auxBatteryS < 6 * 3600 ? "warning" : "ok");
  else
    add(
      "Recorder",
      health.recorderDays === null
        ? "Not recording"
        : health.recorderDays === 0
          ? "Begins today"
          : `${Math.round(health.recorderDays)}${nb}day${Math.round(health.recorderDays) === 1 ? "" : "s"} kept`,
    );
  return items;
}

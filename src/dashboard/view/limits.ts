/** Limits in force, the permit and what has been changed, in words. */

import { decimal, type Label, label, phrase, t } from "../language/language.ts";
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

const limitNames: Record<LimitInForce["id"], Label> = {
  exportLimitW: label("Export limit"),
  importLimitW: label("Import limit"),
  demandLimitW: label("Demand limit"),
  chargeLimitW: label("Charging, all vehicles"),
  dischargeLimitW: label("Discharge, all vehicles"),
  backupLimitW: label("Backup power"),
  reservePct: label("Reserve"),
  enterServiceDelayS: label("Enter-service delay"),
};
const sources: Record<LimitInForce["by"], Label> = {
  permit: label("Permit"),
  "no-permit": label("No permit installed"),
  service: label("Service, conductor rating"),
  rating: label("Power stage rating"),
  operator: label("Operator"),
  backend: label("Backend"),
  link: label("Connected system"),
  profile: label("Profile"),
  installer: label("Installer"),
};
export const permitModeNames = {
  "load-only": label("Load only"),
  "non-parallel-backup": label("Backup only"),
  "parallel-non-export": label("In parallel, no export"),
  "parallel-export": label("In parallel, limited export"),
} as const;

export function limitsView(state: SiteState, words: Words): LimitsView {
  const { permit } = state;
  return {
    permit: permit && [
      [t`Mode`, String(permitModeNames[permit.mode])],
      [t`Utility`, permit.utility || "–"],
      [t`Permit`, permit.reference || "–"],
      [t`Granted`, words.longDate(permit.grantedAtMs)],
      ...(permit.validUntilMs === null ? [] : [[t`Valid until`, words.longDate(permit.validUntilMs)] as const]),
      ...(permit.mode === "parallel-export" ? [[t`Export up to`, kW(permit.exportLimitW)] as const] : []),
      [t`Covers`, permit.covers || "–"],
      [t`Installed firmware`, firmwareText(permit)],
      ...(permit.revoked ? [[t`State`, t`Revoked`] as const] : []),
    ],
    noPermit: words.say("empty.permit"),
    inForce: [
      ...state.limits.map((limit) => ({
        name: String(limitNames[limit.id]),
        value: limitValue(limit) + (limit.untilMs === null ? "" : t` until ${words.moment(limit.untilMs, state.atMs)}`),
        source: sourceText(limit),
      })),
      ...promiseRows(state),
    ],
    history: state.history.map((change) => ({
      when:
        state.atMs - change.atMs < 86_400_000 && words.date(change.atMs) === words.date(state.atMs)
          ? t`Today ${words.hm(change.atMs)}`
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
  const asFound = found ? `${found.kept ? t`Found` : t`Promise not kept`}: ${phrase(found.because)}` : "";
  const rows = [
    [t`Export, after a load step`, exports, t`This meter, these stages`],
    [t`Export, as it runs`, found?.exports ?? null, asFound],
    [t`Import, after a load step`, imports, t`This meter, these stages`],
    [t`Import, as it runs`, found?.imports ?? null, asFound],
  ] as const;
  return rows.flatMap(([name, promise, source]) => {
    if (promise === null) return [];
    const { backMs, peakW, energyWh } = promise;
    const value = t`back within ${decimal(backMs / 1_000, 2)}${nb}s, at most ${kW(peakW)} and ${decimal(energyWh, 1)}${nb}Wh beyond`;
    return [{ name, value, source }];
  });
}

const firmwareText = ({ covered, installedFirmware }: NonNullable<SiteState["permit"]>): string =>
  covered === null
    ? t`Not known yet`
    : covered
      ? t`${installedFirmware ?? "–"}, covered`
      : t`${installedFirmware ?? "–"}, not covered`;

const limitValue = (limit: LimitInForce): string =>
  limit.id === "reservePct"
    ? pct(limit.value)
    : limit.id === "enterServiceDelayS"
      ? `${limit.value}${nb}s`
      : kW(limit.value, limit.value % 1000 === 0 ? 0 : 1);

function sourceText(limit: LimitInForce): string {
  const name = String(sources[limit.by]);
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
  missing: label("never heard"),
  stale: label("silent"),
  frozen: label("frozen"),
  implausible: label("not plausible"),
  good: label("good"),
} as const;

type Devices = SiteState["health"]["devices"];
const deviceWords = {
  silent: label("silent"),
  frozen: label("old values"),
  unverified: label("being checked"),
  answers: "",
} as const;

/** "22 of 23: Bay 8 silent". */
function devicesText(devices: Devices): [name: string, value: string, level: HealthItem["level"]] {
  const name = devices.length === 1 ? t`Device` : t`Devices`;
  if (devices.length === 0) return [name, t`None found yet`, "warning"];
  const out = devices.filter(({ state }) => state === "silent" || state === "frozen");
  const answering = devices.length - out.length;
  const checked = devices.filter(({ state }) => state === "unverified").length;
  if (out.length > 0) {
    const first = out[0]!;
    const more = out.length > 1 ? t` and ${out.length - 1} more` : "";
    return [
      name,
      t`${answering} of ${devices.length}: ${first.kind === "transfer-device" ? "K1" : phrase(first.name)} ${deviceWords[first.state]}${more}`,
      "warning",
    ];
  }
  const faults = devices.filter(({ fault }) => fault !== null);
  if (faults.length > 0)
    return [name, t`${answering} of ${devices.length} answer, ${faults.length} with a fault`, "warning"];
  const answers =
    devices.length === 1 ? t`${answering} of ${devices.length} answers` : t`${answering} of ${devices.length} answer`;
  return checked > 0 ? [name, t`${answers}, ${checked} being checked`, "warning"] : [name, answers, "ok"];
}

export function healthView(state: SiteState, _words: Words): HealthItem[] {
  const { health, atMs } = state;
  const items: HealthItem[] = [];
  const add = (name: string, value: string, level: HealthItem["level"] = "ok"): void =>
    void items.push({ name, value, level });
  const late = health.loop.lateP999Ms;
  add(
    t`Loop`,
    t`${health.loop.periodMs}${nb}ms, late ${decimal(late, 1)}${nb}ms p99.9`,
    late > health.loop.periodMs ? "warning" : "ok",
  );
  const meterAge = health.meterAgeMs === null ? "" : t`, ${duration(health.meterAgeMs)} old`;
  if (health.meterQuality !== "good")
    add(t`PCC meter`, `${capital(String(qualityWords[health.meterQuality]))}${meterAge}`, "critical");
  else add(t`PCC meter`, health.meterAgeMs === null ? t`No value` : t`${duration(health.meterAgeMs)} old`);
  const { no, nc, quality, present } = state.k1;
  const k1Age = health.k1AgeMs === null ? "" : t`, ${duration(health.k1AgeMs)} old`;
  if (!present) add(t`K1 inputs`, t`No transfer device`);
  else if (quality !== "good") add(t`K1 inputs`, `${capital(String(qualityWords[quality]))}${k1Age}`, "critical");
  else
    add(
      t`K1 inputs`,
      `${health.k1AgeMs === null ? t`No value` : t`${duration(health.k1AgeMs)} old`}${no === nc ? "" : `, ${t`disagree`}`}`,
      no === nc ? "ok" : "critical",
    );
  add(...devicesText(health.devices));
  const { backend } = health;
  if (backend.state === "connected")
    add(t`Backend`, `${t`Connected`}${backend.latencyMs === null ? "" : `, ${Math.round(backend.latencyMs)}${nb}ms`}`);
  else if (backend.state === "offline")
    add(
      t`Backend`,
      `${t`Offline`}${backend.sinceMs === null ? "" : ` ${duration(atMs - backend.sinceMs)}`}`,
      "warning",
    );
  else add(t`Backend`, t`None configured`);
  for (const { name, connected } of health.links ?? [])
    add(name, connected ? t`Connected` : t`Offline`, connected ? "ok" : "warning");
  const soonest = health.certificates.reduce<number | null>(
    (min, { expiresAtMs }) => (min === null || expiresAtMs < min ? expiresAtMs : min),
    null,
  );
  if (soonest === null) add(t`Certificates`, t`None installed`);
  else if (soonest <= atMs) add(t`Certificates`, t`One has expired`, "critical");
  else
    add(
      t`Certificates`,
      t`Next expires in ${duration(soonest - atMs)}`,
      soonest - atMs < certificateWarnMs ? "warning" : "ok",
    );
  // What nothing tells has no place here.
  if (health.clockOffsetMs !== null) {
    const offMs = Math.abs(health.clockOffsetMs);
    const way =
      offMs < clockEvenMs
        ? t`As the backend’s`
        : health.clockOffsetMs > 0
          ? t`${duration(offMs)} slow`
          : t`${duration(offMs)} fast`;
    add(t`Clock`, way, offMs > clockWarnMs ? "warning" : "ok");
  }
  if (health.owed.length > 0) add(t`Disk`, t`${health.owed.length} not written yet`, "warning");
  if (health.auxBatteryS !== null)
    add(
      t`Aux battery`,
      t`${duration(health.auxBatteryS * 1000)} left`,
      health.auxBatteryS < 6 * 3600 ? "warning" : "ok",
    );
  else
    add(
      t`Recorder`,
      health.recorderDays === null
        ? t`Not recording`
        : health.recorderDays === 0
          ? t`Begins today`
          : Math.round(health.recorderDays) === 1
            ? t`1${nb}day kept`
            : t`${Math.round(health.recorderDays)}${nb}days kept`,
    );
  return items;
}

/** When each kind of event stands, what it says, and for which place: the site, a charger, a tier, a device, a certificate. */

import type { ControlReport } from "../../app/control/shared/report.ts";
import { explain, startsMax } from "../../app/core-vocabulary.ts";
import { refusalText } from "../../app/permits/permit.ts";
import type { SiteStation } from "../../app/station.ts";
import { isLostPu } from "../../domain/electrical.ts";
import { isIslanded, type Mode, modeColumns } from "../../domain/modes.ts";
import { Quality } from "../../domain/quality.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import { dayMs } from "../../domain/units.ts";
import type { EventKey, WordValues } from "../../domain/words.ts";
import { alarmValues, isEmergencyStop } from "./alarm-words.ts";
import type { Durations } from "./durations.ts";
import { isMissed } from "./evse-state.ts";
import type { deviceHealth } from "./health-state.ts";
import { k1Known, meterKnown, stageKnown } from "./known.ts";
import { lockoutEvents } from "./lockout-causes.table.ts";
import { k1Name, stageName } from "./missing.ts";
import type { SlowFacts } from "./slow-facts.ts";
import { vehicleName } from "./slow-facts.ts";

/** What is looked at. */
export interface Seen {
  readonly report: ControlReport;
  readonly station: Pick<
    SiteStation,
    "config" | "control" | "devices" | "fleet" | "foundPromise" | "permit" | "ocpp" | "people" | "notes" | "profile"
  >;
  readonly slow: Pick<SlowFacts, "certificates" | "forecastPct" | "backendCapW" | "stallsInMinute">;
  readonly durations: Pick<Durations, "darkS" | "startFailed" | "missing" | "ceasedBy">;
  /** Every device as it is now, in the order of the station's reports, and what waits for the disk. */
  readonly devices: ReturnType<typeof deviceHealth>;
  readonly owed: readonly string[];
  /** The step of commissioning that has the site, and who began it; null while none does. */
  readonly commissioning?: { readonly title: string; readonly by: string } | null;
  /** What the site's files contradict each other in; nobody may have looked. */
  readonly contradictions?: readonly {
    readonly sentence: string;
    readonly here: string;
    readonly there: string;
    readonly todo: string;
  }[];
  readonly nowMs: number;
  /** Since when this looks, ms: devices are still being found in the first seconds. */
  readonly sinceMs: number;
}

export interface EventRow {
  readonly key: EventKey;
  /** How many places there are; one without it. */
  readonly places?: (seen: Seen) => number;
  readonly active: (seen: Seen, place: number) => boolean;
  readonly values?: (seen: Seen, place: number) => WordValues;
  readonly needsPerson?: boolean;
  /** Its numbers are kept as they are now while it stands, not as they were when it began. */
  readonly follows?: boolean;
  /** Must stand this long before it is an event, ms: what lasts an instant is none. */
  readonly afterMs?: number;
}

const certificateWarnMs = 30 * dayMs;
/** A forecast this near the target reaches it, percent. */
const targetTolerancePct = 1;
/** A link may be lost this long before anybody is told, ms. */
const linkMs = 5_000;

const stagesOf = ({ report }: Seen): number => report.stages.length;
const nameOf = ({ station }: Seen, i: number): string => vehicleName(station, i);
/** The island stands: its start is over. */
const isIsland = ({ report: { site } }: Seen): boolean => isIslanded(site.mode) && site.mode !== "islandStarting";
const hasK1 = ({ station: { config } }: Seen): boolean =>
  config.transferDevice !== undefined && config.transferDevice.kind !== "none";
/** Grid voltage as known now, pu; NaN while nothing live tells it. */
const gridPu = (seen: Seen): number => {
  const { site } = seen.report;
  if (hasK1(seen)) return k1Known(site).state === "live" ? site.gridVoltagePu : Number.NaN;
  return meterKnown(site).state === "live" ? site.meterVoltagePu : Number.NaN;
};
/** After a start, devices have this long to be found before their silence is an event, ms. */
const findingMs = 20_000;
const lacksFeedback = ({ report: { site } }: Seen): boolean =>
  // After a start the devices are still being found: that is no event unless it lasts.
  site.mode === "noFeedback" && (site.previousMode !== "unknown" || site.atMs - site.modeSinceMs > linkMs);
const lockoutKey = ({ station, report: { site } }: Seen): EventKey => {
  const row = station.notes.findLast(({ to }) => to === "lockedOut")?.row ?? "";
  return site.mode === "lockedOut" ? (lockoutEvents[row] ?? "lockedOut") : "lockedOut";
};
const lockoutKeys: readonly EventKey[] = [...new Set(["lockedOut" as const, ...Object.values(lockoutEvents)])];
const noFeedbackKeys = {
  silent: "blind",
  frozen: "blindFrozen",
  never: "blindNever",
  stalled: "blindStalled",
  unmeasured: "blindUnmeasured",
} as const;
const noFeedbackKey = ({ durations, report: { site } }: Seen): EventKey =>
  durations.missing !== null
    ? noFeedbackKeys[durations.missing.why]
    : site.contactNo === site.contactNc
      ? "blindMoment"
      : "blindContacts";
const ceasedKeys = {
  voltage: "ceasedVoltage",
  frequency: "ceasedFrequency",
  meter: "ceasedMeter",
  k1: "ceasedK1",
  grid: "ceased",
} as const;
const wantsParallel = ({ station }: Seen): boolean => station.config.site.serviceMode.startsWith("parallel");

/** What keeps a site that requests to run in parallel from it, and is worth an event of its own. */
const refusals: readonly ReasonKey[] = [
  "permit-revoked",
  "permit-expired",
  "permit-not-yet-valid",
  "grid-code-open",
  "clock-untrusted",
  "clock-set-back",
  "relay-latched",
  "permissive-missing",
  "anti-islanding-off",
  "service-disabled",
];

/** What keeps a wanted island from starting. */
const startRefusals: readonly ReasonKey[] = ["starts-used", "auxiliary-low", "source-missing"];

/** While these last the bond between neutral and ground is to be there; its contactor may take this long, ms. */
const bondedModes: readonly Mode[] = ["isolated", "islandStarting", "islandRunning"];
const bondTravelMs = 1_500;

/** A difference that a person could measure, W. */
const astrayW = 1_000;
const astray = ({ powerW, commandW }: ControlReport["stages"][number]): boolean =>
  Math.abs(powerW - commandW) > astrayW;

const stageOf = ({ station }: Seen, i: number) => station.devices.filter(({ kind }) => kind === "stage")[i];
/** The identity of the power stage behind charger i, when it has answered. */
const stageIdentity = (seen: Seen, i: number) => stageOf(seen, i)?.identity;
function coverOf(seen: Seen, i: number): "covered" | "stage" | "firmware" {
  const identity = stageIdentity(seen, i);
  const permit = seen.station.permit()?.permit;
  if (permit === undefined || identity === undefined || permit.equipment.length === 0) return "covered";
  const item = permit.equipment.find(({ serialNumber }) => serialNumber === identity.serialNumber);
  return item === undefined ? "stage" : item.firmware.includes(identity.version) ? "covered" : "firmware";
}

/** Who holds a charger after its emergency stop. */
export const emergencyName = "Emergency stop";
/** What `run` calls the certificate that the page is served with. */
const pageCertificateName = "page";
const silentWhy = "Its supply or its network has failed, or another program holds its connection.";

const healthOf = ({ devices }: Seen, d: number) => devices[d];

/** The name that people know: the charger's for a stage. */
function deviceName({ station }: Seen, d: number): string {
  const { kind, name, isPart } = station.devices[d]!;
  if (isPart) return name;
  if (kind !== "stage") return kind === "transfer-device" ? k1Name : `The ${name}`;
  const stage = station.devices.slice(0, d).filter((other) => other.kind === "stage").length;
  return stageName(station, stage);
}

/** The meter and a site without feedback have events of their own. */
function isOutOfReach(seen: Seen, d: number, state: "silent" | "frozen"): boolean {
  const { kind, found, isPart } = seen.station.devices[d]!;
  if (healthOf(seen, d)?.state !== state) return false;
  if (!found && seen.nowMs - seen.sinceMs < findingMs) return false;
  if (isPart) return true;
  if (kind === "meter") return !Number.isFinite(seen.report.site.meterAtMs);
  return !(kind === "transfer-device" && lacksFeedback(seen));
}

/** Why a vehicle will not have what it needs. */
function why(capW: number | null, held: { readonly by: string } | undefined): string {
  if (held !== undefined) return `${held.by} has stopped or paused this charger.`;
  if (capW !== null && capW <= 0) return "The backend allows this charger no charging.";
  if (capW !== null) return `The backend allows this charger ${(capW / 1_000).toFixed(1)} kW.`;
  return "The power or the time that is left is not enough.";
}

export const eventRows: readonly EventRow[] = [
  ...lockoutKeys.map(
    (key): EventRow => ({
      key,
      active: (seen) => seen.report.site.mode === "lockedOut" && lockoutKey(seen) === key,
      values: ({ report: { site }, station }) => ({
        no: site.contactNo,
        nc: site.contactNc,
        travelLimitS: (3 * (station.config.transferDevice?.travelMs ?? 100)) / 1_000,
      }),
      needsPerson: true,
    }),
  ),
  ...([...Object.values(noFeedbackKeys), "blindContacts", "blindMoment"] as const).map(
    (key): EventRow => ({
      key,
      active: (seen) => lacksFeedback(seen) && noFeedbackKey(seen) === key,
      values: ({ durations, report: { site } }) => ({
        device: durations.missing?.device ?? k1Name,
        silentMs: durations.missing?.ageMs ?? Number.NaN,
        no: site.contactNo,
        nc: site.contactNc,
      }),
      needsPerson: true,
      // What it waits for may show a moment later than the mode.
      ...(key === "blindMoment" && { afterMs: 500 }),
    }),
  ),
  {
    key: "meter-frozen",
    active: ({ report: { site } }) => site.meterQuality === Quality.frozen,
    values: ({ report: { site } }) => ({ silentMs: meterKnown(site).ageMs ?? Number.NaN }),
    needsPerson: true,
  },
  {
    key: "meter-slower",
    active: ({ report: { site } }) => site.dynamicsCause === "meter-slower",
    values: ({ report: { site } }) => ({ laterMs: Math.round(site.meterLaterMs) }),
    needsPerson: true,
  },
  {
    key: "stage-slower",
    active: ({ report: { site } }) => site.dynamicsCause === "stage-slower",
    values: (seen) => {
      const { stageLaterMs } = seen.report.site;
      const slowStage = stagesOf(seen) === 1 ? 0 : seen.report.site.slowStage;
      const stage = slowStage < 0 ? "A power stage" : `The power stage of ${nameOf(seen, slowStage)}`;
      return { stage, laterMs: Math.round(stageLaterMs) };
    },
    needsPerson: true,
  },
  {
    key: "promise-broken",
    active: ({ station }) => station.foundPromise()?.kept === false,
    values: (seen) => {
      const found = seen.station.foundPromise();
      if (found === null) return { foundMs: Number.NaN, promisedMs: Number.NaN, later: "" };
      return { foundMs: found.foundMs, promisedMs: found.promisedMs, later: found.later };
    },
    needsPerson: true,
  },
  {
    key: "control-unsteady",
    active: ({ report: { site } }) => site.dynamicsCause === "control-unsteady",
    needsPerson: true,
  },
  {
    key: "commissioning",
    active: ({ commissioning = null }) => commissioning !== null,
    values: ({ commissioning }) => ({ step: commissioning?.title ?? "", by: commissioning?.by ?? "" }),
  },
  {
    key: "meter-stale",
    active: ({ report: { site } }) => site.meterQuality === Quality.stale && Number.isFinite(site.meterAtMs),
    needsPerson: true,
  },
  {
    key: "meter-implausible",
    active: ({ report: { site } }) => site.meterQuality === Quality.implausible && !site.meterCondemned,
    needsPerson: true,
  },
  {
    key: "meter-contradicts",
    active: ({ report: { site } }) => site.meterCondemned,
    needsPerson: true,
  },
  {
    key: "gridLost",
    active: (seen) => isLostPu(gridPu(seen)),
    values: (seen) => ({ voltagePu: gridPu(seen) }),
  },
  ...(["voltage", "frequency", "meter", "k1", "grid"] as const).map(
    (by): EventRow => ({
      key: ceasedKeys[by],
      active: ({ report: { site }, durations }) => site.mode === "ceased" && durations.ceasedBy === by,
      values: ({ report: { site }, station: { profile } }) => ({
        voltagePu: site.gridVoltagePu >= 0 ? site.gridVoltagePu : site.meterVoltagePu,
        frequencyHz: site.meterFrequencyHz,
        minVoltagePu: profile.settings.enterVoltageMinPu,
        maxVoltagePu: profile.settings.enterVoltageMaxPu,
        minFrequencyHz: profile.settings.enterFrequencyMinHz,
        maxFrequencyHz: profile.settings.enterFrequencyMaxHz,
      }),
    }),
  ),
  {
    key: "islandStarted",
    active: isIsland,
    values: ({ durations }) => ({ darkS: durations.darkS ?? Number.NaN }),
  },
  {
    key: "startFailed",
    active: ({ durations }) => durations.startFailed,
    values: ({ report: { site } }) => ({ startsLeft: site.startsLeft, startsMax }),
    needsPerson: true,
  },
  {
    key: "generatorRuns",
    active: ({ report: { site } }) => site.otherSource === "runs",
  },
  {
    key: "generatorUnknown",
    active: ({ report: { site } }) => site.otherSource === "unknown",
    values: ({ station: { config } }) => ({ device: config.generator?.device ?? "" }),
    needsPerson: true,
    afterMs: 1_000,
  },
  {
    key: "reductionAsked",
    active: ({ report: { site } }) => site.reduction === "asked",
    values: ({ station: { config } }) => ({ limitW: config.pcc.reduction?.chargeLimitW ?? 0 }),
  },
  {
    key: "reductionUnknown",
    active: ({ report: { site } }) => site.reduction === "unknown",
    values: ({ station: { config } }) => ({
      device: config.pcc.reduction?.device ?? "",
      limitW: config.pcc.reduction?.chargeLimitW ?? 0,
    }),
    needsPerson: true,
    afterMs: 1_000,
  },
  {
    key: "bondNotMade",
    active: ({ report: { site } }) =>
      (site.bond === "unbonded" || site.bond === "unknown") &&
      bondedModes.includes(site.mode) &&
      site.otherSource !== "runs",
    needsPerson: true,
    afterMs: bondTravelMs,
  },
  {
    key: "bondNotUndone",
    active: ({ report: { site } }) =>
      (site.bond === "bonded" || site.bond === "unknown") &&
      (modeColumns[site.mode].k1 === "closed" || site.mode === "closing"),
    needsPerson: true,
    afterMs: bondTravelMs,
  },
  ...startRefusals.map(
    (key): EventRow => ({
      key,
      active: ({ report: { site } }) => site.startRefusal === key,
      needsPerson: true,
      afterMs: 1_000,
    }),
  ),
  {
    key: "tier-overload",
    active: ({ report: { site } }) => Number.isFinite(site.tiersTrusted),
    needsPerson: true,
  },
  {
    key: "opensUnproven",
    active: ({ report: { site } }) => site.opensUnproven && site.mode !== "lockedOut",
    needsPerson: true,
  },
  {
    key: "pvBeyondShift",
    active: ({ report: { site } }) => site.pvBeyondShift,
    needsPerson: true,
  },
  {
    key: "returnFailed",
    active: ({ report: { site } }) => site.returnBlocked,
    values: () => ({ failedMin: 5 }),
    needsPerson: true,
  },
  {
    key: "islandEnding",
    active: (seen) => isIsland(seen) && seen.report.site.islandPhase === "ending",
    values: ({ report }) => ({ runwayH: report.tiers[0]?.fedH ?? Number.NaN }),
    follows: true,
    needsPerson: true,
  },
  {
    key: "tierShed",
    places: ({ report }) => report.tiers.length,
    active: (seen, t) => isIsland(seen) && !seen.report.tiers[t]!.closed,
    values: ({ station }, t) => ({ tier: `Tier ${t + 1}, ${station.config.tiers[t]!.name},` }),
    // Tiers come in one after the other when an island starts: that is no shedding.
    afterMs: 30_000,
  },
  {
    key: "exportAlarm",
    active: ({ report: { site } }) => site.exportTooMany,
    values: ({ report: { site } }) => ({ count: site.exportEvents }),
    needsPerson: true,
  },
  {
    key: "exportLong",
    active: ({ report: { site } }) => site.exportTooLong,
    values: ({ station }) => ({ longS: station.config.pcc.inadvertentExport.alarmLongS }),
    needsPerson: true,
  },
  ...refusals.map(
    (key): EventRow => ({
      key,
      active: (seen) => wantsParallel(seen) && seen.report.site.parallelRefusal === key,
      needsPerson: true,
      afterMs: 1_000,
    }),
  ),
  {
    key: "permitRefused",
    active: (seen) => {
      const inForce = seen.station.permit();
      // Equipment has rows of its own; without any permit the site is a load, and says so.
      return inForce?.refusal !== undefined && !["equipment", "revoked", "expired"].includes(inForce.refusal.reason);
    },
    values: ({ station }) => ({ why: refusalText(station.permit()!.refusal!) }),
    needsPerson: true,
    afterMs: 1_000,
  },
  {
    key: "firmwareNotCovered",
    places: stagesOf,
    active: (seen, i) => coverOf(seen, i) === "firmware",
    values: (seen, i) => {
      const identity = stageIdentity(seen, i)!;
      const item = seen.station
        .permit()
        ?.permit?.equipment.find(({ serialNumber }) => serialNumber === identity.serialNumber);
      return { stage: i + 1, firmware: identity.version, covers: item?.firmware.join(", ") ?? "none" };
    },
    needsPerson: true,
  },
  {
    key: "stageNotCovered",
    places: stagesOf,
    active: (seen, i) => coverOf(seen, i) === "stage",
    values: (seen, i) => ({ evse: i + 1, serial: stageIdentity(seen, i)!.serialNumber }),
    needsPerson: true,
  },
  {
    key: "functionsDiffer",
    places: stagesOf,
    active: (seen, i) => stageOf(seen, i)?.mismatch != null,
    values: (seen, i) => {
      const { register, expected, found } = stageOf(seen, i)!.mismatch!;
      return { evse: i + 1, register, expected, found: Number.isNaN(found) ? "missing" : found };
    },
    needsPerson: true,
    // At the start they are written while the stage is idle.
    afterMs: 15_000,
  },
  ...([true, false] as const).map(
    (emergency): EventRow => ({
      key: emergency ? "emergencyStop" : "stageAlarm",
      places: stagesOf,
      active: ({ report, station }, i) => {
        const { alarmBits } = report.stages[i]!;
        return alarmBits !== 0 && isEmergencyStop(station.devices, i, alarmBits) === emergency;
      },
      values: ({ report, station }, i) => alarmValues(station.devices, i, report.stages[i]!.alarmBits),
      needsPerson: true,
    }),
  ),
  {
    key: "emergencyHold",
    places: stagesOf,
    active: ({ station, report }, i) =>
      station.people.get("held", i + 1)?.by === emergencyName &&
      !isEmergencyStop(station.devices, i, report.stages[i]!.alarmBits),
    values: (_, i) => ({ evse: i + 1 }),
    needsPerson: true,
  },
  {
    key: "stageLocal",
    places: stagesOf,
    active: ({ report }, i) => report.stages[i]!.local,
    values: (_, i) => ({ evse: i + 1 }),
  },
  {
    key: "stageDisobeys",
    places: stagesOf,
    active: (seen, i) =>
      seen.report.stages[i]!.commandRole !== "forming" &&
      stageKnown(seen.report, i).state === "live" &&
      !isIsland(seen) &&
      astray(seen.report.stages[i]!) &&
      explain(seen.report.chains, i).limits.some(({ reason }) => reason === "stage-disobeys"),
    values: ({ report }, i) => ({
      evse: i + 1,
      measuredW: report.stages[i]!.powerW,
      askedW: report.stages[i]!.commandW,
    }),
    needsPerson: true,
    afterMs: 1_000,
  },
  {
    key: "targetMissed",
    places: stagesOf,
    active: ({ station, slow }, i) => {
      const forecastPct = slow.forecastPct(i);
      return forecastPct !== null && forecastPct < station.control.evses[i]!.targetPct - targetTolerancePct;
    },
    values: (seen, i) => {
      const { targetPct, departsAtMs } = seen.station.control.evses[i]!;
      const capW = seen.slow.backendCapW(i);
      return {
        vehicle: nameOf(seen, i),
        targetPct,
        departsByMs: departsAtMs,
        forecastPct: Math.round(seen.slow.forecastPct(i) ?? Number.NaN),
        why: why(capW, seen.station.people.get("held", i + 1)),
      };
    },
    follows: true,
    needsPerson: true,
    afterMs: linkMs,
  },
  {
    key: "departureMissed",
    places: stagesOf,
    active: ({ report, station, nowMs }, i) => isMissed(report, station, i, nowMs),
    values: (seen, i) => {
      const { targetPct, departsAtMs } = seen.station.control.evses[i]!;
      const socPct = Math.round(seen.report.stages[i]!.socPct);
      return { vehicle: nameOf(seen, i), targetPct, departsByMs: departsAtMs, socPct };
    },
    follows: true,
    needsPerson: true,
  },
  ...(["silent", "frozen"] as const).map(
    (state): EventRow => ({
      key: state === "silent" ? "deviceSilent" : "deviceFrozen",
      places: ({ station }) => station.devices.length,
      active: (seen, d) => isOutOfReach(seen, d, state),
      values: (seen, d) => ({ device: deviceName(seen, d), why: healthOf(seen, d)?.fault?.sentence ?? silentWhy }),
      needsPerson: true,
      afterMs: 500,
    }),
  ),
  {
    key: "deviceFault",
    places: ({ station }) => station.devices.length,
    active: (seen, d) => {
      const found = healthOf(seen, d);
      return found?.fault != null && (found.state === "answers" || found.state === "unverified");
    },
    values: (seen, d) => {
      const fault = healthOf(seen, d)?.fault;
      return { device: deviceName(seen, d), why: fault?.sentence ?? "", clears: fault?.clears ?? "" };
    },
    follows: true,
    needsPerson: true,
    afterMs: linkMs,
  },
  {
    key: "controllerLate",
    active: ({ slow }) => slow.stallsInMinute > 0,
    values: ({ slow, report: { site } }) => ({ count: slow.stallsInMinute, longestMs: site.stallLongestMs }),
    needsPerson: true,
  },
  {
    key: "owed",
    active: ({ owed }) => owed.length > 0,
    values: ({ owed }) => ({ count: owed.length, why: owed.slice(0, 3).join("; ").slice(0, 390) }),
    follows: true,
    needsPerson: true,
  },
  {
    key: "contradiction",
    places: ({ contradictions = [] }) => contradictions.length,
    active: () => true,
    values: ({ contradictions = [] }, i) => {
      const { sentence, here, there, todo } = contradictions[i]!;
      return { what: sentence, here, there, remedy: todo };
    },
    needsPerson: true,
  },
  {
    key: "backendLost",
    active: ({ station }) => station.config.backend !== undefined && station.ocpp()?.connection !== "open",
    afterMs: linkMs,
  },
  ...([false, true] as const).map(
    (own): EventRow => ({
      key: own ? "pageCertificateExpires" : "certificateExpires",
      places: ({ slow }) => slow.certificates.length,
      active: ({ slow, nowMs }, c) =>
        (slow.certificates[c]!.name === pageCertificateName) === own &&
        slow.certificates[c]!.expiresAtMs - nowMs < certificateWarnMs,
      values: ({ slow, nowMs }, c) => ({
        name: slow.certificates[c]!.name,
        leftDays: Math.max(0, Math.floor((slow.certificates[c]!.expiresAtMs - nowMs) / dayMs)),
      }),
      follows: true,
      needsPerson: true,
    }),
  ),
];

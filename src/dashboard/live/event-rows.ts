/** When each kind of event stands, what it says, and for which place: the site, a charger, a tier, a device, a certificate. */
import { explain, startsMax } from "../../app/for-people.ts";
import { refusalText } from "../../app/permit.ts";
import type { ControlReport } from "../../app/shared/report.ts";
import type { SiteStation } from "../../app/station.ts";
import { Quality } from "../../domain/quality.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import type { EventKey, WordValues } from "../../domain/words.ts";
import type { Moments } from "./moments.ts";
import type { SlowFacts } from "./slow-facts.ts";

/** What is looked at. */
export interface Seen {
  readonly report: ControlReport;
  readonly station: Pick<SiteStation, "config" | "control" | "devices" | "permit" | "ocpp">;
  readonly slow: Pick<SlowFacts, "certificates" | "forecastPct">;
  readonly moments: Pick<Moments, "darkS" | "startFailed">;
  readonly nowMs: number;
}

export interface EventRow {
  readonly key: EventKey;
  /** How many places there are; one without it. */
  readonly places?: (seen: Seen) => number;
  readonly active: (seen: Seen, place: number) => boolean;
  readonly values?: (seen: Seen, place: number) => WordValues;
  readonly needsPerson?: boolean;
  /** Must stand this long before it is an event, ms: what lasts an instant is none. */
  readonly afterMs?: number;
}

const dayMs = 86_400_000;
const certificateWarnMs = 30 * dayMs;
/** A forecast this near the target reaches it, percent. */
const targetTolerancePct = 1;
/** A link may be lost this long before anybody is told, ms. */
const linkMs = 5_000;

const stagesOf = ({ report }: Seen): number => report.stages.length;
const nameOf = ({ station }: Seen, i: number): string => station.config.evses[i]!.name ?? `Charger ${i + 1}`;
const isIsland = ({ report: { site } }: Seen): boolean => site.mode === "islandRunning" || site.mode === "resyncing";
const wantsParallel = ({ station }: Seen): boolean => station.config.site.serviceMode.startsWith("parallel");

/** What keeps a site that wishes to run in parallel from it, and is worth an event of its own. */
const refusals: readonly ReasonKey[] = [
  "permit-revoked",
  "permit-expired",
  "permit-not-yet-valid",
  "clock-untrusted",
  "clock-set-back",
  "relay-latched",
  "permissive-missing",
  "anti-islanding-off",
  "service-disabled",
];

/** What keeps a wanted island from starting. */
const startRefusals: readonly ReasonKey[] = ["starts-used", "auxiliary-low", "source-missing"];

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

export const eventRows: readonly EventRow[] = [
  {
    key: "lockedOut",
    active: ({ report: { site } }) => site.mode === "lockedOut",
    values: ({ report: { site } }) => ({ no: site.contactNo, nc: site.contactNc }),
    needsPerson: true,
  },
  {
    key: "blind",
    // After a start the devices are still being found: that is no event unless it lasts.
    active: ({ report: { site } }) =>
      site.mode === "blind" && (site.previousMode !== "unknown" || site.atMs - site.modeSinceMs > linkMs),
    values: ({ report: { site } }) => ({ device: site.atMs - site.deviceAtMs > 500 ? "K1" : "a power stage" }),
    needsPerson: true,
  },
  {
    key: "meter-frozen",
    active: ({ report: { site } }) => site.meterQuality === Quality.frozen,
    needsPerson: true,
  },
  {
    key: "meter-stale",
    active: ({ report: { site } }) => site.meterQuality === Quality.stale && Number.isFinite(site.meterAtMs),
    needsPerson: true,
  },
  {
    key: "meter-implausible",
    active: ({ report: { site } }) => site.meterQuality === Quality.implausible,
    needsPerson: true,
  },
  {
    key: "gridLost",
    active: ({ report: { site } }) => site.gridVoltagePu < 0.5,
    values: ({ report: { site } }) => ({ voltagePu: site.gridVoltagePu }),
  },
  { key: "ceased", active: ({ report: { site } }) => site.mode === "ceased" && site.previousMode !== "loadOnly" },
  {
    key: "islandStarted",
    active: isIsland,
    values: ({ moments }) => ({ darkS: moments.darkS ?? Number.NaN }),
  },
  {
    key: "startFailed",
    active: ({ moments }) => moments.startFailed,
    values: ({ report: { site } }) => ({ startsLeft: site.startsLeft, startsMax }),
    needsPerson: true,
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
    key: "returnFailed",
    active: ({ report: { site } }) => site.returnBlocked,
    values: () => ({ failedMin: 5 }),
    needsPerson: true,
  },
  {
    key: "islandEnding",
    active: (seen) => isIsland(seen) && seen.report.site.islandPhase === "ending",
    values: ({ report }) => ({ runwayH: report.tiers[0]?.fedH ?? Number.NaN }),
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
  {
    key: "stage-alarm",
    places: stagesOf,
    active: ({ report }, i) => report.stages[i]!.alarmBits !== 0,
    values: (_, i) => ({ evse: i + 1 }),
    needsPerson: true,
  },
  {
    key: "stage-local",
    places: stagesOf,
    active: ({ report }, i) => report.stages[i]!.local,
    values: (_, i) => ({ evse: i + 1 }),
  },
  {
    key: "stageDisobeys",
    places: stagesOf,
    active: (seen, i) =>
      seen.report.stages[i]!.commandRole !== "forming" &&
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
      return {
        vehicle: nameOf(seen, i),
        targetPct,
        departsByMs: departsAtMs,
        forecastPct: seen.slow.forecastPct(i) ?? Number.NaN,
      };
    },
    needsPerson: true,
    afterMs: linkMs,
  },
  {
    key: "deviceSilent",
    places: ({ station }) => station.devices.length,
    active: ({ station }, d) => !station.devices[d]!.found,
    values: ({ station }, d) => ({ device: station.devices[d]!.name }),
    // At the start every device is silent until it has been looked for.
    afterMs: 20_000,
  },
  {
    key: "backendLost",
    active: ({ station }) => station.config.backend !== undefined && station.ocpp()?.connection !== "open",
    afterMs: linkMs,
  },
  {
    key: "certificateExpires",
    places: ({ slow }) => slow.certificates.length,
    active: ({ slow, nowMs }, c) => slow.certificates[c]!.expiresAtMs - nowMs < certificateWarnMs,
    values: ({ slow, nowMs }, c) => ({
      name: slow.certificates[c]!.name,
      leftDays: Math.max(0, Math.floor((slow.certificates[c]!.expiresAtMs - nowMs) / dayMs)),
    }),
    needsPerson: true,
  },
];

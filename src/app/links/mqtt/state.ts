/** What the broker is told of the site and of each charger, as plain values. What is not live is null: old is never shown as now. */
import { explain } from "../../../core/setpoints/limits.ts";
import { requestSources } from "../../../core/setpoints/schedule.ts";
import { liveMaxMs } from "../../../core/snapshot.ts";
import { isIslanded, modeForBackend } from "../../../domain/modes.ts";
import { Quality } from "../../../domain/quality.ts";
import { reasons } from "../../../domain/reasons.ts";
import type { EvseInputs } from "../../control/shared/inputs.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import { held, type People } from "../../people.ts";
import type { LinkPort } from "../link-port.ts";

/** An answer that is older than this is not of now, ms. */
const answersMaxMs = 1_000;
/** Powers are told in steps of this much, W: less is noise. */
const stepW = 10;

export interface StateSources {
  readonly report: ControlReport;
  readonly inputs: readonly EvseInputs[];
  readonly people: Pick<People, "get">;
  readonly links: Pick<LinkPort, "standing" | "heeded">;
  readonly nowMs: number;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const watts = (value: number): number | null => (Number.isFinite(value) ? Math.round(value / stepW) * stepW + 0 : null);

/** What this link has asked for at a place. */
function ownAsks({ links }: StateSources, evse: number): Record<string, number | null> {
  const own: Record<string, number | null> = {};
  for (const { link, what, evse: at, value } of links.standing()) if (link === "mqtt" && at === evse) own[what] = value;
  return own;
}

export function siteState(sources: StateSources): Record<string, unknown> {
  const { site, stages } = sources.report;
  const isLive = site.meterQuality === Quality.good;
  const own = ownAsks(sources, 0);
  const powersW = stages.map((_, i) => livePowerW(sources.report, i));
  const isKnown = powersW.every((powerW) => powerW !== null);
  const chargersW = isKnown ? powersW.reduce<number>((sum, powerW) => sum + (powerW ?? 0), 0) : null;
  return {
    mode: modeForBackend(site.mode),
    islanded: isIslanded(site.mode) ? "ON" : "OFF",
    permitValid: site.parallelOK ? "ON" : "OFF",
    permitReason: site.parallelRefusal === "" ? "" : reasons[site.parallelRefusal].sentence,
    problem: site.mode === "lockedOut" || site.mode === "noFeedback" || !isLive ? "ON" : "OFF",
    pccW: isLive ? watts(site.pccW) : null,
    chargersW: chargersW === null ? null : watts(chargersW),
    importLimitW: finite(site.importLimitW),
    exportLimitW: finite(site.exportLimitW),
    runwayH: finite(Math.round((sources.report.tiers[0]?.fedH ?? Number.NaN) * 10) / 10),
    energyAboveReserveWh: finite(Math.round(site.energyAboveReserveWh)),
    asked: {
      powerW: own["powerW"] ?? null,
      importLimitW: own["importLimitW"] ?? null,
      exportLimitW: own["exportLimitW"] ?? null,
      chargeLimitW: own["chargeLimitW"] ?? null,
      dischargeLimitW: own["dischargeLimitW"] ?? null,
    },
  };
}

export function evseState(sources: StateSources, i: number): Record<string, unknown> {
  const { report, inputs, people, links } = sources;
  const stage = report.stages[i]!;
  const input = inputs[i]!;
  const explanation = explain(report.chains, i);
  const powerW = livePowerW(report, i);
  const binding = explanation.limits.filter(({ binds }) => binds).at(-1);
  const heeded = links.heeded(i + 1);
  const stopped = people.get("held", i + 1)?.value ?? 0;
  const own = ownAsks(sources, i + 1);
  return {
    known: powerW !== null ? "live" : Number.isFinite(stage.atMs) ? "old" : "unknown",
    connected: stage.vehicleConnected ? "ON" : "OFF",
    problem: stage.alarmBits !== 0 || powerW === null ? "ON" : "OFF",
    powerW: powerW === null ? null : watts(powerW),
    chargeW: powerW === null ? null : watts(Math.max(0, powerW)),
    dischargeW: powerW === null ? null : watts(Math.max(0, -powerW)),
    setpointW: watts(stage.setpointW),
    socPct: powerW !== null && stage.vehicleConnected ? finite(Math.round(stage.socPct * 10) / 10) : null,
    importWh: finite(Math.round(stage.importWh)),
    exportWh: finite(Math.round(stage.exportWh)),
    reservePct: input.reservePct,
    targetPct: finite(input.targetPct),
    departsAt: Number.isFinite(input.departsAtMs) ? new Date(input.departsAtMs).toISOString() : null,
    mode:
      stopped >= held.everything
        ? "stop"
        : stopped >= held.discharging
          ? "noDischarge"
          : input.chargeNow
            ? "chargeNow"
            : "plan",
    requestedW: watts(explanation.requestedW),
    requestSource: requestSources[explanation.requestSource] ?? "none",
    requestedBy: heeded?.asker ?? "",
    requestUntil: heeded?.untilMs == null ? null : new Date(heeded.untilMs).toISOString(),
    limitedBy: binding?.reason ?? "",
    explanation: binding === undefined ? "" : reasons[binding.reason].sentence.slice(0, 250),
    asked: {
      powerW: own["powerW"] ?? null,
      chargeLimitW: own["chargeLimitW"] ?? null,
      dischargeLimitW: own["dischargeLimitW"] ?? null,
    },
  };
}

/** Measured power of a stage that is heard and whose own clock goes on; null otherwise. */
function livePowerW({ site, stages }: ControlReport, i: number): number | null {
  const { atMs, liveAtMs, powerW } = stages[i]!;
  const isLive = site.atMs - atMs <= answersMaxMs && site.atMs - liveAtMs <= liveMaxMs;
  return isLive ? finite(powerW) : null;
}

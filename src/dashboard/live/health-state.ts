/** Loop, devices, backend, certificates, disk: how each part of the controller and each device is now. */

import type { ControlReport } from "../../app/control/shared/report.ts";
import type { SiteStation } from "../../app/station.ts";
import { owedText } from "../../app/store/owed.ts";
import { Quality, qualityNames } from "../../domain/quality.ts";
import { endings } from "../../domain/words.ts";
import type { DayArchive } from "../archive/day-archive.ts";
import { finite } from "../archive/recorder.ts";
import type { Known, SiteState } from "../state.ts";
import { isFrozen, k1Known, knownOf, meterKnown, panelKnown } from "./known.ts";
import type { SlowFacts } from "./slow-facts.ts";

export interface HealthContext {
  readonly station: SiteStation;
  readonly slow: Pick<SlowFacts, "backendSinceMs" | "certificates">;
  readonly days: Pick<DayArchive, "count">;
}
type DeviceReport = SiteStation["devices"][number];
type DeviceHealth = SiteState["health"]["devices"][number];

export function healthState(report: ControlReport, { station, slow, days }: HealthContext): SiteState["health"] {
  const { site } = report;
  const ocpp = station.ocpp();
  return {
    loop: {
      periodMs: station.periodMs,
      lateP99Ms: site.lateP99Ms || 0,
      lateP999Ms: site.lateP999Ms || 0,
      lateMaxMs: site.lateMaxMs || 0,
      cycleP99Ms: site.cycleP99Ms || 0,
      cycles: site.ticks,
      missed: site.skipped,
      stalls: site.stalls || 0,
      stalledMs: site.stalledMs || 0,
      stallLongestMs: site.stallLongestMs || 0,
      fifo: station.realTime,
    },
    meterAgeMs: meterKnown(site).ageMs,
    meterQuality: qualityNames[site.meterQuality] ?? "missing",
    k1AgeMs: k1Known(site).ageMs,
    devices: deviceHealth(report, station.devices),
    owed: [...owedOf(station)],
    backend: {
      state: ocpp === null ? "none" : ocpp.connection === "open" ? "connected" : "offline",
      sinceMs: slow.backendSinceMs,
      latencyMs: null,
    },
    links: station.outside.map(({ name, connected, sentence }) => ({
      ...{ name, connected },
      sentence: sentence.slice(0, 400),
    })),
    journalEntries: ocpp?.queued ?? 0,
    certificates: [...slow.certificates],
    clockOffsetMs: ocpp?.clockOffsetMs ?? null,
    recorderDays: days.count,
    auxBatteryS: null,
  };
}

/** What waits for the disk, in words. */
export const owedOf = (station: Pick<SiteStation, "owed">): readonly string[] => station.owed().map(owedText);

/** Every device as it is in this very report: what was found once may be silent now. */
export function deviceHealth(report: ControlReport, devices: readonly DeviceReport[]): DeviceHealth[] {
  let stage = 0;
  return devices.map((device) => {
    const age = deviceAge(report, device, device.kind === "stage" ? stage++ : -1);
    const { fault } = device;
    return {
      name: device.name,
      kind: device.kind,
      ageMs: age === null ? readAge(device, report.site.atMs) : age.known.ageMs,
      powerW: finite(device.powerW),
      state: stateOf(device, age),
      fault: fault && { sentence: fault.sentence.slice(0, 400), clears: endings[fault.clears] },
      latencyP50Ms: finite(device.latencyP50Ms),
      latencyP99Ms: finite(device.latencyP99Ms),
      errors: device.errors,
    };
  });
}

/**
 * Of a device whose values carry no age of their own: how old its last read was when it was told of, a moment ago. While
 * nothing comes from it, it grows.
 */
function readAge({ readAtMs, atMs, unread }: DeviceReport, nowMs: number): number | null {
  return Number.isFinite(readAtMs) ? Math.max(0, (unread ? nowMs : atMs) - readAtMs) : null;
}

interface DeviceAge {
  readonly known: Known;
  /** It answers, and its own clock stands. */
  readonly frozen: boolean;
}

/** Null for kinds whose values carry no age: then the bridge's word counts. */
function deviceAge(
  { site, stages }: ControlReport,
  { kind, fault, isPart }: DeviceReport,
  stage: number,
): DeviceAge | null {
  const { atMs } = site;
  if (isPart) return null;
  switch (kind) {
    case "stage": {
      const facts = stages[stage];
      if (facts === undefined) return null;
      return { known: knownOf(facts.atMs, facts.liveAtMs, atMs), frozen: isFrozen(facts.atMs, facts.liveAtMs, atMs) };
    }
    case "transfer-device":
      return { known: k1Known(site), frozen: isFrozen(site.deviceAtMs, site.deviceLiveAtMs, atMs) };
    case "meter":
      return { known: meterKnown(site), frozen: site.meterQuality === Quality.frozen };
    case "load-panel":
      return { known: panelKnown(site), frozen: fault?.code === "clock-stands" };
    default:
      return null;
  }
}

function stateOf(
  { found, verified, cycleFault, fault, unread, isPart }: DeviceReport,
  age: DeviceAge | null,
): DeviceHealth["state"] {
  if (!found || age?.known.state === "unknown") return "silent";
  if (age?.known.state === "old") return age.frozen ? "frozen" : "silent";
  // An exchange that fails now and then is no silence: its standing fault is.
  if (isPart && unread) return fault?.code === "clock-stands" ? "frozen" : "silent";
  if (!isPart && age === null && cycleFault !== null) return "silent";
  return verified ? "answers" : "unverified";
}

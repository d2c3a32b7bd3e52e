/**
 * From the controller's report to the state that everything shows. Pure but for the clock readings it is given: durations of
 * the loop's monotonic clock become durations of UTC here, and nowhere else.
 */

import type { ControlReport, SiteReport } from "../../app/control/shared/report.ts";
import { startsMax, transferDeviceKinds, whereLeads } from "../../app/core-vocabulary.ts";
import type { SiteStation } from "../../app/station.ts";
import { holdMargin, isDeadPu, usualReturnDelayS } from "../../domain/electrical.ts";
import { isIslanded } from "../../domain/modes.ts";
import { hourMs, minuteMs } from "../../domain/units.ts";
import type { DayArchive } from "../archive/day-archive.ts";
import { finite, type Recorder } from "../archive/recorder.ts";
import type { EventState, Known, SiteState, TierState } from "../state.ts";
import { planDay } from "./day-plan.ts";
import type { Durations } from "./durations.ts";
import { evseState } from "./evse-state.ts";
import { healthState } from "./health-state.ts";
import { isFrozen, k1Known, meterKnown, panelKnown, stageKnown } from "./known.ts";
import { asksOf, fleetOf, limitsOf, pccRecordState, permitState } from "./limits-state.ts";
import type { SlowFacts } from "./slow-facts.ts";

export interface BuildContext {
  readonly station: SiteStation;
  readonly recorder: Recorder;
  readonly days: DayArchive;
  readonly durations: Durations;
  readonly slow: SlowFacts;
  readonly events: readonly EventState[];
  readonly sequence: number;
  /** UTC minus monotonic, ms. */
  readonly wallOffsetMs: number;
  readonly nowMs: number;
  readonly midnightMs: number;
  readonly demo: boolean;
  readonly energy: NonNullable<SiteState["energy"]>;
  /** By the tariff; empty without one. */
  readonly prices: SiteState["day"]["prices"];
}

/** The band that an island's frequency is drawn against, Hz. */
const islandFrequencyMinHz = 59.5;
const islandFrequencyMaxHz = 60.5;

export function buildState(report: ControlReport, context: BuildContext): SiteState {
  const { station, durations, slow, events, sequence, nowMs, demo } = context;
  const { config, profile } = station;
  const { site } = report;
  const toUtc = (monotonicMs: number): number | null =>
    Number.isFinite(monotonicMs) ? Math.round(monotonicMs + context.wallOffsetMs) : null;
  const settings = profile.settings;
  const hasK1 = config.transferDevice !== undefined && config.transferDevice.kind !== "none";
  const flows = flowsOf(report, hasK1);
  const bus = busOf(site, context, hasK1);
  const tiers = report.tiers.map((_, i) => tierState(report, context, i, bus.live));
  return {
    schema: 1,
    sequence,
    atMs: toUtc(site.atMs) ?? nowMs,
    site: {
      name: config.site.name,
      place: `${config.site.nominalVoltageV} V, ${config.site.phases === "three" ? "three-phase" : config.site.phases === "split" ? "split-phase" : "single-phase"}`,
      timeZone: config.site.timeZone,
      onSite: false,
      demo,
    },
    mode: {
      mode: site.mode,
      sinceMs: toUtc(site.modeSinceMs) ?? nowMs,
      wait: waitOf(site, context, toUtc),
      cause: durations.cause,
      seamless: seamlessOf(report, context),
      missing: durations.missing,
    },
    grid: gridOf(site, hasK1, toUtc),
    profile: {
      name: profile.name,
      delayS: settings.enterDelayS,
      rampS: settings.enterRampS,
      returnS: config.transferDevice?.returnDelayS ?? usualReturnDelayS,
      minVoltagePu: settings.enterVoltageMinPu,
      maxVoltagePu: settings.enterVoltageMaxPu,
      minFrequencyHz: settings.enterFrequencyMinHz,
      maxFrequencyHz: settings.enterFrequencyMaxHz,
    },
    pccW: meterKnown(site).state === "unknown" ? null : finite(site.pccW),
    pccKnown: meterKnown(site),
    buildingW: flows.buildingW,
    importLimitW: finite(site.importLimitW),
    exportLimitW: finite(site.exportLimitW),
    k1: {
      present: hasK1,
      powerW: flows.k1W,
      no: site.contactNo,
      nc: site.contactNc,
      command: site.transferCommand,
      commandAtMs: durations.commandAtMs,
      travelLimitS: (3 * (config.transferDevice?.travelMs ?? 100)) / 1_000,
      agreeSinceMs: durations.agreeSinceMs,
      quality: k1Quality(site),
      trace: durations.trace,
    },
    bus,
    tiers,
    pv: Number.isFinite(site.pvPowerW)
      ? {
          powerW: Math.abs(site.pvPowerW),
          ratedW: config.pv.length === 0 ? null : config.pv.reduce((sum, { ratedW }) => sum + ratedW, 0),
          curtailedW: 0,
          waitsUntilMs: null,
        }
      : null,
    trend: trendOf(site, context),
    evses: report.stages.map((_, i) => evseState(report, context, i)),
    day: dayState(report, context),
    island: islandState(report, context, toUtc),
    events: [...events],
    limits: limitsOf(site, station),
    asks: asksOf(station),
    fleet: fleetOf(station),
    permit: permitState(station),
    history: [...slow.changes],
    health: healthState(report, context),
    pccRecord: pccRecordState(station),
    energy: { ...context.energy },
  };
}

/** The voltmeter of K1 tells the grid's voltage, and the meter's where there is no K1 or it is silent. */
function gridOf(site: SiteReport, hasK1: boolean, toUtc: (ms: number) => number | null): SiteState["grid"] {
  const fromK1 = hasK1 && Number.isFinite(site.gridVoltagePu) ? k1Known(site) : null;
  const fromMeter = Number.isFinite(site.meterVoltagePu) ? meterKnown(site) : null;
  const takesK1 = fromK1 !== null && (fromK1.state === "live" || fromMeter?.state !== "live");
  const known: Known = (takesK1 ? fromK1 : fromMeter) ?? { state: "unknown", ageMs: null };
  const hz = site.meterFrequencyHz;
  return {
    voltagePu: known.state === "unknown" ? null : finite(takesK1 ? site.gridVoltagePu : site.meterVoltagePu),
    frequencyHz: known.state === "unknown" || fromMeter?.state !== "live" || !(hz > 0) ? null : hz,
    good: site.gridGood,
    sinceMs: toUtc(site.gridGoodSinceMs),
    known,
  };
}

export function busOf(site: SiteReport, { station }: BuildContext, hasK1: boolean): SiteState["bus"] {
  const pu = hasK1 ? site.busVoltagePu : site.meterVoltagePu;
  const source = hasK1 ? k1Known(site) : meterKnown(site);
  const known: Known = Number.isFinite(pu) ? source : { state: "unknown", ageMs: null };
  const live = known.state === "live" ? !isDeadPu(pu) : null;
  return {
    voltageV: known.state === "unknown" ? null : finite(pu * station.config.site.nominalVoltageV),
    frequencyHz: live ? finite(hasK1 ? site.busFrequencyHz : site.meterFrequencyHz) : null,
    live,
    known,
  };
}

const k1Quality = (site: SiteReport): SiteState["k1"]["quality"] => {
  const { state } = k1Known(site);
  if (state === "live") return "good";
  if (state === "unknown") return "missing";
  return isFrozen(site.deviceAtMs, site.deviceLiveAtMs, site.atMs) ? "frozen" : "stale";
};

/** What goes through K1, and what the building takes before it; null where a part of the sum is not known. */
export function flowsOf(report: ControlReport, hasK1: boolean): { k1W: number | null; buildingW: number | null } {
  const { site, stages, tiers } = report;
  const closed = site.contactNo === "closed" && site.contactNc === "closed" && k1Known(site).state === "live";
  const none = { k1W: null, buildingW: null };
  if (!hasK1) return none;
  const pccW = meterKnown(site).state === "live" ? finite(site.pccW) : null;
  if (site.contactNo === "open" && site.contactNc === "open" && k1Known(site).state === "live")
    return { k1W: 0, buildingW: pccW };
  if (!closed || tiers.length === 0 || panelKnown(site).state !== "live") return none;
  let k1W = Number.isFinite(site.pvPowerW) ? -Math.abs(site.pvPowerW) : 0;
  for (const { loadW } of tiers) k1W += loadW;
  for (let i = 0; i < stages.length; i++) {
    if (stageKnown(report, i).state !== "live") return none;
    k1W += stages[i]!.powerW;
  }
  if (!Number.isFinite(k1W)) return none;
  return { k1W, buildingW: pccW === null ? null : pccW - k1W };
}

/** Whether loads stay fed when the site leaves the grid as planned, and when it returns. Said only where it is sure. */
function seamlessOf({ site, stages, tiers }: ControlReport, { station }: BuildContext): SiteState["mode"]["seamless"] {
  const { config, control } = station;
  let holdW = 0;
  stages.forEach((stage, i) => {
    const { gridForming, stage: settings, reservePct, maxDischargeW } = config.evses[i]!;
    const may = gridForming && control.evses[i]!.dischargeEnabled && stage.socPct > reservePct;
    if (may && settings.holdsAngle && stage.role !== "off") holdW += Math.min(maxDischargeW, stage.maxDischargeW);
  });
  const loadW = tiers.reduce((sum, tier) => sum + tier.loadW, 0);
  const isKnown = tiers.length > 0 && Number.isFinite(loadW) && panelKnown(site).state === "live";
  const abilities = {
    backup: true,
    closedTransition: transferDeviceKinds[config.transferDevice?.kind ?? "none"].closedTransition,
    holdsAngle: isKnown && holdW > 0 && holdW >= loadW * holdMargin,
  };
  // The loads stay fed where the mode machine goes on without a moment in which nobody feeds the bus.
  return {
    leaving: whereLeads("transferToIsland", "provenOpen", abilities)[0] === "islandRunning",
    returning: whereLeads("islandRunning", "gridReturns", abilities)[0] === "resyncing",
  };
}

const quarterMs = 15 * minuteMs;

function dayState({ site, stages }: ControlReport, context: BuildContext): SiteState["day"] {
  const { recorder, slow, days, midnightMs, nowMs } = context;
  const hasPv = Number.isFinite(site.pvPowerW);
  const loadW = recorder.measured("loadW");
  const plan = planDay({
    nowMs,
    startsAtMs: midnightMs,
    stepMs: quarterMs,
    steps: loadW.length,
    plans: stages.map(({ vehicleConnected }, i) => (vehicleConnected ? slow.plan(i) : null)),
    yesterday: days.before(midnightMs),
    hasPv,
    importLimitW: site.importLimitW,
    exportLimitW: site.exportLimitW,
  });
  return {
    startsAtMs: midnightMs,
    stepMs: quarterMs,
    loadW: { measured: loadW, planned: plan.loadW },
    pvW: hasPv ? { measured: recorder.measured("pvW"), planned: plan.pvW } : null,
    pccW: { measured: recorder.measured("pccW"), planned: plan.pccW },
    vehiclesW: { measured: recorder.measured("vehiclesW"), planned: plan.vehiclesW },
    limits: [
      {
        fromMs: midnightMs,
        toMs: midnightMs + 24 * hourMs,
        maxImportW: finite(site.importLimitW),
        maxExportW: finite(site.exportLimitW),
      },
    ],
    prices: context.prices,
    outages: [...recorder.outages],
    basis: plan.basis,
  };
}

function waitOf(
  site: SiteReport,
  { station }: BuildContext,
  toUtc: (ms: number) => number | null,
): SiteState["mode"]["wait"] {
  const { enterDelayS, enterRampS } = station.profile.settings;
  const lastsS = site.mode === "enterDelay" ? enterDelayS : site.mode === "ramping" ? enterRampS : 0;
  const startedAtMs = toUtc(site.modeSinceMs);
  return lastsS > 0 && startedAtMs !== null ? { startedAtMs, endsAtMs: startedAtMs + lastsS * 1_000 } : null;
}

function trendOf(site: SiteReport, { recorder, station }: BuildContext): SiteState["trend"] {
  const { settings } = station.profile;
  if (site.mode === "enterDelay" || site.mode === "ceased")
    return recorder.trend("gridVoltagePu", "gridVoltagePu", settings.enterVoltageMinPu, settings.enterVoltageMaxPu);
  if (isIslanded(site.mode))
    return recorder.trend("busFrequencyHz", "islandFrequencyHz", islandFrequencyMinHz, islandFrequencyMaxHz);
  return recorder.trend(
    "pccW",
    "pccW",
    Number.isFinite(site.exportLimitW) ? -site.exportLimitW : null,
    finite(site.importLimitW),
  );
}

function tierState({ site, tiers }: ControlReport, context: BuildContext, i: number, live: boolean | null): TierState {
  const { station, durations, slow } = context;
  const { name, loadW } = station.config.tiers[i]!;
  const { closed, loadW: measuredW } = tiers[i]!;
  const known: Known = Number.isFinite(measuredW) ? panelKnown(site) : { state: "unknown", ageMs: null };
  return {
    name: `Tier ${i + 1}`,
    what: name,
    loadW: known.state === "unknown" ? null : finite(measuredW),
    known,
    expectedW: loadW,
    state: !closed ? "shed" : live === null ? "unknown" : live ? "on" : "dead",
    sinceMs: durations.tierSinceMs(i),
    returnsAtMs: null,
    runwayH: slow.runwayH(i),
  };
}

function islandState(
  report: ControlReport,
  { station, durations, slow }: BuildContext,
  toUtc: (ms: number) => number | null,
): SiteState["island"] {
  const { site, stages } = report;
  const forming = stages.flatMap((stage, i) =>
    stage.role === "forming" ? [{ evse: i + 1, powerW: stage.powerW }] : [],
  );
  return {
    energyAboveReserveWh: slow.energyAboveReserveWh,
    forming,
    wouldForm: stages.flatMap((stage, i) => {
      const { reservePct, dischargeEnabled } = station.control.evses[i]!;
      const forms = station.config.evses[i]!.gridForming && dischargeEnabled;
      const isThere = stageKnown(report, i).state === "live" && stage.vehicleConnected;
      // A K1 that has not proven that it opens lets nobody form an island.
      return forms && isThere && !site.opensUnproven && stage.socPct > reservePct ? [i + 1] : [];
    }),
    darkS: durations.darkS,
    handover: forming.length > 0 ? slow.handover : null,
    startsLeft: site.startsLeft,
    startsMax,
    sinceMs: isIslanded(site.mode) ? toUtc(site.modeSinceMs) : null,
  };
}

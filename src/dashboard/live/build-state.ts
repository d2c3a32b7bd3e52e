/**
 * From the controller's report to the state that everything shows. Pure but for the clock readings it is given: moments of
 * the loop's monotonic clock become moments of UTC here, and nowhere else.
 */
import { explain, startsMax, wishSources } from "../../app/for-people.ts";
import type { ControlReport, SiteReport } from "../../app/shared/report.ts";
import type { SiteStation } from "../../app/station.ts";
import { qualityNames } from "../../domain/quality.ts";
import { hourMs, minuteMs } from "../../domain/units.ts";
import type { EventState, EvseState, SiteState, TierState } from "../state.ts";
import type { DayArchive } from "./day-archive.ts";
import { planDay } from "./day-plan.ts";
import { limitsOf, pccRecordState, permitState } from "./limits-state.ts";
import type { Moments } from "./moments.ts";
import { finite, type Recorder } from "./recorder.ts";
import type { SlowFacts } from "./slow-facts.ts";

export interface BuildContext {
  readonly station: SiteStation;
  readonly recorder: Recorder;
  readonly days: DayArchive;
  readonly moments: Moments;
  readonly slow: SlowFacts;
  readonly events: readonly EventState[];
  readonly sequence: number;
  /** UTC minus monotonic, ms. */
  readonly wallOffsetMs: number;
  readonly nowMs: number;
  readonly midnightMs: number;
  readonly demo: boolean;
}

/** A voltage below this is none, pu. */
const deadPu = 0.1;
/** A device whose last answer is older is silent, ms. */
const silentMs = 1_000;
const islandModes: ReadonlySet<string> = new Set(["islandStarting", "islandRunning", "resyncing", "closingLive"]);
/** The band that an island's frequency is drawn against, Hz. */
const islandFrequencyMinHz = 59.5;
const islandFrequencyMaxHz = 60.5;

export function buildState(report: ControlReport, context: BuildContext): SiteState {
  const { station, moments, slow, events, sequence, nowMs, demo } = context;
  const { config, profile } = station;
  const { site } = report;
  const toUtc = (monotonicMs: number): number | null =>
    Number.isFinite(monotonicMs) ? Math.round(monotonicMs + context.wallOffsetMs) : null;
  const settings = profile.settings;
  const tiers = report.tiers.map((_, i) => tierState(report, context, i));
  return {
    schema: 1,
    sequence,
    atMs: toUtc(site.atMs) ?? nowMs,
    site: {
      name: config.site.name,
      place: `${config.site.nominalVoltageV} V, ${config.site.phases === "three" ? "three-phase" : config.site.phases === "split" ? "split-phase" : "single-phase"}`,
      kind: config.evses.length === 1 ? "home" : "depot",
      timeZone: config.site.timeZone,
      onSite: false,
      demo,
    },
    mode: {
      mode: site.mode,
      sinceMs: toUtc(site.modeSinceMs) ?? nowMs,
      wait: waitOf(site, context, toUtc),
      cause: moments.cause,
    },
    grid: {
      voltagePu: finite(Number.isFinite(site.gridVoltagePu) ? site.gridVoltagePu : site.meterVoltagePu),
      frequencyHz: finite(site.meterFrequencyHz > 0 ? site.meterFrequencyHz : Number.NaN),
      good: site.gridGood,
      sinceMs: toUtc(site.gridGoodSinceMs),
    },
    profile: {
      name: profile.name,
      delayS: settings.enterDelayS,
      rampS: settings.enterRampS,
      returnS: 30,
      minVoltagePu: settings.enterVoltageMinPu,
      maxVoltagePu: settings.enterVoltageMaxPu,
      minFrequencyHz: settings.enterFrequencyMinHz,
      maxFrequencyHz: settings.enterFrequencyMaxHz,
    },
    pccW: finite(site.pccW),
    importLimitW: finite(site.importLimitW),
    exportLimitW: finite(site.exportLimitW),
    k1: {
      no: site.contactNo,
      nc: site.contactNc,
      command: site.transferCommand,
      commandAtMs: moments.commandAtMs,
      travelLimitS: (3 * (config.transferDevice?.travelMs ?? 100)) / 1_000,
      agreeSinceMs: moments.agreeSinceMs,
      quality:
        site.atMs - site.deviceAtMs <= silentMs ? "good" : Number.isFinite(site.deviceAtMs) ? "stale" : "missing",
      trace: moments.trace,
    },
    bus: {
      voltageV: finite(site.busVoltagePu * config.site.nominalVoltageV),
      frequencyHz: site.busVoltagePu > deadPu ? finite(site.busFrequencyHz) : null,
      live: site.busVoltagePu > deadPu,
    },
    tiers,
    pv: Number.isFinite(site.pvPowerW)
      ? {
          powerW: Math.abs(site.pvPowerW),
          ratedW: config.pv?.ratedW ?? null,
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
    permit: permitState(station),
    history: [...slow.changes],
    health: healthState(report, context),
    pccRecord: pccRecordState(station),
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
    // Nothing tells prices here: neither the configuration nor the backend's messages carry them.
    prices: [],
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
  if (islandModes.has(site.mode))
    return recorder.trend("busFrequencyHz", "islandFrequencyHz", islandFrequencyMinHz, islandFrequencyMaxHz);
  return recorder.trend(
    "pccW",
    "pccW",
    Number.isFinite(site.exportLimitW) ? -site.exportLimitW : null,
    finite(site.importLimitW),
  );
}

function tierState({ site, tiers }: ControlReport, { station, moments, slow }: BuildContext, i: number): TierState {
  const { name, loadW } = station.config.tiers[i]!;
  const live = site.busVoltagePu > deadPu;
  const { closed, loadW: measuredW } = tiers[i]!;
  return {
    name: `Tier ${i + 1}`,
    what: name,
    loadW: finite(measuredW),
    expectedW: loadW,
    state: closed ? (live ? "on" : "dead") : "shed",
    sinceMs: moments.tierSinceMs(i),
    returnsAtMs: null,
    runwayH: slow.runwayH(i),
  };
}

function evseState(report: ControlReport, { station, slow }: BuildContext, i: number): EvseState {
  const stage = report.stages[i]!;
  const config = station.config.evses[i]!;
  const input = station.control.evses[i]!;
  const explanation = explain(report.chains, i);
  return {
    evse: i + 1,
    connected: stage.vehicleConnected,
    vehicle: stage.vehicleConnected ? `${config.name ?? `EVSE ${i + 1}`}` : null,
    socPct: finite(stage.socPct),
    reservePct: input.reservePct,
    targetPct: finite(input.targetPct),
    departsAtMs: finite(input.departsAtMs),
    forecastPct: slow.forecastPct(i),
    capacityWh: finite(stage.capacityWh),
    ratedW: Math.max(config.maxChargeW, config.maxDischargeW),
    canDischarge: config.maxDischargeW > 0 && (!stage.vehicleConnected || stage.bidirectional),
    dischargeEnabled: input.dischargeEnabled,
    functionsDiffer: differenceOf(station, i),
    paused: input.paused || input.operatorMinW === 0,
    role: stage.role,
    setpointW: stage.commandRole === "forming" ? stage.powerW : stage.setpointW,
    powerW: finite(stage.powerW),
    wishW: explanation.wishW,
    wishSource: wishSources[explanation.wishSource] ?? "none",
    limits: explanation.limits
      .filter(({ minW, maxW }) => Number.isFinite(minW) || Number.isFinite(maxW))
      .slice(-20)
      .map((limit) => ({
        reason: limit.reason,
        source: limit.source,
        minW: finite(limit.minW),
        maxW: finite(limit.maxW),
        binds: limit.binds,
        headroomW: finite(limit.headroomW),
        ageMs: null,
      })),
    leaseExpiresMs: stage.commandRole === "off" ? null : station.config.loop.watchdogS * 1_000,
    plan: slow.plan(i),
    fault: stage.alarmBits !== 0 ? { key: "stage-alarm", values: { evse: i + 1 } } : null,
  };
}

/** What a person should know of a stage's altered functions. */
function differenceOf(station: SiteStation, i: number): string | null {
  const mismatch = station.devices.filter(({ kind }) => kind === "stage")[i]?.mismatch;
  if (mismatch == null) return null;
  const { register, expected, found } = mismatch;
  return `register ${register} is ${Number.isNaN(found) ? "missing" : found}, expected ${expected}`;
}

function islandState(
  report: ControlReport,
  { station, moments, slow }: BuildContext,
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
      return forms && stage.socPct > reservePct ? [i + 1] : [];
    }),
    darkS: moments.darkS,
    handover: forming.length > 0 ? slow.handover : null,
    startsLeft: site.startsLeft,
    startsMax,
    sinceMs: islandModes.has(site.mode) ? toUtc(site.modeSinceMs) : null,
  };
}

function healthState({ site }: ControlReport, { station, slow, days }: BuildContext): SiteState["health"] {
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
      fifo: station.realTime,
    },
    meterAgeMs: finite(site.atMs - site.meterAtMs),
    meterQuality: qualityNames[site.meterQuality] ?? "missing",
    k1AgeMs: finite(site.atMs - site.deviceAtMs),
    devices: station.devices.map(({ name, found, verified }) => ({
      name,
      ageMs: null,
      state: !found ? "silent" : verified ? "answers" : "unverified",
    })),
    backend: {
      state: ocpp === null ? "none" : ocpp.connection === "open" ? "connected" : "offline",
      sinceMs: slow.backendSinceMs,
      latencyMs: null,
    },
    journalEntries: ocpp?.queued ?? 0,
    certificates: [...slow.certificates],
    clockOffsetMs: ocpp?.clockOffsetMs ?? null,
    recorderDays: days.count,
    auxBatteryS: null,
  };
}

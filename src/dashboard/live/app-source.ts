/**
 * The running station as the dashboard's source: looks at the latest report, keeps what charts and event lists need, and
 * carries out what people ask. The controller has the last word: it only ever tightens on a person's request.
 */

import { openCommissioning } from "../../app/commissioning/commissioning.ts";
import { monotonicMs } from "../../app/control/monotonic.ts";
import type { ControlReport, SiteReport } from "../../app/control/shared/report.ts";
import type { Log } from "../../app/log.ts";
import type { SiteStation } from "../../app/station.ts";
import { isDeadPu, isLostPu } from "../../domain/electrical.ts";
import { isJoined } from "../../domain/modes.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { hourMs } from "../../domain/units.ts";
import type { ActionId } from "../actions.ts";
import { openDayArchive } from "../archive/day-archive.ts";
import { openEventArchive } from "../archive/event-archive.ts";
import { createExceedances } from "../archive/exceedances.ts";
import { createKeeper } from "../archive/keeper.ts";
import { createLocalDay } from "../archive/local-day.ts";
import { createRecorder, type Measured } from "../archive/recorder.ts";
import { createStationEconomy } from "../economy/station-economy.ts";
import { createStationFleet } from "../fleet/station-fleet.ts";
import type { ActRequest, AlertsPort, DashboardSource, Person, UpdatesPort } from "../source.ts";
import type { Sentence, SiteState } from "../state.ts";
import { createAttention, stateEveryMs } from "./attention.ts";
import { createAuditWriter } from "./audit-writer.ts";
import { buildState } from "./build-state.ts";
import { createDayPrices } from "./day-prices.ts";
import { createDurations, type Durations } from "./durations.ts";
import { createEmergencyHold } from "./emergency.ts";
import { eventRows, type Seen } from "./event-rows.ts";
import { createEventLog, type EventLog } from "./events.ts";
import { deviceHealth, owedOf } from "./health-state.ts";
import { k1Known, meterKnown, stageKnown } from "./known.ts";
import { longestMissing } from "./missing.ts";
import { operatorActions } from "./operator-actions.ts";
import { type Certificate, createSlowFacts } from "./slow-facts.ts";

/** The report is looked at this often, ms. */
const lookEveryMs = 10;
const quarterMs = 15 * 60_000;
/** Longer than this between two looks nothing is known of what flowed, ms. */
const gapMaxMs = 2_000;
/** The wall clock was set when it differs this much from where it should be, ms. */
const clockJumpMs = 20;
/** A vehicle has left when its charger says so for this long: then its departure is no longer anybody's, ms. */
const leftMs = 10_000;

export interface AppSource extends DashboardSource {
  stop(): void;
}

/** Durations by the range in which this site may begin to discharge. */
function durationsOf(station: SiteStation): Durations {
  const { enterVoltageMinPu, enterVoltageMaxPu, enterFrequencyMinHz, enterFrequencyMaxHz } = station.profile.settings;
  return createDurations({
    minVoltagePu: enterVoltageMinPu,
    maxVoltagePu: enterVoltageMaxPu,
    minFrequencyHz: enterFrequencyMinHz,
    maxFrequencyHz: enterFrequencyMaxHz,
    missingOf: (report) => longestMissing(report, station),
  });
}

/** The wall clock minus the monotonic one: the same as long as they agree, a millisecond of rounding moves no moment. */
function createWallOffset(): (offsetMs: number) => number {
  let wallOffsetMs = Number.NaN;
  return (offsetMs) => {
    if (!(Math.abs(offsetMs - wallOffsetMs) < clockJumpMs)) wallOffsetMs = offsetMs;
    return wallOffsetMs;
  };
}

/** What only a real site has. */
interface SourceExtras {
  readonly updates?: UpdatesPort;
  readonly alerts?: AlertsPort;
  /** The site's file, which commissioning may write into. */
  readonly siteFile?: string;
  /** What the site's files contradict each other in. */
  readonly contradictions?: Seen["contradictions"];
}

/** Adds each look at the site to the day's record: energy, outages, and what was measured; a whole quarter of an hour is kept. */
function createRemembering(
  recorder: ReturnType<typeof createRecorder>,
  energy: ReturnType<typeof createEnergy>,
  keeper: ReturnType<typeof createKeeper>,
): (report: ControlReport, nowMs: number, midnightMs: number) => void {
  let islanded = false;
  return (report, nowMs, midnightMs) => {
    const { site } = report;
    // An outage is one that is seen; silence of a voltmeter is none.
    const seen = k1Known(site).state === "live";
    const out = seen ? isLostPu(site.gridVoltagePu) : islanded;
    energy.add(site);
    if (out && !islanded) recorder.outageBegan(nowMs);
    if (!out && islanded) recorder.outageEnded(nowMs);
    islanded = out;
    const measured = measuredNow(report);
    // A quarter of an hour that is complete is kept, with the day's last one before the day turns.
    if (Math.floor((nowMs - midnightMs) / quarterMs) !== recorder.quarter) keeper.keepDay(nowMs);
    recorder.add(measured, nowMs, midnightMs);
  };
}

/** `serving`: certificates that the page itself is served with. */
export function createAppSource(
  station: SiteStation,
  log: Log,
  demo: boolean,
  serving: readonly Certificate[] = [],
  { updates, alerts, siteFile, contradictions = [] }: SourceExtras = {},
): AppSource {
  const days = openDayArchive(station.documents);
  const recorder = createRecorder(days.newest);
  const localDay = createLocalDay(station.config.site.timeZone);
  const durations = durationsOf(station);
  const sinceMs = Date.now();
  const energy = createEnergy();
  const archive = openEventArchive(station.documents);
  for (const { sentence } of [days, archive]) if (sentence !== "") log("warn", sentence);
  const events = createEventLog(eventRows, archive.kept);
  const slow = createSlowFacts(station, serving);
  const exceedances = createExceedances(station, events);
  const writer = createAuditWriter((event) => station.audit(event));
  const forgetDeparted = createDepartures(station);
  const holdAfterEmergency = createEmergencyHold(station, log);
  const attention = createAttention(station.config.pcc.importLimitW);
  const keeper = createKeeper({ events, archive, recorder, days, log, turnedMs: () => attention.turnedMs });
  const remember = createRemembering(recorder, energy, keeper);
  const commissioning = openCommissioning(station, siteFile ?? null);
  const listeners = new Set<() => void>();
  let state: SiteState | null = null;
  let takenMs = Number.NEGATIVE_INFINITY;
  let triedMs = Number.NEGATIVE_INFINITY;
  let publishedMs = Number.NEGATIVE_INFINITY;
  let failure = "";
  let seen = -1;
  let sequence = 0;
  const wallOffset = createWallOffset();
  const dayPrices = createDayPrices();
  events.note("started", {}, Date.now(), true);

  const look = (): void => {
    const reports = station.control.reports();
    if (reports === seen) return;
    const report = station.report();
    if (report === null) return;
    seen = reports;
    const monotonic = monotonicMs();
    if (
      !attention.turned(report.site, monotonic) &&
      !attention.stepped(report.site, monotonic) &&
      monotonic - triedMs < stateEveryMs
    )
      return;
    takenMs = triedMs = monotonic;
    try {
      publish(report);
      failure = "";
    } catch (error) {
      // What people see is no reason to stop what keeps the site safe.
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      const sentence = `The page can't be renewed: ${message}`;
      if (sentence !== failure) log("error", sentence, { stack });
      failure = sentence;
      takenMs = publishedMs;
    }
    publishedMs = takenMs;
  };

  const publish = (report: ControlReport): void => {
    const nowMs = Date.now();
    const midnightMs = localDay.startMs(nowMs);
    attention.shown(report.site);
    remember(report, nowMs, midnightMs);
    durations.observe(report, nowMs);
    slow.look(report, nowMs);
    const { exportEvents, importEvents, gridVoltagePu, meterVoltagePu } = report.site;
    const gridFailed = isLostPu(gridVoltagePu) || isLostPu(meterVoltagePu);
    exceedances.look(exportEvents + importEvents, nowMs, gridFailed);
    const devices = deviceHealth(report, station.devices);
    events.observe({
      report,
      station,
      slow,
      durations,
      devices,
      owed: owedOf(station),
      commissioning: commissioning.underway(),
      contradictions,
      nowMs,
      sinceMs,
    });
    holdAfterEmergency(report);
    forgetDeparted(report, nowMs);
    state = buildState(report, {
      station,
      recorder,
      days,
      durations,
      slow,
      events: events.events,
      sequence: ++sequence,
      wallOffsetMs: wallOffset(nowMs - takenMs),
      nowMs,
      midnightMs,
      demo,
      energy: energy.total,
      prices: dayPrices(station.economy.tariff(), midnightMs),
    });
    for (const listener of listeners) listener();
    keeper.keepEvents(false);
  };

  const timer = setInterval(look, lookEveryMs);
  look();
  return {
    state: () => state,
    ageMs: () => monotonicMs() - takenMs,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    history: async (query) => recorder.history(query),
    supported: Object.keys(operatorActions) as ActionId[],
    act: async (request, person) => {
      const result = carryOut({ station, events, log }, request, person);
      slow.expire();
      keeper.keepEvents(true);
      // In force already; a person should know that a restart may still forget it.
      if (result.ok && result.value.key === "done.logged" && owedOf(station).length > 0)
        return ok({ key: "done.owed", values: result.value.values ?? {} });
      return result;
    },
    ...portsOf(station),
    ...(updates && { updates }),
    ...(alerts && { alerts }),
    commissioning,
    audit(entry) {
      log("info", `${entry.person}: ${entry.what}. ${entry.detail}`, { ...entry });
      writer.write(entry);
    },
    stop() {
      clearInterval(timer);
      commissioning.stop();
      keeper.keepEvents(true);
      keeper.keepDay(Date.now());
      writer.stop();
      listeners.clear();
    },
  };
}

/** Does what a person asks and notes it. */
function carryOut(
  { station, events, log }: { readonly station: SiteStation; readonly events: EventLog; readonly log: Log },
  request: ActRequest,
  person: Person,
): Result<Sentence, Sentence> {
  const { action, reason, values, causeId } = request;
  const act = operatorActions[action];
  if (act === undefined) return err({ key: "refuse.unsupported" });
  log("info", `${person.name} (${person.role}): ${action}. Reason: ${reason}`, { causeId, action, values });
  const nowMs = Date.now();
  const result = act({ station, request, person, events, nowMs });
  if (result.ok && result.value.key === "done.logged")
    events.note("acted", { by: person.name, what: String(result.value.values?.["what"]), why: reason }, nowMs);
  return result;
}

/** What the pages beside the overview ask. */
const portsOf = (station: SiteStation): Required<Pick<DashboardSource, "fleet" | "economy" | "links">> => ({
  links: station.links,
  fleet: createStationFleet(station, Date.now),
  economy: createStationEconomy(station, Date.now),
});

/** Measured values of now; NaN for what is old or not known: a gap in a chart is a gap. */
function measuredNow(report: ControlReport): Measured {
  const { site, stages } = report;
  const meter = meterKnown(site).state === "live";
  const k1 = k1Known(site).state === "live";
  const live = stages.filter((stage, i) => stageKnown(report, i).state === "live" && Number.isFinite(stage.powerW));
  const k1GridPu = k1 ? site.gridVoltagePu : Number.NaN;
  return {
    pccW: meter ? site.pccW : Number.NaN,
    loadW: meter ? site.loadW : Number.NaN,
    pvW: Math.abs(site.pvPowerW),
    vehiclesW: live.length === 0 ? Number.NaN : live.reduce((sum, { powerW }) => sum + powerW, 0),
    gridVoltagePu: Number.isFinite(k1GridPu) ? k1GridPu : meter ? site.meterVoltagePu : Number.NaN,
    gridFrequencyHz: meter ? site.meterFrequencyHz : Number.NaN,
    // A dead bus has none.
    busFrequencyHz: k1 && !isDeadPu(site.busVoltagePu) ? site.busFrequencyHz : Number.NaN,
  };
}

/** Energy at the point of common coupling since the start, from live power; a gap adds nothing. */
function createEnergy(): { add(site: SiteReport): void; readonly total: { importedWh: number; exportedWh: number } } {
  const total = { importedWh: 0, exportedWh: 0 };
  let beforeMs = Number.NaN;
  return {
    add(site) {
      const lastedMs = site.atMs - beforeMs;
      beforeMs = site.atMs;
      if (!(lastedMs > 0 && lastedMs <= gapMaxMs) || meterKnown(site).state !== "live" || !Number.isFinite(site.pccW))
        return;
      const energyWh = (site.pccW * lastedMs) / hourMs;
      if (energyWh > 0) total.importedWh += energyWh;
      else total.exportedWh -= energyWh;
    },
    total,
  };
}

/** What was asked for a vehicle leaves with it. */
function createDepartures({ people, config }: SiteStation): (report: ControlReport, nowMs: number) => void {
  const goneSinceMs = config.evses.map(() => Number.NaN);
  const wasHere = config.evses.map(() => false);
  return ({ site, stages }, nowMs) => {
    // Only an island knows of shed tiers: with the grid all come back.
    if (isJoined(site.mode) && people.get("tiersFedMax", 0)) people.forget("tiersFedMax", 0);
    for (let i = 0; i < stages.length; i++) {
      if (stages[i]!.vehicleConnected) {
        wasHere[i] = true;
        goneSinceMs[i] = Number.NaN;
        continue;
      }
      if (!wasHere[i]) continue;
      if (Number.isNaN(goneSinceMs[i])) goneSinceMs[i] = nowMs;
      if (nowMs - goneSinceMs[i]! < leftMs) continue;
      wasHere[i] = false;
      for (const name of ["departsAtMs", "targetPct", "priority", "chargeNow"] as const) people.forget(name, i + 1);
    }
  };
}

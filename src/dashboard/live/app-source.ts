/**
 * The running station as the dashboard's source: looks at the latest report, keeps what charts and event lists need, and
 * carries out what people ask. The controller has the last word: it only ever tightens on a person's wish.
 */
import { monotonicMs } from "../../app/monotonic.ts";
import type { ControlReport, SiteReport } from "../../app/shared/report.ts";
import type { Log, SiteStation } from "../../app/station.ts";
import { err, type Result } from "../../domain/result.ts";
import type { ActionId } from "../actions.ts";
import type { DashboardSource } from "../source.ts";
import type { Sentence, SiteState } from "../state.ts";
import { createAuditWriter } from "./audit-writer.ts";
import { buildState } from "./build-state.ts";
import { deeds } from "./deeds.ts";
import { createEventLog } from "./events.ts";
import { createExceedances } from "./exceedances.ts";
import { createMoments } from "./moments.ts";
import { createRecorder } from "./recorder.ts";
import { type Certificate, createSlowFacts } from "./slow-facts.ts";

/** The report is looked at this often; a state is made of it at once when something has turned, otherwise at leisure, ms. */
const lookEveryMs = 20;
const stateEveryMs = 100;
/** A step of the power at the PCC that is shown at once, share of the import limit. */
const stepShare = 0.01;
/** A vehicle has left when its charger says so for this long: then its departure is no longer anybody's, ms. */
const leftMs = 10_000;
const dayMs = 24 * 60 * 60_000;

export interface AppSource extends DashboardSource {
  stop(): void;
}

/** `serving`: certificates that the page itself is served with. */
export function createAppSource(
  station: SiteStation,
  log: Log,
  demo: boolean,
  serving: readonly Certificate[] = [],
): AppSource {
  const recorder = createRecorder();
  const moments = createMoments();
  const events = createEventLog();
  const slow = createSlowFacts(station, serving);
  const exceedances = createExceedances(station, events);
  const writer = createAuditWriter((event) => station.audit(event));
  const forgetDeparted = createDepartures(station);
  const listeners = new Set<() => void>();
  const shown = { mode: "", gridGood: false, contacts: "", meterQuality: -1, pccW: Number.NaN };
  let state: SiteState | null = null;
  let takenMs = Number.NEGATIVE_INFINITY;
  let publishedMs = Number.NEGATIVE_INFINITY;
  let failure = "";
  let seen = -1;
  let sequence = 0;
  let islanded = false;
  events.note("started", {}, Date.now());

  const look = (): void => {
    const reports = station.control.reports();
    if (reports === seen) return;
    const report = station.report();
    if (report === null) return;
    seen = reports;
    const monotonic = monotonicMs();
    if (!turned(report.site) && monotonic - takenMs < stateEveryMs) return;
    takenMs = monotonic;
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

  /** Whether something has changed that a person should see at once. */
  const turned = ({ mode, gridGood, contactNo, contactNc, meterQuality, pccW }: SiteReport): boolean => {
    const contacts = `${contactNo}${contactNc}`;
    const stepW = stepShare * station.config.pcc.importLimitW;
    const same =
      mode === shown.mode &&
      gridGood === shown.gridGood &&
      contacts === shown.contacts &&
      meterQuality === shown.meterQuality &&
      !(Math.abs(pccW - shown.pccW) > stepW);
    if (!same) Object.assign(shown, { mode, gridGood, contacts, meterQuality, pccW });
    return !same;
  };

  const publish = (report: ControlReport): void => {
    const nowMs = Date.now();
    const midnightMs = localMidnightMs(nowMs, station.config.site.timeZone);
    shown.pccW = report.site.pccW;
    remember(report, nowMs, midnightMs);
    moments.observe(report, nowMs);
    slow.look(report, nowMs);
    exceedances.look(report.site.exportEvents + report.site.importEvents, nowMs);
    events.observe({ report, station, slow, moments, nowMs });
    forgetDeparted(report, nowMs);
    state = buildState(report, {
      station,
      recorder,
      moments,
      slow,
      events: events.events,
      sequence: ++sequence,
      wallOffsetMs: nowMs - takenMs,
      nowMs,
      midnightMs,
      demo,
    });
    for (const listener of listeners) listener();
  };

  const remember = ({ site, stages }: ControlReport, nowMs: number, midnightMs: number): void => {
    const out = site.gridVoltagePu < 0.5;
    if (out && !islanded) recorder.outageBegan(nowMs);
    if (!out && islanded) recorder.outageEnded(nowMs);
    islanded = out;
    const measured = {
      pccW: site.pccW,
      loadW: site.loadW,
      pvW: Math.abs(site.pvPowerW),
      vehiclesW: stages.reduce((sum, stage) => sum + (Number.isFinite(stage.powerW) ? stage.powerW : 0), 0),
      gridVoltagePu: Number.isFinite(site.gridVoltagePu) ? site.gridVoltagePu : site.meterVoltagePu,
      gridFrequencyHz: site.meterFrequencyHz,
      // A dead bus has none.
      busFrequencyHz: site.busVoltagePu > 0.1 ? site.busFrequencyHz : Number.NaN,
    };
    recorder.add(measured, nowMs, midnightMs);
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
    supported: Object.keys(deeds) as ActionId[],
    async act(request, person): Promise<Result<Sentence, Sentence>> {
      const { action, reason, values, causeId } = request;
      const deed = deeds[action];
      if (deed === undefined) return err({ key: "refuse.unsupported" });
      log("info", `${person.name} (${person.role}): ${action}. Reason: ${reason}`, { causeId, action, values });
      const nowMs = Date.now();
      const result = deed({ station, request, person, events, nowMs });
      if (result.ok && result.value.key === "done.logged")
        events.note("acted", { by: person.name, what: String(result.value.values?.["what"]), why: reason }, nowMs);
      slow.expire();
      return result;
    },
    audit(entry) {
      log("info", `${entry.person}: ${entry.what}. ${entry.detail}`, { ...entry });
      writer.write(entry);
    },
    stop() {
      clearInterval(timer);
      writer.stop();
      listeners.clear();
    },
  };
}

/** What was asked for a vehicle leaves with it. */
function createDepartures({ people, config }: SiteStation): (report: ControlReport, nowMs: number) => void {
  const goneSinceMs = config.evses.map(() => Number.NaN);
  const wasHere = config.evses.map(() => false);
  return ({ site, stages }, nowMs) => {
    // Only an island knows of shed tiers: with the grid all come back.
    if (gridModes.has(site.mode) && people.get("tiersFedMax", 0)) people.forget("tiersFedMax", 0);
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
      people.forget("departsAtMs", i + 1);
      people.forget("targetPct", i + 1);
    }
  };
}
const gridModes: ReadonlySet<string> = new Set(["loadOnly", "ceased", "enterDelay", "ramping", "parallel"]);

/** Start of the present local day. */
function localMidnightMs(nowMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(nowMs);
  const of = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  const intoDayMs =
    ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1_000 + (((nowMs % 1_000) + 1_000) % 1_000);
  return nowMs - (intoDayMs % dayMs);
}

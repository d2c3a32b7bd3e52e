/**
 * The running station as the dashboard's source: looks at the latest report ten times a second, keeps what charts and event
 * lists need, and carries out what people ask. The controller has the last word: it only ever tightens on a person's wish.
 */
import { monotonicMs } from "../../app/monotonic.ts";
import type { EvseInputs } from "../../app/shared/inputs.ts";
import type { ControlReport } from "../../app/shared/report.ts";
import type { Log, SiteStation } from "../../app/station.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { ActionId } from "../actions.ts";
import type { ActRequest, DashboardSource, Person } from "../source.ts";
import type { Sentence, SiteState } from "../state.ts";
import { buildState } from "./build-state.ts";
import { createEventLog } from "./events.ts";
import { createMoments } from "./moments.ts";
import { createRecorder } from "./recorder.ts";

const lookEveryMs = 100;
/** An island wish of a person on site is a lease too, ms. */
const islandWishMs = 60 * 60_000;
/** A reset asked for counts this long: the facts must agree within it, ms. */
const resetRequestMs = 2_000;
const dayMs = 24 * 60 * 60_000;

export interface AppSource extends DashboardSource {
  stop(): void;
}

export function createAppSource(station: SiteStation, log: Log, demo: boolean): AppSource {
  const recorder = createRecorder();
  const moments = createMoments();
  const eventLog = createEventLog();
  const listeners = new Set<() => void>();
  let state: SiteState | null = null;
  let takenMs = Number.NEGATIVE_INFINITY;
  let seen = -1;
  let sequence = 0;
  let islanded = false;

  const look = (): void => {
    const reports = station.control.reports();
    if (reports === seen) return;
    const report = station.report();
    if (report === null) return;
    seen = reports;
    takenMs = monotonicMs();
    const nowMs = Date.now();
    const midnightMs = localMidnightMs(nowMs, station.config.site.timeZone);
    remember(report, nowMs, midnightMs);
    eventLog.observe(report, nowMs);
    moments.observe(report, nowMs);
    state = buildState(report, {
      station,
      recorder,
      moments,
      events: eventLog.events,
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
      busFrequencyHz: site.busFrequencyHz,
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
      const deed = deeds[request.action];
      if (deed === undefined) return err({ key: "refuse.unsupported" });
      log("info", `${person.name} (${person.role}): ${request.action}. Reason: ${request.reason}`, {
        causeId: request.causeId,
        action: request.action,
        values: request.values,
      });
      const result = deed(station, request, person, (id) => eventLog.acknowledge(id, person.name, Date.now()));
      station.control.flush();
      return result;
    },
    audit: (entry) => log("info", `${entry.person}: ${entry.what}. ${entry.detail}`, { ...entry }),
    stop() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

type Deed = (
  station: SiteStation,
  request: ActRequest,
  person: Person,
  acknowledge: (id: string) => boolean,
) => Result<Sentence, Sentence>;

const done = (what: string): Result<Sentence, Sentence> => ok({ key: "done.logged", values: { what } });

/** What people may do, each as a tightening of what the controller is allowed. */
const deeds: Partial<Record<ActionId, Deed>> = {
  stop(station) {
    for (const each of station.control.evses) each.paused = true;
    return done("Stopped");
  },
  pause(station, request) {
    for (const each of chosen(station, request)) each.paused = true;
    return done("Paused");
  },
  resume(station, request) {
    for (const each of chosen(station, request)) each.paused = false;
    return done("Resumed");
  },
  tighten(station, { values }) {
    const { site } = station.control;
    site.importLimitW = Math.min(station.config.pcc.importLimitW, Number(values["demandLimitW"]));
    return done("Limit tightened");
  },
  setLimit(station, { values }) {
    station.control.site.exportLimitW = Number(values["exportLimitW"]);
    return done("Limit set");
  },
  reserve(station, request) {
    for (const each of chosen(station, request)) each.reservePct = Number(request.values["reservePct"]);
    return done("Reserve set");
  },
  departure(station, request) {
    for (const each of chosen(station, request)) each.departsAtMs = Number(request.values["departsAtMs"]);
    return done("Departure set");
  },
  plannedIsland(station, _request, person) {
    if (!person.onSite) return err({ key: "refuse.onSite" });
    station.control.site.islandWish = true;
    station.control.site.islandWishUntilMs = monotonicMs() + islandWishMs;
    return done("Island asked for");
  },
  endIsland(station) {
    station.control.site.islandWish = false;
    return done("Return to the grid asked for");
  },
  resetLockout(station, _request, person) {
    if (!person.onSite) return err({ key: "refuse.onSite" });
    station.control.site.resetRequest = true;
    setTimeout(() => {
      station.control.site.resetRequest = false;
      station.control.flush();
    }, resetRequestMs);
    return done("Reset asked for");
  },
  acknowledge: (_station, { values }, _person, acknowledge) =>
    acknowledge(String(values["event"])) ? ok({ key: "done.acknowledged" }) : err({ key: "refuse.unknownEvent" }),
};

/** The EVSE that the request names, or all of them. */
function chosen(station: SiteStation, { values }: ActRequest): readonly EvseInputs[] {
  const { evses } = station.control;
  const one = evses[Number(values["evse"]) - 1];
  return one ? [one] : evses;
}

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

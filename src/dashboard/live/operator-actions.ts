/**
 * What people may do, each as a tightening of what the controller is allowed, or within what configuration and permit give.
 * `actions.ts` has judged role, place, values and the state before; the controller has the last word here.
 */
import { monotonicMs } from "../../app/control/monotonic.ts";
import type { ControlReport } from "../../app/control/shared/report.ts";
import { rights } from "../../app/links/asks.table.ts";
import type { Asker } from "../../app/links/link-port.ts";
import { held, type PersonsRequest, type RequestName } from "../../app/people.ts";
import { refusalText } from "../../app/permits/permit.ts";
import type { SiteStation } from "../../app/station.ts";
import { localDay, startOfDayMs } from "../../domain/calendar.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { tableZone } from "../../domain/time-zone.ts";
import { dayMs } from "../../domain/units.ts";
import { type ActionId, plannedIslandMs } from "../actions.ts";
import type { ActRequest, Person } from "../source.ts";
import type { Sentence } from "../state.ts";
import { kW, pct } from "../view/format.ts";
import type { EventLog } from "./events.ts";

export interface OperatorActionContext {
  readonly station: SiteStation;
  readonly request: ActRequest;
  readonly person: Person;
  readonly events: EventLog;
  readonly nowMs: number;
}
type OperatorAction = (context: OperatorActionContext) => Result<Sentence, Sentence>;

/** Events that one acknowledgement may name. */
const acknowledgedMax = 200;
/** A reset asked for counts this long: the facts must agree within it, ms. */
const resetRequestMs = 2_000;

const done = (what: string): Result<Sentence, Sentence> => ok({ key: "done.logged", values: { what } });

/** "All chargers", "Charger 7". */
const chargersText = (context: OperatorActionContext): string => {
  const evses = chosen(context);
  return evses.length === 1 ? `Charger ${evses[0]}` : "All chargers";
};

const requestOf = ({ request, person, nowMs }: OperatorActionContext, value: number): PersonsRequest => ({
  value,
  by: person.name.slice(0, 80),
  atMs: nowMs,
  reason: request.reason,
});

/** The EVSE that the request names, from 1, or all of them. */
function chosen({ station, request }: OperatorActionContext): readonly number[] {
  const count = station.config.evses.length;
  const one = Number(request.values["evse"]);
  return one >= 1 && one <= count ? [one] : Array.from({ length: count }, (_, i) => i + 1);
}

/** Writes a change of a setting with values before and after. `text` writes them for people. */
function noteChange(
  { station, request, person }: OperatorActionContext,
  kind: "limit" | "setting",
  change: { what: string; evse?: number; count?: number; from: string; to: string },
): void {
  const { causeId, reason } = request;
  station.audit({ kind, actor: person.name, body: { ...change, reason, causeId } });
}

/** Holds every chosen EVSE at least this much; a stop is not weakened by a pause. */
function hold(context: OperatorActionContext, level: number): void {
  const { people } = context.station;
  for (const evse of chosen(context))
    if ((people.get("held", evse)?.value ?? 0) < level) people.ask("held", evse, requestOf(context, level));
}

/**
 * Puts a limit of people into force; one that tightens nothing is forgotten instead. Nothing is clamped in silence: beyond the
 * bound it is refused with the number. Who may only tighten may go back to where the own changes began.
 */
function limit(
  context: OperatorActionContext,
  name: RequestName,
  what: string,
  askedW: number,
  boundW: number,
): Result<Sentence, Sentence> {
  if (askedW > boundW) return err({ key: "refuse.aboveBound", values: { askedW, boundW } });
  const { people } = context.station;
  const before = people.get(name, 0);
  const fromW = before?.value ?? boundW;
  const mine = before?.by === context.person.name.slice(0, 80);
  const backW = (mine ? before?.before : undefined) ?? fromW;
  if (askedW > fromW && context.person.role !== "installer" && !(mine && askedW <= backW))
    return err({ key: "refuse.onlyTighten", values: { askedW, inForceW: fromW } });
  if (askedW < boundW) people.ask(name, 0, { ...requestOf(context, askedW), before: backW });
  else people.forget(name, 0);
  const toW = askedW;
  noteChange(context, "limit", { what, from: kW(fromW), to: kW(toW) });
  const { person, request, events, nowMs } = context;
  const values = { by: person.name, what: what.toLowerCase(), fromW, toW, why: request.reason };
  if (toW < fromW) events.note("limitTightened", values, nowMs);
  return done(`${what} ${kW(fromW)} → ${kW(toW)}`);
}

export const operatorActions: Readonly<Partial<Record<ActionId, OperatorAction>>> = {
  stop(context) {
    hold(context, held.everything);
    for (const evse of chosen(context)) context.station.people.forget("chargeNow", evse);
    return done(`${chargersText(context)} stopped`);
  },
  pause(context) {
    hold(context, held.discharging);
    return done(`${chargersText(context)}: discharging paused`);
  },
  resume(context) {
    for (const evse of chosen(context))
      for (const name of ["held", "chargeNow"] as const) context.station.people.forget(name, evse);
    context.station.plans.planning.expire();
    return done(`${chargersText(context)} resumed`);
  },
  tighten(context) {
    const { importLimitW } = context.station.config.pcc;
    return limit(context, "demandLimitW", "Demand limit", Number(context.request.values["demandLimitW"]), importLimitW);
  },
  untighten(context) {
    const { people, config } = context.station;
    const standing = people.get("demandLimitW", 0);
    if (standing === undefined) return err({ key: "refuse.notYours" });
    return limit(
      context,
      "demandLimitW",
      "Demand limit",
      standing.before ?? config.pcc.importLimitW,
      config.pcc.importLimitW,
    );
  },
  releaseLimits({ station: { links }, person }) {
    const asker: Asker = {
      link: "api",
      id: `person ${person.name.toLowerCase()}`,
      name: person.name,
      rights,
      isPerson: true,
    };
    const caps = links.standing().filter(({ kind }) => kind === "cap");
    for (const { what, evse } of caps) links.release(asker, what, evse);
    return done(caps.length === 1 ? "One limit taken back" : `${caps.length} limits taken back`);
  },
  fleetOff(context) {
    const { people, config } = context.station;
    const zone = tableZone(config.site.timeZone);
    const untilMs = zone.ok ? startOfDayMs(zone.value, localDay(zone.value, context.nowMs) + 1) : context.nowMs + dayMs;
    people.ask("fleetOffUntilMs", 0, requestOf(context, untilMs));
    noteChange(context, "setting", { what: "orders of the fleet", from: "heeded", to: "not heeded today" });
    return done("No orders from the fleet today");
  },
  fleetOn(context) {
    context.station.people.forget("fleetOffUntilMs", 0);
    noteChange(context, "setting", { what: "orders of the fleet", from: "not heeded today", to: "heeded" });
    return done("Orders of the fleet are heeded again");
  },
  chargeNow(context) {
    const { people, fleet, plans } = context.station;
    const [evse = 0] = chosen(context);
    const stopped = people.get("held", evse);
    if (stopped !== undefined && stopped.value >= held.everything)
      return err({ key: "refuse.stopped", values: { evse, by: stopped.by } });
    people.ask("chargeNow", evse, requestOf(context, 1));
    fleet.expire();
    plans.planning.expire();
    return done(`Charger ${evse} charges now`);
  },
  priority(context) {
    const { people, plans } = context.station;
    const [evse = 0] = chosen(context);
    const asked = Number(context.request.values["priority"]);
    const before = people.get("priority", evse)?.value ?? 2;
    if (asked === 2) people.forget("priority", evse);
    else people.ask("priority", evse, requestOf(context, asked));
    noteChange(context, "setting", { what: "priority", evse, from: String(before), to: String(asked) });
    plans.planning.expire();
    return done(`Priority at charger ${evse}: ${asked}`);
  },
  outageWarning(context) {
    const { station, request, person } = context;
    const hours = Number(request.values["hours"]);
    const untilMs = Number(request.values["untilMs"]);
    const before = station.plans.outage.warning(context.nowMs);
    station.plans.outage.warn(
      hours > 0 ? { hours, untilMs, by: person.name.slice(0, 80), reason: request.reason } : null,
    );
    noteChange(context, "setting", {
      what: "outage warning",
      from: before ? `${before.hours} h` : "none",
      to: hours > 0 ? `${hours} h` : "none",
    });
    station.plans.planning.expire();
    return done(hours > 0 ? `Warning of an outage: ${hours} h of tier 1` : "Warning of an outage taken back");
  },
  setLimit(context) {
    const { station, request } = context;
    const permittedW = station.permit()?.facts.exportLimitW ?? 0;
    const boundW = Math.min(permittedW, station.config.pcc.exportLimitW);
    return limit(context, "exportLimitW", "Export limit", Number(request.values["exportLimitW"]), boundW);
  },
  reserve(context) {
    const { station, request } = context;
    const askedPct = Number(request.values["reservePct"]);
    const evses = chosen(context);
    for (const evse of evses) {
      const configuredPct = station.config.evses[evse - 1]!.reservePct;
      if (askedPct < configuredPct)
        return err({ key: "refuse.belowReserve", values: { askedPct, configuredPct, evse } });
    }
    const before = [...new Set(evses.map((evse) => pct(station.control.evses[evse - 1]!.reservePct)))];
    for (const evse of evses) station.people.ask("reservePct", evse, requestOf(context, askedPct));
    noteChange(context, "setting", {
      what: "reserve",
      ...(evses.length === 1 ? { evse: evses[0]! } : { count: evses.length }),
      from: before.length === 1 ? before[0]! : "different ones",
      to: pct(askedPct),
    });
    return done("Reserve changed");
  },
  departure(context) {
    const { people, control } = context.station;
    const here = chosen(context).filter((evse) => isConnected(control.report(), evse));
    for (const evse of here) {
      people.ask("departsAtMs", evse, requestOf(context, Number(context.request.values["departsAtMs"])));
      people.ask("targetPct", evse, requestOf(context, Number(context.request.values["targetPct"])));
    }
    context.station.fleet.expire();
    return done(
      here.length === 1 ? `Departure at charger ${here[0]} saved` : `Departures of ${here.length} vehicles saved`,
    );
  },
  clearDeparture(context) {
    const { people, fleet } = context.station;
    for (const evse of chosen(context)) {
      people.forget("departsAtMs", evse);
      people.forget("targetPct", evse);
      // One of the timetable is not waited for any more; the next one counts.
      fleet.presence.dismiss(evse);
    }
    fleet.expire();
    return done(`${chargersText(context)}: departure cleared`);
  },
  plannedIsland({ station, person }) {
    if (!person.onSite) return err({ key: "refuse.onSiteIsland" });
    station.control.site.islandRequested = true;
    station.control.site.islandRequestUntilMs = monotonicMs() + plannedIslandMs;
    station.control.flush();
    return done("Island asked for");
  },
  endIsland({ station }) {
    station.control.site.islandRequested = false;
    station.control.flush();
    return done("Return to the grid asked for");
  },
  shedTier(context) {
    const tier = Number(context.request.values["tier"]);
    context.station.people.ask("tiersFedMax", 0, requestOf(context, tier - 1));
    return done(`Tier ${tier} shed`);
  },
  restoreTier(context) {
    const { people } = context.station;
    const tier = Number(context.request.values["tier"]);
    const standing = people.get("tiersFedMax", 0);
    // What the controller has shed for want of energy or power no request brings back.
    if (standing === undefined || standing.value >= tier)
      return err({ key: "refuse.tierEnergy", values: { tier: `Tier ${tier}` } });
    if (tier >= context.station.config.tiers.length) people.forget("tiersFedMax", 0);
    else people.ask("tiersFedMax", 0, requestOf(context, tier));
    return done(`Tier ${tier} restored`);
  },
  enableDischarge(context) {
    const { station, request } = context;
    const evse = Number(request.values["evse"]);
    if (!(station.config.evses[evse - 1]!.maxDischargeW > 0)) return err({ key: "refuse.noRating", values: { evse } });
    station.people.ask("dischargeEnabled", evse, requestOf(context, 1));
    noteChange(context, "setting", { what: "discharge", evse, from: "off", to: "on" });
    return done(`Discharging enabled at charger ${evse}`);
  },
  installPermit(context) {
    const { station, request, person, events, nowMs } = context;
    const installed = station.installPermit(String(request.values["permit"]));
    if (!installed.ok) return err({ key: "refuse.permit", values: { why: refusalText(installed.error) } });
    const { causeId, reason } = request;
    station.audit({
      kind: "permit",
      actor: person.name,
      body: { what: "installed", permit: installed.value, reason, causeId },
    });
    events.note("permitInstalled", { reference: installed.value.reference, by: person.name }, nowMs);
    return done("Permit installed");
  },
  resetLockout({ station, person, request }) {
    if (!person.onSite) return err({ key: "refuse.onSite" });
    station.audit({
      kind: "reset",
      actor: person.name,
      body: { what: "lockout", reason: request.reason, causeId: request.causeId },
    });
    station.control.site.resetRequest = true;
    station.control.flush();
    setTimeout(() => {
      station.control.site.resetRequest = false;
      station.control.flush();
    }, resetRequestMs).unref();
    return done("Reset asked for");
  },
  acknowledgeLedgers({ station, person, request }) {
    const { reason, causeId } = request;
    station.audit({ kind: "reset", actor: person.name, body: { what: "ledger-alarms", reason, causeId } });
    station.control.acknowledgeLedgers();
    return done("Alarms of the record acknowledged");
  },
  rewriteFunctions({ station, person, request }) {
    const evse = Number(request.values["evse"]);
    if (!(evse >= 1 && evse <= station.config.evses.length))
      return err({ key: "refuse.unknownEvse", values: { evse } });
    const { reason, causeId } = request;
    station.audit({ kind: "reset", actor: person.name, body: { what: "grid-functions", evse, reason, causeId } });
    station.control.resetFunctions(evse - 1);
    return done(`Grid functions of charger ${evse} written anew`);
  },
  acknowledge({ request, person, events, nowMs }) {
    const ids = String(request.values["event"]).split(",").slice(0, acknowledgedMax);
    const count = ids.filter((id) => events.acknowledge(id, person.name, nowMs)).length;
    if (count === 0) return err({ key: "refuse.unknownEvent" });
    return ok(count === 1 ? { key: "done.acknowledged" } : { key: "done.acknowledgedMany", values: { count } });
  },
};

const isConnected = (report: ControlReport | null, evse: number): boolean =>
  report === null || report.stages[evse - 1]?.vehicleConnected !== false;

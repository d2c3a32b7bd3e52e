/** Vehicles and timetables of the running station, for the API. Every change is audited with who and why. */

import type { SiteStation } from "../../app/station.ts";
import { createImports } from "../../app/vehicles/imports.ts";
import type { Vehicle } from "../../app/vehicles/vehicles.ts";
import type { Departure } from "../../domain/fleet/timetable.ts";
import { dateOfDay } from "../../domain/fleet/timetable.ts";
import { factOf, neededWh } from "../../domain/fleet/vehicles.ts";
import { err, ok } from "../../domain/result.ts";
import { localMs, utcOfLocal } from "../../domain/time-zone.ts";
import { dayMs, hourMs, minuteMs } from "../../domain/units.ts";
import { wordsFor } from "../view/format.ts";
import type { Asking, FleetPort, FleetRefusal, FleetResult } from "./fleet-port.ts";
import { planAnswerOf, readinessAnswerOf, tryAnswerOf, whyAnswerOf } from "./plan-view.ts";
import type { TimetableAnswer, VehiclesAnswer } from "./vehicles-api.ts";

/** The next departure is looked for this far ahead, ms. */
const nextMs = 14 * dayMs;

const refused = (sentence: string) => err({ stale: false, sentence } satisfies FleetRefusal);
const outdated = err({
  stale: true,
  sentence: "Refused: somebody has changed the vehicles since this was read. Read them again.",
} satisfies FleetRefusal);
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

export function createStationFleet(
  station: Pick<SiteStation, "fleet" | "audit" | "config" | "plans" | "report">,
  now: () => number,
): FleetPort {
  const { fleet, audit, config, plans } = station;
  const words = wordsFor(config.site.timeZone);
  const clock = (atMs: number): string => words.hm(atMs);
  const { vehicles, presence, zone } = fleet;
  const imports = createImports(vehicles, zone, now);

  const needOf = ({ entry, learned }: Vehicle, { need }: Departure): number | null =>
    finiteOrNull(neededWh(need, entry, factOf(entry, learned, "capacityWh"), vehicles.routes));
  const whoAndWhy = ({ name }: Asking, reason: string) => ({ by: name.slice(0, 80), atMs: now(), reason });
  const note = (person: Asking, reason: string, what: string): void => {
    audit({ kind: "setting", actor: person.name, body: { what, from: "", to: "", reason } });
    fleet.expire();
  };
  const isOld = (version: number | undefined): boolean => version !== undefined && version !== vehicles.version;

  const describe = (vehicle: Vehicle): VehiclesAnswer["vehicles"][number] => {
    const { entry, enteredBy, learned } = vehicle;
    const here = presence.present.find((one) => one.vehicle?.entry.id === entry.id);
    const nowMs = now();
    const next = vehicles.departures(entry, nowMs, nowMs + nextMs)[0];
    return {
      ...entry,
      enteredBy,
      learned,
      at:
        here === undefined
          ? null
          : {
              evse: here.evse,
              knownBy: here.knownBy,
              sinceMs: here.sinceMs,
              need: here.need && {
                departsAtMs: finiteOrNull(here.need.departsAtMs),
                neededWh: finiteOrNull(here.need.neededWh),
                priority: here.need.priority,
                from: here.need.from,
                label: here.need.label,
              },
            },
      next: next
        ? { leavesAtMs: next.leavesAtMs, backAtMs: finiteOrNull(next.backAtMs), neededWh: needOf(vehicle, next) }
        : null,
    } as VehiclesAnswer["vehicles"][number];
  };

  const change = (
    what: Parameters<typeof vehicles.change>[0],
    person: Asking,
    reason: string,
    done: string,
  ): FleetResult => {
    const changed = vehicles.change(what, whoAndWhy(person, reason));
    if (!changed.ok) return refused(`Refused: ${changed.error.slice(0, 5).join(" ")}`);
    note(person, reason, done);
    return ok(done);
  };

  return {
    vehicles: () => ({
      version: vehicles.version,
      vehicles: vehicles.list().map(describe),
      routes: [...vehicles.routes.values()],
      daysOff: [...vehicles.daysOff],
      strangers: presence.strangers.map(({ evse, identifier, atMs }) => ({ evse, ...identifier, atMs })),
    }),
    timetable(fromMs, untilMs): TimetableAnswer {
      const departures = vehicles.list().flatMap((vehicle) =>
        vehicles.departures(vehicle.entry, fromMs, untilMs).map((departure) => ({
          vehicleId: departure.vehicleId,
          name: vehicle.entry.name,
          date: departure.date,
          leavesAtMs: departure.leavesAtMs,
          backAtMs: finiteOrNull(departure.backAtMs),
          neededWh: needOf(vehicle, departure),
          route: departure.need.route ?? null,
          priority: departure.need.priority ?? 2,
          by: departure.by,
          note: clockWords[departure.clock],
        })),
      );
      departures.sort((a, b) => a.leavesAtMs - b.leavesAtMs || (a.name < b.name ? -1 : 1));
      return {
        version: vehicles.version,
        timeZone: config.site.timeZone,
        departures,
        notes: unusualDays(fleet, fromMs, untilMs),
      };
    },
    changeVehicles({ put, remove, routes, daysOff, version, reason }, person) {
      if (isOld(version)) return outdated;
      const counted = countedOf({ put, remove, routes, daysOff });
      if (counted.length === 0) return refused("Refused: nothing is to be changed.");
      return change(
        { put, remove, ...(routes && { routes }), ...(daysOff && { daysOff }) },
        person,
        reason,
        `Vehicles: ${counted.join(", ")}.`,
      );
    },
    changeTimetable({ vehicleId, weekly, exceptions, version, reason }, person) {
      if (isOld(version)) return outdated;
      const vehicle = vehicles.get(vehicleId);
      if (vehicle === undefined) return refused(`Refused: there is no vehicle ${vehicleId}.`);
      const { entry } = vehicle;
      const put = [{ ...entry, weekly: weekly ?? entry.weekly, exceptions: exceptions ?? entry.exceptions }];
      return change({ put }, person, reason, `Timetable of ${entry.name} changed.`);
    },
    assign({ evse, vehicleId, reason }, person) {
      if (evse > config.evses.length) return refused(`Refused: there is no charger ${evse}.`);
      if (presence.at(evse) === null) return refused(`Refused: no vehicle is plugged in at charger ${evse}.`);
      const vehicle = vehicleId === null ? null : vehicles.get(vehicleId);
      if (vehicle === undefined) return refused(`Refused: there is no vehicle ${vehicleId}.`);
      presence.assign(evse, vehicleId);
      const done =
        vehicle === null ? `Charger ${evse}: nobody is said to be there.` : `Charger ${evse}: ${vehicle.entry.name}.`;
      note(person, reason, done);
      return ok(done);
    },
    preview({ kind, text }) {
      const preview = imports.preview(kind, text);
      return preview.ok ? preview : refused(preview.error);
    },
    plan: () => planAnswerOf(station, clock, now()),
    readiness: () => readinessAnswerOf(station, clock, now()),
    async tryPlan({ changes }) {
      const { made } = plans.planning;
      if (made === null) return refused(`Refused: ${plans.planning.idle}`);
      const unknown = changes.find((one) => "evse" in one && one.evse > config.evses.length);
      if (unknown !== undefined && "evse" in unknown) return refused(`Refused: there is no charger ${unknown.evse}.`);
      const tried = await plans.tries.run(made, changes);
      return tried === null
        ? refused("Refused: too many changes are being tried. Try again in a moment.")
        : ok(tryAnswerOf(made, tried));
    },
    why: (evse, atMs) => whySlot(plans, clock, evse, atMs),
    take({ previewId, rows, reason }, person) {
      const taken = imports.take(previewId, rows);
      if (!taken.ok) return taken.error === "old" ? outdated : refused(taken.error);
      return change(taken.value.change, person, reason, taken.value.sentence);
    },
  };
}

const whySlot: (...asked: Parameters<typeof whyAnswerOf>) => ReturnType<FleetPort["why"]> = async (...asked) => {
  const why = await whyAnswerOf(...asked);
  return typeof why === "string" ? refused(`Refused: ${why}`) : ok(why);
};

/** What a change of vehicles has in it: "2 entered". */
const countedOf = ({
  put,
  remove,
  routes,
  daysOff,
}: Pick<Parameters<FleetPort["changeVehicles"]>[0], "put" | "remove" | "routes" | "daysOff">): string[] =>
  [
    put.length > 0 ? `${put.length} entered` : "",
    remove.length > 0 ? `${remove.length} removed` : "",
    routes ? `${routes.length} routes` : "",
    daysOff ? `${daysOff.length} days off` : "",
  ].filter(Boolean);

/** Days of 23 and 25 hours and days off in the span, told plainly. */
function unusualDays({ zone, vehicles }: SiteStation["fleet"], fromMs: number, untilMs: number): string[] {
  const notes: string[] = [];
  for (let day = Math.floor(localMs(zone, fromMs) / dayMs); day * dayMs <= localMs(zone, untilMs - 1); day++) {
    const date = dateOfDay(day);
    const hours = (utcOfLocal(zone, (day + 1) * dayMs).utcMs - utcOfLocal(zone, day * dayMs).utcMs) / hourMs;
    if (Math.abs(hours - 24) > minuteMs / hourMs)
      notes.push(
        `${date} has ${Math.round(hours * 10) / 10} hours: the clock is put ${hours < 24 ? "forward" : "back"}.`,
      );
    const off = vehicles.daysOff.find((one) => one.date === date);
    if (off) notes.push(`${date}: ${off.name}, no weekly departures.`);
  }
  return notes;
}

const clockWords: Readonly<Record<Departure["clock"], string>> = {
  "": "",
  skipped: "The clock skips this time: it leaves when the clock is put forward.",
  twice: "The clock shows this time twice: it leaves at the first.",
};

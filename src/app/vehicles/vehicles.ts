/**
 * The site's vehicles: those of the configuration, what people have added or changed since, and what was learned of each. In
 * force at once and kept in the store. What a person has entered stands; what was learned fills the gaps, with source and age.
 */
import { z } from "zod";
import { dayOffSettings, fleetChecks, routeSettings, vehicleSettings, vehiclesMax } from "../../config/site/fleet.ts";
import type { SiteConfig } from "../../config/site.ts";
import { type Departure, departuresOf } from "../../domain/fleet/timetable.ts";
import {
  type Identifier,
  identifierKey,
  identifiersOf,
  type Learned,
  type LearnedFacts,
  type LearnedFrom,
  type LearnedName,
  learnedFrom,
  learnedNames,
  type Route,
  type VehicleEntry,
} from "../../domain/fleet/vehicles.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import type { Documents } from "../store/store.ts";

/** Who has entered something, when and why; null: the configuration. */
export interface EnteredBy {
  readonly by: string;
  readonly atMs: number;
  readonly reason: string;
}
export interface Vehicle {
  readonly entry: VehicleEntry;
  readonly enteredBy: EnteredBy | null;
  readonly learned: LearnedFacts;
}
export type DayOff = SiteConfig["daysOff"][number];

/** One change of the fleet, taken as a whole or not at all. */
export interface FleetChange {
  /** Added, or in place of those with the same id. */
  readonly put?: readonly VehicleEntry[];
  /** Ids. */
  readonly remove?: readonly string[];
  /** In place of all routes, or all days off. */
  readonly routes?: readonly Route[];
  readonly daysOff?: readonly DayOff[];
}

export interface Vehicles {
  list(): readonly Vehicle[];
  get(id: string): Vehicle | undefined;
  /** Who carries this identifier. */
  find(identifier: Identifier): Vehicle | undefined;
  named(name: string): Vehicle | undefined;
  readonly routes: ReadonlyMap<string, Route>;
  readonly daysOff: readonly DayOff[];
  /** Counts changes: whoever worked something out with another number works it out again. */
  readonly version: number;
  /** Departures of a vehicle in [fromMs, untilMs). */
  departures(
    entry: Pick<VehicleEntry, "id" | "weekly" | "exceptions">,
    fromMs: number,
    untilMs: number,
  ): readonly Departure[];
  /** What would be wrong after the change, each as a sentence; empty: nothing. */
  check(change: FleetChange): readonly string[];
  change(change: FleetChange, enteredBy: EnteredBy): Result<void, readonly string[]>;
  learn(id: string, name: LearnedName, value: number, from: LearnedFrom, nowMs: number): void;
  /** What could not be read at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
}

const enteredSchema = z.object({ by: z.string(), atMs: z.number(), reason: z.string() });
const keptVehicle = z.object({ entry: vehicleSettings.nullable(), enteredBy: enteredSchema });
const keptRoutes = z.object({ routes: z.array(routeSettings), enteredBy: enteredSchema });
const keptDaysOff = z.object({ daysOff: z.array(dayOffSettings), enteredBy: enteredSchema });
const keptLearned = z.partialRecord(
  z.enum(learnedNames),
  z.object({ value: z.number(), from: z.enum(learnedFrom), atMs: z.number() }),
);

const collections = { vehicles: "vehicles", fleet: "fleet", learned: "vehicles-learned" } as const;
/** A learned value that moves by less than this share is not stored anew. */
const learnedShare = 0.005;
/** A value that stays the same is said to be fresh this often, ms. */
const learnedFreshMs = 3_600_000;

interface Fleet {
  readonly vehicles: ReadonlyMap<string, Omit<Vehicle, "learned">>;
  readonly routes: readonly Route[];
  readonly daysOff: readonly DayOff[];
}

export function openVehicles(
  config: Pick<SiteConfig, "vehicles" | "routes" | "daysOff">,
  store: Documents,
  zone: ZoneOffsets,
): Vehicles {
  let unreadable = 0;
  const read = <T extends z.ZodType>(schema: T, text: string | undefined): z.infer<T> | undefined => {
    if (text === undefined) return undefined;
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      unreadable++;
      return undefined;
    }
  };
  const learned = new Map<string, Partial<Record<LearnedName, Learned>>>();
  for (const { key, value } of store.entries(collections.learned)) {
    const facts = read(keptLearned, value);
    if (facts !== undefined) learned.set(key, facts);
  }
  const entries = new Map<string, Omit<Vehicle, "learned">>(
    config.vehicles.map((entry) => [entry.id, { entry, enteredBy: null }]),
  );
  for (const { key, value } of store.entries(collections.vehicles)) {
    const kept = read(keptVehicle, value);
    if (kept === undefined) continue;
    if (kept.entry === null) entries.delete(key);
    else entries.set(key, { entry: kept.entry, enteredBy: kept.enteredBy });
  }
  let fleet: Fleet = {
    vehicles: entries,
    routes: read(keptRoutes, store.get(collections.fleet, "routes"))?.routes ?? config.routes,
    daysOff: read(keptDaysOff, store.get(collections.fleet, "daysOff"))?.daysOff ?? config.daysOff,
  };
  let version = 0;
  let byKey = indexOf(fleet);
  let routes = new Map(fleet.routes.map((route) => [route.id, route]));
  let datesOff = new Set(fleet.daysOff.map(({ date }) => date));

  const whole = (one: Omit<Vehicle, "learned">): Vehicle => ({ ...one, learned: learned.get(one.entry.id) ?? {} });
  const after = (change: FleetChange, enteredBy: EnteredBy | null): Fleet => {
    const vehicles = new Map(fleet.vehicles);
    for (const id of change.remove ?? []) vehicles.delete(id);
    for (const entry of change.put ?? []) vehicles.set(entry.id, { entry, enteredBy });
    return { vehicles, routes: change.routes ?? fleet.routes, daysOff: change.daysOff ?? fleet.daysOff };
  };
  const wrongWith = (next: Fleet): string[] => {
    const list = [...next.vehicles.values()].map(({ entry }) => entry);
    const said = fleetChecks(list, next.routes).map(({ path, complaint }) => {
      const name =
        path[0] === "vehicles" ? (list[Number(path[1])]?.name ?? "") : String(next.routes[Number(path[1])]?.name);
      const row =
        path[2] === "weekly" || path[2] === "exceptions"
          ? whichRow(list[Number(path[1])]!, path[2], Number(path[3]))
          : "";
      return `${name}${row} ${complaint}.`;
    });
    return list.length > vehiclesMax ? [...said, `A site has at most ${vehiclesMax} vehicles.`] : said;
  };

  return {
    list: () => [...fleet.vehicles.values()].map(whole),
    get(id) {
      const one = fleet.vehicles.get(id);
      return one && whole(one);
    },
    find(identifier) {
      const id = byKey.get(identifierKey(identifier));
      const one = id === undefined ? undefined : fleet.vehicles.get(id);
      return one && whole(one);
    },
    named(name) {
      for (const one of fleet.vehicles.values())
        if (one.entry.name === name || one.entry.id === name) return whole(one);
      return undefined;
    },
    get routes() {
      return routes;
    },
    get daysOff() {
      return fleet.daysOff;
    },
    get version() {
      return version;
    },
    departures: (entry, fromMs, untilMs) => departuresOf(entry, zone, fromMs, untilMs, datesOff),
    check(change) {
      const standing = new Set(wrongWith(fleet));
      return wrongWith(after(change, null)).filter((sentence) => !standing.has(sentence));
    },
    change(change, enteredBy) {
      const unknown = (change.remove ?? []).filter((id) => !fleet.vehicles.has(id));
      if (unknown.length > 0) return err(unknown.map((id) => `There is no vehicle ${id}.`));
      const wrong = this.check(change);
      if (wrong.length > 0) return err(wrong);
      fleet = after(change, enteredBy);
      byKey = indexOf(fleet);
      routes = new Map(fleet.routes.map((route) => [route.id, route]));
      datesOff = new Set(fleet.daysOff.map(({ date }) => date));
      version++;
      store.atomically(() => {
        for (const id of change.remove ?? [])
          store.put(collections.vehicles, id, JSON.stringify({ entry: null, enteredBy }));
        for (const entry of change.put ?? [])
          store.put(collections.vehicles, entry.id, JSON.stringify({ entry, enteredBy }));
        if (change.routes) store.put(collections.fleet, "routes", JSON.stringify({ routes: change.routes, enteredBy }));
        if (change.daysOff)
          store.put(collections.fleet, "daysOff", JSON.stringify({ daysOff: change.daysOff, enteredBy }));
      });
      return ok(undefined);
    },
    learn(id, name, value, from, nowMs) {
      if (!fleet.vehicles.has(id) || !Number.isFinite(value)) return;
      const facts = learned.get(id) ?? {};
      const before = facts[name];
      const same =
        before !== undefined &&
        before.from === from &&
        Math.abs(value - before.value) <= learnedShare * Math.abs(before.value);
      if (same && nowMs - before.atMs < learnedFreshMs) return;
      learned.set(id, { ...facts, [name]: { value, from, atMs: nowMs } });
      if (!same) version++;
      store.put(collections.learned, id, JSON.stringify(learned.get(id)));
    },
    sentence:
      unreadable > 0 ? `${unreadable} entries of vehicles can't be read and don't count. Enter them again.` : "",
  };
}

const indexOf = ({ vehicles }: Fleet): Map<string, string> =>
  new Map(
    [...vehicles.values()].flatMap(({ entry }) =>
      identifiersOf(entry).map((identifier) => [identifierKey(identifier), entry.id] as const),
    ),
  );

const whichRow = (entry: VehicleEntry, list: "weekly" | "exceptions", at: number): string =>
  list === "weekly" ? `, departure at ${entry.weekly[at]?.leavesAt}:` : `, on ${entry.exceptions[at]?.date}:`;

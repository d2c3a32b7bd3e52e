/** Settings of vehicles: who they are, what they can take, when they leave and what they need then. */
import { z } from "zod";
import { dayOfDate, minutesOf } from "../../domain/fleet/timetable.ts";
import {
  type identifierKinds,
  impossibleNeed,
  priorities,
  type Route,
  sharedIdentifiers,
  type VehicleEntry,
  weekdays,
} from "../../domain/fleet/vehicles.ts";
import { choice, group, number, text } from "../setting.ts";

/** Most vehicles of a site: several shifts of the largest one. */
export const vehiclesMax = 500;
/** Most routes. */
const routesMax = 200;
const weeklyMax = 28;
const exceptionsMax = 400;
const daysOffMax = 400;
const identifiersMax = 8;

/** Numbers of people, and what addresses may hold. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const id = (sentence: string, example: string) =>
  text({ sentence: `${sentence} Letters, digits, dots, dashes.`, maxLength: 40, pattern: idPattern, example });

const time = (sentence: string) =>
  z
    .string({ error: "must be a time of day, for example 05:30" })
    .refine((value) => !Number.isNaN(minutesOf(value)), "must be a time of day from 00:00 to 23:59, for example 05:30")
    .meta({ sentence, example: "05:30" });
const date = (sentence: string) =>
  z
    .string({ error: "must be a date, for example 2026-12-24" })
    .refine((value) => !Number.isNaN(dayOfDate(value)), "must be a date that exists, for example 2026-12-24")
    .meta({ sentence, example: "2026-12-24" });

const needSettings = {
  route: text({ sentence: "Id of the route; it says the energy.", maxLength: 40, example: "7" }).optional(),
  needPct: number({ sentence: "State of charge needed.", unit: "%", min: 1, max: 100 }).optional(),
  needWh: number({ sentence: "Energy needed in the battery.", unit: "Wh", min: 1, max: 10_000_000 }).optional(),
  priority: z
    .union(
      priorities.map((value) => z.literal(value)),
      { error: "must be 1, 2 or 3" },
    )
    .optional()
    .meta({ sentence: "1 is served before 2, and 2 before 3, where not all can be; 2 unless said." }),
};

/** One weekly departure. */
export const weeklySettings = group(
  {
    days: z
      .array(choice(weekdays, { sentence: "A day of the week." }), { error: "must be a list of days" })
      .min(1, "must name at least one day")
      .max(7, "must name at most seven days"),
    leavesAt: time("When it leaves, local time."),
    backAt: time("When it is back, local time; on the next day where that is not later.").optional(),
    ...needSettings,
  },
  "A departure that comes every week.",
);

/** One exception. */
export const exceptionSettings = group(
  {
    date: date("On this date the weekly pattern does not hold."),
    leavesAt: time("When it leaves; without it the vehicle stays.").nullable().optional(),
    backAt: time("When it is back.").optional(),
    ...needSettings,
    reason: text({ sentence: "Why.", maxLength: 200, example: "School trip" }).optional(),
  },
  "A date on which a vehicle leaves otherwise.",
);

const identifierList = (sentence: string, example: string) =>
  z
    .array(text({ sentence, maxLength: 255, example }))
    .max(identifiersMax, `must list at most ${identifiersMax}`)
    .default([]);

/** One vehicle. */
export const vehicleSettings = group(
  {
    id: id("What it is known by in files and addresses.", "bus-104"),
    name: text({ sentence: "What people call it.", maxLength: 60, example: "Bus 104" }),
    evccIds: identifierList("Id of its communication controller, as it tells by ISO 15118.", "0A1B2C3D4E5F"),
    macs: identifierList("MAC address that it has on the charging cable.", "0a:1b:2c:3d:4e:5f"),
    emaIds: identifierList("Its contract, as Plug & Charge tells it.", "DE-ISL-C12345678-9"),
    idTokens: identifierList("A token by which the backend knows it.", "BUS104"),
    rfids: identifierList("Number of its card.", "04A2B3C4D5E680"),
    capacityWh: number({ sentence: "Capacity of the battery.", unit: "Wh", min: 100, max: 10_000_000 }).optional(),
    chargeEfficiencyPct: number({
      sentence: "From the charger to the battery.",
      unit: "%",
      min: 50,
      max: 100,
    }).optional(),
    dischargeEfficiencyPct: number({
      sentence: "From the battery to the charger.",
      unit: "%",
      min: 50,
      max: 100,
    }).optional(),
    minChargeW: number({ sentence: "Smallest power that it takes.", unit: "W", min: 0, max: 5_000_000 }).optional(),
    maxChargeW: number({
      sentence: "Largest power that it takes; plans count on no more.",
      unit: "W",
      min: 0,
      max: 5_000_000,
    }).optional(),
    maxDischargeW: number({
      sentence: "Largest power that it gives; plans ask for no more.",
      unit: "W",
      min: 0,
      max: 5_000_000,
    }).optional(),
    bidirectional: z
      .boolean({ error: "must be true or false" })
      .optional()
      .meta({ sentence: "Whether plans may discharge it; unless said, what vehicle and charger can do." }),
    taperFromPct: number({ sentence: "From here on its battery takes less.", unit: "%", min: 1, max: 100 }).optional(),
    taperFullW: number({ sentence: "What it still takes when full.", unit: "W", min: 0, max: 5_000_000 }).optional(),
    wearPerKWh: number({
      sentence: "What a kWh given back costs in wear, in the tariff's currency.",
      min: 0,
      max: 10,
    }).optional(),
    minPct: number({ sentence: "Never planned below.", unit: "%", min: 0, max: 90 }).optional(),
    maxPct: number({
      sentence: "Charged up to this where nobody asks for more.",
      unit: "%",
      min: 10,
      max: 100,
    }).optional(),
    reservePct: number({
      sentence: "Kept in the battery; raises the charger's own reserve.",
      unit: "%",
      min: 0,
      max: 100,
    }).optional(),
    weekly: z.array(weeklySettings).max(weeklyMax, `must list at most ${weeklyMax} departures`).default([]),
    exceptions: z.array(exceptionSettings).max(exceptionsMax, `must list at most ${exceptionsMax} dates`).default([]),
  },
  "A vehicle.",
);

/** One route. */
export const routeSettings = group(
  {
    id: id("What timetables call it.", "7"),
    name: text({ sentence: "What people call it.", maxLength: 60, example: "Route 7, Harbour" }),
    energyWh: number({ sentence: "Energy from leaving to being back.", unit: "Wh", min: 1, max: 10_000_000 }),
  },
  "A route with the energy that it takes.",
);

/** A date on which no weekly departure holds. */
export const dayOffSettings = group(
  { date: date("The date."), name: text({ sentence: "What people call it.", maxLength: 80, example: "Christmas" }) },
  "A day without weekly departures.",
);

export const fleetSettings = {
  vehicles: z.array(vehicleSettings).max(vehiclesMax, `must list at most ${vehiclesMax} vehicles`).default([]),
  routes: z.array(routeSettings).max(routesMax, `must list at most ${routesMax} routes`).default([]),
  daysOff: z.array(dayOffSettings).max(daysOffMax, `must list at most ${daysOffMax} days`).default([]),
};

/** Something wrong between settings of vehicles. */
export interface FleetComplaint {
  readonly path: readonly PropertyKey[];
  readonly complaint: string;
}

/** Says that a name of `kind` is used twice. */
function doubles(list: string, ids: readonly string[]): FleetComplaint[] {
  return ids.flatMap((one, index) =>
    ids.indexOf(one) < index
      ? [{ path: [list, index, "id"], complaint: `is used twice: also by ${list}[${ids.indexOf(one)}]` }]
      : [],
  );
}

/** What the settings of vehicles demand of each other: each id and identifier once, every need possible. */
export function fleetChecks(vehicles: readonly VehicleEntry[], routes: readonly Route[]): FleetComplaint[] {
  const byId = new Map(routes.map((route) => [route.id, route]));
  const complaints = [
    ...doubles(
      "vehicles",
      vehicles.map(({ id }) => id),
    ),
    ...doubles(
      "routes",
      routes.map(({ id }) => id),
    ),
  ];
  for (const { identifier, ids } of sharedIdentifiers(vehicles)) {
    const last = vehicles.findLastIndex(({ id }) => ids.includes(id));
    complaints.push({
      path: ["vehicles", last],
      complaint: `has the ${identifierWords[identifier.kind]} ${identifier.value}, which ${ids.filter((one) => one !== vehicles[last]!.id).join(" and ")} has too: nobody could tell them apart`,
    });
  }
  vehicles.forEach((vehicle, index) => {
    const { minPct = 0, maxPct = 100 } = vehicle;
    if (minPct >= maxPct)
      complaints.push({ path: ["vehicles", index, "minPct"], complaint: `must be below maxPct, ${maxPct} %` });
    for (const list of ["weekly", "exceptions"] as const) {
      vehicle[list].forEach((row, at) => {
        const why = impossibleNeed(row, vehicle, vehicle.capacityWh ?? Number.NaN, byId);
        if (why !== "") complaints.push({ path: ["vehicles", index, list, at], complaint: why });
      });
    }
  });
  return complaints;
}

/** Kinds of identifiers as people say them. */
const identifierWords: Readonly<Record<(typeof identifierKinds)[number], string>> = {
  evccId: "EVCC id",
  mac: "MAC address",
  emaId: "contract",
  idToken: "token",
  rfid: "card",
};

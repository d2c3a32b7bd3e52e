/** Vehicles and timetable in the JSON API: shapes and routes. Moments are ms UTC, null where nobody has said. */
import { z } from "zod";
import {
  dayOffSettings,
  exceptionSettings,
  routeSettings,
  vehicleSettings,
  vehiclesMax,
  weeklySettings,
} from "../../config/site/fleet.ts";
import { identifierKinds, learnedFrom, learnedNames } from "../../domain/fleet/vehicles.ts";
import { type ApiRoute, done, refused, stale } from "../server/api-route.ts";

/** Longest span that one question about departures may have, ms. */
const spanMaxMs = 40 * 24 * 3_600_000;

const needSchema = z.object({
  departsAtMs: z.number().nullable(),
  neededWh: z.number().nullable(),
  priority: z.number().int(),
  from: z.enum(["person", "iso15118", "ocpp", "timetable"]),
  label: z.string(),
});
const entered = z.object({ by: z.string(), atMs: z.number(), reason: z.string() });
const learned = z.object({ value: z.number(), from: z.enum(learnedFrom), atMs: z.number() });
const knownBy = z.enum(["person", "iso15118", "card", "place"]);

const vehicleAnswer = vehicleSettings.extend({
  /** Null: the configuration. */
  enteredBy: entered.nullable(),
  learned: z.partialRecord(z.enum(learnedNames), learned),
  /** Where it is plugged in. */
  at: z
    .object({ evse: z.number().int(), knownBy: knownBy.nullable(), sinceMs: z.number(), need: needSchema.nullable() })
    .nullable(),
  /** Its next departure by the timetable. */
  next: z
    .object({ leavesAtMs: z.number(), backAtMs: z.number().nullable(), neededWh: z.number().nullable() })
    .nullable(),
});
const vehiclesAnswer = z.object({
  version: z.number().int(),
  vehicles: z.array(vehicleAnswer),
  routes: z.array(routeSettings),
  daysOff: z.array(dayOffSettings),
  /** Identifiers that were told and belong to no vehicle. */
  strangers: z.array(
    z.object({ evse: z.number().int(), kind: z.enum(identifierKinds), value: z.string(), atMs: z.number() }),
  ),
});
export type VehiclesAnswer = z.input<typeof vehiclesAnswer>;

const why = z.string().min(1).max(200).meta({ description: "Why, for the audit log." });
/** Given, and not the present one: somebody has changed something since it was read. */
const version = z.number().int().optional();
export const vehiclesBody = z.object({
  put: z.array(vehicleSettings).max(vehiclesMax).default([]),
  remove: z.array(z.string().max(40)).max(vehiclesMax).default([]),
  routes: z.array(routeSettings).max(200).optional(),
  daysOff: z.array(dayOffSettings).max(400).optional(),
  version,
  reason: why,
});
export const timetableBody = z.object({
  vehicleId: z.string().max(40),
  weekly: z.array(weeklySettings).max(28).optional(),
  exceptions: z.array(exceptionSettings).max(400).optional(),
  version,
  reason: why,
});
export const assignBody = z.object({
  evse: z.number().int().min(1),
  vehicleId: z.string().max(40).nullable(),
  reason: why,
});
export const timetableQuery = z
  .object({ fromMs: z.coerce.number().int(), untilMs: z.coerce.number().int() })
  .refine(
    ({ fromMs, untilMs }) => untilMs > fromMs && untilMs - fromMs <= spanMaxMs,
    "must be a span of at most 40 days",
  );

const timetableAnswer = z.object({
  version: z.number().int(),
  timeZone: z.string(),
  departures: z.array(
    z.object({
      vehicleId: z.string(),
      name: z.string(),
      date: z.string(),
      leavesAtMs: z.number(),
      backAtMs: z.number().nullable(),
      neededWh: z.number().nullable(),
      route: z.string().nullable(),
      priority: z.number().int(),
      by: z.enum(["weekly", "exception"]),
      note: z.string(),
    }),
  ),
  /** What is unusual about days of this span, in words: clock changes, days off. */
  notes: z.array(z.string()),
});
export type TimetableAnswer = z.input<typeof timetableAnswer>;

export const previewBody = z.object({
  kind: z.enum(["vehicles-csv", "timetable-csv", "calendar"]),
  text: z
    .string()
    .min(1)
    .max(512 * 1024),
});
export const takeBody = z.object({
  previewId: z.string().max(40),
  /** Lines to take; all good ones unless said. */
  rows: z.array(z.number().int()).max(20_000).optional(),
  reason: why,
});
const previewAnswer = z.object({
  previewId: z.string(),
  /** In the order of the file. */
  rows: z.array(
    z.object({
      /** Line of the file. */
      n: z.number().int(),
      state: z.enum(["new", "changed", "same", "broken"]),
      what: z.string(),
      /** What is wrong, and what to write instead; "" for good rows. */
      sentence: z.string(),
    }),
  ),
  /** Columns as they were understood; "" for those that were not. */
  columns: z.array(z.object({ name: z.string(), as: z.string() })),
  effect: z.object({ added: z.number(), changed: z.number(), same: z.number(), broken: z.number() }),
  notes: z.array(z.string()),
});
export type PreviewAnswer = z.input<typeof previewAnswer>;

/** Larger bodies than elsewhere: whole timetables, bytes. */
const importMaxBytes = 600 * 1024;

export const vehicleRoutes = [
  {
    id: "vehicles",
    method: "GET",
    path: "/api/v1/vehicles",
    access: "viewer",
    summary: "The site’s vehicles as entered and as learned, where each is, and its next departure.",
    answers: { "200": { description: "The vehicles.", schema: vehiclesAnswer } },
  },
  {
    id: "changeVehicles",
    method: "POST",
    path: "/api/v1/vehicles",
    access: "operator",
    summary: "Adds, changes and removes vehicles, routes and days off; all of it or nothing.",
    body: vehiclesBody,
    bodyMaxBytes: importMaxBytes,
    answers: { "200": done, "400": refused, "403": refused, "412": stale },
  },
  {
    id: "assignVehicle",
    method: "POST",
    path: "/api/v1/vehicles/assign",
    access: "operator",
    summary: "Says which vehicle is plugged in at an EVSE; null takes it back.",
    body: assignBody,
    answers: { "200": done, "400": refused, "403": refused },
  },
  {
    id: "timetable",
    method: "GET",
    path: "/api/v1/timetable",
    access: "viewer",
    summary: "Departures of a span of time, by weekly pattern and exceptions.",
    query: timetableQuery,
    answers: { "200": { description: "The departures.", schema: timetableAnswer }, "400": refused },
  },
  {
    id: "changeTimetable",
    method: "POST",
    path: "/api/v1/timetable",
    access: "operator",
    summary: "Changes the weekly pattern or the exceptions of one vehicle.",
    body: timetableBody,
    answers: { "200": done, "400": refused, "403": refused, "412": stale },
  },
  {
    id: "previewImport",
    method: "POST",
    path: "/api/v1/timetable/preview",
    access: "operator",
    summary:
      "Reads vehicles or departures from CSV or iCalendar and says what each line would change. Changes nothing.",
    body: previewBody,
    bodyMaxBytes: importMaxBytes,
    answers: { "200": { description: "Line by line.", schema: previewAnswer }, "400": refused, "403": refused },
  },
  {
    id: "takeImport",
    method: "POST",
    path: "/api/v1/timetable/import",
    access: "operator",
    summary: "Takes the good rows of a preview over.",
    body: takeBody,
    answers: { "200": done, "400": refused, "403": refused, "412": stale },
  },
] as const satisfies readonly ApiRoute[];

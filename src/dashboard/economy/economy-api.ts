/**
 * Energy, cost and grid events in the JSON API: shapes and routes. Energy is Wh, money the tariff's currency before taxes; null is
 * what nobody knows. A quarter of an hour that was not measured is no zero: it is missing, and counted in `gaps`.
 */
import { z } from "zod";
import { type ApiRoute, done, refused } from "../server/api-route.ts";

const maybe = z.number().nullable();
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date such as 2026-07-13");

const energySchema = z.object({
  gridWh: z.number(),
  pvWh: z.number(),
  vehiclesOutWh: z.number(),
  buildingWh: z.number(),
  vehiclesInWh: z.number(),
  exportedWh: z.number(),
  /** What came in and is in no sum of what went out. */
  unaccountedWh: z.number(),
});
export type EnergyBalance = z.infer<typeof energySchema>;

const vehicleRow = z.object({
  name: z.string(),
  inWh: z.number(),
  outWh: z.number(),
  /** Of its last stay that ended in this time. */
  leftWithPct: maybe,
  leftAtMs: maybe,
  /** At the price of its quarters; null without a tariff. */
  energy: maybe,
  energyAtOnce: maybe,
  wear: maybe,
});

const dayAnswer = z.object({
  date,
  startsAtMs: z.number(),
  endsAtMs: z.number(),
  currency: z.string().nullable(),
  /** The first and the last day on record. */
  recordFrom: z.string(),
  recordTo: z.string(),
  quarters: z.array(
    z.object({
      startsAtMs: z.number(),
      importWh: z.number(),
      exportWh: z.number(),
      pvWh: z.number(),
      inWh: z.number(),
      outWh: z.number(),
      estimated: z.boolean(),
    }),
  ),
  /** Quarters until now, or of the day, that were not measured. */
  gaps: z.number().int(),
  energy: energySchema,
  peak: z.object({ powerW: z.number(), atMs: z.number() }).nullable(),
  vehicles: z.array(vehicleRow),
  chargers: z.array(z.object({ name: z.string(), inWh: z.number(), outWh: z.number(), pluggedMs: z.number() })),
  money: z
    .object({
      energy: z.number(),
      energyAtOnce: z.number(),
      demandRise: z.number(),
      demandRiseAtOnce: z.number(),
      wear: z.number(),
      saved: z.number(),
    })
    .nullable(),
});
export type DayAnswer = z.input<typeof dayAnswer>;

const billSchema = z.object({
  energy: z.number(),
  exported: z.number(),
  demand: z.array(
    z.object({ id: z.string(), peakW: z.number(), billedW: z.number(), atMs: maybe, amount: z.number() }),
  ),
  total: z.number(),
  unpriced: z.number().int(),
});
const monthAnswer = z.object({
  /** First and last day of the billing month. */
  from: date,
  to: date,
  recordFrom: z.string(),
  recordTo: z.string(),
  currency: z.string().nullable(),
  tariff: z.string().nullable(),
  energy: energySchema,
  gaps: z.number().int(),
  days: z.array(z.object({ date, energy: energySchema, saved: maybe })),
  vehicles: z.array(vehicleRow),
  money: z
    .object({
      measured: billSchema,
      atOnce: billSchema,
      wear: z.number(),
      eventPay: z.number(),
      /** Energy that vehicles would have lacked, and what it would have cost: put on the bill at once. */
      missingWh: z.number(),
      missing: z.number(),
      saved: z.number(),
      /** Energy cost that no vehicle has. */
      building: z.number(),
    })
    .nullable(),
});
export type MonthAnswer = z.input<typeof monthAnswer>;

const eventSchema = z.object({
  id: z.string(),
  programme: z.string(),
  state: z.enum(["offered", "committed", "declined", "running", "over"]),
  fromMs: z.number(),
  toMs: z.number(),
  askedW: z.number(),
  answerByMs: z.number(),
  committedW: maybe,
  answeredBy: z.string().nullable(),
  payPerKWh: z.number(),
  penaltyPerKWh: z.number(),
  /** Mean of the baseline; null where there is none yet. */
  baselineW: maybe,
  baseline: z.string(),
  deliveredWh: maybe,
  committedWh: maybe,
  payment: maybe,
});
const gridEventsAnswer = z.object({ currency: z.string().nullable(), events: z.array(eventSchema) });
export type GridEventsAnswer = z.input<typeof gridEventsAnswer>;

export const dayQuery = z.object({ date: date.optional() });
export const offerBody = z.object({
  programme: z.string().min(1).max(80),
  fromMs: z.number(),
  toMs: z.number(),
  askedW: z.number(),
  answerByMs: z.number(),
  payPerKWh: z.number().min(0).max(100),
  penaltyPerKWh: z.number().min(0).max(100),
});
export const answerBody = z.object({ id: z.string().max(60), committedW: z.number().min(0) });

export const economyRoutes = [
  {
    id: "energyDay",
    method: "GET",
    path: "/api/v1/energy/day",
    access: "viewer",
    summary: "Energy and cost of a local day, by quarter, vehicle and charger; today without a date.",
    query: dayQuery,
    answers: { "200": { description: "The day.", schema: dayAnswer }, "400": refused, "404": refused },
  },
  {
    id: "energyMonth",
    method: "GET",
    path: "/api/v1/energy/month",
    access: "viewer",
    summary: "Bill and saving of the billing month in which a date lies; this one without a date.",
    query: dayQuery,
    answers: { "200": { description: "The month.", schema: monthAnswer }, "400": refused, "404": refused },
  },
  {
    id: "gridEvents",
    method: "GET",
    path: "/api/v1/grid-events",
    access: "viewer",
    summary: "Grid events: offered, committed, running and past, with baseline and payment.",
    answers: { "200": { description: "The events.", schema: gridEventsAnswer } },
  },
  {
    id: "offerGridEvent",
    method: "POST",
    path: "/api/v1/grid-events",
    access: "operator",
    summary: "Enters a grid event. Nothing is committed by it.",
    body: offerBody,
    answers: { "200": done, "400": refused, "403": refused },
  },
  {
    id: "answerGridEvent",
    method: "POST",
    path: "/api/v1/grid-events/answer",
    access: "operator",
    summary: "Commits to a grid event, or declines it with 0 W.",
    body: answerBody,
    answers: { "200": done, "400": refused, "403": refused },
  },
] as const satisfies readonly ApiRoute[];

/**
 * Plan and readiness in the JSON API: shapes and routes. Power is W, positive from the grid to the vehicle; energy is Wh in the
 * battery; moments are ms UTC; null is what nobody knows. A plan's slots are equal; the first one may have begun.
 */
import { z } from "zod";
import { type ApiRoute, refused } from "../server/api-route.ts";

const watts = z.array(z.number());
const moment = z.number();
const maybe = z.number().nullable();

/** What a vehicle does for a time, and why. */
const runSchema = z.object({
  fromMs: moment,
  untilMs: moment,
  powerW: z.number(),
  /** In the battery at its end. */
  endWh: z.number(),
  reason: z.string(),
  sentence: z.string(),
});

const plannedVehicle = z.object({
  evse: z.number().int(),
  vehicleId: z.string().nullable(),
  name: z.string(),
  /** It is not here yet: when it is expected. */
  arrivesAtMs: maybe,
  departsAtMs: maybe,
  neededWh: maybe,
  capacityWh: maybe,
  /** Runs of equal slots, in their order; empty where it is not planned. */
  runs: z.array(runSchema),
  /** What it does now and why, as one sentence. */
  now: z.string(),
  /** Why it is not planned; "" when it is. */
  unplanned: z.string(),
});

/** Sum of the errors over the sum of what was measured, %. */
const forecastError = z.object({ hourAheadPct: z.number(), dayAheadPct: z.number() }).nullable();

const planAnswer = z.object({
  /** `none`: there is no plan yet. `greedy`: without optimisation, `fallback` says why. */
  method: z.enum(["linear-programme", "greedy", "none"]),
  fallback: z.string(),
  /** Counts plans; a "what if" names the plan that it is about. */
  version: z.number().int(),
  madeAtMs: maybe,
  ageMs: maybe,
  /** The plan in force asks the chargers; false: it has lapsed, and each charger goes by itself. */
  inForce: z.boolean(),
  startsAtMs: maybe,
  slotMs: z.number(),
  slots: z.number().int(),
  currency: z.string(),
  importPerKWh: z.array(z.number()),
  exportPerKWh: z.array(z.number()),
  /** Slots from the first on whose price is known. */
  knownPriceSlots: z.number().int(),
  loadW: watts,
  pvW: watts,
  vehiclesW: watts,
  netW: watts,
  /** Import that the plan counts on, slot by slot. */
  gridCapW: watts,
  importLimitW: maybe,
  exportLimitW: watts,
  /** What load and PV rest on: feed, similar-days, clear-sky, flat, unknown. */
  basis: z.object({ load: z.string(), pv: z.string(), prices: z.string() }),
  /** How wrong such forecasts were here over the last two weeks; null before that was measured. */
  errors: z.object({ load: forecastError, pv: forecastError }),
  vehicles: z.array(plannedVehicle),
  cost: z.object({
    energy: z.number(),
    demand: z.number(),
    wear: z.number(),
    events: z.number(),
    total: z.number(),
    /** The same vehicles charged at once under the same import limit; null where that would leave more energy missing. */
    atOnce: maybe,
  }),
  /** What was wrong with what the plan rests on, and how it was mended. */
  faults: z.array(z.object({ where: z.string(), sentence: z.string() })),
  /** One sentence for people: how the plan was made and what it rests on. */
  sentence: z.string(),
});
export type PlanAnswer = z.input<typeof planAnswer>;

/** ready: has what it needs. on-the-way: will have it. tight: with less than a slot to spare. short: won't. missed: should have left. */
const readinessStates = ["ready", "on-the-way", "tight", "short", "missed", "away", "unknown"] as const;

const changeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("departure"), evse: z.number().int().min(1), departsAtMs: moment }),
  z.object({ kind: z.literal("need"), evse: z.number().int().min(1), neededPct: z.number().min(0).max(100) }),
  z.object({ kind: z.literal("priority"), evse: z.number().int().min(1), priority: z.number().int().min(1).max(3) }),
  z.object({ kind: z.literal("charge-now"), evse: z.number().int().min(1) }),
  z.object({ kind: z.literal("stop"), evse: z.number().int().min(1) }),
  z.object({ kind: z.literal("resume"), evse: z.number().int().min(1) }),
  z.object({ kind: z.literal("import-limit"), limitW: z.number().min(0) }),
  z.object({ kind: z.literal("backend-limit"), evse: z.number().int().min(1) }),
  z.object({ kind: z.literal("reserve"), reservePct: z.number().min(0).max(100) }),
]);

const remedySchema = z.object({
  id: z.string(),
  /** What to do: "Leave at 06:15". */
  label: z.string(),
  /** What it does and costs: "Bus 110 has 95 %; 20 of 20 ready; +3.20". */
  sentence: z.string(),
  change: changeSchema,
  forecastWh: maybe,
  readyCount: z.number().int(),
  /** More than the plan in force costs, in the tariff's currency; null where no price is known. */
  costDelta: maybe,
  /** The action that does it, for `/api/v1/actions`; null where somebody else has to. */
  action: z.object({ action: z.string(), values: z.record(z.string(), z.union([z.number(), z.string()])) }).nullable(),
});

const readyVehicle = z.object({
  vehicleId: z.string().nullable(),
  name: z.string(),
  evse: z.number().int().nullable(),
  state: z.enum(readinessStates),
  departsAtMs: maybe,
  /** What it has, needs, and will have at departure. */
  socPct: maybe,
  neededPct: maybe,
  neededWh: maybe,
  forecastPct: maybe,
  missingWh: z.number(),
  readyAtMs: maybe,
  /** Time to spare before departure. */
  marginMs: maybe,
  priority: z.number().int(),
  /** What is in the way, as a key and a sentence; null where nothing is. */
  cause: z.object({ key: z.string(), sentence: z.string() }).nullable(),
  /** Since when it is known that it will miss. */
  knownSinceMs: maybe,
  remedies: z.array(remedySchema),
  /** Remedies are being worked out. */
  remediesPending: z.boolean(),
});

const readinessAnswer = z.object({
  atMs: moment,
  planAtMs: maybe,
  /** Of the departures of the next 24 hours. */
  ready: z.object({ count: z.number().int(), of: z.number().int(), byAtMs: maybe, lastReadyAtMs: maybe }),
  /** "18 of 20 will be ready. Bus 110 in Bay 7 will have 86 % of 95 % at 05:30." */
  sentence: z.string(),
  /** Those that need a person first, then by departure. */
  vehicles: z.array(readyVehicle),
  outage: z.object({
    /** Hours of tier 1 that the vehicles hold now, hours that are wanted, and until when. */
    runwayH: maybe,
    wantedH: maybe,
    /** By the plan, in steps of an hour: the least of the hour, while the vehicles come and go; empty where no plan says so. */
    ahead: z.array(z.object({ fromMs: moment, hours: z.number() })),
    warning: z
      .object({ untilMs: moment, hours: z.number(), by: z.string(), reason: z.string(), readyAtMs: maybe })
      .nullable(),
    sentence: z.string(),
  }),
});
export type ReadinessAnswer = z.input<typeof readinessAnswer>;

export const tryBody = z.object({ changes: z.array(changeSchema).min(1).max(8) });
const tryAnswer = z.object({
  /** Version of the plan that it was compared with. */
  planVersion: z.number().int(),
  tookMs: z.number(),
  costNow: z.number(),
  costAfter: z.number(),
  readyNow: z.number().int(),
  readyAfter: z.number().int(),
  of: z.number().int(),
  /** What of each vehicle changes: percent at departure, now and after. */
  rows: z.array(
    z.object({
      evse: z.number().int(),
      name: z.string(),
      nowPct: maybe,
      afterPct: maybe,
      readyAfter: z.boolean(),
      same: z.boolean(),
    }),
  ),
  sentence: z.string(),
});
export type TryAnswer = z.input<typeof tryAnswer>;

export const whyQuery = z.object({ evse: z.coerce.number().int().min(1), atMs: z.coerce.number() });
const whyAnswer = z.object({
  /** Version of the plan that it is about. */
  planVersion: z.number().int(),
  evse: z.number().int(),
  name: z.string(),
  fromMs: moment,
  untilMs: moment,
  powerW: z.number(),
  /** What has to be gone for this slot to be otherwise; several: all of them together. */
  reasons: z.array(z.object({ key: z.string(), name: z.string(), sentence: z.string() })),
  /** The day was planned again without them, and this slot changed. */
  proven: z.boolean(),
});
export type WhyAnswer = z.input<typeof whyAnswer>;

export const planRoutes = [
  {
    id: "plan",
    method: "GET",
    path: "/api/v1/plan",
    access: "viewer",
    summary: "The plan in force: what every vehicle does when and why, with prices, limits and cost.",
    answers: { "200": { description: "The plan.", schema: planAnswer } },
  },
  {
    id: "whySlot",
    method: "GET",
    path: "/api/v1/plan/why",
    access: "viewer",
    summary: "Why the plan has a charger do at a moment what it does, proven by planning the day without it.",
    query: whyQuery,
    answers: { "200": { description: "The reason.", schema: whyAnswer }, "400": refused },
  },
  {
    id: "readiness",
    method: "GET",
    path: "/api/v1/readiness",
    access: "viewer",
    summary: "Which vehicles will be ready, which won’t and why, and what would help.",
    answers: { "200": { description: "Readiness.", schema: readinessAnswer } },
  },
  {
    id: "tryPlan",
    method: "POST",
    path: "/api/v1/plan/try",
    access: "operator",
    summary: "What a change would do to the plan. Changes nothing.",
    body: tryBody,
    answers: { "200": { description: "Before and after.", schema: tryAnswer }, "400": refused, "403": refused },
  },
] as const satisfies readonly ApiRoute[];

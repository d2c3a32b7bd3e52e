/**
 * What a site tells its fleet, and what it is answered. One value for each message: the types, the checks on both sides and the
 * JSON Schemas in `docs/fleet/schemas` come from it. Powers are W, positive from the grid; energies Wh; moments `…AtMs`, ms UTC.
 * Unknown members are ignored, so that a newer site is understood as far as it can be; null is what is not known now.
 */
import { z } from "zod";
import { askedPlacesMax, hash, headSchema } from "./heads.ts";
import { siteIdPattern } from "./subjects.ts";

const site = z.string().regex(siteIdPattern);
const atMs = z.int().min(0).max(8.64e15);
const watts = z.number().nullable();
const words = (max: number) => z.string().max(max);
const head = z.object({ records: z.int().min(0), hash });

/** Most things that need a person that are told at once. */
export const needsMax = 20;
/** Most standing leases of one site. */
export const leasesMax = 16;
/** A lease's name: given once by the fleet. */
export const leaseId = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/);

const leaseStates = ["accepted", "running", "waiting", "refused", "expired", "withdrawn", "ended", "done"] as const;
/** What has become of a lease: the first three are on the way, the others are its last word. */
export type LeaseState = (typeof leaseStates)[number];

/** A site that needs longer to follow is asked no sooner than this, ms. */
const rampMaxMs = 30_000;

/**
 * What a site could give or take if it were asked now, within its permit, its limits, its reserve and what departures need. An
 * estimate: what it does in the end is the site's own word.
 */
const offerSchema = z.object({
  /** Magnitudes, W. */
  dischargeW: z.number().min(0),
  chargeW: z.number().min(0),
  /** Within an hour, Wh. */
  dischargeWh: z.number().min(0),
  chargeWh: z.number().min(0),
  /** Until when it stands: a departure ends it. */
  untilMs: atMs,
  /** From what the vehicles do by themselves to all of it, ms: it is asked so much sooner. */
  rampMs: z.number().min(0).max(rampMaxMs).optional(),
});
export type SiteOffer = z.output<typeof offerSchema>;

/** A site now: once a minute, and at once when mode, sentence or what needs a person has changed. */
export const stateSchema = z.object({
  schema: z.literal("islet-fleet-state-1"),
  site,
  atMs,
  name: words(80),
  mode: words(40),
  level: z.enum(["normal", "attention", "critical"]).catch("attention"),
  /** The sentence that stands on the site's own page. */
  sentence: words(1_000),
  pccW: watts,
  importLimitW: watts,
  exportLimitW: watts,
  chargersW: watts,
  evses: z.int().min(0),
  connected: z.int().min(0),
  energyAboveReserveWh: watts,
  /** How long the first tier could be fed. */
  runwayH: z.number().nullable(),
  /** Vehicles that will be ready at their departure, of those that have one; null without departures. */
  ready: z.object({ count: z.int().min(0), of: z.int().min(0) }).nullable(),
  needs: z.array(z.object({ key: words(80), sentence: words(1_000), atMs })).max(needsMax),
  permit: z.object({ reference: words(120), utility: words(120), untilMs: atMs, covered: z.boolean() }).nullable(),
  audit: head,
  version: words(40),
  /** Fleet's clock less the site's, ms; null before they have compared. */
  clockOffsetMs: z.number().nullable(),
  /** Records that wait to be stored. */
  waiting: z.int().min(0),
  leases: z.array(z.object({ id: leaseId, state: z.enum(leaseStates) })).max(leasesMax),
  /** Null where it offers nothing or does not know. */
  offer: offerSchema.nullable().default(null),
});

/** What the chargers do: each five seconds while a lease for power stands. */
export const powerSchema = z.object({
  schema: z.literal("islet-fleet-power-1"),
  site,
  atMs,
  chargersW: watts,
});
export type PowerMessage = z.output<typeof powerSchema>;

/** What the fleet shows of a site. */
export type SiteMessage = z.output<typeof stateSchema>;

/** Something that happened. */
const eventSchema = z.object({
  schema: z.literal("islet-fleet-event-1"),
  key: words(80),
  sentence: words(1_000),
  severity: z.enum(["info", "warning", "critical"]),
  needsPerson: z.boolean(),
});

/** What has become of a lease. */
export const receiptSchema = z.object({
  schema: z.literal("islet-fleet-receipt-1"),
  leaseId,
  version: z.int().min(0),
  state: z.enum(leaseStates),
  /** Stable key of why; "" where there is nothing to explain. */
  reason: words(80),
  sentence: words(400),
  todo: words(400),
  /** What the chargers do of it just now, W; null where nobody knows. */
  givenW: watts,
  /** Of a lease for the site's power that is over: energy of the chargers while it ran, Wh; null where it is not known. */
  givenWh: z.number().nullable().default(null),
  audit: head,
});

/** What a site does about a release: the first six are on the way, of the others only `stays` may be followed by `returning`. */
const releaseStates = [
  ...(["waiting", "fetching", "installing", "restarting", "trial", "returning"] as const),
  ...(["stays", "returned", "failed", "refused", "withdrawn"] as const),
] as const;
export type ReleaseState = (typeof releaseStates)[number];

/** What has become of a release at a site. */
const releaseNewsSchema = z.object({
  schema: z.literal("islet-fleet-release-news-1"),
  releaseId: leaseId,
  state: z.enum(releaseStates),
  sentence: words(400),
  /** The version that runs. */
  islet: words(40),
});
export type ReleaseNews = z.output<typeof releaseNewsSchema>;

/** A quarter-hour of the site's energy account, as the site has sealed it; the members that the fleet sums. */
export const energySchema = z.looseObject({
  format: z.literal("islet-fleet-energy-1"),
  site: z.string().max(80),
  sequence: z.int().min(1),
  fromMs: atMs,
  toMs: atMs,
  flows: z.record(z.string(), z.record(z.string(), z.int().min(0))),
  origins: z.record(z.string(), z.record(z.string(), z.int().min(0))),
  estimatedMWh: z.int().min(0),
  prev: hash,
  hash,
});

/** The site's name for a process whose numbers are its own: numbers are never used twice, also not by a store that was put back. */
const epochPattern = /^[a-z0-9-]{4,40}$/;

/** A record on its way: kept by the site until the fleet says that its database has it. */
export const recordSchema = z.object({
  schema: z.literal("islet-fleet-record-1"),
  site,
  epoch: z.string().regex(epochPattern),
  sequence: z.int().min(1),
  atMs,
  body: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("event"), event: eventSchema }),
    z.object({ kind: z.literal("receipt"), receipt: receiptSchema }),
    z.object({ kind: z.literal("head"), head: headSchema }),
    z.object({ kind: z.literal("energy"), row: energySchema }),
    z.object({ kind: z.literal("release"), release: releaseNewsSchema }),
  ]),
});

/** A record as the site keeps it. */
export type FleetRecord = z.output<typeof recordSchema>;
export type RecordBody = FleetRecord["body"];

/** Records that are committed in the fleet's database: the site forgets them. */
export const storedSchema = z.object({
  schema: z.literal("islet-fleet-stored-1"),
  epoch: z.string().regex(epochPattern),
  sequences: z.array(z.int().min(1)).max(500),
});

/** Asked on each connect: what both speak, and how far apart the clocks are. */
export const helloSchema = z.object({
  schema: z.literal("islet-fleet-hello-1"),
  site,
  boot: words(40),
  version: words(40),
});
/** Its answer. */
export const helloAnswerSchema = z.object({
  schema: z.literal("islet-fleet-hello-answer-1"),
  atMs,
  /**
   * Heads that no later one has shown to stand in the same log, by how many records they had: the site's next head tells what stands
   * there. Left out where the fleet can't look just now: as before.
   */
  places: z.array(z.int().min(0)).max(askedPlacesMax).optional(),
});

/**
 * What the dashboard is told about the site: the contract between the controller and everything that shows it (page,
 * terminal, metrics, API). Only facts: sentences are made from them by `view.ts`. Powers keep the core's sign, positive
 * from the grid towards the vehicle; a magnitude is called a limit or a rating. Moments are `…AtMs`, milliseconds of
 * UTC; `null` means not known or not applicable. The schema is the value, the type is inferred from it, and the API
 * description is printed from it.
 */
import { z } from "zod";
import { stageFacts } from "../domain/facts.table.ts";
import { type ShownName, shownNames } from "../domain/facts.ts";
import { type LimitSource, limitSources } from "../domain/limit-sources.ts";
import { modeNames, roleNames, serviceModes, transferCommandNames } from "../domain/modes.ts";
import { qualityNames } from "../domain/quality.ts";
import { type ReasonKey, reasonKeys } from "../domain/reasons.ts";
import { type EventKey, eventKeys, type SentenceKey, sentenceKeys } from "../domain/words.ts";

const number = z.number();
const maybeNumber = z.number().nullable();
const atMs = z.number().describe("Moment, milliseconds of UTC.");
const maybeAtMs = atMs.nullable();
const text = z.string().max(400);

/** The values that fill a sentence; the unit is the end of the name, as everywhere. */
const values = z.record(z.string(), z.union([z.number(), z.string().max(400)]));

/** A sentence of the table in `domain/words.table.ts`, with what fills it. */
const sentenceSchema = z.object({
  key: z.enum(sentenceKeys as [SentenceKey, ...SentenceKey[]]),
  values: values.optional(),
});

const reasonKey = z.enum(reasonKeys as [ReasonKey, ...ReasonKey[]]);
const eventKey = z.enum(eventKeys as [EventKey, ...EventKey[]]);
const contact = z.enum(["open", "closed", "unknown"]);

/** What may be said of a measured value: as it is now, as it was, nothing. */
const knowledgeNames = ["live", "old", "unknown"] as const;
const known = z
  .object({
    state: z.enum(knowledgeNames),
    ageMs: maybeNumber.describe("Since the value was of its moment; null when it never was."),
  })
  .describe("Whether the values beside it are live, old, or not known. Only live ones enter totals.");

const site = z.object({
  name: text,
  place: text.describe("Where it is and what its service is, in a few words."),
  timeZone: z.string().max(60).describe("IANA name; clock times are shown in it."),
  onSite: z.boolean().describe("A person has proven to be there: the key switch at the transfer device is turned."),
  demo: z.boolean().describe("A simulated site: the page says so."),
});

const wait = z.object({
  startedAtMs: atMs,
  endsAtMs: atMs,
});

const mode = z.object({
  mode: z.enum(modeNames),
  sinceMs: atMs,
  wait: wait.nullable().describe("The enter-service delay or ramp that runs."),
  seamless: z
    .object({ leaving: z.boolean(), returning: z.boolean() })
    .describe(
      "Whether loads stay fed when the site leaves the grid as planned, and when it returns: stages and K1 can.",
    ),
  missing: z
    .object({ device: text, why: z.enum(["silent", "frozen", "never", "stalled", "unmeasured"]), ageMs: maybeNumber })
    .nullable()
    .describe(
      "While the site has no feedback or is not yet known: what it waits for. `stalled` is the controller itself.",
    ),
  cause: sentenceSchema.nullable().describe("What led to this mode, where the facts do not tell by themselves."),
});

const grid = z.object({
  voltagePu: maybeNumber,
  frequencyHz: maybeNumber,
  good: z.boolean().describe("Both voltmeters call it good, within the enter-service window."),
  sinceMs: maybeAtMs.describe("Since when it is good, or not."),
  known,
});

const profile = z.object({
  name: text.describe("Grid profile in force."),
  delayS: number,
  rampS: number,
  returnS: number.describe("How long the grid must be good before an island returns."),
  minVoltagePu: number,
  maxVoltagePu: number,
  minFrequencyHz: number,
  maxFrequencyHz: number,
});

const k1 = z.object({
  present: z.boolean().describe("Without one the site is joined to the grid for good."),
  powerW: maybeNumber.describe(
    "Through K1, positive towards the site bus: worked out from what hangs on the bus. Null while any of it is not known.",
  ),
  no: contact.describe("Position that the normally-open contact reports."),
  nc: contact.describe("Position that the normally-closed contact reports."),
  command: z.enum(transferCommandNames),
  commandAtMs: maybeAtMs,
  travelLimitS: number,
  agreeSinceMs: maybeAtMs,
  quality: z.enum(qualityNames),
  trace: z
    .object({ commandAtMs: atMs, noMovedAtMs: maybeAtMs, ncMovedAtMs: maybeAtMs })
    .nullable()
    .describe("When each contact followed the last command; null where it did not."),
});

const bus = z.object({
  voltageV: maybeNumber,
  frequencyHz: maybeNumber,
  live: z.boolean().nullable().describe("Null: not known. Treat it as live."),
  known,
});

const tier = z.object({
  name: text,
  what: text.describe("What it feeds, in a few words."),
  loadW: maybeNumber.describe("Measured while fed."),
  expectedW: maybeNumber.describe("What it would take if it were fed."),
  state: z
    .enum(["on", "shed", "dead", "unknown"])
    .describe("Unknown: switched on, and nothing tells whether there is voltage."),
  known,
  sinceMs: maybeAtMs,
  returnsAtMs: maybeAtMs,
  runwayH: maybeNumber.describe("How long this tier and those above it could be fed with every reserve kept."),
});

const pv = z.object({
  powerW: number.describe("Positive is production."),
  ratedW: maybeNumber.describe("As configured."),
  curtailedW: number.describe("Production held back."),
  waitsUntilMs: maybeAtMs,
});

const trend = z.object({
  quantity: z.enum(["pccW", "islandFrequencyHz", "gridVoltagePu"]),
  startsAtMs: atMs,
  stepMs: number,
  samples: z.array(maybeNumber).max(600),
  lowLimit: maybeNumber,
  highLimit: maybeNumber,
});

const limit = z.object({
  reason: reasonKey,
  source: z.enum(limitSources as [LimitSource, ...LimitSource[]]),
  minW: maybeNumber,
  maxW: maybeNumber,
  binds: z.boolean(),
  headroomW: maybeNumber.describe("Distance between the setpoint and this limit on the side of the request."),
  ageMs: maybeNumber,
  by: text.optional().describe("Which connected system it is of."),
});

/** What a power stage tells and everybody may see, by the table of facts; null while it is not known. */
const shownFacts = Object.fromEntries(
  shownNames(stageFacts).map((name) => [name, maybeNumber.describe(stageFacts[name].sentence)]),
) as Record<ShownName<typeof stageFacts>, typeof maybeNumber>;

const evse = z.object({
  evse: z.number().int().min(1),
  connected: z.boolean(),
  vehicle: text.nullable(),
  ...shownFacts,
  reservePct: number,
  targetPct: maybeNumber,
  departsAtMs: maybeAtMs,
  forecastPct: maybeNumber.describe("State of charge at departure by the present plan."),
  ratedW: number,
  canDischarge: z.boolean(),
  functionsDiffer: text
    .nullable()
    .optional()
    .describe("What of the power stage's grid functions differs from the profile; null when they agree."),
  dischargeEnabled: z.boolean(),
  paused: z.boolean(),
  link: z
    .object({
      listens: z.boolean(),
      /** What listens for vehicles, or why nothing does. */
      sentence: text,
      session: z
        .object({
          protocol: text,
          vehicle: text,
          phase: text,
          bidirectional: z.boolean(),
          noDischarge: text,
          waits: text.optional().describe("For whom or what it waits; empty while energy may flow freely."),
        })
        .nullable(),
      last: z
        .object({ protocol: text, vehicle: text, atMs, sentence: text, inOrder: z.boolean() })
        .nullable()
        .optional()
        .describe("The session that ended last there, and how."),
    })
    .nullable()
    .optional()
    .describe("Where the controller itself speaks with vehicles: its listener and the session; null elsewhere."),
  role: z.enum(roleNames),
  setpointW: number,
  powerW: maybeNumber.describe("Measured, last known where `known` says old."),
  known,
  held: z
    .object({ level: z.enum(["discharging", "everything"]), by: text, atMs, reason: text })
    .nullable()
    .describe("A person has paused or stopped this EVSE."),
  chargeNow: z.boolean().describe("A person wants it charged up to its target now."),
  priority: z.number().int().min(1).max(3).describe("1 is served before 2 where not all can be."),
  missed: z
    .boolean()
    .describe("Its departure is past, it is still here and below its target: it is charged first and gives nothing."),
  backendMaxW: maybeNumber.describe("Cap of the backend on charging, W; null without one."),
  requestedW: number,
  requestedBy: text.nullable().optional().describe("Whose request it is, where a backend or a connected system asks."),
  /** Why the plan asks for it; null where no plan does. */
  planSentence: z.string().nullable(),
  requestSource: z.enum(["none", "backend", "schedule", "operator", "departure", "local", "external", "plan"]),
  limits: z.array(limit).max(20).describe("In the order in which they were applied; the last that binds decides."),
  leaseExpiresMs: maybeNumber.describe("Remaining life of the setpoint unless it is renewed."),
  plan: z.array(z.object({ startsAtMs: atMs, powerW: number })).max(200),
  fault: z.object({ key: eventKey, values: values.optional() }).nullable(),
});

const measuredAndPlanned = z.object({
  measured: z.array(maybeNumber).max(100),
  planned: z.array(maybeNumber).max(100),
});

const day = z.object({
  startsAtMs: atMs.describe("Local midnight."),
  stepMs: number,
  loadW: measuredAndPlanned,
  pvW: measuredAndPlanned.nullable(),
  pccW: measuredAndPlanned,
  vehiclesW: measuredAndPlanned,
  limits: z.array(z.object({ fromMs: atMs, toMs: atMs, maxImportW: maybeNumber, maxExportW: maybeNumber })).max(100),
  prices: z.array(z.object({ fromMs: atMs, toMs: atMs, perKWh: number, currency: z.string().max(8) })).max(100),
  outages: z.array(z.object({ fromMs: atMs, toMs: maybeAtMs })).max(50),
  basis: z
    .object({
      load: z.enum(["yesterday", "none"]).describe("Where planned load and PV come from."),
      plannedVehicles: z.number().int().describe("Vehicles whose departure is known, and with it their plan."),
      connectedVehicles: z.number().int(),
    })
    .optional()
    .describe("What the plan rests on."),
});

const island = z.object({
  energyAboveReserveWh: number,
  forming: z.array(z.object({ evse: number, powerW: number })).max(100),
  wouldForm: z.array(number).max(100).describe("EVSEs that would form an island if the grid failed now."),
  darkS: maybeNumber.describe("How long the loads would be, or were, without power."),
  handover: z.object({ vehicle: text, from: text, atMs }).nullable(),
  startsLeft: number,
  startsMax: number,
  sinceMs: maybeAtMs,
});

export const eventSchema = z.object({
  id: z.string().max(80),
  atMs,
  key: eventKey,
  values: values.optional(),
  severity: z.enum(["record", "notice", "warning", "critical"]),
  needsPerson: z.boolean(),
  active: z.boolean().describe("Its cause is still there."),
  repeats: z
    .object({ count: z.number().int(), firstAtMs: atMs })
    .optional()
    .describe("It came and went: how often, and since when. `atMs` is the latest."),
  acknowledged: z.object({ by: text, atMs }).nullable(),
});

const health = z.object({
  loop: z.object({
    periodMs: number,
    lateP99Ms: number,
    lateP999Ms: number,
    lateMaxMs: number,
    cycleP99Ms: number,
    cycles: number,
    missed: number,
    stalls: number.describe(
      "How often the controller itself stood still since its start; no device is to blame for that.",
    ),
    stalledMs: number,
    stallLongestMs: number,
    fifo: z.boolean(),
  }),
  meterAgeMs: maybeNumber,
  meterQuality: z.enum(qualityNames),
  k1AgeMs: maybeNumber,
  devices: z
    .array(
      z.object({
        name: text,
        kind: text,
        ageMs: maybeNumber,
        powerW: maybeNumber.describe(
          "Of a meter that is only watched, or is part of a sum: its power as it counts it, up to 2 s old; null for others.",
        ),
        state: z
          .enum(["answers", "frozen", "silent", "unverified"])
          .describe("Frozen: it answers and its own clock stands. Silent: no answer now. Unverified: not yet checked."),
        fault: z.object({ sentence: text, clears: text }).nullable(),
        latencyP50Ms: maybeNumber.describe("Half of its replies came within this time; null before the first."),
        latencyP99Ms: maybeNumber,
        errors: z
          .record(text, number)
          .describe("How often each fault has happened since the start, by its name; none is left out."),
      }),
    )
    .max(200),
  owed: z.array(text).max(20).describe("What is in force and could not be written to disk yet."),
  backend: z.object({ state: z.enum(["connected", "offline", "none"]), sinceMs: maybeAtMs, latencyMs: maybeNumber }),
  links: z
    .array(z.object({ name: text, connected: z.boolean(), sentence: text }))
    .max(20)
    .optional()
    .describe("Links to systems outside; the sentence says why the other side is not reached."),
  journalEntries: number.describe("Transaction messages that wait for the backend."),
  certificates: z.array(z.object({ name: text, expiresAtMs: atMs })).max(50),
  clockOffsetMs: maybeNumber.describe("Known error of the clock; null when it is not synchronized."),
  recorderDays: maybeNumber,
  auxBatteryS: maybeNumber.describe("How long the auxiliary battery carries the controller; null while not on it."),
});

/** What backend and connected systems have asked and what becomes of it. */
export const askState = z.object({
  link: z.enum(["backend", "csip", "openadr", "eebus", "sunspec", "api", "mqtt", "fleet"]),
  asker: text,
  kind: z.enum(["request", "cap"]),
  what: text,
  evse: z.number().int().min(0).describe("0: the site."),
  value: number,
  atMs,
  untilMs: maybeAtMs.describe("When it ends by itself; null where it does not."),
  state: z.enum(["in-force", "waiting", "limited", "fail-safe"]),
  givenW: maybeNumber.describe("What the chargers do of a request now, W."),
  reason: text,
  sentence: text,
  todo: text.describe("First step to take."),
});

const limitInForce = z.object({
  id: z.enum([
    "exportLimitW",
    "importLimitW",
    "demandLimitW",
    "chargeLimitW",
    "dischargeLimitW",
    "backupLimitW",
    "reservePct",
    "enterServiceDelayS",
  ]),
  value: number,
  by: z.enum(["permit", "no-permit", "service", "rating", "operator", "backend", "link", "profile", "installer"]),
  detail: text.describe("Number of the permit, name of the profile; may be empty."),
  untilMs: maybeAtMs,
  backTo: maybeNumber.optional().describe("What the person who tightened it may go back to without anybody's leave."),
});

const permit = z.object({
  mode: z.enum(serviceModes),
  reference: text,
  utility: text,
  grantedAtMs: atMs,
  validUntilMs: maybeAtMs,
  revoked: z.boolean(),
  exportLimitW: number,
  covers: text.describe("Equipment and firmware that it covers."),
  installedFirmware: text,
  covered: z.boolean().nullable().describe("Null while no power stage has said who it is."),
});

const change = z.object({ atMs, what: sentenceSchema, by: text, version: maybeNumber });

const ledger = z.object({
  count: z.number().int().describe("Exceedances on record."),
  tooMany: z.boolean().describe("Alarm: too many that count within the window."),
  tooLong: z.boolean().describe("Alarm: one lasted too long."),
});

const promise = z
  .object({
    backMs: number.describe("Back under the limit within this time after the largest step of the load."),
    peakW: number,
    energyWh: number,
    meterMs: number.describe("Until the meter has shown the step."),
    commandMs: number.describe("Until the command moves the stages."),
    responseMs: number.describe("Until the slowest stage is down."),
  })
  .describe("What a limit is worth: how long and how far it is exceeded at most.");

const pccRecord = z
  .object({
    exports: ledger,
    imports: ledger,
    recent: z
      .array(
        z.object({
          side: z.enum(["export", "import"]),
          sequence: z.number().int(),
          atMs: maybeAtMs,
          peakOverW: number.describe("Largest power beyond the limit."),
          limitW: maybeNumber,
          durationMs: number,
          energyWh: number,
          cause: z.string().max(40),
        }),
      )
      .max(20)
      .describe("Newest first."),
    passport: z
      .object({
        count: z.number().int(),
        p50Ms: maybeNumber,
        p99Ms: maybeNumber,
        longestMs: number,
        promisedMs: number,
        lateCount: z.number().int().describe("Recoveries that took longer than promised."),
      })
      .describe("Recoveries from load steps as measured in operation."),
    promise: z
      .object({
        exports: promise.nullable(),
        imports: promise,
        found: z
          .object({
            exports: promise.nullable(),
            imports: promise,
            promisedMs: number.describe("Recovery that the site promises."),
            kept: z.boolean().describe("False: the promise does not hold with meter and stages as found."),
            because: z.string().max(200).describe("What is later than configured, and by how much."),
          })
          .nullish()
          .describe("The same by what the control has found while it runs; null while all is as configured."),
      })
      .optional()
      .describe("Computed from meter and stages as configured; null where the site can't give power back."),
    relay: z.enum(["", "reverse-power", "minimum-import", "relay"]).describe("What has latched discharging off."),
  })
  .describe("What is on record of exports and imports beyond their limit.");

export const siteStateSchema = z.object({
  schema: z.literal(1),
  sequence: z.number().int().describe("Advances with every published state."),
  atMs,
  site,
  mode,
  grid,
  profile,
  pccW: maybeNumber.describe("Last known where `pccKnown` says old; null where it is not known."),
  pccKnown: known,
  buildingW: maybeNumber.describe(
    "What the building takes before K1, less any PV there: power at the PCC less power through K1. Null while either is not known.",
  ),
  importLimitW: maybeNumber.describe("In force, magnitude."),
  exportLimitW: maybeNumber.describe("In force, magnitude; 0 permits no export."),
  k1,
  bus,
  tiers: z.array(tier).max(16),
  pv: pv.nullable(),
  trend,
  evses: z.array(evse).max(100),
  day,
  island,
  events: z.array(eventSchema).max(200).describe("Newest first."),
  limits: z.array(limitInForce).max(20),
  asks: z.array(askState).max(100).optional().describe("What connected systems and the backend ask."),
  fleet: z
    .object({ offUntilMs: number.nullable().describe("Until then no order of the fleet is heeded, ms UTC.") })
    .nullable()
    .optional()
    .describe("The fleet that the site belongs to; null without one."),
  permit: permit.nullable(),
  history: z.array(change).max(100).describe("Changes of limits and permit, newest first."),
  health,
  pccRecord: pccRecord.optional(),
  energy: z
    .object({ importedWh: number, exportedWh: number })
    .optional()
    .describe("At the point of common coupling since the controller started, summed up from live power."),
});

export type SiteState = z.infer<typeof siteStateSchema>;
export type Known = z.infer<typeof known>;
export type EvseState = SiteState["evses"][number];
export type LimitState = EvseState["limits"][number];
export type TierState = SiteState["tiers"][number];
export type EventState = SiteState["events"][number];
export type DayState = SiteState["day"];
export type TrendState = SiteState["trend"];
export type Sentence = z.infer<typeof sentenceSchema>;

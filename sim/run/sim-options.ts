/**
 * The `sim` section of a site's configuration: what the simulator should pretend. The controller never reads it. With the site
 * itself (ratings, addresses, tiers) it makes a world.
 */
import { z } from "zod";
import { placedSentence } from "../../src/config/issue-words.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { meterWindowMs } from "../../src/core/core-config.ts";
import { transferDeviceKinds } from "../../src/core/modes/transfer-device.ts";
import { err, ok, type Result } from "../../src/domain/result.ts";
import { stageBreach, stageBreaches } from "../peers/stage-breaches.table.ts";
import { mcsPort, type PortConfig, usualPort } from "../plant/stage/vehicle-port.ts";
import type { TransferDeviceConfig } from "../plant/transfer-device.ts";
import { Random } from "../random.ts";
import { officeLoad, pvShare } from "../site-data.ts";
import { homeTruck, listedForClosedTransition, schoolBus, type WorldConfig, worldFor } from "../world-config.ts";
import { sessionSchema } from "./session-schema.ts";

const share = z.number().min(0).max(1);

const vehicleOptions = z.strictObject({
  /** Counts from 1. */
  evse: z.int().min(1).max(100),
  kind: z.enum(["bus", "truck"]).default("bus"),
  socPct: z.number().min(0).max(100).optional(),
  capacityWh: z.number().min(1_000).max(2_000_000).optional(),
  bidirectional: z.boolean().default(true),
  /** How it speaks with the charger, at a place whose vehicle link has a port. */
  session: sessionSchema.optional(),
});

/** `-C`: the current of conductor C, turned round. */
const inputOf = (text: string): { conductor: number; sign: 1 | -1 } => ({
  conductor: "ABC".indexOf(text.at(-1)!),
  sign: text.startsWith("-") ? -1 : 1,
});

const simOptionsSchema = z.strictObject({
  /** Seed of everything that is random. */
  seed: z.int().min(0).max(0x7fff_ffff).default(1),
  /** Local time at the start; the data reach from 1 to 30 June 2006. */
  startsAt: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$/, "must be like 2006-06-14 15:30")
    .default("2006-06-14 15:30"),
  building: z
    .strictObject({
      data: z.enum(["office", "none"]).default("office"),
      scale: z.number().min(0).max(1_000).default(1),
      motorW: z.number().min(0).max(1_000_000).default(0),
      motorStartsPerHour: z.number().min(0).max(1_000).default(20),
    })
    .prefault({}),
  pv: z
    .array(
      z.strictObject({ ratedW: z.number().min(1).max(100_000_000), side: z.enum(["grid", "bus"]).default("grid") }),
    )
    .max(4)
    .default([]),
  vehicles: z.array(vehicleOptions).max(100).default([]),
  /** K1's mirror contact wired into the stages' gates, and the relay 25/27 into its close coil. */
  gateInterlock: z.boolean().default(false),
  closeInterlock: z.boolean().default(false),
  meterNoise: share.max(0.05).default(0.001),
  /** What the meter truly is, where it differs from what the site's settings say of it. */
  meter: z
    .strictObject({
      updateMs: z.number().min(5).max(5_000).optional(),
      windowMs: z.number().min(0).max(60_000).optional(),
      latencyMs: z.number().min(0).max(5_000).optional(),
      jitterMs: z.number().min(0).max(5_000).optional(),
      resolutionW: z.number().min(0.1).max(1_000_000).optional(),
      lossShare: share.optional(),
      /** Whose current each input has, `-` where it is turned round: `A,-C,B`. */
      wiring: z
        .string()
        .regex(/^-?[ABC](,-?[ABC])*$/, "must be like A,-C,B")
        .transform((text) => text.split(",").map(inputOf))
        .optional(),
    })
    .prefault({}),
  /** The same for every power stage. */
  stages: z
    .strictObject({
      responseMs: z.number().min(1).max(30_000).optional(),
      deadTimeMs: z.number().min(0).max(30_000).optional(),
      commandPeriodMs: z.number().min(0).max(60_000).optional(),
      slewPctPerS: z.number().min(0.1).max(100_000).optional(),
    })
    .prefault({}),
  /** Power stages whose firmware breaks one duty of the contract each, to try `islet verify-device` on. */
  breaches: z
    .array(
      z.strictObject({
        /** Counts from 1. */
        evse: z.int().min(1).max(100),
        breach: z.string().refine((id) => stageBreach(id) !== undefined, {
          error: `must be one of ${stageBreaches.map(({ id }) => id).join(", ")}`,
        }),
      }),
    )
    .max(100)
    .default([]),
  /** Whether the utility lets the site discharge in parallel, for the simulator's own judgement; as the service mode says. */
  mayDischarge: z.boolean().optional(),
  /** Enter-service delay of the stages' own firmware, s. */
  stageEnterServiceS: z.number().min(0).max(600).default(300),
});

export type SimOptions = z.infer<typeof simOptionsSchema>;

/** The options, or a sentence for each setting that is wrong. */
export function parseSimOptions(raw: unknown): Result<SimOptions, readonly string[]> {
  const parsed = simOptionsSchema.safeParse(raw ?? {});
  if (parsed.success) return ok(parsed.data);
  return err(parsed.error.issues.map((issue) => `sim.${placedSentence(issue, "all")}`));
}

const phaseCount = { single: 1, split: 2, three: 3 } as const;

/** A world with the ratings, tiers and meter of a configured site. */
export function worldForSite(site: SiteConfig, options: SimOptions): WorldConfig {
  const stageW = site.evses.map(({ maxChargeW, maxDischargeW }) => Math.max(maxChargeW, maxDischargeW, 1));
  const random = new Random(options.seed).stream("vehicles");
  const vehicles = stageW.map((_, i) => {
    const wanted = options.vehicles.find(({ evse }) => evse === i + 1);
    if (wanted === undefined) return undefined;
    const base = wanted.kind === "truck" ? homeTruck : schoolBus;
    return {
      ...base,
      bidirectional: wanted.bidirectional,
      capacityWh: wanted.capacityWh ?? base.capacityWh,
      socPct: wanted.socPct ?? random.between(60, 90),
    };
  });
  const { meter } = site.pcc;
  let ratedW = 0;
  for (const powerW of stageW) ratedW += powerW;
  const truly = options.meter;
  const updateMs = truly.updateMs ?? meter.updateMs;
  const windowMs = Math.max(1, Math.round((truly.windowMs ?? meterWindowMs(meter)) / updateMs)) * updateMs;
  const { responseMs, deadTimeMs, commandPeriodMs, slewPctPerS } = options.stages;
  return worldFor({
    seed: options.seed,
    startsAt: options.startsAt,
    stageW,
    nominalVoltageV: site.site.nominalVoltageV,
    nominalFrequencyHz: Number(site.site.nominalFrequencyHz),
    phases: phaseCount[site.site.phases],
    stage: (index) => ({
      watchdogS: site.loop.watchdogS,
      gateInterlock: options.gateInterlock,
      enterServiceDelayS: options.stageEnterServiceS,
      port: portOf(site, index),
      ...(responseMs !== undefined && { tauMs: responseMs }),
      ...(deadTimeMs !== undefined && { deadTimeMs }),
      ...(commandPeriodMs !== undefined && { commandPeriodMs }),
      ...(slewPctPerS !== undefined && { slewWPerS: (slewPctPerS / 100) * stageW[index]! }),
    }),
    meter: {
      updateMs,
      windowMs,
      latencyMs: truly.latencyMs ?? meter.latencyMs,
      ...(truly.jitterMs !== undefined && { jitterMs: truly.jitterMs }),
      ...(truly.resolutionW !== undefined && { lsbW: truly.resolutionW }),
      ...(truly.lossShare !== undefined && { lossShare: truly.lossShare }),
      noise: options.meterNoise,
      rangeW: Math.max(ratedW, site.pcc.importLimitW),
    },
    transferDevice: transferDeviceOf(site, options),
    building: {
      demand: options.building.data === "office" ? officeLoad() : undefined,
      scale: options.building.scale,
      motorW: options.building.motorW,
      motorStartsPerHour: options.building.motorW > 0 ? options.building.motorStartsPerHour : 0,
    },
    tiers: site.tiers.map(({ name, loadW, inrushFactor }) => ({ name, loadW, inrush: inrushFactor })),
    pvs: options.pv.map(({ ratedW: pvW, side }) => ({ ratedW: pvW, side, sun: pvShare() })),
    vehicles,
  });
}

/** Where the controller speaks with vehicles, the stage has a port that its sessions drive. */
function portOf({ evses, site }: SiteConfig, index: number): PortConfig | undefined {
  const link = evses[index]!.vehicleLink;
  if (link === undefined) return undefined;
  const phaseV = site.phases === "three" ? site.nominalVoltageV / Math.sqrt(3) : site.nominalVoltageV;
  if (link.connector === "mcs") return mcsPort;
  return link.connector === "dc" ? usualPort : { ...usualPort, acV: phaseV };
}

/** As the site's settings list it: one that may close in synchronism brings the relay and the timer that it is listed with. */
function transferDeviceOf({ transferDevice }: SiteConfig, options: SimOptions): Partial<TransferDeviceConfig> {
  if (transferDevice === undefined) return { closeInterlock: options.closeInterlock };
  const { travelMs, kind } = transferDevice;
  const listed = transferDeviceKinds[kind].closedTransition;
  const random = new Random(options.seed).stream("travel");
  return {
    openTravelMs: travelMs * random.between(0.4, 0.9),
    closeTravelMs: travelMs * random.between(0.4, 0.9),
    closeInterlock: options.closeInterlock,
    ...(listed && listedForClosedTransition),
  };
}

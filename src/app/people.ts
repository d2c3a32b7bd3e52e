/**
 * What people have asked for and what stands until they ask otherwise: tightened limits, reserves, departures, stopped or
 * paused EVSEs, shed tiers, discharging that an installer has enabled. Each with who, when and why; in force at
 * once and kept in the store, so that a restart forgets nothing. Only this file writes these inputs of the control thread.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SiteConfig } from "../config/site.ts";
import type { SiteFacts } from "../core/snapshot.ts";
import type { EvseInputs } from "./control/shared/inputs.ts";
import { writeWhole } from "./store/files.ts";
import type { Store } from "./store/store.ts";

/** What can be asked for. Those of one EVSE carry its number, those of the site 0. */
const requestNames = [
  /** Largest import, W: tightens the configured one. */
  "demandLimitW",
  /** Largest export, W: tightens what permit and configuration give. */
  "exportLimitW",
  /** Tiers that an island may feed, from the first. Forgotten with the island. */
  "tiersFedMax",
  /** State of charge kept in the vehicle, percent: raises the configured one. */
  "reservePct",
  /** When the vehicle leaves, ms UTC, and what it needs then, percent. Forgotten with the vehicle. */
  "departsAtMs",
  "targetPct",
  /** 1 to 3: 1 is served before 2 where not all can be. 1: it is charged up to its target now. Forgotten with the vehicle. */
  "priority",
  "chargeNow",
  /** 1: no discharging; 2: no power at all. */
  "held",
  /** 1: an installer has enabled discharging. */
  "dischargeEnabled",
  /** Until then no order of a fleet is heeded, ms UTC. */
  "fleetOffUntilMs",
] as const;
export type RequestName = (typeof requestNames)[number];

export const held = { discharging: 1, everything: 2 } as const;

const requestSchema = z.object({
  value: z.number(),
  by: z.string().max(80),
  atMs: z.number(),
  reason: z.string().max(400),
  /** Asked by a system over a link, not by a person: it may be taken back by the same one. */
  link: z.string().max(20).optional(),
  /** What stood before this person's own changes: so far the same person may go back without anybody's leave. */
  before: z.number().optional(),
});
export type PersonsRequest = z.infer<typeof requestSchema>;

export interface People {
  get(name: RequestName, evse: number): PersonsRequest | undefined;
  /** In force when it returns; and stored, or owed to a disk that refuses. */
  ask(name: RequestName, evse: number, request: PersonsRequest): void;
  /** Out of force when it returns; and forgotten on disk, or owed. What it was. */
  forget(name: RequestName, evse: number): PersonsRequest | undefined;
  /** What the vehicle at an EVSE needs by its timetable or its own word, where no person has said so later. */
  vehicle(evse: number, needs: VehicleNeeds): void;
  /** What could not be read at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
  stop(): void;
}

/** Needs of the vehicle at an EVSE; NaN where nobody has said. */
export interface VehicleNeeds {
  /** Raises the EVSE's reserve. */
  readonly reservePct: number;
  readonly departsAtMs: number;
  readonly targetPct: number;
}

interface Inputs {
  readonly evses: readonly EvseInputs[];
  readonly site: SiteFacts;
  flush(): void;
}

const collection = "people";
const keyOf = (name: RequestName, evse: number): string => `${name}/${evse}`;

/**
 * Reads what stands and puts it into force. `copyFile`: holds the same once more, for a store that was damaged: a cap that a
 * person has set must not be lost with it.
 */
export function openPeople(config: SiteConfig, store: Store, inputs: Inputs, copyFile?: string): People {
  const standing = new Map<string, PersonsRequest>();
  const copy = copyFile === undefined ? null : openCopy(copyFile);
  let unreadable = 0;
  const stored = store.entries(collection);
  const useCopy = stored.length === 0 && store.sentence !== "" && copy !== null;
  const copied = useCopy ? copy.read() : null;
  for (const { key, value } of copied?.entries ?? stored) {
    const request = readRequest(value);
    if (request) standing.set(key, request);
    else unreadable++;
  }
  const get = (name: RequestName, evse: number): PersonsRequest | undefined => standing.get(keyOf(name, evse));

  const needs: VehicleNeeds[] = config.evses.map(() => ({
    reservePct: 0,
    departsAtMs: Number.NaN,
    targetPct: Number.NaN,
  }));
  const apply = (): void => {
    const { site, evses } = inputs;
    site.operatorImportLimitW = get("demandLimitW", 0)?.value ?? Number.POSITIVE_INFINITY;
    site.operatorExportLimitW = get("exportLimitW", 0)?.value ?? Number.POSITIVE_INFINITY;
    site.tiersFedMax = get("tiersFedMax", 0)?.value ?? Number.POSITIVE_INFINITY;
    evses.forEach((evse, i) => {
      const { reservePct, dischargeEnabled, maxDischargeW } = config.evses[i]!;
      const stopped = get("held", i + 1)?.value ?? 0;
      const own = needs[i]!;
      evse.reservePct = Math.max(reservePct, own.reservePct, get("reservePct", i + 1)?.value ?? 0);
      const saidByVehicle = Number.isFinite(own.departsAtMs) || Number.isFinite(own.targetPct);
      evse.departsAtMs = saidByVehicle ? own.departsAtMs : (get("departsAtMs", i + 1)?.value ?? Number.NaN);
      evse.targetPct = saidByVehicle ? own.targetPct : (get("targetPct", i + 1)?.value ?? Number.NaN);
      evse.chargeNow = get("chargeNow", i + 1)?.value === 1;
      evse.operatorMinW = stopped >= held.discharging ? 0 : Number.NEGATIVE_INFINITY;
      evse.operatorMaxW = stopped >= held.everything ? 0 : Number.POSITIVE_INFINITY;
      // Never beyond the configuration's right: a stage without a rating for it has none.
      evse.dischargeEnabled = dischargeEnabled || (maxDischargeW > 0 && get("dischargeEnabled", i + 1)?.value === 1);
    });
    inputs.flush();
  };
  apply();
  if (useCopy) for (const [key, request] of standing) store.put(collection, key, JSON.stringify(request));

  return {
    get,
    ask(name, evse, request) {
      standing.set(keyOf(name, evse), request);
      apply();
      store.put(collection, keyOf(name, evse), JSON.stringify(request));
      copy?.write(standing);
    },
    forget(name, evse) {
      const before = get(name, evse);
      if (before === undefined) return undefined;
      standing.delete(keyOf(name, evse));
      apply();
      store.remove(collection, keyOf(name, evse));
      copy?.write(standing);
      return before;
    },
    vehicle(evse, given) {
      const before = needs[evse - 1];
      if (before === undefined || sameNeeds(before, given)) return;
      needs[evse - 1] = given;
      apply();
    },
    sentence: [
      unreadable > 0 ? `${unreadable} settings of people can't be read and don't count. Set them again.` : "",
      copied && copied.why === "" ? `The settings of people were taken from their copy: ${standing.size} stand.` : "",
      copied && copied.why !== ""
        ? `The copy of the settings of people can't be read either (${copied.why}). None counts. Set them again.`
        : "",
    ]
      .filter(Boolean)
      .join(" "),
    stop: () => copy?.stop(),
  };
}

const sameNeeds = (a: VehicleNeeds, b: VehicleNeeds): boolean =>
  Object.is(a.reservePct, b.reservePct) &&
  Object.is(a.departsAtMs, b.departsAtMs) &&
  (Object.is(a.targetPct, b.targetPct) || Math.abs(a.targetPct - b.targetPct) < targetStepPct);
/** A target that moves by less is the same, percent: capacities are told with noise. */
const targetStepPct = 0.1;

interface Copy {
  /** `why`: why it can't be read; empty when it was read, or when there has never been one. */
  read(): { readonly entries: readonly { readonly key: string; readonly value: string }[]; readonly why: string };
  /** Tried again until the disk takes it. */
  write(standing: ReadonlyMap<string, PersonsRequest>): void;
  stop(): void;
}

/** The copy is written anew this long after the disk has refused it, ms. */
const copyRetryMs = 2_000;

function openCopy(file: string): Copy {
  let owed: string | null = null;
  const settle = (): void => {
    if (owed === null) return;
    try {
      writeWhole(file, owed);
      owed = null;
    } catch {
      // The store says that the disk refuses.
    }
  };
  const retrying = setInterval(settle, copyRetryMs);
  retrying.unref();
  return {
    read() {
      try {
        const entries = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, "utf8")));
        return {
          entries: Object.entries(entries).map(([key, value]) => ({ key, value: JSON.stringify(value) })),
          why: "",
        };
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        return { entries: [], why: code === "ENOENT" ? "" : (message.split("\n")[0] ?? "") };
      }
    },
    write(standing) {
      owed = JSON.stringify(Object.fromEntries(standing));
      settle();
    },
    stop() {
      clearInterval(retrying);
      settle();
    },
  };
}

function readRequest(text: string): PersonsRequest | undefined {
  try {
    return requestSchema.parse(JSON.parse(text));
  } catch {
    // Counted, and said in `sentence`.
    return undefined;
  }
}

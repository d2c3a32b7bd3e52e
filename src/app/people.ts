/**
 * What people have asked for and what stands until they ask otherwise: tightened limits, reserves, departures, stopped or
 * paused EVSEs, shed tiers, discharging that an installer has enabled. Each with who, when and why; kept in the store, so
 * that a restart forgets nothing. Only this file writes these inputs of the control thread.
 */
import { z } from "zod";
import type { SiteConfig } from "../config/site.ts";
import type { SiteFacts } from "../core/snapshot.ts";
import type { EvseInputs } from "./shared/inputs.ts";
import type { Store } from "./store.ts";

/** What can be asked for. Those of one EVSE carry its number, those of the site 0. */
export const wishNames = [
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
  /** 1: no discharging; 2: no power at all. */
  "held",
  /** 1: an installer has enabled discharging. */
  "dischargeEnabled",
] as const;
export type WishName = (typeof wishNames)[number];

export const held = { discharging: 1, everything: 2 } as const;

const wishSchema = z.object({
  value: z.number(),
  by: z.string().max(80),
  atMs: z.number(),
  reason: z.string().max(400),
});
export type PersonsWish = z.infer<typeof wishSchema>;

export interface People {
  get(name: WishName, evse: number): PersonsWish | undefined;
  /** Stored and in force when it returns. */
  ask(name: WishName, evse: number, wish: PersonsWish): void;
  /** Forgotten and out of force when it returns; what it was. */
  forget(name: WishName, evse: number): PersonsWish | undefined;
  /** What could not be read at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
}

interface Inputs {
  readonly evses: readonly EvseInputs[];
  readonly site: SiteFacts;
  flush(): void;
}

const collection = "people";
const keyOf = (name: WishName, evse: number): string => `${name}/${evse}`;

/** Reads what stands and puts it into force. */
export function openPeople(config: SiteConfig, store: Store, inputs: Inputs): People {
  const standing = new Map<string, PersonsWish>();
  let unreadable = 0;
  for (const { key, value } of store.entries(collection)) {
    const wish = readWish(value);
    if (wish) standing.set(key, wish);
    else unreadable++;
  }
  const get = (name: WishName, evse: number): PersonsWish | undefined => standing.get(keyOf(name, evse));

  const apply = (): void => {
    const { site, evses } = inputs;
    site.importLimitW = get("demandLimitW", 0)?.value ?? Number.POSITIVE_INFINITY;
    site.exportLimitW = get("exportLimitW", 0)?.value ?? Number.POSITIVE_INFINITY;
    site.tiersFedMax = get("tiersFedMax", 0)?.value ?? Number.POSITIVE_INFINITY;
    evses.forEach((evse, i) => {
      const { reservePct, dischargeEnabled, maxDischargeW } = config.evses[i]!;
      const stopped = get("held", i + 1)?.value ?? 0;
      evse.reservePct = Math.max(reservePct, get("reservePct", i + 1)?.value ?? 0);
      evse.departsAtMs = get("departsAtMs", i + 1)?.value ?? Number.NaN;
      evse.targetPct = get("targetPct", i + 1)?.value ?? Number.NaN;
      evse.operatorMinW = stopped >= held.discharging ? 0 : Number.NEGATIVE_INFINITY;
      evse.operatorMaxW = stopped >= held.everything ? 0 : Number.POSITIVE_INFINITY;
      // Never beyond the configuration's right: a stage without a rating for it has none.
      evse.dischargeEnabled = dischargeEnabled || (maxDischargeW > 0 && get("dischargeEnabled", i + 1)?.value === 1);
    });
    inputs.flush();
  };
  apply();

  return {
    get,
    ask(name, evse, wish) {
      store.put(collection, keyOf(name, evse), JSON.stringify(wish));
      standing.set(keyOf(name, evse), wish);
      apply();
    },
    forget(name, evse) {
      const before = get(name, evse);
      if (before === undefined) return undefined;
      store.remove(collection, keyOf(name, evse));
      standing.delete(keyOf(name, evse));
      apply();
      return before;
    },
    sentence: unreadable > 0 ? `${unreadable} wishes of people can't be read and don't count. Ask for them again.` : "",
  };
}

function readWish(text: string): PersonsWish | undefined {
  try {
    return wishSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

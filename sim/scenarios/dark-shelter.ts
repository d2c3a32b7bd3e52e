/** The shelter of the stories about black starts: two stages, four tiers, no permit for parallel operation; it differs by seed. */
import type { TierConfig } from "../plant/loads.ts";
import type { StageConfig } from "../plant/stage/stage-config.ts";
import { Random } from "../random.ts";
import type { Site } from "../story/site.ts";
import { allow, busyFieldbus } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

/** The tiers that stories speak of. */
export const pumpsTier = 2;
export const laundryTier = 3;

/** What one story has of its own. */
export interface DarkShelter {
  readonly stage: Partial<StageConfig>;
  readonly pumps: Partial<TierConfig>;
}

export function darkShelterWorld(seed: number, ownOf: (random: Random) => DarkShelter): WorldConfig {
  const random = new Random(seed).stream("story");
  const own = ownOf(random);
  return worldFor({
    seed,
    startsAt: "2006-06-14 10:00",
    stageW: [30_000, 30_000],
    nominalVoltageV: 480,
    phases: 3,
    stage: own.stage,
    meter: { updateMs: 50, windowMs: 50, gridPowered: random.uniform() < 0.5 },
    transferDevice: {
      openTravelMs: random.between(20, 95),
      closeTravelMs: random.between(20, 95),
      contactLagMs: random.between(4, 25),
      voltmeterNoisePu: 0.004,
    },
    building: { motorW: 3_000, motorStartsPerHour: 20 },
    tiers: [
      { name: "Shelter", loadW: 1_000 * random.between(6, 9), inrush: random.between(1.5, 2), wander: 0.03 },
      { name: "Kitchen", loadW: 1_000 * random.between(6, 9), inrush: random.between(2, 3), wander: 0.03 },
      { name: "Pumps", loadW: 9_000, ...own.pumps },
      { name: "Laundry", loadW: 1_000 * random.between(3, 5), inrush: 2 },
    ],
    vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: random.between(60, 95) })),
  });
}

export function darkShelterBegins(site: Site): void {
  const random = site.world.random.stream("habits");
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  site.world.building.hold(1_000 * random.between(0, 40));
  busyFieldbus(site, random.between(0, 8), random.between(0, 0.0005));
}

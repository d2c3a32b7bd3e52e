/** The shelter of the stories about contacts: two stages behind an ordinary transfer switch, whose hardware differs by seed. */
import { Random } from "../random.ts";
import type { Site } from "../story/site.ts";
import { allow } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

export const shelterFile = "sim/scenarios/sites/shelter.yaml";

export function shelterWorld(seed: number): WorldConfig {
  const random = new Random(seed).stream("shelter");
  return worldFor({
    seed,
    startsAt: "2006-06-14 09:45",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    meter: { gridPowered: random.uniform() < 0.5 },
    // With the interlock and without it: the software must not need it for a single fault.
    stage: { gateInterlock: random.uniform() < 0.3 },
    transferDevice: {
      openTravelMs: random.between(15, 95),
      closeTravelMs: random.between(15, 95),
      contactLagMs: random.between(2, 15),
    },
    tiers: [
      { name: "Shelter", loadW: 1_000 * random.between(10, 30), inrush: 2 },
      { name: "Kitchen", loadW: 1_000 * random.between(5, 25), inrush: 3 },
    ],
    vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: random.between(60, 90) })),
  });
}

/** In parallel with the grid and giving power by every second seed, charging without a permit by the others. */
export function shelterBegins(site: Site): void {
  const { station, world } = site;
  const parallel = isParallel(site);
  allow(site, { mode: parallel ? "parallel-non-export" : "non-parallel-backup", exportLimitW: 0 });
  world.building.hold(60_000);
  station.requestAll(parallel ? -15_000 : 10_000);
}

const isParallel = ({ world }: Site): boolean => world.config.seed % 2 === 0;

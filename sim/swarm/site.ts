/**
 * A random site of the kind that people build: how it may run, 1 to 50 chargers of mixed makes, K1, loads behind it, sun, a
 * meter that may be slow. Its configuration is a text as an installer writes it, read by the product's own reader; its
 * hardware is drawn beside it and keeps what the text says of it.
 */
import { checkSiteText, type LoadedSite } from "../../src/app/site/load-config.ts";
import { complaintText } from "../../src/config/parse.ts";
import type { ServiceMode } from "../../src/domain/modes.ts";
import type { StageConfig } from "../plant/stage/stage-config.ts";
import type { VehicleConfig } from "../plant/vehicle.ts";
import { Random } from "../random.ts";
import {
  acCar,
  homeTruck,
  listedForClosedTransition,
  schoolBus,
  transitBus,
  type WorldConfig,
  worldFor,
} from "../world-config.ts";

/** How a kind of site may run, and what stands between it and the grid. */
interface SiteKind {
  readonly sentence: string;
  /** How often it is drawn, in parts of the whole. */
  readonly parts: number;
  readonly serviceMode: ServiceMode;
  readonly transferDevice: "none" | "open-transition" | "microgrid-interconnect";
}

const kinds: readonly SiteKind[] = [
  { sentence: "a load", parts: 2, serviceMode: "load-only", transferDevice: "none" },
  { sentence: "a load with backup", parts: 3, serviceMode: "non-parallel-backup", transferDevice: "open-transition" },
  { sentence: "parallel, no export", parts: 3, serviceMode: "parallel-non-export", transferDevice: "none" },
  { sentence: "parallel, limited export", parts: 3, serviceMode: "parallel-export", transferDevice: "none" },
  {
    sentence: "parallel, no export, with backup",
    parts: 2,
    serviceMode: "parallel-non-export",
    transferDevice: "open-transition",
  },
  {
    sentence: "parallel, limited export, with backup",
    parts: 2,
    serviceMode: "parallel-export",
    transferDevice: "open-transition",
  },
  {
    sentence: "parallel, no export, closed transition",
    parts: 2,
    serviceMode: "parallel-non-export",
    transferDevice: "microgrid-interconnect",
  },
];

/** Powers of bidirectional DC chargers and of AC chargers that only charge, W. */
const dcW = [11_000, 22_000, 60_000, 60_000, 125_000];
const acW = [7_400, 11_500, 19_200];
const acMinW = 1_380;
const countsOfEvses = [1, 1, 2, 2, 2, 3, 4, 5, 6, 8, 12, 20, 35, 50] as const;
/** A configuration that the product refuses (a meter too slow for its promise) is drawn again so often. */
const drawsMax = 40;

export interface SwarmSiteOptions {
  /** Most chargers of a site. */
  readonly evsesMax?: number;
  /** Exactly so many, for those who measure. */
  readonly evses?: number;
  /** Exactly this period of the control loop, ms. */
  readonly tickMs?: number;
}

/** One EVSE as drawn: what its charger is able to, and whether its firmware forms islands. */
export interface SwarmEvse {
  readonly ratedW: number;
  readonly bidirectional: boolean;
  readonly forms: boolean;
  readonly minPowerW: number;
}

export interface SwarmSite {
  readonly seed: number;
  /** What it is, for a report. */
  readonly sentence: string;
  readonly text: string;
  readonly loaded: LoadedSite;
  readonly world: WorldConfig;
  readonly tickMs: number;
  readonly serviceMode: ServiceMode;
  readonly hasK1: boolean;
  readonly closedTransition: boolean;
  readonly evses: readonly SwarmEvse[];
  readonly importLimitW: number;
  readonly exportLimitW: number;
  /** What the building takes at most, W. */
  readonly buildingMaxW: number;
  readonly sunMaxW: number;
}

/** The site of a seed. Throws when no draw was one that the product accepts. */
export function swarmSite(seed: number, options: SwarmSiteOptions = {}): SwarmSite {
  const root = new Random(seed);
  let refusal = "";
  for (let draw = 0; draw < drawsMax; draw++) {
    const sketch = drawSite(seed, root.stream(`site ${draw}`), options);
    const checked = checkSiteText(sketch.text, `swarm-${seed}.yaml`);
    if (checked.ok) return { ...sketch, loaded: checked.value };
    refusal = checked.error.map(complaintText).join("; ");
  }
  throw new Error(`seed ${seed}: none of ${drawsMax} sites is accepted: ${refusal}`);
}

/** A vehicle that may come to such a charger. */
export function drawVehicle(random: Random, { bidirectional, ratedW }: SwarmEvse): VehicleConfig {
  const kind = bidirectional ? random.pick(ratedW < 30_000 ? [homeTruck] : [schoolBus, transitBus]) : acCar;
  return {
    ...kind,
    socPct: random.between(8, 92),
    bidirectional: bidirectional && random.uniform() < 0.9,
    // Some round what they tell to whole percents.
    ...(random.uniform() < 0.3 && { toldStepPct: 1 }),
  };
}

function drawKind(random: Random): SiteKind {
  let left = random.between(
    0,
    kinds.reduce((sum, { parts }) => sum + parts, 0),
  );
  return kinds.find(({ parts }) => (left -= parts) < 0)!;
}

function drawSite(seed: number, random: Random, options: SwarmSiteOptions): Omit<SwarmSite, "loaded"> {
  const kind = drawKind(random);
  const hasK1 = kind.transferDevice !== "none";
  const european = random.uniform() < 0.35;
  const allowed = countsOfEvses.filter((count) => count <= (options.evsesMax ?? 50));
  const drawnCount = random.pick(allowed.length > 0 ? allowed : [1]);
  const count = options.evses ?? drawnCount;
  const evses = drawEvses(random, kind, count);
  const stagesW = evses.reduce((sum, { ratedW }) => sum + ratedW, 0);
  const formersW = evses.reduce((sum, { forms, ratedW }) => sum + (forms ? ratedW : 0), 0);
  const smallestFormerW = Math.min(...evses.filter(({ forms }) => forms).map(({ ratedW }) => ratedW));
  const drawnTickMs = random.pick([10, 20, 20, 20, 20, 50]);
  const tickMs = options.tickMs ?? drawnTickMs;
  const updateMs = random.pick([20, 20, 50, 50, 100, 200, 1_000]);
  const buildingMaxW = Math.round(random.between(0.1, 0.9) * stagesW);
  const importLimitW = Math.round(random.between(0.4, 1.3) * stagesW + buildingMaxW * random.between(0.7, 1.1));
  const exportLimitW = kind.serviceMode === "parallel-export" ? Math.round(random.between(0.1, 1) * stagesW) : 0;
  const sunMaxW = random.uniform() < 0.5 ? Math.round(random.between(0.05, 0.5) * stagesW) : 0;
  const sunBehindK1 = hasK1 && sunMaxW > 0 && random.uniform() < 0.5;
  const paces = evses.map((evse) => drawPace(random, evse));
  const tiers = hasK1 ? drawTiers(random, Math.min(smallestFormerW, 0.5 * formersW)) : [];
  const nominalVoltageV = european ? 400 : 480;
  const config = {
    site: {
      name: `Swarm ${seed}`,
      timeZone: "UTC",
      serviceMode: kind.serviceMode,
      nominalVoltageV,
      nominalFrequencyHz: european ? "50" : "60",
      phases: "three",
      gridProfile: european ? random.pick(["ieee1547-catB-III-50hz", "vde-ar-n-4105-2018"]) : "ieee1547-catB-III",
      utilityNotified: true,
    },
    pcc: {
      importLimitW,
      exportLimitW,
      meter: { host: "127.0.0.1", port: 15_500, updateMs, windowMs: updateMs, proven: true },
    },
    ...(hasK1 && {
      transferDevice: {
        kind: kind.transferDevice,
        host: "127.0.0.1",
        port: 15_501,
        travelMs: kind.transferDevice === "microgrid-interconnect" ? 50 : 100,
      },
      loadPanel: { host: "127.0.0.1", port: 15_501 },
    }),
    ...(sunBehindK1 && {
      pv: { host: "127.0.0.1", port: 15_502, ratedW: sunMaxW, curtail: random.pick(["command", "frequency"]) },
    }),
    authorization: "none",
    evses: evses.map(({ ratedW, bidirectional, forms, minPowerW }, i) => ({
      name: `Bay ${i + 1}`,
      stage: { host: "127.0.0.1", port: 15_510 + i, ...paces[i]!.told },
      maxChargeW: ratedW,
      ...(minPowerW > 0 && { minPowerW }),
      ...(bidirectional && {
        maxDischargeW: ratedW,
        dischargeEnabled: true,
        reservePct: Math.round(random.between(5, 40)),
      }),
      ...(forms && { gridForming: true }),
    })),
    ...(tiers.length > 0 && {
      tiers: tiers.map(({ name, loadW, inrush }, t) => ({
        name,
        loadW,
        inrushFactor: Math.ceil(inrush),
        sheddable: t > 0,
      })),
    }),
    loop: { periodMs: tickMs },
  };
  return {
    seed,
    sentence: `${kind.sentence}; ${count} EVSE${count === 1 ? "" : "s"}, ${Math.round(stagesW / 1_000)} kW; meter every ${updateMs} ms; loop ${tickMs} ms${sunMaxW > 0 ? `; ${Math.round(sunMaxW / 1_000)} kW of sun${sunBehindK1 ? " behind K1" : ""}` : ""}`,
    text: JSON.stringify(config, null, 1),
    tickMs,
    serviceMode: kind.serviceMode,
    hasK1,
    closedTransition: kind.transferDevice === "microgrid-interconnect",
    evses,
    importLimitW,
    exportLimitW,
    buildingMaxW,
    sunMaxW,
    world: worldFor({
      seed,
      startsAt: "2006-06-14 00:00",
      utcOffsetMinutes: 0,
      stageW: evses.map(({ ratedW }) => ratedW),
      nominalVoltageV,
      nominalFrequencyHz: european ? 50 : 60,
      phases: 3,
      stage: (i) => paces[i]!.stage,
      meter: {
        updateMs,
        windowMs: updateMs,
        rangeW: 2 * (stagesW + buildingMaxW),
        gridPowered: hasK1 && random.uniform() < 0.5,
      },
      building: {
        flicker: random.between(0.002, 0.02),
        motorW: random.uniform() < 0.5 ? 0.03 * buildingMaxW : 0,
        motorStartsPerHour: 10,
      },
      transferDevice:
        kind.transferDevice === "microgrid-interconnect"
          ? {
              ...listedForClosedTransition,
              openTravelMs: random.between(20, 45),
              closeTravelMs: random.between(20, 45),
            }
          : {
              openTravelMs: random.between(15, 95),
              closeTravelMs: random.between(15, 95),
              contactLagMs: random.between(2, 15),
            },
      tiers,
      pvs: sunMaxW > 0 ? [{ ratedW: sunMaxW, side: sunBehindK1 ? "bus" : "grid" }] : [],
      vehicles: evses.map((evse) => (random.uniform() < 0.6 ? drawVehicle(random, evse) : undefined)),
    }),
  };
}

function drawEvses(random: Random, { serviceMode, transferDevice }: SiteKind, count: number): SwarmEvse[] {
  const gives = serviceMode !== "load-only";
  const evses = Array.from({ length: count }, (_, i): SwarmEvse => {
    // A site that may give has at least one charger that can.
    const bidirectional = gives ? i === 0 || random.uniform() < 0.6 : random.uniform() < 0.2;
    return {
      ratedW: random.pick(bidirectional ? dcW : acW),
      bidirectional,
      forms: bidirectional && transferDevice !== "none" && (i === 0 || random.uniform() < 0.5),
      minPowerW: bidirectional ? 0 : acMinW,
    };
  });
  return evses;
}

/** How fast a charger answers, and what its site file says of that: the truth is no slower than what is said. */
function drawPace(
  random: Random,
  { bidirectional, ratedW, forms }: SwarmEvse,
): { readonly told: Record<string, unknown>; readonly stage: Partial<StageConfig> } {
  if (!bidirectional) {
    return {
      told: { responseMs: 500, deadTimeMs: 100 },
      stage: {
        tauMs: random.between(200, 450),
        deadTimeMs: random.between(20, 90),
        startMs: random.between(800, 3_000),
        efficiency: 0.998,
        standbyW: 8,
        antiIslanding: false,
      },
    };
  }
  const slow = !forms && random.uniform() < 0.25;
  return {
    told: {
      maxVar: Math.round(0.4 * ratedW),
      reactiveResponseMs: 60,
      ...(slow && { responseMs: 300, deadTimeMs: 120, slewPctPerS: 25 }),
    },
    stage: {
      gateInterlock: random.uniform() < 0.3,
      ...(slow && {
        tauMs: random.between(100, 280),
        deadTimeMs: random.between(40, 110),
        slewWPerS: random.between(0.27, 0.5) * ratedW,
      }),
    },
  };
}

const tierNames = ["Critical panel", "Kitchen", "Workshop"] as const;

function drawTiers(random: Random, carriedW: number) {
  const count = 1 + random.below(3);
  return tierNames.slice(0, count).map((name) => ({
    name,
    loadW: Math.round(random.between(0.15, 0.75) * (carriedW / count)),
    inrush: random.between(1.2, 2.5),
    wander: random.between(0, 0.1),
  }));
}

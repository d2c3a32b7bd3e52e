/**
 * What may happen on a random day, how often, and for how long. `storm` rows come only in the hours of trouble; the others at
 * any time but the last quarter of an hour of each stretch, in which the site is judged. Each draws its figures when the day is
 * made, not when it happens: a day from which an event is left out is otherwise the same day.
 */
import { renewRight } from "../proofs/interleavings.table.ts";
import type { Random } from "../random.ts";
import type { Site } from "../story/site.ts";
import { drawVehicle, type SwarmSite } from "./site.ts";

export type Act = (site: Site) => void;

/** One thing that happens, and what ends it. */
export interface Happening {
  readonly sentence: string;
  readonly begin: Act;
  readonly end?: Act;
}

export interface DayRow {
  readonly name: string;
  readonly storm: boolean;
  /** A storm during which limits at the PCC hold as always; other storms unsettle the site. */
  readonly keepsLimits?: true;
  /** So often an hour of its kind. */
  readonly perHour: number | ((site: SwarmSite) => number);
  /** It lasts so long, s; without it, it has no end. */
  readonly lastsS?: readonly [least: number, most: number];
  readonly happens: (random: Random, site: SwarmSite) => Happening;
}

const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1)} kW`;
const ofK1 =
  (perHour: number) =>
  ({ hasK1 }: SwarmSite): number =>
    hasK1 ? perHour : 0;

/** A grid as it should be, but for its frequency, which is the site's. */
const goodGrid = { present: true, voltagePu: 1, rocofHzPerS: 5 };
const nominal = (site: Site): number => site.world.config.grid.nominalFrequencyHz;
const gridIsGood: Act = (site) => site.world.setGrid({ ...goodGrid, frequencyHz: nominal(site) });

/** Several requests at once have one sign: some take, or some give. */
function request(random: Random, { evses, serviceMode }: SwarmSite): Happening {
  const gives = serviceMode !== "load-only" && random.uniform() < 0.45;
  const share = random.pick([0, 0.25, 0.5, 0.8, 1, 1]) * (gives ? -1 : 1);
  return {
    sentence: `the backend asks every EVSE for ${Math.round(100 * share)} % of its rating`,
    begin: ({ station }) => {
      for (const [i, { ratedW }] of evses.entries()) station.request(i, share * ratedW);
    },
  };
}

function comeOrGo(random: Random, site: SwarmSite): Happening {
  const evse = random.below(site.evses.length);
  const vehicle = drawVehicle(random, site.evses[evse]!);
  return {
    sentence: `EVSE ${evse + 1}: its vehicle leaves, or one with ${vehicle.socPct.toFixed(0)} % comes`,
    begin: ({ world }) => {
      if (world.vehicles[evse]!.connected) world.unplug(evse);
      else world.plug(evse, vehicle);
    },
  };
}

function outage(random: Random): Happening {
  const jump = random.between(-180, 180);
  return {
    sentence: "the grid fails",
    begin: ({ world }) => world.setGrid({ present: false }),
    end: (site) => site.world.setGrid({ ...goodGrid, frequencyHz: nominal(site), phaseJumpDeg: jump }),
  };
}

function abnormal(random: Random): Happening {
  const kind = random.pick(["sag", "swell", "frequency", "angle"] as const);
  const voltagePu = kind === "sag" ? random.between(0.05, 0.88) : random.between(1.06, 1.25);
  const offHz = random.between(-2.5, 2.5);
  const rocofHzPerS = random.between(0.5, 10);
  const phaseJumpDeg = random.between(-90, 90);
  if (kind === "angle")
    return { sentence: `the grid's angle jumps by ${phaseJumpDeg.toFixed(0)}°`, begin: ({ world }) => world.setGrid({ phaseJumpDeg }) };
  if (kind === "frequency")
    return {
      sentence: `the grid's frequency moves by ${offHz.toFixed(1)} Hz`,
      begin: (site) => site.world.setGrid({ frequencyHz: nominal(site) + offHz, rocofHzPerS }),
      end: gridIsGood,
    };
  return {
    sentence: `the grid's voltage is ${voltagePu.toFixed(2)} pu`,
    begin: ({ world }) => world.setGrid({ voltagePu }),
    end: gridIsGood,
  };
}

const ofRight = (act: Act): Act => (site) => {
  act(site);
  renewRight(site);
};

export const dayRows: readonly DayRow[] = [
  // Vehicles, people, weather.
  { name: "vehicle",      storm: false, perHour: ({ evses }) => Math.min(20, 0.4 * evses.length), happens: comeOrGo },
  { name: "request",      storm: false, perHour: 3, happens: request },
  { name: "building",     storm: false, perHour: 4, happens: (r, { buildingMaxW }) => {
    const loadW = random01(r) * buildingMaxW;
    return { sentence: `the building takes ${kW(loadW)}`, begin: ({ world }) => world.building.hold(loadW) };
  } },
  { name: "sun",          storm: false, perHour: ({ sunMaxW }) => (sunMaxW > 0 ? 4 : 0), happens: (r, { sunMaxW }) => {
    const powerW = r.uniform() * sunMaxW;
    return { sentence: `the sun gives ${kW(powerW)}`, begin: ({ world }) => { world.pvs[0]!.heldW = powerW; } };
  } },
  { name: "import cap",   storm: false, perHour: 0.4, lastsS: [300, 3_600], happens: (r, { importLimitW }) => {
    const capW = r.between(0.2, 0.9) * importLimitW;
    return {
      sentence: `the backend caps the import at ${kW(capW)}`,
      begin: ({ station }) => { station.importLimitW = capW; },
      end: ({ station }) => { station.importLimitW = Number.POSITIVE_INFINITY; },
    };
  } },
  { name: "export cap",   storm: false, perHour: ({ exportLimitW }) => (exportLimitW > 0 ? 0.4 : 0), lastsS: [300, 3_600], happens: (r, { exportLimitW }) => {
    const capW = r.between(0, 0.8) * exportLimitW;
    return {
      sentence: `the backend caps the export at ${kW(capW)}`,
      begin: ({ station }) => { station.exportLimitW = capW; },
      end: ({ station }) => { station.exportLimitW = Number.POSITIVE_INFINITY; },
    };
  } },
  { name: "stopped",      storm: false, perHour: 0.3, lastsS: [60, 1_800], happens: (r, { evses }) => {
    const evse = r.below(evses.length);
    return {
      sentence: `a person stops EVSE ${evse + 1}`,
      begin: ({ station }) => { station.evses[evse]!.paused = true; },
      end: ({ station }) => { station.evses[evse]!.paused = false; },
    };
  } },
  // The utility.
  { name: "outage",       storm: true, perHour: 0.7, lastsS: [1, 2_400], happens: outage },
  { name: "flicker",      storm: true, perHour: 0.5, lastsS: [0.1, 3], happens: outage },
  { name: "abnormal",     storm: true, perHour: 1, lastsS: [0.1, 30], happens: abnormal },
  { name: "permit",       storm: true, perHour: 0.25, lastsS: [60, 1_800], happens: () => ({
    sentence: "the utility revokes the permit",
    begin: ofRight(({ station }) => { station.permit.revoked = true; }),
    end: ofRight(({ station }) => { station.permit.revoked = false; }),
  }) },
  { name: "service",      storm: true, perHour: 0.2, lastsS: [10, 900], happens: () => ({
    sentence: "the utility does not permit service",
    begin: ofRight(({ station }) => { station.serviceEnabled = false; }),
    end: ofRight(({ station }) => { station.serviceEnabled = true; }),
  }) },
  // The backend.
  { name: "backend",      storm: true, keepsLimits: true, perHour: 0.3, lastsS: [5, 1_200], happens: () => ({
    sentence: "the backend is gone",
    begin: ({ station }) => { station.backendUp = false; },
    end: ({ station }) => { station.backendUp = true; },
  }) },
  // People at K1.
  { name: "island",       storm: true, perHour: ofK1(0.4), lastsS: [30, 1_800], happens: () => ({
    sentence: "a person requests an island",
    begin: ({ station }) => { station.islandRequested = true; },
    end: ({ station }) => { station.islandRequested = false; },
  }) },
  // The controller, its machine, its disk, its clock.
  { name: "killed",       storm: true, perHour: 0.5, lastsS: [0.3, 60], happens: () => ({
    sentence: "the controller dies",
    begin: (site) => site.killController(),
    end: (site) => { if (site.controller === undefined) site.startController(); },
  }) },
  { name: "disk",         storm: true, keepsLimits: true, perHour: 0.3, lastsS: [10, 900], happens: () => ({
    sentence: "the disk is full",
    begin: (site) => { site.disk.full = true; },
    end: (site) => { site.disk.full = false; },
  }) },
  { name: "wall clock",   storm: true, perHour: 0.2, lastsS: [10, 1_200], happens: (r) => {
    const shiftMs = r.between(-3_600_000, 3_600_000);
    return {
      sentence: `the wall clock jumps by ${Math.round(shiftMs / 60_000)} min`,
      begin: ({ world }) => { world.calendarShiftMs += shiftMs; },
      end: ({ world }) => { world.calendarShiftMs -= shiftMs; },
    };
  } },
  // Everything behind one gateway at once.
  { name: "gateway",      storm: true, perHour: 0.3, lastsS: [0.5, 120], happens: (r) => {
    const how = r.pick(["down", "hung", "late"] as const);
    return {
      sentence: `all chargers are behind one gateway, which is ${how}`,
      begin: ({ bridge }) => { for (const { link } of bridge.stagePorts) link[how] = true; },
      end: ({ bridge }) => { for (const { link } of bridge.stagePorts) link[how] = false; },
    };
  } },
];

/** Mostly little, sometimes all. */
const random01 = (random: Random): number => random.uniform() ** 1.5;

/**
 * A random day: stretches of four hours, each with trouble for two, then a technician who mends and resets, then ordinary hours,
 * and a last quarter of an hour in which nothing happens and everything that is asked for and allowed must be delivered.
 * One fault of a device at a time, as the site promises to stay safe under; everything else may meet anything.
 */
import { hourMs, minuteMs, secondMs } from "../../src/domain/units.ts";
import { type FaultRow, faultRows } from "../faults.table.ts";
import { Random } from "../random.ts";
import type { Site } from "../story/site.ts";
import { type Act, type DayRow, dayRows } from "./day.table.ts";
import { drawVehicle, type SwarmSite } from "./site.ts";

/** One stretch: trouble, a technician, ordinary hours, a quiet end. */
export const stretch = {
  lengthMs: 4 * hourMs,
  /** The site has entered service before anything goes wrong. */
  stormFromMs: 20 * minuteMs,
  stormToMs: 2 * hourMs,
  technicianMs: 2 * hourMs + 5 * minuteMs,
  /** From here on nothing happens any more. */
  quietFromMs: 3 * hourMs + 40 * minuteMs,
  /** From here on what is asked for is delivered. */
  judgedFromMs: 3 * hourMs + 50 * minuteMs,
} as const;

/** Most events of a day. */
const eventsMax = 5_000;
/** Mean pause between two faults, and mean stay of one, s. */
const faultPauseS = 600;
const faultStayS = 120;
/** After a fault the next one waits so long: late writes, watchdogs and contacts' travels of the last one have ended, ms. */
const faultRestMs = 10 * secondMs;

/** Something that happens on the day; its end belongs to it. Times since the day's start, ms. */
export interface SwarmEvent {
  readonly atMs: number;
  readonly name: string;
  readonly sentence: string;
  readonly begin: Act;
  readonly toMs: number;
  readonly end: Act | undefined;
  /** Until it is over, limits at the PCC are not judged. */
  readonly unsettles: boolean;
}

/** All events of a day, in order of their beginning. */
export function swarmDay(site: SwarmSite, hours: number): SwarmEvent[] {
  const root = new Random(site.seed).stream("day");
  const events: SwarmEvent[] = [];
  const endMs = hours * hourMs;
  for (const row of dayRows) events.push(...eventsOf(row, site, root.stream(row.name), endMs));
  events.push(...faultsOf(site, root.stream("faults"), endMs));
  const evening = root.stream("evening");
  for (let fromMs = 0; fromMs < endMs; fromMs += stretch.lengthMs)
    events.push(
      ...technicianOf(site, fromMs + stretch.technicianMs),
      eveningOf(site, evening, fromMs + stretch.quietFromMs),
    );
  return events
    .filter(({ atMs }) => atMs < endMs)
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, eventsMax);
}

/** What a row makes of the day. */
function eventsOf(row: DayRow, site: SwarmSite, random: Random, endMs: number): SwarmEvent[] {
  const perHour = typeof row.perHour === "number" ? row.perHour : row.perHour(site);
  const events: SwarmEvent[] = [];
  if (perHour <= 0) return events;
  // The first moments set the scene: everybody asks for something.
  let atMs = row.storm ? 0 : random.between(secondMs, minuteMs);
  if (row.storm) atMs += hourMs * random.waiting(1 / perHour);
  while (atMs < endMs && events.length < eventsMax) {
    const [leastS, mostS] = row.lastsS ?? [0, 0];
    // As often short as long: an even draw of the logarithm.
    const lastsS = mostS > 0 ? leastS * (mostS / leastS) ** random.uniform() : 0;
    const { sentence, begin, end } = row.happens(random, site);
    const inStretchMs = atMs % stretch.lengthMs;
    const lastMs = row.storm ? stretch.stormToMs : stretch.quietFromMs;
    const allowed = (row.storm ? inStretchMs >= stretch.stormFromMs : true) && inStretchMs < lastMs;
    const toMs = Math.min(atMs + lastsS * secondMs, atMs - inStretchMs + lastMs);
    const unsettles = row.storm && row.keepsLimits !== true;
    if (allowed)
      events.push({ atMs, name: row.name, sentence, begin, toMs, end: mostS > 0 ? end : undefined, unsettles });
    atMs += hourMs * random.waiting(1 / perHour);
  }
  return events;
}

/** Faults of devices and links, one at a time. */
function faultsOf(site: SwarmSite, random: Random, endMs: number): SwarmEvent[] {
  const rows = faultRows.filter((row) => row.random && fits(row, site));
  const events: SwarmEvent[] = [];
  let atMs = stretch.stormFromMs + secondMs * random.waiting(faultPauseS);
  while (atMs < endMs && events.length < eventsMax) {
    const row = random.pick(rows);
    const evse = random.below(site.evses.length);
    const lastsMs = secondMs * random.waiting(faultStayS);
    const inStretchMs = atMs % stretch.lengthMs;
    if (inStretchMs >= stretch.stormFromMs && inStretchMs < stretch.stormToMs) {
      const { target, error } = row;
      const toMs = Math.min(atMs + lastsMs, atMs - inStretchMs + stretch.stormToMs);
      const set = (active: boolean) => (running: Site) => {
        const done = running.faults.set(target, error, evse, active);
        if (!done.ok) throw new Error(done.error);
      };
      events.push({
        atMs,
        name: `fault ${target} ${error}`,
        sentence: `fault: ${target}${needsEvse(row) ? ` ${evse + 1}` : ""}, ${row.sentence.replace(/\.$/, "")}`,
        begin: set(true),
        toMs,
        end: set(false),
        unsettles: true,
      });
      atMs = toMs;
    }
    atMs += faultRestMs + secondMs * random.waiting(faultPauseS);
  }
  return events;
}

const needsEvse = ({ target }: FaultRow): boolean =>
  target === "stage" || target === "vehicle" || target === "stageLink";
const fits = ({ target }: FaultRow, { hasK1 }: SwarmSite): boolean => hasK1 || !target.startsWith("transferDevice");

/** What is judged needs somebody who wants something: vehicles in the middle of their charge, and a request for all. */
function eveningOf({ evses, serviceMode }: SwarmSite, random: Random, atMs: number): SwarmEvent {
  const vehicles = evses.map((evse) =>
    random.uniform() < 0.7 ? { ...drawVehicle(random, evse), socPct: random.between(45, 60) } : undefined,
  );
  const gives = serviceMode.startsWith("parallel") && random.uniform() < 0.5;
  const share = random.between(0.3, 1) * (gives ? -1 : 1);
  return {
    atMs,
    name: "evening",
    sentence: `vehicles come, and the backend asks for ${Math.round(100 * share)} % of each rating`,
    begin: ({ world, station }) => {
      for (const [i, vehicle] of vehicles.entries()) if (vehicle !== undefined) world.plug(i, vehicle);
      for (const [i, { ratedW }] of evses.entries()) station.request(i, share * ratedW);
    },
    toMs: atMs,
    end: undefined,
    unsettles: false,
  };
}

/** A technician has mended everything, resets, and has K1 prove under the grid that it opens. */
function technicianOf({ hasK1 }: SwarmSite, atMs: number): SwarmEvent[] {
  const pressed = (pressedAtMs: number, what: string): SwarmEvent => ({
    atMs: pressedAtMs,
    name: "technician",
    sentence: `a technician ${what}`,
    begin: (site) => {
      site.faults.clearAll();
      for (const stage of site.world.stages) stage.resetAlarms();
      site.station.resetRequest = true;
    },
    toMs: pressedAtMs + secondMs,
    end: (site) => {
      site.station.resetRequest = false;
    },
    unsettles: true,
  });
  const events = [pressed(atMs, "has mended everything and resets")];
  if (!hasK1) return events;
  events.push({
    atMs: atMs + 10 * minuteMs,
    name: "technician",
    sentence: "the technician has K1 prove that it opens",
    begin: ({ station }) => {
      station.islandRequested = true;
    },
    toMs: atMs + 12 * minuteMs,
    end: ({ station }) => {
      station.islandRequested = false;
    },
    unsettles: true,
  });
  return events;
}

/**
 * `npm run -s bench -- transfer`: how long critical loads wait, in virtual time with the product's own control cycle and plant
 * steps of 1 ms around each transfer. Outages: from the failure of the grid to the critical load supplied by the island.
 * Planned islands and the return by open transition: how long the load is dead, with a stage that can hold its angle and with
 * one that can't. Sites, loads, contact travels, contacts, links and moments are random, by seed: figures repeat exactly.
 * `--outages N` (default 500) and `--planned N` (default 100 of each kind).
 */
import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import { startIslet } from "../sim/story/islet-controller.ts";
import { Site } from "../sim/story/site.ts";
import { fedByIsland, isIn, lit } from "../sim/story/transfer-words.ts";
import { allow, busyFieldbus } from "../sim/story/vocabulary.ts";
import { schoolBus, worldFor } from "../sim/world-config.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const tickMs = 20;
const siteFile = "bench/lib/transfer-site.yaml";
/** The grid profile's delay of entering service, which the stages keep too, s. */
const enterServiceS = 15;
/** A site that has not come so far by then never will, ms. */
const patienceMs = 120_000;
const outagesMax = 100_000;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { outages: { type: "string" }, planned: { type: "string" } },
    strict: false,
  });
  const outages = countOf(values["outages"], 500);
  const planned = countOf(values["planned"], 100);
  say(`${outages} outages …`);
  const supplied = Array.from({ length: outages }, (_, seed) => outage(seed));
  say(`${planned} planned islands with a stage that holds its angle, ${planned} with one that can't …`);
  const held = Array.from({ length: planned }, (_, seed) => plannedIsland(10_000 + seed, true));
  const broken = Array.from({ length: planned }, (_, seed) => plannedIsland(20_000 + seed, false));
  const both = [...held, ...broken];
  return {
    name: "transfer",
    figures: [
      { name: "outages", value: outages, unit: "times" },
      ...quantiles("outage to critical load supplied", supplied),
      { name: "planned islands of each kind", value: planned, unit: "times" },
      ...quantiles(
        "planned island, stage holds its angle: dead time",
        held.map(({ deadMs }) => deadMs),
      ),
      ...quantiles(
        "planned island, stage can't: dead time",
        broken.map(({ deadMs }) => deadMs),
      ),
      ...quantiles(
        "request to K1 open",
        both.map(({ openedMs }) => openedMs),
      ),
      {
        name: "largest power through K1 as it opens",
        value: Math.round(Math.max(...both.map(({ cutW }) => cutW))),
        unit: "W",
      },
      ...quantiles(
        "return by open transition: dead time",
        both.map(({ returnMs }) => returnMs),
      ),
    ],
  };
}

function countOf(text: unknown, otherwise: number): number {
  const count = text === undefined ? otherwise : Number(text);
  if (!(Number.isInteger(count) && count >= 1 && count <= outagesMax))
    throw new RangeError(`a number of transfers is a whole number from 1 to ${outagesMax}, not "${String(text)}"`);
  return count;
}

/** A site with its habits; only the first stage can hold its angle, and only who is needed has a vehicle. */
function siteOf(seed: number, vehicles: readonly [boolean, boolean]): { site: Site; random: Random } {
  const random = new Random(seed).stream("transfer");
  const world = worldFor({
    seed,
    startsAt: "2006-06-14 10:00",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    stage: (i) => ({
      holdsAngle: i === 0,
      takeOverMs: random.between(1, 8),
      blackStartMs: random.between(400, 1_500),
      enterServiceDelayS: enterServiceS,
    }),
    meter: { gridPowered: random.uniform() < 0.5 },
    transferDevice: {
      openTravelMs: random.between(20, 95),
      closeTravelMs: random.between(20, 95),
      contactLagMs: random.between(4, 25),
      voltmeterNoisePu: 0.004,
    },
    tiers: [
      {
        name: "Critical",
        loadW: 1_000 * random.between(6, 22),
        inrush: random.between(1.5, 2.5),
        wander: 0.02,
        wanderTauS: 20,
      },
      {
        name: "Other",
        loadW: 1_000 * random.between(4, 18),
        inrush: random.between(2, 3),
        wander: 0.03,
        wanderTauS: 20,
      },
    ],
    vehicles: vehicles.map((here) => (here ? { ...schoolBus, socPct: random.between(55, 95) } : undefined)),
  });
  const site = new Site(world, siteFile, tickMs, startIslet);
  allow(site, { mode: "parallel-non-export", exportLimitW: 0 });
  site.world.building.hold(1_000 * random.between(0, 60));
  busyFieldbus(site, random.between(0, 8), 0);
  return { site, random };
}

/** Runs until the condition holds at the end of a tick. */
function until(site: Site, condition: (site: Site) => boolean): void {
  const endMs = site.nowMs + patienceMs;
  while (!condition(site)) {
    if (site.nowMs > endMs) throw new Error(`seed ${site.world.config.seed}: ${condition.name} did not come`);
    site.tick(site.nowMs + tickMs);
  }
}

function runFor(site: Site, durationMs: number): void {
  const endMs = site.nowMs + durationMs;
  while (site.nowMs < endMs) site.tick(site.nowMs + tickMs);
}

/** From the failure of the grid, in whatever mode, to the critical load supplied by the island, ms. */
function outage(seed: number): number {
  const { site, random } = siteOf(seed, [true, true]);
  const { world } = site;
  runFor(site, random.between(2_000, 60_000));
  for (let i = 0; i < world.stages.length; i++) site.station.request(i, 1_000 * random.between(-30, 40));
  runFor(site, 2_000 + tickMs * random.uniform());
  world.setGrid({ present: false });
  const failedMs = site.nowMs;
  const darkBeforeMs = world.busWatch.darkTotalMs[0]!;
  until(site, (s) => !lit(s));
  const firstDarkMs = site.nowMs - world.busWatch.darkForMs[0]!;
  until(site, fedByIsland);
  return firstDarkMs - failedMs + world.busWatch.darkTotalMs[0]! - darkBeforeMs;
}

interface Planned {
  readonly deadMs: number;
  readonly openedMs: number;
  readonly cutW: number;
  readonly returnMs: number;
}

/** A person asks for an island out of parallel operation, and for the grid again. The load is dead below 0.88 pu or switched off. */
function plannedIsland(seed: number, holds: boolean): Planned {
  const { site, random } = siteOf(seed, [holds, !holds]);
  const { world } = site;
  const carrier = holds ? 0 : 1;
  until(site, isIn("parallel"));
  site.station.request(carrier, 1_000 * random.between(-30, 40));
  runFor(site, random.between(2_000, 10_000));
  const darkBeforeMs = world.busWatch.darkTotalMs[0]!;
  const requestedMs = site.nowMs;
  site.station.islandRequested = true;
  until(site, (s) => !s.world.transferDevice.closed);
  const openedMs = site.nowMs - requestedMs;
  until(site, fedByIsland);
  runFor(site, 5_000);
  const { weakMs, cutW } = world.openingWatch;
  const darkMs = world.busWatch.darkTotalMs[0]! - darkBeforeMs;
  site.station.islandRequested = false;
  until(site, (s) => s.world.transferDevice.closed && lit(s));
  runFor(site, 2_000);
  const returnMs = world.busWatch.darkTotalMs[0]! - darkBeforeMs - darkMs;
  return { deadMs: Math.max(darkMs, weakMs), openedMs, cutW: Math.abs(cutW), returnMs };
}

/** Median, 99th percentile (nearest rank) and worst, ms. */
function quantiles(name: string, valuesMs: readonly number[]): Figure[] {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1]!);
  return [
    { name: `${name}, p50`, value: at(0.5), unit: "ms" },
    { name: `${name}, p99`, value: at(0.99), unit: "ms" },
    { name: `${name}, most`, value: at(1), unit: "ms" },
  ];
}

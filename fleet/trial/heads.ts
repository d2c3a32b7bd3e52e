/**
 * `npm run fleet -- heads`: audit logs that are cut, rewritten or put back at some moment, and honest ones over many days, at the
 * ledger itself in virtual time. Counted is how many were found with the first head that came after it, and how many false alarms.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayMs, hourMs } from "../../src/domain/units.ts";
import type { FleetRecord } from "../../src/protocols/fleet/payloads.ts";
import { answers, freePort, toolsOf } from "../demo/demo.ts";
import { createLightOutbox, type LightOutbox } from "../demo/light-outbox.ts";
import { startPostgres } from "../demo/postgres.ts";
import { randomOf } from "../demo/random.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { unprovenPlaces } from "../store/heads.ts";
import { saveRecords } from "../store/ingest.ts";

export interface HeadsOptions {
  readonly seed: number;
  /** Honest logs, one for a day each. */
  readonly siteDays: number;
  /** Logs that somebody lays hands on. */
  readonly altered: number;
}

const quarterMs = 900_000;
/** Sites that live at the same time. */
const atOnce = 400;
/** Records that a quarter of an hour writes at most; how often a site begins again, and how often its link is away, per quarter. */
const recordsMax = 8;
const restartShare = 0.01;
const awayShare = 0.02;
const awayMaxQuarters = 12;
/** An altered log has lived so long before, quarters. */
const beforeMax = 20;

const kinds = ["cut", "cut and grown", "rewritten", "rewritten and grown"] as const;
type Kind = (typeof kinds)[number];

interface Site {
  readonly site: string;
  readonly outbox: LightOutbox;
  awayQuarters: number;
}

/** Somebody lays hands on what was told; whether the controller begins again after that is by chance. */
function alter({ outbox }: Site, kind: Kind, toldRecords: number, random: () => number): void {
  const at = 1 + Math.floor(random() * (toldRecords - 1));
  if (kind.startsWith("cut")) outbox.cut(at);
  else outbox.rewrite(at);
  if (kind.endsWith("grown"))
    while (outbox.audit.records <= toldRecords + recordsMax) outbox.write(`grown ${random()}`);
  if (random() < 0.7) outbox.restart();
}

/** What waits at some sites goes to the ledger as it comes over a bad link: late, in another order, some of it twice. */
async function deliver(database: Database, sites: readonly Site[], random: () => number, nowMs: number): Promise<void> {
  const records: FleetRecord[] = [];
  for (const { outbox } of sites) {
    const due = outbox.due(nowMs);
    for (const one of due) outbox.stored(one.epoch, [one.sequence]);
    if (due.length > 1 && random() < 0.3) records.push(...due.toSorted(() => random() - 0.5));
    else records.push(...due);
    if (due.length > 0 && random() < 0.05) records.push(due[0]!);
  }
  await saveRecords(database, records);
  // Each that is there is asked for what is not proven, as in each answer to its hello.
  const places = await unprovenPlaces(
    database,
    sites.map(({ site }) => site),
  );
  for (const { site, outbox } of sites) outbox.asked(places.get(site) ?? [], nowMs);
}

function liveQuarter(one: Site, random: () => number, nowMs: number): void {
  for (let i = Math.floor(random() * recordsMax); i > 0; i--) one.outbox.write(`${nowMs} ${i}`);
  if (random() < restartShare) one.outbox.restart();
  if (one.awayQuarters > 0) one.awayQuarters--;
  else if (random() < awayShare) one.awayQuarters = Math.ceil(random() * awayMaxQuarters);
  one.outbox.addHead(nowMs);
}

const siteOf = (site: string): Site => ({ site, outbox: createLightOutbox(site, "aaaaaaaa"), awayQuarters: 0 });
const there = ({ awayQuarters }: Site): boolean => awayQuarters === 0;

async function alarmed(database: Database, prefix: string): Promise<ReadonlySet<string>> {
  const rows = await database.query("SELECT DISTINCT site FROM alarm WHERE site LIKE $1", [`${prefix}%`]);
  return new Set(rows.map(({ site }) => String(site)));
}

/** Sites that are alarmed although nobody has touched their logs. */
async function liveHonestly(database: Database, count: number, random: () => number): Promise<number> {
  for (let from = 0; from < count; from += atOnce) {
    const sites = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => siteOf(`honest-${from + i}`));
    for (let nowMs = quarterMs; nowMs <= dayMs; nowMs += quarterMs) {
      for (const one of sites) liveQuarter(one, random, nowMs);
      await deliver(database, sites.filter(there), random, nowMs);
    }
    await deliver(database, sites, random, dayMs + hourMs);
  }
  return (await alarmed(database, "honest-")).size;
}

/** How many of each kind there were, and how many were found. */
async function layHands(database: Database, count: number, random: () => number) {
  const found = Object.fromEntries(kinds.map((kind) => [kind, { altered: 0, found: 0 }]));
  const missed: string[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const sites = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => ({
      ...siteOf(`altered-${from + i}`),
      kind: kinds[(from + i) % kinds.length]!,
      atQuarter: 3 + Math.floor(random() * beforeMax),
    }));
    for (let quarter = 1; quarter <= beforeMax + 4; quarter++) {
      const nowMs = quarter * quarterMs;
      for (const one of sites) {
        if (quarter > one.atQuarter) continue;
        const told = one.outbox.audit.records;
        if (quarter === one.atQuarter) {
          alter(one, one.kind, told, random);
          one.outbox.addHead(nowMs);
          one.awayQuarters = 0;
        } else {
          one.outbox.write(`${nowMs} first`);
          liveQuarter(one, random, nowMs);
          // What was told before is at the fleet.
          if (quarter === one.atQuarter - 1) one.awayQuarters = 0;
        }
      }
      const living = sites.filter((one) => quarter <= one.atQuarter && there(one));
      // The second time: what the first answer to a hello has asked for.
      await deliver(database, living, random, nowMs);
      await deliver(database, living, random, nowMs);
    }
    const alarms = await alarmed(database, "altered-");
    for (const { site, kind } of sites) {
      const row = found[kind]!;
      row.altered++;
      if (alarms.has(site)) row.found++;
      else missed.push(site);
    }
  }
  return { byKind: found, missed };
}

export async function runHeads({ seed, siteDays, altered }: HeadsOptions): Promise<boolean> {
  const random = randomOf(seed);
  const folder = mkdtempSync(join(tmpdir(), "islet-fleet-heads-"));
  const port = await freePort();
  const postgres = startPostgres(toolsOf(() => undefined).bin, null, port);
  await answers(port, "The database");
  const database = await openDatabase(postgres.url, () => true);
  const { byKind, missed } = await layHands(database, altered, random);
  const falseAlarms = await liveHonestly(database, siteDays, random);
  const [heads] = await database.query("SELECT count(*) AS heads FROM head");
  const found = { seed, siteDays, altered, found: altered - missed.length, byKind, missed: missed.slice(0, 5) };
  process.stdout.write(`${JSON.stringify({ ...found, falseAlarms, ...heads })}\n`);
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
  return missed.length === 0 && falseAlarms === 0;
}

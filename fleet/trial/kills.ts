/**
 * `npm run fleet -- kills`: broker, database, workers and sites are killed again and again, sometimes the broker with all that it
 * keeps, and then it is counted: every record once, every lease once or told as expired, none after its end. The same seed makes
 * the same plan of kills.
 */
import { randomUUID } from "node:crypto";
import type { LightGroup } from "../demo/light-fleet.ts";
import type { LightSite } from "../demo/light-site.ts";
import { randomOf } from "../demo/random.ts";
import { logLine } from "../serve.ts";
import type { Database } from "../store/database.ts";
import { addLease } from "../store/orders.ts";
import { pause, startTrial, type Trial } from "./trial.ts";

/** How often each is killed; `stores`: so many of the broker's with all that it keeps. */
export interface KillCounts {
  readonly broker: number;
  readonly database: number;
  readonly workers: number;
  readonly sites: number;
  readonly stores: number;
}
export interface KillsOptions {
  readonly seed: number;
  readonly sites: number;
  readonly kills: KillCounts;
  /** Mean time between two kills, ms. */
  readonly everyMs: number;
}

const happenEveryMs = 2_000;
const leaseEveryMs = 500;
const leaseMs = 20_000;
/** What is under way has this long to arrive, ms. */
const settleMaxMs = 180_000;
/** Sites that are killed together. */
const sitesPerConnection = 5;

type Target = "broker" | "store" | "database" | "worker" | "site";

/** Every kill once, in an order that the seed makes. */
function planOf({ broker, database, workers, sites, stores }: KillCounts, random: () => number): readonly Target[] {
  const times = (count: number, what: Target): Target[] => Array.from({ length: Math.max(0, count) }, () => what);
  return [
    ...times(stores, "store"),
    ...times(broker - stores, "broker"),
    ...times(database, "database"),
    ...times(workers, "worker"),
    ...times(Math.ceil(sites / sitesPerConnection), "site"),
  ]
    .map((what) => ({ what, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ what }) => what);
}

export async function runKills({ seed, sites: count, kills, everyMs }: KillsOptions): Promise<boolean> {
  const random = randomOf(seed);
  const trial = await startTrial(count, Date.now());
  const { sites, database, keys } = trial;
  const groups = trial.connect(sitesPerConnection);
  const happening = setInterval(() => {
    for (const one of sites) one.happen(Date.now());
  }, happenEveryMs);
  const given: string[] = [];
  let next = 0;
  const leasing = setInterval(async () => {
    const nowMs = Date.now();
    const { site } = sites[next++ % sites.length]!;
    const lease = {
      ...{ id: randomUUID(), evse: 0, valueW: 1_000 },
      kind: next % 3 === 0 ? "power" : "cap-charge",
      ...{ fromMs: nowMs, untilMs: nowMs + leaseMs, cause: "trial", issuedBy: "trial" },
    } as const;
    // Counted once the database has it; the workers bring it to the broker, also after a loss.
    const made = await addLease(database, site, lease, keys.privatePem, nowMs).catch(() => "away");
    if (typeof made !== "string") given.push(lease.id);
  }, leaseEveryMs);
  const plan = planOf(kills, random);
  for (const [i, what] of plan.entries()) {
    await pause(everyMs * (0.5 + random()));
    logLine(`Kill ${i + 1} of ${plan.length}: ${what}.`);
    await kill(trial, what, groups, random);
  }
  clearInterval(happening);
  clearInterval(leasing);
  const untilMs = Date.now() + settleMaxMs;
  const isOpen = (one: LightSite): boolean =>
    one.waiting > 0 || [...one.leases.values()].some(({ state }) => state === "running" || state === "accepted");
  while (Date.now() < untilMs && sites.some(isOpen)) await pause(500);
  const ok = await judge(database, sites, given, { seed, ...kills });
  await trial.stop();
  return ok;
}

async function kill(trial: Trial, what: Target, groups: readonly LightGroup[], random: () => number): Promise<void> {
  if (what === "worker") await trial.killWorker();
  else if (what === "database") await trial.killDatabase();
  else if (what === "site") await groups[Math.floor(random() * groups.length)]!.kill();
  else await trial.killBroker(what === "store");
}

async function judge(
  database: Database,
  sites: readonly LightSite[],
  given: readonly string[],
  plan: Readonly<Record<string, number>>,
): Promise<boolean> {
  const [row] = await database.query("SELECT count(*) AS rows FROM record");
  const [receipts] = await database.query(
    `SELECT count(DISTINCT lease_id) AS leases FROM receipt WHERE receipt->>'state' IN ('done', 'expired', 'ended')
     AND lease_id = ANY($1)`,
    // Also those whose commit nobody heard of: the database was killed before it could say so.
    [sites.flatMap((one) => [...one.leases.keys()])],
  );
  const [alarms] = await database.query("SELECT count(*) AS alarms FROM alarm");
  const made = sites.reduce((sum, one) => sum + one.made, 0);
  const waiting = sites.reduce((sum, one) => sum + one.waiting, 0);
  const begun = sites.flatMap((one) => [...one.begun.values()]);
  const heard = sites.reduce((sum, one) => sum + one.leases.size, 0);
  const found = {
    ...plan,
    ...{ recordsMade: made, recordsStored: Number(row?.["rows"]), recordsWaiting: waiting },
    ...{ leasesGiven: given.length, leasesHeard: heard, leasesBegun: begun.length },
    ...{ begunTwice: begun.filter((times) => times > 1).length },
    ...{ leasesOver: Number(receipts?.["leases"]), falseAlarms: Number(alarms?.["alarms"]) },
  };
  const ok =
    found.recordsStored === made &&
    waiting === 0 &&
    found.begunTwice === 0 &&
    found.leasesOver === heard &&
    heard > 0 &&
    found.falseAlarms === 0;
  process.stdout.write(`${JSON.stringify({ ok, ...found })}\n`);
  return ok;
}

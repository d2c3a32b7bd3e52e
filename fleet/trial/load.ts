/**
 * `npm run fleet -- load`: many light sites on one machine for some minutes, with orders, a dispatch and people who look; then what
 * it took is counted: records lost or doubled, memory of broker and worker, times of orders, receipts and views.
 */
import { readFileSync } from "node:fs";
import { minuteMs } from "../../src/domain/units.ts";
import { randomOf } from "../demo/random.ts";
import { faultOf } from "../dispatch/rehearsal.ts";
import type { Database } from "../store/database.ts";
import { pause, startTrial, type Trial } from "./trial.ts";

export interface LoadOptions {
  readonly sites: number;
  readonly minutes: number;
  readonly seed: number;
  /** Connections that the sites share. */
  readonly connections: number;
}

/** All have connected and told themselves, ms. */
const upMs = 25_000;
/** Those that drop out do so at some moment of this time, ms: of a shorter run most are still to come. */
const dropOverMs = 3_600_000;
const upMaxMs = 120_000;
const settleMaxMs = 60_000;
const happenEveryMs = 60_000;
const orderEveryMs = 200;
const lookEveryMs = 500;
const sampleMs = 1_000;
/** A dispatch is asked for so long before it begins, ms: a minute before it each site is asked. */
const leadMs = 65_000;
/** Asked of each site on average, W: 50 MW of 10,000. */
const perSiteW = -5_000;

export async function runLoad({ sites: count, minutes, seed, connections }: LoadOptions): Promise<boolean> {
  const random = randomOf(seed);
  const startMs = Date.now();
  const trial = await startTrial(count, startMs, () =>
    faultOf(random, startMs + upMs + leadMs, startMs + upMs + leadMs + dropOverMs),
  );
  const { sites, database } = trial;
  const heardMs = new Map<string, number>();
  const groups = trial.connect(Math.ceil(count / connections), (one, nowMs) => {
    for (const id of one.leases.keys()) if (!heardMs.has(id)) heardMs.set(id, nowMs);
  });
  const memory = watchMemory(trial);
  await layMonth(database, count);
  const upUntilMs = Date.now() + upMaxMs;
  while (groups.some((one) => !one.connected) && Date.now() < upUntilMs) await pause(200);
  await pause(Math.max(0, startMs + upMs - Date.now()));
  const ends = Date.now() + leadMs + minutes * 60_000;
  const happening = setInterval(() => {
    const which = Math.floor(Math.random() * 60);
    sites.forEach((one, i) => {
      if (i % 60 === which) one.happen(Date.now());
    });
  }, happenEveryMs / 60);
  const dispatch = await ask(trial, "/api/v1/dispatches", {
    ...{ targetW: perSiteW * count, minutes, fromMs: Date.now() + leadMs },
    ...{ cause: "load", issuedBy: "trial" },
  });
  const { id, fromMs } = (dispatch as { dispatch: { id: string; fromMs: number } }).dispatch;
  const truth = watchTruth(trial, fromMs);
  const orders = giveOrders(trial, random, ends);
  const views = lookAround(trial, random, ends);
  await Promise.all([orders, views]);
  const delivered = truth.stop(perSiteW * count);
  clearInterval(happening);
  const untilMs = Date.now() + settleMaxMs;
  const waiting = (): number => sites.reduce((sum, one) => sum + (one.isSilent(Date.now()) ? 0 : one.waiting), 0);
  while (Date.now() < untilMs && waiting() > 0) await pause(500);
  const found = {
    ...{ sites: count, connections: groups.length, minutes, seed },
    ...(await countRecords(trial, waiting())),
    ...memory.stop(),
    ...(await orderTimes(database, await orders, heardMs)),
    views: await views,
    dispatch: { ...(await dispatchFigures(database, id, perSiteW * count)), ...delivered },
  };
  process.stdout.write(`${JSON.stringify(found)}\n`);
  await trial.stop();
  return found.lost === 0 && found.doubled === 0;
}

async function ask(trial: Trial, path: string, body: object): Promise<unknown> {
  const answer = await fetch(trial.pageUrl + path, {
    method: "POST",
    headers: { authorization: `Bearer ${trial.keys.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** A month of every site's sums, as the worker keeps them: what views over a month read. */
async function layMonth(database: Database, count: number): Promise<void> {
  await database.query(
    `INSERT INTO energy_month SELECT 'light-' || lpad(n::text, 5, '0'), m, 2880, n * 1000000::bigint, n * 10000::bigint, n * 500000::bigint, n * 20000::bigint, n * 300000::bigint
     FROM generate_series(1, $1::int) n, unnest(ARRAY['2026-09', '2026-10']) m ON CONFLICT DO NOTHING`,
    [count],
  );
}

interface Order {
  readonly id: string;
  readonly atMs: number;
}

/** One order after another to sites that chance picks. */
async function giveOrders(trial: Trial, random: () => number, untilMs: number): Promise<readonly Order[]> {
  const given: Order[] = [];
  while (Date.now() < untilMs) {
    const one = trial.sites[Math.floor(random() * trial.sites.length)]!;
    const atMs = Date.now();
    const body = { kind: "cap-charge", valueW: 5_000, minutes: 2, cause: "load", issuedBy: "trial" };
    const made = one.isSilent(atMs)
      ? null
      : await ask(trial, `/api/v1/sites/${one.site}/leases`, body).catch(() => null);
    if (made !== null) given.push({ id: (made as { lease: { id: string } }).lease.id, atMs });
    await pause(Math.max(0, atMs + orderEveryMs - Date.now()));
  }
  return given;
}

/** Seconds until a site had its order, and until its receipt was in the database. */
async function orderTimes(database: Database, given: readonly Order[], heardMs: ReadonlyMap<string, number>) {
  const rows = await database.query(
    `SELECT r.body->'receipt'->>'leaseId' AS id, extract(epoch FROM min(r.stored_at))::float8 * 1000 AS stored_ms FROM record r
     WHERE r.kind = 'receipt' AND r.body->'receipt'->>'leaseId' = ANY($1) GROUP BY 1`,
    [given.map(({ id }) => id)],
  );
  const stored = new Map(rows.map(({ id, stored_ms: storedMs }) => [String(id), Number(storedMs)]));
  const late = (of: ReadonlyMap<string, number>): number[] =>
    given.flatMap(({ id, atMs }) => (of.has(id) ? [(of.get(id)! - atMs) / 1_000] : []));
  return {
    orders: given.length,
    orderS: quantiles(late(heardMs)),
    receipts: stored.size,
    receiptS: quantiles(late(stored)),
  };
}

const paths = {
  sites: () => "/api/v1/sites?offset=",
  needs: () => "/api/v1/needs",
  readiness: () => "/api/v1/readiness",
  month: () => "/api/v1/energy?month=2026-10",
  page: () => "/?offset=",
  dispatches: () => "/dispatch",
} as const;

/** People who look: each view in turn, its time in ms. */
async function lookAround(trial: Trial, random: () => number, untilMs: number) {
  const took: Record<string, number[]> = {};
  while (Date.now() < untilMs)
    for (const [name, path] of Object.entries(paths)) {
      const offset = path().endsWith("=") ? String(50 * Math.floor((random() * trial.sites.length) / 50)) : "";
      const atMs = performance.now();
      const answer = await fetch(trial.pageUrl + path() + offset).catch(() => null);
      await answer?.text();
      if (answer?.ok === true) (took[name] ??= []).push(performance.now() - atMs);
      await pause(lookEveryMs / 6);
    }
  return Object.fromEntries(Object.entries(took).map(([name, times]) => [name, quantiles(times)]));
}

const quantiles = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number | null =>
    sorted.length === 0
      ? null
      : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! * 1_000) / 1_000;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
};

/** Largest resident memory of broker and worker, MB. */
function watchMemory({ parts }: Trial): { stop(): { readonly brokerMB: number; readonly workerMB: number } } {
  const most = { brokerMB: 0, workerMB: 0 };
  const timer = setInterval(() => {
    most.brokerMB = Math.max(most.brokerMB, residentMB(parts.broker.pid));
    most.workerMB = Math.max(most.workerMB, residentMB(parts.worker.pid));
  }, 1_000);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

function residentMB(pid: number | undefined): number {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}

/** Sites that have fallen silent keep their records: they are not lost. */
async function countRecords({ sites, database }: Trial, waiting: number) {
  const [row] = await database.query(
    "SELECT count(*) AS rows, count(DISTINCT (site, epoch, sequence)) AS distinct FROM record",
  );
  const made = sites.reduce((sum, one) => sum + one.made, 0);
  const kept = sites.reduce((sum, one) => sum + one.waiting, 0);
  const stored = Number(row?.["distinct"]);
  return {
    made,
    stored,
    keptAtSilentSites: kept - waiting,
    lost: made - kept - stored,
    waiting,
    doubled: Number(row?.["rows"]) - stored,
  };
}

/**
 * What the vehicles of all sites do that hold a lease for power, also of those that nobody hears: mean of each minute and of the
 * whole time against what was asked for, and the worst one-minute mean of those that begin 30 s after the start or later.
 */
function watchTruth({ sites }: Trial, fromMs: number): { stop(targetW: number): object } {
  const samplesW: number[] = [];
  const timer = setInterval(() => {
    const nowMs = Date.now();
    if (nowMs >= fromMs) samplesW.push(sites.reduce((sum, one) => sum + (one.power(nowMs)?.chargersW ?? 0), 0));
  }, sampleMs);
  return {
    stop(targetW) {
      clearInterval(timer);
      const perMinute = minuteMs / sampleMs;
      const mean = (from: number, to: number): number =>
        samplesW.slice(from, to).reduce((sum, one) => sum + one, 0) / Math.max(1, to - from);
      const off = (powerW: number): number => Math.round((powerW / targetW - 1) * 10_000) / 100;
      const minutes = Array.from({ length: Math.floor(samplesW.length / perMinute) }, (_, i) =>
        off(mean(i * perMinute, (i + 1) * perMinute)),
      );
      let worstPct = 0;
      for (let from = perMinute / 2; from + perMinute <= samplesW.length; from++) {
        const pct = off(mean(from, from + perMinute));
        if (Math.abs(pct) > Math.abs(worstPct)) worstPct = pct;
      }
      return {
        trueMinutesOffPct: minutes,
        worstMinuteFrom90sPct: worstPct,
        trueEnergyOffPct: off(mean(0, samplesW.length)),
      };
    },
  };
}

/** Means of whole minutes against what was asked for. */
async function dispatchFigures(database: Database, id: string, targetW: number) {
  const minutes = await database.query("SELECT measured_w FROM dispatch_minute WHERE dispatch = $1 ORDER BY at_ms", [
    id,
  ]);
  const [row] = await database.query("SELECT progress FROM dispatch WHERE id = $1", [id]);
  const off = minutes.map(({ measured_w: powerW }) => Math.round((Number(powerW) / targetW - 1) * 10_000) / 100);
  return { targetMW: targetW / 1e6, minutesOffPct: off, progress: row?.["progress"] };
}

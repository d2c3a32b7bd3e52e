/**
 * `npm run fleet -- kills`: broker, database and workers are killed again and again under many sites, sometimes the broker with all
 * that it keeps, and then it is counted: every record once, every lease once or told as expired, none after its end. The same seed
 * makes the same plan of kills.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispatcherKey } from "../../src/protocols/fleet/orders.ts";
import { answers, freePort, keyFiles, toolsOf } from "../demo/demo.ts";
import { lightSites, runLightGroup } from "../demo/light-fleet.ts";
import type { LightSite } from "../demo/light-site.ts";
import { startNatsServer } from "../demo/nats-server.ts";
import { ended, type Postgres, startPostgres } from "../demo/postgres.ts";
import { randomOf } from "../demo/random.ts";
import { logLine } from "../serve.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { addLease } from "../store/orders.ts";

export interface KillsOptions {
  readonly seed: number;
  readonly kills: number;
  readonly sites: number;
}

const happenEveryMs = 2_000;
const leaseEveryMs = 500;
const stateEveryMs = 60_000;
const leaseMs = 20_000;
/** What is under way has this long to arrive, ms. */
const settleMaxMs = 180_000;
const sitesPerConnection = 25;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Parts {
  broker: ChildProcess;
  postgres: Postgres;
  worker: ChildProcess;
}

export async function runKills({ seed, kills, sites: count }: KillsOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "islet-fleet-kills-"));
  // The database may run as another user; what is secret in here is so by its own rights.
  chmodSync(folder, 0o711);
  const { bin, program } = toolsOf(() => undefined);
  const [natsPort, databasePort] = [await freePort(), await freePort()];
  const keys = keyFiles(folder);
  const startMs = Date.now();
  const sites = lightSites(count, startMs, startMs, [dispatcherKey(keys.publicPem)]);
  const login = { user: "fleet", pass: "trial" };
  const startBroker = (): ChildProcess => startNatsServer(program, join(folder, "broker"), natsPort, [], login.pass);
  const startDatabase = (): Postgres => startPostgres(bin, join(folder, "database"), databasePort);
  const startWorker = (): ChildProcess =>
    spawn(
      process.execPath,
      [
        ...[
          join(import.meta.dirname, "../main.ts"),
          "serve",
          "--nats",
          `nats://${login.user}:${login.pass}@127.0.0.1:${natsPort}`,
        ],
        ...["--database", `postgres://fleet@127.0.0.1:${databasePort}/postgres`, "--port", "0"],
        ...["--dispatcher-key", keys.privateFile, "--token-file", keys.tokenFile],
      ],
      { stdio: "ignore" },
    );
  const parts: Parts = { broker: startBroker(), postgres: startDatabase(), worker: startWorker() };
  await Promise.all([answers(natsPort, "The broker"), answers(databasePort, "The database")]);
  const database = await openDatabase(parts.postgres.url, () => true);
  const stops: (() => Promise<void>)[] = [];
  for (let i = 0; i < sites.length; i += sitesPerConnection)
    stops.push(
      runLightGroup({
        natsUrl: `nats://127.0.0.1:${natsPort}`,
        sites: sites.slice(i, i + sitesPerConnection),
        seed: null,
        login,
        stateEveryMs,
      }),
    );
  const happening = setInterval(() => {
    for (const one of sites) one.happen(Date.now());
  }, happenEveryMs);
  const random = randomOf(seed);
  const given: string[] = [];
  let next = 0;
  const leasing = setInterval(async () => {
    const nowMs = Date.now();
    const { site } = sites[next++ % sites.length]!;
    const lease = {
      id: randomUUID(),
      kind: "cap-charge",
      evse: 0,
      valueW: 1_000,
      fromMs: nowMs,
      untilMs: nowMs + leaseMs,
      cause: "trial",
      issuedBy: "trial",
    } as const;
    // Counted once the database has it; the workers bring it to the broker, also after a loss.
    const made = await addLease(database, site, lease, keys.privatePem, nowMs).catch(() => "away");
    if (typeof made !== "string") given.push(lease.id);
  }, leaseEveryMs);

  let stores = 0;
  for (let i = 0; i < kills; i++) {
    await pause(4_000 + random() * 4_000);
    const which = random();
    const what = which < 0.4 ? "broker" : which < 0.7 ? "worker" : "database";
    const withStore = what === "broker" && random() < 0.3;
    logLine(`Kill ${i + 1} of ${kills}: ${what}${withStore ? " with its store" : ""}.`);
    if (what === "worker") {
      await ended(parts.worker, "SIGKILL");
      parts.worker = startWorker();
    } else if (what === "database") {
      await ended(parts.postgres.child, "SIGQUIT");
      parts.postgres = startDatabase();
      await answers(databasePort, "The database");
    } else {
      await ended(parts.broker, "SIGKILL");
      if (withStore) rmSync(join(folder, "broker/store"), { recursive: true, force: true });
      if (withStore) stores++;
      parts.broker = startBroker();
    }
  }
  clearInterval(happening);
  clearInterval(leasing);
  const untilMs = Date.now() + settleMaxMs;
  const isOpen = (one: LightSite): boolean =>
    one.waiting > 0 || [...one.leases.values()].some(({ state }) => state === "running" || state === "accepted");
  while (Date.now() < untilMs && sites.some(isOpen)) await pause(500);
  const ok = await judge(database, sites, given, { kills, stores, seed });
  for (const stop of stops) await stop();
  await database.close();
  await ended(parts.worker, "SIGKILL");
  await ended(parts.broker, "SIGKILL");
  await parts.postgres.stop();
  rmSync(folder, { recursive: true, force: true });
  return ok;
}

async function judge(
  database: Database,
  sites: readonly LightSite[],
  given: readonly string[],
  plan: Readonly<Record<string, number>>,
): Promise<boolean> {
  const [row] = await database.query("SELECT count(*) AS rows FROM record");
  const [receipts] = await database.query(
    "SELECT count(DISTINCT lease_id) AS leases FROM receipt WHERE receipt->>'state' IN ('done', 'expired') AND lease_id = ANY($1)",
    [given],
  );
  const [alarms] = await database.query("SELECT count(*) AS alarms FROM alarm");
  const made = sites.reduce((sum, one) => sum + one.made, 0);
  const waiting = sites.reduce((sum, one) => sum + one.waiting, 0);
  const begun = sites.flatMap((one) => [...one.begun.values()]);
  const heard = sites.reduce((sum, one) => sum + one.leases.size, 0);
  const found = {
    ...plan,
    ...{ recordsMade: made, recordsStored: Number(row?.["rows"]), recordsWaiting: waiting },
    ...{
      leasesGiven: given.length,
      leasesHeard: heard,
      leasesBegun: begun.length,
      begunTwice: begun.filter((times) => times > 1).length,
    },
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

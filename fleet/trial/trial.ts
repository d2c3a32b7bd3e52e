/** What a trial stands on: broker, database and worker as processes of their own, and light sites in this one. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { answers, freePort, keyFiles, toolsOf } from "../demo/demo.ts";
import { type LightGroup, type LightGroupOptions, lightSites, runLightGroup } from "../demo/light-fleet.ts";
import type { LightSite } from "../demo/light-site.ts";
import type { LightFault } from "../demo/light-vehicles.ts";
import { startNatsServer } from "../demo/nats-server.ts";
import { ended, type Postgres, startPostgres } from "../demo/postgres.ts";
import { type Database, openDatabase } from "../store/database.ts";

export interface Trial {
  readonly folder: string;
  readonly keys: ReturnType<typeof keyFiles>;
  readonly sites: readonly LightSite[];
  readonly database: Database;
  /** Of the newest worker. */
  readonly pageUrl: string;
  readonly parts: { broker: ChildProcess; postgres: Postgres; worker: ChildProcess };
  killBroker(withStore: boolean): Promise<void>;
  killDatabase(): Promise<void>;
  killWorker(): Promise<void>;
  connect(perConnection: number, onOrder?: LightGroupOptions["onOrder"]): readonly LightGroup[];
  stop(): Promise<void>;
}

const stateEveryMs = 60_000;
const login = { user: "fleet", pass: "trial" };
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function startTrial(count: number, startMs: number, faultOf?: () => LightFault): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), "islet-fleet-trial-"));
  // The database may run as another user; what is secret in here is so by its own rights.
  chmodSync(folder, 0o711);
  const { bin, program } = toolsOf(() => undefined);
  const [natsPort, databasePort, pagePort] = [await freePort(), await freePort(), await freePort()];
  const keys = keyFiles(folder);
  const sites = lightSites(count, startMs, startMs, [dispatcherKey(keys.publicPem)], faultOf);
  const startBroker = (): ChildProcess => startNatsServer(program, join(folder, "broker"), natsPort, [], login.pass);
  const startDatabase = (): Postgres => startPostgres(bin, join(folder, "database"), databasePort);
  const worker = [
    ...[join(import.meta.dirname, "../main.ts"), "serve"],
    ...["--nats", `nats://${login.user}:${login.pass}@127.0.0.1:${natsPort}`],
    ...["--database", `postgres://fleet@127.0.0.1:${databasePort}/postgres`, "--port", String(pagePort)],
    ...["--dispatcher-key", keys.privateFile, "--token-file", keys.tokenFile],
  ];
  const startWorker = (): ChildProcess => spawn(process.execPath, worker, { stdio: "ignore" });
  const parts = { broker: startBroker(), postgres: startDatabase(), worker: startWorker() };
  // A trial that fails on its way leaves nothing running.
  process.once("exit", () => {
    for (const child of [parts.broker, parts.postgres.child, parts.worker]) child.kill("SIGKILL");
  });
  await Promise.all([answers(natsPort, "The broker"), answers(databasePort, "The database")]);
  const database = await openDatabase(parts.postgres.url, () => true);
  const groups: LightGroup[] = [];
  return {
    ...{ folder, keys, sites, database, parts, pageUrl: `http://127.0.0.1:${pagePort}` },
    async killBroker(withStore) {
      await ended(parts.broker, "SIGKILL");
      if (withStore) rmSync(join(folder, "broker/store"), { recursive: true, force: true });
      parts.broker = startBroker();
    },
    async killDatabase() {
      await ended(parts.postgres.child, "SIGQUIT");
      parts.postgres = startDatabase();
      await answers(databasePort, "The database");
    },
    async killWorker() {
      await ended(parts.worker, "SIGKILL");
      parts.worker = startWorker();
    },
    connect(perConnection, onOrder) {
      const natsUrl = `nats://127.0.0.1:${natsPort}`;
      for (let i = 0; i < sites.length; i += perConnection)
        groups.push(
          runLightGroup({
            ...{ natsUrl, sites: sites.slice(i, i + perConnection), seed: null, login, stateEveryMs },
            ...(onOrder !== undefined && { onOrder }),
          }),
        );
      return groups;
    },
    async stop() {
      await Promise.all(groups.map((one) => one.stop()));
      await database.close();
      await ended(parts.worker, "SIGKILL");
      await ended(parts.broker, "SIGKILL");
      await parts.postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

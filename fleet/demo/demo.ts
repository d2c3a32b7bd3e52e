/** A fleet on one machine: what `npm run fleet` starts, all of it on loopback, and ends again. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as tcp } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createUser } from "@nats-io/nkeys";
import { dispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { logLine } from "../serve.ts";
import { lightSites, runLightGroup } from "./light-fleet.ts";
import { findNatsServer, startNatsServer } from "./nats-server.ts";
import { ended, findPostgres, startPostgres } from "./postgres.ts";
import { startRealSite } from "./real-site.ts";

export interface DemoOptions {
  readonly sites: number;
  readonly port: number;
  /** What is to outlive the run; null: nothing does. */
  readonly folder: string | null;
}

/** Sites tell themselves this often here, ms: somebody looks. */
const stateEveryMs = 5_000;
/** Quarter-hours of so long are there from the start, ms. */
const pastMs = 2 * 86_400_000;
const waitMaxMs = 60_000;

export async function runDemo({ sites: count, port, folder }: DemoOptions): Promise<void> {
  const own = folder ?? mkdtempSync(join(tmpdir(), "islet-fleet-"));
  mkdirSync(own, { recursive: true });
  // The database may run as another user; what is secret in here is so by its own rights.
  chmodSync(own, 0o711);
  const [natsPort, databasePort] = [await freePort(), await freePort()];
  const { bin, program } = toolsOf(logLine);
  const keys = keyFiles(own);
  const startMs = Date.now();
  const sites = lightSites(count - 1, startMs - pastMs, startMs, [dispatcherKey(keys.publicPem)]);
  const users = sites.map(() => createUser());
  const real = { site: "real-00001", user: createUser() };
  const password = randomBytes(18).toString("hex");
  const postgres = startPostgres(bin, folder === null ? null : join(own, "database"), databasePort);
  const identities = sites.map(({ site }, i) => ({ site, key: users[i]!.getPublicKey() }));
  identities.push({ site: real.site, key: real.user.getPublicKey() });
  const broker = startNatsServer(program, join(own, "broker"), natsPort, identities, password);
  const url = `nats://127.0.0.1:${natsPort}`;
  // It takes longest to start, and waits for the broker by itself.
  const realSite = startRealSite({
    ...{
      folder: join(own, "real"),
      natsUrl: url,
      site: real.site,
      seed: new TextDecoder().decode(real.user.getSeed()),
    },
    ...{ dispatcherPublicFile: keys.publicFile, ports: [await freePort(), await freePort(), await freePort()] },
  });
  await Promise.all([answers(natsPort, "The broker"), answers(databasePort, "The database")]).catch((failure) => {
    // What was begun ends with it.
    for (const child of [...realSite, broker, postgres.child]) child.kill();
    throw failure;
  });
  const worker = startWorkerProcess([
    ...["--nats", `nats://fleet:${password}@127.0.0.1:${natsPort}`, "--database", postgres.url],
    ...["--dispatcher-key", keys.privateFile, "--token-file", keys.tokenFile, "--port", String(port)],
  ]);
  const groups = sites.map((one, i) =>
    runLightGroup({ natsUrl: url, sites: [one], seed: new TextDecoder().decode(users[i]!.getSeed()), stateEveryMs }),
  );
  logLine(`${count} simulated sites, one of them a real controller (${real.site}). Token for leases: ${keys.token}`);
  await Promise.race([
    new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    }),
    ...[broker, worker, postgres.child].map((child) => new Promise((resolve) => child.once("exit", resolve))),
  ]);
  logLine("Ending …");
  await Promise.all(groups.map((one) => one.stop()));
  await Promise.all(realSite.map((one) => ended(one, "SIGTERM")));
  await ended(worker, "SIGTERM");
  await ended(broker, "SIGTERM");
  await postgres.stop();
  if (folder === null) rmSync(own, { recursive: true, force: true });
  process.exit(0);
}

/** Programs of database and broker; what is fetched for them is kept for the next time. */
export function toolsOf(log: (sentence: string) => void): { readonly bin: string; readonly program: string } {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "islet-fleet");
  return { bin: findPostgres(join(cache, "postgres"), log), program: findNatsServer(join(cache, "nats"), log) };
}

function startWorkerProcess(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "../main.ts"), "serve", ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
}

/** The dispatcher's keys and the token: those of before where the folder has them. */
export function keyFiles(folder: string) {
  const privateFile = join(folder, "dispatcher.key.pem");
  const publicFile = join(folder, "dispatcher.pub.pem");
  const tokenFile = join(folder, "token");
  if (!existsSync(privateFile)) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519", {
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    writeFileSync(privateFile, privateKey, { mode: 0o600 });
    writeFileSync(publicFile, publicKey);
    writeFileSync(tokenFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  }
  const read = (file: string): string => readFileSync(file, "utf8");
  return {
    ...{ privateFile, publicFile, tokenFile },
    ...{ privatePem: read(privateFile), publicPem: read(publicFile), token: read(tokenFile) },
  };
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

/** Until somebody listens there. */
export async function answers(port: number, what: string): Promise<void> {
  const untilMs = Date.now() + waitMaxMs;
  while (Date.now() < untilMs) {
    const is = await new Promise<boolean>((resolve) => {
      const socket = tcp(port, "127.0.0.1");
      const end = (found: boolean): void => {
        socket.destroy();
        resolve(found);
      };
      socket.once("connect", () => end(true)).once("error", () => end(false));
    });
    if (is) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} does not answer within ${waitMaxMs / 1_000} s.`);
}

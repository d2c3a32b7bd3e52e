/**
 * One controller for one site: taken before anything is commanded, refused with a sentence, and given back by the system when
 * the process ends, however it ends. The state folder is locked by a file in it; each device that is commanded, whoever's state
 * folder names it, by a name of the machine. Two controllers on two machines are not found this way.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { BridgeSettings, DeviceSettings, LinkSettings } from "../../../firmware-bridge/settings.ts";
import { makeFolder, whyOf } from "../store/files.ts";
import { bridgeSettings } from "./bridge-settings.ts";
import type { LoadedSite } from "./load-config.ts";

/** A controller that is just ending gets this long to let go, ms. */
const patienceMs = 3_000;
const retryEveryMs = 100;

export interface SiteLock {
  release(): Promise<void>;
}

/** Locks a state folder alone, for whoever replaces it. Throws a sentence when a controller runs on it. */
export async function lockState(stateDir: string): Promise<SiteLock> {
  makeFolder(stateDir);
  const folder = await patiently(Date.now() + patienceMs, async () => lockFolder(stateDir));
  if (folder === null) throw new Error(runsOn(stateDir));
  return { release: async () => folder.close() };
}

/** Whether a controller runs on a state folder just now. Nothing is made or kept. */
export function stateIsHeld(stateDir: string): boolean {
  if (!existsSync(join(stateDir, "lock"))) return false;
  const folder = lockFolder(stateDir);
  folder?.close();
  return folder === null;
}

const runsOn = (stateDir: string): string =>
  `another controller runs on the state folder ${stateDir}. Two on one site would command against each other: stop that one first.`;

/** Locks state folder and commanded devices. Throws a sentence that says what another controller holds. */
export async function lockSite(site: LoadedSite): Promise<SiteLock> {
  const { stateDir } = site.config;
  makeFolder(stateDir);
  const endsAtMs = Date.now() + patienceMs;
  const folder = await patiently(endsAtMs, async () => lockFolder(stateDir));
  if (folder === null) throw new Error(runsOn(stateDir));
  const held: Server[] = [];
  const release = async (): Promise<void> => {
    folder.close();
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  for (const { name, key } of commanded(bridgeSettings(site.config, site.maps))) {
    const server = await patiently(endsAtMs, () => lockName(key));
    if (server === null) {
      await release();
      throw new Error(
        `${name} (${key}) is commanded by another controller on this machine, with another state folder. Stop that one, or correct the addresses.`,
      );
    }
    if (server !== "none") held.push(server);
  }
  return { release };
}

async function patiently<T>(endsAtMs: number, lock: () => Promise<T | null>): Promise<T | null> {
  for (;;) {
    const held = await lock();
    if (held !== null || Date.now() >= endsAtMs) return held;
    await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
  }
}

/** SQLite's lock of a file without content: the kernel's, released with the process, and without need of room on the disk. */
function lockFolder(folder: string): DatabaseSync | null {
  const path = join(folder, "lock");
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (failure) {
    database.close();
    const busy = 5;
    if (((failure as { errcode?: number }).errcode ?? 0) === busy) return null;
    throw new Error(`the state folder ${folder} can't be used: ${whyOf(failure)}. Check its rights and its disk.`);
  }
}

/** What is commanded: not the meter, which several may read. A device of several parts counts once. */
function commanded({
  stages,
  transferDevice,
  devices: named = [],
  loadPanel,
  pv = [],
}: BridgeSettings): readonly { name: string; key: string }[] {
  const modules = named.filter(({ map }) => map !== undefined && map.commands.length > 0);
  const devices: readonly DeviceSettings[] = [...stages, transferDevice, ...modules, loadPanel, ...pv].filter(
    (device) => device !== undefined,
  );
  const keys = new Map(devices.map((device) => [`${placeOf(device.link)} unit ${device.unit}`, device.name]));
  return [...keys].map(([key, name]) => ({ key, name }));
}

function placeOf(link: LinkSettings): string {
  if (link.kind === "rtu") return link.path;
  const host = link.host.toLowerCase();
  return `${host === "localhost" || host === "::1" ? "127.0.0.1" : host}:${link.port}`;
}

/** A name in Linux's abstract namespace: no file, no rights, gone with the process. "none" where there is no such thing. */
function lockName(key: string): Promise<Server | "none" | null> {
  if (process.platform !== "linux") return Promise.resolve("none");
  const digest = createHash("sha256").update(key).digest("hex").slice(0, 32);
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (failure: NodeJS.ErrnoException) => resolve(failure.code === "EADDRINUSE" ? null : "none"));
    server.listen({ path: `\0islet-device-${digest}` }, () => resolve(server));
  });
}

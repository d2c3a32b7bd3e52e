/**
 * `islet run` as a process before the project's own simulated hardware, whose stages have vehicle ports, and simulated vehicles
 * that go through sessions with it over real sockets. The hardware is the project's own because a session needs a power stage that
 * tests, precharges and closes; what is judged is its physics, not its registers.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { streamOf } from "../../../sim/peers/vehicle/socket-stream.ts";
import { usualBattery, type VehicleOptions } from "../../../sim/peers/vehicle/steps.ts";
import { driveSession, type VehicleResult } from "../../../sim/peers/vehicle/vehicle.ts";
import { startSimulator } from "../../../sim/run/process.ts";
import { parseSimOptions } from "../../../sim/run/sim-options.ts";
import type { World } from "../../../sim/world.ts";
import { loadSite } from "../../../src/app/site/load-config.ts";
import { type Backend, type BackendOptions, startBackend } from "./backend.ts";
import { until } from "./judge.ts";
import { openPage, type Page } from "./page.ts";
import { type IsletProcess, runIslet, startIslet } from "./process.ts";
import type { JsonObject } from "./product.ts";

export interface VehicleSiteOptions {
  readonly stages?: number;
  /** Of each place, laid over a link on loopback. */
  readonly links?: readonly JsonObject[];
  readonly evse?: JsonObject;
  readonly config?: (basePort: number) => JsonObject;
  readonly permitExportW?: number;
  /** Pairs of EVSE and vehicle in the permit, as `islet permit create --pair` takes them. */
  readonly pairs?: readonly string[];
  readonly backend?: boolean | BackendOptions;
}

export interface VehicleSite {
  readonly world: World;
  readonly process: IsletProcess;
  readonly backend: Backend;
  /** Port of a place, from 0. */
  port(place: number): number;
  said(pattern: RegExp): string | undefined;
  /** The page, signed in as the installer; once for each site. */
  page(): Promise<Page>;
  /** Goes through a session; `socket` ends it from outside. */
  vehicle(
    place: number,
    options?: Partial<VehicleOptions>,
    /** Over TLS, with what it trusts and has. */
    tls?: ConnectionOptions & { readonly port: number },
  ): { readonly done: Promise<VehicleResult>; readonly socket: Socket };
  stop(): Promise<void>;
}

const patienceMs = 60_000;
/** Below and above the ports that the system gives to outgoing connections (32768 to 60999 on Linux). */
const freePort = (): number => 20_000 + Math.floor(Math.random() * 12_000);
const vehiclePortMin = 61_000;
const vehiclePorts = 4_000;

export async function startVehicleSite(options: VehicleSiteOptions = {}): Promise<VehicleSite> {
  const { links = [], stages = Math.max(1, links.length), permitExportW } = options;
  const folder = mkdtempSync(join(tmpdir(), "islet-vehicles-"));
  const base = freePort();
  const linkPort = (place: number): number => vehiclePortMin + ((base + place) % vehiclePorts);
  const backend = await startBackend(typeof options.backend === "object" ? options.backend : undefined);
  const configFile = join(folder, "site.yaml");
  const config = {
    site: {
      name: "Vehicles",
      serviceMode: permitExportW === undefined ? "load-only" : "parallel-export",
      nominalVoltageV: 480,
      gridProfile: "./quick.yaml",
    },
    pcc: {
      importLimitW: 500_000,
      exportLimitW: 500_000,
      meter: { host: "127.0.0.1", port: base, proven: true, updateMs: 20, windowMs: 20, freshMs: 1_500 },
    },
    authorization: "none",
    evses: Array.from({ length: stages }, (_, i) => ({
      name: `Bay ${i + 1}`,
      stage: { host: "127.0.0.1", port: base + 1 + i, freshMs: 1_500 },
      maxChargeW: 60_000,
      maxDischargeW: 60_000,
      dischargeEnabled: true,
      reservePct: 20,
      vehicleLink: { interface: "lo", port: linkPort(i), iso20WithoutTls: true, ...links[i] },
      ...options.evse,
    })),
    loop: { periodMs: 20, realTimePriority: false, watchdogS: 5 },
    permit: { anchors: [join(folder, "utility.pem")] },
    dashboard: { port: 0 },
    ...(options.backend !== undefined &&
      options.backend !== false && {
        backend: { url: backend.url, identity: "PRODUCT-1", certificatesOverPlainLink: true },
      }),
    stateDir: join(folder, "state"),
    sim: {
      building: { data: "none" },
      stageEnterServiceS: 1,
      mayDischarge: true,
      vehicles: Array.from({ length: stages }, (_, i) => ({ evse: i + 1, socPct: 60 })),
    },
    ...options.config?.(base),
  };
  writeFileSync(
    join(folder, "quick.yaml"),
    JSON.stringify({
      name: "quick",
      base: "ieee1547-catB-III",
      version: 1,
      settings: { enterDelayS: 1, enterRampS: 1 },
    }),
  );
  writeFileSync(configFile, JSON.stringify(config, null, 1));
  if (permitExportW !== undefined) await installPermit(folder, configFile, stages, permitExportW, options.pairs);
  const parsed = parseSimOptions(config.sim);
  if (!parsed.ok) throw new Error(parsed.error.join("; "));
  const simulator = await startSimulator({ site: loadSite(configFile).config, sim: parsed.value });
  const { world } = simulator.simulation;
  world.building.hold(20_000);
  const product = startIslet(configFile, folder);
  const said = (pattern: RegExp): string | undefined => product.lines.find(({ text }) => pattern.test(text))?.text;
  const sockets: Socket[] = [];
  const site: VehicleSite = {
    world,
    process: product,
    backend,
    port: linkPort,
    said,
    async page() {
      const url = said(/^Dashboard: /)!.slice("Dashboard: ".length);
      const code = /with this code: (\S+)/.exec(said(/with this code: /) ?? "")?.[1] ?? null;
      return openPage(url, code);
    },
    vehicle(place, its = {}, tls) {
      const socket =
        tls === undefined
          ? connect(linkPort(place), "127.0.0.1")
          : connectTls({ host: "127.0.0.1", checkServerIdentity: () => undefined, ...tls });
      sockets.push(socket);
      const done = driveSession(streamOf(socket), {
        protocol: "ISO 15118-20",
        bidirectional: true,
        voltageV: 400,
        rounds: 1_000,
        currentA: 60,
        unixS: () => Date.now() / 1_000,
        battery: { ...usualBattery, id: `CAR${place + 1}`, capacityWh: 100_000, targetPct: 90, minPct: 30 },
        pace: () => sleep(50),
        ...its,
      });
      return { done, socket };
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await product.stop();
      await simulator.close();
      await backend.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  const ready = () => product.lines.filter(({ text }) => text.includes("listens for vehicles")).length === stages;
  if (!(await until(ready, patienceMs))) {
    const lines = product.lines.map(({ text }) => text).join(" | ");
    await site.stop();
    throw new Error(`no place listens: ${lines} ${product.err()}`);
  }
  return site;
}

async function installPermit(
  folder: string,
  configFile: string,
  stages: number,
  exportW: number,
  pairs: readonly string[] = [],
): Promise<void> {
  const key = join(folder, "utility");
  const draft = join(folder, "draft.json");
  const signed = join(folder, "permit.json");
  const covered = Array.from({ length: stages }, (_, i) => [
    "--stage",
    `SIM-${String(i + 1).padStart(3, "0")}=1.0.0`,
  ]).flat();
  const create = [
    "permit",
    "create",
    "--mode",
    "parallel-export",
    "--export-limit-w",
    String(exportW),
    "--config",
    configFile,
  ];
  const more = ["--serial", "1", "--reference", "PRODUCT", "--utility", "Test utility", ...covered, "--out", draft];
  more.push(...pairs.flatMap((pair) => ["--pair", pair]));
  for (const args of [
    ["permit", "keygen", key],
    [...create, ...more],
    ["permit", "sign", draft, "--key", `${key}.key.pem`, "--out", signed],
    ["permit", "install", signed, "--config", configFile],
  ]) {
    const ran = await runIslet(args);
    if (ran.code !== 0) throw new Error(`islet ${args.join(" ")}: ${ran.err}`);
  }
}

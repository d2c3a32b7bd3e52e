/**
 * `islet run` as a process before an emulated site: foreign devices over sockets with physics of their own, configuration files
 * in a folder of their own, a permit made and installed by the commands that people use, and a backend. Everything is on
 * loopback with free ports, bounded in time, and ends with `stop`.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Backend, type BackendOptions, startBackend } from "./backend.ts";
import { eastronFace, janitzaFace, StageFace, SunspecMeterFace, SwitchgearFace } from "./faces.ts";
import { until, writtenTo } from "./judge.ts";
import {
  type ModbusServer,
  type RegisterDevice,
  type RegisterImage,
  type ServerHabits,
  startModbusServer,
} from "./modbus-server.ts";
import { openPage, type Page, type PageState } from "./page.ts";
import { Plant, type PlantOptions } from "./plant.ts";
import { type IsletProcess, type LogLine, runIslet, signalPid, startIslet } from "./process.ts";
import type { SunspecMap } from "./sunspec-map.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** Where the configuration finds the emulated devices. */
export interface Places {
  readonly meter: JsonObject;
  readonly stages: readonly JsonObject[];
  readonly k1: JsonObject;
  readonly panel: JsonObject;
  readonly backendUrl: string;
  readonly folder: string;
}

export interface ProductOptions {
  readonly plant?: Partial<PlantOptions>;
  /** What the meter at the PCC is. */
  readonly meter?: "sunspec" | "janitza" | "eastron";
  readonly stages?: { readonly vendorModel?: boolean };
  readonly habits?: {
    readonly meter?: Partial<ServerHabits>;
    readonly stage?: Partial<ServerHabits>;
    readonly k1?: Partial<ServerHabits>;
  };
  /** Laid over a plain configuration, group by group; lists replace lists. */
  readonly config?: JsonObject | ((places: Places) => JsonObject);
  /** Further files beside the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** A permission to operate that is signed and installed before the start. */
  readonly permit?: PermitOptions;
  readonly backend?: boolean | BackendOptions;
  /** Readings count as long as they do without a setting. Otherwise they count for longer, for a busy machine. */
  readonly usualAges?: boolean;
  /** The process is not started; `start` does it. */
  readonly waits?: boolean;
}

export interface PermitOptions {
  readonly mode: "load-only" | "non-parallel-backup" | "parallel-non-export" | "parallel-export";
  readonly exportLimitW?: number;
  /** Of the stages covered; all without it. */
  readonly serials?: readonly string[];
  readonly firmware?: string;
  readonly serial?: number;
}

/** The service's own process, that of the control loop, or both. */
export type Part = "service" | "control" | "both";

export interface Product {
  readonly plant: Plant;
  readonly folder: string;
  readonly configFile: string;
  readonly stateDir: string;
  readonly meter: {
    readonly server: ModbusServer;
    readonly face: SunspecMeterFace | null;
    readonly image: RegisterImage;
  };
  readonly stages: readonly { readonly server: ModbusServer; readonly face: StageFace }[];
  readonly switchgear: { readonly server: ModbusServer; readonly face: SwitchgearFace } | null;
  readonly panel: { readonly server: ModbusServer; readonly face: SwitchgearFace } | null;
  readonly backend: Backend;
  readonly log: readonly LogLine[];
  readonly process: IsletProcess;
  readonly started: boolean;
  /** Starts it, or starts it again after `stop` or `kill` of the process. */
  start(): void;
  page(): Promise<Page>;
  state(): Promise<PageState>;
  /** Words of `islet explain`. */
  explain(): Promise<string>;
  mode(): string;
  /** Waits until the mode machine is in this mode; false when it does not come to it in time. */
  reached(mode: string, withinMs?: number): Promise<boolean>;
  /** A line of the log that fits, since `fromMs`. */
  said(pattern: RegExp, fromMs?: number): LogLine | undefined;
  /** Setpoints that were written to a stage, W, our sign. */
  setpointsW(stage: number, fromMs?: number): { readonly atMs: number; readonly value: number }[];
  installPermit(permit: PermitOptions): Promise<string>;
  /** Kills without warning; the devices go on. */
  kill(): Promise<void>;
  /** Stands still as a whole (SIGSTOP), or only the service or only its control loop, and goes on (SIGCONT). */
  pause(part?: Part): void;
  resume(part?: Part): void;
  /** Ends process and devices, and removes the folder. */
  stop(): Promise<void>;
}

/** A grid profile with short waits, so that parallel operation is reached in seconds; everything else is the standard's. */
const quickProfile = JSON.stringify({
  name: "quick",
  base: "ieee1547-catB-III",
  version: 1,
  settings: { enterDelayS: 1, enterRampS: 1 },
});

/** For a start and for what follows on a busy machine; no part of what is shown, ms. */
const patienceMs = 60_000;

/** The emulated devices share the machine with the controller and stand still with it, as real ones never do, ms. */
export const patientFreshMs = 1_500;

/** One utility signs for all sites of a process. */
let utilityKeys: Promise<string> | undefined;
async function makeUtilityKeys(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "islet-utility-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const made = await runIslet(["permit", "keygen", join(folder, "utility")]);
  if (made.code !== 0) throw new Error(`permit keygen: ${made.err}`);
  return folder;
}

const serialOf = (index: number): string => `ST-${index + 1}`;

export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), "islet-product-"));
  const plant = new Plant(options.plant ?? {});
  const servers: ModbusServer[] = [];
  const serve = async (device: RegisterDevice, habits: Partial<ServerHabits> = {}): Promise<ModbusServer> => {
    const server = await startModbusServer(new Map([[1, device]]), habits);
    servers.push(server);
    return server;
  };
  const meterFace = (options.meter ?? "sunspec") === "sunspec" ? new SunspecMeterFace(plant) : null;
  const meterImage = meterFace?.map.image ?? (options.meter === "janitza" ? janitzaFace(plant) : eastronFace(plant));
  const meter = { server: await serve(meterImage, options.habits?.meter), face: meterFace, image: meterImage };
  const stages = await Promise.all(
    plant.stages.map(async (_, index) => {
      const face = new StageFace(plant, index, {
        serialNumber: serialOf(index),
        vendorModel: options.stages?.vendorModel ?? true,
      });
      return { face, server: await serve(face.map.image, options.habits?.stage) };
    }),
  );
  const switchgearFace = plant.k1 === null ? null : new SwitchgearFace(plant, { k1: true, panel: false });
  const switchgear = switchgearFace && {
    face: switchgearFace,
    server: await serve(switchgearFace.map.image, options.habits?.k1),
  };
  const panelFace = plant.tiersW.length === 0 ? null : new SwitchgearFace(plant, { k1: false, panel: true });
  const panel = panelFace && { face: panelFace, server: await serve(panelFace.map.image) };
  const backend = await startBackend(typeof options.backend === "object" ? options.backend : undefined);

  const at = (server: ModbusServer | undefined): JsonObject => ({
    host: "127.0.0.1",
    port: server?.port ?? 1,
    ...(options.usualAges !== true && { freshMs: patientFreshMs }),
  });
  const places: Places = {
    meter: at(meter.server),
    stages: stages.map(({ server }) => at(server)),
    k1: at(switchgear?.server),
    panel: at(panel?.server),
    backendUrl: backend.url,
    folder,
  };
  const given = typeof options.config === "function" ? options.config(places) : (options.config ?? {});
  const config = layOver(plainConfig(plant, places, options), given);
  const stateDir = join(folder, "state");
  const configFile = join(folder, "site.yaml");
  const files = { "quick.yaml": quickProfile, "site.yaml": JSON.stringify(config, null, 1), ...options.files };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const keys = join(folder, "utility");
  utilityKeys ??= makeUtilityKeys();
  for (const name of ["utility.key.pem", "utility.pem"])
    copyFileSync(join(await utilityKeys, name), join(folder, name));

  let running: IsletProcess | undefined;
  let opened: Promise<Page> | undefined;
  let permits = 0;
  let hasPassword = false;

  async function installPermit(permit: PermitOptions): Promise<string> {
    permits += 1;
    const draft = join(folder, `draft-${permits}.json`);
    const signed = join(folder, `permit-${permits}.json`);
    const covered = permit.serials ?? stages.map((_, index) => serialOf(index));
    const created = await runIslet([
      "permit",
      "create",
      "--mode",
      permit.mode,
      "--export-limit-w",
      String(permit.exportLimitW ?? 0),
      "--config",
      configFile,
      "--serial",
      String(permit.serial ?? permits),
      "--reference",
      "PRODUCT",
      "--utility",
      "Test utility",
      ...covered.flatMap((serial) => ["--stage", `${serial}=${permit.firmware ?? "7.1"}`]),
      "--out",
      draft,
    ]);
    const sealed = await runIslet(["permit", "sign", draft, "--key", `${keys}.key.pem`, "--out", signed]);
    const installed = await runIslet(["permit", "install", signed, "--config", configFile]);
    if (created.code !== 0 || sealed.code !== 0) throw new Error(`permit: ${created.err}${sealed.err}`);
    return installed.out + installed.err;
  }
  if (options.permit !== undefined) {
    const words = await installPermit(options.permit);
    if (!words.includes("Installed")) throw new Error(`the permit was not installed: ${words}`);
  }

  const start = (): void => {
    running = startIslet(configFile, folder);
    opened = undefined;
  };
  const now = (): IsletProcess => {
    if (running === undefined) throw new Error("the process was not started");
    return running;
  };
  const open = async (): Promise<Page> => {
    const { lines } = now();
    const codes = (): string[] => lines.flatMap(({ text }) => /with this code: (\S+)/.exec(text)?.[1] ?? []);
    const greets = (): boolean =>
      lines.some(({ text }) => text.startsWith("Dashboard: ")) && (hasPassword || codes().length > 0);
    const greeted = await until(greets, patienceMs);
    if (!greeted) throw new Error(`no page after 60 s: ${now().err()} ${lines.map(({ text }) => text).join(" | ")}`);
    const url = lines.find(({ text }) => text.startsWith("Dashboard: "))!.text.slice("Dashboard: ".length);
    const code = codes()[0];
    const page = await openPage(url, hasPassword ? null : (code ?? null));
    hasPassword = true;
    return page;
  };
  const page = (): Promise<Page> => (opened ??= open());
  const mode = (): string => {
    const changes = now().lines.filter(({ fields }) => typeof fields["mode"] === "string");
    return changes.length === 0 ? "unknown" : String(changes.at(-1)!.fields["mode"]);
  };
  const signalPart = (signal: NodeJS.Signals, part: Part = "both"): void => {
    if (part !== "control") now().signal(signal);
    if (part !== "service") signalPid(now().controlPid(), signal);
  };
  plant.start();
  for (const { face } of stages) face.start();
  if (options.waits !== true) start();

  return {
    plant,
    folder,
    configFile,
    stateDir,
    meter,
    stages,
    switchgear,
    panel,
    backend,
    get log() {
      return now().lines;
    },
    get process() {
      return now();
    },
    get started() {
      return running !== undefined;
    },
    start,
    page,
    state: async () => (await page()).state(),
    async explain() {
      const url =
        now()
          .lines.find(({ text }) => text.startsWith("Dashboard: "))
          ?.text.slice("Dashboard: ".length) ?? "";
      const { out, err } = await runIslet(["explain", "--url", url, "--token", await (await page()).token()]);
      return out + err;
    },
    mode,
    reached: (wanted, withinMs = patienceMs) => until(() => mode() === wanted, withinMs),
    said: (pattern, fromMs = 0) => now().lines.find(({ text, atMs }) => atMs >= fromMs && pattern.test(text)),
    setpointsW: (stage, fromMs = 0) => {
      const { server, face } = stages[stage]!;
      const map: SunspecMap = face.map;
      const path = map.has(64_901) ? "64901.WCmd" : "704.WSet";
      return writtenTo(server.writes, (address, words) => map.parse(address, words), path, fromMs).map(
        ({ atMs, value }) => ({
          atMs,
          value: value === 0 ? 0 : -value,
        }),
      );
    },
    installPermit,
    async kill() {
      now().signal("SIGKILL");
      await now().ended;
    },
    pause: (part) => signalPart("SIGSTOP", part),
    resume: (part) => signalPart("SIGCONT", part),
    async stop() {
      await running?.stop();
      plant.stop();
      for (const { face } of stages) face.stop();
      await Promise.all(servers.map((server) => server.close()));
      await backend.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A site on which nothing binds: what a test narrows is the only limit. */
function plainConfig(plant: Plant, places: Places, options: ProductOptions): JsonObject {
  const { nominalV, nominalHz } = plant.options;
  const { updateMs, windowMs, latencyMs } = plant.options.meter;
  return {
    site: {
      name: "Emulated site",
      timeZone: "UTC",
      serviceMode: options.permit?.mode ?? "load-only",
      nominalVoltageV: nominalV,
      nominalFrequencyHz: String(nominalHz),
      gridProfile: nominalHz === 60 ? "./quick.yaml" : "ieee1547-catB-III-50hz",
      utilityNotified: true,
    },
    pcc: {
      importLimitW: 1_000_000,
      exportLimitW: 1_000_000,
      meter: { ...places.meter, proven: true, updateMs, windowMs, latencyMs },
    },
    authorization: "none",
    evses: plant.stages.map(({ options: { maxChargeW, maxDischargeW, responseMs, deadTimeMs } }, index) => ({
      name: `Bay ${index + 1}`,
      stage: { ...places.stages[index]!, responseMs, deadTimeMs },
      maxChargeW,
      maxDischargeW,
      dischargeEnabled: true,
      ...(plant.k1 !== null && { gridForming: true }),
      reservePct: 20,
    })),
    ...(plant.k1 !== null && {
      transferDevice: { kind: "open-transition", ...places.k1, travelMs: plant.k1.travelMs },
    }),
    ...(plant.tiersW.length > 0 && {
      loadPanel: places.panel,
      tiers: plant.tiersW.map((loadW, index) => ({ name: `Tier ${index + 1}`, loadW })),
    }),
    // Real-time priority would let the processes of these tests starve each other.
    loop: { periodMs: 40, realTimePriority: false, watchdogS: 2 },
    permit: { anchors: [join(places.folder, "utility.pem")] },
    dashboard: { port: 0 },
    ...(options.backend !== undefined &&
      options.backend !== false && { backend: { url: places.backendUrl, identity: "PRODUCT-1" } }),
    stateDir: join(places.folder, "state"),
  };
}

/** Group by group; a list or a plain value replaces what was there, null takes it away. */
function layOver(below: JsonObject, above: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const old = result[name];
    if (value === null) {
      delete result[name];
      continue;
    }
    result[name] = isGroup(value) && isGroup(old) ? layOver(old, value) : value;
  }
  return result;
}

const isGroup = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

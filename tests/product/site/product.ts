/**
 * `islet run` as a process before an emulated site: foreign devices over sockets with physics of their own, configuration files
 * in a folder of their own, a permit made and installed by the commands that people use, and a backend. Everything is on
 * loopback with free ports, bounded in time, and ends with `stop`.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, type BackendOptions, startBackend } from "./backend.ts";
import { eastronFace, janitzaFace, StageFace, SunspecMeterFace, SwitchgearFace } from "./faces.ts";
import { writtenTo } from "./judge.ts";
import {
  type ModbusServer,
  type RegisterDevice,
  type RegisterImage,
  type ServerHabits,
  startModbusServer,
} from "./modbus-server.ts";
import { Plant, type PlantOptions } from "./plant.ts";
import { type JsonObject, makeService, type PermitOptions, type Service } from "./service.ts";
import type { SunspecMap } from "./sunspec-map.ts";

export type { JsonObject } from "./service.ts";

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
  /** Options of the runtime, for what can't be broken from outside. */
  readonly nodeOptions?: string;
  /** `bin/islet.mjs` of another folder than the checkout. */
  readonly program?: string;
  /** Variables of its environment, beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Product extends Service {
  readonly plant: Plant;
  readonly meter: {
    readonly server: ModbusServer;
    readonly face: SunspecMeterFace | null;
    readonly image: RegisterImage;
  };
  readonly stages: readonly { readonly server: ModbusServer; readonly face: StageFace }[];
  readonly switchgear: { readonly server: ModbusServer; readonly face: SwitchgearFace } | null;
  readonly panel: { readonly server: ModbusServer; readonly face: SwitchgearFace } | null;
  readonly backend: Backend;
  /** Setpoints that were written to a stage, W, our sign. */
  setpointsW(stage: number, fromMs?: number): { readonly atMs: number; readonly value: number }[];
}

/** The emulated devices share the machine with the controller and stand still with it, as real ones never do, ms. */
export const patientFreshMs = 1_500;

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
  const service = await makeService({
    folder,
    config,
    files: options.files ?? {},
    serials: stages.map((_, index) => serialOf(index)),
    permit: options.permit,
    nodeOptions: options.nodeOptions,
    program: options.program,
    env: options.env,
  });
  plant.start();
  for (const { face } of stages) face.start();
  if (options.waits !== true) service.start();
  const setpointsW: Product["setpointsW"] = (stage, fromMs = 0) => {
    const { server, face } = stages[stage]!;
    const map: SunspecMap = face.map;
    const path = map.has(64_901) ? "64901.WCmd" : "704.WSet";
    return writtenTo(server.writes, (address, words) => map.parse(address, words), path, fromMs).map(
      ({ atMs, value }) => ({ atMs, value: value === 0 ? 0 : -value }),
    );
  };
  const stop = async (): Promise<void> => {
    await service.stop();
    plant.stop();
    for (const { face } of stages) face.stop();
    await Promise.all(servers.map((server) => server.close()));
    await backend.close();
  };
  // The service's getters stay what they are.
  return Object.create(
    service,
    Object.getOwnPropertyDescriptors({ plant, meter, stages, switchgear, panel, backend, setpointsW, stop }),
  ) as Product;
}

/** The grid has been good this long before K1 closes onto it again: the shortest that may be set, s. */
const quickReturnS = 5;

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
      transferDevice: {
        kind: "open-transition",
        ...places.k1,
        travelMs: plant.k1.travelMs,
        returnDelayS: quickReturnS,
      },
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
export function layOver(below: JsonObject, above: JsonObject): JsonObject {
  const result: Record<string, JsonObject[string]> = { ...below };
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

const isGroup = (value: JsonObject[string] | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

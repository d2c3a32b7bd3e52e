/** The depot of `config/examples/depot.yaml`: a Janitza meter and four SunSpec stages behind one gateway, or each on its own. */
import { janitzaFace, StageFace } from "../site/faces.ts";
import { type ModbusServer, type RegisterImage, startModbusServer } from "../site/modbus-server.ts";
import { Plant } from "../site/plant.ts";
import { layOver } from "../site/product.ts";
import type { JsonObject } from "../site/service.ts";
import { type Example, startExample } from "./example.ts";
import { seeded } from "./figures.ts";

export interface DepotOptions {
  readonly seed: number;
  /** From a request to its answer, of meter and stages, ms; each trial has its own within ± 50 %. */
  readonly meterMs: number;
  readonly stageMs: number;
  readonly busyShare: number;
  /** One gateway for all four, which serves one request at a time. */
  readonly gateway: boolean;
  readonly meterUpdateMs: number;
  readonly change?: JsonObject;
}

export interface Depot extends Example {
  readonly plant: Plant;
  readonly meter: ModbusServer;
  readonly meterImage: RegisterImage;
  readonly servers: readonly ModbusServer[];
  readonly startMs: number;
}

const serial = (index: number): string => `ST-${index + 1}`;
export const stagesCount = 4;

export async function startDepot(options: DepotOptions): Promise<Depot> {
  const random = seeded(options.seed);
  const varied = (ms: number): number => ms * (0.5 + random());
  const { busyShare, meterUpdateMs } = options;
  const plant = new Plant({
    stages: Array.from({ length: stagesCount }, () => ({ responseMs: 60, deadTimeMs: 5, watchdogS: 5 })),
    buildingW: 120_000,
    meter: { updateMs: meterUpdateMs, windowMs: meterUpdateMs, latencyMs: 10, resolutionW: 1, reversed: false },
  });
  const meterImage = janitzaFace(plant);
  const meter = await startModbusServer(new Map([[1, meterImage]]), {
    latencyMs: varied(options.meterMs),
    registersMax: 100,
    singleClient: true,
  });
  const faces = plant.stages.map(
    (_, index) =>
      new StageFace(plant, index, {
        serialNumber: serial(index),
        vendorModel: false,
        shape: { base: index % 2 === 0 ? 0 : 40_000, commonLength: index < 3 ? 65 : 66 },
      }),
  );
  const habits = () => ({
    latencyMs: varied(options.stageMs),
    registersMax: 100,
    singleClient: true,
    busyShare,
    oneAtATime: options.gateway,
  });
  const servers = options.gateway
    ? [await startModbusServer(new Map(faces.map(({ map }, index) => [index + 1, map.image])), habits())]
    : await Promise.all(faces.map(({ map }) => startModbusServer(new Map([[1, map.image]]), habits())));
  const change = (config: JsonObject): JsonObject => {
    const evses = (config["evses"] as readonly JsonObject[]).map((evse, index) =>
      layOver(evse, {
        stage: options.gateway
          ? { host: "127.0.0.1", port: servers[0]!.port }
          : { host: "127.0.0.1", port: servers[index]!.port, unitId: 1 },
      }),
    );
    const placed = layOver(config, { pcc: { meter: { host: "127.0.0.1", port: meter.port } }, evses });
    return layOver(placed, options.change ?? {});
  };
  plant.start();
  for (const face of faces) face.start();
  const example = await startExample("depot.yaml", {
    change,
    serials: faces.map((_, index) => serial(index)),
    permit: { mode: "parallel-export", exportLimitW: 100_000 },
  });
  const startMs = performance.now();
  example.start();
  const stop = async (): Promise<void> => {
    await example.stop();
    plant.stop();
    for (const face of faces) face.stop();
    await Promise.all([meter, ...servers].map((server) => server.close()));
  };
  return Object.create(
    example,
    Object.getOwnPropertyDescriptors({ plant, meter, meterImage, servers, startMs, stop }),
  ) as Depot;
}

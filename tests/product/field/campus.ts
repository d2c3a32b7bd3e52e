/** The campus of `config/examples/campus.yaml`: feeders, revenue meter, bays, battery, generator, and K1 with its parts. */
import { janitzaFace, StageFace } from "../site/faces.ts";
import { type ModbusServer, startModbusServer } from "../site/modbus-server.ts";
import { feederMeter, type K1Parts, startK1Parts } from "../site/parts.ts";
import { Plant } from "../site/plant.ts";
import { layOver } from "../site/product.ts";
import type { JsonObject } from "../site/service.ts";
import { type Example, startExample } from "./example.ts";
import { seeded } from "./figures.ts";

export interface Campus extends Example {
  readonly plant: Plant;
  readonly parts: K1Parts;
  readonly servers: readonly ModbusServer[];
  readonly startMs: number;
}

export const exportLimitW = 20_000;
export const battery = 2;
const serial = (index: number): string => `ST-${index + 1}`;
const tiersW = 30_000;

export async function startCampus(seed: number): Promise<Campus> {
  const random = seeded(seed);
  const varied = (ms: number): number => ms * (0.5 + random());
  const plant = new Plant({
    stages: [60_000, 60_000, 100_000].map((watts) => ({ maxChargeW: watts, maxDischargeW: watts, responseMs: 60 })),
    k1TravelMs: 100,
    tiersW: [tiersW],
    buildingW: 150_000,
    meter: { updateMs: 100, windowMs: 100, latencyMs: 10, resolutionW: 1, reversed: false },
  });
  // Feeder B is what hangs behind K1; what is left of the connection's own meter is feeder A.
  const behindW = (): number =>
    plant.joined && plant.gridLive ? tiersW + plant.stages.reduce((sum, { powerW }) => sum + powerW, 0) : 0;
  const feederA = feederMeter(() => plant.meter.powerW - behindW());
  const feederB = feederMeter(() => -behindW());
  for (const feeder of [feederA, feederB]) feeder.attach(plant);
  const parts = await startK1Parts("coil");
  parts.attach(plant);
  const faces = plant.stages.map(
    (_, index) => new StageFace(plant, index, { serialNumber: serial(index), vendorModel: true }),
  );
  const images = [feederA.image, feederB.image, janitzaFace(plant), ...faces.map(({ map }) => map.image)];
  const servers = await Promise.all(
    images.map((image, i) => startModbusServer(new Map([[1, image]]), { latencyMs: varied(i < 3 ? 8 : 2) })),
  );
  const at = ({ port }: ModbusServer): JsonObject => ({ host: "127.0.0.1", port });
  plant.start();
  for (const face of faces) face.start();
  const example = await startExample("campus.yaml", {
    serials: faces.map((_, index) => serial(index)),
    permit: { mode: "parallel-export", exportLimitW: 100_000 },
    change: (config) => {
      const places: Readonly<Record<string, JsonObject>> = {
        "Feeder A": at(servers[0]!),
        "Feeder B": at(servers[1]!),
        "Revenue meter": at(servers[2]!),
        "Bus meter": { ...at(parts.servers.bus), unitId: 3 },
        "Cabinet I/O": at(parts.servers.module),
      };
      const devices = (config["devices"] as readonly JsonObject[]).map((one) =>
        layOver(one, places[String(one["name"])]!),
      );
      const evses = (config["evses"] as readonly JsonObject[]).map((one, i) =>
        layOver(one, { stage: at(servers[3 + i]!) }),
      );
      return layOver(config, { devices, evses });
    },
  });
  const startMs = performance.now();
  example.start();
  const stop = async (): Promise<void> => {
    await example.stop();
    plant.stop();
    for (const face of faces) face.stop();
    await Promise.all(servers.map((server) => server.close()));
    await parts.close();
  };
  return Object.create(example, Object.getOwnPropertyDescriptors({ plant, parts, servers, startMs, stop })) as Campus;
}

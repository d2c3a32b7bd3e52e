/**
 * Two chargers of other makers in one site. One tells an amount and, elsewhere, its direction, gives four registers at once, and
 * wants its control given back at the end. The other is another model than its map is for.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importedW, meanW, until } from "./site/judge.ts";
import { type ModbusServer, RegisterImage, startModbusServer } from "./site/modbus-server.ts";
import type { PlantStage } from "./site/plant.ts";
import { type JsonObject, type Product, patientFreshMs, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const facts = `
device: stage
maker: Fjord Charger 7
link: { maxRegisters: 4, maxInFlight: 1 }
facts:
  powerW: { address: 300, type: uint16, direction: { address: 304, type: uint16, negative: [11], positive: [0, 1] } }
  on:     { address: 304, type: uint16, codes: { no: 0, yes: [1, 11] } }
  lineVoltageV: { address: 310, type: uint16, scale: 0.1 }
  frequencyHz:  { address: 311, type: uint16, scale: 0.01 }
commands:
  remote: { address: 400, type: uint16, value: 1 }
  powerW: { address: 401, type: int16, scale: 10, onSilence: zero after 5 s }
  user:   { address: 400, type: uint16, value: 0, when: release }
`;
const otherModel = `${facts}
recognise:
  marks:
    - { address: 320, type: uint16, is: [7700] }
`;

/** Registers as the maker would have written them down. */
class Charger {
  readonly image = new RegisterImage([3]);
  readonly lengths = new Set<number>();
  stage: PlantStage | undefined;

  constructor() {
    const { image } = this;
    image.define(300, 21);
    image.define(400, 2);
    image.refresh = () => {
      const powerW = Math.round(this.stage?.powerW ?? 0);
      image.words[300] = Math.abs(powerW);
      image.words[304] = powerW === 0 ? 0 : powerW > 0 ? 1 : 11;
      image.words[310] = 4_800;
      image.words[311] = 6_000;
      image.words[320] = 7_600;
    };
    image.write = (address, words) => {
      words.forEach((word, i) => {
        image.words[address + i] = word;
      });
      const setW = 10 * ((image.words[401]! << 16) >> 16);
      if (image.words[400] === 1)
        this.stage?.command(setW > 0 ? "charge" : "off", Math.max(0, setW), performance.now());
      return 0;
    };
    const registers = image.registers.bind(image);
    image.registers = (functionCode, address, count) => {
      this.lengths.add(count);
      return registers(functionCode, address, count);
    };
  }
}

describe("what a map says of its device's habits, in a running site", () => {
  const [right, other] = [new Charger(), new Charger()];
  let servers: ModbusServer[];
  let product: Product;
  beforeAll(async () => {
    servers = await Promise.all([right, other].map(({ image }) => startModbusServer(new Map([[1, image]]))));
    const evse = (name: string, server: ModbusServer, map: string): JsonObject => ({
      name,
      stage: { host: "127.0.0.1", port: server.port, freshMs: patientFreshMs, map, gridFunctions: "controller" },
      maxChargeW: 20_000,
      maxDischargeW: 20_000,
    });
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 3_000 },
      backend: true,
      waits: true,
      files: { "right.yaml": facts, "other.yaml": otherModel },
      config: { evses: [evse("Left", servers[0]!, "right.yaml"), evse("Right", servers[1]!, "other.yaml")] },
    });
    product.stages.forEach(({ face }) => {
      face.stop();
    });
    right.stage = product.plant.stages[0]!;
    product.start();
    await product.backend.whenConnected();
  });
  afterAll(async () => {
    await product.stop();
    await Promise.all(servers.map((server) => server.close()));
  });

  it("evses[].stage.map: an amount with its direction elsewhere → charged and shown, four registers at a time", async () => {
    await product.backend.ask(1, 6_000);
    await soon(product, "imports 9 kW", () => Math.abs(meanW(product.plant, importedW, 300) - 9_000) < 1_000);
    await soon(product, "shown", async () => Math.abs(((await product.state()).evses[0]!.powerW ?? 0) - 6_000) < 600);
    expect(Math.max(...right.lengths)).toBeLessThanOrEqual(4);
  });

  it("evses[].stage.map: another model than the map is for → named with what it said, and never written to", async () => {
    const named = async (): Promise<boolean> =>
      (await product.state()).health.devices.some(
        ({ name, fault }) => name === "Right" && fault?.sentence.includes("7600"),
      );
    expect(await until(named, 30_000)).toBe(true);
    expect(servers[1]!.writes).toEqual([]);
  });

  it("evses[].stage.map: the controller is stopped → what the map says is written, and last", async () => {
    await product.backend.ask(1, 0);
    await soon(product, "at rest", () => right.stage!.powerW === 0);
    // The controller has read it, too: a stage that still takes power is left to its own watchdog.
    await soon(product, "seen at rest", async () => (await product.state()).evses[0]!.powerW === 0);
    const seenMs = performance.now();
    await until(() => servers[0]!.writes.some(({ atMs }) => atMs > seenMs), 10_000);
    await product.stop();
    const last = servers[0]!.writes.at(-1);
    expect([last?.address, ...(last?.words ?? [])]).toEqual([400, 0]);
  });
});

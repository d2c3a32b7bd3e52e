/**
 * How the exchange with the grid is known: by the sum of several meters, by one slow meter, or not at all. Judged by the power
 * at the grid connection.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { excess, exportedW, importedW, meanW, sleep } from "./site/judge.ts";
import { type ModbusServer, startModbusServer } from "./site/modbus-server.ts";
import { eastronMap, feederMeter } from "./site/parts.ts";
import { meterDefaults } from "./site/plant.ts";
import { runIslet } from "./site/process.ts";
import { type JsonObject, type Product, patientFreshMs, startProduct } from "./site/product.ts";
import { soon, startSites, stays, stopSites } from "./site/sites.ts";

const charger = { maxChargeW: 22_000, maxDischargeW: 10_000 };

/** No meter at the grid connection; one that tells a new value each second, and a charger that gives. */
describe("slow and simple sites", () => {
  const together = 7_000;
  const sites = {
    unmetered: {
      plant: { stages: [charger, charger], buildingW: 4_000 },
      config: ({ stages }: { readonly stages: readonly JsonObject[] }) => ({
        pcc: { meter: null, fallbackImportLimitW: together },
        evses: stages.map((stage, i) => ({ name: `Bay ${i + 1}`, stage, maxChargeW: 22_000 })),
      }),
    },
    slow: {
      plant: {
        stages: [charger],
        buildingW: 9_000,
        meter: { ...meterDefaults, updateMs: 1_000, windowMs: 1_000, latencyMs: 100 },
      },
      permit: { mode: "parallel-export", exportLimitW: 1_000_000 } as const,
      backend: true,
      config: { pcc: { exportLimitW: 2_000, meter: { freshMs: 3_000 } } },
    },
  } as const;
  let up: Record<keyof typeof sites, Product>;
  beforeAll(async () => {
    up = await startSites(sites);
  });
  afterAll(() => stopSites(up));

  it("pcc.fallbackImportLimitW: without a meter the chargers share it, whatever else the building takes", async () => {
    const { plant } = up.unmetered;
    const stagesW = (): number => plant.stages.reduce((sum, { powerW }) => sum + powerW, 0);
    await soon(up.unmetered, "charges", () => stagesW() > 0.9 * together, 60_000);
    plant.buildingW = 40_000;
    await stays(up.unmetered, "within the limit", () => stagesW() <= together + 100, 3_000);
    expect(stagesW()).toBeGreaterThan(0.9 * together);
    const { health } = await up.unmetered.state();
    expect(health.devices.map(({ name }) => name)).toEqual(["Bay 1", "Bay 2"]);
  });

  it("check-config says what no meter means, and refuses what needs one", async () => {
    const { out } = await runIslet(["check-config", up.unmetered.configFile]);
    expect(out).toMatch(/No meter at the grid connection: the chargers together take at most 7\.0 kW/);
  });

  it("one meter of 1 s and one charger: the charger gives, and a step of the load stays within the guarantee", async () => {
    const { plant, configFile } = up.slow;
    const { out } = await runIslet(["check-config", configFile]);
    const [, back] = /Export limit: after a step of the load back under it within (\S+) s/.exec(out)!;
    await soon(up.slow, "in parallel", () => up.slow.mode() === "parallel", 90_000);
    await up.slow.backend.ask(1, -10_000);
    await soon(up.slow, "gives", () => meanW(plant, exportedW, 1_000) > 300, 60_000);
    for (let step = 0; step < 3; step += 1) {
      const fromMs = performance.now();
      plant.buildingW = step % 2 === 0 ? 2_000 : 9_000;
      await sleep(6_000);
      // What the emulated devices stand still, and the controller with them, on a busy machine.
      expect(excess(plant, exportedW, 2_000, 100, fromMs).longestMs).toBeLessThan(1_000 * Number(back) + 500);
    }
  });
});

describe("the sum of two feeders, one of them turned round", () => {
  let product: Product;
  const building = feederMeter(({ buildingW }) => buildingW);
  const chargers = feederMeter(({ stages }) => -stages.reduce((sum, { powerW }) => sum + powerW, 0));
  const servers: ModbusServer[] = [];
  beforeAll(async () => {
    for (const { image } of [building, chargers]) servers.push(await startModbusServer(new Map([[1, image]])));
    const meter = (name: string, i: number): JsonObject => ({
      ...{ name, kind: "meter", host: "127.0.0.1", port: servers[i]!.port, map: "./eastron.yaml" },
      freshMs: patientFreshMs,
    });
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 60_000 }], buildingW: 12_000 },
      files: { "eastron.yaml": eastronMap() },
      waits: true,
      config: {
        devices: [meter("Feeder A", 0), meter("Feeder B", 1)],
        pcc: {
          importLimitW: 30_000,
          meter: {
            ...{ host: null, port: null, freshMs: null, updateMs: 100, windowMs: 0, latencyMs: 20 },
            sumOf: [{ device: "Feeder A" }, { device: "Feeder B", sign: "minus" }],
          },
        },
      },
    });
    building.attach(product.plant);
    chargers.attach(product.plant);
    product.start();
  });
  afterAll(async () => {
    await product?.stop();
    await Promise.all(servers.map((server) => server.close()));
  });

  it("pcc.meter.sumOf[].sign: the sum is kept under the import limit, and its room is used", async () => {
    const { plant } = product;
    await soon(product, "near the limit", () => meanW(plant, importedW, 500) > 27_000, 60_000);
    const fromMs = performance.now();
    plant.buildingW = 20_000;
    await sleep(4_000);
    expect(excess(plant, importedW, 30_000, 600, fromMs + 1_500).totalMs).toBe(0);
    expect(meanW(plant, importedW, 1_000)).toBeGreaterThan(26_000);
    const { pccW, health } = await product.state();
    expect(pccW).toBeGreaterThan(25_000);
    // Each of them is watched by itself, in its own sign.
    const feeder = health.devices.find(({ name }) => name === "Feeder B");
    expect(feeder?.powerW).toBeLessThan(-4_000);
    expect(await product.explain()).toMatch(/Feeder B +answers +-\d+\.\d kW/);
  });

  it("pcc.meter.sumOf[].device: one feeder that falls silent takes the whole sum away", async () => {
    const { plant } = product;
    servers[0]!.habits.silent = true;
    await soon(product, "no charging", () => plant.stages[0]!.powerW < 500);
    await soon(product, "named", async () =>
      (await product.state()).health.devices.some(({ name, state }) => name === "Feeder A" && state === "silent"),
    );
    servers[0]!.habits.silent = false;
    await soon(product, "charges again", () => meanW(plant, importedW, 500) > 26_000, 60_000);
  });
});

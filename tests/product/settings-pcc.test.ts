/** Settings of the connection to the grid, each the only thing that binds at the moment it is judged, by the power at the PCC. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { excess, exportedW, importedW, meanW, phaseExportedW, phaseImportedW, sleep, until } from "./site/judge.ts";
import { meterDefaults } from "./site/plant.ts";
import { type JsonObject, type Product, type ProductOptions, startProduct } from "./site/product.ts";

const big = { maxChargeW: 600_000, maxDischargeW: 60_000 };
const exporting: Pick<ProductOptions, "permit" | "backend"> = {
  permit: { mode: "parallel-export", exportLimitW: 1_000_000 },
  backend: true,
};
const balanced = [1 / 3, 1 / 3, 1 / 3] as const;

const floatMeter: JsonObject = {
  device: "meter",
  facts: Object.fromEntries(
    (
      [
        ["voltageAV", 19_000],
        ["voltageBV", 19_002],
        ["voltageCV", 19_004],
        ["powerAW", 19_020],
        ["powerBW", 19_022],
        ["powerCW", 19_024],
        ["powerW", 19_026],
        ["frequencyHz", 19_050],
      ] as const
    ).map(([name, address]) => [name, { address, type: "float32", ...(name.startsWith("power") && { sign: "load" }) }]),
  ),
};

/** One site for each limit that would hide another. All start together and settle together. */
const sites = {
  import: {
    plant: { stages: [big, big], buildingW: 20_000 },
    config: { pcc: { importLimitW: 40_000, phaseImportLimitW: 21_000 }, allocation: "first-come" },
  },
  conductor: { plant: { stages: [big] }, config: { pcc: { conductorLimitW: 30_000, fallbackImportLimitW: 6_000 } } },
  export: {
    plant: { stages: [big, big], buildingW: 9_000 },
    ...exporting,
    config: { pcc: { exportLimitW: 20_000, phaseExportLimitW: 8_500 } },
  },
  direction: {
    plant: { stages: [big], buildingW: 9_000 },
    ...exporting,
    config: { pcc: { powerControlMode: "import-only" } },
  },
  reverse: {
    plant: { stages: [big], buildingW: 9_000 },
    ...exporting,
    config: { pcc: { exportLimitW: 0, reversePower: { reverseMarginW: 3_000, delayS: 1.5 } } },
  },
  minimum: {
    plant: { stages: [big], buildingW: 20_000 },
    ...exporting,
    config: { pcc: { reversePower: { minimumImportW: 8_000, delayS: 0.5 } } },
  },
  foreign: {
    plant: { stages: [big], buildingW: 20_000, meter: { ...meterDefaults, reversed: true } },
    meter: "janitza",
    files: { "maps/umg604.yaml": JSON.stringify(floatMeter) },
    config: ({ meter }) => ({
      pcc: { importLimitW: 35_000, meter: { ...meter, map: "maps/umg604.yaml", importPositive: false } },
    }),
  },
  offset: {
    plant: { stages: [big], buildingW: 20_000 },
    config: { pcc: { importLimitW: 45_000, meter: { offsetW: 6_000 } } },
  },
} as const satisfies Record<string, ProductOptions>;
type SiteName = keyof typeof sites;

describe("settings of the connection to the grid", () => {
  const up = {} as Record<SiteName, Product>;
  beforeAll(async () => {
    await Promise.all(
      (Object.keys(sites) as SiteName[]).map(async (name) => {
        up[name] = await startProduct(sites[name] as ProductOptions);
      }),
    );
    const parallel = (["export", "direction", "reverse", "minimum"] as const).map((name) =>
      up[name].reached("parallel", 60_000),
    );
    expect((await Promise.all(parallel)).every(Boolean)).toBe(true);
  }, 120_000);
  afterAll(() => Promise.all(Object.values(up).map((product) => product.stop())));

  /** Near its limit from below: what is kept free is for noise and for what the model does not know. */
  const comesNear = (name: SiteName, quantity: typeof importedW, limitW: number, freeW = 5_000): Promise<boolean> =>
    until(() => {
      const powerW = meanW(up[name].plant, quantity, 500);
      return powerW > limitW - freeW && powerW <= limitW + 200;
    }, 25_000);

  it("pcc.importLimitW: the site takes it and no more", async () => {
    expect(await comesNear("import", importedW, 40_000)).toBe(true);
    const fromMs = performance.now();
    await sleep(2_000);
    expect(excess(up.import.plant, importedW, 40_000, 500, fromMs).longestMs).toBeLessThan(300);
  });

  it("allocation: who came first is served first", () => {
    const [first, second] = up.import.plant.stages;
    expect(first!.powerW).toBeGreaterThan(15_000);
    expect(second!.powerW).toBeLessThan(2_000);
  });

  it("pcc.phaseImportLimitW: one phase takes it and no more, though the sum has room", async () => {
    const { plant } = up.import;
    plant.buildingShare = [1, 0, 0];
    const fromMs = performance.now() + 1_500;
    expect(await until(() => performance.now() > fromMs && meanW(plant, phaseImportedW(0), 400) < 21_100, 8_000)).toBe(
      true,
    );
    await sleep(1_500);
    expect(excess(plant, phaseImportedW(0), 21_000, 400, performance.now() - 1_000).longestMs).toBeLessThan(300);
    plant.buildingShare = balanced;
  });

  it("pcc.conductorLimitW: what the conductor carries wins over everything", async () => {
    expect(await comesNear("conductor", importedW, 30_000)).toBe(true);
    const fromMs = performance.now();
    await sleep(2_000);
    expect(excess(up.conductor.plant, importedW, 30_000, 500, fromMs).longestMs).toBeLessThan(300);
  });

  it("pcc.fallbackImportLimitW: without a meter that can be believed the chargers take this together", async () => {
    const { plant, meter } = up.conductor;
    meter.server.habits.silent = true;
    expect(await until(() => Math.abs(plant.stages[0]!.powerW - 6_000) < 300, 15_000)).toBe(true);
    await sleep(1_500);
    expect(plant.stages[0]!.powerW).toBeGreaterThan(4_000);
    expect(plant.stages[0]!.powerW).toBeLessThan(6_500);
    meter.server.habits.silent = false;
  });

  it("pcc.exportLimitW: the site gives it and no more, whatever the permit allows", async () => {
    for (const evse of [1, 2]) await up.export.backend.setPower(evse, -30_000);
    expect(await comesNear("export", exportedW, 20_000)).toBe(true);
    const fromMs = performance.now();
    await sleep(2_000);
    expect(excess(up.export.plant, exportedW, 20_000, 500, fromMs).longestMs).toBeLessThan(300);
  });

  it("pcc.phaseExportLimitW: one phase gives it and no more, though the sum has room", async () => {
    const { plant } = up.export;
    plant.buildingShare = [1, 0, 0];
    const fromMs = performance.now() + 1_500;
    expect(await until(() => performance.now() > fromMs && meanW(plant, phaseExportedW(1), 400) < 8_600, 8_000)).toBe(
      true,
    );
    expect(meanW(plant, phaseExportedW(1), 400)).toBeGreaterThan(6_000);
    await sleep(1_000);
    expect(excess(plant, phaseExportedW(1), 8_500, 300, performance.now() - 1_000).longestMs).toBeLessThan(300);
  });

  it("pcc.powerControlMode: import-only gives nothing to the grid, and feeds the building", async () => {
    const { plant, backend } = up.direction;
    const fromMs = performance.now();
    await backend.setPower(1, -30_000);
    expect(await until(() => plant.stages[0]!.powerW < -5_000, 15_000)).toBe(true);
    await sleep(2_000);
    expect(excess(plant, exportedW, 0, 500, fromMs).longestMs).toBeLessThan(300);
  });

  it("pcc.reversePower.delayS: a shorter export does not trip", async () => {
    const { plant, backend } = up.reverse;
    await backend.setPower(1, -4_000);
    expect(await until(() => plant.stages[0]!.powerW < -3_000, 10_000)).toBe(true);
    plant.buildingW = -1_000;
    plant.stages[0]!.stuckW = -6_000;
    await sleep(900);
    plant.stages[0]!.stuckW = null;
    plant.buildingW = 9_000;
    await sleep(1_500);
    expect((await up.reverse.state()).pccRecord?.relay).toBe("");
  });

  it("pcc.reversePower.reverseMarginW: an export beyond it that lasts latches discharging off", async () => {
    const { plant, backend } = up.reverse;
    await backend.setPower(1, -4_000);
    await until(() => plant.stages[0]!.powerW < -3_000, 10_000);
    plant.buildingW = -1_000;
    plant.stages[0]!.stuckW = -6_000;
    expect(await until(async () => (await up.reverse.state()).pccRecord?.relay === "reverse-power", 8_000, 200)).toBe(
      true,
    );
    plant.stages[0]!.stuckW = null;
    plant.buildingW = 9_000;
    await sleep(2_500);
    expect(plant.stages[0]!.powerW).toBeGreaterThanOrEqual(0);
  });

  it("pcc.reversePower.minimumImportW: an import below it while vehicles discharge latches them off", async () => {
    const { plant, backend } = up.minimum;
    await backend.setPower(1, -6_000);
    expect(await until(() => plant.stages[0]!.powerW < -5_000, 15_000)).toBe(true);
    await sleep(1_500);
    expect(plant.stages[0]!.powerW).toBeLessThan(-5_000);
    await backend.setPower(1, -15_000);
    expect(await until(async () => (await up.minimum.state()).pccRecord?.relay === "minimum-import", 8_000, 200)).toBe(
      true,
    );
    expect(await until(() => plant.stages[0]!.powerW >= 0, 4_000)).toBe(true);
  });

  it("pcc.meter.map: a meter of another maker is read where its map says", async () => {
    expect(await until(() => up.foreign.plant.stages[0]!.powerW > 5_000, 20_000)).toBe(true);
    expect([...up.foreign.meter.server.asked.keys()].some((key) => /^3@190/.test(key))).toBe(true);
  });

  it("pcc.meter.importPositive: a meter that counts the other way round is turned, and the limit holds", async () => {
    expect(await comesNear("foreign", importedW, 35_000)).toBe(true);
    await sleep(1_500);
    expect(excess(up.foreign.plant, importedW, 35_000, 700, performance.now() - 1_500).longestMs).toBeLessThan(300);
  });

  it("pcc.meter.offsetW: room is kept for what the meter may be wrong by", async () => {
    expect(await comesNear("offset", importedW, 39_000)).toBe(true);
    await sleep(1_500);
    expect(meanW(up.offset.plant, importedW, 500)).toBeLessThan(39_200);
  });
});

/** Settings of the service itself (voltage, frequency, phases) and of how old a reading may be, each at a site of its own. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { ModbusServer } from "./site/modbus-server.ts";
import type { Product, ProductOptions } from "./site/product.ts";
import { soon, startSites, stays, stopSites, undisturbed } from "./site/sites.ts";

const big = { maxChargeW: 600_000, maxDischargeW: 60_000 };
const onePhase = { ...big, phaseShare: [1, 0, 0] } as const;
const exporting = { permit: { mode: "parallel-export", exportLimitW: 1_000_000 } } as const;
const freshMs = 6_000;

const sites = {
  /** An EVSE on phase A of three. */
  phase: {
    plant: { stages: [onePhase], buildingW: 9_000 },
    config: ({ stages }) => ({
      pcc: { phaseImportLimitW: 20_000 },
      evses: [{ name: "Bay 1", stage: { ...stages[0]!, freshMs }, maxChargeW: 600_000, phase: "a" }],
    }),
  },
  /** A service of one phase. */
  single: {
    plant: { stages: [onePhase], buildingW: 9_000, phases: "single", buildingShare: [1, 0, 0] },
    config: { site: { phases: "single" }, pcc: { phaseImportLimitW: 30_000 } },
  },
  /** 400 V at 50 Hz. */
  fifty: {
    plant: { nominalV: 400, nominalHz: 50 },
    ...exporting,
    files: {
      "quick50.yaml": JSON.stringify({
        name: "quick",
        base: "ieee1547-catB-III-50hz",
        version: 1,
        settings: { enterDelayS: 1, enterRampS: 1 },
      }),
    },
    config: { site: { gridProfile: "./quick50.yaml" }, pcc: { meter: { freshMs } } },
  },
  patientK1: { plant: { k1TravelMs: 100 }, config: { transferDevice: { freshMs } } },
} as const satisfies Record<string, ProductOptions>;

describe("settings of the service", () => {
  let up: Record<keyof typeof sites, Product>;
  beforeAll(async () => {
    up = await startSites(sites as Record<keyof typeof sites, ProductOptions>);
  });
  afterAll(() => stopSites(up));

  const highestW = (product: Product): number => Math.max(0, ...product.setpointsW(0).map(({ value }) => value));

  it("evses[].phase: an EVSE on one phase is told no more than that phase has room for", async () => {
    await soon(up.phase, "charges", () => up.phase.plant.stages[0]!.powerW > 10_000);
    await stays(up.phase, "within 17 kW", () => highestW(up.phase) < 17_500, 2_000);
  });

  it("site.phases: on a service of one phase every EVSE is on it", async () => {
    await soon(up.single, "charges", () => up.single.plant.stages[0]!.powerW > 14_000);
    await stays(up.single, "within 21 kW", () => highestW(up.single) < 21_500, 2_000);
  });

  it("site.nominalVoltageV: service is entered at it, and left far from it", async () => {
    const { fifty } = up;
    await soon(fifty, "in parallel", () => fifty.mode() === "parallel");
    // What another site has as its nominal voltage.
    fifty.plant.gridPu = 480 / 400;
    await soon(fifty, "left", () => !/parallel|ramping/.test(fifty.mode()));
    fifty.plant.gridPu = 1;
  });

  it("site.nominalFrequencyHz: service is entered at it, and left far from it", async () => {
    const { fifty } = up;
    await soon(fifty, "in parallel", () => fifty.mode() === "parallel");
    fifty.plant.gridHz = 60;
    await soon(fifty, "left", () => !/parallel|ramping/.test(fifty.mode()));
    fifty.plant.gridHz = 50;
  });

  /** A server falls silent: nothing changes for most of the time, and something does when it is over. */
  async function outlives(product: Product, { habits }: ModbusServer, mode: string): Promise<void> {
    await undisturbed(500, async () => {
      habits.silent = false;
      await soon(product, mode, () => product.mode() === mode);
      habits.silent = true;
      await stays(product, mode, () => product.mode() === mode, 0.7 * freshMs);
    });
    await soon(product, `${mode} no longer`, () => product.mode() !== mode);
  }

  it("pcc.meter.freshMs: a reading of the meter counts until it is so old", () =>
    outlives(up.fifty, up.fifty.meter.server, "parallel"));

  it("evses[].stage.freshMs: a reading of the stage counts until it is so old", () =>
    outlives(up.phase, up.phase.stages[0]!.server, "loadOnly"));

  it("transferDevice.freshMs: a reading of K1 counts until it is so old", () =>
    outlives(up.patientK1, up.patientK1.switchgear!.server, "loadOnly"));
});

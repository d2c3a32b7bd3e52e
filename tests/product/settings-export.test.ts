/** Settings that bound what the site gives, each the only one that binds at the moment it is judged, by the power at the PCC. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { excess, exportedW, meanW, phaseExportedW, sleep } from "./site/judge.ts";
import type { Product, ProductOptions } from "./site/product.ts";
import { soon, startSites, stays, stopSites } from "./site/sites.ts";

const big = { maxChargeW: 600_000, maxDischargeW: 60_000 };
const exporting = { permit: { mode: "parallel-export", exportLimitW: 1_000_000 }, backend: true } as const;

/** In the time zone of the site it is a fourteen hours later hour: the only one with a small limit. */
const farZone = "Pacific/Kiritimati";
const hourThere = (new Date().getUTCHours() + 14) % 24;
const hours = Array.from({ length: 24 }, (_, hour) =>
  hour === hourThere || hour === (hourThere + 1) % 24 ? 2_000 : 10_000,
);

const sites = {
  export: {
    plant: { stages: [big, big], buildingW: 9_000 },
    ...exporting,
    config: { pcc: { exportLimitW: 20_000, phaseExportLimitW: 9_000 } },
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
  profile: {
    plant: { stages: [{}], buildingW: 2_000 },
    ...exporting,
    files: { "lgp.yaml": JSON.stringify({ name: "one hour", exportLimitW: Array.from({ length: 12 }, () => hours) }) },
    config: { site: { timeZone: farZone }, pcc: { generationProfile: "lgp.yaml" } },
  },
} as const satisfies Record<string, ProductOptions>;

describe("settings that bound what the site gives", () => {
  let up: Record<keyof typeof sites, Product>;
  beforeAll(async () => {
    up = await startSites(sites as Record<keyof typeof sites, ProductOptions>);
    for (const product of Object.values(up))
      await soon(product, "in parallel", () => product.mode() === "parallel", 90_000);
  });
  afterAll(() => stopSites(up));

  const judge = async (product: Product, limitW: number): Promise<void> => {
    const fromMs = performance.now();
    await sleep(2_000);
    expect(excess(product.plant, exportedW, limitW, 500, fromMs).longestMs).toBeLessThan(300);
  };

  it("pcc.exportLimitW: the site gives it and no more, whatever the permit allows", async () => {
    for (const evse of [1, 2]) await up.export.backend.ask(evse, -30_000);
    await soon(up.export, "exports up to 20 kW", () => meanW(up.export.plant, exportedW, 500) > 14_000);
    await judge(up.export, 20_000);
  });

  it("pcc.phaseExportLimitW: one phase gives it and no more, though the sum has room", async () => {
    const { plant } = up.export;
    plant.buildingShare = [1, 0, 0];
    await sleep(2_000);
    await soon(up.export, "phase B near its limit", () => {
      const powerW = meanW(plant, phaseExportedW(1), 400);
      return powerW > 7_000 && powerW < 9_100;
    });
    const fromMs = performance.now();
    await sleep(1_500);
    expect(excess(plant, phaseExportedW(1), 9_000, 300, fromMs).longestMs).toBeLessThan(300);
  });

  it("pcc.powerControlMode: import-only gives nothing to the grid, and feeds the building", async () => {
    const { plant, backend } = up.direction;
    await backend.ask(1, -30_000);
    await soon(up.direction, "feeds the building", () => plant.stages[0]!.powerW < -4_000);
    await judge(up.direction, 0);
  });

  it("pcc.generationProfile: its largest limit is kept, whatever the permit allows", async () => {
    const { plant, backend } = up.profile;
    await backend.ask(1, -30_000);
    await soon(up.profile, "gives something", () => meanW(plant, exportedW, 300) > 500);
    await judge(up.profile, 10_000);
  });

  it("site.timeZone: the limit is that of the hour there", async () => {
    await up.profile.backend.ask(1, -30_000);
    await soon(up.profile, "gives something", () => meanW(up.profile.plant, exportedW, 300) > 500);
    await judge(up.profile, 2_000);
  });

  it("pcc.reversePower.delayS: a shorter export does not trip", async () => {
    const { plant, backend } = up.reverse;
    await backend.ask(1, -4_000);
    await soon(up.reverse, "discharges", () => plant.stages[0]!.powerW < -3_000);
    // It ends by the plant's own clock: on a busy machine a timer of this test could come after the delay.
    exportFor(up.reverse);
    plant.after(900, () => endExport(up.reverse));
    await soon(up.reverse, "the export is over", () => plant.stages[0]!.stuckW === null);
    await sleep(1_500);
    expect((await up.reverse.state()).pccRecord?.relay).toBe("");
  });

  it("pcc.reversePower.reverseMarginW: an export beyond it that lasts latches discharging off", async () => {
    const { plant } = up.reverse;
    await soon(up.reverse, "discharges again", () => plant.stages[0]!.powerW < -3_000);
    exportFor(up.reverse);
    await soon(up.reverse, "latched", async () => (await up.reverse.state()).pccRecord?.relay === "reverse-power");
    endExport(up.reverse);
    await soon(up.reverse, "gives nothing", () => plant.stages[0]!.powerW >= 0);
    await sleep(1_000);
    await stays(up.reverse, "gives nothing any more", () => plant.stages[0]!.powerW >= 0, 1_500);
  });

  it("pcc.reversePower.minimumImportW: an import below it while vehicles discharge latches them off", async () => {
    const { plant, backend } = up.minimum;
    await backend.ask(1, -6_000);
    await soon(up.minimum, "discharges", () => plant.stages[0]!.powerW < -5_000);
    await sleep(1_500);
    expect((await up.minimum.state()).pccRecord?.relay).toBe("");
    await soon(up.minimum, "goes on at 14 kW of import", () => plant.stages[0]!.powerW < -5_000);
    await backend.ask(1, -15_000);
    await soon(up.minimum, "latched", async () => (await up.minimum.state()).pccRecord?.relay === "minimum-import");
    await soon(up.minimum, "gives nothing any more", () => plant.stages[0]!.powerW >= 0);
  });
});

/** A stage that follows nobody, and a building that gives back a little. */
function exportFor({ plant }: Product): void {
  plant.buildingW = -1_000;
  plant.stages[0]!.stuckW = -6_000;
}

function endExport({ plant }: Product): void {
  plant.stages[0]!.stuckW = null;
  plant.buildingW = 9_000;
}

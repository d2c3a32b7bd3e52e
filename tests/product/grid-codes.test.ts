/** Grid codes through `islet run`: VDE-AR-N 4105 at 50 Hz, a code with unknown settings, and relief by charging less. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Product, ProductOptions } from "./site/product.ts";
import { soon, startSites, stays, stopSites } from "./site/sites.ts";

const at50Hz = { nominalV: 400, nominalHz: 50, buildingW: 10_000 } as const;
const exporting = { mode: "parallel-export", exportLimitW: 1_000_000 } as const;
const enterDelayS = 4;
const rated = { maxChargeW: 60_000, maxDischargeW: 50_000 } as const;

const sites = {
  /** Bay 1 has functions of its own, bay 2 those of the controller. */
  vde: {
    plant: { ...at50Hz, stages: [rated, rated] },
    permit: exporting,
    backend: true,
    files: {
      "vde.yaml": JSON.stringify({
        name: "operator",
        base: "vde-ar-n-4105-2018",
        settings: { enterDelayS, enterRampS: 2, droopOlrtS: 0.5, droopReturnS: 10 },
      }),
    },
    config: ({ stages }) => ({
      site: { gridProfile: "./vde.yaml" },
      evses: stages.map((stage, i) => ({
        name: `Bay ${i + 1}`,
        stage: { ...stage, gridFunctions: i === 0 ? "stage" : "controller" },
        ...rated,
        dischargeEnabled: true,
        reservePct: 20,
      })),
    }),
  },
  /** G99, of which not all is known, behind a breaker that does not carry what may be imported. */
  open: {
    plant: { ...at50Hz, stages: [rated] },
    permit: exporting,
    config: { site: { gridProfile: "g99" }, approval: { service: { mainBreakerA: 1 } } },
  },
  /** Nothing may be given back; charging falls with the frequency. */
  relief: {
    plant: { ...at50Hz, stages: [{ ...rated, maxDischargeW: 0 }] },
    files: {
      "relief.yaml": JSON.stringify({
        name: "relief",
        base: "vde-ar-n-4105-2018",
        settings: { enterDelayS: 1, enterRampS: 1, droopWhileCharging: true },
      }),
    },
    config: ({ stages }) => ({
      site: { gridProfile: "./relief.yaml" },
      evses: [{ name: "Bay 1", stage: { ...stages[0]!, gridFunctions: "controller" }, maxChargeW: 60_000 }],
    }),
  },
} as const satisfies Record<string, ProductOptions>;

/** The way up to full charging power takes a minute; the relief by itself is judged in `tests/core/cycle`. */
const isLong = process.env["ISLET_LONG"] === "1";

describe("grid codes", () => {
  let up: Record<keyof typeof sites, Product>;
  beforeAll(async () => {
    const { relief, ...others } = sites;
    const started: Readonly<Record<string, ProductOptions>> = isLong ? { ...others, relief } : others;
    up = (await startSites(started)) as typeof up;
  });
  afterAll(() => stopSites(up));

  const powerW = (product: Product, stage: number): number => product.plant.stages[stage]!.powerW;
  const near = (product: Product, stage: number, wantedW: number): Promise<void> =>
    soon(product, `bay ${stage + 1} at ${wantedW} W`, () => Math.abs(powerW(product, stage) - wantedW) < 900);

  it("VDE-AR-N 4105: the stage's own functions get its settings", async () => {
    const { vde } = up;
    await soon(vde, "in parallel", () => vde.mode() === "parallel");
    const { map } = vde.stages[0]!.face;
    expect(map.get("703.ESHzHi")).toBeCloseTo(50.1, 2);
    expect(map.get("703.ESHzLo")).toBeCloseTo(47.5, 2);
    expect(map.get("711.Ctl[1].DbOf")).toBeCloseTo(0.2, 2);
    // 95 % within 10 s are 90 % within 7.7 s.
    expect(map.get("705.Crv[1].RspTms")).toBeCloseTo(7.7, 0);
    const steps = map.get("708.Crv[1].MustTrip.ActPt");
    expect(steps).toBe(3);
    expect(map.get("708.Crv[1].MustTrip.Pt[1].V")).toBeCloseTo(125, 0);
  });

  it("over-frequency: power falls by 40 % of the rating for each hertz above 50.2, and comes back", async () => {
    const { vde } = up;
    for (const bay of [1, 2]) await vde.backend.setPower(bay, -30_000);
    await near(vde, 1, -30_000);
    vde.plant.gridHz = 50.7;
    await near(vde, 1, -20_000);
    vde.plant.gridHz = 50;
    await near(vde, 1, -30_000);
  });

  it("after a trip: not outside the window, and not before the delay", async () => {
    const { vde } = up;
    vde.plant.gridHz = 51.8;
    await soon(vde, "tripped", () => powerW(vde, 0) >= 0 && powerW(vde, 1) >= 0 && vde.mode() !== "parallel");
    // Within the trips again, and above what a return asks for.
    vde.plant.gridHz = 50.3;
    const outsideMs = performance.now();
    const givesSince = (fromMs: number): number[] =>
      [0, 1].flatMap((stage) => vde.setpointsW(stage, fromMs).flatMap(({ atMs, value }) => (value < 0 ? [atMs] : [])));
    await stays(vde, "nothing given back", () => givesSince(outsideMs + 1_000).length === 0, 1.2 * enterDelayS * 1_000);
    const backMs = performance.now();
    vde.plant.gridHz = 50.05;
    await near(vde, 1, -30_000);
    expect(Math.min(...givesSince(outsideMs + 1_000)) - backMs).toBeGreaterThan(enterDelayS * 1_000 - 100);
  });

  it("settings that nobody has stated: the site charges, gives nothing back and writes no function", async () => {
    const { open } = up;
    await soon(open, "charges", () => powerW(open, 0) > 20_000);
    const isTold = async (): Promise<boolean> =>
      (await open.state()).events.some(({ key, active }) => key === "grid-code-open" && active);
    await soon(open, "the page says why", isTold);
    expect((await open.state()).events.filter(({ key, active }) => key === "contradiction" && active)).not.toEqual([]);
    await stays(open, "a load", () => open.mode() === "loadOnly" && powerW(open, 0) >= 0, 1_000);
    const { map } = open.stages[0]!.face;
    expect(map.get("703.ESHzHi")).not.toBeCloseTo(50.1, 2);
  });

  it.runIf(isLong)("under-frequency where nothing may be given back: charging falls", async () => {
    const { relief } = up;
    await near(relief, 0, 60_000);
    relief.plant.gridHz = 49.3;
    // 0.5 Hz beyond the dead band at 5 %: a fifth of the rating.
    await near(relief, 0, 48_000);
    relief.plant.gridHz = 50;
    await near(relief, 0, 60_000);
  });
});

/** The product starts before foreign devices, charges, gives power back under a permit, and ends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, importedW, meanW, zeroAfterMs } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

describe("a depot of two bays under a permit to export", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 200_000 },
      backend: true,
    });
    await product.backend.whenConnected();
  });
  afterAll(() => product.stop());

  it("reaches parallel operation within its profile's waits", async () => {
    expect(await product.reached("parallel")).toBe(true);
  });

  it("charges and discharges as the backend asks, and the power arrives at the PCC", async () => {
    const near = (quantity: typeof importedW, powerW: number) => (): boolean =>
      Math.abs(meanW(product.plant, quantity, 300) - powerW) < 1_500;
    await product.backend.ask(1, 6_000);
    await product.backend.ask(2, 0);
    await soon(product, "imports 26 kW", near(importedW, 26_000));
    expect(await product.backend.setPower(1, -30_000)).toBe("Accepted");
    await soon(product, "exports 10 kW", near(exportedW, 10_000));
  });

  it("shows on its page what flows", async () => {
    await soon(product, "shown", async () => {
      const { pccW, mode, evses } = await product.state();
      return mode.mode === "parallel" && (pccW ?? 0) < -8_000 && evses[0]!.setpointW < -29_000;
    });
    const words = await product.explain();
    expect(words).toContain("EVSE 1");
    for (const device of ["PCC meter", "Bay 1"])
      expect(words).toMatch(new RegExp(`${device} +\\w+ +\\d+ ms old, replies p50 [\\d.]+ ms, p99 [\\d.]+ ms`));
  });

  it("ends on a signal, and the stage brings itself to zero within its watchdog", async () => {
    await product.process.stop();
    await soon(product, "at zero", () => product.plant.stages.every(({ powerW }) => powerW === 0));
    expect(zeroAfterMs(product.plant, product.stages[0]!.server)).toBeLessThan(6_000);
  });
});

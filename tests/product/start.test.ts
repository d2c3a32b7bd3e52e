/** The product starts before foreign devices, charges, gives power back under a permit, and ends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, importedW, meanW, until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";

describe("a depot of two bays under a permit to export", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 200_000 },
      backend: true,
    });
    await product.backend.whenConnected(20_000);
  });
  afterAll(() => product.stop());

  it("reaches parallel operation within its profile's waits", async () => {
    expect(await product.reached("parallel", 40_000)).toBe(true);
  });

  it("charges and discharges as the backend asks, and the power arrives at the PCC", async () => {
    await product.backend.setPower(1, 6_000);
    await product.backend.setPower(2, 0);
    expect(await until(() => Math.abs(meanW(product.plant, importedW, 300) - 26_000) < 1_500, 15_000)).toBe(true);
    expect(await product.backend.setPower(1, -30_000)).toBe("Accepted");
    expect(await until(() => Math.abs(meanW(product.plant, exportedW, 300) - 10_000) < 1_500, 15_000)).toBe(true);
  });

  it("shows on its page what flows", async () => {
    const { pccW, mode, evses } = await product.state();
    expect(mode.mode).toBe("parallel");
    expect(pccW).toBeLessThan(-8_000);
    expect(evses[0]!.setpointW).toBeLessThan(-29_000);
    const words = await product.explain();
    expect(words).toContain("EVSE 1");
    for (const device of ["PCC meter", "Bay 1"])
      expect(words).toMatch(new RegExp(`${device} +\\w+ +\\d+ ms old, replies p50 [\\d.]+ ms, p99 [\\d.]+ ms`));
  });

  it("ends on a signal, and the stage brings itself to zero within its watchdog", async () => {
    await product.process.stop();
    expect(await until(() => product.plant.stages[0]!.powerW === 0, 6_000)).toBe(true);
  });
});

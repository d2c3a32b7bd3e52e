/** A backend with a standing maximum that still gets its discharge, and knows the station by a number that stays. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

describe("a depot under a permit whose backend has set a maximum of 30 kW for good", () => {
  let product: Product;
  let cappedMs = 0;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 200_000 },
      backend: true,
    });
    const accepted = () => product.backend.said.some(({ action }) => action === "StatusNotification");
    expect(await until(accepted, 60_000)).toBe(true);
    expect((await product.backend.setProfile(0, 30_000)).status).toBe("Accepted");
    expect(await product.reached("parallel")).toBe(true);
    cappedMs = performance.now();
  });
  afterAll(() => product.stop());

  it("discharges what another profile asks for: the lowest limit counts", async () => {
    expect(await product.backend.setPower(1, -5_000)).toBe("Accepted");
    await soon(product, "gives 5 kW", () => Math.abs(product.plant.stages[0]!.powerW + 5_000) < 300);
    // A schedule counts whole seconds: in the one in which the request came, both limits stand in it.
    const period = { startPeriod: 0, limit: -5_000 };
    await vi.waitFor(async () => {
      const { schedule } = await product.backend.call("GetCompositeSchedule", { evseId: 1, duration: 60 });
      expect(schedule).toMatchObject({ chargingSchedulePeriod: [period] });
    }, 10_000);
    const told = product.stages.flatMap((_, stage) => product.setpointsW(stage, cappedMs).map(({ value }) => value));
    expect(Math.max(0, ...told)).toBeLessThanOrEqual(30_001);
  });

  it("has a serial number of its own, the same after a restart", async () => {
    const numbers = () =>
      product.backend.said
        .filter(({ action }) => action === "BootNotification")
        .map(({ payload }) => (payload["chargingStation"] as { serialNumber: string }).serialNumber);
    expect(numbers()[0]).toMatch(/^[A-Za-z0-9_.:-]{8,25}$/);
    await product.process.stop();
    product.start();
    expect(await until(() => numbers().length > 1, 60_000)).toBe(true);
    expect(new Set(numbers()).size).toBe(1);
  });
});

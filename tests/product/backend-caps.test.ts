/** A backend's caps on the wire to the stages: while the service stands still, while it computes, and after it was killed. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const dayS = 86_400;

describe("a depot whose backend allows one bay nothing and the other 7 kW", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ plant: { stages: [{}, {}], buildingW: 5_000 }, backend: true });
    // A status is the first word after the station has been accepted: only then may a backend command.
    const accepted = () => product.backend.said.some(({ action }) => action === "StatusNotification");
    expect(await until(accepted, 60_000)).toBe(true);
    expect((await product.backend.setProfile(1, 0)).status).toBe("Accepted");
    expect((await product.backend.setProfile(2, 7_000)).status).toBe("Accepted");
    await soon(product, "charges at 7 kW", () => Math.abs(product.plant.stages[1]!.powerW - 7_000) < 300);
  });
  afterAll(() => product.stop());

  /** The highest setpoint that was written to each stage since a moment. */
  const highestW = (fromMs: number): number[] =>
    [0, 1].map((stage) => Math.max(0, ...product.setpointsW(stage, fromMs).map(({ value }) => value)));

  it("caps hold while the service stands still for 30 s", async () => {
    const fromMs = performance.now();
    product.pause("service");
    await sleep(30_000);
    const standingW = highestW(fromMs);
    product.resume("service");
    // The loop has gone on: every 250 ms where nothing changes, and more than once in each of the watchdog's 2 s.
    expect(product.setpointsW(0, fromMs).length).toBeGreaterThan(30);
    expect(standingW[0]).toBe(0);
    expect(standingW[1]).toBeLessThanOrEqual(7_001);
    await product.backend.whenConnected();
    await sleep(3_000);
    expect(highestW(fromMs)[0]).toBe(0);
    expect(product.plant.stages[0]!.powerW).toBe(0);
  });

  it("a hundred profiles, 99 of them of 1,024 periods: their schedule is answered soon, and no cap moves", async () => {
    await until(() => product.backend.connected, 60_000);
    const startSchedule = new Date(Date.now() - dayS * 1_000).toISOString();
    for (let id = 1_001; id <= 1_099; id++) {
      const chargingSchedulePeriod = Array.from({ length: 1_024 }, (_, i) => ({
        startPeriod: i * 84,
        limit: 7_000 + (id % 5),
      }));
      const chargingProfile = {
        id,
        stackLevel: id - 1_000,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Recurring",
        recurrencyKind: "Daily",
        chargingSchedule: [{ id, startSchedule, chargingRateUnit: "W", chargingSchedulePeriod }],
        validFrom: new Date(Date.now() + 3_600_000).toISOString(),
      };
      expect((await product.backend.call("SetChargingProfile", { evseId: 2, chargingProfile }))["status"]).toBe(
        "Accepted",
      );
    }
    const fromMs = performance.now();
    const fromCpuMs = product.process.cpuMs();
    const { schedule, status } = await product.backend.call("GetCompositeSchedule", {
      evseId: 2,
      duration: 32 * dayS,
    });
    // Of the processor, not of the clock: it may be busy with something else.
    const tookMs = product.process.cpuMs() - fromCpuMs;
    expect(status).toBe("Accepted");
    expect((schedule as { duration: number }).duration).toBe(32 * dayS);
    expect(tookMs).toBeLessThan(1_000);
    expect(highestW(fromMs)[0]).toBe(0);
  });

  it("after the controller was killed its caps are in force from the first command on, without the backend", async () => {
    await product.kill();
    await product.backend.close();
    const fromMs = performance.now();
    product.start();
    expect(await until(() => highestW(fromMs)[1]! > 6_900, 60_000)).toBe(true);
    await sleep(2_000);
    const [first, second] = highestW(fromMs);
    expect(first).toBe(0);
    expect(second).toBeLessThanOrEqual(7_001);
    expect(product.backend.connected).toBe(false);
  });
});

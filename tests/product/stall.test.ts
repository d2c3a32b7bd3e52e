/** A busy machine: the controller stands still for a while. It says so, blames no device, and loses neither island nor permit. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, meanW, sleep, until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";

const modesSince = (product: Product, fromMs: number): string[] =>
  product.log.filter(({ atMs, fields }) => atMs >= fromMs && fields["mode"] !== undefined).map(({ text }) => text);

async function stall(product: Product, ms: number): Promise<number> {
  const fromMs = performance.now();
  product.pause("control");
  await sleep(ms);
  product.resume("control");
  return fromMs;
}

describe("discharging in parallel", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}], buildingW: 10_000 },
      permit: { mode: "parallel-export", exportLimitW: 100_000 },
      backend: true,
    });
    await product.backend.whenConnected(20_000);
    expect(await product.reached("parallel", 40_000)).toBe(true);
    await product.backend.setPower(1, -20_000);
    expect(await until(() => meanW(product.plant, exportedW, 300) > 8_000, 15_000)).toBe(true);
  });
  afterAll(() => product.stop());

  it("a stall of 0.8 s → told as the controller's own, no mode changes, discharging goes on", async () => {
    const fromMs = await stall(product, 800);
    expect(await until(() => product.said(/The controller itself stood still/, fromMs) !== undefined, 5_000)).toBe(
      true,
    );
    await sleep(2_000);
    expect(modesSince(product, fromMs)).toEqual([]);
    expect(product.said(/does not answer|silent/, fromMs)).toBeUndefined();
    expect(meanW(product.plant, exportedW, 300)).toBeGreaterThan(8_000);
  });

  it("stalls again and again → still no mode changes", async () => {
    const fromMs = performance.now();
    for (let n = 0; n < 8; n++) {
      await stall(product, 250);
      await sleep(300);
    }
    expect(modesSince(product, fromMs)).toEqual([]);
  });

  it("the service alone stands still for 2 s → the control loop goes on as before", async () => {
    const fromMs = performance.now();
    product.pause("service");
    await sleep(2_000);
    expect(meanW(product.plant, exportedW, 1_000)).toBeGreaterThan(8_000);
    product.resume("service");
    await sleep(500);
    expect(modesSince(product, fromMs)).toEqual([]);
  });

  it("the control loop's process is killed → zero within the stage's watchdog, and the service ends with a sentence", async () => {
    const { process } = product;
    const pid = process.controlPid();
    expect(pid).toBeGreaterThan(0);
    globalThis.process.kill(pid, "SIGKILL");
    expect(await until(() => product.plant.stages[0]!.powerW === 0, 4_000)).toBe(true);
    expect(await process.ended).not.toBe(0);
    expect(product.said(/The control process has ended \(SIGKILL\)/)).toBeDefined();
  });
});

describe("an island", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}], buildingW: 5_000, k1TravelMs: 100, tiersW: [3_000] },
      config: { site: { serviceMode: "non-parallel-backup" } },
    });
    expect(await product.reached("loadOnly", 40_000)).toBe(true);
    // An island is formed by stages that were verified.
    await sleep(6_000);
    product.plant.gridPresent = false;
    expect(await product.reached("islandRunning", 30_000)).toBe(true);
    await sleep(2_000);
  });
  afterAll(() => product.stop());

  it("a stall of 0.8 s, shorter than the stage's watchdog → the island goes on", async () => {
    const fromMs = await stall(product, 800);
    await sleep(3_000);
    expect(modesSince(product, fromMs)).toEqual([]);
    expect(product.mode()).toBe("islandRunning");
  });
});

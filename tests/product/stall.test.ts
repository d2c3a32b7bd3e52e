/** A busy machine: the controller stands still for a while. It says so, blames no device, and loses neither island nor permit. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, meanW, sleep, until, zeroAfterMs } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon, stagesUsed, undisturbed } from "./site/sites.ts";

/** A stage's answers count for 300 ms, and the mode changes when they are older: then a trial shows nothing. */
const disturbedMs = 150;
/** K1's answers count for 200 ms, and two of them may be on their way. */
const islandDisturbedMs = 100;

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
      usualAges: true,
      plant: { stages: [{}], buildingW: 10_000 },
      permit: { mode: "parallel-export", exportLimitW: 100_000 },
      backend: true,
    });
    await product.backend.whenConnected();
    expect(await product.reached("parallel")).toBe(true);
    await product.backend.ask(1, -20_000);
    await discharges();
  });
  afterAll(() => product.stop());

  const discharges = (): Promise<void> =>
    soon(product, "discharges", () => product.mode() === "parallel" && meanW(product.plant, exportedW, 300) > 8_000);

  it("a stall of 0.8 s → told as the controller's own, no mode changes, discharging goes on", () =>
    undisturbed(disturbedMs, async () => {
      await discharges();
      const fromMs = await stall(product, 800);
      // Stalls are told at most every 10 s, each time the longest.
      const told = (): boolean =>
        product.log.some(
          ({ atMs, text, fields }) =>
            atMs >= fromMs && /The controller itself stood still/.test(text) && Number(fields["longestMs"]) > 600,
        );
      await soon(product, "told", told);
      await discharges();
      expect(modesSince(product, fromMs)).toEqual([]);
      expect(product.said(/does not answer|silent/, fromMs)).toBeUndefined();
    }));

  it("stalls again and again → still no mode changes", () =>
    undisturbed(disturbedMs, async () => {
      await discharges();
      const fromMs = performance.now();
      for (let n = 0; n < 8; n++) {
        await stall(product, 250);
        await sleep(300);
      }
      expect(modesSince(product, fromMs)).toEqual([]);
    }));

  it("the service alone stands still for 2 s → the control loop goes on as before", () =>
    undisturbed(disturbedMs, async () => {
      await discharges();
      const fromMs = performance.now();
      product.pause("service");
      try {
        await sleep(2_000);
        // Whoever waits for the service has no setpoint any more by now.
        await discharges();
      } finally {
        product.resume("service");
      }
      await sleep(500);
      expect(modesSince(product, fromMs)).toEqual([]);
    }));

  it("the control loop's process is killed → zero within the stage's watchdog, and the service ends with a sentence", async () => {
    const { process } = product;
    const pid = process.controlPid();
    expect(pid).toBeGreaterThan(0);
    globalThis.process.kill(pid, "SIGKILL");
    await soon(product, "at zero", () => product.plant.stages[0]!.powerW === 0);
    expect(zeroAfterMs(product.plant, product.stages[0]!.server)).toBeLessThan(4_000);
    expect(await process.ended).not.toBe(0);
    const told = (): boolean => product.said(/The control process has ended \(SIGKILL\)/) !== undefined;
    expect(await until(told, 10_000)).toBe(true);
  });
});

describe("an island", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      usualAges: true,
      plant: { stages: [{}], buildingW: 5_000, k1TravelMs: 100, tiersW: [3_000] },
      config: { site: { serviceMode: "non-parallel-backup" } },
    });
    expect(await product.reached("loadOnly")).toBe(true);
    await stagesUsed(product);
  });
  afterAll(() => product.stop());

  /** Where the last trial has lost the island, the grid comes back first. */
  const forms = async (): Promise<void> => {
    const { plant } = product;
    if (product.mode() === "islandRunning") return;
    plant.gridPresent = true;
    await soon(product, "a load", () => product.mode() === "loadOnly", 120_000);
    plant.gridPresent = false;
    await soon(product, "an island", () => product.mode() === "islandRunning");
    await sleep(2_000);
  };

  it("a stall of 0.8 s, shorter than the stage's watchdog → the island goes on", () =>
    undisturbed(islandDisturbedMs, async () => {
      await forms();
      const fromMs = await stall(product, 800);
      await sleep(3_000);
      expect(modesSince(product, fromMs)).toEqual([]);
      expect(product.mode()).toBe("islandRunning");
    }));
});

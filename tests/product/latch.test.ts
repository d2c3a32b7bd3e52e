/** The controller was away for longer than a stage's watchdog: the stage has latched, and is used again without a hand. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";

const groundFault = 1;

describe("a controller that is killed while two bays discharge", () => {
  let product: Product;
  const discharging = (bay: number): boolean => product.plant.stages[bay]!.powerW < -18_000;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 200_000 },
      backend: true,
    });
    await product.backend.whenConnected(20_000);
    await product.reached("parallel", 60_000);
    for (const evse of [1, 2]) await product.backend.setPower(evse, -20_000);
    await until(() => discharging(0) && discharging(1), 20_000);
  });
  afterAll(() => product.stop());

  it("→ the stages bring themselves to zero and latch", async () => {
    expect(discharging(0) && discharging(1)).toBe(true);
    await product.kill();
    expect(await until(() => product.plant.stages.every((stage) => stage.watchdogTripped), 15_000)).toBe(true);
    expect(product.plant.stages.map(({ powerW }) => powerW)).toEqual([0, 0]);
  });

  it("started again → discharges again; one with an alarm of its own stays off, named, until a person has reset it", async () => {
    product.plant.stages[1]!.alarmBits = groundFault;
    product.start();
    await product.page();
    await product.backend.whenConnected(20_000);
    expect(await until(() => !product.plant.stages[0]!.watchdogTripped, 40_000)).toBe(true);
    for (const evse of [1, 2]) await product.backend.setPower(evse, -20_000);
    expect(await until(() => discharging(0), 40_000)).toBe(true);
    expect(product.plant.stages[1]).toMatchObject({ watchdogTripped: true, powerW: 0 });
    expect(await until(() => product.said(/Bay 2 .*reset the alarm at the stage/) !== undefined, 10_000)).toBe(true);

    Object.assign(product.plant.stages[1]!, { alarmBits: 0, watchdogTripped: false });
    await product.backend.setPower(2, -20_000);
    expect(await until(() => discharging(1), 20_000)).toBe(true);
    await sleep(500);
    expect(product.said(/Bay 2 works again/)).toBeDefined();
  });
});

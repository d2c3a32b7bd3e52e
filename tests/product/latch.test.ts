/** The controller was away for longer than a stage's watchdog: the stage has latched, and is used again without a hand. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

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
    await product.backend.whenConnected();
    await product.reached("parallel");
    for (const evse of [1, 2]) await product.backend.ask(evse, -20_000);
    await soon(product, "both discharge", () => discharging(0) && discharging(1));
  });
  afterAll(() => product.stop());

  it("→ the stages bring themselves to zero and latch", async () => {
    await product.kill();
    const { stages } = product.plant;
    expect(await until(() => stages.every((stage) => stage.watchdogTripped && stage.powerW === 0), 20_000)).toBe(true);
  });

  it("started again → discharges again; one with an alarm of its own stays off, named, until a person has reset it", async () => {
    product.plant.stages[1]!.alarmBits = groundFault;
    product.start();
    await product.page();
    await product.backend.whenConnected();
    await soon(product, "the latch is reset", () => !product.plant.stages[0]!.watchdogTripped);
    await product.backend.ask(1, -20_000);
    await product.backend.setPower(2, -20_000).catch(String);
    await soon(product, "discharges again", () => discharging(0));
    expect(product.plant.stages[1]).toMatchObject({ watchdogTripped: true, powerW: 0 });
    await soon(product, "named", () => product.said(/Bay 2 .*reset the alarm at the stage/) !== undefined);

    Object.assign(product.plant.stages[1]!, { alarmBits: 0, watchdogTripped: false });
    await product.backend.ask(2, -20_000);
    await soon(product, "discharges too", () => discharging(1));
    await soon(product, "told", () => product.said(/Bay 2 works again/) !== undefined);
  });
});

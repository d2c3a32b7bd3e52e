/**
 * A meter that averages ten times longer than its settings say. The controller then subtracts what the stages have not done
 * yet, and power would swing for ever, beyond the limit in each swing. Field problems: HoymilesZeroExport#28,
 * esphome-soyosource#73 (hunting behind averaging meters).
 */
import { test } from "vitest";
import { excess, exportedW, until } from "./site/judge.ts";
import { meterDefaults } from "./site/plant.ts";
import { soon } from "./site/sites.ts";
import { withProduct } from "./site/with-product.ts";

const foundMs = 30_000;
const exportLimitW = 5_000;
const ratedW = 60_000;
/** Building, one after the other, so long each, W and ms. */
const buildingW = [60_000, 95_000, 30_000];
const stepMs = 5_000;
const quietMs = 6_000;

test("averages 1 s, told 100 ms: named in the log within 30 s, and power comes to rest within the limit", async () => {
  await withProduct(
    {
      usualAges: true,
      plant: {
        stages: [{}, {}],
        buildingW: buildingW[0]!,
        meter: { ...meterDefaults, updateMs: 100, windowMs: 1_000 },
      },
      permit: { mode: "parallel-export", exportLimitW: 1_000_000 },
      backend: true,
      config: { pcc: { exportLimitW, meter: { updateMs: 100, windowMs: 100 } } },
    },
    async (product) => {
      const { plant } = product;
      await soon(product, "in parallel", () => product.mode() === "parallel", 60_000);
      for (const evse of [1, 2]) await product.backend.setPower(evse, -ratedW);
      await soon(product, "discharges", () => plant.stages[0]!.powerW < -15_000);

      const fromMs = performance.now();
      // It may be found as soon as power comes to the limit.
      const named = () => product.said(/meter shows changes about .* later than configured/i);
      for (let step = 1; named() === undefined && performance.now() - fromMs < foundMs; step++) {
        plant.buildingW = buildingW[step % buildingW.length]!;
        await until(() => named() !== undefined, stepMs);
      }
      await soon(product, "the meter is named as late", () => named() !== undefined, 0);

      // From here on nothing moves but what swings by itself, once the rise to the limit is over.
      plant.buildingW = 50_000;
      const rests = () => {
        const quietFromMs = plant.moments.at(-1)!.atMs - quietMs;
        const sums = plant.moments.filter(({ atMs }) => atMs >= quietFromMs).map(({ stagesW }) => stagesW);
        return (
          excess(plant, exportedW, exportLimitW, 0.005 * 2 * ratedW, quietFromMs).totalMs === 0 &&
          (Math.max(...sums) - Math.min(...sums)) / (2 * ratedW) < 0.1 &&
          -Math.max(...sums) > 40_000
        );
      };
      await soon(product, `rests for ${quietMs} ms within the limit, and uses it`, rests, 60_000);
    },
  );
}, 180_000);

/**
 * Sites whose file describes meter or stages as better than they are, through `islet run`: the cause is named within 30 s, and
 * from then on the export comes to rest within its limit. One of them here; `ISLET_FIELD=1` plays all.
 */
import { describe, expect, test } from "vitest";
import { excess, exportedW, until } from "./site/judge.ts";
import type { StageOptions } from "./site/plant.ts";
import type { Product } from "./site/product.ts";
import { soon } from "./site/sites.ts";
import { withProduct } from "./site/with-product.ts";

const all = process.env["ISLET_FIELD"] !== undefined;
const foundMs = 30_000;
const exportLimitW = 5_000;
const ratedW = 60_000;
/** Building, one after the other, so long each, W and ms. */
const buildingW = [60_000, 95_000, 30_000];
const stepMs = 5_000;
const quietMs = 6_000;

interface Row {
  readonly says: string;
  readonly stage: Partial<StageOptions>;
  readonly always?: true;
}
const stages: readonly Row[] = [
  { says: "dead time 500 ms, told 15", stage: { deadTimeMs: 500 }, always: true },
  { says: "dead time 2 s and 0.5 s, told 15 and 50 ms", stage: { deadTimeMs: 2_000, responseMs: 500 } },
  { says: "10 % of its rating a second, told without a bound", stage: { slewWPerS: 0.1 * ratedW } },
  { says: "one command a second, told none", stage: { commandPeriodMs: 1_000 } },
];

/** What the limits are worth by what was found, as the page tells it. */
interface Found {
  readonly kept: boolean;
}

const told = { deadTimeMs: 15, responseMs: 50 };
const site = (stage: Partial<StageOptions>, ownLimitW: number) => ({
  usualAges: true,
  plant: { stages: [stage, stage], buildingW: buildingW[0]! },
  permit: { mode: "parallel-export", exportLimitW: 1_000_000 } as const,
  backend: true,
  config: ({ stages: places }: { readonly stages: readonly object[] }) => ({
    pcc: { exportLimitW: ownLimitW },
    evses: places.map((place, i) => ({
      name: `Bay ${i + 1}`,
      stage: { ...place, ...told },
      maxChargeW: ratedW,
      maxDischargeW: ratedW,
      dischargeEnabled: true,
      reservePct: 20,
    })),
  }),
});

async function discharging(product: Product): Promise<void> {
  await soon(product, "in parallel", () => product.mode() === "parallel", 60_000);
  for (const evse of [1, 2]) await product.backend.setPower(evse, -ratedW);
  await soon(product, "discharges", () => product.plant.stages[0]!.powerW < -15_000);
}

describe("a stage that is slower than its settings say", () => {
  test.each(stages.filter(({ always }) => all || always).map((row) => [row.says, row] as const))(
    "%s: named within 30 s, and power comes to rest within the limit",
    async (_says, { stage }) => {
      await withProduct(site(stage, exportLimitW), async (product) => {
        const { plant } = product;
        await discharging(product);
        const fromMs = performance.now();
        const named = () => product.said(/The power stage of Bay [12] follows|A power stage follows/);
        for (let step = 1; named() === undefined && performance.now() - fromMs < foundMs; step++) {
          plant.buildingW = buildingW[step % buildingW.length]!;
          await until(() => named() !== undefined, stepMs);
        }
        await soon(product, "the stage is named as slow", () => named() !== undefined, 0);
        await soon(product, "the promise is told as broken", async () => {
          const { pccRecord } = (await product.state()) as { pccRecord?: { promise?: { found?: Found | null } } };
          return pccRecord?.promise?.found?.kept === false && product.said(/the site promises/) !== undefined;
        });
        plant.buildingW = 50_000;
        const rests = () => {
          const quietFromMs = plant.moments.at(-1)!.atMs - quietMs;
          const over = excess(plant, exportedW, exportLimitW, 0.005 * 2 * ratedW, quietFromMs);
          return over.totalMs === 0 && plant.stages.every(({ powerW }) => powerW < -5_000);
        };
        await soon(product, `rests for ${quietMs} ms within the limit`, rests, 60_000);
      });
    },
    180_000,
  );
});

test.runIf(all).each([0.1, 10])(
  "a meter that shows %s W for each watt from one moment on: believed no longer, named, and the export ends",
  async (gain) => {
    await withProduct(site({}, 30_000), async (product) => {
      const { plant } = product;
      await discharging(product);
      await soon(product, "at the limit", () => exportedW(plant.moments.at(-1)!) > 25_000);
      const fromMs = performance.now();
      product.meter.face!.gain = gain;
      await soon(
        product,
        "believed no longer",
        async () => (await product.state()).health.meterQuality !== "good",
        foundMs,
      );
      await soon(product, "nothing is given back", () => plant.stages.every(({ powerW }) => powerW > -1_000));
      const { events } = await product.state();
      expect(events.some(({ key, active }) => active && /meter/i.test(key))).toBe(true);
      const over = excess(plant, exportedW, 30_000, 0.01 * 2 * ratedW, fromMs);
      expect(over.totalMs).toBeLessThan(foundMs);
    });
  },
  180_000,
);

/**
 * Single replies that are lost, as on every field bus now and then, while the enter-service delay runs: the site goes on
 * seeing, and the delay is waited for once.
 */
import { expect, it } from "vitest";
import type { Product } from "./site/product.ts";
import { soon, undisturbed } from "./site/sites.ts";
import { withProduct } from "./site/with-product.ts";

/** Long enough for each device to lose a reply many times. */
const enterDelayS = 10;
/** A prime, so that each kind of request loses its answer in turn. */
const loseEvery = 23;

const modesSince = (product: Product, fromMs: number): string[] =>
  product.log.flatMap(({ atMs, fields }) =>
    atMs >= fromMs && typeof fields["mode"] === "string" ? [fields["mode"]] : [],
  );

it("single lost replies neither take its feedback away nor begin the enter-service delay anew", () =>
  undisturbed(100, () =>
    withProduct(
      {
        usualAges: true,
        plant: { stages: [{}], k1TravelMs: 100, buildingW: 10_000 },
        permit: { mode: "parallel-export", exportLimitW: 50_000 },
        files: {
          "patient.yaml": JSON.stringify({
            name: "patient",
            base: "ieee1547-catB-III",
            version: 1,
            settings: { enterDelayS, enterRampS: 1 },
          }),
        },
        config: { site: { gridProfile: "./patient.yaml" } },
      },
      async (product) => {
        await soon(product, "the delay runs", () => product.mode() === "enterDelay");
        const fromMs = performance.now();
        const servers = [product.meter.server, product.switchgear!.server, product.stages[0]!.server];
        for (const { habits } of servers) habits.loseEvery = loseEvery;
        await soon(product, "the delay is over", () => !/enterDelay|ramping/.test(product.mode()), 60_000);
        expect(modesSince(product, fromMs)).toEqual(["ramping", "parallel"]);
        for (const { lost } of servers) expect(lost).toBeGreaterThan(5);
      },
    ),
  ));

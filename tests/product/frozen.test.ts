/**
 * Devices that answer and whose values stand still: clock, counters and measurements. Each must be found out within 2 s, named
 * with its kind in the log, on the page and in `islet explain`; what it was believed for must end.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until, untilOf } from "./site/judge.ts";
import type { Product, ProductOptions } from "./site/product.ts";
import { soon, startSites, stays, stopSites } from "./site/sites.ts";

/** Time for detection, and what the log needs to arrive; by the clocks of the plants that stand still. */
const foundMs = 2_000;
const saidMs = 1_500;
const oldWords = /old|frozen|stand|still|stale|not advanc|does not move|clock|repeat/i;

const site: ProductOptions = {
  usualAges: true,
  plant: { stages: [{}, {}], k1TravelMs: 100, tiersW: [5_000], buildingW: 10_000 },
  permit: { mode: "parallel-export", exportLimitW: 50_000 },
};
const sites = { meter: site, k1: site, stage: site, panel: site } as const;
type Kind = keyof typeof sites;

/** How people call each. */
const names: Readonly<Record<Kind, RegExp>> = {
  meter: /meter/i,
  k1: /K1|transfer device/i,
  stage: /Bay 1/,
  panel: /panel/i,
};

describe("devices that answer with values that stand still", () => {
  let up: Record<Kind, Product>;
  const frozenAtMs = {} as Record<Kind, number>;
  const frozenRanMs = {} as Record<Kind, number>;
  const inTime = {} as Record<Kind, boolean>;
  const said = (kind: Kind) =>
    up[kind].log.find(
      ({ atMs, text, level }) =>
        atMs >= frozenAtMs[kind] && level >= 40 && names[kind].test(text) && oldWords.test(text),
    );

  beforeAll(async () => {
    up = await startSites(sites);
    for (const product of Object.values(up))
      await soon(product, "in parallel", () => product.mode() === "parallel", 90_000);
    const images = {
      meter: up.meter.meter.image,
      k1: up.k1.switchgear!.face.map.image,
      stage: up.stage.stages[0]!.face.map.image,
      panel: up.panel.panel!.face.map.image,
    };
    for (const kind of Object.keys(images) as Kind[]) {
      frozenAtMs[kind] = performance.now();
      frozenRanMs[kind] = up[kind].plant.ranMs;
      images[kind].frozen = true;
    }
    for (const kind of Object.keys(sites) as Kind[]) {
      const { plant } = up[kind];
      const leftMs = frozenRanMs[kind] + foundMs + saidMs - plant.ranMs;
      inTime[kind] = await untilOf(plant, () => said(kind) !== undefined, leftMs);
    }
    // The page and `explain` are asked when all have had their time.
    for (const kind of Object.keys(sites) as Kind[]) {
      const { plant } = up[kind];
      await untilOf(plant, () => plant.ranMs >= frozenRanMs[kind] + foundMs + saidMs, foundMs + saidMs);
    }
  });
  afterAll(() => stopSites(up));

  for (const kind of Object.keys(sites) as Kind[]) {
    it(`${kind}: the log says which device and that its values are old, within 2 s`, () => {
      const line = said(kind);
      expect(line?.text).toMatch(names[kind]);
      expect(inTime[kind]).toBe(true);
    });

    it(`${kind}: the page does not count it as answering`, async () => {
      const { health } = await up[kind].state();
      const device = health.devices.find(({ name }) => names[kind].test(name));
      expect(device).toBeDefined();
      expect(device!.state).not.toBe("answers");
    });

    it(`${kind}: explain names it`, async () => {
      const words = await up[kind].explain();
      expect(words).toMatch(names[kind]);
      expect(words).toMatch(oldWords);
    });
  }

  it("meter: nothing is given back by a meter that stands still", async () => {
    expect(await until(() => up.meter.plant.stages.every(({ powerW }) => powerW >= 0), 20_000)).toBe(true);
  });

  it("k1: an outage behind a K1 whose values are old is not taken for a grid that is there", async () => {
    up.k1.plant.gridPresent = false;
    const believed = (): boolean => /loadOnly|parallel|ramping|enterDelay|ceased/.test(up.k1.mode());
    await soon(up.k1, "the grid is not believed", () => !believed());
    await stays(up.k1, "the grid is not believed", () => !believed(), 4_000);
  });
});

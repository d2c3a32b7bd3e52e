/** Settings that let an island be, or forbid it, each judged by what the stages and K1 were told and what the bus did. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, writtenTo } from "./site/judge.ts";
import type { JsonObject, Places, Product, ProductOptions } from "./site/product.ts";
import { soon, stagesUsed, startSites, stays, stopSites } from "./site/sites.ts";

const stage = { maxChargeW: 600_000, maxDischargeW: 60_000 };
const home: Pick<ProductOptions, "plant"> = {
  plant: { stages: [stage, stage], k1TravelMs: 100, tiersW: [5_000, 4_000, 3_000, 2_000], buildingW: 10_000 },
};
const forming = 3;

const tiers = (change: Readonly<Record<number, JsonObject>> = {}): JsonObject[] =>
  [5_000, 4_000, 3_000, 2_000].map((loadW, i) => ({ name: `Tier ${i + 1}`, loadW, ...change[i + 1] }));
const evses = ({ stages }: Places, second: JsonObject): JsonObject[] =>
  stages.map((at, i) => ({
    name: `Bay ${i + 1}`,
    stage: at,
    maxChargeW: 600_000,
    maxDischargeW: 60_000,
    dischargeEnabled: true,
    gridForming: true,
    reservePct: 20,
    ...(i === 1 && second),
  }));

const backup = { site: { serviceMode: "non-parallel-backup" } } as const;
const sites = {
  /**
   * Runs as an island of little energy; the second stage is not listed for it, two tiers may not be shed, and whatever is known of
   * the third, it is too much.
   */
  island: {
    ...home,
    plant: { ...home.plant!, k1TravelMs: 700, stages: [{ ...stage, capacityWh: 10_000 }, stage] },
    permit: { mode: "parallel-export", exportLimitW: 50_000 },
    backend: true,
    config: (places) => ({
      ...backup,
      transferDevice: { travelMs: 800 },
      evses: evses(places, { gridForming: false }),
      tiers: tiers({
        1: { sheddable: false },
        2: { sheddable: false },
        3: { inrushFactor: 20, loadW: 300_000 },
      }),
    }),
  },
  /** Energy enough, and a tier that is too large, or whose inrush is: those behind it wait too. */
  large: { ...home, config: { ...backup, tiers: tiers({ 3: { loadW: 300_000 } }) } },
  surge: { ...home, config: { ...backup, tiers: tiers({ 3: { inrushFactor: 20, loadW: 8_000 } }) } },
  /** The utility was not told. */
  untold: { ...home, config: { site: { serviceMode: "non-parallel-backup", utilityNotified: false } } },
  /** K1 is there, but the site is not to use it. */
  without: {
    ...home,
    config: ({ k1 }) => ({ site: { serviceMode: "load-only" }, transferDevice: { kind: "none", ...k1 } }),
  },
  /** Its own supply has too little for a start. */
  tired: {
    ...home,
    config: { ...backup, auxiliary: { capacityWh: 100, standbyW: 0, startWh: 60, keepWh: 50, chargeW: 0 } },
  },
} as const satisfies Record<string, ProductOptions>;

describe("settings of the island", () => {
  let up: Record<keyof typeof sites, Product>;
  const told = (product: Product, number: number, point: string): number[] => {
    const { server, face } = product.stages[number - 1]!;
    return writtenTo(server.writes, (address, words) => face.map.parse(address, words), point).map(
      ({ value }) => value,
    );
  };
  const k1Told = ({ switchgear }: Product): number[] => {
    const { server, face } = switchgear!;
    return writtenTo(server.writes, (address, words) => face.map.parse(address, words), "64902.Cmd").map(
      ({ value }) => value,
    );
  };

  beforeAll(async () => {
    up = await startSites(sites as Record<keyof typeof sites, ProductOptions>);
    await up.island.backend.whenConnected();
    for (const product of Object.values(up)) {
      await soon(product, "the grid is there", () => ["loadOnly", "parallel"].includes(product.mode()), 90_000);
      await stagesUsed(product);
    }
    await up.island.backend.setPower(1, -20_000);
    await sleep(4_000);
  });
  afterAll(() => stopSites(up));

  it("site.serviceMode: a site that was set up for backup gives nothing in parallel, whatever its permit grants", async () => {
    await soon(up.island, "as a load", () => up.island.mode() === "loadOnly");
    expect(up.island.log.map(({ fields }) => fields["mode"])).not.toContain("parallel");
    expect(Math.min(0, ...up.island.setpointsW(0).map(({ value }) => value))).toBe(0);
  });

  it("the grid fails", async () => {
    for (const { plant } of Object.values(up)) plant.gridPresent = false;
    await soon(up.island, "island", () => up.island.mode() === "islandRunning");
  });

  it("transferDevice.travelMs: a slow device is given the time that it is listed with", async () => {
    // It takes 700 ms; what is given to a fast one would have locked the site out.
    await stays(up.island, "an island", () => up.island.mode() === "islandRunning", 1_000);
    expect(up.island.plant.k1!.position).toBe(0);
  });

  it("evses[].gridForming: a stage that is not listed for it is never told to form", () => {
    expect(told(up.island, 1, "64901.RoleCmd")).toContain(forming);
    expect(told(up.island, 2, "64901.RoleCmd")).not.toContain(forming);
  });

  const fed = ({ plant }: Product): string => plant.tiersClosed.map(Number).join("");
  /** Five seconds lie between one tier and the next: the third had its turn. */
  const feedsTwo = async (product: Product): Promise<void> => {
    await soon(
      product,
      "an island that feeds two",
      () => product.mode() === "islandRunning" && fed(product) === "1100",
    );
    await stays(product, "the others wait", () => fed(product) === "1100", 7_000);
  };

  it("tiers[].loadW: a tier beyond what the stages can give stays open", () => feedsTwo(up.large));

  it("tiers[].inrushFactor: a tier whose inrush is beyond what they can give stays open", () => feedsTwo(up.surge));

  it("tiers[].sheddable: a tier that may not be shed is fed to the end", async () => {
    // Less than half an hour is left.
    await soon(up.island, "fed", () => fed(up.island) === "1100");
    await stays(up.island, "those two are fed", () => fed(up.island) === "1100", 8_000);
  });

  it("site.utilityNotified: no island while the utility was not told", () => {
    expect(told(up.untold, 1, "64901.RoleCmd")).not.toContain(forming);
    expect(up.untold.plant.busPu).toBe(0);
  });

  it("transferDevice.kind: a site without one neither asks it, opens nor forms", () => {
    expect(up.without.switchgear!.server.asked.size).toBe(0);
    expect(k1Told(up.without).every((command) => command === 0)).toBe(true);
    expect(told(up.without, 1, "64901.RoleCmd")).not.toContain(forming);
  });

  const startsNot = async (): Promise<void> => {
    await soon(up.tired, "K1 is open", () => up.tired.mode() === "isolated");
    await stays(up.tired, "isolated", () => up.tired.mode() === "isolated", 1_500);
    expect(told(up.tired, 1, "64901.RoleCmd")).not.toContain(forming);
  };

  it("auxiliary.startWh: no black start that its own supply cannot carry", startsNot);

  it("auxiliary.keepWh: what is kept for the grid's return is not used for a start", startsNot);

  it("auxiliary.capacityWh: it holds no more than it is said to", startsNot);
});

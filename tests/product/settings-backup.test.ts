/** Further settings of backup: the battery that carries black starts, stages that hold their angle, and who counts as on site. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, writtenTo } from "./site/judge.ts";
import type { JsonObject, Product, ProductOptions } from "./site/product.ts";
import { soon, stagesUsed, startSites, stopSites } from "./site/sites.ts";

const home: Pick<ProductOptions, "plant"> = { plant: { stages: [{}], k1TravelMs: 100, tiersW: [5_000] } };
const backup = { site: { serviceMode: "non-parallel-backup" } } as const;
const battery = (more: JsonObject): { readonly auxiliary: JsonObject } => ({
  auxiliary: { capacityWh: 100, standbyW: 0, startWh: 60, keepWh: 0, chargeW: 0, ...more },
});
/** Of the command to a stage. */
const forming = 3;
const hold = 4;

const sites = {
  /** Full, it has enough for a start and one second in the dark. */
  dark: { ...home, config: { ...backup, ...battery({ capacityWh: 62.5, standbyW: 9_000, chargeW: 10_000 }) } },
  /** Enough for one start; what its live bus gives back is enough for the next. */
  refilled: { ...home, config: { ...backup, ...battery({ chargeW: 10_000 }) } },
  /** One of its stages can hold the bus when K1 opens. */
  planned: {
    plant: { ...home.plant, stages: [{}, {}] },
    permit: { mode: "parallel-export", exportLimitW: 50_000 },
    config: ({ stages }) => ({
      dashboard: { onSiteAddresses: ["127.0.0.1"] },
      evses: stages.map((stage, i) => ({
        name: `Bay ${i + 1}`,
        stage: { ...stage, holdsAngle: i === 0 },
        maxChargeW: 60_000,
        maxDischargeW: 60_000,
        dischargeEnabled: true,
        gridForming: true,
        reservePct: 20,
      })),
    }),
  },
} as const satisfies Record<string, ProductOptions>;

describe("further settings of backup", () => {
  let up: Record<keyof typeof sites, Product>;
  const roles = ({ stages }: Product, number: number, fromMs = 0): number[] => {
    const { server, face } = stages[number - 1]!;
    return writtenTo(server.writes, (address, words) => face.map.parse(address, words), "64901.RoleCmd", fromMs).map(
      ({ value }) => value,
    );
  };
  const outage = (product: Product): void => {
    product.plant.gridPresent = false;
  };

  beforeAll(async () => {
    up = await startSites(sites as Record<keyof typeof sites, ProductOptions>);
    for (const name of ["dark", "refilled"] as const) {
      await soon(up[name], "the grid is there", () => up[name].mode() === "loadOnly", 90_000);
      await stagesUsed(up[name]);
    }
    outage(up.dark);
    outage(up.refilled);
  });
  afterAll(() => stopSites(up));

  it("dashboard.onSiteAddresses[]: who comes to the page over the service port may ask for an island", async () => {
    await soon(up.planned, "in parallel", () => up.planned.mode() === "parallel", 90_000);
    const { ok, sentence } = await (await up.planned.page()).act("plannedIsland");
    expect([ok, sentence]).toEqual([true, expect.any(String)]);
  });

  it("evses[].stage.holdsAngle: a stage that can hold the bus is told to, and no other", async () => {
    await soon(up.planned, "told to hold", () => roles(up.planned, 1).includes(hold));
    await sleep(1_000);
    expect(roles(up.planned, 2)).not.toContain(hold);
  });

  it("auxiliary.standbyW: the dark costs energy, and what is left may be too little for a start", async () => {
    await soon(up.dark, "K1 is open", () => up.dark.mode() === "isolated");
    await sleep(4_000);
    expect(roles(up.dark, 1)).not.toContain(forming);
  });

  it("auxiliary.chargeW: a live bus gives back what a start has taken", async () => {
    const { refilled } = up;
    const [stage] = refilled.plant.stages;
    await soon(refilled, "island", () => refilled.mode() === "islandRunning");
    await sleep(9_000);
    // The bus falls, and the stage takes no command for a while.
    stage!.local = true;
    stage!.role = "off";
    await soon(refilled, "the bus has fallen", () => refilled.mode() === "isolated");
    stage!.local = false;
    await soon(refilled, "island again", () => refilled.mode() === "islandRunning");
  });
});

/**
 * What a site is doing when something breaks, and what must hold then. Right after the fault the plant moves so that a controller
 * that is not there is missed: the building takes more while vehicles charge, and less while they give back.
 */
import { exportedW, importedW, type Quantity, until } from "../product/site/judge.ts";
import type { Product, ProductOptions } from "../product/site/product.ts";

export interface Phase {
  readonly name: string;
  readonly title: string;
  readonly options: ProductOptions;
  /** Brings the site there; false where it does not come there. */
  arrive(product: Product): Promise<boolean>;
  /** What the plant does as the fault comes; an event of its own comes first, and the fault at a random moment after it. */
  challenge?(product: Product): void;
  readonly isEvent?: true;
  /** The fault comes at a random moment within this time, ms. */
  readonly withinMs: number;
  /** What a backend says again and again, as backends do. */
  keep?(product: Product): Promise<unknown>;
  /** The site does what it is there for. */
  works(product: Product): boolean;
  /** What may not go beyond a limit, W. */
  readonly limit?: { readonly of: Quantity; readonly limitW: number; readonly name: string };
  /** The critical loads are to be fed all the time. */
  readonly feeds?: true;
}

const importLimitW = 60_000;
const exportLimitW = 20_000;
const asked = (product: Product, powerW: number): Promise<unknown> => product.backend.setPower(1, powerW, 300);

const hub: ProductOptions = {
  plant: { stages: [{}, {}], k1TravelMs: 100, tiersW: [8_000, 4_000], buildingW: 10_000 },
  config: { site: { serviceMode: "non-parallel-backup" } },
};
const tried = (product: Product): Promise<boolean> =>
  until(
    () => product.stages.every((_, stage) => product.setpointsW(stage).some(({ value }) => value > 0)),
    60_000,
  );
const isIsland = (product: Product): boolean =>
  product.plant.k1?.position === 0 && product.plant.busPu > 0.9 && product.mode() === "islandRunning";
async function island(product: Product): Promise<boolean> {
  if (!(await product.reached("loadOnly")) || !(await tried(product))) return false;
  product.plant.gridPresent = false;
  return until(() => isIsland(product), 60_000);
}

export const phases: readonly Phase[] = [
  {
    name: "idle",
    title: "nothing flows",
    options: { plant: { stages: [{ connected: false }], k1TravelMs: 100, tiersW: [2_000] }, backend: true },
    arrive: (product) => product.reached("loadOnly"),
    withinMs: 1_500,
    works: (product) => product.mode() === "loadOnly" && product.plant.stages[0]!.powerW === 0,
  },
  {
    name: "charging",
    title: "charging, import limit",
    options: {
      plant: { stages: [{ maxChargeW: 60_000 }], buildingW: 10_000 },
      config: { pcc: { importLimitW } },
      backend: true,
    },
    async arrive(product) {
      if (!(await product.reached("loadOnly"))) return false;
      await product.backend.ask(1, 60_000);
      return until(() => product.plant.stages[0]!.powerW > 45_000, 60_000);
    },
    withinMs: 1_500,
    challenge(product) {
      product.plant.buildingW = 45_000;
    },
    keep: (product) => asked(product, 60_000),
    works: (product) => product.plant.stages[0]!.powerW > 10_000,
    limit: { of: importedW, limitW: importLimitW, name: "import" },
  },
  {
    name: "discharging",
    title: "discharging in parallel, export limit",
    options: {
      plant: { stages: [{}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 50_000 },
      config: { pcc: { exportLimitW } },
      backend: true,
    },
    async arrive(product) {
      if (!(await product.reached("parallel"))) return false;
      await product.backend.ask(1, -50_000);
      return until(() => product.plant.stages[0]!.powerW < -35_000, 60_000);
    },
    withinMs: 1_500,
    challenge(product) {
      product.plant.buildingW = 5_000;
    },
    keep: (product) => asked(product, -50_000),
    works: (product) => product.plant.stages[0]!.powerW < -20_000,
    limit: { of: exportedW, limitW: exportLimitW, name: "export" },
  },
  { name: "island", title: "feeding an island", options: hub, arrive: island, withinMs: 1_500, works: isIsland, feeds: true },
  {
    name: "outage",
    title: "the grid fails, K1 opens, the island starts",
    options: hub,
    arrive: async (product) => (await product.reached("loadOnly")) && (await tried(product)),
    challenge(product) {
      product.plant.gridPresent = false;
    },
    isEvent: true,
    withinMs: 1_500,
    works: isIsland,
  },
  {
    name: "return",
    title: "the grid is back, the island ends, K1 closes",
    options: hub,
    arrive: island,
    challenge(product) {
      product.plant.gridPresent = true;
    },
    isEvent: true,
    // The grid must have been good for five seconds; then K1 closes.
    withinMs: 8_000,
    works: (product) => product.plant.k1?.position === 1 && product.mode() === "loadOnly",
  },
];

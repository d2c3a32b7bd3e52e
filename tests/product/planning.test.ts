/**
 * Plans in `islet run`: what a plan asks is seen at the PCC, caps and people beat it, and without a solver there is a plan all the
 * same. Prices lie around the present moment: dear for three hours from now, cheap afterwards.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject, Places, Product, ProductOptions } from "./site/product.ts";
import { soon, startSites, stays, stopSites } from "./site/sites.ts";

const hourMs = 3_600_000;
const quarterMs = hourMs / 4;
const timeOf = (atMs: number): string => new Date(atMs).toISOString().slice(11, 16);
const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

const capacityWh = 150_000;
const ratedW = 60_000;
const buildingW = 20_000;
/** More than noise. */
const chargingW = 8_000;
/** What a loop's margins and the meter's doubts leave of a power. */
const nearW = 3_000;

function site(nowMs: number): ProductOptions {
  const quarter = Math.floor(nowMs / quarterMs) * quarterMs;
  const leaving = (atMs: number, needPct: number): JsonObject => ({
    exceptions: [{ date: dateOf(atMs), leavesAt: timeOf(atMs), needPct }],
  });
  return {
    plant: {
      stages: [40, 40, 40].map((socPct) => ({ socPct, capacityWh, maxChargeW: ratedW, maxDischargeW: ratedW })),
      buildingW,
    },
    permit: { mode: "parallel-non-export" },
    config: (places: Places) => ({
      pcc: { importLimitW: 400_000 },
      evses: places.stages.map((stage, i) => ({
        name: `Bay ${i + 1}`,
        ...(i < 2 && { vehicle: `Bus ${i + 1}` }),
        stage,
        maxChargeW: ratedW,
        maxDischargeW: ratedW,
      })),
      vehicles: [
        { id: "bus-1", name: "Bus 1", capacityWh, ...leaving(nowMs + 8 * hourMs, 60) },
        { id: "bus-2", name: "Bus 2", capacityWh, ...leaving(nowMs + 2 * hourMs, 70) },
      ],
      tariff: {
        name: "Three hours dear",
        currency: "EUR",
        energy: [{ from: timeOf(quarter), to: timeOf(quarter + 3 * hourMs), perKWh: 0.6 }, { perKWh: 0.1 }],
      },
    }),
  };
}

/** A solver that is not there, and one whose thread dies at its first problem. */
const hook = (name: string): string => `--import=${join(import.meta.dirname, "workers", name)}`;

interface PlanAnswer {
  readonly method: string;
  readonly fallback: string;
  readonly inForce: boolean;
  readonly vehicles: readonly {
    readonly evse: number;
    readonly name: string;
    readonly now: string;
    readonly unplanned: string;
  }[];
}
interface Readiness {
  readonly sentence: string;
  readonly ready: { readonly count: number; readonly of: number };
  readonly vehicles: readonly {
    readonly name: string;
    readonly state: string;
    readonly cause: { readonly key: string; readonly sentence: string } | null;
    readonly remedies: readonly { readonly id: string; readonly label: string }[];
  }[];
}

describe("plans in the controller", () => {
  let sites: Record<"planned" | "absent" | "dying", Product>;
  let product: Product;
  const powerW = (bay: number, of = product): number => of.plant.stages[bay - 1]!.powerW;
  /** After a start charging rises within a minute: what counts is that it does. */
  const charges = (bay: number, of = product): boolean => powerW(bay, of) > chargingW;
  const waits = (bay: number, of = product): boolean => Math.abs(powerW(bay, of)) < nearW;
  const pccW = (): number => product.plant.moments.at(-1)!.pccW;
  const planOf = async (of: Product): Promise<PlanAnswer> => (await of.page()).get<PlanAnswer>("/api/v1/plan");
  const readiness = async (): Promise<Readiness> => (await product.page()).get<Readiness>("/api/v1/readiness");

  beforeAll(async () => {
    const nowMs = Date.now();
    sites = await startSites({
      planned: site(nowMs),
      absent: { ...site(nowMs), nodeOptions: hook("solver-absent.mjs") },
      dying: { ...site(nowMs), nodeOptions: hook("solver-dying.mjs") },
    });
    product = sites.planned;
  });
  afterAll(() => stopSites(sites));

  it("is followed at the PCC: who can wait for the cheap hours waits, who can't charges, who is not planned charges at once", async () => {
    await soon(product, "Bus 2 and the stranger charge, Bus 1 waits", () => waits(1) && charges(2) && charges(3));
    await stays(product, "it goes on so", () => waits(1), 2_000);
    expect(Math.abs(pccW() - buildingW - powerW(2) - powerW(3))).toBeLessThan(nearW);
    const { method, inForce, vehicles } = await planOf(product);
    expect([method, inForce]).toEqual(["linear-programme", true]);
    expect(vehicles.map(({ name, now }) => `${name}: ${now}`)).toEqual([
      expect.stringMatching(/^Bus 1: Waits until \d\d:\d\d: energy costs 0\.60 now and 0\.10 then\.$/),
      expect.stringMatching(/^Bus 2: Charges \d\d\.\d kW until \d\d:\d\d\. /),
      expect.stringMatching(/^Bay 3: It has no departure: it charges at once\.$/),
    ]);
  });

  it("is named as the source of a request, with its reason", async () => {
    const { evses } = await product.state();
    expect(evses.map(({ requestSource }) => requestSource)).toEqual(["plan", "plan", "local"]);
    expect(evses[0]!.planSentence).toBe("The price of this slot, against the other slots of the stay, decides.");
    expect(await product.explain()).toContain("plan: The price of this slot");
  });

  it("says who will be ready", async () => {
    await soon(product, "the board", async () => (await readiness()).ready.of === 2);
    const { ready, sentence, vehicles } = await readiness();
    expect(ready).toMatchObject({ count: 2, of: 2 });
    expect(sentence).toMatch(/^All 2 will be ready\. The last at \d\d:\d\d\.$/);
    expect(vehicles.map(({ name, state }) => `${name} ${state}`)).toEqual(["Bus 2 on-the-way", "Bus 1 on-the-way"]);
  });

  it("the pages say the same: the board, the plan, one charger with its way to stop it, and that there is no history yet", async () => {
    const page = await product.page();
    await soon(product, "the board", async () =>
      /All 2 will be ready\. .*Bus 2 .*Bus 1 /.test(await page.words("/fleet")),
    );
    const plan = await page.words("/fleet/plan");
    expect(plan).toContain("The next 24 hours.");
    expect(plan).toMatch(/Prices Known\./);
    expect(plan).toMatch(/Bus 1 Waits until \d\d:\d\d: energy costs 0\.60 now and 0\.10 then\./);
    const charger = await page.words("/fleet/charger/1");
    expect(charger).toMatch(/Bus 1 at charger 1 .*Stop this charger/);
    const change = await page.words("/fleet/change?act=stop&evse=2");
    expect(change).toMatch(/Nothing has changed yet\..*Ready at departure 2 of 2 1 of 2/);
    expect(charges(2)).toBe(true);
    expect(await page.words("/fleet/vehicles")).toMatch(/2 vehicles, 2 with a timetable\./);
    expect(await page.words("/history")).toMatch(/No history of|of what came in|\d{4}-\d\d-\d\d/);
  });

  it("why a bus waits is proven by planning without it; what charging at once would cost stands beside the plan", async () => {
    const page = await product.page();
    const { proven, reasons } = await page.get<{ proven: boolean; reasons: readonly { key: string }[] }>(
      `/api/v1/plan/why?evse=1&atMs=${Date.now() + 1_000}`,
    );
    expect([proven, reasons.map(({ key }) => key)]).toEqual([true, ["price"]]);
    expect(await page.words("/fleet/plan/why?evse=1")).toMatch(
      /Bus 1: waits from .* Proven: the day was planned again/,
    );
    const { cost } = await page.get<{ cost: { total: number; atOnce: number | null } }>("/api/v1/plan");
    expect(cost.atOnce ?? 0).toBeGreaterThan(cost.total);
    expect(await page.words("/fleet/reserve")).toContain("How long tier 1 could be fed is not known.");
  });

  it("what if: a change is tried and changes nothing", async () => {
    const page = await product.page();
    const { status, answer } = await page.post<{
      readyAfter: number;
      sentence: string;
      rows: readonly { name: string; same: boolean }[];
    }>("/api/v1/plan/try", { changes: [{ kind: "stop", evse: 2 }] });
    expect([status, answer.readyAfter]).toEqual([200, 1]);
    expect(answer.rows.map(({ name, same }) => [name, same])).toEqual([
      ["Bus 1", true],
      ["Bus 2", false],
    ]);
    expect(charges(2)).toBe(true);
  });

  it("a person beats it: charge now", async () => {
    const page = await product.page();
    expect(await page.act("chargeNow", { evse: "1" })).toMatchObject({ ok: true });
    await soon(product, "Bus 1 charges", () => charges(1));
    await soon(product, "it is the person's", async () => {
      const { evses } = await product.state();
      return evses[0]!.requestSource === "operator";
    });
  });

  it("a cap beats it: the site's limit, and a charger that is stopped", async () => {
    const page = await product.page();
    await page.act("tighten", { demandLimitW: 90_000 });
    await soon(product, "90 kW at the PCC", () => pccW() < 90_500);
    await page.act("stop", { evse: "2" });
    await soon(product, "Bus 2 stands still", () => waits(2));
    await soon(product, "it is said that it won't be ready", async () => {
      const { vehicles } = await readiness();
      return vehicles.some(
        ({ name, state, cause, remedies }) =>
          name === "Bus 2" &&
          state === "short" &&
          cause?.key === "stopped" &&
          remedies.some(({ id }) => id === "resume-2"),
      );
    });
    expect((await readiness()).sentence).toMatch(
      /^1 of 2 will be ready\. Bus 2 will have 4\d % of 70 % at \d\d:\d\d\.$/,
    );
    await soon(product, "and in the log", () => product.said(/^Bus 2 will have 4\d % of 70 % at/) !== undefined);
  });

  it.each([
    ["absent", /no such package/],
    ["dying", /its thread ended/],
  ] as const)("without a solver (%s) there is a plan without optimisation, said, and followed", async (name, why) => {
    const broken = sites[name];
    await soon(broken, "a greedy plan", async () => (await planOf(broken)).method === "greedy");
    expect((await planOf(broken)).fallback).toMatch(why);
    await soon(broken, "Bus 2 charges, Bus 1 waits", () => waits(1, broken) && charges(2, broken));
    expect(broken.said(/^Planned without optimisation: /)?.text).toMatch(why);
  });
});

/** What the page says of a device that falls silent, and what a person does with one charger, through `islet run` itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, meanW, until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";

describe("two chargers that give power back under a permit", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 10_000 },
      permit: { mode: "parallel-export", exportLimitW: 100_000 },
      backend: true,
    });
    await product.backend.whenConnected(20_000);
    expect(await product.reached("parallel", 40_000)).toBe(true);
    await product.backend.setPower(1, -15_000);
    await product.backend.setPower(2, -15_000);
    expect(await until(() => meanW(product.plant, exportedW, 300) > 18_000, 15_000)).toBe(true);
  });
  afterAll(() => product.stop());

  it("one is stopped by a person, the other goes on; the same person resumes it", async () => {
    const page = await product.page();
    const stopped = await page.act("stop", { evse: "1" }, "somebody works at the cable");
    expect(stopped).toMatchObject({ ok: true, sentence: expect.stringMatching(/^Charger 1 stopped/) });
    expect(await until(() => Math.abs(product.plant.stages[0]!.powerW) < 200, 5_000)).toBe(true);
    expect(Math.abs(product.plant.stages[1]!.powerW)).toBeGreaterThan(10_000);
    expect((await page.act("resume", { evse: "1" }, "done")).ok).toBe(true);
    expect(await until(() => Math.abs(product.plant.stages[0]!.powerW) > 10_000, 10_000)).toBe(true);
  });

  it("more than the configuration gives is refused with the number, not clamped", async () => {
    const page = await product.page();
    const asked = await page.act("tighten", { demandLimitW: 90_000_000 }, "a typing mistake");
    expect(asked.ok).toBe(false);
    expect(asked.sentence).toMatch(/Refused/);
  });

  it("a stage that falls silent is an event with its charger, is not answering, and is in no sum of the metrics", async () => {
    const page = await product.page();
    await product.stages[1]!.server.close();
    type State = Awaited<ReturnType<typeof page.state>>;
    type Told = Omit<State, "evses"> & { readonly evses: readonly { readonly known: { readonly state: string } }[] };
    let told: Told | null = null;
    const fromMs = performance.now();
    while (performance.now() - fromMs < 6_000) {
      told = (await page.state()) as unknown as Told;
      if (told.events.some(({ key, active }) => key === "deviceSilent" && active)) break;
    }
    const event = told!.events.find(({ key }) => key === "deviceSilent");
    expect(String(event?.values?.["device"])).toMatch(/charger 2/);
    expect(String(event?.values?.["why"])).not.toBe("");
    expect(told!.evses.map(({ known }) => known.state)).toEqual(["live", "old"]);
    expect(told!.health.devices.filter(({ state }) => state !== "answers")).toHaveLength(1);
    const metrics = await page.metrics();
    expect(metrics).toMatch(/islet_evse_power_watts\{evse="1"\}/);
    expect(metrics).not.toMatch(/islet_evse_power_watts\{evse="2"\}/);
    expect(await product.explain()).toMatch(/Bay 2 +silent .*replies p50 .*, [a-z-]+ \d+$/m);
  });
});

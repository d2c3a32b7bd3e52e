/** What the page says of a device that falls silent, and what a person does with one charger, through `islet run` itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, meanW } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

describe("two chargers that give power back under a permit", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 10_000 },
      permit: { mode: "parallel-export", exportLimitW: 100_000 },
      backend: true,
    });
    await product.backend.whenConnected();
    expect(await product.reached("parallel")).toBe(true);
    for (const evse of [1, 2]) await product.backend.ask(evse, -15_000);
    await soon(product, "both discharge", () => meanW(product.plant, exportedW, 300) > 18_000);
  });
  afterAll(() => product.stop());

  it("one is stopped by a person, the other goes on; the same person resumes it", async () => {
    const page = await product.page();
    const stopped = await page.act("stop", { evse: "1" }, "somebody works at the cable");
    expect(stopped).toMatchObject({ ok: true, sentence: expect.stringMatching(/^Charger 1 stopped/) });
    const [first, second] = product.plant.stages;
    await soon(
      product,
      "stopped, and the other goes on",
      () => Math.abs(first!.powerW) < 200 && second!.powerW < -10_000,
    );
    expect((await page.act("resume", { evse: "1" }, "done")).ok).toBe(true);
    await soon(product, "goes on", () => first!.powerW < -10_000);
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
    await soon(product, "the event, of this device alone", async () => {
      told = (await page.state()) as unknown as Told;
      const { events, evses, health } = told;
      return (
        events.some(({ key, active }) => key === "deviceSilent" && active) &&
        evses.map(({ known }) => known.state).join() === "live,old" &&
        health.devices.filter(({ state }) => state !== "answers").length === 1
      );
    });
    const event = told!.events.find(({ key }) => key === "deviceSilent");
    expect(String(event?.values?.["device"])).toMatch(/charger 2/);
    expect(String(event?.values?.["why"])).not.toBe("");
    let metrics = "";
    const hasFirst = (): boolean => /islet_evse_power_watts\{evse="1"\}/.test(metrics);
    await soon(product, "the first is in the metrics", async () => {
      metrics = await page.metrics();
      return hasFirst();
    });
    expect(metrics).not.toMatch(/islet_evse_power_watts\{evse="2"\}/);
    expect(await product.explain()).toMatch(/Bay 2 +silent .*replies p50 .*, [a-z-]+ \d+$/m);
  });
});

/**
 * A site with eleven foreign meters and inverters at once, whose connections and registers have the bad habits of their kind:
 * each is read as what it is, nothing is ever shown that no device meant, and what can't be read is named with its reason.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroken } from "./foreign/broken.ts";
import { type Cabinet, type Foreign, startCabinet } from "./foreign/devices.ts";
import { until } from "./site/judge.ts";
import type { PageState } from "./site/page.ts";
import { type JsonObject, type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

/** `ISLET_FIELD=1`, on an idle machine: how soon is judged, too. */
const isLong = process.env["ISLET_FIELD"] !== undefined;
const library = join(import.meta.dirname, "../../config/maps");
/** What was true this long before it is shown may still be shown, ms: the slowest device's turn, the page, a busy machine. */
const shownLateMs = 8_000;

/** What the page says of a meter now; null while it says nothing. */
const shownW = ({ health }: PageState, name: string): number | null =>
  health.devices.find((device) => device.name === name)?.powerW ?? null;

describe("a cabinet of foreign meters and inverters", () => {
  let cabinet: Cabinet;
  let broken: Awaited<ReturnType<typeof startBroken>>;
  let product: Product;
  let meters: readonly Foreign[];
  let roofs: readonly Foreign[];
  /** What was shown and was never true. */
  const wrong: string[] = [];

  beforeAll(async () => {
    [cabinet, broken] = await Promise.all([startCabinet(library), startBroken()]);
    meters = cabinet.devices.filter(({ kind }) => kind === "meter");
    roofs = cabinet.devices.filter(({ kind }) => kind === "pv");
    const of = (wanted: string) => broken.devices.filter(({ kind }) => kind === wanted);
    const config: JsonObject = {
      devices: [...meters, ...of("meter")].map(({ name, settings }) => ({ name, kind: "meter", ...settings })),
      pv: [...roofs, ...of("pv")].map(({ name, settings }) => ({ name, ...settings })),
    };
    product = await startProduct({ plant: { stages: [{}], buildingW: 20_000 }, files: cabinet.files, config });
  });
  afterAll(async () => {
    await product?.stop();
    await Promise.all([cabinet?.close(), broken?.close()]);
  });

  /** One look at the page, at which everything shown must have been true a moment ago. */
  async function look(): Promise<PageState> {
    const state = await product.state();
    const fromMs = performance.now() - shownLateMs;
    for (const { name, truth, sign, toleranceW } of cabinet.devices) {
      const powerW = shownW(state, name);
      if (powerW !== null && !truth.was(sign * powerW, fromMs, toleranceW)) wrong.push(`${name}: ${powerW} W`);
    }
    return state;
  }
  const isRight = (state: PageState): boolean =>
    cabinet.devices.every(({ name, truth, sign, toleranceW }) => {
      const powerW = shownW(state, name);
      return powerW !== null && Math.abs(sign * powerW - truth.powerW) <= toleranceW;
    });

  it("each is found and shown with its own power and age", async () => {
    await soon(product, "all are shown", async () => isRight(await look()));
    const { health } = await look();
    const ages = new Map(health.devices.map(({ name, ageMs }) => [name, ageMs]));
    expect(cabinet.devices.filter(({ name }) => ages.get(name) === null)).toEqual([]);
    expect(wrong).toEqual([]);
  });

  it("what can't be read is named with its reason and what to check, on page and log, and shows no value", async () => {
    const sentenceOf = ({ health }: PageState, name: string): string =>
      health.devices.find((device) => device.name === name)?.fault?.sentence ?? "";
    const unsaid = (state: PageState): string[] =>
      broken.devices.flatMap(({ name, says }) =>
        says.test(sentenceOf(state, name)) ? [] : [`${name}: ${sentenceOf(state, name)}`],
      );
    let left: string[] = [];
    const all = await until(async () => {
      left = unsaid(await look());
      return left.length === 0;
    }, 30_000);
    expect(all, left.join("\n")).toBe(true);
    const armedMs = product.said(/The control loop runs/)!.atMs;
    const namedMs = broken.devices.map(({ name, says }) => {
      const line = product.log.find(({ text }) => text.startsWith(`${name} (`) && says.test(text));
      expect(line, name).toBeDefined();
      return line!.atMs - armedMs;
    });
    if (isLong) console.info(`named after ${namedMs.map((ms) => ms.toFixed(0)).join(", ")} ms`);
    if (isLong) expect(Math.max(...namedMs)).toBeLessThan(5_000);
    const state = await look();
    for (const { name } of broken.devices) expect(shownW(state, name), name).toBeNull();
  });

  it.each([
    ["more than before", (i: number) => 9_000 - 350 * i],
    ["next to nothing", (i: number) => 40 + 10 * i],
    ["export", (i: number) => -(4_000 + 300 * i)],
  ] as const)(
    "%s, and other scale factors with it → each follows, and shows nothing in between",
    async (_name, powerOf) => {
      cabinet.devices.forEach(({ truth, kind }, i) => {
        truth.powerW = kind === "pv" ? Math.abs(powerOf(i)) : powerOf(i);
      });
      await soon(product, "all follow", async () => isRight(await look()));
      expect(wrong).toEqual([]);
    },
  );

  it("it gets dark: a value that is not available is no power, and no sum has it in", async () => {
    const { truth, toleranceW } = cabinet.devices.find(({ name }) => name === "Roof")!;
    truth.powerW = Number.NaN;
    await soon(product, "not known", async () => shownW(await look(), "Roof") === null);
    expect((await look()).pv).toBeNull();
    truth.powerW = 120;
    const back = async () => Math.abs((shownW(await look(), "Roof") ?? 0) - 120) <= toleranceW;
    await soon(product, "known again", back);
    expect(wrong).toEqual([]);
  });

  it("no device is refused more than a little by us, and none sees two connections that it can't serve", () => {
    for (const { name, server } of cabinet.devices) {
      if (!("refused" in server)) continue;
      expect(server.refused.length, `${name}: ${JSON.stringify(server.refused.slice(0, 8))}`).toBeLessThanOrEqual(10);
      if (server.habits.singleClient) expect(server.clientsPeak, name).toBe(1);
    }
  });
});

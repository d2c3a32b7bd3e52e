/**
 * A grid operator's control box limits a site over EEBUS: `islet run` before emulated chargers, a guard on a real connection. What
 * the chargers do is read on the plant, what the guard is told on its connection.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Guard, startGuard } from "../lib/eebus-guard.ts";
import { freePort } from "./site/ports.ts";
import { runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon, stays } from "./site/sites.ts";

const consumption = 0;
const production = 1;
/** A power of the plant counts as this one, W. */
const nearW = 150;
const permitW = 6_000;
const buildingW = 1_000;

describe("a control box over EEBUS", () => {
  let product: Product;
  let guard: Guard;
  let second: Guard;
  const islet = async (...words: string[]): Promise<string> =>
    (await runIslet(["eebus", ...words, "--config", product.configFile])).out;
  let token = "";
  /** Another link, with a token. */
  async function ask(path: string, body: unknown): Promise<void> {
    const url = /Dashboard: (http:\S+)/.exec(product.said(/Dashboard: http/)?.text ?? "")?.[1] ?? "";
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBeLessThan(300);
  }
  const powerW = (): number => product.plant.stages.reduce((sum, stage) => sum + stage.powerW, 0);
  const charges = (): Promise<void> => soon(product, "charges freely", () => powerW() > 3_500);
  const gives = (wantedW: number): Promise<void> =>
    soon(product, `gives ${wantedW} W`, () => Math.abs(powerW() + buildingW + wantedW) < 2 * nearW);
  const holds = (wantedW: number): Promise<void> =>
    soon(product, `${wantedW} W`, () => Math.abs(powerW() - wantedW) < nearW);

  beforeAll(async () => {
    const port = await freePort();
    guard = startGuard();
    second = startGuard(false);
    product = await startProduct({
      // Power rises in a minute to the rating: a great one is soon above the limits of these tests.
      plant: { stages: [{ maxChargeW: 30_000, maxDischargeW: 30_000 }], buildingW },
      permit: { mode: "parallel-export", exportLimitW: permitW },
      config: {
        links: {
          eebus: {
            port,
            guards: [{ ski: guard.ski.toUpperCase().replace(/(..)/g, "$1 ").trim(), name: "Control box" }],
            ...{ failSafeW: 1_500, failSafeExportW: 500, floorW: 1_000 },
          },
        },
      },
    });
    const ski = (await islet("ski")).trim();
    for (const one of [guard, second]) one.pair(ski, `127.0.0.1:${port}`);
  });
  afterAll(async () => {
    await guard?.stop();
    await second?.stop();
    await product?.stop();
  });

  it("links.eebus.failSafeW: until the guard has spoken all chargers together take no more than this", async () => {
    await holds(1_500);
    await soon(product, "explained", async () => /Control box \(EEBUS, fail-safe\)/.test(await product.explain()));
  });

  it("links.eebus.guards[].ski: the trusted one is let in, another asks until a person trusts it", async () => {
    await soon(product, "connected", () => guard.isConnected);
    await soon(product, "the other asks", async () => (await islet("list")).includes("asks to pair, not trusted"));
    expect(second.isConnected).toBe(false);
    expect(await islet("trust", second.ski, "--name", "Second box")).toMatch(/is trusted/);
    await soon(product, "the other is connected", () => second.isConnected);
  });

  it("links.eebus.consumption: a limit is taken and held, and who stated it is named", async () => {
    guard.beat();
    expect(await guard.limit(consumption, 2_500, true)).toEqual([0, ""]);
    await holds(2_500);
    expect(await product.explain()).toMatch(/Control box \(EEBUS\)/);
    await soon(product, "told of it", () => /"isLimitActive":true.*2500/.test(JSON.stringify([...guard.told])));
  });

  it("links.eebus.floorW: a limit below what the operator leaves is this, never none", async () => {
    expect(await guard.limit(consumption, 0, true)).toEqual([0, ""]);
    await holds(1_000);
    await stays(product, "no more than it", () => powerW() < 1_000 + nearW, 1_000);
    await holds(1_000);
  });

  it("refuses what is no limit, what it does not know, and a second guard", async () => {
    expect(await guard.limit(consumption, -4_200, true)).toMatchObject([7, expect.stringMatching(/no limit/)]);
    expect(await guard.limit(9, 4_200, true)).toMatchObject([7, expect.stringMatching(/no such limit/)]);
    expect(await guard.limit(consumption, 9_000, true, "PT0S")).toMatchObject([7, expect.stringMatching(/past/)]);
    expect(await guard.key(1, { duration: "PT1H" })).toMatchObject([7, expect.stringMatching(/2 to 24 hours/)]);
    expect((await guard.say("write", 4, { electricalConnectionCharacteristicListData: {} }))[0]).toBe(7);
    expect((await guard.say("read", 9, { loadControlLimitListData: {} }))[0]).toBe(4);
    expect(await second.bind()).toBe(7);
    expect((await second.limit(consumption, 11_000, true))[0]).toBe(9);
    await stays(product, "the first one's limit holds", () => powerW() < 1_000 + nearW, 500);
    await holds(1_000);
  });

  it("a limit with an end of its own ends; without one it holds until it is released", async () => {
    expect(await guard.limit(consumption, 2_000, true, "PT3S")).toEqual([0, ""]);
    await charges();
    expect(await guard.limit(consumption, 2_000, true)).toEqual([0, ""]);
    await holds(2_000);
  });

  it("of its limit and another link's the tighter one holds; a request of another link goes within it", async () => {
    const made = await runIslet(["token", "make", "home", "--config", product.configFile, "--rights", "power,limits"]);
    token = made.out.split("\n")[0] ?? "";
    await ask("asks", { what: "chargeLimitW", evse: 1, value: 1_200 });
    await holds(1_200);
    await ask("asks/release", { what: "chargeLimitW", evse: 1 });
    await ask("asks", { what: "powerW", evse: 1, value: 9_000, validS: 60 });
    await holds(2_000);
    await soon(product, "the other asker hears why", async () => /powerW 9000 .*limited/.test(await product.explain()));
    expect(await guard.limit(consumption, 2_000, false)).toEqual([0, ""]);
    await charges();
  });

  it("links.eebus.failSafeExportW: until a limit of production is stated the site gives no more than this", async () => {
    await ask("asks", { what: "powerW", evse: 1, value: -9_000, validS: 600 });
    guard.beat();
    await gives(500);
  });

  it("links.eebus.production: what the site gives to the grid is limited, and no longer when it is released", async () => {
    expect(await guard.limit(production, 0, false)).toEqual([0, ""]);
    await gives(permitW);
    expect(await guard.limit(production, -2_000, true)).toEqual([0, ""]);
    await gives(2_000);
  });

  it("killed in the middle of it: limits hold from the first command on, until the guard is back and releases them", async () => {
    expect(await guard.limit(consumption, 1_200, true)).toEqual([0, ""]);
    await product.kill();
    const fromMs = performance.now();
    product.start();
    await soon(product, "the guard is back", () => guard.isConnected);
    await holds(1_200);
    const highest = Math.max(...product.setpointsW(0, fromMs).map(({ value }) => value));
    expect(highest).toBeLessThanOrEqual(1_201);
    guard.beat();
    expect(await guard.limit(consumption, 0, false)).toEqual([0, ""]);
    expect(await guard.limit(production, 0, false)).toEqual([0, ""]);
    await soon(product, "is free", () => powerW() > 2_000);
  });

  it("is trusted no longer: its connection ends, and nobody limits when it was the last", async () => {
    await soon(product, "connected", () => guard.isConnected);
    await guard.limit(consumption, 1_500, true);
    await holds(1_500);
    await islet("untrust", second.ski);
    await islet("untrust", guard.ski);
    await soon(product, "its connection ends", () => !guard.isConnected);
    await soon(product, "is free", () => powerW() > 2_000);
  });
});

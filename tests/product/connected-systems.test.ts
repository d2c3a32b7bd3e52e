/**
 * Each link (OCPP, API, MQTT) against each of what can become of it: a request, a cap, the link lost, the link back, another link
 * that asks otherwise, more than the permit. What the plant does is read on it, what the asker is told on his link. The table of
 * docs/links-table.md names these tests.
 */
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Mosquitto, noMosquitto, startMosquitto } from "../lib/mosquitto.ts";
import { excess, exportedW } from "./site/judge.ts";
import { runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon, stays } from "./site/sites.ts";

const base = "islet/product";
/** A power of the plant counts as this one, W. */
const nearW = 400;
const permitW = 4_000;
const buildingW = 5_000;

/** What an asker is told, at once or later. */
interface Told {
  readonly accepted: boolean;
  readonly state?: string;
  readonly reason?: string;
}
interface Link {
  readonly name: string;
  request(evse: number, powerW: number, validS: number): Promise<Told>;
  cap(evse: number, chargeLimitW: number): Promise<Told>;
  /** Takes its cap back. */
  takeBack(evse: number): Promise<void>;
  /** Takes its request back. */
  end(evse: number): Promise<void>;
  lose(): Promise<void>;
  restore(): Promise<void>;
  /** Why an EVSE does less than was asked, as this link's asker hears it. */
  whyLess(evse: number): Promise<string>;
}

let product: Product;
let broker: Mosquitto;
let other: MqttClient;
let token: string;
const heard: { readonly topic: string; readonly message: Record<string, unknown> }[] = [];

async function http(path: string, body?: unknown): Promise<Record<string, unknown>> {
  const url = /Dashboard: (http:\S+)/.exec(product.said(/Dashboard: http/)?.text ?? "")?.[1] ?? "";
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
}
const asksOf = async () => (await http("/api/v1/asks"))["asks"] as Record<string, unknown>[];

let sent = 0;
async function say(topic: string, message: Record<string, unknown>): Promise<Told> {
  const id = `m${sent++}`;
  await other.publishAsync(`${base}/${topic}`, JSON.stringify({ ...message, id }), { qos: 1 });
  const result = () => heard.find((one) => one.topic === `${base}/result` && one.message["id"] === id);
  await soon(product, `an answer on ${topic}`, () => result() !== undefined);
  return result()!.message as unknown as Told;
}

const ocpp: Link = {
  name: "OCPP",
  request: async (evse, powerW, validS) => ({
    accepted: (await product.backend.setPower(evse, powerW, validS)) === "Accepted",
  }),
  cap: async (evse, limitW) => ({ accepted: (await product.backend.setProfile(evse, limitW)).status === "Accepted" }),
  takeBack: async (evse) => {
    await product.backend.call("ClearChargingProfile", { chargingProfileCriteria: { evseId: evse } });
  },
  end: (evse) => ocpp.takeBack(evse),
  lose: async () => product.backend.cut(),
  restore: () => product.backend.whenConnected(),
  async whyLess(evse) {
    const variable = { component: { name: "EVSE", evse: { id: evse } }, variable: { name: "Explanation" } };
    const { getVariableResult } = await product.backend.call("GetVariables", { getVariableData: [variable] });
    return String((getVariableResult as { attributeValue?: string }[])[0]?.attributeValue);
  },
};
const receipt = (answer: Record<string, unknown>): Told => answer["receipt"] as Told;
const api: Link = {
  name: "API",
  request: async (evse, value, validS) => receipt(await http("/api/v1/asks", { what: "powerW", evse, value, validS })),
  cap: async (evse, value) => receipt(await http("/api/v1/asks", { what: "chargeLimitW", evse, value })),
  takeBack: async (evse) => void (await http("/api/v1/asks/release", { what: "chargeLimitW", evse })),
  end: async (evse) => void (await http("/api/v1/asks/release", { what: "powerW", evse })),
  // There is no connection to lose: its asker says nothing any more.
  lose: async () => undefined,
  restore: async () => undefined,
  async whyLess(evse) {
    const ask = (await asksOf()).find(
      (one) => one["link"] === "api" && one["evse"] === evse && one["kind"] === "request",
    );
    return String(ask?.["sentence"] ?? "");
  },
};
const mqtt: Link = {
  name: "MQTT",
  request: (evse, powerW, validS) => say(`evse/${evse}/set`, { powerW, validS }),
  cap: (evse, chargeLimitW) => say(`evse/${evse}/set`, { chargeLimitW }),
  takeBack: async (evse) => void (await say(`evse/${evse}/set`, { chargeLimitW: null })),
  end: async (evse) => void (await say(`evse/${evse}/set`, { powerW: null })),
  lose: () => broker.kill(),
  async restore() {
    heard.length = 0;
    await broker.start();
    const isBack = () => heard.some(({ topic, message }) => topic === `${base}/status` && message["text"] === "online");
    await soon(product, "the site is online again", isBack);
  },
  whyLess: async (evse) =>
    String(
      heard.findLast(({ topic, message }) => topic === `${base}/notice` && message["evse"] === evse)?.message[
        "sentence"
      ] ?? "",
    ),
};

const powerW = (evse: number): number => product.plant.stages[evse - 1]!.powerW;
const gives = (evse: number, wantedW: number): Promise<void> =>
  soon(product, `EVSE ${evse} at ${wantedW} W`, () => Math.abs(powerW(evse) - wantedW) < nearW);

describe.skipIf(noMosquitto !== "")(`links of a site under a permit ${noMosquitto}`, () => {
  beforeAll(async () => {
    broker = await startMosquitto();
    other = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5, reconnectPeriod: 200 });
    other.on("message", (topic, payload) => {
      const text = String(payload);
      heard.push({ topic, message: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : { text } });
    });
    await other.subscribeAsync(`${base}/#`, { qos: 1 });
    const stage = { maxChargeW: 20_000, maxDischargeW: 20_000 };
    product = await startProduct({
      plant: { stages: [stage, stage, stage], buildingW },
      permit: { mode: "parallel-export", exportLimitW: permitW },
      backend: true,
      config: { mqtt: { url: `mqtt://127.0.0.1:${broker.port}`, topic: base, rights: ["power", "limits"] } },
    });
  });
  afterAll(async () => {
    await product?.stop();
    await other?.endAsync(true);
    await broker?.stop();
  });

  it("comes up with all of them", async () => {
    const made = await runIslet(["token", "make", "home", "--config", product.configFile, "--rights", "power,limits"]);
    token = made.out.split("\n")[0] ?? "";
    expect(await product.reached("parallel")).toBe(true);
    await product.backend.whenConnected();
  });

  it("mqtt.rights[]: what the broker's users may not ask is refused, and what they may is heard", async () => {
    expect(await mqtt.request(2, 3_000, 20)).toMatchObject({ accepted: true, state: "in-force" });
    await gives(2, 3_000);
    const refused = await say("evse/2/set", { reservePct: 25 });
    expect(refused).toMatchObject({ accepted: false, reason: "not-allowed" });
    await stays(product, "it goes on", () => powerW(2) > 2_000, 1_000);
    await mqtt.end(2);
  });

  // Each link at a charger of its own, all at the same time.
  const links = [ocpp, api, mqtt] as const;
  const all = <T>(run: (link: Link, evse: number) => Promise<T>): Promise<T[]> =>
    Promise.all(links.map((link, i) => run(link, i + 1)));
  const accepted = [true, true, true];
  const isAccepted = (told: readonly Told[]): boolean[] => told.map((one) => one.accepted);
  /** By the local plan, above every cap of these tests for one charger; all of its power comes slowly after a start. */
  const charges = (evse: number): Promise<void> => soon(product, `EVSE ${evse} charges`, () => powerW(evse) > 4_500);

  it("a request on each link: followed at once, accepted; at the end of its lease the local plan goes on", async () => {
    expect(isAccepted(await all((link, evse) => link.request(evse, -2_000, 6)))).toEqual(accepted);
    await all((_, evse) => gives(evse, -2_000));
    await all((_, evse) => charges(evse));
  });

  it("a cap on each link: obeyed, accepted, and it stands", async () => {
    expect(isAccepted(await all((link, evse) => link.cap(evse, 3_000)))).toEqual(accepted);
    await all((_, evse) => gives(evse, 3_000));
  });

  it("each link is lost: the cap holds, a request ends with its lease", async () => {
    expect(isAccepted(await all((link, evse) => link.request(evse, -2_000, 4)))).toEqual(accepted);
    await all((_, evse) => gives(evse, -2_000));
    const fromMs = performance.now();
    await all((link) => link.lose());
    await all((_, evse) => gives(evse, 3_000));
    expect(await all(async (_, evse) => highestW(evse, fromMs) < 3_000 + nearW)).toEqual(accepted);
  });

  it("each link is back: the cap is still there, and is taken back on it", async () => {
    const fromMs = performance.now();
    await all((link) => link.restore());
    expect(await all(async (_, evse) => highestW(evse, fromMs) < 3_000 + nearW)).toEqual(accepted);
    await all((link, evse) => link.takeBack(evse));
    await all((_, evse) => charges(evse));
  });

  it("beyond the permit on each link: as far as the permit goes, and each asker hears what stands in the way", async () => {
    const fromMs = performance.now();
    expect(isAccepted(await all((link, evse) => link.request(evse, -15_000, 300)))).toEqual(accepted);
    const sumW = (): number => powerW(1) + powerW(2) + powerW(3);
    await soon(product, "at the permit", () => Math.abs(sumW() + buildingW + permitW) < 2 * nearW);
    for (const [i, link] of links.entries())
      await soon(product, `${link.name} hears why`, async () => /export limit/.test(await link.whyLess(i + 1)));
    expect(excess(product.plant, exportedW, permitW, nearW, fromMs).longestMs).toBeLessThan(2_000);
    await all((link, evse) => link.end(evse));
    await all((_, evse) => charges(evse));
  });

  it("requests that contradict each other: OCPP before API before MQTT; who waits is told, and is followed next", async () => {
    expect(await api.request(1, -1_000, 40)).toMatchObject({ state: "in-force" });
    expect(await mqtt.request(1, 3_000, 40)).toMatchObject({ accepted: true, state: "waiting", reason: "outranked" });
    await gives(1, -1_000);
    await ocpp.request(1, -3_000, 5);
    await gives(1, -3_000);
    await soon(product, "the API's waits", async () =>
      (await asksOf()).some(
        ({ link, state, reason }) => link === "api" && state === "waiting" && reason === "outranked",
      ),
    );
    expect(await product.explain()).toMatch(/Backend: powerW -3000/);
    await gives(1, -1_000);
    await api.end(1);
    await gives(1, 3_000);
    await mqtt.end(1);
  });

  it("caps that contradict each other: the tightest holds, whosever it is", async () => {
    await ocpp.cap(2, 7_000);
    await mqtt.cap(2, 3_000);
    await api.cap(2, 5_000);
    await gives(2, 3_000);
    expect(await product.explain()).toMatch(/A limit of a system .*\(MQTT\)/);
    await mqtt.takeBack(2);
    await gives(2, 5_000);
    await api.takeBack(2);
    await gives(2, 7_000);
    await ocpp.takeBack(2);
    await soon(product, "nothing holds it back", () => powerW(2) > 10_000);
  });

  it("killed in the middle of it: caps are in force from the first command on, requests are over", async () => {
    await api.cap(1, 3_000);
    await mqtt.cap(2, 4_000);
    await api.request(1, -1_000, 600);
    await gives(1, -1_000);
    await gives(2, 4_000);
    await product.kill();
    const fromMs = performance.now();
    product.start();
    await gives(1, 3_000);
    await gives(2, 4_000);
    const highest = [0, 1].map((stage) => Math.max(...product.setpointsW(stage, fromMs).map(({ value }) => value)));
    expect(highest[0]).toBeLessThanOrEqual(3_001);
    expect(highest[1]).toBeLessThanOrEqual(4_001);
    // Those who have set them are gone: a person takes them back.
    expect(await (await product.page()).act("releaseLimits")).toMatchObject({ ok: true });
    await charges(1);
    await charges(2);
  });

  it("the utility's permit service is taken back: who can give power leaves the grid, charging too, and comes back with it", async () => {
    const service = { what: "parallelService", value: 0 };
    expect(receipt(await http("/api/v1/asks", service))).toMatchObject({ accepted: true });
    for (const evse of [1, 2, 3]) await gives(evse, 0);
    expect(await product.explain()).toMatch(/taken its permit service back/);
    await http("/api/v1/asks/release", { what: "parallelService" });
    for (const evse of [1, 2, 3]) await charges(evse);
  });
});

/** The highest power that an EVSE was told since a moment, W. */
const highestW = (evse: number, fromMs: number): number =>
  Math.max(0, ...product.setpointsW(evse - 1, fromMs).map(({ value }) => value));

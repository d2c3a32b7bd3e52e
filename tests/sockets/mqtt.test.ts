/** The link to a broker over real sockets, before Eclipse Mosquitto: told, heard, lost, back, secured. */

import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMqtt } from "../../src/app/links/mqtt/mqtt-link.ts";
import type { OutsideLink } from "../../src/app/links/outside-link.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { selfSign } from "../../src/dashboard/access/certificate.ts";
import { type LinkSite, linkSite } from "../app/links/site.ts";
import { type Mosquitto, noMosquitto, startMosquitto } from "../lib/mosquitto.ts";

const base = "islet/test";
const patienceMs = 30_000;

const settings = (
  url: string,
  more: Partial<NonNullable<SiteConfig["mqtt"]>> = {},
): NonNullable<SiteConfig["mqtt"]> => ({
  url,
  topic: base,
  rights: ["power", "limits", "chargers"],
  homeAssistant: true,
  discoveryPrefix: "homeassistant",
  ...more,
});

interface Link {
  readonly site: LinkSite;
  readonly mqtt: OutsideLink;
  readonly log: string[];
  stop(): Promise<void>;
}

/** The link of a site whose control goes on by itself. */
function startLink(mqtt: NonNullable<SiteConfig["mqtt"]>): Link {
  const site = linkSite();
  const log: string[] = [];
  const evse = { maxChargeW: 10_000, maxDischargeW: 10_000 };
  const config = { site: { name: "Test site" }, evses: [evse, evse] } as unknown as SiteConfig;
  const parts = { config, inputs: site.evses, people: site.people, links: site.links };
  const link = startMqtt({ ...parts, mqtt, log: (level, text) => void log.push(`${level} ${text}`) });
  const looking = setInterval(() => {
    site.clock.monoMs = performance.now();
    site.clock.utcMs = Date.now();
    site.links.look(site.report);
    link.look(site.report);
  }, 50);
  return {
    ...{ site, mqtt: link, log },
    async stop() {
      clearInterval(looking);
      await link.stop();
    },
  };
}

async function soon(what: string, holds: () => boolean, withinMs = patienceMs): Promise<number> {
  const fromMs = performance.now();
  while (!holds()) {
    if (performance.now() - fromMs > withinMs) throw new Error(`did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - fromMs;
}

/** Somebody else at the broker. */
interface Other {
  readonly client: MqttClient;
  readonly heard: { readonly topic: string; readonly text: string; readonly retain: boolean }[];
  last(topic: string): string | undefined;
  results(): Record<string, unknown>[];
}
async function join_(port: number): Promise<Other> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 200 });
  const heard: Other["heard"] = [];
  client.on("message", (topic, payload, { retain }) => void heard.push({ topic, text: String(payload), retain }));
  await client.subscribeAsync("#", { qos: 1, rap: true });
  return {
    ...{ client, heard },
    last: (topic) => heard.findLast((one) => one.topic === topic)?.text,
    results: () =>
      heard
        .filter(({ topic }) => topic === `${base}/result`)
        .map(({ text }) => JSON.parse(text) as Record<string, unknown>),
  };
}

describe.skipIf(noMosquitto !== "")(`a broker in between ${noMosquitto}`, () => {
  let broker: Mosquitto;
  let other: Other;
  let link: Link;
  beforeAll(async () => {
    broker = await startMosquitto();
    other = await join_(broker.port);
    // Somebody has left a command lying there, long ago.
    await other.client.publishAsync(`${base}/evse/2/powerW/set`, "-9000", { retain: true, qos: 1 });
    link = startLink(settings(`mqtt://127.0.0.1:${broker.port}`));
    await soon("connected", () => link.mqtt.connected && other.last(`${base}/state`) !== undefined);
  });
  afterAll(async () => {
    await link?.stop();
    await other?.client.endAsync(true);
    await broker?.stop();
  });
  const say = (topic: string, text: string, options = {}) =>
    other.client.publishAsync(`${base}/${topic}`, text, { qos: 1, ...options });

  test("whoever comes later finds state, devices and that the site is there", async () => {
    const late = await join_(broker.port);
    await soon("all retained", () => late.heard.filter(({ retain }) => retain).length >= 7);
    expect(late.last(`${base}/status`)).toBe("online");
    expect(JSON.parse(late.last(`${base}/evse/2/state`)!)).toMatchObject({ connected: "ON", mode: "plan" });
    expect(late.last("homeassistant/device/islet_test_evse_1/config")).toContain('"via_device":"islet_test"');
    expect(late.heard.filter(({ topic, retain }) => retain && /event|notice|result/.test(topic))).toEqual([]);
    await late.client.endAsync(true);
  });

  test("a command is in force at once and answered; the state says who asked; it ends by its taking back", async () => {
    await say("evse/1/set", '{"powerW":-5000,"validS":600,"id":"a1"}');
    await soon("answered", () => other.results().some(({ id }) => id === "a1"));
    expect(other.results().at(-1)).toMatchObject({ accepted: true, state: "in-force", what: "powerW", evse: 1 });
    expect(link.site.evses[0]).toMatchObject({ requestedW: -5_000, requestSource: "external" });
    await soon("told", () => other.last(`${base}/evse/1/state`)!.includes('"requestedBy":"MQTT"'));
    await say("evse/1/powerW/set", "release");
    await soon("released", () => link.site.evses[0]!.requestSource === "none");
  });

  test("a retained command is not heard, whether it lay there or comes now", async () => {
    expect(link.site.evses[1]!.requestSource).toBe("none");
    await say("evse/2/powerW/set", "-8000", { retain: true });
    await soon("refused", () => other.results().some(({ reason }) => reason === "retained"));
    expect(link.site.evses[1]!.requestSource).toBe("none");
    expect(link.log.filter((line) => line.includes("retained command"))).toHaveLength(1);
  });

  test("what is no command, or beyond its rights, is answered with a reason and does nothing", async () => {
    const before = link.site.links.counts.done;
    const wrongs: [string, string, string][] = [
      ["evse/1/set", "{", "value"],
      ["evse/9/set", '{"powerW":1}', "unknown-evse"],
      ["set", '{"siteMode":"island"}', "closed"],
      ["evse/1/reservePct/set", "50", "not-allowed"],
      ["permit/set", "1", "value"],
    ];
    for (const [topic, text, reason] of wrongs) {
      const seen = other.results().length;
      await say(topic, text);
      await soon(topic, () => other.results().length > seen);
      expect([topic, other.results().at(-1)?.["reason"]]).toEqual([topic, reason]);
      expect(other.results().at(-1)?.["todo"]).not.toBe("");
    }
    expect(link.site.links.counts.done).toBe(before);
  });

  test("the answer goes where the asker wants it, below our own topics only", async () => {
    const properties = { correlationData: Buffer.from("c1") };
    await say("evse/1/set", '{"powerW":1000,"id":"r1"}', {
      properties: { ...properties, responseTopic: `${base}/result/me` },
    });
    await soon("there", () => other.last(`${base}/result/me`)?.includes('"r1"') === true);
    await say("evse/1/set", '{"powerW":1000,"id":"r2"}', {
      properties: { ...properties, responseTopic: "lights/off" },
    });
    await soon("at the usual place", () => other.results().some(({ id }) => id === "r2"));
    expect(other.last("lights/off")).toBeUndefined();
  });

  test("commands with ids, each of them twice: none is carried out twice, none is lost", async () => {
    const count = process.env["ISLET_LONG"] ? 10_000 : 500;
    const { counts } = link.site.links;
    const before = { ...counts };
    const all = Array.from({ length: count }, (_, i) => `{"powerW":${i % 5_000},"validS":600,"id":"n${i}"}`);
    for (const text of [...all, ...all]) other.client.publish(`${base}/evse/1/set`, text, { qos: 1 });
    await soon("all heard", () => counts.done + counts.repeated - before.done - before.repeated === 2 * count, 120_000);
    expect(counts.done - before.done).toBe(count);
    expect(link.site.evses[0]!.requestedW).toBe((count - 1) % 5_000);
  });

  test("the broker ends and comes back: a cap holds, and everything is there again within 10 s", async () => {
    await say("importLimitW/set", "7000");
    await soon("in force", () => link.site.site.linkImportLimitW === 7_000);
    await broker.kill();
    await soon("lost", () => !link.mqtt.connected);
    expect(link.log.at(-1)).toMatch(/^warn MQTT broker .* is not reached: .* tried again until it is there/);
    expect(link.site.site.linkImportLimitW).toBe(7_000);
    other.heard.length = 0;
    await broker.start();
    const tookMs = await soon("back", () => {
      const topics = ["status", "state", "evse/1/state", "evse/2/state"].map((topic) => `${base}/${topic}`);
      return [...topics, "homeassistant/device/islet_test/config"].every((topic) => other.last(topic) !== undefined);
    });
    expect(tookMs).toBeLessThan(10_000);
    await say("evse/1/set", '{"powerW":2345,"id":"after"}');
    await soon("heard again", () => link.site.evses[0]!.requestedW === 2_345);
  });

  test("Home Assistant starts: devices and state are told anew", async () => {
    other.heard.length = 0;
    // One that starts again and again is not answered each time.
    const starting = setInterval(() => {
      other.client.publish("homeassistant/status", "online", { qos: 1, retain: true });
    }, 200);
    await soon("anew", () => other.last("homeassistant/device/islet_test_evse_2/config") !== undefined);
    clearInterval(starting);
    await soon("state", () => other.last(`${base}/evse/2/state`) !== undefined);
  });

  test("a site that ends says so", async () => {
    const second = startLink(settings(`mqtt://127.0.0.1:${broker.port}`, { topic: "islet/second", rights: [] }));
    await soon("online", () => other.last("islet/second/status") === "online");
    await other.client.publishAsync("islet/second/evse/1/set", '{"powerW":1}', { qos: 1 });
    await second.stop();
    await soon("offline", () => other.last("islet/second/status") === "offline");
    expect(second.site.links.counts).toEqual({ done: 0, refused: 0, repeated: 0 });
  });
});

describe.skipIf(noMosquitto !== "")(`an encrypted broker with a password ${noMosquitto}`, () => {
  const secret = "a long secret";
  let broker: Mosquitto;
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "islet-mqtt-"));
    const own = selfSign(["localhost", "127.0.0.1"], Date.now());
    const foreign = selfSign(["localhost", "127.0.0.1"], Date.now());
    for (const [name, text] of [
      ["ca.pem", own.cert],
      ["foreign.pem", foreign.cert],
      ["password", `${secret}\n`],
      ["wrong", "another secret"],
    ] as const)
      writeFileSync(at(name), text);
    const lines = [
      "allow_anonymous false",
      "password_file FOLDER/users",
      "certfile FOLDER/cert.pem",
      "keyfile FOLDER/key.pem",
    ];
    broker = await startMosquitto(lines, {
      users: passwordLine("islet", secret),
      "cert.pem": own.cert,
      "key.pem": own.key,
    });
  });
  afterAll(async () => {
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  /** Its log, once something is said. */
  async function tried(caFile: string, passwordFile: string): Promise<{ connected: boolean; log: string }> {
    const more = { caFile: at(caFile), passwordFile: at(passwordFile), username: "islet" };
    const link = startLink(settings(`mqtts://localhost:${broker.port}`, more));
    await soon("a word", () => link.log.length > 0);
    const tried = { connected: link.mqtt.connected, log: link.log.join("\n") };
    await link.stop();
    return tried;
  }

  test("is spoken with under its own certificate, and under no other", async () => {
    expect(await tried("ca.pem", "password")).toMatchObject({ connected: true });
    const foreign = await tried("foreign.pem", "password");
    expect(foreign.connected).toBe(false);
    expect(foreign.log).toMatch(/^warn MQTT broker mqtts:.* is not reached: .*certificate/);
  });

  test("a wrong password is told, and no password is ever in the log", async () => {
    const { connected, log } = await tried("ca.pem", "wrong");
    expect(connected).toBe(false);
    expect(log).toMatch(/[Nn]ot authorized/);
    expect(log).not.toMatch(/secret/);
  });
});

/** A line of Mosquitto's password file: PBKDF2 with SHA-512, as `mosquitto_passwd` of version 2 writes it. */
function passwordLine(name: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
  return `${name}:$7$101$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

/** The VEN against a VTN over HTTP: what events ask of the port, what comes back, and what is left when the VTN is lost or misbehaves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type OpenadrOptions, startOpenadr } from "../../src/app/links/openadr/openadr-link.ts";
import type { OutsideLink } from "../../src/app/links/outside-link.ts";
import { openStore, type Store } from "../../src/app/store/store.ts";
import { Quality } from "../../src/domain/quality.ts";
import { type LinkSite, linkSite } from "../app/links/site.ts";
import { startVtn, type Vtn, vtnDescriptors, vtnEvent } from "../lib/vtn.ts";

let vtn: Vtn;
let site: LinkSite;
let store: Store;
let link: OutsideLink;
let folder: string;
let programId: string;
let looking: NodeJS.Timeout;
const logged: string[] = [];
const told: { side: string; spans: readonly unknown[] }[] = [];
const offered: Record<string, unknown>[] = [];
const withdrawn: string[] = [];
/** Beside the clock of the port, which the test turns. */
let aheadMs = 0;

const hasCome = async (what: string, holds: () => boolean): Promise<void> => {
  for (let tries = 0; tries < 1_200; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never: ${what}\n${logged.join("\n")}`);
};
const standing = (what: string, evse = 0): number | undefined =>
  site.links.standing().find((one) => one.link === "openadr" && one.what === what && one.evse === evse)?.value;
const idOf = (object: Record<string, unknown>): string => String(object["id"]);

function start(more: Record<string, unknown> = {}): void {
  site = linkSite(2, store);
  site.clock.utcMs = Date.now() + aheadMs;
  const openadr = {
    ...{ url: vtn.url, clientId: "ven-1", clientSecretFile: join(folder, "secret"), venName: "depot", programs: [] },
    ...{
      rights: ["power", "limits", "departures"],
      usePrices: true,
      pollS: 0.3,
      silenceH: 24,
      mqtt: true,
      tellStates: true,
    },
    simple: { moderate: "shift", high: "stop", emergency: "discharge" },
    ...more,
  } as unknown as OpenadrOptions["openadr"];
  const config = {
    evses: [
      { maxChargeW: 10_000, maxDischargeW: 10_000 },
      { maxChargeW: 10_000, maxDischargeW: 10_000 },
    ],
    pcc: { importLimitW: 50_000, exportLimitW: 50_000 },
    tariff: { currency: "USD" },
  } as unknown as OpenadrOptions["config"];
  link = startOpenadr({
    ...{ config, openadr, links: site.links, documents: store },
    economy: {
      baseline: () => ({ quarterW: [8_000], daysUsed: [], factor: 1 }),
      book: { quarters: () => [] },
      events: {
        offer: (event: Record<string, unknown>) => {
          offered.push(event);
          return { ok: true, value: { ...event, id: `g${offered.length}` } };
        },
        answer: (id: string, committedW: number) => void offered.push({ answered: id, committedW }),
        withdraw: (id: string) => void withdrawn.push(id),
        get: () => ({ toMs: Number.POSITIVE_INFINITY }),
      },
      told: { version: 0, tell: (side: string, spans: readonly unknown[]) => void told.push({ side, spans }) },
    } as unknown as OpenadrOptions["economy"],
    replan: () => undefined,
    log: (_level, sentence) => void logged.push(sentence),
    nowMs: () => Date.now() + aheadMs,
  });
  looking = setInterval(() => {
    site.clock.utcMs = Date.now() + aheadMs;
    site.clock.monoMs = performance.now() + aheadMs;
    Object.assign(site.report.site, { pccW: 6_000, meterQuality: Quality.good });
    site.links.look(site.report);
    link.look(site.report);
  }, 25);
}
async function stop(): Promise<void> {
  clearInterval(looking);
  await link.stop();
}

beforeEach(async () => {
  for (const list of [logged, told, offered, withdrawn]) list.length = 0;
  aheadMs = 0;
  folder = mkdtempSync(join(tmpdir(), "islet-openadr-"));
  writeFileSync(join(folder, "secret"), "s3cret\n");
  store = openStore({ path: ":memory:" });
  vtn = await startVtn();
  programId = idOf(vtn.put("programs", { programName: "P", payloadDescriptors: vtnDescriptors }));
});
/** The published OpenAPI file, where `ISLET_OPENADR_SPEC` names it: all that was sent must be as it says. */
const spec = process.env["ISLET_OPENADR_SPEC"];
const requestSchemas: Readonly<Record<string, string>> = {
  "/reports": "reportRequest",
  "/vens": "VenVenRequest",
  "/resources": "VenResourceRequest",
  "/subscriptions": "subscriptionRequest",
  "/auth/token": "clientCredentialRequest",
};
function mistakesOfBodies(file: string): readonly string[] {
  const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(parse(readFileSync(file, "utf8")) as object, "openadr");
  return vtn.requests.flatMap(({ method, path, body }) => {
    const name = requestSchemas[`/${path.split("/")[1]}`] ?? requestSchemas[path];
    if (body === undefined || name === undefined) return [];
    const isValid = ajv.validate({ $ref: `openadr#/components/schemas/${name}` }, body);
    return isValid ? [] : [`${method} ${path}: ${ajv.errorsText()}`];
  });
}

afterEach(async () => {
  await stop();
  if (spec !== undefined) expect(mistakesOfBodies(spec)).toEqual([]);
  await vtn.kill();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("events of a VTN", () => {
  test("a limit, a stronger one above it, a changed one, a deleted one", async () => {
    const first = vtn.put("events", vtnEvent(programId, "IMPORT_CAPACITY_LIMIT", 9, { priority: 5 }));
    start();
    await hasCome("the limit", () => standing("importLimitW") === 9_000);
    expect([...vtn.objects.resources.values()].map((one) => one["resourceName"])).toEqual([
      "depot",
      "depot-1",
      "depot-2",
    ]);
    await hasCome("its state is told", () => vtn.objects.reports.size > 0);
    const above = vtn.put("events", vtnEvent(programId, "IMPORT_CAPACITY_LIMIT", 12, { priority: 1 }));
    await hasCome("the stronger one", () => standing("importLimitW") === 12_000);
    vtn.change("events", idOf(above), {
      intervals: [{ id: 0, payloads: [{ type: "IMPORT_CAPACITY_LIMIT", values: [11] }] }],
    });
    await hasCome("the changed one", () => standing("importLimitW") === 11_000);
    vtn.remove("events", idOf(above));
    await hasCome("the weaker one again", () => standing("importLimitW") === 9_000);
    vtn.remove("events", idOf(first));
    await hasCome("none", () => standing("importLimitW") === undefined);
  });

  test("levels, dispatch of one charger by its targets, a target; what is not understood is said, and the rest goes on", async () => {
    start();
    await hasCome("enrolled", () => link.connected);
    for (const [id, object] of vtn.objects.resources)
      if (object["resourceName"] === "depot-2") vtn.change("resources", id, { targets: ["second"] });
    await stop();
    vtn.put("events", vtnEvent(programId, "DISPATCH_SETPOINT", 3, { targets: ["second"] }));
    const level = vtn.put("events", vtnEvent(programId, "SIMPLE", 3));
    vtn.put("events", vtnEvent(programId, "CURVE", 3));
    vtn.put(
      "events",
      vtnEvent(programId, "EXPORT_CAPACITY_LIMIT", 3, {
        payloadDescriptors: [{ payloadType: "EXPORT_CAPACITY_LIMIT", units: "AMPS" }],
      }),
    );
    vtn.put("events", { programID: programId, intervals: "none" });
    start();
    await hasCome("its dispatch", () => standing("powerW", 2) === 3_000);
    await hasCome("discharge", () => standing("powerW") === -20_000 && standing("chargeLimitW") === 0);
    expect(standing("exportLimitW")).toBeUndefined();
    expect(logged.join("\n")).toMatch(/CURVE are not supported/);
    expect(logged.join("\n")).toMatch(/is in AMPS, which is no power/);
    expect(logged.join("\n")).toMatch(/can't be read and is left out/);
    vtn.change("events", idOf(level), { intervals: [{ id: 0, payloads: [{ type: "SIMPLE", values: [1] }] }] });
    await hasCome("shifted", () => standing("powerW") === 0 && standing("chargeLimitW") === undefined);
  });

  test("prices go to the tariff, a change of draw becomes an offer, and is withdrawn with its event", async () => {
    const fromMs = Math.ceil(Date.now() / 900_000) * 900_000 + 900_000;
    const period = { start: new Date(fromMs).toISOString(), duration: "PT1H" };
    vtn.put("events", { ...vtnEvent(programId, "PRICE", 0.42), intervalPeriod: period });
    const change = vtn.put("events", {
      ...vtnEvent(programId, "DISPATCH_SETPOINT_RELATIVE", -6),
      intervalPeriod: period,
    });
    start();
    const span = { fromMs, toMs: fromMs + 3_600_000, perKWh: 0.42 };
    await hasCome("prices", () =>
      told.some(({ side, spans }) => side === "import" && JSON.stringify(spans) === JSON.stringify([span])),
    );
    await hasCome("the offer", () => offered.length === 1);
    expect(offered[0]).toMatchObject({ programme: "P", fromMs, toMs: fromMs + 3_600_000, askedW: 6_000 });
    vtn.remove("events", idOf(change));
    await hasCome("withdrawn", () => withdrawn.length === 1);
  });

  test("reports come when their intervals are over, with what was measured", async () => {
    const reportDescriptors = [
      { payloadType: "USAGE", units: "KWH" },
      { payloadType: "BASELINE", units: "KW" },
      ...["USABLE_CAPACITY", "CHARGE_LEVEL", "MAX_DISCHARGE_POWER", "MAX_CHARGE_POWER"].map((name) => ({
        payloadType: `STORAGE_${name}`,
      })),
    ];
    const event = vtn.put("events", {
      ...vtnEvent(programId, "SIMPLE", 0, { reportDescriptors }),
      intervalPeriod: { start: new Date(Date.now() + 1_000).toISOString(), duration: "PT2S" },
      intervals: [0, 1].map((id) => ({ id, payloads: [{ type: "SIMPLE", values: [0] }] })),
    });
    start();
    const report = () => [...vtn.objects.reports.values()].find((one) => one["eventID"] === idOf(event));
    await hasCome("the report", () => report() !== undefined);
    const [{ intervals }] = report()!["resources"] as [
      { intervals: { payloads: { type: string; values: unknown[] }[] }[] },
    ];
    expect(intervals).toHaveLength(2);
    const values = Object.fromEntries(intervals[1]!.payloads.map(({ type, values }) => [type, values[0]]));
    expect(values).toMatchObject({
      BASELINE: 8,
      STORAGE_USABLE_CAPACITY: 120,
      STORAGE_CHARGE_LEVEL: 60,
      STORAGE_MAX_CHARGE_POWER: 20,
    });
    expect(values["USAGE"]).toBeCloseTo(0.002, 2);
  });
});

describe("what may go wrong", () => {
  test("a token that ends is renewed; one that is refused is asked again; a wrong secret is said", async () => {
    vtn.tokenLifeS = 1;
    start();
    await hasCome("connected", () => link.connected);
    vtn.expireTokens();
    vtn.put("events", vtnEvent(programId, "IMPORT_CAPACITY_LIMIT", 7));
    await hasCome("the limit", () => standing("importLimitW") === 7_000);
    expect(vtn.tokens).toBeGreaterThan(1);
    await stop();
    writeFileSync(join(folder, "secret"), "wrong");
    start();
    await hasCome("said", () => /no token: the VTN answered 401 \(invalid_client\)/.test(link.sentence));
    expect(standing("importLimitW")).toBe(7_000);
  });

  test("lost for longer than it is believed: the limit holds, the request ends; back: what was deleted is taken back", async () => {
    const limit = vtn.put("events", vtnEvent(programId, "IMPORT_CAPACITY_LIMIT", 8));
    vtn.put("events", vtnEvent(programId, "DISPATCH_SETPOINT", 4));
    start({ silenceH: 1 });
    await hasCome("both", () => standing("importLimitW") === 8_000 && standing("powerW") === 4_000);
    await vtn.kill();
    aheadMs = 3_500_000;
    await hasCome("it is said", () => !link.connected);
    await hasCome("the request goes on", () => standing("powerW") === 4_000);
    aheadMs = 3_700_000;
    await hasCome("the request is over", () => standing("powerW") === undefined);
    expect(standing("importLimitW")).toBe(8_000);
    vtn.remove("events", idOf(limit));
    await vtn.start();
    await hasCome(
      "the limit is gone, the request is back",
      () => standing("importLimitW") === undefined && standing("powerW") === 4_000,
    );
  });

  test("a restart keeps the draw of a random start, and what a person has opted out of", async () => {
    const start1 = new Date(Date.now() + 3_600_000).toISOString();
    const random = vtn.put("events", {
      ...vtnEvent(programId, "DISPATCH_SETPOINT", 4),
      intervalPeriod: { start: start1, duration: "PT1H", randomizeStart: "PT30M" },
    });
    vtn.put("events", vtnEvent(programId, "EXPORT_CAPACITY_LIMIT", 2));
    start();
    await hasCome("the limit", () => standing("exportLimitW") === 2_000);
    const marks = () =>
      JSON.parse(store.get("openadr", "marks") ?? "{}") as { seeds: Record<string, number>; optedOut: string[] };
    const seed = marks().seeds[idOf(random)];
    expect(seed).toBeTypeOf("number");
    const ann = { link: "api", id: "ann", name: "ann", rights: ["limits"], isPerson: true } as const;
    expect(site.links.release(ann, "exportLimitW", 0)).toMatchObject({ state: "released" });
    await hasCome("it is noticed", () => marks().optedOut.length === 1);
    await stop();
    start();
    await hasCome("connected", () => link.connected);
    await hasCome("looked again", () => marks().seeds[idOf(random)] === seed);
    expect(standing("exportLimitW")).toBeUndefined();
    await hasCome("the VTN is told", () => JSON.stringify([...vtn.objects.reports.values()]).includes("OPTED_OUT"));
  });

  test("a dispatch below zero without a permit is refused, and the VTN hears why", async () => {
    vtn.put("events", vtnEvent(programId, "DISPATCH_SETPOINT", -4));
    start();
    Object.assign(site.report.site, { parallelOK: false, parallelRefusal: "permit-none" });
    await hasCome("the refusal", () => /permit-none: /.test(JSON.stringify([...vtn.objects.reports.values()])));
    expect(standing("powerW")).toBeUndefined();
  });

  test("without rights nothing is asked; a programme that is not named is not heeded", async () => {
    vtn.put("events", vtnEvent(programId, "IMPORT_CAPACITY_LIMIT", 8));
    start({ rights: [] });
    await hasCome("connected", () => link.connected);
    expect(site.links.standing()).toEqual([]);
    await stop();
    start({ programs: ["Other"] });
    await hasCome("connected", () => link.connected);
    expect(site.links.standing()).toEqual([]);
  });
});

/** A VTN that is not ours: `ISLET_VTN` is its address, `ISLET_VTN_TOKENS` where tokens are got for ven-1 (s3cret) and bl (bl). */
const peer = process.env["ISLET_VTN"];
const peerTokens = process.env["ISLET_VTN_TOKENS"];

describe.skipIf(peer === undefined)("an independent VTN (ISLET_VTN)", () => {
  async function utility(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: "bl", client_secret: "bl" });
    const token = (await (await fetch(peerTokens!, { method: "POST", body: form })).json()) as { access_token: string };
    const answer = await fetch(`${peer}${path}`, {
      method,
      headers: { authorization: `Bearer ${token.access_token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect([method, path, answer.status < 300 ? "" : await answer.clone().text()]).toEqual([method, path, ""]);
    return (await answer.json()) as Record<string, unknown>;
  }

  test("price, limit and dispatch; priorities, a random start, an open end, a deleted event, a token that ends; reports", async () => {
    const name = `P${Date.now()}`;
    const program = idOf(await utility("POST", "/programs", { programName: name, payloadDescriptors: vtnDescriptors }));
    const enter = async (body: Record<string, unknown>): Promise<string> =>
      idOf(await utility("POST", "/events", body));
    start({ url: peer, tellStates: false, programs: [name], venName: `ven${Date.now()}` });
    await hasCome("connected", () => link.connected);
    const limit = await enter(vtnEvent(program, "IMPORT_CAPACITY_LIMIT", 9, { priority: 4 }));
    await hasCome("the limit", () => standing("importLimitW") === 9_000);
    const above = await enter(vtnEvent(program, "IMPORT_CAPACITY_LIMIT", 12, { priority: 1 }));
    await hasCome("the stronger one", () => standing("importLimitW") === 12_000);
    await utility("DELETE", `/events/${above}`);
    await hasCome("the weaker one", () => standing("importLimitW") === 9_000);
    await enter(vtnEvent(program, "DISPATCH_SETPOINT", 3, {}, 4));
    await hasCome("the dispatch", () => standing("powerW") === 3_000);
    await hasCome("its end", () => standing("powerW") === undefined);
    await enter(vtnEvent(program, "PRICE", 0.25));
    await hasCome("prices", () =>
      told.some(({ side, spans }) => side === "import" && JSON.stringify(spans).includes("0.25")),
    );
    const soonMs = Date.now() + 600;
    const random = await enter({
      ...vtnEvent(program, "DISPATCH_SETPOINT", 5),
      intervalPeriod: { start: new Date(soonMs).toISOString(), duration: "PT3S", randomizeStart: "PT2S" },
    });
    await hasCome("the random start", () => standing("powerW") === 5_000);
    expect(Math.abs(Date.now() - soonMs)).toBeLessThan(20_000);
    await utility("DELETE", `/events/${random}`);
    const names = ["USABLE_CAPACITY", "CHARGE_LEVEL", "MAX_DISCHARGE_POWER", "MAX_CHARGE_POWER"];
    const asking = await enter({
      ...vtnEvent(program, "SIMPLE", 0, {
        reportDescriptors: [
          { payloadType: "USAGE", units: "KWH" },
          { payloadType: "BASELINE", units: "KWH" },
          ...names.map((one) => ({ payloadType: `STORAGE_${one}` })),
        ],
      }),
      intervalPeriod: { start: new Date(Date.now() + 500).toISOString(), duration: "PT2S" },
    });
    const reports = async (): Promise<readonly Record<string, unknown>[]> =>
      (await utility("GET", `/reports?eventID=${asking}`)) as unknown as readonly Record<string, unknown>[];
    let found: readonly Record<string, unknown>[] = [];
    for (let tries = 0; tries < 60 && found.length === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      found = await reports();
    }
    const text = JSON.stringify(found);
    for (const type of ["USAGE", "BASELINE", ...names.map((one) => `STORAGE_${one}`)])
      expect(text).toContain(`"${type}","values":[`);
    await utility("DELETE", `/events/${limit}`);
    await hasCome("none", () => standing("importLimitW") === undefined);
    expect(logged.filter((sentence) => /refused|not taken/.test(sentence))).toEqual([]);
  });
});

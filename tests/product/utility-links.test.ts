/**
 * Links of utilities and energy managers (OpenADR, SunSpec) against each of what can become of them: a request, a cap, the link
 * lost, the link back, another link that asks otherwise, more than the permit, a restart. What the plant does is read on it, what the
 * asker is told on his link. docs/links-table.md names these tests.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { isletFile } from "../lib/islet-file.ts";
import { connectModbus, type ModbusClient } from "../lib/modbus-client.ts";
import { type Mosquitto, noMosquitto, startMosquitto } from "../lib/mosquitto.ts";
import { startVtn, type Vtn, vtnDescriptors, vtnEvent } from "../lib/vtn.ts";
import { excess, exportedW, importedW } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

interface CertifyRow {
  readonly name: string;
  readonly direction: string;
  readonly measured: number | null;
  readonly verdict: string;
  readonly why: string;
}

/** A power of the plant counts as this one, W. */
const nearW = 400;
const permitW = 4_000;
const buildingW = 5_000;
const patienceMs = 90_000;
/** From the VTN's word to the meter at the PCC, s: the best of a series, for a machine stands still at times. */
const limitWithinS = 5;
const topic = "openadr/events";

let product: Product;
let vtn: Vtn;
let broker: Mosquitto | null = null;
let publisher: MqttClient | null = null;
let programId: string;
let sunspecPort: number;
let master: ModbusClient;

/** Where the site's points lie. */
const map = new RegisterFace([1, 701, 702, 704, 713, 715].map((id) => ({ table: sunspecModel(id)! })));
const write = (model: number, path: string, ...words: number[]): Promise<number> =>
  master.write(map.address(model, path), words);
const long = (value: number): [number, number] => [(value >> 16) & 0xffff, value & 0xffff];
/** Positive discharges, as SunSpec has it; 0 or the code of the exception. */
async function setW(powerW: number, leaseS: number): Promise<number> {
  await write(704, "WSet", ...long(powerW));
  await write(704, "WSetRvrtTms", ...long(leaseS));
  return write(704, "WSetEna", 1);
}
async function alarmText(): Promise<string> {
  const words = (await master.read(map.address(701, "MnAlrmInfo"), 32)) as number[];
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff])).toString("latin1");
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const chargersW = (): number => product.plant.stages.reduce((sum, { powerW }) => sum + powerW, 0);
const pccW = (): number => buildingW + chargersW();
const holds = (what: string, is: () => boolean | Promise<boolean>): Promise<void> =>
  soon(product, what, is, patienceMs);
const gives = (wantedW: number): Promise<void> =>
  holds(`chargers at ${wantedW} W`, () => Math.abs(chargersW() - wantedW) < nearW);
const atPermit = (): Promise<void> => holds("at the permit", () => Math.abs(pccW() + permitW) < 2 * nearW);
/** By the local plan, above every cap of these tests; all of the power comes slowly after a start. */
const free = (): Promise<void> => holds("nothing holds it back", () => chargersW() > 3_600);
const explains = (what: RegExp): Promise<void> => holds(String(what), async () => what.test(await product.explain()));
const idOf = (object: Record<string, unknown>): string => String(object["id"]);
const put = (type: string, valueKw: number): string => idOf(vtn.put("events", vtnEvent(programId, type, valueKw)));
/** What our status report of an event says. */
const saidOf = (eventId: string): string =>
  JSON.stringify(
    [...vtn.objects.reports.values()].filter((one) => one["eventID"] === eventId).map((one) => one["resources"]),
  );
/** From a moment until the PCC was below a limit for good, s. */
async function keptWithinS(limitW: number, fromMs: number): Promise<number> {
  const above = () => product.plant.moments.findLast(({ atMs, pccW }) => atMs >= fromMs && pccW > limitW + nearW);
  await explains(new RegExp(`OpenADR Flexible: importLimitW ${limitW}`));
  await holds(`at most ${limitW} W`, () => pccW() < limitW + nearW);
  return ((above()?.atMs ?? fromMs) - fromMs) / 1_000;
}

describe("links of utilities and energy managers", () => {
  beforeAll(async () => {
    vtn = await startVtn();
    if (noMosquitto === "") {
      broker = await startMosquitto();
      publisher = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
      vtn.mqtt = {
        URIS: [`mqtt://127.0.0.1:${broker.port}`],
        serialization: "JSON",
        authentication: { method: "ANONYMOUS" },
      };
      vtn.topics = { ALL: topic };
    }
    programId = idOf(vtn.put("programs", { programName: "Flexible", payloadDescriptors: vtnDescriptors }));
    // The utility knows the first charger already, and has given it a target.
    const ven = idOf(vtn.put("vens", { venName: "depot", targets: [] }));
    vtn.put("resources", { venID: ven, resourceName: "depot-1", targets: ["bay 1"] });
    const webhookPort = await freePort();
    sunspecPort = await freePort();
    product = await startProduct({
      plant: {
        stages: [
          { maxChargeW: 15_000, maxDischargeW: 15_000 },
          { maxChargeW: 15_000, maxDischargeW: 15_000 },
        ],
        buildingW,
      },
      permit: { mode: "parallel-export", exportLimitW: permitW },
      files: { "openadr.secret": "s3cret\n" },
      config: {
        tariff: { name: "Flat", currency: "USD", energy: [{ perKWh: 0.3 }] },
        links: {
          openadr: {
            ...{ url: vtn.url, clientId: "ven-1", clientSecretFile: "openadr.secret", venName: "depot" },
            ...{ rights: ["power", "limits"], pollS: 5, tellStates: true },
            webhook: { port: webhookPort, publicUrl: `http://127.0.0.1:${webhookPort}/openadr` },
          },
          sunspec: { port: sunspecPort, writers: ["127.0.0.1"], rights: ["power", "limits"] },
        },
      },
    });
  });
  afterAll(async () => {
    master?.end();
    await product?.stop();
    await vtn?.kill();
    await publisher?.endAsync(true);
    await broker?.stop();
  });

  it("comes up, enrols the site and its chargers, and asks to be told of changes", async () => {
    expect(await product.reached("parallel")).toBe(true);
    await holds("it has subscribed", () => vtn.objects.subscriptions.size === 1);
    const names = [...vtn.objects.resources.values()].map((one) => one["resourceName"]);
    expect(names).toEqual(["depot-1", "depot", "depot-2"]);
    master = await connectModbus(sunspecPort);
    await free();
  });

  it("links.openadr.rights[]: a capacity limit is obeyed and told; what is not among the rights is not asked", async () => {
    const percent = {
      objectType: "EVENT_PAYLOAD_DESCRIPTOR",
      payloadType: "CHARGE_STATE_SETPOINT",
      units: "PERCENT",
    };
    const aim = vtnEvent(programId, "CHARGE_STATE_SETPOINT", 90, { payloadDescriptors: [percent], targets: ["bay 1"] });
    const target = vtn.put("events", aim);
    const fromMs = performance.now();
    const limit = put("IMPORT_CAPACITY_LIMIT", 8);
    const tookS = [await keptWithinS(8_000, fromMs)];
    await holds("the VTN is told", () => /_CURTAILED/.test(saidOf(limit)));
    await holds("it is told of the other event, too", () => saidOf(idOf(target)) !== "[]");
    expect(saidOf(idOf(target))).toMatch(/not-allowed/);
    // By the webhook, and where there is a broker by that alone.
    for (const kw of [7, 6]) {
      const isByBroker = publisher !== null && kw === 6;
      vtn.notifies = !isByBroker;
      const atMs = performance.now();
      vtn.change("events", limit, vtnEvent(programId, "IMPORT_CAPACITY_LIMIT", kw));
      if (isByBroker) await publisher?.publishAsync(topic, "{}", { qos: 1 });
      tookS.push(await keptWithinS(kw * 1_000, atMs));
    }
    vtn.notifies = true;
    console.log(`notification to PCC: ${tookS.map((one) => one.toFixed(2)).join(", ")} s`);
    expect(Math.min(...tookS.slice(0, 2))).toBeLessThan(limitWithinS);
    vtn.remove("events", idOf(target));
    vtn.remove("events", limit);
    await free();
  });

  it("OpenADR, a request: dispatch is followed, beyond the permit as far as it goes; the VTN hears what stands in the way", async () => {
    const event = put("DISPATCH_SETPOINT", 2);
    await gives(2_000);
    const fromMs = performance.now();
    vtn.change("events", event, vtnEvent(programId, "DISPATCH_SETPOINT", -20));
    await atPermit();
    await holds("the VTN hears why", () => /export limit/i.test(saidOf(event)));
    expect(excess(product.plant, exportedW, permitW, nearW, fromMs).longestMs).toBeLessThan(2_000);
    vtn.remove("events", event);
    await free();
  });

  it("links.sunspec.rights[]: a request is followed for its lease, a cap holds until it is taken back, also while its master is away", async () => {
    expect(await write(702, "WChaRteMax", 2_500)).toBe(0);
    await gives(2_500);
    expect(await setW(3_000, 300)).toBe(0);
    await gives(-3_000);
    expect(await setW(3_000, 2)).toBe(0);
    master.end();
    await gives(2_500);
    await explains(/SunSpec 127\.0\.0\.1: chargeLimitW 2500/);
    master = await connectModbus(sunspecPort);
    expect(await master.read(map.address(702, "WChaRteMax"), 1)).toEqual([2_500]);
    expect(await setW(20_000, 300)).toBe(0);
    await atPermit();
    await holds("it is told why", async () => /export limit/i.test(await alarmText()));
  });

  it("islet certify --registers: nameplate, the settings in force, requests and limits as a client from outside sees them", async () => {
    expect(await write(704, "WSetEna", 0)).toBe(0);
    expect(await write(702, "WChaRteMax", 30_000)).toBe(0);
    const folder = mkdtempSync(join(tmpdir(), "islet-certify-registers-"));
    const whole = process.env["ISLET_FIELD"] !== undefined;
    const args = ["--registers", `127.0.0.1:${sunspecPort}`, "--stranger", "127.0.0.2"];
    args.push("--profile", join(product.folder, "quick.yaml"), ...(whole ? [] : ["--quick"]));
    const child = spawn(process.execPath, [
      ...[isletFile, "certify", "--procedures", "interoperability", "settings-access", "--json", "--out", folder],
      ...args,
    ]);
    let said = "";
    child.stdout.on("data", (chunk) => (said += String(chunk)));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
    const { procedures } = JSON.parse(said) as { procedures: { id: string; verdict: string; rows: CertifyRow[] }[] };
    const rows = procedures.flatMap((one) => one.rows);
    if (whole)
      for (const { name, direction, measured, verdict, why } of rows)
        console.log(verdict, name, direction, measured, why);
    expect(rows.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(procedures.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["interoperability", "pass"],
      ["settings-access", "pass"],
    ]);
    expect(rows.filter(({ verdict }) => verdict === "pass").length).toBeGreaterThan(whole ? 80 : 70);
    for (const { why } of rows.filter(({ verdict }) => verdict === "not run")) expect(why).toMatch(/^\d+\.\S+ /);
    expect(code).toBe(0);
    expect(await write(702, "WChaRteMax", 2_500)).toBe(0);
    expect(await setW(20_000, 300)).toBe(0);
    await atPermit();
  });

  it("contradictions: OpenADR's request goes before SunSpec's; caps of both hold", async () => {
    const request = put("DISPATCH_SETPOINT", 1.5);
    await gives(1_500);
    await explains(/SunSpec .*powerW -20000 .*waiting/);
    expect(await alarmText()).toMatch(/another link/i);
    vtn.remove("events", request);
    await atPermit();
    expect(await write(704, "WSetEna", 0)).toBe(0);
    await gives(2_500);
  });

  it("OpenADR lost, killed in the middle of an event, and back with a token that has ended", async () => {
    const cap = put("IMPORT_CAPACITY_LIMIT", 6.5);
    await gives(1_300);
    await vtn.kill();
    await holds("it is said", async () => /is not reached/.test(await product.explain()));
    await product.kill();
    const fromMs = performance.now();
    product.start();
    await holds("it charges again", () => product.setpointsW(0, fromMs).some(({ value }) => value > 500));
    await explains(/OpenADR Flexible: importLimitW 6500/);
    expect(excess(product.plant, importedW, 6_500, 2 * nearW, fromMs).longestMs).toBeLessThan(2_000);
    vtn.expireTokens();
    vtn.remove("events", cap);
    await vtn.start();
    await holds("it is taken back", async () => !/OpenADR/.test(await product.explain()));
    expect(await product.explain()).toMatch(/SunSpec .*chargeLimitW 2500/);
  });
});

/** The SunSpec server over sockets: what it shows, what may be written and by whom, leases and caps, and a scan by pysunspec2 where it is there. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { OutsideLink } from "../../src/app/links/outside-link.ts";
import { gridModels, showGridSettings } from "../../src/app/links/sunspec/grid-face.ts";
import { type SunspecOptions, startSunspec } from "../../src/app/links/sunspec/sunspec-link.ts";
import { openStore } from "../../src/app/store/store.ts";
import { builtInGridProfile, standardGridProfile } from "../../src/config/grid-profiles.ts";
import { Quality } from "../../src/domain/quality.ts";
import { sunspecModel } from "../../src/protocols/sunspec/models.ts";
import { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { type LinkSite, linkSite } from "../app/links/site.ts";
import { connectModbus, type ModbusClient } from "../lib/modbus-client.ts";

const map = new RegisterFace([
  ...[1, 701, 702, 704, 713, 715].map((id) => ({ table: sunspecModel(id)! })),
  ...gridModels,
]);
const at = (model: number, path: string): number => map.address(model, path);
/** A whole number of 32 bits in registers. */
const long = (value: number): number[] => [(value >> 16) & 0xffff, value & 0xffff];

let site: LinkSite;
let link: OutsideLink;
let port = 0;
let looking: NodeJS.Timeout;
const clients: ModbusClient[] = [];
const logged: string[] = [];

async function start(more: Record<string, unknown> = {}): Promise<void> {
  logged.length = 0;
  site = linkSite(2, openStore({ path: ":memory:" }));
  const config = {
    site: { name: "Dépôt", phases: "three", nominalVoltageV: 400 },
    evses: [
      { maxChargeW: 10_000, maxDischargeW: 10_000 },
      { maxChargeW: 10_000, maxDischargeW: 10_000 },
    ],
  } as unknown as SunspecOptions["config"];
  const sunspec = {
    ...{ host: "127.0.0.1", port: 0, unitId: 1, readers: ["127.0.0.1"], writers: ["127.0.0.1"] },
    ...{ rights: ["power", "limits"], leaseS: 60, connectionsMax: 2, ...more },
  } as SunspecOptions["sunspec"];
  link = startSunspec({
    ...{ config, profile: standardGridProfile, sunspec, links: site.links, nowMs: () => site.clock.utcMs },
    log: (_level, sentence) => void logged.push(sentence),
  });
  await hasCome(() => link.connected);
  port = Number(/127\.0\.0\.1:(\d+)/.exec(logged.join("\n"))?.[1]);
  Object.assign(site.report.site, {
    atMs: 1_000,
    meterQuality: Quality.good,
    meterVoltagePu: 1.01,
    meterFrequencyHz: 50.02,
    ticks: 7,
  });
  for (const stage of site.report.stages)
    Object.assign(stage, { liveAtMs: 990, atMs: 990, powerW: -1_500, importWh: 70_000, exportWh: 9_000 });
  looking = setInterval(() => link.look(site.report), 20);
}
async function hasCome(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("never");
}
async function client(unit = 1): Promise<ModbusClient> {
  const made = await connectModbus(port, unit);
  clients.push(made);
  return made;
}
const word = async (one: ModbusClient, model: number, path: string): Promise<number> => {
  const read = await one.read(at(model, path), 1);
  return typeof read === "number" ? -read : read[0]!;
};
const standing = (what: string) => site.links.standing().find((one) => one.what === what)?.value;

afterEach(async () => {
  clearInterval(looking);
  for (const one of clients.splice(0)) one.end();
  await link.stop();
});

describe("what it shows", () => {
  test("all chargers as one storage; what is not known is not implemented", async () => {
    await start();
    const one = await client();
    await hasCome(async () => (await word(one, 701, "W")) === 3_000);
    expect(await word(one, 701, "LLV")).toBe(4_040);
    expect(await word(one, 713, "SoC")).toBe(600);
    expect(await word(one, 702, "WMaxRtg")).toBe(20_000);
    expect(await word(one, 704, "WMaxLimPct")).toBe(1_000);
    expect(await word(one, 708, "Crv[1].MustTrip.Pt[1].V")).toBe(12_000);
    expect(await one.read(at(703, "ESDlyTms"), 2)).toEqual([0, 300]);
    expect(await word(one, 702, "AbnOpCatRtg")).toBe(2);
    // One stage is not heard any more: part of a site is not the site.
    site.report.stages[1]!.liveAtMs = -5_000;
    expect(await word(one, 701, "W")).toBe(0x8000);
    expect(await one.read(39_000, 2)).toBe(2);
    expect(await (await client(2)).read(at(701, "W"), 1)).toBe(4);
  });
});

test("settings that no source tells are not implemented, and neither is whether their function is on", () => {
  const face = new RegisterFace(gridModels);
  showGridSettings(face, builtInGridProfile("vde-ar-n-4105-2018")!, () => 1);
  expect(face.get(706, "Crv[1].Pt[1].V")).toBeNaN();
  expect(face.get(705, "Crv[1].Pt[1].V")).toBe(93);
  showGridSettings(face, builtInGridProfile("en50549-1-2019")!, () => 1);
  expect([705, 711].map((model) => face.get(model, "Ena"))).toEqual([Number.NaN, Number.NaN]);
});

describe("what is written", () => {
  test("a setpoint is a request with a lease; the lease runs out, a heartbeat renews it", async () => {
    await start();
    const one = await client();
    expect(await one.write(at(704, "WSetMod"), [1])).toBe(0);
    expect(await one.write(at(704, "WSet"), long(4_000))).toBe(0);
    expect(standing("powerW")).toBeUndefined();
    expect(await one.write(at(704, "WSetEna"), [1])).toBe(0);
    expect(standing("powerW")).toBe(-4_000);
    expect(await word(one, 704, "WSetEna")).toBe(1);
    site.pass(59_000);
    expect(await one.write(at(715, "ControllerHb"), long(1))).toBe(0);
    site.pass(59_000);
    expect(standing("powerW")).toBe(-4_000);
    site.pass(2_000);
    expect(standing("powerW")).toBeUndefined();
    expect(await word(one, 704, "WSetEna")).toBe(0);
    // A value or a heartbeat alone brings it not back.
    expect(await one.write(at(704, "WSet"), long(4_000))).toBe(0);
    expect(await one.write(at(715, "ControllerHb"), long(2))).toBe(0);
    expect(standing("powerW")).toBeUndefined();
  });

  test("limits hold without a renewal, end with a time of their own, and are taken back", async () => {
    await start();
    const one = await client();
    expect(await one.write(at(704, "WMaxLimPct"), [250])).toBe(0);
    expect(await one.write(at(704, "WMaxLimPctEna"), [1])).toBe(0);
    expect(standing("dischargeLimitW")).toBe(5_000);
    expect(await one.write(at(702, "WChaRteMax"), [3_000])).toBe(0);
    expect(standing("chargeLimitW")).toBe(3_000);
    site.pass(600_000);
    expect([standing("dischargeLimitW"), standing("chargeLimitW")]).toEqual([5_000, 3_000]);
    expect(await word(one, 702, "WDisChaRteMax")).toBe(5_000);
    expect(await one.write(at(702, "WChaRteMax"), [20_000])).toBe(0);
    expect(await one.write(at(704, "WMaxLimPctEna"), [0])).toBe(0);
    expect(site.links.standing()).toEqual([]);
  });

  test.each([
    ["reactive power", 704, "VarSetEna", [1]],
    ["anti-islanding", 704, "AntiIslEna", [0]],
    ["an island's command", 715, "OpCtl", [0]],
    ["a rating", 702, "VNom", [100]],
    ["a rate above the rating", 702, "WChaRteMax", [30_000]],
    ["the device's address", 1, "DA", [5]],
    ["a measurement", 701, "W", [5]],
    ["the delay into service", 703, "ESDlyTms", [0, 5]],
    ["the permission to be in service", 703, "ES", [1]],
    ["volt-var off", 705, "Ena", [0]],
    ["a trip's threshold", 708, "Crv[1].MustTrip.Pt[1].V", [14_000]],
  ] as const)("%s is refused with an exception, and nothing changes", async (_, model, path, words) => {
    await start();
    const one = await client();
    const before = await word(one, model, path);
    expect(await one.write(at(model, path), words)).toBe(3);
    expect(await word(one, model, path)).toBe(before);
    expect(site.links.standing()).toEqual([]);
  });

  test("what the port refuses is an exception, and the reason can be read", async () => {
    await start();
    Object.assign(site.report.site, { parallelOK: false, parallelRefusal: "permit-none" });
    site.links.look(site.report);
    const one = await client();
    await one.write(at(704, "WSet"), long(4_000));
    expect(await one.write(at(704, "WSetEna"), [1])).toBe(3);
    const said = async (): Promise<string> => {
      const words = (await one.read(at(701, "MnAlrmInfo"), 32)) as number[];
      return Buffer.from(words.flatMap((each) => [each >> 8, each & 0xff])).toString("latin1");
    };
    await hasCome(async () => /permi/i.test(await said()));
  });

  test("read-only unless rights and writers are named; strangers and too many are not let in", async () => {
    await start({ writers: [] });
    const one = await client();
    expect(await one.write(at(704, "WSetEna"), [1])).toBe(1);
    expect(await word(one, 715, "LocRemCtl")).toBe(1);
    await client();
    const third = await client();
    await hasCome(() => !third.isOpen);
    for (const each of clients.splice(0)) each.end();
    clearInterval(looking);
    await link.stop();
    await start({ readers: ["10.0.0.1"], writers: ["10.0.0.1"] });
    const stranger = await client();
    await hasCome(() => !stranger.isOpen);
    expect(logged.join("\n")).toMatch(/a connection from 127\.0\.0\.1 is refused/);
  });

  test("half frames and nonsense end their connection alone", async () => {
    await start();
    const one = await client();
    const { connect } = await import("node:net");
    const other = connect(port, "127.0.0.1");
    await new Promise((resolve) => other.once("connect", resolve));
    const closed = new Promise((resolve) => other.once("close", resolve));
    other.on("error", () => undefined);
    other.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await closed;
    expect(await word(one, 702, "WMaxRtg")).toBe(20_000);
  });
});

const python = process.env["ISLET_PYSUNSPEC"];
test.skipIf(python === undefined)(
  "pysunspec2 (ISLET_PYSUNSPEC names its python) scans it without an error and sets a lease",
  async () => {
    await start();
    const child = spawn(python!, [join(import.meta.dirname, "peers/scan_sunspec.py"), String(port)]);
    let out = "";
    let wrong = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (wrong += String(chunk)));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect([code, wrong]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({
      ...{
        models: [1, 701, 702, 704, 713, 715, 703, 705, 706, 707, 708, 709, 710, 711, 712],
        errors: [],
        maker: "Islet",
        powerW: 3_000,
        ratedW: 20_000,
        socPct: 60,
      },
      set: [1, 3_000, 2],
    });
    site.pass(3_000);
    expect(standing("powerW")).toBeUndefined();
  },
);

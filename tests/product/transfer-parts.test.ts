/**
 * A K1 that is no device of its own: contacts and coils on an I/O module, a voltmeter on each side, each behind a link of its
 * own. Judged by K1's poles, by what the module's outputs did and for how long, by the bus, and by the words of the page.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until, writtenTo } from "./site/judge.ts";
import { type DriveKind, eastronMap, inputs, type K1Parts, outputs, startK1Parts } from "./site/parts.ts";
import { runIslet } from "./site/process.ts";
import { type JsonObject, type Product, patientFreshMs, startProduct } from "./site/product.ts";
import { soon, stagesUsed, stays } from "./site/sites.ts";

const onMs = 400;
/** The role of model 64901. */
const forming = 3;

interface PartsOptions {
  readonly travelMs: number;
  readonly inputsAre?: 1 | 2;
  readonly onMs?: number;
  readonly mirror?: boolean;
  /** K1's grid side is measured by the meter at the grid connection, its site side by a voltage relay. */
  readonly frugal?: boolean;
}

const patient = (devices: readonly JsonObject[]): JsonObject[] =>
  devices.map((device) => ({ ...device, freshMs: patientFreshMs }));

async function startSite(drive: DriveKind, given: PartsOptions): Promise<{ product: Product; parts: K1Parts }> {
  const parts = await startK1Parts(drive, given.inputsAre);
  const device = "Cabinet I/O";
  const relay = { device, liveInput: inputs.busLive, deadInput: inputs.busDead };
  const product = await startProduct({
    plant: { stages: [{ maxChargeW: 10_000 }], k1TravelMs: given.travelMs, tiersW: [3_000], buildingW: 2_000 },
    files: { "eastron.yaml": eastronMap() },
    waits: true,
    config: {
      site: { serviceMode: "non-parallel-backup" },
      devices: patient(given.frugal === true ? parts.devices.slice(0, 1) : parts.devices),
      transferDevice: {
        host: null,
        port: null,
        freshMs: null,
        travelMs: given.travelMs,
        contacts: {
          device,
          normallyOpenInput: inputs.no,
          normallyClosedInput: inputs.nc,
          mirror: given.mirror ?? true,
        },
        command: {
          device,
          drive,
          closeOutput: outputs.close,
          ...(drive !== "coil" && { openOutput: outputs.open, onMs: given.onMs ?? onMs }),
        },
        gridVoltage: { device: given.frugal === true ? "PCC meter" : "Grid meter" },
        busVoltage: given.frugal === true ? relay : { device: "Bus meter" },
      },
    },
  });
  parts.attach(product.plant);
  product.start();
  return { product, parts };
}

/** The first vehicle may feed the house. */
async function ready(product: Product): Promise<void> {
  expect(await product.reached("loadOnly")).toBe(true);
  await stagesUsed(product);
}

async function throughOutage(product: Product): Promise<void> {
  const { plant } = product;
  plant.gridPresent = false;
  await soon(product, "an island", () => product.mode() === "islandRunning" && plant.busPu > 0.9);
  expect(plant.k1!.position).toBe(0);
  plant.gridPresent = true;
  await soon(product, "back on the grid", () => product.mode() === "loadOnly" && plant.k1!.position === 1, 80_000);
  expect(plant.deadLineFedMs).toBe(0);
}

describe("K1 made of parts", () => {
  type Site = { readonly product: Product; readonly parts: K1Parts };
  let contactor: Site;
  let breaker: Site;
  let motor: Site;
  const travelMs = 700;
  beforeAll(async () => {
    // One after the other: each start keeps a core busy for a second or two.
    contactor = await startSite("coil", { travelMs: 100 });
    breaker = await startSite("pulse", { travelMs: 150, frugal: true, inputsAre: 1 });
    motor = await startSite("hold-to-run", { travelMs, onMs: 4_000 });
    await Promise.all([contactor, breaker, motor].map(({ product }) => ready(product)));
  });
  afterAll(async () => {
    for (const site of [contactor, breaker, motor]) {
      await site?.product.stop();
      await site?.parts.close();
    }
  });

  it("nothing is written to a contactor before K1 is to move", () => {
    expect(contactor.parts.servers.module.writes).toEqual([]);
    expect(contactor.product.plant.k1!.position).toBe(1);
  });

  it("devices[].map: every part has a name on the page, and answers", async () => {
    const { health } = await contactor.product.state();
    const state = (name: string): string | undefined => health.devices.find((one) => one.name === name)?.state;
    expect([state("Cabinet I/O"), state("Grid meter"), state("Bus meter")]).toEqual(["answers", "answers", "answers"]);
  });

  it("devices[].inputsAre: contacts are read as the module gives them", async () => {
    expect(breaker.parts.servers.module.asked.get("1@0")).toBeGreaterThan(10);
    expect((await breaker.product.state()).k1).toMatchObject({ no: "closed", nc: "closed" });
  });

  it.each([
    ["Bus meter", "bus"],
    ["Grid meter", "grid"],
    ["Cabinet I/O", "module"],
  ] as const)("%s falls silent: K1 is not proven, and the device is named", async (name, server) => {
    const { product, parts } = contactor;
    const { habits } = parts.servers[server];
    const named = async (): Promise<boolean> =>
      (await product.state()).events.some(
        ({ key, active, values }) =>
          key.startsWith("blind") && active && String(values?.["device"] ?? "").startsWith(name),
      );
    habits.silent = true;
    await soon(product, "no feedback", () => product.mode() === "noFeedback");
    await soon(product, "named", named);
    // The grid goes at the worst moment: nobody may form an island beside a K1 that is not proven.
    product.plant.gridPresent = false;
    await stays(product, "no island", () => product.plant.stages[0]!.role !== "forming", 3_000);
    product.plant.gridPresent = true;
    habits.silent = false;
    expect(await product.reached("loadOnly")).toBe(true);
  });

  it("devices[].freshMs: a part's readings count for so long", async () => {
    const { product, parts } = motor;
    const { habits } = parts.servers.bus;
    const silentMs = performance.now();
    habits.silent = true;
    await soon(product, "no feedback", () => product.mode() === "noFeedback");
    const countedMs = performance.now() - silentMs;
    habits.silent = false;
    expect(await product.reached("loadOnly")).toBe(true);
    // Without the setting it is a fifth of a second.
    expect(countedMs).toBeGreaterThan(0.6 * patientFreshMs);
  });

  it("a voltage relay whose wires are cut tells neither dead nor live", async () => {
    const { product, parts } = breaker;
    parts.cut.add(inputs.busLive);
    await soon(product, "no feedback", () => product.mode() === "noFeedback");
    parts.cut.delete(inputs.busLive);
    expect(await product.reached("loadOnly")).toBe(true);
  });

  it("a cut wire of the normally-open contact: K1 is not proven", async () => {
    const { product, parts } = contactor;
    parts.cut.add(inputs.no);
    await soon(product, "seen", () => product.mode() === "noFeedback");
    parts.cut.delete(inputs.no);
    expect(await product.reached("loadOnly")).toBe(true);
  });

  it("transferDevice.command.drive: an outage and back, each drive by its own outputs", async () => {
    const sites = [contactor, breaker, motor];
    await Promise.all(sites.map(({ product }) => ready(product)));
    const before = contactor.parts.module.changes.length;
    await Promise.all(sites.map(({ product }) => throughOutage(product)));
    const moves = contactor.parts.module.changes.slice(before).map(({ output, on }) => [output, on]);
    expect(moves).toEqual([
      [outputs.close, false],
      [outputs.close, true],
    ]);
    for (const { parts } of [breaker, motor]) {
      const { changes } = parts.module;
      expect(changes.filter(({ output, on }) => output === outputs.close && on)).toHaveLength(1);
      expect(changes.filter(({ output, on }) => output === outputs.open && on).length).toBeGreaterThan(0);
      const on = new Set<number>();
      for (const change of changes) {
        if (change.on) on.add(change.output);
        else on.delete(change.output);
        expect(on.size).toBeLessThan(2);
      }
    }
  });

  it("transferDevice.command.onMs: a pulse is as long as it should be", () => {
    const { module } = breaker.parts;
    const spells = [...module.spellsMs(outputs.close), ...module.spellsMs(outputs.open)];
    expect(spells.length).toBeGreaterThanOrEqual(2);
    for (const spellMs of spells) expect(spellMs).toBeGreaterThan(0.7 * onMs);
    // A machine that is busy may end it late, but within the time after which an unanswered output is taken back.
    for (const spellMs of spells) expect(spellMs).toBeLessThan(onMs + 2_000);
  });

  it("a motor runs until the contacts say that K1 has arrived", () => {
    const { module } = motor.parts;
    const spells = [...module.spellsMs(outputs.open), ...module.spellsMs(outputs.close)];
    expect(spells.length).toBeGreaterThanOrEqual(2);
    for (const spellMs of spells) expect(spellMs).toBeGreaterThan(0.8 * travelMs);
    for (const spellMs of spells) expect(spellMs).toBeLessThan(4_000);
  });

  it("a cut wire of the normally-closed contact: K1 opens, is never proven open, and no island is formed", async () => {
    const { product, parts } = breaker;
    await ready(product);
    parts.cut.add(inputs.nc);
    const fromMs = performance.now();
    product.plant.gridPresent = false;
    await soon(product, "locked out", () => product.mode() === "lockedOut");
    expect(product.plant.k1!.position).toBe(0);
    const { face, server } = product.stages[0]!;
    const roles = writtenTo(server.writes, (at, words) => face.map.parse(at, words), "64901.RoleCmd", fromMs);
    expect(roles.filter(({ value }) => value === forming)).toEqual([]);
  });

  it("a stuck K1 is locked out, and its motor does not run for longer than its time", async () => {
    const { product, parts } = motor;
    const { plant } = product;
    await ready(product);
    plant.k1!.welded = true;
    const before = parts.module.spellsMs(outputs.open).length;
    plant.gridPresent = false;
    await soon(product, "locked out", () => product.mode() === "lockedOut");
    await soon(product, "the motor is off", () => !parts.module.outputs[outputs.open]);
    for (const spellMs of parts.module.spellsMs(outputs.open).slice(before)) expect(spellMs).toBeLessThan(7_000);
    expect(plant.stages[0]!.role).not.toBe("forming");
  });

  it("a module that restarts with its relays off: K1 is not closed again by itself", async () => {
    const { product, parts } = contactor;
    const fromMs = performance.now();
    parts.module.writeCoils(outputs.close, [false]);
    await soon(product, "locked out", () => product.mode() === "lockedOut");
    await stays(
      product,
      "nothing closes it",
      () => parts.servers.module.writes.every(({ atMs, words }) => atMs <= fromMs || words[0] === 0),
      3_000,
    );
    expect(product.plant.k1!.position).toBe(0);
  });
});

describe("what is refused", () => {
  it("transferDevice.contacts.mirror: no island behind contacts that prove no open pole", async () => {
    const { product, parts } = await startSite("coil", { travelMs: 100, mirror: false });
    const { out } = await runIslet(["check-config", product.configFile]);
    expect(out).toContain("transferDevice.contacts.mirror");
    let ended = false;
    void product.process.ended.then(() => {
      ended = true;
    });
    expect(await until(() => ended, 20_000)).toBe(true);
    expect(parts.servers.module.writes).toEqual([]);
    await product.stop();
    await parts.close();
  });
});

/**
 * The energy account through `islet run`: rows agree with the plant, outlive being killed, and an edited one is found. The
 * machine's clock is set forward, so that a quarter of an hour ends when the test wants it to.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everyText } from "../../src/app/account/account-book.ts";
import { readStore } from "../../src/app/store/read-store.ts";
import { readWrittenDay } from "../../src/app/store/write-watch.ts";
import { runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const quarterMs = 15 * 60_000;
const buildingW = 10_000;
const agreements = `
parties: [{ id: depot, name: North Depot }, { id: garage, name: South Garage }]
agreements:
  - account: south-12
    host: depot
    guest: garage
    from: 2026-01-01
    until: 2099-12-31
    currency: EUR
    energyPerKWh: 30
    wearPerKWh: 8
    supplyPerKWh: 25
    travel: { paidBy: host, perVisit: 12.5 }
    vehicles: [{ evccId: "00:11:22:33:44:AA" }]
`;

const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

interface Row {
  readonly sequence: number;
  readonly fromMs: number;
  readonly parallelMs: number;
  readonly closes: boolean;
  readonly flows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly origins: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly why: readonly string[];
}

describe("the energy account of a site with a bus and a guest", () => {
  const clockFolder = mkdtempSync(join(tmpdir(), "islet-clock-"));
  const clockFile = join(clockFolder, "ahead");
  let product: Product;
  let aheadMs = 0;
  /** When the quarter-hour ends by the process's own clock. */
  let endsAtMs = 0;
  const setClock = (toMs: number): void => {
    aheadMs = Math.round(toMs - Date.now());
    // In one go: it is read at any moment.
    writeFileSync(`${clockFile}.new`, String(aheadMs));
    renameSync(`${clockFile}.new`, clockFile);
  };
  /** The quarter-hour under way has so much left. */
  const leave = (ms: number): void => {
    const nowMs = Date.now() + aheadMs;
    endsAtMs = performance.now() + ms;
    setClock(Math.ceil(nowMs / quarterMs) * quarterMs - ms);
  };
  const islet = async (...args: string[]): Promise<{ readonly code: number; readonly out: string }> => {
    const { code, out, err } = await runIslet(["account", ...args, "--config", product.configFile]);
    return { code: code ?? -1, out: out + err };
  };
  const rows = async (): Promise<Row[]> => {
    const { out } = await islet("show", "--from", "2026-01-01", "--to", "2026-12-31", "--json");
    return out.startsWith("{") ? (JSON.parse(out) as { entries: Row[] }).entries : [];
  };
  /** Rows in the store: cheaper to look at than by a command. */
  const inStore = (): number => {
    const store = readStore(join(product.stateDir, "islet.db"));
    try {
      return [...everyText(store)].length;
    } finally {
      store.close();
    }
  };
  const until = async (count: number): Promise<Row[]> => {
    await soon(product, `${count} rows`, () => inStore() >= count);
    return rows();
  };

  beforeAll(async () => {
    setClock(Math.ceil(Date.now() / quarterMs) * quarterMs + 60_000);
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 20_000 }, {}], buildingW },
      permit: { mode: "parallel-export", exportLimitW: 100_000 },
      backend: true,
      files: { "agreements.yaml": agreements },
      nodeOptions: `--import=${pathToFileURL(join(import.meta.dirname, "workers/clock-ahead.mjs"))}?file=${clockFile}`,
      config: ({ stages }) => ({
        account: { agreementsFile: "agreements.yaml" },
        evses: stages.map((stage, i) => ({
          name: `Bay ${i + 1}`,
          vehicle: i === 0 ? "Bus 1" : "Guest",
          stage,
          maxChargeW: i === 0 ? 20_000 : 60_000,
          maxDischargeW: 60_000,
          dischargeEnabled: true,
        })),
        vehicles: [
          { id: "bus-1", name: "Bus 1" },
          { id: "guest-1", name: "Guest", evccIds: ["0011223344AA"] },
        ],
      }),
    });
    await product.backend.whenConnected();
    await product.backend.ask(2, -30_000);
    await soon(product, "the guest gives, the bus charges", () => {
      const [bus, guest] = product.plant.stages;
      return bus!.powerW > 500 && guest!.powerW < -4_000;
    });
  });
  afterAll(async () => {
    await product.stop();
    rmSync(clockFolder, { recursive: true, force: true });
  });

  it("has a row once the quarter-hour is over; it closes and agrees with the plant", async () => {
    leave(300);
    await until(1);
    await product.backend.ask(2, -30_000);
    // All of the second one can be compared.
    const { plant } = product;
    const fromMs = endsAtMs;
    await soon(product, "some seconds have passed", () => performance.now() - fromMs > 5_000);
    leave(300);
    const [, row] = await until(2);
    // A busy machine begins and ends the row later than the clock says.
    const powersW = plant.moments.filter(({ atMs }) => atMs >= fromMs - 1_000).map(({ pccW }) => pccW);
    expect([row!.sequence, row!.closes]).toEqual([2, true]);
    expect(row!.why.join()).toMatch(/clock was set forward/);
    expect(row!.parallelMs).toBeGreaterThan(3_000);
    // Means, not sums: devices and process stand still together for moments that the controller's clock counts.
    const meanW = (amounts: Readonly<Record<string, number>> | undefined): number =>
      (Object.values(amounts ?? {}).reduce((a, b) => a + b, 0) * 3_600) / row!.parallelMs;
    const netW = meanW(row!.flows["grid"]) - meanW(row!.origins["export"]);
    expect(netW).toBeGreaterThan(Math.min(...powersW) - 500);
    expect(netW).toBeLessThan(Math.max(...powersW) + 500);
    // What grid and vehicles gave and took leaves the building's load, which is constant in the plant.
    expect(Math.abs(meanW(row!.origins["building"]) - buildingW)).toBeLessThan(0.2 * buildingW);
    expect(Object.keys(row!.origins["building"]!)).toContain("guest:south-12");
  });

  it("survives being killed at any instant: rows follow one another, none is doubled, and the time is unknown", async () => {
    // About the instant at which a row is written; `ISLET_LONG=1` also before and after.
    for (const afterMs of process.env["ISLET_LONG"] ? [100, 300, 450, 800] : [450]) {
      leave(400);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await product.kill();
      product.start();
      await soon(product, "it is up", () => product.said(/^Dashboard: /) !== undefined);
    }
    leave(300);
    const found = await until(4);
    expect(found.map(({ sequence }) => sequence)).toEqual(found.map((_, i) => i + 1));
    expect(new Set(found.map(({ fromMs }) => fromMs)).size).toBe(found.length);
    expect(found.some(({ why }) => /did not run/.test(why.join()))).toBe(true);
    await soon(
      product,
      "the newest row is in the audit log",
      async () => !/not in the audit log/.test((await islet("verify")).out),
    );
    expect(await islet("verify")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The account is whole: \d+ rows/),
    });
  });

  it("bills the guest to the cent, and page and API say the same", async () => {
    const { out } = await islet("guests", "--from", "2026-01-01", "--to", "2026-12-31", "--json");
    const [bill] = (JSON.parse(out) as { bills: { givenWh: number; takenWh: number; visits: number; due: number }[] })
      .bills;
    const mWh = (sum: number, one: Row): number =>
      sum + Object.values(one.flows["g:south-12"] ?? {}).reduce((a, b) => a + b, 0);
    expect(bill!.givenWh).toBeCloseTo((await rows()).reduce(mWh, 0) / 1_000, 6);
    expect(bill!.givenWh).toBeGreaterThan(1);
    const due = (bill!.givenWh / 1_000) * 38 - (bill!.takenWh / 1_000) * 25 + 12.5 * bill!.visits;
    expect(bill!.due).toBe(Math.round(due * 100) / 100);
    const page = await product.page();
    const firstMs = (await rows())[0]!.fromMs;
    const answer = await page.get<{ guests: { due: number }[]; rows: number }>(
      `/api/v1/energy/account?from=${dateOf(firstMs)}&to=${dateOf(Date.now() + aheadMs)}`,
    );
    expect(answer.rows).toBe((await rows()).length);
  });

  it("is found to be edited: the row is named, and the next start says so", async () => {
    await product.process.stop();
    // What it has given to the disk outlives it as well, for `islet doctor`.
    const store = readStore(join(product.stateDir, "islet.db"));
    expect(readWrittenDay(store, Date.now() + aheadMs)).toMatchObject({ hours: expect.any(Number) });
    store.close();
    const database = new DatabaseSync(join(product.stateDir, "islet.db"));
    const place = database
      .prepare(
        "SELECT collection, key, value FROM document WHERE collection LIKE 'account-%' ORDER BY collection, key LIMIT 1 OFFSET 1",
      )
      .get()!;
    const edited = String(place["value"]).replace(
      /"building":(\d)/,
      (_, digit) => `"building":${(Number(digit) % 9) + 1}`,
    );
    database
      .prepare("UPDATE document SET value = ? WHERE collection = ? AND key = ?")
      .run(edited, place["collection"]!, place["key"]!);
    database.close();
    expect(await islet("verify")).toMatchObject({
      code: 1,
      out: expect.stringMatching(/NOT whole\. Row 2 was altered/),
    });
    const page = join(product.folder, "statement.html");
    expect(await islet("statement", "--out", page)).toMatchObject({ code: 1 });
    expect(readFileSync(page, "utf8")).toMatch(/The account is NOT whole: Row 2/);
  });
});

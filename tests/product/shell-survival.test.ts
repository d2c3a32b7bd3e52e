/** What must survive, through the product: one controller per site, a full disk at any moment, restarts, damaged files. */
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mountSmallDisk, noSmallDisk, type SmallDisk } from "../lib/small-disk.ts";
import { excess, exportedW, meanW, sleep, until } from "./site/judge.ts";
import { runIslet } from "./site/process.ts";
import { type Product, type ProductOptions, startProduct } from "./site/product.ts";
import { lockoutStored, soon, stagesUsed, stays } from "./site/sites.ts";
import { withProduct } from "./site/with-product.ts";

const patienceMs = 240_000;
/** A word of a process among eight that start at once on a busy machine comes within this. */
const wordWithinMs = 60_000;

/** A product that runs. */
const withRunning = (test: (product: Product) => Promise<void>): Promise<void> =>
  withProduct({}, async (product) => {
    expect(await product.reached("loadOnly")).toBe(true);
    await test(product);
  });

/** A product whose records are on a small disk of its own. */
async function onSmallDisk(
  options: ProductOptions,
  test: (product: Product, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const disk = mountSmallDisk(2_048);
  try {
    await withProduct({ ...options, config: () => ({ stateDir: disk.folder }) }, (product) => test(product, disk));
  } finally {
    disk.close();
  }
}

describe.concurrent("one controller for one site", () => {
  it(
    "a second one is refused before it commands anything: on the state folder, and on the devices",
    () =>
      withRunning(async (product) => {
        const clients = (): number[] => product.stages.map(({ server }) => server.clients);
        const before = clients();
        const same = await runIslet(["run", "--config", product.configFile], 60_000);
        expect(same.code).not.toBe(0);
        expect(same.err).toMatch(/another controller runs on the state folder/);
        const other = join(product.folder, "other.yaml");
        const config = JSON.parse(readFileSync(product.configFile, "utf8"));
        writeFileSync(other, JSON.stringify({ ...config, stateDir: join(product.folder, "other-state") }));
        const devices = await runIslet(["run", "--config", other], 60_000);
        expect(devices.code).not.toBe(0);
        expect(devices.err).toMatch(/Bay 1 .* is commanded by another controller on this machine/);
        expect(clients()).toEqual(before);
        expect(product.process.running).toBe(true);
      }),
    patienceMs,
  );

  it(
    "a page's port that is taken is said before anything is commanded, and it ends",
    async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      const { port } = taken.address() as AddressInfo;
      const other = await startProduct({ waits: true, config: { dashboard: { port } } });
      try {
        const { code, out, err } = await runIslet(["run", "--config", other.configFile], 40_000);
        expect(code).toBe(1);
        expect(err).toMatch(
          new RegExp(`page can't be served at 127.0.0.1, port ${port}: another program listens there. End it`),
        );
        expect(out).not.toMatch(/control loop/);
        for (const { server } of [other.meter, ...other.stages]) expect(server.asked.size).toBe(0);
      } finally {
        await other.stop();
        await new Promise((resolve) => taken.close(resolve));
      }
    },
    patienceMs,
  );

  it(
    "SIGHUP says what a start would change and goes on; SIGTERM ends in order",
    () =>
      withRunning(async (product) => {
        const text = readFileSync(product.configFile, "utf8");
        product.process.signal("SIGHUP");
        expect(
          await until(() => product.said(/The configuration is what the site runs with/) !== undefined, wordWithinMs),
        ).toBe(true);
        writeFileSync(product.configFile, text.replace('"importLimitW": 1000000', '"importLimitW": 5000'));
        product.process.signal("SIGHUP");
        expect(
          await until(() => product.said(/^Changed: config\.pcc\.importLimitW\./) !== undefined, wordWithinMs),
        ).toBe(true);
        writeFileSync(product.configFile, text.replace('"importLimitW": 1000000', '"importLimitW": -5'));
        product.process.signal("SIGHUP");
        expect(await until(() => product.said(/would be refused at the next start/) !== undefined, wordWithinMs)).toBe(
          true,
        );
        await sleep(500);
        expect(product.process.running).toBe(true);
        expect(await product.process.stop()).toBe(0);
        expect(product.said(/The audit log has \d+ records, its head is [0-9a-f]{64}/)).toBeDefined();
      }),
    patienceMs,
  );
});

describe.skipIf(noSmallDisk !== "").concurrent(`the disk is full${noSmallDisk && ` (skipped: ${noSmallDisk})`}`, () => {
  it(
    "a person's limit counts at once, is shown as not yet written, and stands after room and a restart",
    () =>
      onSmallDisk({}, async (product, disk) => {
        expect(await product.reached("loadOnly")).toBe(true);
        const page = await product.page();
        await sleep(Math.random() * 2_000);
        disk.fill();
        const asked = await page.act("tighten", { demandLimitW: 50_000 });
        expect(asked).toMatchObject({ ok: true });
        expect(await until(async () => (await product.state()).importLimitW === 50_000, 20_000)).toBe(true);
        // Enough to need room that is not there.
        let lastW = 50_000;
        for (let i = 0; i < 40; i++) {
          const demandLimitW = 49_000 - 1_000 * i;
          if ((await page.act("tighten", { demandLimitW }, "x".repeat(150))).ok) lastW = demandLimitW;
        }
        expect(lastW).toBeLessThan(45_000);
        const owes = async () => (await product.state()).events.some(({ key, active }) => key === "owed" && active);
        expect(await until(owes, 20_000)).toBe(true);
        expect(await until(async () => (await product.state()).importLimitW === lastW, 20_000)).toBe(true);
        disk.free();
        expect(await until(async () => !(await owes()), 20_000)).toBe(true);
        await product.kill();
        product.start();
        expect(await product.reached("loadOnly")).toBe(true);
        expect(await until(async () => (await product.state()).importLimitW === lastW, 20_000)).toBe(true);
      }),
    patienceMs,
  );

  it(
    "a lockout outlives a kill and a start, both on the full disk",
    () =>
      onSmallDisk(
        {
          plant: { stages: [{}], k1TravelMs: 50, tiersW: [2_000] },
          permit: { mode: "non-parallel-backup" },
        },
        async (product, disk) => {
          expect(await product.reached("loadOnly")).toBe(true);
          disk.fill();
          product.plant.k1!.welded = true;
          product.plant.gridPresent = false;
          expect(await product.reached("lockedOut")).toBe(true);
          await lockoutStored(product, disk.folder);
          await product.kill();
          product.plant.k1!.welded = false;
          product.start();
          expect(await until(() => product.said(/Stored intent: locked/) !== undefined, 60_000)).toBe(true);
          expect(await product.reached("lockedOut")).toBe(true);
          await stays(product, "locked out", () => product.mode() === "lockedOut", 3_000);
        },
      ),
    patienceMs,
  );

  it(
    "discharging in parallel: it goes on, a person's tightening counts, and nothing acknowledged is lost",
    () =>
      onSmallDisk(
        {
          plant: { buildingW: 5_000 },
          permit: { mode: "parallel-export", exportLimitW: 50_000 },
          backend: true,
        },
        async (product, disk) => {
          expect(await product.reached("parallel")).toBe(true);
          await product.backend.ask(1, -20_000);
          const exports = (limitW: number) => () => meanW(product.plant, exportedW, 300) > limitW;
          expect(await until(exports(12_000), 40_000)).toBe(true);
          const page = await product.page();
          await sleep(Math.random() * 2_000);
          disk.fill();
          const fromMs = performance.now();
          expect(await page.act("setLimit", { exportLimitW: 6_000 }, "x".repeat(150))).toMatchObject({ ok: true });
          expect(await until(async () => (await product.state()).exportLimitW === 6_000, 20_000)).toBe(true);
          expect(await until(() => !exports(6_300)(), 20_000)).toBe(true);
          const heldFromMs = performance.now();
          await sleep(3_000);
          expect(excess(product.plant, exportedW, 6_000, 300, heldFromMs).longestMs).toBeLessThan(500);
          await soon(product, "goes on", () => exports(4_000)() && product.mode() === "parallel");
          // Killed and started on the full disk: what the person was told counts is kept.
          const owes = async () => (await product.state()).events.some(({ key, active }) => key === "owed" && active);
          disk.free();
          expect(await until(async () => !(await owes()), 20_000)).toBe(true);
          await product.kill();
          disk.fill();
          product.start();
          expect(
            await until(async () => (await product.state().catch(() => null))?.exportLimitW === 6_000, 40_000),
          ).toBe(true);
          expect(excess(product.plant, exportedW, 20_000, 500, fromMs).longestMs).toBeLessThan(500);
          disk.free();
        },
      ),
    patienceMs,
  );

  it(
    "in an island: it is fed on, ends when the grid returns, and the site is connected again",
    () =>
      onSmallDisk(
        {
          plant: { stages: [{}], k1TravelMs: 50, tiersW: [2_000] },
          permit: { mode: "non-parallel-backup" },
        },
        async (product, disk) => {
          expect(await product.reached("loadOnly")).toBe(true);
          await stagesUsed(product);
          product.plant.gridPresent = false;
          expect(await product.reached("islandRunning")).toBe(true);
          await sleep(Math.random() * 2_000);
          disk.fill();
          const isFed = (): boolean =>
            product.mode() === "islandRunning" && product.plant.stages[0]!.role === "forming";
          await stays(product, "fed on", isFed, 3_000);
          product.plant.gridPresent = true;
          expect(await until(() => product.mode() === "loadOnly", 120_000)).toBe(true);
          expect(product.plant.stages[0]!.role).not.toBe("forming");
          // Started anew on the full disk it knows that no island was left open.
          await product.kill();
          product.start();
          expect(await until(() => product.said(/Stored intent: /) !== undefined, 30_000)).toBe(true);
          expect(await product.reached("loadOnly", 60_000)).toBe(true);
        },
      ),
    patienceMs,
  );

  it(
    "damaged files are set aside, and the site runs",
    () =>
      onSmallDisk({ waits: true }, async (product, disk) => {
        for (const name of ["islet.db", "audit.db", "accounts.json", "permit-history.json"])
          writeFileSync(join(disk.folder, name), "\0no longer what it was\n".repeat(200));
        product.start();
        expect(await product.reached("loadOnly")).toBe(true);
        expect(product.said(/The store was damaged \(kept as islet\.db\.damaged-1\)/)).toBeDefined();
        expect(product.said(/The audit log was damaged \(kept as audit\.db\.damaged-1\)/)).toBeDefined();
        expect(await until(() => product.said(/The accounts file .* can't be read/) !== undefined, 20_000)).toBe(true);
      }),
    patienceMs,
  );
});

/** What must never happen at a site, whoever is to blame: judged by power at the PCC, registers on the wire and K1's own poles. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { excess, exportedW, importedW, meanW, sleep, until, writtenTo, zeroAfterMs } from "./site/judge.ts";
import { runIslet } from "./site/process.ts";
import type { Product, ProductOptions } from "./site/product.ts";
import { lockoutStored, soon, stagesUsed, stays, stoodStillMs } from "./site/sites.ts";
import { withProduct } from "./site/with-product.ts";

const twoFormers: ProductOptions = {
  plant: { stages: [{}, {}], k1TravelMs: 100, tiersW: [8_000, 4_000], buildingW: 10_000 },
  config: { site: { serviceMode: "non-parallel-backup" }, dashboard: { onSiteAddresses: ["127.0.0.1"] } },
};

/** With the ages that readings have without a setting: nothing is made easier here. */
const held: typeof withProduct = (options, test) => withProduct({ usualAges: true, ...options }, test);

async function isReady(product: Product): Promise<void> {
  expect(await product.reached("loadOnly")).toBe(true);
  await stagesUsed(product);
}

async function startsIsland(product: Product): Promise<void> {
  await isReady(product);
  product.plant.gridPresent = false;
  expect(await product.reached("islandRunning")).toBe(true);
}

const discharges = async (product: Product): Promise<void> => {
  expect(await product.reached("parallel")).toBe(true);
  await product.backend.ask(1, -30_000);
  await soon(product, "discharges", () => product.plant.stages[0]!.powerW < -29_000);
};

/** The stage's watchdog takes 2 s, and the stage itself half a second to come to zero. */
const isAtZeroInTime = async (product: Product): Promise<void> => {
  await soon(product, "at zero", () => product.plant.stages[0]!.powerW === 0);
  expect(zeroAfterMs(product.plant, product.stages[0]!.server)).toBeLessThan(3_500);
};

describe.concurrent("limits at the PCC", () => {
  it("a Limited Generation Profile of 1 kW is kept whatever the permit and the backend say", () =>
    held(
      {
        plant: { buildingW: 2_000 },
        permit: { mode: "parallel-export", exportLimitW: 50_000 },
        backend: true,
        config: { pcc: { generationProfile: "lgp.yaml" } },
        files: {
          "lgp.yaml": JSON.stringify({
            name: "1 kW",
            exportLimitW: Array.from({ length: 12 }, () => Array(24).fill(1_000)),
          }),
        },
      },
      async (product) => {
        expect(await product.reached("parallel")).toBe(true);
        const fromMs = performance.now();
        await product.backend.ask(1, -30_000);
        await soon(product, "discharges up to its limit", () => meanW(product.plant, exportedW, 300) > 0);
        await sleep(3_000);
        expect(excess(product.plant, exportedW, 1_000, 300, fromMs).longestMs).toBeLessThan(500);
      },
    ));

  it("a meter that changes its scale factor while it runs is followed or refused, never believed (field problem: dbus-solaredge#14)", () =>
    held(
      {
        plant: { stages: [{ maxChargeW: 200_000 }], buildingW: 30_000 },
        backend: true,
        config: { pcc: { importLimitW: 40_000 } },
      },
      async (product) => {
        await product.backend.whenConnected();
        await product.backend.ask(1, 50_000);
        await soon(product, "imports up to its limit", () => meanW(product.plant, importedW, 300) > 37_000);
        const fromMs = performance.now();
        product.meter.face!.wScale = 2;
        await sleep(10_000);
        const { longestMs } = excess(product.plant, importedW, 40_000, 1_000, fromMs);
        expect(longestMs).toBeLessThan(500 + stoodStillMs(product, fromMs));
      },
    ));

  it("charging is not held to the rating of discharging when the frequency is high", () =>
    held(
      {
        plant: { stages: [{ maxChargeW: 200_000, maxDischargeW: 6_000 }] },
        permit: { mode: "parallel-export", exportLimitW: 50_000 },
        backend: true,
        config: ({ stages }) => ({
          evses: [
            {
              stage: { ...stages[0]!, gridFunctions: "controller" },
              maxChargeW: 200_000,
              maxDischargeW: 6_000,
              dischargeEnabled: true,
            },
          ],
        }),
      },
      async (product) => {
        expect(await product.reached("parallel")).toBe(true);
        await product.backend.ask(1, 20_000);
        const takesOver = (powerW: number) => (): boolean => product.plant.stages[0]!.powerW > powerW;
        await soon(product, "charges", takesOver(19_000));
        product.plant.gridHz = 60.05;
        // Whatever is done about the frequency has been done by then, and stays.
        await sleep(4_000);
        await soon(product, "goes on charging", takesOver(15_000));
      },
    ));

  it("a backend's cap of zero holds while the backend is away", () =>
    held({ plant: { stages: [{ maxChargeW: 200_000 }] }, backend: true }, async (product) => {
      await product.backend.whenConnected();
      expect((await product.backend.setProfile(0, 0)).status).toBe("Accepted");
      expect(await product.reached("loadOnly")).toBe(true);
      await product.backend.close();
      await sleep(12_000);
      expect(product.plant.stages[0]!.importWh).toBeLessThan(1);
    }));
});

describe.concurrent("a controller that ends or hangs", () => {
  it("stopped as a whole for 8 s: zero within the watchdog, and nothing old is carried out afterwards; killed: zero again", () =>
    held({ permit: { mode: "parallel-export", exportLimitW: 50_000 }, backend: true }, async (product) => {
      await discharges(product);
      const pausedMs = performance.now();
      product.pause();
      await isAtZeroInTime(product);
      await sleep(8_000 - (performance.now() - pausedMs));
      const fromMs = performance.now();
      product.resume();
      await sleep(1_000);
      // A lease of before the stop has run out; what follows is decided anew, with its own wait and ramp.
      const early = product.setpointsW(0, fromMs).filter(({ atMs }) => atMs < fromMs + 300);
      expect(early.every(({ value }) => value > -1_000)).toBe(true);
      await discharges(product);
      await product.kill();
      await isAtZeroInTime(product);
    }));
});

/** With a K1 that is whole again, so that nothing but the record says so. */
async function comesBackLockedOut(product: Product): Promise<void> {
  product.plant.k1!.welded = false;
  product.start();
  expect(await product.reached("lockedOut")).toBe(true);
  await stays(product, "locked out", () => product.mode() === "lockedOut", 4_000);
}

describe.concurrent("K1 and the lockout", () => {
  it("a lockout whose record could not be stored at once is stored later, and outlives a restart", () =>
    held(twoFormers, async (product) => {
      await isReady(product);
      // Something stands where the record belongs: storing it fails, as on a full disk.
      const obstacle = join(product.stateDir, "intent.json");
      rmSync(obstacle, { force: true, recursive: true });
      mkdirSync(obstacle);
      product.plant.k1!.welded = true;
      product.plant.gridPresent = false;
      expect(await product.reached("lockedOut")).toBe(true);
      await sleep(2_000);
      rmSync(obstacle, { force: true, recursive: true });
      await lockoutStored(product);
      await product.kill();
      await comesBackLockedOut(product);
    }));

  it("a welded K1 never makes an island of the utility's line, and the lockout outlives a restart", () =>
    held(twoFormers, async (product) => {
      await isReady(product);
      product.plant.k1!.welded = true;
      product.plant.gridPresent = false;
      const outageMs = performance.now();
      expect(await product.reached("lockedOut")).toBe(true);
      await sleep(outageMs + 15_000 - performance.now());
      expect(product.plant.deadLineFedMs).toBe(0);
      await lockoutStored(product);
      await product.kill();
      await comesBackLockedOut(product);
    }));

  it("after a K1 that did not open, nothing is formed behind it before it has proven that it opens", () =>
    held({ ...twoFormers, plant: { ...twoFormers.plant!, interlock: false } }, async (product) => {
      const { plant } = product;
      const k1 = plant.k1!;
      await isReady(product);
      k1.welded = true;
      plant.gridPresent = false;
      expect(await product.reached("lockedOut")).toBe(true);
      plant.gridPresent = true;
      await sleep(4_000);
      await (await product.page()).act("resetLockout");
      await sleep(3_000);
      // The next outage, and now both contacts follow the command although the poles do not part.
      const { server, face } = product.switchgear!;
      const outageMs = performance.now();
      plant.gridPresent = false;
      const told = (): boolean =>
        writtenTo(server.writes, (address, words) => face.map.parse(address, words), "64902.Cmd", outageMs).some(
          ({ value }) => value === 1,
        );
      // It may not even be told to open. What it does later is seen all the same.
      await until(told, 6_000);
      k1.lieNo = "open";
      k1.lieNc = "open";
      await sleep(12_000);
      expect(plant.deadLineFedMs).toBe(0);
    }));

  it("K1 that closes in a running island while both contacts say open: the line is fed for less than 2 s", () =>
    held({ ...twoFormers, plant: { ...twoFormers.plant!, interlock: false } }, async (product) => {
      await startsIsland(product);
      const k1 = product.plant.k1!;
      const fromMs = performance.now();
      k1.lieNo = "open";
      k1.lieNc = "open";
      k1.welded = true;
      k1.aim = "stay";
      k1.position = 1;
      await sleep(8_000);
      expect(product.plant.deadLineFedMs).toBeLessThan(2_000 + stoodStillMs(product, fromMs));
    }));
});

describe.concurrent("permits", () => {
  it("a revoked permit does not return when the list of revocations is lost", () =>
    held({ permit: { mode: "parallel-export", exportLimitW: 50_000 }, waits: true }, async (product) => {
      const { configFile, folder, stateDir } = product;
      const revoked = await runIslet(["permit", "revoke", "--config", configFile, "--reason", "a test"]);
      expect(revoked.out).toContain("Revoked");
      for (const name of readdirSync(stateDir)) if (name.startsWith("permit-history")) rmSync(join(stateDir, name));
      const again = await runIslet(["permit", "install", join(folder, "permit-1.json"), "--config", configFile]);
      expect(again.code).toBe(1);
      expect(again.out).toContain("Refused");
    }));
});

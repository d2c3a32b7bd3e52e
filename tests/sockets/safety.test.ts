/** What must hold over real sockets when something dies, freezes or thaws: the numbers of the plant, not of the controller. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { depot } from "../../bench/lib/socket-site.ts";
import { type Csms, startCsms } from "../../sim/peers/csms.ts";
import { createDemoPermit } from "../../src/cli/demo/demo-permit.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { isletFile } from "../lib/islet-file.ts";
import { longestStallMs } from "../lib/standstill.ts";
import { discharging, permit, requestDischarge, sleep, startPlant, startSocketSite, until } from "./site.ts";

const root = join(import.meta.dirname, "../..");
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const inParallel = async (basePort: number) => {
  const site = await startSocketSite(4, basePort, 100_000);
  closing.push(() => site.close());
  requestDischarge(site.host, permit);
  await until("parallel operation", () => site.host.report()?.site.mode === "parallel");
  await until("discharge", () => site.dischargingW() > 60_000);
  return site;
};

describe("over real sockets", () => {
  test("the meter freezes while discharging → zero within 2 s", async () => {
    const site = await inParallel(17_000);
    const { world } = site.simulator.simulation;
    world.meter.faults.frozen = true;
    const frozenAtMs = world.nowMs;
    const fromMs = performance.now();
    await until("zero", () => site.dischargingW() < 600);
    expect(world.nowMs - frozenAtMs).toBeLessThanOrEqual(2_000 + longestStallMs(fromMs));
    world.meter.faults.frozen = false;
    await until("discharge again", () => site.dischargingW() > 30_000);
  });

  test("a stage's Modbus server freezes for 3 s and thaws → no stale setpoint is ever executed", async () => {
    const site = await inParallel(17_100);
    const { world } = site.simulator.simulation;
    const stage = world.stages[2]!;
    const link = site.simulator.simulation.stageLinks[2]!;
    // What the controller wanted, and what the plant's stage executed, each with its moment.
    const wanted: { atMs: number; powerW: number }[] = [];
    const executed: { atMs: number; powerW: number }[] = [];
    const watch = setInterval(() => {
      const report = site.host.report();
      if (report) wanted.push({ atMs: world.nowMs, powerW: report.stages[2]!.commandW });
    }, 5);
    const command = stage.command.bind(stage);
    stage.command = (received) => {
      executed.push({ atMs: world.nowMs, powerW: received.powerW });
      command(received);
    };
    for (let round = 0; round < 3; round++) {
      link.hung = true;
      await sleep(3_000);
      // What was commanded before the freeze must not come true after it: the request has changed meanwhile.
      site.host.evses[2]!.requestedW = round % 2 === 0 ? 20_000 : -60_000;
      site.host.flush();
      await sleep(500);
      link.hung = false;
      await sleep(2_000);
    }
    clearInterval(watch);
    const staleMs = 400;
    const near = (a: number, b: number) => Math.abs(a - b) <= 25 + 0.02 * Math.abs(a);
    const stale = executed.filter(
      ({ atMs, powerW }) =>
        !wanted.some((want) => want.atMs > atMs - staleMs && want.atMs <= atMs + 50 && near(want.powerW, powerW)),
    );
    expect(executed.length).toBeGreaterThan(3);
    expect(stale).toEqual([]);
    expect(world.truth.violationCount).toBe(0);
  });

  test("a permit is revoked → nothing is discharged any more, at once", async () => {
    const site = await inParallel(17_200);
    site.host.site.permit.revoked = true;
    site.host.flush();
    const { world } = site.simulator.simulation;
    const revokedAtMs = world.nowMs;
    const fromMs = performance.now();
    await until("zero", () => site.dischargingW() < 600);
    expect(world.nowMs - revokedAtMs).toBeLessThanOrEqual(1_000 + longestStallMs(fromMs));
  });

  test("the controller is killed with SIGKILL while discharging → each stage at zero within its watchdog time", async () => {
    const config = depot(4, 20, 17_300, 85);
    const simulator = await startPlant(config, 100_000);
    closing.push(() => simulator.close());
    const csms = await startCsms();
    closing.push(() => csms.close());
    const controller = startController({
      ...config,
      backend: { url: csms.url, identity, securityProfile: 1, connectorType: "cCCS1" },
    });
    closing.push(() => controller.stop());
    await askForDischarge(csms);
    const { world } = simulator.simulation;
    await until("discharge", () => discharging(simulator) > 30_000);
    controller.process.kill("SIGKILL");
    const killedAtMs = world.nowMs;
    const fromMs = performance.now();
    const zeroAtMs = world.stages.map(() => Number.NaN);
    const look = (): boolean => {
      world.stages.forEach((stage, i) => {
        if (Math.abs(stage.truePowerW) > 100) zeroAtMs[i] = Number.NaN;
        else if (Number.isNaN(zeroAtMs[i]!)) zeroAtMs[i] = world.nowMs;
      });
      return zeroAtMs.every((ms) => !Number.isNaN(ms));
    };
    await until("zero everywhere", look);
    const withinMs = 1_000 * config.loop.watchdogS + 500 + longestStallMs(fromMs);
    for (const ms of zeroAtMs) expect(ms - killedAtMs).toBeLessThanOrEqual(withinMs);
  });
});

const identity = "TEST-1";

/** The backend asks every vehicle for 20 kW, again until the station accepts it. */
async function askForDischarge(csms: Csms): Promise<void> {
  await until("the station", () => csms.connected().includes(identity));
  for (let attempt = 0; attempt < 40; attempt++) {
    const { status } = await csms
      .call(identity, "SetChargingProfile", {
        evseId: 0,
        chargingProfile: {
          id: 1,
          stackLevel: 0,
          chargingProfilePurpose: "TxDefaultProfile",
          chargingProfileKind: "Absolute",
          chargingSchedule: [
            {
              id: 1,
              startSchedule: new Date(Date.now() - 60_000).toISOString(),
              chargingRateUnit: "W",
              chargingSchedulePeriod: [{ startPeriod: 0, limit: -20_000 }],
            },
          ],
        },
      })
      .catch(() => ({ status: "Rejected" }));
    if (status === "Accepted") return;
    await sleep(1_000);
  }
  throw new Error("the station never accepted the profile");
}

/** `islet run` as a process of its own, with a permit and a short wait before discharging. */
function startController(config: SiteConfig): { process: ChildProcess; stop: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "islet-test-"));
  const { permitFile, anchorFile } = createDemoPermit(folder, config);
  const file = join(folder, "site.yaml");
  const site = {
    ...config,
    site: { ...config.site, gridProfile: join(root, "config/profiles/demo.yaml") },
    permit: { file: permitFile, anchors: [anchorFile] },
    stateDir: join(folder, "state"),
  };
  writeFileSync(file, stringify(site));
  const child = spawn(process.execPath, [isletFile, "run", "--config", file, "--demo"], {
    cwd: root,
    stdio: "ignore",
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    process: child,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

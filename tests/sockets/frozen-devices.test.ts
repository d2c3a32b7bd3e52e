/**
 * Two faults with two names on the simulator's own sockets: a device that answers with old values, and one that does not
 * answer. Asked by a client of this file alone.
 */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../sim/run/process.ts";
import { parseSimOptions } from "../../sim/run/sim-options.ts";
import { parseSiteConfig } from "../../src/config/parse.ts";
import type { SiteConfig } from "../../src/config/site.ts";

const base = 20_000 + 10 * Math.floor(1_000 * Math.random());
const at = (offset: number) => ({ host: "127.0.0.1", port: base + offset });

function site(change: Record<string, unknown> = {}): SiteConfig {
  const parsed = parseSiteConfig(
    JSON.stringify({
      site: { name: "S", serviceMode: "parallel-non-export", nominalVoltageV: 480 },
      pcc: { importLimitW: 100_000, meter: at(0) },
      transferDevice: { kind: "open-transition", ...at(1) },
      loadPanel: at(1),
      tiers: [{ name: "Critical", loadW: 5_000 }],
      evses: [{ stage: at(2), maxChargeW: 50_000 }],
      ...change,
    }),
    "site.yaml",
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

const options = (() => {
  const parsed = parseSimOptions({ building: { data: "none" } });
  if (!parsed.ok) throw new Error(parsed.error.join());
  return parsed.value;
})();

/** Reads a whole device's registers; null when nothing comes within `withinMs`. */
function ask(offset: number, address: number, count: number, withinMs = 10_000): Promise<string | null> {
  return new Promise((resolve) => {
    const socket: Socket = connect(base + offset, "127.0.0.1");
    const patience = setTimeout(() => {
      socket.destroy();
      resolve(null);
    }, withinMs);
    socket.on("error", () => undefined);
    socket.on("data", (reply: Buffer) => {
      clearTimeout(patience);
      socket.destroy();
      resolve(reply.subarray(9).toString("hex"));
    });
    const request = Buffer.from([0, 7, 0, 0, 0, 6, 1, 3, 0, 0, 0, 0]);
    request.writeUInt16BE(address, 8);
    request.writeUInt16BE(count, 10);
    socket.write(request);
  });
}

/** First register after the marker and the common model of 66 registers: the device's own model. */
const own = 40_000 + 2 + 68;
/** What is read of each: K1's block, the panel's after it, the meter's, the end of the stage's chain with its clock. */
const devices = {
  meter: { target: "meterLink", offset: 0, address: own, count: 100 },
  k1: { target: "transferDeviceLink", offset: 1, address: own, count: 29 },
  panel: { target: "loadPanelLink", offset: 1, address: own + 29, count: 9 },
} as const;

describe("a device behind the simulator's sockets", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ site: site(), sim: options });
  });
  afterAll(() => simulator.close());
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  for (const [name, { target, offset, address, count }] of Object.entries(devices)) {
    test(`${name}: lives, freezes and answers, hangs and does not, lives again`, async () => {
      const { faults } = simulator.simulation;
      const moves = async (): Promise<boolean> => {
        const before = await ask(offset, address, count);
        for (let tries = 0; tries < 100; tries += 1) {
          await sleep(150);
          const after = await ask(offset, address, count);
          if (before !== null && after !== null && before !== after) return true;
        }
        return false;
      };
      expect(await moves()).toBe(true);
      faults.set(target, "freeze", 0, true);
      await sleep(50);
      const frozen = await ask(offset, address, count);
      await sleep(150);
      expect(frozen).not.toBeNull();
      expect(await ask(offset, address, count)).toBe(frozen);
      faults.set(target, "freeze", 0, false);
      faults.set(target, "hang", 0, true);
      await sleep(50);
      expect(await ask(offset, address, count, 1_000)).toBeNull();
      faults.set(target, "hang", 0, false);
      await sleep(50);
      expect(await moves()).toBe(true);
    });
  }

  test("K1 frozen leaves the panel on the same unit alive", async () => {
    const { faults } = simulator.simulation;
    faults.set("transferDeviceLink", "freeze", 0, true);
    await sleep(50);
    const { offset, address, count } = devices.panel;
    const before = await ask(offset, address, count);
    let after = before;
    for (let tries = 0; tries < 100 && after === before; tries += 1) {
      await sleep(150);
      after = await ask(offset, address, count);
    }
    expect([before, after]).not.toContain(null);
    expect(after).not.toBe(before);
    faults.set("transferDeviceLink", "freeze", 0, false);
  });

  test("a site set up for parallel operation may discharge in the simulator's own judgement", () => {
    expect(simulator.simulation.world.truth.mayDischarge).toBe(true);
  });
});

test("a site with a register map is refused with the settings to leave out", async () => {
  const mapped = site({ pcc: { importLimitW: 100_000, meter: { ...at(0), map: "maps/umg604.yaml" } } });
  await expect(startSimulator({ site: mapped, sim: options })).rejects.toThrow(
    /SunSpec only: pcc\.meter\.map is maps\/umg604\.yaml/,
  );
});

/** Promises of the bridge that a single changed line would break without anything else noticing. */
import { afterEach, describe, expect, test } from "vitest";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { clock, startSite, type TestSite, type TestSiteOptions } from "./site.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let site: TestSite | undefined;
const start = async (options?: TestSiteOptions): Promise<TestSite> => {
  site = await startSite(options);
  await site.bridge.discover({ verify: false });
  site.commands.commandsEnabled = true;
  return site;
};
afterEach(async () => {
  await site?.close();
  site = undefined;
});

describe("writes", () => {
  test("an unanswered write → its sequence number is never used again", async () => {
    const one = await start({ deadlineMs: 30 });
    const { face } = one.faces[0]!;
    const write = face.write.bind(face);
    const seen: number[] = [];
    face.write = (address, count, from, at) => {
      if (count > 10) seen.push(from.readUInt32BE(at + 4));
      if (count <= 10 || seen.length % 2 === 0) return write(address, count, from, at);
      // It has arrived, is not executed yet, and nobody acknowledges it: it may still be executed any time.
      setImmediate(() => one.stageServers[0]!.resetConnections());
      return ExceptionCode.ok;
    };
    one.stageServers[0]!.faults.delayMs = 5;
    for (let i = 0; i < 60 && seen.length < 10; i += 1) {
      Object.assign(one.commands.stages[0]!, { role: "charge", powerW: 1_000 * (i + 1) });
      await one.cycle();
      await sleep(15);
    }
    expect(seen.length).toBeGreaterThanOrEqual(6);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("a write that fails → not in force: a cut is said again in the next cycle, not at the refresh", async () => {
    const one = await start();
    const { face } = one.faces[0]!;
    Object.assign(one.commands.stages[0]!, { role: "discharge", powerW: -30_000 });
    await one.cycle();
    expect(one.stages[0]!.powerW).toBe(-30_000);
    const write = face.write.bind(face);
    face.write = () => ExceptionCode.deviceFailure;
    Object.assign(one.commands.stages[0]!, { role: "discharge", powerW: -1_000 });
    await one.cycle();
    expect(one.stages[0]!.powerW).toBe(-30_000);
    face.write = write;
    await one.cycle();
    expect(one.stages[0]!.powerW).toBe(-1_000);
  });

  test("while a stage is verified the cycle writes nothing to it", async () => {
    const one = await start();
    Object.assign(one.commands.stages[0]!, { role: "charge", powerW: 9_000 });
    let verified = false;
    const verifying = one.bridge.verifyStages().then(() => {
      verified = true;
    });
    await sleep(30);
    const before = one.stages[0]!.commands.length;
    while (!verified) {
      await one.cycle();
      await sleep(20);
    }
    await verifying;
    const during = one.stages[0]!.commands.slice(before);
    expect(during.filter(({ powerW }) => powerW !== 0)).toEqual([]);
    await one.cycle();
    expect(one.stages[0]!.powerW).toBe(9_000);
  });

  test("after a silence everything is said anew at once", async () => {
    const one = await start();
    Object.assign(one.commands.stages[0]!, { role: "charge", powerW: 4_000 });
    await one.cycle();
    const written = one.stages[0]!.commands.length;
    await one.cycle();
    expect(one.stages[0]!.commands.length).toBe(written);
    one.commands.commandsEnabled = false;
    await one.cycle();
    one.commands.commandsEnabled = true;
    await one.cycle();
    expect(one.stages[0]!.commands.length).toBe(written + 1);
  });
});

describe("facts", () => {
  test("a panel that has fallen silent → its loads are unknown after a second, not the last ones for ever", async () => {
    const one = await start();
    await one.bridge.readAll(one.snapshot, clock() + 100);
    expect(one.snapshot.site.tierLoadW).toEqual([15_000, 40_000, 30_000]);
    expect(one.snapshot.site.pvPowerW).toBeCloseTo(8_000, 0);
    one.siteServer.faults.loss = 1;
    const untilMs = clock() + 1_300;
    while (clock() < untilMs) {
      await one.bridge.readAll(one.snapshot, clock() + 10);
      await sleep(20);
    }
    expect(one.snapshot.site.tierLoadW).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(one.snapshot.site.pvPowerW).toBeNaN();
  });

  test("a stage whose own heartbeat stands → not alive after 3 s, alive again with the next beat", async () => {
    const one = await start();
    const stage = one.stages[0]!;
    let beat = 100;
    Object.defineProperty(stage, "heartbeat", { get: () => beat });
    const run = async (ms: number): Promise<void> => {
      const untilMs = clock() + ms;
      while (clock() < untilMs) {
        await one.bridge.readAll(one.snapshot, clock() + 50);
        await sleep(30);
      }
    };
    await run(200);
    expect(one.snapshot.stages[0]!.alive).toBe(true);
    await run(3_200);
    expect(one.snapshot.stages[0]!.alive).toBe(false);
    beat += 1;
    await run(200);
    expect(one.snapshot.stages[0]!.alive).toBe(true);
  });
});

import { afterEach, describe, expect, test } from "vitest";
import { startSite, type TestSite, type TestSiteOptions } from "./site.ts";

let site: TestSite | undefined;
const start = async (options?: TestSiteOptions): Promise<TestSite> => {
  site = await startSite(options);
  return site;
};
afterEach(async () => {
  await site?.close();
  site = undefined;
});

describe("discovery", () => {
  test("a site of all kinds of devices → all found, identified, the stages verified", async () => {
    const { bridge } = await start({ stages: 2 });
    const reports = await bridge.discover();
    expect(reports.map(({ name, found, verified, faults }) => ({ name, found, verified, faults }))).toEqual(
      ["K1", "PCC meter", "Bay 1", "Bay 2", "Panel", "PV"].map((name) => ({
        name,
        found: true,
        verified: true,
        faults: [],
      })),
    );
    expect(reports[2]!.identity).toMatchObject({ serialNumber: "S-1", version: "2.1.0" });
  });

  test("a standard SunSpec stage without our model → verified as well", async () => {
    const { bridge } = await start({ stageModel: false });
    const report = (await bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ found: true, verified: true, faults: [] });
  });
});

describe("facts", () => {
  for (const stageModel of [true, false]) {
    test(`a discharging stage ${stageModel ? "with" : "without"} our model → negative power inside`, async () => {
      const { bridge, snapshot, stages } = await start({ stageModel });
      await bridge.discover({ verify: false });
      Object.assign(stages[0]!, { role: "discharge", powerW: -42_000, reactiveVar: 1_200 });
      await bridge.readAll(snapshot, performance.now() + 200);
      expect(snapshot.stages[0]).toMatchObject({
        role: "discharge",
        powerW: -42_000,
        reactiveVar: 1_200,
        local: false,
      });
      expect(snapshot.stages[0]!.voltagePu).toBeCloseTo(1.01, 3);
      expect(snapshot.stages[0]!.frequencyHz).toBeCloseTo(60.02, 3);
      expect(snapshot.stages[0]!.atMs).toBeGreaterThan(0);
    });
  }
});

describe("commands", () => {
  for (const stageModel of [true, false]) {
    test(`charge and discharge reach a stage ${stageModel ? "with" : "without"} our model with the right sign`, async () => {
      const { bridge, commands, stages, faces, cycle } = await start({ stageModel });
      const { face } = faces[0]!;
      await bridge.discover();
      commands.commandsEnabled = true;
      for (const powerW of [30_000, -25_000, 0]) {
        Object.assign(commands.stages[0]!, { role: powerW < 0 ? "discharge" : "charge", powerW });
        await cycle();
        expect(stages[0]!.powerW).toBe(powerW);
        // What stands in the register, said without our own flip: generation is positive.
        const written = stageModel ? face.get(64_901, "WCmd") : face.get(704, "WSet");
        expect(written).toBe(powerW === 0 ? 0 : -powerW);
        expect(stages[0]!.role).toBe(powerW < 0 ? "discharge" : "charge");
      }
    });
  }

  test("silence → nothing at all is written", async () => {
    const { bridge, commands, stages, cycle, stageServers, siteServer } = await start();
    await bridge.discover({ verify: false });
    commands.commandsEnabled = false;
    for (let i = 0; i < 5; i += 1) await cycle();
    expect(stages[0]!.commands).toEqual([]);
    expect(stageServers[0]!.counters.writes + siteServer.counters.writes).toBe(0);
  });

  test("transfer device, panel and PV obey", async () => {
    const { bridge, commands, cycle, transferDevice, panel, pv } = await start();
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    Object.assign(commands, { transferDevice: "open", pvLimitW: 3_300, tierClosed: [true, false, true] });
    await cycle();
    await cycle();
    expect(transferDevice.contactNo).toBe("open");
    expect(panel.breakers).toEqual([true, false, true]);
    expect(pv.limitW).toBeCloseTo(3_300, 6);
    Object.assign(commands, { transferDevice: "close", closeSequence: 1 });
    for (let i = 0; i < 4; i += 1) await cycle();
    expect(transferDevice).toMatchObject({ contactNo: "closed", operations: 1, closeSequence: 1 });
  });
});

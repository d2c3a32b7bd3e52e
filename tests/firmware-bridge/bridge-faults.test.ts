import { describe, expect, test } from "vitest";
import type { WireFaults } from "../../sim/peers/wire-faults.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import type { ModbusFault } from "../../src/protocols/modbus/faults.table.ts";
import { longestStallMs } from "../lib/standstill.ts";
import { clock, startSite, type TestSite, type TestSiteOptions } from "./site.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** A site that ends with its test. */
const start = async (finished: (close: () => Promise<void>) => void, options?: TestSiteOptions): Promise<TestSite> => {
  const site = await startSite(options);
  finished(() => site.close());
  return site;
};

describe("a device that answers wrongly, late, short or not at all", () => {
  const wires: readonly (readonly [string, Partial<WireFaults>, ModbusFault])[] = [
    ["loses every reply", { loss: 1 }, "timeout"],
    ["answers noise", { garbage: 1 }, "wrong-protocol"],
    ["answers short", { short: 1 }, "wrong-length"],
    ["answers for another unit", { wrongUnit: 1 }, "wrong-unit"],
    ["answers with another function", { wrongFunction: 1 }, "wrong-function"],
    ["answers under another transaction", { wrongTransaction: 1 }, "wrong-transaction"],
    ["answers late", { late: 1, lateMs: 1_500 }, "timeout"],
    ["resets in the middle", { reset: 1 }, "reset"],
  ];
  for (const [name, faults, expected] of wires) {
    test(`a stage that ${name} → named fault, its facts keep their age; good again afterwards`, async ({
      onTestFinished: finished,
    }) => {
      const { bridge, snapshot, stageServers, stages } = await start(finished, { deadlineMs: 40 });
      await bridge.discover({ verify: false });
      await bridge.readAll(snapshot, clock() + 100);
      const { atMs } = snapshot.stages[0]!;
      expect(atMs).toBeGreaterThan(0);
      stages[0]!.powerW = 1_234;
      Object.assign(stageServers[0]!.faults, faults);
      const { device } = bridge.stages[0]!;
      const seen = new Set<string | null>();
      const faultyUntilMs = clock() + 600;
      while (clock() < faultyUntilMs) {
        await bridge.readAll(snapshot, clock() + 40);
        seen.add(device.link.counters.lastFault);
        await sleep(5);
      }
      expect(device.cycleFault).not.toBeNull();
      expect([...seen]).toContain(expected);
      expect(snapshot.stages[0]).toMatchObject({ atMs, powerW: 0 });
      expect(snapshot.meter.atMs).toBeGreaterThan(atMs);

      for (const key of Object.keys(faults)) stageServers[0]!.faults[key as keyof WireFaults] = 0;
      const untilMs = clock() + 30_000;
      while (snapshot.stages[0]!.atMs === atMs && clock() < untilMs) {
        await bridge.readAll(snapshot, clock() + 100);
        await sleep(10);
      }
      expect(snapshot.stages[0]!.powerW).toBe(1_234);
      expect(bridge.stages[0]!.device.cycleFault).toBeNull();
    });
  }

  test("one dead stage does not keep the others from being read and written", async ({ onTestFinished: finished }) => {
    const { bridge, commands, stages, snapshot, stageServers, cycle } = await start(finished, {
      stages: 3,
      deadlineMs: 50,
    });
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    for (const command of commands.stages) Object.assign(command, { role: "charge", powerW: 7_000 });
    await stageServers[1]!.close();
    const closedMs = clock();
    const powersW = (): number[] => stages.map((stage) => stage.powerW);
    // Five cycles do, and more where the machine is busy.
    for (let i = 0; i < 5 || (i < 100 && powersW().join() !== "7000,0,7000"); i += 1) await cycle();
    expect(powersW()).toEqual([7_000, 0, 7_000]);
    expect(clock() - snapshot.stages[2]!.atMs).toBeLessThan(500 + longestStallMs(closedMs));
  });

  test("a stage that is swapped for another while disconnected → not believed until it is found anew", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, stages, faces, stageServers, snapshot } = await start(finished);
    await bridge.discover({ verify: false });
    await bridge.readAll(snapshot, clock() + 100);
    faces[0]!.face.setText(1, "SN", "ANOTHER");
    stages[0]!.powerW = 555;
    stageServers[0]!.resetConnections();
    await sleep(20);
    for (let i = 0; i < 3 && bridge.stages[0]!.device.state !== "unbound"; i += 1) {
      await bridge.readAll(snapshot, clock() + 100);
      await sleep(30);
    }
    const { faults, identity } = {
      faults: bridge.stages[0]!.device.faults,
      identity: bridge.stages[0]!.device.bound?.identity,
    };
    expect(faults).toMatchObject([{ fault: "identity-differs" }]);
    expect(faults[0]!.detail).toBe(
      `serialNumber: expected "${identity?.serialNumber}", found "ANOTHER", after a reconnection`,
    );
    expect(snapshot.stages[0]!.powerW).toBe(0);
    const untilMs = clock() + 3_000;
    while (snapshot.stages[0]!.powerW !== 555 && clock() < untilMs) {
      await bridge.readAll(snapshot, clock() + 100);
      await sleep(20);
    }
    expect(bridge.stages[0]!.device.bound?.identity.serialNumber).toBe("ANOTHER");
  });

  test("a stage that is swapped for another in the middle of its verification → the other one is never written to", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, stages, faces, stageServers } = await start(finished);
    await bridge.discover({ verify: false });
    const verifying = bridge.verifyStages();
    const untilMs = clock() + 9_000;
    while (stages[0]!.commands.length === 0 && clock() < untilMs) await sleep(5);
    // Its reversion timer is watched for more than a second now, and nothing is written meanwhile.
    await sleep(300);
    const written = stages[0]!.commands.length;
    faces[0]!.face.setText(1, "SN", "ANOTHER");
    stageServers[0]!.resetConnections();
    await verifying;
    const { device, context } = bridge.stages[0]!;
    expect(stages[0]!.commands).toHaveLength(written);
    expect([device.state, device.faults[0]?.fault, context.verified]).toEqual(["unbound", "identity-differs", false]);
  });

  test("a stage that is disconnected in the middle of its verification, and the same as before → verified", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, stages, stageServers } = await start(finished);
    await bridge.discover({ verify: false });
    const verifying = bridge.verifyStages();
    const untilMs = clock() + 9_000;
    while (stages[0]!.commands.length === 0 && clock() < untilMs) await sleep(5);
    stageServers[0]!.resetConnections();
    await verifying;
    expect([bridge.stages[0]!.device.faults, bridge.stages[0]!.context.verified]).toEqual([[], true]);
  });

  test("a stage that is found when the next round of verification is due → verified once", async ({
    onTestFinished: finished,
  }) => {
    const said: number[] = [];
    for (const alsoFound of [false, true]) {
      const { bridge, stages } = await start(finished);
      await bridge.discover({ verify: false });
      if (alsoFound) bridge.verifyFound();
      await bridge.verifyStages();
      const untilMs = clock() + 9_000;
      while (!bridge.stages[0]!.context.verified && clock() < untilMs) await sleep(20);
      said.push(stages[0]!.commands.length);
    }
    expect(said[1]).toBe(said[0]);
  });

  test("a stage that appears after the start → found in the background, and verified as soon as it is found", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, stageServers, snapshot, stages } = await start(finished);
    const { port } = stageServers[0]!;
    await stageServers[0]!.close();
    expect((await bridge.discover({ verify: false })).find((one) => one.kind === "stage")).toMatchObject({
      found: false,
      faults: [{ fault: "unreachable" }],
    });
    await stageServers[0]!.listen(port);
    stages[0]!.powerW = 321;
    const untilMs = clock() + 9_000;
    while (snapshot.stages[0]!.powerW !== 321 && clock() < untilMs) {
      await bridge.readAll(snapshot, clock() + 100);
      await sleep(20);
    }
    expect(snapshot.stages[0]!.powerW).toBe(321);
    const stage = bridge.stages[0]!;
    const verifiedBy = clock() + 9_000;
    while (!stage.context.verified && clock() < verifiedBy) {
      bridge.verifyFound();
      await bridge.readAll(snapshot, clock() + 100);
      await sleep(20);
    }
    expect([stage.device.faults, stage.context.verified]).toEqual([[], true]);
  });
});

describe("a peer that freezes for three seconds and thaws", () => {
  test("no stale setpoint is ever executed, and it is in service again afterwards", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, commands, stages, faces, stageServers, cycle } = await start(finished, { deadlineMs: 15 });
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    const command = commands.stages[0]!;
    const stage = stages[0]!;
    /** Moment at which each setpoint was decided, by its power: all are different. */
    const decidedMs = new Map<number, number>();
    let powerW = -30_000;
    const run = async (durationMs: number): Promise<void> => {
      const untilMs = clock() + durationMs;
      while (clock() < untilMs) {
        powerW += 25;
        decidedMs.set(powerW, clock());
        Object.assign(command, { role: powerW < 0 ? "discharge" : "charge", powerW });
        await cycle();
        await sleep(5);
      }
    };
    await run(400);
    const executedBefore = stage.commands.length;
    expect(executedBefore).toBeGreaterThan(10);
    stageServers[0]!.freeze();
    await run(3_000);
    expect(stage.commands.length).toBe(executedBefore);
    stageServers[0]!.thaw();
    await run(1_500);

    const stale = stage.commands.filter(({ powerW: executed }, i) => {
      const decided = decidedMs.get(executed);
      return decided === undefined || stage.commandMs[i]! - decided > 400;
    });
    expect(stale).toEqual([]);
    // The server did have old setpoints in hand, and refused them.
    expect(faces[0]!.refusedByAge()).toBeGreaterThan(0);
    expect(stage.commands.length).toBeGreaterThan(executedBefore);
    expect(stage.powerW).toBe(powerW);
  });

  test("the same for a transfer device: a close from before the freeze never moves it", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, commands, transferDevice, siteServer, cycle } = await start(finished, { deadlineMs: 15 });
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    commands.transferDevice = "open";
    for (let i = 0; i < 5; i += 1) await cycle();
    expect(transferDevice.contactNo).toBe("open");
    siteServer.freeze();
    Object.assign(commands, { transferDevice: "close", closeSequence: 1 });
    for (let i = 0; i < 3; i += 1) await cycle();
    Object.assign(commands, { transferDevice: "open" });
    await sleep(600);
    siteServer.thaw();
    expect(transferDevice).toMatchObject({ contactNo: "open", operations: 0 });
  });
});

describe.concurrent("setpoints", () => {
  test("only changes beyond the dead band, cuts and refreshes are written", async ({ onTestFinished: finished }) => {
    const { bridge, commands, stages, cycle } = await start(finished);
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    const command = commands.stages[0]!;
    const written = async (powerW: number): Promise<number> => {
      const before = stages[0]!.commands.length;
      Object.assign(command, { role: powerW < 0 ? "discharge" : "charge", powerW });
      await cycle();
      return stages[0]!.commands.length - before;
    };
    expect(await written(10_000)).toBe(1);
    expect(await written(10_000)).toBe(0);
    expect(await written(10_010)).toBe(0);
    expect(await written(10_100)).toBe(1);
    expect(await written(10_099)).toBe(1);
    expect(await written(-5_000)).toBe(1);
    expect(await written(-5_010)).toBe(0);
    expect(await written(-4_999)).toBe(1);
    await sleep(300);
    expect(await written(-4_999)).toBe(1);
  });

  test("sequence numbers only rise, and go on from the stage's own after a restart of the controller", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, commands, stages, cycle } = await start(finished);
    stages[0]!.executedSequence = 41_000;
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    for (let i = 0; i < 5; i += 1) {
      Object.assign(commands.stages[0]!, { role: "charge", powerW: 1_000 * i });
      await cycle();
    }
    expect(stages[0]!.commands.map((one) => one.sequence)).toEqual([41_001, 41_002, 41_003, 41_004, 41_005]);
  });

  test("a lease that has run out, and a power that is no number → nothing is written", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, commands, stages, cycle } = await start(finished);
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    Object.assign(commands.stages[0]!, { role: "charge", powerW: 5_000, leaseUntilMs: clock() - 1 });
    await cycle();
    expect(bridge.stages[0]!.device.cycleFault).toBe("lease-expired");
    for (const powerW of [Number.NaN, Number.POSITIVE_INFINITY]) {
      Object.assign(commands.stages[0]!, { powerW, leaseUntilMs: Number.POSITIVE_INFINITY });
      await cycle();
      expect(bridge.stages[0]!.device.cycleFault).toBe("command-impossible");
    }
    expect(stages[0]!.commands).toEqual([]);
  });

  for (const role of ["forming", "hold"] as const) {
    test(`${role} on a stage that has no word for it → nothing is written`, async ({ onTestFinished: finished }) => {
      const { bridge, commands, stages, cycle } = await start(finished, { stageModel: false });
      await bridge.discover({ verify: false });
      commands.commandsEnabled = true;
      Object.assign(commands.stages[0]!, { role, formVoltagePu: 1, formFrequencyHz: 60 });
      for (let i = 0; i < 3; i += 1) await cycle();
      expect(stages[0]!.commands).toEqual([]);
      expect(bridge.stages[0]!.device.cycleFault).toBe("command-impossible");
    });
  }

  test("hold → the order, its setpoint and the island's reference reach the stage", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, commands, stages, cycle } = await start(finished);
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    Object.assign(commands.stages[0]!, { role: "hold", powerW: -12_000, formVoltagePu: 1, formFrequencyHz: 60 });
    await cycle();
    const ordered = { role: "hold", powerW: -12_000, formVoltagePu: 1, formFrequencyHz: 60 };
    expect(stages[0]!.commands.at(-1)).toMatchObject(ordered);
  });

  test("forming → role and setpoints of the island reach the stage", async ({ onTestFinished: finished }) => {
    const { bridge, commands, stages, cycle } = await start(finished);
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    Object.assign(commands.stages[0]!, { role: "forming", formVoltagePu: 1.025, formFrequencyHz: 59.95 });
    await cycle();
    expect(stages[0]).toMatchObject({ role: "forming", formFrequencyHz: 59.95 });
    expect(stages[0]!.formVoltagePu).toBeCloseTo(1.025, 9);
  });

  test("the heartbeat advances once a second, and only when it was earned", async ({ onTestFinished: finished }) => {
    const { bridge, commands, stages, cycle } = await start(finished);
    await bridge.discover({ verify: false });
    commands.commandsEnabled = true;
    const run = async (durationMs: number, earned: boolean): Promise<number> => {
      const before = stages[0]!.heartbeats.length;
      const untilMs = clock() + durationMs;
      while (clock() < untilMs) {
        await cycle(earned);
        await sleep(10);
      }
      return stages[0]!.heartbeats.length - before;
    };
    await run(300, true);
    expect(await run(1_500, false)).toBe(0);
    expect(await run(2_600, true)).toBeGreaterThanOrEqual(2);
  });
});

describe.concurrent("verification at start", () => {
  test("a timer that does not count → reversion-not-counting, the stage is not verified", async ({
    onTestFinished: finished,
  }) => {
    const { bridge, stages, snapshot } = await start(finished);
    stages[0]!.reversionCounts = false;
    const report = (await bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ found: true, verified: false, faults: [{ fault: "reversion-not-counting" }] });
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.stages[0]!.verified).toBe(false);
  });

  test("a timer that a setpoint does not reload → reversion-not-reloaded", async ({ onTestFinished: finished }) => {
    const { bridge, stages } = await start(finished);
    stages[0]!.reversionReloads = false;
    const report = (await bridge.discover()).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ verified: false, faults: [{ fault: "reversion-not-reloaded" }] });
  });

  for (const role of ["forming", "discharge"] as const) {
    test(`a stage that is ${role} → left alone, verified when it has become idle`, async ({
      onTestFinished: finished,
    }) => {
      const { bridge, stages } = await start(finished);
      Object.assign(stages[0]!, { role, powerW: -20_000 });
      const report = (await bridge.discover()).find((one) => one.kind === "stage")!;
      expect(report).toMatchObject({ verified: false, faults: [{ fault: "not-idle" }] });
      expect(stages[0]!.commands).toEqual([]);
      Object.assign(stages[0]!, { role: "off", powerW: 0 });
      await bridge.verifyStages();
      expect(bridge.reports().find((one) => one.kind === "stage")).toMatchObject({ verified: true, faults: [] });
    });
  }

  for (const [field, fault] of [
    ["serialNumber", "identity-differs"],
    ["version", "firmware-differs"],
  ] as const) {
    test(`another ${field} than commissioned → ${fault}, not used`, async ({ onTestFinished: finished }) => {
      const { bridge } = await start(finished, { settings: () => ({ expected: { [field]: "COMMISSIONED" } }) });
      const report = (await bridge.discover({ verify: false })).find((one) => one.kind === "stage")!;
      expect(report).toMatchObject({ found: false, faults: [{ fault }] });
    });
  }

  test("a setpoint whose scale factor is not implemented → refused", async ({ onTestFinished: finished }) => {
    const { bridge, faces } = await start(finished, { stageModel: false });
    const { face } = faces[0]!;
    face.bytes.writeInt16BE(-0x8000, 2 * (face.address(704, "WSet_SF") - face.baseAddress));
    const report = (await bridge.discover({ verify: false })).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ found: false, faults: [{ fault: "scale-missing" }] });
  });

  test("a meter in the place of a stage → models-missing", async ({ onTestFinished: finished }) => {
    const { bridge } = await start(finished, {
      settings: (_, sitePort) => ({ link: { kind: "tcp", host: "127.0.0.1", port: sitePort }, unit: 1 }),
    });
    const report = (await bridge.discover({ verify: false })).find((one) => one.kind === "stage")!;
    expect(report).toMatchObject({ found: false, faults: [{ fault: "models-missing" }] });
  });
});

test("values of a slow block that can no longer be read → unknown, while the cycle goes on", async ({
  onTestFinished: finished,
}) => {
  const { bridge, snapshot, faces } = await start(finished, { stageModel: false });
  await bridge.discover({ verify: false });
  const { face } = faces[0]!;
  const run = async (durationMs: number): Promise<void> => {
    const untilMs = clock() + durationMs;
    while (clock() < untilMs) {
      await bridge.readAll(snapshot, clock() + 50);
      await sleep(20);
    }
  };
  await run(300);
  expect(snapshot.stages[0]).toMatchObject({ socPct: 71.5, alive: true });
  const slowFrom = face.address(713, "SoC");
  const read = face.read.bind(face);
  face.read = (address, count, into, at) =>
    address <= slowFrom && address + count > slowFrom ? ExceptionCode.deviceFailure : read(address, count, into, at);
  const unreadableMs = clock();
  await run(5_600);
  expect(snapshot.stages[0]!.socPct).toBeNaN();
  expect(clock() - snapshot.stages[0]!.atMs).toBeLessThan(500 + longestStallMs(unreadableMs));
});

describe.concurrent("the meter", () => {
  for (const model of [213, 211, 203, 201]) {
    for (const importPositive of [true, false]) {
      test(`model ${model} that counts ${importPositive ? "import" : "export"} as positive → import positive inside`, async ({
        onTestFinished: finished,
      }) => {
        const { bridge, snapshot, meter, meterFace } = await start(finished, { meterModel: model, importPositive });
        meter.powerW = -23_400;
        meter.phasePowerW = [-7_800, -7_700, -7_900];
        await bridge.discover({ verify: false });
        await bridge.readAll(snapshot, clock() + 100);
        // What stands in the register, said without our own flip: export is negative where import counts positive.
        expect(meterFace.get(model, "W")).toBeCloseTo(importPositive ? -23_400 : 23_400, 0);
        expect(snapshot.meter.powerW).toBeCloseTo(-23_400, 0);
        expect(snapshot.meter.phasePowerW.map(Math.round)).toEqual([-7_800, -7_700, -7_900]);
        expect(snapshot.meter.voltagePu).toBeCloseTo(1, 3);
        expect(snapshot.meter.phaseVoltagePu[1]).toBeCloseTo(1.01, 3);
      });
    }
  }

  test("the same registers again are no new sample; a change is", async ({ onTestFinished: finished }) => {
    const { bridge, snapshot, meter } = await start(finished);
    await bridge.discover({ verify: false });
    await bridge.readAll(snapshot, clock() + 100);
    const { sampleCount, sampleAtMs, atMs } = snapshot.meter;
    await sleep(5);
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.meter).toMatchObject({ sampleCount, sampleAtMs });
    expect(snapshot.meter.atMs).toBeGreaterThan(atMs);
    meter.powerW += 10;
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.meter.sampleCount).toBe(sampleCount + 1);
    expect(snapshot.meter.sampleAtMs).toBe(snapshot.meter.atMs);
  });

  test("NaN in a float register → NaN in the fact, with a fresh age", async ({ onTestFinished: finished }) => {
    const { bridge, snapshot, meter } = await start(finished);
    await bridge.discover({ verify: false });
    meter.powerW = Number.NaN;
    const fromMs = clock();
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.meter.powerW).toBeNaN();
    expect(snapshot.meter.atMs).toBeGreaterThanOrEqual(fromMs);
  });
});

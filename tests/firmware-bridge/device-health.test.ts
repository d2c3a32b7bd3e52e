import { afterEach, describe, expect, test } from "vitest";
import type { DeviceReport } from "../../firmware-bridge/report.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { longestStallMs } from "../lib/standstill.ts";
import { clock, startSite, type TestSite, type TestSiteOptions } from "./site.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let site: TestSite | undefined;
const start = async (options?: TestSiteOptions): Promise<TestSite> => {
  site = await startSite(options);
  return site;
};
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const stageReport = ({ bridge }: TestSite): DeviceReport => bridge.reports().find(({ kind }) => kind === "stage")!;

/** Cycles until the stage has a fault, at most `ms`; its sentence. */
async function faultWithin(one: TestSite, ms: number): Promise<DeviceReport["fault"]> {
  const untilMs = clock() + ms;
  while (clock() < untilMs) {
    await one.bridge.readAll(one.snapshot, clock() + 10);
    if (one.bridge.faultsChanged() && stageReport(one).fault !== null) return stageReport(one).fault;
    await sleep(10);
  }
  return null;
}

describe("what stands between a device and its work is named within 5 s", () => {
  test("nobody listens → where, why, and what to check", async () => {
    const one = await start({ settings: () => ({ link: { kind: "tcp", host: "127.0.0.1", port: 9 } }) });
    void one.bridge.discover({ verify: false });
    const fault = await faultWithin(one, 30_000);
    expect(fault).toMatchObject({ code: "unreachable", clears: "itself" });
    expect(fault!.sentence).toContain("Bay 1 (tcp 127.0.0.1:9, unit 1)");
    expect(fault!.sentence).toContain("nothing listens at this port (connect ECONNREFUSED");
    expect(fault!.sentence).toContain("Check its power, its network cable");
  });

  test("a wrong unit → the exception's words, and the unit identifier to check", async () => {
    const one = await start({ settings: () => ({ unit: 77 }) });
    void one.bridge.discover({ verify: false });
    const fault = await faultWithin(one, 30_000);
    expect(fault).toMatchObject({ code: "no-sunspec" });
    expect(fault!.sentence).toContain("correct the unit identifier");
  });

  test("a device that answers no more → timeout within 2 s, with its unit; over when it answers again", async () => {
    const one = await start();
    await one.bridge.discover({ verify: false });
    await one.bridge.readAll(one.snapshot, clock() + 100);
    expect(one.bridge.faultsChanged()).toBe(false);
    one.stageServers[0]!.faults.loss = 1;
    const lostMs = clock();
    const fault = await faultWithin(one, 30_000);
    expect(clock() - lostMs).toBeLessThan(2_500 + longestStallMs(lostMs));
    expect(fault!.code).toBe("timeout");
    expect(fault!.sentence).toContain("Check the unit identifier, and that Modbus is switched on");
    one.stageServers[0]!.faults.loss = 0;
    const untilMs = clock() + 30_000;
    while (stageReport(one).fault !== null && clock() < untilMs) {
      await one.bridge.readAll(one.snapshot, clock() + 20);
      await sleep(10);
    }
    expect(stageReport(one).fault).toBeNull();
    expect(one.bridge.faultsChanged()).toBe(true);
  });

  for (const stageModel of [true, false])
    test(`found and not read yet, ${stageModel ? "with" : "without"} a clock of its own → no fault, at no read after it`, async () => {
      const one = await start({ stageModel });
      await one.bridge.discover({ verify: false });
      expect(stageReport(one).fault).toBeNull();
      const fromMs = clock();
      for (let i = 0; i < 20; i += 1) {
        await one.bridge.readAll(one.snapshot, clock() + 50);
        expect(stageReport(one).fault).toBeNull();
        // Two reads may fall into the same millisecond of its clock.
        expect(clock() - one.snapshot.stages[0]!.liveAtMs).toBeLessThan(1_000 + longestStallMs(fromMs));
      }
    });

  test("commands that are refused again and again → the register and the device's reason", async () => {
    const one = await start();
    await one.bridge.discover({ verify: false });
    one.commands.commandsEnabled = true;
    one.faces[0]!.face.write = () => ExceptionCode.illegalValue;
    for (let i = 0; i < 6; i += 1) {
      Object.assign(one.commands.stages[0]!, { role: "charge", powerW: 1_000 * (i + 1) });
      await one.cycle();
      await sleep(30);
    }
    const { fault } = stageReport(one);
    expect(fault).toMatchObject({ code: "command-refused" });
    expect(fault!.sentence).toMatch(/register \d+: exception 3, it does not take this value or length/);
  });

  test("counts and times are there for everybody", async () => {
    const one = await start();
    await one.bridge.discover({ verify: false });
    const fromMs = clock();
    for (let i = 0; i < 5; i += 1) await one.bridge.readAll(one.snapshot, clock() + 100);
    const report = stageReport(one);
    expect(report.latencyP50Ms).toBeGreaterThan(0);
    expect(report.latencyP99Ms).toBeGreaterThanOrEqual(report.latencyP50Ms);
    expect(clock() - report.answersAtMs).toBeLessThan(1_000 + longestStallMs(fromMs));
    expect(clock() - report.liveAtMs).toBeLessThan(1_000 + longestStallMs(fromMs));
  });
});

/** The device goes on answering, with what it said last: a frozen register image, a gateway's cache. */
function holdValues(face: RegisterFace): () => void {
  const read = face.read.bind(face);
  const kept = new Map<string, Buffer>();
  face.read = (address, count, target, offset) => {
    const question = `${address}+${count}`;
    const known = kept.get(question);
    if (known !== undefined) {
      known.copy(target, offset);
      return ExceptionCode.ok;
    }
    const code = read(address, count, target, offset);
    kept.set(question, Buffer.from(target.subarray(offset, offset + 2 * count)));
    return code;
  };
  return () => {
    face.read = read;
  };
}

describe("answers with old values over real sockets → old within 2 s, named, over when they move", () => {
  const cases = [
    ["stage", (one: TestSite) => one.faces[0]!.face, ({ snapshot }: TestSite) => snapshot.stages[0]!.liveAtMs],
    [
      "transfer-device",
      (one: TestSite) => one.transferFace,
      ({ snapshot }: TestSite) => snapshot.transferDevice.liveAtMs,
    ],
    ["load-panel", (one: TestSite) => one.transferFace, ({ snapshot }: TestSite) => snapshot.site.panelLiveAtMs],
  ] as const;
  for (const [kind, faceOf, liveAtMs] of cases) {
    test(kind, async () => {
      const one = await start();
      await one.bridge.discover({ verify: false });
      const report = () => one.bridge.reports().find((each) => each.kind === kind)!;
      const run = async (ms: number, until: () => boolean): Promise<number> => {
        const fromMs = clock();
        while (clock() - fromMs < ms && !until()) {
          await one.bridge.readAll(one.snapshot, clock() + 10);
          await sleep(10);
        }
        return clock() - fromMs;
      };
      await run(10_000, () => clock() - liveAtMs(one) < 200);
      expect(clock() - liveAtMs(one)).toBeLessThan(200);
      const release = holdValues(faceOf(one));
      const heldMs = clock();
      const tookMs = await run(20_000, () => report().fault?.code === "clock-stands");
      expect(tookMs).toBeLessThan(2_000 + longestStallMs(heldMs));
      expect(clock() - liveAtMs(one)).toBeGreaterThan(1_400);
      expect(report().fault!.sentence).toContain("its own clock stands");
      release();
      await run(20_000, () => report().fault === null && clock() - liveAtMs(one) < 200);
      expect(report().fault).toBeNull();
      expect(clock() - liveAtMs(one)).toBeLessThan(200);
    });
  }
});

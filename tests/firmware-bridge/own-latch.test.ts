/** A stage that has latched the loss of the controller's heartbeat: what the controller resets by itself, and what it leaves. */
import { afterEach, describe, expect, test } from "vitest";
import type { DeviceReport } from "../../firmware-bridge/report.ts";
import {
  latchForgottenMs,
  latchResetsMax,
  OwnLatch,
  ownPauseResetsMax,
} from "../../firmware-bridge/stage/own-latch.ts";
import { startSite, type TestSite, type TestSiteOptions } from "./site.ts";

let site: TestSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const groundFault = 1;
const manufacturer = 1 << 16;
const report = ({ bridge }: TestSite): DeviceReport => bridge.reports().find(({ kind }) => kind === "stage")!;

/** Found, verified, in its cycle, with a heartbeat that is earned; the stage has latched before. */
async function latched(alarmBits: number, options?: TestSiteOptions): Promise<TestSite> {
  site = await startSite(options);
  Object.assign(site.stages[0]!, { watchdogTripped: true, alarmBits });
  await site.bridge.discover();
  site.commands.commandsEnabled = true;
  await site.cycle();
  return site;
}

/** Verification when its turn comes again, and a cycle that sees what it did. */
async function again(one: TestSite, earned = true): Promise<void> {
  await one.cycle(earned);
  await one.bridge.verifyStages();
  await one.cycle(earned);
}

describe("a stage that latched while the controller was away", () => {
  for (const alarmBits of [0, manufacturer]) {
    test(`alarms 0x${alarmBits.toString(16)} → unusable and named; zero, then one reset; usable`, async () => {
      const one = await latched(alarmBits);
      expect(one.snapshot.stages[0]!.verified).toBe(false);
      expect(report(one)).toMatchObject({ verified: false, fault: { code: "watchdog-latched", clears: "itself" } });
      expect(one.stages[0]!.alarmResets).toBe(0);
      await again(one);
      expect(one.stages[0]).toMatchObject({ alarmResets: 1, watchdogTripped: false, role: "off", powerW: 0 });
      expect(one.snapshot.stages[0]!.verified).toBe(true);
      expect(report(one)).toMatchObject({ verified: true, fault: null });
      await again(one);
      expect(one.stages[0]!.alarmResets).toBe(1);
    });
  }

  test("while it was being used, connection kept → reset likewise", async () => {
    const one = await latched(0);
    await again(one);
    one.stages[0]!.watchdogTripped = true;
    await again(one);
    expect(one.stages[0]).toMatchObject({ alarmResets: 2, watchdogTripped: false });
  });
});

describe("what the controller does not reset", () => {
  test("an alarm beside it → a person, and it says which; once that is gone, the rest", async () => {
    const one = await latched(groundFault | manufacturer);
    await again(one);
    expect(one.stages[0]!.alarmResets).toBe(0);
    expect(report(one).fault).toMatchObject({ code: "latch-not-reset", clears: "onReset" });
    expect(report(one).fault!.sentence).toContain("0x10001");
    one.stages[0]!.alarmBits = manufacturer;
    await again(one);
    expect(one.stages[0]).toMatchObject({ alarmResets: 1, watchdogTripped: false });
  });

  test("an alarm without it → nothing is written", async () => {
    const one = await latched(groundFault);
    one.stages[0]!.watchdogTripped = false;
    await again(one);
    expect(one.stages[0]!.alarmResets).toBe(0);
  });

  test("no earned heartbeat → not yet", async () => {
    site = await startSite();
    site.stages[0]!.watchdogTripped = true;
    await site.bridge.discover();
    site.commands.commandsEnabled = true;
    await again(site, false);
    expect(site.stages[0]!.alarmResets).toBe(0);
  });

  test("under local control → not while somebody works at it", async () => {
    const one = await latched(0);
    one.stages[0]!.local = true;
    await again(one);
    expect(one.stages[0]!.alarmResets).toBe(0);
  });

  test("a stage without the flag (standard SunSpec): its alarm's cause is unknown → a person", async () => {
    const one = await latched(manufacturer, { stageModel: false });
    await again(one);
    expect(one.stages[0]!.alarmResets).toBe(0);
  });

  test(`it comes again → ${latchResetsMax} tries, then a person; after the person's reset it counts anew`, async () => {
    const one = await latched(0);
    one.stages[0]!.latchesAgain = true;
    // The first is of the time before the start.
    for (let i = 0; i < latchResetsMax + 3; i += 1) await again(one);
    expect(one.stages[0]!.alarmResets).toBe(1 + latchResetsMax);
    expect(report(one).fault).toMatchObject({ code: "latch-not-reset", clears: "onReset" });
    Object.assign(one.stages[0]!, { watchdogTripped: false, latchesAgain: false });
    await again(one);
    expect(report(one).fault).toBeNull();
    one.stages[0]!.watchdogTripped = true;
    await again(one);
    expect(one.stages[0]).toMatchObject({ alarmResets: latchResetsMax + 2, watchdogTripped: false });
  });
});

test("latches further apart than an hour → each is reset", () => {
  const latch = new OwnLatch();
  const taken = Array.from({ length: 3 * latchResetsMax }, (_, i) => latch.take(i * (latchForgottenMs + 1)));
  expect(taken.every((one) => one)).toBe(true);
});

describe("latches in pauses of the controller's own heartbeat", () => {
  const everyMs = 60_000;
  /** A pause each minute; the stage's latch is read so long after its end. */
  function resets(times: number, seenAfterMs: number): number {
    const latch = new OwnLatch();
    let given = 0;
    for (let k = 1; k <= times; k += 1) {
      const pauseEndedMs = k * everyMs;
      // What is not reset stays latched.
      if (!latch.spent) latch.saw(false, pauseEndedMs - 10_000);
      latch.saw(true, pauseEndedMs + seenAfterMs);
      if (latch.take(pauseEndedMs + 5_000, pauseEndedMs)) given += 1;
    }
    return given;
  }

  test.each([
    ["read during the pause", -500, 10, 10],
    ["read right after it", 1_500, 10, 10],
    ["read long after it: nothing accounts for it", 4_000, 10, latchResetsMax],
    ["again and again: bounded for the contactor's sake", 1_500, 40, ownPauseResetsMax],
  ])("%s", (_, seenAfterMs, times, expected) => expect(resets(times, seenAfterMs)).toBe(expected));

  test("one pause accounts for one latch", () => {
    const latch = new OwnLatch();
    latch.saw(true, 1_000);
    const taken = Array.from({ length: 6 }, (_, k) => latch.take(1_100 + k, 900));
    expect(taken).toEqual([true, true, true, true, false, false]);
  });
});

/** The machine's times as a site gets them, and what they mean in the loop: a change here is a change of behaviour. */
import { describe, expect, test } from "vitest";
import { createModeFacts, type ModeFacts } from "../../src/core/modes/facts.ts";
import { createModeMachine, stepMode } from "../../src/core/modes/machine.ts";
import { emptyRecord } from "../../src/core/modes/state.ts";
import { modeTimings } from "../../src/core/modes/timings.ts";
import type { Mode } from "../../src/domain/modes.ts";

const periodMs = 20;

/** How long the machine stays in `mode` under `facts` until it is in `until`, ms. */
function stays(mode: Mode, facts: Partial<ModeFacts>, until: Mode): number {
  const machine = createModeMachine(modeTimings(100), emptyRecord, 0);
  machine.state.mode = mode;
  const known = Object.assign(
    createModeFacts(1),
    { canIsolate: true, deviceFresh: true, stagesFresh: true, stagesHeard: true, meterFresh: true, backupOK: true },
    facts,
  );
  for (let nowMs = periodMs; nowMs <= 400_000; nowMs += periodMs) {
    stepMode(machine, known, nowMs);
    known.storedGeneration = machine.state.record.generation;
    if (machine.state.mode === until) return nowMs - periodMs;
  }
  return Number.POSITIVE_INFINITY;
}

const open = { provenOpen: true, gridLive: true, gridGood: true, gridHolds: true };
const running = { ...open, anyForming: true, busLive: true, busServes: true };

describe("times of a transfer device with a travel of 100 ms", () => {
  test("a grid that is good for 30 s is returned to, whatever the profile's delay", () => {
    expect(stays("islandRunning", running, "returning")).toBe(30_000);
    expect(modeTimings(100, 5_000).returnMs).toBe(30_000);
  });
  test("the bus has been dead for 300 ms before anything is energized, or closed", () => {
    const dead = {
      provenOpen: true,
      off: true,
      gridDead: true,
      gridOut: true,
      busVoltageDead: true,
      busDead: true,
      sourceReady: true,
    };
    expect(modeTimings(100).deadMs).toBe(300);
    expect(stays("returning", { ...open, off: true, busVoltageDead: true, busDead: true }, "closing")).toBe(300);
    // Here the grid must be out for 2 s as well.
    expect(stays("isolated", dead, "islandStarting")).toBe(2_000);
  });
  test("two sources share the bus for the travel and 50 ms, and no longer", () => {
    expect(modeTimings(50).closeLiveMs).toBe(100);
    const live = { ...running, closedTransition: true, inSync: true, syncHolds: true };
    expect(stays("closingLive", live, "opening")).toBeLessThanOrEqual(150);
  });
});

/** The mode machine along the paths that people know; the exhaustive exploration is in `tests/model/`. */
import { describe, expect, test } from "vitest";
import { createModeFacts, type ModeFacts } from "../../src/core/modes/facts.ts";
import { createModeMachine, type ModeMachine, modeRules, stepMode } from "../../src/core/modes/machine.ts";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { emptyRecord } from "../../src/core/modes/state.ts";
import { modeTimings, timingComplaints } from "../../src/core/modes/timings.ts";
import { type Mode, modeNames } from "../../src/domain/modes.ts";

const periodMs = 20;
const timings = modeTimings(100);

/** A site whose facts a test writes; the record is stored at once unless the test says otherwise. */
function site(over: Partial<ModeFacts> = {}, record = emptyRecord) {
  const machine = createModeMachine(timings, record, 0);
  const facts = Object.assign(createModeFacts(1), gridIsGood, over);
  let nowMs = 0;
  return {
    machine,
    facts,
    set: (change: Partial<ModeFacts>) => Object.assign(facts, change),
    /** Runs until the mode is `until` or the time is over; returns the modes passed through. */
    run(forMs: number, until?: Mode, store = true): Mode[] {
      const passed: Mode[] = [machine.state.mode];
      for (const endMs = nowMs + forMs; nowMs < endMs && machine.state.mode !== until; ) {
        nowMs += periodMs;
        stepMode(machine, facts, nowMs);
        if (store) facts.storedGeneration = machine.state.record.generation;
        if (passed.at(-1) !== machine.state.mode) passed.push(machine.state.mode);
      }
      return passed;
    },
    now: () => nowMs,
  };
}

const gridIsGood: Partial<ModeFacts> = {
  canIsolate: true,
  deviceFresh: true,
  stagesFresh: true,
  stagesHeard: true,
  meterFresh: true,
  provenClosed: true,
  gridLive: true,
  busLive: true,
  gridGood: true,
  gridHolds: true,
  gridServes: true,
  off: true,
  coherentClosed: true,
  backupOK: true,
};
const gridIsOut: Partial<ModeFacts> = {
  gridLive: false,
  gridDead: true,
  busLive: false,
  busVoltageDead: true,
  gridGood: false,
  gridHolds: false,
  gridOut: true,
  gridServes: false,
  busDead: true,
};
const isOpen: Partial<ModeFacts> = {
  provenOpen: true,
  provenClosed: false,
  coherentOpen: true,
  coherentClosed: false,
  gridServes: false,
};
const islandIsLive: Partial<ModeFacts> = {
  off: false,
  anyForming: true,
  busLive: true,
  busServes: true,
  busVoltageDead: false,
  busDead: false,
  coherentOpen: false,
};

/** Brings a site into a running island, through an outage. */
function islanded() {
  const it = site();
  it.run(1_000, "loadOnly");
  it.set(gridIsOut);
  it.run(5_000, "opening");
  it.set(isOpen);
  it.run(3_000, "islandStarting");
  it.set(islandIsLive);
  it.run(3_000, "islandRunning");
  return it;
}

describe("paths", () => {
  test("start without a permit → load only, charging allowed, discharging not", () => {
    const it = site();
    expect(it.run(2_000)).toEqual(["unknown", "noFeedback", "loadOnly"]);
    expect(it.machine.output).toMatchObject({ mayCharge: true, mayDischarge: false, form: false });
  });

  test("permit in force → delay of entering service, ramp, parallel, each for its full time", () => {
    const it = site({ parallelOK: true });
    expect(it.run(10_000, "enterDelay").at(-1)).toBe("enterDelay");
    const from = it.now();
    it.run(400_000, "ramping");
    expect(it.now() - from).toBeGreaterThanOrEqual(300_000);
    expect(it.now() - from).toBeLessThanOrEqual(300_000 + 2 * periodMs);
    it.run(400_000, "parallel");
    expect(it.now() - from).toBeGreaterThanOrEqual(600_000);
    expect(it.machine.output.mayDischarge).toBe(true);
  });

  test("a sag during the delay → the delay starts again", () => {
    const it = site({ parallelOK: true });
    it.run(200_000);
    expect(it.machine.state.mode).toBe("enterDelay");
    it.set({ gridGood: false });
    it.run(periodMs);
    expect(it.machine.state.mode).toBe("ceased");
    it.set({ gridGood: true });
    const from = it.now();
    it.run(400_000, "ramping");
    expect(it.now() - from).toBeGreaterThanOrEqual(300_000);
  });

  test("a sag inside ride-through does not end parallel operation; a trip ends it in the same cycle", () => {
    const it = site({ parallelOK: true });
    it.run(700_000, "parallel");
    it.set({ gridGood: false });
    it.run(1_000);
    expect(it.machine.state.mode).toBe("parallel");
    it.set({ gridHolds: false });
    it.run(periodMs);
    expect(it.machine.state.mode).toBe("ceased");
    expect(it.machine.output.mayDischarge).toBe(false);
  });

  test("a revoked permit ends discharging in the same cycle", () => {
    const it = site({ parallelOK: true });
    it.run(700_000, "parallel");
    it.set({ parallelOK: false });
    it.run(periodMs);
    expect(it.machine.output).toMatchObject({ mode: "loadOnly", mayDischarge: false });
  });

  test("outage → isolating, opening, isolated, starting, island", () => {
    const it = islanded();
    expect(it.machine.state.mode).toBe("islandRunning");
    expect(it.machine.output).toMatchObject({ form: true, transferDevice: "open" });
    expect(it.machine.state.record.intent).toBe("island");
  });

  test("the grid is back → returning, closing once, load only", () => {
    const it = islanded();
    it.set({ gridOut: false, gridLive: true, gridDead: false, gridGood: true, gridHolds: true });
    expect(it.run(60_000, "returning")).toEqual(["islandRunning", "returning"]);
    it.set({ off: true, anyForming: false, busLive: false, busVoltageDead: true, busDead: true });
    it.run(2_000, "closing");
    it.run(periodMs);
    expect(it.machine.output).toMatchObject({ transferDevice: "close", closeSequence: 1 });
    it.set({ ...gridIsGood, provenOpen: false });
    it.run(1_000, "loadOnly");
    expect(it.machine.state.mode).toBe("loadOnly");
    expect(it.machine.state.record).toMatchObject({ intent: "none", startsLeft: 2 });
  });

  test("the meter is lost in an island → the island goes on", () => {
    const it = islanded();
    it.set({ meterFresh: false, gridGood: false });
    expect(it.run(60_000)).toEqual(["islandRunning"]);
  });
});

describe("a planned island", () => {
  const islandRequested = { islandRequested: true };
  const moving: Partial<ModeFacts> = { provenClosed: false, disagree: true, coherentClosed: false, gridServes: false };
  const heldUp: Partial<ModeFacts> = { ...isOpen, disagree: false, off: false, anyForming: true, coherentOpen: false };
  /** In parallel operation with a person's request for an island. */
  function requested(over: Partial<ModeFacts> = {}) {
    const it = site({ parallelOK: true, off: false, ...over });
    it.run(700_000, "parallel");
    it.set(islandRequested);
    it.run(100, "zeroingExchange");
    return it;
  }

  test("K1 is balanced for a while, opens, and a stage that holds its angle forms without a break", () => {
    const it = requested({ seamlessReady: true });
    expect(it.machine.output).toMatchObject({
      mode: "zeroingExchange",
      balance: true,
      mayDischarge: true,
      transferDevice: "none",
    });
    it.run(5_000);
    expect(it.machine.state.mode).toBe("zeroingExchange");
    it.set({ balanced: true });
    it.run(1_000, "transferToIsland");
    expect(it.machine.output).toMatchObject({ seamlessTransfer: true, form: false, transferDevice: "open" });
    it.set(moving);
    it.run(40);
    expect(it.machine.output).toMatchObject({ mode: "transferToIsland", seamlessTransfer: true });
    it.set(heldUp);
    expect(it.run(2_000, "islandRunning")).toEqual(["transferToIsland", "islandRunning"]);
    expect(it.machine.output).toMatchObject({ form: true, seamlessTransfer: false, transferDevice: "open" });
    expect(it.machine.state.record).toMatchObject({ intent: "island", startsLeft: 2 });
  });

  test("both contacts say open at once → forming still waits until the open command has stood", () => {
    const it = requested({ seamlessReady: true, balanced: true });
    it.run(1_000, "transferToIsland");
    const from = it.now();
    it.set(heldUp);
    it.run(2_000, "islandRunning");
    expect(it.now() - from).toBeGreaterThanOrEqual(timings.settleMs);
  });

  test("no stage can hold → all stop at the first sign that K1 moves, and the bus is started anew", () => {
    const it = requested({ balanced: true });
    it.run(1_000, "transferToIsland");
    expect(it.machine.output).toMatchObject({ seamlessTransfer: false, mayDischarge: true, transferDevice: "open" });
    it.set(moving);
    it.run(periodMs);
    expect(it.machine.output).toMatchObject({ mode: "opening", mayDischarge: false, transferDevice: "open" });
    it.set({ ...isOpen, disagree: false, off: true, busLive: false, busVoltageDead: true, busDead: true });
    expect(it.run(3_000, "islandStarting")).toEqual(["opening", "isolated", "islandStarting"]);
  });

  const ends: readonly (readonly [string, Partial<ModeFacts>, Mode])[] = [
    ["the request ends", { islandRequested: false }, "parallel"],
    ["backup is not permitted any more", { backupOK: false }, "parallel"],
    ["the permit for parallel operation is revoked", { parallelOK: false }, "loadOnly"],
    ["the grid trips", { gridHolds: false, gridGood: false }, "ceased"],
    ["K1 opens by itself", isOpen, "lockedOut"],
  ];
  test.each(ends)("while K1 is balanced %s → %s", (_, change, mode) => {
    const it = requested({ seamlessReady: true });
    it.set(change);
    it.run(periodMs);
    expect(it.machine.state.mode).toBe(mode);
  });

  test("K1 can't be balanced in time → the island comes with a break", () => {
    const it = requested({ seamlessReady: true });
    expect(it.run(20_000, "isolating").at(-1)).toBe("isolating");
  });

  const upsets: readonly (readonly [string, Partial<ModeFacts>, Mode])[] = [
    ["the grid fails while K1 is not proven open", { gridHolds: false, gridGood: false }, "opening"],
    ["the permit goes while K1 is not proven open", { parallelOK: false }, "opening"],
    ["backup is not permitted any more", { backupOK: false }, "opening"],
  ];
  test.each(upsets)("while K1 opens %s → everything stops", (_, change, mode) => {
    const it = requested({ seamlessReady: true, balanced: true });
    it.run(1_000, "transferToIsland");
    it.set(change);
    it.run(periodMs);
    expect(it.machine.output).toMatchObject({ mode, seamlessTransfer: false, mayDischarge: false });
  });

  test("K1 does not open → locked out, nobody forms", () => {
    const it = requested({ seamlessReady: true, balanced: true });
    it.run(1_000, "transferToIsland");
    it.run(2_000);
    expect(it.machine.output).toMatchObject({ mode: "lockedOut", seamlessTransfer: false, form: false });
  });

  test("out of load only the loads are interrupted: nothing is given to the grid without a permit", () => {
    const it = site();
    it.run(2_000, "loadOnly");
    it.set(islandRequested);
    it.run(periodMs);
    expect(it.machine.output).toMatchObject({ mode: "isolating", mayDischarge: false, seamlessTransfer: false });
  });
});

describe("a start that can't raise the bus to a voltage for loads", () => {
  test("is given up in time and tried once more, and then no start is left", () => {
    const it = site();
    it.run(1_000, "loadOnly");
    it.set(gridIsOut);
    it.run(5_000, "opening");
    it.set(isOpen);
    it.run(3_000, "islandStarting");
    it.set({ ...islandIsLive, busServes: false });
    const from = it.now();
    expect(it.run(60_000, "isolated")).toEqual(["islandStarting", "isolated"]);
    expect(it.now() - from).toBeLessThanOrEqual(timings.startMaxMs + periodMs);
    it.set({ ...gridIsOut, ...isOpen, anyForming: false, off: true });
    it.run(3_000, "islandStarting");
    it.run(60_000, "isolated");
    expect(it.machine.state.record.startsLeft).toBe(0);
    expect(it.run(60_000)).toEqual(["isolated"]);
  });
});

describe("a start that the returning grid cuts short", () => {
  const gridWakes: Partial<ModeFacts> = { gridOut: false, gridLive: true, gridDead: false };
  function cutShort() {
    const it = site();
    it.run(1_000, "loadOnly");
    it.set(gridIsOut);
    it.run(5_000, "opening");
    it.set(isOpen);
    it.run(3_000, "islandStarting");
    it.run(periodMs);
    it.set(gridWakes);
    it.run(periodMs);
    expect(it.machine.state).toMatchObject({ mode: "isolated", row: "start-grid-woke" });
    expect(it.machine.state.record.startsLeft).toBe(1);
    return it;
  }

  test("is given back when the grid is good while the bus is dead: it was the grid, not our own backfeed", () => {
    const it = cutShort();
    it.set({ gridGood: true, gridHolds: true });
    it.run(1_000);
    expect(it.machine.state.record.startsLeft).toBe(2);
  });

  test("stays counted as long as that is not proven", () => {
    const it = cutShort();
    it.run(1_000);
    expect(it.machine.state.record.startsLeft).toBe(1);
  });
});

describe("must not happen", () => {
  test("K1 says open with one contact only → no island", () => {
    const it = site();
    it.run(1_000, "loadOnly");
    it.set(gridIsOut);
    it.run(5_000, "opening");
    it.set({ provenClosed: false, disagree: true, coherentClosed: false });
    it.run(10_000);
    expect(it.machine.state.mode).toBe("lockedOut");
    expect(it.machine.output.form).toBe(false);
  });

  test("a single sign of closed in an island → forming ends in the same cycle", () => {
    const it = islanded();
    it.set({ provenOpen: false, disagree: true });
    it.run(periodMs);
    expect(it.machine.output).toMatchObject({ mode: "noFeedback", form: false });
  });

  test("closing and forming wait until the record is stored", () => {
    const it = islanded();
    it.set({ gridOut: false, gridLive: true, gridDead: false, gridGood: true, gridHolds: true });
    it.run(60_000, "returning");
    it.set({ off: true, anyForming: false, busLive: false, busVoltageDead: true, busDead: true });
    it.run(2_000, "closing", false);
    it.run(1_000, undefined, false);
    expect(it.machine.output).toMatchObject({ mode: "closing", transferDevice: "open", persist: true });
    it.run(2 * periodMs);
    expect(it.machine.output).toMatchObject({ mode: "closing", transferDevice: "close", persist: false });
  });

  test("a record that can't be stored → the close is given up, and tried again as soon as it can", () => {
    const it = islanded();
    it.set({ gridOut: false, gridLive: true, gridDead: false, gridGood: true, gridHolds: true });
    it.run(60_000, "returning");
    it.set({ off: true, anyForming: false, busLive: false, busVoltageDead: true, busDead: true });
    const passed = it.run(10_000, "isolated", false);
    expect(passed).toEqual(["returning", "closing", "opening", "isolated"]);
    expect(it.machine.state.record.returnBlocked).toBe(false);
    expect(it.run(60_000, undefined, false)).toEqual(["isolated"]);
    expect(it.run(5_000, "closing")).toEqual(["isolated", "returning", "closing"]);
  });

  test("starts that can't be stored → none is commanded, none counts, and the island starts when they can", () => {
    const it = site();
    it.run(1_000, "loadOnly");
    it.set(gridIsOut);
    it.run(5_000, "opening");
    it.set(isOpen);
    it.run(3_000, "isolated");
    const passed = it.run(120_000, undefined, false);
    expect(passed).toEqual(["isolated", "islandStarting", "isolated"]);
    expect(it.machine.output.form).toBe(false);
    expect(it.machine.state.record.startsLeft).toBe(2);
    it.run(1_000, "islandStarting");
    it.run(2 * periodMs);
    expect(it.machine.output.form).toBe(true);
    expect(it.machine.state.record.startsLeft).toBe(1);
  });

  test("locked out and restarted → still locked out, until a person resets with coherent facts", () => {
    const it = site({}, { ...emptyRecord, intent: "locked" });
    it.run(10_000);
    expect(it.machine.state.mode).toBe("lockedOut");
    it.set({ resetRequest: true, coherentClosed: false });
    it.run(10_000);
    expect(it.machine.state.mode).toBe("lockedOut");
    it.set({ coherentClosed: true });
    expect(it.run(3_000, "loadOnly")).toEqual(["lockedOut", "noFeedback", "loadOnly"]);
  });

  test("a restart while an island runs: silence, then adoption without a step", () => {
    const record = { ...emptyRecord, intent: "island" as const };
    const it = site({ ...gridIsOut, ...isOpen, ...islandIsLive }, record);
    it.set({ stagesFresh: false, deviceFresh: false });
    it.run(100);
    expect(it.machine.output.commandsEnabled).toBe(false);
    it.set({ stagesFresh: true, deviceFresh: true });
    expect(it.run(100, "islandRunning")).toEqual(["unknown", "islandRunning"]);
    expect(it.machine.output).toMatchObject({ commandsEnabled: true, form: true, transferDevice: "open" });
  });

  test("the same restart with a record that does not say island → no adoption", () => {
    const it = site({ ...gridIsOut, ...isOpen, ...islandIsLive });
    expect(it.run(1_000)).not.toContain("islandRunning");
    expect(it.machine.output.form).toBe(false);
  });
});

describe("the table", () => {
  test("every row has an id of its own", () => {
    const ids = modeRows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("every mode can be entered and left", () => {
    for (const mode of modeNames) {
      expect(
        modeRows.some(({ from }) => from.includes(mode)),
        `${mode} left`,
      ).toBe(true);
      if (mode !== "unknown")
        expect(
          modeRows.some(({ to }) => to === mode),
          `${mode} entered`,
        ).toBe(true);
    }
  });

  test("only modes with K1 held open, or a closed transition under way, form", () => {
    for (const mode of modeNames) {
      const { form, transferDevice } = modeRules[mode];
      if (form && mode !== "closingLive") expect(transferDevice, mode).toBe("open");
    }
  });

  test("suggested times keep the laws for fast and slow devices", () => {
    for (const travelMs of [20, 100, 500])
      expect(timingComplaints(modeTimings(travelMs), travelMs, 5_000, 100)).toEqual([]);
    expect(timingComplaints({ ...timings, settleMs: 50 }, 100, 5_000, 100)).toHaveLength(1);
    const slowLine = modeTimings(100, 300_000, 300_000, 600);
    expect(timingComplaints(slowLine, 100, 5_000, 500)).toEqual([]);
    expect([slowLine.deadMs, slowLine.openMs, slowLine.closeMs]).toEqual([900, 1_000, 900]);
  });

  test("200,000 cycles write in place and end where they should", () => {
    const it = site({ parallelOK: true });
    const machine: ModeMachine = it.machine;
    const { state, output } = machine;
    for (let i = 1; i <= 200_000; i++) stepMode(machine, it.facts, i * periodMs);
    expect(machine.state).toBe(state);
    expect(machine.output).toBe(output);
    expect(state.mode).toBe("parallel");
  });
});

const cutOff: Partial<ModeFacts> = {
  provenOpen: true,
  provenClosed: false,
  gridLive: false,
  gridDead: true,
  gridGood: false,
  gridHolds: false,
  gridOut: true,
  busLive: false,
};

describe("second lines of the machine", () => {
  test("a supply that is not in order, or not proven, charges nobody", () => {
    const it = site();
    it.run(10_000, "loadOnly");
    it.run(200);
    expect(it.machine.output.mayCharge).toBe(true);
    it.set({ gridServes: false });
    it.run(periodMs);
    expect(it.machine.state.mode).toBe("loadOnly");
    expect(it.machine.output.mayCharge).toBe(false);
  });

  test("a lockout is put on record in the cycle in which it begins", () => {
    const it = site();
    it.run(10_000, "loadOnly");
    it.set({ provenOpen: true, provenClosed: false });
    const { generation } = it.machine.state.record;
    it.run(periodMs, undefined, false);
    expect(it.machine.state.mode).toBe("lockedOut");
    expect(it.machine.state.record.intent).toBe("locked");
    expect(it.machine.state.record.generation).toBeGreaterThan(generation);
    expect(it.machine.output.persist).toBe(true);
  });

  const words: readonly (readonly [string, number, Mode])[] = [
    ["its clock goes on: it disobeys", Number.POSITIVE_INFINITY, "lockedOut"],
    ["its clock stopped when the bus was cut off: it is frozen, and nobody is accused", 0, "isolated"],
  ];
  test.each(words)("a stage that says that it gives power behind an open K1, %s", (_, stoppedMs, expected) => {
    const it = site(cutOff);
    it.machine.state.mode = "isolated";
    it.set({ anyDischarging: true, off: false, busDead: false, busVoltageDead: true });
    it.set({ givingAgainstMs: Number.POSITIVE_INFINITY });
    for (let k = 0; k < 60; k++) {
      it.set({ givingLiveAtMs: Math.min(it.now() + periodMs, periodMs + stoppedMs) });
      it.run(periodMs);
    }
    expect(it.machine.state.mode).toBe(expected);
  });

  const reached: readonly (readonly [string, Partial<ModeFacts>, number, Mode])[] = [
    ["K1 open: the order has not reached it, so it does not disobey", { provenOpen: true }, -1, "noFeedback"],
    ["K1 open: it has had the order for less than stopping takes", { provenOpen: true }, 900, "noFeedback"],
    ["K1 open: it has had the order for long enough", { provenOpen: true }, 1_000, "lockedOut"],
    ["K1 not proven open: on the grid nobody waits for the order to arrive", { provenOpen: false }, -1, "lockedOut"],
  ];
  test.each(reached)("a stage goes on giving power, %s", (_, k1, againstMs, expected) => {
    const it = site(cutOff);
    it.machine.state.mode = "noFeedback";
    it.set({ ...k1, anyForming: true, off: false, busDead: false, coherentOpen: false, coherentClosed: false });
    for (let k = 0; k < 60; k++) {
      it.set({ givingLiveAtMs: it.now() + periodMs, givingAgainstMs: againstMs });
      it.run(periodMs);
    }
    expect(it.machine.state.mode).toBe(expected);
  });

  test.each(words)("a stage that does not stop while the site leaves the grid, %s", (_, stoppedMs, expected) => {
    const it = site(gridIsOut);
    it.machine.state.mode = "isolating";
    it.machine.state.sinceMs = periodMs;
    it.set({ off: false });
    for (let k = 0; k < 60; k++) {
      it.set({ onLiveAtMs: Math.min(it.now() + periodMs, periodMs + stoppedMs) });
      it.run(periodMs);
    }
    expect(it.machine.state.mode).toBe(expected === "lockedOut" ? "lockedOut" : "isolating");
  });

  test("a way into discharging leads only through the delay of entering service", () => {
    const into = modeRows.filter(
      ({ to, from }) =>
        to === "ramping" || (to === "parallel" && !from.includes("ramping") && !from.includes("zeroingExchange")),
    );
    expect(into.map(({ id }) => id)).toEqual(["enter-service"]);
  });
});

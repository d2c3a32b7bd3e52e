/** A generator and the bond between neutral and ground: what they take away from the mode machine, and what they never add. */
import { describe, expect, test } from "vitest";
import { createAuthority, evaluateAuthority } from "../../src/core/modes/authority.ts";
import { bondCommand, createBondGuard, guardBond } from "../../src/core/modes/bonding.ts";
import { createModeFacts, type ModeFacts } from "../../src/core/modes/facts.ts";
import { createModeMachine, stepMode } from "../../src/core/modes/machine.ts";
import { emptyRecord } from "../../src/core/modes/state.ts";
import { modeTimings } from "../../src/core/modes/timings.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { type Mode, modeColumns, modeNames } from "../../src/domain/modes.ts";

describe("a generator", () => {
  const refused = (otherSource: "none" | "rests" | "runs" | "unknown") => {
    const snapshot = createSnapshot(1, 0);
    snapshot.transferDevice.otherSource = otherSource;
    const config = { serviceMode: "non-parallel-backup", canIsolate: true, utilityNotified: true } as const;
    return evaluateAuthority(createAuthority(), config, snapshot).backupRefusal;
  };
  test.each([
    ["none", ""],
    ["rests", ""],
    ["runs", "generator-runs"],
    ["unknown", "generator-unknown"],
  ] as const)("%s → backup is refused by %j", (otherSource, refusal) => {
    expect(refused(otherSource)).toBe(refusal);
  });

  const machineIn = (mode: Mode) => {
    const machine = createModeMachine(modeTimings(100), emptyRecord, 0);
    machine.state.mode = mode;
    machine.state.commandArmed = false;
    return machine;
  };
  const open: Partial<ModeFacts> = {
    ...{ canIsolate: true, deviceFresh: true, stagesFresh: true, stagesHeard: true, provenOpen: true, off: true },
    ...{ gridLive: true, backupOK: true, meterFresh: true, busDead: true, busVoltageDead: true },
  };
  const close = (over: Partial<ModeFacts>, forMs: number): string => {
    const machine = machineIn("closing");
    const facts = Object.assign(createModeFacts(1), open, over);
    for (let nowMs = 20; nowMs <= forMs; nowMs += 20) {
      facts.storedGeneration = machine.state.record.generation;
      stepMode(machine, facts, nowMs);
      if (machine.output.transferDevice === "close") return "close";
    }
    return machine.state.mode;
  };
  test("a close that nothing forbids is given", () => {
    expect(close({}, 100)).toBe("close");
  });
  test("a close beside it is not given, and given up in its time", () => {
    expect(close({ otherSource: true }, 4_000)).toBe("closing");
    expect(close({ otherSource: true }, 6_000)).toBe("isolated");
  });
  test("a close before the bond is proven off is not given", () => {
    expect(close({ unbonded: false }, 4_000)).toBe("closing");
  });

  test("a bus that it feeds locks nobody out", () => {
    const modeBeside = (otherSource: boolean): Mode => {
      const machine = machineIn("isolated");
      const live = { ...open, busDead: false, busVoltageDead: false, busLive: true, backupOK: false, otherSource };
      const facts = Object.assign(createModeFacts(1), live);
      for (let nowMs = 20; nowMs <= 8_000; nowMs += 20) stepMode(machine, facts, nowMs);
      return machine.state.mode;
    };
    expect([modeBeside(false), modeBeside(true)]).toEqual(["lockedOut", "isolated"]);
  });
});

describe("the bond", () => {
  test.each(modeNames)("%s: made only behind an open K1", (mode) => {
    const facts = Object.assign(createModeFacts(1), { provenOpen: true, backupOK: true });
    const command = bondCommand(mode, facts);
    if (command === "on") expect(modeColumns[mode].k1).toBe("open");
    if (modeColumns[mode].k1 === "closed") expect(command).toBe("off");
    if (["closing", "returning", "opening"].includes(mode)) expect(command).toBe("off");
  });
  test("isolated beside a generator, or with K1 not proven open → off", () => {
    const facts = Object.assign(createModeFacts(1), { provenOpen: true, backupOK: true });
    expect(bondCommand("isolated", facts)).toBe("on");
    expect(bondCommand("isolated", { ...facts, otherSource: true })).toBe("off");
    expect(bondCommand("isolated", { ...facts, provenOpen: false })).toBe("off");
  });

  const island = (mode: Mode, bonded: (nowMs: number) => boolean, forMs: number) => {
    const guard = createBondGuard();
    const authority = createAuthority();
    const facts = createModeFacts(1);
    const { state } = createModeMachine(modeTimings(100), emptyRecord, 0);
    state.mode = mode;
    for (let nowMs = 0; nowMs <= forMs; nowMs += 20) {
      Object.assign(facts, { bonded: bonded(nowMs), backupOK: true, sourceReady: true, seamlessReady: true });
      guardBond(guard, authority, state, facts, nowMs);
    }
    return facts;
  };
  test("not proven → no start and no seamless transfer", () => {
    expect(island("isolated", () => false, 100)).toMatchObject({
      sourceReady: false,
      seamlessReady: false,
      backupOK: true,
    });
  });
  test("lost in an island for longer than a bounce → the island ends", () => {
    expect(island("islandRunning", () => false, 200).backupOK).toBe(true);
    expect(island("islandRunning", () => false, 400).backupOK).toBe(false);
    expect(island("islandRunning", (nowMs) => nowMs % 200 === 0, 2_000).backupOK).toBe(true);
  });
});

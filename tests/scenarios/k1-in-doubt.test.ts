/** Whole sites in virtual time whose transfer device, stage or panel can't be believed: what the site does, and that it is told. */
import { describe, expect, test } from "vitest";
import { Faults } from "../../sim/faults.ts";
import { Drive } from "../../sim/proofs/drive.ts";
import { type ProofSite, proofSites } from "../../sim/proofs/sites.table.ts";
import { startIslet } from "../../sim/story/islet-controller.ts";
import type { Site, StartController } from "../../sim/story/site.ts";
import { schoolBus, type WorldSketch, worldFor } from "../../sim/world-config.ts";
import type { Core } from "../../src/core/core.ts";

const tickMs = 20;

interface Told {
  readonly drive: Drive;
  readonly site: Site;
  readonly faults: Faults;
  core(): Core;
  mode(): string;
}

/** A site with a permit of `mode`, whose stages know their own islands and have no gate interlock. */
function site(
  kind: ProofSite["name"],
  mode: "non-parallel-backup" | "parallel-export",
  sketch: Partial<WorldSketch> = {},
): Told {
  const { file, closedTransition, transferDevice } = proofSites.find(({ name }) => name === kind)!;
  const world = worldFor({
    seed: 3,
    startsAt: "2006-06-14 10:00",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    stage: () => ({ enterServiceDelayS: 1 }),
    transferDevice: { ...transferDevice },
    tiers: [
      { name: "Critical", loadW: 15_000, inrush: 2 },
      { name: "Other", loadW: 12_000, inrush: 3 },
    ],
    vehicles: [schoolBus, schoolBus],
    ...sketch,
  });
  let core: Core | undefined;
  const start: StartController = (boot) => {
    const islet = startIslet(boot);
    core = (islet as unknown as { core: Core }).core;
    return islet;
  };
  const drive = new Drive(world, file, tickMs, closedTransition, start);
  Object.assign(drive.site.station.permit, {
    mode,
    validFromMs: 0,
    validUntilMs: 1e15,
    exportLimitW: 60_000,
    equipmentMatches: true,
    backupNotified: true,
  });
  const { bridge } = drive.site;
  const links = {
    meter: bridge.meterLink,
    transferDevice: bridge.transferDeviceLink,
    loadPanel: bridge.loadPanelLink,
    stages: bridge.stagePorts.map(({ link }) => link),
  };
  return {
    drive,
    site: drive.site,
    faults: new Faults(drive.site.world, links),
    core: () => core!,
    mode: () => drive.site.controller?.mode ?? "",
  };
}

const isMode = (mode: string) => (s: Site) => s.controller?.mode === mode;

/** An outage, and an island that runs with all its tiers. */
function island(kind: ProofSite["name"] = "open", sketch: Partial<WorldSketch> = {}): Told {
  const told = site(kind, "non-parallel-backup", sketch);
  expect(told.drive.until(isMode("loadOnly"), 10_000)).toBe(true);
  told.drive.wait(2_000);
  told.site.world.setGrid({ present: false });
  expect(told.drive.until(isMode("islandRunning"), 30_000)).toBe(true);
  told.drive.wait(5_000);
  return told;
}

describe("a pole of K1 that conducts while both contacts say open", () => {
  test("in a running island → found out by asking the island, in 2 s; locked out, and load only until K1 has proven that it opens", () => {
    const { drive, site: s, faults, mode, core } = island();
    faults.set("transferDevice", "bridged", 0, true);
    const fromMs = drive.nowMs;
    expect(drive.until((now) => now.world.bus.formers === 0, 10_000)).toBe(true);
    expect(drive.nowMs - fromMs).toBeLessThan(2_000);
    expect(drive.until(isMode("lockedOut"), 5_000)).toBe(true);
    expect(core().machine.state.row).toBe("isolated-opening-unproven");
    expect(core().machine.state.record.opensUnproven).toBe(true);
    drive.wait(60_000);
    expect(mode()).toBe("lockedOut");
    expect(s.world.gridSide.voltagePu).toBe(0);

    // A person resets while the grid is away: nothing has been proven, so nothing is energized.
    s.station.resetRequest = true;
    drive.wait(200);
    s.station.resetRequest = false;
    drive.wait(20_000);
    expect(mode()).toBe("lockedOut");
    expect(s.world.bus.voltagePu).toBe(0);

    // Mended, and the grid is back: with the grid on one side and nothing on the other K1 has proven it, and closes.
    faults.set("transferDevice", "bridged", 0, false);
    s.world.setGrid({ present: true });
    drive.wait(2_000);
    s.station.resetRequest = true;
    drive.wait(200);
    s.station.resetRequest = false;
    expect(drive.until((now) => now.controller?.mode === "loadOnly", 60_000)).toBe(true);
    expect(core().machine.state.record.opensUnproven).toBe(false);
  });

  test("while a start begins → the grid side wakes in step with the bus: ended at once, and not tried again", () => {
    const told = site("open", "non-parallel-backup");
    const { drive, site: s, faults, core } = told;
    drive.until(isMode("loadOnly"), 10_000);
    s.world.setGrid({ present: false });
    expect(drive.until(isMode("isolated"), 30_000)).toBe(true);
    faults.set("transferDevice", "bridged", 0, true);
    expect(drive.until(isMode("lockedOut"), 30_000)).toBe(true);
    expect(core().machine.state.record.opensUnproven).toBe(true);
    let startsSeen = 0;
    drive.until(
      () => false,
      60_000,
      () => (startsSeen += s.world.bus.formers > 0 ? 1 : 0),
    );
    expect(startsSeen).toBe(0);
  });

  test("the grid side's voltmeter is dead too, and only the meter at the PCC sees the line live → found out by the meter's frequency", () => {
    const { drive, faults, core } = island();
    faults.set("transferDevice", "gridDead", 0, true);
    drive.wait(1_000);
    faults.set("transferDevice", "bridged", 0, true);
    const fromMs = drive.nowMs;
    expect(drive.until((now) => now.world.bus.formers === 0, 20_000)).toBe(true);
    expect(drive.nowMs - fromMs).toBeLessThan(6_000);
    expect(core().machine.state.record.opensUnproven).toBe(true);
  });

  const returns: readonly (readonly [string, number])[] = [
    ["at the island's own frequency", 60],
    ["a little fast", 60.02],
    ["at the frequency of the question, as far as a grid may stand", 60.09],
    ["at its other half", 59.9],
  ];
  test.each(returns)("a grid that comes back %s is a grid: the island returns to it", (_, frequencyHz) => {
    const { drive, site: s, core } = island("open", { grid: { wanderPu: 0, wanderHz: 0 } });
    for (let i = 0; i < 6; i++) {
      s.world.setGrid({ present: true, frequencyHz });
      drive.wait(4_000 + 370 * i);
      expect(s.controller?.mode).toBe("islandRunning");
      s.world.setGrid({ present: false });
      drive.wait(1_000);
    }
    s.world.setGrid({ present: true, frequencyHz });
    expect(drive.until(isMode("loadOnly"), 60_000)).toBe(true);
    expect(core().machine.state.record.opensUnproven).toBe(false);
    expect(drive.invariants.broken).toEqual([]);
  });
});

describe("K1 that has not opened when it had to", () => {
  test("a reset with the weld still there → a load, and the next outage is not answered by another try; a planned island under the grid proves K1 again", () => {
    const { drive, site: s, faults, mode, core } = site("open", "parallel-export");
    drive.until(isMode("parallel"), 60_000);
    faults.set("transferDevice", "welded", 0, true);
    s.world.setGrid({ present: false });
    expect(drive.until(isMode("lockedOut"), 30_000)).toBe(true);
    expect(core().machine.state.row).toBe("opening-k1-not-open");
    s.world.setGrid({ present: true });
    drive.wait(3_000);
    s.station.resetRequest = true;
    drive.wait(200);
    s.station.resetRequest = false;
    drive.wait(60_000);
    expect(mode()).toBe("loadOnly");
    s.world.setGrid({ present: false });
    drive.wait(20_000);
    expect(mode()).toBe("loadOnly");
    s.world.setGrid({ present: true });
    faults.set("transferDevice", "welded", 0, false);
    drive.wait(5_000);
    expect(mode()).toBe("loadOnly");

    // The record outlives the controller.
    s.killController();
    drive.wait(2_000);
    s.startController();
    drive.wait(10_000);
    expect(core().machine.state.record.opensUnproven).toBe(true);
    expect(mode()).toBe("loadOnly");

    s.station.islandRequested = true;
    expect(drive.until(isMode("islandRunning"), 30_000)).toBe(true);
    expect(core().machine.state.record.opensUnproven).toBe(false);
    s.station.islandRequested = false;
    expect(drive.until(isMode("parallel"), 120_000)).toBe(true);
  });
});

describe("a return", () => {
  test.each(["open", "closed"] as const)(
    "by %s transition → nothing is given to the grid before the delay of entering service",
    (kind) => {
      const { drive, site: s, core } = site(kind, "parallel-export");
      const { timings } = core().machine.state;
      Object.assign(timings, { enterServiceMs: 60_000 });
      drive.until(isMode("loadOnly"), 10_000);
      s.station.requestAll(-15_000);
      s.world.setGrid({ present: false });
      expect(drive.until(isMode("islandRunning"), 30_000)).toBe(true);
      s.world.setGrid({ present: true });
      expect(drive.until((now) => now.world.transferDevice.closed, 60_000)).toBe(true);
      const joinedMs = drive.nowMs;
      drive.wait(500);
      expect(drive.until((now) => now.commands.stages.some(({ powerW }) => powerW < -100), 120_000)).toBe(true);
      expect(drive.nowMs - joinedMs).toBeGreaterThan(59_000);
    },
  );
});

describe("a device that answers with old values", () => {
  test("K1, with the grid → noFeedback within 2 s, and it is named", () => {
    const { drive, faults, mode, core, site: s } = site("open", "non-parallel-backup");
    drive.until(isMode("loadOnly"), 10_000);
    faults.set("transferDeviceLink", "freeze", 0, true);
    drive.wait(2_000);
    expect(mode()).toBe("noFeedback");
    expect(core().needs).toMatchObject({ missing: "transfer-device-frozen" });
    expect(s.commands.heartbeatAllowed).toBe(false);
    faults.set("transferDeviceLink", "freeze", 0, false);
    expect(drive.until(isMode("loadOnly"), 5_000)).toBe(true);
    expect(s.commands.heartbeatAllowed).toBe(true);
  });

  test("K1, in a running island → noFeedback within 2 s, nothing formed, and after the freeze the site goes on", () => {
    const { drive, faults, mode, site: s } = island();
    faults.set("transferDeviceLink", "freeze", 0, true);
    drive.wait(2_000);
    expect(mode()).toBe("noFeedback");
    drive.wait(10_000);
    expect(s.world.bus.formers).toBe(0);
    faults.set("transferDeviceLink", "freeze", 0, false);
    expect(drive.until(isMode("islandRunning"), 30_000)).toBe(true);
  });

  test("one stage of two, while it discharges → the other carries the backup", () => {
    const { drive, faults, site: s, mode } = site("open", "parallel-export");
    drive.until(isMode("parallel"), 60_000);
    s.station.requestAll(-15_000);
    drive.wait(5_000);
    faults.set("stageLink", "freeze", 1, true);
    drive.wait(300);
    s.world.setGrid({ present: false });
    expect(drive.until(isMode("islandRunning"), 40_000)).toBe(true);
    drive.wait(20_000);
    expect(mode()).toBe("islandRunning");
    expect(s.world.bus.voltagePu).toBeGreaterThan(0.9);
  });
});

describe("a worn contact in an island", () => {
  test("two glitches of 25 ms, with the grid dead → the bus never falls and no start is used", () => {
    const { drive, faults, site: s, core } = island();
    const before = core().machine.state.record.startsLeft;
    s.world.busWatch.drops = 0;
    for (let k = 0; k < 2; k++) {
      faults.set("transferDevice", "noClosed", 0, true);
      drive.wait(25);
      faults.set("transferDevice", "noClosed", 0, false);
      drive.wait(30_000);
    }
    expect(s.world.busWatch.drops).toBe(0);
    expect(core().machine.state.record.startsLeft).toBe(before);
  });

  test("a contact that stays wrong → noFeedback after 100 ms, and the start is given back: nobody has seen the bus fall", () => {
    const { drive, faults, core } = island();
    expect(core().machine.state.record.startsLeft).toBe(1);
    faults.set("transferDevice", "noClosed", 0, true);
    expect(drive.until(isMode("noFeedback"), 300)).toBe(true);
    expect(core().machine.state.record.startsLeft).toBe(2);
    faults.set("transferDevice", "noClosed", 0, false);
    expect(drive.until(isMode("islandRunning"), 30_000)).toBe(true);
  });
});

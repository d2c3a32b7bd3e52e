/** An island with a full vehicle, hardly any load, and PV that only frequency holds back. Field problem: the bus fell when PV joined. */
import { describe, expect, test } from "vitest";
import { Drive } from "../../sim/proofs/drive.ts";
import { scenarioNamed } from "../../sim/scenarios/index.ts";
import { startIslet } from "../../sim/story/islet-controller.ts";
import type { WorldConfig } from "../../sim/world-config.ts";
import type { Core } from "../../src/core/core.ts";

const story = scenarioNamed("mixed-depot")!;
let core: Core | undefined;
const patienceMs = 300_000;

/** The scenario's own depot with frequency-shift PV and tiers of 2.1 kW in place of 12 kW, 12 minutes into an outage. */
function lightIsland(pv: Partial<WorldConfig["pvs"][number]> = {}, minutes = 12) {
  const world = story.world(1);
  const loads = [700, 700, 700];
  const sketch: WorldConfig = {
    ...world,
    tiers: world.tiers.map((tier, t) => ({ ...tier, loadW: loads[t]! })),
    pvs: world.pvs.map((one) => ({ ...one, ...pv })),
  };
  const drive = new Drive(sketch, "sim/scenarios/sites/mixed-depot-shift.yaml", 50, false, (boot) => {
    const islet = startIslet(boot);
    core = (islet as unknown as { core: Core }).core;
    return islet;
  });
  const { site } = drive;
  story.begins!(site);
  for (const [i, vehicle] of site.world.vehicles.entries()) if (i > 14 && vehicle.connected) site.world.unplug(i);
  drive.wait(10_000);
  site.world.setGrid({ present: false });
  expect(drive.until(({ controller }) => controller?.mode === "islandRunning", 60_000)).toBe(true);
  site.world.busWatch.forget();
  site.world.busWatch.drops = 0;
  let pvWh = 0;
  let loadWh = 0;
  drive.until(
    () => false,
    minutes * 60_000,
    () => {
      pvWh += site.world.pvs[0]!.powerW * 50;
      loadWh += site.world.network.tiersW * 50;
    },
  );
  const trips = site.world.stages.reduce((sum, { formingTrips }) => sum + formingTrips, 0);
  return { drive, site, trips, pvShare: pvWh / loadWh };
}

describe("frequency-shift PV at light load beside a full battery", () => {
  test.each([
    ["after five minutes", 300],
    ["after twenty seconds", 20],
  ] as const)(
    "PV that joins %s → the bus never falls, no stage trips, and PV carries a part of the load",
    (_, reconnectDelayS) => {
      const { site, trips, pvShare } = lightIsland({ reconnectDelayS });
      expect(trips).toBe(0);
      expect(site.world.busWatch.drops).toBe(0);
      expect(site.world.busWatch.maxHz).toBeLessThan(61.8);
      expect(pvShare).toBeGreaterThan(0.3);
    },
    patienceMs,
  );

  test(
    "PV that obeys the standard's droop of 5 % and joins all the same → frequency can't hold it: the last step is taken, and known",
    () => {
      const { site } = lightIsland({ reconnectDelayS: 20, droopSpanHz: 3 }, 2);
      expect(site.world.busWatch.maxHz).toBeGreaterThan(61.6);
      expect(site.world.busWatch.maxHz).toBeLessThan(62);
      expect(core?.island.shiftLastMs).toBeGreaterThan(0);
    },
    patienceMs,
  );
});

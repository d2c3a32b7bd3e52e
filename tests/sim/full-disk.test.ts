/** The controller's disk is full while something must be stored: the product's own keeper of what is owed, in virtual time. */
import { describe, expect, test } from "vitest";
import type { Drive } from "../../sim/proofs/drive.ts";
import { InterleavedSite } from "../../sim/proofs/interleavings.ts";
import { proofSites } from "../../sim/proofs/sites.table.ts";

const openSite = proofSites.find(({ name }) => name === "open")!;

/** A site with the grid, a vehicle and the right to back itself up. */
function siteWithGrid(): Drive {
  const { drive } = new InterleavedSite(3, { at: openSite });
  drive.site.world.setGrid({ present: true, voltagePu: 1, frequencyHz: 60 });
  drive.wait(2_000);
  return drive;
}
const mode = ({ site }: Drive): string => site.controller?.mode ?? "dead";

describe("with the disk full", () => {
  test("a lockout is stored when there is room again, and outlives a restart after that", () => {
    const drive = siteWithGrid();
    const { site } = drive;
    site.disk.full = true;
    site.world.transferDevice.faults.welded = true;
    site.world.setGrid({ present: false });
    expect(drive.until(() => mode(drive) === "lockedOut", 30_000)).toBe(true);
    drive.wait(20_000);
    site.disk.full = false;
    drive.wait(2_500);
    site.world.transferDevice.faults.welded = false;
    site.killController();
    drive.wait(500);
    site.startController();
    drive.wait(10_000);
    expect(mode(drive)).toBe("lockedOut");
  });

  test("an outage burns no start, and the island comes when there is room again", () => {
    const drive = siteWithGrid();
    const { site } = drive;
    drive.wait(5_000);
    site.disk.full = true;
    site.world.setGrid({ present: false });
    drive.wait(120_000);
    expect(mode(drive)).toBe("isolated");
    site.disk.full = false;
    expect(drive.until(() => mode(drive) === "islandRunning", 10_000)).toBe(true);
  });
});

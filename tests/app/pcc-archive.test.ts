/** The record at the PCC: what has happened is stored, and a restart goes on from it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createPccWatch } from "../../src/app/notes/pcc-watch.ts";
import { openPccArchive, type PccArchive } from "../../src/app/store/pcc-archive.ts";
import { openStore } from "../../src/app/store/store.ts";
import { TestSite } from "../core/cycle/site.ts";

const boundMs = 500;
const pcc = ", inadvertentExport: { alarmCount: 1, countFromS: 0 }";

function storePath(): string {
  const folder = mkdtempSync(join(tmpdir(), "islet-pcc-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "islet.db");
}

function archiveAt(path: string): PccArchive {
  const store = openStore({ path });
  onTestFinished(() => store.close());
  return openPccArchive(store, boundMs);
}

/** A site that exports nothing, started from what the archive holds; its news go into the archive. */
function siteOn(archive: PccArchive): TestSite {
  const site = new TestSite({
    pcc,
    start: { ...(archive.memory && { pccMemory: archive.memory }), wallAheadMs: Date.UTC(2027, 5, 1, 19) },
  });
  site.snapshot.site.permit.exportLimitW = 0;
  site.loadW = 100_000;
  site.request(-30_000);
  const watch = createPccWatch(site.core);
  const { tick } = site;
  site.tick = () => {
    tick.call(site);
    const message = watch.look();
    if (message) archive.take(structuredClone(message));
  };
  return site.run(15_000);
}

function loadStep(site: TestSite): void {
  site.loadW = 20_000;
  site.run(5_000);
  site.loadW = 100_000;
  site.run(12_000);
}

test("load steps → each one on disk with peak, duration, energy and cause; the passport with its percentiles", () => {
  const path = storePath();
  const archive = archiveAt(path);
  loadStep(siteOn(archive));
  const view = archiveAt(path).view(10);
  expect(view.exports).toEqual({ total: 1, alarmTooMany: false, alarmTooLong: false });
  expect(view.recent).toHaveLength(1);
  expect(view.recent[0]).toMatchObject({ side: "export", sequence: 1, cause: "load-step", limitW: 0 });
  expect(view.recent[0]!.startWallMs).toBeGreaterThan(Date.UTC(2027, 5, 1, 19));
  expect(view.passport).toMatchObject({ count: 1, boundMs, beyondBoundCount: 0 });
  expect(view.passport.p50Ms).toBeGreaterThan(0);
});

test("a restart between two events → counts go on, the alarm sees both, nothing is said twice", () => {
  const path = storePath();
  loadStep(siteOn(archiveAt(path)));
  const archive = archiveAt(path);
  const site = siteOn(archive);
  expect(site.core.pccRecord.exports.ledger.total).toBe(1);
  expect(site.core.pccRecord.exports.ledger.alarmTooMany).toBe(false);
  loadStep(site);
  expect(archive.view(10).exports).toEqual({ total: 2, alarmTooMany: true, alarmTooLong: false });
  expect(
    archive
      .view(10)
      .recent.map(({ sequence }) => sequence)
      .sort(),
  ).toEqual([1, 2]);
  expect(archive.view(10).passport.count).toBe(2);
});

test("a relay that has tripped stays tripped over a restart, until a person resets", () => {
  const path = storePath();
  const first = siteOn(archiveAt(path));
  first.snapshot.site.relayLatched = true;
  first.run(100);
  const archive = archiveAt(path);
  expect(archive.view(0).relayCause).toBe("relay");
  const site = siteOn(archive);
  expect(site.setpointW()).toBe(0);
  expect(site.core.authority.parallelRefusal).toBe("relay-latched");
  site.snapshot.site.resetRequest = true;
  site.run(100);
  site.snapshot.site.resetRequest = false;
  site.run(12_000);
  expect(site.setpointW()).toBeLessThan(-20_000);
  expect(archiveAt(path).view(0).relayCause).toBe("");
});

test("entries that can't be read → left out with a sentence, the others stay", () => {
  const path = storePath();
  loadStep(siteOn(archiveAt(path)));
  const store = openStore({ path });
  store.put("exceedance-export", "000000000000", "{");
  store.put("pcc", "summary", '{"exports":1}');
  store.close();
  const archive = archiveAt(path);
  expect(archive.sentence).toMatch(/can't be read/);
  expect(archive.view(10).recent).toHaveLength(1);
  expect(archive.memory).toBeUndefined();
});

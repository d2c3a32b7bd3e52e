/** What is decided while the disk is full counts at once, is owed, and is there after the disk has room again and a restart. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAudit } from "../../src/app/audit/audit.ts";
import { keepAudit } from "../../src/app/audit/audit-keeper.ts";
import { held, openPeople } from "../../src/app/people.ts";
import { openModeRecord } from "../../src/app/store/mode-record.ts";
import { openStore } from "../../src/app/store/store.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { emptyRecord } from "../../src/core/modes/state.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { mountSmallDisk, noSmallDisk, type SmallDisk } from "../lib/small-disk.ts";

/** What is owed is tried again within 2 s; a busy machine may take its time. */
const paid = (owed: () => unknown): Promise<void> => expect.poll(owed, { timeout: 60_000 }).toBeNull();
const message = (seqNo: number, droppable = false) => ({
  action: "TransactionEvent",
  payload: `{"seqNo":${seqNo}}`,
  transactionId: "t",
  seqNo,
  droppable,
});

describe.skipIf(noSmallDisk !== "")(`on a disk that is full${noSmallDisk && ` (skipped: ${noSmallDisk})`}`, () => {
  let disk: SmallDisk;
  beforeEach(() => {
    disk = mountSmallDisk(1_024);
  });
  afterEach(() => disk.close());
  const at = (name: string): string => join(disk.folder, name);

  test("the mode record is stored all the same: its room was taken before", () => {
    const record = openModeRecord(at("intent.json"));
    disk.fill();
    record.write({ ...emptyRecord, intent: "locked", startsLeft: 1 });
    expect(openModeRecord(at("intent.json")).record).toMatchObject({ intent: "locked", startsLeft: 1 });
    record.write({ ...emptyRecord, intent: "island" });
    expect(openModeRecord(at("intent.json")).record.intent).toBe("island");
  });

  test("documents and messages count at once, in their order, and are on disk once there is room", async () => {
    const said: string[] = [];
    const store = openStore({ path: at("islet.db"), onOwed: (why) => said.push(why) });
    store.put("a", "old", "1");
    store.enqueue(message(0));
    disk.fill();
    // More than what the write-ahead log may still hold of its room.
    const large = "x".repeat(100_000);
    for (let i = 0; i < 20; i++) store.put("a", "large", `${large}${i}`);
    store.put("a", "new", "2");
    store.remove("a", "old");
    store.atomically(() => {
      store.enqueue(message(1));
      store.put("a", "sequence", "1");
    });
    store.dequeue(store.head()!.id);
    expect(store.owed()).toMatchObject({ what: "documents", why: "the disk is full" });
    expect(said).toEqual(["the disk is full"]);
    expect([store.get("a", "new"), store.get("a", "old"), store.entries("a").length]).toEqual(["2", undefined, 3]);
    expect([store.queued(), store.head()?.seqNo]).toEqual([1, 1]);
    expect(() =>
      store.atomically(() => {
        store.put("a", "new", "3");
        throw new Error("taken back");
      }),
    ).toThrow("taken back");
    expect(store.get("a", "new")).toBe("2");
    disk.free();
    await paid(() => store.owed());
    expect(said).toEqual(["the disk is full", ""]);
    store.close();
    const again = openStore({ path: at("islet.db") });
    expect([again.get("a", "new"), again.get("a", "old"), again.get("a", "sequence")]).toEqual(["2", undefined, "1"]);
    expect([again.queued(), again.head()?.seqNo]).toEqual([1, 1]);
    again.close();
  });

  test("a person's stop and tightened limit are in force, and kept once there is room", async () => {
    const store = openStore({ path: at("islet.db") });
    const { evses, site } = createSnapshot(1, 0);
    const config = { evses: [{ reservePct: 0, dischargeEnabled: true, maxDischargeW: 1 }] } as unknown as SiteConfig;
    const inputs = { evses, site, flush: () => undefined };
    const people = openPeople(config, store, inputs, at("people.json"));
    disk.fill();
    const request = { by: "ann", atMs: 1, reason: "x".repeat(300) };
    for (let i = 0; i < 400; i++) people.ask("demandLimitW", 0, { ...request, value: 900 - i });
    people.ask("held", 1, { ...request, value: held.everything });
    expect([site.operatorImportLimitW, evses[0]!.operatorMaxW]).toEqual([501, 0]);
    disk.free();
    await paid(() => store.owed());
    people.stop();
    store.close();
    const again = openStore({ path: at("islet.db") });
    openPeople(config, again, inputs);
    expect([site.operatorImportLimitW, evses[0]!.operatorMaxW]).toEqual([501, 0]);
    again.close();
  });

  test("events keep their order and their moments in the audit log", async () => {
    let now = 1_780_000_000_000;
    const log = openAudit({ path: at("audit.db"), now: () => now });
    const said: string[] = [];
    const keeper = keepAudit(
      log,
      () => now,
      (why) => said.push(why),
    );
    disk.fill();
    for (let i = 0; i < 300; i++) {
      now += 1_000;
      keeper.append({ kind: "test", actor: "a", body: { i, text: "x".repeat(500) } });
    }
    expect(keeper.owed()).toMatchObject({ what: "audit", why: "the disk is full" });
    disk.free();
    await paid(() => keeper.owed());
    expect(said).toEqual(["the disk is full", ""]);
    expect(log.verify()).toMatchObject({ ok: true, records: 300 });
    expect(log.latest(1)[0]).toMatchObject({ atMs: now });
    expect(log.read(1, 1)[0]).toMatchObject({ atMs: 1_780_000_001_000 });
    keeper.close();
    log.close();
  });

  test("a store and a log that exist open on a full disk; new ones are in memory and say so", () => {
    openStore({ path: at("islet.db") }).close();
    openAudit({ path: at("audit.db"), now: Date.now }).close();
    disk.fill();
    const store = openStore({ path: at("islet.db") });
    expect(store.sentence).toBe("");
    store.put("a", "1", "x");
    expect(store.get("a", "1")).toBe("x");
    expect(openAudit({ path: at("audit.db"), now: Date.now }).head().records).toBe(0);
    const fresh = openStore({ path: at("fresh.db") });
    expect(fresh.sentence).toMatch(/kept in memory only/);
    fresh.put("a", "1", "x");
    expect(fresh.owed()).toMatchObject({ why: "the disk is full" });
    expect(fresh.get("a", "1")).toBe("x");
    fresh.close();
    store.close();
    expect(existsSync(at("islet.db"))).toBe(true);
  });
});

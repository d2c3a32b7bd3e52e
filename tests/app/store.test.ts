import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openWhole } from "../../src/app/store/database.ts";
import { openStore } from "../../src/app/store/store.ts";

const path = (): string => join(mkdtempSync(join(tmpdir(), "store-")), "store.db");
const message = (seqNo: number, droppable = false, transactionId = "t") => ({
  action: "TransactionEvent",
  payload: `{"seqNo":${seqNo}}`,
  transactionId,
  seqNo,
  droppable,
});

describe("documents", () => {
  test("are kept by collection and key, also after reopening", () => {
    const file = path();
    const store = openStore({ path: file });
    store.put("a", "1", "one");
    store.put("a", "1", "uno");
    store.put("b", "1", "other");
    store.close();
    const again = openStore({ path: file });
    expect(again.get("a", "1")).toBe("uno");
    expect(again.entries("a")).toEqual([{ key: "1", value: "uno" }]);
    again.clear("a");
    expect(again.get("a", "1")).toBeUndefined();
    expect(again.get("b", "1")).toBe("other");
  });

  test("several changes count together or not at all", () => {
    const store = openStore({ path: ":memory:" });
    expect(() =>
      store.atomically(() => {
        store.put("a", "1", "x");
        store.atomically(() => store.enqueue(message(0)));
        throw new Error("power cut");
      }),
    ).toThrow("power cut");
    expect(store.get("a", "1")).toBeUndefined();
    expect(store.queued()).toBe(0);
    expect(store.head()).toBeUndefined();
  });

  test("a file that is no store is set aside, and a new one begun", () => {
    const file = path();
    writeFileSync(file, "this is not a database, it is a text of some length");
    const store = openStore({ path: file });
    expect(store.sentence).toMatch(/was damaged \(kept as store.db.damaged-1\). A new one was begun/);
    store.put("a", "1", "x");
    store.close();
    expect(openStore({ path: file }).get("a", "1")).toBe("x");
  });

  test("a store damaged inside is found at the opening and set aside", () => {
    const file = path();
    const store = openStore({ path: file });
    for (let i = 0; i < 400; i++) store.put("a", String(i), "x".repeat(200));
    store.close();
    const bytes = readFileSync(file);
    bytes.fill(0x55, 8_192, 40_000);
    writeFileSync(file, bytes);
    expect(openStore({ path: file }).sentence).toMatch(/was damaged/);
  });
});

test("what counts survives a power cut: full synchronization, in a write-ahead log", () => {
  for (const name of ["store", "audit log"]) {
    const { database } = openWhole(path(), name, "");
    expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    database.close();
  }
});

test("a file removed under the running controller is noticed, and written anew at the end", () => {
  const file = path();
  const store = openStore({ path: file });
  store.put("a", "1", "x");
  expect(store.isGone()).toBe(false);
  rmSync(file);
  expect(store.isGone()).toBe(true);
  store.put("a", "2", "y");
  store.close();
  const again = openStore({ path: file });
  expect(again.entries("a")).toHaveLength(2);
});

describe("the journal", () => {
  test("gives back what was put in, in its order, across reopening, until it is accepted", () => {
    const file = path();
    const store = openStore({ path: file });
    for (let i = 0; i < 3; i++) store.enqueue(message(i));
    store.close();
    const again = openStore({ path: file });
    expect(again.queued()).toBe(3);
    expect(again.head()).toMatchObject({ seqNo: 0, payload: '{"seqNo":0}', droppable: false });
    again.dequeue(again.head()!.id);
    expect(again.head()?.seqNo).toBe(1);
    expect(again.queuedFor("t")).toBe(2);
    expect(again.queuedFor("u")).toBe(0);
  });

  test("an id is never used again, so that a late answer cannot remove a newer message", () => {
    const store = openStore({ path: ":memory:" });
    const first = store.enqueue(message(0));
    store.dequeue(first);
    expect(store.enqueue(message(1))).toBeGreaterThan(first);
  });

  test("a delivered message is not sent again after a kill, though its row goes only with the next change", async () => {
    const file = path();
    const store = openStore({ path: file, deliveredWaitMs: 0 });
    for (let i = 0; i < 3; i++) store.enqueue(message(i));
    for (let i = 0; i < 2; i++) store.dequeue(store.head()!.id);
    const { database } = openWhole(file, "store", "");
    const delivered = database.prepare("SELECT value FROM document WHERE collection = 'journal'");
    await vi.waitFor(() => expect(delivered.get()).toBeDefined(), 5_000);
    // Another process on the same file, as after a kill.
    const again = openStore({ path: file });
    expect(again.queued()).toBe(1);
    expect(again.head()?.seqNo).toBe(2);
    again.enqueue(message(3));
    again.put("setting", "a", "b");
    expect(database.prepare("SELECT count(*) AS rows FROM journal").get()).toEqual({ rows: 2 });
  });

  test("thins out what may be dropped when it is full", () => {
    const store = openStore({ path: ":memory:", journalMax: 10 });
    store.enqueue(message(0));
    for (let i = 1; i <= 30; i++) store.enqueue(message(i, true));
    store.enqueue(message(31));
    const kept: number[] = [];
    for (let head = store.head(); head; head = store.head()) {
      kept.push(head.seqNo);
      store.dequeue(head.id);
    }
    expect(kept[0]).toBe(0);
    expect(kept.at(-1)).toBe(31);
    expect(kept.length).toBeLessThanOrEqual(11);
    expect(store.journal.dropped()).toBe(32 - kept.length);
  });
});

test("passwords and keys lie in it: nobody else on the machine reads the file or its log, an older file's neither", () => {
  const file = path();
  writeFileSync(file, "", { mode: 0o644 });
  const store = openStore({ path: file });
  store.put("secret", "a", "b");
  for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
  store.close();
});

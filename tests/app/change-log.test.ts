import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { readStore } from "../../src/app/store/read-store.ts";
import { openStore, type Store } from "../../src/app/store/store.ts";

const folder = mkdtempSync(join(tmpdir(), "change-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const path = (): string => join(folder, `${++files}.db`);

const message = (seqNo: number) => ({
  action: "TransactionEvent",
  payload: JSON.stringify({ seqNo, text: "x".repeat(300) }),
  transactionId: "t",
  seqNo,
  droppable: true,
});
/** The file as a power cut would leave it: its copy is opened. */
function cut(file: string): string {
  const copy = path();
  for (const ending of ["", "-wal"]) copyFileSync(file + ending, copy + ending);
  return copy;
}
const tables = (file: string, query: string): unknown => {
  const database = new DatabaseSync(file);
  const row = database.prepare(query).get();
  database.close();
  return row;
};
/** One minute of a busy site. */
function minute(store: Store, n: number): void {
  store.atomically(() => {
    for (let evse = 0; evse < 20; evse++) {
      store.put("energy", String(evse), JSON.stringify({ importWh: 1_000 * n + evse }));
      store.put("transaction", `t${evse}`, JSON.stringify({ seqNo: n }));
      store.enqueue(message(n * 20 + evse));
    }
  });
}
function deliverAll(store: Store): number[] {
  const sent: number[] = [];
  for (let head = store.head(); head; head = store.head()) {
    sent.push(head.seqNo);
    store.dequeue(head.id);
  }
  return sent;
}

test("a cut at any change: everything is there, from the log and from the tables alike", () => {
  const file = path();
  const store = openStore({ path: file });
  for (let n = 0; n < 150; n++) {
    minute(store, n);
    expect(deliverAll(store)).toHaveLength(20);
    if (n === 70) store.put("setting", "cap", "5000");
    if (n % 13 !== 0) continue;
    const reader = readStore(file);
    expect(reader.get("transaction", "t7")).toBe(JSON.stringify({ seqNo: n }));
    reader.close();
    const again = openStore({ path: cut(file) });
    expect(again.entries("energy")).toHaveLength(20);
    expect(again.get("energy", "3")).toBe(JSON.stringify({ importWh: 1_000 * n + 3 }));
    expect(again.get("setting", "cap")).toBe(n >= 70 ? "5000" : undefined);
    // What the backend has accepted since the last change is sent once more, word for word, and nothing else.
    expect(deliverAll(again)).toEqual(Array.from({ length: 20 }, (_, evse) => n * 20 + evse));
    again.close();
  }
  store.close();
});

test("a message that waits in the log is thinned, counted and delivered in its order across a cut", () => {
  const file = path();
  const store = openStore({ path: file });
  for (let i = 0; i < 10; i++) store.enqueue(message(i));
  store.put("setting", "folds", "1");
  for (let i = 10; i < 20; i++) store.enqueue(message(i));
  for (let i = 0; i < 5; i++) store.dequeue(store.head()!.id);
  store.put("energy", "0", "{}");
  const again = openStore({ path: cut(file) });
  expect([again.queued(), again.queuedFor("t")]).toEqual([15, 15]);
  const last = again.enqueue(message(20));
  expect(deliverAll(again)).toEqual(Array.from({ length: 16 }, (_, i) => i + 5));
  again.close();
  const third = openStore({ path: cut(file) });
  expect(third.enqueue(message(21))).toBeGreaterThanOrEqual(last);
  third.close();
  store.close();
});

test("settings of people are never in the log only, and an orderly end leaves nothing in it", () => {
  const file = path();
  const store = openStore({ path: file });
  minute(store, 1);
  store.put("people", "exportLimitW/0", "{}");
  minute(store, 2);
  expect(tables(file, "SELECT count(*) AS n FROM document WHERE collection = 'people'")).toEqual({ n: 1 });
  store.close();
  expect(tables(file, "SELECT value FROM document WHERE collection = 'transaction' LIMIT 1")).toEqual({
    value: JSON.stringify({ seqNo: 2 }),
  });
});

test("an earlier version, which knows no log, has gone on with the tables: its word stands, and it is said", () => {
  const file = path();
  const store = openStore({ path: file });
  minute(store, 1);
  store.put("setting", "folds", "1");
  minute(store, 2);
  const left = cut(file);
  store.close();
  const earlier = new DatabaseSync(left);
  earlier.exec(`UPDATE document SET value = '{"seqNo":9}' WHERE collection = 'transaction' AND key = 't7'`);
  earlier.close();
  const again = openStore({ path: left });
  expect(again.sentence).toMatch(/earlier version has gone on.*1 record/);
  expect(again.get("transaction", "t7")).toBe('{"seqNo":9}');
  minute(again, 3);
  const third = openStore({ path: cut(left) });
  expect(third.sentence).toBe("");
  expect(third.get("transaction", "t7")).toBe('{"seqNo":3}');
  third.close();
  again.close();
});

test("a record that is not whole is damage: the store is set aside, as for any other", () => {
  const file = path();
  const store = openStore({ path: file });
  minute(store, 1);
  minute(store, 2);
  const left = cut(file);
  store.close();
  const database = new DatabaseSync(left);
  database.exec("UPDATE changes SET body = zeroblob(4000) WHERE slot = 0");
  database.close();
  const again = openStore({ path: left });
  expect(again.sentence).toMatch(/was damaged/);
  expect(again.entries("energy")).toEqual([]);
  again.close();
});

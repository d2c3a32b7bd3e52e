import { beforeEach, describe, expect, test } from "vitest";
import { openStore, type Store } from "../../src/app/store/store.ts";
import { openEventArchive } from "../../src/dashboard/archive/event-archive.ts";
import type { EventRow, Seen } from "../../src/dashboard/live/event-rows.ts";
import { createEventLog, type EventLog } from "../../src/dashboard/live/events.ts";

/** What stands: a number of silent devices, each a place of the row. */
const at = (nowMs: number, ...silent: boolean[]): Seen => ({ nowMs, silent }) as unknown as Seen;
const silentOf = (seen: Seen): boolean[] => (seen as unknown as { silent: boolean[] }).silent;
const rows: readonly EventRow[] = [
  {
    key: "blind",
    places: (seen) => silentOf(seen).length,
    active: (seen, place) => silentOf(seen)[place]!,
    values: (_, place) => ({ device: `K${place + 1}`, darkS: Number.NaN }),
    needsPerson: true,
  },
];

let store: Store;
beforeEach(() => {
  store = openStore({ path: ":memory:" });
});
const start = (): { log: EventLog; sentence: string; save: () => void } => {
  const archive = openEventArchive(store);
  const log = createEventLog(rows, archive.kept);
  return { log, sentence: archive.sentence, save: () => archive.save(log.kept()) };
};
const shown = (log: EventLog): unknown[] =>
  log.events.map(({ key, active, acknowledged, repeats }) => [
    key,
    active,
    acknowledged?.by ?? null,
    repeats?.count ?? 1,
  ]);

describe("events over a restart", () => {
  test("what was listed and acknowledged still is, in its order, with its values", () => {
    const first = start();
    first.log.note("started", {}, 1_000);
    first.log.observe(at(2_000, true));
    first.log.acknowledge(first.log.events[0]!.id, "ann", 2_500);
    first.save();
    const second = start();
    expect(second.sentence).toBe("");
    expect(second.log.events).toEqual(first.log.events);
    expect(second.log.events[0]).toMatchObject({ values: { device: "K1" }, acknowledged: { by: "ann" } });
  });
  test("what still stands is the same event, neither new nor counted", () => {
    const first = start();
    first.log.observe(at(0, true));
    first.save();
    const second = start();
    second.log.observe(at(60_000, true));
    second.log.observe(at(120_000, true));
    expect(shown(second.log)).toEqual([["blind", true, null, 1]]);
  });
  test("what does not stand while the site is still finding out ends only when it stays away", () => {
    const first = start();
    first.log.observe(at(0, true, true));
    first.save();
    const second = start();
    second.log.observe(at(60_000, false, false));
    second.log.observe(at(70_000, true, false));
    expect(shown(second.log)).toEqual([
      ["blind", true, null, 1],
      ["blind", true, null, 1],
    ]);
    second.log.observe(at(91_000, true, false));
    expect(second.log.events.map(({ values, active }) => [values?.["device"], active])).toEqual([
      ["K2", false],
      ["K1", true],
    ]);
  });
  test("a place that is no longer there ends; one that comes again soon is counted", () => {
    const first = start();
    first.log.observe(at(0, false, true));
    first.save();
    const second = start();
    second.log.observe(at(60_000, false));
    second.log.observe(at(100_000, false));
    expect(shown(second.log)).toEqual([["blind", false, null, 1]]);
    second.save();
    const third = start();
    third.log.observe(at(110_000, false, true));
    expect(shown(third.log)).toEqual([["blind", true, null, 2]]);
  });
  test("what fell off the end of the list falls off the disk", () => {
    const { log, save } = start();
    for (let i = 0; i < 150; i++) log.note("acted", { what: String(i) }, i);
    save();
    for (let i = 150; i < 300; i++) log.note("acted", { what: String(i) }, i);
    save();
    expect(store.entries("events")).toHaveLength(200);
    expect(start().log.events.map(({ values }) => Number(values?.["what"]))).toEqual(
      Array.from({ length: 200 }, (_, i) => 299 - i),
    );
  });
  test("what can't be read is told once and removed; the rest stays", () => {
    const { log, save } = start();
    log.note("acted", { what: "Stopped" }, 5);
    save();
    store.put("events", "x", "{ half");
    store.put("events", "y", JSON.stringify({ event: { id: "y", key: "of another version" } }));
    const second = start();
    expect(second.sentence).toBe("2 events can't be read and are no longer listed.");
    expect(second.log.events).toHaveLength(1);
    second.save();
    expect(store.entries("events")).toHaveLength(1);
    expect(start().sentence).toBe("");
  });
  test("two events of the same moment are two, also after a clock that was set back", () => {
    const { log, save } = start();
    log.note("acted", {}, 7);
    save();
    const second = start();
    second.log.note("acted", {}, 7);
    expect(new Set(second.log.events.map(({ id }) => id)).size).toBe(2);
  });
});

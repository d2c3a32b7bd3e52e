import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHub, type Hub, perSecondMax } from "../../src/dashboard/server/hub.ts";
import { createFakeSource, type FakeSource } from "./fakeSource.ts";
import { sampleState } from "./sampleStates.ts";

interface Written {
  readonly atMs: number;
  readonly frame: string;
}

/** A page that takes everything at once and notes when. */
function openPage(hub: Hub): Written[] {
  const written: Written[] = [];
  const response = Object.assign(new EventEmitter(), {
    socket: null,
    writableLength: 0,
    writableNeedDrain: false,
    writeHead: () => undefined,
    write: (frame: string | Buffer) => written.push({ atMs: performance.now(), frame: String(frame) }) > 0,
    end: () => undefined,
    destroy: () => undefined,
  });
  hub.add(response as unknown as ServerResponse, { key: "session ada", token: false, holds: () => true });
  return written;
}
const patches = (written: readonly Written[]): number[] =>
  written.filter(({ frame }) => frame.startsWith("event: patch")).map(({ atMs }) => atMs);

describe("the pace of the live stream", () => {
  let source: FakeSource;
  let hub: Hub;
  let pccW = 0;
  const change = (): void => source.change((state) => ({ ...state, pccW: ++pccW }));
  beforeEach(() => {
    vi.useFakeTimers();
    source = createFakeSource(sampleState("parallel"));
    hub = createHub(source);
  });
  afterEach(() => {
    hub.close();
    vi.useRealTimers();
  });

  test("after a quiet time a change goes out at once, within the same turn of the loop", () => {
    const page = openPage(hub);
    vi.advanceTimersByTime(5_000);
    change();
    expect(patches(page)).toEqual([performance.now()]);
  });
  test("beside the leisurely states, a volley of turns goes out at once each; the last of many soon after", () => {
    const page = openPage(hub);
    for (let i = 0; i < 4; i++) {
      change();
      vi.advanceTimersByTime(250);
    }
    const before = patches(page).length;
    const startedAtMs = performance.now();
    for (let i = 0; i < 6; i++) {
      change();
      vi.advanceTimersByTime(20);
    }
    const turns = patches(page).slice(before);
    expect(turns.slice(0, 3).map((atMs) => atMs - startedAtMs)).toEqual([0, 20, 40]);
    const lastAtMs = startedAtMs + 5 * 20;
    vi.advanceTimersByTime(500);
    expect(Math.max(...patches(page)) - lastAtMs).toBeLessThanOrEqual(170);
  });
  test.each([
    ["a change each 5 ms", 5],
    ["a change each 60 ms", 60],
    ["a change each 110 ms", 110],
  ])("%s: never more than ten in any second, and the latest always follows soon", (_name, everyMs) => {
    const page = openPage(hub);
    for (let atMs = 0; atMs < 10_000; atMs += everyMs) {
      change();
      vi.advanceTimersByTime(everyMs);
    }
    const sent = patches(page);
    for (const atMs of sent)
      expect(sent.filter((other) => other >= atMs && other - atMs < 1_000).length).toBeLessThanOrEqual(perSecondMax);
    const gaps = sent.slice(1).map((atMs, i) => atMs - sent[i]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(170 + everyMs);
  });
  test("all pages get the same bytes, written once", () => {
    const pages = Array.from({ length: 3 }, () => openPage(hub));
    change();
    expect(new Set(pages.map((page) => page.at(-1)?.frame)).size).toBe(1);
  });
  test("a sign of life only where nothing else has been sent for a second", () => {
    const page = openPage(hub);
    for (let i = 0; i < 20; i++) {
      change();
      vi.advanceTimersByTime(250);
    }
    expect(page.filter(({ frame }) => frame.startsWith("event: alive"))).toEqual([]);
    vi.advanceTimersByTime(3_000);
    expect(page.filter(({ frame }) => frame.startsWith("event: alive")).length).toBeGreaterThanOrEqual(2);
  });
});

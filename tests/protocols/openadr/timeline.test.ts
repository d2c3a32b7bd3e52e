/** When intervals of an event hold: starts, durations, draws, repetitions and the words for "now" and "for ever". */
import { describe, expect, test } from "vitest";
import { durationMs, durationText, momentMs } from "../../../src/protocols/openadr/durations.ts";
import { readEvent, type VtnEvent } from "../../../src/protocols/openadr/messages.ts";
import { timelineOf } from "../../../src/protocols/openadr/timeline.ts";

const startMs = Date.UTC(2027, 5, 1, 12);
const start = new Date(startMs).toISOString();
const hourMs = 3_600_000;
const ever = Number.POSITIVE_INFINITY;

const eventOf = (more: object): VtnEvent =>
  readEvent({
    ...{ id: "e1", programID: "p1", createdDateTime: start, modificationDateTime: start },
    ...{ objectType: "EVENT", targets: null, reportDescriptors: null },
    ...more,
  })!;
const price = (...values: number[]) => ({ type: "PRICE", values });
const intervals = (count: number) => Array.from({ length: count }, (_, id) => ({ id, payloads: [price(id)] }));
/** Hours from the start at which slices begin and end, and their first values. */
const hours = (event: VtnEvent, share: (i: number) => number = () => 0, fromH = -24, toH = 48) =>
  timelineOf(event, share, startMs + fromH * hourMs, startMs + toH * hourMs).map(({ fromMs, toMs, payloads }) => [
    (fromMs - startMs) / hourMs,
    (toMs - startMs) / hourMs,
    payloads[0]?.values[0] ?? null,
  ]);

describe("intervals of an event", () => {
  const period = { start, duration: "PT1H" };
  const cases: [string, object, unknown[]][] = [
    [
      "follow each other",
      { intervalPeriod: period, intervals: intervals(2) },
      [
        [0, 1, 0],
        [1, 2, 1],
      ],
    ],
    [
      "have starts and durations of their own",
      {
        intervalPeriod: period,
        intervals: [
          { id: 0, payloads: [price(7)] },
          {
            id: 1,
            intervalPeriod: { start: new Date(startMs + 3 * hourMs).toISOString(), duration: "PT2H" },
            payloads: [price(8)],
          },
          { id: 2, intervalPeriod: { start: "0001-01-01T00:00:00Z", duration: "PT30M" }, payloads: [price(9)] },
        ],
      },
      [
        [0, 1, 7],
        [3, 5, 8],
        [5, 5.5, 9],
      ],
    ],
    [
      "now and for ever",
      { intervalPeriod: { start: "0001-01-01T00:00:00Z", duration: "P9999Y" }, intervals: intervals(1) },
      [[0, ever, 0]],
    ],
    ["without any period: open from the moment the event was made", { intervals: intervals(1) }, [[0, ever, 0]]],
    [
      "cancelled by a duration of zero",
      { intervalPeriod: { start: "0001-01-01", duration: "PT0S" }, intervals: intervals(1) },
      [],
    ],
    ["cancelled by the event's duration", { duration: "PT0S", intervalPeriod: period, intervals: intervals(3) }, []],
    [
      "cut by the event's duration",
      { duration: "PT90M", intervalPeriod: period, intervals: intervals(3) },
      [
        [0, 1, 0],
        [1, 1.5, 1],
      ],
    ],
    [
      "repeated by it",
      { duration: "PT5H", intervalPeriod: period, intervals: intervals(2) },
      [
        [0, 1, 0],
        [1, 2, 1],
        [2, 3, 0],
        [3, 4, 1],
        [4, 5, 0],
      ],
    ],
    [
      "several prices in one payload",
      { intervalPeriod: { start, duration: "PT3H" }, intervals: [{ id: 0, payloads: [price(1, 2, 3)] }] },
      [
        [0, 1, 1],
        [1, 2, 2],
        [2, 3, 3],
      ],
    ],
    [
      "a start that is no moment",
      { intervalPeriod: { start: "tomorrow", duration: "PT1H" }, intervals: intervals(1) },
      [],
    ],
    [
      "a start without an offset",
      { intervalPeriod: { start: "2027-06-01T12:00:00", duration: "PT1H" }, intervals: intervals(1) },
      [],
    ],
  ];
  test.each(cases)("%s", (_, more, expected) => expect(hours(eventOf(more))).toEqual(expected));

  test("a draw shifts all that follow, and absolute starts as well", () => {
    const later = new Date(startMs + 4 * hourMs).toISOString();
    const event = eventOf({
      intervalPeriod: { start, duration: "PT1H", randomizeStart: "PT30M" },
      intervals: [...intervals(2), { id: 2, intervalPeriod: { start: later, duration: "PT1H" }, payloads: [price(2)] }],
    });
    expect(hours(event, () => -0.5)).toEqual([
      [-0.25, 0.75, 0],
      [0.75, 1.75, 1],
      [3.75, 4.75, 2],
    ]);
    expect(hours(event, () => 1)).toEqual([
      [0.5, 1.5, 0],
      [1.5, 2.5, 1],
      [4.5, 5.5, 2],
    ]);
  });

  test("one that repeats for ever is worked out for the window alone", () => {
    const event = eventOf({
      duration: "P9999Y",
      intervalPeriod: { start, duration: "PT1H" },
      intervals: intervals(24),
    });
    const slices = timelineOf(event, () => 0, startMs + 24_000 * hourMs, startMs + 24_003 * hourMs);
    expect(slices.map(({ ordinal, id }) => [ordinal, id])).toEqual([
      [24_000, 0],
      [24_001, 1],
      [24_002, 2],
    ]);
  });
});

describe("durations and moments", () => {
  test.each([
    ["PT1H", hourMs],
    ["P1DT2H3M4.5S", 93_784_500],
    ["P1W", 168 * hourMs],
    ["P9999Y", ever],
    ["-PT5M", -300_000],
    ["P", Number.NaN],
    ["PT", Number.NaN],
    ["1H", Number.NaN],
    ["", Number.NaN],
  ])("%s", (text, ms) => expect(durationMs(text)).toBe(ms));

  test("what we write can be read", () => {
    for (const ms of [0, 1_000, 61_000, 3_600_000, 90_061_000]) expect(durationMs(durationText(ms))).toBe(ms);
  });

  test("moments have an offset, or are the beginning of time", () => {
    expect(momentMs("2027-06-01T14:00:00+02:00")).toBe(startMs);
    expect(momentMs("0001-01-01")).toBe(Number.NEGATIVE_INFINITY);
    expect(momentMs("2027-06-01")).toBeNaN();
  });
});

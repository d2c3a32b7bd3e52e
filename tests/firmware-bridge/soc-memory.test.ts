/** Chargers that tell the state of charge only while power flows (V2G-liberty/addon-v2g-liberty, Wallbox Quasar register 538). */
import { expect, test } from "vitest";
import { SocMemory } from "../../firmware-bridge/stage/soc-memory.ts";

const unknown = Number.NaN;
type Reading = readonly [toldPct: number, connected: boolean, moves: boolean, everyMs: number, times: number];

test.each<[string, Reading[], number]>([
  ["never told → unknown", [[unknown, true, false, 200, 10]], unknown],
  [
    "told while charging, then at rest for an hour → counts on",
    [
      [55, true, true, 200, 5],
      [unknown, true, false, 5_000, 720],
    ],
    55,
  ],
  [
    "unplugged meanwhile → unknown",
    [
      [55, true, true, 200, 5],
      [unknown, false, false, 200, 1],
      [unknown, true, false, 200, 5],
    ],
    unknown,
  ],
  [
    "not heard for long: another vehicle may be there → unknown",
    [
      [55, true, true, 200, 5],
      [unknown, true, false, 11_000, 1],
    ],
    unknown,
  ],
  [
    "power flows for 10 s and nothing is told yet → counts on",
    [
      [55, true, true, 200, 5],
      [unknown, true, true, 200, 50],
    ],
    55,
  ],
  [
    "power flows for more than a minute and nothing is told → unknown",
    [
      [55, true, true, 200, 5],
      [unknown, true, true, 200, 310],
    ],
    unknown,
  ],
])("%s", (_, readings, expected) => {
  const memory = new SocMemory();
  let nowMs = 0;
  let socPct = unknown;
  for (const [toldPct, connected, moves, everyMs, times] of readings)
    for (let i = 0; i < times; i += 1) {
      nowMs += everyMs;
      socPct = memory.after(toldPct, connected, moves, nowMs);
    }
  expect(socPct).toEqual(expected);
});

import { describe, expect, test } from "vitest";
import type { ControlReport } from "../../src/app/control/shared/report.ts";
import { createDurations, type Durations } from "../../src/dashboard/live/durations.ts";

type Site = ControlReport["site"];
const normal = {
  mode: "parallel",
  contactNo: "closed",
  contactNc: "closed",
  transferCommand: "none",
  gridVoltagePu: 1,
  busVoltagePu: 1,
  meterVoltagePu: 1,
  meterFrequencyHz: 60,
  meterQuality: 4,
} as Site;
const range = {
  minVoltagePu: 0.917,
  maxVoltagePu: 1.05,
  minFrequencyHz: 59.5,
  maxFrequencyHz: 60.1,
  missingOf: () => null,
};

/** Feeds changes of the site at their seconds. */
function live(
  steps: readonly (readonly [atS: number, change: Partial<Site>, tiers?: readonly boolean[]])[],
): Durations {
  const moments = createDurations(range);
  let site = normal;
  let closed: readonly boolean[] = [true, true];
  for (const [atS, change, tiers] of steps) {
    site = { ...site, ...change };
    closed = tiers ?? closed;
    moments.observe(
      { site, tiers: closed.map((one) => ({ closed: one })), stages: [] } as unknown as ControlReport,
      atS * 1000,
    );
  }
  return moments;
}
const outage: Partial<Site> = { gridVoltagePu: 0.01, busVoltagePu: 0.01 };
const opened: Partial<Site> = { contactNo: "open", contactNc: "open" };

describe("what led to the mode", () => {
  test.each([
    [
      "nothing at a normal start",
      [
        [0, {}],
        [1, {}],
      ],
      null,
    ],
    [
      "an outage ends as an island",
      [
        [0, {}],
        [10, { ...outage, mode: "ceased" }],
        [12, { mode: "opening", transferCommand: "open" }],
        [13, { mode: "isolated", ...opened }],
        [20, { mode: "islandRunning", busVoltagePu: 1 }],
      ],
      { key: "cause.gridLost", values: { lostAtMs: 10_000 } },
    ],
    [
      "an island without an outage was requested",
      [
        [0, {}],
        [5, { mode: "isolating" }],
        [6, { mode: "islandRunning" }],
      ],
      { key: "cause.operatorIsland" },
    ],
    [
      "K1 does not prove open",
      [
        [0, {}],
        [10, { ...outage, mode: "ceased" }],
        [12, { mode: "opening", transferCommand: "open" }],
        [13, { mode: "lockedOut", contactNo: "open" }],
      ],
      { key: "cause.notProven", values: { lostAtMs: 10_000 } },
    ],
    [
      "K1 opens by itself",
      [
        [0, {}],
        [4, { ...opened, mode: "lockedOut" }],
      ],
      { key: "cause.movedAlone" },
    ],
    [
      "a sag starts the wait again",
      [
        [0, { mode: "enterDelay" }],
        [5, { mode: "ceased", gridVoltagePu: 0.91 }],
        [8, { gridVoltagePu: 0.9 }],
        [20, { mode: "enterDelay", gridVoltagePu: 1 }],
      ],
      { key: "cause.sag", values: { voltagePu: 0.9, sagAtMs: 5000 } },
    ],
    [
      "a frozen meter stops discharging: no sag is told",
      [
        [0, {}],
        [5, { mode: "ceased", meterQuality: 2 }],
        [20, { mode: "enterDelay", meterQuality: 4 }],
      ],
      { key: "cause.meter", values: { sagAtMs: 5_000 } },
    ],
    [
      "K1 that was silent for a moment: no sag is told",
      [
        [0, {}],
        [5, { mode: "noFeedback" }],
        [9, { mode: "loadOnly" }],
        [9.1, { mode: "ceased", gridVoltagePu: 1.003 }],
        [9.2, { mode: "enterDelay" }],
      ],
      null,
    ],
    [
      "the wait after a start has no cause",
      [
        [0, { mode: "loadOnly" }],
        [5, { mode: "ceased" }],
        [5.1, { mode: "enterDelay" }],
      ],
      null,
    ],
    [
      "the wait after an island tells the outage",
      [
        [0, {}],
        [10, { ...outage, mode: "ceased" }],
        [12, { mode: "opening", transferCommand: "open" }],
        [13, { mode: "isolated", ...opened }],
        [20, { mode: "islandRunning", busVoltagePu: 1 }],
        [90, { gridVoltagePu: 1 }],
        [130, { mode: "returning" }],
        [131, { mode: "closing" }],
        [132, { mode: "loadOnly", contactNo: "closed", contactNc: "closed" }],
        [132.1, { mode: "ceased" }],
        [132.2, { mode: "enterDelay" }],
      ],
      { key: "cause.outage", values: { lostAtMs: 10_000, backAtMs: 90_000 } },
    ],
    [
      "K1 that does not open for a planned island",
      [
        [0, {}],
        [10, { mode: "transferToIsland" }],
        [12, { mode: "lockedOut" }],
      ],
      { key: "cause.notProvenPlanned" },
    ],
    [
      "back in parallel nothing is left of it",
      [
        [0, {}],
        [10, { ...outage, mode: "ceased" }],
        [20, { mode: "enterDelay", gridVoltagePu: 1, busVoltagePu: 1 }],
        [320, { mode: "ramping" }],
      ],
      null,
    ],
  ] as const)("%s", (_name, steps, cause) => {
    expect(live(steps).cause).toEqual(cause);
  });
});

describe("K1", () => {
  test("agrees since the later contact has followed; a disagreement forgets it", () => {
    const steps = [
      [0, {}],
      [10, { transferCommand: "open" }],
      [10.1, { contactNo: "open" }],
    ] as const;
    expect(live(steps).agreeSinceMs).toBeNull();
    const moments = live([...steps, [10.2, { contactNc: "open" }], [11, {}]]);
    expect([moments.agreeSinceMs, moments.commandAtMs, moments.trace]).toEqual([
      10_200,
      10_000,
      { commandAtMs: 10_000, noMovedAtMs: 10_100, ncMovedAtMs: 10_200 },
    ]);
  });
  test("a welded contact leaves its place in the trace empty", () => {
    expect(
      live([
        [0, {}],
        [10, { transferCommand: "open" }],
        [10.1, { contactNo: "open" }],
        [12, {}],
      ]).trace,
    ).toEqual({ commandAtMs: 10_000, noMovedAtMs: 10_100, ncMovedAtMs: null });
  });
  test("two unknown contacts do not agree", () => {
    expect(live([[0, { contactNo: "unknown", contactNc: "unknown" }]]).agreeSinceMs).toBeNull();
  });
});

test("tiers remember when they were switched, the island how long it was dark", () => {
  const moments = live([
    [0, {}],
    [10, { ...outage, mode: "ceased" }, [true, false]],
    [27, { mode: "islandRunning", busVoltagePu: 1 }],
  ]);
  expect([moments.tierSinceMs(0), moments.tierSinceMs(1), moments.tierSinceMs(9), moments.darkS]).toEqual([
    null,
    10_000,
    null,
    17,
  ]);
});

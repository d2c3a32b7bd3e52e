/** A meter's zeros after its restart, and nought volts in an outage. */
import { describe, expect, test } from "vitest";
import { hasJustStarted } from "../../firmware-bridge/device/just-started.ts";
import { factNames } from "../../firmware-bridge/maps/device-map.ts";
import { createSnapshot, type Snapshot } from "../../src/core/snapshot.ts";

const nowMs = 10_000;
const names: readonly string[] = factNames.meter;
const meter = (facts: Readonly<Record<string, number>>): Float64Array =>
  Float64Array.from(names, (name) => facts[name] ?? Number.NaN);
const zeros = { powerW: 0, voltageAV: 0, voltageBV: 0, voltageCV: 0, frequencyHz: 0 };

/** A site with two stages that see the grid. */
function site(change: (snapshot: Snapshot) => void = () => undefined): Snapshot {
  const snapshot = createSnapshot(2, 0);
  for (const stage of snapshot.stages) Object.assign(stage, { atMs: nowMs - 20, voltagePu: 1.01, role: "discharge" });
  Object.assign(snapshot.transferDevice, { contactNo: "closed", contactNc: "closed" });
  change(snapshot);
  return snapshot;
}

describe.each([true, false])("with a K1: %s", (hasK1) => {
  test.each<[string, boolean, Readonly<Record<string, number>>, (snapshot: Snapshot) => void]>([
    ["zeros while a stage sees the grid → just started", true, zeros, () => undefined],
    ["a power and no voltage → a wire is off, not a restart", false, { ...zeros, powerW: 900 }, () => undefined],
    ["no power and a voltage → a site at rest", false, { ...zeros, voltageAV: 277 }, () => undefined],
    ["a meter that tells power alone → a site at rest", false, { powerW: 0 }, () => undefined],
    [
      "zeros, and the stages see nothing either → an outage",
      false,
      zeros,
      ({ stages }) => {
        for (const stage of stages) stage.voltagePu = 0;
      },
    ],
    [
      "zeros, and what the stages say is older → may be an outage",
      false,
      zeros,
      ({ stages }) => {
        for (const stage of stages) stage.atMs = nowMs - 400;
      },
    ],
    [
      "zeros beside an island → an outage",
      false,
      zeros,
      ({ stages }) => {
        stages[1]!.role = "forming";
      },
    ],
  ])("%s", (_, expected, facts, change) => {
    expect(hasJustStarted(meter(facts), site(change), hasK1, nowMs)).toBe(expected);
  });
});

test("behind a K1 that is not closed a stage's voltage is not the grid's", () => {
  const snapshot = site(({ transferDevice }) => {
    transferDevice.contactNc = "open";
  });
  expect(hasJustStarted(meter(zeros), snapshot, true, nowMs)).toBe(false);
});

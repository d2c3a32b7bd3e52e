/** What the forecast rests on: batteries as they really are, PV as it was. */
import { describe, expect, test } from "vitest";
import { type BatteryGauge, createBatteryGauge, learnBatteries } from "../../src/core/island/battery-gauge.ts";
import { createSnapshot, type Snapshot } from "../../src/core/snapshot.ts";
import { hourMs, minuteMs, secondMs } from "../../src/domain/units.ts";
import { createBus } from "./island-bus.ts";

const toldWh = 226_000;
const stepMs = 10 * secondMs;

interface Story {
  readonly trueWh: number;
  readonly fromPct: number;
  readonly powerW: number;
  readonly forMs: number;
  /** It tells its charge in steps of this many percent, rounded down. */
  readonly toldStepPct?: number;
}

/** Drives one stage through a story; returns the gauge and what the battery then told. */
function drive(stories: readonly Story[], gauge: BatteryGauge = createBatteryGauge(1, 1)): BatteryGauge {
  const snapshot: Snapshot = createSnapshot(1, 0);
  const stage = snapshot.stages[0]!;
  for (const { trueWh, fromPct, powerW, forMs, toldStepPct = 0 } of stories) {
    let socPct = fromPct;
    Object.assign(stage, { vehicleConnected: true, capacityWh: toldWh, powerW, role: "forming" });
    for (let atMs = 0; atMs < forMs; atMs += stepMs) {
      socPct += (100 * powerW * stepMs) / hourMs / trueWh;
      stage.socPct = toldStepPct > 0 ? Math.floor(socPct / toldStepPct) * toldStepPct : socPct;
      learnBatteries(gauge, snapshot, stepMs);
    }
  }
  return gauge;
}

describe("energy per percent", () => {
  const cases: readonly (readonly [name: string, stories: Story[], perPct: number, withinPct: number])[] = [
    ["as told", [{ trueWh: 226_000, fromPct: 90, powerW: -25_000, forMs: hourMs }], 2_260, 0.1],
    ["aged: less than told", [{ trueWh: 200_000, fromPct: 90, powerW: -25_000, forMs: hourMs }], 2_000, 0.1],
    [
      "aged, in whole percents",
      [{ trueWh: 200_000, fromPct: 89.7, powerW: -25_000, forMs: hourMs, toldStepPct: 1 }],
      2_000,
      1.5,
    ],
    [
      "charging in between keeps what was learnt",
      [
        { trueWh: 200_000, fromPct: 90, powerW: -25_000, forMs: hourMs },
        { trueWh: 200_000, fromPct: 77, powerW: 20_000, forMs: hourMs },
        { trueWh: 200_000, fromPct: 87, powerW: -25_000, forMs: minuteMs },
      ],
      2_000,
      0.5,
    ],
  ];
  test.each(cases)("%s", (_, stories, perPct, withinPct) => {
    const { whPerPct } = drive(stories);
    expect(Math.abs(whPerPct[0]! / perPct - 1) * 100).toBeLessThan(withinPct);
  });

  test("little was given: nearly what it tells", () => {
    const { whPerPct } = drive([{ trueWh: 200_000, fromPct: 90, powerW: -10_000, forMs: 10 * minuteMs }]);
    expect(whPerPct[0]).toBeGreaterThan(2_180);
  });

  test("another vehicle: forgotten", () => {
    const gauge = drive([{ trueWh: 200_000, fromPct: 90, powerW: -25_000, forMs: hourMs }]);
    const snapshot = createSnapshot(1, 0);
    learnBatteries(gauge, snapshot, stepMs);
    expect(gauge.whPerPct[0]).toBeNaN();
  });
});

describe("the island's own forecast", () => {
  test("a battery that tells ten percent too much: right after the first hour", () => {
    // 31 % of 200 kWh above reserve, 20 kW: 3.1 h; told 3.41 h.
    const it = createBus(
      [{ socPct: 51, capacityWh: 200_000, toldWh: 220_000, reservePct: 20, ratedW: 60_000 }],
      [20_000],
    );
    it.run(secondMs);
    it.set("islandStarting");
    it.run(2 * secondMs);
    it.set("islandRunning");
    it.run(minuteMs);
    expect(it.island.runway.fedH[0]).toBeGreaterThan(3.3);
    it.run(hourMs);
    const saidH = it.island.runway.fedH[0]!;
    const fromMs = it.nowMs;
    it.run(5 * hourMs, () => it.forming() === 0);
    const cameH = (it.nowMs - fromMs) / hourMs;
    expect(Math.abs(saidH / cameH - 1)).toBeLessThan(0.03);
    expect(it.vehicles[0]!.socPct).toBeGreaterThan(19.9);
  });

  test("PV of the hours before is counted on at the same hours of the next day", () => {
    const it = createBus([{ socPct: 90, capacityWh: 400_000, reservePct: 20, ratedW: 60_000 }], [8_000], {
      pv: { ratedW: 6_000, curtail: "command" },
    });
    it.set("islandStarting");
    it.run(2 * secondMs);
    it.set("islandRunning");
    it.pvAvailableW = 6_000;
    it.run(4 * hourMs);
    it.pvAvailableW = 0;
    it.run(2 * hourMs);
    // Without any PV the rest would last (0.7 · 400 - 4 · 2 - 2 · 8) / 8 h; the next day brings 4 h of 6 kW.
    expect(it.island.runway.couldH[0]!).toBeGreaterThan(33);
    expect(it.island.runway.couldH[0]!).toBeLessThan(35.5);
  });
});

import { describe, expect, test } from "vitest";
import { installedGroup } from "../../src/core/pcc/control-state.ts";
import { createExportControl, createSiteBudget, type ProtectiveGroup } from "../../src/core/pcc/export-control.ts";
import { PowerSource } from "../../src/core/pcc/load-observer.ts";
import { type AllocationRule, allocate, createAllocation } from "../../src/core/setpoints/allocation.ts";
import { clamp } from "../../src/domain/units.ts";

const kW = 1_000;

interface Case {
  readonly rule?: AllocationRule;
  /** What all may take together, kW; what they may give, kW. */
  readonly charge?: number;
  readonly discharge?: number;
  readonly requests: readonly number[];
  readonly least?: number;
  readonly arrives?: readonly number[];
  readonly departs?: readonly number[];
  readonly phases?: readonly (readonly [number, number, number])[];
  readonly groups?: readonly ProtectiveGroup[];
}

/** An allocation over stages of 60 kW that do nothing yet, with a budget set by hand. */
function makeCase({
  rule = "equal",
  charge = 1e3,
  discharge = 1e3,
  requests,
  least = 0,
  arrives,
  departs,
  phases,
  groups = [],
}: Case) {
  const n = requests.length;
  const control = createExportControl(
    {
      tickMs: 20,
      writeMs: 2,
      linkStaleMs: 300,
      meter: {
        updateMs: 100,
        windowMs: 100,
        latencyMs: 10,
        rangeW: 1e6,
        offsetErrorW: 0,
        quantumW: 1,
        gainError: 0,
      },
      stages: requests.map((_, i) => ({
        ratedW: 60 * kW,
        responseMs: 50,
        deadTimeMs: 10,
        rateWPerS: Number.POSITIVE_INFINITY,
        measureWindowMs: 20,
        measureLatencyMs: 5,
        phaseShare: phases?.[i] ?? [1 / 3, 1 / 3, 1 / 3],
      })),
      phaseImportLimitW: phases === undefined ? Number.POSITIVE_INFINITY : 1e6,
      phaseExportLimitW: Number.POSITIVE_INFINITY,
      groups,
      fallbackChargeW: 0,
    },
    n,
  );
  const allocation = createAllocation(control, rule);
  const budget = createSiteBudget(control);
  control.observer.powerSource.fill(PowerSource.model);
  budget.minW.fill(-1e9);
  budget.maxW.fill(1e9);
  budget.minW[0] = -discharge * kW;
  budget.maxW[0] = charge * kW;
  groups.forEach((group, g) => {
    budget.minW[control.channels.length + g] = -group.discharge.limitW;
    budget.maxW[control.channels.length + g] = group.charge.limitW;
    budget.maxReason[control.channels.length + g] = group.charge.reason;
    budget.maxSource[control.channels.length + g] = group.charge.source;
  });
  budget.totalChargeCapW = 1e9;
  budget.totalDischargeCapW = 1e9;
  requests.forEach((request, i) => {
    Object.assign(allocation.asks[i]!, {
      requestedW: request * kW,
      minW: -60 * kW,
      maxW: 60 * kW,
      minChargeW: least * kW,
      minDischargeW: least * kW,
      pluggedAtMs: arrives?.[i] ?? i,
      departsAtMs: departs?.[i] ?? Number.NaN,
    });
  });
  const run = (nowMs = 0) => {
    control.sinceMs = 20;
    allocate(allocation, control, budget, nowMs);
    return Array.from(allocation.setpointW, (powerW) => Math.round(powerW / 10) / 100);
  };
  return { control, allocation, budget, run };
}

describe("who gets what", () => {
  const none = Number.NaN;
  test.each<[string, Case, number[]]>([
    ["equal: everybody the same", { charge: 90, requests: [60, 60, 60] }, [30, 30, 30]],
    ["equal: what one does not want goes to the others", { charge: 90, requests: [10, 60, 60] }, [10, 40, 40]],
    ["equal: enough for all", { charge: 500, requests: [10, 60, 60] }, [10, 60, 60]],
    ["equal: discharging", { discharge: 90, requests: [-60, -60, -20] }, [-35, -35, -20]],
    ["a request of zero never discharges", { charge: 0, requests: [0, 0] }, [0, 0]],
    ["nothing to share", { charge: 0, requests: [60, 60] }, [0, 0]],
    ["a budget below zero takes nothing", { charge: -50, requests: [60, 60] }, [0, 0]],
    [
      "first come: in order of arrival",
      { rule: "first-come", charge: 90, requests: [60, 60, 60], arrives: [3, 1, 2] },
      [0, 60, 30],
    ],
    [
      "first come: unknown arrival comes last",
      { rule: "first-come", charge: 90, requests: [60, 60, 60], arrives: [none, 1, 2] },
      [0, 60, 30],
    ],
    [
      "by departure: who leaves first is charged first",
      { rule: "by-departure", charge: 90, requests: [60, 60, 60], departs: [30, 10, 20] },
      [0, 60, 30],
    ],
    [
      "by departure: who stays longest discharges first",
      { rule: "by-departure", discharge: 90, requests: [-60, -60, -60], departs: [30, 10, 20] },
      [-60, 0, -30],
    ],
    [
      "by departure: unknown comes last",
      { rule: "by-departure", charge: 90, requests: [60, 60, 60], departs: [none, 10, 20] },
      [0, 60, 30],
    ],
    [
      "0 or at least 10 kW: four do not fit into 32 kW",
      { charge: 32, least: 10, requests: [60, 60, 60, 60] },
      [16, 16, 0, 0],
    ],
    ["0 or at least 10 kW: nobody fits into 9 kW", { charge: 9, least: 10, requests: [60, 60] }, [0, 0]],
    ["0 or at least 10 kW: a smaller request is zero", { least: 10, requests: [9, 60] }, [0, 60]],
    [
      "single-phase stages: each phase has its own limit",
      {
        charge: 500,
        requests: [60, 60, 60],
        phases: [
          [1, 0, 0],
          [1, 0, 0],
          [0, 1, 0],
        ],
      },
      [60, 60, 60],
    ],
    [
      "a conductor carries two of three",
      {
        requests: [60, 60, 60],
        groups: [installedGroup("A", "conductor-limit", [0, 1], 70 * kW, 0)],
      },
      [35, 35, 60],
    ],
    [
      "the conductor that may not carry discharge",
      {
        requests: [-60, -60, -60],
        groups: [installedGroup("A", "bus-limit", [0, 1], 0, 0)],
      },
      [0, 0, -60],
    ],
    [
      "charging does not yet count on discharging that has not begun",
      { charge: 0, discharge: 60, requests: [60, -60] },
      [0, -60],
    ],
  ])("%s", (_, given, expected) => {
    expect(makeCase(given).run()).toEqual(expected);
  });

  test("phase limits bind the stages on that phase and nobody else", () => {
    const { budget, run } = makeCase({
      requests: [60, 60, 60],
      phases: [
        [1, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
      ],
    });
    budget.maxW[1] = 50 * kW;
    budget.maxW[2] = 50 * kW;
    expect(run()).toEqual([25, 25, 50]);
  });

  test("charging counts on discharging that flows, and only as far as it is meant to go on", () => {
    const { control, allocation, run } = makeCase({ charge: 10, discharge: 200, requests: [60, -60] });
    control.observer.modelW[1] = -40 * kW;
    expect(run()[0]).toBe(50);
    allocation.asks[1]!.requestedW = -20 * kW;
    expect(run()[0]).toBe(30);
  });

  test("a stage that does not follow gets nothing, and the chain says why", () => {
    const { control, allocation, run } = makeCase({ requests: [60, 60] });
    control.observer.powerSource[0] = PowerSource.measured;
    control.observer.powerSource[1] = PowerSource.lastKnown;
    expect(run()).toEqual([0, 0]);
    expect(allocation.limits.map((limits) => limits[0]!.reason)).toEqual(["stage-disobeys", "stage-stale"]);
  });

  test("a stage that the island leads gets nothing, and nobody says that it disobeys", () => {
    const { control, allocation, run } = makeCase({ requests: [60, 0] });
    control.observer.powerSource.fill(PowerSource.otherControl);
    expect(run()).toEqual([0, 0]);
    expect(allocation.limits[0]![0]).toMatchObject({ reason: "mode", source: "mode", minW: 0, maxW: 0 });
    expect([...allocation.limitCount]).toEqual([1, 0]);
  });

  test("fast stages take what slow ones do not take yet", () => {
    const { control, run } = makeCase({ charge: 60, requests: [60, 60] });
    control.observer.responseMs[0] = 200;
    control.observer.modelW[0] = 5 * kW;
    const [slow, fast] = run();
    expect(slow).toBe(30);
    expect(fast).toBe(55);
    control.observer.modelW[0] = 45 * kW;
    expect(run()[1]).toBe(15);
  });
});

describe("the set of those who take part is sticky", () => {
  test("a budget that wanders around a minimum changes the set rarely", () => {
    const { allocation, budget, run } = makeCase({ discharge: 100, least: 10, requests: Array(6).fill(-60) });
    let seed = 1;
    for (let ms = 0; ms < 3_600_000; ms += 500) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      // Wanders between 25 and 75 kW every half second: equal shares would cross 6 × 10 kW all the time.
      budget.minW[0] = -(50 + 25 * (seed / 2 ** 31)) * kW;
      run(ms);
    }
    expect(allocation.discharging.set.changes).toBeLessThan(30);
  });

  test("what was removed waits three seconds and rises slowly; what is fresh starts at once", () => {
    const { budget, run } = makeCase({ charge: 30, least: 10, requests: [60, 60] });
    expect(run(0)).toEqual([15, 15]);
    budget.maxW[0] = 15 * kW;
    expect(run(20)).toEqual([15, 0]);
    budget.maxW[0] = 60 * kW;
    expect(run(40)).toEqual([60, 0]);
    expect(run(2_900)).toEqual([60, 0]);
    // Back at its minimum; then it rises slowly: what its whole step may have caused must not come again at once.
    expect(run(3_100)).toEqual([30, 10]);
    expect(run(10_100)).toEqual([30, 30]);
  });

  test("who leaves earlier takes the place of who leaves later, after a minute", () => {
    const { allocation, run } = makeCase({
      rule: "by-departure",
      charge: 14,
      least: 10,
      requests: [60, 60],
      departs: [20, 30],
    });
    expect(run(0)).toEqual([14, 0]);
    allocation.asks[1]!.departsAtMs = 10;
    expect(run(1_000)).toEqual([14, 0]);
    expect(run(61_100)).toEqual([0, 14]);
  });
});

test("the chain of limits gives the setpoint, with the one that binds", () => {
  const { allocation, budget, run } = makeCase({
    charge: 100,
    requests: [60, 60, 20],
    groups: [installedGroup("feeder", "conductor-limit", [0], 15 * kW, 0)],
  });
  budget.maxReason[0] = "transformer-limit";
  budget.maxSource[0] = "operator";
  expect(run()).toEqual([15, 60, 20]);
  const chain = (i: number) => allocation.limits[i]!.slice(0, allocation.limitCount[i]!);
  expect(chain(0)).toEqual([
    { reason: "conductor-limit", source: "installer", minW: Number.NEGATIVE_INFINITY, maxW: 15 * kW },
  ]);
  budget.maxW[0] = 40 * kW;
  expect(run(20)).toEqual([13.33, 13.33, 13.33]);
  expect(chain(1)[0]).toMatchObject({ reason: "transformer-limit", source: "operator" });
  for (let i = 0; i < 3; i++) {
    let powerW = allocation.asks[i]!.requestedW;
    for (const entry of chain(i)) powerW = clamp(powerW, entry.minW, entry.maxW);
    expect(powerW).toBeCloseTo(allocation.setpointW[i]!, 6);
  }
});

/** The island's own work: who forms, what is fed, how it ends. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTierState, stepTiers, tierTuning } from "../../src/core/island/tiers.ts";
import { hourMs, minuteMs, secondMs } from "../../src/domain/units.ts";
import { createBus, tickMs, type Vehicle } from "./island-bus.ts";

const bus60 = (socPct = 90): Vehicle => ({ socPct, capacityWh: 155_000, reservePct: 20, ratedW: 60_000 });
const truck = (socPct = 85): Vehicle => ({ socPct, capacityWh: 131_000, reservePct: 30, ratedW: 9_600 });

const started = (it: ReturnType<typeof createBus>): typeof it => {
  it.run(secondMs);
  it.set("islandStarting");
  it.run(2 * secondMs);
  it.set("islandRunning");
  return it;
};

describe("black start", () => {
  test("one stage begins on the dead bus; the others join a live one", () => {
    const it = createBus([bus60(80), bus60(90), bus60(70)], [85_000]);
    it.run(secondMs);
    expect(it.commands.tierClosed).toEqual([false]);
    it.set("islandStarting");
    it.run(200);
    expect([...it.island.forms]).toEqual([0, 1, 0]);
    it.run(20 * secondMs);
    expect(it.forming()).toBe(2);
    expect(it.commands.tierClosed).toEqual([true]);
    expect(it.overloadedTicks).toBe(0);
  });

  test("85 kW on stages of 60 kW: two of twenty form, within 30 s, eighteen rest", () => {
    const it = createBus(
      Array.from({ length: 20 }, () => bus60()),
      [85_000],
    );
    started(it);
    it.run(30 * secondMs, () => it.commands.tierClosed[0] === true);
    expect(it.nowMs).toBeLessThan(30 * secondMs);
    it.run(minuteMs);
    expect(it.forming()).toBe(2);
    expect(it.mostFormers).toBe(2);
  });

  test("tiers are closed one after the other, the most important first, within inrush", () => {
    const it = createBus([{ ...bus60(), capacityWh: 400_000 }], [20_000, 15_000, 10_000], { inrush: 2 });
    started(it);
    const seen: string[] = [];
    for (let i = 0; i < 100; i++) {
      it.run(100);
      const state = it.commands.tierClosed.map(Number).join("");
      if (seen.at(-1) !== state) seen.push(state);
    }
    expect(seen).toEqual(["000", "100", "110", "111"].slice(4 - seen.length));
    expect(seen.at(-1)).toBe("111");
    expect(it.overloadedTicks).toBe(0);
  });

  test("a tier whose inrush is too large waits for a second stage", () => {
    const it = createBus([bus60(), bus60()], [30_000], { inrush: 3 });
    started(it);
    it.run(20 * secondMs);
    expect(it.forming()).toBe(2);
    expect(it.commands.tierClosed).toEqual([true]);
  });

  test("a stage that does not form is passed over", () => {
    const it = createBus([{ ...bus60(95), refuses: true }, bus60(60)], [10_000]);
    it.run(secondMs);
    it.set("islandStarting");
    it.run(12 * secondMs, () => it.forming() > 0);
    expect([...it.island.forms]).toEqual([0, 1]);
    expect(it.nowMs).toBeLessThan(8 * secondMs);
  });
});

describe("shedding and restoring", () => {
  test("overload: the least important tier goes at once, and comes back after its rest", () => {
    const it = started(createBus([truck()], [4_000, 3_000]));
    it.run(20 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true]);
    it.loadW[0] = 8_000;
    const from = it.nowMs;
    it.run(5 * secondMs, () => !it.commands.tierClosed[1]);
    expect(it.nowMs - from).toBeLessThanOrEqual(500);
    it.loadW[0] = 4_000;
    it.run(minuteMs);
    expect(it.commands.tierClosed).toEqual([true, true]);
  });

  test("overload, and the stage falls silent: one tier goes for it, not one after the other", () => {
    const it = started(createBus([truck()], [4_000, 3_000, 2_000]));
    it.run(20 * secondMs);
    it.loadW[0] = 5_500;
    it.run(tickMs);
    it.vehicles[0]!.silent = true;
    it.run(3 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true, false]);
  });

  test("energy runs low: sheddable tiers go from the last, none comes back, the first stays", () => {
    const it = started(createBus([truck(33)], [1_200, 1_000, 1_000]));
    it.run(20 * secondMs);
    const seen: string[] = [];
    for (let i = 0; i < 75; i++) {
      it.run(minuteMs);
      const state = it.commands.tierClosed.map(Number).join("");
      if (seen.at(-1) !== state) seen.push(state);
    }
    expect(seen).toEqual(["111", "110", "100"]);
  });

  test("a tier never chatters: at most one change in any hour of slow discharge", () => {
    const it = started(createBus([truck(60)], [1_200, 1_500]));
    let changes = 0;
    let before = true;
    it.run(minuteMs);
    for (let i = 0; i < 6 * 60; i++) {
      it.run(minuteMs);
      if (it.commands.tierClosed[1] !== before) changes++;
      before = it.commands.tierClosed[1]!;
    }
    expect(changes).toBeLessThanOrEqual(6);
  });

  test("an operator sheds tiers, and they stay shed until an operator restores them", () => {
    const it = started(createBus([{ ...bus60(), capacityWh: 400_000 }], [10_000, 8_000, 6_000]));
    it.run(20 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true, true]);
    it.snapshot.site.tiersFedMax = 1;
    it.run(5 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, false, false]);
    it.run(2 * minuteMs);
    expect(it.commands.tierClosed).toEqual([true, false, false]);
    it.snapshot.site.tiersFedMax = Number.POSITIVE_INFINITY;
    it.run(minuteMs);
    expect(it.commands.tierClosed).toEqual([true, true, true]);
  });

  test("with the grid back, tiers come back one per second", () => {
    const it = started(createBus([truck(31)], [1_200, 1_000, 1_000]));
    it.run(5 * minuteMs);
    expect(it.commands.tierClosed).not.toEqual([true, true, true]);
    it.set("loadOnly");
    it.run(5 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true, true]);
  });
});

describe("vehicles", () => {
  test("one that is about to leave is replaced before it goes: no dead bus", () => {
    const it = started(createBus([{ ...bus60(95), departsAtMs: hourMs }, bus60(80)], [20_000]));
    it.run(10 * minuteMs);
    expect([...it.island.forms]).toEqual([1, 0]);
    const deadAtStart = it.deadTicks;
    it.run(49 * minuteMs);
    expect([...it.island.forms]).toEqual([0, 1]);
    it.vehicles[0]!.connected = false;
    it.run(hourMs);
    expect(it.deadTicks).toBe(deadAtStart);
    expect(it.forming()).toBe(1);
  });

  test("one that reaches its reserve hands over; no reserve is breached", () => {
    const it = started(createBus([bus60(26), bus60(24), bus60(22)], [25_000]));
    const deadAtStart = it.deadTicks;
    it.run(30 * minuteMs);
    expect(it.deadTicks).toBe(deadAtStart);
    for (const { socPct, reservePct } of it.vehicles) expect(socPct).toBeGreaterThan(reservePct - 0.2);
  });

  test("a successor that only tells that it forms does not relieve: the old one stays until the new one carries", () => {
    const it = started(
      createBus(
        [
          { ...bus60(95), departsAtMs: hourMs },
          { ...bus60(80), joinsAfterMs: 1_500 },
        ],
        [20_000],
      ),
    );
    it.run(56 * minuteMs);
    const deadAtStart = it.deadTicks;
    it.run(3 * minuteMs, () => it.island.forms[0] === 0);
    expect([...it.island.forms]).toEqual([0, 1]);
    expect(it.snapshot.stages[1]!.powerW).toBeLessThan(-5_000);
    it.run(minuteMs);
    expect(it.deadTicks).toBe(deadAtStart);
  });

  test("a driver presses stop and nobody can take over all: tiers make room first, then it goes", () => {
    const small = { ...truck(80), ratedW: 20_000 };
    const it = started(createBus([small, { ...small }], [10_000, 8_000, 7_000]));
    it.run(20 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true, true]);
    it.vehicles[0]!.stopped = true;
    it.run(5 * secondMs);
    expect([...it.island.forms]).toEqual([0, 1]);
    expect(it.commands.tierClosed).toEqual([true, true, false]);
    expect(it.overloadedTicks).toBe(0);
    it.vehicles[0]!.stopped = false;
    it.run(20 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true, true]);
  });

  test("the only driver presses stop: the island ends in order, and begins again when he stays", () => {
    const it = started(createBus([bus60()], [10_000, 8_000]));
    it.run(20 * secondMs);
    it.vehicles[0]!.stopped = true;
    const seen: string[] = [];
    it.run(5 * secondMs, () => {
      const state = `${it.commands.tierClosed.map(Number).join("")} ${it.island.forms[0]}`;
      if (seen.at(-1) !== state) seen.push(state);
      return false;
    });
    expect(seen).toEqual(["11 1", "10 1", "00 1", "00 0"].slice(4 - seen.length));
    expect(it.island.phase).toBe("ended");
    expect(it.mayStart).toBe(false);
    it.vehicles[0]!.stopped = false;
    it.run(secondMs);
    expect(it.mayStart).toBe(true);
  });

  test("the load grows: another joins before one is overloaded, and nothing is shed", () => {
    const small = { ...truck(80), ratedW: 20_000 };
    const it = started(createBus([small, { ...small }], [8_000, 6_000]));
    it.run(30 * secondMs);
    expect(it.forming()).toBe(1);
    for (let powerW = 8_000; powerW <= 16_000; powerW += 250) {
      it.loadW[0] = powerW;
      it.run(2 * secondMs);
      expect(it.commands.tierClosed).toEqual([true, true]);
    }
    expect(it.forming()).toBe(2);
    expect(it.overloadedTicks).toBe(0);
  });

  test("who leaves first is used first", () => {
    const it = started(createBus([bus60(95), { ...bus60(60), departsAtMs: 3 * hourMs }], [20_000]));
    it.run(minuteMs);
    expect([...it.island.forms]).toEqual([0, 1]);
  });

  test("too many for the load: one rests after a while, and comes back with the load", () => {
    const it = started(createBus([bus60(), bus60()], [85_000]));
    it.run(30 * secondMs);
    expect(it.forming()).toBe(2);
    it.loadW[0] = 10_000;
    it.run(2 * hourMs, () => it.forming() === 1);
    expect(it.forming()).toBe(1);
    expect(it.commands.tierClosed).toEqual([true]);
  });
});

describe("the end of energy", () => {
  test("announced, ordered from the least important, restartable", () => {
    const it = started(createBus([truck(31.2)], [1_200, 800]));
    const phases: string[] = [];
    for (let i = 0; i < 2 * 3600; i++) {
      it.run(secondMs);
      if (phases.at(-1) !== it.island.phase) phases.push(it.island.phase);
      if (it.island.phase === "ended") it.set("isolated");
    }
    expect(phases).toContain("ending");
    expect(phases.indexOf("ending")).toBeLessThan(phases.indexOf("ended"));
    expect(it.vehicles[0]!.socPct).toBeGreaterThanOrEqual(30);
    expect(it.mayStart).toBe(false);
    it.vehicles[0]!.socPct = 60;
    it.run(secondMs);
    expect(it.mayStart).toBe(true);
    started(it);
    it.run(20 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true]);
  });

  test("the house of 1.2 kW on a truck at 85 % with 30 % reserve lasts about 60 h", () => {
    const it = started(createBus([truck()], [1_200]));
    it.run(minuteMs);
    expect(it.island.runwayH).toBeGreaterThan(57);
    expect(it.island.runwayH).toBeLessThan(63);
  });
});

describe("PV", () => {
  test("one full bus: PV is limited to the load", () => {
    const it = started(
      createBus([{ ...bus60(99.5), reservePct: 20 }], [5_000], { pv: { ratedW: 11_000, curtail: "command" } }),
    );
    it.pvAvailableW = 11_000;
    it.run(10 * minuteMs);
    expect(it.pvW).toBeLessThanOrEqual(5_100);
    expect(it.pvW).toBeGreaterThan(4_000);
  });

  test("room in the battery: PV is free", () => {
    const it = started(createBus([bus60(50)], [5_000], { pv: { ratedW: 11_000, curtail: "command" } }));
    it.pvAvailableW = 11_000;
    it.run(10 * minuteMs);
    expect(it.pvW).toBe(11_000);
  });

  test("PV that only frequency can curtail: frequency stands before it joins, holds it to the load, and falls back with room in the battery", () => {
    const vehicle = bus60(99.5);
    const it = started(createBus([vehicle], [3_000], { pv: { ratedW: 11_000, curtail: "frequency-shift" } }));
    it.run(20 * secondMs);
    expect(it.commands.stages[0]!.formFrequencyHz).toBeCloseTo(61.5, 1);
    it.pvAvailableW = 11_000;
    it.run(minuteMs);
    expect(it.commands.stages[0]!.formFrequencyHz).toBeGreaterThan(61);
    it.pvAvailableW = 0;
    it.run(5 * minuteMs);
    expect(it.commands.stages[0]!.formFrequencyHz).toBeGreaterThan(61);
    vehicle.socPct = 60;
    it.run(5 * minuteMs);
    expect(it.commands.stages[0]!.formFrequencyHz).toBeCloseTo(60, 1);
  });
});

describe("resynchronizing to the grid", () => {
  test("the bus ahead of the grid is slowed down, behind it is sped up, within bounds", () => {
    for (const phaseDeg of [-170, -30, 30, 170]) {
      const it = started(createBus([bus60()], [10_000]));
      it.run(20 * secondMs);
      Object.assign(it.snapshot.transferDevice, { gridVoltagePu: 0.98, gridFrequencyHz: 59.95, phaseDeg });
      it.set("resyncing");
      it.run(10 * secondMs);
      const hz = it.commands.stages[0]!.formFrequencyHz;
      expect(Math.sign(hz - 59.95)).toBe(-Math.sign(phaseDeg));
      expect(Math.abs(hz - 59.95)).toBeLessThanOrEqual(0.11);
      expect(it.commands.stages[0]!.formVoltagePu).toBeCloseTo(0.98, 5);
    }
  });
});

describe("properties", () => {
  test("whatever comes: references stay in bounds, nobody forms who may not, no NaN", () => {
    const vehicle = fc.record({
      socPct: fc.double({ min: 0, max: 100, noNaN: true }),
      capacityWh: fc.constantFrom(20_000, 60_000, 155_000, Number.NaN),
      reservePct: fc.integer({ min: 0, max: 80 }),
      ratedW: fc.constantFrom(3_700, 9_600, 60_000),
    });
    fc.assert(
      fc.property(
        fc.array(vehicle, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 80_000 }), { minLength: 0, maxLength: 4 }),
        fc.array(
          fc.tuple(
            fc.constantFrom("isolated", "islandStarting", "islandRunning", "loadOnly"),
            fc.nat(3),
            fc.nat(90_000),
          ),
          { maxLength: 12 },
        ),
        (vehicles, tiersW, story) => {
          const it = createBus(
            vehicles.map((one) => ({ ...one, capacityWh: Number.isNaN(one.capacityWh) ? 50_000 : one.capacityWh })),
            tiersW,
          );
          for (const [mode, which, powerW] of story) {
            it.set(mode as "isolated");
            if (which < tiersW.length) it.loadW[which] = powerW;
            const chosen = it.vehicles[which];
            if (chosen) chosen.connected = powerW % 2 === 0;
            it.run(tickMs);
            it.run(5 * secondMs, () => {
              for (const { role, formFrequencyHz, formVoltagePu } of it.commands.stages) {
                if (role !== "forming") continue;
                expect(it.output.form).toBe(true);
                expect(formFrequencyHz).toBeGreaterThan(58);
                expect(formFrequencyHz).toBeLessThan(63);
                expect(formVoltagePu).toBeGreaterThan(0.9);
              }
              expect(it.commands.pvLimitW).not.toBeNaN();
              return false;
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("when nothing may be moved", () => {
  test("the voltage still rises for the first time → no tier is fed", () => {
    const it = createBus([bus60()], [10_000]);
    it.run(secondMs);
    it.set("islandStarting");
    it.weakPu = 0.7;
    it.run(3 * secondMs);
    expect(it.forming()).toBe(1);
    expect(it.commands.tierClosed).toEqual([false]);
    it.weakPu = 1;
    it.run(2 * secondMs);
    expect(it.commands.tierClosed).toEqual([true]);
  });

  test("K1 is about to close in synchronism → no tier is closed; what overloads is still shed", () => {
    const it = started(createBus([{ ...bus60(), capacityWh: 400_000 }], [10_000, 10_000]));
    it.run(500);
    it.set("resyncing");
    it.snapshot.transferDevice.syncRelay = true;
    const before = [...it.commands.tierClosed];
    expect(before).toContain(false);
    it.run(20 * secondMs);
    expect(it.commands.tierClosed).toEqual(before);
    it.snapshot.transferDevice.syncRelay = false;
    it.run(10 * secondMs);
    expect(it.commands.tierClosed).toEqual([true, true]);
  });

  test("after a tier was shed for power nothing is closed for half a minute", () => {
    const it = started(createBus([truck()], [4_000, 3_000]));
    it.run(20 * secondMs);
    it.loadW[0] = 8_000;
    it.run(5 * secondMs, () => !it.commands.tierClosed[1]);
    it.loadW[0] = 4_000;
    const fromMs = it.nowMs;
    it.run(minuteMs, () => it.commands.tierClosed[1] === true);
    expect(it.nowMs - fromMs).toBeGreaterThan(29 * secondMs);
  });

  const energies: readonly (readonly [string, number, boolean])[] = [
    ["for longer than what shed it, and not as long as restores it", 0.8, false],
    ["for longer than what restores it", 1.05, true],
  ];
  test.each(energies)("a tier that was shed for energy, with energy %s", (_, hours, comesBack) => {
    const tiers = [1_200, 1_000].map((loadW, t) => ({ loadW, inrushFactor: 1, sheddable: t > 0 }));
    const state = createTierState(tiers);
    state.closed[1] = false;
    const supply = { loadW: 1_200, abilityW: 9_600, atMs: 0, sagging: false, energyWh: 2_200 * hours, pvW: 0 };
    for (let nowMs = 100; nowMs < minuteMs; nowMs += 100) stepTiers(state, tiers, supply, tierTuning, nowMs);
    expect(state.closed[1]).toBe(comesBack);
  });

  test("one of two has to leave while the successor only says that it forms → it stays: the other alone would be overloaded", () => {
    const leaver = bus60(90);
    const successor = { ...bus60(50), joinsAfterMs: 4 * secondMs };
    const it = started(createBus([leaver, bus60(80), successor], [70_000]));
    it.run(20 * secondMs);
    expect([...it.island.forms]).toEqual([1, 1, 0]);
    leaver.stopped = true;
    it.run(2 * secondMs, () => it.snapshot.stages[2]!.role === "forming");
    expect(it.snapshot.stages[2]!.role).toBe("forming");
    it.run(secondMs);
    expect([...it.island.forms]).toEqual([1, 1, 1]);
    it.run(8 * secondMs);
    expect([...it.island.forms]).toEqual([0, 1, 1]);
    expect(it.overloadedTicks).toBe(0);
    expect(it.commands.tierClosed).toEqual([true]);
  });

  test("one has to leave while its successor reports and does not carry yet → it stays until the successor carries", () => {
    const leaver = bus60();
    const successor = { ...bus60(60), joinsAfterMs: 3 * secondMs };
    const it = started(createBus([leaver, successor], [20_000]));
    it.run(20 * secondMs);
    expect([...it.island.forms]).toEqual([1, 0]);
    leaver.stopped = true;
    it.run(secondMs, () => it.snapshot.stages[1]!.role === "forming");
    expect(it.snapshot.stages[1]!.role).toBe("forming");
    const deadBefore = it.deadTicks;
    it.run(2 * secondMs);
    expect(it.island.forms[0]).toBe(1);
    it.run(5 * secondMs);
    expect([...it.island.forms]).toEqual([0, 1]);
    expect(it.deadTicks).toBe(deadBefore);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pvShare } from "../../sim/site-data.ts";
import { Hand, smallWorld } from "./worlds.ts";

describe("joined to the grid", () => {
  test("the PCC sees building, tier and stages", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.command(0, { powerW: 30_000 });
    hand.command(1, { role: "discharge", powerW: -45_000 });
    hand.wait(3_000);
    expect(world.network.pccW).toBeCloseTo(50_000 + 20_000 + 30_000 - 45_000, -1);
  });

  test("the source impedance lowers the voltage when the site takes power", () => {
    const world = smallWorld({ grid: { wanderPu: 0, wanderHz: 0, sourceImpedancePu: 0.05 } }, 120_000);
    world.advance(1_000);
    expect(world.bus.voltagePu).toBeCloseTo(1 - (0.05 * 140_000) / 120_000, 3);
  });

  test("frequency follows its rate of change and the angle its integral", () => {
    const world = smallWorld();
    world.setGrid({ frequencyHz: 61, rocofHzPerS: 2 });
    world.advance(250);
    expect(world.grid.frequencyHz).toBeCloseTo(60.5, 2);
    world.advance(1_000);
    expect(world.grid.frequencyHz).toBe(61);
    world.setGrid({ frequencyHz: 60 });
    const before = world.grid.phaseDeg;
    world.setGrid({ phaseJumpDeg: 20 });
    world.advance(1);
    expect(world.grid.phaseDeg - before).toBeCloseTo(20, 6);
  });
});

describe("an outage", () => {
  test("charging ends at once and the bus dies", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.command(0, { powerW: 30_000 });
    hand.wait(2_000);
    world.setGrid({ present: false });
    hand.wait(400);
    expect(world.stages[0]!.truePowerW).toBe(0);
    expect(world.bus.voltagePu).toBeLessThan(0.01);
    expect(world.network.pccW).toBe(0);
  });

  const imbalances: readonly (readonly [string, number])[] = [
    ["matching the load exactly", 70_000],
    ["more than the load", 80_000],
    ["less than the load", 50_000],
  ];
  test.each(imbalances)("discharge %s ends within half a second by the stages' own function", (_, powerW) => {
    const world = smallWorld();
    world.truth.mayDischarge = true;
    const hand = new Hand(world);
    for (const i of [0, 1]) hand.command(i, { role: "discharge", powerW: -powerW / 2 });
    hand.wait(3_000);
    world.setGrid({ present: false });
    hand.wait(500);
    expect(world.network.stagesW).toBe(0);
    expect(world.truth.longestBackfeedMs).toBeGreaterThan(50);
    expect(world.truth.longestBackfeedMs).toBeLessThan(500);
    expect(world.stages[0]!.protections.islandsFound).toBe(1);
  });

  test("without that function and in balance it goes on until frequency or voltage end it, and truth counts it", () => {
    const world = smallWorld({ stage: { antiIslanding: false } });
    const hand = new Hand(world);
    for (const i of [0, 1]) hand.command(i, { role: "discharge", powerW: -35_000 });
    hand.wait(3_000);
    world.setGrid({ present: false });
    hand.wait(5_000);
    expect(world.truth.longestBackfeedMs).toBeGreaterThan(300);
    expect(world.network.stagesW).toBe(0);
  });
});

describe("an island", () => {
  test("one stage forms it and carries the tier", () => {
    const world = smallWorld();
    new Hand(world).island();
    expect(world.bus.source).toBe("forming");
    expect(world.bus.voltagePu).toBeCloseTo(1, 3);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(-20_000, 0);
    expect(world.network.pccW).toBe(0);
    expect(world.truth.violationCount).toBe(0);
  });

  test("a second stage joins, and droop shares the load by rating", () => {
    const world = smallWorld({ stageW: [60_000, 30_000] });
    const hand = new Hand(world);
    hand.island();
    hand.command(1, { role: "forming" });
    hand.wait(2_000);
    expect(world.bus.formers).toBe(2);
    expect(world.stages[0]!.truePowerW).toBeCloseTo(-20_000 * (2 / 3), 0);
    expect(world.stages[1]!.truePowerW).toBeCloseTo(-20_000 / 3, 0);
    expect(world.bus.frequencyHz).toBeCloseTo(60 - 0.6 * (20 / 90), 3);
  });

  test("when one former stops the other carries on without an interruption", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.island();
    hand.command(1, { role: "forming" });
    hand.wait(2_000);
    hand.command(0, { role: "off" });
    hand.wait(500);
    expect(world.stages[1]!.truePowerW).toBeCloseTo(-20_000, 0);
    expect(world.network.unservedW).toBe(0);
  });

  test("too much load sags, then trips, and does not come back by itself", () => {
    const world = smallWorld();
    const hand = new Hand(world);
    hand.island();
    world.tiers[0]!.loadW = 100_000;
    world.stir();
    world.advance(100);
    expect(world.bus.voltagePu).toBeLessThan(0.95);
    hand.wait(3_000);
    expect(world.bus.voltagePu).toBeLessThan(0.1);
    expect(world.bus.formers).toBe(0);
  });

  test("sun that nobody takes gives way to frequency", () => {
    const world = smallWorld({ pvs: [{ ratedW: 100_000, sun: pvShare(), side: "bus", reconnectDelayS: 1 }] });
    const hand = new Hand(world);
    hand.island();
    hand.wait(20_000);
    expect(world.pvs[0]!.powerW).toBeGreaterThan(5_000);
    expect(world.network.pvW).toBeLessThan(85_000);
    expect(world.bus.source).toBe("forming");
    expect(world.bus.frequencyHz).toBeGreaterThan(60);
    expect(world.bus.frequencyHz).toBeLessThan(62);
  });

  test("a stage will not form on a live bus, nor behind the interlock", () => {
    const live = smallWorld();
    new Hand(live).command(0, { role: "forming" });
    live.advance(500);
    expect(live.stages[0]!.formingRefused).toBeGreaterThan(0);

    const interlocked = smallWorld({ stage: { gateInterlock: true, deadBusCheck: false } });
    const hand = new Hand(interlocked);
    interlocked.setGrid({ present: false });
    hand.wait(1_000);
    hand.command(0, { role: "forming" });
    hand.wait(2_000);
    expect(interlocked.bus.formers).toBe(0);
    expect(interlocked.truth.violationCount).toBe(0);
  });
});

describe("the books", () => {
  const act = fc.record({
    what: fc.constantFrom(
      "charge",
      "discharge",
      "off",
      "forming",
      "grid off",
      "grid on",
      "k1 open",
      "k1 close",
      "load",
      "unplug",
      "plug",
    ),
    stage: fc.integer({ min: 0, max: 1 }),
    powerW: fc.integer({ min: 0, max: 60_000 }),
    waitMs: fc.integer({ min: 20, max: 4_000 }),
  });

  test("close to 0.1 % whatever is done to the site, and nothing becomes NaN", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 3, maxLength: 25 }), fc.integer({ min: 1, max: 1_000 }), (acts, seed) => {
        const world = smallWorld({ seed, pvs: [{ ratedW: 30_000, sun: pvShare(), side: "bus", reconnectDelayS: 2 }] });
        const hand = new Hand(world);
        const bus = { ...world.config.vehicles[0]! };
        for (const { what, stage, powerW, waitMs } of acts) {
          if (what === "charge") hand.command(stage, { powerW });
          else if (what === "discharge") hand.command(stage, { role: "discharge", powerW: -powerW });
          else if (what === "off" || what === "forming") hand.command(stage, { role: what });
          else if (what === "grid off") world.setGrid({ present: false });
          else if (what === "grid on") world.setGrid({ present: true });
          else if (what === "k1 open") world.transferDevice.commandOpen();
          else if (what === "k1 close") world.transferDevice.commandClose(world.transferDevice.closeSequence + 1);
          else if (what === "load") world.tiers[0]!.loadW = powerW;
          else if (what === "unplug") world.unplug(stage);
          else world.plug(stage, bus);
          hand.wait(waitMs);
        }
        // A story of a second moves a few watt-hours: there a milliwatt-hour is the clock's step, not a leak.
        const { errorPct, importWh, exportWh, pvWh, chargedWh, dischargedWh, buildingWh, tiersWh } =
          world.books.balance();
        const turnoverWh = importWh + exportWh + pvWh + chargedWh + dischargedWh + buildingWh + tiersWh;
        expect((errorPct / 100) * turnoverWh).toBeLessThan(Math.max(0.001 * turnoverWh, 0.001));
        for (const value of [
          world.network.pccW,
          world.bus.voltagePu,
          world.bus.frequencyHz,
          world.vehicles[0]!.storedWh,
        ]) {
          expect(value).not.toBeNaN();
        }
      }),
      { numRuns: 60 },
    );
  });
});

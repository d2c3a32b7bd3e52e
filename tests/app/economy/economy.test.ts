/** The record of what flowed, the stays, the prices and the events of a site, on a virtual clock. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { createControlReport } from "../../../src/app/control/shared/report.ts";
import { createEconomy } from "../../../src/app/economy/economy.ts";
import { stateOf } from "../../../src/app/economy/grid-events.ts";
import { startPriceFeed } from "../../../src/app/economy/price-feed.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { parseSiteConfig } from "../../../src/config/parse.ts";
import { tariffSettings } from "../../../src/config/site/tariff.ts";
import { localDay, startOfDayMs } from "../../../src/domain/calendar.ts";
import { Quality } from "../../../src/domain/quality.ts";

const quarterMs = 15 * 60_000;
const hourMs = 3_600_000;
const firstMs = Date.parse("2026-06-15T07:00:00Z");

const tariff = tariffSettings.parse({
  name: "T",
  currency: "USD",
  energy: [{ from: "16:00", to: "21:00", perKWh: 0.5 }, { perKWh: 0.1 }],
  demand: [{ id: "all", perKW: 10 }],
});

/** A site with one charger, and a hand on its report and its clock. */
function site(given: { tariff?: typeof tariff } = { tariff }) {
  const parsed = parseSiteConfig(readFileSync("config/minimal.yaml", "utf8"), "minimal.yaml");
  if (!parsed.ok) throw new Error("the smallest configuration must be right");
  const config = { ...parsed.value, ...given };
  config.site = { ...config.site, timeZone: "America/Los_Angeles" };
  const report = createControlReport(config.evses.length, 0);
  report.site.meterQuality = Quality.good;
  const store = openStore({ path: ":memory:" });
  const log = vi.fn();
  let vehicle: string | null = "bus-1";
  const open = () =>
    createEconomy({
      config,
      documents: store,
      log,
      now: () => nowMs,
      vehicleAt: () => vehicle,
      wearPerKWh: () => ({}),
    });
  let economy = open();
  let nowMs = firstMs;
  return {
    get economy() {
      return economy;
    },
    report,
    log,
    get nowMs() {
      return nowMs;
    },
    known: (id: string | null) => {
      vehicle = id;
    },
    /** A second at a time. */
    run(forMs: number, pccW: number, stageW: number, pvW = 0): void {
      const untilMs = nowMs + forMs;
      for (; nowMs < untilMs; nowMs += 1_000) {
        Object.assign(report.site, { atMs: nowMs - firstMs, pccW, pvPowerW: -pvW });
        Object.assign(report.stages[0]!, { atMs: nowMs - firstMs, powerW: stageW });
        economy.look(report, nowMs);
      }
    },
    pass(forMs: number): void {
      nowMs += forMs;
    },
    restart(): void {
      economy.stop();
      economy = open();
    },
  };
}

describe("the record", () => {
  test("energies of a quarter at the PCC, from PV and at the charger, with the vehicle's id", () => {
    const one = site();
    one.report.stages[0]!.vehicleConnected = true;
    one.run(quarterMs / 3, 30_000, 20_000, 5_000);
    one.run((2 * quarterMs) / 3, -6_000, -10_000);
    one.run(1_000, 0, 0);
    const [quarter] = one.economy.book.quarters(firstMs, firstMs + hourMs);
    expect(quarter).toMatchObject({ startsAtMs: firstMs, estimated: false });
    expect(quarter!.importWh / (30_000 / 12)).toBeCloseTo(1, 2);
    expect(quarter!.exportWh).toBeCloseTo(1_000, -1);
    expect(quarter!.pvWh).toBeCloseTo(5_000 / 12, -1);
    expect(quarter!.chargers["1"]).toMatchObject({ vehicle: "bus-1" });
    expect(quarter!.chargers["1"]!.outWh).toBeCloseTo(10_000 / 6, -1);
  });

  test("what was measured for less than half of a quarter is a gap; for most of it, its mean, and said so", () => {
    const one = site();
    one.run(quarterMs * 0.4, 10_000, 0);
    one.pass(quarterMs * 0.6);
    one.run(quarterMs * 0.6, 10_000, 0);
    one.pass(quarterMs * 0.4);
    one.run(1_000, 0, 0);
    const quarters = one.economy.book.quarters(firstMs, firstMs + hourMs);
    expect(quarters).toHaveLength(1);
    expect(quarters[0]).toMatchObject({ startsAtMs: firstMs + quarterMs, estimated: true });
    expect(quarters[0]!.importWh).toBeCloseTo(2_500, 0);
  });

  test("a frozen meter and a silent charger with a vehicle add nothing", () => {
    const one = site();
    one.report.site.meterQuality = Quality.frozen;
    one.run(quarterMs, 10_000, 0);
    one.report.site.meterQuality = Quality.good;
    one.report.stages[0]!.vehicleConnected = true;
    one.run(quarterMs + 1_000, 10_000, Number.NaN);
    expect(one.economy.book.quarters(firstMs, firstMs + hourMs)).toEqual([]);
  });

  test("a restart keeps whole quarters, and goes on within one", () => {
    const one = site();
    one.run(quarterMs * 1.6, 10_000, 0);
    one.restart();
    one.run(quarterMs * 0.5, 10_000, 0);
    const quarters = one.economy.book.quarters(firstMs, firstMs + hourMs);
    expect(quarters.map(({ importWh }) => Math.round(importWh / 100))).toEqual([25, 25]);
  });
});

describe("stays and money", () => {
  test("a stay has its vehicle, its charge on arrival and at departure; the month's saving is against charging at once", () => {
    const one = site();
    const stage = one.report.stages[0]!;
    // 16:00 local: the dear hours begin, the bus waits until 21:00.
    one.pass(16 * hourMs);
    one.known(null);
    Object.assign(stage, { vehicleConnected: true, socPct: 50, capacityWh: 100_000 });
    one.run(10_000, 5_000, 0);
    one.known("bus-7");
    one.run(5 * hourMs - 10_000, 5_000, 0);
    one.run(hourMs, 10_000, 5_000);
    stage.socPct = 54.5;
    one.run(hourMs, 5_000, 0);
    stage.vehicleConnected = false;
    one.run(quarterMs, 5_000, 0);
    const [stay] = one.economy.stays.stays(firstMs, one.nowMs);
    expect(stay).toMatchObject({ evse: 1, vehicle: "bus-7", arrivalWh: 50_000, leftWithWh: expect.closeTo(54_500, 3) });
    expect(stay!.leftAtMs).toBeCloseTo(firstMs + 23 * hourMs, -4);
    const day = localDay(one.economy.zone, firstMs);
    const month = one.economy.month(day, one.nowMs)!;
    expect(month.missing.wh).toBeLessThan(1);
    // 5 kWh at 0.10 instead of 0.50.
    expect(month.vehicles["bus-7"]).toMatchObject({ energy: 0.5, energyAtOnce: 2.5 });
    expect(month.measured.energy).toBeCloseTo(5 * 5 * 0.5 + (10 + 5) * 0.1, 1);
    expect(month.days).toHaveLength(1);
    expect(one.economy.month(day, one.nowMs)).toBe(month);
    const horizon = one.economy.horizon(startOfDayMs(one.economy.zone, day + 1), 96)!;
    expect(horizon.demand[0]!.peakSoFarW).toBeCloseTo(10_000, -2);
  });

  test("without a tariff there are no costs, and forecasts say what they rest on", () => {
    const one = site({});
    one.run(hourMs, 8_000, 0);
    expect(one.economy.tariff()).toBeNull();
    expect(one.economy.month(localDay(one.economy.zone, firstMs), one.nowMs)).toBeNull();
    expect(one.economy.horizon(one.nowMs, 4)).toBeNull();
    const { load, pv } = one.economy.forecasts(one.nowMs, one.nowMs, 4);
    expect([load.basis, Math.round(load.powerW[0]! / 1_000), load.errors]).toEqual(["flat", 8, null]);
    expect(pv.basis).toBe("unknown");
  });
});

describe("grid events", () => {
  const offer = {
    programme: "Peak relief",
    fromMs: firstMs + 10 * hourMs,
    toMs: firstMs + 12 * hourMs,
    askedW: 5_000,
    answerByMs: firstMs + 4 * hourMs,
    payPerKWh: 2,
    penaltyPerKWh: 0,
  };

  test("offered, answered, running, over; unanswered is declined, and a late answer is refused", () => {
    const { events } = site().economy;
    const made = events.offer(offer, "Operator 1", firstMs);
    if (!made.ok) throw new Error(made.error);
    const { id } = made.value;
    expect(stateOf(events.get(id)!, firstMs + hourMs)).toBe("offered");
    expect(stateOf(events.get(id)!, firstMs + 5 * hourMs)).toBe("declined");
    expect(events.answer(id, 6_000, "Operator 1", firstMs)).toEqual({
      ok: false,
      error: "The commitment must be from 0 to 5000 W.",
    });
    expect(events.answer(id, 4_000, "Operator 1", firstMs).ok).toBe(true);
    expect([5, 11, 13].map((hour) => stateOf(events.get(id)!, firstMs + hour * hourMs))).toEqual([
      "committed",
      "running",
      "over",
    ]);
    expect(events.answer(id, 0, "Operator 1", firstMs + 5 * hourMs)).toEqual({
      ok: false,
      error: "The answer was due before now.",
    });
  });

  test.each([
    ["in the past", { fromMs: firstMs - hourMs }, "The event must begin in the future."],
    ["without an end", { toMs: offer.fromMs }, "The event must last up to 24 h."],
    ["between quarters", { fromMs: offer.fromMs + 60_000 }, "The event must begin and end with a quarter of an hour."],
    ["answered after its beginning", { answerByMs: offer.toMs }, "The answer must be due before the event begins."],
    ["of nothing", { askedW: 0 }, "The event must ask for more than 0 W."],
    [
      "far ahead",
      { fromMs: firstMs + 100 * 24 * hourMs, toMs: firstMs + 100 * 24 * hourMs + hourMs },
      "The event must begin within 90 days.",
    ],
  ])("one %s is refused", (_, given, error) => {
    expect(site().economy.events.offer({ ...offer, ...given }, "Operator 1", firstMs)).toEqual({ ok: false, error });
  });

  test("without ten days of record there is no baseline, and nothing to plan against or to pay", () => {
    const one = site();
    const made = one.economy.events.offer(offer, "Operator 1", firstMs);
    if (!made.ok) throw new Error(made.error);
    one.economy.events.answer(made.value.id, 4_000, "Operator 1", firstMs);
    const event = one.economy.events.get(made.value.id)!;
    expect([one.economy.baseline(event), one.economy.response(event)]).toEqual([null, null]);
    expect(one.economy.commitments(firstMs, firstMs, 96)).toEqual([]);
  });
});

describe("habits", () => {
  test("a vehicle that came three times on work days is expected at the middle of them; a stranger never", () => {
    const one = site();
    const dayMs = 24 * hourMs;
    // Monday to Wednesday from 17:00, 17:30 and 18:00 on, each time until the next morning, 40 % the first and 30 % the next times.
    for (const [day, hour] of [17, 17.5, 18].entries()) {
      one.pass(firstMs + day * dayMs + hour * hourMs - one.nowMs);
      Object.assign(one.report.stages[0]!, {
        vehicleConnected: true,
        capacityWh: 100_000,
        socPct: day === 0 ? 40 : 30,
      });
      one.run(20_000, 0, 0);
      Object.assign(one.report.stages[0]!, { socPct: 80 });
      one.run(20_000, 0, 0);
      Object.assign(one.report.stages[0]!, { vehicleConnected: false });
      one.run(20_000, 0, 0);
    }
    const thursdayMs = firstMs + 3 * dayMs + 8 * hourMs;
    expect(one.economy.arrivals("bus-1", thursdayMs)).toEqual([
      { atMs: firstMs + 3 * dayMs + 17.5 * hourMs, usedWh: null },
      { atMs: firstMs + 4 * dayMs + 17.5 * hourMs, usedWh: null },
    ]);
    expect(one.economy.arrivals("bus-2", thursdayMs)).toEqual([]);
  });
});

describe("day-ahead prices", () => {
  const dayAhead = { everyMinutes: 30, maxPerKWh: 5, addPerKWh: 0, currency: "USD" };
  const file = join(mkdtempSync(join(tmpdir(), "islet-prices-")), "prices.csv");

  test("a file that is missing, broken or out of range changes nothing and is told once; a good one counts", async () => {
    const log = vi.fn();
    const feed = startPriceFeed({ ...dayAhead, file }, log, () => 1);
    await vi.waitFor(() => expect(feed.failure).toContain("ENOENT"));
    await feed.refresh();
    expect(log).toHaveBeenCalledTimes(1);
    writeFileSync(file, "2026-06-15T00:00:00Z,0.2\n");
    await feed.refresh();
    expect([feed.points, feed.failure, feed.readAtMs]).toEqual([
      [{ atMs: Date.parse("2026-06-15T00:00:00Z"), value: 0.2 }],
      "",
      1,
    ]);
    writeFileSync(file, "2026-06-15T00:00:00Z,7\n");
    await feed.refresh();
    expect(feed.failure).toBe("line 1: the price must be a number from -5 to 5 USD/kWh");
    expect(feed.points).toHaveLength(1);
    writeFileSync(file, "x".repeat(600_000));
    await feed.refresh();
    expect(feed.failure).toBe("the file is larger than 500000 bytes");
    feed.stop();
  });
});

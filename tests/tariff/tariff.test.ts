/** Tariffs: what holds when, contradictions, clock changes, day-ahead prices, peaks with ratchet, and the bill. */
import { describe, expect, test } from "vitest";
import { type TariffSettings, tariffSettings } from "../../src/config/site/tariff.ts";
import { dayOfDate, startOfDayMs } from "../../src/domain/calendar.ts";
import { parseMomentSeries } from "../../src/domain/moment-series.ts";
import { tableZone } from "../../src/domain/time-zone.ts";
import { hourMs } from "../../src/domain/units.ts";
import { billOf, roundMoney } from "../../src/tariff/bill.ts";
import { tariffHorizon } from "../../src/tariff/horizon.ts";
import { peakSoFarW, withPeaks } from "../../src/tariff/peaks.ts";
import { createTariff, quarterMs, tariffMistakes } from "../../src/tariff/tariff.ts";

const table = tableZone("America/Los_Angeles");
if (!table.ok) throw new Error(table.error);
const zone = table.value;
const at = (date: string, hour = 0): number => startOfDayMs(zone, dayOfDate(date)!) + hour * hourMs;
const settings = (given: unknown): TariffSettings =>
  tariffSettings.parse({ name: "T", currency: "USD", ...(given as object) });
const tariff = (given: unknown) => createTariff(settings(given), zone);

/** The shape of SCE's TOU-EV-8 (sim/data/tariff-sce-tou-ev-8.json). */
const touEv8 = {
  holidays: ["2026-07-03"],
  energy: [
    { months: [6, 7, 8, 9], days: "workdays", from: "16:00", to: "21:00", perKWh: 0.49619 },
    { months: [6, 7, 8, 9], days: "weekends", from: "16:00", to: "21:00", perKWh: 0.25563 },
    { months: [6, 7, 8, 9], from: "21:00", to: "16:00", perKWh: 0.12597 },
    { from: "08:00", to: "16:00", months: [10, 11, 12, 1, 2, 3, 4, 5], perKWh: 0.07724 },
    { from: "16:00", to: "21:00", months: [10, 11, 12, 1, 2, 3, 4, 5], perKWh: 0.297 },
    { perKWh: 0.13568 },
  ],
};

describe("time of use", () => {
  test.each([
    ["a work day in July at 16:00", at("2026-07-14", 16), 0.49619],
    ["a work day in July at 15:45", at("2026-07-14", 15.75), 0.12597],
    ["a work day in July at 21:00", at("2026-07-14", 21), 0.12597],
    ["a Sunday in July at 17:00", at("2026-07-12", 17), 0.25563],
    ["a holiday in July at 17:00 is like a Sunday", at("2026-07-03", 17), 0.25563],
    ["January at noon", at("2026-01-15", 12), 0.07724],
    ["January at 17:00", at("2026-01-15", 17), 0.297],
    ["January at 23:00: all other times", at("2026-01-15", 23), 0.13568],
  ])("%s", (_, moment, perKWh) => {
    expect(tariff(touEv8).pricesAt(moment)).toEqual({ importPerKWh: perKWh, exportPerKWh: 0, source: "tariff" });
  });

  test("the days of 23 and 25 hours have each price by the clock", () => {
    const sumOf = (date: string) => {
      const next = startOfDayMs(zone, dayOfDate(date)! + 1);
      const hours = new Map<number, number>();
      for (let t = at(date); t < next; t += hourMs) {
        const { importPerKWh } = tariff(touEv8).pricesAt(t);
        hours.set(importPerKWh!, (hours.get(importPerKWh!) ?? 0) + 1);
      }
      return Object.fromEntries(hours);
    };
    // The clock skips an hour of the night, or shows one twice; the dear hours stay five.
    expect(sumOf("2026-03-08")).toEqual({ "0.13568": 10, "0.07724": 8, "0.297": 5 });
    expect(sumOf("2026-11-01")).toEqual({ "0.13568": 12, "0.07724": 8, "0.297": 5 });
  });

  test("before its first and after its last day nothing is known", () => {
    const ended = tariff({ ...touEv8, validFrom: "2026-02-01", validUntil: "2026-09-30" });
    const none = { importPerKWh: null, exportPerKWh: null, source: "none" };
    expect(ended.pricesAt(at("2026-01-31", 23.75))).toEqual(none);
    expect(ended.pricesAt(at("2026-09-30", 23.75)).source).toBe("tariff");
    expect(ended.pricesAt(at("2026-10-01"))).toEqual(none);
  });
});

describe("mistakes are named", () => {
  test.each([
    [
      "two prices at one time",
      { energy: [{ months: [7], perKWh: 0.2 }, { from: "16:00", to: "18:00", perKWh: 0.5 }, { perKWh: 0.1 }] },
      { path: ["energy", 1], complaint: "contradicts row 1: both hold on work days in July at 16:00" },
    ],
    [
      "two prices for all other times",
      { energy: [{ perKWh: 0.2 }, { perKWh: 0.1 }] },
      { path: ["energy", 1], complaint: "says nothing of when, as row 1: only one can hold at all other times" },
    ],
    [
      "a time without a price",
      { energy: [{ days: "workdays", perKWh: 0.2 }] },
      {
        path: ["energy"],
        complaint: "has no price on Saturdays in January at 00:00: add a row without a time for all others",
      },
    ],
    ["no price at all", {}, { path: ["energy"], complaint: "has no price: add one, or day-ahead prices" }],
    [
      "day-ahead prices from nowhere",
      { dayAhead: {} },
      { path: ["dayAhead"], complaint: "needs a file or a url, and not both" },
    ],
    [
      "an end before the beginning",
      { energy: [{ perKWh: 1 }], validFrom: "2026-05-01", validUntil: "2026-04-01" },
      { path: ["validUntil"], complaint: "is before validFrom, 2026-05-01" },
    ],
    [
      "two charges of one name",
      {
        energy: [{ perKWh: 1 }],
        demand: [
          { id: "a", perKW: 1 },
          { id: "a", perKW: 2 },
        ],
      },
      { path: ["demand", 1, "id"], complaint: "is the id of another demand charge" },
    ],
    [
      "a ratchet of days",
      { energy: [{ perKWh: 1 }], demand: [{ id: "a", perKW: 1, per: "day", ratchetPct: 50 }] },
      { path: ["demand", 0, "ratchetPct"], complaint: "needs a charge per month" },
    ],
  ])("%s", (_, given, mistake) => {
    expect(tariffMistakes(settings(given))).toEqual([mistake]);
  });

  test("the same price twice is no contradiction, and a whole tariff has no mistake", () => {
    expect(
      tariffMistakes(
        settings({ energy: [{ months: [7], perKWh: 0.2 }, { days: "sundays", perKWh: 0.2 }, { perKWh: 0.1 }] }),
      ),
    ).toEqual([]);
    expect(tariffMistakes(settings(touEv8))).toEqual([]);
  });
});

describe("day-ahead prices", () => {
  const kind = { key: "perKWh", what: "price", unit: "USD/kWh", min: -5, max: 5 };
  const parsed = parseMomentSeries("at,price\n2026-07-14T16:00:00-07:00,0.10\n2026-07-14T17:00:00-07:00,-0.02\n", kind);
  if (!parsed.ok) throw new Error(parsed.error);
  const dayAhead = { file: "p.csv", addPerKWh: 0.05, exportAddPerKWh: -0.01 };

  test("stand for the rows while they reach, with what is paid on top", () => {
    const spot = tariff({ energy: [{ perKWh: 0.3 }], dayAhead }).withDayAhead(parsed.value);
    expect(spot.pricesAt(at("2026-07-14", 15.75))).toEqual({ importPerKWh: 0.3, exportPerKWh: 0, source: "tariff" });
    const first = spot.pricesAt(at("2026-07-14", 16.5));
    expect(first.source).toBe("day-ahead");
    expect(first.importPerKWh).toBeCloseTo(0.15, 9);
    expect(first.exportPerKWh).toBeCloseTo(0.09, 9);
    expect(spot.pricesAt(at("2026-07-14", 17.75)).importPerKWh).toBeCloseTo(0.03, 9);
    expect(spot.pricesAt(at("2026-07-14", 18)).source).toBe("tariff");
  });

  test("without rows nothing is known where they don't reach", () => {
    const spot = tariff({ dayAhead }).withDayAhead(parsed.value);
    expect(spot.pricesAt(at("2026-07-14", 18)).importPerKWh).toBeNull();
    const horizon = tariffHorizon(spot, {}, at("2026-07-14", 16), 12);
    expect(horizon.knownSlots).toBe(8);
    // A quarter without a price counts as the one before it.
    expect(horizon.importPerKWh.at(-1)).toBeCloseTo(0.03, 9);
  });
});

describe("peaks", () => {
  const demand = [{ id: "peak", perKW: 20, from: "16:00", to: "21:00", ratchetPct: 80, ratchetMonths: 11 }];
  const site = tariff({ energy: [{ perKWh: 0.1 }], demand });
  const quarter = (startsAtMs: number, kW: number) => ({ startsAtMs, importWh: kW * 250, exportWh: 0 });

  test("only the charge's own hours count, each month for itself, and the ratchet holds for eleven months", () => {
    const book = withPeaks({}, site, [
      quarter(at("2026-06-10", 12), 900),
      quarter(at("2026-06-10", 17), 500),
      quarter(at("2026-07-10", 20.75), 200),
      quarter(at("2026-07-10", 21), 800),
    ]);
    const month = (date: string) => site.monthOf(at(date, 12));
    const rate = site.demand[0]!;
    expect(peakSoFarW(book, rate, month("2026-06-20"))).toBe(500_000);
    expect(peakSoFarW(book, rate, month("2026-07-20"))).toBe(400_000);
    expect(peakSoFarW(book, rate, month("2027-05-20"))).toBe(400_000);
    expect(peakSoFarW(book, rate, month("2027-06-20"))).toBe(160_000);
    expect(tariffHorizon(site, book, at("2026-07-20", 15), 8).demand).toEqual([
      { id: "peak", perKW: 20, slots: [4, 5, 6, 7], peakSoFarW: 400_000, spreadDays: 7 },
    ]);
    // A peak is of use until the month ends, and a week is as far as days are told to be alike.
    for (const [date, spreadDays] of [
      ["2026-07-25", 7],
      ["2026-07-29", 3],
      ["2026-07-31", 1],
    ] as const)
      expect(tariffHorizon(site, book, at(date, 16), 4).demand).toMatchObject([{ spreadDays }]);
  });

  test("a billing month begins on its day; a horizon across it has two peaks", () => {
    const mid = tariff({ energy: [{ perKWh: 0.1 }], billingDay: 15, demand: [{ id: "all", perKW: 10 }] });
    expect(mid.monthOf(at("2026-07-14", 23))).toBe(dayOfDate("2026-06-15"));
    expect(mid.monthOf(at("2026-07-15"))).toBe(dayOfDate("2026-07-15"));
    expect(mid.monthOf(at("2026-03-01"))).toBe(dayOfDate("2026-02-15"));
    expect(tariffHorizon(mid, {}, at("2026-07-14", 23), 8).demand.map(({ slots }) => slots)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });

  test("a meter that averages over half an hour bills pairs of quarters by the clock", () => {
    const half = tariff({ energy: [{ perKWh: 0.1 }], demand: [{ id: "all", perKW: 10, averageMinutes: "30" }] });
    const noon = at("2026-07-14", 12);
    const book = withPeaks({}, half, [
      quarter(noon, 100),
      quarter(noon + quarterMs, 300),
      quarter(noon + 2 * quarterMs, 900),
    ]);
    expect(Object.values(book["all"]!)).toEqual([{ powerW: 200_000, atMs: noon }]);
  });
});

describe("the bill", () => {
  test("each line is rounded once; export earns; the ratchet is billed where the peak is lower", () => {
    const site = tariff({
      energy: [{ perKWh: 0.333 }],
      export: [{ perKWh: 0.1 }],
      demand: [{ id: "all", perKW: 12.345, ratchetPct: 90 }],
    });
    const before = { all: { [dayOfDate("2026-06-01")!]: { powerW: 100_000, atMs: at("2026-06-05") } } };
    const bill = billOf(
      site,
      [
        { startsAtMs: at("2026-07-14", 12), importWh: 10_001, exportWh: 0 },
        { startsAtMs: at("2026-07-14", 13), importWh: 0, exportWh: 5_000 },
      ],
      before,
    );
    expect(bill).toMatchObject({ energy: 3.33, exported: 0.5, unpriced: 0 });
    expect(bill.demand).toEqual([
      {
        id: "all",
        period: dayOfDate("2026-07-01"),
        peakW: 40_004,
        billedW: 90_000,
        atMs: at("2026-07-14", 12),
        amount: 1_111.05,
      },
    ]);
    expect(bill.total).toBe(1_113.88);
  });

  test("energy without a known price is in no amount, and counted", () => {
    const bill = billOf(tariff({ dayAhead: { file: "x" } }), [{ startsAtMs: 0, importWh: 1_000, exportWh: 0 }], {});
    expect(bill).toMatchObject({ energy: 0, total: 0, unpriced: 1, importWh: 1_000 });
  });

  test("amounts are rounded to what the currency has", () => {
    expect([
      roundMoney(1.005, "USD"),
      roundMoney(-1.005, "USD"),
      roundMoney(1.5, "JPY"),
      roundMoney(-0.001, "USD"),
    ]).toEqual([1.01, -1.01, 2, 0]);
  });
});

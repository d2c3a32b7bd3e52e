/** Baselines by hand-made examples and over the office's year, and what an event pays. */
import { describe, expect, test } from "vitest";
import { officeHours } from "../../sim/site-data.ts";
import { weekdayOf } from "../../src/domain/calendar.ts";
import {
  type BaselineDay,
  type BaselineMethod,
  baselineOf,
  quartersOfDay,
  tenOfTen,
} from "../../src/settlement/baseline.ts";
import { type ResponseTerms, responseOf } from "../../src/settlement/response.ts";

const flat = (day: number, kW: number, more: Partial<BaselineDay> = {}): BaselineDay => ({
  day,
  clockW: new Float64Array(quartersOfDay).fill(kW * 1_000),
  leftOut: false,
  ...more,
});
/** Ten days of 100, 110, … 190 kW: mean 145, the five highest 170. */
const ten = Array.from({ length: 10 }, (_, i) => flat(i, 100 + 10 * i));
const noAdjustment: BaselineMethod = { ...tenOfTen, adjustment: null };

describe("baselines", () => {
  test("10 of 10 is the mean, 5 of 10 that of the highest", () => {
    const today = flat(20, 145);
    expect(baselineOf(noAdjustment, ten, today, 64, 68)!.quarterW).toEqual([145_000, 145_000, 145_000, 145_000]);
    const highest = baselineOf({ ...noAdjustment, highest: 5 }, ten, today, 64, 65)!;
    expect(highest.quarterW).toEqual([170_000]);
    expect(highest.daysUsed).toEqual([9, 8, 7, 6, 5]);
  });

  test("the day before the event moves it, by at most the cap", () => {
    const warm = baselineOf(tenOfTen, ten, flat(20, 159.5), 64, 65)!;
    expect(warm.factor).toBeCloseTo(1.1, 9);
    expect(warm.quarterW[0]).toBeCloseTo(159_500, 6);
    const hot = baselineOf(tenOfTen, ten, flat(20, 290), 64, 65)!;
    expect([hot.factor, hot.uncapped]).toEqual([1.2, 2]);
    expect(baselineOf(tenOfTen, ten, flat(20, 14.5), 64, 65)!.factor).toBe(0.8);
  });

  test("only hours 4 to 2 before the event count for that", () => {
    const today = flat(20, 145);
    const clockW = Float64Array.from(today.clockW);
    clockW.fill(0, 56, 64);
    clockW.fill(159_500, 48, 56);
    expect(baselineOf(tenOfTen, ten, { ...today, clockW }, 64, 65)!.factor).toBeCloseTo(1.1, 9);
  });

  test("event days and days with an outage are left out, older ones take their place", () => {
    const days = [...ten, flat(10, 500, { leftOut: true }), flat(11, 300, { leftOut: true })];
    expect(baselineOf(noAdjustment, days, flat(20, 145), 64, 65)!.quarterW).toEqual([145_000]);
  });

  test("with fewer days than the programme asks for there is no baseline; an unmeasured window adjusts nothing", () => {
    expect(baselineOf(noAdjustment, ten.slice(1), flat(20, 145), 64, 65)).toBeNull();
    const unmeasured = baselineOf(tenOfTen, ten, flat(20, Number.NaN), 64, 65)!;
    expect([unmeasured.factor, unmeasured.uncapped]).toEqual([1, Number.NaN]);
  });

  test("the office on 232 work days from 16 to 21: about 7 % off without the adjustment, 4.5 % with it, no bias", () => {
    const { valuesW } = officeHours();
    // 1 January 2006 was a Sunday.
    const days = Array.from({ length: 365 }, (_, day) =>
      flat(day, 0, {
        clockW: Float64Array.from({ length: quartersOfDay }, (_, q) => valuesW[day * 24 + (q >> 2)]!),
      }),
    );
    const noonW = ({ clockW }: BaselineDay) => clockW[52]!;
    // Its holidays are not marked: work days whose noon is like a Sunday's.
    const workDays = days.filter(
      (day, i) => ![0, 6].includes(weekdayOf(i + 3)) && noonW(day) > 0.6 * noonW(days[i < 14 ? i + 7 : i - 7]!),
    );
    expect(workDays.filter(({ day }) => day >= 30)).toHaveLength(232);
    const errors = (method: BaselineMethod) => {
      let off = 0;
      let sum = 0;
      let signed = 0;
      for (const [i, today] of workDays.entries()) {
        // The first thirty days only fill the list.
        if (today.day < 30) continue;
        const { quarterW } = baselineOf(method, workDays.slice(0, i), today, 64, 84)!;
        const actual = Array.from(today.clockW).slice(64, 84);
        const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
        off += Math.abs(mean(quarterW) - mean(actual));
        signed += mean(quarterW) - mean(actual);
        sum += mean(actual);
      }
      return { offPct: (100 * off) / sum, biasPct: (100 * signed) / sum };
    };
    const plain = errors(noAdjustment);
    const adjusted = errors(tenOfTen);
    expect(plain.offPct).toBeGreaterThan(6);
    expect(plain.offPct).toBeLessThan(8);
    expect(adjusted.offPct).toBeLessThan(5);
    expect(Math.abs(adjusted.biasPct)).toBeLessThan(1);
  });
});

describe("what an event pays", () => {
  const terms: ResponseTerms = {
    currency: "USD",
    committedW: 60_000,
    payPerKWh: 2,
    penaltyPerKWh: 0,
    paysBeyond: false,
    countedBy: "quarters",
  };
  const baselineW = [200_000, 200_000, 200_000, 200_000];

  test("delivered is baseline less measured; more in one quarter makes up for nothing in another", () => {
    const response = responseOf(terms, baselineW, [140_000, 100_000, 200_000, 230_000]);
    expect(response).toMatchObject({
      deliveredW: [60_000, 100_000, 0, -30_000],
      countedWh: 30_000,
      shortWh: 37_500,
      payment: 60,
    });
  });

  test("a programme that counts the sum lets it make up; one that pays beyond pays it", () => {
    expect(responseOf({ ...terms, countedBy: "sum" }, baselineW, [140_000, 100_000, 200_000, 200_000])).toMatchObject({
      countedWh: 40_000,
      shortWh: 20_000,
      payment: 80,
    });
    expect(responseOf({ ...terms, paysBeyond: true }, baselineW, [100_000, 100_000, 100_000, 100_000])).toMatchObject({
      countedWh: 100_000,
      payment: 200,
    });
  });

  test("a penalty is taken off, and a quarter without a measurement counts as nothing delivered", () => {
    const response = responseOf({ ...terms, penaltyPerKWh: 1 }, baselineW, [140_000, null, 140_000, 140_000]);
    expect(response).toMatchObject({ unmeasured: 1, shortWh: 15_000, countedWh: 45_000, payment: 75 });
    expect(response.deliveredW[1]).toBeNull();
  });
});

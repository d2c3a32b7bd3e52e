import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockMs, localToUtcMs, utcToLocal } from "../../sim/calendar.ts";
import { VirtualClock } from "../../sim/clock.ts";
import { Series } from "../../sim/plant/series.ts";
import { Response } from "../../sim/plant/stage/response.ts";
import { readCurve } from "../../sim/plant/vehicle.ts";
import { Random } from "../../sim/random.ts";
import { dataUtcOffsetMinutes, officeLoad, pvShare } from "../../sim/site-data.ts";

describe("chance", () => {
  test("the same seed gives the same numbers, another seed others", () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 50 },
        (
          (random) => () =>
            random.uniform()
        )(new Random(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test("streams are independent of what others draw", () => {
    const a = new Random(3);
    a.uniform();
    expect(a.stream("meter").uniform()).toBe(new Random(3).stream("meter").uniform());
    expect(a.stream("meter").uniform()).not.toBe(a.stream("grid").uniform());
  });

  test("uniform, normal and waiting have the right mean and spread", () => {
    const random = new Random(11);
    const count = 40_000;
    let uniform = 0;
    let normal = 0;
    let square = 0;
    let waiting = 0;
    for (let i = 0; i < count; i++) {
      uniform += random.uniform();
      const n = random.normal();
      normal += n;
      square += n * n;
      waiting += random.waiting(5);
    }
    expect(uniform / count).toBeCloseTo(0.5, 2);
    expect(Math.abs(normal / count)).toBeLessThan(0.02);
    expect(Math.abs(square / count - 1)).toBeLessThan(0.03);
    expect(Math.abs(waiting / count - 5)).toBeLessThan(0.15);
  });
});

describe("a response", () => {
  const power = fc.double({ min: -60_000, max: 60_000, noNaN: true });

  test("one step gives the same value and the same energy as many small ones", () => {
    fc.assert(
      fc.property(
        power,
        power,
        fc.constantFrom(5, 50, 200),
        fc.constantFrom(Number.POSITIVE_INFINITY, 100_000),
        (from, to, tauMs, slew) => {
          const once = new Response(tauMs, slew);
          const often = new Response(tauMs, slew);
          once.value = from;
          often.value = from;
          once.move(to, 40);
          for (let i = 0; i < 40; i++) often.move(to, 1);
          expect(Math.abs(once.value - often.value)).toBeLessThan(0.01);
          expect(Math.abs(once.positiveMs - often.positiveMs)).toBeLessThan(1);
          expect(Math.abs(once.negativeMs - often.negativeMs)).toBeLessThan(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("after one time constant 63 % of the way is done", () => {
    const response = new Response(50, Number.POSITIVE_INFINITY);
    response.move(1_000, 50);
    expect(response.value).toBeCloseTo(632.1, 1);
  });

  test("its energies keep their sign", () => {
    fc.assert(
      fc.property(power, power, (from, to) => {
        const response = new Response(50, Number.POSITIVE_INFINITY);
        response.value = from;
        response.move(to, 200);
        expect(response.positiveMs).toBeGreaterThanOrEqual(0);
        expect(response.negativeMs).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("series, curves, calendar and data", () => {
  const series = new Series(1_000, 10, Float64Array.from([0, 10, 30]));
  test.each([
    ["before the first point", 0, 0],
    ["on a point", 1_010, 10],
    ["between two", 1_015, 20],
    ["after the last", 9_999, 30],
  ])("a series read %s", (_, timeMs, value) => {
    expect(series.at(timeMs)).toBe(value);
  });

  test.each([
    [-1, 5],
    [0, 5],
    [5, 7.5],
    [10, 10],
    [99, 10],
  ])("a curve at %d is %d", (x, y) => {
    expect(
      readCurve(
        [
          [0, 5],
          [10, 10],
        ],
        x,
      ),
    ).toBe(y);
  });

  test.each([
    ["16:30", 59_400_000],
    ["19:12:20", 69_140_000],
    ["+1 05:30", 106_200_000],
  ])("the clock time %s", (text, ms) => {
    expect(clockMs(text)).toBe(ms);
  });

  test("what is not a time says so", () => {
    expect(() => clockMs("half past")).toThrow(/not a time/);
    expect(() => localToUtcMs("tomorrow", 0)).toThrow(/not a local time/);
  });

  test("local times survive the way there and back", () => {
    expect(utcToLocal(localToUtcMs("2006-06-14 15:30", -420), -420)).toBe("2006-06-14 15:30:00");
  });

  test("the office works on Wednesday morning and rests on Sunday", () => {
    const at = (text: string) => officeLoad().at(localToUtcMs(text, dataUtcOffsetMinutes));
    expect(at("2006-06-14 10:30")).toBeCloseTo(146_499, 0);
    expect(at("2006-06-11 10:30")).toBeCloseTo(18_771, 0);
  });

  test("the sun shines at noon and not at midnight", () => {
    const at = (text: string) => pvShare().at(localToUtcMs(text, dataUtcOffsetMinutes));
    expect(at("2006-06-14 12:00")).toBeGreaterThan(0.5);
    expect(at("2006-06-14 00:30")).toBe(0);
  });

  test("virtual time only moves forward", () => {
    const clock = new VirtualClock(5);
    clock.advance(3);
    expect(clock.nowMs()).toBe(8);
    expect(() => clock.advance(-1)).toThrow(/forward/);
  });
});

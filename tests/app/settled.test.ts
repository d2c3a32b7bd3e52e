import { expect, test } from "vitest";
import { createSettler, settled } from "../../src/app/control/settled.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

test("a moment is never later than it was, and a reading never younger than the tick that uses it", () => {
  for (const ms of [0, 0.124, 0.125, 1e9 + 0.999, 63_607_531.93]) {
    expect(settled(ms)).toBeLessThanOrEqual(ms);
    expect(ms - settled(ms)).toBeLessThan(0.25);
    expect(Math.floor(ms)).toBeLessThanOrEqual(settled(ms));
  }
});

test("noise below what a voltmeter promises is no change; a step is seen at once and as it is", () => {
  const settle = createSettler(1_200_000, 2);
  const snapshot = createSnapshot(2, 0);
  const told = (voltagePu: number, frequencyHz: number): readonly number[] => {
    snapshot.meter.voltagePu = voltagePu;
    snapshot.meter.frequencyHz = frequencyHz;
    settle(snapshot);
    return [snapshot.meter.voltagePu, snapshot.meter.frequencyHz];
  };
  const first = told(1.0003, 60.0004);
  expect(told(1.0009, 59.9991)).toEqual(first);
  const [voltagePu, frequencyHz] = told(0.8801, 59.2);
  expect(Math.abs(voltagePu! - 0.8801)).toBeLessThan(1 / 8_192);
  expect(Math.abs(frequencyHz! - 59.2)).toBeLessThan(1 / 1_024);
  // A slow drift is followed within the band.
  for (let v = 0.88; v < 1.1; v += 0.0001) expect(Math.abs(told(v, 60)[0]! - v)).toBeLessThanOrEqual(0.0011);
});

test("what is unknown stays unknown, and comes back as it is", () => {
  const settle = createSettler(1_200_000, 2);
  const snapshot = createSnapshot(2, 0);
  settle(snapshot);
  expect(snapshot).toEqual(createSnapshot(2, 0));
  snapshot.meter.voltagePu = 1;
  settle(snapshot);
  snapshot.meter.voltagePu = Number.NaN;
  settle(snapshot);
  expect(snapshot.meter.voltagePu).toBeNaN();
  snapshot.meter.voltagePu = 1;
  settle(snapshot);
  expect(snapshot.meter.voltagePu).toBe(1);
});

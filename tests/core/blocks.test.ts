import { describe, expect, test } from "vitest";
import {
  createHysteresis,
  createOnDelay,
  LowPassState,
  olrtTimeConstantS,
  RampState,
  stepHysteresis,
  stepLowPass,
  stepOnDelay,
  stepRamp,
} from "../../src/core/blocks.ts";

describe("low-pass", () => {
  test("takes the first input as it is", () => expect(stepLowPass(new LowPassState(), 7, 10, 0.01)).toBe(7));
  test("follows at once without a time constant", () => expect(stepLowPass(new LowPassState(0), 7, 0, 0.01)).toBe(7));
  test.each([0.01, 0.1, 1])("has made 90 %% of a step after the open-loop response time, steps of %f s", (dtS) => {
    const state = new LowPassState(0);
    for (let atS = dtS; atS <= 5 + 1e-9; atS += dtS) stepLowPass(state, 1, olrtTimeConstantS(5), dtS);
    expect(state.value).toBeCloseTo(0.9, 6);
  });
});

describe("ramp", () => {
  test.each([
    ["rises at its rate", 0, 10, 2, 5, 1, 2],
    ["falls at its own rate", 10, 0, 2, 5, 1, 5],
    ["stops at its target", 9, 10, 2, 5, 1, 10],
    ["follows at once without a bound", 0, 10, Number.POSITIVE_INFINITY, 1, 1, 10],
    ["stands still while no time passes", 0, 10, 2, 5, 0, 0],
  ])("%s", (_, from, target, up, down, dtS, to) => {
    expect(stepRamp(new RampState(from), target, up, down, dtS)).toBe(to);
  });
});

describe("on-delay", () => {
  test("is true once the condition has held for the delay since its first sample", () => {
    const state = createOnDelay();
    const seen = [true, true, true, true].map((condition) => stepOnDelay(state, condition, 0.3, 0.1));
    expect(seen).toEqual([false, false, false, true]);
  });
  test("starts anew after a break", () => {
    const state = createOnDelay();
    const seen = [true, true, false, true, true, true].map((condition) => stepOnDelay(state, condition, 0.2, 0.1));
    expect(seen).toEqual([false, false, false, false, false, true]);
  });
  test("without a delay follows the condition", () => {
    expect(stepOnDelay(createOnDelay(), true, 0, 0.1)).toBe(true);
    expect(stepOnDelay(createOnDelay(), false, 0, 0.1)).toBe(false);
  });
});

test("hysteresis switches on above one threshold, off below the other, and off when the value is unknown", () => {
  const state = createHysteresis();
  const seen = [1, 2.5, 1.5, 0.5, 1.5, 2.5, Number.NaN].map((value) => stepHysteresis(state, value, 2, 1));
  expect(seen).toEqual([false, true, true, false, false, true, false]);
});

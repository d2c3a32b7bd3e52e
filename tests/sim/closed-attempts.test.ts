/** Attempts to close in synchronism, as many as fit into a test run; the whole proof is `npm run -s bench -- closed-transition`. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Attempt, closedAttempts } from "../../sim/proofs/closed-attempts.ts";

/** Inside the windows at any voltage that is good: its corner over 0.1 pu of reactance. */
const surgeMaxPu = 3.61;
/** For machines that have much else to do. */
const patienceMs = 300_000;

describe("120 attempts to close in synchronism", () => {
  let all: Attempt[] = [];
  let closed: Attempt[] = [];
  let joined: Attempt[] = [];
  beforeAll(() => {
    all = [...closedAttempts({ attempts: 120, seed: 7 })];
    closed = all.filter((attempt) => attempt.closed);
    joined = closed.filter(({ formed, overtaken }) => formed && !overtaken);
  }, patienceMs);

  test("most close, and none onto a grid that is not good or without the relay's word", () => {
    expect(closed.length).toBeGreaterThan(70);
    expect(closed.filter(({ kind }) => kind.never === true)).toEqual([]);
  });

  test("none outside its window, and the surge stays within the window's corner", () => {
    expect(joined.filter(({ inStep }) => !inStep)).toEqual([]);
    expect(Math.max(...joined.map(({ surgePu }) => surgePu))).toBeLessThanOrEqual(surgeMaxPu);
  });

  test("the plant sees nothing forbidden, whatever is broken", () => {
    expect(all.filter(({ violations }) => violations.length > 0)).toEqual([]);
  });

  test("at most 100 ms in parallel, and the critical load never dark where nothing is broken", () => {
    expect(Math.max(...closed.map(({ parallelMs }) => parallelMs))).toBeLessThanOrEqual(100);
    const sound = closed.filter(({ kind, overtaken }) => kind.fault !== true && kind.upsets !== true && !overtaken);
    expect(Math.max(...sound.map(({ darkMs }) => darkMs))).toBe(0);
  });
});

/** When a vehicle is asked to pause, and by what it is woken. */
import { describe, expect, test } from "vitest";
import { createControlReport } from "../../src/app/control/shared/report.ts";
import { createSleep, idleWhyOf, type PlaceState, type SleepNews } from "../../src/app/vehicle-sessions/sleep.ts";
import { createLimitChains, limit, startChain } from "../../src/core/setpoints/limits.ts";
import { requestSources } from "../../src/core/setpoints/schedule.ts";

const inLoop: PlaceState = { inLoop: true, inSession: true, plugged: true, idleWhy: "" };
const idle = { ...inLoop, idleWhy: "the backend asks for no power" };
const gone = { ...idle, inLoop: false, inSession: false };

/** Looks every 100 ms; what was new, with the second in which it was. */
function lives(sleep: ReturnType<typeof createSleep>, course: readonly (readonly [PlaceState, number])[]) {
  const news: [number, SleepNews, number | undefined][] = [];
  let nowMs = 0;
  for (const [state, forS] of course)
    for (const untilMs = nowMs + forS * 1_000; nowMs < untilMs; nowMs += 100) {
      const one = sleep.look(state, nowMs);
      if (one !== undefined) news.push([nowMs / 1_000, one, sleep.dutyPct]);
    }
  return news;
}

describe("sleep", () => {
  test("no power for so long → asked; it leaves → no duty cycle; power → the duty cycle begins; it comes → as before", () => {
    const sleep = createSleep(20_000);
    const woken = { ...gone, idleWhy: "" };
    expect(
      lives(sleep, [
        [inLoop, 5],
        [idle, 25],
        [gone, 10],
        [woken, 3],
        [inLoop, 1],
      ]),
    ).toEqual([
      [25, "asked", undefined],
      [30, "asleep", 100],
      [40, "waking", 5],
    ]);
    expect(sleep.dutyPct).toBeUndefined();
  });
  test("power comes back before it has left → nothing more is asked", () => {
    const sleep = createSleep(20_000);
    expect(
      lives(sleep, [
        [idle, 22],
        [inLoop, 30],
      ]),
    ).toEqual([[20, "asked", undefined]]);
    expect(sleep.asks).toBe(false);
  });
  test("it stays → told once, asked again ten minutes later", () => {
    const news = lives(createSleep(20_000), [[idle, 800]]);
    expect(news.map(([, what]) => what)).toEqual(["asked", "stays", "asked", "stays"]);
    expect(news[2]![0] - news[1]![0]).toBeCloseTo(600, 0);
  });
  test("it does not wake up → duty cycle, again, state F, duty cycle; told after a minute, tried again after ten", () => {
    const sleep = createSleep(1_000);
    const woken = { ...gone, idleWhy: "" };
    lives(sleep, [
      [idle, 2],
      [gone, 2],
    ]);
    const duties: (number | undefined)[] = [];
    for (let nowMs = 10_000; nowMs < 70_000; nowMs += 100) {
      sleep.look(woken, nowMs);
      if (duties.at(-1) !== sleep.dutyPct) duties.push(sleep.dutyPct);
    }
    expect(duties).toEqual([5, 100, 5, 0, 5, undefined]);
    expect(sleep.look(woken, 660_000)).toBeUndefined();
    expect(sleep.look(woken, 670_000)).toBe("waking");
  });
  test("the plug is pulled → nothing is left of it", () => {
    const sleep = createSleep(1_000);
    lives(sleep, [
      [idle, 2],
      [gone, 2],
      [{ ...gone, plugged: false }, 1],
    ]);
    expect(sleep.dutyPct).toBeUndefined();
  });
  test("0 → never", () => {
    expect(lives(createSleep(0), [[idle, 4_000]])).toEqual([]);
  });
});

describe("nothing is to flow", () => {
  type Limit = Parameters<typeof limit>;
  const why = (
    requestedW: number,
    source: (typeof requestSources)[number],
    ...more: readonly [Limit[2], Limit[3], number, number][]
  ) => {
    const chains = createLimitChains(1);
    startChain(chains, 0, requestedW, requestSources.indexOf(source));
    for (const [reason, from, minW, maxW] of more) limit(chains, 0, reason, from, minW, maxW);
    const { site, stages } = createControlReport(1, 0);
    return idleWhyOf({ site: { ...site, mode: "parallel" }, stages, chains: chains.values }, 0);
  };
  test.each([
    ["the backend asks for nothing", why(0, "backend"), "the backend asks for no power"],
    ["the plan asks for nothing", why(0, "plan"), "the plan has no power for it now"],
    [
      "the backend allows no charging",
      why(9_000, "local", ["backend-limit", "backend", 0, 0]),
      "the backend allows no power",
    ],
    [
      "the backend allows no discharging",
      why(-9_000, "plan", ["backend-limit", "backend", 0, 5_000]),
      "the backend allows no power",
    ],
    ["a vehicle that sleeps takes nothing by itself", why(0, "local", ["vehicle-session", "vehicle", 0, 0]), ""],
    ["the site's mode allows nothing just now", why(9_000, "plan", ["mode", "mode", 0, 0]), ""],
    ["the vehicle's own limit", why(9_000, "backend", ["vehicle-limit", "vehicle", 0, 0]), ""],
  ])("%s → %j", (_, is, expected) => {
    expect(is).toBe(expected);
  });
});

/** The planner's thread: the same plans, and a plan whatever happens to it. */
import { afterEach, expect, test } from "vitest";
import { plan } from "../../src/planning/planner.ts";
import { createHighsSolver } from "../../src/planning/solver/highs.ts";
import { PlannerThread, type PlannerThreadOptions } from "../../src/planning/thread/planner-thread.ts";
import { judge, siteDay } from "./judge.ts";

const hanging = new URL("./workers/hanging.mjs", import.meta.url);
const dying = new URL("./workers/dying.mjs", import.meta.url);
const silent = new URL("./workers/silent.mjs", import.meta.url);
const growing = new URL("./workers/growing.mjs", import.meta.url);
const missing = new URL("./workers/", import.meta.url);

const open: PlannerThread[] = [];
function thread(worker?: URL, options: PlannerThreadOptions = {}): PlannerThread {
  const file = worker === undefined ? {} : { worker };
  const made = new PlannerThread({ limitMs: 60_000, startLimitMs: 60_000, ...options, ...file });
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

const day = siteDay(3);

test("gives the plan that the planner gives", async () => {
  const expected = plan(day, await createHighsSolver());
  const planner = thread();
  expect(JSON.stringify(await planner.plan(day))).toBe(JSON.stringify(expected));
  expect((await planner.plan({ slots: 0 })).fallback).toBe("the problem can't be planned");
});

test("the newest problem wins, and everybody who waits gets its plan", async () => {
  const planner = thread();
  const days = [siteDay(3), siteDay(9), siteDay(10), siteDay(12)];
  const plans = await Promise.all(days.map((each) => planner.plan(each)));
  expect(Object.keys(plans[0]!.powerW)).toHaveLength(6);
  expect(plans[1]).toBe(plans[3]);
  expect(plans[2]).toBe(plans[3]);
  expect(Object.keys(plans[3]!.powerW)).toHaveLength(10);
});

test.each([
  ["hangs", hanging, { limitMs: 50 }, "the solver failed: it took longer than 50 ms"],
  ["dies", dying, {}, "the solver failed: memory access out of bounds"],
  ["does not start", silent, { startLimitMs: 50 }, "the solver failed: its thread does not start"],
  ["is not there", missing, {}, "the solver failed: "],
] as const)("a thread that %s: a greedy plan that says so", async (_, worker, options, cause) => {
  const planner = thread(worker, options);
  for (let again = 0; again < 2; again++) {
    const { method, fallback, powerW, pvCurtailW } = await planner.plan(day);
    expect(method).toBe("greedy");
    expect(fallback?.startsWith(cause)).toBe(true);
    expect(judge(day, powerW, pvCurtailW).problems).toEqual([]);
  }
});

test("after three failures in a row it rests and plans greedily at once", async () => {
  const planner = thread(dying);
  for (let time = 0; time < 3; time++) expect((await planner.plan(day)).fallback).toMatch(/out of bounds/);
  expect((await planner.plan(day)).fallback).toBe("the solver failed 3 times in a row");
});

test("a thread that holds too much memory is renewed between two plans", async () => {
  const planner = thread(growing);
  const first = (await planner.plan(day)) as unknown as { threadId: number };
  const second = (await planner.plan(day)) as unknown as { threadId: number };
  expect(second.threadId).not.toBe(first.threadId);
});

test("what can't be sent is told, and the thread goes on", async () => {
  const planner = thread();
  const { fallback, powerW } = await planner.plan({ ...day, call: () => 0 });
  expect(fallback).toMatch(/^the problem can't be sent/);
  expect(Object.keys(powerW)).toHaveLength(6);
  expect((await planner.plan(day)).method).toBe("linear-programme");
});

test("closing leaves nobody waiting", async () => {
  const planner = thread(hanging);
  const waiting = [planner.plan(day), planner.plan(day)];
  await planner.close();
  for (const { fallback } of await Promise.all(waiting)) expect(fallback).toBe("the planner is closed");
});

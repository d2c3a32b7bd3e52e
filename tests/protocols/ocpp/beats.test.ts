import { expect, test } from "vitest";
import { createVirtualClock } from "../../../sim/peers/virtual-clock.ts";
import { createBeats } from "../../../src/protocols/ocpp/transactions/beats.ts";

const intervalMs = 60_000;

/** Three readings, each asked for at another moment; the moments at which something was written, and how much. */
async function written(forMs: number, wallOf: (ms: number) => number) {
  const clock = createVirtualClock(0);
  const startMs = clock.monotonicMs();
  const at: { readonly atMs: number; readonly who: string[] }[] = [];
  let now: string[] = [];
  const beats = createBeats(
    clock,
    () => wallOf(clock.monotonicMs()),
    (run) => {
      now = [];
      run();
      at.push({ atMs: clock.monotonicMs() - startMs, who: now });
    },
  );
  for (const who of ["a", "b", "c"]) {
    beats.add({ name: who, intervalMs, firstMs: intervalMs, run: () => now.push(who) });
    await clock.advance(17_300);
  }
  await clock.advance(forMs);
  return at;
}

/** Now a little early and now a little late, as a clock of whole milliseconds beside one of parts of them. */
const unsteady = [0.4, -0.6, 0.2, -0.3, 0.9];
let asked = 0;

test.each([
  ["a clock that agrees", (ms: number) => ms],
  ["a clock that agrees but for a millisecond", (ms: number) => ms + unsteady[asked++ % unsteady.length]!],
])("readings fall on the same moments after a while: %s", async (_name, wallOf) => {
  const at = await written(20 * intervalMs, wallOf);
  for (const { who } of at.slice(-5)) expect(who.toSorted()).toEqual(["a", "b", "c"]);
  const mine = at.filter(({ who }) => who.includes("b")).map(({ atMs }) => atMs);
  expect(mine[0]).toBe(intervalMs + 17_300);
  const gaps = mine.slice(1).map((atMs, index) => atMs - mine[index]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.9 * intervalMs - 20);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(intervalMs + 20);
});

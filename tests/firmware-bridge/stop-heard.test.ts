/** What a stage is known to have heard: orders that let it give power or form, the order to stop, its own watchdog's time. */
import { afterEach, expect, test } from "vitest";
import type { Role } from "../../src/domain/modes.ts";
import { startSite, type TestSite } from "./site.ts";

let site: TestSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

async function told(role: Role, powerW: number): Promise<number> {
  Object.assign(site!.commands.stages[0]!, { role, powerW, formVoltagePu: 1, formFrequencyHz: 60 });
  await site!.cycle();
  return site!.snapshot.stages[0]!.stopHeardAtMs;
}

test.each<[string, Role, number]>([
  ["forming", "forming", 0],
  ["giving power back", "discharge", -20_000],
])(
  "%s is acknowledged → it may; the stop is acknowledged → known since then, and not moved by the next",
  async (_, role, powerW) => {
    site = await startSite();
    await site.bridge.discover();
    site.commands.commandsEnabled = true;
    expect(await told(role, powerW)).toBe(Number.POSITIVE_INFINITY);
    const beforeMs = performance.now();
    const heardMs = await told("off", 0);
    expect(heardMs).toBeGreaterThanOrEqual(beforeMs);
    expect(heardMs).toBeLessThanOrEqual(performance.now());
    expect(await told("charge", 5_000)).toBe(heardMs);
  },
);

test("an order that is not acknowledged changes nothing", async () => {
  site = await startSite();
  await site.bridge.discover();
  site.commands.commandsEnabled = true;
  await told("forming", 0);
  await site.stageServers[0]!.close();
  expect(await told("off", 0)).toBe(Number.POSITIVE_INFINITY);
});

test("the time of its own watchdog is read", async () => {
  site = await startSite({ watchdogS: 30 });
  await site.bridge.discover();
  const stage = site.snapshot.stages[0]!;
  // It is among what is read now and then, as its turn comes.
  for (let i = 0; i < 300 && Number.isNaN(stage.watchdogMs); i += 1) await site.cycle();
  expect(stage.watchdogMs).toBe(30_000);
});

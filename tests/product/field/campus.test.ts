/**
 * The campus of `config/examples/`: the sum of two feeders, a revenue meter that is only watched, bays and a battery, a
 * generator, a K1 made of parts with its bond. `ISLET_FIELD=1` plays more seeds and steps, and prints the figures.
 */
import { afterAll, describe, expect, test } from "vitest";
import { longestStallMs } from "../../lib/standstill.ts";
import { exportedW, meanW, sleep, until } from "../site/judge.ts";
import { battery, type Campus, exportLimitW, startCampus } from "./campus.ts";
import { eventsOver, linkFigures, quantile, seeded } from "./figures.ts";

const isLong = process.env["ISLET_FIELD"] !== undefined;
/** Times are judged where the machine is idle; on a busy one only that things come at all. */
const patience = isLong ? 1 : 8;
const stepsCount = isLong ? 10 : 2;
/** What check-config promises for it, ms. */
const promisedMs = 610;
const toleranceW = 1_100;

describe.each(isLong ? [1, 2, 3, 4, 5] : [1])("seed %i", (seed) => {
  let campus: Campus;
  const figures: string[] = [];
  afterAll(async () => {
    if (isLong) console.info(`campus, seed ${seed}\n  ${figures.join("\n  ")}`);
    await campus?.stop();
  });
  const came = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
    expect(await until(holds, 60_000), `${what}; ${campus.mode()}`).toBe(true);
    figures.push(`${what}: ${(performance.now() - campus.startMs).toFixed(0)} ms after the start`);
  };

  test("every device answers; bays and battery give within the limit, and all of it is used", async () => {
    campus = await startCampus(seed);
    const { plant, backend } = campus;
    await campus.page();
    await came("all answer", async () =>
      (await campus.state()).health.devices.every(({ state }) => state === "answers"),
    );
    await came("in parallel", () => campus.mode() === "parallel");
    await backend.whenConnected();
    for (const [i, { options }] of plant.stages.entries()) await backend.ask(i + 1, -options.maxDischargeW);
    plant.buildingW = 100_000;
    await came("the limit is used", () => meanW(plant, exportedW, 1_000) > 0.85 * exportLimitW);
    const random = seeded(seed);
    const fromMs = performance.now();
    for (let step = 0; step < stepsCount; step += 1) {
      plant.buildingW = step % 2 === 0 ? 20_000 + 40_000 * random() : 100_000 + 30_000 * random();
      await sleep(isLong ? 5_000 : 3_000);
    }
    const lasted = eventsOver(plant, exportedW, exportLimitW, toleranceW, fromMs).map(({ lastedMs }) => lastedMs);
    figures.push(`${lasted.length} exceedances, p50 ${quantile(lasted, 0.5)}, longest ${Math.max(0, ...lasted)} ms`);
    expect(lasted.length).toBeGreaterThan(0);
    for (const ms of lasted) expect(ms).toBeLessThan(patience * promisedMs + longestStallMs(fromMs));
  });

  test("the grid fails → K1 opens, the bond is made, the battery carries the bus; a generator that starts ends that", async () => {
    const { plant, parts } = campus;
    plant.gridPresent = false;
    await came("an island", () => campus.mode() === "islandRunning" && plant.stages[battery]!.powerW < -20_000);
    expect(plant.k1!.position).toBe(0);
    expect(parts.bond.made).toBe(true);
    expect(plant.deadLineFedMs).toBe(0);
    plant.generatorRuns = true;
    await came("the battery stands back", () => plant.stages[battery]!.role !== "forming");
    plant.generatorRuns = false;
    await came("an island again", () => campus.mode() === "islandRunning");
    for (const server of campus.servers) {
      figures.push(linkFigures(server, campus.startMs));
      if (isLong) expect(server.opened).toBeLessThanOrEqual(3);
      expect(server.refused.length).toBeLessThanOrEqual(5);
    }
  });

  test.runIf(isLong)("the grid is back → the bond goes, K1 closes, and the site gives again", async () => {
    const { plant, parts } = campus;
    plant.gridPresent = true;
    await came("K1 closed", () => plant.k1!.position === 1);
    expect(parts.bond.made).toBe(false);
    await came("in parallel again", () => campus.mode() === "parallel");
    await came("gives again", () => meanW(plant, exportedW, 1_000) > 0.8 * exportLimitW);
  });
});

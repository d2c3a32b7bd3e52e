/**
 * The house of `config/examples/`: two meters, charger and I/O module on one RS-485 line at 9600 baud, K1 made of parts.
 * `ISLET_FIELD=1` plays more seeds and steps, a welded K1, and prints the figures. Needs socat and stty.
 */
import { afterAll, describe, expect, test } from "vitest";
import { longestStallMs } from "../../lib/standstill.ts";
import { exportedW, meanW, sleep, until, zeroAfterMs } from "../site/judge.ts";
import { eventsOver, quantile, seeded } from "./figures.ts";
import { type Home, meterPowerAddress, startHome, units } from "./home.ts";
import { hasSerialPair } from "./serial-line.ts";

const isLong = process.env["ISLET_FIELD"] !== undefined;
/** Times are judged where the machine is idle; on a busy one only that things come at all. */
const patience = isLong ? 1 : 4;
const stepsCount = isLong ? 10 : 2;
const stepMs = isLong ? 4_000 : 3_000;
const toleranceW = 55;

describe.skipIf(!hasSerialPair).each(isLong ? [1, 2, 3, 4, 5] : [1])("seed %i", (seed) => {
  let home: Home;
  const figures: string[] = [];
  afterAll(async () => {
    if (isLong) console.info(`home, seed ${seed}\n  ${figures.join("\n  ")}`);
    await home?.stop();
  });
  const came = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
    expect(await until(holds, 60_000), `${what}; ${home.mode()}`).toBe(true);
    figures.push(`${what}: ${(performance.now() - home.startMs).toFixed(0)} ms after the start`);
  };

  test("all four are found on one line; it charges, and discharges without export", async () => {
    home = await startHome({ seed });
    await came("in parallel", () => home.mode() === "parallel");
    await home.backend.whenConnected();
    await home.backend.ask(1, 3_000);
    await came("charges", () => home.plant.stages[0]!.powerW > 2_000);
    await home.backend.ask(1, -11_000);
    await came("discharges", () => home.plant.stages[0]!.powerW < -5_800);
    await sleep(2_000);
    const random = seeded(seed);
    const fromMs = performance.now();
    for (let step = 0; step < stepsCount; step += 1) {
      home.plant.buildingW = step % 2 === 0 ? 1_000 + 1_000 * random() : 5_000 + 2_000 * random();
      await sleep(stepMs);
    }
    const lasted = eventsOver(home.plant, exportedW, 0, toleranceW, fromMs).map(({ lastedMs }) => lastedMs);
    const samples = home.line.reads.filter(
      ({ atMs, unit, address }) => atMs >= fromMs && unit === units.meter && address === meterPowerAddress,
    );
    const perS = (1_000 * samples.length) / (performance.now() - fromMs);
    figures.push(`${lasted.length} exceedances, p50 ${quantile(lasted, 0.5)}, longest ${Math.max(0, ...lasted)} ms`);
    figures.push(`${perS.toFixed(1)} samples of power a second, ${home.line.collisions} collisions`);
    expect(lasted.length).toBeGreaterThan(0);
    for (const ms of lasted) expect(ms).toBeLessThan(patience * 1_400 + longestStallMs(fromMs));
    if (isLong) expect(perS).toBeGreaterThanOrEqual(4);
    const isQuiet = longestStallMs(home.startMs) < 50;
    if (isQuiet) expect(home.line.collisions).toBe(0);
    expect(home.line.refused).toEqual([]);
  });

  test("the room is used", async () => {
    home.plant.buildingW = 5_000;
    await came("85 % of the room", () => meanW(home.plant, ({ stagesW }) => -stagesW, 2_000) >= 0.85 * 8_000);
  });

  test("the grid fails → K1 opens, both contacts prove it, the charger carries the house; no dead line is fed", async () => {
    home.plant.gridPresent = false;
    await came("an island", () => home.mode() === "islandRunning" && home.plant.stages[0]!.powerW < -2_000);
    expect(home.plant.k1!.closed).toBe(false);
    expect(home.plant.deadLineFedMs).toBe(0);
  });

  test("the controller is killed → the charger's own watchdog ends it", async () => {
    await home.kill();
    await came("at zero", () => home.plant.stages[0]!.powerW === 0);
    const lasted = zeroAfterMs(home.plant, home.line);
    figures.push(`killed: zero ${lasted} ms after the last write`);
    expect(lasted).toBeLessThan(5_000 + 1_500);
  });
});

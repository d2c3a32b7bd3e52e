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
    expect(await until(holds, 90_000), `${what}; ${home.modes().join(", ")}`).toBe(true);
    figures.push(`${what}: ${(performance.now() - home.startMs).toFixed(0)} ms after the start`);
  };

  test("all four are found on one line; it charges, and discharges without export", async () => {
    home = await startHome({ seed });
    await came("in parallel", () => home.mode() === "parallel");
    await home.backend.whenConnected();
    await home.backend.ask(1, 3_000);
    await came("charges", () => home.plant.stages[0]!.powerW > 500);
    await home.backend.ask(1, -11_000);
    await came("discharges", () => home.plant.stages[0]!.powerW < -5_800);
    const random = seeded(seed);
    const fromMs = performance.now();
    for (let step = 0; step < stepsCount; step += 1) {
      // A fall of the load is a test of what is given then: enough has to be.
      if (step % 2 === 0) {
        await until(() => meanW(home.plant, ({ stagesW }) => -stagesW, 1_000) >= 4_000, 60_000);
        home.plant.buildingW = 1_000 + 1_000 * random();
      } else home.plant.buildingW = 5_000 + 2_000 * random();
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

  test.runIf(isLong)(
    "the grid operator's contact is obeyed within 3 s; a dead module counts as one that asks",
    async () => {
      const { plant, box, line } = home;
      const stage = plant.stages[0]!;
      const reducedW = 4_200 * 1.02;
      await home.backend.ask(1, 11_000);
      plant.buildingW = 4_000;
      await came("charges with 10 kW", () => stage.powerW > 10_000);
      for (const [what, begin, end] of [
        ["the box asks", () => void (box.asks = true), () => void (box.asks = false)],
        ["the module is dead", () => void line.silent.add(units.io), () => void line.silent.delete(units.io)],
      ] as const) {
        const fromMs = performance.now();
        begin();
        await came(what, () => stage.powerW < reducedW);
        figures.push(`  obeyed after ${(performance.now() - fromMs).toFixed(0)} ms`);
        if (what === "the box asks") expect(performance.now() - fromMs).toBeLessThan(3_000 + longestStallMs(fromMs));
        end();
        await came("charges again", () => home.mode() === "parallel" && stage.powerW > 10_000);
      }
    },
  );

  test.runIf(isLong)("the adapter is pulled out and comes back under another number", async () => {
    const { line, plant } = home;
    const stage = plant.stages[0]!;
    const { device } = line;
    await line.unplug();
    const outMs = performance.now();
    await came("unplugged: the charger ends it", () => stage.powerW === 0);
    await sleep(3_000);
    await line.plugElsewhere();
    expect(line.device).not.toBe(device);
    figures.push(`  ${device}, then ${line.device}`);
    const readsFrom = line.reads.length;
    await came("plugged in: read again", () => line.reads.length > readsFrom + 4);
    figures.push(`  read again, ${(performance.now() - outMs).toFixed(0)} ms after it was pulled out`);
    await came("works again", () => home.mode() === "parallel" && Math.abs(stage.powerW) > 3_000);
  });

  test.runIf(isLong)(
    "killed while it discharges → the charger's own watchdog ends it, and it is taken over again",
    async () => {
      const { line, plant } = home;
      const stage = plant.stages[0]!;
      plant.buildingW = 5_000;
      await home.backend.ask(1, -11_000);
      await came("discharges", () => stage.powerW < -4_000);
      await home.kill();
      await came("zero by itself", () => stage.powerW === 0);
      const lasted = zeroAfterMs(plant, line);
      figures.push(`  zero ${lasted} ms after the last write`);
      expect(lasted).toBeLessThan(5_000 + 1_500);
      home.start();
      await home.backend.whenConnected();
      await came("in parallel again", () => home.mode() === "parallel");
      await home.backend.ask(1, -11_000);
      await came("discharges again", () => stage.powerW < -4_000);
      expect(line.refused).toEqual([]);
      const written = line.writes.filter(({ unit }) => unit === units.charger).map(({ address }) => address);
      expect([...new Set(written)].filter((address) => address !== 210 && (address < 200 || address > 204))).toEqual(
        [],
      );
    },
  );

  test.runIf(isLong)("a welded K1 → no island", async () => {
    const { plant } = home;
    const k1 = plant.k1!;
    k1.welded = true;
    plant.gridPresent = false;
    await came("it knows", () => !["parallel", "loadOnly"].includes(home.mode()));
    await sleep(10_000);
    figures.push(`  ${home.mode()}, dead line fed ${plant.deadLineFedMs} ms`);
    expect(plant.stages[0]!.role).not.toBe("forming");
    expect(plant.deadLineFedMs).toBe(0);
    k1.welded = false;
    plant.gridPresent = true;
    await came("no lockout that stays", () => home.mode() === "parallel" || home.mode() === "lockedOut");
    figures.push(`  then ${home.mode()}`);
    // The contacts have to agree for a while before a reset counts; then the grid has to stay good for half a minute.
    const page = await home.page();
    await came("reset", async () => {
      if (home.mode() === "lockedOut") await page.act("resetLockout");
      return await until(() => home.mode() !== "lockedOut", 1_000);
    });
    const resetMs = performance.now();
    await came("in parallel again", () => home.mode() === "parallel");
    figures.push(`  ${(performance.now() - resetMs).toFixed(0)} ms after the reset`);
    expect(plant.asynchronousCloses).toBe(0);
  });

  test("the grid fails → K1 opens, both contacts prove it, the charger carries the house; no dead line is fed", async () => {
    home.plant.gridPresent = false;
    await came("an island", () => home.mode() === "islandRunning" && home.plant.stages[0]!.powerW < -2_000);
    expect(home.plant.k1!.closed).toBe(false);
    expect(home.plant.deadLineFedMs).toBe(0);
  });

  test.runIf(isLong)("the grid is back → it has to stay good for half a minute, then K1 closes", async () => {
    const { plant } = home;
    const backMs = performance.now();
    plant.gridPresent = true;
    await came("K1 closed", () => plant.k1!.position === 1);
    figures.push(`  K1 closed ${(performance.now() - backMs).toFixed(0)} ms after the grid was back`);
    await came("in parallel again", () => home.mode() === "parallel");
    expect(plant.asynchronousCloses).toBe(0);
    plant.gridPresent = false;
    await came("an island again", () => home.mode() === "islandRunning");
  });

  test("the controller is killed → the charger's own watchdog ends it", async () => {
    await home.kill();
    await came("at zero", () => home.plant.stages[0]!.powerW === 0);
    const lasted = zeroAfterMs(home.plant, home.line);
    figures.push(`killed: zero ${lasted} ms after the last write`);
    expect(lasted).toBeLessThan(5_000 + 1_500);
  });
});

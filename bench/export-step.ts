/**
 * `npm run -s bench -- export-step`: twenty stages hold a non-export limit over real sockets at a 10 ms period; the load that
 * they cover goes away at once, again and again. Reported is how long the plant's true export stood above the limit after
 * each step: the whole headroom, and four fifths of it. `--steps N` sets how many of each, `--whole` leaves
 * the second out.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSimulator } from "../sim/run/process.ts";
import { parseSimOptions } from "../sim/run/sim-options.ts";
import { startControlHost } from "../src/app/control/control-host.ts";
import { requestRealTime, simulatorPriority } from "../src/app/control/real-time.ts";
import { plainSite } from "../src/app/site/composition.ts";
import { invariant } from "../src/domain/result.ts";
import { benchPermit, depot, quickProfile, sleep, until } from "./lib/socket-site.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const loadW = 170_000;
/** Excess that counts: the meter's and the study's 0.5 % of the stages' sum. */
const toleranceShare = 0.005;
const watchMs = 900;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { steps: { type: "string" }, whole: { type: "boolean" } },
    strict: false,
  });
  const steps = Number(values["steps"] ?? 200);
  const config = depot(20, 10, 16_100, 85);
  const parsed = parseSimOptions({ ...config.sim, building: { data: "none" } });
  invariant(parsed.ok, "the simulator's options are right");
  requestRealTime(simulatorPriority, "The simulator");
  const simulator = await startSimulator({ site: config, sim: parsed.value });
  const { world } = simulator.simulation;
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  const host = startControlHost({
    site: plainSite(config, quickProfile()),
    pccMemory: null,
    recordFile: join(folder, "intent.json"),
    clockFloorMs: Number.NEGATIVE_INFINITY,
    exactPeriod: true,
    onMessage: () => undefined,
    onEnd: say,
  });
  try {
    world.truth.exportLimitW = 0;
    world.truth.toleranceW = toleranceShare * world.truth.ratedW;
    world.truth.mayDischarge = true;
    for (const tier of world.tiers) tier.loadW = 0;
    world.building.hold(loadW);
    Object.assign(host.site, { serviceEnabled: true, permit: { ...benchPermit } });
    for (const evse of host.evses) {
      Object.assign(evse, {
        authorized: true,
        reservePct: 20,
        requestedW: -60_000,
        requestSource: "backend",
        requestUntilMs: Number.MAX_VALUE,
      });
    }
    host.flush();
    const dischargingW = () => world.stages.reduce((sum, stage) => sum - stage.truePowerW, 0);
    await until("parallel operation", () => host.report()?.site.mode === "parallel", 60_000);
    await until("discharge of what the load takes", () => dischargingW() > 0.85 * loadW, 60_000);
    say("in parallel; stepping …");
    host.resetFigures();
    const figures: Figure[] = [];
    for (const [name, leftW] of [
      ["whole headroom", 0],
      ["four fifths of it", 0.2 * loadW],
    ] as const) {
      if (values["whole"] && leftW > 0) continue;
      const aboveMs: number[] = [];
      for (let step = 0; step < steps; step++) {
        await until("discharge", () => dischargingW() > 0.85 * loadW);
        await sleep(40 * Math.random());
        world.truth.exportExcess.reset();
        world.building.hold(leftW);
        world.stir();
        await sleep(watchMs);
        aboveMs.push(world.truth.exportExcess.totalMs);
        world.building.hold(loadW);
        if (step % 20 === 19) say(`${name}: ${step + 1} of ${steps}`);
      }
      aboveMs.sort((a, b) => a - b);
      const at = (q: number) => aboveMs[Math.min(aboveMs.length - 1, Math.ceil(q * aboveMs.length) - 1)]!;
      for (const [label, q] of [
        ["p50", 0.5],
        ["p99", 0.99],
        ["max", 1],
      ] as const)
        figures.push({ name: `time above the limit, ${name} at once: ${label}`, value: at(q), unit: "ms" });
    }
    const { site } = host.report()!;
    figures.push({
      name: "cycles skipped meanwhile",
      value: (100 * site.skipped) / (site.ticks + site.skipped),
      unit: "%",
    });
    return { name: "export-step", figures };
  } finally {
    await host.stop();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

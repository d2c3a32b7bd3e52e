/**
 * `npm run -s bench -- core`: the cost of one `step()` for 1, 20 and 100 EVSEs in a busy parallel site, what it allocates in
 * steady state, and how much faster than real time that is. `--seconds N` sets how long each case runs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { getHeapStatistics } from "node:v8";
import { tuneForSteadyTick } from "../src/app/control/v8-tuning.ts";
import { composeCore, noMemory, plainSite } from "../src/app/site/composition.ts";
import { builtInGridProfile } from "../src/config/grid-profiles.ts";
import { parseSiteConfig } from "../src/config/parse.ts";
import type { SiteConfig } from "../src/config/site.ts";
import type { Core } from "../src/core/core.ts";
import { createSnapshot, type Snapshot } from "../src/core/snapshot.ts";
import { step } from "../src/core/step.ts";
import { invariant } from "../src/domain/result.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const periodMs = 20;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: "string" } }, strict: false });
  tuneForSteadyTick();
  const seconds = Number(values["seconds"] ?? 3);
  const figures: Figure[] = [];
  for (const evses of [1, 20, 100]) {
    say(`${evses} EVSEs …`);
    const even = measure(evses, seconds, false);
    const uneven = measure(evses, seconds, true);
    const [first, ...others] = uneven;
    figures.push(...even, { ...first!, comparedWith: even[0]!.name, ratio: first!.value / even[0]!.value }, ...others);
  }
  return { name: "core", figures };
}

/** How much later than its time a step begins when devices take as long as they do to answer, ms. */
const latenessMs = Int32Array.from({ length: 64 }, (_, i) => (i * 37) % 5);

/**
 * A site in `parallel` whose load and meter move a little each tick, so that no chapter of the cycle is idle. `uneven`: the
 * moments of the steps, whole milliseconds as in the product, are not a period apart.
 */
function measure(evses: number, seconds: number, uneven: boolean): Figure[] {
  const { core, snapshot, tick } = busySite(evses);
  const title = uneven ? `${evses} EVSEs, uneven ticks` : `${evses} EVSEs`;
  let nowMs = 0;
  const runTicks = (count: number): void => {
    for (let n = 0; n < count; n++) {
      nowMs += periodMs;
      tick(uneven ? nowMs + latenessMs[n & 63]! : nowMs);
    }
  };
  runTicks(60_000);
  invariant(core.machine.state.mode === "parallel", `the bench runs in parallel, not in ${core.machine.state.mode}`);
  const startedAt = process.hrtime.bigint();
  let ticks = 0;
  while (Number(process.hrtime.bigint() - startedAt) < seconds * 1e9) {
    runTicks(1_000);
    ticks += 1_000;
  }
  const ns = Number(process.hrtime.bigint() - startedAt) / ticks;
  invariant(snapshot.evses.length === evses, "the site has the EVSEs that were asked for");
  return [
    { name: `step, ${title}`, value: ns, unit: "ns" },
    ...allocations(title, runTicks, ns),
    { name: `simulated seconds per second, ${title}`, value: (periodMs * 1e6) / ns, unit: "s/s" },
  ];
}

const watchedS = 3;
const attempts = 4;

/**
 * What V8 has handed out in a few seconds of ticks; the least of a few tries, since the compiler works beside. The engine
 * hands out something even when nothing runs but arithmetic, so that is measured in the same way, for the same time.
 */
function allocations(title: string, runTicks: (count: number) => void, tickNs: number): Figure[] {
  const ticks = Math.round((watchedS * 1e9) / tickNs);
  const name = `allocated per tick, ${title}`;
  const background = `${name}: the engine's own, without ticks`;
  const own = leastAllocated(spinFor) / ticks;
  const value = leastAllocated(() => runTicks(ticks)) / ticks;
  return [
    { name: background, value: rounded(own), unit: "B" },
    { name, value: rounded(value), unit: "B", comparedWith: background },
  ];
}

const rounded = (bytes: number): number => Math.round(10 * bytes) / 10;

function leastAllocated(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = getHeapStatistics().total_allocated_bytes;
    work();
    least = Math.min(least, getHeapStatistics().total_allocated_bytes - before);
  }
  return least;
}

const spun = new Float64Array(1_000);

/** Arithmetic that allocates nothing. */
function spinFor(): void {
  const endMs = performance.now() + 1_000 * watchedS;
  while (performance.now() < endMs) {
    for (let n = 0; n < 1_000; n++) for (let i = 0; i < spun.length; i++) spun[i] = 0.999 * spun[i]! + 1;
  }
}

export function busySite(evses: number): { core: Core; snapshot: Snapshot; tick: (nowMs: number) => void } {
  const config = depotOf(evses);
  const profile = builtInGridProfile("ieee1547-catB-III");
  invariant(profile, "the profile is built in");
  const quick = { ...profile, settings: { ...profile.settings, enterDelayS: 1, enterRampS: 1 } };
  const core = composeCore(plainSite(config, quick), noMemory, {
    nowMs: 0,
    wallAheadMs: Number.NaN,
    randomFraction: 0,
    periodMs: config.loop.periodMs,
  });
  const snapshot = createSnapshot(evses, config.tiers.length);
  const { transferDevice: device, meter, site } = snapshot;
  Object.assign(site, { serviceEnabled: true });
  Object.assign(site.permit, {
    mode: "parallel-non-export",
    validFromMs: 0,
    validUntilMs: 1e15,
    equipmentMatches: true,
  });
  Object.assign(device, { contactNo: "closed", contactNc: "closed", phaseDeg: 0 });
  device.gridVoltagePu = device.busVoltagePu = 1;
  device.gridFrequencyHz = device.busFrequencyHz = 60;
  snapshot.evses.forEach((evse, i) => {
    Object.assign(evse, {
      connected: true,
      authorized: true,
      bidirectional: true,
      reservePct: 30,
      socPct: 70,
      capacityWh: 155_000,
    });
    Object.assign(evse, { vehicleMaxChargeW: 60_000, vehicleMaxDischargeW: 60_000, targetPct: 90, departsAtMs: 1e13 });
    Object.assign(evse, { requestedW: i % 2 ? -30_000 : 20_000, requestSource: "backend", pluggedAtMs: i });
  });
  for (const stage of snapshot.stages) {
    Object.assign(stage, {
      role: "charge",
      voltagePu: 1,
      frequencyHz: 60,
      alive: true,
      verified: true,
      antiIslanding: true,
    });
    Object.assign(stage, { maxChargeW: 60_000, maxDischargeW: 60_000, powerW: 0, socPct: 70 });
  }
  // The world's own numbers stand in arrays: what is measured shall be the core's allocation, not the bench's.
  const powerW = new Float64Array(evses);
  const stagesW = new Float64Array(1);
  let random = 12_345;
  const moveWorld = (nowMs: number): void => {
    random = (random * 1_103_515_245 + 12_345) & 0x3fffffff; // stays a small integer of the engine: none on the heap
    snapshot.wallMs = 1e12 + nowMs;
    device.atMs = device.liveAtMs = meter.atMs = meter.sampleAtMs = nowMs;
    meter.sampleCount++;
    stagesW[0] = 0;
    for (let i = 0; i < evses; i++) {
      powerW[i]! += 0.3 * (core.commands.stages[i]!.powerW - powerW[i]!);
      stagesW[0]! += powerW[i]!;
      const stage = snapshot.stages[i]!;
      stage.atMs = stage.liveAtMs = nowMs;
      stage.powerW = powerW[i]!;
      stage.role = powerW[i]! < 0 ? "discharge" : "charge";
      const evse = snapshot.evses[i]!;
      evse.vehicleAtMs = nowMs;
      evse.requestUntilMs = nowMs + 1_000;
    }
    meter.powerW = 10_000 * evses + (random % 1_000) + stagesW[0]!;
    meter.voltagePu = 1;
    meter.frequencyHz = 60;
  };
  const tick = (nowMs: number): void => {
    moveWorld(nowMs);
    step(core, snapshot, nowMs);
  };
  return { core, snapshot, tick };
}

function depotOf(evses: number): SiteConfig {
  const file = join(import.meta.dirname, "../config/depot.yaml");
  const parsed = parseSiteConfig(readFileSync(file, "utf8"), file);
  invariant(parsed.ok, "the example depot is without complaint");
  const config = parsed.value;
  return {
    ...config,
    pcc: { ...config.pcc, importLimitW: 40_000 * evses },
    evses: Array.from({ length: evses }, (_, i) => config.evses[i % config.evses.length]!),
  };
}

/**
 * A site that gives power back at its export limit while every core is kept busy by others, with real-time priority: no mode may
 * change, no device may be blamed, and the export limit holds. The controller and its simulated hardware are processes of
 * their own that speak over sockets; the building's load steps now and then.
 *
 *     node tests/product/busy.ts [seconds]
 *
 * Prints figures as JSON and ends with 1 when something did not hold. Needs the right to real-time priority.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { startBackend } from "./site/backend.ts";
import { sleep, until } from "./site/judge.ts";
import { makeService, type Service } from "./site/service.ts";

const seconds = Number(process.argv[2] ?? 600);
const exportLimitW = 20_000;
/** Within this the export limit is kept again after a step of the load, ms. */
const backWithinMs = 2_000;
const sampleMs = 100;
/** Readings older than this are counted, ms: some cycles without an answer. */
const oldMs = 60;
/** Steps of the building's load, W, one after the other; each stands for `stepEveryMs`. */
const loadsW = [12_000, 4_000, 25_000, 8_000];
const stepEveryMs = 7_000;
const basePort = 20_000 + (process.pid % 20_000);

const at = (offset: number) => ({ host: "127.0.0.1", port: basePort + offset });
const stageNames = ["Bay 1", "Bay 2", "Bay 3", "Bay 4"];

const config = (folder: string, backendUrl: string) => ({
  site: {
    name: "Busy site",
    timeZone: "UTC",
    serviceMode: "parallel-export",
    nominalVoltageV: 480,
    nominalFrequencyHz: "60",
    gridProfile: "./quick.yaml",
    utilityNotified: true,
  },
  pcc: { importLimitW: 300_000, exportLimitW, meter: { ...at(0), proven: true, updateMs: 20, windowMs: 20 } },
  transferDevice: { kind: "open-transition", ...at(1), travelMs: 100 },
  authorization: "none",
  evses: stageNames.map((name, i) => ({
    name,
    stage: at(10 + i),
    maxChargeW: 60_000,
    maxDischargeW: 60_000,
    dischargeEnabled: true,
    gridForming: i < 2,
  })),
  permit: { anchors: [join(folder, "utility.pem")] },
  backend: { url: backendUrl, identity: "BUSY-1" },
  dashboard: { port: 0 },
  stateDir: join(folder, "state"),
  sim: {
    vehicles: stageNames.map((_, i) => ({ evse: i + 1, socPct: 95, capacityWh: 2_000_000 })),
    building: { motorW: 0 },
    stageEnterServiceS: 1,
  },
});

/** Every core busy, gently towards other work of the machine: whatever its niceness, a core that computes is not idle. */
function keepBusy(): () => void {
  const loops: ChildProcess[] = Array.from({ length: availableParallelism() }, () =>
    spawn("nice", ["-n", "19", "timeout", String(seconds + 120), process.execPath, "-e", "for (;;);"], {
      stdio: "ignore",
    }),
  );
  return () => {
    for (const loop of loops) loop.kill();
  };
}

interface SimState {
  readonly pccW: number;
}

async function startSim(configFile: string) {
  const isletFile = join(import.meta.dirname, "../../bin/islet.mjs");
  const child = spawn(process.execPath, [isletFile, "sim", "--config", configFile, "--control-port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const url = (): string | undefined => /Control API: (\S+)/.exec(out)?.[1];
  if (!(await until(() => url() !== undefined, 60_000))) throw new Error(`the simulator did not start: ${out}`);
  const post = (path: string, body: unknown) =>
    fetch(new URL(path, url()), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return {
    state: async () => (await (await fetch(new URL("/state", url()))).json()) as SimState,
    setBuilding: (powerW: number) => post("/load", { tier: "building", powerW }),
    stop: () => child.kill(),
  };
}

/** Parts of the metrics that tell how punctual the loop was. */
const told = (metrics: string): Record<string, number> =>
  Object.fromEntries(
    metrics
      .split("\n")
      .filter((line) => /^islet_loop_/.test(line))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );

/** Requests lapse: asked again this often, ms. */
const askEveryMs = 240_000;

async function watch(service: Service, sim: Awaited<ReturnType<typeof startSim>>, ask: () => Promise<void>) {
  const fromMs = performance.now();
  let stepAtMs = fromMs;
  let askAtMs = fromMs;
  let steps = 0;
  let samples = 0;
  let exports = 0;
  let largestExportW = 0;
  let beyondSinceMs = Number.NaN;
  let longestBeyondMs = 0;
  let oldestMs = 0;
  let old = 0;
  while (performance.now() - fromMs < 1_000 * seconds) {
    if (performance.now() >= stepAtMs) {
      stepAtMs += stepEveryMs;
      await sim.setBuilding(loadsW[steps++ % loadsW.length]!);
    }
    if (performance.now() >= askAtMs) {
      askAtMs += askEveryMs;
      await ask();
    }
    const exportW = -(await sim.state()).pccW;
    const nowMs = performance.now();
    samples += 1;
    const { health } = await service.state();
    const ageMs = Math.max(...health.devices.map((device) => device.ageMs ?? 0));
    oldestMs = Math.max(oldestMs, ageMs);
    if (ageMs > oldMs) old += 1;
    if (exportW > exportLimitW / 2) exports += 1;
    largestExportW = Math.max(largestExportW, exportW);
    if (exportW <= 1.01 * exportLimitW) beyondSinceMs = Number.NaN;
    else if (Number.isNaN(beyondSinceMs)) beyondSinceMs = nowMs;
    else longestBeyondMs = Math.max(longestBeyondMs, nowMs - beyondSinceMs);
    await sleep(sampleMs);
  }
  const lines = service.log.filter(({ atMs }) => atMs >= fromMs);
  const counts = new Map<string, number>();
  for (const { level, text } of lines) if (level >= 40) counts.set(text, (counts.get(text) ?? 0) + 1);
  return {
    seconds,
    steps,
    samples,
    exportingShare: exports / samples,
    largestExportW: Math.round(largestExportW),
    /** Of all devices, as the controller knew them when it was asked. */
    oldestReadingMs: Math.round(oldestMs),
    oldReadingsShare: old / samples,
    longestBeyondMs: Math.round(longestBeyondMs),
    modes: lines.filter(({ fields }) => fields["mode"] !== undefined).map(({ text }) => text),
    blamed: lines.filter(({ text }) => /does not answer|silent|blind|old values/i.test(text)).map(({ text }) => text),
    stalls: lines.filter(({ text }) => /stood still/.test(text)).map(({ text, fields }) => [text, fields["longestMs"]]),
    warnings: Object.fromEntries(counts),
    loop: told(await (await service.page()).metrics()),
  };
}

const folder = mkdtempSync(join(tmpdir(), "islet-busy-"));
const backend = await startBackend();
const serials = stageNames.map((_, i) => `SIM-${String(i + 1).padStart(3, "0")}`);
const service = await makeService({
  folder,
  config: config(folder, backend.url),
  files: {},
  serials,
  permit: { mode: "parallel-export", exportLimitW: 100_000, firmware: "1.0.0" },
});
const sim = await startSim(service.configFile);
const rest = keepBusy();
try {
  service.start();
  await backend.whenConnected();
  if (!(await service.reached("parallel"))) throw new Error(`not in parallel: ${service.mode()}`);
  const ask = async (): Promise<void> => {
    for (const evse of [1, 2, 3, 4]) await backend.ask(evse, -15_000);
  };
  await ask();
  const gives = async (): Promise<boolean> => (await sim.state()).pccW < -exportLimitW / 2;
  for (let n = 0; n < 300 && !(await gives()); n++) await sleep(200);
  const figures = await watch(service, sim, ask);
  const good =
    figures.modes.length === 0 &&
    figures.blamed.length === 0 &&
    figures.exportingShare > 0.8 &&
    figures.longestBeyondMs <= backWithinMs;
  process.stdout.write(`${JSON.stringify({ good, ...figures }, null, 1)}\n`);
  process.exitCode = good ? 0 : 1;
} finally {
  rest();
  await service.stop();
  sim.stop();
  await backend.close();
}

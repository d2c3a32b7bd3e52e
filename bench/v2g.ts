/**
 * How fast vehicles are answered, and what it costs the control loop: simulated stages in a process of their own, the control
 * process and the thread that speaks with vehicles as `islet run` starts them, and vehicles over loopback that keep their session's
 * pace. From the last byte of a request to the first of its answer, as the vehicle sees it. Also: how soon no current flows after a
 * vehicle of ISO 15118-20 has fallen silent, from its last request, by the stage's own current.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { habitOf } from "../sim/peers/vehicle/habits.table.ts";
import { streamOf } from "../sim/peers/vehicle/socket-stream.ts";
import { usualBattery, type VehicleOptions, type VehicleProtocol } from "../sim/peers/vehicle/steps.ts";
import { driveSession } from "../sim/peers/vehicle/vehicle.ts";
import { startControlHost } from "../src/app/control/control-host.ts";
import { monotonicMs } from "../src/app/control/monotonic.ts";
import { plainSite } from "../src/app/site/composition.ts";
import { startVehicleSessions } from "../src/app/vehicle-sessions/vehicle-sessions.ts";
import { vehicleLinkSettings } from "../src/config/site/vehicle-link.ts";
import type { SiteConfig } from "../src/config/site.ts";
import { depot, quickProfile, startSimulatorProcess, until } from "./lib/socket-site.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const basePort = 17_000;
const linkPort = 52_000;
const measureMs = 15_000;
const warmUpMs = 2_000;
const requestEveryMs = 100;
const silentTrials = 9;

interface Answered {
  readonly protocol: VehicleProtocol;
  readonly loop: number[];
  /** The first of each kind of request, and each other request. */
  readonly first: number[];
}

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({ args: [...args], options: { vehicles: { type: "string" } } });
  const figures: Figure[] = [];
  for (const count of values.vehicles === undefined ? [1, 20] : [Number(values.vehicles)]) {
    say(`${count} vehicle${count === 1 ? "" : "s"}`);
    figures.push(...(await measure(count)));
  }
  return { name: "v2g", figures };
}

function siteOf(count: number): SiteConfig {
  const config = depot(count, 20, basePort, 60);
  return {
    ...config,
    authorization: "none",
    evses: config.evses.map((evse, i) => ({
      ...evse,
      vehicleLink: vehicleLinkSettings.parse({ interface: "lo", port: linkPort + i, iso20WithoutTls: true }),
    })),
  };
}

async function measure(count: number): Promise<Figure[]> {
  const config = siteOf(count);
  const simulator = await startSimulatorProcess(config);
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  const host = startControlHost({
    site: plainSite(config, quickProfile()),
    pccMemory: null,
    recordFile: join(folder, "intent.json"),
    clockFloorMs: Number.NEGATIVE_INFINITY,
    exactPeriod: true,
    onMessage: () => undefined,
    onEnd: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  host.site.serviceEnabled = true;
  for (const evse of host.evses) evse.authorized = true;
  host.flush();
  const sessions = startVehicleSessions({ config, control: host, log: () => undefined, now: monotonicMs })!;
  try {
    await until("every place listens", () => config.evses.every((_, i) => sessions.ports(i) !== null));
    await pause(warmUpMs);
    host.resetFigures();
    await pause(measureMs);
    const without = lateness(host.report()!.site);
    const figures: Figure[] = [];
    for (const protocol of ["ISO 15118-20", "DIN SPEC 70121"] as const) {
      host.resetFigures();
      const answered: Answered = { protocol, loop: [], first: [] };
      const untilMs = performance.now() + measureMs;
      await Promise.all(config.evses.map((_, i) => visit(i, answered, untilMs)));
      figures.push(...figuresOf(answered, count));
      for (const [q, value] of lateness(host.report()!.site))
        figures.push({
          name: `${count} × ${protocol}: control loop late ${q}`,
          value,
          unit: "ms",
          comparedWith: "without vehicles",
          ratio: value / without.get(q)!,
        });
    }
    if (count === 1) figures.push(...(await silence(host)));
    return figures;
  } finally {
    await sessions.stop();
    await host.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const lateness = (site: { lateP50Ms: number; lateP99Ms: number }): ReadonlyMap<string, number> =>
  new Map([
    ["p50", site.lateP50Ms],
    ["p99", site.lateP99Ms],
  ]);

const usual = (protocol: VehicleProtocol): VehicleOptions => ({
  protocol,
  bidirectional: protocol === "ISO 15118-20",
  voltageV: 700,
  rounds: Number.POSITIVE_INFINITY,
  currentA: 40,
  unixS: () => Date.now() / 1_000,
  battery: { ...usualBattery, capacityWh: 150_000 },
  pace: () => pause(requestEveryMs),
});

const connected = (place: number) => {
  const socket = connect(linkPort + place, "127.0.0.1");
  socket.on("error", () => undefined);
  return socket;
};

/** One session; every answer's time goes to where it belongs. */
async function visit(place: number, answered: Answered, untilMs: number): Promise<void> {
  const socket = connected(place);
  const stream = streamOf(socket);
  let sentMs = 0;
  let inLoop = false;
  const timed = {
    send(bytes: Uint8Array) {
      stream.send(bytes);
      sentMs = performance.now();
    },
    async next() {
      const bytes = await stream.next();
      (inLoop ? answered.loop : answered.first).push(performance.now() - sentMs);
      return bytes;
    },
  };
  const { complete, trouble } = await driveSession(timed, {
    ...usual(answered.protocol),
    pace: async (between) => {
      inLoop = between === "rounds";
      await pause(requestEveryMs);
    },
    leaves: () => {
      const leaves = performance.now() > untilMs;
      // The answer to "stop" waits for contactors.
      if (leaves) inLoop = false;
      return leaves;
    },
  });
  socket.destroy();
  if (!complete) throw new Error(`place ${place + 1}: ${trouble}`);
}

function figuresOf({ protocol, loop, first }: Answered, count: number): Figure[] {
  const at = (sorted: number[], q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  loop.sort((a, b) => a - b);
  first.sort((a, b) => a - b);
  const what = protocol === "ISO 15118-20" ? "DC_ChargeLoop" : "CurrentDemand";
  const name = `${count} × ${protocol}: ${what}`;
  return [
    { name: `${name} answered p50`, value: at(loop, 0.5), unit: "ms" },
    { name: `${name} answered p99`, value: at(loop, 0.99), unit: "ms" },
    { name: `${name} answered at most`, value: at(loop, 1), unit: "ms" },
    { name: `${name}: answers`, value: loop.length, unit: "messages" },
    {
      name: `${count} × ${protocol}: every other request p50 (first messages among them; those that wait for contactors too)`,
      value: at(first, 0.5),
      unit: "ms",
    },
  ];
}

/** From the last request of a vehicle that falls silent in the loop until the stage reports no power, and no current, beyond half a second. */
async function silence(host: ReturnType<typeof startControlHost>): Promise<Figure[]> {
  const beyond: number[] = [];
  for (let i = 0; i < silentTrials; i++) {
    const silent = habitOf("silent")!;
    const socket = connected(0);
    let lastMs = 0;
    const driven = driveSession(streamOf(socket), {
      ...usual("ISO 15118-20"),
      habit: {
        ...silent,
        send(outgoing) {
          const pieces = silent.send?.(outgoing);
          if (pieces === undefined) lastMs = monotonicMs();
          return pieces;
        },
      },
    });
    const current = (): number => Math.abs(host.report()?.stages[0]?.outletA ?? 0);
    while (!(current() > 1)) await pause(5);
    while (current() > 0.2) await pause(1);
    beyond.push(host.report()!.stages[0]!.atMs - lastMs - 500);
    socket.destroy();
    await driven;
    await pause(1_000);
  }
  beyond.sort((a, b) => a - b);
  const name = "silent vehicle: no current after half a second and";
  return [
    { name: `${name}, p50`, value: beyond[beyond.length >> 1]!, unit: "ms" },
    { name: `${name}, at most`, value: beyond.at(-1)!, unit: "ms" },
  ];
}

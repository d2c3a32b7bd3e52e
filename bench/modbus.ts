/**
 * What the bridge costs and how fast it is: CPU and time of a read and a write for each device and cycle, over real sockets
 * with the simulator's register servers in a process of their own, beside the same site through the usual client library.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createBridge } from "../firmware-bridge/bridge.ts";
import type { BridgeSettings } from "../firmware-bridge/settings.ts";
import { createCommands } from "../src/core/commands.ts";
import { createSnapshot } from "../src/core/snapshot.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const clock = (): number => performance.now();
const deadlineMs = 1_000;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { stages: { type: "string", default: "20" }, cycles: { type: "string", default: "1500" } },
  });
  const stageCount = Math.min(100, Math.max(1, Number(values.stages)));
  const cycles = Math.min(100_000, Math.max(100, Number(values.cycles)));
  const peers = await startPeers(stageCount);
  try {
    say(
      `${stageCount} stages behind ${stageCount} ports, ${cycles} cycles, reading and writing every stage in every cycle`,
    );
    const own = await benchBridge(peers.ports, cycles);
    say("the same reads and writes through modbus-serial");
    const usual = await benchLibrary(peers.ports, Math.ceil(cycles / 3));
    const compared = (name: string, value: number, unit: string, other: number): Figure => ({
      name,
      value,
      unit,
      comparedWith: "modbus-serial, same requests",
      ratio: value / other,
    });
    return {
      name: "modbus",
      figures: [
        compared("CPU per device and cycle, read and write", own.cpuUs, "us", usual.cpuUs),
        compared("cycle of all devices, read and write, p50", own.p50Ms, "ms", usual.p50Ms),
        compared("cycle of all devices, read and write, p99", own.p99Ms, "ms", usual.p99Ms),
        { name: "CPU per device and cycle, modbus-serial", value: usual.cpuUs, unit: "us" },
        { name: "heap bytes per device and cycle", value: own.bytes, unit: "B" },
        { name: "heap bytes per device and cycle, modbus-serial", value: usual.bytes, unit: "B" },
        { name: "failed reads and writes", value: own.failures, unit: "" },
      ],
    };
  } finally {
    peers.stop();
  }
}

interface Measured {
  readonly cpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
  readonly failures: number;
}

async function benchBridge(ports: readonly number[], cycles: number): Promise<Measured> {
  const settings: BridgeSettings = {
    nominalVoltageV: 480,
    phases: "three",
    deadBandW: 0,
    stages: ports.map((port, i) => ({
      name: `Bay ${i + 1}`,
      link: { kind: "tcp", host: "127.0.0.1", port },
      unit: 1,
      reversionS: 5,
      ratedChargeW: 60_000,
      ratedDischargeW: 60_000,
    })),
  };
  const bridge = createBridge(settings);
  const snapshot = createSnapshot(ports.length, 0);
  const commands = createCommands(ports.length, 0);
  commands.commandsEnabled = true;
  await bridge.discover({ verify: false });
  const cycle = async (index: number): Promise<void> => {
    for (let i = 0; i < ports.length; i += 1) {
      const command = commands.stages[i]!;
      command.role = "charge";
      command.powerW = 1_000 + ((index * 37) % 5_000);
      command.leaseUntilMs = Number.POSITIVE_INFINITY;
    }
    await bridge.readAll(snapshot, clock() + deadlineMs);
    const nowMs = clock();
    await bridge.writeAll(commands, nowMs, nowMs + deadlineMs, true);
  };
  const measured = await measure(cycle, cycles, ports.length);
  let failures = 0;
  let done = 0;
  for (const { device } of bridge.stages) {
    failures += device.failedReads + device.failedWrites;
    done += Math.min(device.reads, device.writes);
  }
  // Nothing may be counted that was not read and acknowledged.
  if (done + failures < cycles * ports.length) throw new Error(`only ${done} devices were read and written`);
  bridge.shut();
  return { ...measured, failures };
}

/** The client that most projects use, asked for the same registers with the same parallelism between devices. */
async function benchLibrary(ports: readonly number[], cycles: number): Promise<Measured> {
  const { default: ModbusRTU } = (await import("modbus-serial")) as unknown as { default: new () => LibraryClient };
  const clients = await Promise.all(
    ports.map(async (port) => {
      const client = new ModbusRTU();
      await client.connectTCP("127.0.0.1", { port });
      client.setID(1);
      client.setTimeout(deadlineMs);
      return client;
    }),
  );
  const cycle = async (index: number): Promise<void> => {
    await Promise.all(clients.map((client) => client.readHoldingRegisters(41_107, 26)));
    await Promise.all(clients.map((client) => client.writeRegisters(40_320, [0, 1_000 + ((index * 37) % 5_000)])));
  };
  const measured = await measure(cycle, cycles, ports.length);
  await Promise.all(clients.map((client) => new Promise<void>((resolve) => client.close(() => resolve()))));
  return { ...measured, failures: 0 };
}

interface LibraryClient {
  connectTCP(host: string, options: { port: number }): Promise<void>;
  setID(unit: number): void;
  setTimeout(ms: number): void;
  readHoldingRegisters(address: number, count: number): Promise<unknown>;
  writeRegisters(address: number, words: number[]): Promise<unknown>;
  close(done: () => void): void;
}

async function measure(
  cycle: (index: number) => Promise<void>,
  cycles: number,
  devices: number,
): Promise<Omit<Measured, "failures">> {
  for (let i = 0; i < Math.ceil(cycles / 5); i += 1) await cycle(i);
  const timesMs = new Float64Array(cycles);
  const cpu = process.cpuUsage();
  let bytes = 0;
  let heap = process.memoryUsage().heapUsed;
  for (let i = 0; i < cycles; i += 1) {
    const startedMs = clock();
    await cycle(i);
    timesMs[i] = clock() - startedMs;
    if (i % 20 !== 0) continue;
    const now = process.memoryUsage().heapUsed;
    // A collection in between makes the heap shrink: that interval says nothing.
    if (now > heap) bytes += now - heap;
    heap = now;
  }
  const used = process.cpuUsage(cpu);
  timesMs.sort();
  const rounds = cycles * devices;
  return {
    cpuUs: (used.user + used.system) / rounds,
    p50Ms: timesMs[Math.floor(cycles / 2)]!,
    p99Ms: timesMs[Math.floor(cycles * 0.99)]!,
    bytes: bytes / rounds,
  };
}

interface Peers {
  readonly ports: readonly number[];
  stop(): void;
}

function startPeers(count: number): Promise<Peers> {
  const child = fork(fileURLToPath(new URL("modbus-worker.ts", import.meta.url)), [String(count)]);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the register servers ended with code ${code}`)));
    child.once("message", (ports) => {
      child.removeAllListeners("exit");
      resolve({ ports: ports as number[], stop: () => child.kill() });
    });
  });
}

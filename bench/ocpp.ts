/**
 * OCPP: round trips per second through the durable journal with validation on, against bare ocpp-rpc; processor time for
 * each TransactionEvent; from a backend's command to the intent; a week offline with 20 EVSEs; fuzzed frames; memory.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import rpc from "ocpp-rpc";
import { startCsms } from "../sim/peers/csms.ts";
import { createCsmsCore } from "../sim/peers/csms-core.ts";
import { expectedAnswer, fuzzFrame, isShared } from "../sim/peers/csms-fuzz.ts";
import { createMemoryLink } from "../sim/peers/csms-memory.ts";
import { createVirtualClock } from "../sim/peers/virtual-clock.ts";
import { openStore } from "../src/app/store/store.ts";
import { createSystemClock } from "../src/protocols/ocpp/clock.ts";
import { type OcppConfig, ocppDefaults } from "../src/protocols/ocpp/config.ts";
import type { BackendLimit, EvseView, StationPort } from "../src/protocols/ocpp/ports.ts";
import { createOcppStation } from "../src/protocols/ocpp/station.ts";
import type { RequestOf } from "../src/protocols/ocpp/transport/messages.table.ts";
import { run as backend } from "./backend.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const options = {
  events: { type: "string", default: "5000" },
  /** 1,000,000 for the acceptance. */
  frames: { type: "string", default: "20000" },
  /** Virtual days without a connection. */
  days: { type: "string", default: "7" },
  /** Backend commands that are followed to the stage's register. */
  times: { type: "string", default: "100" },
} as const;

const evses = 20;

function site(onLimit: (evseId: number, limit: BackendLimit | null) => void): StationPort & { allowed: boolean[] } {
  const allowed = new Array<boolean>(evses).fill(false);
  const views = Array.from(
    { length: evses },
    (): EvseView => ({
      known: true,
      connected: false,
      energyRequested: true,
      bayOccupied: false,
      powerW: 0,
      setpointW: 0,
      importWh: 0,
      exportWh: 0,
      reactiveVar: 0,
      voltageV: 400,
      currentA: 0,
      frequencyHz: 60,
      socPct: 50,
      faulted: false,
      chargesNow: false,
      explanation: "",
      alarms: [],
    }),
  );
  return {
    evses: views,
    allowed,
    site: {
      mode: "parallel",
      serviceMode: "parallel-export",
      known: true,
      permitMissing: false,
      permitValid: true,
      exportLimitW: 1e5,
      importLimitW: 1e6,
      pccPowerW: 0,
      islanded: false,
      explanation: "",
      alarms: [],
      gridFault: "",
    },
    authorize: (evseId, may) => void (allowed[evseId - 1] = may),
    limit: onLimit,
    setOperative: () => undefined,
    unlock: async () => "Unlocked",
    reset: () => undefined,
  };
}

const config = (more: Partial<OcppConfig>): OcppConfig => ({
  ...ocppDefaults,
  identity: "bench",
  evses: Array.from({ length: evses }, () => ({
    connectorType: "cCCS2",
    supplyPhases: 3 as const,
    nominalVoltageV: 230,
    maxChargeW: 60_000,
    maxDischargeW: 60_000,
  })),
  ...more,
});

/** Frames of a fuzzed run that are sent before their answers are judged. */
const fuzzRun = 500;
/** Turns of bare package and station, after one that warms both up. */
const turns = 6;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
/** What is really held, after a collection. */
function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what: () => boolean, maxMs: number): Promise<void> {
  for (const startMs = performance.now(); !what(); await pause(1))
    if (performance.now() - startMs > maxMs) throw new Error("The bench did not come to its end in time.");
}
const quantile = (values: number[], q: number): number =>
  values.sort((a, b) => a - b)[Math.min(Math.floor(values.length * q), values.length - 1)] ?? Number.NaN;

/** A TransactionEvent as it is sent most. */
const event = (seqNo: number): RequestOf<"TransactionEvent"> => ({
  eventType: "Updated",
  timestamp: "2026-06-15T12:00:00.000Z",
  triggerReason: "MeterValuePeriodic",
  seqNo,
  transactionInfo: { transactionId: "8a2f8a30-3a4e-4cf1-9c2e-5b1a2d3c4e5f", chargingState: "Charging" },
  meterValue: [
    {
      timestamp: "2026-06-15T12:00:00.000Z",
      sampledValue: [
        "Energy.Active.Import.Register",
        "Energy.Active.Export.Register",
        "Power.Active.Import",
        "Power.Active.Export",
        "SoC",
      ].map((measurand) => ({ value: 1234.5, measurand, context: "Sample.Periodic", location: "Outlet" })),
    },
  ] as never,
});

type BareClient = InstanceType<typeof rpc.RPCClient>;

/** Rates and processor time of both, in turns, so that what else runs on the machine meets both alike. */
interface Pace {
  events: number;
  seconds: number;
  cpuUs: number;
}

async function paced(pace: Pace, events: number, run: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await run();
  const used = process.cpuUsage(cpu);
  pace.events += events;
  pace.seconds += (performance.now() - startMs) / 1000;
  pace.cpuUs += used.user + used.system;
}

async function online(events: number, figures: Figure[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-ocpp-"));
  const csms = await startCsms({ strict: true });
  const clock = createSystemClock();
  const store = openStore({ path: join(folder, "store.db") });
  let emitted = 0;
  const port = site((evseId, limit) => {
    if (evseId === 1 && limit !== null) emitted = performance.now();
  });
  const beforeMiB = heapMiB();
  const station = createOcppStation(
    config({ network: [{ slot: 1, url: csms.url, securityProfile: 1 }], pollMs: 1000 }),
    port,
    store,
    clock,
  );
  station.start();
  await until(() => station.status().registration === "accepted" && store.queued() === 0, 20_000);
  const stationMiB = heapMiB() - beforeMiB;
  // What the package does alone: one outstanding call, its own validation on both sides.
  const client: BareClient = new rpc.RPCClient({
    identity: "bare",
    endpoint: csms.url,
    protocols: ["ocpp2.0.1"],
    strictMode: true,
    reconnect: false,
  } as never);
  await client.connect();
  const bare: Pace = { events: 0, seconds: 0, cpuUs: 0 };
  const ours: Pace = { events: 0, seconds: 0, cpuUs: 0 };
  const perTurn = Math.ceil(events / turns);
  for (let turn = 0; turn <= turns; turn++) {
    // The first turn warms both up.
    if (turn === 1) for (const pace of [bare, ours]) Object.assign(pace, { events: 0, seconds: 0, cpuUs: 0 });
    await paced(bare, perTurn, async () => {
      for (let i = 0; i < perTurn; i++) await client.call("TransactionEvent", event(i));
    });
    store.atomically(() => {
      for (let i = 0; i < perTurn; i++)
        store.enqueue({
          action: "TransactionEvent",
          payload: JSON.stringify(event(i)),
          transactionId: "t",
          seqNo: i,
          droppable: true,
        });
    });
    await paced(ours, perTurn, async () => {
      await csms.call("bench", "TriggerMessage", { requestedMessage: "Heartbeat" });
      await until(() => store.queued() === 0, 120_000);
    });
  }
  await client.close();
  const rate = ({ events: n, seconds }: Pace): number => n / seconds;
  const cpuUs = ({ events: n, cpuUs: us }: Pace): number => us / n;
  const bareName = "bare ocpp-rpc with validation, one outstanding";
  figures.push({ name: bareName, value: Math.round(rate(bare)), unit: "1/s" });
  figures.push({
    name: "journal deliveries with validation, one outstanding",
    value: Math.round(rate(ours)),
    unit: "1/s",
    comparedWith: bareName,
    ratio: round(rate(ours) / rate(bare)),
  });
  const bareCpuName = "processor time for one TransactionEvent with bare ocpp-rpc, both ends";
  figures.push({ name: bareCpuName, value: Math.round(cpuUs(bare)), unit: "us" });
  figures.push({
    name: "processor time for one TransactionEvent from the journal, both ends",
    value: Math.round(cpuUs(ours)),
    unit: "us",
    comparedWith: bareCpuName,
    ratio: round(cpuUs(ours) / cpuUs(bare)),
  });
  figures.push({ name: "heap of a station with 20 EVSEs", value: round(stationMiB), unit: "MiB" });
  figures.push({
    name: "resident memory of the process, station and backend",
    value: Math.round(process.memoryUsage().rss / 2 ** 20),
    unit: "MiB",
  });

  const delays: number[] = [];
  for (let i = 0; i < 300; i++) {
    const sentMs = performance.now();
    await csms.call("bench", "SetChargingProfile", {
      evseId: 1,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Absolute",
        chargingSchedule: [
          {
            id: 1,
            startSchedule: "2026-01-01T00:00:00Z",
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 1000 + i }],
          },
        ],
      },
    });
    delays.push(emitted - sentMs);
  }
  figures.push({ name: "backend command to intent, p50", value: round(quantile(delays, 0.5)), unit: "ms" });
  figures.push({ name: "backend command to intent, p99", value: round(quantile(delays, 0.99)), unit: "ms" });
  station.stop();
  clock.cancelAll();
  await csms.close();
  store.close();
  rmSync(folder, { recursive: true });
}

async function weekOffline(days: number, figures: Figure[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-ocpp-"));
  const path = join(folder, "store.db");
  const clock = createVirtualClock(Date.UTC(2026, 5, 1));
  const core = createCsmsCore(clock.wallMs);
  const link = createMemoryLink(clock, core);
  const store = openStore({ path });
  const port = site(() => undefined);
  const station = createOcppStation(
    config({
      network: [{ slot: 1, url: "ws://memory", securityProfile: 1 }],
      pollMs: 60_000,
      refreshMs: 60_000,
      leaseMs: 120_000,
      variables: { "SampledDataCtrlr.TxUpdatedInterval": "900", "AuthCtrlr.Enabled": "false" },
    }),
    port,
    store,
    clock,
    { transport: link.factory },
  );
  station.start();
  await clock.advance(10_000);
  link.up = false;
  link.cut();
  const views = port.evses as { -readonly [K in keyof EvseView]: EvseView[K] }[];
  const startMs = performance.now();
  const hours = days * 24;
  for (let hour = 0; hour < hours; hour++) {
    for (let i = 0; i < evses; i++) {
      const view = views[i]!;
      view.connected = (hour + i) % 12 < 9;
      view.powerW = port.allowed[i] ? 10_000 : 0;
      view.setpointW = view.powerW;
      view.importWh += view.powerW;
    }
    station.factsChanged();
    for (let i = 0; i < evses; i++)
      if (views[i]!.connected && !port.allowed[i])
        void station.presentToken({ idToken: `TOKEN${i}`, type: "ISO14443" }, i + 1);
    await clock.advance(3_600_000);
  }
  const queued = store.queued();
  const diskBytes = sizeOf(path) + sizeOf(`${path}-wal`);
  const offlineMiB = heapMiB();
  link.up = true;
  const backMs = clock.wallMs();
  let answerMs = 0;
  while (store.queued() > 0 && clock.wallMs() - backMs < 6 * 3_600_000) {
    await clock.advance(1000);
    if (link.connected) {
      const askedMs = clock.wallMs();
      const before = core.received.length;
      await link.call("TriggerMessage", { requestedMessage: "Heartbeat" });
      while (
        !core.received.slice(before).some((message) => message.action === "Heartbeat") &&
        clock.wallMs() - askedMs < 10_000
      )
        await clock.advance(5);
      answerMs = Math.max(answerMs, clock.wallMs() - askedMs);
    }
  }
  const report = core.ledger.report();
  station.stop();
  store.close();
  rmSync(folder, { recursive: true });
  figures.push({ name: `${days} days offline, ${evses} EVSEs: events delivered`, value: report.events, unit: "1" });
  figures.push({
    name: "… gaps, conflicts and disorder in the ledger",
    value: report.gaps + report.conflicting + report.outOfOrder + report.malformed,
    unit: "1",
  });
  figures.push({ name: "… journal at its longest", value: queued, unit: "1" });
  figures.push({ name: "… store on disk", value: Math.round(diskBytes / 1024), unit: "KiB" });
  figures.push({ name: "… slowest follow-up of a new call while draining (virtual)", value: answerMs, unit: "ms" });
  figures.push({ name: "… real time", value: round((performance.now() - startMs) / 1000), unit: "s" });
  figures.push({
    name: "… heap in use at the end of it, backend included",
    value: Math.round(offlineMiB),
    unit: "MiB",
  });
}

/** What a run of frames must be answered with, and what it was answered with. */
interface Tally {
  expected: Map<string, number>;
  given: Map<string, number>;
  ids: Set<string>;
  wrong: number;
}

const count = (tally: Map<string, number>, key: string): void => void tally.set(key, (tally.get(key) ?? 0) + 1);
const total = (tally: Map<string, number>): number => [...tally.values()].reduce((sum, one) => sum + one, 0);

/** Answers that are missing, too many, of the wrong code, or given twice. */
function mistakes({ expected, given, wrong }: Tally): number {
  let sum = wrong + (given.get("InternalError") ?? 0) + Math.abs(total(expected) - total(given));
  for (const code of ["MessageTypeNotSupported", "NotImplemented"])
    sum += Math.abs((expected.get(code) ?? 0) - (given.get(code) ?? 0));
  return sum + Math.max((expected.get("RpcFrameworkError") ?? 0) - (given.get("RpcFrameworkError") ?? 0), 0);
}

async function fuzz(frames: number, figures: Figure[], say: (line: string) => void): Promise<void> {
  let tally: Tally = { expected: new Map(), given: new Map(), ids: new Set(), wrong: 0 };
  const csms = await startCsms({
    strict: false,
    onMessage(_, direction, message) {
      if (direction !== "in" || !/^\[[34],/.test(message)) return;
      const [type, id, code] = JSON.parse(message) as [number, string, string];
      const name = type === 3 ? "result" : code;
      count(tally.given, isShared(id) && name === "NotImplemented" ? "any" : name);
      if (!isShared(id) && tally.ids.has(id)) tally.wrong += 1;
      tally.ids.add(id);
    },
  });
  const clock = createSystemClock();
  const store = openStore({ path: ":memory:" });
  const station = createOcppStation(
    config({ network: [{ slot: 1, url: csms.url, securityProfile: 1 }], pollMs: 1000 }),
    site(() => undefined),
    store,
    clock,
  );
  station.start();
  await until(() => station.status().registration === "accepted" && store.queued() === 0, 20_000);
  const before = JSON.stringify(store.entries("variable"));
  const random = createVirtualClock(0, 42).random;
  let sent = 0;
  let answered = 0;
  let wrong = 0;
  let lost = 0;
  let warmMiB = 0;
  const startMs = performance.now();
  while (sent < frames) {
    tally = { expected: new Map(), given: new Map(), ids: new Set(), wrong: 0 };
    for (const endAt = Math.min(sent + fuzzRun, frames); sent < endAt; sent++) {
      const frame = fuzzFrame(random, sent);
      // What would really reset the station is left to its block's own tests.
      if (frame.includes('"Reset"') && frame.includes("OnIdle")) continue;
      const answer = expectedAnswer(frame);
      if (answer !== "none") count(tally.expected, answer);
      csms.sendRaw("bench", frame);
    }
    const due = total(tally.expected);
    await until(() => total(tally.given) >= due || csms.connected().length === 0, 60_000);
    if (csms.connected().length === 0) lost += 1;
    answered += total(tally.given);
    wrong += mistakes(tally);
    // What the backend remembers is not the station's.
    csms.core.received.length = 0;
    if (warmMiB === 0 && sent >= frames / 10) warmMiB = heapMiB();
    if (sent % 50_000 < fuzzRun) say(`${sent} frames, ${wrong} wrong answers, heap ${heapMiB().toFixed(1)} MiB`);
  }
  const seconds = (performance.now() - startMs) / 1000;
  // Reports that were asked for among all that wait in the bounded outbox: only what remains after them is a leak.
  for (let before = -1; before !== csms.core.received.length; await pause(500)) before = csms.core.received.length;
  csms.core.received.length = 0;
  const growthMiB = heapMiB() - warmMiB;
  const alive = await csms.call("bench", "GetLocalListVersion", {});
  const unchanged = JSON.stringify(store.entries("variable")) === before;
  figures.push({ name: "fuzzed frames", value: frames, unit: "1" });
  figures.push({ name: "… answered", value: answered, unit: "1" });
  figures.push({ name: "… wrong, missing or doubled answers (0 expected)", value: wrong, unit: "1" });
  figures.push({ name: "… connections lost (0 expected)", value: lost, unit: "1" });
  figures.push({
    name: "… alive and unchanged afterwards (1 expected)",
    value: alive.versionNumber >= 0 && unchanged ? 1 : 0,
    unit: "1",
  });
  figures.push({ name: "… frames per second", value: Math.round(frames / seconds), unit: "1/s" });
  figures.push({ name: "… growth of the heap over the last nine tenths", value: round(growthMiB), unit: "MiB" });
  station.stop();
  clock.cancelAll();
  await csms.close();
  store.close();
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const round = (value: number): number => Math.round(value * 100) / 100;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({ args: [...args], options, strict: false });
  const figures: Figure[] = [];
  const number = (name: keyof typeof options): number => Number(values[name] ?? options[name].default);
  if (number("events") > 0) await online(number("events"), figures);
  if (number("times") > 0)
    figures.push(...(await backend({ args: ["--times", String(number("times"))], say })).figures);
  if (number("days") > 0) await weekOffline(number("days"), figures);
  if (number("frames") > 0) await fuzz(number("frames"), figures, say);
  return { name: "ocpp", figures };
}

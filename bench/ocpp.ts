/**
 * OCPP: round trips per second through the durable journal with validation on, against bare ocpp-rpc; processor time for
 * each TransactionEvent; from a backend's command to the intent; a week offline with 20 EVSEs; fuzzed frames; memory.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import rpc from "ocpp-rpc";
import { startCsms } from "../sim/peers/csms.ts";
import { createCsmsCore } from "../sim/peers/csms-core.ts";
import { fuzzFrame } from "../sim/peers/csms-fuzz.ts";
import { createMemoryLink } from "../sim/peers/csms-memory.ts";
import { createVirtualClock } from "../sim/peers/virtual-clock.ts";
import { openStore } from "../src/app/store.ts";
import { createSystemClock } from "../src/protocols/ocpp/clock.ts";
import { type OcppConfig, ocppDefaults } from "../src/protocols/ocpp/config.ts";
import type { RequestOf } from "../src/protocols/ocpp/messages.table.ts";
import type { BackendLimit, EvseView, StationPort } from "../src/protocols/ocpp/ports.ts";
import { createOcppStation } from "../src/protocols/ocpp/station.ts";

interface Figure {
  name: string;
  value: number;
  unit: string;
  comparedWith?: string;
  ratio?: number;
}

const options = {
  events: { type: "string", default: "5000" },
  /** 1,000,000 for the acceptance. */
  frames: { type: "string", default: "20000" },
  /** Virtual days without a connection. */
  days: { type: "string", default: "7" },
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
      permitValid: true,
      exportLimitW: 1e5,
      importLimitW: 1e6,
      pccPowerW: 0,
      islanded: false,
      explanation: "",
      alarms: [],
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

/** What the package does alone: one outstanding call, its own validation on both sides. */
async function bare(url: string, count: number): Promise<number> {
  const client = new rpc.RPCClient({
    identity: "bare",
    endpoint: url,
    protocols: ["ocpp2.0.1"],
    strictMode: true,
    reconnect: false,
  } as never);
  await client.connect();
  const startMs = performance.now();
  for (let i = 0; i < count; i++) await client.call("TransactionEvent", event(i));
  const perSecond = (count / (performance.now() - startMs)) * 1000;
  await client.close();
  return perSecond;
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
  const station = createOcppStation(
    config({ network: [{ slot: 1, url: csms.url, securityProfile: 1 }], pollMs: 1000 }),
    port,
    store,
    clock,
  );
  station.start();
  await until(() => station.status().registration === "accepted" && store.queued() === 0, 20_000);
  const bareRate = await bare(csms.url, Math.min(events, 3000));

  store.atomically(() => {
    for (let i = 0; i < events; i++)
      store.enqueue({
        action: "TransactionEvent",
        payload: JSON.stringify(event(i)),
        transactionId: "t",
        seqNo: i,
        droppable: true,
      });
  });
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await csms.call("bench", "TriggerMessage", { requestedMessage: "Heartbeat" });
  await until(() => store.queued() === 0, 120_000);
  const seconds = (performance.now() - startMs) / 1000;
  const used = process.cpuUsage(cpu);
  const bareName = "bare ocpp-rpc with validation, one outstanding";
  figures.push({ name: bareName, value: Math.round(bareRate), unit: "1/s" });
  figures.push({
    name: "journal deliveries with validation, one outstanding",
    value: Math.round(events / seconds),
    unit: "1/s",
    comparedWith: bareName,
    ratio: events / seconds / bareRate,
  });
  figures.push({
    name: "processor time for one TransactionEvent, both ends",
    value: Math.round((used.user + used.system) / events),
    unit: "us",
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
  const diskBytes = statSync(path).size;
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
  figures.push({ name: "… heap in use", value: Math.round(process.memoryUsage().heapUsed / 2 ** 20), unit: "MiB" });
}

async function fuzz(frames: number, figures: Figure[]): Promise<void> {
  const codes = new Map<string, number>();
  let answers = 0;
  const csms = await startCsms({
    strict: false,
    onMessage(_, direction, message) {
      if (direction !== "in" || !/^\[[34],/.test(message)) return;
      answers += 1;
      const code = message.startsWith("[4") ? (JSON.parse(message) as string[])[2]! : "result";
      codes.set(code, (codes.get(code) ?? 0) + 1);
    },
  });
  const clock = createSystemClock();
  const store = openStore({ path: ":memory:" });
  const station = createOcppStation(
    config({
      network: [{ slot: 1, url: csms.url, securityProfile: 1 }],
      pollMs: 1000,
      variables: { "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1", "OCPPCommCtrlr.RetryBackOffRandomRange": "0" },
    }),
    site(() => undefined),
    store,
    clock,
  );
  station.start();
  await until(() => station.status().registration === "accepted", 20_000);
  const random = createVirtualClock(0, 42).random;
  const heap = (): number => process.memoryUsage().heapUsed / 2 ** 20;
  const beforeMiB = heap();
  const startMs = performance.now();
  for (let i = 0; i < frames; i++) {
    if (csms.connected().length === 0) await until(() => csms.connected().length > 0, 20_000);
    csms.sendRaw("bench", fuzzFrame(random, i));
    if (i % 200 === 199) await pause(0);
  }
  await until(() => csms.connected().length > 0, 20_000);
  const alive = await csms.call("bench", "GetLocalListVersion", {});
  const seconds = (performance.now() - startMs) / 1000;
  const internal = codes.get("InternalError") ?? 0;
  figures.push({ name: "fuzzed frames", value: frames, unit: "1" });
  figures.push({ name: "… answered", value: answers, unit: "1" });
  figures.push({ name: "… answered with InternalError (0 expected)", value: internal, unit: "1" });
  figures.push({ name: "… alive afterwards (1 expected)", value: alive.versionNumber >= 0 ? 1 : 0, unit: "1" });
  figures.push({ name: "… frames per second", value: Math.round(frames / seconds), unit: "1/s" });
  figures.push({ name: "… growth of the heap", value: Math.round(heap() - beforeMiB), unit: "MiB" });
  station.stop();
  clock.cancelAll();
  await csms.close();
  store.close();
}

const round = (value: number): number => Math.round(value * 100) / 100;

export async function run({ args }: { args: readonly string[] }): Promise<{ name: string; figures: Figure[] }> {
  const { values } = parseArgs({ args: [...args], options });
  const figures: Figure[] = [];
  await online(Number(values.events), figures);
  await weekOffline(Number(values.days), figures);
  await fuzz(Number(values.frames), figures);
  return { name: "ocpp", figures };
}

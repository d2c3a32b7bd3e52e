/**
 * The control cycle over real devices: reads all of them, steps the core, writes commands, once every period. No logging,
 * no SQLite, no JSON here; facts leave as latest values in a file in memory, rare events as messages. It runs in a process
 * of its own (`control-process.ts`); that it could run on any thread is for comparison in a bench.
 */
import type { Bridge, DeviceReport } from "../../../firmware-bridge/bridge.ts";
import { createTransport } from "../../../firmware-bridge/device/transport.ts";
import type { ModeRecord } from "../../core/modes/state.ts";
import { acknowledgeLedgers } from "../../core/pcc/pcc-record.ts";
import { createSnapshot } from "../../core/snapshot.ts";
import { step } from "../../core/step.ts";
import type { Mode } from "../../domain/modes.ts";
import { secondMs } from "../../domain/units.ts";
import { fillVehicleFacts } from "../backend/vehicle-facts.ts";
import { createPccWatch, type PccMessage } from "../notes/pcc-watch.ts";
import { createLoopRecorder, noRecorder } from "../recorder/loop-recorder.ts";
import { composeBridge, composeCore, type SiteMemory, type StartMoment } from "../site/composition.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { askToStore, createRecordKeeper } from "../store/record-keeper.ts";
import { type Lateness, type LoopFigures, lookAgainMs, resetFigures, startControlLoop } from "./control-loop.ts";
import { monotonicMs } from "./monotonic.ts";
import { controlPriority, type RealTimeOutcome, requestRealTime } from "./real-time.ts";
import { createSettler, settled } from "./settled.ts";
import { inputsLength, inputsStaleMs, readInputs } from "./shared/inputs.ts";
import type { Latest } from "./shared/latest.ts";
import { createControlReport, fillLoopFigures, fillReport, fillStalls, writeReport } from "./shared/report.ts";
import { createIntent, intentsLength, readIntents } from "./shared/vehicle-intents.ts";
import { createSilence } from "./silence.ts";

export interface ControlStart {
  readonly site: LoadedSite;
  readonly memory: SiteMemory;
  readonly randomFraction: number;
  /** What people and backend ask and allow, and what the loop reports: rows of `inputsLength` and `reportLength`. */
  readonly inputs: Latest;
  readonly report: Latest;
  /** What the sessions with vehicles ask for: rows of `intentsLength`. */
  readonly vehicles: Latest;
  /** Descriptor of the ring that the flight recorder reads (`../recorder/tick-ring.ts`); null where nothing is recorded. */
  readonly ringFd: number | null;
  /** Keeps the configured period also without real-time priority: for comparisons. */
  readonly exactPeriod?: boolean;
  /** Tells of every lateness from here on, ms; stalls only by default. */
  readonly lateFromMs?: number;
}

/** Rare messages of the control process. */
export type ControlMessage =
  | { readonly kind: "started"; readonly periodMs: number; readonly realTime: boolean; readonly sentence: string }
  | { readonly kind: "devices"; readonly reports: readonly DeviceReport[] }
  | { readonly kind: "mode"; readonly from: Mode; readonly to: Mode; readonly row: string; readonly atMs: number }
  /**
   * A record must be on disk before the command that it permits: answered through `SiteFacts.storedGeneration`. Said once: from
   * then on the host owes it (`record-keeper.ts`).
   */
  | { readonly kind: "store"; readonly record: ModeRecord }
  | PccMessage
  /** The loop was late: `Lateness` in control-loop.ts. Stalls only, unless `ControlStart.lateFromMs` asks for more. */
  | ({ readonly kind: "late" } & Lateness)
  | { readonly kind: "failed"; readonly message: string };

/** What the rest of the process asks of the control process, seldom. */
export type ControlRequest =
  | { readonly kind: "stop" | "reset-figures" }
  /** A person has seen the alarms of the ledgers. */
  | { readonly kind: "acknowledge-ledgers" }
  /** A person has the functions of a stage written anew after a mismatch. */
  | { readonly kind: "reset-functions"; readonly stage: number }
  /** Commissioning tries what the stages do when nobody speaks to them any more. */
  | { readonly kind: "silence"; readonly forMs: number };

/** Share of a period for reading; the rest is for the step and the writes. */
const readShare = 0.5;
/** Period without real-time priority, ms: measured to lose no cycles on a loaded machine. */
export const periodWithoutPriorityMs = 20;
/** Quantiles are for people: refreshed this often, ms. */
const figuresEveryMs = 500;
/** Longest time for giving the devices back at the end, ms. */
const giveBackMs = 1_500;
/** What is known of the devices is told at once when a fault comes or goes, and this often, ms. */
const devicesEveryMs = 2_000;
/** Stages that appeared or became idle are verified this often, ms. */
export const verifyEveryMs = 5_000;

export interface RunningControl {
  readonly figures: LoopFigures;
  readonly realTime: boolean;
  /** Forgets what was measured so far: after a warm-up. */
  resetFigures(): void;
  acknowledgeLedgers(): void;
  resetFunctions(stage: number): void;
  /** Reads, and writes nothing for so long, ms. */
  fallSilent(forMs: number): void;
  stop(): Promise<void>;
}

const grantedPriority = ({ loop }: LoadedSite["config"]): RealTimeOutcome =>
  loop.realTimePriority
    ? requestRealTime(controlPriority, "The control loop")
    : { granted: false, sentence: "Real-time priority is not configured." };

const momentOfStart = (randomFraction: number, periodMs: number): StartMoment => ({
  nowMs: monotonicMs(),
  wallAheadMs: Date.now() - monotonicMs(),
  randomFraction,
  periodMs,
});

/** Starts the control cycle on the thread that calls this. */
export function startControl(start: ControlStart, say: (message: ControlMessage) => void): RunningControl {
  const { site, memory, randomFraction, inputs, report, vehicles } = start;
  const { config, profile } = site;
  const realTime = grantedPriority(config);
  const isExact = realTime.granted || start.exactPeriod === true;
  const periodMs = isExact ? config.loop.periodMs : Math.max(config.loop.periodMs, periodWithoutPriorityMs);

  const stageCount = config.evses.length;
  const tierCount = config.tiers.length;
  const snapshot = createSnapshot(stageCount, tierCount);
  const core = composeCore(site, memory, momentOfStart(randomFraction, periodMs));
  const pccWatch = createPccWatch(core);
  const settle = createSettler(core.exportControl.scaleW, stageCount);
  const recorder = start.ringFd === null ? noRecorder : createLoopRecorder(start.ringFd, core, snapshot);
  const bridge: Bridge = composeBridge(site, periodMs, createTransport, { clock: monotonicMs });
  const inputsCopy = new Float64Array(inputsLength(stageCount));
  const intentsCopy = new Float64Array(intentsLength(stageCount));
  const intents = Array.from({ length: stageCount }, createIntent);
  const reportRows = createControlReport(stageCount, tierCount);
  /** The stages' own watchdogs end what was commanded before a longer stall. */
  const watchdogMs = config.loop.watchdogS * secondMs;
  let figuresAtMs = 0;
  let devicesAtMs = 0;
  let verifyAtMs = 0;
  let verifying = false;
  const asked = createRecordKeeper();
  const silence = createSilence();
  let permitted = profile.settings.permitService;

  async function cycle(deadlineMs: number, startedMs: number, stoodStillMs: number): Promise<void> {
    if (silence.isOn(startedMs)) {
      // Looks and tells what it sees; nothing is decided, and nothing written.
      await bridge.readAll(snapshot, deadlineMs + readShare * periodMs);
      return tell(monotonicMs());
    }
    // To the devices a silence that is over was a stall.
    const stalledMs = Math.max(stoodStillMs, silence.over(startedMs));
    // Waits are counted from when the cycle really begins: a late thread gives its devices their full time all the same.
    const fromMs = Math.max(deadlineMs, startedMs);
    if (stalledMs < watchdogMs) {
      if (stalledMs > 0) await lookAgain(fromMs);
      await bridge.readAll(snapshot, (stalledMs > 0 ? monotonicMs() : fromMs) + readShare * periodMs);
    }
    // After a longer stall the stages have stopped by themselves: one step on what was known before, all of it old by now, so
    // that nothing goes on as if it had not happened.
    const nowMs = settled(monotonicMs());
    snapshot.wallMs = Date.now();
    if (inputs.readInto(inputsCopy)) readInputs(inputsCopy, snapshot, nowMs);
    if (vehicles.readInto(intentsCopy)) readIntents(intentsCopy, intents);
    for (let i = 0; i < stageCount; i++) fillVehicleFacts(snapshot.evses[i]!, snapshot.stages[i]!, intents[i]!, nowMs);
    settle(snapshot);
    recorder.acts.stalls = loop.figures.stalls;
    recorder.told();
    const commands = step(core, snapshot, nowMs);
    recorder.decided();
    await bridge.writeAll(commands, nowMs, nowMs + (1 - readShare) * periodMs, commands.heartbeatAllowed);
    recorder.push(nowMs);
    followPermitService(nowMs);
    publish(nowMs);
  }

  /** After a stall: takes what lies in the sockets, then asks every device once, with time to answer. */
  async function lookAgain(fromMs: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await bridge.readAll(snapshot, fromMs + lookAgainMs);
  }

  /** The stages hear of the utility's permit service when it changes; a stalled main thread must not be read as "service withdrawn". */
  function followPermitService(nowMs: number): void {
    if (!(nowMs - inputsCopy[0]! <= inputsStaleMs)) return;
    const permits = snapshot.site.serviceEnabled && profile.settings.permitService;
    if (permits === permitted) return;
    permitted = permits;
    void bridge.setPermitService(permits);
  }

  function publish(nowMs: number): void {
    const { state, output } = core.machine;
    if (output.changed) say({ kind: "mode", from: state.previous, to: state.mode, row: state.row, atMs: nowMs });
    if (output.persist && askToStore(asked, state.record, nowMs)) say({ kind: "store", record: { ...state.record } });
    const pccNews = pccWatch.look();
    if (pccNews !== null) say(pccNews);
    tell(nowMs);
    bridge.verifyFound();
    if (nowMs >= verifyAtMs && !verifying) void verify(nowMs);
  }

  function tell(nowMs: number): void {
    fillReport(reportRows, core, snapshot, nowMs);
    fillStalls(reportRows, loop.figures);
    if (nowMs - figuresAtMs >= figuresEveryMs) {
      figuresAtMs = nowMs;
      fillLoopFigures(reportRows, loop.figures);
    }
    writeReport(report.values, reportRows);
    report.publish();
    if (bridge.faultsChanged() || nowMs - devicesAtMs >= devicesEveryMs) {
      devicesAtMs = nowMs;
      say({ kind: "devices", reports: bridge.reports() });
    }
  }

  /**
   * Verification talks to idle stages between the cycles' own requests; its result arrives as facts. While the bridge keeps
   * silent it is asked again in each cycle.
   */
  async function verify(nowMs: number): Promise<void> {
    verifying = true;
    try {
      if (!(await bridge.verifyStages())) return;
      verifyAtMs = nowMs + verifyEveryMs;
      say({ kind: "devices", reports: bridge.reports() });
    } finally {
      verifying = false;
    }
  }

  const fail = (failure: unknown): void => {
    say({ kind: "failed", message: failure instanceof Error ? (failure.stack ?? failure.message) : String(failure) });
    // Silence: the stages' own watchdogs take over.
    bridge.shut();
  };

  // Devices are looked for beside the first cycles: a running island is adopted within its watchdog, whoever else is absent.
  void bridge.discover({ verify: false });
  say({ kind: "started", periodMs, realTime: realTime.granted, sentence: realTime.sentence });
  const loop = startControlLoop(periodMs, cycle, fail, {
    onLate: (late) => say({ kind: "late", ...late }),
    ...(start.lateFromMs !== undefined && { lateFromMs: start.lateFromMs }),
  });

  return {
    figures: loop.figures,
    realTime: realTime.granted,
    resetFigures: () => resetFigures(loop.figures),
    acknowledgeLedgers() {
      acknowledgeLedgers(core.pccRecord);
      recorder.acts.ledgersSeen++;
    },
    resetFunctions: (stage) => bridge.resetFunctions(stage),
    fallSilent: (forMs) => silence.begin(forMs, monotonicMs()),
    async stop() {
      await loop.stop();
      await bridge.giveBack(giveBackMs);
      bridge.shut();
    },
  };
}

/**
 * The service's side of the control process: starts it, keeps its record on disk, writes inputs and reads reports. A control
 * process that has ended is not started again by itself: its stages have reverted, and a person or the service manager
 * decides.
 */
import { spawn } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { fileURLToPath } from "node:url";
import type { ModeRecord } from "../../core/modes/state.ts";
import type { SiteFacts } from "../../core/snapshot.ts";
import { createSnapshot } from "../../core/snapshot.ts";
import type { SiteMemory } from "../site/composition.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { whyOf } from "../store/files.ts";
import { type ModeWitness, openModeRecord } from "../store/mode-record.ts";
import type { Owed } from "../store/owed.ts";
import { askToStore, createRecordKeeper, isOwed, notStored, stored, storeIsDue } from "../store/record-keeper.ts";
import type { ControlMessage, ControlRequest } from "./control.ts";
import { controlProcessFlags, type ProcessStart } from "./control-process-start.ts";
import { monotonicMs } from "./monotonic.ts";
import { type EvseInputs, inputsLength, writeInputs } from "./shared/inputs.ts";
import { createLatest } from "./shared/latest.ts";
import { type ControlReport, createControlReport, readReport, reportLength } from "./shared/report.ts";
import { intentsLength } from "./shared/vehicle-intents.ts";
import { type TrialRequests, triedEvse, triedSite } from "./trial-requests.ts";

const processFile = new URL("./control-process.ts", import.meta.url);
/** Inputs are written anew this often, so that the control process sees that the main thread lives, ms. */
const refreshEveryMs = 200;
/** The control process gets this long to end by itself, ms. */
const stopMaxMs = 2_000;

/** What the control process says, and what became of its record. */
export type HostMessage =
  | Exclude<ControlMessage, { readonly kind: "store" }>
  | { readonly kind: "stored"; readonly record: ModeRecord; readonly afterFailures: boolean }
  /** Said at the first failure; it is tried again until it is stored. */
  | { readonly kind: "owed"; readonly record: ModeRecord; readonly why: string };

export interface ControlHostOptions {
  readonly site: LoadedSite;
  /** File of the mode machine's record. */
  readonly recordFile: string;
  /** What else knows of the site, asked when that file is lost. */
  readonly witness?: () => ModeWitness;
  readonly clockFloorMs: number;
  /** What is on record of exports beyond the limit; null for nothing. */
  readonly pccMemory: SiteMemory["pccMemory"];
  /** A backend's caps are still to come: until they are known nothing charges. */
  readonly capsAwaited?: boolean;
  /** Ring that the flight recorder reads; null where nothing is recorded. */
  readonly ringFd?: number | null;
  /** Keeps the configured period also without real-time priority: for comparisons. */
  readonly exactPeriod?: boolean;
  /** Tells of every lateness of the control loop from here on, ms; stalls only by default. */
  readonly lateFromMs?: number;
  readonly onMessage: (message: HostMessage) => void;
  /** The process has ended without being asked. */
  readonly onEnd: (sentence: string) => void;
}

export interface ControlHost {
  /** Written in place by the owner, then made known with `flush`. */
  readonly evses: readonly EvseInputs[];
  readonly site: SiteFacts;
  flush(): void;
  /** What commissioning asks for in place of everybody else's requests, until it is renewed, taken back (null) or lapses. */
  tryRequests(trial: TrialRequests | null): void;
  /** Whether an EVSE may serve its vehicle: as everybody has said, or for what is tried. */
  isAuthorized(index: number): boolean;
  /** Nothing is written to any device for so long, ms, though all are read: as when the controller hangs. Bounded there. */
  fallSilent(forMs: number): void;
  /** The latest report, refreshed in place; null before the first. */
  report(): ControlReport | null;
  /** Number of reports so far: a reader can see that nothing is new. */
  reports(): number;
  /** Descriptors of rows for the thread that speaks with vehicles: reports to read, its intents to write. */
  readonly rows: { readonly reportFd: number; readonly vehiclesFd: number };
  /** What was found of the mode machine's record at the start. */
  readonly recordSentence: string;
  /** It tells of a loss: a person should know. */
  readonly recordAlarm: boolean;
  /** What must be on disk and is not yet, because the disk refused. */
  owed(): readonly Owed[];
  /** Forgets the loop's figures so far. */
  resetFigures(): void;
  /** A person has seen the alarms of the ledgers. */
  acknowledgeLedgers(): void;
  /** Has the functions of a stage (from 0) written anew: a person's decision after a mismatch. */
  resetFunctions(stage: number): void;
  stop(): Promise<void>;
}

/** The process finds the descriptors, files without a name, as its own from 4 on. */
const spawnControl = (descriptors: readonly number[]) =>
  spawn(process.execPath, [...controlProcessFlags, fileURLToPath(processFile)], {
    stdio: ["ignore", "inherit", "inherit", "ipc", ...descriptors],
    serialization: "advanced",
    env: { ...process.env, NODE_COMPILE_CACHE: getCompileCacheDir() ?? "" },
  });

export function startControlHost(options: ControlHostOptions): ControlHost {
  const { recordFile, clockFloorMs, pccMemory, onMessage, onEnd } = options;
  const { config } = options.site;
  const stageCount = config.evses.length;
  const tierCount = config.tiers.length;
  const recordOnDisk = openModeRecord(recordFile, options.witness);
  const { record } = recordOnDisk;
  const keeper = createRecordKeeper();
  const { evses, site } = createSnapshot(stageCount, tierCount);
  evses.forEach((evse, i) => {
    evse.dischargeEnabled = config.evses[i]!.dischargeEnabled;
    evse.reservePct = config.evses[i]!.reservePct;
    if (options.capsAwaited) evse.backendMinW = evse.backendMaxW = 0;
  });
  if (options.capsAwaited) site.backendMinW = site.backendMaxW = 0;
  const inputs = createLatest(inputsLength(stageCount));
  const reports = createLatest(reportLength(stageCount, tierCount));
  const vehicles = createLatest(intentsLength(stageCount));
  const rows = new Float64Array(reports.values.length);
  const latest = createControlReport(stageCount, tierCount);
  let stopping = false;

  let trial: TrialRequests | null = null;
  const tried = (nowMs: number): TrialRequests | null => (trial !== null && nowMs < trial.untilMs ? trial : null);

  const flush = (): void => {
    const nowMs = monotonicMs();
    const inForce = tried(nowMs);
    if (inForce === null) writeInputs(inputs.values, evses, site, nowMs);
    else {
      const asked = evses.map((evse, i) => triedEvse(evse, inForce, i));
      writeInputs(inputs.values, asked, triedSite(site, inForce), nowMs);
    }
    inputs.publish();
  };
  flush();
  const { ringFd = null } = options;
  const start: ProcessStart = {
    recorded: ringFd !== null,
    site: options.site,
    memory: { record, clockFloorMs, pccMemory },
    randomFraction: Math.random(),
    exactPeriod: options.exactPeriod ?? false,
    ...(options.lateFromMs !== undefined && { lateFromMs: options.lateFromMs }),
  };
  const child = spawnControl([inputs.fd, reports.fd, vehicles.fd, ...(ringFd === null ? [] : [ringFd])]);
  // A message to a process that is ending has nobody to read it: the exit itself tells what matters.
  const ask = (request: ControlRequest | ProcessStart): void =>
    void (child.connected && child.send(request, () => undefined));
  ask(start);
  const refresh = setInterval(() => {
    store();
    flush();
  }, refreshEveryMs);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });

  child.on("message", (received) => {
    const message = received as ControlMessage;
    if (message.kind === "store") {
      askToStore(keeper, message.record, monotonicMs());
      store();
    } else onMessage(message);
  });
  child.on("error", (failure) => end(`The control process can't be started: ${failure.message}.`));
  child.on("exit", (code, signal) => end(`The control process has ended (${signal ?? `exit code ${code}`}).`));

  /** Tries what is owed and due. A record that permits a command is told to the control thread as soon as it is durable. */
  function store(): void {
    if (!storeIsDue(keeper, monotonicMs())) return;
    const { generation } = keeper.record;
    const failedBefore = keeper.failures > 0;
    try {
      recordOnDisk.write(keeper.record);
    } catch (failure) {
      const why = whyOf(failure);
      notStored(keeper, why, monotonicMs());
      if (!failedBefore) onMessage({ kind: "owed", record: { ...keeper.record }, why });
      return;
    }
    stored(keeper, generation);
    site.storedGeneration = generation;
    flush();
    onMessage({ kind: "stored", record: { ...keeper.record }, afterFailures: failedBefore });
  }

  function end(sentence: string): void {
    clearInterval(refresh);
    if (stopping) return;
    stopping = true;
    onEnd(`${sentence} Every power stage goes to zero by its own watchdog.`);
  }

  return {
    evses,
    site,
    flush,
    tryRequests(requests) {
      trial = requests;
      flush();
    },
    isAuthorized: (index) => tried(monotonicMs()) !== null || evses[index]!.authorized,
    fallSilent: (forMs) => ask({ kind: "silence", forMs }),
    recordSentence: recordOnDisk.sentence,
    recordAlarm: recordOnDisk.alarm,
    owed: () =>
      keeper.failures > 0 && isOwed(keeper)
        ? [{ what: "mode-record", sinceMs: keeper.owedSinceMs, why: keeper.reason }]
        : [],
    report() {
      if (!reports.readInto(rows)) return null;
      readReport(rows, latest);
      return latest;
    },
    reports: () => reports.generation(),
    rows: { reportFd: reports.fd, vehiclesFd: vehicles.fd },
    resetFigures: () => ask({ kind: "reset-figures" }),
    acknowledgeLedgers: () => ask({ kind: "acknowledge-ledgers" }),
    resetFunctions: (stage) => ask({ kind: "reset-functions", stage }),
    async stop() {
      if (!stopping) {
        stopping = true;
        ask({ kind: "stop" });
      }
      clearInterval(refresh);
      const patience = setTimeout(() => child.kill("SIGKILL"), stopMaxMs);
      await ended;
      clearTimeout(patience);
      keeper.nextTryMs = Number.NEGATIVE_INFINITY;
      store();
      inputs.close();
      reports.close();
      vehicles.close();
    },
  };
}

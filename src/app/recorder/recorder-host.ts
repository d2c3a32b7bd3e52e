/**
 * The service's side of the flight recorder: makes the ring, starts the thread once the loop says how it runs, and says in the
 * log what is not recorded and why. Nothing else depends on it: without it the site runs as it does with it.
 */
import { closeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { createSnapshot } from "../../core/snapshot.ts";
import { periodWithoutPriorityMs } from "../control/control.ts";
import type { Log } from "../log.ts";
import { composeCore, noMemory } from "../site/composition.ts";
import type { LoadedSite } from "../site/load-config.ts";
import type { StoreBounds } from "./files/recording-store.ts";
import { ringShape } from "./loop-recorder.ts";
import type { RecorderFacts } from "./recorder.ts";
import type { FromRecorder, RecorderStart, ToRecorder } from "./recorder-thread.ts";
import { createTickRing, type RingShape } from "./tick-ring.ts";

const threadFile = new URL("./recorder-thread.ts", import.meta.url);
/** Young and old generation of the thread, MB: many times what 100 EVSEs take. */
const heapMaxMB = 256;
/** The ring holds the first seconds, in which the service has other things to do, ms. */
const laterMs = 3_000;
/** What waits is written at the end within this time, ms. */
const endMaxMs = 2_000;
const bytesPerMB = 1_000_000;

export interface FlightRecorder {
  /** For the control process; null where nothing is recorded. */
  readonly ringFd: number | null;
  /** The loop runs, with this period, ms. */
  start(periodMs: number): void;
  /** Put into files since the start. */
  readonly bytes: number;
  /** It may write so much in a day from now on. */
  allow(dayBytes: number): void;
  stop(): Promise<void>;
}

const boundsOf = ({ recorder }: LoadedSite["config"]): StoreBounds => ({
  ticks: { bytesMax: recorder.diskMB * bytesPerMB, days: recorder.days },
  incidents: { bytesMax: recorder.incidentMB * bytesPerMB, days: recorder.incidentDays },
  dayBytes: recorder.dayMB * bytesPerMB,
});

export function openFlightRecorder(site: LoadedSite, log: Log): FlightRecorder {
  const ring = site.config.recorder.enabled ? makeRing(site, log) : null;
  let worker: Worker | null = null;
  let later: NodeJS.Timeout | undefined;
  const notes = createRecorderNotes(log);
  let bytes = 0;
  let allowed = boundsOf(site.config).dayBytes;

  function startThread(periodMs: number): void {
    if (ring === null) return;
    const { config } = site;
    const start: RecorderStart = {
      site,
      periodMs,
      ringFd: ring.fd,
      shape: ring.shape,
      stateDir: config.stateDir,
      bounds: boundsOf(config),
    };
    worker = new Worker(threadFile, {
      workerData: start,
      name: "recorder",
      resourceLimits: { maxOldGenerationSizeMb: heapMaxMB },
    });
    worker.on("message", (message: FromRecorder) => {
      if (message.kind !== "facts") return;
      ({ bytes } = message.facts);
      notes(message.facts);
    });
    worker.on("error", (failure: unknown) => {
      const why = failure instanceof Error ? failure.message : String(failure);
      log(
        "error",
        `The flight recorder has ended (${why}): nothing is recorded until the next start. The site is controlled as before.`,
      );
    });
    worker.unref();
  }

  return {
    ringFd: ring?.fd ?? null,
    start(periodMs) {
      later ??= setTimeout(startThread, laterMs, periodMs).unref();
    },
    get bytes() {
      return bytes;
    },
    allow(dayBytes) {
      if (worker === null || dayBytes === allowed) return;
      allowed = dayBytes;
      worker.postMessage({ kind: "allow", dayBytes } satisfies ToRecorder);
    },
    async stop() {
      clearTimeout(later);
      if (worker !== null) await endOf(worker);
      if (ring !== null) closeSync(ring.fd);
    },
  };
}

function makeRing(site: LoadedSite, log: Log): { readonly fd: number; readonly shape: RingShape } | null {
  const { evses, tiers, loop } = site.config;
  // How the loop will run is not known yet, and some memories of the core are as long as its period asks.
  const shapes = [loop.periodMs, Math.max(loop.periodMs, periodWithoutPriorityMs)].map((periodMs) =>
    ringShape(
      composeCore(site, noMemory, { nowMs: 0, wallAheadMs: Number.NaN, randomFraction: 0, periodMs }),
      createSnapshot(evses.length, tiers.length),
    ),
  );
  const shape = { ...shapes[0]!, state: Math.max(...shapes.map(({ state }) => state)) };
  try {
    return { fd: createTickRing(shape), shape };
  } catch (failure) {
    log("warn", `Nothing is recorded: there is no memory for the recorder's ring (${(failure as Error).message}).`);
    return null;
  }
}

async function endOf(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => resolve());
    setTimeout(resolve, endMaxMs).unref();
  });
  worker.ref();
  worker.postMessage({ kind: "end" } satisfies ToRecorder);
  await ended;
  await worker.terminate();
}

/** A line when recording stops and when it goes on, and one for each new reason to doubt it. */
function createRecorderNotes(log: Log): (facts: RecorderFacts) => void {
  let state: RecorderFacts["state"] = "starts";
  let ticksMissed = 0;
  let differing = 0;
  return (facts) => {
    if (facts.state !== state && facts.state === "disk")
      log(
        "warn",
        `The flight recorder can't write (${facts.why}): ticks are left out until the disk takes them again. It tries every half minute; make room, or set recorder.diskMB lower.`,
      );
    if (facts.state !== state && facts.state === "budget")
      log(
        "warn",
        "The flight recorder has used up what it may write for now (recorder.dayMB, or what the rest of the controller leaves of diskDayMB): ticks are left out until there is budget again.",
      );
    if (facts.state === "records" && (state === "disk" || state === "budget"))
      log("info", `The flight recorder records again; ${facts.ticksMissed} ticks are missing.`);
    else if (facts.state === "records" && facts.ticksMissed > ticksMissed)
      log(
        "info",
        `The flight recorder came late: ${facts.ticksMissed - ticksMissed} ticks are missing. The loop was not touched.`,
      );
    if (facts.differing > 0 && differing === 0)
      log(
        "error",
        "The core decided otherwise than its copy on the same inputs: it is not deterministic. See islet incidents, and send the incident to whoever maintains it.",
      );
    state = facts.state;
    ticksMissed = facts.ticksMissed;
    differing = facts.differing;
  };
}

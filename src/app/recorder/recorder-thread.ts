/** The thread of the flight recorder: looks into the ring several times a second. */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../domain/result.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { openRecordingStore, type StoreBounds } from "./files/recording-store.ts";
import { createRecorder, type RecorderFacts } from "./recorder.ts";
import { openRingReader, type RingShape } from "./tick-ring.ts";

export interface RecorderStart {
  readonly site: LoadedSite;
  readonly periodMs: number;
  readonly ringFd: number;
  readonly shape: RingShape;
  readonly stateDir: string;
  readonly bounds: StoreBounds;
}

export type FromRecorder = { readonly kind: "facts"; readonly facts: RecorderFacts } | { readonly kind: "ended" };

export type ToRecorder = { readonly kind: "allow"; readonly dayBytes: number } | { readonly kind: "end" };

const lookEveryMs = 100;
const tellEveryMs = 1_000;

const { site, periodMs, ringFd, shape, stateDir, bounds } = workerData as RecorderStart;
const port = parentPort;
invariant(port !== null, "the recorder runs on a thread of its own");
const store = openRecordingStore(stateDir, bounds, Date.now);
const recorder = createRecorder(site, periodMs, openRingReader(ringFd, shape), store, Date.now);
const looks = setInterval(() => recorder.drain(), lookEveryMs);
const tells = setInterval(() => tell({ kind: "facts", facts: recorder.facts() }), tellEveryMs);
port.on("message", (message: ToRecorder) => {
  if (message.kind === "allow") {
    store.allow(message.dayBytes);
    return;
  }
  clearInterval(looks);
  clearInterval(tells);
  recorder.drain();
  void recorder.end().then(() => {
    tell({ kind: "ended" });
    port.close();
  });
});

function tell(message: FromRecorder): void {
  port?.postMessage(message);
}

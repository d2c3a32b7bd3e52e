/**
 * The flight recorder behind the ring: takes tick after tick, steps a copy of the core beside them, and gives frames to the
 * store. It runs on a thread of its own; the control loop does not know whether it is there. Ticks that it missed, that the disk
 * did not take or that go beyond the day's budget are counted and marked as a gap, and recording begins again with a keyframe.
 */
import { createCoreCopy } from "./core-copy.ts";
import type { RecordingStore } from "./files/recording-store.ts";
import { same } from "./format/column.ts";
import type { GapCause, RecordedSite } from "./format/payloads.ts";
import { createIncidentWatch } from "./incident-watch.ts";
import { RecordingWriter } from "./recording-writer.ts";
import type { RingReader } from "./tick-ring.ts";

/** Ticks that are taken in one go at most: whoever stops the recorder is heard in between. */
const atOnceMax = 256;
/** After the core differed from its copy, the copy is set to the core's state again no sooner than this, ms. */
const againAfterMs = 60_000;

export interface RecorderFacts {
  readonly ticks: number;
  readonly gaps: number;
  readonly ticksMissed: number;
  readonly bytes: number;
  /** Ticks in which the core decided otherwise than its copy on the same inputs: it is not deterministic. */
  readonly differing: number;
  readonly incidents: number;
  readonly incidentsLeftOut: number;
  readonly state: "records" | "starts" | "disk" | "budget";
  readonly why: string;
}

export interface Recorder {
  /** Takes what waits in the ring. */
  drain(): void;
  facts(): RecorderFacts;
  end(): Promise<void>;
}

export function createRecorder(
  site: RecordedSite,
  periodMs: number,
  ring: RingReader,
  store: RecordingStore,
  clock: () => number,
): Recorder {
  const copy = createCoreCopy(site, periodMs, ring.words);
  const writer = new RecordingWriter(site, periodMs, copy, ring.words, store);
  const incidents = createIncidentWatch(copy);
  const again = new Float64Array(copy.decisions.length);
  const state = new Float64Array(copy.state.length);
  let isSet = false;
  let hasAsked = true;
  let pause: "disk" | "budget" | null = null;
  let gapFrom = 0;
  let gaps = 0;
  let ticksMissed = 0;
  let differing = 0;
  let kept = 0;
  let againAtMs = 0;

  function openGap(cause: GapCause, ticks: number): void {
    writer.gap(cause, ticks, clock());
    gaps++;
    ticksMissed += ticks;
    isSet = false;
    hasAsked = false;
    gapFrom = ring.nextTick();
  }

  /** The copy becomes the loop's core as it is after a tick; that tick's own row tells what people had acknowledged by then. */
  function begin(): boolean {
    if (!hasAsked) {
      ring.askState();
      hasAsked = true;
    }
    const tick = ring.takeState(state);
    if (tick === null) return false;
    if (gapFrom > 0) ticksMissed += Math.max(0, tick + 1 - gapFrom);
    copy.restore(state, ring.ledgersSeen());
    isSet = true;
    return true;
  }

  function takeTick(): void {
    const { nowMs, inputs, decisions } = ring;
    if (writer.blockIsDue(nowMs)) writer.begin(nowMs, copy.snapshot.wallMs);
    copy.run(inputs, nowMs, again);
    writer.add(nowMs, inputs, decisions, again);
    const { wallMs } = copy.snapshot;
    if (!agree(decisions, again)) {
      differing++;
      incidents.note("difference", wallMs, nowMs, "The core decided otherwise than its copy on the same inputs.");
      if (nowMs >= againAtMs) {
        againAtMs = nowMs + againAfterMs;
        openGap("restart", 0);
      }
    }
    const over = incidents.look(wallMs, nowMs);
    if (over !== null) keep(over);
  }

  function keep(facts: Parameters<RecordingStore["keepIncident"]>[0]): void {
    if (facts.length === 0) return;
    writer.flush();
    store.keepIncident(facts);
    kept++;
  }

  return {
    drain() {
      const now = store.state(clock());
      if (now !== "writes") {
        if (pause === null) {
          openGap(now, 0);
          writer.leaveFile();
        }
        pause = now;
        return;
      }
      pause = null;
      if (!isSet && !begin()) return;
      gapFrom = 0;
      for (let n = 0; n < atOnceMax && isSet; n++) {
        const missed = ring.next();
        if (missed === null) return;
        if (missed > 0) {
          openGap("behind", missed + 1);
          return;
        }
        takeTick();
      }
    },
    facts: () => ({
      ticks: writer.tick,
      gaps,
      ticksMissed,
      bytes: store.bytes,
      differing,
      incidents: kept,
      incidentsLeftOut: incidents.leftOut,
      state: pause ?? (isSet ? "records" : "starts"),
      why: store.why,
    }),
    async end() {
      writer.flush();
      keep(incidents.rest());
      await store.end();
    },
  };
}

function agree(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (!same(a[i]!, b[i]!)) return false;
  return true;
}

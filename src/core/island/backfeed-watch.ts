/**
 * Finds out whether a running island feeds the utility's line through a transfer device that says that it is open: a pole
 * that is welded or bridged behind contacts that don't know. Two signs raise the question: the grid side is live at the
 * bus's own frequency and angle, or the meter at the PCC sees a voltage or power while the grid side is said to be dead.
 * Neither proves it, for a grid that returns may stand anywhere. So the island is asked: its frequency is moved by a
 * tenth of a hertz up, then down. A grid of its own leaves the angle in one of the two; what is fed by the bus, or holds it, goes along.
 *
 * In step means within `window.angleDeg`. At 100 mHz an angle turns by 36 degrees a second, 26 in a half. For the whole of both
 * halves to stay inside a window of 20 degrees, a grid's own slip would have to cancel +100 mHz and −100 mHz to within 77 mHz.
 */
import type { ModeFacts } from "../modes/facts.ts";
import type { ModeState } from "../modes/state.ts";
import type { Snapshot } from "../snapshot.ts";

const window = {
  angleDeg: 10,
  voltagePu: 0.1,
  /** Beyond this slip nobody needs to be asked; frequency meters of transfer devices err by less, Hz. */
  frequencyHz: 0.1,
} as const;

const backfeedTuning = {
  /** The sign stands this long before the island is moved. */
  askAfterMs: 200,
  /** Each half of the question, and the most that it waits for a sample of the meter. */
  halfMs: 720,
  halfMaxMs: 4_000,
  nudgeHz: 0.1,
  /** A sample of the meter counts when it is so much younger than the beginning of its half. */
  settledMs: 700,
  /** The meter's frequency is the bus's within this, Hz: less than half of what the two halves differ by. */
  meterHz: 0.03,
  /** What the meter sees of a line that should be dead: voltage of any phase, pu, and power, of the stages' ratings. */
  meterLivePu: 0.3,
  meterPowerShare: 0.02,
  /** After an answer that tells nothing, it is asked again so much later. */
  restMs: 60_000,
} as const;
const tuning = backfeedTuning;

/** The question in progress: which half of the nudge, since when, Hz, and what has been found. */
export interface BackfeedWatch {
  /** 0: nobody is asked. 1: upwards. 2: downwards. */
  half: 0 | 1 | 2;
  /** Since when the sign stands, or the present half, ms; NaN for none. */
  sinceMs: number;
  /** Not asked again before, ms. */
  restUntilMs: number;
  /** Moves the island's frequency, Hz. */
  nudgeHz: number;
}

/** No question asked, nothing found. */
export const createBackfeedWatch = (): BackfeedWatch => ({
  half: 0,
  sinceMs: Number.NaN,
  restUntilMs: Number.NEGATIVE_INFINITY,
  nudgeHz: 0,
});

/** One cycle, after the facts and before the mode machine: `mode` is what the last cycle left. Writes `inStep`, `gridFollows`. */
export function watchBackfeed(
  watch: BackfeedWatch,
  mode: ModeState,
  facts: ModeFacts,
  snapshot: Snapshot,
  ratedW: number,
  nowMs: number,
): void {
  facts.inStep = isInStep(facts, snapshot);
  const next = nextOf(watch, mode, facts, snapshot, ratedW, nowMs);
  facts.gridFollows = next === "follows";
  if (next === "up" || next === "down") {
    watch.half = next === "up" ? 1 : 2;
    watch.sinceMs = nowMs;
    watch.nudgeHz = next === "up" ? tuning.nudgeHz : -tuning.nudgeHz;
  } else if (next !== "wait") rest(watch);
  if (next === "unanswered") watch.restUntilMs = nowMs + tuning.restMs;
}

function nextOf(
  watch: BackfeedWatch,
  mode: ModeState,
  facts: ModeFacts,
  snapshot: Snapshot,
  ratedW: number,
  nowMs: number,
): "rest" | "wait" | "up" | "down" | "unanswered" | "follows" {
  if (mode.mode !== "islandRunning" || !facts.busLive || !facts.provenOpen || nowMs < watch.restUntilMs) return "rest";
  const byMeter = !facts.inStep && facts.gridDead && meterSeesLife(facts, snapshot, ratedW);
  if (!facts.inStep && !byMeter) return "rest";
  if (Number.isNaN(watch.sinceMs)) watch.sinceMs = nowMs;
  const standsMs = nowMs - watch.sinceMs;
  if (watch.half === 0) return standsMs >= tuning.askAfterMs ? "up" : "wait";
  if (standsMs < tuning.halfMs) return "wait";
  if (byMeter && !meterAnswers(watch, snapshot)) {
    // A stranger, or no answer in time: the voltmeter is at fault, and that is told by those who compare the two.
    const sampled = snapshot.meter.sampleAtMs - watch.sinceMs >= tuning.settledMs;
    return sampled || standsMs >= tuning.halfMaxMs ? "unanswered" : "wait";
  }
  return watch.half === 1 ? "down" : "follows";
}

function rest(watch: BackfeedWatch): void {
  watch.half = 0;
  watch.sinceMs = Number.NaN;
  watch.nudgeHz = 0;
}

function isInStep(facts: ModeFacts, { transferDevice: device }: Snapshot): boolean {
  return (
    facts.canIsolate &&
    facts.gridLive &&
    facts.busLive &&
    Math.abs(device.phaseDeg) <= window.angleDeg &&
    Math.abs(device.busVoltagePu - device.gridVoltagePu) <= window.voltagePu &&
    Math.abs(device.busFrequencyHz - device.gridFrequencyHz) <= window.frequencyHz
  );
}

/** The line that the transfer device calls dead is not, as the meter sees it. */
function meterSeesLife(facts: ModeFacts, { meter }: Snapshot, ratedW: number): boolean {
  if (!facts.meterFresh) return false;
  if (meter.voltagePu >= tuning.meterLivePu || Math.abs(meter.powerW) > tuning.meterPowerShare * ratedW) return true;
  for (let p = 0; p < 3; p++) if (meter.phaseVoltagePu[p]! >= tuning.meterLivePu) return true;
  return false;
}

/** A sample taken well after the beginning of this half shows the bus's own frequency. */
function meterAnswers(watch: BackfeedWatch, { meter, transferDevice: device }: Snapshot): boolean {
  return (
    meter.sampleAtMs - watch.sinceMs >= tuning.settledMs &&
    Math.abs(meter.frequencyHz - device.busFrequencyHz) <= tuning.meterHz
  );
}

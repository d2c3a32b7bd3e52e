/** Tells people when the wall clock was set: departures, prices and permits go by it, the control loop does not. */
import { clockStepMaxMs } from "../../core/modes/authority.ts";
import { hourMs, minuteMs, secondMs } from "../../domain/units.ts";

/** Tells of a step; `wallMs` and `nowMs` (monotonic) are of the same moment. */
export type ClockNotes = (wallMs: number, nowMs: number) => void;

/** `tell` gets the sentence once for each step of more than what a time server corrects without a word. */
export function createClockNotes(tell: (sentence: string, setByMs: number) => void): ClockNotes {
  let aheadMs = Number.NaN;
  return (wallMs, nowMs) => {
    const setByMs = wallMs - nowMs - aheadMs;
    aheadMs = wallMs - nowMs;
    if (Math.abs(setByMs) > clockStepMaxMs) tell(clockSentence(setByMs), setByMs);
  };
}

const units = [
  ["h", hourMs],
  ["min", minuteMs],
  ["s", secondMs],
] as const;

/** 5,400,000 ms as "1 h 30 min": the two largest parts. */
function durationText(ms: number): string {
  const parts: string[] = [];
  let restMs = Math.round(ms / secondMs) * secondMs;
  for (const [unit, unitMs] of units) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

const clockSentence = (setByMs: number): string =>
  `The wall clock was set ${setByMs < 0 ? "back" : "forward"} by ${durationText(Math.abs(setByMs))}. Departures, prices and permits go by it. If nobody has set it, look at the time server (timedatectl) and at the clock's battery.`;

/**
 * The times of the mode machine. Each has a law that the exhaustive exploration found (what breaks when it is shorter); the
 * suggested values keep the law with room to spare.
 */
import { coherentMs, usualReturnDelayS } from "../../domain/electrical.ts";
import { minuteMs, secondMs } from "../../domain/units.ts";

/** Times of the mode machine, ms. Those of the transfer device and of the utility come from the configuration. */
export interface ModeTimings {
  /** The power through K1 stays near zero this long before a planned island opens it. */
  readonly balanceMs: number;
  /** Without that the planned island goes on by then, with a break. */
  readonly balanceMaxMs: number;
  /** A stage told to stop has stopped: at least two reads, and with K1's travel below the 2 s of ceasing to energize. */
  readonly stopMs: number;
  /** A stage that still gives power so long after it was told to stop does not obey: longer than the slowest takes by its settings. */
  readonly disobeyMs: number;
  /** A contradiction between contacts and voltages that lasts: longer than stopping plus decay plus one read. */
  readonly contradictionMs: number;
  /** A bus without a source must be dead by then. */
  readonly decayMs: number;
  /** The bus has been dead this long before anything is energized or closed. */
  readonly deadMs: number;
  /** K1 answers an open command by then: an old contact travel may finish first, so two travels, a lagging contact and a read. */
  readonly openMs: number;
  /** K1 answers a close command by then: a travel, a lagging contact and a read. */
  readonly closeMs: number;
  /** An open command stands this long before the position is believed: the slowest old contact travel has ended. */
  readonly settleMs: number;
  /** A running island is adopted by then or not at all; with one read still shorter than the stages' watchdog. */
  readonly adoptMs: number;
  /** Contacts and voltages agree this long before `noFeedback` is left. */
  readonly coherentMs: number;
  /** The grid is out this long before the site leaves it: after ride-through, never inside it. */
  readonly outMs: number;
  /** The grid is good this long before the site returns to it. */
  readonly returnMs: number;
  /** Delay of entering service (grid profile); the cycle sets it where a start and a return after a trip differ. */
  enterServiceMs: number;
  /** Ramp after entering service (grid profile); set likewise. */
  rampMs: number;
  /** The bus is live and a stage forms at least this long before the island counts as running. */
  readonly startMs: number;
  /** A start that takes longer has failed. */
  readonly startMaxMs: number;
  /** Stable this long: the number of starts is full again. */
  readonly stableMs: number;
  /** Both sides in synchronism this long before a closed transition. */
  readonly syncMs: number;
  /** A closed transition takes at most this long; K1's travel and 50 ms. */
  readonly closeLiveMs: number;
  /** One contact follows the other by then, and a read has seen both. */
  readonly lagMs: number;
  /**
   * An auxiliary contact that says otherwise for less than this, while the voltages prove K1 open, is a glitch: longer than
   * two reads, far shorter than the time in which anything could be energized.
   */
  readonly glitchMs: number;
  /** Synchronism is tried this long at a time; then the island goes on and a person is told (requirement R29). */
  readonly syncMaxMs: number;
  /** The record that permits a command must be stored by then, or the command is given up. */
  readonly storeMaxMs: number;
}

/**
 * Times for a transfer device of worst travel `travelMs` under a grid profile's enter-service delay and ramp. `lateMs`: by how
 * much its contacts and voltages may be older than those of a device that answers at once, as on a slow serial line.
 * `returnMs`: the delay before the site returns to the grid. `slowestStopMs`: what the slowest stage takes to stop, by its
 * settings.
 */
export function modeTimings(
  travelMs: number,
  enterServiceMs: number = 300 * secondMs,
  rampMs: number = 300 * secondMs,
  lateMs = 0,
  returnMs: number = usualReturnDelayS * secondMs,
  slowestStopMs = 0,
): ModeTimings {
  return {
    balanceMs: 500,
    balanceMaxMs: 15 * secondMs,
    stopMs: 1 * secondMs,
    disobeyMs: Math.max(1 * secondMs, slowestStopMs),
    contradictionMs: 2 * secondMs,
    decayMs: 5 * secondMs,
    deadMs: 300 + lateMs,
    openMs: Math.max(300, 4 * travelMs) + lateMs,
    closeMs: Math.max(300, 3 * travelMs) + lateMs,
    settleMs: Math.max(500, 1.5 * travelMs) + lateMs,
    adoptMs: 200,
    coherentMs,
    outMs: 2 * secondMs,
    returnMs,
    enterServiceMs,
    rampMs,
    startMs: 500,
    startMaxMs: 30 * secondMs,
    stableMs: 5 * minuteMs,
    syncMs: 300,
    closeLiveMs: travelMs + 50,
    lagMs: 20,
    glitchMs: 100 + lateMs,
    syncMaxMs: 5 * minuteMs,
    storeMaxMs: 5 * secondMs,
  };
}

/** The laws above as checks, so that a site's own times can't break them: each violated one as a sentence. */
export function timingComplaints(t: ModeTimings, travelMs: number, watchdogMs: number, readMs: number): string[] {
  const laws: readonly (readonly [holds: boolean, sentence: string])[] = [
    [t.stopMs + travelMs < 2_000, "stopping a stage and opening K1 must take less than 2 s together"],
    [t.disobeyMs >= t.stopMs, "a stage must be given the time to stop before it counts as disobedient"],
    [t.stopMs >= 2 * readMs, "a stage needs at least two reads to prove that it has stopped"],
    [t.contradictionMs > t.stopMs, "a contradiction must outlast the stopping of a stage"],
    [t.openMs >= 2 * travelMs && t.closeMs >= 2 * travelMs, "K1 must be given twice its travel time to answer"],
    [t.balanceMaxMs > t.balanceMs, "`zeroingExchange` must be given longer than its shortest time"],
    [t.settleMs > travelMs, "an open command must stand longer than K1's worst travel"],
    [t.adoptMs + 2 * readMs < watchdogMs, "a running island must be adopted before the stages' watchdog ends it"],
    [t.startMaxMs > t.startMs, "a start must be given longer than its shortest time"],
  ];
  return laws.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

/** Watches one stage's terminals: trips by the table, finds unintentional islands, and delays its return to service. */
import { deadPu, type Node } from "../node.ts";
import type { ProtectionTable, TripRow } from "./stage-config.ts";
import { makersProtections } from "./stage-trips.table.ts";

/** Voltage and frequency (deviation from nominal) at which there is nothing to watch. */
interface Continuous {
  readonly minPu: number;
  readonly maxPu: number;
  readonly minHz: number;
  readonly maxHz: number;
}

/** The continuous band of IEEE 1547-2018 at most, and narrower where a trip was set inside it. */
function continuousBand({ trips }: ProtectionTable): Continuous {
  const nearest = (quantity: TripRow["quantity"], side: TripRow["side"], standard: number): number =>
    trips
      .filter((row) => row.quantity === quantity && row.side === side)
      .reduce(
        (near, { threshold }) => (side === "above" ? Math.min(near, threshold) : Math.max(near, threshold)),
        standard,
      );
  return {
    minPu: nearest("voltagePu", "below", 0.88),
    maxPu: nearest("voltagePu", "above", 1.1),
    minHz: nearest("deviationHz", "below", -1.2),
    maxHz: nearest("deviationHz", "above", 1.2),
  };
}

export class StageProtections {
  /** A trip is latched until the terminals are back inside the enter-service window. */
  tripped = false;
  /** Gates blocked for as long as the voltage is far outside. */
  ceased = false;
  alarmBits = 0;
  /** Times an unintentional island was found. */
  islandsFound = 0;
  readonly #table: ProtectionTable;
  readonly #continuous: Continuous;
  readonly #outsideMs: Float64Array;
  readonly #antiIslandingMs: number;
  readonly #enterServiceDelayMs: number;
  readonly #nominalFrequencyHz: number;
  #outsideWindow = false;
  #windowForMs: number;
  #cessationMs = 0;

  constructor(
    nominalFrequencyHz: number,
    antiIslandingMs: number,
    enterServiceDelayMs: number,
    table: ProtectionTable = makersProtections,
  ) {
    this.#table = table;
    this.#continuous = continuousBand(table);
    this.standard = table === makersProtections;
    this.#outsideMs = new Float64Array(table.trips.length);
    this.#nominalFrequencyHz = nominalFrequencyHz;
    this.#antiIslandingMs = antiIslandingMs;
    this.#enterServiceDelayMs = enterServiceDelayMs;
    this.#windowForMs = enterServiceDelayMs;
  }

  /** Whether the stage's own enter-service delay has passed. */
  get inService(): boolean {
    return !this.tripped && this.#windowForMs >= this.#enterServiceDelayMs;
  }

  /** Whether nothing can be outside while voltage and frequency are within continuous operation. */
  readonly standard: boolean;

  /** True while nothing is outside and nothing is pending, so that `watch` need not be called on a normal bus. */
  get quiet(): boolean {
    return !this.#outsideWindow && !this.tripped && !this.ceased && this.#windowForMs >= this.#enterServiceDelayMs;
  }

  /** While the stage forms the bus itself, its following functions are off. */
  rest(): void {
    this.#outsideMs.fill(0);
    this.ceased = false;
    this.tripped = false;
    this.alarmBits = 0;
    this.#windowForMs = 0;
    this.#outsideWindow = true;
  }

  /** The stage has been synchronized with a good grid while it formed: it is in service already. */
  enterNow(): void {
    this.#outsideMs.fill(0);
    this.#windowForMs = this.#enterServiceDelayMs;
    this.#outsideWindow = false;
  }

  /** One step at the terminals. Returns true when something changed that moves the stage's target. */
  watch(node: Node, nowMs: number, durationMs: number, antiIslanding: boolean): boolean {
    const wasTripped = this.tripped;
    const wasCeased = this.ceased;
    const wasInService = this.inService;
    const voltagePu = node.voltagePu;
    const deviationHz = node.frequencyHz - this.#nominalFrequencyHz;
    this.#watchTrips(voltagePu * node.leastPhase, voltagePu * node.mostPhase, deviationHz, durationMs);
    if (node.source === "following" && antiIslanding && nowMs - node.islandedSinceMs >= this.#antiIslandingMs) {
      if (!this.tripped) this.islandsFound++;
      this.tripped = true;
    }
    const { belowPu, abovePu, withinMs } = this.#table.cessation;
    if (voltagePu * node.leastPhase < belowPu || voltagePu * node.mostPhase > abovePu) {
      this.#cessationMs += durationMs;
      if (this.#cessationMs >= 0.5 * withinMs) this.ceased = true;
    } else {
      this.#cessationMs = 0;
      this.ceased = false;
    }
    this.#watchWindow(node, voltagePu, deviationHz, durationMs);
    return wasTripped !== this.tripped || wasCeased !== this.ceased || wasInService !== this.inService;
  }

  #watchTrips(lowPu: number, highPu: number, deviationHz: number, durationMs: number): void {
    const { trips } = this.#table;
    for (let i = 0; i < trips.length; i++) {
      const row = trips[i]!;
      // Without voltage there is no frequency to judge.
      const isAbove = row.side === "above";
      const value = row.quantity === "voltagePu" ? (isAbove ? highPu : lowPu) : highPu > deadPu ? deviationHz : 0;
      const outside = isAbove ? value > row.threshold : value < row.threshold;
      if (!outside) {
        this.#outsideMs[i] = 0;
        continue;
      }
      this.#outsideMs[i] = this.#outsideMs[i]! + durationMs;
      if (this.#outsideMs[i]! >= this.#actsAfterMs(row)) {
        this.tripped = true;
        this.alarmBits |= row.alarm;
      }
    }
  }

  /** The contactor and the detection take their part of the clearing time. */
  #actsAfterMs({ clearingMs }: TripRow): number {
    const { openingMs } = this.#table;
    return openingMs === undefined ? 0.8 * clearingMs : clearingMs - openingMs;
  }

  #watchWindow(node: Node, voltagePu: number, deviationHz: number, durationMs: number): void {
    const { enterService } = this.#table;
    const inside =
      node.source === "grid" &&
      voltagePu * node.leastPhase >= enterService.minPu &&
      voltagePu * node.mostPhase <= enterService.maxPu &&
      deviationHz >= enterService.minDeviationHz &&
      deviationHz <= enterService.maxDeviationHz;
    const { minPu, maxPu, minHz, maxHz } = this.#continuous;
    this.#outsideWindow =
      node.source !== "grid" ||
      voltagePu * node.leastPhase < minPu ||
      voltagePu * node.mostPhase > maxPu ||
      deviationHz < minHz ||
      deviationHz > maxHz;
    if (this.tripped && inside) {
      this.tripped = false;
      this.alarmBits = 0;
      this.#windowForMs = 0;
    }
    // Once in service, only a trip or a dead bus ends it: between the two windows the stage rides through.
    if (this.#windowForMs >= this.#enterServiceDelayMs && !this.tripped && node.source === "grid") return;
    this.#windowForMs = inside ? this.#windowForMs + durationMs : 0;
  }
}

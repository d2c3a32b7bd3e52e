/** Watches one stage's terminals: trips by the table, finds unintentional islands, and delays its return to service. */
import { deadPu, type Node } from "../node.ts";
import { enterService, momentaryCessation, tripRows } from "./stage-trips.table.ts";

export class StageProtections {
  /** A trip is latched until the terminals are back inside the enter-service window. */
  tripped = false;
  /** Gates blocked for as long as the voltage is far outside. */
  ceased = false;
  alarmBits = 0;
  /** Times an unintentional island was found. */
  islandsFound = 0;
  readonly #outsideMs = new Float64Array(tripRows.length);
  readonly #antiIslandingMs: number;
  readonly #enterServiceDelayMs: number;
  readonly #nominalFrequencyHz: number;
  #outsideWindow = false;
  #windowForMs: number;
  #cessationMs = 0;

  constructor(nominalFrequencyHz: number, antiIslandingMs: number, enterServiceDelayMs: number) {
    this.#nominalFrequencyHz = nominalFrequencyHz;
    this.#antiIslandingMs = antiIslandingMs;
    this.#enterServiceDelayMs = enterServiceDelayMs;
    this.#windowForMs = enterServiceDelayMs;
  }

  /** Whether the stage's own enter-service delay has passed. */
  get inService(): boolean {
    return !this.tripped && this.#windowForMs >= this.#enterServiceDelayMs;
  }

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
    this.#watchTrips(voltagePu, deviationHz, durationMs);
    if (node.source === "following" && antiIslanding && nowMs - node.islandedSinceMs >= this.#antiIslandingMs) {
      if (!this.tripped) this.islandsFound++;
      this.tripped = true;
    }
    if (voltagePu < momentaryCessation.belowPu || voltagePu > momentaryCessation.abovePu) {
      this.#cessationMs += durationMs;
      if (this.#cessationMs >= 0.5 * momentaryCessation.withinMs) this.ceased = true;
    } else {
      this.#cessationMs = 0;
      this.ceased = false;
    }
    this.#watchWindow(node, voltagePu, deviationHz, durationMs);
    return wasTripped !== this.tripped || wasCeased !== this.ceased || wasInService !== this.inService;
  }

  #watchTrips(voltagePu: number, deviationHz: number, durationMs: number): void {
    for (let i = 0; i < tripRows.length; i++) {
      const row = tripRows[i]!;
      // Without voltage there is no frequency to judge.
      const value = row.quantity === "voltagePu" ? voltagePu : voltagePu > deadPu ? deviationHz : 0;
      const outside = row.side === "above" ? value > row.threshold : value < row.threshold;
      if (!outside) {
        this.#outsideMs[i] = 0;
        continue;
      }
      this.#outsideMs[i] = this.#outsideMs[i]! + durationMs;
      // The contactor and the detection take their part of the clearing time.
      if (this.#outsideMs[i]! >= 0.8 * row.clearingMs) {
        this.tripped = true;
        this.alarmBits |= row.alarm;
      }
    }
  }

  #watchWindow(node: Node, voltagePu: number, deviationHz: number, durationMs: number): void {
    const inside =
      node.source === "grid" &&
      voltagePu >= enterService.minPu &&
      voltagePu <= enterService.maxPu &&
      deviationHz >= enterService.minDeviationHz &&
      deviationHz <= enterService.maxDeviationHz;
    const outsideContinuous =
      node.source !== "grid" || voltagePu < 0.88 || voltagePu > 1.1 || deviationHz < -1.2 || deviationHz > 1.2;
    this.#outsideWindow = outsideContinuous;
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

/**
 * The utility as seen at the point of common coupling: voltage, frequency and angle, with ramps, jumps and absence.
 * The angle is kept against a frame that turns at nominal frequency, so it stands still while the grid is nominal.
 */
import type { Chance } from "./chance.ts";

export interface GridConfig {
  readonly nominalFrequencyHz: number;
  /** Voltage drop at the PCC for one `referenceW` of import, pu. */
  readonly sourceImpedancePu: number;
  readonly referenceW: number;
  /** How far voltage and frequency wander by themselves (standard deviations). */
  readonly wanderPu: number;
  readonly wanderHz: number;
}

/** What the utility does, all at once. A frequency with a rate of change is approached; without one it jumps. */
export interface GridEvent {
  readonly present?: boolean | undefined;
  readonly voltagePu?: number | undefined;
  readonly frequencyHz?: number | undefined;
  readonly rocofHzPerS?: number | undefined;
  readonly phaseJumpDeg?: number | undefined;
  /** Each phase, pu: their mean becomes the voltage. */
  readonly phaseVoltagePu?: readonly [number, number, number] | undefined;
}

/** The wander keeps this much of itself from second to second. */
const wanderMemory = 0.97;

/** An angle moved into (-180, 180]. */
export function wrapDeg(angleDeg: number): number {
  const turned = angleDeg - 360 * Math.floor(angleDeg / 360);
  return turned > 180 ? turned - 360 : turned;
}

export class Grid {
  readonly nominalFrequencyHz: number;
  present = true;
  /** At the PCC, after the source impedance; 0 when absent. */
  voltagePu = 1;
  frequencyHz: number;
  phaseDeg = 0;
  /** Each phase against the voltage. */
  readonly phaseShare: [number, number, number] = [1, 1, 1];

  readonly #config: GridConfig;
  readonly #chance: Chance;
  #baseVoltagePu = 1;
  #baseFrequencyHz: number;
  #targetHz: number;
  #rocofHzPerMs = 0;
  #wanderPu = 0;
  #wanderHz = 0;

  constructor(config: GridConfig, chance: Chance) {
    this.#config = config;
    this.#chance = chance;
    this.nominalFrequencyHz = config.nominalFrequencyHz;
    this.frequencyHz = config.nominalFrequencyHz;
    this.#baseFrequencyHz = config.nominalFrequencyHz;
    this.#targetHz = config.nominalFrequencyHz;
  }

  /** The utility's own voltage without wander and drop, for people who ask what was set. */
  get setVoltagePu(): number {
    return this.#baseVoltagePu;
  }

  apply(event: GridEvent): void {
    if (event.present !== undefined) this.present = event.present;
    if (event.voltagePu !== undefined) {
      this.#baseVoltagePu = event.voltagePu;
      this.phaseShare.fill(1);
    }
    if (event.phaseVoltagePu !== undefined) this.#setPhases(event.phaseVoltagePu);
    if (event.phaseJumpDeg !== undefined) this.phaseDeg = wrapDeg(this.phaseDeg + event.phaseJumpDeg);
    const rocof = event.rocofHzPerS;
    if (event.frequencyHz !== undefined) this.#targetHz = event.frequencyHz;
    if (rocof !== undefined && rocof !== 0) this.#rocofHzPerMs = Math.abs(rocof) / 1000;
    else if (event.frequencyHz !== undefined) {
      this.#rocofHzPerMs = 0;
      this.#baseFrequencyHz = event.frequencyHz;
    }
  }

  #setPhases(phases: readonly [number, number, number]): void {
    const mean = (phases[0] + phases[1] + phases[2]) / 3;
    this.#baseVoltagePu = mean;
    for (let p = 0; p < 3; p++) this.phaseShare[p] = mean > 0 ? phases[p]! / mean : 1;
  }

  /** Whether the frequency is still on its way. */
  get moving(): boolean {
    return this.#baseFrequencyHz !== this.#targetHz;
  }

  /** Once a second. */
  wander(): void {
    const { wanderPu, wanderHz } = this.#config;
    const fresh = Math.sqrt(1 - wanderMemory * wanderMemory);
    this.#wanderPu = wanderMemory * this.#wanderPu + fresh * wanderPu * this.#chance.normal();
    this.#wanderHz = wanderMemory * this.#wanderHz + fresh * wanderHz * this.#chance.normal();
  }

  step(durationMs: number, importW: number): void {
    if (this.#baseFrequencyHz !== this.#targetHz) {
      const gap = this.#targetHz - this.#baseFrequencyHz;
      const reach = this.#rocofHzPerMs * durationMs;
      this.#baseFrequencyHz =
        gap > reach ? this.#baseFrequencyHz + reach : gap < -reach ? this.#baseFrequencyHz - reach : this.#targetHz;
    }
    this.frequencyHz = this.#baseFrequencyHz + this.#wanderHz;
    const deviationHz = this.frequencyHz - this.nominalFrequencyHz;
    this.phaseDeg = wrapDeg(this.phaseDeg + 0.36 * deviationHz * durationMs);
    if (!this.present) {
      this.voltagePu = 0;
      return;
    }
    const dropPu = (this.#config.sourceImpedancePu * importW) / this.#config.referenceW;
    const voltagePu = this.#baseVoltagePu + (this.#baseVoltagePu > 0 ? this.#wanderPu - dropPu : 0);
    this.voltagePu = voltagePu > 0 ? voltagePu : 0;
  }
}

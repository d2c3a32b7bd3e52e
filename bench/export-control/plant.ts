/**
 * A site at the PCC in steps of 1 ms, made for figures: a load, stages with dead time and first-order answer, a meter with
 * window, latency, noise, loss and jitter. It shares nothing with the controller. Positive is from the grid.
 */

/** Fast seeded random numbers (xorshift32 after a scrambled seed); the same seed gives the same run everywhere. */
export interface Dice {
  state: number;
  spare: number;
}

export function createDice(seed: number): Dice {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  state ^= state >>> 16;
  return { state: state === 0 ? 1 : state, spare: Number.NaN };
}

/** Uniform in [0, 1). */
export function uniform(dice: Dice): number {
  let x = dice.state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  dice.state = x;
  return (x >>> 0) / 4_294_967_296;
}

export function between(dice: Dice, low: number, high: number): number {
  return low + (high - low) * uniform(dice);
}

/** Standard normal (polar method). */
function normal(dice: Dice): number {
  if (!Number.isNaN(dice.spare)) {
    const value = dice.spare;
    dice.spare = Number.NaN;
    return value;
  }
  for (;;) {
    const u = 2 * uniform(dice) - 1;
    const v = 2 * uniform(dice) - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) {
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      dice.spare = v * factor;
      return u * factor;
    }
  }
}

export interface PlantStageSpec {
  readonly ratedW: number;
  readonly responseMs: number;
  readonly deadTimeMs: number;
  readonly rateWPerS: number;
  /** It takes a new setpoint only so often, ms, and rounds it to the nearest step of so many W. */
  readonly commandPeriodMs?: number;
  readonly resolutionW?: number;
  /** Shares on the three phases. */
  readonly phaseShare: readonly [number, number, number];
}

export interface PlantMeterSpec {
  readonly updateMs: number;
  readonly windowMs: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly lostShare: number;
  readonly sigmaW: number;
  readonly gain: number;
  readonly offsetW: number;
  /** Resolution of what it shows, W; a sample that shows the same as the last one is not seen as a new one. Usually fine. */
  readonly quantumW?: number;
}

/** Longest window of a meter, and of a stage's own measurement, ms. */
const historyMs = 4096;
const stageHistoryMs = 64;
const pendingMax = 512;
/** The stage measures itself over 20 ms and the reading is 5 ms old when it arrives. */
const stageWindowMs = 20;
const stageLatencyMs = 5;
/** Its own noise, share of its rating. */
const stageSigmaShare = 0.002;

export class Plant {
  readonly stages: readonly PlantStageSpec[];
  readonly meter: PlantMeterSpec;
  readonly dice: Dice;
  readonly writeMs: number;
  nowMs = 0;
  /** Load on each phase, W; written by the programme of the run. */
  readonly loadW = new Float64Array(3);
  readonly powerW: Float64Array;
  /** True power at the PCC: total, then phases. */
  readonly pccW = new Float64Array(4);
  /** Faults. A stuck stage stays where it is; a dropped one is at zero. */
  readonly stuck: Uint8Array;
  readonly dropped: Uint8Array;
  meterFrozen = false;
  meterReversed = false;
  /** The meter's scale has changed: it shows so many times the power. */
  meterScale = 1;
  /** The meter is not at the point where the stages are connected: it shows the load alone. */
  meterElsewhere = false;

  // what the meter shows
  sampleCount = 0;
  readonly shownW = new Float64Array(4);
  /** End of the window of the sample shown, ms. */
  shownUntilMs = 0;

  readonly #target: Float64Array;
  readonly #gain: Float64Array;
  readonly #takenPeriod: Float64Array;
  /** When a stage that takes commands now and then begins its periods, ms. */
  readonly #periodFromMs: Float64Array;
  readonly #pendingAtMs: Float64Array;
  readonly #pendingW: Float64Array;
  readonly #pendingFirst: Int32Array;
  readonly #pendingCount: Int32Array;
  readonly #pccIntegral = new Float64Array(4 * historyMs);
  readonly #stageIntegral: Float64Array;
  /** What the meter measures: the exchange, or the load alone. */
  readonly #meteredW = new Float64Array(4);
  readonly #waitingW = new Float64Array(4);
  #waitingAtMs = Number.POSITIVE_INFINITY;
  #waitingUntilMs = 0;
  readonly #phaseMs: number;

  constructor(stages: readonly PlantStageSpec[], meter: PlantMeterSpec, writeMs: number, dice: Dice) {
    const n = stages.length;
    this.stages = stages;
    this.meter = meter;
    this.dice = dice;
    this.writeMs = writeMs;
    this.powerW = new Float64Array(n);
    this.stuck = new Uint8Array(n);
    this.dropped = new Uint8Array(n);
    this.#target = new Float64Array(n);
    this.#gain = Float64Array.from(stages, (stage) => 1 - Math.exp(-1 / stage.responseMs));
    this.#takenPeriod = new Float64Array(n).fill(-1);
    this.#pendingAtMs = new Float64Array(n * pendingMax);
    this.#pendingW = new Float64Array(n * pendingMax);
    this.#pendingFirst = new Int32Array(n);
    this.#pendingCount = new Int32Array(n);
    this.#stageIntegral = new Float64Array(n * stageHistoryMs);
    this.#phaseMs = Math.floor(uniform(dice) * meter.updateMs);
    this.#periodFromMs = Float64Array.from(stages, ({ commandPeriodMs = 0 }) =>
      commandPeriodMs > 0 ? Math.floor(uniform(dice) * commandPeriodMs) : 0,
    );
  }

  /** A command written now: it counts after the write and the stage's dead time. */
  command(i: number, asked: number): void {
    const { commandPeriodMs = 0, resolutionW = 0 } = this.stages[i]!;
    if (commandPeriodMs > 0) {
      // The first of a period is taken, the others are lost on it.
      const period = Math.floor((this.nowMs + this.#periodFromMs[i]!) / commandPeriodMs);
      if (period === this.#takenPeriod[i]) return;
      this.#takenPeriod[i] = period;
    }
    const powerW = resolutionW > 0 ? resolutionW * Math.round(asked / resolutionW) : asked;
    const count = this.#pendingCount[i]!;
    if (count === pendingMax) throw new Error("more commands under way than a stage keeps");
    const slot = i * pendingMax + ((this.#pendingFirst[i]! + count) % pendingMax);
    this.#pendingAtMs[slot] = this.nowMs + this.writeMs + this.stages[i]!.deadTimeMs;
    this.#pendingW[slot] = powerW;
    this.#pendingCount[i] = count + 1;
  }

  /** One millisecond. */
  advance(): void {
    this.nowMs++;
    const n = this.stages.length;
    const slot = this.nowMs % historyMs;
    const before = (this.nowMs - 1 + historyMs) % historyMs;
    const stageSlot = this.nowMs % stageHistoryMs;
    const stageBefore = (this.nowMs - 1 + stageHistoryMs) % stageHistoryMs;
    let a = this.loadW[0]!;
    let b = this.loadW[1]!;
    let c = this.loadW[2]!;
    for (let i = 0; i < n; i++) {
      while (this.#pendingCount[i]! > 0) {
        const head = i * pendingMax + this.#pendingFirst[i]!;
        if (this.#pendingAtMs[head]! > this.nowMs) break;
        this.#target[i] = this.#pendingW[head]!;
        this.#pendingFirst[i] = (this.#pendingFirst[i]! + 1) % pendingMax;
        this.#pendingCount[i] = this.#pendingCount[i]! - 1;
      }
      const stage = this.stages[i]!;
      let power = this.powerW[i]!;
      if (this.dropped[i] === 1) power = 0;
      else if (this.stuck[i] === 0) {
        const bound = stage.ratedW;
        const target = Math.max(-bound, Math.min(bound, this.#target[i]!));
        const step = (target - power) * this.#gain[i]!;
        const most = stage.rateWPerS / 1_000;
        power += step > most ? most : step < -most ? -most : step;
      }
      this.powerW[i] = power;
      this.#stageIntegral[i * stageHistoryMs + stageSlot] =
        this.#stageIntegral[i * stageHistoryMs + stageBefore]! + power;
      a += power * stage.phaseShare[0];
      b += power * stage.phaseShare[1];
      c += power * stage.phaseShare[2];
    }
    this.pccW[0] = a + b + c;
    this.pccW[1] = a;
    this.pccW[2] = b;
    this.pccW[3] = c;
    const metered = this.meterElsewhere ? this.#loads() : this.pccW;
    for (let k = 0; k < 4; k++) {
      this.#pccIntegral[k * historyMs + slot] = this.#pccIntegral[k * historyMs + before]! + metered[k]!;
    }
    this.#sample(slot);
  }

  #loads(): Float64Array {
    this.#meteredW.set(this.loadW, 1);
    this.#meteredW[0] = this.loadW[0]! + this.loadW[1]! + this.loadW[2]!;
    return this.#meteredW;
  }

  #sample(slot: number): void {
    const { meter, dice } = this;
    const { quantumW = 0 } = meter;
    if (this.nowMs % meter.updateMs === this.#phaseMs && this.nowMs > meter.windowMs) {
      const lost = uniform(dice) < meter.lostShare;
      const jitter = uniform(dice) * meter.jitterMs;
      // A meter that is late with one sample shows the next one instead.
      this.#show();
      if (!lost) {
        const start = (this.nowMs - meter.windowMs + historyMs) % historyMs;
        let exactTotalW = 0;
        for (let k = 1; k < 4; k++) {
          const mean =
            (this.#pccIntegral[k * historyMs + slot]! - this.#pccIntegral[k * historyMs + start]!) / meter.windowMs;
          // Phases carry a third of the noise variance each, so that the total has the specified noise.
          const shown = mean * meter.gain + meter.offsetW / 3 + (normal(dice) * meter.sigmaW) / Math.sqrt(3);
          const exactW = (this.meterReversed ? -shown : shown) * this.meterScale;
          this.#waitingW[k] = rounded(exactW, quantumW);
          exactTotalW += exactW;
        }
        this.#waitingW[0] = rounded(exactTotalW, quantumW);
        this.#waitingUntilMs = this.nowMs;
        this.#waitingAtMs = this.nowMs + meter.latencyMs + jitter;
      }
    }
    if (this.nowMs >= this.#waitingAtMs) this.#show();
  }

  #show(): void {
    if (this.#waitingAtMs === Number.POSITIVE_INFINITY) return;
    this.#waitingAtMs = Number.POSITIVE_INFINITY;
    if (this.meterFrozen || this.#showsTheSame()) return;
    this.shownW.set(this.#waitingW);
    this.shownUntilMs = this.#waitingUntilMs;
    this.sampleCount++;
  }

  #showsTheSame(): boolean {
    if (!(this.meter.quantumW !== undefined && this.meter.quantumW > 0)) return false;
    for (let k = 0; k < 4; k++) if (this.#waitingW[k] !== this.shownW[k]) return false;
    return true;
  }

  /** What stage i says of itself now. */
  readStage(i: number): number {
    const end = this.nowMs - stageLatencyMs;
    if (end < stageWindowMs) return 0;
    const base = i * stageHistoryMs;
    const mean =
      (this.#stageIntegral[base + (end % stageHistoryMs)]! -
        this.#stageIntegral[base + ((end - stageWindowMs) % stageHistoryMs)]!) /
      stageWindowMs;
    return mean + normal(this.dice) * stageSigmaShare * this.stages[i]!.ratedW;
  }
}

/** To the nearest whole number of `quantumW`; as it is where that is 0. */
const rounded = (powerW: number, quantumW: number): number =>
  quantumW > 0 ? quantumW * Math.round(powerW / quantumW) : powerW;

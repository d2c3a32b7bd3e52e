/**
 * What consumes: the building on the grid side of K1, following measured data with motors and flicker on top, and the
 * critical tiers behind K1, each with a breaker and an inrush whenever it gets its voltage back.
 */
import type { Chance } from "./chance.ts";
import type { Series } from "./series.ts";

export interface BuildingConfig {
  /** Demand in W over UTC ms; undefined for none. */
  readonly demand: Series | undefined;
  readonly scale: number;
  readonly powerFactor: number;
  /** Standard deviation of the flicker, as a share of the demand. */
  readonly flicker: number;
  /** Motors (lifts, compressors): rated power, starts per hour, mean running time, inrush as a multiple. */
  readonly motorW: number;
  readonly motorStartsPerHour: number;
  readonly motorRunS: number;
  readonly motorInrush: number;
}

const motorsMax = 6;
const inrushTauMs = 150;
/** After an interruption everything starts at once: this much more than before, fading. */
const pickupShare = 0.6;
const pickupTauMs = 2_000;

export class Building {
  powerW = 0;
  reactiveVar = 0;
  readonly #config: BuildingConfig;
  readonly #chance: Chance;
  readonly #motorEndsMs = new Float64Array(motorsMax).fill(Number.NEGATIVE_INFINITY);
  readonly #motorStartedMs = new Float64Array(motorsMax).fill(Number.NEGATIVE_INFINITY);
  readonly #tanPhi: number;
  #nextMotorMs: number;
  #baseW = 0;
  #fixedW = Number.NaN;
  #flickerShare = 0;
  #suppliedSinceMs = Number.NEGATIVE_INFINITY;
  #supplied = true;
  #motorsOn = 0;

  constructor(config: BuildingConfig, chance: Chance, nowMs: number) {
    this.#config = config;
    this.#chance = chance;
    this.#tanPhi = Math.tan(Math.acos(config.powerFactor));
    this.#nextMotorMs = nowMs + this.#untilMotor();
  }

  /** Holds the demand at a value instead of the data (flicker and motors go on); NaN returns to the data. */
  hold(powerW: number): void {
    this.#fixedW = powerW;
    if (!Number.isNaN(powerW)) this.#baseW = powerW;
  }

  /** Ten times a second. */
  renew(nowMs: number, wallMs: number): void {
    const { demand, scale, flicker, motorW, motorStartsPerHour, motorRunS } = this.#config;
    if (!Number.isNaN(this.#fixedW)) this.#baseW = this.#fixedW;
    else this.#baseW = demand === undefined ? 0 : scale * demand.at(wallMs);
    if (flicker > 0) this.#flickerShare = 0.8 * this.#flickerShare + 0.6 * flicker * this.#chance.normal();
    if (motorStartsPerHour > 0 && motorW > 0 && nowMs >= this.#nextMotorMs) {
      this.#nextMotorMs = nowMs + this.#untilMotor();
      for (let i = 0; i < motorsMax; i++) {
        if (this.#motorEndsMs[i]! > nowMs) continue;
        this.#motorStartedMs[i] = nowMs;
        this.#motorEndsMs[i] = nowMs + 1000 * this.#chance.waiting(motorRunS);
        this.#motorsOn++;
        break;
      }
    }
  }

  /** Demand in the step that begins now; `supplied` is whether the conductor is alive. */
  step(nowMs: number, supplied: boolean): void {
    if (supplied !== this.#supplied) {
      this.#supplied = supplied;
      if (supplied) this.#suppliedSinceMs = nowMs;
    }
    if (!supplied) {
      this.powerW = 0;
      this.reactiveVar = 0;
      return;
    }
    let powerW = this.#baseW * (1 + this.#flickerShare);
    if (this.#motorsOn > 0) powerW += this.#motorsW(nowMs);
    const sinceMs = nowMs - this.#suppliedSinceMs;
    if (sinceMs < 5 * pickupTauMs) powerW *= 1 + pickupShare * Math.exp(-sinceMs / pickupTauMs);
    this.powerW = powerW > 0 ? powerW : 0;
    this.reactiveVar = this.powerW * this.#tanPhi;
  }

  #motorsW(nowMs: number): number {
    const { motorW, motorInrush } = this.#config;
    let sumW = 0;
    let on = 0;
    for (let i = 0; i < motorsMax; i++) {
      if (nowMs >= this.#motorEndsMs[i]!) continue;
      on++;
      const sinceMs = nowMs - this.#motorStartedMs[i]!;
      const inrush = sinceMs < 8 * inrushTauMs ? (motorInrush - 1) * Math.exp(-sinceMs / inrushTauMs) : 0;
      sumW += motorW * (1 + inrush);
    }
    this.#motorsOn = on;
    return sumW;
  }

  #untilMotor(): number {
    const { motorStartsPerHour } = this.#config;
    return motorStartsPerHour > 0 ? this.#chance.waiting(3_600_000 / motorStartsPerHour) : Number.POSITIVE_INFINITY;
  }
}

export interface TierConfig {
  readonly name: string;
  readonly loadW: number;
  readonly powerFactor: number;
  /** First instant's power as a multiple of the running power, and how fast it fades. */
  readonly inrush: number;
  readonly inrushTauMs: number;
  /** How far the load wanders by itself (standard deviation, share of the load), and how long it remembers, s. */
  readonly wander: number;
  readonly wanderTauS: number;
  /** Share of the load over UTC ms; undefined for an even one. */
  readonly course: Series | undefined;
}

/** A wandering load stays within this much of itself. */
const wanderMax = 0.6;

export class Tier {
  readonly name: string;
  loadW = 0;
  powerW = 0;
  reactiveVar = 0;
  breakerClosed = true;
  /** A fault: the breaker stays where it is. */
  breakerStuck = false;
  readonly #config: TierConfig;
  #tanPhi: number;
  #alive = true;
  #aliveSinceMs = Number.NEGATIVE_INFINITY;
  readonly #chance: Chance;
  /** What the course of the day and the wander make of `loadW`. */
  #share = 1;
  #wander = 0;

  constructor(config: TierConfig, chance: Chance) {
    this.name = config.name;
    this.#config = config;
    this.#chance = chance;
    this.#tanPhi = Math.tan(Math.acos(config.powerFactor));
    this.loadW = config.loadW;
  }

  setPowerFactor(powerFactor: number): void {
    this.#tanPhi = Math.tan(Math.acos(powerFactor));
  }

  /** About once a second: the load wanders and follows the day. */
  renew(everyMs: number, wallMs: number): void {
    const { wander, wanderTauS, course } = this.#config;
    if (wander > 0) {
      const keeps = Math.exp(-everyMs / (1_000 * wanderTauS));
      const moved = keeps * this.#wander + Math.sqrt(1 - keeps * keeps) * wander * this.#chance.normal();
      this.#wander = moved > wanderMax ? wanderMax : moved < -wanderMax ? -wanderMax : moved;
    }
    this.#share = (1 + this.#wander) * (course === undefined ? 1 : course.at(wallMs));
  }

  /** What it takes at nominal voltage once its inrush is over, W. */
  get wantedW(): number {
    return this.loadW * this.#share;
  }

  /** Whether its inrush is still under way. */
  inrushing(nowMs: number): boolean {
    return this.#alive && nowMs - this.#aliveSinceMs < 8 * this.#config.inrushTauMs;
  }

  step(nowMs: number, voltagePu: number): void {
    const alive = this.breakerClosed && voltagePu > 0.5;
    if (alive !== this.#alive) {
      this.#alive = alive;
      if (alive) this.#aliveSinceMs = nowMs;
    }
    if (!alive) {
      this.powerW = 0;
      this.reactiveVar = 0;
      return;
    }
    const sinceMs = nowMs - this.#aliveSinceMs;
    const { inrush, inrushTauMs } = this.#config;
    const extra = sinceMs < 8 * inrushTauMs ? (inrush - 1) * Math.exp(-sinceMs / inrushTauMs) : 0;
    // Below 0.9 pu power falls with the square of the voltage; above, supplies hold it constant.
    const share = voltagePu >= 0.9 ? 1 : (voltagePu * voltagePu) / 0.81;
    this.powerW = this.loadW * this.#share * share * (1 + extra);
    this.reactiveVar = this.powerW * this.#tanPhi;
  }
}

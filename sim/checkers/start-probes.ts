/**
 * Instruments for black starts, judged on the plant: how often a stage began to raise a dead bus, how the tiers were stepped
 * on, and what the auxiliary battery must have given by then.
 */
import { hourMs } from "../../src/domain/units.ts";
import type { Site } from "../story/site.ts";
import type { Probe, Reading } from "./probes.ts";

/** How often a bus that nobody formed began to be formed while K1 was open. */
export function starts(from?: string, to?: string): Probe {
  let before = Number.NaN;
  let count = 0;
  return {
    from,
    to,
    look({ world }) {
      const now = world.bus.formers;
      if (before === 0 && now > 0 && !world.transferDevice.closed) count++;
      before = now;
    },
    value: () => count,
  };
}

/** How often a tier (from 0) was closed onto a formed bus. */
export function closings(tier: number, from?: string, to?: string): Probe {
  let before = true;
  let count = 0;
  return {
    from,
    to,
    look({ world }) {
      const now = world.tiers[tier]!.breakerClosed;
      if (now && !before && world.bus.formers > 0) count++;
      before = now;
    },
    value: () => count,
  };
}

/** Shortest time between two tiers that were closed onto a formed bus, ms. */
export function shortestStepMs(from?: string, to?: string): Probe {
  const closed: boolean[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  let shortest = Number.POSITIVE_INFINITY;
  return {
    from,
    to,
    look({ world, nowMs }) {
      for (let t = 0; t < world.tiers.length; t++) {
        const now = world.tiers[t]!.breakerClosed;
        if (now && closed[t] === false && world.bus.formers > 0) {
          shortest = Math.min(shortest, nowMs - lastMs);
          lastMs = nowMs;
        }
        closed[t] = now;
      }
    },
    value: () => shortest,
  };
}

/** Lowest voltage of a bus that was up and formed, until a tier from `tier` on is fed for the first time, pu. */
export function lowestPuBefore(tier: number, from?: string, to?: string): Probe {
  let lowest = Number.NaN;
  let up = false;
  let over = false;
  return {
    from,
    to,
    look({ world }) {
      const { bus, tiers } = world;
      if (bus.formers === 0) up = false;
      else if (bus.voltagePu > 0.97) up = true;
      if (up && tiers.some(({ breakerClosed }, t) => t >= tier && breakerClosed)) over = true;
      if (up && !over && !(bus.voltagePu >= lowest)) lowest = bus.voltagePu;
    },
    value: () => lowest,
  };
}

export interface AuxiliaryTruth {
  readonly capacityWh: number;
  readonly standbyW: number;
  readonly startWh: number;
  readonly chargeW: number;
}

/** What the auxiliary battery holds by the plant's own count, Wh. */
class AuxiliaryMeter {
  leftWh: number;
  lowestWh: number;
  readonly #truth: AuxiliaryTruth;
  #forming = false;
  constructor(truth: AuxiliaryTruth) {
    this.#truth = truth;
    this.leftWh = truth.capacityWh;
    this.lowestWh = truth.capacityWh;
  }

  look({ world }: Site, tickMs: number): void {
    const { capacityWh, standbyW, startWh, chargeW } = this.#truth;
    const live = world.bus.voltagePu >= 0.5;
    const forming = world.bus.formers > 0 && !world.transferDevice.closed;
    this.leftWh += ((live ? chargeW : -standbyW) * tickMs) / hourMs;
    if (forming && !this.#forming) this.leftWh -= startWh;
    this.#forming = forming;
    this.leftWh = Math.min(capacityWh, this.leftWh);
    this.lowestWh = Math.min(this.lowestWh, this.leftWh);
  }
}

/** The least that such a battery has held since the story began, Wh. */
export function auxiliaryLowestWh(truth: AuxiliaryTruth): Probe {
  const meter = new AuxiliaryMeter(truth);
  return {
    from: undefined,
    to: undefined,
    look: (site, tickMs) => meter.look(site, tickMs),
    value: () => meter.lowestWh,
  };
}

/** How far the controller's own count of it has been from the plant's, Wh. */
export function auxiliaryMiscountWh(truth: AuxiliaryTruth): Probe {
  const meter = new AuxiliaryMeter(truth);
  let most = Number.NaN;
  return {
    from: undefined,
    to: undefined,
    look(site, tickMs) {
      meter.look(site, tickMs);
      const counted = site.controller?.blackStart?.leftWh;
      // A start is counted when it is decided and when the bus is raised: between the two they differ.
      if (counted === undefined || site.controller?.mode === "islandStarting") return;
      const awayWh = Math.abs(counted - meter.leftWh);
      if (!(awayWh <= most)) most = awayWh;
    },
    value: () => most,
  };
}

/** 1 while the controller refuses a start for this reason. */
export const refuses =
  (reason: string): Reading =>
  (site) =>
    site.controller?.blackStart?.refusal === reason ? 1 : 0;

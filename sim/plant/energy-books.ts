/**
 * The site's energy, booked twice: what flowed over the conductors, and what the batteries hold, lost and brought along.
 * A plant whose books do not close has a mistake in it.
 */
import { hourMs } from "../../src/domain/units.ts";
import type { Network } from "./network.ts";

export interface EnergyBalance {
  readonly importWh: number;
  readonly exportWh: number;
  readonly pvWh: number;
  readonly buildingWh: number;
  readonly tiersWh: number;
  readonly chargedWh: number;
  readonly dischargedWh: number;
  readonly lossWh: number;
  readonly storedChangeWh: number;
  readonly unservedWh: number;
  /** Difference of the two books, as a share of all energy that was turned over, percent. */
  readonly errorPct: number;
}

export class EnergyBooks {
  readonly #network: Network;
  #importWms = 0;
  #exportWms = 0;
  #pvWms = 0;
  #buildingWms = 0;
  #tiersWms = 0;
  #unservedWms = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  add(durationMs: number): void {
    const network = this.#network;
    const pccWms = network.pccW * durationMs;
    if (pccWms > 0) this.#importWms += pccWms;
    else this.#exportWms -= pccWms;
    this.#pvWms += network.pvW * durationMs;
    this.#buildingWms += network.buildingW * durationMs;
    this.#tiersWms += network.tiersW * durationMs;
    this.#unservedWms += network.unservedW * durationMs;
  }

  balance(): EnergyBalance {
    let chargedWh = 0;
    let dischargedWh = 0;
    let lossWh = 0;
    let storedChangeWh = 0;
    for (const stage of this.#network.stages) {
      const { vehicle } = stage;
      chargedWh += stage.importWh;
      dischargedWh += stage.exportWh;
      lossWh += stage.conversion.lossWh + vehicle.lossWh;
      storedChangeWh += vehicle.storedWh + vehicle.leftWh - vehicle.arrivedWh;
    }
    const importWh = this.#importWms / hourMs;
    const exportWh = this.#exportWms / hourMs;
    const pvWh = this.#pvWms / hourMs;
    const buildingWh = this.#buildingWms / hourMs;
    const tiersWh = this.#tiersWms / hourMs;
    const unservedWh = this.#unservedWms / hourMs;
    const suppliedWh = importWh - exportWh + pvWh;
    const usedWh = buildingWh + tiersWh + lossWh + storedChangeWh;
    const turnoverWh = importWh + exportWh + pvWh + chargedWh + dischargedWh + buildingWh + tiersWh;
    const errorPct = turnoverWh > 0 ? (100 * Math.abs(suppliedWh - usedWh)) / turnoverWh : 0;
    return {
      importWh,
      exportWh,
      pvWh,
      buildingWh,
      tiersWh,
      chargedWh,
      dischargedWh,
      lossWh,
      storedChangeWh,
      unservedWh,
      errorPct,
    };
  }
}

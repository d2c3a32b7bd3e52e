/** The site's PV inverters as one: what they give together, and a limit for all of them, shared by their ratings. */
import { pvFact } from "../apply-facts.ts";
import { setPvTargets } from "../command-targets.ts";
import type { BridgeDevice } from "../device/device.ts";
import { isForgotten } from "../device/device-health.ts";
import type { PvSettings } from "../settings.ts";

/** Inverters that are watched, and those of them that are curtailed. */
export class PvInverters {
  readonly devices: readonly BridgeDevice[];
  readonly #settings: readonly PvSettings[];

  constructor(devices: readonly BridgeDevice[], settings: readonly PvSettings[]) {
    this.devices = devices;
    this.#settings = settings;
  }

  /** Power of all together, W; unknown while one of them is. */
  powerW(nowMs: number): number {
    let powerW = 0;
    for (let i = 0; i < this.devices.length; i += 1) {
      const one = this.devices[i]!;
      powerW += isForgotten(one, nowMs) ? Number.NaN : one.fact(pvFact.powerW);
    }
    return powerW;
  }

  /** Aims at `limitW` for all of them; Infinity takes the limit away. */
  aim(limitW: number): void {
    let sumW = 0;
    for (let i = 0; i < this.devices.length; i += 1)
      if (this.#settings[i]!.watchedOnly !== true) sumW += this.#ratedW(i);
    for (let i = 0; i < this.devices.length; i += 1) {
      const { writer } = this.devices[i]!;
      if (writer === undefined || this.#settings[i]!.watchedOnly === true) continue;
      const ratedW = this.#ratedW(i);
      const ownW = limitW === Number.POSITIVE_INFINITY || this.devices.length === 1 ? limitW : (limitW * ratedW) / sumW;
      setPvTargets(writer.targets, ownW, ratedW);
    }
  }

  /** As the inverter tells, else as configured; NaN where neither does. */
  #ratedW(i: number): number {
    const told = this.devices[i]!.fact(pvFact.ratedW);
    return told > 0 ? told : (this.#settings[i]!.ratedW ?? Number.NaN);
  }
}

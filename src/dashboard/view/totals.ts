/** Sums and judgements over a state that several parts of the view need, made once for each view. */
import type { EvseState, SiteState } from "../state.ts";
import { idleW } from "./format.ts";

export interface Totals {
  readonly chargeW: number;
  readonly dischargeW: number;
  /** Charging minus discharging. */
  readonly netW: number;
  readonly charging: number;
  readonly discharging: number;
  readonly forming: readonly EvseState[];
  readonly vehicles: number;
  readonly loadW: number;
  readonly gridDead: boolean;
  readonly k1: "closed" | "open" | "unproven";
  /** Whether the site is cut off on purpose. */
  readonly islanded: boolean;
}

/** Below this a voltage counts as absent, per unit. */
const deadPu = 0.1;

const islandModes: ReadonlySet<string> = new Set(["islandStarting", "islandRunning", "resyncing"]);

/** What one EVSE moves: measured, or its setpoint while nothing is measured. */
export const powerOf = (evse: EvseState): number => evse.powerW ?? evse.setpointW;

export function totalsOf(state: SiteState): Totals {
  let chargeW = 0;
  let dischargeW = 0;
  let charging = 0;
  let discharging = 0;
  let vehicles = 0;
  const forming: EvseState[] = [];
  for (const evse of state.evses) {
    const powerW = powerOf(evse);
    if (evse.connected) vehicles++;
    if (evse.role === "forming") forming.push(evse);
    if (powerW > idleW) {
      chargeW += powerW;
      charging++;
    } else if (powerW < -idleW) {
      dischargeW -= powerW;
      discharging++;
    }
  }
  const { no, nc, quality } = state.k1;
  const proven = quality === "good" && no === nc && no !== "unknown";
  return {
    chargeW,
    dischargeW,
    netW: chargeW - dischargeW,
    charging,
    discharging,
    forming,
    vehicles,
    loadW: state.tiers.reduce((sum, tier) => sum + (tier.state === "on" ? (tier.loadW ?? 0) : 0), 0),
    gridDead: state.grid.voltagePu !== null && state.grid.voltagePu < deadPu,
    k1: proven ? (no === "open" ? "open" : "closed") : "unproven",
    islanded: islandModes.has(state.mode.mode),
  };
}

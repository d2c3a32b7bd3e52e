/** Sums and judgements over a state that several parts of the view need, made once for each view. */
import { isDeadPu } from "../../domain/electrical.ts";
import { isIslanded } from "../../domain/modes.ts";
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
  /** EVSEs whose power is not known now: in none of the sums. */
  readonly silent: readonly EvseState[];
  readonly loadW: number;
  readonly gridDead: boolean;
  readonly k1: "closed" | "open" | "unproven";
  /** Power stages hold the site's voltage up. */
  readonly islanded: boolean;
}

/** What one EVSE moves now; null while that is not known. Its setpoint is no measurement. */
export const powerOf = ({ known, powerW }: EvseState): number | null => (known.state === "live" ? powerW : null);

export function totalsOf(state: SiteState): Totals {
  let chargeW = 0;
  let dischargeW = 0;
  let charging = 0;
  let discharging = 0;
  let vehicles = 0;
  const forming: EvseState[] = [];
  const silent: EvseState[] = [];
  for (const evse of state.evses) {
    const powerW = powerOf(evse);
    if (evse.connected) vehicles++;
    if (powerW === null) {
      silent.push(evse);
      continue;
    }
    if (evse.role === "forming") forming.push(evse);
    if (powerW > idleW) {
      chargeW += powerW;
      charging++;
    } else if (powerW < -idleW) {
      dischargeW -= powerW;
      discharging++;
    }
  }
  const { no, nc, quality, present } = state.k1;
  const proven = quality === "good" && no === nc && no !== "unknown";
  return {
    chargeW,
    dischargeW,
    netW: chargeW - dischargeW,
    charging,
    discharging,
    forming,
    vehicles,
    silent,
    loadW: state.tiers.reduce(
      (sum, tier) => sum + (tier.state === "on" && tier.known.state === "live" ? (tier.loadW ?? 0) : 0),
      0,
    ),
    gridDead: state.grid.known.state === "live" && state.grid.voltagePu !== null && isDeadPu(state.grid.voltagePu),
    k1: !present ? "closed" : proven ? (no === "open" ? "open" : "closed") : "unproven",
    islanded: isIslanded(state.mode.mode),
  };
}

/** From requests to setpoints: each EVSE's own limits, ramps, and its share of what the site may do. */

import { isIslanded } from "../../domain/modes.ts";
import type { Core } from "../core.ts";
import { StageLink } from "../modes/facts.ts";
import { allocate } from "../setpoints/allocation.ts";
import { applyEvseLimits } from "../setpoints/evse-limits.ts";
import { leadOnCuts, overshootShare } from "../setpoints/lead.ts";
import { chainSetpointW, limit } from "../setpoints/limits.ts";
import type { Snapshot } from "../snapshot.ts";

const anyW = Number.POSITIVE_INFINITY;

/** Limits of each EVSE's own: people, backend, vehicle, battery, stage, permit, mode. */
export function limitEvses(core: Core, { evses, stages, site }: Snapshot, nowMs: number): void {
  const { machine, authority, allowance, modeFacts } = core;
  allowance.charge = machine.output.mayCharge;
  allowance.discharge = machine.output.mayDischarge && authority.parallelOK;
  allowance.permitMissing = !authority.parallelOK;
  // Permit service off is a trip (IEEE 1547-2018, 4.10): it ends the exchange in both directions, and no island.
  const isWithdrawn = site.serviceWithdrawn && !isIslanded(machine.state.mode);
  for (let i = 0; i < evses.length; i++) {
    const stage = stages[i]!;
    const usable =
      modeFacts.stageLinks[i] === StageLink.online && stage.verified && !stage.local && stage.alarmBits === 0;
    applyEvseLimits(core.chains, i, core.config.evses[i]!, evses[i]!, stage, usable, allowance, core.reserve, nowMs);
    if (isWithdrawn && core.config.evses[i]!.maxDischargeW > 0)
      limit(core.chains, i, "service-disabled", "grid-operator", 0, 0);
  }
}

/** Power rises gradually: discharge after entering service, charge after an outage or a restart. Cuts are never ramped. */
export function rampEvses(core: Core, nowMs: number): void {
  const { machine, chains, config } = core;
  const { mode, sinceMs, timings } = machine.state;
  const dischargeShare = mode === "ramping" && timings.rampMs > 0 ? (nowMs - sinceMs) / timings.rampMs : 1;
  if (!machine.output.mayCharge) core.chargingSinceMs = Number.NaN;
  else if (Number.isNaN(core.chargingSinceMs)) core.chargingSinceMs = nowMs;
  for (let i = 0; i < config.evses.length; i++) {
    // One after the other: no two jump over their smallest power together.
    const chargeShare = (nowMs - core.chargingSinceMs - i * core.chargeStaggerMs) / core.chargeRampMs;
    const { maxChargeW, maxDischargeW } = config.evses[i]!;
    if (dischargeShare < 1)
      limit(chains, i, "enter-service-ramp", "grid-profile", -dischargeShare * maxDischargeW, anyW);
    if (chargeShare < 1) limit(chains, i, "ramp", "controller", -anyW, Math.max(0, chargeShare) * maxChargeW);
  }
}

/** Shares the site's power between EVSEs, hastens cuts, and rounds what is below a vehicle's minimum to zero. */
export function allocateSite(core: Core, { evses }: Snapshot, nowMs: number): void {
  const { allocation, exportControl, budget, chains, config, setpointW, overshootMinW, overshootMaxW } = core;
  for (let i = 0; i < evses.length; i++) {
    const ask = allocation.asks[i]!;
    const evse = evses[i]!;
    const { minPowerW } = config.evses[i]!;
    const askedW = chainSetpointW(chains, i);
    ask.requestedW = askedW;
    ask.minW = askedW < 0 ? askedW : 0;
    ask.maxW = askedW > 0 ? askedW : 0;
    ask.minChargeW = Math.max(minPowerW, evse.vehicleMinChargeW);
    ask.minDischargeW = Math.max(minPowerW, evse.vehicleMinDischargeW);
    ask.pluggedAtMs = evse.pluggedAtMs;
    ask.departsAtMs = evse.departsAtMs;
  }
  allocate(allocation, exportControl, budget, nowMs);
  for (let i = 0; i < evses.length; i++) {
    for (let k = 0; k < allocation.limitCount[i]!; k++) {
      const entry = allocation.limits[i]![k]!;
      limit(chains, i, entry.reason, entry.source, entry.minW, entry.maxW);
    }
    setpointW[i] = chainSetpointW(chains, i);
    // A cut may for a moment go beyond zero where the opposite direction is open to the vehicle.
    const mayCharge = core.allowance.charge && evses[i]!.connected && evses[i]!.socPct < 100;
    overshootMaxW[i] = mayCharge
      ? overshootShare * Math.min(config.evses[i]!.maxChargeW, evses[i]!.vehicleMaxChargeW)
      : 0;
    overshootMinW[i] = 0;
  }
  leadOnCuts(exportControl, budget, setpointW, overshootMinW, overshootMaxW, core.commandW);
}

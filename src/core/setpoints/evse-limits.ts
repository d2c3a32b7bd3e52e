/**
 * The limits of one EVSE's own: people, backend, vehicle, battery, stage, permit, mode. Gentlest first, most protective last.
 * What the site as a whole allows (allocation, import and export limit, ramps, protections) comes after these.
 */
import type { EvseConfig } from "../../config/site.ts";
import type { EvseFacts, StageFacts } from "../snapshot.ts";
import { type LimitChains, limit } from "./limits.ts";

/** The reserve gives way only this far above itself once it has stopped a discharge, percent. */
const reserveHysteresisPct = 1;

const anyW = Number.POSITIVE_INFINITY;

/** Remembers, per EVSE, that the reserve has been reached. */
export interface ReserveMemory {
  readonly reached: Uint8Array;
}
/** No vehicle has reached its reserve. */
export const createReserveMemory = (count: number): ReserveMemory => ({ reached: new Uint8Array(count) });

/** What the site's state allows any EVSE to do; filled once a tick. */
export interface SiteAllowance {
  /** Charging is possible in this mode. */
  charge: boolean;
  /** Discharging in parallel is possible: mode and permit agree. */
  discharge: boolean;
  /** The permit is the reason where `discharge` is false. */
  permitMissing: boolean;
}

/** Adds EVSE `index`'s own limits to its chain. */
export function applyEvseLimits(
  chains: LimitChains,
  index: number,
  config: EvseConfig,
  facts: EvseFacts,
  stage: StageFacts,
  stageUsable: boolean,
  site: Readonly<SiteAllowance>,
  memory: ReserveMemory,
  nowMs: number,
): void {
  limit(chains, index, "backend-limit", "backend", facts.backendMinW, facts.backendMaxW);
  const { linkMinW, linkMaxW } = facts;
  if (linkMinW !== -anyW || linkMaxW !== anyW) limit(chains, index, "link-limit", "link", linkMinW, linkMaxW);
  limit(chains, index, "operator-limit", "operator", facts.operatorMinW, facts.operatorMaxW);
  if (facts.paused) limit(chains, index, "paused", "operator", 0, 0);

  applyBattery(chains, index, config, facts, memory);
  applyVehicle(chains, index, config, facts, nowMs);

  limit(chains, index, "stage-rating", "stage", -stage.maxDischargeW, stage.maxChargeW);
  if (!config.dischargeEnabled && !facts.dischargeEnabled)
    limit(chains, index, "discharge-disabled", "installer", 0, anyW);
  if (!site.discharge)
    limit(
      chains,
      index,
      site.permitMissing ? "permit-discharge" : "mode",
      site.permitMissing ? "permit" : "mode",
      0,
      anyW,
    );
  if (!site.charge) limit(chains, index, "mode", "mode", -anyW, 0);
  if (!stageUsable) limit(chains, index, unusableReason(stage), "stage", 0, 0);
}

function unusableReason(stage: StageFacts) {
  return stage.local
    ? "stage-local"
    : stage.alarmBits !== 0
      ? "stage-alarm"
      : stage.verified
        ? "stage-stale"
        : "stage-unverified";
}

/** The two bands are independent: an empty battery may charge, a full one may discharge. */
function applyBattery(
  chains: LimitChains,
  index: number,
  config: EvseConfig,
  facts: EvseFacts,
  memory: ReserveMemory,
): void {
  const reservePct = Math.max(config.reservePct, facts.reservePct);
  if (facts.socPct >= 100) limit(chains, index, "battery-full", "vehicle", -anyW, 0);
  // An unknown state of charge counts as empty for discharging.
  const reached = !(facts.socPct > reservePct + (memory.reached[index] === 1 ? reserveHysteresisPct : 0));
  memory.reached[index] = reached ? 1 : 0;
  if (reached) limit(chains, index, "reserve", "vehicle", 0, anyW);
}

function applyVehicle(chains: LimitChains, index: number, config: EvseConfig, facts: EvseFacts, nowMs: number): void {
  if (!facts.connected) {
    limit(chains, index, "no-vehicle", "vehicle", 0, 0);
    return;
  }
  if (!facts.authorized) limit(chains, index, "not-authorized", "backend", 0, 0);
  if (!facts.bidirectional) limit(chains, index, "not-bidirectional", "vehicle", 0, anyW);
  if (facts.served && !facts.inEnergy) limit(chains, index, "vehicle-session", "vehicle", 0, 0);
  else if (nowMs - facts.vehicleAtMs > facts.vehicleForMs) limit(chains, index, "vehicle-stale", "vehicle", 0, 0);
  const maxChargeW = Math.min(config.maxChargeW, facts.vehicleMaxChargeW);
  const maxDischargeW = Math.min(config.maxDischargeW, facts.vehicleMaxDischargeW);
  limit(chains, index, "vehicle-limit", "vehicle", -maxDischargeW, maxChargeW);
}

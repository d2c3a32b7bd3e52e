/**
 * What each EVSE should request: a person's or backend's request while its lease holds, then the site's plan while its lease holds,
 * otherwise as much as the target needs. The reserve and the energy needed at departure outrank price and demand response
 * (requirement R30): when the time left is barely enough, the departure takes over, with hysteresis so that it does not chatter.
 * A plan has seen to departures already: beside it this is the last guard, when no time at all is left. A target out of reach is
 * no failure: there is always a plan, which then is "as much as possible".
 */
import { hourMs } from "../../domain/units.ts";
import type { EvseFacts, RequestSource } from "../snapshot.ts";

/** Share of the possible charging power that a departure may need before it takes over, and below which it lets go. */
export const departureTakesOver = 0.85;
export const departureLetsGo = 0.6;
/** The same beside a plan, which keeps departures by itself and knows what others need. */
const takesOverFromPlan = 1;
const letsGoToPlan = 0.9;
/** Losses between the AC side and the battery that a plan must allow for. */
export const chargingEfficiency = 0.93;

/** Indexes are wire values: append only. */
export const requestSources: readonly RequestSource[] = [
  "none",
  "backend",
  "schedule",
  "operator",
  "departure",
  "local",
  "external",
  "plan",
];

/** One EVSE's chosen request. */
export interface PowerRequest {
  powerW: number;
  /** Index in `requestSources`. */
  source: number;
  /** A departure has taken over. */
  urgent: boolean;
  /** Power that reaching the target in time needs, W; 0 without a departure, Infinity when it is out of reach. */
  neededW: number;
}

/** Nothing is asked for. */
export const createRequest = (): PowerRequest => ({ powerW: 0, source: 0, urgent: false, neededW: 0 });

const none = requestSources.indexOf("none");
const departure = requestSources.indexOf("departure");
const local = requestSources.indexOf("local");
const operator = requestSources.indexOf("operator");
const plan = requestSources.indexOf("plan");

/** The plan asks this EVSE for something, and its lease holds. */
export const isPlanned = (facts: Pick<EvseFacts, "planW" | "planUntilMs">, nowMs: number): boolean =>
  nowMs < facts.planUntilMs && Number.isFinite(facts.planW);

/**
 * Chooses the request of one EVSE. `reachableW` is the power that this EVSE can count on (its rating, its share of the import
 * limit). `wallMs` is UTC or NaN.
 */
export function selectRequest(
  request: PowerRequest,
  facts: EvseFacts,
  reachableW: number,
  nowMs: number,
  wallMs: number,
): void {
  if (!facts.connected) {
    request.powerW = 0;
    request.source = none;
    request.urgent = false;
    request.neededW = 0;
    return;
  }
  request.neededW = neededPowerW(facts, wallMs);
  const share = reachableW > 0 ? request.neededW / reachableW : request.neededW > 0 ? Number.POSITIVE_INFINITY : 0;
  const planned = isPlanned(facts, nowMs);
  const takesOver = !planned ? departureTakesOver : facts.planShort ? Number.POSITIVE_INFINITY : takesOverFromPlan;
  const letsGo = !planned ? departureLetsGo : facts.planShort ? Number.POSITIVE_INFINITY : letsGoToPlan;
  request.urgent = share >= takesOver || (request.urgent && share > letsGo);
  if (facts.chargeNow && belowTarget(facts)) {
    request.powerW = facts.vehicleMaxChargeW;
    request.source = operator;
  } else if (request.urgent) {
    request.powerW = facts.vehicleMaxChargeW;
    request.source = departure;
  } else if (nowMs < facts.requestUntilMs && facts.requestSource !== "none" && Number.isFinite(facts.requestedW)) {
    request.powerW = facts.requestedW;
    request.source = requestSources.indexOf(facts.requestSource);
  } else if (planned) {
    request.powerW = facts.planW;
    request.source = plan;
  } else {
    request.powerW = belowTarget(facts) ? facts.vehicleMaxChargeW : 0;
    request.source = local;
  }
}

/**
 * Average AC power from now to departure that reaches the target, W. Infinity once the departure is past and the target is
 * not reached: whoever should have left already is charged first and gives nothing (requirement R53), until it has its target,
 * leaves, or has another departure.
 */
export function neededPowerW(
  facts: Pick<EvseFacts, "socPct" | "targetPct" | "capacityWh" | "departsAtMs">,
  wallMs: number,
): number {
  const missingPct = facts.targetPct - facts.socPct;
  const leftMs = facts.departsAtMs - wallMs;
  if (!(missingPct > 0) || !(facts.capacityWh > 0) || !Number.isFinite(leftMs)) return 0;
  if (leftMs <= 0) return Number.POSITIVE_INFINITY;
  return ((missingPct / 100) * facts.capacityWh) / chargingEfficiency / (leftMs / hourMs);
}

/** Without a target or a known state of charge the vehicle decides by itself when it is full. */
const belowTarget = (facts: EvseFacts): boolean =>
  !(facts.socPct >= (Number.isFinite(facts.targetPct) ? facts.targetPct : 100));

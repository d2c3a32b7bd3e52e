/** DC charging as DIN SPEC 70121 and ISO 15118-2 have in common: limits, cable check, precharge, current, the way out. */
import { clamp } from "../../../domain/units.ts";
import type { DinPhysicalValue, PhysicalValue } from "../physical-values.ts";
import { notYet, type SessionContext } from "./session.ts";
import { contactorAnswerMaxMs, prechargeMaxMs } from "./times.ts";
import { numberOf, physical } from "./wire-values.ts";

type Value = DinPhysicalValue | PhysicalValue;

/** Highest current while the output is brought to the vehicle's voltage, A (ours; usual for IEC 61851-23). */
const prechargeMaxA = 2;
/** The output is at the vehicle's voltage when it is no further away than this, V (likewise). */
const prechargeWithinV = 20;
/** What an output may ripple, A, as chargers in recordings announce it. */
const rippleA = 5;

/** What a vehicle says of itself in every DC request. */
interface EvStatus {
  readonly EVReady: boolean;
  readonly EVErrorCode: string;
  readonly EVRESSSOC: number;
}

export function takeStatus({ vehicle, nowMs }: SessionContext, status: EvStatus): void {
  vehicle.ready = status.EVReady;
  vehicle.error = status.EVErrorCode === "NO_ERROR" ? "" : status.EVErrorCode;
  vehicle.socPct = status.EVRESSSOC;
  vehicle.needsAtMs = nowMs;
}

interface Limits {
  readonly EVMaximumVoltageLimit?: Value | undefined;
  readonly EVMaximumCurrentLimit?: Value | undefined;
  readonly EVMaximumPowerLimit?: Value | undefined;
}

/** Limits that a request gives; what it leaves out stays as it was, with its age. */
function takeLimits({ vehicle, facts, nowMs }: SessionContext, limits: Limits): void {
  const voltageV = numberOf(limits.EVMaximumVoltageLimit);
  const currentA = numberOf(limits.EVMaximumCurrentLimit);
  const powerW = numberOf(limits.EVMaximumPowerLimit);
  if (voltageV > 0) vehicle.maxVoltageV = voltageV;
  if (currentA >= 0) vehicle.maxCurrentA = currentA;
  if (powerW >= 0) vehicle.maxW = powerW;
  else if (currentA >= 0) vehicle.maxW = currentA * Math.min(vehicle.maxVoltageV || 0, facts.ratings.maxVoltageV);
  if (voltageV > 0 || currentA >= 0 || powerW >= 0) vehicle.limitsAtMs = nowMs;
}

interface Parameters extends Limits {
  readonly DC_EVStatus: EvStatus;
  readonly EVEnergyCapacity?: Value | undefined;
  readonly EVEnergyRequest?: Value | undefined;
  readonly FullSOC?: number | undefined;
}

/** Takes what the vehicle is and needs; the code that refuses it, or OK. */
export function takeParameters(context: SessionContext, given: Parameters): "OK" | "FAILED_WrongChargeParameter" {
  const { vehicle, facts } = context;
  takeStatus(context, given.DC_EVStatus);
  takeLimits(context, given);
  vehicle.capacityWh = numberOf(given.EVEnergyCapacity);
  vehicle.targetWh = numberOf(given.EVEnergyRequest);
  vehicle.fullSocPct = given.FullSOC ?? Number.NaN;
  // Neither protocol knows discharging.
  vehicle.minW = 0;
  const { minVoltageV } = facts.ratings;
  // A battery that may not have the lowest voltage that this output makes can't be charged here.
  return vehicle.maxVoltageV >= minVoltageV && vehicle.maxCurrentA >= 0 ? "OK" : "FAILED_WrongChargeParameter";
}

/** The charger's status as every DC response carries it. */
export function dcStatus({ facts, order, state }: SessionContext) {
  const { trouble, insulation, wants } = facts;
  const tested = insulation === "valid" ? "Valid" : insulation === "fault" ? "Fault" : "Invalid";
  return {
    EVSEIsolationStatus: tested,
    EVSEStatusCode:
      trouble === "emergency"
        ? "EVSE_EmergencyShutdown"
        : trouble === "fault" || insulation === "fault"
          ? "EVSE_Malfunction"
          : wants === "stop" && state !== "over"
            ? "EVSE_Shutdown"
            : order.phase === "cableCheck" && tested !== "Valid"
              ? "EVSE_IsolationMonitoringActive"
              : "EVSE_Ready",
    NotificationMaxDelay: 0,
    EVSENotification:
      wants === "stop" || wants === "pause" ? "StopCharging" : wants === "renegotiate" ? "ReNegotiation" : "None",
  } as const;
}

/** The present limits as magnitudes on the wire. */
export function maximumLimits({ facts, quirks }: SessionContext, leastW = 0) {
  const { ratings, maxW, presentVoltageV } = facts;
  const allowedW = clamp(Math.max(maxW, leastW), 0, ratings.maxW);
  const mostA = allowedA(allowedW, presentVoltageV, ratings.maxCurrentA);
  return {
    EVSEMaximumVoltageLimit: physical(ratings.maxVoltageV, "V"),
    EVSEMaximumCurrentLimit: physical(mostA < quirks.minimumCurrentA ? 0 : mostA, "A"),
    EVSEMaximumPowerLimit: physical(allowedW, "W"),
  };
}

/** What the power limit leaves of the current at this voltage; the rating where no battery is on the output yet. */
const allowedA = (allowedW: number, voltageV: number, ratedA: number): number =>
  voltageV > prechargeWithinV ? Math.min(ratedA, allowedW / voltageV) : ratedA;

export function chargeParameters(context: SessionContext) {
  const { ratings } = context.facts;
  return {
    DC_EVSEStatus: dcStatus(context),
    ...maximumLimits(context, context.quirks.leastOfferW),
    EVSEMinimumCurrentLimit: physical(ratings.minCurrentA, "A"),
    EVSEMinimumVoltageLimit: physical(ratings.minVoltageV, "V"),
    EVSEPeakCurrentRipple: physical(rippleA, "A"),
  };
}

/** The insulation test: begun by the first request, answered at once, finished when it is valid and the charger is ready. */
export function cableCheck(context: SessionContext, status: EvStatus) {
  const { facts, order } = context;
  takeStatus(context, status);
  const begun = order.phase === "cableCheck";
  order.phase = "cableCheck";
  order.voltageV = 0;
  order.currentA = 0;
  if (facts.trouble !== "" || facts.insulation === "fault")
    return { ResponseCode: "FAILED", EVSEProcessing: "Finished" } as const;
  // What was found before this test began is of another test; an owner resets it when the phase begins.
  const finished = begun && facts.insulation === "valid";
  return { DC_EVSEStatus: dcStatus(context), EVSEProcessing: finished ? "Finished" : "Ongoing" } as const;
}

/** Brings the output to the voltage that this request asks for; each request counts anew. */
export function precharge(context: SessionContext, status: EvStatus, targetV: number, targetA: number) {
  const { facts, order } = context;
  takeStatus(context, status);
  order.phase = "precharge";
  order.voltageV = clamp(targetV, 0, facts.ratings.maxVoltageV);
  order.currentA = clamp(targetA, 0, prechargeMaxA);
  if (facts.trouble !== "" || context.inStateMs > prechargeMaxMs) return { ResponseCode: "FAILED" } as const;
  return { DC_EVSEStatus: dcStatus(context), EVSEPresentVoltage: physical(facts.presentVoltageV, "V") };
}

/** Closes contactors onto a battery whose voltage the output has; the answer waits for them, `mostMs` at most. */
export function startPower(
  context: SessionContext,
  mostMs = contactorAnswerMaxMs,
): "OK" | "FAILED_PowerDeliveryNotApplied" | typeof notYet {
  const { facts, order } = context;
  if (order.phase !== "energy") {
    const reached = Math.abs(facts.presentVoltageV - order.voltageV) <= prechargeWithinV;
    if (facts.trouble !== "") return "FAILED_PowerDeliveryNotApplied";
    // A vehicle that is quicker than the output waits for it as it waits for contactors.
    if (!reached) return context.waitedMs < mostMs ? notYet : "FAILED_PowerDeliveryNotApplied";
    order.phase = "energy";
    order.currentA = 0;
  }
  if (facts.contactorsClosed && facts.outputReady) return "OK";
  return context.waitedMs < mostMs ? notYet : "FAILED_PowerDeliveryNotApplied";
}

/** No current, output off, contactors open: in this order, and only then the answer. */
export function stopPower(context: SessionContext, mostMs = contactorAnswerMaxMs): "OK" | "FAILED" | typeof notYet {
  const { facts, order } = context;
  order.phase = "stopped";
  order.currentA = 0;
  order.voltageV = 0;
  if (!facts.contactorsClosed) return "OK";
  return context.waitedMs < mostMs ? notYet : "FAILED";
}

interface CurrentDemand extends Limits {
  readonly DC_EVStatus: EvStatus;
  readonly EVTargetCurrent: Value;
  readonly EVTargetVoltage: Value;
  readonly ChargingComplete: boolean;
}

/** One round of the charging loop: what the vehicle asks for goes on to the power stage, what flows comes back. */
export function currentDemand(context: SessionContext, request: CurrentDemand) {
  const { vehicle, facts, order } = context;
  takeStatus(context, request.DC_EVStatus);
  takeLimits(context, request);
  vehicle.targetVoltageV = numberOf(request.EVTargetVoltage);
  vehicle.targetCurrentA = Math.max(0, numberOf(request.EVTargetCurrent));
  vehicle.complete = request.ChargingComplete;
  context.charged = true;
  const { ratings } = facts;
  const mostV = Math.min(ratings.maxVoltageV, vehicle.maxVoltageV || ratings.maxVoltageV);
  const mostA = allowedA(clamp(facts.maxW, 0, ratings.maxW), facts.presentVoltageV, ratings.maxCurrentA);
  // A vehicle that reports a fault of its own, and a charger that wants to stop, get nothing more.
  const stops = vehicle.error !== "" || facts.trouble !== "" || facts.wants === "stop" || facts.wants === "pause";
  order.voltageV = Math.min(vehicle.targetVoltageV, mostV);
  order.currentA = stops ? 0 : vehicle.targetCurrentA;
  return {
    DC_EVSEStatus: dcStatus(context),
    EVSEPresentVoltage: physical(facts.presentVoltageV, "V"),
    EVSEPresentCurrent: physical(facts.presentCurrentA, "A"),
    EVSECurrentLimitAchieved: vehicle.targetCurrentA >= ratings.maxCurrentA,
    EVSEVoltageLimitAchieved: vehicle.targetVoltageV >= mostV,
    EVSEPowerLimitAchieved: vehicle.targetCurrentA > mostA,
    ...maximumLimits(context),
  };
}

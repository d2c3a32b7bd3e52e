/**
 * What a vehicle of ISO 15118-20 says of its needs and limits, AC and DC alike, and what the charger allows. Own limits go
 * out as magnitudes; a vehicle's discharging limits are read with either sign.
 */
import { clamp } from "../../../../domain/units.ts";
import type { RationalNumber } from "../../physical-values.ts";
import { isDirect } from "../contract.ts";
import type { SessionContext } from "../session.ts";
import { needsMaxMs, pauseMaxS } from "../times.ts";
import { rational, rationalOf } from "../wire-values.ts";

/** Whether this session may take energy out of the vehicle at all: negotiated, and for AC permitted to its inverter. */
export const bothWays = ({ choice, facts }: SessionContext): boolean =>
  choice.bidirectional && (isDirect(facts.connector) || facts.noAcDischarge === "");

/** Power that may flow now in each direction, magnitudes: the limits, narrowed around what the site wants where it decides. */
export function allowed(context: SessionContext): { chargeW: number; dischargeW: number } {
  const { facts, choice } = context;
  const chargeW = clamp(facts.maxW, 0, facts.ratings.maxW);
  const dischargeW = bothWays(context) ? -clamp(facts.minW, facts.ratings.minW, 0) : 0;
  const { setpointW } = facts;
  if (!choice.dynamic || !Number.isFinite(setpointW)) return { chargeW, dischargeW };
  return {
    chargeW: Math.min(chargeW, Math.max(0, setpointW)),
    dischargeW: Math.min(dischargeW, Math.max(0, -setpointW)),
  };
}

/** A discharging limit as it goes out: a magnitude, or below zero for vehicles that expect it so. */
export const dischargeLimit = ({ quirks }: SessionContext, magnitude: number) =>
  rational(quirks.negativeDischargeLimits && magnitude > 0 ? -magnitude : magnitude);

/** The charger gives nothing more: it wants to stop or to pause, or something is wrong with it. */
export const stops = ({ facts }: SessionContext): boolean =>
  facts.trouble !== "" || facts.wants === "stop" || facts.wants === "pause";

/**
 * What the charger asks of the vehicle in a response of the loop. The reading that it is to confirm stands in the same
 * response.
 */
export function notification({ facts, contract, askedToPauseMs, nowMs }: SessionContext) {
  const say = (EVSENotification: "Terminate" | "Pause" | "ScheduleRenegotiation" | "MeteringConfirmation", maxS = 0) =>
    ({ EVSEStatus: { NotificationMaxDelay: maxS, EVSENotification } }) as const;
  if (facts.trouble !== "" || facts.wants === "stop") return say("Terminate");
  // The time that is left counts down.
  const leftS = pauseMaxS - Math.floor((nowMs - askedToPauseMs || 0) / 1000);
  if (facts.wants === "pause") return say("Pause", Math.max(0, leftS));
  if (facts.wants === "renegotiate") return say("ScheduleRenegotiation");
  return contract.asked === undefined ? {} : say("MeteringConfirmation");
}

export interface Needs {
  readonly DepartureTime?: number | undefined;
  readonly MinimumSOC?: number | undefined;
  readonly TargetSOC?: number | undefined;
  readonly EVTargetEnergyRequest?: RationalNumber | undefined;
  readonly EVMaximumEnergyRequest?: RationalNumber | undefined;
  readonly EVMinimumEnergyRequest?: RationalNumber | undefined;
  readonly EVMinimumV2XEnergyRequest?: RationalNumber | undefined;
}

/** The vehicle's needs, if they agree with each other; otherwise what was known stays, with its age. */
export function takeNeeds({ vehicle, nowMs }: SessionContext, needs: Needs): boolean {
  const targetWh = rationalOf(needs.EVTargetEnergyRequest);
  const mostWh = rationalOf(needs.EVMaximumEnergyRequest);
  const minimumWh = rationalOf(needs.EVMinimumEnergyRequest);
  const cycledWh = rationalOf(needs.EVMinimumV2XEnergyRequest);
  if (minimumWh > targetWh || targetWh > mostWh || minimumWh > mostWh) return false;
  // Both must leave something to take: the reserve and the band in which the vehicle wants to be cycled.
  vehicle.leastWh = Number.isNaN(cycledWh) ? minimumWh : Math.max(minimumWh, cycledWh);
  vehicle.targetWh = targetWh;
  vehicle.mostWh = mostWh;
  if (needs.DepartureTime !== undefined) vehicle.departureAtMs = nowMs + needs.DepartureTime * 1000;
  if (needs.MinimumSOC !== undefined) vehicle.minSocPct = needs.MinimumSOC;
  if (needs.TargetSOC !== undefined) vehicle.targetSocPct = needs.TargetSOC;
  vehicle.needsAtMs = nowMs;
  return true;
}

/** The vehicle's limits of this message in W, magnitudes, within its own energy window; NaN is not said. */
export function takePower(context: SessionContext, chargeW: number, dischargeW: number): void {
  const { vehicle, nowMs } = context;
  if (!Number.isNaN(chargeW)) {
    vehicle.maxW = vehicle.mostWh <= 0 ? 0 : chargeW;
    vehicle.limitsAtMs = nowMs;
  }
  if (!bothWays(context)) vehicle.minW = 0;
  else if (!Number.isNaN(dischargeW)) vehicle.minW = mayDischarge(context) ? -dischargeW : 0;
}

/**
 * The smallest powers that the vehicle can do with, W, magnitudes; NaN is not said. More than this charger has at all is no
 * minimum: a vehicle that meant it would say so of every charger (Josev's once did, with 300 kW).
 */
export function takeLeast({ vehicle, facts: { ratings } }: SessionContext, chargeW: number, dischargeW: number): void {
  if (!Number.isNaN(chargeW)) vehicle.leastChargeW = chargeW <= ratings.maxW ? chargeW : 0;
  if (!Number.isNaN(dischargeW)) vehicle.leastDischargeW = dischargeW <= -ratings.minW ? dischargeW : 0;
}

/**
 * Dynamic control needs the vehicle's word that something may be taken; scheduled control is asked for by its own target.
 * What it has said counts for a while: a window that is no longer told, or contradicts itself, ends discharging.
 */
const mayDischarge = ({ vehicle, choice, nowMs }: SessionContext): boolean =>
  Number.isNaN(vehicle.leastWh) ? !choice.dynamic : vehicle.leastWh < 0 && nowMs - vehicle.needsAtMs <= needsMaxMs;

interface Shown {
  readonly PresentSOC?: number | undefined;
  readonly MinimumSOC?: number | undefined;
  readonly TargetSOC?: number | undefined;
  readonly BatteryEnergyCapacity?: RationalNumber | undefined;
  readonly ChargingComplete?: boolean | undefined;
}

/** What the vehicle shows of its battery. */
export function takeShown({ vehicle }: SessionContext, shown: Shown | undefined): void {
  if (shown?.PresentSOC !== undefined) vehicle.socPct = shown.PresentSOC;
  if (shown?.MinimumSOC !== undefined) vehicle.minSocPct = shown.MinimumSOC;
  if (shown?.TargetSOC !== undefined) vehicle.targetSocPct = shown.TargetSOC;
  if (shown?.BatteryEnergyCapacity !== undefined) vehicle.capacityWh = rationalOf(shown.BatteryEnergyCapacity);
  vehicle.complete = shown?.ChargingComplete === true;
  vehicle.ready = true;
}

/** The meter's counters, if there is a meter. */
export const meterOf = ({ facts, choice, quirks }: SessionContext) =>
  Number.isFinite(facts.meterWh)
    ? {
        MeterInfo: {
          MeterID: facts.evseId.slice(0, 32),
          ChargedEnergyReadingWh: Math.max(0, Math.round(facts.meterWh)),
          ...(choice.bidirectional && !quirks.withoutDischargedMeter && Number.isFinite(facts.dischargedWh)
            ? { BPT_DischargedEnergyReadingWh: Math.max(0, Math.round(facts.dischargedWh)) }
            : {}),
        },
      }
    : {};

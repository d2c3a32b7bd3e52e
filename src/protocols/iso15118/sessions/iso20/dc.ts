/** ISO 15118-20, DC: parameters, cable check, precharge, the loop in one and in both directions, welding detection. */

import { clamp } from "../../../../domain/units.ts";
import type { RationalNumber } from "../../physical-values.ts";
import { isDirect } from "../contract.ts";
import { asksReceipt } from "../receipts.ts";
import type { SessionContext } from "../session.ts";
import { prechargeMaxMs } from "../times.ts";
import { magnitudeOf, rational, rationalOf } from "../wire-values.ts";
import type { Body, Iso20Rows } from "./bodies.ts";
import {
  allowed,
  dischargeLimit,
  meterOf,
  type Needs,
  notification,
  stops,
  takeLeast,
  takeNeeds,
  takePower,
  takeShown,
} from "./limits.ts";
import { modeName } from "./services.ts";

const prechargeMaxA = 2;

const currentOf = ({ facts }: SessionContext, powerW: number): number => {
  const { maxCurrentA, maxVoltageV } = facts.ratings;
  const voltageV = facts.presentVoltageV > 1 ? facts.presentVoltageV : maxVoltageV;
  return Math.min(maxCurrentA, powerW / voltageV);
};

/** Ratings, for the parameters: later answers never exceed them. */
function announced(context: SessionContext): Body<"DC_ChargeParameterDiscoveryRes"> {
  const {
    facts: { ratings },
    choice,
  } = context;
  const one = {
    EVSEMaximumChargePower: rational(ratings.maxW),
    EVSEMinimumChargePower: rational(0),
    EVSEMaximumChargeCurrent: rational(ratings.maxCurrentA),
    EVSEMinimumChargeCurrent: rational(ratings.minCurrentA),
    EVSEMaximumVoltage: rational(ratings.maxVoltageV),
    EVSEMinimumVoltage: rational(ratings.minVoltageV),
  };
  return choice.bidirectional
    ? {
        ResponseCode: "OK",
        BPT_DC_CPDResEnergyTransferMode: {
          ...one,
          EVSEMaximumDischargePower: dischargeLimit(context, -ratings.minW),
          EVSEMinimumDischargePower: rational(0),
          EVSEMaximumDischargeCurrent: dischargeLimit(context, ratings.maxCurrentA),
          EVSEMinimumDischargeCurrent: rational(0),
        },
      }
    : { ResponseCode: "OK", DC_CPDResEnergyTransferMode: one };
}

/** The present limits in the form of the mode that was agreed on. */
function loopLimits(context: SessionContext) {
  const { chargeW, dischargeW } = allowed(context);
  const { maxVoltageV, minVoltageV } = context.facts.ratings;
  const charge = {
    EVSEMaximumChargePower: rational(chargeW),
    EVSEMinimumChargePower: rational(0),
    EVSEMaximumChargeCurrent: rational(currentOf(context, chargeW)),
    EVSEMaximumVoltage: rational(maxVoltageV),
  };
  const both = {
    ...charge,
    EVSEMaximumDischargePower: dischargeLimit(context, dischargeW),
    EVSEMinimumDischargePower: rational(0),
    EVSEMaximumDischargeCurrent: dischargeLimit(context, currentOf(context, dischargeW)),
    EVSEMinimumVoltage: rational(minVoltageV),
  };
  const { dynamic, bidirectional } = context.choice;
  if (bidirectional)
    return dynamic ? { BPT_Dynamic_DC_CLResControlMode: both } : { BPT_Scheduled_DC_CLResControlMode: both };
  return dynamic ? { Dynamic_DC_CLResControlMode: charge } : { Scheduled_DC_CLResControlMode: charge };
}

interface Limits {
  readonly EVMinimumChargePower?: RationalNumber | undefined;
  readonly EVMinimumDischargePower?: RationalNumber | undefined;
  readonly EVMaximumChargePower?: RationalNumber | undefined;
  readonly EVMaximumChargeCurrent?: RationalNumber | undefined;
  readonly EVMaximumVoltage?: RationalNumber | undefined;
  readonly EVMaximumDischargePower?: RationalNumber | undefined;
  readonly EVMaximumDischargeCurrent?: RationalNumber | undefined;
}

/** The lower of a power and what a current makes at this voltage; what is not given does not count. */
const lower = (powerW: number, currentA: number, voltageV: number): number => {
  const fromCurrentW = currentA * voltageV;
  return Number.isNaN(powerW) ? fromCurrentW : Number.isNaN(fromCurrentW) ? powerW : Math.min(powerW, fromCurrentW);
};

/** The vehicle's limits of this message, currents at the voltage that is there. */
function takeLimits(context: SessionContext, limits: Limits): void {
  const { vehicle, facts } = context;
  takeLeast(context, magnitudeOf(limits.EVMinimumChargePower), magnitudeOf(limits.EVMinimumDischargePower));
  const voltageV = rationalOf(limits.EVMaximumVoltage);
  if (voltageV > 0) vehicle.maxVoltageV = voltageV;
  const atV =
    facts.presentVoltageV > 1 ? facts.presentVoltageV : Math.min(vehicle.maxVoltageV || 0, facts.ratings.maxVoltageV);
  takePower(
    context,
    lower(magnitudeOf(limits.EVMaximumChargePower), magnitudeOf(limits.EVMaximumChargeCurrent), atV),
    lower(magnitudeOf(limits.EVMaximumDischargePower), magnitudeOf(limits.EVMaximumDischargeCurrent), atV),
  );
}

/** DC in one and in both directions. */
export const dcRows: Iso20Rows<
  "DC_ChargeParameterDiscovery" | "DC_CableCheck" | "DC_PreCharge" | "DC_ChargeLoop" | "DC_WeldingDetection"
> = {
  DC_ChargeParameterDiscovery: {
    blank: announced,
    serve(context, request) {
      const { vehicle, choice, facts } = context;
      const both = request.BPT_DC_CPDReqEnergyTransferMode;
      const mode = choice.bidirectional ? both : request.DC_CPDReqEnergyTransferMode;
      if (!isDirect(facts.connector) || mode === undefined || (both !== undefined) !== choice.bidirectional)
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      const least = magnitudeOf(mode.EVMinimumChargePower);
      const leastV = rationalOf(mode.EVMinimumVoltage);
      if (least > magnitudeOf(mode.EVMaximumChargePower) || leastV > rationalOf(mode.EVMaximumVoltage))
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      if (both !== undefined && magnitudeOf(both.EVMinimumDischargePower) > magnitudeOf(both.EVMaximumDischargePower))
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      if (rationalOf(mode.EVMaximumVoltage) < facts.ratings.minVoltageV)
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      vehicle.maxCurrentA = magnitudeOf(mode.EVMaximumChargeCurrent);
      vehicle.minCurrentA = magnitudeOf(mode.EVMinimumChargeCurrent);
      if (mode.TargetSOC !== undefined) vehicle.targetSocPct = mode.TargetSOC;
      takeLimits(context, mode);
      // Nothing has been said yet of what may be taken out of the battery.
      vehicle.minW = 0;
      return {};
    },
  },
  DC_CableCheck: {
    blank: () => ({ ResponseCode: "OK", EVSEProcessing: "Finished" }),
    serve({ facts, order }) {
      const begun = order.phase === "cableCheck";
      order.phase = "cableCheck";
      order.voltageV = 0;
      order.currentA = 0;
      if (facts.trouble !== "" || facts.insulation === "fault") return { ResponseCode: "FAILED" };
      return { EVSEProcessing: begun && facts.insulation === "valid" ? "Finished" : "Ongoing" };
    },
  },
  DC_PreCharge: {
    blank: ({ facts }) => ({ ResponseCode: "OK", EVSEPresentVoltage: rational(facts.presentVoltageV) }),
    serve(context, { EVTargetVoltage }) {
      const { facts, order } = context;
      order.phase = "precharge";
      order.voltageV = clamp(rationalOf(EVTargetVoltage), 0, facts.ratings.maxVoltageV);
      order.currentA = prechargeMaxA;
      return facts.trouble !== "" || context.inStateMs > 6 * prechargeMaxMs ? { ResponseCode: "FAILED" } : {};
    },
  },
  DC_ChargeLoop: {
    blank: (context) => ({
      ResponseCode: "OK",
      ...notification(context),
      EVSEPresentCurrent: rational(context.facts.presentCurrentA),
      EVSEPresentVoltage: rational(context.facts.presentVoltageV),
      EVSEPowerLimitAchieved: false,
      EVSECurrentLimitAchieved: false,
      EVSEVoltageLimitAchieved: false,
      ...loopLimits(context),
    }),
    serve: chargeLoop,
  },
  DC_WeldingDetection: {
    blank: ({ facts }) => ({ ResponseCode: "OK", EVSEPresentVoltage: rational(facts.presentVoltageV) }),
    serve: () => ({}),
  },
};

/** One round of the loop: limits and needs in, what flows and may flow out. */
function chargeLoop(context: SessionContext, request: Body<"DC_ChargeLoopReq">): Partial<Body<"DC_ChargeLoopRes">> {
  const { vehicle, facts, order, choice } = context;
  const mode = request[modeName(choice, "DC", "Req")];
  if (mode === undefined) return { ResponseCode: "FAILED" };
  takeShown(context, request.DisplayParameters);
  const given = mode as Needs &
    Limits & { readonly EVTargetCurrent?: RationalNumber; readonly EVTargetVoltage?: RationalNumber };
  if (given.EVTargetEnergyRequest !== undefined) takeNeeds(context, given);
  takeLimits(context, given);
  const first = !context.charged;
  context.charged = true;
  const { chargeW, dischargeW } = allowed(context);
  const mostV = Math.min(facts.ratings.maxVoltageV, vehicle.maxVoltageV || facts.ratings.maxVoltageV);
  if (choice.dynamic) {
    order.voltageV = mostV;
    order.currentA = stops(context) ? 0 : Number.NaN;
  } else {
    const wantedA = rationalOf(given.EVTargetCurrent);
    vehicle.targetCurrentA = vehicle.minW < 0 ? wantedA : Math.max(0, wantedA);
    vehicle.targetVoltageV = rationalOf(given.EVTargetVoltage);
    order.voltageV = Math.min(vehicle.targetVoltageV, mostV);
    order.currentA = stops(context) ? 0 : vehicle.targetCurrentA;
  }
  const askedA = choice.dynamic ? 0 : vehicle.targetCurrentA;
  return {
    EVSEPowerLimitAchieved: askedA > currentOf(context, chargeW) || -askedA > currentOf(context, dischargeW),
    EVSECurrentLimitAchieved: Math.abs(askedA) >= facts.ratings.maxCurrentA,
    EVSEVoltageLimitAchieved: order.voltageV >= mostV,
    ...(asksReceipt(context) || request.MeterInfoRequested || first ? meterOf(context) : {}),
  };
}

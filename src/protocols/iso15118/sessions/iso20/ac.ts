/**
 * ISO 15118-20, AC: parameters and the loop, in one and in both directions. The vehicle's charger (and its inverter, where it
 * feeds) follows the power that it is told; the charger's own contactors are the only thing that can make it stop.
 *
 * Powers go out for all phases together: what is not measured or decided per phase is not sent per phase. A vehicle that
 * sends its phases apart is read as their sum.
 */

import { clamp } from "../../../../domain/units.ts";
import type { RationalNumber } from "../../physical-values.ts";
import { phasesOf } from "../ac.ts";
import { isDirect } from "../contract.ts";
import { asksReceipt } from "../receipts.ts";
import type { SessionContext } from "../session.ts";
import { acObedienceMaxMs } from "../times.ts";
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

/** Feeding back less than this is measured and not done, W (ours). */
const feedsFromW = 200;

type Value = RationalNumber | undefined;

/** A magnitude that may come in three phases: NaN when it is not said at all. */
const threePhases = (l1: Value, l2: Value, l3: Value): number =>
  magnitudeOf(l1) + (l2 === undefined ? 0 : magnitudeOf(l2)) + (l3 === undefined ? 0 : magnitudeOf(l3));

interface Limits {
  readonly EVMaximumChargePower?: Value;
  readonly EVMaximumChargePower_L2?: Value;
  readonly EVMaximumChargePower_L3?: Value;
  readonly EVMinimumChargePower?: Value;
  readonly EVMinimumChargePower_L2?: Value;
  readonly EVMinimumChargePower_L3?: Value;
  readonly EVMaximumDischargePower?: Value;
  readonly EVMaximumDischargePower_L2?: Value;
  readonly EVMaximumDischargePower_L3?: Value;
  readonly EVMinimumDischargePower?: Value;
}

const mostChargeW = (given: Limits): number =>
  threePhases(given.EVMaximumChargePower, given.EVMaximumChargePower_L2, given.EVMaximumChargePower_L3);
const leastChargeW = (given: Limits): number =>
  threePhases(given.EVMinimumChargePower, given.EVMinimumChargePower_L2, given.EVMinimumChargePower_L3);
const mostDischargeW = (given: Limits): number =>
  threePhases(given.EVMaximumDischargePower, given.EVMaximumDischargePower_L2, given.EVMaximumDischargePower_L3);

/** The current of each phase that is a power of the vehicle at the supply's voltage. */
const phaseA = (context: SessionContext, powerW: number): number =>
  powerW / (context.facts.nominalV * phasesOf(context));

/** Ratings, for the parameters: later answers never exceed them. */
function announced(context: SessionContext): Body<"AC_ChargeParameterDiscoveryRes"> {
  const {
    facts: { ratings, nominalHz },
    choice,
  } = context;
  const one = {
    EVSEMaximumChargePower: rational(ratings.maxW),
    EVSEMinimumChargePower: rational(0),
    EVSENominalFrequency: rational(nominalHz),
  };
  return choice.bidirectional
    ? {
        ResponseCode: "OK",
        BPT_AC_CPDResEnergyTransferMode: {
          ...one,
          EVSEMaximumDischargePower: dischargeLimit(context, -ratings.minW),
          EVSEMinimumDischargePower: rational(0),
        },
      }
    : { ResponseCode: "OK", AC_CPDResEnergyTransferMode: one };
}

/**
 * The power that the vehicle is to take, W, below zero to feed. Dynamic control: what the site wants within both sides'
 * limits. Under a schedule: the most that it may take, and while it feeds, no more than it may.
 */
function targetW(context: SessionContext): number {
  const { choice, facts, vehicle } = context;
  if (stops(context)) return 0;
  const { chargeW, dischargeW } = allowed(context);
  // Less than the vehicle can do with is nothing.
  const leastChargeW = context.quirks.minimumCurrentA * facts.nominalV * phasesOf(context);
  const mostW = Math.min(chargeW < leastChargeW ? 0 : chargeW, vehicle.maxW);
  const leastW = Math.max(-dischargeW, vehicle.minW);
  if (choice.dynamic && Number.isFinite(facts.setpointW)) return clamp(facts.setpointW, leastW, mostW);
  return !choice.dynamic && vehicle.presentW < 0 ? clamp(vehicle.presentW, leastW, mostW) : mostW;
}

function control(context: SessionContext): Partial<Body<"AC_ChargeLoopRes">> {
  const power = {
    EVSETargetActivePower: rational(targetW(context)),
    ...(Number.isFinite(context.facts.presentW) ? { EVSEPresentActivePower: rational(context.facts.presentW) } : {}),
  };
  return { [modeName(context.choice, "AC", "Res")]: power };
}

/** AC in one and in both directions. */
export const acRows: Iso20Rows<"AC_ChargeParameterDiscovery" | "AC_ChargeLoop"> = {
  AC_ChargeParameterDiscovery: {
    blank: announced,
    serve(context, request) {
      const { vehicle, choice, facts } = context;
      const both = request.BPT_AC_CPDReqEnergyTransferMode;
      const mode = choice.bidirectional ? both : request.AC_CPDReqEnergyTransferMode;
      if (isDirect(facts.connector) || mode === undefined || (both !== undefined) !== choice.bidirectional)
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      if (leastChargeW(mode) > mostChargeW(mode)) return { ResponseCode: "FAILED_WrongChargeParameter" };
      if (both !== undefined && magnitudeOf(both.EVMinimumDischargePower) > magnitudeOf(both.EVMaximumDischargePower))
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      vehicle.maxCurrentA = phaseA(context, mostChargeW(mode));
      vehicle.minCurrentA = phaseA(context, leastChargeW(mode));
      takePower(context, mostChargeW(mode), Number.NaN);
      takeLeast(context, leastChargeW(mode), magnitudeOf(both?.EVMinimumDischargePower));
      // Nothing has been said yet of what may be taken out of the battery.
      vehicle.minW = 0;
      return {};
    },
  },
  AC_ChargeLoop: {
    blank: (context) =>
      ({ ResponseCode: "OK", ...notification(context), ...control(context) }) as Body<"AC_ChargeLoopRes">,
    serve(context, request) {
      const { vehicle, facts, order, choice } = context;
      const mode = request[modeName(choice, "AC", "Req")];
      if (mode === undefined) return { ResponseCode: "FAILED" };
      takeShown(context, request.DisplayParameters);
      const given = mode as Needs & Limits & PresentPower;
      if (given.EVTargetEnergyRequest !== undefined) takeNeeds(context, given);
      takePower(context, mostChargeW(given), mostDischargeW(given));
      takeLeast(context, leastChargeW(given), magnitudeOf(given.EVMinimumDischargePower));
      vehicle.presentW = presentOf(given);
      const first = !context.charged;
      context.charged = true;
      order.voltageV = facts.nominalV;
      order.currentA = stops(context) ? 0 : choice.dynamic ? Number.NaN : phaseA(context, vehicle.maxW);
      if (!obeys(context)) return { ResponseCode: "FAILED" };
      // The answer's power is that of this request.
      return {
        ...control(context),
        ...(asksReceipt(context) || request.MeterInfoRequested || first ? meterOf(context) : {}),
      };
    },
  },
};

interface PresentPower {
  readonly EVPresentActivePower?: Value;
  readonly EVPresentActivePower_L2?: Value;
  readonly EVPresentActivePower_L3?: Value;
}

/** What the vehicle says that it takes, all phases together; below zero it feeds. */
const presentOf = ({
  EVPresentActivePower: l1,
  EVPresentActivePower_L2: l2,
  EVPresentActivePower_L3: l3,
}: PresentPower): number =>
  rationalOf(l1) + (l2 === undefined ? 0 : rationalOf(l2)) + (l3 === undefined ? 0 : rationalOf(l3));

/** A vehicle that goes on feeding where it may not is cut off: nothing but our contactors is between it and the site. */
function obeys(context: SessionContext): boolean {
  const { vehicle, nowMs } = context;
  if (!(vehicle.presentW < -(allowed(context).dischargeW + feedsFromW))) context.feedsWrongSinceMs = Number.NaN;
  else if (Number.isNaN(context.feedsWrongSinceMs)) context.feedsWrongSinceMs = nowMs;
  return !(nowMs - context.feedsWrongSinceMs > acObedienceMaxMs);
}

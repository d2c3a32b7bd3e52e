/**
 * ISO 15118-20 on the charger's side: DC in one and in both directions, dynamic and scheduled control, paid outside the
 * vehicle. Own limits go out as magnitudes; a vehicle's discharging limits are read with either sign.
 */
import { clamp } from "../../../domain/units.ts";
import type { Roots } from "../../exi/schema.ts";
import type { iso20Common } from "../messages/iso20-common-messages.ts";
import type { iso20Dc } from "../messages/iso20-dc.ts";
import type { RationalNumber } from "../physical-values.ts";
import type { ServiceChoice } from "./contract.ts";
import { startPower, stopPower } from "./dc.ts";
import { type Protocol, type RowsOf, type SessionContext, withCode } from "./session.ts";
import { iso20States } from "./states.table.ts";
import { iso20Silence, needsMaxMs, pauseMaxS, prechargeMaxMs } from "./times.ts";
import { magnitudeOf, rational, rationalOf } from "./wire-values.ts";

type Bodies = Roots<typeof iso20Common> & Roots<typeof iso20Dc>;
type Name =
  | "SessionSetup"
  | "AuthorizationSetup"
  | "Authorization"
  | "ServiceDiscovery"
  | "ServiceDetail"
  | "ServiceSelection"
  | "DC_ChargeParameterDiscovery"
  | "ScheduleExchange"
  | "DC_CableCheck"
  | "DC_PreCharge"
  | "PowerDelivery"
  | "DC_ChargeLoop"
  | "DC_WeldingDetection"
  | "MeteringConfirmation"
  | "SessionStop";

/** Headers are the connection's: it stamps time and session on what goes out. */
type Body<K extends keyof Bodies> = Omit<Bodies[K], "Header">;
type Rows = RowsOf<{ [K in keyof Bodies & string]: Body<K> }, Name>;

const dcService = 2;
const dcBptService = 6;
const tupleId = 1;
const dayS = 86_400;
const entriesMax = 1_024;
const prechargeMaxA = 2;

/** What can be agreed on, the wanted one first: many vehicles take the first. Numbers as the fields know them. */
const parameterSets: readonly { readonly id: number; readonly dynamic: boolean; readonly needsBy: 1 | 2 }[] = [
  { id: 1, dynamic: true, needsBy: 1 },
  { id: 2, dynamic: true, needsBy: 2 },
  { id: 3, dynamic: false, needsBy: 1 },
];
const dcExtendedConnector = 2;
const unifiedChannel = 1;
const gridFollowing = 1;

const servicesOf = ({ facts }: SessionContext): number[] =>
  facts.ratings.minW < 0 ? [dcBptService, dcService] : [dcService];

const parameterList = (serviceId: number): Body<"ServiceDetailRes">["ServiceParameterList"] => ({
  ParameterSet: parameterSets.map(({ id, dynamic, needsBy }) => ({
    ParameterSetID: id,
    Parameter: [
      { Name: "Connector", intValue: dcExtendedConnector },
      { Name: "ControlMode", intValue: dynamic ? 2 : 1 },
      { Name: "MobilityNeedsMode", intValue: needsBy },
      { Name: "Pricing", intValue: 0 },
      ...(serviceId === dcBptService
        ? [
            { Name: "BPTChannel", intValue: unifiedChannel },
            { Name: "GeneratorMode", intValue: gridFollowing },
          ]
        : []),
    ],
  })),
});

/** Power that may flow now in each direction, magnitudes: the limits, narrowed around what the site wants where it decides. */
function allowed({ facts, choice }: SessionContext): { chargeW: number; dischargeW: number } {
  const chargeW = clamp(facts.maxW, 0, facts.ratings.maxW);
  const dischargeW = choice.bidirectional ? -clamp(facts.minW, facts.ratings.minW, 0) : 0;
  const { setpointW } = facts;
  if (!choice.dynamic || !Number.isFinite(setpointW)) return { chargeW, dischargeW };
  return {
    chargeW: Math.min(chargeW, Math.max(0, setpointW)),
    dischargeW: Math.min(dischargeW, Math.max(0, -setpointW)),
  };
}

const currentOf = ({ facts }: SessionContext, powerW: number): number => {
  const { maxCurrentA, maxVoltageV } = facts.ratings;
  const voltageV = facts.presentVoltageV > 1 ? facts.presentVoltageV : maxVoltageV;
  return Math.min(maxCurrentA, powerW / voltageV);
};

/** Ratings, for the parameters: later answers never exceed them. */
function announced({ facts: { ratings }, choice }: SessionContext): Body<"DC_ChargeParameterDiscoveryRes"> {
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
          EVSEMaximumDischargePower: rational(-ratings.minW),
          EVSEMinimumDischargePower: rational(0),
          EVSEMaximumDischargeCurrent: rational(ratings.maxCurrentA),
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
    EVSEMaximumDischargePower: rational(dischargeW),
    EVSEMinimumDischargePower: rational(0),
    EVSEMaximumDischargeCurrent: rational(currentOf(context, dischargeW)),
    EVSEMinimumVoltage: rational(minVoltageV),
  };
  const { dynamic, bidirectional } = context.choice;
  if (bidirectional)
    return dynamic ? { BPT_Dynamic_DC_CLResControlMode: both } : { BPT_Scheduled_DC_CLResControlMode: both };
  return dynamic ? { Dynamic_DC_CLResControlMode: charge } : { Scheduled_DC_CLResControlMode: charge };
}

function notification({ facts }: SessionContext) {
  switch (facts.wants) {
    case "charge":
      return facts.trouble === ""
        ? {}
        : ({ EVSEStatus: { NotificationMaxDelay: 0, EVSENotification: "Terminate" } } as const);
    case "stop":
      return { EVSEStatus: { NotificationMaxDelay: 0, EVSENotification: "Terminate" } } as const;
    case "pause":
      return { EVSEStatus: { NotificationMaxDelay: pauseMaxS, EVSENotification: "Pause" } } as const;
    case "renegotiate":
      return { EVSEStatus: { NotificationMaxDelay: 0, EVSENotification: "ScheduleRenegotiation" } } as const;
  }
}

interface Needs {
  readonly DepartureTime?: number | undefined;
  readonly MinimumSOC?: number | undefined;
  readonly TargetSOC?: number | undefined;
  readonly EVTargetEnergyRequest?: RationalNumber | undefined;
  readonly EVMaximumEnergyRequest?: RationalNumber | undefined;
  readonly EVMinimumEnergyRequest?: RationalNumber | undefined;
  readonly EVMinimumV2XEnergyRequest?: RationalNumber | undefined;
}

/** The vehicle's needs, if they agree with each other; otherwise what was known stays, with its age. */
function takeNeeds({ vehicle, nowMs }: SessionContext, needs: Needs): boolean {
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

interface Limits {
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

/** The vehicle's limits of this message, within its own energy window. */
function takeLimits(context: SessionContext, limits: Limits): void {
  const { vehicle, facts, choice, nowMs } = context;
  const voltageV = rationalOf(limits.EVMaximumVoltage);
  if (voltageV > 0) vehicle.maxVoltageV = voltageV;
  const atV =
    facts.presentVoltageV > 1 ? facts.presentVoltageV : Math.min(vehicle.maxVoltageV || 0, facts.ratings.maxVoltageV);
  const chargeW = lower(magnitudeOf(limits.EVMaximumChargePower), magnitudeOf(limits.EVMaximumChargeCurrent), atV);
  const dischargeW = lower(
    magnitudeOf(limits.EVMaximumDischargePower),
    magnitudeOf(limits.EVMaximumDischargeCurrent),
    atV,
  );
  if (!Number.isNaN(chargeW)) {
    vehicle.maxW = vehicle.mostWh <= 0 ? 0 : chargeW;
    vehicle.limitsAtMs = nowMs;
  }
  if (!choice.bidirectional) vehicle.minW = 0;
  else if (!Number.isNaN(dischargeW)) vehicle.minW = mayDischarge(context) ? -dischargeW : 0;
}

/**
 * Dynamic control needs the vehicle's word that something may be taken; scheduled control is asked for by its own target.
 * What it has said counts for a while: a window that is no longer told, or contradicts itself, ends discharging.
 */
const mayDischarge = ({ vehicle, choice, nowMs }: SessionContext): boolean =>
  Number.isNaN(vehicle.leastWh) ? !choice.dynamic : vehicle.leastWh < 0 && nowMs - vehicle.needsAtMs <= needsMaxMs;

const meterOf = ({ facts, choice }: SessionContext) =>
  Number.isFinite(facts.meterWh)
    ? {
        MeterInfo: {
          MeterID: facts.evseId.slice(0, 32),
          ChargedEnergyReadingWh: Math.max(0, Math.round(facts.meterWh)),
          ...(choice.bidirectional && Number.isFinite(facts.dischargedWh)
            ? { BPT_DischargedEnergyReadingWh: Math.max(0, Math.round(facts.dischargedWh)) }
            : {}),
        },
      }
    : {};

const powerSchedule = ({ facts }: SessionContext, sign: 1 | -1) => {
  const entries = (sign > 0 && facts.schedule.length > 0 ? facts.schedule : [{ startS: 0, maxW: 0 }]).slice(
    0,
    entriesMax,
  );
  const most = sign > 0 ? facts.ratings.maxW : -facts.ratings.minW;
  return {
    PowerSchedule: {
      TimeAnchor: Math.round(facts.unixS),
      PowerScheduleEntries: {
        PowerScheduleEntry: entries.map(({ startS, maxW }, i) => ({
          Duration: Math.max(1, Math.round((entries[i + 1]?.startS ?? startS + dayS) - startS)),
          Power: rational(sign > 0 && facts.schedule.length > 0 ? clamp(maxW, 0, most) : most),
        })),
      },
    },
  };
};

const scheduleOf = (context: SessionContext) =>
  context.choice.dynamic
    ? { Dynamic_SEResControlMode: {} }
    : {
        Scheduled_SEResControlMode: {
          ScheduleTuple: [
            {
              ScheduleTupleID: tupleId,
              ChargingSchedule: powerSchedule(context, 1),
              ...(context.choice.bidirectional ? { DischargingSchedule: powerSchedule(context, -1) } : {}),
            },
          ],
        },
      };

const modeKey = ({ dynamic, bidirectional }: ServiceChoice) =>
  `${bidirectional ? "BPT_" : ""}${dynamic ? "Dynamic" : "Scheduled"}_DC_CLReqControlMode` as const;

const session: Pick<
  Rows,
  "SessionSetup" | "AuthorizationSetup" | "Authorization" | "SessionStop" | "MeteringConfirmation"
> = {
  SessionSetup: {
    blank: ({ facts }) => ({ ResponseCode: "OK", EVSEID: facts.evseId }),
    serve(context, { EVCCID }) {
      context.vehicle.id = EVCCID;
      // A vehicle without a certificate is known by its identifier alone.
      if (context.joined && EVCCID !== context.paused?.vehicleId) context.joined = false;
      return { ResponseCode: context.joined ? "OK_OldSessionJoined" : "OK_NewSessionEstablished" };
    },
  },
  AuthorizationSetup: {
    blank: () => ({
      ResponseCode: "OK",
      AuthorizationServices: ["EIM"],
      CertificateInstallationService: false,
      EIM_ASResAuthorizationMode: {},
    }),
    serve: () => ({}),
  },
  Authorization: {
    blank: () => ({ ResponseCode: "OK", EVSEProcessing: "Finished" }),
    serve({ facts }, { SelectedAuthorizationService }) {
      if (facts.trouble !== "") return { ResponseCode: "FAILED" };
      if (SelectedAuthorizationService !== "EIM") return { ResponseCode: "WARNING_AuthorizationSelectionInvalid" };
      // A refused card is told at once, and the vehicle may ask again.
      if (facts.authorization === "rejected") return { ResponseCode: "WARNING_EIMAuthorizationFailure" };
      return { EVSEProcessing: facts.authorization === "accepted" ? "Finished" : "Ongoing" };
    },
  },
  MeteringConfirmation: {
    blank: () => ({ ResponseCode: "OK" }),
    // Nobody has asked for one: the table of states has it nowhere.
    serve: () => ({}),
  },
  SessionStop: {
    blank: () => ({ ResponseCode: "OK" }),
    serve: ({ state }, { ChargingSession }) =>
      ChargingSession === "Terminate" || state === "stopped" ? {} : { ResponseCode: "FAILED_PauseNotAllowed" },
  },
};

const negotiation: Pick<
  Rows,
  "ServiceDiscovery" | "ServiceDetail" | "ServiceSelection" | "DC_ChargeParameterDiscovery" | "ScheduleExchange"
> = {
  ServiceDiscovery: {
    blank: (context) => ({
      ResponseCode: "OK",
      ServiceRenegotiationSupported: true,
      EnergyTransferServiceList: {
        Service: servicesOf(context).map((ServiceID) => ({ ServiceID, FreeService: false })),
      },
    }),
    serve: () => ({}),
  },
  ServiceDetail: {
    blank: (context) => {
      const serviceId = servicesOf(context)[0]!;
      return { ResponseCode: "OK", ServiceID: serviceId, ServiceParameterList: parameterList(serviceId) };
    },
    serve: (context, { ServiceID }) =>
      servicesOf(context).includes(ServiceID)
        ? { ServiceID, ServiceParameterList: parameterList(ServiceID) }
        : { ResponseCode: "FAILED_ServiceIDInvalid" },
  },
  ServiceSelection: {
    blank: () => ({ ResponseCode: "OK" }),
    serve(context, { SelectedEnergyTransferService: { ServiceID, ParameterSetID }, SelectedVASList }) {
      if (!servicesOf(context).includes(ServiceID)) return { ResponseCode: "FAILED_NoEnergyTransferServiceSelected" };
      const set = parameterSets.find(({ id }) => id === ParameterSetID);
      if (set === undefined || SelectedVASList !== undefined) return { ResponseCode: "FAILED_ServiceSelectionInvalid" };
      context.choice = { serviceId: ServiceID, bidirectional: ServiceID === dcBptService, dynamic: set.dynamic };
      return {};
    },
  },
  DC_ChargeParameterDiscovery: {
    blank: announced,
    serve(context, request) {
      const { vehicle, choice, facts } = context;
      const both = request.BPT_DC_CPDReqEnergyTransferMode;
      const mode = choice.bidirectional ? both : request.DC_CPDReqEnergyTransferMode;
      if (mode === undefined || (both !== undefined) !== choice.bidirectional)
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
  ScheduleExchange: {
    blank: (context) => ({ ResponseCode: "OK", EVSEProcessing: "Finished", ...scheduleOf(context) }),
    serve(context, { Dynamic_SEReqControlMode, Scheduled_SEReqControlMode }) {
      const needs = context.choice.dynamic ? Dynamic_SEReqControlMode : Scheduled_SEReqControlMode;
      if (needs === undefined) return { ResponseCode: "FAILED" };
      if (!takeNeeds(context, needs)) return { ResponseCode: "FAILED_WrongChargeParameter" };
      const waits = context.state === "schedule" && context.facts.maxW <= 0 && context.facts.minW >= 0;
      return { EVSEProcessing: waits ? "Ongoing" : "Finished" };
    },
  },
};

const power: Pick<Rows, "DC_CableCheck" | "DC_PreCharge" | "PowerDelivery" | "DC_ChargeLoop" | "DC_WeldingDetection"> =
  {
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
    PowerDelivery: {
      blank: () => ({ ResponseCode: "OK" }),
      serve(context, { ChargeProgress, EVProcessing, EVPowerProfile }) {
        if (ChargeProgress === "Standby") return { ResponseCode: "WARNING_StandbyNotAllowed" };
        if (ChargeProgress === "Stop") return withCode(stopPower(context));
        if (ChargeProgress === "ScheduleRenegotiation" || EVProcessing !== "Finished") return {};
        const chosen = EVPowerProfile?.Scheduled_EVPPTControlMode?.SelectedScheduleTupleID;
        if (!context.choice.dynamic && chosen !== undefined && chosen !== tupleId)
          return { ResponseCode: "FAILED_ScheduleSelectionInvalid" };
        return withCode(startPower(context));
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
  const mode = request[modeKey(choice)];
  if (mode === undefined) return { ResponseCode: "FAILED" };
  const shown = request.DisplayParameters;
  if (shown?.PresentSOC !== undefined) vehicle.socPct = shown.PresentSOC;
  if (shown?.MinimumSOC !== undefined) vehicle.minSocPct = shown.MinimumSOC;
  if (shown?.BatteryEnergyCapacity !== undefined) vehicle.capacityWh = rationalOf(shown.BatteryEnergyCapacity);
  vehicle.complete = shown?.ChargingComplete === true;
  vehicle.ready = true;
  const given = mode as Needs &
    Limits & { readonly EVTargetCurrent?: RationalNumber; readonly EVTargetVoltage?: RationalNumber };
  if (given.EVTargetEnergyRequest !== undefined) takeNeeds(context, given);
  takeLimits(context, given);
  const first = !context.charged;
  context.charged = true;
  const { chargeW, dischargeW } = allowed(context);
  const mostV = Math.min(facts.ratings.maxVoltageV, vehicle.maxVoltageV || facts.ratings.maxVoltageV);
  const stops = facts.trouble !== "" || facts.wants === "stop" || facts.wants === "pause";
  if (choice.dynamic) {
    order.voltageV = mostV;
    order.currentA = stops ? 0 : Number.NaN;
  } else {
    const wantedA = rationalOf(given.EVTargetCurrent);
    vehicle.targetCurrentA = vehicle.minW < 0 ? wantedA : Math.max(0, wantedA);
    vehicle.targetVoltageV = rationalOf(given.EVTargetVoltage);
    order.voltageV = Math.min(vehicle.targetVoltageV, mostV);
    order.currentA = stops ? 0 : vehicle.targetCurrentA;
  }
  const askedA = choice.dynamic ? 0 : vehicle.targetCurrentA;
  return {
    EVSEPowerLimitAchieved: askedA > currentOf(context, chargeW) || -askedA > currentOf(context, dischargeW),
    EVSECurrentLimitAchieved: Math.abs(askedA) >= facts.ratings.maxCurrentA,
    EVSEVoltageLimitAchieved: order.voltageV >= mostV,
    ...(request.MeterInfoRequested || first ? meterOf(context) : {}),
  };
}

/** The protocol as `createSession` drives it. */
export const iso20Protocol: Protocol = {
  name: "ISO 15118-20",
  states: iso20States,
  requests: { ...session, ...negotiation, ...power } as unknown as Protocol["requests"],
  times: iso20Silence,
  loops: ["loop"],
  isProcessing(_, request, answer) {
    // The vehicle's own processing counts where the field is its own.
    const own = request["EVProcessing"];
    return own === undefined ? String(answer["EVSEProcessing"] ?? "Finished") !== "Finished" : own !== "Finished";
  },
  powerOf(name, request) {
    if (name !== "PowerDelivery") return "";
    const progress = request["ChargeProgress"];
    return progress === "Start" ? "+" : progress === "ScheduleRenegotiation" ? "~" : "-";
  },
};

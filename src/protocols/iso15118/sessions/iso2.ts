/** ISO 15118-2 on the charger's side: AC and DC, paid outside the vehicle or by its contract; pause and resume; renegotiation. */
import { clamp } from "../../../domain/units.ts";
import type { Roots } from "../../exi/schema.ts";
import type { iso2 } from "../messages/iso2.ts";
import { phasesOf, startAc } from "./ac.ts";
import type { ScheduleEntry } from "./contract.ts";
import {
  cableCheck,
  chargeParameters,
  currentDemand,
  dcStatus,
  maximumLimits,
  precharge,
  startPower,
  stopPower,
  takeParameters,
  takeStatus,
} from "./dc.ts";
import {
  certificateService,
  certificateServiceId,
  contractAuthorization,
  contractRows,
  paymentOptions,
  proveContract,
  serviceList,
} from "./iso2-contract.ts";
import { acStatus, isDc, statusOf } from "./iso2-status.ts";
import { asksReceipt } from "./receipts.ts";
import { awaitsSchedule, choose, chosenId, offeredSchedules } from "./schedules.ts";
import { chargerProcesses, type Protocol, type RowsOf, type SessionContext, withCode } from "./session.ts";
import { iso2States } from "./states.table.ts";
import { acContactorMaxMs, iso2ContactorMaxMs, silence } from "./times.ts";
import { hexOf, numberOf, physical } from "./wire-values.ts";

type Bodies = Roots<typeof iso2>;
type Name =
  | "SessionSetup"
  | "ServiceDiscovery"
  | "ServiceDetail"
  | "PaymentServiceSelection"
  | "Authorization"
  | "ChargeParameterDiscovery"
  | "CableCheck"
  | "PreCharge"
  | "PowerDelivery"
  | "ChargingStatus"
  | "CurrentDemand"
  | "WeldingDetection"
  | "SessionStop";

type Rows = RowsOf<Bodies, Name> & typeof contractRows;

const chargeServiceId = 1;
const entriesMax = 24;
/** A schedule covers the departure, or a day. */
const dayS = 86_400;
const sequenceError = { ResponseCode: "FAILED_SequenceError" } as const;

/** Current of each phase that is allowed now, A. */
const acMaxA = (context: SessionContext): number => {
  const { facts } = context;
  const maxA = clamp(facts.maxW / (facts.nominalV * phasesOf(context)), 0, facts.ratings.maxCurrentA);
  return maxA < context.quirks.minimumCurrentA ? 0 : maxA;
};

const parametersOf = (context: SessionContext) =>
  isDc(context)
    ? { DC_EVSEChargeParameter: chargeParameters(context) }
    : {
        AC_EVSEChargeParameter: {
          AC_EVSEStatus: acStatus(context),
          EVSENominalVoltage: physical(context.facts.nominalV, "V"),
          EVSEMaxCurrent: physical(
            Math.max(acMaxA(context), context.quirks.leastOfferW / (context.facts.nominalV * phasesOf(context))),
            "A",
          ),
        },
      };

const scheduleOf = ({ facts }: SessionContext) => ({
  SAScheduleTuple: offeredSchedules(facts).map(({ id, entries: all }) => {
    const entries = all.slice(0, entriesMax);
    return {
      SAScheduleTupleID: id,
      PMaxSchedule: {
        PMaxScheduleEntry: entries.map(({ startS, maxW }, i) => ({
          RelativeTimeInterval: i === entries.length - 1 ? { start: startS, duration: dayS } : { start: startS },
          PMax: physical(Math.max(0, maxW), "W"),
        })),
      },
    };
  }),
});

const choiceErrors = { unknown: "FAILED_TariffSelectionInvalid", beyond: "FAILED_ChargingProfileInvalid" } as const;

/** The vehicle's own profile within the schedule that it has taken. */
const profileOf = ({ ChargingProfile }: Bodies["PowerDeliveryReq"]): ScheduleEntry[] =>
  (ChargingProfile?.ProfileEntry ?? []).map(({ ChargingProfileEntryStart, ChargingProfileEntryMaxPower }) => ({
    startS: ChargingProfileEntryStart,
    maxW: numberOf(ChargingProfileEntryMaxPower),
  }));

const modesOf = ({
  facts,
}: SessionContext): ("DC_extended" | "DC_core" | "AC_three_phase_core" | "AC_single_phase_core")[] =>
  facts.connector === "dc"
    ? ["DC_extended", "DC_core"]
    : facts.connector === "ac3"
      ? ["AC_three_phase_core", "AC_single_phase_core"]
      : ["AC_single_phase_core"];

const meterOf = ({ facts }: SessionContext) =>
  Number.isFinite(facts.meterWh)
    ? {
        MeterInfo: { MeterID: facts.evseId.slice(0, 32), MeterReading: BigInt(Math.max(0, Math.round(facts.meterWh))) },
      }
    : {};

const rows: Rows = {
  ...contractRows,
  SessionSetup: {
    blank: ({ facts }) => ({ ResponseCode: "OK", EVSEID: facts.evseId.slice(0, 37).padEnd(7, "0") }),
    serve(context, { EVCCID }) {
      context.vehicle.id = hexOf(EVCCID);
      // Bound to the vehicle as well: another one that sends this number is not the one that paused.
      if (context.joined && context.vehicle.id !== context.paused?.vehicleId) context.joined = false;
      return { ResponseCode: context.joined ? "OK_OldSessionJoined" : "OK_NewSessionEstablished" };
    },
  },
  ServiceDiscovery: {
    blank: (context) => ({
      ResponseCode: "OK",
      PaymentOptionList: { PaymentOption: paymentOptions(context) },
      ChargeService: {
        ServiceID: chargeServiceId,
        ServiceCategory: "EVCharging",
        FreeService: false,
        SupportedEnergyTransferMode: { EnergyTransferMode: modesOf(context) },
      },
      ...serviceList(context),
    }),
    serve: () => ({}),
  },
  ServiceDetail: {
    blank: () => ({ ResponseCode: "OK", ServiceID: chargeServiceId }),
    serve({ contract }, { ServiceID }) {
      if (ServiceID === certificateServiceId && contract.desk?.provisions) return certificateService;
      return ServiceID === chargeServiceId ? {} : { ResponseCode: "FAILED_ServiceIDInvalid" };
    },
  },
  PaymentServiceSelection: {
    blank: () => ({ ResponseCode: "OK" }),
    serve(context, { SelectedPaymentOption, SelectedServiceList: { SelectedService } }) {
      const { contract } = context;
      if (!paymentOptions(context).includes(SelectedPaymentOption))
        return { ResponseCode: "FAILED_PaymentSelectionInvalid" };
      if (!SelectedService.some(({ ServiceID }) => ServiceID === chargeServiceId))
        return { ResponseCode: "FAILED_NoChargeServiceSelected" };
      const further = SelectedService.filter(({ ServiceID }) => ServiceID !== chargeServiceId);
      contract.chosen = SelectedPaymentOption === "Contract";
      contract.provisions = further.some(({ ServiceID }) => ServiceID === certificateServiceId);
      const offered = contract.desk?.provisions === true;
      return further.every(({ ServiceID }) => ServiceID === certificateServiceId && offered)
        ? {}
        : { ResponseCode: "FAILED_ServiceSelectionInvalid" };
    },
  },
  Authorization: {
    blank: () => ({ ResponseCode: "OK", EVSEProcessing: "Finished" }),
    serve(context, request) {
      const { facts, contract } = context;
      if (facts.trouble !== "") return { ResponseCode: "FAILED" };
      if (contract.chosen) {
        const code = proveContract(context, request);
        if (code !== "OK") return { ResponseCode: code };
        return contractAuthorization(context);
      }
      // A resumed session is still authorised; a rejected card may be followed by another one.
      const accepted = facts.authorization === "accepted" || context.joined;
      return { EVSEProcessing: accepted ? "Finished" : "Ongoing_WaitingForCustomerInteraction" };
    },
  },
  ChargeParameterDiscovery: {
    blank: (context) => ({
      ResponseCode: "OK",
      EVSEProcessing: "Finished",
      SAScheduleList: scheduleOf(context),
      ...parametersOf(context),
    }),
    serve(context, request) {
      const { vehicle, facts, nowMs } = context;
      const modes: readonly string[] = modesOf(context);
      if (!modes.includes(request.RequestedEnergyTransferMode))
        return { ResponseCode: "FAILED_WrongEnergyTransferMode" };
      const dc = request.DC_EVChargeParameter;
      const ac = request.AC_EVChargeParameter;
      const departureS = (dc ?? ac)?.DepartureTime;
      vehicle.departureAtMs = departureS === undefined || departureS === 0 ? Number.NaN : nowMs + departureS * 1000;
      const mayBegin = facts.maxW > 0 || context.quirks.leastOfferW > 0;
      const processing = mayBegin && !awaitsSchedule(context) ? "Finished" : "Ongoing";
      if (isDc(context))
        return dc === undefined
          ? { ResponseCode: "FAILED_WrongChargeParameter" }
          : { ResponseCode: takeParameters(context, dc), EVSEProcessing: processing };
      const currentA = numberOf(ac?.EVMaxCurrent);
      const leastA = numberOf(ac?.EVMinCurrent);
      if (ac === undefined || !(currentA >= 0) || !(leastA >= 0))
        return { ResponseCode: "FAILED_WrongChargeParameter" };
      vehicle.maxCurrentA = currentA;
      vehicle.minCurrentA = leastA;
      const phases = request.RequestedEnergyTransferMode === "AC_three_phase_core" ? 3 : 1;
      vehicle.leastChargeW = leastA <= currentA ? leastA * facts.nominalV * phases : 0;
      vehicle.maxVoltageV = numberOf(ac.EVMaxVoltage);
      vehicle.maxW = currentA * facts.nominalV * phases;
      vehicle.minW = 0;
      vehicle.targetWh = numberOf(ac.EAmount);
      vehicle.limitsAtMs = nowMs;
      vehicle.needsAtMs = nowMs;
      return { EVSEProcessing: processing };
    },
  },
  CableCheck: {
    blank: (context) => ({ ResponseCode: "OK", DC_EVSEStatus: dcStatus(context), EVSEProcessing: "Finished" }),
    serve: (context, { DC_EVStatus }) => (isDc(context) ? cableCheck(context, DC_EVStatus) : sequenceError),
  },
  PreCharge: {
    blank: (context) => ({
      ResponseCode: "OK",
      DC_EVSEStatus: dcStatus(context),
      EVSEPresentVoltage: physical(context.facts.presentVoltageV, "V"),
    }),
    serve: (context, { DC_EVStatus, EVTargetVoltage, EVTargetCurrent }) =>
      precharge(context, DC_EVStatus, numberOf(EVTargetVoltage), numberOf(EVTargetCurrent)),
  },
  PowerDelivery: {
    blank: (context) => ({ ResponseCode: "OK", ...statusOf(context) }),
    serve(context, request) {
      const { ChargeProgress, SAScheduleTupleID } = request;
      const { order, state } = context;
      if (ChargeProgress === "Stop") return withCode(stopPower(context, iso2ContactorMaxMs));
      if (ChargeProgress === "Renegotiate") {
        // DC goes through cable check and precharge again, with the output off and contactors open; some vehicles don't.
        return isDc(context) && !context.quirks.keepsPowerInRenegotiation
          ? withCode(stopPower(context, iso2ContactorMaxMs))
          : { ResponseCode: "OK" };
      }
      const wrong = choose(context, SAScheduleTupleID, profileOf(request));
      if (wrong !== "") return { ResponseCode: choiceErrors[wrong] };
      if (!isDc(context)) return withCode(startAc(context, acContactorMaxMs));
      return state === "ready" && order.phase !== "energy"
        ? sequenceError
        : withCode(startPower(context, iso2ContactorMaxMs));
    },
  },
  ChargingStatus: {
    blank: (context) => ({
      ResponseCode: "OK",
      EVSEID: context.facts.evseId.slice(0, 37).padEnd(7, "0"),
      SAScheduleTupleID: chosenId(context),
      EVSEMaxCurrent: physical(acMaxA(context), "A"),
      ReceiptRequired: false,
      AC_EVSEStatus: acStatus(context),
    }),
    serve(context) {
      if (context.contract.asked !== undefined) return sequenceError;
      context.charged = true;
      context.vehicle.needsAtMs = context.nowMs;
      return { ReceiptRequired: asksReceipt(context), ...meterOf(context) };
    },
  },
  CurrentDemand: {
    blank: (context) => ({
      ResponseCode: "OK",
      DC_EVSEStatus: dcStatus(context),
      EVSEPresentVoltage: physical(context.facts.presentVoltageV, "V"),
      EVSEPresentCurrent: physical(context.facts.presentCurrentA, "A"),
      EVSECurrentLimitAchieved: false,
      EVSEVoltageLimitAchieved: false,
      EVSEPowerLimitAchieved: false,
      ...maximumLimits(context),
      EVSEID: context.facts.evseId.slice(0, 37).padEnd(7, "0"),
      SAScheduleTupleID: chosenId(context),
      ReceiptRequired: false,
    }),
    serve(context, request) {
      // A receipt that was asked for comes first.
      if (context.contract.asked !== undefined) return sequenceError;
      return {
        ...currentDemand(context, request),
        ReceiptRequired: asksReceipt(context),
        ...meterOf(context),
      };
    },
  },
  WeldingDetection: {
    blank: (context) => ({
      ResponseCode: "OK",
      DC_EVSEStatus: dcStatus(context),
      EVSEPresentVoltage: physical(context.facts.presentVoltageV, "V"),
    }),
    serve(context, { DC_EVStatus }) {
      if (!isDc(context)) return sequenceError;
      takeStatus(context, DC_EVStatus);
      return {};
    },
  },
  SessionStop: {
    blank: () => ({ ResponseCode: "OK" }),
    // Only a session that has come to rest can be paused.
    serve: ({ state }, { ChargingSession }) =>
      ChargingSession === "Pause" && state !== "stopped" ? { ResponseCode: "FAILED" } : {},
  },
};

/** The protocol as `createSession` drives it. */
export const iso2Protocol: Protocol = {
  name: "ISO 15118-2",
  states: iso2States,
  requests: rows as unknown as Protocol["requests"],
  times: silence,
  isProcessing: chargerProcesses,
  loops: ["loopAc", "loopDc"],
  // A DC vehicle that keeps its power through a renegotiation starts again without a precharge.
  instead: (context, next) => (next === "loopAc" && isDc(context) ? "loopDc" : next),
  powerOf(name, request) {
    if (name !== "PowerDelivery") return "";
    const progress = request["ChargeProgress"];
    return progress === "Start" ? "+" : progress === "Stop" ? "-" : "~";
  },
};

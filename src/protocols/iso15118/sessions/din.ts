/** DIN SPEC 70121 on the charger's side: DC, paid outside the vehicle. */
import type { Roots } from "../../exi/schema.ts";
import type { din } from "../messages/din.ts";
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
import { offeredSchedules } from "./schedules.ts";
import { chargerProcesses, type Protocol, type RowsOf, type SessionContext, withCode } from "./session.ts";
import { dinStates } from "./states.table.ts";
import { silence } from "./times.ts";
import { asciiBytes, hexOf, numberOf, physical } from "./wire-values.ts";

type Bodies = Roots<typeof din>;
type Name =
  | "SessionSetup"
  | "ServiceDiscovery"
  | "ServicePaymentSelection"
  | "ContractAuthentication"
  | "ChargeParameterDiscovery"
  | "CableCheck"
  | "PreCharge"
  | "PowerDelivery"
  | "CurrentDemand"
  | "WeldingDetection"
  | "SessionStop";

type Rows = RowsOf<Bodies, Name>;

const evseIdBytesMax = 32;
const chargeServiceId = 1;
const tupleId = 1;
/** More does not fit the field: larger chargers say this. */
const pMaxW = 32_767;
const entriesMax = 24;

const scheduleOf = ({ facts }: SessionContext) => ({
  SAScheduleTuple: offeredSchedules(facts).map(({ id, entries }) => ({
    SAScheduleTupleID: id,
    PMaxSchedule: {
      PMaxScheduleID: id,
      PMaxScheduleEntry: entries.slice(0, entriesMax).map(({ startS, maxW }) => ({
        RelativeTimeInterval: { start: startS },
        PMax: Math.max(0, Math.min(pMaxW, Math.floor(maxW))),
      })),
    },
  })),
});

const rows: Rows = {
  SessionSetup: {
    blank: ({ facts }) => ({ ResponseCode: "OK", EVSEID: asciiBytes(facts.evseId, evseIdBytesMax) }),
    serve(context, { EVCCID }) {
      context.vehicle.id = hexOf(EVCCID);
      // This protocol knows no resuming.
      context.joined = false;
      return { ResponseCode: "OK_NewSessionEstablished" };
    },
  },
  ServiceDiscovery: {
    blank: () => ({
      ResponseCode: "OK",
      PaymentOptions: { PaymentOption: ["ExternalPayment"] },
      ChargeService: {
        ServiceTag: { ServiceID: chargeServiceId, ServiceCategory: "EVCharging" },
        FreeService: false,
        EnergyTransferType: "DC_extended",
      },
    }),
    serve: () => ({}),
  },
  ServicePaymentSelection: {
    blank: () => ({ ResponseCode: "OK" }),
    serve(_, { SelectedPaymentOption, SelectedServiceList: { SelectedService } }) {
      if (SelectedPaymentOption !== "ExternalPayment") return { ResponseCode: "FAILED_PaymentSelectionInvalid" };
      const [service] = SelectedService;
      return service?.ServiceID === chargeServiceId && SelectedService.length === 1
        ? {}
        : { ResponseCode: "FAILED_ServiceSelectionInvalid" };
    },
  },
  ContractAuthentication: {
    blank: () => ({ ResponseCode: "OK", EVSEProcessing: "Finished" }),
    serve({ facts }) {
      if (facts.authorization === "rejected" || facts.trouble !== "") return { ResponseCode: "FAILED" };
      return { EVSEProcessing: facts.authorization === "accepted" ? "Finished" : "Ongoing" };
    },
  },
  ChargeParameterDiscovery: {
    blank: (context) => ({
      ResponseCode: "OK",
      EVSEProcessing: "Finished",
      SAScheduleList: scheduleOf(context),
      DC_EVSEChargeParameter: chargeParameters(context),
    }),
    serve(context, request) {
      const given = request.DC_EVChargeParameter;
      if (!request.EVRequestedEnergyTransferType.startsWith("DC") || given === undefined)
        return { ResponseCode: "FAILED_WrongEnergyTransferType" };
      const ResponseCode = takeParameters(context, given);
      // No power just now: vehicles dislike a limit of nothing, and wait while this is being processed.
      return {
        ResponseCode,
        EVSEProcessing: context.facts.maxW > 0 || context.quirks.leastOfferW > 0 ? "Finished" : "Ongoing",
      };
    },
  },
  CableCheck: {
    blank: (context) => ({ ResponseCode: "OK", DC_EVSEStatus: dcStatus(context), EVSEProcessing: "Finished" }),
    serve: (context, { DC_EVStatus }) => cableCheck(context, DC_EVStatus),
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
    blank: (context) => ({ ResponseCode: "OK", DC_EVSEStatus: dcStatus(context) }),
    serve(context, { ReadyToChargeState, ChargingProfile }) {
      if (!ReadyToChargeState) return withCode(stopPower(context));
      if (ChargingProfile !== undefined && ChargingProfile.SAScheduleTupleID !== tupleId)
        return { ResponseCode: "FAILED_TariffSelectionInvalid" };
      return withCode(startPower(context));
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
    }),
    serve: (context, request) => currentDemand(context, request),
  },
  WeldingDetection: {
    blank: (context) => ({
      ResponseCode: "OK",
      DC_EVSEStatus: dcStatus(context),
      EVSEPresentVoltage: physical(context.facts.presentVoltageV, "V"),
    }),
    serve(context, { DC_EVStatus }) {
      takeStatus(context, DC_EVStatus);
      return {};
    },
  },
  SessionStop: {
    blank: () => ({ ResponseCode: "OK" }),
    serve: () => ({}),
  },
};

/** The protocol as `createSession` drives it. */
export const dinProtocol: Protocol = {
  name: "DIN SPEC 70121",
  states: dinStates,
  requests: rows as unknown as Protocol["requests"],
  times: silence,
  isProcessing: chargerProcesses,
  loops: ["loop"],
  powerOf: (name, request) => (name !== "PowerDelivery" ? "" : request["ReadyToChargeState"] === true ? "+" : "-"),
};

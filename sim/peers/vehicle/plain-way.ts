/** The way of a vehicle of DIN SPEC 70121 or ISO 15118-2: they differ in names before the cable check, and in how power is switched. */
import type { SchemaSet } from "../../../src/protocols/exi/schema.ts";
import { iso2 } from "../../../src/protocols/iso15118/messages/iso2.ts";
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";
import { bytesOfHex } from "../../../src/protocols/iso15118/sessions/wire-values.ts";
import {
  physical,
  type Step,
  signatureOf,
  step,
  usualBattery,
  type VehicleBattery,
  type VehicleContract,
  type VehicleOptions,
  type Way,
} from "./steps.ts";

const statusOf = ({ battery = usualBattery }: VehicleOptions) => ({
  EVReady: true,
  EVErrorCode: "NO_ERROR",
  EVRESSSOC: Math.round(battery.socPct),
});
/** Six octets, administered by nobody, from the end of its identifier. */
const macOf = ({ id }: VehicleBattery): Uint8Array =>
  Uint8Array.from({ length: 6 }, (_, i) => (i === 0 ? 2 : id.charCodeAt(id.length - 6 + i) & 0xff));
const acVoltageV = 400;

export function plainWay(options: VehicleOptions): Way {
  const { protocol, energy, currentA } = options;
  const din = protocol === "DIN SPEC 70121";
  const power =
    (on: boolean): Step["body"] =>
    (answers) => ({
      ...(din ? { ReadyToChargeState: on } : powerDelivery(answers, on, options.takesSchedule ?? 1)),
      // Optional by the schema; vehicles send it, and one public charger (EcoG-io/iso15118 0.31.2) breaks off without.
      ...(energy === "ac"
        ? {}
        : { DC_EVPowerDeliveryParameter: { DC_EVStatus: statusOf(options), ChargingComplete: !on } }),
    });
  const begin = [
    step("SessionSetup", { EVCCID: macOf(options.battery ?? usualBattery) }),
    step("ServiceDiscovery", {}),
    ...(options.contract === undefined ? cardSteps(din) : contractSteps(options.contract)),
  ];
  const end = step("SessionStop", din ? {} : { ChargingSession: options.pauses ? "Pause" : "Terminate" });
  if (energy === "ac") {
    const limits = {
      EAmount: physical(10_000, "Wh"),
      EVMaxVoltage: physical(acVoltageV, "V"),
      EVMaxCurrent: physical(currentA, "A"),
      EVMinCurrent: physical(6, "A"),
    };
    const asked = { RequestedEnergyTransferMode: "AC_three_phase_core", AC_EVChargeParameter: limits };
    return {
      before: [...begin, step("ChargeParameterDiscovery", asked), step("PowerDelivery", power(true))],
      loop: step("ChargingStatus", {}),
      after: [step("PowerDelivery", power(false)), end],
    };
  }
  return {
    ...dcWay(options, power),
    before: [...begin, ...dcWay(options, power).before],
    after: [...dcWay(options, power).after, end],
  };
}

const selection = (option: "Contract" | "ExternalPayment", ...more: readonly Fields[]): Fields => ({
  SelectedPaymentOption: option,
  SelectedServiceList: { SelectedService: [{ ServiceID: 1 }, ...more] },
});

const cardSteps = (din: boolean): Step[] => [
  step(din ? "ServicePaymentSelection" : "PaymentServiceSelection", selection("ExternalPayment")),
  step(din ? "ContractAuthentication" : "Authorization", {}),
];

const set = iso2 as unknown as SchemaSet;
const certificateServiceId = 2;

/** A contract's way: perhaps a certificate first, then its chain, then the challenge, signed. */
function contractSteps({ emaid, certificate, between, key, provisioning, grammar }: VehicleContract): Step[] {
  const installs = provisioning === undefined ? [] : [{ ServiceID: certificateServiceId, ParameterSetID: 1 }];
  const chain = {
    Certificate: certificate,
    ...(between.length === 0 ? {} : { SubCertificates: { Certificate: between } }),
  };
  return [
    ...(provisioning === undefined ? [] : [step("ServiceDetail", { ServiceID: certificateServiceId })]),
    step("PaymentServiceSelection", selection("Contract", ...installs)),
    ...(provisioning === undefined
      ? []
      : [
          step(
            "CertificateInstallation",
            {
              Id: "id1",
              OEMProvisioningCert: provisioning.certificate,
              ListOfRootCertificateIDs: {
                RootCertificateID: [{ X509IssuerName: "CN=V2G root", X509SerialNumber: 1n }],
              },
            },
            (body) => signatureOf({ key: provisioning.key, grammar }, set, "CertificateInstallationReq", body),
          ),
        ]),
    step("PaymentDetails", { eMAID: emaid, ContractSignatureCertChain: chain }),
    step(
      "Authorization",
      (answers) => ({ Id: "id1", GenChallenge: answers.get("PaymentDetails")?.["GenChallenge"] }),
      (body) => signatureOf({ key, grammar }, set, "AuthorizationReq", body),
    ),
  ];
}

/** The receipt for the reading that the charger has just sent. */
export const receiptStep = ({ key, grammar }: VehicleContract, answered: Fields): Step =>
  step(
    "MeteringReceipt",
    (_, sessionId) => ({
      Id: "id1",
      SessionID: bytesOfHex(sessionId),
      SAScheduleTupleID: 1,
      MeterInfo: answered["MeterInfo"],
    }),
    (body) => signatureOf({ key, grammar }, set, "MeteringReceiptReq", body),
  );

/** It takes a schedule as it was offered, and says that it will keep to it. */
function powerDelivery(answers: ReadonlyMap<string, Fields>, on: boolean, SAScheduleTupleID: number): Fields {
  const list = answers.get("ChargeParameterDiscovery")?.["SAScheduleList"] as OfferedSchedules | undefined;
  const tuple = list?.SAScheduleTuple.find((one) => one.SAScheduleTupleID === SAScheduleTupleID);
  const ProfileEntry = tuple?.PMaxSchedule.PMaxScheduleEntry.map(({ RelativeTimeInterval, PMax }) => ({
    ChargingProfileEntryStart: RelativeTimeInterval?.start ?? 0,
    ChargingProfileEntryMaxPower: PMax,
  }));
  return {
    ChargeProgress: on ? "Start" : "Stop",
    SAScheduleTupleID,
    ...(on && ProfileEntry !== undefined && { ChargingProfile: { ProfileEntry } }),
  };
}

interface OfferedSchedules {
  readonly SAScheduleTuple: readonly {
    readonly SAScheduleTupleID: number;
    readonly PMaxSchedule: {
      readonly PMaxScheduleEntry: readonly {
        readonly RelativeTimeInterval?: { readonly start: number };
        readonly PMax: Fields;
      }[];
    };
  }[];
}

function dcWay(options: VehicleOptions, power: (on: boolean) => Step["body"]): Way {
  const { protocol, voltageV, currentA } = options;
  const status = () => ({ DC_EVStatus: statusOf(options) });
  const din = protocol === "DIN SPEC 70121";
  const limits = {
    ...status(),
    EVMaximumCurrentLimit: physical(200, "A"),
    EVMaximumVoltageLimit: physical(voltageV + 50, "V"),
  };
  const mode = { [din ? "EVRequestedEnergyTransferType" : "RequestedEnergyTransferMode"]: "DC_extended" };
  const target = { EVTargetVoltage: physical(voltageV, "V"), EVTargetCurrent: physical(1, "A") };
  return {
    before: [
      step("ChargeParameterDiscovery", { ...mode, DC_EVChargeParameter: limits }),
      step("CableCheck", status),
      step("PreCharge", () => ({ ...status(), ...target })),
      step("PowerDelivery", power(true)),
    ],
    loop: step("CurrentDemand", () => ({
      ...status(),
      ...target,
      EVTargetCurrent: physical(currentA, "A"),
      ChargingComplete: false,
    })),
    after: [step("PowerDelivery", power(false)), step("WeldingDetection", status)],
  };
}

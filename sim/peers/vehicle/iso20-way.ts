/** The way of a vehicle of ISO 15118-20, AC or DC, in one or in both directions, with the charger deciding or the vehicle. */
import type { SchemaSet } from "../../../src/protocols/exi/schema.ts";
import { iso20Common } from "../../../src/protocols/iso15118/messages/iso20-common-messages.ts";
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";
import { bytesOfHex } from "../../../src/protocols/iso15118/sessions/wire-values.ts";
import {
  rational,
  type Step,
  signatureOf,
  step,
  usualBattery,
  type VehicleBattery,
  type VehicleContract,
  type VehicleOptions,
  type Way,
} from "./steps.ts";

/** Energy from its charge now to one in percent, Wh. */
const energyTo = ({ capacityWh, socPct }: VehicleBattery, pct: number) => rational((capacityWh * (pct - socPct)) / 100);
const needsOf = (battery: VehicleBattery) => ({
  EVTargetEnergyRequest: energyTo(battery, battery.targetPct),
  EVMaximumEnergyRequest: energyTo(battery, 100),
  EVMinimumEnergyRequest: energyTo(battery, battery.minPct),
});
const acChargeW = 11_000;
const dcChargeW = 30_000;
const acDischargeW = 7_000;

/** The parameter set that the vehicle takes: the first with its way of control, of those that the charger has offered. */
function parameterSet(answers: ReadonlyMap<string, Fields>, scheduled: boolean): number {
  const list = answers.get("ServiceDetail")?.["ServiceParameterList"] as
    | { readonly ParameterSet: readonly { ParameterSetID: number; Parameter: readonly Fields[] }[] }
    | undefined;
  const controls = (parameters: readonly Fields[]) =>
    parameters.find(({ Name }) => Name === "ControlMode")?.["intValue"];
  const wanted = list?.ParameterSet.find(({ Parameter }) => controls(Parameter) === (scheduled ? 1 : 2));
  return wanted?.ParameterSetID ?? 1;
}

/** Power that the charger asks an AC vehicle for in its last answer, W. */
function askedW(answers: ReadonlyMap<string, Fields>): number {
  const answer = answers.get("AC_ChargeLoop") ?? {};
  const mode = Object.entries(answer).find(([name]) => name.endsWith("_CLResControlMode"))?.[1] as Fields | undefined;
  const target = mode?.["EVSETargetActivePower"] as { Exponent: number; Value: number } | undefined;
  return target === undefined ? 0 : target.Value * 10 ** target.Exponent;
}

const card = step("Authorization", { SelectedAuthorizationService: "EIM", EIM_AReqAuthorizationMode: {} });
const set = iso20Common as unknown as SchemaSet;

/** Perhaps a certificate first; then the contract with the challenge, signed. */
function contractSteps({ certificate, between, key, provisioning, grammar }: VehicleContract): Step[] {
  const installs =
    provisioning === undefined
      ? []
      : [
          step(
            "CertificateInstallation",
            {
              OEMProvisioningCertificateChain: { Id: "id1", Certificate: provisioning.certificate },
              ListOfRootCertificateIDs: {
                RootCertificateID: [{ X509IssuerName: "CN=V2G root", X509SerialNumber: 1n }],
              },
              MaximumContractCertificateChains: 1,
            },
            (body) => {
              const chain = body["OEMProvisioningCertificateChain"] as Fields;
              return signatureOf({ key: provisioning.key, grammar }, set, "OEMProvisioningCertificateChain", chain);
            },
          ),
        ];
  return [
    ...installs,
    step(
      "Authorization",
      (answers) => {
        const offered = answers.get("AuthorizationSetup")?.["PnC_ASResAuthorizationMode"] as Fields | undefined;
        return {
          SelectedAuthorizationService: "PnC",
          PnC_AReqAuthorizationMode: {
            Id: "id1",
            GenChallenge: offered?.["GenChallenge"] ?? new Uint8Array(16),
            ContractCertificateChain: { Certificate: certificate, SubCertificates: { Certificate: between } },
          },
        };
      },
      (body) =>
        signatureOf({ key, grammar }, set, "PnC_AReqAuthorizationMode", body["PnC_AReqAuthorizationMode"] as Fields),
    ),
  ];
}

/** The signed reading that the charger has just asked for. */
export const confirmationStep = ({ key, grammar }: VehicleContract, answered: Fields): Step =>
  step(
    "MeteringConfirmation",
    (_, sessionId) => ({
      SignedMeteringData: {
        Id: "id1",
        SessionID: bytesOfHex(sessionId),
        MeterInfo: answered["MeterInfo"],
        Dynamic_SMDTControlMode: {},
      },
    }),
    (body) => signatureOf({ key, grammar }, set, "SignedMeteringData", body["SignedMeteringData"] as Fields),
  );

/** Numbers of services, in one direction and in both. */
const services = { ac: { one: 1, both: 5 }, dc: { one: 2, both: 6 }, mcs: { one: 8, both: 9 } } as const;

export function iso20Way(options: VehicleOptions): Way {
  const { bidirectional, energy, scheduled = false } = options;
  const ac = energy === "ac";
  const { one, both } = services[energy ?? "dc"];
  const ServiceID = bidirectional ? both : one;
  const prefix = bidirectional ? "BPT_" : "";
  const mode = scheduled ? "Scheduled" : "Dynamic";
  const battery = options.battery ?? usualBattery;
  const wanted = (): Fields =>
    scheduled ? needsOf(battery) : { DepartureTime: Math.round(battery.departureS), ...needsOf(battery) };
  const { parameters, before, round, after } = ac ? acParts(options) : dcParts(options);
  const kind = ac ? "AC" : "DC";
  const setup = step("SessionSetup", { EVCCID: battery.id });
  // A session that is resumed has its services and is paid for.
  const negotiation =
    options.resumes !== undefined
      ? []
      : [
          step("AuthorizationSetup", {}),
          ...(options.contract === undefined ? [card] : contractSteps(options.contract)),
          step("ServiceDiscovery", {}),
          step("ServiceDetail", { ServiceID }),
          step("ServiceSelection", (answers) => ({
            SelectedEnergyTransferService: { ServiceID, ParameterSetID: parameterSet(answers, scheduled) },
          })),
        ];
  return {
    before: [
      setup,
      ...negotiation,
      step(`${kind}_ChargeParameterDiscovery`, { [`${prefix}${kind}_CPDReqEnergyTransferMode`]: parameters }),
      step("ScheduleExchange", () => ({
        MaximumSupportingPoints: 1_024,
        [`${mode}_SEReqControlMode`]: { DepartureTime: Math.round(battery.departureS), ...needsOf(battery) },
      })),
      ...before,
      step("PowerDelivery", (answers) => ({
        EVProcessing: "Finished",
        ChargeProgress: "Start",
        ...profile(answers, scheduled, ac ? acChargeW : dcChargeW),
      })),
    ],
    loop: step(`${kind}_ChargeLoop`, (answers) => ({
      MeterInfoRequested: false,
      DisplayParameters: {
        PresentSOC: Math.round(battery.socPct),
        MinimumSOC: Math.round(battery.minPct),
        TargetSOC: Math.round(battery.targetPct),
        BatteryEnergyCapacity: rational(battery.capacityWh),
        // Optional by the schema; one public charger (EcoG-io/iso15118 0.31.2) can't read a message without it.
        ChargingComplete: false,
      },
      ...(ac ? {} : { EVPresentVoltage: rational(options.voltageV) }),
      [`${prefix}${mode}_${kind}_CLReqControlMode`]: { ...wanted(), ...round(answers) },
    })),
    after: [
      step("PowerDelivery", { EVProcessing: "Finished", ChargeProgress: "Stop" }),
      ...after,
      step("SessionStop", { ChargingSession: options.pauses ? "Pause" : "Terminate" }),
    ],
  };
}

interface OfferedTuple {
  readonly ScheduleTupleID: number;
  readonly ChargingSchedule: {
    readonly PowerSchedule: {
      readonly PowerScheduleEntries: {
        readonly PowerScheduleEntry: readonly {
          readonly Power: { readonly Value: number; readonly Exponent: number };
        }[];
      };
    };
  };
}

/** The power that the vehicle says it will take; under a schedule, by the first tuple that it was offered. */
function profile(answers: ReadonlyMap<string, Fields>, scheduled: boolean, powerW: number): Fields {
  const offered = answers.get("ScheduleExchange")?.["Scheduled_SEResControlMode"] as
    | { readonly ScheduleTuple: readonly OfferedTuple[] }
    | undefined;
  const first = offered?.ScheduleTuple[0];
  const SelectedScheduleTupleID = first?.ScheduleTupleID ?? 1;
  const entries = first?.ChargingSchedule.PowerSchedule.PowerScheduleEntries.PowerScheduleEntry ?? [];
  const mostW = entries.map(({ Power: { Value, Exponent } }) => Value * 10 ** Exponent);
  return {
    EVPowerProfile: {
      TimeAnchor: 0,
      EVPowerProfileEntries: {
        EVPowerProfileEntry: [{ Duration: 3_600, Power: rational(Math.min(powerW, ...mostW)) }],
      },
      ...(scheduled
        ? {
            Scheduled_EVPPTControlMode: {
              SelectedScheduleTupleID,
              PowerToleranceAcceptance: "PowerToleranceConfirmed",
            },
          }
        : { Dynamic_EVPPTControlMode: {} }),
    },
  };
}

interface Parts {
  readonly parameters: Fields;
  readonly before: Way["before"];
  round(answers: ReadonlyMap<string, Fields>): Fields;
  readonly after: Way["after"];
}

function acParts({ bidirectional, scheduled }: VehicleOptions): Parts {
  const limits = {
    EVMaximumChargePower: rational(acChargeW),
    EVMinimumChargePower: rational(0),
    ...(bidirectional ? { EVMaximumDischargePower: rational(acDischargeW), EVMinimumDischargePower: rational(0) } : {}),
  };
  return {
    parameters: limits,
    before: [],
    round: (answers) => ({
      ...limits,
      EVPresentActivePower: rational(askedW(answers)),
      ...(scheduled ? {} : { EVPresentReactivePower: rational(0) }),
    }),
    after: [],
  };
}

function dcParts(options: VehicleOptions): Parts {
  const { bidirectional, scheduled, voltageV, currentA, battery = usualBattery } = options;
  const most = options.energy === "mcs" ? { chargeA: 3_000, dischargeA: 3_000 } : { chargeA: 200, dischargeA: 100 };
  const charge = (): Fields => ({
    EVMaximumChargePower: rational(battery.chargeW),
    EVMinimumChargePower: rational(0),
    EVMaximumChargeCurrent: rational(most.chargeA),
    EVMaximumVoltage: rational(voltageV + 50),
    EVMinimumVoltage: rational(voltageV - 100),
  });
  const discharge = (): Fields =>
    bidirectional
      ? {
          EVMaximumDischargePower: rational(battery.dischargeW),
          EVMinimumDischargePower: rational(0),
          EVMaximumDischargeCurrent: rational(most.dischargeA),
        }
      : {};
  const target = scheduled ? { EVTargetCurrent: rational(currentA), EVTargetVoltage: rational(voltageV) } : {};
  return {
    parameters: {
      ...charge(),
      EVMinimumChargeCurrent: rational(0),
      ...discharge(),
      ...(bidirectional ? { EVMinimumDischargeCurrent: rational(0) } : {}),
    },
    before: [
      step("DC_CableCheck", {}),
      step("DC_PreCharge", {
        EVProcessing: "Finished",
        EVPresentVoltage: rational(voltageV),
        EVTargetVoltage: rational(voltageV),
      }),
    ],
    round: () => ({ ...charge(), ...discharge(), ...target }),
    after: [step("DC_WeldingDetection", { EVProcessing: "Finished" })],
  };
}

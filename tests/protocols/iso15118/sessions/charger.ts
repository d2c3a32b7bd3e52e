/** A charger's facts for tests of sessions, and a power stage that does at once what it is ordered to. */
import type { ChargerFacts, StageOrder } from "../../../../src/protocols/iso15118/sessions/contract.ts";
import { dinProtocol } from "../../../../src/protocols/iso15118/sessions/din.ts";
import { iso2Protocol } from "../../../../src/protocols/iso15118/sessions/iso2.ts";
import { iso20Protocol } from "../../../../src/protocols/iso15118/sessions/iso20.ts";
import type { ContractDesk } from "../../../../src/protocols/iso15118/sessions/plug-and-charge.ts";
import {
  createSession,
  type Fields,
  type Reply,
  type Session,
} from "../../../../src/protocols/iso15118/sessions/session.ts";

export const chargerFacts = (more: Partial<ChargerFacts> = {}): ChargerFacts => ({
  evseId: "DE*ISL*E001",
  connector: "dc",
  authorization: "accepted",
  pilot: "C",
  trouble: "",
  insulation: "unknown",
  contactorsClosed: false,
  outputReady: true,
  wants: "charge",
  presentVoltageV: 0,
  presentCurrentA: 0,
  meterWh: 1_234,
  dischargedWh: 56,
  setpointW: Number.NaN,
  unixS: 1_780_000_000,
  ratings: { minVoltageV: 150, maxVoltageV: 1_000, maxCurrentA: 300, minCurrentA: 1, maxW: 60_000, minW: -60_000 },
  maxW: 60_000,
  minW: 0,
  schedules: [],
  scheduleAwaited: false,
  nominalV: 230,
  nominalHz: 50,
  presentW: Number.NaN,
  noAcDischarge: "",
  ...more,
});

/** The stage follows its order within the same instant. */
export function obey(facts: ChargerFacts, order: Readonly<StageOrder>): void {
  facts.contactorsClosed = order.phase === "energy";
  if (order.phase === "cableCheck") facts.insulation = "valid";
  if (order.phase === "idle") facts.insulation = "unknown";
  facts.presentVoltageV = order.phase === "precharge" || order.phase === "energy" ? order.voltageV : 0;
  // Where the vehicle leaves it to the site, the site's setpoint flows.
  const wantedA = Number.isNaN(order.currentA) ? (facts.setpointW || 0) / Math.max(1, order.voltageV) : order.currentA;
  facts.presentCurrentA = order.phase === "energy" ? wantedA : 0;
}

const physical = (Value: number, Unit: string, Multiplier = 0): Fields => ({ Multiplier, Unit, Value });
const ev = { EVReady: true, EVErrorCode: "NO_ERROR", EVRESSSOC: 40 };
const dcLimits = {
  DC_EVStatus: ev,
  EVMaximumCurrentLimit: physical(200, "A"),
  EVMaximumPowerLimit: physical(500, "W", 2),
  EVMaximumVoltageLimit: physical(450, "V"),
  EVEnergyCapacity: physical(600, "Wh", 2),
  EVEnergyRequest: physical(300, "Wh", 2),
};
const demand = {
  DC_EVStatus: ev,
  EVTargetCurrent: physical(100, "A"),
  EVTargetVoltage: physical(400, "V"),
  ChargingComplete: false,
};
const atBattery = { DC_EVStatus: ev, EVTargetVoltage: physical(400, "V"), EVTargetCurrent: physical(1, "A") };
const setup = { EVCCID: Uint8Array.of(2, 0x39, 0x7a, 0x46, 0x5d, 0xd1) };

/** One valid body for each request, with the sign of the table where power is meant. */
export const dinRequests: Readonly<Record<string, Fields>> = {
  SessionSetup: setup,
  ServiceDiscovery: {},
  ServicePaymentSelection: {
    SelectedPaymentOption: "ExternalPayment",
    SelectedServiceList: { SelectedService: [{ ServiceID: 1 }] },
  },
  ContractAuthentication: {},
  ChargeParameterDiscovery: { EVRequestedEnergyTransferType: "DC_extended", DC_EVChargeParameter: dcLimits },
  CableCheck: { DC_EVStatus: ev },
  PreCharge: atBattery,
  "PowerDelivery+": { ReadyToChargeState: true },
  "PowerDelivery-": { ReadyToChargeState: false },
  CurrentDemand: demand,
  WeldingDetection: { DC_EVStatus: ev },
  SessionStop: {},
};

const rootIds = { RootCertificateID: [{ X509IssuerName: "CN=root", X509SerialNumber: 1n }] };
const challenge = new Uint8Array(16).fill(7);

/** A desk that finds everything good; what it is asked to find otherwise is `more`. */
export const contractDesk = (more: Partial<ContractDesk> = {}): ContractDesk => ({
  provisions: true,
  receiptEveryMs: 0,
  challenge: () => challenge,
  judge: (chain, emaid = "DEABCC12345678") => ({
    ok: true,
    contract: { emaid, certificate: chain.certificate, pem: [], expiresSoon: false, revocation: "" },
  }),
  verify: () => "",
  authorize: () => "accepted",
  provide: ({ set }) => ({
    body:
      set === "iso2"
        ? {
            ResponseCode: "OK",
            SAProvisioningCertificateChain: { Certificate: Uint8Array.of(1) },
            ContractSignatureCertChain: { Id: "id1", Certificate: Uint8Array.of(1) },
            ContractSignatureEncryptedPrivateKey: { Id: "id2", value: Uint8Array.of(1) },
            DHpublickey: { Id: "id3", value: Uint8Array.of(1) },
            eMAID: { Id: "id4", value: "DEABCC12345678" },
          }
        : {
            ResponseCode: "OK",
            EVSEProcessing: "Finished",
            CPSCertificateChain: { Certificate: Uint8Array.of(1) },
            SignedInstallationData: {
              Id: "id1",
              ContractCertificateChain: {
                Certificate: Uint8Array.of(1),
                SubCertificates: { Certificate: [Uint8Array.of(1)] },
              },
              ECDHCurve: "SECP521",
              DHPublicKey: new Uint8Array(133),
              SECP521_EncryptedPrivateKey: new Uint8Array(94),
            },
            RemainingContractCertificateChains: 0,
          },
    signature: undefined,
  }),
  receive: () => {},
  ...more,
});

export const iso2Requests = (mode: string): Readonly<Record<string, Fields>> => ({
  SessionSetup: setup,
  ServiceDiscovery: {},
  ServiceDetail: { ServiceID: 1 },
  PaymentServiceSelection: {
    SelectedPaymentOption: "ExternalPayment",
    SelectedServiceList: { SelectedService: [{ ServiceID: 1 }] },
  },
  Authorization: {},
  ChargeParameterDiscovery: {
    RequestedEnergyTransferMode: mode,
    ...(mode.startsWith("DC")
      ? { DC_EVChargeParameter: { DepartureTime: 7_200, ...dcLimits } }
      : {
          AC_EVChargeParameter: {
            EAmount: physical(200, "Wh", 2),
            EVMaxVoltage: physical(400, "V"),
            EVMaxCurrent: physical(32, "A"),
            EVMinCurrent: physical(6, "A"),
          },
        }),
  },
  CableCheck: { DC_EVStatus: ev },
  PreCharge: atBattery,
  "PowerDelivery+": { ChargeProgress: "Start", SAScheduleTupleID: 1 },
  "PowerDelivery-": { ChargeProgress: "Stop", SAScheduleTupleID: 1 },
  "PowerDelivery~": { ChargeProgress: "Renegotiate", SAScheduleTupleID: 1 },
  ChargingStatus: {},
  CurrentDemand: demand,
  WeldingDetection: { DC_EVStatus: ev },
  SessionStop: { ChargingSession: "Terminate" },
  PaymentDetails: {
    eMAID: "DEABCC12345678",
    ContractSignatureCertChain: { Certificate: Uint8Array.of(1), SubCertificates: { Certificate: [Uint8Array.of(2)] } },
  },
  CertificateInstallation: { Id: "id1", OEMProvisioningCert: Uint8Array.of(1), ListOfRootCertificateIDs: rootIds },
  CertificateUpdate: {
    Id: "id1",
    ContractSignatureCertChain: { Certificate: Uint8Array.of(1) },
    eMAID: "DEABCC12345678",
    ListOfRootCertificateIDs: rootIds,
  },
  MeteringReceipt: {
    Id: "id1",
    SessionID: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    SAScheduleTupleID: 1,
    MeterInfo: { MeterID: "DE*ISL*E001", MeterReading: 1_234n },
  },
});

/** The same of a vehicle that pays by its contract, and wants a certificate first. */
export const iso2ContractRequests = (mode: string): Readonly<Record<string, Fields>> => ({
  ...iso2Requests(mode),
  ServiceDetail: { ServiceID: 2 },
  PaymentServiceSelection: {
    SelectedPaymentOption: "Contract",
    SelectedServiceList: { SelectedService: [{ ServiceID: 1 }, { ServiceID: 2, ParameterSetID: 1 }] },
  },
  Authorization: { Id: "id1", GenChallenge: challenge },
});

const r = (Value: number, Exponent = 0) => ({ Exponent, Value });
const charge20 = {
  EVMaximumChargePower: r(50, 3),
  EVMinimumChargePower: r(0),
  EVMaximumChargeCurrent: r(200),
  EVMinimumChargeCurrent: r(0),
  EVMaximumVoltage: r(450),
  EVMinimumVoltage: r(200),
};
/** Discharging limits below zero, as some vehicles send them. */
const discharge20 = {
  EVMaximumDischargePower: r(-20, 3),
  EVMinimumDischargePower: r(0),
  EVMaximumDischargeCurrent: r(-100),
  EVMinimumDischargeCurrent: r(0),
};
const needs20 = {
  DepartureTime: 7_200,
  EVTargetEnergyRequest: r(10, 3),
  EVMaximumEnergyRequest: r(30, 3),
  EVMinimumEnergyRequest: r(-5, 3),
};

const acPower20 = { EVMaximumChargePower: r(11, 3), EVMinimumChargePower: r(1_380) };
const acDischarge20 = { EVMaximumDischargePower: r(-7, 3), EVMinimumDischargePower: r(0) };

/** Valid requests of a vehicle of ISO 15118-20, by what it selects; those of the other kind of energy as well. */
export function iso20Requests(bidirectional: boolean, dynamic: boolean, ac = false): Readonly<Record<string, Fields>> {
  const both = bidirectional ? discharge20 : {};
  const { EVMinimumDischargeCurrent: _, ...loopBoth } = both as typeof discharge20;
  const { EVMinimumChargeCurrent: __, ...loopCharge } = charge20;
  const prefix = bidirectional ? "BPT_" : "";
  const mode = dynamic ? "Dynamic" : "Scheduled";
  const serviceId = (ac ? 1 : 2) + (bidirectional ? 4 : 0);
  return {
    SessionSetup: { EVCCID: "WMIV1234567890ABCDEX" },
    AuthorizationSetup: {},
    Authorization: { SelectedAuthorizationService: "EIM", EIM_AReqAuthorizationMode: {} },
    ServiceDiscovery: {},
    ServiceDetail: { ServiceID: serviceId },
    ServiceSelection: {
      SelectedEnergyTransferService: { ServiceID: serviceId, ParameterSetID: dynamic ? 1 : 3 },
    },
    DC_ChargeParameterDiscovery: { [`${prefix}DC_CPDReqEnergyTransferMode`]: { ...charge20, ...both } },
    AC_ChargeParameterDiscovery: {
      [`${prefix}AC_CPDReqEnergyTransferMode`]: { ...acPower20, ...(bidirectional ? acDischarge20 : {}) },
    },
    ScheduleExchange: { MaximumSupportingPoints: 1_024, [`${mode}_SEReqControlMode`]: needs20 },
    DC_CableCheck: {},
    DC_PreCharge: { EVProcessing: "Finished", EVPresentVoltage: r(400), EVTargetVoltage: r(400) },
    "PowerDelivery+": { EVProcessing: "Finished", ChargeProgress: "Start" },
    "PowerDelivery-": { EVProcessing: "Finished", ChargeProgress: "Stop" },
    "PowerDelivery~": { EVProcessing: "Finished", ChargeProgress: "ScheduleRenegotiation" },
    DC_ChargeLoop: {
      MeterInfoRequested: false,
      DisplayParameters: { PresentSOC: 40 },
      EVPresentVoltage: r(400),
      [`${prefix}${mode}_DC_CLReqControlMode`]: {
        ...needs20,
        ...loopCharge,
        ...(bidirectional ? loopBoth : {}),
        ...(dynamic ? {} : { EVTargetCurrent: r(100), EVTargetVoltage: r(400) }),
      },
    },
    AC_ChargeLoop: {
      MeterInfoRequested: false,
      DisplayParameters: { PresentSOC: 40 },
      [`${prefix}${mode}_AC_CLReqControlMode`]: {
        ...needs20,
        ...acPower20,
        ...(bidirectional ? acDischarge20 : {}),
        EVPresentActivePower: r(0),
        ...(dynamic ? { EVPresentReactivePower: r(0) } : {}),
      },
    },
    DC_WeldingDetection: { EVProcessing: "Finished" },
    CertificateInstallation: {
      OEMProvisioningCertificateChain: { Id: "id1", Certificate: Uint8Array.of(1) },
      ListOfRootCertificateIDs: rootIds,
      MaximumContractCertificateChains: 1,
    },
    MeteringConfirmation: {
      SignedMeteringData: {
        Id: "id1",
        SessionID: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
        MeterInfo: { MeterID: "DE*ISL*E001", ChargedEnergyReadingWh: 1_234 },
        Dynamic_SMDTControlMode: {},
      },
    },
    SessionStop: { ChargingSession: "Terminate" },
  };
}

/** The same of a vehicle that pays by its contract. */
export const iso20ContractRequests = (
  bidirectional: boolean,
  dynamic: boolean,
  ac = false,
): Readonly<Record<string, Fields>> => ({
  ...iso20Requests(bidirectional, dynamic, ac),
  Authorization: {
    SelectedAuthorizationService: "PnC",
    PnC_AReqAuthorizationMode: {
      Id: "id1",
      GenChallenge: challenge,
      ContractCertificateChain: { Certificate: Uint8Array.of(1), SubCertificates: { Certificate: [Uint8Array.of(2)] } },
    },
  },
});

export interface Bench {
  readonly facts: ChargerFacts;
  readonly session: Session;
  nowMs: number;
  /** Sends a request of the tables (`PowerDelivery+`); the stage obeys before and after it. */
  send(key: string, body?: Fields, sessionId?: string): Reply;
  /** The body that it sends. */
  requestOf(key: string): Fields;
}

export const ownId = "0102030405060708";

/** A session on a charger whose stage obeys at once; an answer that waits is waited for, 20 ms at a time. */
function bench(
  protocol: typeof dinProtocol,
  requests: Readonly<Record<string, Fields>>,
  more: Partial<ChargerFacts> = {},
  start: Partial<Parameters<typeof createSession>[2]> = {},
): Bench {
  const facts = chargerFacts(more);
  const session = createSession(protocol, facts, { sessionId: ownId, nowMs: 0, ...start });
  const self: Bench = {
    facts,
    session,
    nowMs: 0,
    requestOf: (key) => requests[key]!,
    send(key, body = requests[key]!, sessionId = key === "SessionSetup" ? "0000000000000000" : session.sessionId) {
      self.nowMs += 100;
      let reply = session.handle(`${key.replace(/[+~-]$/, "")}Req`, body, sessionId, self.nowMs);
      for (let i = 0; reply === undefined && i < 1_000; i++) {
        self.nowMs += 20;
        obey(facts, session.order);
        reply = session.tick(self.nowMs);
      }
      obey(facts, session.order);
      return reply ?? { name: "", body: {}, close: true };
    },
  };
  return self;
}

export const iso20Bench = (
  bidirectional: boolean,
  dynamic: boolean,
  more: Partial<ChargerFacts> = {},
  start: Partial<Parameters<typeof createSession>[2]> = {},
): Bench => bench(iso20Protocol, iso20Requests(bidirectional, dynamic), { minW: -60_000, ...more }, start);
export const iso20AcBench = (
  bidirectional: boolean,
  dynamic: boolean,
  more: Partial<ChargerFacts> = {},
  start: Partial<Parameters<typeof createSession>[2]> = {},
): Bench =>
  bench(
    iso20Protocol,
    iso20Requests(bidirectional, dynamic, true),
    {
      connector: "ac3",
      minW: -11_000,
      maxW: 11_000,
      ratings: { minVoltageV: 230, maxVoltageV: 230, maxCurrentA: 16, minCurrentA: 6, maxW: 11_000, minW: -11_000 },
      ...more,
    },
    start,
  );
/** Paid by a contract, with a desk that finds everything good unless `desk` says otherwise. */
export const iso2ContractBench = (
  mode = "DC_extended",
  more: Partial<ChargerFacts> = {},
  desk: Partial<ContractDesk> = {},
  start: Partial<Parameters<typeof createSession>[2]> = {},
): Bench =>
  bench(
    iso2Protocol,
    iso2ContractRequests(mode),
    { connector: mode.startsWith("DC") ? "dc" : "ac3", ...more },
    { desk: contractDesk(desk), ...start },
  );
export const iso20ContractBench = (more: Partial<ChargerFacts> = {}, desk: Partial<ContractDesk> = {}): Bench =>
  bench(iso20Protocol, iso20ContractRequests(true, true), { minW: -60_000, ...more }, { desk: contractDesk(desk) });
export const dinBench = (more?: Partial<ChargerFacts>, start = {}): Bench =>
  bench(dinProtocol, dinRequests, more, start);
export const iso2Bench = (mode = "DC_extended", more: Partial<ChargerFacts> = {}, start = {}): Bench =>
  bench(iso2Protocol, iso2Requests(mode), { connector: mode.startsWith("DC") ? "dc" : "ac3", ...more }, start);

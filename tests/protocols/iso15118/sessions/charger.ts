/** A charger's facts for tests of sessions, and a power stage that does at once what it is ordered to. */
import type { ChargerFacts, StageOrder } from "../../../../src/protocols/iso15118/sessions/contract.ts";
import { dinProtocol } from "../../../../src/protocols/iso15118/sessions/din.ts";
import { iso2Protocol } from "../../../../src/protocols/iso15118/sessions/iso2.ts";
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
  ratings: { minVoltageV: 150, maxVoltageV: 1_000, maxCurrentA: 300, minCurrentA: 1, maxW: 60_000, minW: -60_000 },
  maxW: 60_000,
  minW: 0,
  schedule: [],
  nominalV: 230,
  ...more,
});

/** The stage follows its order within the same instant. */
export function obey(facts: ChargerFacts, order: Readonly<StageOrder>): void {
  facts.contactorsClosed = order.phase === "energy";
  if (order.phase === "cableCheck") facts.insulation = "valid";
  if (order.phase === "idle") facts.insulation = "unknown";
  facts.presentVoltageV = order.phase === "precharge" || order.phase === "energy" ? order.voltageV : 0;
  facts.presentCurrentA = order.phase === "energy" ? order.currentA : 0;
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
});

export interface Bench {
  readonly facts: ChargerFacts;
  readonly session: Session;
  nowMs: number;
  /** Sends a request of the tables (`PowerDelivery+`); the stage obeys before and after it. */
  send(key: string, body?: Fields, sessionId?: string): Reply;
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

export const dinBench = (more?: Partial<ChargerFacts>): Bench => bench(dinProtocol, dinRequests, more);
export const iso2Bench = (mode = "DC_extended", more: Partial<ChargerFacts> = {}, start = {}): Bench =>
  bench(iso2Protocol, iso2Requests(mode), { connector: mode.startsWith("DC") ? "dc" : "ac3", ...more }, start);

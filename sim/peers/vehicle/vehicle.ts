/**
 * A simulated vehicle's side of a session, over any stream of bytes: it asks in order, checks what it is answered, and charges
 * or discharges until it is told to leave. Its battery is as simple as a battery can be.
 */
import { codecOf } from "../../../src/protocols/exi/codec.ts";
import { sap } from "../../../src/protocols/iso15118/messages/app-protocol.ts";
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";
import { createFrameReader, frameOf, payloadBytesMax } from "../../../src/protocols/iso15118/transport/frames.ts";
import { payloadTypeOf, plainPayload, type Wire, wires } from "../../../src/protocols/iso15118/transport/messages.ts";

export type VehicleProtocol = "DIN SPEC 70121" | "ISO 15118-2" | "ISO 15118-20";

export interface VehicleOptions {
  readonly protocol: VehicleProtocol;
  /** It lets energy be taken out (ISO 15118-20). */
  readonly bidirectional: boolean;
  readonly voltageV: number;
  /** Rounds of the charging loop before it leaves. */
  readonly rounds: number;
  /** What it asks for where it decides itself, A. */
  readonly currentA: number;
  readonly unixS: () => number;
}

/** What a session came to. */
export interface VehicleResult {
  readonly complete: boolean;
  /** Requests with the code of each answer, in order; rounds of the loop once. */
  readonly steps: readonly string[];
  /** What stopped it, empty when nothing did. */
  readonly trouble: string;
  readonly lastLoop: Fields | undefined;
}

/** Sends bytes and gives those that come. */
export interface Stream {
  send(bytes: Uint8Array): void;
  /** The next bytes, or undefined when the charger has closed. */
  next(): Promise<Uint8Array | undefined>;
}

const r = (value: number): Fields => ({ Exponent: 0, Value: Math.round(value) });
const p = (value: number, Unit: string): Fields => ({ Multiplier: 0, Unit, Value: Math.round(value) });
const status = { EVReady: true, EVErrorCode: "NO_ERROR", EVRESSSOC: 50 };
/** While the charger is processing, asked again this often at most. */
const repeatsMax = 500;

type Step = readonly [request: string, body: Fields];

/** DIN SPEC 70121 and ISO 15118-2 differ in names before the cable check, and in how power is switched. */
function plainSteps({ protocol, voltageV, currentA }: VehicleOptions): { before: Step[]; loop: Step; after: Step[] } {
  const din = protocol === "DIN SPEC 70121";
  const services = {
    SelectedPaymentOption: "ExternalPayment",
    SelectedServiceList: { SelectedService: [{ ServiceID: 1 }] },
  };
  const limits = {
    DC_EVStatus: status,
    EVMaximumCurrentLimit: p(200, "A"),
    EVMaximumVoltageLimit: p(voltageV + 50, "V"),
  };
  const target = { DC_EVStatus: status, EVTargetVoltage: p(voltageV, "V"), EVTargetCurrent: p(1, "A") };
  const power = (on: boolean): Fields =>
    din ? { ReadyToChargeState: on } : { ChargeProgress: on ? "Start" : "Stop", SAScheduleTupleID: 1 };
  return {
    before: [
      ["SessionSetup", { EVCCID: Uint8Array.of(2, 0, 0, 0, 0, 1) }],
      ["ServiceDiscovery", {}],
      [din ? "ServicePaymentSelection" : "PaymentServiceSelection", services],
      [din ? "ContractAuthentication" : "Authorization", {}],
      [
        "ChargeParameterDiscovery",
        {
          [din ? "EVRequestedEnergyTransferType" : "RequestedEnergyTransferMode"]: "DC_extended",
          DC_EVChargeParameter: limits,
        },
      ],
      ["CableCheck", { DC_EVStatus: status }],
      ["PreCharge", target],
      ["PowerDelivery", power(true)],
    ],
    loop: ["CurrentDemand", { ...target, EVTargetCurrent: p(currentA, "A"), ChargingComplete: false }],
    after: [
      ["PowerDelivery", power(false)],
      ["WeldingDetection", { DC_EVStatus: status }],
      ["SessionStop", din ? {} : { ChargingSession: "Terminate" }],
    ],
  };
}

function iso20Steps({ bidirectional, voltageV }: VehicleOptions): { before: Step[]; loop: Step; after: Step[] } {
  const needs = {
    DepartureTime: 3_600,
    EVTargetEnergyRequest: r(10_000),
    EVMaximumEnergyRequest: r(20_000),
    EVMinimumEnergyRequest: r(-5_000),
  };
  const charge = {
    EVMaximumChargePower: r(30_000),
    EVMinimumChargePower: r(0),
    EVMaximumChargeCurrent: r(200),
    EVMaximumVoltage: r(voltageV + 50),
    EVMinimumVoltage: r(voltageV - 100),
  };
  const discharge = bidirectional
    ? { EVMaximumDischargePower: r(20_000), EVMinimumDischargePower: r(0), EVMaximumDischargeCurrent: r(100) }
    : {};
  const both = bidirectional ? "BPT_" : "";
  return {
    before: [
      ["SessionSetup", { EVCCID: "SIMULATED" }],
      ["AuthorizationSetup", {}],
      ["Authorization", { SelectedAuthorizationService: "EIM", EIM_AReqAuthorizationMode: {} }],
      ["ServiceDiscovery", {}],
      ["ServiceDetail", { ServiceID: bidirectional ? 6 : 2 }],
      ["ServiceSelection", { SelectedEnergyTransferService: { ServiceID: bidirectional ? 6 : 2, ParameterSetID: 1 } }],
      [
        "DC_ChargeParameterDiscovery",
        {
          [`${both}DC_CPDReqEnergyTransferMode`]: {
            ...charge,
            EVMinimumChargeCurrent: r(0),
            ...discharge,
            ...(bidirectional ? { EVMinimumDischargeCurrent: r(0) } : {}),
          },
        },
      ],
      ["ScheduleExchange", { MaximumSupportingPoints: 1_024, Dynamic_SEReqControlMode: needs }],
      ["DC_CableCheck", {}],
      ["DC_PreCharge", { EVProcessing: "Finished", EVPresentVoltage: r(voltageV), EVTargetVoltage: r(voltageV) }],
      ["PowerDelivery", { EVProcessing: "Finished", ChargeProgress: "Start" }],
    ],
    loop: [
      "DC_ChargeLoop",
      {
        MeterInfoRequested: false,
        DisplayParameters: { PresentSOC: 50 },
        EVPresentVoltage: r(voltageV),
        [`${both}Dynamic_DC_CLReqControlMode`]: { ...needs, ...charge, ...discharge },
      },
    ],
    after: [
      ["PowerDelivery", { EVProcessing: "Finished", ChargeProgress: "Stop" }],
      ["DC_WeldingDetection", { EVProcessing: "Finished" }],
      ["SessionStop", { ChargingSession: "Terminate" }],
    ],
  };
}

/** Goes through a whole session; never throws for what the charger answers. */
export async function driveSession(stream: Stream, options: VehicleOptions): Promise<VehicleResult> {
  const wire = wires.find(({ protocol: { name } }) => name === options.protocol)!;
  const reader = createFrameReader();
  const waiting: Uint8Array[] = [];
  const steps: string[] = [];
  let sessionId = "0000000000000000";
  let lastLoop: Fields | undefined;

  async function answer(): Promise<Uint8Array | undefined> {
    while (waiting.length === 0) {
      const bytes = await stream.next();
      if (bytes === undefined) return undefined;
      const { frames, broken } = reader.push(bytes, payloadBytesMax);
      if (broken !== "") return undefined;
      for (const { payload } of frames) waiting.push(payload.slice());
    }
    return waiting.shift();
  }

  async function ask([name, body]: Step): Promise<Fields | undefined> {
    const type = payloadTypeOf(wire, name);
    stream.send(frameOf(type, wire.encode(type, { name: `${name}Req`, body, sessionId }, options.unixS())));
    const payload = await answer();
    if (payload === undefined) return undefined;
    const reply = wire.decode(type, payload);
    if (name === "SessionSetup") ({ sessionId } = reply);
    return reply.name === `${name}Res` ? reply.body : undefined;
  }

  const done = (trouble: string): VehicleResult => ({ complete: trouble === "", steps, trouble, lastLoop });

  /** One step until the charger has finished with it; what is wrong, or nothing. */
  async function take(step: Step): Promise<string> {
    for (let i = 0; i < repeatsMax; i++) {
      const body = await ask(step);
      if (body === undefined) return `${step[0]}: no answer`;
      const code = String(body["ResponseCode"]);
      if (!code.startsWith("OK")) return `${step[0]}: ${code}`;
      if (step[0].endsWith("Loop") || step[0] === "CurrentDemand") lastLoop = body;
      const preCharges = step[0] === "PreCharge" && !reached(body, options.voltageV);
      if (!preCharges && String(body["EVSEProcessing"] ?? "Finished") === "Finished") {
        if (steps.at(-1) !== `${step[0]} ${code}`) steps.push(`${step[0]} ${code}`);
        return "";
      }
    }
    return `${step[0]}: never finished`;
  }

  const trouble = await handshake(stream, wire, answer);
  if (trouble !== "") return done(trouble);
  const { before, loop, after } = options.protocol === "ISO 15118-20" ? iso20Steps(options) : plainSteps(options);
  const whole = [...before, ...Array.from({ length: options.rounds }, () => loop), ...after];
  for (const step of whole) {
    const wrong = await take(step);
    if (wrong !== "") return done(wrong);
  }
  return done("");
}

const reached = (body: Fields, voltageV: number): boolean => {
  const { Value, Multiplier } = body["EVSEPresentVoltage"] as { Value: number; Multiplier: number };
  return Math.abs(Value * 10 ** Multiplier - voltageV) < 20;
};

async function handshake(
  stream: Stream,
  { offered }: Wire,
  answer: () => Promise<Uint8Array | undefined>,
): Promise<string> {
  const one = {
    ProtocolNamespace: offered.namespace,
    VersionNumberMajor: offered.major,
    VersionNumberMinor: offered.minor,
    SchemaID: 1,
    Priority: 1,
  };
  stream.send(frameOf(plainPayload, codecOf(sap).encode("supportedAppProtocolReq", { AppProtocol: [one] })));
  const payload = await answer();
  if (payload === undefined) return "no answer to the handshake";
  const message = codecOf(sap).decode(payload);
  return message.root === "supportedAppProtocolRes" && message.value.ResponseCode.startsWith("OK")
    ? ""
    : "the charger speaks no such protocol";
}

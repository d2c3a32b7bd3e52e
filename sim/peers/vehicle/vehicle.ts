/**
 * A simulated vehicle's side of a session, over any stream of bytes: it asks in order, checks what it is answered, and charges
 * or discharges until it is told to leave. Its battery is as simple as a battery can be.
 */
import { codecOf } from "../../../src/protocols/exi/codec.ts";
import { ExiError } from "../../../src/protocols/exi/errors.ts";
import { sap } from "../../../src/protocols/iso15118/messages/app-protocol.ts";
import type { Fields } from "../../../src/protocols/iso15118/sessions/session.ts";
import { createFrameReader, frameOf, payloadBytesMax } from "../../../src/protocols/iso15118/transport/frames.ts";
import {
  type Named,
  payloadTypeOf,
  plainPayload,
  type Wire,
  wires,
} from "../../../src/protocols/iso15118/transport/messages.ts";
import { confirmationStep, iso20Way } from "./iso20-way.ts";
import { plainWay, receiptStep } from "./plain-way.ts";
import type { Step, VehicleOptions } from "./steps.ts";

/** What a session came to. */
export interface VehicleResult {
  readonly complete: boolean;
  /** Requests with the code of each answer, in order; rounds of the loop once. */
  readonly steps: readonly string[];
  /** What stopped it, empty when nothing did. */
  readonly trouble: string;
  readonly lastLoop: Fields | undefined;
  /** The session's number, to come back to. */
  readonly sessionId: string;
}

/** Sends bytes and gives those that come. */
export interface Stream {
  send(bytes: Uint8Array): void;
  /** The next bytes, or undefined when the charger has closed. */
  next(): Promise<Uint8Array | undefined>;
}

const loops = new Set(["CurrentDemand", "ChargingStatus", "DC_ChargeLoop", "AC_ChargeLoop"]);
/** While the charger is processing, asked again this often at most. */
const repeatsMax = 500;

/** The protocol as it is spoken for this kind of energy. */
const wireOf = ({ protocol, energy }: VehicleOptions): Wire =>
  wires.find(
    ({ offered, protocol: { name } }) =>
      name === protocol && (name !== "ISO 15118-20" || offered.namespace.endsWith(energy === "ac" ? ":AC" : ":DC")),
  )!;

/** Goes through a whole session; never throws for what the charger answers. */
export async function driveSession(stream: Stream, options: VehicleOptions): Promise<VehicleResult> {
  const wire = wireOf(options);
  const reader = createFrameReader();
  const waiting: Uint8Array[] = [];
  const steps: string[] = [];
  let sessionId = options.resumes ?? "0000000000000000";
  const answers = new Map<string, Fields>();
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

  const { habit } = options;
  let round = 0;

  /** Sends as its habit is. */
  async function send(request: string, frame: Uint8Array): Promise<void> {
    const pieces = habit?.send?.({ request, frame, round });
    if (pieces === undefined) stream.send(frame);
    for (const { afterMs, bytes } of pieces ?? []) {
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      stream.send(bytes);
    }
  }

  async function ask({ request: asked, body: bodyOf, sign }: Step): Promise<Fields | undefined> {
    const name = habit?.instead?.(asked, round) ?? asked;
    const type = payloadTypeOf(wire, name);
    const meant = name === asked ? bodyOf(answers, sessionId) : bodyOutOfOrder(name, options);
    const body = habit?.say?.(name, meant, round) ?? meant;
    const named = habit?.sessionId?.(round) ?? sessionId;
    const message = { name: `${name}Req`, body, sessionId: named, signature: sign?.(body) };
    await send(name, frameOf(type, wire.encode(type, message, options.unixS())));
    const payload = await answer();
    if (payload === undefined) return undefined;
    const reply = decoded(wire, type, payload);
    if (reply === undefined) return undefined;
    if (name === "SessionSetup") ({ sessionId } = reply);
    return reply.name === `${name}Res` ? reply.body : undefined;
  }

  const done = (trouble: string): VehicleResult => ({ complete: trouble === "", steps, trouble, lastLoop, sessionId });

  /** One step until the charger has finished with it; what is wrong, or nothing. */
  async function take(step: Step): Promise<string> {
    for (let i = 0; i < repeatsMax; i++) {
      const { request } = step;
      if (i > 0) await options.pace?.("repeats");
      const body = await ask(step);
      if (body === undefined) return `${request}: no answer`;
      const code = String(body["ResponseCode"]);
      if (!code.startsWith("OK")) return `${request}: ${code}`;
      answers.set(request, body);
      if (loops.has(request)) lastLoop = body;
      const preCharges = request === "PreCharge" && !reached(body, options.voltageV);
      if (!preCharges && String(body["EVSEProcessing"] ?? "Finished") === "Finished") {
        if (steps.at(-1) !== `${request} ${code}`) steps.push(`${request} ${code}`);
        return "";
      }
    }
    return `${step.request}: never finished`;
  }

  /** What the charger wants to have signed in its answer of the loop. */
  async function confirm({ request }: Step): Promise<string> {
    const answered = answers.get(request);
    if (options.contract === undefined || answered === undefined || !loops.has(request)) return "";
    if (answered["ReceiptRequired"] === true) return take(receiptStep(options.contract, answered));
    const status = answered["EVSEStatus"] as Fields | undefined;
    return status?.["EVSENotification"] === "MeteringConfirmation"
      ? take(confirmationStep(options.contract, answered))
      : "";
  }

  const trouble = await handshake(stream, wire, answer);
  if (trouble !== "") return done(trouble);
  const { before, loop, after } = options.protocol === "ISO 15118-20" ? iso20Way(options) : plainWay(options);
  if (habit?.pilot !== undefined) options.onPilot?.(habit.pilot(0));
  for (const step of before) {
    const wrong = (await take(step)) || (await confirm(step));
    if (wrong !== "") return done(wrong);
  }
  for (; round < options.rounds && options.leaves?.() !== true; round++) {
    if (habit?.pilot !== undefined) options.onPilot?.(habit.pilot(round));
    if (round > 0) await options.pace?.("rounds");
    const wrong = (await take(loop)) || (await confirm(loop));
    if (wrong !== "") return done(wrong);
  }
  for (const step of after) {
    const wrong = (await take(step)) || (await confirm(step));
    if (wrong !== "") return done(wrong);
  }
  return done("");
}

/** What can't be read is no answer. */
function decoded(wire: Wire, type: number, payload: Uint8Array): Named | undefined {
  try {
    return wire.decode(type, payload);
  } catch (thrown) {
    if (thrown instanceof ExiError) return undefined;
    throw thrown;
  }
}

/** The body of a request that a habit makes out of order. */
function bodyOutOfOrder(request: string, { protocol }: VehicleOptions): Fields {
  if (request === "DC_WeldingDetection") return { EVProcessing: "Finished" };
  if (request === "WeldingDetection") return { DC_EVStatus: { EVReady: true, EVErrorCode: "NO_ERROR", EVRESSSOC: 50 } };
  return protocol === "DIN SPEC 70121" ? {} : { ChargingSession: "Terminate" };
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

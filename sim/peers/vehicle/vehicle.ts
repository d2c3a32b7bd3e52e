/**
 * A simulated vehicle's side of a session, over any stream of bytes: it asks in order, checks what it is answered, and charges
 * or discharges until it is told to leave. Its battery is as simple as a battery can be. What it does is a sequence of sends and
 * waits, so that sockets in real time and scenarios in virtual time drive the same vehicle.
 */
import { setTimeout as sleep } from "node:timers/promises";
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
import { begun, type Habit } from "./habits.table.ts";
import { confirmationStep, iso20Way } from "./iso20-way.ts";
import { plainWay, receiptStep } from "./plain-way.ts";
import { type Step, step, type VehicleOptions } from "./steps.ts";

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
  /** The charger has asked it to end the session or to pause it, and it did. */
  readonly asked: "" | "stop" | "pause";
}

/** Sends bytes and gives those that come. */
export interface Stream {
  send(bytes: Uint8Array): void;
  /** The next bytes, or undefined when the charger has closed. */
  next(): Promise<Uint8Array | undefined>;
}

const loops = new Set(["CurrentDemand", "ChargingStatus", "DC_ChargeLoop", "AC_ChargeLoop"]);
/** While the charger is processing, asked again this often and this long at most. Who pays is given more time (ISO 15118-2). */
const repeatsMax = 3_000;
const ongoingMaxS = (request: string): number => (/Authori[sz]ation|Authentication/.test(request) ? 300 : 60);

/** The protocol as it is spoken for this kind of energy. */
const wireOf = ({ protocol, energy }: VehicleOptions): Wire =>
  wires.find(
    ({ offered, protocol: { name } }) =>
      name === protocol && (name !== "ISO 15118-20" || offered.namespace.endsWith(energy === "ac" ? ":AC" : ":DC")),
  )!;

/** What a vehicle waits for before it goes on: the charger's next bytes, so many ms, or its own pace. */
export type VehicleWait = "bytes" | "repeats" | "rounds" | number;
export type VehicleSteps = Generator<VehicleWait, VehicleResult, Uint8Array | undefined>;

/** Goes through a whole session in real time; never throws for what the charger answers. */
export async function driveSession(stream: Stream, options: VehicleOptions): Promise<VehicleResult> {
  const steps = sessionSteps((bytes) => stream.send(bytes), options);
  let at = steps.next();
  while (!at.done) {
    const wait = at.value;
    if (wait === "bytes") at = steps.next(await stream.next());
    else {
      await (typeof wait === "number" ? sleep(wait) : options.pace?.(wait));
      at = steps.next();
    }
  }
  return at.value;
}

/** The same as a sequence of waits; `next` is given the charger's bytes, undefined when it has closed. */
export function* sessionSteps(emit: (bytes: Uint8Array) => void, options: VehicleOptions): VehicleSteps {
  const wire = wireOf(options);
  const reader = createFrameReader();
  const waiting: Uint8Array[] = [];
  const steps: string[] = [];
  let sessionId = options.resumes ?? "0000000000000000";
  const answers = new Map<string, Fields>();
  let lastLoop: Fields | undefined;

  function* answer(): Answering {
    while (waiting.length === 0) {
      const bytes = yield "bytes";
      if (bytes === undefined) return undefined;
      const { frames, broken } = reader.push(bytes, payloadBytesMax);
      if (broken !== "") return undefined;
      for (const { payload } of frames) waiting.push(payload.slice());
    }
    return waiting.shift();
  }

  /** Rounds of the loop so far. */
  let rounds = 0;
  let { habit } = options;
  /** Rounds as its habit counts them: one that it is given in the loop begins at once. */
  let round = 0;
  function look(): void {
    if (options.habit !== habit) {
      if (habit?.pilot !== undefined) options.onPilot?.("");
      habit = options.habit;
      round = rounds > 0 ? begun : 0;
    }
    if (habit?.pilot !== undefined) options.onPilot?.(habit.pilot(round));
  }

  /** Sends as its habit is. */
  function* send(request: string, frame: Uint8Array): Generator<VehicleWait, void, Uint8Array | undefined> {
    const pieces = habit?.send?.({ request, frame, round });
    if (pieces === undefined) emit(frame);
    for (const { afterMs, bytes } of pieces ?? []) {
      if (afterMs > 0) yield afterMs;
      emit(bytes);
    }
  }

  function* ask({
    request: asked,
    body: bodyOf,
    sign,
  }: Step): Generator<VehicleWait, Fields | undefined, Uint8Array | undefined> {
    const name = habit?.instead?.(asked, round) ?? asked;
    const type = payloadTypeOf(wire, name);
    const meant = name === asked ? bodyOf(answers, sessionId) : bodyOutOfOrder(name, options, loops.has(asked));
    const body = habit?.say?.(name, meant, round) ?? meant;
    const named = habit?.sessionId?.(round) ?? sessionId;
    const message = { name: `${name}Req`, body, sessionId: named, signature: sign?.(body) };
    yield* send(name, frameOf(type, wire.encode(type, message, options.unixS() + (habit?.clockS?.(round) ?? 0))));
    const payload = yield* answer();
    if (payload === undefined) return undefined;
    const reply = decoded(wire, type, payload);
    if (reply === undefined) return undefined;
    if (name === "SessionSetup") ({ sessionId } = reply);
    return reply.name === `${name}Res` ? reply.body : undefined;
  }

  let asked: VehicleResult["asked"] = "";
  const done = (trouble: string): VehicleResult => ({
    complete: trouble === "",
    steps,
    trouble,
    lastLoop,
    sessionId,
    asked,
  });

  /** One step until the charger has finished with it; what is wrong, or nothing. */
  function* take(step: Step): Saying {
    const { request } = step;
    const begunS = options.unixS();
    let told: Fields = {};
    for (let i = 0; i < repeatsMax && options.unixS() - begunS <= ongoingMaxS(request); i++) {
      if (i > 0) yield "repeats";
      const body = yield* ask(step);
      if (body === undefined) return `${request}: no answer`;
      const code = String(body["ResponseCode"]);
      // A warning refuses only what its habit made it ask for.
      if (code.startsWith("WARNING") && habit?.instead !== undefined) {
        round++;
        continue;
      }
      if (!code.startsWith("OK")) return `${request}: ${code}`;
      answers.set(request, body);
      if (loops.has(request)) lastLoop = body;
      told = body;
      const preCharges = request === "PreCharge" && habit?.trusts !== true && !reached(body, options.voltageV);
      if (!preCharges && String(body["EVSEProcessing"] ?? "Finished") === "Finished") {
        if (steps.at(-1) !== `${request} ${code}`) steps.push(`${request} ${code}`);
        return "";
      }
    }
    return request === "PreCharge"
      ? `PreCharge: the charger tells ${presentV(told)} V, the battery has ${options.voltageV} V`
      : `${request}: never finished`;
  }

  /** What the charger wants to have signed in its answer of the loop. */
  function* confirm({ request }: Step): Saying {
    const answered = answers.get(request);
    if (options.contract === undefined || answered === undefined || !loops.has(request)) return "";
    if (answered["ReceiptRequired"] === true) return yield* take(receiptStep(options.contract, answered));
    const status = answered["EVSEStatus"] as Fields | undefined;
    return status?.["EVSENotification"] === "MeteringConfirmation"
      ? yield* take(confirmationStep(options.contract, answered))
      : "";
  }

  const trouble = yield* handshake(emit, wire, answer, habit?.offers);
  if (trouble !== "") return done(trouble);
  const { before, loop, after } = options.protocol === "ISO 15118-20" ? iso20Way(options) : plainWay(options);
  look();
  function* takeAll(some: readonly Step[]): Saying {
    for (const step of some) {
      if (habit?.skips?.(step.request) === true) continue;
      const wrong = (yield* take(step)) || (yield* confirm(step));
      if (wrong !== "") return wrong;
    }
    return "";
  }
  const stopped = yield* takeAll(before);
  if (stopped !== "") return done(stopped);
  for (; rounds < options.rounds && asked === "" && options.leaves?.() !== true; rounds++, round++) {
    look();
    if (rounds > 0) yield "rounds";
    const anew = habit?.renegotiates?.(round) === true ? renegotiation(options, before) : [];
    const wrong = (yield* takeAll(anew)) || (yield* take(loop)) || (yield* confirm(loop));
    if (wrong !== "") return done(wrong);
    if (habit?.staysWhenAsked !== true) asked = askedBy(lastLoop);
  }
  const pausing = (planned: Step): Step =>
    planned.request === "SessionStop" ? { ...planned, body: () => ({ ChargingSession: "Pause" }) } : planned;
  return done(yield* takeAll(asked === "pause" ? after.map(pausing) : after));
}

/** How a vehicle negotiates its schedule anew; DIN SPEC 70121 knows no such thing. */
function renegotiation({ protocol }: VehicleOptions, before: readonly Step[]): readonly Step[] {
  if (protocol === "DIN SPEC 70121") return [];
  const from = protocol === "ISO 15118-20" ? "ScheduleExchange" : "ChargeParameterDiscovery";
  const body: Fields =
    protocol === "ISO 15118-20"
      ? { EVProcessing: "Finished", ChargeProgress: "ScheduleRenegotiation" }
      : { ChargeProgress: "Renegotiate", SAScheduleTupleID: 1 };
  const steps = before.slice(before.findIndex(({ request }) => request === from));
  // With ISO 15118-20 energy goes on meanwhile: nothing is tested or precharged again.
  const kept =
    protocol === "ISO 15118-20" ? steps.filter(({ request }) => !/CableCheck|PreCharge/.test(request)) : steps;
  return [step("PowerDelivery", body), ...kept];
}

type Answering = Generator<VehicleWait, Uint8Array | undefined, Uint8Array | undefined>;
type Saying = Generator<VehicleWait, string, Uint8Array | undefined>;

/** What the charger asks for in its answer of the loop. Only ISO 15118-20 has a word for a pause. */
function askedBy(answer: Fields | undefined): VehicleResult["asked"] {
  const status = (answer?.["EVSEStatus"] ?? answer?.["DC_EVSEStatus"] ?? answer?.["AC_EVSEStatus"]) as
    | Fields
    | undefined;
  const word = status?.["EVSENotification"];
  return word === "Pause" ? "pause" : word === "StopCharging" || word === "Terminate" ? "stop" : "";
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
function bodyOutOfOrder(request: string, options: VehicleOptions, inLoop: boolean): Fields {
  const { protocol } = options;
  if (request === "PowerDelivery") {
    if (protocol === "DIN SPEC 70121") return { ReadyToChargeState: false };
    if (protocol === "ISO 15118-2") return { ChargeProgress: "Stop", SAScheduleTupleID: 1 };
    return { EVProcessing: "Finished", ChargeProgress: inLoop ? "Standby" : "Stop" };
  }
  if (request === "DC_WeldingDetection") return { EVProcessing: "Finished" };
  if (request === "WeldingDetection") return { DC_EVStatus: { EVReady: true, EVErrorCode: "NO_ERROR", EVRESSSOC: 50 } };
  return protocol === "DIN SPEC 70121" ? {} : { ChargingSession: "Terminate" };
}

/** What the charger says that it puts out, V; undefined where it says nothing, as in the answer to what a habit has sent. */
function presentV(body: Fields): number | undefined {
  const present = body["EVSEPresentVoltage"] as { readonly Value: number; readonly Multiplier: number } | undefined;
  return present === undefined ? undefined : present.Value * 10 ** present.Multiplier;
}

const reached = (body: Fields, voltageV: number): boolean => Math.abs((presentV(body) ?? voltageV) - voltageV) < 20;

function* handshake(
  emit: (bytes: Uint8Array) => void,
  { offered }: Wire,
  answer: () => Answering,
  offers?: Habit["offers"],
): Saying {
  const one = {
    ProtocolNamespace: offered.namespace,
    VersionNumberMajor: offered.major,
    VersionNumberMinor: offered.minor,
    SchemaID: 1,
    Priority: 1,
  };
  emit(
    frameOf(
      plainPayload,
      codecOf(sap).encode("supportedAppProtocolReq", { AppProtocol: [...(offers?.(one) ?? [one])] }),
    ),
  );
  const payload = yield* answer();
  if (payload === undefined) return "no answer to the handshake";
  const message = codecOf(sap).decode(payload);
  return message.root === "supportedAppProtocolRes" && message.value.ResponseCode.startsWith("OK")
    ? ""
    : "the charger speaks no such protocol";
}

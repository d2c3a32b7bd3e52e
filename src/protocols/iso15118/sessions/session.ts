/**
 * One session of one vehicle, whatever the protocol: which request is taken in which state, whose session it is, what a
 * refusal answers, when silence ends it. Pure: requests and time in, answers and the order to the power stage out.
 *
 *   const session = createSession(dinProtocol, facts, { sessionId, nowMs, paused });
 *   const reply = session.handle("PreChargeReq", body, sessionIdOfHeader, nowMs);   // undefined: it waits, ask tick()
 *   const later = session.tick(nowMs);                                               // its answer, or the end by silence
 */
import { invariant } from "../../../domain/result.ts";
import type { Signature } from "../signatures.ts";
import type {
  ChargerFacts,
  ChosenSchedule,
  PausedSession,
  ServiceChoice,
  SessionEnd,
  StageOrder,
  VehicleFacts,
} from "./contract.ts";
import { noVehicle } from "./contract.ts";
import { type ContractDesk, type ContractState, noContract } from "./plug-and-charge.ts";
import { type QuirkRow, rowOf, usualVehicle, type VehicleQuirks } from "./quirks.ts";
import type { Next, StateTable } from "./states.table.ts";
import { processingMaxMs, sequenceMaxMs } from "./times.ts";

/** A request's handler has no answer yet: it is asked again at each tick. */
export const notYet = Symbol("not yet");

/** A body as it goes on the wire: its fields by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a request brings besides its fields: the signature of its header, and the octets that it came as. */
export interface Carried {
  readonly signature: Signature | undefined;
  readonly exi: Uint8Array;
}

const nothingCarried: Carried = { signature: undefined, exi: new Uint8Array(0) };

/** What handlers know and change. */
export interface SessionContext {
  readonly facts: ChargerFacts;
  readonly vehicle: VehicleFacts;
  readonly order: StageOrder;
  readonly paused: PausedSession | undefined;
  readonly sessionId: string;
  readonly state: string;
  readonly nowMs: number;
  /** For how long the request that is being answered has waited. */
  readonly waitedMs: number;
  /** For how long the session has been in this state. */
  readonly inStateMs: number;
  /** The session that the vehicle named is the one that was paused. */
  joined: boolean;
  /** Energy has flowed. */
  charged: boolean;
  /** Since when an AC vehicle feeds where it may not; NaN while it does not. */
  feedsWrongSinceMs: number;
  /** Since when the vehicle is asked to stop, and to pause; NaN while it is not. */
  askedToStopMs: number;
  askedToPauseMs: number;
  choice: ServiceChoice;
  /** What it has taken of the schedules that it was offered. */
  chosen: ChosenSchedule | undefined;
  readonly contract: ContractState;
  /** What this kind of vehicle needs otherwise than the rest. */
  quirks: VehicleQuirks;
  readonly carried: Carried;
  /** Of the answer that is being made, for its header. */
  answerSignature: Signature | undefined;
  /** What is wrong with the request that is being refused, for the log. */
  detail: string;
}

/** A protocol: its states, and for each request an answer that is valid as it is, and what serving it changes. */
export interface Protocol {
  readonly name: string;
  readonly states: StateTable;
  /** Requests by name without `Req`, in every protocol. */
  readonly requests: Readonly<Record<string, RequestRow>>;
  /** States in which silence takes the power away before it ends the session. */
  readonly loops: readonly string[];
  readonly times: SilenceTimes;
  /** Whether this exchange goes on being processed, by either side. */
  isProcessing(name: string, request: Fields, answer: Fields): boolean;
  /** Where a session goes on instead, of what its connector and its vehicle are. */
  instead?(context: SessionContext, next: string): string;
  /** What this request does to power, or an empty word: the sign that the table of states asks for. */
  powerOf(name: string, request: Fields): "" | "+" | "-" | "~";
}

/** How long this protocol's charger waits, ms. */
export interface SilenceTimes {
  /** No power after so long without a request in the loop. */
  readonly loopSilentMs: number;
  /** The session ends after so long without a request in the loop. */
  readonly loopMaxMs: number;
  readonly authorizationMaxMs: number;
}

/** Where processing is the charger's alone: DIN SPEC 70121 and ISO 15118-2. */
export const chargerProcesses = (_name: string, _request: Fields, answer: Fields): boolean =>
  String(answer["EVSEProcessing"] ?? "Finished") !== "Finished";

/** No service has been negotiated: charging only, the vehicle decides. */
const noChoice: ServiceChoice = { serviceId: 0, bidirectional: false, dynamic: false };

export interface RequestRow {
  /** The response with every mandatory field valid, for a refusal as well as to begin with. */
  blank(context: SessionContext): Fields;
  /** What is different in the answer; a `ResponseCode` that begins with FAILED refuses. */
  serve(context: SessionContext, request: Fields): Fields | typeof notYet;
}

/** The rows of a protocol by the names of its requests, held to the types of its messages (`Bodies`). */
export type RowsOf<Bodies extends Readonly<Record<string, unknown>>, Name extends string> = {
  [K in Name]: {
    blank(context: SessionContext): Bodies[`${K}Res`];
    serve(context: SessionContext, request: Bodies[`${K}Req`]): Partial<Bodies[`${K}Res`]> | typeof notYet;
  };
};

/** A code as what is different in the answer; what has to wait goes on waiting. */
export const withCode = <C extends string>(result: C | typeof notYet) =>
  result === notYet ? notYet : { ResponseCode: result };

/** An answer, and whether the connection is closed after it has been sent. */
export interface Reply {
  readonly name: string;
  readonly body: Fields;
  /** For the header: of what the backend has signed. */
  readonly signature?: Signature | undefined;
  readonly close: boolean;
}

/** How it stands with the loop in which energy flows. */
export interface SessionLoop {
  readonly isIn: boolean;
  /** No request for so long ends the flow, ms. */
  readonly silentMs: number;
  /** When the last request came, whichever it was, ms. */
  readonly heardAtMs: number;
  /** Directions that have been agreed on, and who decides. */
  readonly choice: Readonly<ServiceChoice>;
}

export interface Session {
  readonly protocol: string;
  readonly state: string;
  /** Hexadecimal, of this session, for the header of every answer. */
  readonly sessionId: string;
  readonly vehicle: Readonly<VehicleFacts>;
  readonly order: Readonly<StageOrder>;
  readonly loop: SessionLoop;
  /** Another object for each choice that is new. */
  readonly chosen: ChosenSchedule | undefined;
  /** Empty while it lives. */
  readonly end: SessionEnd | "";
  /** What it said when it refused something, for the log. */
  readonly refusal: string;
  /** What to keep when it has ended by a pause. */
  readonly paused: PausedSession | undefined;
  /** The answer, or undefined while it waits for the power stage. A second request while one waits is out of order. */
  handle(request: string, body: Fields, sessionId: string, nowMs: number, carried?: Carried): Reply | undefined;
  /** The answer that has been waited for; and the end of a session that has fallen silent. */
  tick(nowMs: number): Reply | undefined;
  /** The connection is gone. */
  lost(): void;
}

export interface SessionStart {
  /** Hexadecimal, sixteen digits, from a cryptographic source. */
  readonly sessionId: string;
  readonly nowMs: number;
  readonly paused?: PausedSession | undefined;
  /** Hash of the certificate that the vehicle has proved on this connection. */
  readonly certificate?: string;
  /** Contracts in the vehicle, where they are accepted on this connection. */
  readonly desk?: ContractDesk | undefined;
  /** Kinds of vehicles that need something else than the rest. */
  readonly quirks?: readonly QuirkRow[] | undefined;
}

const silentOrder = (order: StageOrder): void => {
  order.phase = order.phase === "idle" ? "idle" : "stopped";
  order.currentA = 0;
  order.voltageV = 0;
};

/** Where a session is, and since when. */
interface Life {
  state: string;
  sinceMs: number;
  nowMs: number;
  /** When the last request came. */
  heardMs: number;
  sessionId: string;
  /** The request that waits for the power stage. */
  waiting: { readonly name: string; readonly body: Fields; readonly fromMs: number } | undefined;
  /** Of the request that is being served. */
  carried: Carried;
}

const contextOf = (
  life: Life,
  facts: ChargerFacts,
  vehicle: VehicleFacts,
  order: StageOrder,
  { paused, desk }: SessionStart,
): SessionContext => ({
  facts,
  vehicle,
  order,
  paused,
  contract: noContract(desk),
  quirks: usualVehicle,
  answerSignature: undefined,
  detail: "",
  joined: false,
  charged: false,
  feedsWrongSinceMs: Number.NaN,
  askedToStopMs: Number.NaN,
  askedToPauseMs: Number.NaN,
  choice: noChoice,
  chosen: undefined,
  get carried() {
    return life.carried;
  },
  get sessionId() {
    return life.sessionId;
  },
  get state() {
    return life.state;
  },
  get nowMs() {
    return life.nowMs;
  },
  get waitedMs() {
    return life.waiting === undefined ? 0 : life.nowMs - life.waiting.fromMs;
  },
  get inStateMs() {
    return life.nowMs - life.sinceMs;
  },
});

const loopOf = ({ loops, times }: Protocol, life: Life, context: SessionContext): SessionLoop => ({
  silentMs: times.loopSilentMs,
  get isIn() {
    return loops.includes(life.state);
  },
  get heardAtMs() {
    return life.heardMs;
  },
  get choice() {
    return context.choice;
  },
});

/** Where the table leads from this state, or undefined when the request is out of order. */
export function nextOf({ states, powerOf }: Protocol, state: string, name: string, body: Fields): Next | undefined {
  if (name === "SessionStop") return states.noStop.includes(state) ? undefined : states.over;
  return states.states[state]?.[`${name}${powerOf(name, body)}`];
}

/** A session that was paused is joined by its own number; every other number gets a new session. */
const joins = (named: string, { paused, certificate = "" }: SessionStart): boolean =>
  named === paused?.sessionId && paused.certificate === certificate;

/** What is kept of a session that is paused. */
const keptOf = (context: SessionContext, { certificate = "", paused }: SessionStart): PausedSession => ({
  sessionId: context.sessionId,
  vehicleId: context.vehicle.id,
  certificate,
  choice: context.choice,
  emaid: context.contract.proven ? context.vehicle.emaid : context.joined ? (paused?.emaid ?? "") : "",
});

/** Why a charger in trouble refuses what it would serve otherwise, for the log. */
const troubleWords: Readonly<Record<ChargerFacts["trouble"], string>> = {
  "": "",
  fault: "the power stage has a fault or is not heard",
  emergency: "the power stage reports an emergency",
};

/** What is wrong with the request that is refused, or with the charger, in brackets; empty where the code says all. */
function causeOf({ detail, facts }: SessionContext): string {
  const cause = detail === "" ? troubleWords[facts.trouble] : detail;
  return cause === "" ? "" : ` (${cause})`;
}

/** The pilot has left C or D while power may flow: the plug is being pulled, or the vehicle says no. */
const pilotGone = ({ loops }: Protocol, { facts, order, state }: SessionContext): boolean =>
  order.phase === "energy" && facts.pilot !== "C" && facts.pilot !== "D" && loops.includes(state);

/** The vehicle has said who it is: what its kind needs, and what is kept of its paused session. True when it has joined that. */
function welcome(context: SessionContext, life: Life, { quirks = [], paused }: SessionStart): boolean {
  context.quirks = { ...usualVehicle, ...rowOf(quirks, context.vehicle.id)?.quirks };
  if (!context.joined || paused === undefined) return false;
  life.sessionId = paused.sessionId;
  context.choice = paused.choice;
  context.vehicle.emaid = paused.emaid;
  return true;
}

/** A vehicle that charges on although it was asked to stop, for longer than it may. */
function isStubborn({ loops }: Protocol, context: SessionContext): boolean {
  const { facts, state, nowMs, quirks } = context;
  if (facts.wants !== "stop" || !loops.includes(state)) context.askedToStopMs = Number.NaN;
  else if (Number.isNaN(context.askedToStopMs)) context.askedToStopMs = nowMs;
  if (facts.wants !== "pause" || !loops.includes(state)) context.askedToPauseMs = Number.NaN;
  else if (Number.isNaN(context.askedToPauseMs)) context.askedToPauseMs = nowMs;
  return nowMs - context.askedToStopMs > quirks.stopPatienceS * 1000;
}

export function createSession(protocol: Protocol, facts: ChargerFacts, start: SessionStart): Session {
  const order: StageOrder = { phase: "idle", voltageV: 0, currentA: 0 };
  const vehicle = noVehicle();
  const life: Life = {
    state: protocol.states.first,
    sinceMs: start.nowMs,
    nowMs: start.nowMs,
    heardMs: start.nowMs,
    sessionId: start.sessionId,
    waiting: undefined,
    carried: nothingCarried,
  };
  let end: SessionEnd | "" = "";
  let refusal = "";
  let paused: PausedSession | undefined;
  const context = contextOf(life, facts, vehicle, order, start);

  const goTo = (next: string): void => {
    // A person who pays has one time for it, whatever the states are called.
    const { pays } = protocol.states;
    if (next !== life.state && !(pays.includes(next) && pays.includes(life.state))) life.sinceMs = life.nowMs;
    life.state = next;
  };

  function finish(why: SessionEnd): void {
    if (end === "") end = why;
    goTo(protocol.states.over);
    silentOrder(order);
    if (why !== "paused") order.phase = "idle";
    vehicle.maxW = 0;
    vehicle.minW = 0;
  }

  /** An answer that refuses ends the session: the vehicle is told, then the connection closes. */
  function refuse(name: string, code: string): Reply {
    refusal = `${name} in ${life.state}: ${code}${causeOf(context)}`;
    const row = protocol.requests[name];
    invariant(row !== undefined, "only a request of the protocol is refused by name");
    const body = { ...row.blank(context), ResponseCode: code };
    finish("failed");
    return { name: `${name}Res`, body, close: true };
  }

  function stop(pauses: boolean): void {
    if (pauses) paused = keptOf(context, start);
    finish(pauses ? "paused" : "stopped");
  }

  function serve(name: string, body: Fields): Reply | undefined {
    const row = protocol.requests[name]!;
    const next = nextOf(protocol, life.state, name, body)!;
    if (context.facts.trouble === "emergency" && name !== "SessionStop") return refuse(name, "FAILED");
    if (isStubborn(protocol, context) && protocol.powerOf(name, body) !== "-" && name !== "SessionStop") {
      context.detail = "the vehicle was asked to stop and did not";
      return refuse(name, "FAILED");
    }
    context.answerSignature = undefined;
    const served = row.serve(context, body);
    if (served === notYet) {
      life.waiting ??= { name, body, fromMs: life.nowMs };
      return undefined;
    }
    life.waiting = undefined;
    const answer = { ...row.blank(context), ...served };
    const code = String(answer["ResponseCode"] ?? "OK");
    if (code.startsWith("FAILED")) return refuse(name, code);
    const processing = protocol.isProcessing(name, body, answer);
    // A person needs time to pay; a contract does not.
    const pays = protocol.states.pays.includes(life.state) && !context.contract.chosen;
    const mostMs = pays ? protocol.times.authorizationMaxMs : processingMaxMs;
    if (processing && context.inStateMs > mostMs) return refuse(name, "FAILED");
    // A warning refuses this request only: the vehicle may ask again, or for something else.
    const to = typeof next === "string" ? next : next[processing ? 0 : 1];
    if (!code.startsWith("WARNING")) goTo(protocol.instead?.(context, to) ?? to);
    if (name === "SessionSetup" && welcome(context, life, start)) goTo(protocol.states.resumed);
    const stays = protocol.states.renegotiates !== undefined && body["ChargingSession"] === "ServiceRenegotiation";
    const close = name === "SessionStop" && !stays;
    if (name === "SessionStop" && stays) goTo(protocol.states.renegotiates!);
    if (close) stop(body["ChargingSession"] === "Pause");
    return { name: `${name}Res`, body: answer, close, signature: context.answerSignature };
  }

  return {
    protocol: protocol.name,
    vehicle,
    order,
    get state() {
      return life.state;
    },
    get sessionId() {
      return life.sessionId;
    },
    loop: loopOf(protocol, life, context),
    get chosen() {
      return context.chosen;
    },
    get end() {
      return end;
    },
    get refusal() {
      return refusal;
    },
    get paused() {
      return paused;
    },
    handle(request, body, named, at, carried = nothingCarried) {
      life.nowMs = at;
      life.carried = carried;
      life.heardMs = at;
      context.detail = "";
      const name = request.endsWith("Req") ? request.slice(0, -3) : request;
      const row = protocol.requests[name];
      if (row === undefined || end !== "") {
        refusal = `${request} in ${life.state}: not a request of ${protocol.name}`;
        finish("failed");
        return { name: "", body: {}, close: true };
      }
      if (life.waiting !== undefined || nextOf(protocol, life.state, name, body) === undefined)
        return refuse(name, "FAILED_SequenceError");
      if (name === "SessionSetup") context.joined = joins(named, start);
      else if (named !== life.sessionId) return refuse(name, "FAILED_UnknownSession");
      return serve(name, body);
    },
    tick(at) {
      life.nowMs = at;
      if (end !== "") return undefined;
      if (facts.trouble === "emergency") silentOrder(order);
      if (pilotGone(protocol, context)) {
        refusal = `the control pilot is in ${facts.pilot} while charging`;
        finish("trouble");
        return { name: "", body: {}, close: true };
      }
      if (life.waiting !== undefined) return serve(life.waiting.name, life.waiting.body);
      const silentMs = at - life.heardMs;
      if (protocol.loops.includes(life.state) && silentMs > protocol.times.loopSilentMs) {
        order.currentA = 0;
        vehicle.maxW = 0;
        vehicle.minW = 0;
      }
      const mostMs = protocol.loops.includes(life.state) ? protocol.times.loopMaxMs : sequenceMaxMs;
      if (silentMs <= mostMs) return undefined;
      refusal = `no request for ${Math.round(mostMs / 1000)} s in ${life.state}`;
      finish("silent");
      return { name: "", body: {}, close: true };
    },
    lost() {
      if (end === "") finish("failed");
    },
  };
}

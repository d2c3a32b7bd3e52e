/**
 * One vehicle's connection on the charger's side: bytes in, bytes out, whatever carries them. It begins with the handshake and
 * then belongs to one session. What can't be read ends it with power off: in a session no answer is possible then.
 */
import { codecOf } from "../../exi/codec.ts";
import { ExiError } from "../../exi/errors.ts";
import { sap } from "../messages/app-protocol.ts";
import { iso20AcOffered, iso20DcOffered, negotiate } from "../sessions/app-protocol.ts";
import { type ChargerFacts, isDirect, type PausedSession } from "../sessions/contract.ts";
import type { ContractDesk } from "../sessions/plug-and-charge.ts";
import type { QuirkRow } from "../sessions/quirks.ts";
import { createSession, type Reply, type Session } from "../sessions/session.ts";
import { createFrameReader, type Frame, firstPayloadBytesMax, frameOf, payloadBytesMax } from "./frames.ts";
import { plainPayload, type Wire, wires } from "./messages.ts";

/** Frames of unknown type that are ignored before the connection closes. */
const unknownFramesMax = 10;
/** A connection on which nothing comes is closed after this, ms. */
const firstMessageMaxMs = 10_000;

/** Protocols by their names in settings. */
const protocolKeys = { "DIN SPEC 70121": "din", "ISO 15118-2": "iso2", "ISO 15118-20": "iso20" } as const;
export type ProtocolKey = (typeof protocolKeys)[keyof typeof protocolKeys];

export interface ConnectionStart {
  /** Those that are spoken; all without it. */
  readonly protocols?: readonly ProtocolKey[] | undefined;
  readonly facts: ChargerFacts;
  /** A new session's number, hexadecimal, sixteen digits, from a cryptographic source. */
  readonly newSessionId: () => string;
  readonly paused: PausedSession | undefined;
  readonly secure: boolean;
  /** Hash of the certificate that the vehicle has proved; empty without one. */
  readonly certificate: string;
  /** TLS 1.3 with certificates on both sides. */
  readonly mutual: boolean;
  /** ISO 15118-20 also without that, which its text forbids and many vehicles do. */
  readonly iso20Plain: boolean;
  /** Contracts in the vehicle; asked for on encrypted connections only. */
  readonly desk?: (() => ContractDesk | undefined) | undefined;
  /** Kinds of vehicles that need something else than the rest. */
  readonly quirks?: readonly QuirkRow[] | undefined;
  readonly nowMs: number;
}

/** What is to be sent, and whether the connection closes after that, with the reason for the log. */
export interface Output {
  readonly frames: readonly Uint8Array[];
  readonly close: boolean;
  readonly reason: string;
}

export interface VehicleConnection {
  /** Undefined before the handshake. */
  readonly session: Session | undefined;
  receive(bytes: Uint8Array, nowMs: number): Output;
  /** To be called at least every 100 ms: answers that have waited, and silence. */
  tick(nowMs: number): Output;
  /** The vehicle or the network has closed it. */
  lost(): void;
}

const nothing: Output = { frames: [], close: false, reason: "" };

/**
 * Protocols for this kind of connection: DIN SPEC 70121 knows neither encryption nor AC, ISO 15118-20 asks for encryption and
 * is negotiated per kind of energy.
 */
const speaks = ({ secure, mutual, iso20Plain, facts, protocols }: ConnectionStart): readonly Wire[] => {
  const dc = isDirect(facts.connector);
  // Neither of the older protocols knows MCS.
  const older = facts.connector !== "mcs";
  return wires.filter(({ offered, protocol: { name } }) => {
    if (protocols !== undefined && !protocols.includes(protocolKeys[name as keyof typeof protocolKeys])) return false;
    if (name === "DIN SPEC 70121") return older && dc && !secure;
    if (name !== "ISO 15118-20") return older;
    return (mutual || iso20Plain) && offered === (dc ? iso20DcOffered : iso20AcOffered);
  });
};

export function createConnection(start: ConnectionStart): VehicleConnection {
  const reader = createFrameReader();
  const offered = speaks(start);
  let wire: Wire | undefined;
  let session: Session | undefined;
  let unknown = 0;
  let closed = false;
  /** The payload type of the request that is being answered. */
  let replyType = plainPayload;

  const close = (reason: string, frames: readonly Uint8Array[] = []): Output => {
    closed = true;
    session?.lost();
    return { frames, close: true, reason };
  };

  function handshake(payload: Uint8Array, nowMs: number): Output {
    const message = codecOf(sap).decode(payload);
    if (message.root !== "supportedAppProtocolReq") return close("a message that opens no session");
    const { answer, chosen } = negotiate(
      message.value,
      offered.map(({ offered: one }) => one),
    );
    const frame = frameOf(plainPayload, codecOf(sap).encode("supportedAppProtocolRes", answer));
    wire = offered.find(({ offered: one }) => one === chosen);
    if (wire === undefined) return close("no protocol in common", [frame]);
    const { facts, newSessionId, paused, certificate } = start;
    const desk = start.secure ? start.desk?.() : undefined;
    session = createSession(wire.protocol, facts, {
      sessionId: newSessionId(),
      nowMs,
      paused,
      certificate,
      desk,
      quirks: start.quirks,
    });
    return { frames: [frame], close: false, reason: "" };
  }

  function send(reply: Reply, by: Session): Output {
    if (reply.name === "") return close(by.refusal);
    const { name, body, signature } = reply;
    const message = { name, body, sessionId: by.sessionId, signature };
    const frame = frameOf(replyType, wire!.encode(replyType, message, start.facts.unixS));
    return reply.close
      ? close(by.refusal === "" ? by.end : by.refusal, [frame])
      : { frames: [frame], close: false, reason: "" };
  }

  function take({ payloadType, payload }: Frame, nowMs: number): Output {
    if (session === undefined || wire === undefined)
      return payloadType === plainPayload ? handshake(payload, nowMs) : ignore(payloadType);
    if (!wire.takes(payloadType)) return ignore(payloadType);
    const { name, body, sessionId, signature } = wire.decode(payloadType, payload);
    replyType = payloadType;
    // The reader's bytes are overwritten by the next ones; a request may wait.
    const carried = { signature, exi: signature === undefined ? payload : payload.slice() };
    const reply = session.handle(name, body, sessionId, nowMs, carried);
    return reply === undefined ? nothing : send(reply, session);
  }

  const ignore = (payloadType: number): Output =>
    ++unknown > unknownFramesMax
      ? close(`more than ${unknownFramesMax} frames of type 0x${payloadType.toString(16)}`)
      : nothing;

  return {
    get session() {
      return session;
    },
    receive(bytes, nowMs) {
      if (closed) return nothing;
      const { frames, broken } = reader.push(bytes, session === undefined ? firstPayloadBytesMax : payloadBytesMax);
      const out: Uint8Array[] = [];
      for (const frame of frames) {
        let output: Output;
        try {
          output = take(frame, nowMs);
        } catch (thrown) {
          if (!(thrown instanceof ExiError)) throw thrown;
          output = close(`a message that can't be read: ${thrown.message}`);
        }
        out.push(...output.frames);
        if (output.close) return { ...output, frames: out };
      }
      return broken === "" ? { frames: out, close: false, reason: "" } : close(broken, out);
    },
    tick(nowMs) {
      if (closed) return nothing;
      if (session === undefined) return nowMs - start.nowMs > firstMessageMaxMs ? close("no message in 10 s") : nothing;
      const reply = session.tick(nowMs);
      return reply === undefined ? nothing : send(reply, session);
    },
    lost() {
      closed = true;
      session?.lost();
    },
  };
}

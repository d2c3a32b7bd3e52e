/**
 * Connections of vehicles at one charging place, whatever carries them: of two sessions the newer one is the vehicle's that has
 * come back; a paused one is kept until the vehicle comes back or leaves. Sockets are the listener's.
 */
import { randomBytes } from "node:crypto";
import type { ChargerFacts, PausedSession } from "../sessions/contract.ts";
import type { ContractDesk } from "../sessions/plug-and-charge.ts";
import type { QuirkRow } from "../sessions/quirks.ts";
import type { Session } from "../sessions/session.ts";
import { createConnection, type Output, type ProtocolKey, type VehicleConnection } from "./connection.ts";

/** The session that was paused last, until the vehicle comes back or leaves: its owner forgets it when the plug is pulled. */
export interface Kept {
  session: PausedSession | undefined;
}

export interface ConnectionsOptions {
  readonly iso20Plain: boolean;
  /** Contracts in the vehicle, a desk for each connection; without one they are not accepted. */
  readonly desk?: (() => ContractDesk | undefined) | undefined;
  /** Kinds of vehicles that need something else than the rest. */
  readonly quirks?: readonly QuirkRow[] | undefined;
  readonly protocols?: readonly ProtocolKey[] | undefined;
  readonly facts: ChargerFacts;
  /** Why nobody may come in just now; empty where somebody may. */
  readonly refuses?: (() => string) | undefined;
  /** Outlives the connections where it is given. */
  readonly kept?: Kept | undefined;
  /** ms, monotonic. */
  readonly now: () => number;
  /** Called whenever a session may have changed: after each request, each tick and its end. */
  readonly onSession: (session: Session) => void;
  readonly onEnd: (reason: string, session: Session | undefined) => void;
}

/** What a connection has proved before its first message. */
export interface Proof {
  readonly secure: boolean;
  /** Hash of the vehicle's certificate; empty without one. */
  readonly certificate: string;
  /** TLS 1.3 with certificates on both sides, as ISO 15118-20 asks for. */
  readonly mutual: boolean;
}
export const unproven: Proof = { secure: false, certificate: "", mutual: false };

/** What carries a connection's bytes. */
export interface Line {
  write(bytes: Uint8Array): void;
  /** Nothing more is sent: the vehicle may close by itself for a while. */
  end(): void;
  destroy(): void;
  /** Bytes that wait to be sent. */
  readonly unsentBytes: number;
}

export interface Connections {
  /** The session that the charger follows: of the connection that opened one last. */
  readonly session: Session | undefined;
  /** A new connection; false where there are too many: the line was destroyed. */
  accept(line: Line, proof: Proof): boolean;
  received(line: Line, bytes: Uint8Array): void;
  /** Ends a connection at once, for this reason; nothing when it has ended already. */
  drop(line: Line, reason: string): void;
  /** To be called often: answers that have waited, and silence. */
  tick(): void;
  stop(reason: string): void;
}

/** Connections at a time; a vehicle needs one and opens a second when the first is half dead. */
export const connectionsMax = 4;
/** Bytes that wait to be sent to a vehicle that does not read. */
const unsentBytesMax = 262_144;

export function createConnections(options: ConnectionsOptions): Connections {
  const { facts, now, onSession, onEnd } = options;
  const open = new Map<Line, VehicleConnection>();
  let current: { readonly line: Line; readonly connection: VehicleConnection } | undefined;
  const kept = options.kept ?? { session: undefined };

  function act(line: Line, connection: VehicleConnection, { frames, close, reason }: Output): void {
    for (const frame of frames) line.write(frame);
    const { session } = connection;
    if (session !== undefined && current?.connection !== connection && open.has(line)) {
      // The vehicle has come back: what was there before is its half-dead connection.
      if (current !== undefined) drop(current.line, "the vehicle has opened a newer connection");
      current = { line, connection };
    }
    if (session !== undefined) onSession(session);
    if (close) {
      open.delete(line);
      if (session?.paused !== undefined) kept.session = session.paused;
      else if (session?.end === "stopped") kept.session = undefined;
      if (current?.connection === connection) current = undefined;
      onEnd(reason, session);
      line.end();
    } else if (line.unsentBytes > unsentBytesMax) drop(line, "the vehicle does not read what it is sent");
  }

  function drop(line: Line, reason: string): void {
    const connection = open.get(line);
    open.delete(line);
    line.destroy();
    if (connection === undefined) return;
    const { session } = connection;
    connection.lost();
    if (current?.connection === connection) current = undefined;
    if (session !== undefined) onSession(session);
    onEnd(reason, session);
  }

  return {
    get session() {
      return current?.connection.session;
    },
    accept(line, proof) {
      const refusal = options.refuses?.() ?? "";
      if (refusal !== "") onEnd(refusal, undefined);
      if (refusal !== "" || open.size >= connectionsMax) {
        line.destroy();
        return false;
      }
      const connection = createConnection({
        facts,
        newSessionId: () => randomBytes(8).toString("hex"),
        paused: kept.session,
        ...proof,
        iso20Plain: options.iso20Plain,
        desk: options.desk,
        quirks: options.quirks,
        protocols: options.protocols,
        nowMs: now(),
      });
      open.set(line, connection);
      return true;
    },
    received(line, bytes) {
      const connection = open.get(line);
      if (connection !== undefined) act(line, connection, connection.receive(bytes, now()));
    },
    drop,
    tick() {
      for (const [line, connection] of open) act(line, connection, connection.tick(now()));
    },
    stop(reason) {
      for (const line of [...open.keys()]) drop(line, reason);
    },
  };
}

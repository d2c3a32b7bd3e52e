/**
 * The charger's listener for vehicles: TCP, or TLS with the charger's chain. A failed handshake ends that connection and no
 * other; connections are few; of two sessions the newer one is the vehicle's that has come back.
 */
import { createHash, randomBytes, randomInt } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import {
  createSecureContext,
  createServer as createTlsServer,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from "node:tls";
import type { ChargerFacts, PausedSession } from "../sessions/contract.ts";
import type { ContractDesk } from "../sessions/plug-and-charge.ts";
import type { QuirkRow } from "../sessions/quirks.ts";
import type { Session } from "../sessions/session.ts";
import { createConnection, type Output, type ProtocolKey, type VehicleConnection } from "./connection.ts";

export type TlsListen = TlsOptions & { readonly port: number };

/** The session that was paused last, until the vehicle comes back or leaves: its owner forgets it when the plug is pulled. */
export interface Kept {
  session: PausedSession | undefined;
}

export interface ListenerOptions {
  readonly host: string;
  /** Port for plain TCP; 0 takes a free one of those that vehicles accept; undefined: none is open. */
  readonly port?: number | undefined;
  /** Port, certificate, key, roots and versions for TLS; undefined: none is open. */
  readonly tls?: TlsListen | undefined;
  readonly iso20Plain: boolean;
  /** Contracts in the vehicle, a desk for each connection; without one they are not accepted. */
  readonly desk?: () => ContractDesk | undefined;
  /** Kinds of vehicles that need something else than the rest. */
  readonly quirks?: readonly QuirkRow[] | undefined;
  readonly protocols?: readonly ProtocolKey[] | undefined;
  readonly facts: ChargerFacts;
  /** Outlives the listener where it is given. */
  readonly kept?: Kept;
  /** ms, monotonic. */
  readonly now: () => number;
  /** Called whenever a session may have changed: after each request, each tick and its end. */
  readonly onSession: (session: Session) => void;
  readonly onEnd: (reason: string, session: Session | undefined) => void;
}

export interface VehicleListener {
  /** What is open. */
  readonly tcpPort: number | undefined;
  readonly tlsPort: number | undefined;
  /** The session that the charger follows: of the connection that opened one last. */
  readonly session: Session | undefined;
  /**
   * From now on TLS with this certificate, or none. Sessions that are under way go on. Rejects when it can't be used, and what
   * was in use stays.
   */
  secure(tls: TlsListen | undefined): Promise<void>;
  stop(): Promise<void>;
}

/** Connections at a time; a vehicle needs one and opens a second when the first is half dead. */
const connectionsMax = 4;
/** Bytes that wait to be sent to a vehicle that does not read. */
const unsentBytesMax = 262_144;
/** How often waiting answers and silence are looked at. */
const tickMs = 20;
/** After the last response the vehicle may close by itself, for so long. */
const closeAfterMs = 5_000;
/** The handshake of TLS takes at most this. */
const handshakeMaxMs = 10_000;

/** Vehicles refuse to be sent to any port outside the dynamic range. */
const portMin = 49_152;
const portMax = 65_535;
/** Ports tried until one is free. */
const triesMax = 20;

/** Listens, and returns the port. */
async function listenOn(server: Server, port: number, host: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const wanted = port === 0 ? randomInt(portMin, portMax + 1) : port;
    const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once("error", resolve);
      server.listen(wanted, host, () => {
        server.off("error", resolve);
        resolve(undefined);
      });
    });
    if (failure === undefined) return wanted;
    if (failure.code !== "EADDRINUSE" || port !== 0 || tries === triesMax) throw failure;
  }
}

interface Listening {
  readonly server: Server;
  readonly port: number;
}

/** What a connection has proved before its first message. */
interface Proof {
  readonly secure: boolean;
  readonly certificate: string;
  /** TLS 1.3 with certificates on both sides, as ISO 15118-20 asks for. */
  readonly mutual: boolean;
}
const unproven: Proof = { secure: false, certificate: "", mutual: false };

/** A certificate that leads to none of the roots proves nothing. */
function proofOf(socket: TLSSocket): Proof {
  const { raw } = socket.getPeerCertificate();
  const isProven = socket.authorized && raw !== undefined;
  return {
    secure: true,
    certificate: isProven ? createHash("sha512").update(raw).digest("hex") : "",
    mutual: isProven && socket.getProtocol() === "TLSv1.3",
  };
}

export async function startVehicleListener(options: ListenerOptions): Promise<VehicleListener> {
  const { facts, now, onSession, onEnd } = options;
  const open = new Map<Socket, VehicleConnection>();
  let current: { readonly socket: Socket; readonly connection: VehicleConnection } | undefined;
  const kept = options.kept ?? { session: undefined };

  function act(socket: Socket, connection: VehicleConnection, { frames, close, reason }: Output): void {
    for (const frame of frames) socket.write(frame);
    const { session } = connection;
    if (session !== undefined && current?.connection !== connection && open.has(socket)) {
      // The vehicle has come back: what was there before is its half-dead connection.
      if (current !== undefined) drop(current.socket, "the vehicle has opened a newer connection");
      current = { socket, connection };
    }
    if (session !== undefined) onSession(session);
    if (close) {
      open.delete(socket);
      if (session?.paused !== undefined) kept.session = session.paused;
      else if (session?.end === "stopped") kept.session = undefined;
      if (current?.connection === connection) current = undefined;
      onEnd(reason, session);
      socket.end();
      setTimeout(() => socket.destroy(), closeAfterMs).unref();
    } else if (socket.writableLength > unsentBytesMax) drop(socket, "the vehicle does not read what it is sent");
  }

  function drop(socket: Socket, reason: string): void {
    const connection = open.get(socket);
    open.delete(socket);
    socket.destroy();
    if (connection === undefined) return;
    const { session } = connection;
    connection.lost();
    if (current?.connection === connection) current = undefined;
    if (session !== undefined) onSession(session);
    onEnd(reason, session);
  }

  function accept(socket: Socket, proof: Proof): void {
    socket.on("error", () => drop(socket, "the connection broke"));
    if (open.size >= connectionsMax) {
      socket.destroy();
      return;
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
    open.set(socket, connection);
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      if (open.has(socket)) act(socket, connection, connection.receive(bytes, now()));
    });
    socket.on("close", () => drop(socket, "the vehicle closed the connection"));
  }

  const { host } = options;
  const closing: Promise<void>[] = [];
  let tcp: Listening | undefined;
  let tls: (Listening & { readonly asks: boolean }) | undefined;
  /** Nothing new is accepted; connections that are open live on. */
  function close(listening: Listening | undefined): void {
    if (listening === undefined) return;
    closing.push(new Promise<void>((resolve) => listening.server.close(() => resolve())));
  }

  async function secure(wanted: TlsListen | undefined): Promise<void> {
    if (wanted !== undefined) createSecureContext(wanted);
    const asks = wanted?.requestCert === true;
    if (wanted === undefined || (tls !== undefined && tls.asks !== asks)) {
      close(tls);
      tls = undefined;
    }
    if (wanted === undefined) return;
    if (tls !== undefined) {
      (tls.server as TlsServer).setSecureContext(wanted);
      return;
    }
    const server = createTlsServer({ ...wanted, handshakeTimeout: handshakeMaxMs }, (socket) =>
      accept(socket, proofOf(socket)),
    );
    server.maxConnections = 2 * connectionsMax;
    server.on("tlsClientError", (_, socket) => socket.destroy());
    tls = { server, port: await listenOn(server, wanted.port, host), asks };
  }

  if (options.port !== undefined) {
    const server = createServer((socket) => accept(socket, unproven));
    server.maxConnections = 2 * connectionsMax;
    tcp = { server, port: await listenOn(server, options.port, host) };
  }
  try {
    await secure(options.tls);
  } catch (failure) {
    close(tcp);
    throw failure;
  }
  const timer = setInterval(() => {
    for (const [socket, connection] of open) act(socket, connection, connection.tick(now()));
  }, tickMs);
  return {
    secure,
    get tcpPort() {
      return tcp?.port;
    },
    get tlsPort() {
      return tls?.port;
    },
    get session() {
      return current?.connection.session;
    },
    async stop() {
      clearInterval(timer);
      for (const socket of [...open.keys()]) drop(socket, "the charger stops");
      close(tcp);
      close(tls);
      await Promise.all(closing);
    },
  };
}

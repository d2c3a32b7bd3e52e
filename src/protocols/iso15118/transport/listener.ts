/** The charger's listener for vehicles: TCP, or TLS with the charger's chain. A failed handshake ends that connection and no other. */
import { createHash, randomInt } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type TLSSocket, type TlsOptions } from "node:tls";
import type { Session } from "../sessions/session.ts";
import {
  type ConnectionsOptions,
  connectionsMax,
  createConnections,
  type Line,
  type Proof,
  unproven,
} from "./connections.ts";

import { createTlsGate, type TlsGate } from "./tls-gate.ts";

export type TlsListen = TlsOptions & { readonly port: number };

export interface ListenerOptions extends ConnectionsOptions {
  readonly host: string;
  /** Port for plain TCP; 0 takes a free one of those that vehicles accept; undefined: none is open. */
  readonly port?: number | undefined;
  /** Port, certificate, key, roots and versions for TLS; undefined: none is open. */
  readonly tls?: TlsListen | undefined;
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
  /** Ends every connection for this reason; listens on. */
  end(reason: string): void;
  stop(reason?: string): Promise<void>;
}

/** How often waiting answers and silence are looked at. */
const tickMs = 20;
/** After the last response the vehicle may close by itself, for so long. */
const closeAfterMs = 5_000;

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
  const connections = createConnections(options);

  function accept(socket: Socket, proof: Proof): void {
    const line: Line = {
      write: (bytes) => void socket.write(bytes),
      end() {
        socket.end();
        setTimeout(() => socket.destroy(), closeAfterMs).unref();
      },
      destroy: () => void socket.destroy(),
      get unsentBytes() {
        return socket.writableLength;
      },
    };
    socket.on("error", () => connections.drop(line, "the connection broke"));
    if (!connections.accept(line, proof)) return;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => connections.received(line, bytes));
    socket.on("close", () => connections.drop(line, "the vehicle closed the connection"));
  }

  const { host } = options;
  const closing: Promise<void>[] = [];
  let tcp: Listening | undefined;
  let tls: (Listening & { readonly gate: TlsGate }) | undefined;
  /** Nothing new is accepted; connections that are open live on. */
  function close(listening: Listening | undefined): void {
    if (listening === undefined) return;
    closing.push(new Promise<void>((resolve) => listening.server.close(() => resolve())));
  }

  async function secure(wanted: TlsListen | undefined): Promise<void> {
    if (wanted === undefined) {
      tls?.gate.drop();
      close(tls);
      tls = undefined;
      return;
    }
    createSecureContext(wanted);
    if (tls !== undefined) {
      tls.gate.secure(wanted);
      return;
    }
    const gate = createTlsGate(wanted, (socket) => accept(socket, proofOf(socket)));
    const { server } = gate;
    server.maxConnections = 2 * connectionsMax;
    tls = { server, gate, port: await listenOn(server, wanted.port, host) };
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
  const timer = setInterval(() => connections.tick(), tickMs);
  return {
    secure,
    get tcpPort() {
      return tcp?.port;
    },
    get tlsPort() {
      return tls?.port;
    },
    get session() {
      return connections.session;
    },
    end: (reason) => connections.stop(reason),
    async stop(reason = "the charger stops") {
      clearInterval(timer);
      connections.stop(reason);
      close(tcp);
      tls?.gate.drop();
      close(tls);
      await Promise.all(closing);
    },
  };
}

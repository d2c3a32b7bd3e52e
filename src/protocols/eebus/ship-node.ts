/**
 * SHIP nodes over TLS and WebSocket: the server that peers connect to, connections that are made to them, and one session on
 * each. Who a peer is says the key of its certificate; whether it is trusted says a person, so certificates are self-signed and
 * no authority is asked. Rules and figures are after enbility/ship-go (`hub`, `ws`), which cites SHIP 4.2, 9, 10 and 12.
 */
import type { X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { WebSocket, WebSocketServer } from "ws";
import type { Json } from "./ship-json.ts";
import { createShipSession, type ShipSession } from "./ship-session.ts";

const subprotocol = "ship";
/** Largest message that is taken, bytes; a detailed discovery of a large device has some 30,000. */
const messageMaxBytes = 262_144;
/** Connections at once, and those of peers that nobody trusts yet. */
const connectionsMax = 12;
const strangersMax = 4;
const handshakeMaxMs = 10_000;
/** A connection is tried this often, and is over when nothing has come for so long, ms. */
const pingEveryMs = 25_000;
const silenceMaxMs = 60_000;
/** Two connections with one peer that are made within this time were opened at the same time, ms. */
const doubleMs = 5_000;

/** TLS 1.2 as SHIP demands it, and what 1.3 has. */
const ciphers =
  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";

export interface ShipKeys {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly ski: string;
}

/** A peer with whom data is exchanged. */
export interface ShipPeer {
  readonly ski: string;
  /** As the peer calls itself. */
  readonly shipId: string;
  send(datagram: Json): void;
}

/** What is done with a peer's data. */
export interface PeerHandler {
  take(datagram: Json): void;
  lost(): void;
}

export interface ShipNodeOptions {
  readonly keys: ShipKeys;
  readonly shipId: string;
  readonly host: string;
  readonly port: number;
  /** SKI of a certificate, from its key; null where it has none. */
  readonly skiOf: (certificate: X509Certificate) => string | null;
  readonly isTrusted: (ski: string) => boolean;
  readonly onPeer: (peer: ShipPeer) => PeerHandler;
  /** A peer that nobody trusts has come; or a connection could not be made or has ended, and why. */
  readonly onStranger: (ski: string) => void;
  readonly onEnd: (ski: string, why: string) => void;
  /** The server can't listen. */
  readonly onFault: (why: string) => void;
}

export interface ShipNode {
  /** The port that is listened on; 0 before it is. */
  readonly port: number;
  /** Connects to a trusted peer, unless there is a connection. */
  connect(ski: string, address: string): void;
  isConnected(ski: string): boolean;
  /** Trust has changed: lets in who waits, ends who is not trusted any more. */
  trustChanged(): void;
  stop(): Promise<void>;
}

interface Connection {
  readonly ski: string;
  readonly socket: WebSocket;
  readonly session: ShipSession;
  readonly isIncoming: boolean;
  readonly sinceMs: number;
  /** Ends it without a word about it. */
  drop(): void;
}

export function startShipNode(options: ShipNodeOptions): ShipNode {
  const { keys, skiOf, isTrusted, onStranger, onEnd } = options;
  const connections = new Set<Connection>();
  const dialled = new Set<string>();
  const server = listen(options, (socket, certificate) => {
    const ski = certificate === null ? null : skiOf(certificate);
    if (ski === null) return socket.close(1_008, "no key");
    if (!isTrusted(ski)) {
      onStranger(ski);
      if ([...connections].filter((one) => !isTrusted(one.ski)).length >= strangersMax)
        return socket.close(1_013, "too many");
    }
    if (connections.size >= connectionsMax) return socket.close(1_013, "too many");
    adopt(socket, ski, true);
  });

  /** One connection with a peer: the newer one; of two that were opened at the same time that of the higher SKI. */
  function settleDouble(ski: string, isIncoming: boolean): boolean {
    const other = [...connections].find((one) => one.ski === ski);
    if (other === undefined) return true;
    const atOnce = performance.now() - other.sinceMs < doubleMs && other.isIncoming !== isIncoming;
    if (atOnce && isIncoming !== ski > keys.ski) return false;
    other.drop();
    return true;
  }

  function adopt(socket: WebSocket, ski: string, isIncoming: boolean) {
    if (!settleDouble(ski, isIncoming)) return socket.close(1_000, "double connection");
    let handler: PeerHandler | null = null;
    let heardMs = performance.now();
    let why = "the connection ended";
    const session = createShipSession({
      role: isIncoming ? "server" : "client",
      shipId: options.shipId,
      isTrusted: () => isTrusted(ski),
      send: (bytes) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(bytes, { binary: true });
      },
      close(code, reason) {
        why = reason;
        socket.close(code, reason);
      },
      onReady(shipId) {
        handler = options.onPeer({ ski, shipId, send: (datagram) => session.sendData(datagram) });
      },
      onData: (datagram) => handler?.take(datagram),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    });
    const connection: Connection = {
      ...{ ski, socket, session, isIncoming },
      sinceMs: performance.now(),
      drop() {
        why = "";
        over();
        socket.terminate();
      },
    };
    connections.add(connection);
    const pings = setInterval(() => {
      if (performance.now() - heardMs > silenceMaxMs) {
        why = "nothing was heard any more";
        socket.terminate();
      } else if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, pingEveryMs);
    const heard = (): void => {
      heardMs = performance.now();
    };
    function over(): void {
      clearInterval(pings);
      if (!connections.delete(connection)) return;
      session.lost();
      handler?.lost();
      if (why !== "") onEnd(ski, why);
    }
    socket.on("pong", heard);
    socket.on("ping", heard);
    socket.on("message", (data) => {
      heard();
      session.take(Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]));
    });
    socket.on("error", (failure) => {
      why = failure.message;
    });
    socket.on("close", over);
    session.start();
  }

  return {
    get port() {
      return (server.address() as AddressInfo | null)?.port ?? 0;
    },
    isConnected: (ski) => [...connections].some((one) => one.ski === ski && one.session.phase === "data"),
    connect(ski, address) {
      if (dialled.has(ski) || [...connections].some((one) => one.ski === ski)) return;
      dialled.add(ski);
      dial(options, address, (socket, certificate, failure) => {
        dialled.delete(ski);
        if (socket === null) return onEnd(ski, failure);
        const found = certificate === null ? null : skiOf(certificate);
        if (found === ski && isTrusted(ski)) return adopt(socket, ski, false);
        socket.terminate();
        onEnd(ski, found === ski ? "it is not trusted" : `another key answers at ${address}: ${found ?? "none"}`);
      });
    },
    trustChanged() {
      for (const { session } of [...connections]) session.trustChanged();
    },
    async stop() {
      for (const { session, socket } of [...connections]) {
        session.end();
        setTimeout(() => socket.terminate(), goodbyeMs).unref();
      }
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        setTimeout(() => {
          server.closeAllConnections();
          resolve();
        }, goodbyeMs).unref();
      });
    },
  };
}

/** Peers have this long to take the last word, ms. */
const goodbyeMs = 500;

type Found = (socket: WebSocket, certificate: X509Certificate | null) => void;

function listen({ keys, host, port, onFault }: ShipNodeOptions, found: Found): Server {
  const server = createServer({
    ...{ cert: keys.cert, key: keys.key, ciphers },
    requestCert: true,
    // Nobody signs for a peer: its own key is what a person trusts.
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    handshakeTimeout: handshakeMaxMs,
    headersTimeout: handshakeMaxMs,
  });
  server.maxConnections = 2 * connectionsMax;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageMaxBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  server.on("request", (_request, response) => {
    response.writeHead(426).end();
  });
  server.on("upgrade", (request, socket, head) => {
    if (request.headers["sec-websocket-protocol"] === undefined) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (made) => {
      made.on("error", () => undefined);
      if (made.protocol !== subprotocol) return made.close(1_002, "no SHIP");
      found(made, (socket as TLSSocket).getPeerX509Certificate() ?? null);
    });
  });
  server.on("tlsClientError", () => undefined);
  server.on("clientError", (_failure, socket) => void socket.destroy());
  server.on("error", (failure) => onFault(failure.message));
  server.listen(port, host);
  return server;
}

function dial(
  { keys }: ShipNodeOptions,
  address: string,
  done: (socket: WebSocket | null, certificate: X509Certificate | null, failure: string) => void,
): void {
  let certificate: X509Certificate | null = null;
  let isDone = false;
  const once = (socket: WebSocket | null, failure: string): void => {
    if (isDone) return;
    isDone = true;
    done(socket, certificate, failure);
  };
  const socket = new WebSocket(`wss://${address}${address.includes("/") ? "" : "/ship/"}`, subprotocol, {
    ...{ cert: keys.cert, key: keys.key, ciphers },
    minVersion: "TLSv1.2",
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMaxMs,
    maxPayload: messageMaxBytes,
    perMessageDeflate: false,
    followRedirects: false,
  });
  socket.on("upgrade", (response) => {
    certificate = (response.socket as TLSSocket).getPeerX509Certificate() ?? null;
  });
  socket.on("error", (failure) => once(null, failure.message || "no connection"));
  socket.on("open", () => {
    if (socket.protocol !== subprotocol) {
      socket.terminate();
      once(null, "it does not speak SHIP");
    } else once(socket, "");
  });
}

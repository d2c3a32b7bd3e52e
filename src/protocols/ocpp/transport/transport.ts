/** One WebSocket connection to a backend, as the session sees it: real over `ocpp-rpc`, in memory for virtual time. */
import type { SecureVersion } from "node:tls";
import type { Version } from "./versions.ts";

/** Where and how to connect: one slot of the network configuration, with the credentials of its security profile. */
export interface Endpoint {
  /** Without the identity, which the transport appends. */
  url: string;
  identity: string;
  /** Basic authentication of profiles 1 and 2. */
  password?: string;
  tls?: {
    ca: string[];
    cert?: string;
    key?: string;
    minVersion: SecureVersion;
  };
  pingIntervalS: number;
  /** Versions to offer, the preferred one first; the backend picks. */
  versions: readonly Version[];
}

/** What a connection tells. */
export interface TransportEvents {
  /** A CALL from the backend. Throwing `OcppError` answers with its code. */
  onCall(action: string, payload: unknown): unknown | Promise<unknown>;
  /** The answer to a CALL has been handed to the socket. */
  onAnswered(): void;
  /** A frame that was not OCPP-J at all. */
  onBadFrame(description: string): void;
  /** 2.1: the backend could not read our answer to one of its calls (message kind 5). */
  onResultError(code: string, description: string): void;
  /** The connection ended, for whatever reason; called once for each successful `connect`. */
  onClose(code: number, reason: string): void;
}

/** Why a connection could not be made. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly kind: "network" | "http" | "credentials" | "certificate" | "tls-version" | "tls-cipher" | "subprotocol";

  constructor(kind: ConnectError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** One connection; it is not opened again. */
export interface Transport {
  /** Resolves when open; rejects with `ConnectError`. */
  connect(): Promise<void>;
  readonly open: boolean;
  /** What the backend has picked of the versions offered; known once it is open. */
  readonly version: Version;
  /**
   * Rejects with `OcppError` on a CALLERROR, with `NotDeliveredError` when there was no answer. `judge` throws `OcppError` for
   * an answer that cannot be read: on 2.1 the backend is told so (message kind 5), and the call rejects with it.
   */
  call(action: string, payload: unknown, timeoutMs: number, judge: (answer: unknown) => void): Promise<unknown>;
  close(code: number, reason: string): void;
}

/** Makes a connection; tests replace it. */
export type TransportFactory = (endpoint: Endpoint, events: TransportEvents) => Transport;

/** One WebSocket connection to a backend, as the session sees it: real over `ocpp-rpc`, in memory for virtual time. */
import type { SecureVersion } from "node:tls";

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
}

/** What a connection tells. */
export interface TransportEvents {
  /** A CALL from the backend. Throwing `OcppError` answers with its code. */
  onCall(action: string, payload: unknown): unknown | Promise<unknown>;
  /** The answer to a CALL has been handed to the socket. */
  onAnswered(): void;
  /** A frame that was not OCPP-J at all. */
  onBadFrame(description: string): void;
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
  /** Rejects with `OcppError` on a CALLERROR, with `NotDeliveredError` when there was no answer. */
  call(action: string, payload: unknown, timeoutMs: number): Promise<unknown>;
  close(code: number, reason: string): void;
}

/** Makes a connection; tests replace it. */
export type TransportFactory = (endpoint: Endpoint, events: TransportEvents) => Transport;

/** The only subprotocol that this station speaks. */
export const subprotocol = "ocpp2.0.1";

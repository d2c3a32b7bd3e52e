/**
 * The connection to the backend over its whole life: which network profile, when to try again, one outstanding CALL,
 * checking of both directions, answers before consequences. What may be said when is the boot gate's (`b-boot.ts`).
 */

import type { Cancel, OcppClock, OcppLog, OcppStore, QueuedMessage } from "../ports.ts";
import { type BackoffSettings, backoffMs } from "./backoff.ts";
import { NotDeliveredError } from "./errors.ts";
import { createIncoming } from "./incoming.ts";
import type { Action, Handlers, RequestOf, ResponseOf } from "./messages.table.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { shaped } from "./shapes.ts";
import { ConnectError, type Endpoint, type Transport, type TransportFactory } from "./transport.ts";
import { checkRequest, checkResponse, isAction } from "./validators.ts";
import type { Version } from "./versions.ts";
import type { CallOptions } from "./waiting.ts";

/** How often it is looked whether everything has been said. */
const drainLookMs = 50;

/** How far the connection is. */
export type SessionState = "stopped" | "waiting" | "connecting" | "open";

/** What a session needs: clock, store, transport, and who decides what may be said. */
export interface SessionPorts {
  clock: OcppClock;
  store: OcppStore;
  log: OcppLog;
  transport: TransportFactory;
  /** The endpoint to try next: the candidate after `failures` failed attempts in a row. */
  endpoint(failures: number): Endpoint;
  backoff(): BackoffSettings;
  attempts(): { attemptsMax: number; intervalS: number };
  /** Message timeout, s. */
  timeoutS(): number;
  /** Whether an outgoing CALL may go in the present registration state. */
  permitsOut(action: Action, instructed: boolean): boolean;
  /** Throws `OcppError` when an incoming CALL is not allowed in the present registration state. */
  admit(action: Action): void;
  onOpen(endpoint: Endpoint, offlineMs: number): void;
  onClosed(): void;
  onConnectFailed(error: ConnectError, failures: number): void;
  onDelivered(message: QueuedMessage, response: unknown): void;
  onBadFrame(description: string): void;
  /** Any exchange with the backend: the heartbeat only fills silence. */
  onTraffic(): void;
}

/** The connection to the backend; comes back by itself. */
export interface Session {
  start(): void;
  /** Ends the connection; with `reconnectMs` a new one is made after that time. */
  disconnect(reason: string, reconnectMs?: number): void;
  /** Runs `then` once all that waits has been said and answered, the connection is gone, or the time is over. */
  drain(maxMs: number, then: () => void): void;
  stop(): void;
  call<A extends Action>(action: A, payload: RequestOf<A>, options?: CallOptions): Promise<ResponseOf<A>>;
  /** Like `call`, for messages whose loss is no loss: failures are only logged. */
  tell<A extends Action>(action: A, payload: RequestOf<A>, options?: CallOptions): void;
  pump(): void;
  /** Starts and ends of a transaction (or of all) that the backend has refused and that are tried again later. */
  parked(transactionId?: string): number;
  readonly state: SessionState;
  readonly online: boolean;
  /** The version spoken on the open connection, or on the last one. */
  readonly version: Version;
  /** Wall-clock time since when there has been no connection, ms; NaN while there is one. */
  readonly offlineSinceMs: number;
}

/** A session that is stopped; `handlers` answer the backend's requests. */
export function createSession(ports: SessionPorts, handlers: Handlers): Session {
  const { clock, log } = ports;
  let state: SessionState = "stopped";
  let transport: Transport | null = null;
  let failures = 0;
  let timer: Cancel | null = null;
  let offlineSinceMs = clock.wallMs();
  let reconnectMs: number | null = null;
  /** Nothing is sent before a connection has told it. */
  let version: Version = "2.0.1";

  const incoming = createIncoming({ ...ports, version: () => version }, handlers);
  const outbox: Outbox = createOutbox({
    clock,
    store: ports.store,
    log,
    send: transmit,
    ready: () => state === "open" && transport?.open === true && incoming.unwritten === 0,
    speaks: (action) => isAction(version, action),
    permits: ports.permitsOut,
    attempts: ports.attempts,
    onDelivered: ports.onDelivered,
  });

  async function transmit(action: Action, payload: unknown): Promise<unknown> {
    if (!transport) throw new NotDeliveredError("offline", "There is no connection.");
    const spoken = version;
    const request = shaped(spoken, action, false, payload);
    checkRequest(spoken, action, request);
    return transport.call(action, request, ports.timeoutS() * 1000, (response) => {
      ports.onTraffic();
      checkResponse(spoken, action, response);
    });
  }

  function connect(): void {
    timer = null;
    state = "connecting";
    const endpoint = ports.endpoint(failures);
    const attempt = ports.clock.monotonicMs();
    const candidate: Transport = ports.transport(endpoint, {
      onCall: incoming.onCall,
      onAnswered: () => {
        incoming.written();
        outbox.pump();
      },
      onBadFrame: ports.onBadFrame,
      onResultError: (code, description) =>
        log("warn", `The backend cannot read an answer of this station (${code}): ${description.slice(0, 255)}`),
      onClose: (code, reason) => {
        if (candidate === transport) closed(code, reason);
      },
    });
    candidate.connect().then(
      () => {
        if (state !== "connecting") return candidate.close(1001, "Going away");
        transport = candidate;
        version = candidate.version;
        state = "open";
        failures = 0;
        incoming.written();
        const offlineMs = clock.wallMs() - offlineSinceMs;
        offlineSinceMs = Number.NaN;
        log("info", "Connected to the backend.", {
          url: endpoint.url,
          version,
          tookMs: clock.monotonicMs() - attempt,
        });
        ports.onOpen(endpoint, offlineMs);
        outbox.pump();
      },
      (error: unknown) => {
        if (state !== "connecting") return;
        const known = error instanceof ConnectError ? error : new ConnectError("network", String(error));
        failures += 1;
        log("warn", `No connection to the backend: ${known.message}`, { url: endpoint.url, failures });
        ports.onConnectFailed(known, failures);
        later(backoffMs(ports.backoff(), failures, clock.random()));
      },
    );
  }

  function later(delayMs: number): void {
    state = "waiting";
    timer?.();
    timer = clock.after("reconnect", delayMs, connect);
  }

  function closed(code: number, reason: string): void {
    transport = null;
    offlineSinceMs = clock.wallMs();
    log("warn", "The connection to the backend ended.", { code, reason });
    outbox.fail();
    ports.onClosed();
    if (state === "stopped") return;
    later(reconnectMs ?? backoffMs(ports.backoff(), 0, clock.random()));
    reconnectMs = null;
  }

  const call: Session["call"] = (action, payload, options) =>
    state === "open"
      ? outbox.call(action, payload, options)
      : Promise.reject(new NotDeliveredError("offline", "There is no connection to the backend."));

  return {
    start() {
      if (state !== "stopped") return;
      failures = 0;
      connect();
    },
    disconnect(reason, delayMs) {
      reconnectMs = delayMs ?? null;
      failures = 0;
      if (transport) transport.close(1000, reason);
      else if (state !== "stopped") later(delayMs ?? 0);
    },
    drain(maxMs, then) {
      const untilMs = clock.monotonicMs() + maxMs;
      const look = (): void => {
        if (state !== "open" || outbox.idle || clock.monotonicMs() >= untilMs) then();
        else clock.after("last words", drainLookMs, look);
      };
      look();
    },
    stop() {
      state = "stopped";
      timer?.();
      timer = null;
      transport?.close(1001, "Going away");
    },
    call,
    tell(action, payload, options) {
      call(action, payload, options).catch((error: Error) => log("debug", `${action} was not sent: ${error.message}`));
    },
    pump: outbox.pump,
    parked: outbox.parked,
    get state() {
      return state;
    },
    get version() {
      return version;
    },
    get online() {
      return state === "open";
    },
    get offlineSinceMs() {
      return offlineSinceMs;
    },
  };
}

/**
 * The real transport: framing, CALL matching and ping by the `ocpp-rpc` package, used as thinly as it allows. It never
 * reconnects by itself (the session decides when and where) and never queues (its queue would outlive the connection).
 */
import { NotDeliveredError, OcppError, type RpcErrorCode, rpcErrorCodes } from "./errors.ts";
import { createRPCError, RPCClient } from "./rpc-client.ts";
import { ConnectError, type Endpoint, type Transport, type TransportEvents } from "./transport.ts";
import { subprotocolOf, type Version, versionOf } from "./versions.ts";

/** Largest frame accepted from a backend; larger ones close the connection (1009). */
const frameMaxBytes = 1024 * 1024;
/** How long the TCP, TLS and HTTP handshakes may take together. */
const handshakeTimeoutMs = 20_000;

/** Calls in a row without an answer, after which the connection is given up: each still waits for its late answer. */
const unansweredMax = 100;

const connectErrorKinds: [pattern: RegExp, kind: ConnectError["kind"]][] = [
  [/unsupported.?protocol|protocol.?version|wrong.?version/i, "tls-version"],
  [/handshake.?failure|no.?shared.?cipher|insufficient.?security/i, "tls-cipher"],
  [/cert|self.?signed|altname|unable_to|issuer/i, "certificate"],
  [/subprotocol/i, "subprotocol"],
];

function connectError(error: unknown): ConnectError {
  const { code, message } = error as { code?: unknown; message?: string };
  const text = `${String(code ?? "")} ${message ?? String(error)}`.trim();
  if (code === 401 || code === 403) return new ConnectError("credentials", `HTTP ${code}`);
  if (typeof code === "number") return new ConnectError("http", `HTTP ${code}`);
  const kind = connectErrorKinds.find(([pattern]) => pattern.test(text))?.[1] ?? "network";
  return new ConnectError(kind, text);
}

/** Errors on their way out: ours keep their code, anything else is an internal error without details of the inside. */
function toRpcError(error: unknown): Error {
  const code = error instanceof OcppError ? error.code : "InternalError";
  const message = error instanceof OcppError ? error.message : "The request could not be processed.";
  return createRPCError(code, message, {}) as Error;
}

function fromCallError(error: unknown): Error {
  const { rpcErrorCode, message } = error as { rpcErrorCode?: string; message: string };
  if (rpcErrorCode === undefined) return new NotDeliveredError("offline", message);
  const known = rpcErrorCodes.find((code) => code === rpcErrorCode);
  return new OcppError(known ?? ("GenericError" satisfies RpcErrorCode), message);
}

/** Kinds of message that only 2.1 has (Part 4 of 2.1): neither is ever answered. */
const callResultError = 5;
const send = 6;
const kindsOf21: readonly unknown[] = [callResultError, send];

/** The package knows kinds 2 to 4 and answers every other one: an answer that was emptied is not sent. */
class Client extends RPCClient {
  override sendRaw(message: string): void {
    if (message !== "[]") super.sendRaw(message);
  }
}

/** A frame of kind 5 or 6; null for any other. */
function frameOf21(buffer: Buffer): readonly unknown[] | null {
  try {
    const frame: unknown = JSON.parse(buffer.toString("utf8"));
    return Array.isArray(frame) && kindsOf21.includes(frame[0]) ? frame : null;
  } catch {
    return null;
  }
}

/** Longest message id (Part 4, table 7), and the one that answers a frame whose id cannot be read. */
const idMax = 36;
const unreadableId = "-1";

function readableId(buffer: Buffer): string {
  try {
    const frame: unknown = JSON.parse(buffer.toString("utf8"));
    const id: unknown = Array.isArray(frame) ? frame[1] : undefined;
    return typeof id === "string" && id.length <= idMax ? id : unreadableId;
  } catch {
    return unreadableId;
  }
}

export function createRpcTransport(endpoint: Endpoint, events: TransportEvents): Transport {
  let opened = false;
  let unanswered = 0;
  let version: Version = endpoint.versions[0]!;
  /** Ids of the answers that have come in, for telling that one cannot be read. */
  const answerIds = new WeakMap<object, string>();
  const tls = endpoint.tls;
  const client = new Client({
    identity: endpoint.identity,
    endpoint: endpoint.url.replace(/\/+$/, ""),
    protocols: endpoint.versions.map(subprotocolOf),
    password: endpoint.password ?? null,
    reconnect: false,
    // The outbox keeps one call outstanding; one that timed out must not hold the next one back.
    callConcurrency: Number.POSITIVE_INFINITY,
    callTimeoutMs: 0,
    pingIntervalMs: endpoint.pingIntervalS * 1000,
    deferPingsOnActivity: false,
    respondWithDetailedErrors: false,
    strictMode: false,
    strictModeValidators: [],
    maxBadMessages: Number.POSITIVE_INFINITY,
    maxReconnects: 0,
    headers: {},
    backoff: { initialDelay: 1000, maxDelay: 10_000, factor: 2, randomisationFactor: 0 },
    wsOpts: {
      maxPayload: frameMaxBytes,
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
      ...(tls && {
        ca: tls.ca,
        minVersion: tls.minVersion,
        rejectUnauthorized: true,
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: tls.key }),
      }),
    },
  });
  client.handle(async ({ method, params, messageId }) => {
    try {
      if ((messageId?.length ?? 0) > idMax) throw new OcppError("RpcFrameworkError", "The message id is too long.");
      const answer = events.onCall(method ?? "", params);
      return (answer instanceof Promise ? await answer : answer) as Record<string, unknown>;
    } catch (error) {
      throw toRpcError(error);
    }
  });
  // Emitted right before the answer is written: what must follow the answer waits one microtask.
  client.on("response", ({ outbound, payload }: { outbound: boolean; payload: readonly unknown[] }) => {
    if (outbound) queueMicrotask(events.onAnswered);
    else if (typeof payload[2] === "object" && payload[2] !== null) answerIds.set(payload[2], String(payload[1]));
  });
  client.on(
    "badMessage",
    ({ error, buffer, response }: { error: Error; buffer: Buffer; response: unknown[] | null }) => {
      const frame = version === "2.1" ? frameOf21(buffer) : null;
      if (frame !== null) {
        if (response) response.length = 0;
        if (frame[0] === callResultError) events.onResultError(String(frame[2]), String(frame[3]));
        return;
      }
      // The package answers with "-1" although the id can be read; the answer is written after this listener.
      if (response) response[1] = readableId(buffer);
      events.onBadFrame(error.message);
    },
  );
  client.on("close", ({ code, reason }: { code?: number; reason?: string }) => {
    if (!opened) return;
    opened = false;
    events.onClose(code ?? 1006, reason ?? "");
  });
  /** Pending calls are rejected at once; the close event arrives through the listener above. */
  const close = (code: number, reason: string): void => void client.close({ code, reason }).catch(() => undefined);

  /** 2.1 tells who has answered that the answer cannot be read. */
  function refuseAnswer(answer: unknown, error: unknown): void {
    const id = typeof answer === "object" && answer !== null ? answerIds.get(answer) : undefined;
    if (version !== "2.1" || id === undefined || client.state !== RPCClient.OPEN) return;
    const { code, message } = error instanceof OcppError ? error : new OcppError("InternalError", "");
    client.sendRaw(JSON.stringify([callResultError, id, code, message, {}]));
  }

  return {
    get open() {
      return opened && client.state === RPCClient.OPEN;
    },
    get version() {
      return version;
    },
    async connect() {
      try {
        await client.connect();
        const picked = versionOf(client.protocol);
        if (picked === null || !endpoint.versions.includes(picked)) {
          close(1002, "No common version");
          throw new ConnectError("subprotocol", "The backend has picked no subprotocol that was offered.");
        }
        version = picked;
        opened = true;
      } catch (error) {
        throw error instanceof ConnectError ? error : connectError(error);
      }
    },
    call: (action, payload, timeoutMs, judge) =>
      new Promise((resolve, reject) => {
        if (!opened || client.state !== RPCClient.OPEN)
          return reject(new NotDeliveredError("offline", "There is no connection."));
        // The package's own time limit makes three errors for every call that succeeds; a timer makes none.
        const timer = setTimeout(() => {
          unanswered += 1;
          reject(new NotDeliveredError("timeout", "The backend did not answer in time."));
          if (unanswered >= unansweredMax) close(1002, "Too many calls were not answered");
        }, timeoutMs);
        client.call(action, payload).then(
          (answer: unknown) => {
            clearTimeout(timer);
            unanswered = 0;
            try {
              judge(answer);
            } catch (error) {
              refuseAnswer(answer, error);
              return reject(error);
            }
            resolve(answer);
          },
          (error: unknown) => {
            clearTimeout(timer);
            reject(fromCallError(error));
          },
        );
      }),
    close,
  };
}

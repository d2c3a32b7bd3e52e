/** The small backend over real sockets: accepts stations (plain, or TLS with client certificates), answers, can command. */
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import rpc from "ocpp-rpc";
import type { Action, RequestOf, ResponseOf } from "../../src/protocols/ocpp/transport/messages.table.ts";
import { checkRequest, checkResponse } from "../../src/protocols/ocpp/transport/validators.ts";
import { subprotocolOf, type Version } from "../../src/protocols/ocpp/transport/versions.ts";
import { type CsmsCore, createCsmsCore } from "./csms-core.ts";

const { RPCServer, createRPCError } = rpc;

export interface CsmsOptions {
  host?: string;
  /** 0 takes any free one. */
  port?: number;
  /** Basic authentication: the password of each station; all are let in when absent. */
  passwords?: Record<string, string>;
  tls?: {
    cert: string;
    key: string;
    ca?: string;
    clientCertificate?: boolean;
    maxVersion?: "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
    minVersion?: "TLSv1" | "TLSv1.2";
  };
  /** What it speaks, what it likes best first. */
  versions?: readonly Version[];
  /** Check both directions with the published schemas (by the package's own validator). */
  strict?: boolean;
  onMessage?(identity: string, direction: "in" | "out", message: string): void;
}

export interface Csms {
  readonly core: CsmsCore;
  readonly port: number;
  readonly url: string;
  connected(): string[];
  /** Commands a station. Rejects when it is not connected or answers with an error. */
  call<A extends Action>(identity: string, action: A, payload: RequestOf<A>): Promise<ResponseOf<A>>;
  /** Sends a text as it is. */
  sendRaw(identity: string, text: string): void;
  /** Cuts a station's connection without closing it. */
  cut(identity: string): void;
  /** Schema violations seen in either direction. */
  readonly violations: string[];
  close(): Promise<void>;
}

type Client = InstanceType<typeof rpc.RPCClient>;

export async function startCsms(options: CsmsOptions = {}): Promise<Csms> {
  const core = createCsmsCore(() => Date.now());
  const clients = new Map<string, Client>();
  const violations: string[] = [];
  const strict = options.strict ?? true;
  const protocols = (options.versions ?? ["2.0.1"]).map(subprotocolOf);
  const server = new RPCServer({
    protocols,
    // The package cannot check 2.1 by itself: it looks for schemas by names that they do not have.
    strictMode: strict ? protocols.filter((one) => one === subprotocolOf("2.0.1")) : false,
    callTimeoutMs: 30_000,
    pingIntervalMs: 30_000,
  });
  server.auth((accept, reject, handshake) => {
    const password = options.passwords?.[handshake.identity];
    const given = handshake.password as Buffer | undefined;
    if (options.passwords && (password === undefined || given?.toString("utf8") !== password))
      return reject(401, "Unauthorized");
    accept({});
  });
  server.on("client", (client: Client) => {
    const identity = client.identity ?? "";
    clients.set(identity, client);
    client.on("close", () => {
      if (clients.get(identity) === client) clients.delete(identity);
    });
    client.on("message", ({ message, outbound }: { message: string; outbound: boolean }) =>
      options.onMessage?.(identity, outbound ? "out" : "in", message),
    );
    client.on(
      "strictValidationFailure",
      ({ method, error, outbound }: { method: string; error: Error; outbound: boolean }) =>
        void violations.push(`${outbound ? "to" : "from"} ${identity} ${method}: ${error.message}`),
    );
    client.handle(async ({ method, params }) => {
      try {
        if (strict && client.protocol === subprotocolOf("2.1")) checkRequest("2.1", method as Action, params);
      } catch (error) {
        violations.push(`from ${identity} ${method}: ${(error as Error).message}`);
      }
      try {
        return core.answer(identity, method as Action, params) as Record<string, unknown>;
      } catch (error) {
        throw createRPCError("InternalError", (error as Error).message, {});
      }
    });
  });

  const { tls } = options;
  const http: Server = tls
    ? createTlsServer({
        cert: tls.cert,
        key: tls.key,
        requestCert: tls.clientCertificate ?? false,
        rejectUnauthorized: tls.clientCertificate ?? false,
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.minVersion !== undefined && { minVersion: tls.minVersion }),
        ...(tls.maxVersion !== undefined && { maxVersion: tls.maxVersion }),
      })
    : createHttpServer();
  http.on("upgrade", (request, socket, head) => void server.handleUpgrade(request, socket as never, head));
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const { port } = http.address() as AddressInfo;

  const clientOf = (identity: string): Client => {
    const client = clients.get(identity);
    if (!client) throw new Error(`Station ${identity} is not connected.`);
    return client;
  };
  return {
    core,
    port,
    url: `${tls ? "wss" : "ws"}://localhost:${port}`,
    connected: () => [...clients.keys()],
    async call(identity, action, payload) {
      const client = clientOf(identity);
      const answer = (await client.call(action, payload)) as never;
      try {
        if (strict && client.protocol === subprotocolOf("2.1")) checkResponse("2.1", action, answer);
      } catch (error) {
        violations.push(`from ${identity} ${action}: ${(error as Error).message}`);
      }
      return answer;
    },
    sendRaw: (identity, text) => clientOf(identity).sendRaw(text),
    cut: (identity) => void clientOf(identity).close({ force: true }),
    violations,
    async close() {
      await server.close({ force: true }).catch(() => undefined);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** How a VTN says that something has changed: a webhook of ours, and the broker that it names. Both only wake the reading. */
import { timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";
import { connect, type IClientOptions } from "mqtt";
import type { MqttNotifier } from "../../../protocols/openadr/messages.ts";

/** Largest notification and longest time for it; more connections than that no VTN needs. */
const bodyMaxBytes = 262_144;
const requestMaxMs = 5_000;
const connectionsMax = 16;
/** Notifications are read at most this often, ms: a flood of them is one reason to read. */
const wakeEveryMs = 200;

export interface Webhook {
  /** Resolves when it listens. */
  listen(): Promise<void>;
  stop(): void;
}

export function createWebhook(host: string, port: number, bearerToken: string, wake: () => void): Webhook {
  const expected = Buffer.from(`Bearer ${bearerToken}`);
  const server: Server = createServer(
    { requestTimeout: requestMaxMs, headersTimeout: requestMaxMs },
    (request, response) => {
      const given = Buffer.from(request.headers.authorization ?? "");
      const isKnown = given.length === expected.length && timingSafeEqual(given, expected);
      let bytes = 0;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyMaxBytes) request.destroy();
      });
      request.on("end", () => {
        const status = request.method !== "POST" ? 405 : isKnown ? 200 : 401;
        response.writeHead(status, { "content-type": "application/json" }).end("{}");
        if (status === 200) wake();
      });
    },
  );
  server.maxConnections = connectionsMax;
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          server.unref();
          resolve();
        });
      }),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** At most one call in so long; the last of a flood is not lost. */
export function atMostEvery(run: () => void): () => void {
  let timer: NodeJS.Timeout | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (timer !== null) return;
    const waitMs = Math.max(0, lastMs + wakeEveryMs - performance.now());
    timer = setTimeout(() => {
      timer = null;
      lastMs = performance.now();
      run();
    }, waitMs).unref();
  };
}

export interface NotifierLink {
  readonly connected: boolean;
  stop(): void;
}

/** Connects to the VTN's broker; whatever it is told there, and each time it is back, it reads anew. */
export function followNotifier(
  notifier: MqttNotifier,
  topics: readonly string[],
  clientId: string,
  token: () => Promise<string>,
  wake: () => void,
): NotifierLink {
  const { method, username, caCert, clientCert, clientKey } = notifier.authentication;
  const settings: IClientOptions = {
    protocolVersion: 5,
    clean: true,
    keepalive: 15,
    connectTimeout: 5_000,
    reconnectPeriod: 2_000,
    queueQoSZero: false,
    resubscribe: false,
    rejectUnauthorized: true,
    properties: { maximumPacketSize: bodyMaxBytes },
    ...(method === "CERTIFICATE" && {
      ...(caCert !== undefined && { ca: caCert }),
      ...(clientCert !== undefined && { cert: clientCert }),
      ...(clientKey !== undefined && { key: clientKey }),
    }),
  };
  let client: ReturnType<typeof connect> | null = null;
  let isStopped = false;
  const start = async (): Promise<void> => {
    if (method === "OAUTH2_BEARER_TOKEN") {
      settings.username = (username ?? "{clientID}").replace("{clientID}", clientId);
      settings.password = await token();
    }
    if (isStopped) return;
    client = connect(notifier.URIS[0]!, settings);
    client.on("connect", () => {
      for (const topic of topics) client?.subscribe(topic, { qos: 1 });
      wake();
    });
    client.on("message", wake);
    // A token may be over when the broker is back.
    client.on("close", () => {
      if (method === "OAUTH2_BEARER_TOKEN" && client !== null)
        void token().then(
          (text) => {
            if (client !== null) client.options.password = text;
          },
          () => undefined,
        );
    });
    client.on("error", () => undefined);
  };
  start().catch(() => undefined);
  return {
    get connected() {
      return client?.connected ?? false;
    },
    stop() {
      isStopped = true;
      client?.end(true);
    },
  };
}

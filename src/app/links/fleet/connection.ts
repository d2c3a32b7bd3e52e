/**
 * The outbound connection to the fleet's broker: opened again for ever with a growing pause, so that a broker that is away costs
 * nothing but time. A port of six functions, so that another broker can stand behind it.
 */
import { connect, credsAuthenticator, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import { inboxOf, messageBytesMax } from "../../../protocols/fleet/subjects.ts";

export interface CarrierOptions {
  readonly url: string;
  readonly site: string;
  /** A credentials file's text: JWT and seed, or the seed of an NKey alone; none where the broker asks for none. */
  readonly credentials: string | undefined;
  readonly ca: string | undefined;
  readonly subjects: readonly string[];
  readonly onConnect: () => void;
  readonly onLost: (why: string) => void;
  readonly onMessage: (subject: string, payload: Uint8Array) => void;
}

/** An answer; null where nobody answered. */
export type CarrierAnswer = { readonly status: number; readonly payload: Uint8Array } | null;

export interface Carrier {
  readonly connected: boolean;
  publish(subject: string, payload: string): void;
  ask(subject: string, payload: string): Promise<CarrierAnswer>;
  stop(): Promise<void>;
}

const retryMinMs = 500;
const retryMaxMs = 30_000;
const connectMaxMs = 10_000;
/** A question that hangs at a broken connection is given up, ms. */
const askMaxMs = 2_000;
/** A broker that answers none of two pings in a row is gone. */
const pingEveryMs = 15_000;
/** The last words have this long, ms. */
const goodbyeMaxMs = 1_000;
/** Messages taken a second; what is beyond is dropped, since the newest document of orders is read again each minute. */
const messagesPerSecond = 50;

export function openCarrier(options: CarrierOptions): Carrier {
  const { url, site, credentials, ca, subjects } = options;
  let connection: NatsConnection | null = null;
  let retryMs = retryMinMs;
  let retry: NodeJS.Timeout | undefined;
  let isStopping = false;
  const pace = { atMs: 0, count: 0 };

  const open = async (): Promise<void> => {
    try {
      const made = await connect({
        servers: url,
        name: `islet ${site}`,
        inboxPrefix: inboxOf(site),
        reconnect: false,
        timeout: connectMaxMs,
        pingInterval: pingEveryMs,
        maxPingOut: 2,
        ...(credentials !== undefined && { authenticator: authenticator(credentials) }),
        ...(ca !== undefined && { tls: { ca } }),
      });
      if (isStopping) return await made.close();
      connection = made;
      retryMs = retryMinMs;
      for (const subject of subjects) made.subscribe(subject, { callback: (_, { data }) => hear(subject, data) });
      void made
        .closed()
        .then((failure) => lost(failure instanceof Error ? failure.message : "the connection was closed"));
      options.onConnect();
    } catch (failure) {
      lost(failure instanceof Error ? failure.message : String(failure));
    }
  };

  function hear(subject: string, payload: Uint8Array): void {
    const nowMs = performance.now();
    if (nowMs - pace.atMs > 1_000) Object.assign(pace, { atMs: nowMs, count: 0 });
    if (++pace.count <= messagesPerSecond) options.onMessage(subject, payload);
  }

  function lost(why: string): void {
    connection = null;
    if (isStopping) return;
    options.onLost(why);
    retry = setTimeout(() => void open(), retryMs * (0.5 + Math.random()));
    retryMs = Math.min(retryMaxMs, retryMs * 2);
  }

  void open();
  return {
    get connected() {
      return connection !== null;
    },
    publish(subject, payload) {
      if (connection === null || Buffer.byteLength(payload) > messageBytesMax) return;
      connection.publish(subject, payload);
    },
    async ask(subject, payload) {
      try {
        const answer = await connection?.request(subject, payload, { timeout: askMaxMs });
        return answer === undefined ? null : { status: answer.headers?.code ?? 0, payload: answer.data };
      } catch {
        // Nobody answers, or not in time: asked again in a minute.
        return null;
      }
    },
    async stop() {
      isStopping = true;
      clearTimeout(retry);
      const made = connection;
      if (made === null) return;
      await Promise.race([made.drain(), new Promise((resolve) => setTimeout(resolve, goodbyeMaxMs).unref())]);
      await made.close();
    },
  };
}

const authenticator = (text: string) =>
  text.includes("-----BEGIN NATS USER JWT-----")
    ? credsAuthenticator(new TextEncoder().encode(text))
    : nkeyAuthenticator(new TextEncoder().encode(text.trim()));

/**
 * The connection to a broker: MQTT 5 through a client library, with every queue bounded. Nothing is queued while it is away: what
 * was to be told is told anew when it is back, and what others said meanwhile is not heard, because a command of then is no
 * command of now.
 */
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";

/** Tried again after this long at first, then twice as long each time, up to the longest, ms. */
const retryMinMs = 500;
const retryMaxMs = 5_000;
const connectMaxMs = 5_000;
/** The broker hears from us at least this often, s: it tells others that we are gone after one and a half of it. */
const keepAliveS = 10;
/** Messages to the broker that it has not taken yet; more are left out, and counted. */
const underWayMax = 200;
/** Largest packet that is taken, bytes. */
const packetMaxBytes = 16_384;
/** Commands that the broker may send before the first of them is answered. */
const receiveMax = 50;
/** Messages that are worked off in a row before the rest of the process has its turn, and its turn, ms. */
const inARowMax = 20;
const turnMs = 20;

/** Reason code of MQTT 5: another client has come with this one's identifier. */
const sessionTakenOver = 0x8e;

export interface BrokerOptions {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientId: string;
  /** Says whether we are there: retained, and the broker itself says so when we vanish. */
  readonly statusTopic: string;
  readonly filters: readonly string[];
  readonly onConnect: () => void;
  readonly onLost: (why: string) => void;
  readonly onMessage: (packet: IPublishPacket) => void;
}

export interface Broker {
  readonly connected: boolean;
  /** Messages that were left out because the broker did not take what came before. */
  readonly leftOut: number;
  publish(
    topic: string,
    payload: string,
    options: { readonly retain?: boolean; readonly qos?: 0 | 1; readonly correlation?: Buffer | undefined },
  ): void;
  /** Says goodbye, so that others know at once. */
  stop(): Promise<void>;
}

export function openBroker(options: BrokerOptions): Broker {
  const { statusTopic, onConnect, onLost, onMessage } = options;
  const settings: IClientOptions = {
    protocolVersion: 5,
    clientId: options.clientId,
    // Commands that came while we were away must not come later.
    clean: true,
    properties: { sessionExpiryInterval: 0, receiveMaximum: receiveMax, maximumPacketSize: packetMaxBytes },
    keepalive: keepAliveS,
    connectTimeout: connectMaxMs,
    reconnectPeriod: retryMinMs,
    reconnectOnConnackError: true,
    resubscribe: false,
    queueQoSZero: false,
    will: { topic: statusTopic, payload: Buffer.from("offline"), qos: 1, retain: true },
    rejectUnauthorized: true,
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.cert !== undefined && { cert: options.cert }),
    ...(options.key !== undefined && { key: options.key }),
  };
  const client: MqttClient = connect(options.url, settings);
  let underWay = 0;
  let leftOut = 0;
  let inARow = 0;
  let why = "";
  let retryMs = retryMinMs;
  let isStopping = false;

  client.on("connect", () => {
    underWay = 0;
    why = "";
    retryMs = client.options.reconnectPeriod = retryMinMs;
    // As it was published, so that a retained command is known as one; none that the broker has kept.
    for (const filter of options.filters)
      client.subscribe(filter, { qos: 1, rap: true, rh: 2 }, (failure) => {
        if (failure && !isStopping) onLost(`the broker refuses ${filter} (${failure.message})`);
      });
    publish(statusTopic, "online", { retain: true, qos: 1 });
    onConnect();
  });
  client.on("error", (failure) => {
    why = failure.message || (failure as NodeJS.ErrnoException).code || "no connection";
  });
  client.on("disconnect", ({ reasonCode }) => {
    why =
      reasonCode === sessionTakenOver
        ? "somebody else has connected with the same name: another site with the same topic"
        : `the broker ended the connection (reason ${reasonCode ?? 0})`;
  });
  client.on("close", () => {
    retryMs = Math.min(retryMaxMs, retryMs * 2);
    client.options.reconnectPeriod = retryMs;
    if (!isStopping) onLost(why || "the connection was closed");
  });
  // The next message is read only after this one: what floods us waits at the broker, which bounds its own queue.
  client.handleMessage = (packet, done) => {
    onMessage(packet);
    if (++inARow < inARowMax) return done();
    inARow = 0;
    setTimeout(done, turnMs);
  };

  function publish(
    topic: string,
    payload: string,
    { retain = false, qos = 0, correlation }: Parameters<Broker["publish"]>[2],
  ): void {
    if (!client.connected) return;
    if (underWay >= underWayMax) {
      leftOut++;
      return;
    }
    underWay++;
    const properties = correlation === undefined ? {} : { properties: { correlationData: correlation } };
    client.publish(topic, payload, { retain, qos, ...properties }, () => {
      underWay = Math.max(0, underWay - 1);
    });
  }

  return {
    get connected() {
      return client.connected;
    },
    get leftOut() {
      return leftOut;
    },
    publish,
    async stop() {
      isStopping = true;
      if (client.connected) {
        const told = new Promise<void>((resolve) => {
          client.publish(statusTopic, "offline", { retain: true, qos: 1 }, () => resolve());
          setTimeout(resolve, goodbyeMaxMs).unref();
        });
        await told;
      }
      await client.endAsync(true);
    },
  };
}

/** The broker has this long to take the last word, ms. */
const goodbyeMaxMs = 1_000;

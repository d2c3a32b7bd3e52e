/** Many light sites at a broker: each speaks under its own name; connections are shared where the broker's accounts allow it. */
import { connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import { helloAnswerSchema, storedSchema } from "../../src/protocols/fleet/payloads.ts";
import type { DispatcherKey } from "../../src/protocols/fleet/signed.ts";
import { inboxOf, standingAt, subjectOf } from "../../src/protocols/fleet/subjects.ts";
import { createLightSite, type LightSite } from "./light-site.ts";
import { type LightFault, noFault } from "./light-vehicles.ts";

const retryMs = 500;
/** Work of all sites of a connection is done this often, ms. */
const stepMs = 500;
/** All have told themselves once within this, ms. */
const firstStateMs = 20_000;
/** Powers are told this often while a lease for one stands, ms. */
const powerEveryMs = 5_000;
const readEveryMs = 60_000;
/** Once the fleet has answered, all have told themselves within this, ms. */
const helloStateMs = 2_000;

export interface LightGroupOptions {
  readonly natsUrl: string;
  readonly sites: readonly LightSite[];
  /** Seed of an NKey; null: the connection may speak for all of them by `user` and `password`. */
  readonly seed: string | null;
  readonly login?: { readonly user: string; readonly pass: string };
  readonly stateEveryMs: number;
  /** A document of orders has come. */
  readonly onOrder?: (site: LightSite, nowMs: number) => void;
}

export interface LightGroup {
  readonly sites: readonly LightSite[];
  readonly connected: boolean;
  /** Its controllers are killed and begin again. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** One connection for some sites. */
export function runLightGroup(options: LightGroupOptions): LightGroup {
  const { natsUrl, sites, seed, login, stateEveryMs, onOrder } = options;
  let isStopping = false;
  let connection: NatsConnection | null = null;
  const nextStateMs = new Map(
    sites.map((one, i) => [one.site, Date.now() + (Math.min(stateEveryMs, firstStateMs) * i) / sites.length]),
  );

  const nextPowerMs = new Map(sites.map((one, i) => [one.site, Date.now() + (powerEveryMs * i) / sites.length]));

  const take = (one: LightSite, data: Uint8Array): void => {
    const nowMs = Date.now();
    if (one.isSilent(nowMs)) return;
    one.order(data, nowMs);
    onOrder?.(one, nowMs);
  };
  const listen = (made: NatsConnection): void => {
    for (const one of sites) {
      made.subscribe(subjectOf(one.site, "order"), { callback: (_, { data }) => take(one, data) });
      made.subscribe(subjectOf(one.site, "release"), { callback: (_, { data }) => one.release(data, Date.now()) });
      made.subscribe(subjectOf(one.site, "stored"), {
        callback(_, message) {
          const stored = storedSchema.safeParse(message.json()).data;
          if (stored !== undefined) one.stored(stored.epoch, stored.sequences);
        },
      });
    }
  };
  /** Whether somebody behind the broker has answered. */
  const greet = async (made: NatsConnection, one: LightSite): Promise<boolean> => {
    const { site } = one;
    const hello = JSON.stringify({ schema: "islet-fleet-hello-1", site, boot: "light", version: "light model" });
    const answer = await made.request(subjectOf(site, "hello"), hello, { timeout: 2_000 }).catch(() => null);
    const places = answer === null ? undefined : helloAnswerSchema.safeParse(answer.json()).data?.places;
    if (places !== undefined) one.asked(places, Date.now());
    return answer !== null;
  };
  /** As a real site does: asks until somebody behind the broker answers, and tells itself then. */
  const greetFirst = async (made: NatsConnection): Promise<void> => {
    while (!made.isClosed() && !(await greet(made, sites[0]!)))
      await new Promise((resolve) => setTimeout(resolve, retryMs * (0.5 + Math.random())));
    const nowMs = Date.now();
    for (const one of sites) nextStateMs.set(one.site, nowMs + Math.random() * helloStateMs);
  };
  const readOrders = async (made: NatsConnection): Promise<void> => {
    for (const one of sites) {
      const answer = await made.request(standingAt(one.site, "order"), "", { timeout: 2_000 }).catch(() => null);
      if (answer !== null && (answer.headers?.code ?? 0) === 0) take(one, answer.data);
      if (!one.isSilent(Date.now())) await greet(made, one);
    }
  };
  const tellPower = (made: NatsConnection, one: LightSite, nowMs: number): void => {
    const power = nowMs < (nextPowerMs.get(one.site) ?? 0) ? null : one.power(nowMs);
    if (power === null) return;
    nextPowerMs.set(one.site, nowMs + powerEveryMs);
    made.publish(subjectOf(one.site, "power"), JSON.stringify(power));
  };
  const step = (): void => {
    const nowMs = Date.now();
    for (const one of sites) {
      one.step(nowMs);
      if (connection === null || one.isSilent(nowMs)) continue;
      tellPower(connection, one, nowMs);
      for (const record of one.due(nowMs)) connection.publish(subjectOf(one.site, "record"), JSON.stringify(record));
      if (nowMs < (nextStateMs.get(one.site) ?? 0)) continue;
      nextStateMs.set(one.site, nowMs + stateEveryMs);
      connection.publish(subjectOf(one.site, "state"), JSON.stringify(one.state(nowMs)));
    }
  };
  const run = async (): Promise<void> => {
    while (!isStopping) {
      try {
        const made = await connect({
          servers: natsUrl,
          reconnect: false,
          inboxPrefix: inboxOf(sites[0]!.site),
          ...(seed !== null && { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
          ...login,
        });
        listen(made);
        connection = made;
        const reading = setInterval(() => void readOrders(made), readEveryMs);
        void readOrders(made);
        void greetFirst(made);
        await made.closed();
        clearInterval(reading);
      } catch {
        // The broker is away: what there is to tell waits.
      }
      connection = null;
      if (!isStopping) await new Promise((resolve) => setTimeout(resolve, retryMs * (0.5 + Math.random())));
    }
  };
  const stepping = setInterval(step, stepMs);
  void run();
  return {
    sites,
    get connected() {
      return connection !== null;
    },
    async kill() {
      for (const one of sites) one.restart(Date.now());
      await connection?.close();
    },
    async stop() {
      isStopping = true;
      clearInterval(stepping);
      await connection?.close();
    },
  };
}

const places = ["Harbour", "North", "Mill", "Airport", "Hill", "Market", "River", "Forest", "Station", "Lake"];
const kinds = ["depot", "school buses", "town hall", "farm"];

export const lightSites = (
  count: number,
  sinceMs: number,
  startMs: number,
  keys: readonly DispatcherKey[],
  faultOf: () => LightFault = () => noFault,
): readonly LightSite[] =>
  Array.from({ length: count }, (_, index) =>
    createLightSite({
      site: `light-${String(index + 1).padStart(5, "0")}`,
      name: `${places[index % places.length]} ${kinds[Math.floor(index / places.length) % kinds.length]}`,
      ...{ index, startMs, sinceMs, keys, fault: faultOf() },
    }),
  );

/**
 * A worker of the fleet: takes what sites tell from the broker into the database, answers them, and keeps orders standing at the
 * broker. It has no state of its own: any number of them run beside each other, and any of them may be killed.
 */
import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type FleetRecord, type PowerMessage, recordSchema } from "../../src/protocols/fleet/payloads.ts";
import { messageBytesMax, siteOf, stateStream, streams, subjectOf } from "../../src/protocols/fleet/subjects.ts";
import type { Database } from "../store/database.ts";
import { type HeardState, saveRecords, saveStates } from "../store/ingest.ts";
import type { StandingDocument } from "../store/orders.ts";
import type { Counts } from "./counts.ts";
import { createGreeter } from "./greeter.ts";
import { consumerName, hearNow, parsed, takeState } from "./hearing.ts";
import { createStanding } from "./standing.ts";

export interface WorkerOptions {
  readonly natsUrl: string;
  readonly database: Database;
  readonly counts: Counts;
  /** What a site's chargers do; every worker hears all of them. */
  readonly hearPower: (message: PowerMessage) => void;
  readonly log: (sentence: string) => void;
}
export interface Worker {
  /** Puts a document at the broker; where that is away it follows when it is back. */
  tell(document: StandingDocument): void;
  readonly connected: boolean;
  stop(): Promise<void>;
}

const retryMs = 500;
/** Records in one transaction, and how long one waits for more, ms. */
const batchMax = 500;
const batchWaitMs = 1_000;
/** States are written this often, ms. */
const statesEveryMs = 500;
/** What was taken and not acknowledged comes again after this, ns. */
const ackWaitNs = 30_000_000_000;
/** Documents are looked for this often, ms. */
const documentsEveryMs = 1_000;
/** States that stood at the broker before: so many at a time, and how long one waits for them, ms. */
const standingStates = 1_000;
const standingWaitMs = 1_000;

export function startWorker(options: WorkerOptions): Worker {
  const { natsUrl, database, counts, log } = options;
  let connection: NatsConnection | null = null;
  let isStopping = false;
  let said = "";
  const states = new Map<string, HeardState>();
  const documents = createStanding(database);
  const greet = createGreeter(database);

  const say = (sentence: string): void => {
    if (sentence !== said) log(sentence);
    said = sentence;
  };

  const run = async (): Promise<void> => {
    while (!isStopping) {
      try {
        connection = await connect({
          ...serverOf(natsUrl),
          name: "islet fleet",
          reconnect: false,
          maxPingOut: 2,
          pingInterval: 10_000,
        });
        await makeStreams(connection);
        hearNow(connection, { states, counts, greet, hearPower: options.hearPower });
        await documents.standAll(connection);
        await readStates(connection);
        say("Broker: connected.");
        await takeRecords(connection);
      } catch (failure) {
        if (!isStopping)
          say(`Broker: ${failure instanceof Error ? failure.message : String(failure)}. It is tried again.`);
      }
      await connection?.close().catch(() => undefined);
      connection = null;
      if (!isStopping) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  };

  /** What sites have said while no worker listened: the broker keeps the newest of each. */
  async function readStates(made: NatsConnection): Promise<void> {
    const consumer = await jetstream(made).consumers.get(stateStream, { deliver_policy: DeliverPolicy.All });
    for (let left = (await consumer.info()).num_pending; left > 0 && !isStopping; ) {
      const batch = await consumer.fetch({ max_messages: Math.min(left, standingStates), expires: standingWaitMs });
      let count = 0;
      for await (const { subject, data, timestampNanos } of batch) {
        count++;
        takeState({ states, counts }, subject, data, Number(timestampNanos / 1_000_000n));
      }
      left = count === 0 ? 0 : left - count;
    }
    await consumer.delete();
  }

  async function takeRecords(made: NatsConnection): Promise<void> {
    const consumer = await jetstream(made).consumers.get("RECORD", consumerName);
    while (!isStopping && !made.isClosed()) {
      const messages: JsMsg[] = [];
      for await (const message of await consumer.fetch({ max_messages: batchMax, expires: batchWaitMs }))
        messages.push(message);
      if (messages.length > 0) await store(made, messages);
    }
  }

  async function store(made: NatsConnection, messages: readonly JsMsg[]): Promise<void> {
    const records: FleetRecord[] = [];
    for (const { subject, data } of messages) {
      const record = parsed(recordSchema, data);
      if (record !== null && siteOf(subject) === record.site) records.push(record);
      else counts.unreadable++;
    }
    try {
      if (records.length > 0) await saveRecords(database, records);
    } catch (failure) {
      // Not acknowledged: it comes again, from the broker or from the site.
      say(`Database: ${failure instanceof Error ? failure.message : String(failure)}. Records wait.`);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      return;
    }
    counts.records += records.length;
    for (const message of messages) message.ack();
    for (const [key, sequences] of bySiteAndEpoch(records)) {
      const [site = "", epoch = ""] = key.split("/");
      made.publish(subjectOf(site, "stored"), JSON.stringify({ schema: "islet-fleet-stored-1", epoch, sequences }));
    }
  }

  let isSaving = false;
  const saving = setInterval(async () => {
    if (states.size === 0 || isSaving) return;
    const batch = [...states.values()];
    states.clear();
    isSaving = true;
    try {
      await saveStates(database, batch);
      counts.states += batch.length;
    } catch (failure) {
      say(
        `Database: ${failure instanceof Error ? failure.message : String(failure)}. States of a minute are left out.`,
      );
    } finally {
      isSaving = false;
    }
  }, statesEveryMs);
  let isLooking = false;
  const standing = setInterval(async () => {
    if (connection === null || isLooking) return;
    isLooking = true;
    await documents.look(connection, Date.now());
    isLooking = false;
  }, documentsEveryMs);
  const running = run();

  return {
    tell(document) {
      if (connection !== null) documents.tell(connection, document);
    },
    get connected() {
      return connection !== null;
    },
    async stop() {
      isStopping = true;
      clearInterval(saving);
      clearInterval(standing);
      await connection?.close();
      await running;
    },
  };
}

/** Name and password may stand in the address. */
function serverOf(natsUrl: string): { readonly servers: string; readonly user?: string; readonly pass?: string } {
  const url = new URL(natsUrl);
  const servers = `${url.protocol}//${url.host}`;
  return url.username === ""
    ? { servers }
    : { servers, user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
}

/** The streams and the workers' place in them, where they are not there (any more). */
async function makeStreams(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  for (const { name, subjects, maxAgeNs, maxPerSubject, maxBytes } of streams) {
    const wanted = {
      subjects: [...subjects],
      max_age: maxAgeNs,
      max_msgs_per_subject: maxPerSubject,
      max_bytes: maxBytes,
      max_msg_size: messageBytesMax,
      allow_direct: true,
    };
    await manager.streams.add({ name, ...wanted }).catch(() => manager.streams.update(name, wanted));
  }
  await manager.consumers.add("RECORD", {
    durable_name: consumerName,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWaitNs,
    max_ack_pending: 20 * batchMax,
  });
}

function bySiteAndEpoch(records: readonly FleetRecord[]): ReadonlyMap<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { site, epoch, sequence } of records) {
    const key = `${site}/${epoch}`;
    groups.set(key, [...(groups.get(key) ?? []), sequence]);
  }
  return groups;
}

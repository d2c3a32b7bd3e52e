/**
 * The conversation with a VTN: enrolment of the VEN and its resources, reading of programmes and events, at once when a
 * notification says so and otherwise by polling. What a notification carries is not believed: it only says that there is
 * something to read.
 */
import { hostname } from "node:os";
import {
  type MqttNotifier,
  type Program,
  type Registered,
  readEvent,
  readMqttNotifier,
  readProgram,
  readRegistered,
  readTopics,
  type VtnEvent,
} from "../../../protocols/openadr/messages.ts";
import { type VtnClient, VtnError } from "../../../protocols/openadr/vtn-client.ts";
import type { Enrolled } from "./memory.ts";

/** Waits after a failure, each twice as long up to the longest, ms. */
const retryMinMs = 1_000;
const retryMaxMs = 30_000;
/** Notifications that come close together are one reason to read, ms. */
const gatherMs = 50;
/** The VTN is asked anew for its notifiers and for our enrolment this often, ms. */
const enrolEveryMs = 3_600_000;

/** A resource of ours: the site (0) or a charger. */
export interface OwnResource {
  readonly evse: number;
  readonly name: string;
  readonly attributes: readonly { readonly type: string; readonly values: readonly (number | string)[] }[];
}

export interface SessionOptions {
  readonly client: VtnClient;
  readonly venName: string;
  readonly resources: readonly OwnResource[];
  /** Names of programmes that are heeded; empty: all that the VTN shows. */
  readonly programs: readonly string[];
  readonly pollMs: number;
  readonly webhook: { readonly callbackUrl: string; readonly bearerToken: string } | null;
  readonly onRead: (events: readonly VtnEvent[], programs: readonly Program[], enrolled: Enrolled) => void;
  /** How notifications come over MQTT; null: not at all. */
  readonly onNotifier: (notifier: MqttNotifier | null, topics: readonly string[]) => void;
  readonly onFault: (why: string) => void;
  readonly onProblem: (sentence: string) => void;
}

export interface Session {
  /** Reads soon: a notification has come, or a connection is back. */
  readSoon(): void;
  stop(): void;
}

export function startSession(options: SessionOptions): Session {
  const { client, venName, onFault, onProblem } = options;
  let enrolled: Enrolled | null = null;
  let enrolledAtMs = Number.NEGATIVE_INFINITY;
  let retryMs = retryMinMs;
  let timer: NodeJS.Timeout | null = null;
  let isReading = false;
  let isAskedAgain = false;
  let isStopped = false;

  const after = (ms: number): void => {
    if (timer !== null) clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => void turn(), ms).unref();
  };

  async function turn(): Promise<void> {
    if (isReading) {
      isAskedAgain = true;
      return;
    }
    isReading = true;
    try {
      const isDue = enrolled === null || performance.now() - enrolledAtMs > enrolEveryMs;
      if (isDue) {
        enrolled = await enrol(options);
        enrolledAtMs = performance.now();
      }
      await read(enrolled!);
      // After the first reading: what holds must not wait for how changes of it are told.
      if (isDue && !isStopped) await listen(enrolled!);
      retryMs = retryMinMs;
      if (!isStopped) after(isAskedAgain ? gatherMs : options.pollMs);
    } catch (failure) {
      if (isStopped) return;
      if (failure instanceof VtnError && (failure.status === 404 || failure.status === 403)) enrolled = null;
      onFault(failure instanceof Error ? failure.message : String(failure));
      after(retryMs);
      retryMs = Math.min(retryMaxMs, retryMs * 2);
    } finally {
      isReading = false;
      isAskedAgain = false;
    }
  }

  async function read(own: Enrolled): Promise<void> {
    const programs = (await client.list("/programs")).flatMap((one) => {
      const program = readProgram(one);
      if (program === null) onProblem("A programme of the VTN can't be read and is left out.");
      return program === null || !isHeeded(program) ? [] : [program];
    });
    const known = new Set(programs.map(({ id }) => id));
    const events = (await client.list("/events")).flatMap((one) => {
      const event = readEvent(one);
      if (event === null) onProblem(`Event ${idOf(one)} of the VTN can't be read and is left out.`);
      return event === null || !known.has(event.programID) ? [] : [event];
    });
    if (!isStopped) options.onRead(events, programs, own);
  }
  const isHeeded = ({ programName }: Program): boolean =>
    options.programs.length === 0 || options.programs.includes(programName);

  /** Ways of being told of changes; none of them is needed, and polling goes on beside them. */
  async function listen({ venId }: Enrolled): Promise<void> {
    try {
      const notifier = readMqttNotifier(await client.call("GET", "/notifiers"));
      const topics = notifier === null ? [] : await mqttTopics(venId);
      options.onNotifier(topics.length > 0 ? notifier : null, topics);
    } catch (failure) {
      options.onNotifier(null, []);
      if (!(failure instanceof VtnError && (failure.status === 404 || failure.status === 501)))
        onProblem(`Notifiers of the VTN: ${failure instanceof Error ? failure.message : "no answer"}. It is polled.`);
    }
    if (options.webhook === null) return;
    try {
      await subscribe(options.webhook);
    } catch (failure) {
      onProblem(`Subscription: ${failure instanceof Error ? failure.message : "no answer"}. The VTN is polled.`);
    }
  }

  async function mqttTopics(venId: string): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const what of ["events", "programs"]) {
      for (const path of [`/vens/${venId}/${what}`, `/${what}`]) {
        try {
          const topics = readTopics(await client.call("GET", `/notifiers/mqtt/topics${path}`));
          for (const topic of topics) found.add(topic);
          if (topics.length > 0) break;
        } catch (failure) {
          if (!(failure instanceof VtnError) || failure.status === 0) throw failure;
        }
      }
    }
    return [...found];
  }

  /** Those of an earlier run have a token that nobody knows any more. */
  async function subscribe({ callbackUrl, bearerToken }: NonNullable<SessionOptions["webhook"]>): Promise<void> {
    for (const old of await client.list("/subscriptions", { clientName: venName }))
      await client.call("DELETE", `/subscriptions/${encodeURIComponent(idOf(old))}`);
    await client.call("POST", "/subscriptions", {
      clientName: venName,
      objectOperations: [
        { objects: ["PROGRAM", "EVENT"], operations: ["CREATE", "UPDATE", "DELETE"], callbackUrl, bearerToken },
      ],
    });
  }

  after(0);
  return {
    readSoon() {
      if (isReading) isAskedAgain = true;
      else after(gatherMs);
    },
    stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

const idOf = (value: unknown): string => {
  const id = (value as { readonly id?: unknown } | null)?.id;
  return typeof id === "string" ? id.slice(0, 128) : "without an id";
};

/** Our VEN and its resources at the VTN, made where they are not there yet. */
async function enrol({ client, venName, resources }: SessionOptions): Promise<Enrolled> {
  const ven = await findOrMake(client, "/vens", { venName }, ({ venName: name }) => name === venName, {
    objectType: "VEN_VEN_REQUEST",
    venName,
    attributes: [{ type: "DESCRIPTION", values: [`Islet at ${hostname()}`.slice(0, 128)] }],
  });
  const own: { evse: number; targets: string[] }[] = [];
  for (const { evse, name, attributes } of resources) {
    const query = { venID: ven.id, resourceName: name };
    const { targets } = await findOrMake(client, "/resources", query, ({ resourceName }) => resourceName === name, {
      objectType: "VEN_RESOURCE_REQUEST",
      resourceName: name,
      venID: ven.id,
      attributes,
    });
    own.push({ evse, targets });
  }
  return { venId: ven.id, targets: ven.targets, resources: own };
}

async function findOrMake(
  client: VtnClient,
  path: string,
  query: Readonly<Record<string, string>>,
  isIt: (one: Registered) => boolean,
  request: unknown,
): Promise<Registered> {
  const find = async (): Promise<Registered | undefined> =>
    (await client.list(path, query)).flatMap((one) => readRegistered(one) ?? []).find(isIt);
  const found = await find();
  if (found !== undefined) return found;
  try {
    const made = readRegistered(await client.call("POST", path, request));
    if (made !== null) return made;
  } catch (failure) {
    // Somebody else has made it at the same time, or it belongs to another client.
    if (!(failure instanceof VtnError && failure.status === 409)) throw failure;
  }
  // A VTN that knows one VEN for each client, under whatever name the utility has given it.
  const all = path === "/vens" ? (await client.list(path)).flatMap((one) => readRegistered(one) ?? []) : [];
  const then = (await find()) ?? (all.length === 1 ? all[0] : undefined);
  if (then === undefined) throw new VtnError(409, `${path}: the name is taken by another client`);
  return then;
}

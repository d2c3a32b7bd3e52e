/** What sites tell of now: it needs no stream, since the next comes within a minute. */
import type { NatsConnection } from "@nats-io/transport-node";
import { helloSchema, type PowerMessage, powerSchema, stateSchema } from "../../src/protocols/fleet/payloads.ts";
import { everySite, messageBytesMax, siteOf } from "../../src/protocols/fleet/subjects.ts";
import type { HeardState } from "../store/ingest.ts";
import type { Counts } from "./counts.ts";
import type { Greeter } from "./greeter.ts";

/** Workers share what is told under this name. */
export const consumerName = "fleet";
/** So many states wait at most: the newest of each site counts. */
const statesMax = 50_000;

export interface Hearing {
  readonly states: Map<string, HeardState>;
  readonly counts: Counts;
  readonly hearPower: (message: PowerMessage) => void;
  readonly greet: Greeter;
}

/** Workers share states and questions; powers are heard by each. */
export function hearNow(made: NatsConnection, { states, counts, hearPower, greet }: Hearing): void {
  made.subscribe(everySite("state"), {
    queue: consumerName,
    callback(_, { subject, data }) {
      if (!takeState({ states, counts }, subject, data, Date.now())) counts.unreadable++;
    },
  });
  made.subscribe(everySite("power"), {
    callback(_, { subject, data }) {
      const power = parsed(powerSchema, data);
      if (power === null || siteOf(subject) !== power.site) counts.unreadable++;
      else hearPower(power);
    },
  });
  made.subscribe(everySite("hello"), {
    queue: consumerName,
    callback(_, message) {
      const hello = parsed(helloSchema, message.data);
      if (hello === null || siteOf(message.subject) !== hello.site) counts.unreadable++;
      else greet(hello.site, message, Date.now());
    },
  });
}

/** Whether it is a state that was taken: the newest of each site, and no more of them than there is room for. */
export function takeState(
  { states }: Pick<Hearing, "states" | "counts">,
  subject: string,
  data: Uint8Array,
  heardMs: number,
): boolean {
  const state = parsed(stateSchema, data);
  if (state === null || siteOf(subject) !== state.site || states.size >= statesMax) return false;
  const before = states.get(state.site);
  if (before === undefined || before.state.atMs <= state.atMs) states.set(state.site, { state, heardMs });
  return true;
}

/** A message as the schema has it; null where it is none, or too large. */
export function parsed<T>(schema: { safeParse(value: unknown): { data?: T | undefined } }, data: Uint8Array): T | null {
  if (data.length > messageBytesMax) return null;
  try {
    return schema.safeParse(JSON.parse(Buffer.from(data).toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}

/** What sites tell of now: it needs no stream, since the next comes within a minute. */
import type { NatsConnection } from "@nats-io/transport-node";
import {
  helloSchema,
  type PowerMessage,
  powerSchema,
  type SiteMessage,
  stateSchema,
} from "../../src/protocols/fleet/payloads.ts";
import { everySite, messageBytesMax, siteOf } from "../../src/protocols/fleet/subjects.ts";
import type { Counts } from "./counts.ts";

/** Workers share what is told under this name. */
export const consumerName = "fleet";
/** So many states wait at most: the newest of each site counts. */
const statesMax = 50_000;

export interface Hearing {
  readonly states: Map<string, SiteMessage>;
  readonly counts: Counts;
  readonly hearPower: (message: PowerMessage) => void;
}

/** Workers share states and questions; powers are heard by each. */
export function hearNow(made: NatsConnection, { states, counts, hearPower }: Hearing): void {
  made.subscribe(everySite("state"), {
    queue: consumerName,
    callback(_, { subject, data }) {
      const state = parsed(stateSchema, data);
      if (state === null || siteOf(subject) !== state.site || states.size >= statesMax) counts.unreadable++;
      else states.set(state.site, state);
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
      if (parsed(helloSchema, message.data) === null) counts.unreadable++;
      else message.respond(JSON.stringify({ schema: "islet-fleet-hello-answer-1", atMs: Date.now() }));
    },
  });
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

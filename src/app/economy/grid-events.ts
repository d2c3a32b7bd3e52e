/**
 * Grid events: somebody asks the site to draw less for a time and pays for it. Entered by a person or a link, answered by a person
 * until a moment, delivered against a baseline, settled by what was measured. In force at once and kept in the store.
 */
import { z } from "zod";
import { err, ok, type Result } from "../../domain/result.ts";
import type { Documents } from "../store/store.ts";

/** Events that are kept; the oldest go first. */
const eventsMax = 500;
/** Longest event, and how far ahead one may be told, ms. */
const lengthMaxMs = 24 * 3_600_000;
const aheadMaxMs = 90 * 24 * 3_600_000;
const quarterMs = 15 * 60_000;

const eventSchema = z.object({
  id: z.string().max(60),
  programme: z.string().max(80),
  fromMs: z.number(),
  toMs: z.number(),
  askedW: z.number(),
  answerByMs: z.number(),
  payPerKWh: z.number(),
  penaltyPerKWh: z.number(),
  /** Null: nobody has answered. 0: declined. */
  committedW: z.number().nullable(),
  answeredBy: z.string().nullable(),
  enteredBy: z.string(),
});
export type GridEvent = z.infer<typeof eventSchema>;

/** What a person or a link tells of an event. */
export type OfferedEvent = Pick<
  GridEvent,
  "programme" | "fromMs" | "toMs" | "askedW" | "answerByMs" | "payPerKWh" | "penaltyPerKWh"
>;

/** Where an event stands at a moment. An offer that nobody answered in time is declined. */
export function stateOf(event: GridEvent, nowMs: number): "offered" | "committed" | "declined" | "running" | "over" {
  const { committedW, answerByMs, fromMs, toMs } = event;
  if (committedW === null) return nowMs < answerByMs ? "offered" : "declined";
  if (committedW === 0) return "declined";
  return nowMs < fromMs ? "committed" : nowMs < toMs ? "running" : "over";
}

export interface GridEvents {
  readonly all: readonly GridEvent[];
  get(id: string): GridEvent | undefined;
  offer(event: OfferedEvent, by: string, nowMs: number): Result<GridEvent>;
  /** 0 declines. A commitment may be changed until the answer is due. */
  answer(id: string, committedW: number, by: string, nowMs: number): Result<GridEvent>;
  /** Whoever has told of it takes it back. */
  withdraw(id: string): void;
  readonly version: number;
}

const collection = "grid-events";

export function openGridEvents(documents: Documents): GridEvents {
  const events = new Map<string, GridEvent>();
  for (const { key, value } of documents.entries(collection)) {
    const parsed = eventSchema.safeParse(parseJson(value));
    if (parsed.success) events.set(key, parsed.data);
  }
  let version = 0;
  const put = (event: GridEvent): GridEvent => {
    events.set(event.id, event);
    version++;
    documents.put(collection, event.id, JSON.stringify(event));
    while (events.size > eventsMax) {
      const oldest = events.keys().next().value!;
      events.delete(oldest);
      documents.remove(collection, oldest);
    }
    return event;
  };
  return {
    get all() {
      return [...events.values()].sort((a, b) => a.fromMs - b.fromMs);
    },
    get: (id) => events.get(id),
    get version() {
      return version;
    },
    offer(event, by, nowMs) {
      const { fromMs, toMs, askedW, answerByMs } = event;
      if (!(fromMs > nowMs)) return err("The event must begin in the future.");
      if (!(toMs > fromMs && toMs - fromMs <= lengthMaxMs)) return err("The event must last up to 24 h.");
      if (fromMs - nowMs > aheadMaxMs) return err("The event must begin within 90 days.");
      if (fromMs % quarterMs !== 0 || toMs % quarterMs !== 0)
        return err("The event must begin and end with a quarter of an hour.");
      if (!(answerByMs > nowMs && answerByMs <= fromMs)) return err("The answer must be due before the event begins.");
      if (!(askedW > 0)) return err("The event must ask for more than 0 W.");
      const other = [...events.values()].find(
        (one) => one.fromMs < toMs && fromMs < one.toMs && stateOf(one, nowMs) !== "declined",
      );
      if (other) return err(`Another event of ${other.programme} is at that time.`);
      const id = `${fromMs}-${version}-${events.size}`;
      return ok(put({ ...event, id, committedW: null, answeredBy: null, enteredBy: by }));
    },
    answer(id, committedW, by, nowMs) {
      const event = events.get(id);
      if (event === undefined) return err("There is no such event.");
      if (nowMs >= event.answerByMs) return err("The answer was due before now.");
      if (!(committedW >= 0 && committedW <= event.askedW))
        return err(`The commitment must be from 0 to ${event.askedW} W.`);
      return ok(put({ ...event, committedW, answeredBy: by }));
    },
    withdraw(id) {
      if (!events.delete(id)) return;
      version++;
      documents.remove(collection, id);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

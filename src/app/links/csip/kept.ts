/**
 * What is promised to a utility's server and must outlive the process: controls with what was drawn and told of each, programs with
 * their default controls, answers that are owed, and when the server was heard last.
 */
import { z } from "zod";
import {
  createBook,
  type Event,
  type EventBook,
  type KnownProgram,
  type Owed,
} from "../../../protocols/csip/events.ts";
import type { ModeName } from "../../../protocols/csip/modes.table.ts";
import { modeNames } from "../../../protocols/csip/modes.table.ts";
import type { Documents } from "../../store/store.ts";

const collection = "csip";
/** Answers that wait for a server; of more the oldest are given up. */
const owedMax = 2_000;
/** How old the note of the last answer may be, ms: it is not written for each. */
const heardEveryMs = 60_000;

const valuesSchema = z.partialRecord(z.enum(modeNames as [ModeName, ...ModeName[]]), z.number());
/** JSON knows no NaN: null stands for it. */
const maybe = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const eventSchema = z.object({
  control: z.object({
    mrid: z.string(),
    createdS: z.number(),
    status: z.number(),
    startS: z.number(),
    durationS: z.number(),
    randomizeStartS: z.number(),
    randomizeDurationS: z.number(),
    replyTo: z.string(),
    responseRequired: z.number(),
    values: valuesSchema,
    rampS: maybe,
    fault: z.enum(["", "not-applicable", "invalid"]),
  }),
  program: z.string(),
  startShiftS: z.number(),
  durationShiftS: z.number(),
  cancelAtS: z.number().nullable(),
  phase: z.enum(["held", "active", "superseded", "over"]),
  told: z.array(z.number()),
});
const programSchema = z.object({
  primacy: z.number(),
  fallback: z.object({ values: valuesSchema, gradient: maybe }).nullable(),
});
const owedSchema = z.object({ mrid: z.string(), status: z.number(), replyTo: z.string() });
const clockSchema = z.object({ heardMs: z.number(), offsetS: z.number() });

export interface Kept {
  readonly book: EventBook;
  /** Stores what has changed and what is owed by it, together. */
  store(changed: readonly string[], forgotten: readonly string[], owed: readonly Owed[]): void;
  storeProgram(href: string, program: KnownProgram | null): void;
  /** The answer that is owed longest, and how to say that it was taken. */
  next(): { readonly owed: Owed; readonly done: () => void } | null;
  /** The server has answered; its clock is so much ahead of ours, s. */
  heard(nowMs: number, offsetS: number): void;
  /** UTC, ms; NaN: never. */
  readonly heardMs: number;
  readonly offsetS: number;
  /** Records that could not be read. */
  readonly unreadable: number;
}

export function openKept(documents: Documents): Kept {
  const book = createBook();
  const owed = new Map<string, Owed>();
  let clock = { heardMs: Number.NaN, offsetS: 0 };
  let storedMs = Number.NEGATIVE_INFINITY;
  let unreadable = 0;
  let next = 0;
  for (const { key, value } of documents.entries(collection)) {
    const [kind, name = ""] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
    const read = <T>(schema: z.ZodType<T>, take: (value: T) => void): void => {
      const parsed = schema.safeParse(jsonOf(value));
      if (parsed.success) take(parsed.data);
      else unreadable++;
    };
    if (kind === "event") read(eventSchema, (event: Event) => void book.events.set(name, event));
    else if (kind === "program") read(programSchema, (program: KnownProgram) => void book.programs.set(name, program));
    else if (kind === "owed") {
      read(owedSchema, (one) => void owed.set(key, one));
      next = Math.max(next, Number(name) + 1);
    } else if (kind === "clock") read(clockSchema, (stored) => void (clock = stored));
  }

  return {
    book,
    store(changed, forgotten, news) {
      if (changed.length + forgotten.length + news.length === 0) return;
      documents.atomically(() => {
        for (const mrid of changed) documents.put(collection, `event/${mrid}`, JSON.stringify(book.events.get(mrid)));
        for (const mrid of forgotten) documents.remove(collection, `event/${mrid}`);
        for (const one of news) {
          const key = `owed/${String(next++).padStart(9, "0")}`;
          owed.set(key, one);
          documents.put(collection, key, JSON.stringify(one));
        }
        while (owed.size > owedMax) {
          const [oldest = ""] = owed.keys();
          owed.delete(oldest);
          documents.remove(collection, oldest);
        }
      });
    },
    storeProgram(href, program) {
      if (program === null) documents.remove(collection, `program/${href}`);
      else documents.put(collection, `program/${href}`, JSON.stringify(program));
    },
    next() {
      const [first] = owed;
      if (first === undefined) return null;
      const [key, one] = first;
      return {
        owed: one,
        done: () => {
          owed.delete(key);
          documents.remove(collection, key);
        },
      };
    },
    heard(nowMs, offsetS) {
      const isNews = Math.abs(offsetS - clock.offsetS) >= 1 || nowMs - storedMs >= heardEveryMs;
      clock = { heardMs: nowMs, offsetS };
      if (!isNews) return;
      storedMs = nowMs;
      documents.put(collection, "clock/", JSON.stringify(clock));
    },
    get heardMs() {
      return clock.heardMs;
    },
    get offsetS() {
      return clock.offsetS;
    },
    unreadable,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

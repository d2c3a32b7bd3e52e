/**
 * What the link must not forget over a restart: the events it knows with their draws, what people have opted out of, reports that
 * are owed, and its own objects at the VTN. One document for each kind, written when it changes.
 */
import { z } from "zod";
import type { Program, VtnEvent } from "../../../protocols/openadr/messages.ts";
import { readEvent, readProgram } from "../../../protocols/openadr/messages.ts";
import type { Documents } from "../../store/store.ts";

const collection = "openadr";
/** Draws and opt-outs that are kept; the oldest are forgotten first. */
const keptMax = 1_000;

const knownSchema = z.object({
  events: z.array(z.unknown()).max(1_000),
  programs: z.array(z.unknown()).max(1_000),
  heardMs: z.number(),
  enrolled: z.object({
    venId: z.string(),
    targets: z.array(z.string()),
    resources: z.array(z.object({ evse: z.number().int().min(0), targets: z.array(z.string()) })),
  }),
});
/** What the VTN has told of our VEN and its resources. */
export type Enrolled = z.infer<typeof knownSchema>["enrolled"];
const marksSchema = z.object({
  /** By event: a whole number from which its draws are made. */
  seeds: z.record(z.string(), z.number()),
  /** Event and modification that people have opted out of, by thing and place. */
  optedOut: z.array(z.string().max(400)).max(keptMax),
  /** Grid event by offer. */
  offers: z.record(z.string(), z.string()),
  /** Settings that were asked, by event, modification and place. */
  settings: z.array(z.string().max(400)).max(keptMax),
});
export type Marks = z.infer<typeof marksSchema>;

export interface Memory {
  readonly events: readonly VtnEvent[];
  readonly programs: readonly Program[];
  /** Null before the first conversation. */
  readonly enrolled: Enrolled | null;
  /** When the VTN was heard last, ms UTC; 0: never. */
  readonly heardMs: number;
  readonly marks: Marks;
  /** Written where it differs from what is kept, apart from the moment. */
  know(events: readonly VtnEvent[], programs: readonly Program[], enrolled: Enrolled, nowMs: number): void;
  /** Whole number of an event's draws, made when it is first seen. */
  seed(eventId: string): number;
  mark(): void;
  readonly documents: Documents;
}

/** The moment is kept in steps of this much, so that a poll alone writes nothing, ms. */
const heardStepMs = 600_000;

export function openMemory(documents: Documents, draw: () => number): Memory {
  const read = <T>(key: string, schema: z.ZodType<T>): T | null => {
    try {
      return schema.parse(JSON.parse(documents.get(collection, key) ?? "null"));
    } catch {
      return null;
    }
  };
  const kept = read("known", knownSchema);
  const marks: Marks = read("marks", marksSchema) ?? { seeds: {}, optedOut: [], offers: {}, settings: [] };
  let events = (kept?.events ?? []).flatMap((one) => readEvent(one) ?? []);
  let programs = (kept?.programs ?? []).flatMap((one) => readProgram(one) ?? []);
  let enrolled = kept?.enrolled ?? null;
  let heardMs = kept?.heardMs ?? 0;
  let writtenMs = heardMs;
  let text = JSON.stringify([events, programs, enrolled]);

  function mark(): void {
    for (const list of [marks.optedOut, marks.settings])
      if (list.length > keptMax) list.splice(0, list.length - keptMax);
    for (const record of [marks.seeds, marks.offers])
      for (const old of Object.keys(record).slice(0, Math.max(0, Object.keys(record).length - keptMax)))
        delete record[old];
    documents.put(collection, "marks", JSON.stringify(marks));
  }

  return {
    get events() {
      return events;
    },
    get programs() {
      return programs;
    },
    get enrolled() {
      return enrolled;
    },
    get heardMs() {
      return heardMs;
    },
    marks,
    documents,
    know(newEvents, newPrograms, newEnrolled, nowMs) {
      events = [...newEvents];
      programs = [...newPrograms];
      enrolled = newEnrolled;
      heardMs = nowMs;
      const now = JSON.stringify([events, programs, enrolled]);
      if (now === text && nowMs - writtenMs < heardStepMs) return;
      text = now;
      writtenMs = nowMs;
      documents.put(collection, "known", JSON.stringify({ events, programs, enrolled, heardMs }));
    },
    seed(eventId) {
      let seed = marks.seeds[eventId];
      if (seed === undefined) {
        seed = draw();
        marks.seeds[eventId] = seed;
        mark();
      }
      return seed;
    },
    mark,
  };
}

/** Uniform in -1 to 1 from an event's seed and the number of an interval: the same again after a restart. */
export function shareOf(seed: number, interval: number): number {
  // Mixing of splitmix32: neighbouring intervals get draws that have nothing to do with each other.
  let x = (seed + Math.imul(interval + 1, 0x9e37_79b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 0x8000_0000 - 1;
}

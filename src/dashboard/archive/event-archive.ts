/**
 * The list of events on disk, so that a restart forgets neither what happened nor who has acknowledged it. It follows the
 * list: what has changed is written, what has fallen off its end is removed.
 */
import { z } from "zod";
import type { Documents } from "../../app/store/store.ts";
import { eventSchema } from "../state.ts";

const keptSchema = z.object({
  event: eventSchema,
  place: z.string().max(120).describe("Row and place that it is the latest event of; empty where it is of none."),
  endedAtMs: z.number().nullable(),
});
export type KeptEvent = z.infer<typeof keptSchema>;

export interface EventArchive {
  /** As they were left, newest first. */
  readonly kept: readonly KeptEvent[];
  /** What could not be read at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
  /** Brings the disk to this list; durable when it returns. */
  save(list: readonly KeptEvent[]): void;
}

const collection = "events";

export function openEventArchive(documents: Documents): EventArchive {
  const rows = documents.entries(collection);
  const read = rows.map(({ key, value }) => ({ key, parsed: keptSchema.safeParse(parseJson(value)) }));
  const kept = read.flatMap(({ parsed }) => (parsed.success ? [parsed.data] : []));
  // Of one moment, the one with the later number in its id is newer.
  kept.sort(({ event: a }, { event: b }) => b.atMs - a.atMs || b.id.length - a.id.length || (b.id > a.id ? 1 : -1));
  const unreadable = read.filter(({ parsed }) => !parsed.success).map(({ key }) => key);
  let onDisk: ReadonlyMap<string, string> = new Map(kept.map((one) => [one.event.id, JSON.stringify(one)]));
  return {
    kept,
    sentence: unreadable.length > 0 ? `${unreadable.length} events can't be read and are no longer listed.` : "",
    save(list) {
      const wanted = new Map(list.map((one) => [one.event.id, JSON.stringify(one)]));
      documents.atomically(() => {
        for (const [id, text] of wanted) if (onDisk.get(id) !== text) documents.put(collection, id, text);
        for (const id of onDisk.keys()) if (!wanted.has(id)) documents.remove(collection, id);
        for (const key of unreadable.splice(0)) documents.remove(collection, key);
      });
      onDisk = wanted;
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

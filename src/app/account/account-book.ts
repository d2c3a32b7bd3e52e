/**
 * The account on disk, in the controller's store: rows by days, and what must outlive a restart beside them. A row and the head of
 * its chain are written in one go, so that no cut doubles or loses one. The oldest days go first.
 */
import { z } from "zod";
import { dayMs } from "../../domain/units.ts";
import type { Documents } from "../store/store.ts";
import { type AccountRow, readRow, rowText } from "./chain.ts";

/** Days (UTC) that are kept: two years and a month. */
const daysMax = 762;
const place = ["account", "state"] as const;
/** Days with rows, oldest first. */
const daysPlace = ["account", "days"] as const;

const byName = z.record(z.string(), z.record(z.string(), z.number()));
const side = z.object({ registerWh: z.number().nullable(), aheadMWh: z.number() });
const stateSchema = z.object({
  head: z.object({ sequence: z.int().min(0), hash: z.string(), toMs: z.number().nullable() }),
  /** Wall clock at writing, ms UTC. */
  savedAtMs: z.number(),
  /** By battery: what it holds and what it brought. */
  pools: z.record(z.string(), z.object({ content: z.record(z.string(), z.number()), brought: z.string() })),
  /** By EVSE: the battery there. */
  places: z.array(z.string().nullable()),
  /** By meter. */
  meters: z.record(z.string(), z.tuple([side, side])),
  /** PV gave nothing when it was live last. */
  pvAsleep: z.boolean(),
  /** The quarter-hour under way. */
  running: z
    .object({
      fromMs: z.number(),
      toMs: z.number(),
      parallelMs: z.number(),
      islandMs: z.number(),
      estimatedMWh: z.number(),
      stays: z.array(
        z.object({
          battery: z.string(),
          evse: z.number(),
          what: z.enum(["arrived", "left"]),
          atMs: z.number(),
          contentMWh: z.number().nullable(),
          capacityMWh: z.number().nullable(),
        }),
      ),
      why: z.array(z.string()),
      flows: byName,
      origins: byName,
      given: byName,
      batteryLoss: z.record(z.string(), z.number()),
      knownMWh: z.number(),
      batteryExportMWh: z.number(),
      shortMWh: z.number(),
      openMWh: z.number(),
    })
    .nullable(),
});
/** What is kept of the account besides its rows. */
export type AccountState = z.output<typeof stateSchema>;

export interface AccountBook {
  /** Null at the first start, or where it can't be read. */
  readonly state: AccountState | null;
  /** What a person should know; "" when all is well. */
  readonly sentence: string;
  /** Keeps the state; with a row in the same go. */
  keep(state: AccountState, row: AccountRow | null): void;
  /** Rows whose quarter-hours begin in [fromMs, toMs), as they were written, in order. */
  texts(fromMs: number, toMs: number): string[];
  /** The newest row; null where there is none, or it is not as it was written. */
  lastRow(): AccountRow | null;
}

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
const collectionOf = (day: string): string => `account-${day}`;
const keyOf = (fromMs: number): string => String(fromMs).padStart(15, "0");

export function openAccountBook(documents: Documents): AccountBook {
  const text = documents.get(...place);
  const state = text === undefined ? null : readState(text);
  const sentence =
    text !== undefined && state === null
      ? "What the energy account kept of the quarter-hour under way can't be read: it begins anew, its rows stay."
      : "";
  return {
    state,
    sentence,
    keep(next, row) {
      documents.atomically(() => {
        if (row !== null) putRow(documents, row);
        documents.put(...place, JSON.stringify(next));
      });
    },
    texts: (fromMs, toMs) => readTexts(documents, fromMs, toMs),
    lastRow() {
      const last = daysOf(documents).at(-1);
      const texts = last === undefined ? [] : documents.entries(collectionOf(last));
      return texts.length === 0 ? null : readRow(texts.at(-1)!.value);
    },
  };
}

function putRow(documents: Documents, row: AccountRow): void {
  const day = dayOf(row.fromMs);
  documents.put(collectionOf(day), keyOf(row.fromMs), rowText(row));
  const days = daysOf(documents);
  if (days.includes(day)) return;
  const all = [...days, day].sort();
  for (const old of all.slice(0, Math.max(0, all.length - daysMax)))
    for (const { key } of documents.entries(collectionOf(old))) documents.remove(collectionOf(old), key);
  documents.put(...daysPlace, JSON.stringify(all.slice(-daysMax)));
}

function daysOf(documents: Pick<Documents, "get">): readonly string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(documents.get(...daysPlace) ?? "[]"));
  } catch {
    return [];
  }
}

/** Rows of a store, also of one that is only read. */
export function readTexts(documents: Pick<Documents, "get" | "entries">, fromMs: number, toMs: number): string[] {
  return daysOf(documents)
    .filter((day) => Date.parse(day) < toMs && Date.parse(day) + dayMs > fromMs)
    .flatMap((day) => documents.entries(collectionOf(day)))
    .filter(({ key }) => Number(key) >= fromMs && Number(key) < toMs)
    .map(({ value }) => value);
}

function readState(text: string): AccountState | null {
  try {
    return stateSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Every row that is kept, day by day: two years of a depot are more than belongs into memory. */
export function* everyText(documents: Pick<Documents, "get" | "entries">): Generator<string> {
  for (const day of daysOf(documents)) for (const { value } of documents.entries(collectionOf(day))) yield value;
}

/** Rows as values; `unreadable`: how many are not as they were written. */
export function rowsOf(texts: readonly string[]): {
  readonly rows: readonly AccountRow[];
  readonly unreadable: number;
} {
  const rows = texts.flatMap((text) => readRow(text) ?? []);
  return { rows, unreadable: texts.length - rows.length };
}

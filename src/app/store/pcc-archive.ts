/**
 * The record at the PCC on disk: every export or import beyond its limit with peak, duration, energy and cause, the alarms,
 * the response-time passport, and a relay that has tripped. It outlives restarts and power cuts.
 */
import { z } from "zod";
import { type Exceedance, exceedanceCauses } from "../../core/pcc/exceedance-ledger.ts";
import { type PccMemory, type PccSide, pccSides, restorePassport } from "../../core/pcc/pcc-memory.ts";
import { createResponsePassport, type PassportReport, reportPassport } from "../../core/pcc/response-passport.ts";
import type { LedgerSummary, PccMessage } from "../notes/pcc-watch.ts";
import type { Store } from "./store.ts";

/** Exceedances of one side that are kept; the oldest go first. */
const exceedancesMax = 10_000;
/** Entries that a restart gives back to the control thread. */
const restoredMax = 256;

/** JSON has no NaN: what is unknown is null there. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const exceedanceSchema = z.object({
  sequence: z.int().min(1),
  startMs: number,
  startWallMs: number,
  durationMs: z.number(),
  peakOverW: z.number(),
  limitW: number,
  energyWh: z.number(),
  cause: z.enum(exceedanceCauses),
});
const ledgerSchema = z.object({ total: z.int().min(0), alarmTooMany: z.boolean(), alarmTooLong: z.boolean() });
const summarySchema = z.object({
  exports: ledgerSchema,
  imports: ledgerSchema,
  passport: z.object({
    count: z.int().min(0),
    longestMs: z.number(),
    beyondBoundCount: z.int().min(0),
    classCounts: z.array(z.number()).max(1_000),
    recent: z.array(z.object({ wallMs: number, peakOverW: z.number(), durationMs: z.number() })).max(1_000),
  }),
  relayCause: z.enum(["", "reverse-power", "minimum-import", "relay"]),
});
type Summary = z.infer<typeof summarySchema>;

/** What people see of the record. */
export interface PccView {
  readonly exports: LedgerSummary;
  readonly imports: LedgerSummary;
  /** Newest first. */
  readonly recent: readonly (Exceedance & { readonly side: PccSide })[];
  readonly passport: PassportReport;
  readonly relayCause: Summary["relayCause"];
}

export interface PccArchive {
  /** For the control thread's start; undefined when nothing is on record. */
  readonly memory: PccMemory | undefined;
  /** What could not be read at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
  take(message: PccMessage): void;
  view(recentMax: number): PccView;
}

/** Collection and key of the summary. */
export const summaryPlace = ["pcc", "summary"] as const;
const noLedger: LedgerSummary = { total: 0, alarmTooMany: false, alarmTooLong: false };
const collectionOf = (side: PccSide): string => `exceedance-${side}`;
/** Keys sort like their numbers. */
const keyOf = (sequence: number): string => String(sequence).padStart(12, "0");

/** `boundMs`: the recovery that the site promises. */
export function openPccArchive(store: Store, boundMs: number): PccArchive {
  const read = readSummary(store);
  let summary = read.summary;
  const kept = {
    export: readEntries(store, "export"),
    import: readEntries(store, "import"),
  };
  const unreadable = kept.export.unreadable + kept.import.unreadable;
  return {
    memory: summary && memoryOf(summary, kept.export.entries, kept.import.entries),
    sentence: [read.sentence, unreadable > 0 ? `${unreadable} entries of the export ledger can't be read.` : ""]
      .filter(Boolean)
      .join(" "),
    take(message) {
      const { exports, imports, passport, relayCause } = message;
      summary = { exports, imports, passport: structuredClone(passport) as Summary["passport"], relayCause };
      store.atomically(() => {
        for (const { side, entry } of message.entries) {
          const { entries } = kept[side];
          entries.push(entry);
          store.put(collectionOf(side), keyOf(entry.sequence), JSON.stringify(entry));
          if (entries.length > exceedancesMax) store.remove(collectionOf(side), keyOf(entries.shift()!.sequence));
        }
        store.put(...summaryPlace, JSON.stringify(summary));
      });
    },
    view(recentMax) {
      const passport = createResponsePassport(boundMs);
      if (summary) restorePassport(passport, summary.passport);
      const recent = pccSides.flatMap((side) =>
        kept[side].entries.slice(-recentMax).map((entry) => ({ ...entry, side })),
      );
      recent.sort((a, b) => b.startWallMs - a.startWallMs || b.sequence - a.sequence);
      return {
        exports: summary?.exports ?? noLedger,
        imports: summary?.imports ?? noLedger,
        recent: recent.slice(0, recentMax),
        passport: reportPassport(passport),
        relayCause: summary?.relayCause ?? "",
      };
    },
  };
}

function readSummary(store: Store): { readonly summary: Summary | undefined; readonly sentence: string } {
  const text = store.get(...summaryPlace);
  if (text === undefined) return { summary: undefined, sentence: "" };
  const parsed = summarySchema.safeParse(parseJson(text));
  if (parsed.success) return { summary: parsed.data, sentence: "" };
  return { summary: undefined, sentence: "The summary of the export ledger can't be read; its counts start anew." };
}

function readEntries(store: Store, side: PccSide): { readonly entries: Exceedance[]; readonly unreadable: number } {
  const rows = store.entries(collectionOf(side));
  const parsed = rows.map(({ value }) => exceedanceSchema.safeParse(parseJson(value)));
  const entries = parsed.flatMap((row) => (row.success ? [row.data] : []));
  return { entries, unreadable: rows.length - entries.length };
}

/** The passport of a stored summary; null where it is none. `boundMs`: the recovery that the site promises. */
export function passportOfSummary(text: string, boundMs: number): PassportReport | null {
  const parsed = summarySchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const passport = createResponsePassport(boundMs);
  restorePassport(passport, parsed.data.passport);
  return reportPassport(passport);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function memoryOf(summary: Summary, exports: readonly Exceedance[], imports: readonly Exceedance[]): PccMemory {
  const { passport, relayCause } = summary;
  return {
    exports: { ...summary.exports, entries: exports.slice(-restoredMax) },
    imports: { ...summary.imports, entries: imports.slice(-restoredMax) },
    passport,
    relayCause,
  };
}

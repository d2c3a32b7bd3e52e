/**
 * Vehicles and departures from files: what each line would change, and what is wrong with it, before anything changes. Nothing is
 * guessed; a broken line names its number, what is wrong and what to write. Good lines can be taken without the broken ones.
 */
import { randomUUID } from "node:crypto";
import { err, ok, type Result } from "../../domain/result.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import { minuteMs } from "../../domain/units.ts";
import { readCalendarRows } from "./import-calendar.ts";
import { type Draft, type ImportRow, readDepartureRows, readVehicleRows } from "./import-rows.ts";
import type { FleetChange, Vehicles } from "./vehicles.ts";

export type ImportKind = "vehicles-csv" | "timetable-csv" | "calendar";
export interface ImportPreview {
  readonly previewId: string;
  readonly rows: readonly { n: number; state: ImportRow["state"]; what: string; sentence: string }[];
  readonly columns: readonly { name: string; as: string }[];
  readonly effect: { readonly added: number; readonly changed: number; readonly same: number; readonly broken: number };
  readonly notes: readonly string[];
}

export interface Imports {
  preview(kind: ImportKind, text: string): Result<ImportPreview>;
  /** The change of the good rows, or of those that are named. "old": the vehicles have changed since. */
  take(
    previewId: string,
    rows?: readonly number[],
  ): Result<{ readonly change: FleetChange; readonly sentence: string }>;
}

/** Previews are kept so long, ms, and so many of them. */
const previewMs = 30 * minuteMs;
const previewsMax = 8;

export function createImports(vehicles: Vehicles, zone: ZoneOffsets, now: () => number): Imports {
  const kept = new Map<string, { draft: Draft; version: number; atMs: number }>();
  const readers: Readonly<Record<ImportKind, (text: string) => Result<Draft>>> = {
    "vehicles-csv": (text) => readVehicleRows(text, vehicles),
    "timetable-csv": (text) => readDepartureRows(text, vehicles, zone, now()),
    calendar: (text) => readCalendarRows(text, vehicles, zone, now()),
  };
  return {
    preview(kind, text) {
      const draft = readers[kind](text);
      if (!draft.ok) return draft;
      const previewId = randomUUID();
      for (const [id, { atMs }] of kept) if (now() - atMs > previewMs) kept.delete(id);
      if (kept.size >= previewsMax) kept.delete(kept.keys().next().value ?? "");
      kept.set(previewId, { draft: draft.value, version: vehicles.version, atMs: now() });
      const { rows, columns, notes } = draft.value;
      const count = (state: ImportRow["state"]): number => rows.filter((row) => row.state === state).length;
      return ok({
        previewId,
        rows: rows.map(({ n, state, what, sentence }) => ({ n, state, what, sentence })),
        columns,
        effect: { added: count("new"), changed: count("changed"), same: count("same"), broken: count("broken") },
        notes,
      });
    },
    take(previewId, rows) {
      const one = kept.get(previewId);
      if (one === undefined) return err("Refused: this preview is gone. Read the file again.");
      if (one.version !== vehicles.version) return err("old");
      const named = rows && new Set(rows);
      const chosen = one.draft.rows.filter(
        ({ n, state }) => (state === "new" || state === "changed") && (named?.has(n) ?? true),
      );
      if (chosen.length === 0) return err("Refused: none of these rows would change anything.");
      kept.delete(previewId);
      const left = one.draft.rows.filter(({ state }) => state === "broken").length;
      const sentence = `${chosen.length} rows taken${left > 0 ? `, ${left} broken ones left out` : ""}.`;
      return ok({ change: one.draft.changeOf(chosen), sentence });
    },
  };
}

/** Every variant of the table with one thing left out: a row, or one of its guards. */
import { type ModeRow, modeRows } from "../../src/core/modes/rows.table.ts";

export interface Variant {
  /** Position in the list; `world.ts` notes decisions by it. */
  readonly number: number;
  readonly row: ModeRow;
  /** Name of the guard left out, or "the row". */
  readonly guard: string;
  readonly rows: readonly ModeRow[];
}

export const theRow = "the row";

export function variants(rows: readonly ModeRow[] = modeRows): Variant[] {
  const all: Variant[] = [];
  for (const row of rows) {
    all.push({ number: all.length, row, guard: theRow, rows: rows.filter((other) => other !== row) });
    for (const guard of row.when) {
      const less = { ...row, when: row.when.filter((other) => other !== guard) };
      all.push({
        number: all.length,
        row,
        guard: guard.name,
        rows: rows.map((other) => (other === row ? less : other)),
      });
    }
  }
  return all;
}

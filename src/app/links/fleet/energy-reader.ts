/** Quarter-hours of the energy account that the fleet has not been given yet, in their order; where it is, is on disk. */
import { energySchema, type RecordBody } from "../../../protocols/fleet/payloads.ts";
import type { AccountQuestions } from "../../account/questions.ts";
import type { Documents } from "../../store/store.ts";

const place = ["fleet", "energy"] as const;
/** A fleet that is new gets the rows of so long, ms. */
const firstMs = 7 * 86_400_000;
/** Rows at a time: what is more comes with the next look. */
const rowsMax = 200;

/** Takes up to `rowsMax` rows: gives each to `add` and remembers how far it is, in one go. */
export function readEnergy(
  documents: Documents,
  account: Pick<AccountQuestions, "rows">,
  nowMs: number,
  add: (body: RecordBody, atMs: number) => void,
): void {
  const fromMs = Math.max(Number(documents.get(...place)) || 0, nowMs - firstMs);
  const rows = account.rows(fromMs, nowMs).slice(0, rowsMax);
  const last = rows.at(-1);
  if (last === undefined) return;
  documents.atomically(() => {
    for (const row of rows) {
      const parsed = energySchema.safeParse(row);
      if (parsed.success) add({ kind: "energy", row: parsed.data }, row.toMs);
    }
    documents.put(...place, String(last.fromMs + 1));
  });
}

/** What grows is bounded: old rows go, some at a time, so that nobody waits for it. */
import { dayMs } from "../../src/domain/units.ts";
import type { Database } from "./database.ts";

/** Rows that go at once, and how often at most in one round: what is more goes in the next. */
const chunk = 5_000;
const chunksMax = 20;

/** How long each table keeps what, days. Months of energy, and the newest head of each site's audit log, are kept for ever. */
const keptDays = {
  record: 90,
  energy: 400,
  head: 400,
  lease: 400,
  receipt: 400,
  alarm: 400,
  dispatch: 400,
  release: 400,
} as const;

interface Old {
  readonly table: string;
  readonly kept: keyof typeof keptDays;
  readonly old: string;
}
/** A row is old where this holds; `$1` is the moment before which it is, ms. */
const rows: readonly Old[] = [
  { table: "record", kept: "record", old: "stored_at < to_timestamp($1::bigint / 1000)" },
  { table: "energy", kept: "energy", old: "from_ms < $1" },
  {
    table: "head",
    kept: "head",
    old: `at_ms < $1 AND EXISTS (SELECT 1 FROM head n WHERE n.site = head.site
      AND (n.epoch COLLATE "C", n.sequence) > (head.epoch COLLATE "C", head.sequence))`,
  },
  { table: "lease", kept: "lease", old: "until_ms < $1" },
  { table: "receipt", kept: "receipt", old: "at_ms < $1" },
  { table: "alarm", kept: "alarm", old: "at_ms < $1" },
  ...["dispatch_site", "dispatch_lease", "dispatch_minute"].map(
    (table): Old => ({
      table,
      kept: "dispatch",
      old: `EXISTS (SELECT 1 FROM dispatch d WHERE d.id = ${table}.dispatch AND d.until_ms < $1)`,
    }),
  ),
  {
    table: "release_site",
    kept: "release",
    old: "EXISTS (SELECT 1 FROM release d WHERE d.id = release_site.release AND d.over AND d.made_ms < $1)",
  },
  {
    table: "release",
    kept: "release",
    old: "over AND made_ms < $1 AND NOT EXISTS (SELECT 1 FROM release_site m WHERE m.release = release.id)",
  },
  {
    table: "dispatch",
    kept: "dispatch",
    old: `until_ms < $1 AND NOT EXISTS (SELECT 1 FROM dispatch_site m WHERE m.dispatch = dispatch.id)`,
  },
];

/** One round; how many rows went. */
export async function tidy(database: Database, nowMs: number): Promise<number> {
  let gone = 0;
  for (const { table, kept, old } of rows) {
    const beforeMs = nowMs - keptDays[kept] * dayMs;
    for (let i = 0; i < chunksMax; i++) {
      const [row] = await database.query(
        `WITH old AS (DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${old} LIMIT ${chunk}) RETURNING 1)
         SELECT count(*) AS gone FROM old`,
        [beforeMs],
      );
      const count = Number(row?.["gone"] ?? 0);
      gone += count;
      if (count < chunk) break;
    }
  }
  return gone;
}

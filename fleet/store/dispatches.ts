/** Dispatches in the database: what was asked for, which sites take part with what, and what has become of it. */
import type { GroupLimit } from "../dispatch/allocation.ts";
import type { DispatchProgress } from "../dispatch/controller.ts";
import type { Database, Rows, Session } from "./database.ts";

/** What somebody has asked for. */
export interface DispatchRow {
  readonly id: string;
  /** Positive from the grid to the vehicles. */
  readonly targetW: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Sites of this utility; "" for all. */
  readonly utility: string;
  readonly limits: readonly GroupLimit[];
  readonly cause: string;
  readonly issuedBy: string;
  readonly withdrawn: boolean;
  readonly progress: (DispatchProgress & { readonly atMs: number }) | null;
}

const columns = `id, target_w AS "targetW", from_ms AS "fromMs", until_ms AS "untilMs", utility, limits, cause, issued_by AS "issuedBy",
  withdrawn, over, progress`;

/** Those that are not over and begin within the time given. */
export const openDispatches = async (
  database: Database,
  nowMs: number,
  leadMs: number,
): Promise<readonly DispatchRow[]> =>
  (await database.query(
    `SELECT ${columns} FROM dispatch WHERE NOT over AND from_ms <= $1 ORDER BY from_ms, id LIMIT 20`,
    [nowMs + leadMs],
  )) as unknown as DispatchRow[];

export const listDispatches = (database: Database): Promise<Rows> =>
  database.query(`SELECT ${columns} FROM dispatch ORDER BY from_ms DESC LIMIT 50`);

export async function addDispatch(
  database: Database,
  { id, targetW, fromMs, untilMs, utility, limits, cause, issuedBy }: Omit<DispatchRow, "withdrawn" | "progress">,
): Promise<void> {
  await database.query(
    "INSERT INTO dispatch (id, target_w, from_ms, until_ms, utility, limits, cause, issued_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    [id, targetW, fromMs, untilMs, utility, JSON.stringify(limits), cause, issuedBy],
  );
}

export const withdrawDispatch = async (database: Database, id: string): Promise<boolean> =>
  (
    await database.query(
      "UPDATE dispatch SET withdrawn = true WHERE id = $1 AND NOT over AND NOT withdrawn RETURNING id",
      [id],
    )
  ).length > 0;

/** Sites that may take part, of all or of those given: of the utility, and in no other dispatch that is not over. */
export async function candidates(
  database: Database,
  { id, utility }: DispatchRow,
  of: readonly string[] | null = null,
): Promise<readonly string[]> {
  const rows = await database.query(
    `SELECT site FROM site s WHERE ($1 = '' OR utility = $1) AND ($3::text[] IS NULL OR site = ANY($3)) AND NOT EXISTS (SELECT 1 FROM dispatch_site m JOIN dispatch d ON d.id = m.dispatch
       WHERE m.site = s.site AND d.id <> $2 AND NOT d.over) ORDER BY site`,
    [utility, id, of],
  );
  return rows.map(({ site }) => String(site));
}

/**
 * What each site says that was written since `savedMs` by the database's clock (`saved_ms` of the newest row that was read), and some
 * seconds before that, since rows of a moment are seen when their transaction ends: its offer, and what its chargers do.
 */
export const newStates = (database: Database, utility: string, savedMs: number): Promise<Rows> =>
  database.query(
    `SELECT site, heard_ms, extract(epoch FROM saved_at)::float8 * 1000 AS saved_ms, state->'offer' AS offer,
       (state->>'chargersW')::float8 AS chargers_w FROM site
     WHERE saved_at > to_timestamp(($2::float8 - 3000) / 1000) AND ($1 = '' OR utility = $1)`,
    [utility, savedMs],
  );

export interface MemberRow {
  readonly site: string;
  readonly asked_w: number;
  readonly lease_id: string | null;
  readonly until_ms: number;
  readonly trust: number;
  readonly out: string;
}

export const membersOf = async (database: Database, id: string): Promise<readonly MemberRow[]> =>
  (await database.query("SELECT site, asked_w, lease_id, until_ms, trust, out FROM dispatch_site WHERE dispatch = $1", [
    id,
  ])) as unknown as MemberRow[];

/** What sites were trusted with in their last dispatch. */
export async function trusts(database: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query(
    `SELECT DISTINCT ON (m.site) m.site, m.trust FROM dispatch_site m JOIN dispatch d ON d.id = m.dispatch
     WHERE d.over ORDER BY m.site, d.until_ms DESC`,
  );
  return new Map(rows.map(({ site, trust }) => [String(site), Number(trust)]));
}

/** Sites whose lease is over before its time, by their own word. */
export const lostLeases = (database: Database, id: string): Promise<Rows> =>
  database.query(
    `SELECT m.site, r.receipt->>'state' AS state FROM dispatch_site m JOIN receipt r ON r.site = m.site AND r.lease_id = m.lease_id
     WHERE m.dispatch = $1 AND m.out = '' AND r.receipt->>'state' IN ('refused', 'ended', 'expired')`,
    [id],
  );

/** In the transaction that gives the leases that they name. */
export async function saveMembers(session: Session, id: string, members: readonly MemberRow[]): Promise<void> {
  if (members.length === 0) return;
  const json = JSON.stringify(members);
  await session.query(
    `INSERT INTO dispatch_site SELECT $1, * FROM jsonb_to_recordset($2::jsonb)
       AS m(site text, asked_w float8, lease_id text, until_ms bigint, trust float8, out text)
     ON CONFLICT (dispatch, site) DO UPDATE SET asked_w = excluded.asked_w, lease_id = excluded.lease_id,
       until_ms = excluded.until_ms, trust = excluded.trust, out = excluded.out`,
    [id, json],
  );
  await session.query(
    `INSERT INTO dispatch_lease SELECT $1, site, lease_id FROM jsonb_to_recordset($2::jsonb) AS m(site text, lease_id text)
     WHERE lease_id IS NOT NULL ON CONFLICT DO NOTHING`,
    [id, json],
  );
}

export async function saveProgress(
  database: Database,
  id: string,
  progress: DispatchProgress & { readonly atMs: number },
  isOver: boolean,
): Promise<void> {
  await database.query("UPDATE dispatch SET progress = $2, over = $3 WHERE id = $1", [
    id,
    JSON.stringify(progress),
    isOver,
  ]);
}

export async function saveMinute(
  database: Database,
  id: string,
  atMs: number,
  measuredW: number,
  asked: number,
): Promise<void> {
  await database.query(
    "INSERT INTO dispatch_minute VALUES ($1, $2, $3, $4) ON CONFLICT (dispatch, at_ms) DO UPDATE SET measured_w = excluded.measured_w, asked = excluded.asked",
    [id, atMs, measuredW, asked],
  );
}

/** Who leads until when: true for the one that does. */
export async function leads(database: Database, name: string, holder: string): Promise<boolean> {
  const rows = await database.query(
    `INSERT INTO leader VALUES ($1, $2, now() + interval '5 s') ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,
       until_at = excluded.until_at WHERE leader.holder = excluded.holder OR leader.until_at < now() RETURNING holder`,
    [name, holder],
  );
  return rows.length > 0;
}

/** One dispatch with its curve, the sites that do not take part and why, and those that give most. */
export async function oneDispatch(database: Database, id: string): Promise<Record<string, unknown> | null> {
  const [row] = await database.query(`SELECT ${columns} FROM dispatch WHERE id = $1`, [id]);
  if (row === undefined) return null;
  const minutes = await database.query(
    "SELECT at_ms, measured_w, asked FROM dispatch_minute WHERE dispatch = $1 ORDER BY at_ms DESC LIMIT 1440",
    [id],
  );
  const out = await database.query(
    "SELECT site, out, trust FROM dispatch_site WHERE dispatch = $1 AND out <> '' ORDER BY out, site LIMIT 500",
    [id],
  );
  const asked = await database.query(
    "SELECT site, asked_w, trust FROM dispatch_site WHERE dispatch = $1 AND asked_w <> 0 ORDER BY trust, site LIMIT 100",
    [id],
  );
  return { ...row, minutes: minutes.reverse(), out, asked };
}

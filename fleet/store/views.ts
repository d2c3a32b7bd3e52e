/** What the page and the API read: each answer is bounded. */
import type { Database, Rows } from "./database.ts";

/** Sites of one page of the list. */
export const pageSize = 50;

export interface SitesQuery {
  readonly offset: number;
  readonly utility: string;
  readonly level: string;
  readonly text: string;
}

export async function listSites(
  database: Database,
  { offset, utility, level, text }: SitesQuery,
): Promise<{ readonly total: number; readonly sites: Rows }> {
  const where = `($1 = '' OR utility = $1) AND ($2 = '' OR level = $2) AND ($3 = '' OR site LIKE '%' || $3 || '%' OR state->>'name' ILIKE '%' || $3 || '%')`;
  const values = [utility, level, text];
  const [count] = await database.query(`SELECT count(*) AS total FROM site WHERE ${where}`, values);
  const sites = await database.query(
    `SELECT site, heard_ms, at_ms, level, utility, state FROM site WHERE ${where} ORDER BY site LIMIT ${pageSize} OFFSET $4`,
    [...values, offset],
  );
  return { total: Number(count?.["total"] ?? 0), sites };
}

/** What needs a person, over all sites, by cause. */
export const listNeeds = (database: Database): Promise<Rows> =>
  database.query(
    `SELECT key, count(DISTINCT site) AS sites, min(at_ms) AS since_ms, min(sentence) AS sentence,
       (array_agg(DISTINCT site))[1:20] AS which FROM need GROUP BY key ORDER BY sites DESC, key LIMIT 100`,
  );

/** Departures over all depots: how many will be ready, of how many. */
export const readiness = (database: Database): Promise<Rows> =>
  database.query(
    `SELECT site, state->>'name' AS name, (state->'ready'->>'count')::int AS count, (state->'ready'->>'of')::int AS of
     FROM site WHERE state->'ready'->>'of' IS NOT NULL ORDER BY (state->'ready'->>'count')::int - (state->'ready'->>'of')::int, site LIMIT 200`,
  );

/** Energy of a month by site, kWh. */
export const energyOf = (database: Database, month: string): Promise<Rows> =>
  database.query(
    `SELECT site, quarters, (imported_mwh / 1e6)::float8 AS imported_kwh, (exported_mwh / 1e6)::float8 AS exported_kwh, (charged_mwh / 1e6)::float8 AS charged_kwh,
       (discharged_mwh / 1e6)::float8 AS discharged_kwh, (pv_mwh / 1e6)::float8 AS pv_kwh FROM energy_month WHERE month = $1 ORDER BY imported_mwh DESC LIMIT 500`,
    [month],
  );
export const energyTotals = (database: Database): Promise<Rows> =>
  database.query(
    `SELECT month, count(*) AS sites, (sum(imported_mwh) / 1e6)::float8 AS imported_kwh, (sum(exported_mwh) / 1e6)::float8 AS exported_kwh,
       (sum(charged_mwh) / 1e6)::float8 AS charged_kwh, (sum(discharged_mwh) / 1e6)::float8 AS discharged_kwh, (sum(pv_mwh) / 1e6)::float8 AS pv_kwh
     FROM energy_month GROUP BY month ORDER BY month DESC LIMIT 24`,
  );

export const listAlarms = (database: Database): Promise<Rows> =>
  database.query("SELECT site, key, at_ms, sentence FROM alarm ORDER BY at_ms DESC LIMIT 100");

/** One site: its state, newest events, leases and what became of them. Null where it was never heard of. */
export async function oneSite(database: Database, site: string): Promise<Record<string, unknown> | null> {
  const [row] = await database.query("SELECT site, heard_ms, at_ms, level, utility, state FROM site WHERE site = $1", [
    site,
  ]);
  if (row === undefined) return null;
  const events = await database.query(
    "SELECT at_ms, body->'event' AS event FROM record WHERE site = $1 AND kind = 'event' ORDER BY at_ms DESC LIMIT 50",
    [site],
  );
  const leases = await database.query(
    `SELECT l.id, l.lease, l.withdrawn, r.at_ms, r.receipt FROM lease l LEFT JOIN receipt r ON r.site = l.site AND r.lease_id = l.id
     WHERE l.site = $1 ORDER BY l.until_ms DESC LIMIT 50`,
    [site],
  );
  const alarms = await database.query(
    "SELECT key, at_ms, sentence FROM alarm WHERE site = $1 ORDER BY at_ms DESC LIMIT 50",
    [site],
  );
  const [head] = await database.query(
    `SELECT records, hash, at_ms FROM head WHERE site = $1 ORDER BY epoch COLLATE "C" DESC, sequence DESC LIMIT 1`,
    [site],
  );
  return { ...row, events, leases, alarms, head: head ?? null };
}

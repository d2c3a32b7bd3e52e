/** What sites tell, written down: each record once, and what follows from it in the same transaction. */
import type { FleetRecord, SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import type { Database, Session } from "./database.ts";
import { saveHeads } from "./heads.ts";
import { saveReleaseNews } from "./releases.ts";

/** What a site has said of itself, and when it was heard, ms. */
export interface HeardState {
  readonly state: SiteMessage;
  readonly heardMs: number;
}

/** States of sites, the newest of each. One that is older than what stands changes nothing. */
export async function saveStates(database: Database, states: readonly HeardState[]): Promise<void> {
  const newest = [...new Map(states.map((heard) => [heard.state.site, heard])).values()];
  await database.atomically(async (session) => {
    const saved = await session.query(
      `INSERT INTO site (site, heard_ms, at_ms, level, utility, state)
       SELECT s->>'site', heard_ms, (s->>'atMs')::float8::bigint, s->>'level', coalesce(s->'permit'->>'utility', ''), s
       FROM (SELECT h->'state' AS s, (h->>'heardMs')::bigint AS heard_ms FROM jsonb_array_elements($1::jsonb) h) g
       ON CONFLICT (site) DO UPDATE SET heard_ms = excluded.heard_ms, at_ms = excluded.at_ms, level = excluded.level,
         utility = excluded.utility, state = excluded.state, saved_at = now() WHERE site.at_ms <= excluded.at_ms RETURNING site`,
      [JSON.stringify(newest)],
    );
    const taken = saved.map(({ site }) => String(site));
    await session.query("DELETE FROM need WHERE site = ANY($1)", [taken]);
    await session.query(
      `INSERT INTO need (site, key, at_ms, sentence)
       SELECT s->>'site', n->>'key', (n->>'atMs')::float8::bigint, n->>'sentence'
       FROM site, LATERAL (SELECT state AS s) g, jsonb_array_elements(s->'needs') n WHERE site = ANY($1) ON CONFLICT DO NOTHING`,
      [taken],
    );
  });
}

/** Committed when it returns. A record that is there already changes nothing. */
export async function saveRecords(database: Database, records: readonly FleetRecord[]): Promise<void> {
  await database.atomically(async (session) => {
    const fresh = await session.query(
      `INSERT INTO record (site, epoch, sequence, at_ms, kind, body)
       SELECT r->>'site', r->>'epoch', (r->>'sequence')::bigint, (r->>'atMs')::float8::bigint, r->'body'->>'kind', r->'body'
       FROM jsonb_array_elements($1::jsonb) r ON CONFLICT DO NOTHING RETURNING site, epoch, sequence`,
      [JSON.stringify(records)],
    );
    const isFresh = new Set(fresh.map(({ site, epoch, sequence }) => keyOf(site, epoch, sequence)));
    const own: FleetRecord[] = [];
    for (const one of records) if (isFresh.delete(keyOf(one.site, one.epoch, one.sequence))) own.push(one);
    await saveEnergy(session, own);
    await saveReceipts(session, own);
    await saveHeads(session, own);
    await saveReleaseNews(
      session,
      own
        .sort(inOrder)
        .flatMap(({ body, ...place }) => (body.kind === "release" ? [{ ...place, release: body.release }] : [])),
    );
  });
}
const keyOf = (...parts: readonly unknown[]): string => parts.join("/");

type Flow = Extract<FleetRecord["body"], { kind: "energy" }>["row"]["flows"];
const sum = (flows: Flow, fromIs: (from: string) => boolean, toIs: (to: string) => boolean): number => {
  let total = 0;
  for (const [from, sinks] of Object.entries(flows))
    if (fromIs(from)) for (const [to, amount] of Object.entries(sinks)) if (toIs(to)) total += amount;
  return total;
};
const any = (): boolean => true;
const isVehicle = (name: string): boolean => /^[vg]:/.test(name);

/** Quarter-hours, and the months that they are in. */
async function saveEnergy(session: Session, records: readonly FleetRecord[]): Promise<void> {
  const rows = records.flatMap(({ site, body }) => {
    if (body.kind !== "energy") return [];
    const { flows, sequence, fromMs, hash } = body.row;
    return [
      {
        ...{ site, sequence, from_ms: fromMs, hash, month: new Date(fromMs).toISOString().slice(0, 7) },
        imported_mwh: sum(flows, (from) => from === "grid", any),
        exported_mwh: sum(flows, any, (to) => to === "export"),
        charged_mwh: sum(flows, any, isVehicle),
        discharged_mwh: sum(flows, isVehicle, any),
        pv_mwh: sum(flows, (from) => from === "pv", any),
      },
    ];
  });
  if (rows.length === 0) return;
  await session.query(
    `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(site text, sequence bigint, from_ms bigint, hash text, month text,
         imported_mwh bigint, exported_mwh bigint, charged_mwh bigint, discharged_mwh bigint, pv_mwh bigint)),
       fresh AS (INSERT INTO energy SELECT site, sequence, from_ms, hash, imported_mwh, exported_mwh, charged_mwh, discharged_mwh, pv_mwh
         FROM given ON CONFLICT DO NOTHING RETURNING *)
     INSERT INTO energy_month
       SELECT site, to_char(to_timestamp(from_ms / 1000) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*), sum(imported_mwh),
         sum(exported_mwh), sum(charged_mwh), sum(discharged_mwh), sum(pv_mwh) FROM fresh GROUP BY site, month ORDER BY site, month
     ON CONFLICT (site, month) DO UPDATE SET quarters = energy_month.quarters + excluded.quarters,
       imported_mwh = energy_month.imported_mwh + excluded.imported_mwh, exported_mwh = energy_month.exported_mwh + excluded.exported_mwh,
       charged_mwh = energy_month.charged_mwh + excluded.charged_mwh,
       discharged_mwh = energy_month.discharged_mwh + excluded.discharged_mwh, pv_mwh = energy_month.pv_mwh + excluded.pv_mwh`,
    [JSON.stringify(rows)],
  );
  await session.query(
    `INSERT INTO alarm SELECT g.site, 'energy-rewritten', g.from_ms, 'Row ' || g.sequence || ' of the energy account was written anew: '
         || 'another one was told before. An older store was put back, or somebody changed it.'
       FROM jsonb_to_recordset($1::jsonb) AS g(site text, sequence bigint, from_ms bigint, hash text)
       JOIN energy e ON e.site = g.site AND e.sequence = g.sequence AND e.hash <> g.hash ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

/** The newest word of each lease: epochs are in the order of their names, sequences within them. */
async function saveReceipts(session: Session, records: readonly FleetRecord[]): Promise<void> {
  const newest = new Map<string, Record<string, unknown>>();
  const given = records.filter(({ body }) => body.kind === "receipt").sort(inOrder);
  for (const { site, epoch, sequence, atMs, body } of given)
    if (body.kind === "receipt")
      newest.set(keyOf(site, body.receipt.leaseId), {
        ...{ site, lease_id: body.receipt.leaseId, epoch, sequence, at_ms: atMs, receipt: body.receipt },
      });
  if (newest.size === 0) return;
  await session.query(
    `INSERT INTO receipt SELECT * FROM jsonb_to_recordset($1::jsonb)
         AS g(site text, lease_id text, epoch text, sequence bigint, at_ms bigint, receipt jsonb)
       ON CONFLICT (site, lease_id) DO UPDATE SET epoch = excluded.epoch,
         sequence = excluded.sequence, at_ms = excluded.at_ms, receipt = excluded.receipt
       WHERE (receipt.epoch COLLATE "C", receipt.sequence) < (excluded.epoch COLLATE "C", excluded.sequence)`,
    [JSON.stringify([...newest.values()])],
  );
}
const inOrder = (a: FleetRecord, b: FleetRecord): number =>
  a.epoch === b.epoch ? a.sequence - b.sequence : a.epoch < b.epoch ? -1 : 1;

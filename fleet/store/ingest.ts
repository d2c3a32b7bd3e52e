/** What sites tell, written down: each record once, and what follows from it in the same transaction. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { type FleetRecord, headText, type SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import type { Database, Rows, Session } from "./database.ts";
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

type AlarmRow = { readonly site: unknown; readonly key: string; readonly at_ms: unknown; readonly sentence: string };

/**
 * Heads of audit logs: in the order in which they were made, records never fall, and equal counts have equal hashes. One that comes
 * late is compared with its neighbours on both sides.
 */
async function saveHeads(session: Session, records: readonly FleetRecord[]): Promise<void> {
  const heads = records.flatMap(({ site, epoch, sequence, atMs, body }) =>
    body.kind === "head" ? [{ site, epoch, sequence, at_ms: atMs, head: body.head }] : [],
  );
  if (heads.length === 0) return;
  const rows = heads.map(({ head, ...place }) => ({
    ...place,
    records: head.records,
    hash: head.hash,
    pem: head.publicKeyPem,
  }));
  const given = `jsonb_to_recordset($1::jsonb)
    AS g(site text, epoch text, sequence bigint, at_ms bigint, records bigint, hash text, pem text)`;
  await session.query(
    `INSERT INTO head SELECT site, epoch, sequence, at_ms, records, hash FROM ${given} ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
  const neighbour = (sign: string, order: string) =>
    `LEFT JOIN LATERAL (SELECT records, hash FROM head h WHERE h.site = g.site
       AND (h.epoch COLLATE "C", h.sequence) ${sign} (g.epoch COLLATE "C", g.sequence)
       ORDER BY h.epoch COLLATE "C" ${order}, h.sequence ${order} LIMIT 1)`;
  const compared = await session.query(
    `SELECT g.site, g.at_ms, g.records, g.hash, f.records AS former, f.hash AS former_hash, l.records AS later, l.hash AS later_hash
     FROM ${given} ${neighbour("<", "DESC")} f ON true ${neighbour(">", "ASC")} l ON true`,
    [JSON.stringify(rows)],
  );
  const alarms: AlarmRow[] = [];
  for (const { site, at_ms, records: own, hash, former, former_hash, later, later_hash } of compared) {
    const pairs = [
      [former, former_hash, own, hash],
      [own, hash, later, later_hash],
    ] as const;
    for (const [from, fromHash, to, toHash] of pairs) {
      if (from === null || to === null) continue;
      if (Number(to) < Number(from))
        alarms.push({
          site,
          at_ms,
          key: "audit-cut",
          sentence: `The audit log was cut or put back: it had ${from} records, and then ${to}.`,
        });
      else if (Number(to) === Number(from) && fromHash !== toHash)
        alarms.push({
          site,
          at_ms,
          key: "audit-rewritten",
          sentence: `The audit log was rewritten: its record ${to} is another than before.`,
        });
    }
  }
  for (const { site, at_ms, head } of heads)
    if (!isTrulySigned(site, head))
      alarms.push({
        site,
        at_ms,
        key: "head-forged",
        sentence: "A head of the audit log is not what the site's key signed.",
      });
  for (const { site, at_ms } of await otherKeys(session, given, rows))
    alarms.push({
      ...{ site, at_ms, key: "other-key" },
      sentence:
        "The site signs with another key than before: another machine speaks in its name, or it was set up anew.",
    });
  if (alarms.length > 0)
    await session.query(
      `INSERT INTO alarm SELECT * FROM jsonb_to_recordset($1::jsonb) AS a(site text, key text, at_ms bigint, sentence text)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(alarms)],
    );
}

/** Heads that another key has signed: a site's key is the first that was seen of it. */
async function otherKeys(session: Session, given: string, rows: readonly object[]): Promise<Rows> {
  const json = [JSON.stringify(rows)];
  await session.query(
    `UPDATE site s SET station_key = g.pem FROM (SELECT DISTINCT ON (site) site, pem FROM ${given} ORDER BY site, epoch COLLATE "C", sequence) g
     WHERE s.site = g.site AND s.station_key IS NULL`,
    json,
  );
  return session.query(
    `SELECT g.site, g.at_ms FROM ${given} JOIN site s ON s.site = g.site WHERE s.station_key <> g.pem`,
    json,
  );
}

/** Keys that were read: a site has the same for years. */
const keysRead = new Map<string, KeyObject>();
const keysReadMax = 20_000;
function keyOfPem(pem: string): KeyObject {
  const known = keysRead.get(pem);
  if (known !== undefined) return known;
  const key = createPublicKey(pem);
  if (keysRead.size >= keysReadMax) keysRead.clear();
  keysRead.set(pem, key);
  return key;
}

function isTrulySigned(site: string, head: Extract<FleetRecord["body"], { kind: "head" }>["head"]): boolean {
  try {
    return verify(
      null,
      Buffer.from(headText(site, head)),
      keyOfPem(head.publicKeyPem),
      Buffer.from(head.signature, "base64"),
    );
  } catch {
    return false;
  }
}

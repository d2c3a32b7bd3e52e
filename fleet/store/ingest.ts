/** What sites tell, written down: each record once, and what follows from it in the same transaction. */
import { createPublicKey, verify } from "node:crypto";
import { type FleetRecord, headText, type SiteMessage } from "../../src/protocols/fleet/payloads.ts";
import type { Database, Session } from "./database.ts";

/** States of sites, the newest of each. */
export async function saveStates(database: Database, states: readonly SiteMessage[], nowMs: number): Promise<void> {
  const newest = [...new Map(states.map((state) => [state.site, state])).values()];
  await database.atomically(async (session) => {
    await session.query(
      `INSERT INTO site (site, heard_ms, at_ms, level, utility, state)
       SELECT s->>'site', $2, (s->>'atMs')::float8::bigint, s->>'level', coalesce(s->'permit'->>'utility', ''), s
       FROM jsonb_array_elements($1::jsonb) s
       ON CONFLICT (site) DO UPDATE SET heard_ms = excluded.heard_ms, at_ms = excluded.at_ms, level = excluded.level,
         utility = excluded.utility, state = excluded.state WHERE site.at_ms <= excluded.at_ms`,
      [JSON.stringify(newest), nowMs],
    );
    await session.query("DELETE FROM need WHERE site = ANY($1)", [newest.map(({ site }) => site)]);
    await session.query(
      `INSERT INTO need (site, key, at_ms, sentence)
       SELECT s->>'site', n->>'key', (n->>'atMs')::float8::bigint, n->>'sentence'
       FROM jsonb_array_elements($1::jsonb) s, jsonb_array_elements(s->'needs') n ON CONFLICT DO NOTHING`,
      [JSON.stringify(newest)],
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
  for (const { site, epoch, sequence, atMs, body } of records)
    if (body.kind === "receipt")
      await session.query(
        `INSERT INTO receipt VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (site, lease_id) DO UPDATE SET epoch = excluded.epoch,
           sequence = excluded.sequence, at_ms = excluded.at_ms, receipt = excluded.receipt
         WHERE (receipt.epoch COLLATE "C", receipt.sequence) < (excluded.epoch COLLATE "C", excluded.sequence)`,
        [site, body.receipt.leaseId, epoch, sequence, atMs, JSON.stringify(body.receipt)],
      );
}

/**
 * Heads of audit logs: in the order in which they were made, records never fall, and equal counts have equal hashes. One that comes
 * late is compared with its neighbours on both sides.
 */
async function saveHeads(session: Session, records: readonly FleetRecord[]): Promise<void> {
  for (const { site, epoch, sequence, atMs, body } of records) {
    if (body.kind !== "head") continue;
    const { head } = body;
    const alarm = (key: string, sentence: string) =>
      session.query("INSERT INTO alarm VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", [site, key, atMs, sentence]);
    const place = [site, epoch, sequence];
    const before = `site = $1 AND (epoch COLLATE "C", sequence) < ($2 COLLATE "C", $3::bigint) ORDER BY epoch COLLATE "C" DESC, sequence DESC LIMIT 1`;
    const after = `site = $1 AND (epoch COLLATE "C", sequence) > ($2 COLLATE "C", $3::bigint) ORDER BY epoch COLLATE "C", sequence LIMIT 1`;
    const [former] = await session.query(`SELECT records, hash FROM head WHERE ${before}`, place);
    const [later] = await session.query(`SELECT records, hash FROM head WHERE ${after}`, place);
    for (const [a, b] of [[former, head] as const, [head, later] as const]) {
      if (a === undefined || b === undefined) continue;
      const [from, to] = [Number(a["records"]), Number(b["records"])];
      if (to < from)
        await alarm("audit-cut", `The audit log was cut or put back: it had ${from} records, and then ${to}.`);
      else if (to === from && a["hash"] !== b["hash"])
        await alarm("audit-rewritten", `The audit log was rewritten: its record ${to} is another than before.`);
    }
    await session.query("INSERT INTO head VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", [
      ...place,
      atMs,
      head.records,
      head.hash,
    ]);
    if (!isTrulySigned(site, head))
      await alarm("head-forged", "A head of the audit log is not what the site's key signed.");
    await checkKey(session, site, head.publicKeyPem, alarm);
  }
}

/** A site's key is the first that was seen of it. */
async function checkKey(
  session: Session,
  site: string,
  pem: string,
  alarm: (key: string, sentence: string) => Promise<unknown>,
): Promise<void> {
  const [row] = await session.query(
    "UPDATE site SET station_key = coalesce(station_key, $2) WHERE site = $1 RETURNING station_key",
    [site, pem],
  );
  if (row !== undefined && row["station_key"] !== pem)
    await alarm(
      "other-key",
      "The site signs with another key than before: another machine speaks in its name, or it was set up anew.",
    );
}

function isTrulySigned(site: string, head: Extract<FleetRecord["body"], { kind: "head" }>["head"]): boolean {
  try {
    return verify(
      null,
      Buffer.from(headText(site, head)),
      createPublicKey(head.publicKeyPem),
      Buffer.from(head.signature, "base64"),
    );
  } catch {
    return false;
  }
}

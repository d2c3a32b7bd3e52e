/**
 * Heads of the sites' audit logs. In the order in which they were made, records never fall, and equal counts have equal hashes; and
 * what a head says of earlier places is what was told of them then. The fleet asks for the places of heads that are not proven yet.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { askedPlacesMax, headText } from "../../src/protocols/fleet/heads.ts";
import type { FleetRecord } from "../../src/protocols/fleet/payloads.ts";
import type { Database, Rows, Session } from "./database.ts";

type Body = FleetRecord["body"];
type Head = Extract<Body, { kind: "head" }>["head"];
type AlarmRow = { readonly site: unknown; readonly key: string; readonly at_ms: unknown; readonly sentence: string };

/** What to do about a log that is not the one that was told of. */
const todo = (records: unknown, hash: unknown): string =>
  `Unless somebody there put back a backup on purpose: keep a copy of the site's state folder as it is, and find out who could write there. In that copy, \`islet audit verify --file audit.db --head ${records}:${hash}\` says whether what was told then stands in it.`;
const when = (atMs: unknown): string => `${new Date(Number(atMs)).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Heads that are new, compared with what was told before and after them. One that comes late is compared on both sides. */
export async function saveHeads(session: Session, records: readonly FleetRecord[]): Promise<void> {
  const heads = records.flatMap(({ site, epoch, sequence, atMs, body }) =>
    body.kind === "head" ? [{ site, epoch, sequence, at_ms: atMs, head: body.head }] : [],
  );
  if (heads.length === 0) return;
  const signed = new Set(heads.filter(({ site, head }) => isTrulySigned(site, head)));
  const rows = heads.map(({ head, ...place }) => ({
    ...place,
    ...{ records: head.records, hash: head.hash, pem: head.publicKeyPem },
  }));
  const json = [JSON.stringify(rows)];
  await session.query(
    `INSERT INTO head SELECT site, epoch, sequence, at_ms, records, hash, true FROM ${given} ON CONFLICT DO NOTHING`,
    json,
  );
  const alarms = [
    ...(await neighbourAlarms(session, json)),
    // Who has not signed proves nothing.
    ...(await placeAlarms(session, [...signed])),
    ...heads.flatMap((one): AlarmRow[] => {
      if (signed.has(one)) return [];
      const sentence = `A head of the audit log of ${one.site} is not what the site's key signed.`;
      return [{ site: one.site, at_ms: one.at_ms, key: "head-forged", sentence }];
    }),
    ...(await otherKeys(session, json)).map(({ site, at_ms }) => ({
      ...{ site, at_ms, key: "other-key" },
      sentence: `${site} signs with another key than before: another machine speaks in its name, or it was set up anew.`,
    })),
  ];
  if (alarms.length > 0)
    await session.query(
      `INSERT INTO alarm SELECT * FROM jsonb_to_recordset($1::jsonb) AS a(site text, key text, at_ms bigint, sentence text)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(alarms)],
    );
}

const given = `jsonb_to_recordset($1::jsonb)
    AS g(site text, epoch text, sequence bigint, at_ms bigint, records bigint, hash text, pem text)`;

/** Against the heads before and after each, in the order in which they were made. */
async function neighbourAlarms(session: Session, json: readonly string[]): Promise<readonly AlarmRow[]> {
  const neighbour = (sign: string, order: string) =>
    `LEFT JOIN LATERAL (SELECT records, hash, at_ms FROM head h WHERE h.site = g.site
       AND (h.epoch COLLATE "C", h.sequence) ${sign} (g.epoch COLLATE "C", g.sequence)
       ORDER BY h.epoch COLLATE "C" ${order}, h.sequence ${order} LIMIT 1)`;
  const compared = await session.query(
    `SELECT g.site, jsonb_build_object('records', g.records, 'hash', g.hash, 'atMs', g.at_ms) AS own,
       jsonb_build_object('records', f.records, 'hash', f.hash, 'atMs', f.at_ms) AS former,
       jsonb_build_object('records', l.records, 'hash', l.hash, 'atMs', l.at_ms) AS later
     FROM ${given} ${neighbour("<", "DESC")} f ON true ${neighbour(">", "ASC")} l ON true`,
    json,
  );
  type Place = { readonly records: number | null; readonly hash: string; readonly atMs: number };
  const alarms: AlarmRow[] = [];
  const refuted: object[] = [];
  for (const { site, ...row } of compared) {
    const { own, former, later } = row as unknown as Readonly<Record<"own" | "former" | "later", Place>>;
    for (const [from, to] of [
      [former, own],
      [own, later],
    ] as const) {
      if (from.records === null || to.records === null) continue;
      const isCut = to.records < from.records;
      if (!isCut && (to.records !== from.records || to.hash === from.hash)) continue;
      const sentence = isCut
        ? `The audit log of ${site} was cut or put back: on ${when(from.atMs)} it ended with record ${from.records} (hash ${from.hash}), on ${when(to.atMs)} with record ${to.records} (hash ${to.hash}).`
        : `The audit log of ${site} was rewritten: its record ${to.records} had the hash ${from.hash} on ${when(from.atMs)}, and ${to.hash} on ${when(to.atMs)}.`;
      // One that was cut off is asked for on: the log may grow past it again.
      if (!isCut) refuted.push({ site, records: from.records, hash: from.hash });
      alarms.push({
        ...{ site, at_ms: own.atMs, key: isCut ? "audit-cut" : "audit-rewritten" },
        sentence: `${sentence} ${todo(from.records, from.hash)}`,
      });
    }
  }
  if (refuted.length > 0)
    await session.query(
      `UPDATE head h SET open = false FROM jsonb_to_recordset($1::jsonb) AS r(site text, records bigint, hash text)
       WHERE h.site = r.site AND h.records = r.records AND h.hash = r.hash`,
      [JSON.stringify(refuted)],
    );
  return alarms;
}

/** What each says of earlier places, against what was told of them; what is proven or refuted is asked for no more. */
async function placeAlarms(
  session: Session,
  heads: readonly { readonly site: string; readonly at_ms: number; readonly head: Head }[],
): Promise<readonly AlarmRow[]> {
  const places = heads.flatMap(({ site, at_ms: atMs, head }) =>
    head.places.flatMap(({ records, hash }) =>
      hash === null || records >= head.records ? [] : [{ site, at_ms: atMs, records, hash }],
    ),
  );
  if (places.length === 0) return [];
  const json = [JSON.stringify(places)];
  const told = "jsonb_to_recordset($1::jsonb) AS p(site text, at_ms bigint, records bigint, hash text)";
  const other = await session.query(
    `SELECT h.site, h.records, h.hash AS was, h.at_ms AS was_ms, p.hash, p.at_ms
     FROM ${told} JOIN head h ON h.site = p.site AND h.records = p.records WHERE h.open AND h.hash <> p.hash`,
    json,
  );
  await session.query(
    `UPDATE head h SET open = false FROM ${told} WHERE h.site = p.site AND h.records = p.records AND h.open`,
    json,
  );
  return other.map(({ site, records, was, was_ms: wasMs, hash, at_ms }): AlarmRow => {
    const sentence = `The audit log of ${site} is not the one that was told of: its record ${records} had the hash ${was} on ${when(wasMs)}, and has ${hash} since ${when(at_ms)} at the latest. It was cut or put back and has grown on, or was rewritten.`;
    return { site, at_ms, key: "audit-regrown", sentence: `${sentence} ${todo(records, was)}` };
  });
}

/** Places of the newest heads that no later one has proven, by site: what a site's next head is to tell of. */
export async function unprovenPlaces(
  database: Database,
  sites: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await database.query(
    `SELECT s.site, array_agg(DISTINCT h.records) AS places FROM unnest($1::text[]) AS s(site), LATERAL (SELECT records FROM head
       WHERE head.site = s.site AND open ORDER BY epoch COLLATE "C" DESC, sequence DESC LIMIT ${askedPlacesMax}) h GROUP BY s.site`,
    [sites],
  );
  return new Map(rows.map(({ site, places }) => [String(site), (places as unknown[]).map(Number)]));
}

/** Heads that another key has signed: a site's key is the first that was seen of it. */
async function otherKeys(session: Session, json: readonly string[]): Promise<Rows> {
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

function isTrulySigned(site: string, head: Head): boolean {
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

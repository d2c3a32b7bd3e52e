/** The fleet's own word: leases of each site, and the signed document that they make. The database is their truth. */
import { type Lease, leaseSchema, orderSigner, signOrders } from "../../src/protocols/fleet/orders.ts";
import { leasesMax } from "../../src/protocols/fleet/payloads.ts";
import type { Database, Rows, Session } from "./database.ts";

/** A lease that no word has come of stays in the document for so long after its end: the site says that it has expired, ms. */
const tellExpiredMs = 120_000;

/** A document as it is to stand at the broker. */
export interface StandingDocument {
  readonly site: string;
  readonly kind: "order" | "release";
  readonly version: number;
  readonly document: string;
}

/** Adds a lease and makes the site's document anew; a sentence where there is no room. */
export function addLease(
  database: Database,
  site: string,
  lease: Lease,
  key: string,
  nowMs: number,
): Promise<StandingDocument | string> {
  return database.atomically(async (session) => {
    await lock(session, site);
    const open = await openLeases(session, site, nowMs);
    if (open.length >= leasesMax) return `${site} has ${leasesMax} leases already; withdraw some.`;
    await session.query("INSERT INTO lease (site, id, until_ms, lease) VALUES ($1, $2, $3, $4)", [
      site,
      lease.id,
      lease.untilMs,
      JSON.stringify(lease),
    ]);
    return makeDocument(session, site, key, nowMs);
  });
}

/**
 * The same again until a later end, in place of a lease that stands: the site takes the one for the other at once. Null where no
 * such lease stands.
 */
export async function renewLease(
  database: Database,
  site: string,
  id: string,
  renewed: Pick<Lease, "id" | "untilMs">,
  key: string,
  nowMs: number,
): Promise<{ readonly lease: Lease; readonly document: StandingDocument } | null> {
  const [row] = await database.query(
    "SELECT lease FROM lease WHERE site = $1 AND id = $2 AND until_ms > $3 AND NOT withdrawn",
    [site, id, nowMs],
  );
  if (row === undefined) return null;
  const before = leaseSchema.parse(row["lease"]);
  const lease = { ...before, ...renewed, fromMs: Math.max(before.fromMs, nowMs) };
  const [document] = await changeLeases(database, [{ site, lease, replaces: id }], key, nowMs);
  return document === undefined ? null : { lease, document };
}

/** Withdraws a lease; null where there is none. */
export function withdrawLease(
  database: Database,
  site: string,
  id: string,
  key: string,
  nowMs: number,
): Promise<StandingDocument | null> {
  return database.atomically(async (session) => {
    await lock(session, site);
    const gone = await session.query(
      "UPDATE lease SET withdrawn = true WHERE site = $1 AND id = $2 AND NOT withdrawn RETURNING id",
      [site, id],
    );
    return gone.length === 0 ? null : makeDocument(session, site, key, nowMs);
  });
}

/** A lease that takes the place of the one named; either may be null. */
export interface LeaseChange {
  readonly site: string;
  readonly lease: Lease | null;
  readonly replaces: string | null;
}

/** Sites of one transaction. */
const chunkSize = 500;

/** What has become of some changes: documents of the sites that have changed; sites that had no room for one more keep what they have. */
export interface ChangedLeases {
  readonly changes: readonly LeaseChange[];
  readonly documents: readonly StandingDocument[];
  readonly full: ReadonlySet<string>;
}

/** What goes with changes of leases. */
export interface WithLeases {
  /** In the same transaction: what is written in here and the leases stand both or neither. */
  within(session: Session, changed: ChangedLeases): Promise<void>;
  /** After each commit: documents can be told at once. */
  after(changed: ChangedLeases): void;
}
const alone: WithLeases = { within: () => Promise.resolve(), after: () => undefined };

/** Changes leases of many sites, some in one transaction each, in the order of their names. */
export async function changeLeases(
  database: Database,
  changes: readonly LeaseChange[],
  key: string,
  nowMs: number,
  { within, after }: WithLeases = alone,
): Promise<readonly StandingDocument[]> {
  const documents: StandingDocument[] = [];
  const inOrder = [...changes].sort((a, b) => (a.site < b.site ? -1 : 1));
  for (let i = 0; i < inOrder.length; i += chunkSize) {
    const chunk = inOrder.slice(i, i + chunkSize);
    const changed = await database.atomically(async (session) => {
      const done = await changeChunk(session, chunk, key, nowMs);
      await within(session, done);
      return done;
    });
    after(changed);
    documents.push(...changed.documents);
  }
  return documents;
}

async function changeChunk(
  session: Session,
  chunk: readonly LeaseChange[],
  key: string,
  nowMs: number,
): Promise<ChangedLeases> {
  const sites = chunk.map(({ site }) => site);
  // In the order of their names, as every other does that takes more than one.
  await session.query(
    "SELECT pg_advisory_xact_lock(hashtext(s)) FROM unnest($1::text[]) WITH ORDINALITY AS u(s, n) ORDER BY n",
    [sites],
  );
  const open = new Map<string, Lease[]>(sites.map((site) => [site, []]));
  for (const { site, lease } of await session.query(
    `SELECT site, lease FROM lease l WHERE site = ANY($1) AND until_ms > $2 AND NOT withdrawn AND NOT EXISTS (SELECT 1 FROM receipt r
       WHERE r.site = l.site AND r.lease_id = l.id AND ${isOver}) ORDER BY until_ms DESC`,
    [sites, nowMs - tellExpiredMs],
  ))
    open.get(String(site))!.push(leaseSchema.parse(lease));
  const versions = new Map(
    (await session.query("SELECT site, version FROM orders WHERE site = ANY($1)", [sites])).map(({ site, version }) => [
      String(site),
      Number(version),
    ]),
  );
  const full = new Set<string>();
  const signed = orderSigner(key);
  const made = chunk.flatMap(({ site, lease, replaces }) => {
    const kept = open.get(site)!.filter(({ id }) => id !== replaces);
    // What waits to be told as expired makes room first: it is last in the order of ends.
    const leases = lease === null ? kept : [lease, ...kept];
    if (lease !== null && kept.filter(({ untilMs }) => untilMs > nowMs).length >= leasesMax) {
      full.add(site);
      return [];
    }
    const version = Math.max((versions.get(site) ?? 0) + 1, Math.floor(nowMs / 1_000));
    const document = JSON.stringify(signed({ site, version, issuedAtMs: nowMs, leases: leases.slice(0, leasesMax) }));
    const untilMs = Math.max(nowMs, ...open.get(site)!.map((one) => one.untilMs), lease?.untilMs ?? 0) + tellExpiredMs;
    return [{ site, version, until_ms: untilMs, document, lease, replaces }];
  });
  const json = [JSON.stringify(made)];
  await session.query(
    `INSERT INTO lease (site, id, until_ms, lease) SELECT site, lease->>'id', (lease->>'untilMs')::bigint, lease
       FROM jsonb_to_recordset($1::jsonb) AS g(site text, lease jsonb) WHERE lease <> 'null'`,
    json,
  );
  await session.query(
    `UPDATE lease l SET withdrawn = true FROM jsonb_to_recordset($1::jsonb) AS g(site text, replaces text)
       WHERE l.site = g.site AND l.id = g.replaces`,
    json,
  );
  await session.query(
    `INSERT INTO orders (site, version, until_ms, document) SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS g(site text, version bigint, until_ms bigint, document text) ON CONFLICT (site) DO UPDATE SET version = excluded.version,
       until_ms = GREATEST(orders.until_ms, excluded.until_ms), document = excluded.document, changed_at = clock_timestamp()`,
    json,
  );
  return {
    changes: chunk,
    documents: made.map(({ site, version, document }) => ({ site, kind: "order", version, document })),
    full,
  };
}

/** Every document that may still matter: written anew where the broker came back empty. */
export async function standingDocuments(database: Database, nowMs: number): Promise<readonly StandingDocument[]> {
  return documentsOf(
    await database.query(
      `SELECT site, 'order' AS kind, version, document FROM orders WHERE until_ms > $1
       UNION ALL SELECT site, 'release', version, document FROM release_order`,
      [nowMs],
    ),
  );
}

/** Documents that have changed lately, by any worker's hand. */
export async function changedDocuments(database: Database, withinMs: number): Promise<readonly StandingDocument[]> {
  return documentsOf(
    await database.query(
      `SELECT site, 'order' AS kind, version, document FROM orders WHERE changed_at > now() - $1 * interval '1 ms'
       UNION ALL SELECT site, 'release', version, document FROM release_order WHERE changed_at > now() - $1 * interval '1 ms'`,
      [withinMs],
    ),
  );
}

const documentsOf = (rows: Rows): readonly StandingDocument[] =>
  rows.map(({ site, kind, version, document }) => ({
    site: String(site),
    kind: kind === "release" ? "release" : "order",
    version: Number(version),
    document: String(document),
  }));

/** Two workers make one site's documents one after the other. */
const lock = (session: Session, site: string) => session.query("SELECT pg_advisory_xact_lock(hashtext($1))", [site]);

const isOver = "r.receipt->>'state' IN ('done', 'expired', 'ended', 'refused', 'withdrawn')";

async function openLeases(session: Session, site: string, sinceMs: number): Promise<readonly Lease[]> {
  const rows = await session.query(
    `SELECT lease FROM lease l WHERE site = $1 AND until_ms > $2 AND NOT withdrawn AND NOT EXISTS (SELECT 1 FROM receipt r
       WHERE r.site = l.site AND r.lease_id = l.id AND ${isOver})
     ORDER BY until_ms DESC LIMIT ${leasesMax}`,
    [site, sinceMs],
  );
  return rows.map(({ lease }) => leaseSchema.parse(lease));
}

/** A withdrawn lease is told by a document without it: that one stands until the lease's end as well. */
async function makeDocument(session: Session, site: string, key: string, nowMs: number): Promise<StandingDocument> {
  const leases = await openLeases(session, site, nowMs - tellExpiredMs);
  const [last] = await session.query("SELECT max(until_ms) AS until_ms FROM lease WHERE site = $1", [site]);
  const [before] = await session.query("SELECT version FROM orders WHERE site = $1", [site]);
  // Seconds of the clock: also above what stood before a database that was put back.
  const version = Math.max(Number(before?.["version"] ?? 0) + 1, Math.floor(nowMs / 1_000));
  const document = JSON.stringify(signOrders({ site, version, issuedAtMs: nowMs, leases: [...leases] }, key));
  await session.query(
    "INSERT INTO orders (site, version, until_ms, document) VALUES ($1, $2, $3, $4) ON CONFLICT (site) DO UPDATE SET version = excluded.version, until_ms = excluded.until_ms, document = excluded.document, changed_at = now()",
    [site, version, Number(last?.["until_ms"] ?? nowMs) + tellExpiredMs, document],
  );
  return { site, kind: "order", version, document };
}

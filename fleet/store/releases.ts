/** Releases in the database: what is to be installed, which sites are in which ring, and what each has said of it. */
import type { ReleaseNews } from "../../src/protocols/fleet/payloads.ts";
import { type Release, type ReleaseBuild, releaseSigner } from "../../src/protocols/fleet/releases.ts";
import type { ReleasePhase, ReleaseRun, ReleaseSite, SiteHealth } from "../release/controller.ts";
import { ringsOf } from "../release/rings.ts";
import type { Database, Rows, Session } from "./database.ts";
import type { StandingDocument } from "./orders.ts";

/** What somebody has asked for. */
export interface ReleaseRow extends ReleaseRun {
  readonly id: string;
  readonly build: ReleaseBuild;
  readonly cause: string;
  readonly issuedBy: string;
  readonly madeMs: number;
}

const columns = `id, build, ring, phase, soak_ms AS "soakMs", per_minute AS "perMinute", sentence, cause, issued_by AS "issuedBy",
  made_ms AS "madeMs"`;
/** A site that was not heard for so long takes no part, ms. */
const heardMaxMs = 7 * 86_400_000;

export const openReleases = async (database: Database): Promise<readonly ReleaseRow[]> =>
  (await database.query(
    `SELECT ${columns} FROM release WHERE NOT over ORDER BY made_ms LIMIT 20`,
  )) as unknown as ReleaseRow[];

export interface NewRelease {
  readonly id: string;
  readonly build: ReleaseBuild;
  readonly named: readonly string[];
  readonly soakMs: number;
  readonly perMinute: number;
  readonly cause: string;
  readonly issuedBy: string;
}

/** A sentence where another one is under way: two at a time would undo one another. */
export function addRelease(database: Database, asked: NewRelease, nowMs: number): Promise<string> {
  return database.atomically(async (session) => {
    await session.query("SELECT pg_advisory_xact_lock(hashtext('release'))");
    const [open] = await session.query("SELECT id FROM release WHERE NOT over LIMIT 1");
    if (open !== undefined) return `Release ${open["id"]} is not over yet.`;
    const sites = await session.query("SELECT site, utility FROM site WHERE heard_ms > $1", [nowMs - heardMaxMs]);
    const { id, build, named, soakMs, perMinute, cause, issuedBy } = asked;
    const found = ringsOf(id, sites as unknown as { site: string; utility: string }[], named);
    await session.query(
      `INSERT INTO release (id, build, ring, phase, soak_ms, per_minute, cause, issued_by, made_ms)
       VALUES ($1, $2, 0, 'running', $3, $4, $5, $6, $7)`,
      [id, JSON.stringify(build), soakMs, perMinute, cause, issuedBy, nowMs],
    );
    await session.query(
      "INSERT INTO release_site (release, site, ring) SELECT $1, site, ring FROM jsonb_to_recordset($2::jsonb) AS g(site text, ring int)",
      [id, JSON.stringify([...found].map(([site, ring]) => ({ site, ring })))],
    );
    return "";
  });
}

/** By a person's word; false where there is none that runs. */
export const stopRelease = async (database: Database, id: string, by: string): Promise<boolean> =>
  (
    await database.query(
      "UPDATE release SET phase = 'stopped', sentence = $2 WHERE id = $1 AND phase = 'running' RETURNING id",
      [id, `Stopped by ${by}.`],
    )
  ).length > 0;

/** Every site of it with its state and its word. */
export async function releaseSites(database: Database, id: string): Promise<readonly ReleaseSite[]> {
  const rows = await database.query(
    `SELECT r.site, r.ring, r.action, r.offered_ms, r.word, r.word_ms, r.sentence, r.before, s.heard_ms, s.state->>'mode' AS mode, s.level,
       coalesce((SELECT e.body->'event'->>'sentence' FROM record e WHERE r.installed_ms > 0 AND e.site = r.site AND e.kind = 'event'
         AND e.at_ms > r.installed_ms AND e.body->'event'->>'severity' = 'critical' ORDER BY e.at_ms LIMIT 1), '') AS critical
     FROM release_site r LEFT JOIN site s ON s.site = r.site WHERE r.release = $1 ORDER BY r.site`,
    [id],
  );
  return rows.map((row) => ({
    site: String(row["site"]),
    ring: Number(row["ring"]),
    action: row["action"] as ReleaseSite["action"],
    offeredMs: Number(row["offered_ms"]),
    word: row["word"] as ReleaseSite["word"],
    wordMs: Number(row["word_ms"]),
    sentence: String(row["sentence"]),
    before: row["before"] as SiteHealth | null,
    now:
      row["heard_ms"] === null
        ? null
        : { heardMs: Number(row["heard_ms"]), mode: String(row["mode"]), level: String(row["level"]) },
    critical: String(row["critical"]),
  }));
}

export interface ReleaseTelling {
  readonly site: string;
  readonly action: "install" | "return" | "none";
}

/** Writes down what sites are to be told, in one transaction; the documents to tell. */
export function tellSites(
  database: Database,
  row: ReleaseRow,
  told: readonly ReleaseTelling[],
  key: string,
  nowMs: number,
): Promise<readonly StandingDocument[]> {
  return database.atomically(async (session) => {
    const versions = new Map(
      (
        await session.query("SELECT site, version FROM release_order WHERE site = ANY($1)", [
          told.map(({ site }) => site),
        ])
      ).map(({ site, version }) => [String(site), Number(version)]),
    );
    const signed = releaseSigner(key);
    const documents = told.map(({ site, action }): StandingDocument => {
      const version = Math.max((versions.get(site) ?? 0) + 1, Math.floor(nowMs / 1_000));
      const { id, build, cause, issuedBy } = row;
      const release: Release = { site, version, issuedAtMs: nowMs, id, action, build, cause, issuedBy };
      return { site, kind: "release", version, document: JSON.stringify(signed(release)) };
    });
    await session.query(
      `INSERT INTO release_order (site, version, document) SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(site text, version bigint, document text)
       ON CONFLICT (site) DO UPDATE SET version = excluded.version, document = excluded.document, changed_at = clock_timestamp()`,
      [JSON.stringify(documents)],
    );
    await session.query(
      `UPDATE release_site r SET action = g.action, offered_ms = CASE WHEN g.action = 'install' THEN $3 ELSE r.offered_ms END,
         before = CASE WHEN g.action = 'install' THEN jsonb_build_object('heardMs', s.heard_ms, 'mode', s.state->>'mode', 'level', s.level)
           ELSE r.before END
       FROM jsonb_to_recordset($2::jsonb) AS g(site text, action text) JOIN site s ON s.site = g.site WHERE r.release = $1 AND r.site = g.site`,
      [row.id, JSON.stringify(told), nowMs],
    );
    return documents;
  });
}

export async function saveStep(
  database: Database,
  id: string,
  { ring, phase, sentence }: { readonly ring: number; readonly phase: ReleasePhase; readonly sentence: string },
  isOver: boolean,
): Promise<void> {
  // A person who stops it meanwhile has the last word.
  await database.query(
    `UPDATE release SET ring = $2, phase = $3, sentence = $4, over = $5 WHERE id = $1 AND (phase = 'running' OR $3 = 'stopped')`,
    [id, ring, phase, sentence, isOver],
  );
}

/** What sites say of a release: the newest word of each. */
export async function saveReleaseNews(
  session: Session,
  news: readonly {
    readonly site: string;
    readonly atMs: number;
    readonly epoch: string;
    readonly sequence: number;
    readonly release: ReleaseNews;
  }[],
): Promise<void> {
  const newest = new Map(news.map((one) => [`${one.site}/${one.release.releaseId}`, one]));
  if (newest.size === 0) return;
  await session.query(
    `UPDATE release_site r SET word = g.state, word_ms = g.at_ms, sentence = g.sentence, epoch = g.epoch, sequence = g.sequence,
       installed_ms = CASE WHEN r.installed_ms = 0 AND g.state IN ('trial', 'stays') THEN g.at_ms ELSE r.installed_ms END
     FROM jsonb_to_recordset($1::jsonb) AS g(site text, release text, at_ms bigint, epoch text, sequence bigint, state text, sentence text)
     WHERE r.release = g.release AND r.site = g.site AND (r.epoch COLLATE "C", r.sequence) < (g.epoch COLLATE "C", g.sequence)`,
    [
      JSON.stringify(
        [...newest.values()].map(({ site, atMs, epoch, sequence, release: { releaseId, state, sentence } }) => ({
          ...{ site, release: releaseId, at_ms: atMs, epoch, sequence, state, sentence },
        })),
      ),
    ],
  );
}

export const listReleases = (database: Database): Promise<Rows> =>
  database.query(
    `SELECT ${columns}, over, (SELECT count(*) FROM release_site s WHERE s.release = release.id AND s.word = 'stays') AS stays,
       (SELECT count(*) FROM release_site s WHERE s.release = release.id) AS sites FROM release ORDER BY made_ms DESC LIMIT 50`,
  );

/** One release; null where there is none. */
export async function oneRelease(
  database: Database,
  id: string,
): Promise<(ReleaseRow & { readonly over: boolean }) | null> {
  const [row] = await database.query(`SELECT ${columns}, over FROM release WHERE id = $1`, [id]);
  return row === undefined ? null : (row as unknown as ReleaseRow & { over: boolean });
}

/**
 * SQLite files of ours: opened whole or set aside, also on a full disk, and put back when somebody has removed one under a
 * running controller.
 */
import { chmodSync, closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setAside, whyOf } from "./files.ts";

/** Size to which the write-ahead log is cut back after a checkpoint, bytes. */
const walMaxBytes = 1024 * 1024;
/** A file up to this size is checked as a whole at the opening, bytes: a longer one would keep the site waiting. */
const checkMaxBytes = 64 * 1024 * 1024;

/** What must hold of a database's content as well; throws as for a damaged file. */
type Check = (database: DatabaseSync) => void;

export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** What a person should know; "" when all was well. */
  readonly sentence: string;
  /** Why nothing can be kept, so that everything is in memory only; "" otherwise. */
  readonly inMemory: string;
  /** The file was removed or replaced while it was in use. */
  isGone(): boolean;
  /** Writes the file anew if it is gone and nothing else stands in its place. */
  restore(): void;
}

/**
 * Opens a database. A damaged one is set aside with its log, and a new one made. Where the disk refuses even to open it, one in
 * memory stands in: a site without a memory is safer than a site without a controller.
 */
export function openWhole(path: string, name: string, schema: string, check: Check = () => undefined): OpenDatabase {
  const { database, sentence, inMemory } = openOrReplace(path, name, schema, check);
  const inode = inMemory === "" ? inodeOf(path) : Number.NaN;
  const isGone = (): boolean => !Number.isNaN(inode) && inodeOf(path) !== inode;
  return {
    database,
    sentence,
    inMemory,
    isGone,
    restore() {
      if (!isGone() || existsSync(path)) return;
      for (const ending of ["-wal", "-shm"]) rmSync(`${path}${ending}`, { force: true });
      database.exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
      keepPrivate(path);
    },
  };
}

function openOrReplace(
  path: string,
  name: string,
  schema: string,
  check: Check,
): Pick<OpenDatabase, "database" | "sentence" | "inMemory"> {
  try {
    return { database: open(path, schema, check), sentence: "", inMemory: "" };
  } catch (failure) {
    if (isDamage(failure)) {
      const aside = setAside(path, [`${path}-wal`, `${path}-shm`]);
      if (aside !== "") {
        const found = openOrReplace(path, name, schema, check);
        return {
          ...found,
          sentence: `The ${name} was damaged${aside}. A new one was begun; what it held is not known any more. ${found.sentence}`,
        };
      }
    }
    const why = whyOf(failure);
    if (!isDiskFailure(failure))
      throw new Error(`The ${name} ${path} cannot be opened: ${why}. Check the folder and its rights.`);
    return {
      database: open(":memory:", schema, check),
      sentence: `The ${name} ${path} can't be used (${why}). Until the next start it is kept in memory only: make room or mend the disk, then start the controller again.`,
      inMemory: why,
    };
  }
}

/** The log's index lies in a shared file, for which a full disk has no room: then this process keeps it for itself. */
function open(path: string, schema: string, check: Check): DatabaseSync {
  try {
    return openAs(path, schema, check, "NORMAL");
  } catch (failure) {
    if (!isDiskFailure(failure) || isDamage(failure)) throw failure;
    return openAs(path, schema, check, "EXCLUSIVE");
  }
}

function openAs(path: string, schema: string, check: Check, locking: "NORMAL" | "EXCLUSIVE"): DatabaseSync {
  const isLong = path !== ":memory:" && existsSync(path) && statSync(path).size > checkMaxBytes;
  if (path !== ":memory:") keepPrivate(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = 5000; PRAGMA locking_mode = ${locking}; PRAGMA journal_mode = WAL`);
    database.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${walMaxBytes}`);
    if (!isLong) {
      const damage = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
      if (damage !== "ok") throw Object.assign(new Error(String(damage)), { errcode: 11 });
    }
    database.exec(schema);
    check(database);
    return database;
  } catch (failure) {
    database.close();
    throw failure;
  }
}

/** Passwords and keys lie in here: nobody else on this machine reads them. The log beside it takes over the file's rights. */
function keepPrivate(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
    for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600);
  } catch {
    // A disk that refuses says so when the database is opened.
  }
}

function inodeOf(path: string): number {
  try {
    return statSync(path).ino;
  } catch {
    return Number.NaN;
  }
}

/** SQLite's codes for a disk or a file that refuses, as opposed to a mistake of ours. */
const diskCodes = new Set([5, 6, 7, 8, 10, 11, 13, 14, 23, 26]);
const codeOf = (failure: unknown): number => ((failure as { errcode?: number }).errcode ?? 0) & 0xff;
export const isDiskFailure = (failure: unknown): boolean => diskCodes.has(codeOf(failure));
const isDamage = (failure: unknown): boolean => [11, 26].includes(codeOf(failure));

/** Ends a transaction that failed. SQLite has often ended it by itself; its complaint must not hide the first one. */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // No transaction is open any more.
  }
}

/** All of it or nothing; with `lags` it need not have reached the medium when this returns. */
export function inTransaction<T>(database: DatabaseSync, lags: boolean, write: () => T): T {
  try {
    if (lags) database.exec("PRAGMA synchronous = NORMAL");
    database.exec("BEGIN IMMEDIATE");
    const written = write();
    database.exec("COMMIT");
    return written;
  } catch (failure) {
    rollBack(database);
    throw failure;
  } finally {
    if (lags) database.exec("PRAGMA synchronous = FULL");
  }
}

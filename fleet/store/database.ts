/** The connection to PostgreSQL: one pool, transactions, and patience while it is away. */
import pg from "pg";
import { schema } from "./schema.ts";

// Moments and energies are whole numbers below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Connections of one worker. */
const connectionsMax = 8;
/** A statement that takes longer is given up, ms. */
const statementMaxMs = 20_000;
const retryMs = 500;

export type Rows = Record<string, unknown>[];
export interface Session {
  query(text: string, values?: readonly unknown[]): Promise<Rows>;
}
export interface Database extends Session {
  /** All of it or nothing. */
  atomically<T>(run: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Waits until the database answers; `isWanted` false ends the waiting. */
export async function openDatabase(url: string, isWanted: () => boolean): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    statement_timeout: statementMaxMs,
    connectionTimeoutMillis: 5_000,
  });
  // An idle connection that breaks is replaced at its next use.
  pool.on("error", () => undefined);
  for (;;)
    try {
      // Two workers that start at the same time make the tables once.
      await pool.query(`SELECT pg_advisory_lock(15118); ${schema}; SELECT pg_advisory_unlock(15118)`);
      break;
    } catch (failure) {
      if (!isWanted()) throw failure;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  return {
    query: async (text, values = []) => (await pool.query(text, [...values])).rows as Rows,
    async atomically(run) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // One whose connection breaks between two statements says so here; the next statement fails, and with it the transaction.
      const onBroken = (failure: Error): void => {
        broken = failure;
      };
      client.on("error", onBroken);
      try {
        await client.query("BEGIN");
        const result = await run({
          query: async (text, values = []) => (await client.query(text, [...values])).rows as Rows,
        });
        await client.query("COMMIT");
        return result;
      } catch (failure) {
        broken = failure instanceof Error ? failure : new Error(String(failure));
        throw failure;
      } finally {
        client.off("error", onBroken);
        // One that failed on its way is not used again: its transaction ends with it.
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/** Keeps documents for sites standing at the broker: all of them on each connection, changed ones as they change. */
import type { NatsConnection } from "@nats-io/transport-node";
import { subjectOf } from "../../src/protocols/fleet/subjects.ts";
import type { Database } from "../store/database.ts";
import { changedDocuments, type StandingDocument, standingDocuments } from "../store/orders.ts";

/** Those are looked for that changed within this, ms: a transaction may end some time after it has written. */
const changedWithinMs = 5_000;
/** All of them are told anew this often, ms: what the broker did not take stands then. */
const standEveryMs = 600_000;

export interface Standing {
  /** Each version is told once on a connection. */
  tell(made: NatsConnection, document: StandingDocument): void;
  /** All of them, on a connection that is new. */
  standAll(made: NatsConnection): Promise<void>;
  /** Those that have changed by any worker's hand; not to be called again before it is done. */
  look(made: NatsConnection, nowMs: number): Promise<void>;
}

export function createStanding(database: Database): Standing {
  /** Versions that this connection has told, by subject. */
  const told = new Map<string, number>();
  let stoodMs = 0;
  let isBehind = false;

  function tell(made: NatsConnection, { site, kind, version, document }: StandingDocument): void {
    const subject = subjectOf(site, kind);
    if ((told.get(subject) ?? 0) >= version) return;
    told.set(subject, version);
    made.publish(subject, document);
  }
  async function standAll(made: NatsConnection): Promise<void> {
    told.clear();
    stoodMs = Date.now();
    for (const document of await standingDocuments(database, stoodMs)) tell(made, document);
    await made.flush();
  }
  return {
    tell,
    standAll,
    async look(made, nowMs) {
      try {
        if (isBehind || nowMs - stoodMs > standEveryMs) await standAll(made);
        for (const document of await changedDocuments(database, changedWithinMs)) tell(made, document);
        isBehind = false;
      } catch {
        // The database is away: when it is back, all documents are told anew.
        isBehind = true;
      }
    },
  };
}

/**
 * What of a site must survive, opened and watched over: the store, the audit log, and what the disk refuses. Damaged files are
 * set aside and said; files that somebody removes under the running controller are noticed; the audit log is followed from its
 * beginning after each start, and its head goes into the controller's own log, which lives elsewhere.
 */
import { join } from "node:path";
import { type AuditLog, auditFileName, openAudit } from "../audit/audit.ts";
import { type AuditEvent, type AuditHead, emptyHead, recordHash } from "../audit/audit-chain.ts";
import { keepAudit } from "../audit/audit-keeper.ts";
import { monotonicMs } from "../control/monotonic.ts";
import type { Log } from "../log.ts";
import { createSettledClock } from "../permits/settled-clock.ts";
import { openWitness, type Witness, type Witnessed } from "../permits/witness.ts";
import { makeFolder } from "./files.ts";
import type { Owed } from "./owed.ts";
import { openStore, type Store } from "./store.ts";

/** The store's name in the state folder. */
export const storeFileName = "islet.db";
/** Files are looked at this often, ms. */
const watchEveryMs = 5_000;
/** The audit log's head is written into the controller's log this often, ms. */
const headEveryMs = 24 * 3_600_000;
/** The clock is looked at this often, ms. */
const clockEveryMs = 60_000;
/** Records of the audit log that are followed at a time, so that nothing else waits. */
const verifyStep = 250;

export interface DurableState {
  readonly store: Store;
  readonly auditLog: AuditLog;
  /** Durable when it returns, or owed. Never throws. */
  audit(event: AuditEvent): void;
  /** A person must know: into the log and the audit log. */
  alarm(message: string): void;
  /** What is in force and not on disk. */
  owed(): readonly Owed[];
  /** The memory beside the state folder. */
  readonly witness: Witness;
  /** Adds to it; where the disk refuses, again and again. */
  remember(news: Partial<Witnessed>): void;
  /** The latest moment that the clock is known to have shown, ms UTC; −Infinity for none. */
  readonly clockFloorMs: number;
  stop(): void;
}

export function openDurableState(folder: string, log: Log): DurableState {
  makeFolder(folder);
  const auditLog = openAudit({ path: join(folder, auditFileName), now: Date.now });
  const keeper = keepAudit(auditLog, Date.now, (why) => sayOwed("The audit log", why));
  const alarm = (message: string): void => {
    log("error", message);
    keeper.append({ kind: "alarm", actor: "controller", body: { message } });
  };
  const store = openStore({
    path: join(folder, storeFileName),
    onOwed: (why) => {
      sayOwed("The store", why);
      if (why !== "")
        keeper.append({
          kind: "alarm",
          actor: "controller",
          body: { message: `The store can't be written (${why}).` },
        });
    },
  });
  for (const { sentence } of [auditLog, store]) if (sentence !== "") alarm(sentence);

  function sayOwed(what: string, why: string): void {
    if (why === "") log("info", `${what} is on disk again; nothing is owed.`);
    else
      log(
        "error",
        `${what} can't be written: ${why}. What was decided is in force and is stored as soon as the disk takes it; a restart before that forgets it.`,
      );
  }

  const gone = new Set<string>();
  const watching = setInterval(() => {
    for (const [name, file] of [
      ["The audit log", auditLog],
      ["The store", store],
    ] as const) {
      if (!file.isGone()) gone.delete(name);
      else if (!gone.has(name)) {
        gone.add(name);
        alarm(
          `${name} was removed or replaced under the running controller. It is written anew when the controller stops in order; find out who did it.`,
        );
      }
    }
  }, watchEveryMs);
  watching.unref();

  const sayHead = ({ records, hash }: AuditHead = auditLog.head()): void =>
    log("info", `The audit log has ${records} records, its head is ${hash}.`, { auditHead: { records, hash } });
  const headTimer = setInterval(sayHead, headEveryMs);
  headTimer.unref();
  sayHead();
  const following = followChain(auditLog, alarm);

  const witness = openWitness(folder);
  const { clockFloorMs: witnessedMs } = witness.read();
  if (witness.sentence !== "") alarm(witness.sentence);
  // Before this run's own first record, which carries whatever the clock shows now; the log alone only where nothing else knows.
  const clockFloorMs = Number.isFinite(witnessedMs) ? witnessedMs : auditLog.lastAtMs();
  let news: Partial<Witnessed> | null = null;
  function remember(more: Partial<Witnessed>): void {
    news = { ...news, ...more };
    try {
      witness.add(news);
      news = null;
    } catch {
      // Again at the next look.
    }
  }
  const settledClock = createSettledClock();
  const clockTimer = setInterval(() => {
    const settledMs = settledClock.look(Date.now(), monotonicMs());
    if (Number.isFinite(settledMs)) remember({ clockFloorMs: settledMs });
    else if (news !== null) remember({});
  }, clockEveryMs);
  clockTimer.unref();

  return {
    store,
    auditLog,
    audit: keeper.append,
    alarm,
    witness,
    remember,
    clockFloorMs,
    owed: () => [store.owed(), keeper.owed()].filter((one) => one !== null),
    stop() {
      for (const timer of [watching, headTimer, clockTimer]) clearInterval(timer);
      following.stop();
      keeper.close();
      sayHead();
      store.close();
      auditLog.close();
    },
  };
}

/** Follows the chain in small steps, up to where the log ended when this began. */
function followChain(auditLog: AuditLog, alarm: (message: string) => void): { stop(): void } {
  const head = auditLog.head();
  let { hash, records: count } = emptyHead;
  let next: NodeJS.Immediate | undefined = setImmediate(step);
  function step(): void {
    next = undefined;
    const before = count;
    const whole = follow(Math.min(verifyStep, head.records - count));
    if (whole && count > before && count < head.records) next = setImmediate(step);
    else if (!whole || count !== head.records || hash !== head.hash)
      alarm(
        `The audit log is not whole at record ${count + 1}: it was altered or cut. Keep a copy, and look: islet audit verify.`,
      );
  }

  /** The next records; false at the first that does not follow. */
  function follow(records: number): boolean {
    try {
      for (const record of auditLog.read(count + 1, records)) {
        if (record.seq !== count + 1 || recordHash(hash, record) !== record.hash) return false;
        hash = record.hash;
        count++;
      }
      return true;
    } catch {
      return false;
    }
  }

  return {
    stop() {
      if (next !== undefined) clearImmediate(next);
    },
  };
}

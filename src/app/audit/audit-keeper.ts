/**
 * The audit log as the running controller writes it: an event that the disk refuses is kept in its order and written when there
 * is room again, with the moment at which it happened. Bounded; what does not fit is counted, and the count is logged.
 */

import { monotonicMs } from "../control/monotonic.ts";
import { whyOf } from "../store/files.ts";
import { createDebt, type Owed } from "../store/owed.ts";
import type { AuditLog, TimedEvent } from "./audit.ts";
import type { AuditEvent } from "./audit-chain.ts";

/** Events that may wait for the disk. */
const waitingMax = 2_000;
/** Written at a time. */
const batchMax = 200;
const lookEveryMs = 200;

export interface AuditKeeper {
  /** Durable when it returns, or owed. Never throws. */
  append(event: AuditEvent): void;
  owed(): Owed | null;
  /** A last try; then nothing is written any more. */
  close(): void;
}

/** `onOwed`: told why the disk refuses, and "" when everything is on disk again. */
export function keepAudit(auditLog: AuditLog, now: () => number, onOwed: (why: string) => void): AuditKeeper {
  const waiting: TimedEvent[] = [];
  let lost = 0;
  const debt = createDebt("audit", monotonicMs, onOwed);
  const looking = setInterval(settle, lookEveryMs);
  looking.unref();

  function settle(): void {
    if (!debt.due()) return;
    while (waiting.length > 0 || lost > 0) {
      const batch = waiting.slice(0, batchMax);
      const note: TimedEvent[] =
        lost > 0 && batch.length === waiting.length
          ? [
              {
                kind: "alarm",
                actor: "controller",
                body: { message: `${lost} events were lost: the disk refused for too long.` },
              },
            ]
          : [];
      try {
        auditLog.appendAll([...batch, ...note]);
      } catch (failure) {
        debt.failed(whyOf(failure));
        return;
      }
      waiting.splice(0, batch.length);
      if (note.length > 0) lost = 0;
    }
    debt.paid();
  }

  return {
    append(event) {
      if (waiting.length < waitingMax) waiting.push({ ...event, atMs: now() });
      else lost++;
      settle();
    },
    owed: () => debt.owed,
    close() {
      clearInterval(looking);
      settle();
    },
  };
}

/** The context of a station's blocks: its time, and the ways in which they speak. */
import type { Boot } from "./blocks/b-boot.ts";
import type { Context } from "./context.ts";
import type { SecurityLog } from "./security/a-security-log.ts";

/** Beyond this difference between the backend's time and ours nobody can say what has expired, ms. */
const timeAgreesMs = 3_600_000;

/** What a context is made from. */
export interface ContextParts
  extends Pick<Context, "config" | "port" | "store" | "clock" | "log" | "model" | "session"> {
  readonly boot: Boot;
  readonly securityLog: SecurityLog;
}

/** The context that every block of one station is given. */
export function createContext({ boot, securityLog, ...parts }: ContextParts): Context {
  const { store, clock, session } = parts;
  return {
    ...parts,
    nowMs: () => clock.wallMs() + boot.clockOffsetMs,
    iso: (atMs) => new Date(atMs ?? clock.wallMs() + boot.clockOffsetMs).toISOString(),
    online: () => session.online && boot.registration === "accepted",
    timeDisputed: () => boot.toldOffsetMs !== null && Math.abs(boot.toldOffsetMs - boot.clockOffsetMs) > timeAgreesMs,
    enqueue(action, payload, of) {
      store.enqueue({
        action,
        payload: JSON.stringify(payload),
        transactionId: of?.transactionId ?? "",
        seqNo: of?.seqNo ?? -1,
        droppable: of?.droppable ?? false,
      });
      // Not before whatever this belongs to has been committed: what is sent must be durable.
      queueMicrotask(session.pump);
    },
    securityEvent: securityLog.record,
    afterAnswer: (name, run) => void clock.after(name, 0, run),
  };
}

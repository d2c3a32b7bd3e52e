/**
 * B11, B12: reset of the station or of one EVSE, at once or when idle. The reset of an EVSE ends its transaction, takes
 * it out of service at zero power for a moment and puts it back as if its vehicle had just been plugged in.
 */
import { type Block, type Context, info, isEvse } from "../context.ts";
import type { ResetKind } from "../ports.ts";
import type { Transactions } from "../transactions/e-transactions.ts";
import type { BootReason } from "../transport/messages.table.ts";

/** How long an EVSE stays out of service during its reset, ms. */
const evseResetMs = 3_000;

/** Resets of the station or of an EVSE, at once or when transactions have ended. */
export interface Reset extends Block {
  /** A transaction has ended: a reset that waited for it may go. */
  onTransactionEnded(): void;
  /** A reset of the station waits for transactions to end. */
  readonly pending: boolean;
  /** The EVSE is out of service for its reset. */
  resetting(evseId: number): boolean;
}

export interface ResetFacts {
  reboot(reason: BootReason): void;
  /** An EVSE has been taken out of service, or put back. */
  withdrawnChanged(): void;
}

/** Functional block of resets; a restart forgets one that is pending, because it has come. */
export function createReset(context: Context, transactions: Transactions, facts: ResetFacts): Reset {
  const { port, clock } = context;
  /** EVSEs (0 for the station) that wait to be idle. */
  const waiting = new Set<number>();
  const out = new Set<number>();

  const busy = (evseId: number): boolean =>
    evseId === 0 ? transactions.running().length > 0 : transactions.of(evseId) !== null;

  function perform(evseId: number, reason: BootReason): void {
    waiting.delete(evseId);
    if (evseId === 0) facts.reboot(reason);
    else resetEvse(evseId, "OnIdle");
  }

  function now(evseId: number): void {
    const scope = evseId === 0 ? transactions.running().map((transaction) => transaction.evseId) : [evseId];
    for (const id of scope) transactions.end(id, "ResetCommand", "ImmediateReset");
    if (evseId === 0) facts.reboot("RemoteReset");
    else resetEvse(evseId, "Immediate");
  }

  function resetEvse(evseId: number, kind: ResetKind): void {
    if (out.has(evseId)) return;
    out.add(evseId);
    facts.withdrawnChanged();
    port.reset(evseId, kind);
    clock.after(`reset of EVSE ${evseId}`, evseResetMs, () => {
      out.delete(evseId);
      transactions.renew(evseId);
      facts.withdrawnChanged();
    });
  }

  return {
    handlers: {
      Reset({ type, evseId = 0 }) {
        if (evseId !== 0 && !isEvse(context, evseId)) return { status: "Rejected" };
        // Where transactions resume at all is the site's setting, not the backend's.
        if (type === "ImmediateAndResume")
          return {
            status: "Rejected",
            statusInfo: info("UnsupportedParam", "Only Immediate and OnIdle are supported."),
          };
        if (type === "OnIdle" && busy(evseId)) {
          waiting.add(evseId);
          return { status: "Scheduled" };
        }
        context.afterAnswer("reset", () => (type === "Immediate" ? now(evseId) : perform(evseId, "RemoteReset")));
        return { status: "Accepted" };
      },
    },
    onTransactionEnded() {
      for (const evseId of [...waiting])
        if (!busy(evseId)) context.afterAnswer("scheduled reset", () => perform(evseId, "ScheduledReset"));
    },
    get pending() {
      return waiting.has(0);
    },
    resetting: (evseId) => out.has(evseId),
  };
}

/** B11, B12: reset of the station or of one EVSE, at once or when idle. */
import { type Block, type Context, isEvse } from "./context.ts";
import type { Transactions } from "./e-transactions.ts";
import type { BootReason } from "./messages.table.ts";

export interface Reset extends Block {
  /** A transaction has ended: a reset that waited for it may go. */
  onTransactionEnded(): void;
  readonly pending: boolean;
}

export function createReset(context: Context, transactions: Transactions, reboot: (reason: BootReason) => void): Reset {
  const { port } = context;
  /** EVSEs (0 for the station) that wait to be idle. */
  const waiting = new Set<number>();

  const busy = (evseId: number): boolean =>
    evseId === 0 ? transactions.running().length > 0 : transactions.of(evseId) !== null;

  function perform(evseId: number, reason: BootReason): void {
    waiting.delete(evseId);
    if (evseId === 0) reboot(reason);
    else port.reset(evseId, "OnIdle");
  }

  function now(evseId: number): void {
    const scope = evseId === 0 ? transactions.running().map((transaction) => transaction.evseId) : [evseId];
    for (const id of scope) transactions.end(id, "ResetCommand", "ImmediateReset");
    if (evseId === 0) reboot("RemoteReset");
    else port.reset(evseId, "Immediate");
  }

  return {
    handlers: {
      Reset({ type, evseId = 0 }) {
        if (evseId !== 0 && !isEvse(context, evseId)) return { status: "Rejected" };
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
  };
}

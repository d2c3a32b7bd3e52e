/**
 * A small backend without its network: answers what a station says and keeps a ledger of every transaction event, which
 * finds gaps, repetitions and events out of order. The same core serves real sockets (`csms.ts`) and virtual time
 * (`csms-memory.ts`).
 */
import type { Action, RequestOf, ResponseOf } from "../../src/protocols/ocpp/transport/messages.table.ts";

type Event = RequestOf<"TransactionEvent">;

/** One transaction as the backend has seen it. */
export interface LedgerEntry {
  identity: string;
  transactionId: string;
  events: Event[];
  /** Each event's text by its seqNo. */
  texts: Map<number, string>;
  /** Identical events received again: a repetition after a lost answer, harmless. */
  repeated: number;
  /** The same seqNo with another content: an error. */
  conflicting: number;
  /** An event that came before an earlier one: an error. */
  outOfOrder: number;
}

export interface LedgerReport {
  transactions: number;
  ended: number;
  events: number;
  repeated: number;
  conflicting: number;
  outOfOrder: number;
  /** seqNo missing between the first and last of a transaction. */
  gaps: number;
  /** Transactions whose first event is not Started with seqNo 0, or that go on after Ended. */
  malformed: number;
}

export interface Ledger {
  record(identity: string, event: Event): void;
  readonly transactions: ReadonlyMap<string, LedgerEntry>;
  report(): LedgerReport;
}

function createLedger(): Ledger {
  const transactions = new Map<string, LedgerEntry>();
  return {
    transactions,
    record(identity, event) {
      const { transactionId } = event.transactionInfo;
      let entry = transactions.get(transactionId);
      if (!entry)
        transactions.set(
          transactionId,
          (entry = {
            identity,
            transactionId,
            events: [],
            texts: new Map(),
            repeated: 0,
            conflicting: 0,
            outOfOrder: 0,
          }),
        );
      const text = JSON.stringify(event);
      const same = entry.texts.get(event.seqNo);
      if (same !== undefined) {
        if (same === text) entry.repeated += 1;
        else entry.conflicting += 1;
        return;
      }
      entry.texts.set(event.seqNo, text);
      const last = entry.events.at(-1);
      if (last && event.seqNo < last.seqNo) entry.outOfOrder += 1;
      entry.events.push(event);
    },
    report() {
      const report: LedgerReport = {
        transactions: 0,
        ended: 0,
        events: 0,
        repeated: 0,
        conflicting: 0,
        outOfOrder: 0,
        gaps: 0,
        malformed: 0,
      };
      for (const { events, repeated, conflicting, outOfOrder } of transactions.values()) {
        const numbers = events.map((event) => event.seqNo).sort((a, b) => a - b);
        const endedAt = events.findIndex((event) => event.eventType === "Ended");
        report.transactions += 1;
        report.ended += endedAt >= 0 ? 1 : 0;
        report.events += events.length;
        report.repeated += repeated;
        report.conflicting += conflicting;
        report.outOfOrder += outOfOrder;
        for (let i = 1; i < numbers.length; i++) report.gaps += numbers[i]! - numbers[i - 1]! - 1;
        const first = events[0];
        if (first?.eventType !== "Started" || first.seqNo !== 0 || (endedAt >= 0 && endedAt !== events.length - 1))
          report.malformed += 1;
      }
      return report;
    },
  };
}

/** Energy of a transaction from its own readings, Wh: end minus begin of the registers. */
export function energyOf(entry: LedgerEntry): { importWh: number; exportWh: number } {
  const values = entry.events.flatMap((event) => event.meterValue ?? []).flatMap((value) => value.sampledValue);
  const growth = (measurand: string): number => {
    const own = values.filter((value) => value.measurand === measurand);
    const begin = own.find((value) => value.context === "Transaction.Begin");
    const end = own.findLast((value) => value.context === "Transaction.End");
    return begin && end ? end.value - begin.value : Number.NaN;
  };
  return { importWh: growth("Energy.Active.Import.Register"), exportWh: growth("Energy.Active.Export.Register") };
}

/** Answers of a test's own, by action; what is left out is answered in the usual way. */
export type Answers = { [A in Action]?: (request: RequestOf<A>, identity: string) => ResponseOf<A> };

export interface CsmsCore {
  readonly ledger: Ledger;
  readonly answers: Answers;
  /** Everything received, newest last, bounded. */
  readonly received: { identity: string; action: Action; payload: unknown }[];
  answer(identity: string, action: Action, payload: unknown): unknown;
}

const receivedMax = 50_000;

export function createCsmsCore(nowMs: () => number, heartbeatS = 300): CsmsCore {
  const ledger = createLedger();
  const now = (): string => new Date(nowMs()).toISOString();
  const accepted = { status: "Accepted" as const };
  const usual: Answers = {
    BootNotification: () => ({ status: "Accepted", currentTime: now(), interval: heartbeatS }),
    Heartbeat: () => ({ currentTime: now() }),
    Authorize: () => ({ idTokenInfo: accepted }),
    TransactionEvent: (event) => (event.idToken ? { idTokenInfo: accepted } : {}),
    DataTransfer: () => ({ status: "UnknownVendorId" }),
    SignCertificate: () => accepted,
    Get15118EVCertificate: () => ({ status: "Failed", exiResponse: "" }),
    GetCertificateStatus: () => ({ status: "Failed" }),
    NotifyEVChargingNeeds: () => accepted,
    NotifyEVChargingSchedule: () => accepted,
    PullDynamicScheduleUpdate: () => ({ status: "Rejected" }),
  };
  const core: CsmsCore = {
    ledger,
    answers: {},
    received: [],
    answer(identity, action, payload) {
      core.received.push({ identity, action, payload });
      if (core.received.length > receivedMax) core.received.shift();
      if (action === "TransactionEvent") ledger.record(identity, payload as Event);
      const answer = (core.answers[action] ?? usual[action]) as
        | ((request: unknown, identity: string) => unknown)
        | undefined;
      return answer ? answer(payload, identity) : {};
    },
  };
  return core;
}

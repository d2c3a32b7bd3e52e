/**
 * What waits to be sent. At most one CALL is outstanding (Part 4): people at the plug come first, then status and
 * reports, then the durable journal in its order. The journal's head is repeated until the backend has accepted it or
 * the configured attempts are used up (use case E13); a lost connection does not count as an attempt. A transaction's
 * start or end is then put aside (`parked.ts`) instead of given up.
 */

import type { Cancel, OcppClock, OcppLog, OcppStore, QueuedMessage } from "../ports.ts";
import { createParked } from "../transactions/parked.ts";
import { NotDeliveredError } from "./errors.ts";
import type { Action, RequestOf, ResponseOf } from "./messages.table.ts";
import { type CallOptions, createWaiting, type Waiting } from "./waiting.ts";

/** After a failed write of the journal the next attempt waits so long, ms. */
const storeRetryMs = 10_000;

/** What an outbox needs: clock, store, and a way to send. */
export interface OutboxPorts {
  clock: OcppClock;
  store: OcppStore;
  log: OcppLog;
  /** Sends one CALL on the open connection. */
  send(action: Action, payload: unknown): Promise<unknown>;
  /** False holds everything back: no connection, an answer that must go first. */
  ready(): boolean;
  /** Whether the version that is spoken has such a message. */
  speaks(action: string): boolean;
  /** The boot gate: may this go now? Journal entries ask with `instructed` false. */
  permits(action: Action, instructed: boolean): boolean;
  /** OCPPCommCtrlr MessageAttempts and MessageAttemptInterval. */
  attempts(): { attemptsMax: number; intervalS: number };
  /** A journal entry was accepted by the backend, with its answer; null when it was given up. */
  onDelivered(message: QueuedMessage, response: unknown): void;
}

/** Requests to the backend, one at a time; durable ones until they are delivered. */
export interface Outbox {
  call<A extends Action>(action: A, payload: RequestOf<A>, options?: CallOptions): Promise<ResponseOf<A>>;
  /** Looks whether something can go now. */
  pump(): void;
  /** The connection is gone: everything in memory is rejected, the journal stays. */
  fail(): void;
  /** Nothing is under way and nothing waits, neither in memory nor in the journal. */
  readonly idle: boolean;
  /** Messages of a transaction (or of all, without one) that were put aside. */
  parked(transactionId?: string): number;
}

/** The head of the journal; what the version that is spoken has no words for is settled and left out. */
function headOf(
  { store, log, speaks }: OutboxPorts,
  settle: (message: QueuedMessage, response: null) => void,
  onFailure: () => void,
): QueuedMessage | undefined {
  for (;;) {
    const message = store.head();
    if (message === undefined || speaks(message.action)) return message;
    log("info", `The backend speaks a version that has no ${message.action}: it is not told.`);
    try {
      settle(message, null);
    } catch (error) {
      log("error", `The journal cannot be written: ${(error as Error).message}`, { action: message.action });
      onFailure();
      return undefined;
    }
  }
}

/** An outbox whose journal is the store's; nothing else is kept over a restart. */
export function createOutbox(ports: OutboxPorts): Outbox {
  const waiting = createWaiting(ports.permits);
  const parked = createParked(ports.store, ports.clock);
  let outstanding = false;
  let attempt = 0;
  let retry: Cancel | null = null;
  /** Wakes when a message that was put aside has its turn. */
  let turn: Cancel | null = null;

  function pump(): void {
    if (outstanding || !ports.ready()) return;
    const item = waiting.next();
    if (item) return void transmit(item);
    if (retry) return;
    const message = headOf(ports, settle, () => retryIn(storeRetryMs));
    if (message) {
      if (ports.permits(message.action as Action, false)) void transmitJournal(message);
      return;
    }
    const aside = parked.next();
    if (!aside) armTurn();
    else if (ports.permits(aside.action as Action, false)) void transmitParked(aside);
  }

  function armTurn(): void {
    turn?.();
    turn = null;
    const waitMs = parked.waitMs();
    if (waitMs === Number.POSITIVE_INFINITY) return;
    turn = ports.clock.after("message put aside", waitMs, () => {
      turn = null;
      pump();
    });
  }

  async function transmitParked(message: QueuedMessage): Promise<void> {
    outstanding = true;
    try {
      const response = await ports.send(message.action as Action, JSON.parse(message.payload));
      parked.delivered(message);
      ports.onDelivered(message, response);
    } catch (error) {
      parked.failed(message);
      ports.log("warn", `A message that was put aside was not accepted: ${(error as Error).message}`, {
        transactionId: message.transactionId,
        seqNo: message.seqNo,
      });
    } finally {
      outstanding = false;
      pump();
    }
  }

  async function transmit(item: Waiting): Promise<void> {
    outstanding = true;
    try {
      item.resolve(await ports.send(item.action, item.payload));
    } catch (error) {
      item.reject(error as Error);
    } finally {
      outstanding = false;
      pump();
    }
  }

  async function transmitJournal(message: QueuedMessage): Promise<void> {
    outstanding = true;
    let response: unknown = null;
    let failure: Error | null = null;
    try {
      response = await ports.send(message.action as Action, JSON.parse(message.payload));
    } catch (error) {
      failure = error as Error;
    }
    try {
      if (failure === null) settle(message, response);
      else if (!(failure instanceof NotDeliveredError && failure.why === "offline")) failedAttempt(message, failure);
    } catch (error) {
      // The medium does not take it (full, broken): the message stays, and is sent once more, word for word.
      ports.log("error", `The journal cannot be written: ${(error as Error).message}`, { action: message.action });
      retryIn(storeRetryMs);
    } finally {
      outstanding = false;
      pump();
    }
  }

  function settle(message: QueuedMessage, response: unknown): void {
    attempt = 0;
    ports.store.dequeue(message.id);
    ports.onDelivered(message, response);
  }

  /** E13: waits interval × attempts before the next transmission; after the last one the message is given up. */
  function failedAttempt(message: QueuedMessage, error: Error): void {
    const { attemptsMax, intervalS } = ports.attempts();
    attempt += 1;
    const fields = { action: message.action, transactionId: message.transactionId, seqNo: message.seqNo, attempt };
    if (attempt >= attemptsMax) {
      if (!parked.owed(message)) {
        ports.log("error", `A message was given up after its last attempt: ${error.message}`, fields);
        settle(message, null);
        return;
      }
      if (parked.park(message)) {
        attempt = 0;
        ports.log(
          "error",
          `A message was put aside after its last attempt, to be tried again later: ${error.message}`,
          fields,
        );
        return;
      }
      attempt = attemptsMax;
    }
    ports.log("warn", `A message was not accepted and will be repeated: ${error.message}`, fields);
    retryIn(intervalS * attempt * 1000);
  }

  function retryIn(delayMs: number): void {
    retry?.();
    retry = ports.clock.after("journal retry", delayMs, () => {
      retry = null;
      pump();
    });
  }

  return {
    call(action, payload, options = {}) {
      const answer = waiting.add(action, payload, options);
      pump();
      return answer;
    },
    pump,
    fail() {
      retry?.();
      turn?.();
      retry = turn = null;
      attempt = 0;
      parked.retryAll();
      waiting.fail(new NotDeliveredError("offline", "The connection to the backend is lost."));
    },
    parked: (transactionId) => (transactionId === undefined ? parked.count() : parked.countFor(transactionId)),
    get idle() {
      return !outstanding && waiting.empty && ports.store.queued() === 0;
    },
  };
}

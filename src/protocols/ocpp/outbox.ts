/**
 * What waits to be sent. At most one CALL is outstanding (Part 4): people at the plug come first, then status and
 * reports, then the durable journal in its order. The journal's head is repeated until the backend has accepted it or
 * the configured attempts are used up (use case E13); a lost connection does not count as an attempt.
 */
import { NotDeliveredError } from "./errors.ts";
import type { Action, RequestOf, ResponseOf } from "./messages.table.ts";
import type { Cancel, OcppClock, OcppLog, OcppStore, QueuedMessage } from "./ports.ts";

/** Messages in memory, beyond which new ones are refused: a flood of reports must not eat the station. */
const waitingMax = 2_000;

/** Lower goes first. */
export const priority = { boot: 0, person: 1, status: 2, report: 3 } as const;
export type Priority = (typeof priority)[keyof typeof priority];

export interface CallOptions {
  priority?: Priority;
  /** Asked for by the backend, so allowed while the registration is pending (use case B02). */
  instructed?: boolean;
}

export interface OutboxPorts {
  clock: OcppClock;
  store: OcppStore;
  log: OcppLog;
  /** Sends one CALL on the open connection. */
  send(action: Action, payload: unknown): Promise<unknown>;
  /** False holds everything back: no connection, an answer that must go first. */
  ready(): boolean;
  /** The boot gate: may this go now? Journal entries ask with `instructed` false. */
  permits(action: Action, instructed: boolean): boolean;
  /** OCPPCommCtrlr MessageAttempts and MessageAttemptInterval. */
  attempts(): { attemptsMax: number; intervalS: number };
  /** A journal entry was accepted by the backend, with its answer; null when it was given up. */
  onDelivered(message: QueuedMessage, response: unknown): void;
}

interface Waiting {
  action: Action;
  payload: unknown;
  priority: Priority;
  instructed: boolean;
  resolve(response: unknown): void;
  reject(error: Error): void;
}

export interface Outbox {
  call<A extends Action>(action: A, payload: RequestOf<A>, options?: CallOptions): Promise<ResponseOf<A>>;
  /** Looks whether something can go now. */
  pump(): void;
  /** The connection is gone: everything in memory is rejected, the journal stays. */
  fail(): void;
  /** Nothing is under way and nothing waits, neither in memory nor in the journal. */
  readonly idle: boolean;
}

export function createOutbox(ports: OutboxPorts): Outbox {
  const waiting: Waiting[] = [];
  let outstanding = false;
  let attempt = 0;
  let retry: Cancel | null = null;

  function next(): Waiting | undefined {
    let best = -1;
    for (let i = 0; i < waiting.length; i++) {
      const candidate = waiting[i]!;
      if (!ports.permits(candidate.action, candidate.instructed)) continue;
      if (best < 0 || candidate.priority < waiting[best]!.priority) best = i;
    }
    return best < 0 ? undefined : waiting.splice(best, 1)[0];
  }

  function pump(): void {
    if (outstanding || !ports.ready()) return;
    const item = next();
    if (item) return void transmit(item);
    if (retry) return;
    const message = ports.store.head();
    if (message && ports.permits(message.action as Action, false)) void transmitJournal(message);
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
    try {
      const response = await ports.send(message.action as Action, JSON.parse(message.payload));
      settle(message, response);
    } catch (error) {
      if (!(error instanceof NotDeliveredError && error.why === "offline")) failedAttempt(message, error as Error);
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
      ports.log("error", `A message was given up after its last attempt: ${error.message}`, fields);
      settle(message, null);
      return;
    }
    ports.log("warn", `A message was not accepted and will be repeated: ${error.message}`, fields);
    retry = ports.clock.after("journal retry", intervalS * attempt * 1000, () => {
      retry = null;
      pump();
    });
  }

  return {
    call(action, payload, options = {}) {
      return new Promise((resolve, reject) => {
        if (waiting.length >= waitingMax) {
          reject(new NotDeliveredError("full", `More than ${waitingMax} messages wait to be sent.`));
          return;
        }
        waiting.push({
          action,
          payload,
          priority: options.priority ?? priority.status,
          instructed: options.instructed ?? false,
          resolve: resolve as (response: unknown) => void,
          reject,
        });
        pump();
      });
    },
    pump,
    fail() {
      retry?.();
      retry = null;
      attempt = 0;
      for (const item of waiting.splice(0))
        item.reject(new NotDeliveredError("offline", "The connection to the backend is lost."));
    },
    get idle() {
      return !outstanding && waiting.length === 0 && ports.store.queued() === 0;
    },
  };
}

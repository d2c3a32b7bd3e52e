/** Requests that wait in memory for their turn: people at the plug come first, then status and reports. */
import { NotDeliveredError } from "./errors.ts";
import type { Action, RequestOf, ResponseOf } from "./messages.table.ts";

/** Messages in memory, beyond which new ones are refused: a flood of reports must not eat the station. */
const waitingMax = 2_000;

/** Lower goes first. */
export const priority = { boot: 0, person: 1, status: 2, report: 3 } as const;
/** How soon a message has its turn; the lower, the sooner. */
export type Priority = (typeof priority)[keyof typeof priority];

/** Priority of a request, and whether the backend has asked for it. */
export interface CallOptions {
  priority?: Priority;
  /** Asked for by the backend, so allowed while the registration is pending (use case B02). */
  instructed?: boolean;
}

/** A request and who waits for its answer. */
export interface Waiting {
  action: Action;
  payload: unknown;
  priority: Priority;
  instructed: boolean;
  resolve(response: unknown): void;
  reject(error: Error): void;
}

/** The requests that wait. */
export interface WaitingRequests {
  /** Rejects with `NotDeliveredError` when too many wait. */
  add<A extends Action>(action: A, payload: RequestOf<A>, options: CallOptions): Promise<ResponseOf<A>>;
  /** Takes the next one that may go now. */
  next(): Waiting | undefined;
  fail(error: Error): void;
  readonly empty: boolean;
}

/** Nothing waits; `permits` says whether a request may go in the present registration state. */
export function createWaiting(permits: (action: Action, instructed: boolean) => boolean): WaitingRequests {
  const waiting: Waiting[] = [];

  function next(): Waiting | undefined {
    let best = -1;
    for (let i = 0; i < waiting.length; i++) {
      const candidate = waiting[i]!;
      if (!permits(candidate.action, candidate.instructed)) continue;
      if (best < 0 || candidate.priority < waiting[best]!.priority) best = i;
    }
    return best < 0 ? undefined : waiting.splice(best, 1)[0];
  }

  return {
    add(action, payload, options) {
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
      });
    },
    next,
    fail(error) {
      for (const item of waiting.splice(0)) item.reject(error);
    },
    get empty() {
      return waiting.length === 0;
    },
  };
}

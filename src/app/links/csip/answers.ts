/** Sends the answers that are owed, oldest first; what the server refuses for good is given up. */
import { responseBody } from "../../../protocols/csip/bodies.ts";
import { Refused, type Transport } from "../../../protocols/csip/transport.ts";
import type { Kept } from "./kept.ts";

/** Answers that are sent in a row before the rest has its turn, and the wait after a failure, ms. */
const inARowMax = 20;
const retryMs = 10_000;

export interface AnswersOptions {
  readonly kept: Pick<Kept, "next">;
  readonly transport: Pick<Transport, "send">;
  readonly lfdi: string;
  readonly serverS: () => number;
  readonly failed: (sentence: string) => void;
}

/** Returns how to send what is owed. Never rejects. */
export function createAnswers({ kept, transport, lfdi, serverS, failed }: AnswersOptions): () => Promise<void> {
  let dueMs = 0;
  return async () => {
    for (let count = 0; count < inARowMax; count++) {
      const next = kept.next();
      if (next === null || performance.now() < dueMs) return;
      const { mrid, status, replyTo } = next.owed;
      try {
        await transport.send("POST", replyTo, responseBody(lfdi, mrid, status, serverS()));
        next.done();
      } catch (failure) {
        failed(failure instanceof Error ? failure.message : String(failure));
        // A server that refuses an answer refuses it again; one that is not there or not well is asked later.
        const isFinal = failure instanceof Refused && failure.status < 500 && failure.status !== 429;
        if (isFinal) next.done();
        else {
          dueMs = performance.now() + retryMs;
          return;
        }
      }
    }
  };
}

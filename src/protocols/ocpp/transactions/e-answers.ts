/** E05, C15: the backend's answers to events; its word on a token may end or suspend the transaction. */
import type { Authorization } from "../blocks/c-authorization.ts";
import { type Context, sameToken } from "../context.ts";
import type { QueuedMessage } from "../ports.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import type { Evse } from "./e-evse.ts";
import type { Cause, TransactionHooks } from "./transaction.ts";

/** What an answer acts on. */
export interface AnswerPorts {
  settle(evse: Evse, cause: Cause): void;
  deauthorize(evse: Evse): void;
  readonly hooks: Pick<TransactionHooks, "answered" | "showInfo">;
}

/** Takes the answer to a message of the journal; null when the message was given up. */
export function createAnswers(
  { model, port }: Context,
  authorization: Pick<Authorization, "remember">,
  evses: readonly Evse[],
  { settle, deauthorize, hooks }: AnswerPorts,
): (message: QueuedMessage, response: unknown) => void {
  function onDelivered(message: QueuedMessage, response: unknown): void {
    if (message.action !== "TransactionEvent" || response === null) return;
    const answer = response as ResponseOf<"TransactionEvent">;
    hooks.answered(message.transactionId, answer);
    const tokenInfo = answer.idTokenInfo;
    if (!tokenInfo) return;
    const request = JSON.parse(message.payload) as RequestOf<"TransactionEvent">;
    if (!request.idToken) return;
    authorization.remember(request.idToken, tokenInfo);
    const evse = evses.find((candidate) => candidate.transaction?.transactionId === message.transactionId);
    const authority = evse?.authority;
    if (!evse || !authority || !sameToken(authority.idToken, request.idToken)) return;
    if (tokenInfo.status === "Accepted") {
      if (tokenInfo.groupIdToken) authority.groupIdToken = tokenInfo.groupIdToken;
      hooks.showInfo(evse.id, tokenInfo);
      return;
    }
    if (authority.refusedAtWh !== undefined) return;
    const spare = model.number("TxCtrlr", "MaxEnergyOnInvalidId") > 0;
    if (model.flag("TxCtrlr", "StopTxOnInvalidId") && !spare) {
      deauthorize(evse);
      return;
    }
    authority.refusedAtWh = port.evses[evse.id - 1]!.importWh;
    settle(evse, { triggerReason: spare ? "Deauthorized" : "ChargingStateChanged" });
  }

  return onDelivered;
}

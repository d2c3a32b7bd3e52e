/** What blocks keep of customers: tokens and running transactions. */
import type { Authorization } from "./blocks/c-authorization.ts";
import type { CustomerRecords } from "./blocks/n-diagnostics.ts";
import type { Transactions } from "./transactions/e-transactions.ts";

/** Sentences about customers, for information and for deletion; a running transaction is not deleted. */
export const customersOf = (
  authorization: Pick<Authorization, "known" | "forget">,
  transactions: Pick<Transactions, "running">,
): CustomerRecords => ({
  find: (match) => [
    ...authorization
      .known()
      .filter(({ token }) => match(token))
      .map(({ token, info }) => `token ${token.idToken} (${token.type}): ${info.status}`),
    ...transactions
      .running()
      .filter(({ startedBy }) => startedBy && match(startedBy))
      .map(({ transactionId, evseId }) => `transaction ${transactionId} at EVSE ${evseId}`),
  ],
  clear(match) {
    for (const { token } of authorization.known()) if (match(token)) authorization.forget(token);
  },
});

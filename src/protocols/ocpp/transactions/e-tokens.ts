/**
 * C and E meet: somebody presents a token. It stops what it or its group started, or starts something: at the EVSE that
 * is meant, or at the next one that is plugged in.
 */
import type { Authorization, ContractCertificate, Decision } from "../blocks/c-authorization.ts";
import { type Context, sameToken } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { IdToken, IdTokenInfo } from "../transport/messages.table.ts";
import type { Transactions } from "./e-transactions.ts";
import type { Authority } from "./transaction.ts";

/** Outcome of presenting a token, for the reader that asked. */
export interface Presented {
  outcome: "started" | "stopped" | "waiting-for-plug" | "refused";
  decision: Decision | null;
}

export interface TokenFacts {
  usable(evseId: number): boolean;
  reservation(evseId: number, token: IdToken, group: IdToken | undefined): { allowed: boolean; reservationId?: number };
  showInfo(evseId: number, info: IdTokenInfo): void;
}

export interface Tokens {
  present(token: IdToken, evseId?: number, contract?: ContractCertificate): Promise<Presented>;
  /** Somebody has been authorised from afar, for the vehicle that is plugged in next. */
  expect(authority: Authority): void;
  /** Somebody who has been authorised waits for a plug: this EVSE's vehicle is theirs. */
  claim(evseId: number): Authority | null;
}

/** Who may charge now, as it was decided. */
const authorityOf = (idToken: IdToken, { info, transfers }: Decision): Authority => ({
  idToken,
  ...(info.groupIdToken && { groupIdToken: info.groupIdToken }),
  ...(transfers !== undefined && { transfers }),
  reported: false,
});

export function createTokens(
  context: Context,
  authorization: Authorization,
  transactions: () => Transactions,
  facts: TokenFacts,
): Tokens {
  const { model, clock, port } = context;
  const ids = context.config.evses.map((_, index) => index + 1);
  /** A token presented before it was known for which EVSE. */
  let pending: { authority: Authority; cancel: Cancel } | null = null;
  const connected = (evseId: number): boolean => port.evses[evseId - 1]?.connected === true;

  function stopWhere(scope: number[], token: IdToken, match: (authority: Authority) => boolean): boolean {
    for (const evseId of scope) {
      const transaction = transactions().of(evseId);
      const authority = transactions().authorityOf(evseId);
      if (transaction && authority && match(authority))
        return transactions().stop(transaction.transactionId, "StopAuthorized", "Local", token);
    }
    return false;
  }

  function stopAll(scope: number[], token: IdToken): boolean {
    const running = scope.flatMap((evseId) => transactions().of(evseId) ?? []);
    for (const { transactionId } of running) transactions().stop(transactionId, "StopAuthorized", "MasterPass", token);
    return running.length > 0;
  }

  /** The EVSE that the driver must mean: the named one, or the only plugged-in one that waits for somebody. */
  function chooseEvse(scope: number[], tokenInfo: IdTokenInfo, authority: Authority): number | null {
    const free = scope.filter((evseId) => {
      if (transactions().authorityOf(evseId) || !facts.usable(evseId)) return false;
      if (tokenInfo.evseId && !tokenInfo.evseId.includes(evseId)) return false;
      return facts.reservation(evseId, authority.idToken, authority.groupIdToken).allowed;
    });
    const plugged = free.filter(connected);
    const target = plugged.length === 1 ? plugged[0] : scope.length === 1 ? free[0] : undefined;
    if (target === undefined) return null;
    const { reservationId } = facts.reservation(target, authority.idToken, authority.groupIdToken);
    if (reservationId !== undefined) authority.reservationId = reservationId;
    return target;
  }

  function wait(authority: Authority): void {
    pending?.cancel();
    const timeoutMs = model.number("TxCtrlr", "EVConnectionTimeOut") * 1000;
    const cancel = clock.after("connection timeout", timeoutMs, () => {
      pending = null;
    });
    pending = { authority, cancel };
  }

  /**
   * A vehicle shows its contract where it stands. It shows it again in each session: that stops nothing, nor does a group. Where
   * somebody else has paid already, that is who pays.
   */
  async function presentContract(token: IdToken, evseId: number, contract: ContractCertificate): Promise<Presented> {
    const before = transactions().authorityOf(evseId);
    if (before !== null && !sameToken(before.idToken, token)) return { outcome: "started", decision: null };
    const decision = await authorization.decide(token, contract);
    if (decision.status !== "Accepted") return { outcome: "refused", decision };
    if (before !== null && transactions().authorityOf(evseId) === before) return { outcome: "started", decision };
    const authority = authorityOf(token, decision);
    if (chooseEvse([evseId], decision.info, authority) === null) return { outcome: "refused", decision };
    facts.showInfo(evseId, decision.info);
    transactions().authorize(evseId, authority, "Authorized");
    return { outcome: connected(evseId) ? "started" : "waiting-for-plug", decision };
  }

  return {
    async present(token, evseId, contract) {
      if (contract !== undefined && evseId !== undefined) return presentContract(token, evseId, contract);
      const scope = ids.filter((id) => evseId === undefined || id === evseId);
      // Nobody in particular cannot come back to stop.
      const named = token.type !== "NoAuthorization";
      if (named && stopWhere(scope, token, (authority) => sameToken(authority.idToken, token)))
        return { outcome: "stopped", decision: null };
      const decision = await authorization.decide(token);
      if (decision.status !== "Accepted") return { outcome: "refused", decision };
      const group = decision.info.groupIdToken;
      if (authorization.isMasterPass(group))
        return { outcome: stopAll(scope, token) ? "stopped" : "refused", decision };
      const ofGroup = (authority: Authority): boolean =>
        group !== undefined && authority.groupIdToken !== undefined && sameToken(authority.groupIdToken, group);
      if (stopWhere(scope, token, ofGroup)) return { outcome: "stopped", decision };
      const authority = authorityOf(token, decision);
      const target = chooseEvse(scope, decision.info, authority);
      if (target !== null) {
        facts.showInfo(target, decision.info);
        transactions().authorize(target, authority, "Authorized");
        return { outcome: connected(target) ? "started" : "waiting-for-plug", decision };
      }
      const somewhere = scope.some((id) => !transactions().authorityOf(id) && !connected(id));
      if (evseId !== undefined || !somewhere) return { outcome: "refused", decision };
      wait(authority);
      return { outcome: "waiting-for-plug", decision };
    },
    expect: wait,
    claim(evseId) {
      if (!pending) return null;
      const { authority, cancel } = pending;
      const { allowed, reservationId } = facts.reservation(evseId, authority.idToken, authority.groupIdToken);
      if (!allowed) return null;
      if (reservationId !== undefined) authority.reservationId = reservationId;
      cancel();
      pending = null;
      return authority;
    },
  };
}

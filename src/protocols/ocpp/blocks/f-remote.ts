/** F: remote start and stop, unlock, and messages on request. */

import { type Block, type Context, info, isEvse } from "../context.ts";
import type { Transactions } from "../transactions/e-transactions.ts";
import type { Authority } from "../transactions/transaction.ts";
import type { IdToken, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import type { Authorization } from "./c-authorization.ts";
import type { Claim } from "./h-reservation.ts";

type Start = RequestOf<"RequestStartTransaction">;
type Triggered = RequestOf<"TriggerMessage">["requestedMessage"];

export interface RemoteFacts {
  accepted(): boolean;
  usable(evseId: number): boolean;
  reservation(evseId: number, token: IdToken, group: IdToken | undefined): Claim;
  /** Judges a TxProfile for a transaction that is about to start; a sentence why not, or null. */
  judgeProfile(evseId: number, profile: NonNullable<Start["chargingProfile"]>): string | null;
  /** Lets an authority wait for the vehicle that is plugged in next. */
  expect(authority: Authority): void;
  installProfile(evseId: number, profile: NonNullable<Start["chargingProfile"]>): void;
  /** Ways to send each message that can be asked for; false refuses, absent is not implemented. */
  triggers: Partial<Record<Triggered, (evseId: number) => boolean>>;
}

export function createRemote(
  context: Context,
  authorization: Authorization,
  transactions: Transactions,
  facts: RemoteFacts,
): Block {
  const { model, port } = context;

  /**
   * The named EVSE, or the only one that a vehicle waits at, or the only one there is. "next": nobody waits yet, so whichever
   * is plugged in next (F01.FR.07 leaves that to the station).
   */
  function chooseEvse(request: Start): number | "next" | null {
    if (request.evseId !== undefined) return isEvse(context, request.evseId) ? request.evseId : null;
    if (port.evses.length === 1) return 1;
    const free = port.evses.flatMap((_, index) => (transactions.authorityOf(index + 1) ? [] : [index + 1]));
    const waiting = free.filter((id) => port.evses[id - 1]!.connected);
    if (waiting.length === 1) return waiting[0]!;
    return waiting.length === 0 && free.some((id) => facts.usable(id)) ? "next" : null;
  }

  function start(request: Start): ResponseOf<"RequestStartTransaction"> {
    const refuse = (why: string): ResponseOf<"RequestStartTransaction"> => ({
      status: "Rejected",
      statusInfo: info("NotPossible", why),
    });
    if (!facts.accepted()) return refuse("This station has not been accepted.");
    const evseId = chooseEvse(request);
    if (evseId === null) return refuse("It is not clear which EVSE is meant.");
    const authority: Authority = {
      idToken: request.idToken,
      ...(request.groupIdToken && { groupIdToken: request.groupIdToken }),
      remoteStartId: request.remoteStartId,
      reported: false,
    };
    if (evseId === "next") {
      if (request.chargingProfile) return refuse("A charging profile needs an EVSE.");
      context.afterAnswer(
        "remote start",
        () => void authorized(authority).then((yes) => yes && facts.expect(authority)),
      );
      return { status: "Accepted" };
    }
    if (!facts.usable(evseId)) return refuse("The EVSE is not available.");
    if (transactions.authorityOf(evseId)) return refuse("The EVSE is in use.");
    const claim = facts.reservation(evseId, request.idToken, request.groupIdToken);
    // The token's group is known for certain only after it has been authorised: `begin` looks again.
    if (!claim.allowed && !(claim.forGroup && mustAuthorize(request.idToken)))
      return refuse("The EVSE is reserved for somebody else.");
    if (request.chargingProfile) {
      const why = facts.judgeProfile(evseId, request.chargingProfile);
      if (why) return { status: "Rejected", statusInfo: info("InvalidProfile", why) };
    }
    const running = transactions.of(evseId);
    context.afterAnswer("remote start", () => void begin(evseId, authority, request));
    return { status: "Accepted", ...(running && { transactionId: running.transactionId }) };
  }

  const mustAuthorize = ({ type }: IdToken): boolean =>
    model.flag("AuthCtrlr", "AuthorizeRemoteStart") && type !== "Central" && type !== "NoAuthorization";

  /** Asks, where the station has to (AuthorizeRemoteStart), and learns the token's group. */
  async function authorized(authority: Authority): Promise<boolean> {
    if (!mustAuthorize(authority.idToken)) return true;
    const decision = await authorization.decide(authority.idToken);
    if (decision.status !== "Accepted") {
      context.log("info", `A remote start was not authorised: ${decision.status}.`);
      return false;
    }
    if (decision.info.groupIdToken) authority.groupIdToken = decision.info.groupIdToken;
    return !authorization.isMasterPass(decision.info.groupIdToken);
  }

  async function begin(evseId: number, authority: Authority, request: Start): Promise<void> {
    if (!(await authorized(authority)) || transactions.authorityOf(evseId)) return;
    const claim = facts.reservation(evseId, authority.idToken, authority.groupIdToken);
    if (!claim.allowed) return context.log("info", "A remote start came to a reserved EVSE.", { evseId });
    if (claim.reservationId !== undefined) authority.reservationId = claim.reservationId;
    if (request.chargingProfile) facts.installProfile(evseId, request.chargingProfile);
    transactions.authorize(evseId, authority, "RemoteStart");
  }

  function trigger({ requestedMessage, evse }: RequestOf<"TriggerMessage">): ResponseOf<"TriggerMessage"> {
    const send = facts.triggers[requestedMessage];
    if (!send) return { status: "NotImplemented" };
    if (evse && !isEvse(context, evse.id))
      return { status: "Rejected", statusInfo: info("UnknownEvse", `There is no EVSE ${evse.id}.`) };
    // Statuses belong to a connector, so one must be named (F06.FR.12).
    if (requestedMessage === "StatusNotification" && evse?.connectorId !== 1)
      return {
        status: "Rejected",
        statusInfo: info("NoConnector", "A status belongs to a connector: name EVSE and connector."),
      };
    if (requestedMessage === "TransactionEvent" && !(evse ? transactions.of(evse.id) : transactions.running()[0]))
      return { status: "Rejected", statusInfo: info("NoTransaction", "No transaction is running.") };
    if (requestedMessage === "BootNotification" && facts.accepted())
      return { status: "Rejected", statusInfo: info("AlreadyAccepted", "This station has been accepted.") };
    context.afterAnswer("triggered message", () => void send(evse?.id ?? 0));
    return { status: "Accepted" };
  }

  return {
    handlers: {
      RequestStartTransaction: start,
      RequestStopTransaction({ transactionId }) {
        if (!facts.accepted() || !transactions.byId(transactionId))
          return { status: "Rejected", statusInfo: info("TxNotFound", "No such transaction is running.") };
        context.afterAnswer("remote stop", () => void transactions.stop(transactionId, "RemoteStop", "Remote"));
        return { status: "Accepted" };
      },
      async UnlockConnector({ evseId, connectorId }) {
        if (!isEvse(context, evseId) || connectorId !== 1) return { status: "UnknownConnector" };
        if (transactions.of(evseId) && transactions.authorityOf(evseId))
          return { status: "OngoingAuthorizedTransaction" };
        try {
          return { status: await port.unlock(evseId, connectorId) };
        } catch (error) {
          return { status: "UnlockFailed", statusInfo: info("UnlockFailed", (error as Error).message) };
        }
      },
      TriggerMessage: trigger,
    },
  };
}

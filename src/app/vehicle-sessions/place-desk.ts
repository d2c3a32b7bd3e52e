/**
 * The contract desk of one charging place: roots as the service has told them, questions to the backend carried to the service,
 * and one word for each contract that is not accepted.
 */
import { X509Certificate } from "node:crypto";
import { type ContractBackend, createContractDesk } from "../../protocols/iso15118/contracts/desk.ts";
import type { Contract, ContractDesk, ContractFault } from "../../protocols/iso15118/sessions/plug-and-charge.ts";
import type { Session } from "../../protocols/iso15118/sessions/session.ts";
import type { ContractOffer, ContractQuestion, ContractReply, FromSessions } from "./messages.ts";

/** Questions that wait for the backend; the oldest gives way. */
const asksMax = 16;

/** What people are told of a contract that the backend refuses. */
const refusals: Readonly<Record<ContractFault, string>> = {
  expired: "its certificate has expired, says the backend",
  notYetValid: "its certificate is not valid yet",
  chain: "its certificate leads to no root that the backend trusts",
  revoked: "its certificate was revoked",
  canceled: "the contract has ended or is blocked",
  unknown: "the backend does not know it, or could not be asked",
  notAllowed: "it is not accepted at this place or at this time",
};

/** The contract that a certificate is of, for people; empty where it can't be read. */
function nameIn(certificate: Uint8Array): string {
  try {
    return /^CN=(.*)$/m.exec(new X509Certificate(certificate).subject)?.[1] ?? "";
  } catch {
    return "";
  }
}

export interface PlaceDesk {
  /** For a new connection; undefined while contracts are not accepted. */
  open(): ContractDesk | undefined;
  offer(offer: ContractOffer | null): void;
  reply(ask: number, reply: ContractReply): void;
  /** Whether the session that has ended had its contract refused; asked once. */
  takeRefused(): boolean;
}

export interface PlaceDeskOptions {
  readonly index: number;
  readonly say: (message: FromSessions) => void;
  readonly session: () => Session | undefined;
}

export function createPlaceDesk({ index, say, session }: PlaceDeskOptions): PlaceDesk {
  let offer: ContractOffer | null = null;
  let lastAsk = 0;
  const waiting = new Map<number, (reply: ContractReply) => void>();
  let refusedIn: Session | undefined;
  let saidWhy = "";

  /** Resolves with the reply; rejects when nobody could say. */
  function ask(question: ContractQuestion): Promise<ContractReply> {
    lastAsk += 1;
    const number = lastAsk;
    const [oldest] = waiting.keys();
    if (waiting.size >= asksMax && oldest !== undefined) {
      waiting.get(oldest)!({ what: "failed", why: "too many questions" });
      waiting.delete(oldest);
    }
    return new Promise((resolve, reject) => {
      waiting.set(number, (reply) => (reply.what === "failed" ? reject(new Error(reply.why)) : resolve(reply)));
      say({ kind: "ask", index, ask: number, question });
    });
  }

  /** Once for each reason of a session. */
  function refused(emaid: string, why: string): void {
    const one = session();
    if (one === refusedIn && why === saidWhy) return;
    refusedIn = one;
    saidWhy = why;
    const ends = one?.protocol === "ISO 15118-2";
    say({ kind: "contract-refused", index, vehicleId: one?.vehicle.id ?? "", emaid, why, ends });
  }

  const backendOf = ({ provisions }: ContractOffer): ContractBackend => ({
    async authorize({ emaid, pem }: Contract) {
      const reply = await ask({ what: "contract", emaid, pem });
      if (reply.what !== "contract") return { refused: "unknown" };
      if (reply.answer !== "accepted") refused(emaid, refusals[reply.answer.refused]);
      return reply.answer;
    },
    certificate: provisions
      ? async ({ schema, update, exi }) => {
          const reply = await ask({ what: "certificate", schema, update, exi });
          return reply.what === "certificate" ? reply.answer : { none: "no answer" };
        }
      : undefined,
    receipt: (receipt) => say({ kind: "receipt", index, vehicleId: session()?.vehicle.id ?? "", receipt }),
  });

  return {
    open() {
      if (offer === null) return undefined;
      const desk = createContractDesk({ ...offer, backend: backendOf(offer) });
      return {
        ...desk,
        judge(chain, emaid, unixS) {
          const judgement = desk.judge(chain, emaid, unixS);
          if (!judgement.ok) refused(emaid ?? nameIn(chain.certificate), judgement.detail);
          return judgement;
        },
        verify(certificate, element, signature) {
          const wrong = desk.verify(certificate, element, signature);
          if (wrong !== "") refused(session()?.vehicle.emaid ?? "", `its signature does not hold: ${wrong}`);
          return wrong;
        },
      };
    },
    offer(newest) {
      offer = newest;
    },
    reply(number, reply) {
      waiting.get(number)?.(reply);
      waiting.delete(number);
    },
    takeRefused() {
      const was = refusedIn !== undefined && refusedIn === session() && refusedIn.protocol === "ISO 15118-2";
      refusedIn = undefined;
      saidWhy = "";
      return was;
    },
  };
}

/**
 * A person's second factor: an authenticator's code after the password, or one of eight codes kept on paper. Each code counts
 * once. Voluntary; an installer can take another's away, whose telephone was lost.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";
import { fittingStep, newSecret } from "./totp.ts";

const paperCodes = 8;
/** Secrets that were shown and not yet confirmed. */
const begunMax = 100;
/** Signed in by password, waiting for the code: how many, how long, how many tries. */
const ticketsMax = 200;
const ticketMs = 5 * 60_000;
const ticketTriesMax = 3;

export interface SecondFactors {
  isOn(name: string): boolean;
  /** Codes on paper that are left. */
  left(name: string): number;
  /** A new secret; in force once a code of it was shown. */
  begin(name: string): string;
  /** Puts the begun secret into force; the codes for paper, shown only now. Null when the code is not of it. */
  confirm(name: string, code: string): Promise<readonly string[] | null>;
  remove(name: string): Promise<void>;
  /** After the right password: what the browser brings back with the code. */
  ticket(name: string): string;
  /** Whose ticket it is, when the code fits. A ticket ends with success, with its time and with too many tries. */
  redeem(ticket: string, code: string): Promise<TicketResult>;
}
export type TicketResult = { readonly ok: true; readonly name: string; readonly paper: boolean } | Refused;
interface Refused {
  readonly ok: false;
  /** "" where the ticket is nobody's. */
  readonly name: string;
  readonly canTryAgain: boolean;
}

const hashOf = (code: string): string => createHash("sha256").update(code).digest("base64url");
const clean = (code: string): string => code.replace(/[\s-]/g, "").toUpperCase().slice(0, 40);

/** `nowMs` is the wall clock: authenticators go by it. */
export function createSecondFactors(
  accounts: Pick<Accounts, "factorOf" | "setFactor" | "list">,
  nowMs: () => number = Date.now,
  steadyMs: () => number = () => performance.now(),
): SecondFactors {
  const begun = new Map<string, string>();
  const tickets = new Map<string, { name: string; setAtMs: number; untilMs: number; tries: number }>();
  const keyOf = (name: string): string => name.trim().toLowerCase();
  const setAtMs = (name: string): number | undefined =>
    accounts.list().find((account) => keyOf(account.name) === keyOf(name))?.setAtMs;

  /** Uses a code up when it fits. */
  const use = async (name: string, given: string): Promise<"authenticator" | "paper" | null> => {
    const factor = accounts.factorOf(name);
    if (factor === undefined) return null;
    const code = clean(given);
    const step = fittingStep(factor.secret, code, nowMs(), factor.usedStep);
    if (step !== null) {
      await accounts.setFactor(name, { ...factor, usedStep: step });
      return "authenticator";
    }
    const hash = hashOf(code);
    if (!factor.paper.includes(hash)) return null;
    await accounts.setFactor(name, { ...factor, paper: factor.paper.filter((one) => one !== hash) });
    return "paper";
  };

  return {
    isOn: (name) => accounts.factorOf(name) !== undefined,
    left: (name) => accounts.factorOf(name)?.paper.length ?? 0,
    begin: (name) => {
      const secret = newSecret();
      begun.delete(keyOf(name));
      if (begun.size >= begunMax) begun.delete(begun.keys().next().value!);
      begun.set(keyOf(name), secret);
      return secret;
    },
    confirm: async (name, code) => {
      const secret = begun.get(keyOf(name));
      const step = secret === undefined ? null : fittingStep(secret, clean(code), nowMs(), 0);
      if (secret === undefined || step === null) return null;
      begun.delete(keyOf(name));
      const codes = Array.from({ length: paperCodes }, () => randomBytes(5).toString("hex").toUpperCase());
      await accounts.setFactor(name, { secret, usedStep: step, paper: codes.map(hashOf) });
      return codes.map((one) => `${one.slice(0, 5)}-${one.slice(5)}`);
    },
    remove: (name) => accounts.setFactor(name, undefined),
    ticket: (name) => {
      const ticket = randomBytes(24).toString("base64url");
      if (tickets.size >= ticketsMax) tickets.delete(tickets.keys().next().value!);
      tickets.set(hashOf(ticket), { name, setAtMs: setAtMs(name) ?? 0, untilMs: steadyMs() + ticketMs, tries: 0 });
      return ticket;
    },
    redeem: async (ticket, code) => {
      const id = hashOf(ticket.slice(0, 100));
      const found = tickets.get(id);
      // A password that was set anew in between ends it too.
      if (!found || steadyMs() > found.untilMs || setAtMs(found.name) !== found.setAtMs) {
        tickets.delete(id);
        return { ok: false, name: found?.name ?? "", canTryAgain: false };
      }
      found.tries++;
      if (found.tries >= ticketTriesMax) tickets.delete(id);
      const used = await use(found.name, code);
      if (used === null) return { ok: false, name: found.name, canTryAgain: found.tries < ticketTriesMax };
      tickets.delete(id);
      return { ok: true, name: found.name, paper: used === "paper" };
    },
  };
}

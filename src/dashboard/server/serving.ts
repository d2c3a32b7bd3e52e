/** What all routes share: the parts of the dashboard, and how a request is let in, refused, answered and written down. */
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { placedSentence } from "../../config/issue-words.ts";
import { oneLine, visible } from "../../domain/visible.ts";
import { type Accounts, sameText } from "../access/accounts.ts";
import type { SecondFactors } from "../access/second-factor.ts";
import { type Asker, plainAddress } from "../access/security.ts";
import type { Sessions } from "../access/sessions.ts";
import type { SignInLimit } from "../access/sign-in-limit.ts";
import { type AccountRole, roleAtLeast } from "../actions.ts";
import { t } from "../language/language.ts";
import type { AuditEntry, DashboardSource } from "../source.ts";
import type { Sentence } from "../state.ts";
import { wordsFor } from "../view/format.ts";
import type { Access } from "./api-route.ts";
import type { Assets } from "./assets.ts";
import type { Hub } from "./hub.ts";
import type { createMetrics } from "./metrics.ts";
import type { Setup } from "./setup.ts";

declare module "fastify" {
  interface FastifyRequest {
    asker: Asker | null;
  }
}

/** The parts of one dashboard. */
export interface Parts {
  readonly source: DashboardSource;
  readonly accounts: Accounts;
  readonly log: FastifyBaseLogger;
  readonly assets: Assets;
  readonly sessions: Sessions;
  readonly factors: SecondFactors;
  readonly hub: Hub;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the session's cookie. */
  readonly cookie: string;
  /** Served with TLS. */
  readonly secure: boolean;
  readonly demo: { readonly role: AccountRole } | null;
  /** The first password is still to be set. */
  readonly setup: Setup | null;
  /** Tries of passwords, at the sign-in and at a change of one's own. */
  readonly signIns: SignInLimit;
  readonly onSiteAddresses: ReadonlySet<string>;
  readonly version: string;
}

export interface Serving extends Parts {
  audit(request: FastifyRequest, what: AuditEntry["what"], person: string, detail: string, causeId?: string): void;
  toSignIn(reply: FastifyReply): FastifyReply;
  /** Whether the asker may; answers itself when not. Pages send people to the sign-in, the API says 401. */
  allowed(request: FastifyRequest, reply: FastifyReply, access: Access, page?: boolean): boolean;
  /** What changes something needs a session and the secret of its page: another site knows neither. */
  csrfHolds(request: FastifyRequest, reply: FastifyReply, given: unknown): boolean;
  onSite(request: FastifyRequest): boolean;
  sentenceOf(sentence: Sentence): string;
  /** The value as the schema has it; answers itself when it does not fit. */
  parse<T extends z.ZodType>(schema: T, value: unknown, reply: FastifyReply): z.infer<T> | null;
  /** Sends a whole page, compressed as the browser takes it. */
  page(reply: FastifyReply, request: FastifyRequest, text: string): Promise<FastifyReply>;
}

/** An answer that refuses, in one form for all. */
export const refuse = (reply: FastifyReply, status: number, error: string, sentence: string): FastifyReply =>
  reply.code(status).send({ ok: false, error, sentence });

/** Before the controller has told anything. */
export const noState = (reply: FastifyReply): FastifyReply =>
  refuse(reply, 503, "no-state", wordsFor("UTC").say("stale.first"));

/** A field of a form; "" where it is missing or no text. */
export function field(request: FastifyRequest, name: string): string {
  const value = (request.body as Record<string, unknown> | null)?.[name];
  return typeof value === "string" ? value : "";
}

export function createServing(parts: Parts): Serving {
  const { source, log, setup, onSiteAddresses } = parts;
  const audit = (
    request: FastifyRequest,
    what: AuditEntry["what"],
    person: string,
    detail: string,
    causeId: string = randomUUID(),
  ): void => {
    const entry: AuditEntry = {
      atMs: Date.now(),
      what,
      person: oneLine(person).slice(0, 80),
      address: plainAddress(request.socket.remoteAddress),
      detail: visible(detail, 400),
      causeId,
    };
    log.info({ audit: entry, causeId }, `${what}: ${entry.person}`);
    source.audit(entry);
  };

  const toSignIn = (reply: FastifyReply): FastifyReply => reply.redirect(setup?.open() ? "/setup" : "/login", 303);
  const allowed = (request: FastifyRequest, reply: FastifyReply, access: Access, page = false): boolean => {
    if (access === "public") return true;
    const { asker } = request;
    if (!asker) {
      if (page) toSignIn(reply);
      else refuse(reply.header("www-authenticate", "Bearer"), 401, "sign-in", t`Sign in first, or send a token.`);
      return false;
    }
    if (roleAtLeast(asker.role, access)) return true;
    audit(request, "refused", asker.name, `${request.method} ${request.url.slice(0, 100)} needs ${access}`);
    refuse(reply, 403, "role", wordsFor("UTC").say("refuse.role", { role: access }));
    return false;
  };
  const csrfHolds = (request: FastifyRequest, reply: FastifyReply, given: unknown): boolean => {
    const wanted = request.asker?.session?.csrf;
    if (wanted && typeof given === "string" && sameText(given, wanted)) return true;
    audit(request, "refused", request.asker?.name ?? "nobody", "no valid token of the page");
    refuse(reply, 403, "csrf", t`Refused: the page is too old or the request is not from it. Reload the page.`);
    return false;
  };
  const onSite = (request: FastifyRequest): boolean =>
    source.state()?.site.onSite === true || onSiteAddresses.has(plainAddress(request.socket.localAddress));
  const sentenceOf = (sentence: Sentence): string =>
    wordsFor(source.state()?.site.timeZone ?? "UTC").sentence(sentence);
  const parse = <T extends z.ZodType>(schema: T, value: unknown, reply: FastifyReply): z.infer<T> | null => {
    const parsed = schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    refuse(
      reply,
      400,
      "value",
      `The request is not valid: ${issue === undefined ? "unknown" : placedSentence(issue, "body")}.`,
    );
    return null;
  };

  const page = async (reply: FastifyReply, request: FastifyRequest, text: string): Promise<FastifyReply> => {
    reply.type("text/html; charset=utf-8").header("vary", "accept-encoding, accept-language, cookie");
    const accepts = String(request.headers["accept-encoding"] ?? "");
    if (/\bbr\b/.test(accepts))
      return reply
        .header("content-encoding", "br")
        .send(await promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
    if (/\bgzip\b/.test(accepts)) return reply.header("content-encoding", "gzip").send(await promisify(gzip)(text));
    return reply.send(text);
  };
  return { ...parts, audit, toSignIn, allowed, csrfHolds, onSite, sentenceOf, parse, page };
}

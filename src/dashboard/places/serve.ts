/** How pages beside the overview are served: who may, the page's secret, and what is said on the page that follows. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { placedSentence } from "../../config/issue-words.ts";
import type { Session } from "../access/sessions.ts";
import { t } from "../language/language.ts";
import type { Place } from "../panels/place-links.ts";
import type { Access } from "../server/api-route.ts";
import type { Serving } from "../server/serving.ts";
import type { SiteState } from "../state.ts";
import { leadPanel } from "./parts.ts";
import { type PlacePage, placePage, type Said } from "./shell.ts";

/** Sentences for the next page of a session; as many sessions at most. */
const saidMax = 200;

/** What a page is made from. */
export interface Asked {
  readonly state: SiteState;
  readonly session: Session;
  readonly query: Readonly<Record<string, string>>;
}
export type Make = (asked: Asked, request: FastifyRequest) => PlacePage | null | Promise<PlacePage | null>;

/** Texts of a query or a form. */
export const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((value ?? {}) as Record<string, unknown>).filter(
      (one): one is [string, string] => typeof one[1] === "string",
    ),
  );

export const notice = (place: Place, page: string, title: string, lead: string, rest = ""): PlacePage => ({
  place,
  page,
  title,
  body: leadPanel({ level: "normal", lead, rest, sub: "" }),
});

type Run = (
  form: Record<string, string>,
  session: Session,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply | Promise<FastifyReply>;

/** What the routes are made with. */
export interface PlaceServer {
  /** A page, for everybody who is signed in unless a role is asked for. */
  get(address: string, make: Make, access?: Access): void;
  /** A form: who may, the page's secret, then what it does. */
  post(address: string, access: Access, run: Run): void;
  /** Shows a page as the answer to a form. */
  answer(request: FastifyRequest, reply: FastifyReply, make: Make, said?: Said): Promise<FastifyReply>;
  /** Goes to a page and says there what was done, or refused. */
  toPage(reply: FastifyReply, session: Session, address: string, said: Said): FastifyReply;
}

export function createPlaceServer(app: FastifyInstance, serving: Serving): PlaceServer {
  const { allowed, assets, csrfHolds, page, source, toSignIn } = serving;
  const waiting = new Map<string, Said>();

  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session,
    made: PlacePage,
    said: Said,
  ): Promise<FastifyReply> => page(reply, request, placePage(assets, source.state(), session, made, said));

  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    make: Make,
    said?: Said,
  ): Promise<FastifyReply> => {
    const session = request.asker?.session;
    if (!session) return toSignIn(reply);
    const state = source.state();
    const before = waiting.get(session.csrf) ?? {};
    waiting.delete(session.csrf);
    if (!state)
      return show(
        request,
        reply,
        session,
        notice("fleet", "", t`No data yet`, t`No data yet.`, t`The controller has not answered.`),
        before,
      );
    const made = await make({ state, session, query: texts(request.query) }, request);
    return made === null
      ? show(
          request,
          reply.code(404),
          session,
          notice("fleet", "", t`Not found`, t`There is nothing at this address.`),
          before,
        )
      : show(request, reply, session, made, said ?? before);
  };

  const get = (address: string, make: Make, access: Access = "viewer"): void => {
    app.get(address, (request, reply) =>
      allowed(request, reply, access, true) ? answer(request, reply, make) : reply,
    );
  };

  /** What was done is said on the page that follows. */
  const toPage = (reply: FastifyReply, session: Session, address: string, said: Said): FastifyReply => {
    waiting.set(session.csrf, said);
    if (waiting.size > saidMax) waiting.delete(waiting.keys().next().value!);
    return reply.redirect(address, 303);
  };

  /** A form: who may, the page's secret, then what it does. A refusal goes back to where the form was. */
  const post = (address: string, access: Access, run: Run): void => {
    app.post(address, (request, reply) => {
      const form = texts(request.body);
      if (!allowed(request, reply, access) || !csrfHolds(request, reply, form["csrf"])) return reply;
      const session = request.asker?.session;
      return session ? run(form, session, request, reply) : toSignIn(reply);
    });
  };

  return { get, post, answer, toPage };
}

/** A body as the API's schema has it, or what is wrong with it. */
export const checked = <T extends z.ZodType>(
  schema: T,
  value: unknown,
): { readonly body: z.output<T> } | { readonly refused: string } => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { body: parsed.data };
  const issue = parsed.error.issues[0];
  return { refused: t`Refused: ${issue ? placedSentence(issue, t`the form`) : t`the form is not valid`}.` };
};

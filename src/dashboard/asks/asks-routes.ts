/** Handlers of the API for connected systems: who asks and by what right, once for each message, at a bounded pace. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { askNames, askRow, rights } from "../../app/links/asks.table.ts";
import type { Asker, LinkPort, Receipt } from "../../app/links/link-port.ts";
import { createRateLimit } from "../access/sessions.ts";
import { roleAtLeast } from "../actions.ts";
import { refuse, type Serving } from "../server/serving.ts";
import { askBody, type askRoutes, releaseBody } from "./asks-api.ts";

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type AskRouteId = (typeof askRoutes)[number]["id"];

/** Messages of one asker at once, and one more after so long, ms. */
const burstMax = 60;
const everyMs = 50;
const idMax = 100;

/** Refusals for what was asked wrongly; all others come from how the site is. */
const askedWrongly = new Set(["unknown-evse", "scope", "value", "lease", "fail-safe", "closed", "past"]);

const statusOf = ({ accepted, reason }: Receipt): number =>
  accepted ? 200 : reason === "not-allowed" ? 403 : reason === "rate" ? 429 : askedWrongly.has(reason) ? 400 : 409;

/** Who asks, by token or session; a viewer has no rights. */
function askerOf(request: FastifyRequest): Asker {
  const { asker } = request;
  const isToken = asker?.kind === "token";
  const isOperator = asker?.kind === "session" && roleAtLeast(asker.role, "operator");
  return {
    link: "api",
    id: isToken ? `token ${asker.tokenId}` : `person ${asker?.name.toLowerCase()}`,
    name: asker?.name ?? "nobody",
    rights: isToken ? (asker.rights ?? []) : isOperator ? rights : [],
    isPerson: !isToken,
  };
}

export function asksHandlers({ csrfHolds, parse, source }: Serving): Record<AskRouteId, Handler> {
  const pace = createRateLimit(burstMax, everyMs);
  /** The message's own name; null where it can't be one. */
  const idOf = (request: FastifyRequest): string | null | undefined => {
    const id = request.headers["idempotency-key"];
    if (id === undefined) return undefined;
    return typeof id === "string" && id.length > 0 && id.length <= idMax ? id : null;
  };
  const writing =
    (
      run: (
        links: NonNullable<typeof source.links>,
        asker: Asker,
        id: string | undefined,
        request: FastifyRequest,
        reply: FastifyReply,
      ) => Receipt | null,
    ): Handler =>
    (request, reply) => {
      // A session is a browser's: what it sends must come from our own page. A token no browser adds by itself.
      if (request.asker?.kind !== "token" && !csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      const { links } = source;
      if (!links) return refuse(reply, 409, "no-controller", "There is no controller behind this page.");
      const asker = askerOf(request);
      const waitMs = pace.take(asker.id);
      if (waitMs > 0)
        return refuse(
          reply.header("retry-after", Math.ceil(waitMs / 1000)),
          429,
          "rate",
          "Too much is asked at once. Try again in a moment.",
        );
      const id = idOf(request);
      if (id === null) return refuse(reply, 400, "value", `An Idempotency-Key has 1 to ${idMax} characters.`);
      const receipt = run(links, asker, id, request, reply);
      if (receipt === null) return reply;
      const { accepted, reason, sentence } = receipt;
      return reply
        .code(statusOf(receipt))
        .send(accepted ? { ok: true, receipt } : { ok: false, error: reason, sentence, receipt });
    };
  return {
    asks: (request, reply) => reply.send({ asks: standingOf(source.links), may: mayAsk(askerOf(request)) }),
    ask: writing((links, asker, id, request, reply) => {
      const body = parse(askBody, request.body, reply);
      return body && links.ask(asker, { ...body, id });
    }),
    release: writing((links, asker, id, request, reply) => {
      const body = parse(releaseBody, request.body, reply);
      return body && links.release(asker, body.what, body.evse, id);
    }),
  };
}

const standingOf = (links: Pick<LinkPort, "standing"> | undefined) =>
  (links?.standing() ?? []).map(({ askerId: _, ...one }) => ({
    ...one,
    givenW: Number.isFinite(one.givenW) ? one.givenW : null,
  }));

const mayAsk = ({ rights: given }: Asker): string[] =>
  askNames.filter((name) => {
    const row = askRow(name);
    return row.kind !== "closed" && given.includes(row.right);
  });

/** The JSON API, the live stream and the metrics: a handler for each row of the table of routes. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Asker, readCookie, writeCookie } from "../access/security.ts";
import { asksHandlers } from "../asks/asks-routes.ts";
import { economyHandlers } from "../economy/economy-routes.ts";
import { fleetHandlers } from "../fleet/fleet-routes.ts";
import { wordsFor } from "../view/format.ts";
import { view } from "../view.ts";
import { createAct, type Perform } from "./act.ts";
import { type ApiRouteId, accessOf, apiRoutes, endSessionBody, historyQuery, openApi, roleBody } from "./api.ts";
import { noState, refuse, type Serving } from "./serving.ts";
import { endSession, noSession, seenSessions } from "./sessions-page.ts";

export function serveApi(app: FastifyInstance, serving: Serving, perform: Perform): void {
  const {
    accounts,
    allowed,
    cookie,
    csrfHolds,
    demo,
    headers,
    hub,
    metrics,
    parse,
    secure,
    sessions,
    source,
    version,
  } = serving;
  const act = createAct(serving, perform);
  const description = openApi(version);
  const askerHolds = (asker: Asker | null): boolean =>
    asker?.session
      ? sessions.holds(asker.session.id)
      : asker?.kind !== "token" || accounts.tokens().some(({ id }) => id === asker.tokenId);
  const handlers: Record<ApiRouteId, (request: FastifyRequest, reply: FastifyReply) => unknown> = {
    health: (_request, reply) => {
      const ageMs = source.ageMs();
      return reply.send({ ok: true, ageMs: Number.isFinite(ageMs) ? Math.round(ageMs) : null });
    },
    openapi: (_request, reply) => reply.send(description),
    session: ({ asker }, reply) =>
      reply.send({ name: asker?.name, role: asker?.role, demo: asker?.session?.demo ?? asker?.kind === "demo" }),
    state: (_request, reply) => {
      const state = source.state();
      return state ? reply.send(state) : noState(reply);
    },
    view: (request, reply) => {
      const state = source.state();
      const evse = Number((request.query as Record<string, string>)["evse"]);
      return state
        ? reply.send(
            view(state, {
              role: request.asker?.role ?? "viewer",
              supported: source.supported,
              selected: Number.isFinite(evse) ? evse : undefined,
            }),
          )
        : noState(reply);
    },
    events: (request, reply) => {
      // Asked while the headers can still be sent by Fastify; from here on the hub owns the response.
      const { asker } = request;
      const whose = {
        key: `${asker?.kind} ${asker?.name.toLowerCase()}`,
        token: asker?.kind === "token",
        holds: () => askerHolds(asker),
      };
      if (!hub.fits(whose)) return refuse(reply, 503, "pages", "Too many pages are open. Close one.");
      reply.hijack();
      for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value);
      request.raw.socket.setTimeout(0);
      if (!hub.add(reply.raw, whose)) reply.raw.destroy();
      return reply;
    },
    history: async (request, reply) => {
      const query = parse(historyQuery, request.query, reply);
      if (!query) return reply;
      if (query.toMs <= query.fromMs) return refuse(reply, 400, "value", "The end lies before the start.");
      return reply.send(await source.history(query));
    },
    act,
    sessions: ({ asker }, reply) => {
      if (!asker?.session) return refuse(reply, 403, "session", "A token has no sessions: sign in.");
      return reply.send({ sessions: seenSessions(serving, asker.session) });
    },
    endSession: (request, reply) => {
      if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      const body = parse(endSessionBody, request.body, reply);
      if (!body) return reply;
      return endSession(serving, request, body.id)
        ? reply.send({ ok: true, sentence: "The session is ended." })
        : refuse(reply, 404, "unknown", String(noSession));
    },
    role: (request, reply) => {
      if (!demo) return refuse(reply, 403, "demo", "Only a demonstration changes roles like this.");
      if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      const body = parse(roleBody, request.body, reply);
      if (!body) return reply;
      sessions.end(readCookie(request.raw, cookie));
      reply.header("set-cookie", writeCookie(cookie, sessions.start("demonstration", body.role, true), secure));
      return reply.send({ ok: true, sentence: wordsFor("UTC").say("demo.signedIn", { role: body.role }) });
    },
    ...fleetHandlers(serving),
    ...economyHandlers(serving),
    ...asksHandlers(serving),
    metrics: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text(source.state())),
  };
  for (const route of apiRoutes) {
    app.route({
      method: route.method,
      url: route.path,
      ...("bodyMaxBytes" in route && { bodyLimit: route.bodyMaxBytes }),
      handler: (request, reply) =>
        allowed(request, reply, accessOf(route.id)) ? handlers[route.id](request, reply) : reply,
    });
  }
}

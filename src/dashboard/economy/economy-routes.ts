/** Handlers of the API's routes about energy, cost and grid events. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Result } from "../../domain/result.ts";
import { refuse, type Serving } from "../server/serving.ts";
import { accountQuery, type accountRoutes } from "./account-api.ts";
import { answerBody, dayQuery, type economyRoutes, offerBody } from "./economy-api.ts";
import type { EconomyPort } from "./economy-port.ts";

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type EconomyRouteId = (typeof economyRoutes | typeof accountRoutes)[number]["id"];

export function economyHandlers({ audit, csrfHolds, parse, source }: Serving): Record<EconomyRouteId, Handler> {
  const none = (reply: FastifyReply): FastifyReply =>
    refuse(reply, 409, "no-record", "This controller keeps no record of energy.");
  const reading =
    (read: (economy: EconomyPort, date: string | undefined) => unknown): Handler =>
    (request, reply) => {
      if (!source.economy) return none(reply);
      const query = parse(dayQuery, request.query, reply);
      if (!query) return reply;
      const found = read(source.economy, query.date);
      return found === null ? refuse(reply, 404, "no-record", "Nothing is on record of that time.") : reply.send(found);
    };
  const changing =
    <T extends z.ZodType>(
      schema: T,
      run: (economy: EconomyPort, body: z.output<T>, person: string) => Result<string>,
    ): Handler =>
    (request, reply) => {
      const { asker } = request;
      if (!asker || !csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      if (!source.economy) return none(reply);
      const body = parse(schema, request.body, reply);
      if (!body) return reply;
      const result = run(source.economy, body, asker.name);
      audit(request, result.ok ? "acted" : "refused", asker.name, result.ok ? result.value : result.error);
      return result.ok ? reply.send({ ok: true, sentence: result.value }) : refuse(reply, 400, "value", result.error);
    };
  return {
    energyDay: reading((economy, date) => economy.day(date)),
    energyMonth: reading((economy, date) => economy.month(date)),
    energyAccount(request, reply) {
      if (!source.economy) return none(reply);
      const query = parse(accountQuery, request.query, reply);
      if (!query) return reply;
      const found = source.economy.account(query);
      return found === null
        ? refuse(reply, 404, "no-record", "There are no such days, or too many at once.")
        : reply.send(found);
    },
    gridEvents: (_request, reply) => (source.economy ? reply.send(source.economy.events()) : none(reply)),
    offerGridEvent: changing(offerBody, (economy, body, person) => economy.offer(body, person)),
    answerGridEvent: changing(answerBody, (economy, body, person) => economy.answer(body, person)),
  };
}

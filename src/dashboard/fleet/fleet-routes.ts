/** Handlers of the API's routes about vehicles, timetables and plans. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { refuse, type Serving } from "../server/serving.ts";
import type { Asking, FleetPort, FleetRefusal, FleetResult } from "./fleet-port.ts";
import { type planRoutes, tryBody, whyQuery } from "./plan-api.ts";
import {
  assignBody,
  previewBody,
  takeBody,
  timetableBody,
  timetableQuery,
  type vehicleRoutes,
  vehiclesBody,
} from "./vehicles-api.ts";

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;
export type FleetRouteId = (typeof vehicleRoutes | typeof planRoutes)[number]["id"];

export function fleetHandlers(serving: Serving): Record<FleetRouteId, Handler> {
  const { audit, csrfHolds, parse, source } = serving;
  const none = (reply: FastifyReply): FastifyReply =>
    refuse(reply, 409, "no-fleet", "This controller keeps no vehicles.");
  const refusedBy = (reply: FastifyReply, { stale, sentence }: FleetRefusal): FastifyReply =>
    refuse(reply, stale ? 412 : 400, stale ? "changed" : "value", sentence);

  /** A change: who, with the page's secret, with a body that fits; refusals are audited as well. */
  const changing =
    <T extends z.ZodType>(
      schema: T,
      run: (fleet: FleetPort, body: z.output<T>, person: Asking) => FleetResult,
    ): Handler =>
    (request, reply) => {
      const { asker } = request;
      if (!asker || !csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      if (!source.fleet) return none(reply);
      const body = parse(schema, request.body, reply);
      if (!body) return reply;
      const result = run(source.fleet, body, asker);
      if (!result.ok) {
        audit(request, "refused", asker.name, result.error.sentence);
        return refusedBy(reply, result.error);
      }
      audit(request, "acted", asker.name, result.value);
      return reply.send({ ok: true, sentence: result.value });
    };

  return {
    vehicles: (_request, reply) => (source.fleet ? reply.send(source.fleet.vehicles()) : none(reply)),
    timetable: (request, reply) => {
      if (!source.fleet) return none(reply);
      const query = parse(timetableQuery, request.query, reply);
      return query ? reply.send(source.fleet.timetable(query.fromMs, query.untilMs)) : reply;
    },
    changeVehicles: changing(vehiclesBody, (fleet, body, person) => fleet.changeVehicles(body, person)),
    changeTimetable: changing(timetableBody, (fleet, body, person) => fleet.changeTimetable(body, person)),
    assignVehicle: changing(assignBody, (fleet, body, person) => fleet.assign(body, person)),
    takeImport: changing(takeBody, (fleet, body, person) => fleet.take(body, person)),
    plan: (_request, reply) => (source.fleet ? reply.send(source.fleet.plan()) : none(reply)),
    readiness: (_request, reply) => (source.fleet ? reply.send(source.fleet.readiness()) : none(reply)),
    whySlot: async (request, reply) => {
      if (!source.fleet) return none(reply);
      const query = parse(whyQuery, request.query, reply);
      if (!query) return reply;
      const why = await source.fleet.why(query.evse, query.atMs);
      return why.ok ? reply.send(why.value) : refusedBy(reply, why.error);
    },
    tryPlan: async (request, reply) => {
      if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      if (!source.fleet) return none(reply);
      const body = parse(tryBody, request.body, reply);
      if (!body) return reply;
      const tried = await source.fleet.tryPlan(body);
      return tried.ok ? reply.send(tried.value) : refusedBy(reply, tried.error);
    },
    previewImport: (request, reply) => {
      if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      if (!source.fleet) return none(reply);
      const body = parse(previewBody, request.body, reply);
      if (!body) return reply;
      const preview = source.fleet.preview(body);
      return preview.ok ? reply.send(preview.value) : refusedBy(reply, preview.error);
    },
  };
}

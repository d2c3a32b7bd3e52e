/** The JSON API as a table of routes; the description (OpenAPI) is printed from the same rows. */
import { z } from "zod";
import { actionIds, roles } from "../actions.ts";
import { askRoutes } from "../asks/asks-api.ts";
import { accountRoutes } from "../economy/account-api.ts";
import { economyRoutes } from "../economy/economy-api.ts";
import { planRoutes } from "../fleet/plan-api.ts";
import { vehicleRoutes } from "../fleet/vehicles-api.ts";
import { historyQuantities } from "../source.ts";
import { siteStateSchema } from "../state.ts";
import { type Access, type ApiRoute, done, refusal, refused } from "./api-route.ts";

export const actionBody = z.object({
  action: z.enum(actionIds),
  reason: z.string().max(200).default(""),
  values: z.record(z.string().max(40), z.union([z.number(), z.string().max(8000)])).default({}),
});
export const roleBody = z.object({ role: z.enum(roles) });
export const endSessionBody = z.object({ id: z.string().max(40) });
export const historyQuery = z.object({
  quantity: z.enum(historyQuantities),
  fromMs: z.coerce.number().int(),
  toMs: z.coerce.number().int(),
  pointsMax: z.coerce.number().int().min(1).max(2000).default(500),
});

export const apiRoutes = [
  {
    id: "health",
    method: "GET",
    path: "/healthz",
    access: "public",
    summary: "Whether the dashboard answers and how old its state is.",
    answers: {
      "200": { description: "It answers.", schema: z.object({ ok: z.literal(true), ageMs: z.number().nullable() }) },
    },
  },
  {
    id: "openapi",
    method: "GET",
    path: "/api/v1/openapi.json",
    access: "public",
    summary: "This description.",
    answers: { "200": { description: "OpenAPI 3.1." } },
  },
  {
    id: "session",
    method: "GET",
    path: "/api/v1/session",
    access: "viewer",
    summary: "Who is signed in.",
    answers: {
      "200": {
        description: "The person.",
        schema: z.object({ name: z.string(), role: z.enum(roles), demo: z.boolean() }),
      },
    },
  },
  {
    id: "state",
    method: "GET",
    path: "/api/v1/state",
    access: "viewer",
    summary: "The latest state of the site: facts, powers positive from the grid.",
    answers: {
      "200": { description: "The state.", schema: siteStateSchema },
      "503": { description: "The controller has not answered yet.", schema: refusal },
    },
  },
  {
    id: "view",
    method: "GET",
    path: "/api/v1/view",
    access: "viewer",
    summary: "The same in words, as the page shows it.",
    query: z.object({ evse: z.coerce.number().int().optional() }),
    answers: {
      "200": { description: "The view." },
      "503": { description: "The controller has not answered yet.", schema: refusal },
    },
  },
  {
    id: "events",
    method: "GET",
    path: "/api/v1/events",
    access: "viewer",
    summary: "The live stream: event “state” with a whole state, “patch” with a difference, “alive” each second.",
    answers: {
      "200": { description: "Server-sent events.", type: "text/event-stream" },
      "503": { description: "Too many pages are open.", schema: refusal },
    },
  },
  {
    id: "history",
    method: "GET",
    path: "/api/v1/history",
    access: "viewer",
    summary: "Recorded values of one quantity.",
    query: historyQuery,
    answers: {
      "200": {
        description: "The series.",
        schema: z.object({
          quantity: z.enum(historyQuantities),
          startsAtMs: z.number(),
          stepMs: z.number(),
          values: z.array(z.number().nullable()),
        }),
      },
      "400": refused,
    },
  },
  {
    id: "act",
    method: "POST",
    path: "/api/v1/actions",
    access: "operator",
    summary: "Does what a person asks, or says why not. Needs the session’s x-islet-csrf header.",
    body: actionBody,
    answers: { "200": done, "400": refused, "403": refused, "409": refused },
  },
  {
    id: "role",
    method: "POST",
    path: "/api/v1/session/role",
    access: "viewer",
    summary: "Changes the role at a demonstration.",
    body: roleBody,
    answers: { "200": done, "403": refused },
  },
  {
    id: "sessions",
    method: "GET",
    path: "/api/v1/sessions",
    access: "viewer",
    summary: "The sessions of the person who asks; of everybody for an installer.",
    answers: {
      "200": {
        description: "The latest used first.",
        schema: z.object({
          sessions: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              role: z.enum(roles),
              address: z.string(),
              startedAgoMs: z.number(),
              usedAgoMs: z.number(),
              isThis: z.boolean(),
            }),
          ),
        }),
      },
      "403": refused,
    },
  },
  {
    id: "endSession",
    method: "POST",
    path: "/api/v1/sessions/end",
    access: "viewer",
    summary: "Ends one of them. Needs the session’s x-islet-csrf header.",
    body: endSessionBody,
    answers: { "200": done, "403": refused, "404": refused },
  },
  {
    id: "metrics",
    method: "GET",
    path: "/metrics",
    access: "viewer",
    summary: "Metrics for Prometheus.",
    answers: { "200": { description: "Text exposition.", type: "text/plain" } },
  },
  ...vehicleRoutes,
  ...economyRoutes,
  ...accountRoutes,
  ...planRoutes,
  ...askRoutes,
] as const satisfies readonly ApiRoute[];

export type ApiRouteId = (typeof apiRoutes)[number]["id"];

export const accessOf = (id: ApiRouteId): Access => apiRoutes.find((route) => route.id === id)?.access ?? "installer";

const idempotencyHeader = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "The asker's own name of this message: sent again with it, nothing is done again and the answer is the same.",
  schema: { type: "string", minLength: 1, maxLength: 100 },
};

const jsonSchema = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
  return rest;
};

/** The description in OpenAPI 3.1. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of apiRoutes as readonly ApiRoute[]) {
    const properties = route.query
      ? (jsonSchema(route.query)["properties"] as Record<string, Record<string, unknown>>)
      : {};
    const required = new Set(route.query ? ((jsonSchema(route.query)["required"] as string[] | undefined) ?? []) : []);
    const responses: Record<string, unknown> = {};
    for (const [status, answer] of Object.entries(route.answers))
      responses[status] = {
        description: answer.description,
        ...(answer.schema
          ? {
              content: {
                "application/json": {
                  schema:
                    answer.schema === siteStateSchema
                      ? { $ref: "#/components/schemas/SiteState" }
                      : jsonSchema(answer.schema),
                },
              },
            }
          : answer.type
            ? { content: { [answer.type]: { schema: { type: "string" } } } }
            : {}),
      };
    if (route.access !== "public") responses["401"] = { description: "Sign in, or send a token." };
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: {
        operationId: route.id,
        summary: route.summary,
        ...(route.query
          ? {
              parameters: Object.entries(properties).map(([name, schema]) => ({
                name,
                in: "query",
                required: required.has(name),
                schema,
              })),
            }
          : route.byToken && route.method === "POST"
            ? { parameters: [idempotencyHeader] }
            : {}),
        ...(route.body
          ? { requestBody: { required: true, content: { "application/json": { schema: jsonSchema(route.body) } } } }
          : {}),
        responses,
        security:
          route.access === "public"
            ? []
            : route.method === "GET" || route.byToken
              ? [{ session: [] }, { token: [] }]
              : [{ session: [] }],
        "x-islet-role": route.access,
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Islet",
      version,
      description:
        "The controller of a site with bidirectional chargers. Powers are watts, positive from the grid towards the vehicle.",
    },
    paths,
    components: {
      schemas: { SiteState: jsonSchema(siteStateSchema) },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "islet" },
        token: { type: "http", scheme: "bearer" },
      },
    },
  };
}

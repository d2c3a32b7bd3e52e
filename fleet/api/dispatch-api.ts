/** Dispatches over the API: asked for, looked at, withdrawn; and the proof of what was delivered. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { leaseMaxMs } from "../../src/protocols/fleet/orders.ts";
import { siteIdPattern } from "../../src/protocols/fleet/subjects.ts";
import { makeProof } from "../dispatch/proof.ts";
import type { Database } from "../store/database.ts";
import { addDispatch, listDispatches, oneDispatch, withdrawDispatch } from "../store/dispatches.ts";

/** One that begins sooner has no time to replace who refuses, ms. */
const soonestMs = 5_000;

const body = z.strictObject({
  /** Positive from the grid to the vehicles, W. */
  targetW: z
    .number()
    .min(-1e10)
    .max(1e10)
    .refine((value) => value !== 0, "is nothing to ask for"),
  fromMs: z.int().optional(),
  minutes: z
    .number()
    .min(1)
    .max(leaseMaxMs / 60_000),
  utility: z.string().max(120).default(""),
  limits: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(80),
        limitW: z.number().min(0).max(1e10),
        sites: z.array(z.string().regex(siteIdPattern)).max(5_000),
      }),
    )
    .max(500)
    .default([]),
  cause: z.string().min(1).max(200),
  issuedBy: z.string().min(1).max(80),
});

export function addDispatchApi(app: FastifyInstance, database: Database, dispatcherKey: string): void {
  const unknown = { error: "unknown", sentence: "No such dispatch." };
  app.get("/api/v1/dispatches", async () => ({ dispatches: await listDispatches(database) }));
  app.get("/api/v1/dispatches/:id", async (request, reply) => {
    const one = await oneDispatch(database, (request.params as { id: string }).id);
    return one ?? reply.code(404).send(unknown);
  });
  app.get("/api/v1/dispatches/:id/proof", async (request, reply) => {
    const proof = await makeProof(database, (request.params as { id: string }).id, dispatcherKey, Date.now());
    return proof ?? reply.code(404).send(unknown);
  });
  // The limits name their sites: more than other bodies hold.
  app.post("/api/v1/dispatches", { bodyLimit: 4 * 1024 * 1024 }, async (request) => {
    const { minutes, fromMs: given, ...asked } = body.parse(request.body);
    const fromMs = Math.max(given ?? 0, Date.now() + soonestMs);
    const untilMs = Math.round(fromMs + minutes * 60_000);
    const dispatch = { id: `d${randomBytes(6).toString("hex")}`, ...asked, fromMs, untilMs };
    await addDispatch(database, dispatch);
    return { dispatch };
  });
  app.delete("/api/v1/dispatches/:id", async (request, reply) => {
    const { id } = request.params as { id: string };
    return (await withdrawDispatch(database, id)) ? { withdrawn: id } : reply.code(404).send(unknown);
  });
}

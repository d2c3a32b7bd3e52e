/** Releases over the API: begun, looked at, stopped. Stopping is one call and needs no reason. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { releaseBuildSchema } from "../../src/protocols/fleet/releases.ts";
import { siteIdPattern } from "../../src/protocols/fleet/subjects.ts";
import type { Database } from "../store/database.ts";
import { addRelease, listReleases, oneRelease, releaseSites, stopRelease } from "../store/releases.ts";

const body = z.strictObject({
  build: releaseBuildSchema,
  /** Ring 0. */
  sites: z.array(z.string().regex(siteIdPattern)).max(200).default([]),
  /** A site has proven the version after so long. */
  soakMinutes: z.number().min(1).max(10_080).default(30),
  perMinute: z.int().min(1).max(1_000).default(10),
  cause: z.string().min(1).max(200),
  issuedBy: z.string().min(1).max(80),
});

export function addReleaseApi(app: FastifyInstance, database: Database): void {
  const unknown = { error: "unknown", sentence: "No such release, or it does not run." };
  app.get("/api/v1/releases", async () => ({ releases: await listReleases(database) }));
  app.get("/api/v1/releases/:id", async (request, reply) => {
    const { id } = request.params as { id: string };
    const one = await oneRelease(database, id);
    return one === null ? reply.code(404).send(unknown) : { ...one, sites: await releaseSites(database, id) };
  });
  app.post("/api/v1/releases", async (request, reply) => {
    const { sites: named, soakMinutes, ...asked } = body.parse(request.body);
    const release = { id: `r${randomBytes(6).toString("hex")}`, named, soakMs: soakMinutes * 60_000, ...asked };
    const why = await addRelease(database, release, Date.now());
    return why === "" ? { release } : reply.code(409).send({ error: "busy", sentence: why });
  });
  app.delete("/api/v1/releases/:id", async (request, reply) => {
    const { id } = request.params as { id: string };
    return (await stopRelease(database, id, "a person")) ? { stopped: id } : reply.code(404).send(unknown);
  });
}

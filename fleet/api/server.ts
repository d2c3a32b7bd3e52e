/** The fleet's page and API. It reads the database alone; leases go into it and from there to the broker. */
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import { leaseKinds, leaseMaxMs } from "../../src/protocols/fleet/orders.ts";
import { leaseId } from "../../src/protocols/fleet/payloads.ts";
import { siteIdPattern } from "../../src/protocols/fleet/subjects.ts";
import type { Database } from "../store/database.ts";
import { listDispatches, oneDispatch } from "../store/dispatches.ts";
import { addLease, renewLease, withdrawLease } from "../store/orders.ts";
import { listReleases, oneRelease, releaseSites } from "../store/releases.ts";
import {
  energyOf,
  energyTotals,
  listAlarms,
  listNeeds,
  listSites,
  oneSite,
  readiness,
  type SitesQuery,
} from "../store/views.ts";
import { type Counts, metricsText } from "../worker/counts.ts";
import type { Worker } from "../worker/worker.ts";
import { addDispatchApi } from "./dispatch-api.ts";
import { dispatchesPage, dispatchPage } from "./dispatch-pages.ts";
import { energyPage, needsPage, readyPage, sitePage, sitesPage } from "./pages.ts";
import { addReleaseApi } from "./release-api.ts";
import { releasePage, releasesPage } from "./release-pages.ts";

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Needed by whoever asks anything that changes; on other addresses than loopback by whoever reads as well. */
  readonly token: string;
  readonly database: Database;
  readonly worker: Pick<Worker, "tell" | "connected">;
  readonly counts: Counts;
  /** The dispatcher's private key, PEM. */
  readonly dispatcherKey: string;
}

const loopback = ["127.0.0.1", "::1", "localhost"];

const query = z.object({
  offset: z.coerce.number().int().min(0).max(1e6).catch(0),
  utility: z.string().max(120).catch(""),
  level: z.string().max(20).catch(""),
  text: z.string().max(80).catch(""),
  month: z
    .string()
    .regex(/^\d{4}-\d{2}$/)
    .catch(() => new Date().toISOString().slice(0, 7)),
});

const leaseBody = z.strictObject({
  kind: z.enum(leaseKinds),
  evse: z.int().min(0).max(1_000).default(0),
  valueW: z.number().min(-1e7).max(1e7).default(0),
  fromMs: z.int().optional(),
  minutes: z
    .number()
    .min(1)
    .max(leaseMaxMs / 60_000),
  cause: z.string().min(1).max(200),
  issuedBy: z.string().min(1).max(80),
});

export async function startServer(options: ServerOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { database, host, port } = options;
  const app = Fastify({ bodyLimit: 16_384 });
  const isOpen = loopback.includes(host);
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const mayAct = (authorization: string | undefined): boolean =>
    timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${options.token}`));
  app.addHook("onRequest", async (request, reply) => {
    const reads = request.method === "GET" && isOpen;
    reply.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    reply.header("x-content-type-options", "nosniff");
    if (!reads && !mayAct(request.headers.authorization))
      await reply.code(401).send({ error: "not-allowed", sentence: "Give the token as Authorization: Bearer …" });
  });
  app.setErrorHandler((failure, _, reply) => {
    const isTheirs = failure instanceof z.ZodError;
    return reply.code(isTheirs ? 400 : 503).send({
      error: isTheirs ? "value" : "unavailable",
      sentence: isTheirs ? z.prettifyError(failure) : "The database does not answer. What sites tell waits at them.",
    });
  });
  addPages(app, database);
  addApi(app, options);
  addDispatchApi(app, database, options.dispatcherKey);
  addReleaseApi(app, database);
  app.get("/metrics", async (_, reply) =>
    reply.type("text/plain").send(metricsText(options.counts, options.worker.connected)),
  );
  return { url: await app.listen({ host, port }), close: () => app.close() };
}

function addPages(app: FastifyInstance, database: Database): void {
  const html = (
    path: string,
    make: (given: z.output<typeof query>, raw: URLSearchParams, site: string) => Promise<string | null>,
  ): void => {
    app.get(path, async (request, reply) => {
      const raw = request.query as Record<string, string>;
      const { site = "" } = request.params as { site?: string };
      const page = await make(query.parse(raw), new URLSearchParams(raw), site);
      return page === null
        ? reply.code(404).send({ error: "unknown", sentence: "There is none of that name." })
        : reply.type("text/html; charset=utf-8").send(page);
    });
  };
  html("/", async (given, raw) =>
    sitesPage(await listSites(database, given), given.offset, await listAlarms(database), raw, Date.now()),
  );
  html("/needs", async () => needsPage(await listNeeds(database)));
  html("/ready", async () => readyPage(await readiness(database)));
  html("/energy", async ({ month }) =>
    energyPage(await energyTotals(database), month, await energyOf(database, month)),
  );
  html("/dispatch", async () => dispatchesPage(await listDispatches(database), Date.now()));
  html("/dispatch/:site", async (_, __, id) => {
    const one = await oneDispatch(database, id);
    return one === null ? null : dispatchPage(one, Date.now());
  });
  html("/releases", async () => releasesPage(await listReleases(database)));
  html("/releases/:site", async (_, __, id) => {
    const one = await oneRelease(database, id);
    return one === null ? null : releasePage(one, await releaseSites(database, id), Date.now());
  });
  html("/sites/:site", async (_, __, site) => {
    const one = await oneSite(database, site);
    return one === null ? null : sitePage(one, Date.now());
  });
}

function addApi(app: FastifyInstance, { database, worker, dispatcherKey }: ServerOptions): void {
  app.get("/api/v1/sites", async (request) => listSites(database, query.parse(request.query) satisfies SitesQuery));
  app.get("/api/v1/needs", async () => ({ needs: await listNeeds(database) }));
  app.get("/api/v1/readiness", async () => ({ sites: await readiness(database) }));
  app.get("/api/v1/alarms", async () => ({ alarms: await listAlarms(database) }));
  app.get("/api/v1/energy", async (request) => {
    const { month } = query.parse(request.query);
    return { month, sites: await energyOf(database, month), totals: await energyTotals(database) };
  });
  app.get("/api/v1/sites/:site", async (request, reply) => {
    const one = await oneSite(database, (request.params as { site: string }).site);
    return one ?? reply.code(404).send({ error: "unknown", sentence: "No such site." });
  });
  app.post("/api/v1/sites/:site/leases", async (request, reply) => {
    const site = z
      .string()
      .regex(siteIdPattern)
      .parse((request.params as { site: string }).site);
    const { minutes, fromMs = Date.now(), ...given } = leaseBody.parse(request.body);
    const lease = { ...given, id: randomUUID(), fromMs, untilMs: Math.round(fromMs + minutes * 60_000) };
    const made = await addLease(database, site, lease, dispatcherKey, Date.now());
    if (typeof made === "string") return reply.code(409).send({ error: "too-many", sentence: made });
    worker.tell(made);
    return { lease };
  });
  app.post("/api/v1/sites/:site/leases/:id/renew", async (request, reply) => {
    const { site, id } = z.object({ site: z.string().regex(siteIdPattern), id: leaseId }).parse(request.params);
    const { minutes } = leaseBody.pick({ minutes: true }).parse(request.body);
    const nowMs = Date.now();
    const renewed = { id: randomUUID(), untilMs: Math.round(nowMs + minutes * 60_000) };
    const made = await renewLease(database, site, id, renewed, dispatcherKey, nowMs);
    if (made === null) return reply.code(404).send({ error: "unknown", sentence: "No such lease stands." });
    worker.tell(made.document);
    return { lease: made.lease, replaces: id };
  });
  app.delete("/api/v1/sites/:site/leases/:id", async (request, reply) => {
    const { site, id } = z.object({ site: z.string().regex(siteIdPattern), id: leaseId }).parse(request.params);
    const made = await withdrawLease(database, site, id, dispatcherKey, Date.now());
    if (made === null) return reply.code(404).send({ error: "unknown", sentence: "No such lease stands." });
    worker.tell(made);
    return { withdrawn: id };
  });
}

/**
 * The control API of the simulated hardware: HTTP and JSON on loopback, GET /state, and GET /events as server-sent events.
 * It presses emergency stops, so it answers programs on this machine and no page of another site: a request names this
 * machine as its host, comes from no other origin, and asks for something only with a JSON body, which a browser does not
 * send across sites without asking first.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import { placedSentence } from "../../src/config/issue-words.ts";
import { type ControllerHooks, operations, Refusal } from "./control-operations.table.ts";
import type { Simulation } from "./simulation.ts";
import { siteState } from "./site-state.ts";

const bodyBytesMax = 256_000;
const watchersMax = 16;
/** A watcher that reads slower than this much is dropped, bytes. */
const unreadMax = 1_000_000;
const eventEveryMs = 500;

export interface ControlApiOptions {
  readonly hooks?: ControllerHooks;
  /** 0 takes any free port. */
  readonly port?: number;
}

export interface ControlApi {
  readonly app: FastifyInstance;
  readonly url: string;
  close(): Promise<void>;
}

/** The application without a socket, for tests and for `startControlApi`. */
export function createControlApi(simulation: Simulation, hooks: ControllerHooks = {}): FastifyInstance {
  const app = Fastify({ bodyLimit: bodyBytesMax, logger: false, forceCloseConnections: true });
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (request) => {
    const because = foreign(request.raw);
    if (because !== null) throw because;
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof Refusal ? error.status : (error.statusCode ?? 500);
    return reply.code(status).send({ ok: false, error: error.message });
  });
  app.setNotFoundHandler((request, reply) => {
    const paths = operations.map(({ path }) => path).join(", ");
    return reply.code(404).send({
      ok: false,
      error: `${request.method} ${request.url} is not one of POST ${paths}, GET /state, GET /events`,
    });
  });
  for (const { path, schema, act } of operations) {
    app.post(path, async (request) => {
      const parsed = schema.safeParse(request.body ?? {});
      if (!parsed.success) {
        const sentences = parsed.error.issues.map((issue) => placedSentence(issue, "body"));
        throw new Refusal(400, sentences.join("; "));
      }
      await act(parsed.data, simulation, hooks);
      return { ok: true };
    });
  }
  app.get("/state", async () => siteState(simulation));
  app.get("/operations", async () => operations.map(({ path, sentence }) => ({ path, sentence })));
  watchable(app, simulation);
  return app;
}

/** Why a request is not one of a program on this machine; null when it is. */
function foreign({ method, headers }: IncomingMessage): Refusal | null {
  const { host = "", origin } = headers;
  if (!isOwnName(host))
    return new Refusal(421, "this API answers under the name of this machine alone: localhost, 127.0.0.1 or [::1]");
  const site = headers["sec-fetch-site"];
  const isOwnPage = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (!isOwnPage || (site !== undefined && site !== "same-origin" && site !== "none"))
    return new Refusal(403, "refused: the request came from a page of another site");
  if (method === "POST" && !/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? ""))
    return new Refusal(415, "send JSON: the content type must be application/json");
  return null;
}

function isOwnName(host: string): boolean {
  if (host.length > 260 || !URL.canParse(`http://${host}/`)) return false;
  const { hostname } = new URL(`http://${host}/`);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** GET /events: the state, twice a second, to a bounded number of watchers. */
function watchable(app: FastifyInstance, simulation: Simulation): void {
  const watchers = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const line = `data: ${JSON.stringify(siteState(simulation))}\n\n`;
    for (const watcher of watchers) {
      if (watcher.writableLength > unreadMax) watcher.destroy();
      else watcher.write(line);
    }
  };
  app.get("/events", (request, reply) => {
    if (watchers.size >= watchersMax) throw new Refusal(503, `at most ${watchersMax} watchers at a time`);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    raw.write(`data: ${JSON.stringify(siteState(simulation))}\n\n`);
    watchers.add(raw);
    timer ??= setInterval(tell, eventEveryMs);
    request.raw.on("close", () => {
      watchers.delete(raw);
      if (watchers.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  });
  app.addHook("preClose", async () => {
    clearInterval(timer);
    for (const watcher of watchers) watcher.destroy();
  });
}

export async function startControlApi(simulation: Simulation, options: ControlApiOptions = {}): Promise<ControlApi> {
  const app = createControlApi(simulation, options.hooks);
  const url = await app.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  return { app, url, close: () => app.close() };
}

/** The control API of the simulated hardware: HTTP and JSON on loopback, GET /state, and GET /events as server-sent events. */

import type { ServerResponse } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
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
        const sentences = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
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

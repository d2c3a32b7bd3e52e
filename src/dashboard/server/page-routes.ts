/** The page itself and what it loads. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { writeCookie } from "../access/security.ts";
import type { Session } from "../access/sessions.ts";
import type { Asset } from "./assets.ts";
import { dashboardPage, favicon } from "./pages.ts";
import type { Serving } from "./serving.ts";

export function servePages(app: FastifyInstance, serving: Serving): void {
  const { assets, cookie, demo, page, secure, sessions, source, toSignIn } = serving;
  app.get("/", async (request, reply) => {
    let session: Session | null = request.asker?.session ?? null;
    if (!session && demo) {
      const value = sessions.start("demonstration", demo.role, true);
      reply.header("set-cookie", writeCookie(cookie, value, secure));
      session = sessions.find(value);
    }
    if (!session) return toSignIn(reply);
    return page(reply, request, dashboardPage(assets, source.state(), session, source.supported));
  });
  app.get("/favicon.svg", (_request, reply) =>
    reply.type("image/svg+xml").header("cache-control", "public, max-age=86400").send(favicon),
  );
  const sendAsset = (asset: Asset) => (request: FastifyRequest, reply: FastifyReply) => {
    reply
      .type(asset.type)
      .header("etag", asset.etag)
      .header("cache-control", "no-cache")
      .header("vary", "accept-encoding");
    if (request.headers["if-none-match"] === asset.etag) return reply.code(304).send();
    const accepts = String(request.headers["accept-encoding"] ?? "");
    if (/\bbr\b/.test(accepts)) return reply.header("content-encoding", "br").send(asset.brotli);
    if (/\bgzip\b/.test(accepts)) return reply.header("content-encoding", "gzip").send(asset.gzip);
    return reply.send(asset.body);
  };
  for (const asset of assets.byPath.values()) app.get(asset.path, sendAsset(asset));
}

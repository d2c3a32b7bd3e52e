/**
 * The dashboard's server: page, live stream, JSON API, metrics, signing in. It runs on the main thread and touches the
 * control loop only through `DashboardSource`: latest values out, checked requests in.
 */
import { randomInt, randomUUID, timingSafeEqual } from "node:crypto";
import type { Server } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { z } from "zod";
import { type AccountError, type Accounts, accountErrors } from "./accounts.ts";
import { type AccountRole, checkAction, reasonLengthMax, roleAtLeast, roles } from "./actions.ts";
import {
  type Access,
  type ApiRouteId,
  accessOf,
  actionBody,
  apiRoutes,
  historyQuery,
  openApi,
  roleBody,
} from "./api.ts";
import { type Asset, loadAssets } from "./assets.ts";
import type { KeyPair } from "./certificate.ts";
import { createHub, pagesMax } from "./hub.ts";
import { createMetrics } from "./metrics.ts";
import { accountsPage, dashboardPage, favicon, setupPage, signInPage, styleHash } from "./pages.ts";
import {
  type Asker,
  cookieName,
  findAsker,
  hostAllowed,
  isLoopback,
  plainAddress,
  readCookie,
  sameSite,
  securityHeaders,
  writeCookie,
} from "./security.ts";
import { createRateLimit, createSessions, type Session } from "./sessions.ts";
import type { AuditEntry, DashboardSource } from "./source.ts";
import type { Sentence } from "./state.ts";
import { wordsFor } from "./view/format.ts";
import { view } from "./view.ts";

export interface DashboardOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  readonly source: DashboardSource;
  readonly accounts: Accounts;
  readonly log: FastifyBaseLogger;
  /** Key and certificate (PEM). Without them plain HTTP is served, and only on loopback. */
  readonly tls?: KeyPair | null;
  /** Names under which this server is reached, besides its addresses and localhost. */
  readonly hostNames?: readonly string[];
  /** A demonstration: everybody on this machine is signed in by itself with this role. Only on loopback. */
  readonly demo?: { readonly role: AccountRole } | null;
  /** Local addresses (the service network port) whose visitors count as being on site. */
  readonly onSiteAddresses?: readonly string[];
  readonly version?: string;
}

export interface Dashboard {
  /** "http://127.0.0.1:8080". */
  readonly url: string;
  readonly port: number;
  /** The one-time code for the first password; null when an installer has an account. */
  readonly setupCode: string | null;
  /** What to print at the start: address, and how to set the first password. */
  readonly greeting: readonly string[];
  readonly pages: number;
  close(): Promise<void>;
}

const bodyMaxBytes = 32 * 1024;
const connectionsMax = 600;
const actionsPendingMax = 16;
/** Two people within this time who ask the same thing: the second is told instead of overwriting the first. */
const sameActionMs = 2000;
const setupTriesMax = 10;
const setupLifeMs = 60 * 60_000;

declare module "fastify" {
  interface FastifyRequest {
    asker: Asker | null;
  }
}

/** Starts serving. Rejects with a sentence when the combination is unsafe or the port is taken. */
export async function createDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { source, accounts, log } = options;
  const tls = options.tls ?? null;
  const demo = options.demo ?? null;
  if (!isLoopback(options.host) && tls === null)
    throw new Error(
      `The dashboard will not serve plain HTTP on ${options.host}. Give it a certificate, or let it make one, or serve on 127.0.0.1.`,
    );
  if (!isLoopback(options.host) && demo !== null)
    throw new Error(`A demonstration signs everybody in, so it serves only on loopback, not on ${options.host}.`);

  const assets = loadAssets();
  const sessions = createSessions();
  const hub = createHub(source);
  const metrics = createMetrics({ ageMs: () => source.ageMs(), pages: () => hub.pages, skipped: () => hub.skipped });
  const headers = securityHeaders(styleHash(assets), tls !== null);
  const cookie = cookieName(tls !== null);
  const names = new Set([
    "localhost",
    options.host.toLowerCase(),
    ...(options.hostNames ?? []).map((name) => name.toLowerCase()),
  ]);
  const onSiteAddresses = new Set(options.onSiteAddresses ?? []);
  const signIns = createRateLimit(8, 20_000);
  const signInsOfName = createRateLimit(6, 60_000);
  const actionLimit = createRateLimit(20, 1000);
  const readLimit = createRateLimit(300, 50);
  const setup = accounts.hasInstaller || demo ? null : createSetup();
  const audit = (
    request: FastifyRequest,
    what: AuditEntry["what"],
    person: string,
    detail: string,
    causeId: string = randomUUID(),
  ): void => {
    const entry: AuditEntry = {
      atMs: Date.now(),
      what,
      person: person.slice(0, 80),
      address: plainAddress(request.socket.remoteAddress),
      detail: detail.slice(0, 400),
      causeId,
    };
    log.info({ audit: entry, causeId }, `${what}: ${entry.person}`);
    source.audit(entry);
  };

  const common = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyMaxBytes,
    requestTimeout: 15_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100, caseSensitive: true, ignoreTrailingSlash: false },
  } as const;
  const app = (tls
    ? Fastify({ ...common, https: { key: tls.key, cert: tls.cert, minVersion: "TLSv1.2" } })
    : Fastify(common)) as unknown as FastifyInstance<Server>;
  app.server.maxConnections = connectionsMax;
  app.server.headersTimeout = 10_000;

  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: 16 * 1024 },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    },
  );
  // Only JSON and forms: anything else is refused before it is read.
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("asker", null);

  const refuse = (reply: FastifyReply, status: number, error: string, sentence: string): FastifyReply =>
    reply.code(status).send({ ok: false, error, sentence });

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    reply.header("cache-control", "no-store");
    if (!hostAllowed(request.raw, names)) {
      log.warn({ host: String(request.headers.host).slice(0, 100) }, "request for a foreign host name");
      return refuse(reply, 421, "host", "This server does not answer under that name.");
    }
    request.asker = findAsker(request.raw, sessions, accounts, tls !== null, demo !== null);
    const waitMs = readLimit.take(plainAddress(request.socket.remoteAddress));
    if (waitMs > 0)
      return refuse(
        reply.header("retry-after", Math.ceil(waitMs / 1000)),
        429,
        "rate",
        "Too many requests. Try again in a moment.",
      );
    if (request.method !== "GET" && request.method !== "HEAD") {
      if (!sameSite(request.raw)) {
        log.warn(
          { origin: String(request.headers.origin).slice(0, 100), url: request.url.slice(0, 100) },
          "cross-site request refused",
        );
        return refuse(reply, 403, "cross-site", "Refused: the request came from another site.");
      }
    }
  });

  app.setErrorHandler((error: { statusCode?: number; code?: string; message?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, url: request.url.slice(0, 200) }, "the dashboard failed at a request");
    const sentence =
      status === 413
        ? `The request is larger than ${bodyMaxBytes / 1024} KB.`
        : status === 415
          ? "Send JSON."
          : status >= 500
            ? "The dashboard failed at this request. The site runs on."
            : "The request is not valid.";
    return refuse(reply, status, error.code ?? "error", sentence);
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, "unknown", "There is nothing at this address."));

  const toSignIn = (reply: FastifyReply): FastifyReply => reply.redirect(setup?.open() ? "/setup" : "/login", 303);
  /** Whether the asker may; answers itself when not. Pages send people to the sign-in, the API says 401. */
  const allowed = (request: FastifyRequest, reply: FastifyReply, access: Access, page = false): boolean => {
    if (access === "public") return true;
    const { asker } = request;
    if (!asker) {
      if (page) toSignIn(reply);
      else refuse(reply.header("www-authenticate", "Bearer"), 401, "sign-in", "Sign in first, or send a token.");
      return false;
    }
    if (roleAtLeast(asker.role, access)) return true;
    audit(request, "refused", asker.name, `${request.method} ${request.url.slice(0, 100)} needs ${access}`);
    refuse(reply, 403, "role", wordsFor("UTC").say("refuse.role", { role: access }));
    return false;
  };
  /** What changes something needs a session and the secret of its page: another site knows neither. */
  const csrfHolds = (request: FastifyRequest, reply: FastifyReply, given: unknown): boolean => {
    const wanted = request.asker?.session?.csrf;
    if (
      wanted &&
      typeof given === "string" &&
      given.length === wanted.length &&
      timingSafeEqual(Buffer.from(given), Buffer.from(wanted))
    )
      return true;
    audit(request, "refused", request.asker?.name ?? "nobody", "no valid token of the page");
    refuse(reply, 403, "csrf", "Refused: the page is too old or the request is not from it. Reload the page.");
    return false;
  };
  const onSite = (request: FastifyRequest): boolean =>
    source.state()?.site.onSite === true || onSiteAddresses.has(plainAddress(request.socket.localAddress));
  const sentenceOf = (sentence: Sentence): string =>
    wordsFor(source.state()?.site.timeZone ?? "UTC").sentence(sentence);
  const parse = <T extends z.ZodType>(schema: T, value: unknown, reply: FastifyReply): z.infer<T> | null => {
    const parsed = schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    refuse(
      reply,
      400,
      "value",
      `The request is not valid: ${issue?.path.join(".") || "body"}: ${issue?.message ?? "unknown"}.`,
    );
    return null;
  };

  // ── pages and assets ──
  const page = async (reply: FastifyReply, request: FastifyRequest, text: string): Promise<FastifyReply> => {
    reply.type("text/html; charset=utf-8").header("vary", "accept-encoding, cookie");
    const accepts = String(request.headers["accept-encoding"] ?? "");
    if (/\bbr\b/.test(accepts))
      return reply
        .header("content-encoding", "br")
        .send(await promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
    if (/\bgzip\b/.test(accepts)) return reply.header("content-encoding", "gzip").send(await promisify(gzip)(text));
    return reply.send(text);
  };
  app.get("/", async (request, reply) => {
    let session: Session | null = request.asker?.session ?? null;
    if (!session && demo) {
      const value = sessions.start("demonstration", demo.role, true);
      reply.header("set-cookie", writeCookie(cookie, value, tls !== null));
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

  // ── signing in ──
  const field = (request: FastifyRequest, name: string): string => {
    const value = (request.body as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? value : "";
  };
  const startSession = (
    reply: FastifyReply,
    request: FastifyRequest,
    name: string,
    role: AccountRole,
  ): FastifyReply => {
    // A new cookie at each sign-in, so that one that was planted before is worth nothing.
    sessions.end(readCookie(request.raw, cookie));
    reply.header("set-cookie", writeCookie(cookie, sessions.start(name, role, false), tls !== null));
    return reply.redirect("/", 303);
  };
  app.get("/login", (request, reply) =>
    setup?.open() ? reply.redirect("/setup", 303) : page(reply, request, signInPage(assets, null)),
  );
  app.post("/login", async (request, reply) => {
    const name = field(request, "name").slice(0, 80);
    const address = plainAddress(request.socket.remoteAddress);
    const waitMs = Math.max(signIns.take(address), signInsOfName.take(name.trim().toLowerCase()));
    if (waitMs > 0) {
      audit(request, "sign-in-refused", name, "too many tries");
      return page(
        reply.code(429).header("retry-after", Math.ceil(waitMs / 1000)),
        request,
        signInPage(assets, `Too many tries. Wait ${Math.ceil(waitMs / 1000)} s.`, name),
      );
    }
    const found = await accounts.check(name, field(request, "password"));
    if (!found.ok) {
      audit(request, "sign-in-refused", name, found.error);
      const said = found.error === "busy" ? accountErrors.busy : "Name or password is not right.";
      return page(reply.code(found.error === "busy" ? 503 : 401), request, signInPage(assets, said, name));
    }
    signIns.forgive(address);
    signInsOfName.forgive(name.trim().toLowerCase());
    audit(request, "signed-in", found.value.name, found.value.role);
    return startSession(reply, request, found.value.name, found.value.role);
  });
  app.post("/logout", (request, reply) => {
    if (request.asker?.session) {
      if (!csrfHolds(request, reply, field(request, "csrf"))) return reply;
      audit(request, "signed-out", request.asker.name, "");
    }
    sessions.end(readCookie(request.raw, cookie));
    return reply.header("set-cookie", writeCookie(cookie, "", tls !== null)).redirect("/login", 303);
  });
  app.get("/setup", (request, reply) =>
    setup?.open() ? page(reply, request, setupPage(assets, null)) : reply.redirect("/login", 303),
  );
  app.post("/setup", async (request, reply) => {
    if (!setup?.open()) return reply.redirect("/login", 303);
    const again = (said: string, status: number): Promise<FastifyReply> =>
      page(reply.code(status), request, setupPage(assets, said));
    if (!setup.fits(field(request, "code"))) {
      audit(request, "sign-in-refused", "setup", "wrong code");
      return again(
        setup.open()
          ? "That is not the code that was printed at the start."
          : "Too many tries. Restart the controller for a new code.",
        401,
      );
    }
    if (field(request, "password") !== field(request, "again")) return again("The two passwords differ.", 400);
    const set = await accounts.set(field(request, "name"), "installer", field(request, "password"));
    if (!set.ok) return again(accountErrors[set.error], 400);
    setup.close();
    audit(request, "password-set", set.value.name, "first installer");
    return startSession(reply, request, set.value.name, "installer");
  });

  // ── accounts and tokens, for installers ──
  const showAccounts = (
    request: FastifyRequest,
    reply: FastifyReply,
    said: { refused?: string; token?: string } = {},
  ): FastifyReply | Promise<FastifyReply> => {
    const session = request.asker?.session;
    return session ? page(reply, request, accountsPage(assets, session, accounts, said)) : reply;
  };
  const forInstaller = (request: FastifyRequest, reply: FastifyReply, csrf: boolean): boolean =>
    allowed(request, reply, "installer", !csrf) && (!csrf || csrfHolds(request, reply, field(request, "csrf")));
  app.get("/accounts", (request, reply) =>
    forInstaller(request, reply, false) ? showAccounts(request, reply) : reply,
  );
  const accountPost = (
    path: string,
    handle: (
      request: FastifyRequest,
    ) => Promise<{ refused?: AccountError; token?: string; what: AuditEntry["what"]; detail: string }>,
  ): void => {
    app.post(path, async (request, reply) => {
      if (demo) return refuse(reply, 403, "demo", "A demonstration keeps no accounts.");
      if (!forInstaller(request, reply, true)) return reply;
      const done = await handle(request);
      if (done.refused) return showAccounts(request, reply.code(400), { refused: accountErrors[done.refused] });
      audit(request, done.what, request.asker?.name ?? "", done.detail);
      // An installer who has just lost the own session signs in again.
      if (!sessions.find(readCookie(request.raw, cookie))) return reply.redirect("/login", 303);
      return showAccounts(request, reply, done.token ? { token: done.token } : {});
    });
  };
  accountPost("/accounts/set", async (request) => {
    const name = field(request, "name");
    const role = roles.find((known) => known === field(request, "role")) ?? "viewer";
    const set = await accounts.set(name, role, field(request, "password"));
    if (set.ok) sessions.endAllOf(set.value.name);
    return { ...(set.ok ? {} : { refused: set.error }), what: "password-set", detail: `${name}, ${role}` };
  });
  accountPost("/accounts/remove", async (request) => {
    const name = field(request, "name");
    const removed = await accounts.remove(name);
    if (removed.ok) sessions.endAllOf(name);
    return { ...(removed.ok ? {} : { refused: removed.error }), what: "password-set", detail: `${name} removed` };
  });
  accountPost("/tokens/make", async (request) => {
    const made = await accounts.makeToken(field(request, "name"));
    return made.ok
      ? { token: made.value.token, what: "token-made", detail: field(request, "name") }
      : { refused: made.error, what: "token-made", detail: "" };
  });
  accountPost("/tokens/remove", async (request) => {
    const removed = await accounts.removeToken(field(request, "id"));
    return { ...(removed.ok ? {} : { refused: removed.error }), what: "token-removed", detail: field(request, "id") };
  });

  // ── API ──
  const noState = (reply: FastifyReply): FastifyReply =>
    refuse(reply, 503, "no-state", wordsFor("UTC").say("stale.first"));
  let pending = 0;
  const lastDone = new Map<string, { person: string; values: string; atMs: number; sentence: string }>();

  const act = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { asker } = request;
    if (!asker) return reply;
    if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
    const waitMs = actionLimit.take(asker.name);
    if (waitMs > 0)
      return refuse(
        reply.header("retry-after", Math.ceil(waitMs / 1000)),
        429,
        "rate",
        "Too many actions. Try again in a moment.",
      );
    const body = parse(actionBody, request.body, reply);
    if (!body) return reply;
    const state = source.state();
    if (!state) return noState(reply);
    const causeId = randomUUID();
    const person = { name: asker.name, role: asker.role, onSite: onSite(request) };
    const refused = (sentence: Sentence, status: number): FastifyReply => {
      const said = sentenceOf(sentence);
      audit(request, "refused", asker.name, `${body.action}: ${said}`, causeId);
      return refuse(reply, status, sentence.key, said);
    };
    const reason = body.reason.trim().slice(0, reasonLengthMax);
    const checked = checkAction(
      state,
      { action: body.action, reason, values: body.values },
      person,
      source.supported,
      source.ageMs(),
    );
    if (!checked.ok)
      return refused(
        checked.error,
        checked.error.key === "refuse.role" || checked.error.key === "refuse.onSite" ? 403 : 400,
      );
    const values = JSON.stringify(checked.value);
    const subject = `${body.action} ${checked.value["evse"] ?? checked.value["event"] ?? checked.value["tier"] ?? ""}`;
    const before = lastDone.get(subject);
    if (before && performance.now() - before.atMs < sameActionMs && before.person !== asker.name)
      return refused({ key: "refuse.alreadyDone", values: { what: before.sentence } }, 409);
    if (pending >= actionsPendingMax)
      return refuse(reply, 503, "busy", "Too many actions at once. Try again in a moment.");
    pending++;
    // Marked before it is done, so that a second person who asks meanwhile is told.
    lastDone.set(subject, {
      person: asker.name,
      values,
      atMs: performance.now(),
      sentence: `${asker.name} did the same a moment ago.`,
    });
    if (lastDone.size > 100) lastDone.delete(lastDone.keys().next().value ?? "");
    try {
      const done = await source.act({ action: body.action, reason, values: checked.value, causeId }, person);
      if (!done.ok) {
        lastDone.delete(subject);
        return refused(done.error, 409);
      }
      const sentence = sentenceOf(done.value);
      audit(request, "acted", asker.name, `${body.action} ${values}${reason ? ` because “${reason}”` : ""}`, causeId);
      return reply.send({ ok: true, sentence });
    } catch (error) {
      lastDone.delete(subject);
      log.error({ err: error, causeId }, `the action ${body.action} failed`);
      return refused({ key: "refuse.failed" }, 500);
    } finally {
      pending--;
    }
  };

  const description = openApi(options.version ?? "0");
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
      if (hub.pages >= pagesMax) return refuse(reply, 503, "pages", "Too many pages are open. Close one.");
      reply.hijack();
      for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value);
      request.raw.socket.setTimeout(0);
      if (!hub.add(reply.raw)) reply.raw.destroy();
      return reply;
    },
    history: async (request, reply) => {
      const query = parse(historyQuery, request.query, reply);
      if (!query) return reply;
      if (query.toMs <= query.fromMs) return refuse(reply, 400, "value", "The end lies before the start.");
      return reply.send(await source.history(query));
    },
    act,
    role: (request, reply) => {
      if (!demo) return refuse(reply, 403, "demo", "Only a demonstration changes roles like this.");
      if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
      const body = parse(roleBody, request.body, reply);
      if (!body) return reply;
      sessions.end(readCookie(request.raw, cookie));
      reply.header("set-cookie", writeCookie(cookie, sessions.start("demonstration", body.role, true), tls !== null));
      return reply.send({ ok: true, sentence: wordsFor("UTC").say("demo.signedIn", { role: body.role }) });
    },
    metrics: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text(source.state())),
  };
  for (const route of apiRoutes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) =>
        allowed(request, reply, accessOf(route.id)) ? handlers[route.id](request, reply) : reply,
    });
  }

  await app.listen({ port: options.port, host: options.host });
  const bound = app.server.address();
  const port = typeof bound === "object" && bound ? bound.port : options.port;
  const shownHost = options.host.includes(":")
    ? `[${options.host}]`
    : options.host === "0.0.0.0"
      ? (options.hostNames?.[0] ?? options.host)
      : options.host;
  const url = `${tls ? "https" : "http"}://${shownHost}:${port}`;
  const greeting = [`Dashboard: ${url}`];
  if (demo) greeting.push(`Demonstration: everybody on this machine is signed in as ${demo.role}.`);
  if (setup)
    greeting.push(
      `No installer has an account yet. Open ${url}/setup within 60 min and set the password with this code: ${setup.code}`,
    );

  return {
    url,
    port,
    setupCode: setup?.code ?? null,
    greeting,
    get pages() {
      return hub.pages;
    },
    close: async () => {
      hub.close();
      await app.close();
    },
  };
}

interface Setup {
  readonly code: string;
  open(): boolean;
  fits(given: string): boolean;
  close(): void;
}

/** A code that was printed once, for the first password: bounded in time and tries, and worth nothing afterwards. */
function createSetup(): Setup {
  const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
  const part = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  const code = `${part()}-${part()}-${part()}`;
  const untilMs = performance.now() + setupLifeMs;
  let tries = 0;
  let closed = false;
  const open = (): boolean => !closed && tries < setupTriesMax && performance.now() < untilMs;
  return {
    code,
    open,
    fits: (given) => {
      if (!open()) return false;
      tries++;
      const clean = Buffer.from(given.trim().toUpperCase().padEnd(code.length).slice(0, code.length));
      const wanted = Buffer.from(code);
      return clean.length === wanted.length && timingSafeEqual(clean, wanted) && given.trim().length === code.length;
    },
    close: () => {
      closed = true;
    },
  };
}

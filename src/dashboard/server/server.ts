/**
 * The dashboard's server: page, live stream, JSON API, metrics, signing in. It runs on the main thread and touches the
 * control loop only through `DashboardSource`: latest values out, checked requests in.
 */
import type { Server } from "node:http";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { KeyPair } from "../../app/self-signed.ts";
import type { Accounts } from "../access/accounts.ts";
import { readInLanguages, serveLanguage } from "../access/reader.ts";
import { createSecondFactors } from "../access/second-factor.ts";
import {
  cookieName,
  findAsker,
  hostAllowed,
  isLoopback,
  plainAddress,
  sameSite,
  securityHeaders,
} from "../access/security.ts";
import { createRateLimit, createSessions } from "../access/sessions.ts";
import { createSignInLimit } from "../access/sign-in-limit.ts";
import type { AccountRole } from "../actions.ts";
import type { AlertCounts } from "../alerts/alerts.ts";
import { type Language, t } from "../language/language.ts";
import { servePlaces } from "../places/routes.ts";
import type { DashboardSource } from "../source.ts";
import { serveAccounts } from "./accounts-pages.ts";
import { createPerform } from "./act.ts";
import { serveApi } from "./api-routes.ts";
import { loadAssets } from "./assets.ts";
import { createHub } from "./hub.ts";
import { createMetrics, type MetricsExtras } from "./metrics.ts";
import { serveOwnPassword } from "./own-password.ts";
import { servePages } from "./page-routes.ts";
import { styleHash } from "./pages.ts";
import { serveSecondFactor } from "./second-factor.ts";
import { createServing, refuse, type Serving } from "./serving.ts";
import { serveSessions } from "./sessions-page.ts";
import { createSetup } from "./setup.ts";
import { serveSignIn } from "./sign-in.ts";
import { connectionsOfAddressMax, guardedServer, guardSockets, headMaxMs } from "./socket-guard.ts";

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
  /** Of readers who have chosen none and whose browser asks for none that is spoken; English without it. */
  readonly language?: Language;
  readonly version?: string;
  /** Bytes given to the disk, for the metrics. */
  readonly written?: MetricsExtras["written"];
  /** What becomes of alerts, for the metrics. */
  readonly alerts?: (() => AlertCounts) | undefined;
  /** For measuring alone: what one address and one asker may open. */
  readonly bounds?: { readonly connectionsOfAddress: number; readonly pagesOfAsker: number };
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

  const assets = await loadAssets();
  const sessions = createSessions();
  const hub = createHub(source, undefined, options.bounds?.pagesOfAsker);
  const metrics = createMetrics({
    ageMs: () => source.ageMs(),
    pages: () => hub.pages,
    skipped: () => hub.skipped,
    version: options.version ?? "0",
    alerts: options.alerts,
    written: options.written,
  });
  const names = new Set([
    "localhost",
    options.host.toLowerCase(),
    ...(options.hostNames ?? []).map((name) => name.toLowerCase()),
  ]);
  const readLimit = createRateLimit(300, 50);
  // What a page is made of lies in memory: each page asks for dozens of them, and people open one page after the other.
  const assetLimit = createRateLimit(4_000, 2);
  const setup = accounts.hasInstaller || demo ? null : createSetup();
  const headers = securityHeaders(styleHash(assets), tls !== null);

  const common = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyMaxBytes,
    requestTimeout: guardedServer.requestTimeout,
    keepAliveTimeout: guardedServer.keepAliveTimeout,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100, caseSensitive: true, ignoreTrailingSlash: false },
  } as const;
  const app = (tls
    ? Fastify({
        ...common,
        https: { ...guardedServer, key: tls.key, cert: tls.cert, minVersion: "TLSv1.2", handshakeTimeout: headMaxMs },
      })
    : Fastify({ ...common, http: guardedServer })) as unknown as FastifyInstance<Server>;
  guardSockets(app.server, options.bounds?.connectionsOfAddress ?? connectionsOfAddressMax);

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

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    reply.header("cache-control", "no-store");
    if (!hostAllowed(request.raw, names)) {
      log.warn({ host: String(request.headers.host).slice(0, 100) }, "request for a foreign host name");
      return refuse(reply, 421, "host", "This server does not answer under that name.");
    }
    request.asker = findAsker(request.raw, sessions, accounts, tls !== null, demo !== null);
    const limitOf = assets.byPath.has(request.url) ? assetLimit : readLimit;
    const waitMs = limitOf.take(plainAddress(request.socket.remoteAddress));
    if (waitMs > 0)
      return refuse(
        reply.header("retry-after", Math.ceil(waitMs / 1000)),
        429,
        "rate",
        t`Too many requests. Try again in a moment.`,
      );
    if (request.method !== "GET" && request.method !== "HEAD") {
      if (!sameSite(request.raw)) {
        log.warn(
          { origin: String(request.headers.origin).slice(0, 100), url: request.url.slice(0, 100) },
          "cross-site request refused",
        );
        return refuse(reply, 403, "cross-site", t`Refused: the request came from another site.`);
      }
    }
  });

  readInLanguages(app, accounts, options.language ?? "en");

  app.setErrorHandler((error: { statusCode?: number; code?: string; message?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, url: request.url.slice(0, 200) }, "the dashboard failed at a request");
    const sentence =
      status === 413
        ? t`The request is larger than ${bodyMaxBytes / 1024} KB.`
        : status === 415
          ? "Send JSON."
          : status >= 500
            ? t`The dashboard failed at this request. The site runs on.`
            : t`The request is not valid.`;
    return refuse(reply, status, error.code ?? "error", sentence);
  });
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, "unknown", t`There is nothing at this address.`));

  const serving = createServing({
    source,
    accounts,
    log,
    assets,
    sessions,
    factors: createSecondFactors(accounts),
    hub,
    metrics,
    headers,
    cookie: cookieName(tls !== null),
    secure: tls !== null,
    demo,
    setup,
    signIns: createSignInLimit(),
    onSiteAddresses: new Set(options.onSiteAddresses ?? []),
    version: options.version ?? "0",
  });
  serveAll(app, serving);

  await app.listen({ port: options.port, host: options.host });
  const bound = app.server.address();
  const port = typeof bound === "object" && bound ? bound.port : options.port;
  const url = `${tls ? "https" : "http"}://${shownHost(options)}:${port}`;
  return {
    url,
    port,
    setupCode: setup?.code ?? null,
    greeting: greetingOf(url, accounts.sentence, demo, setup?.code ?? null),
    get pages() {
      return hub.pages;
    },
    close: async () => {
      hub.close();
      await app.close();
    },
  };
}

/** The host as people type it: an address of version 6 in brackets, a name where it serves on every address. */
const shownHost = ({ host, hostNames }: Pick<DashboardOptions, "host" | "hostNames">): string =>
  host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? (hostNames?.[0] ?? host) : host;

/** What to print at the start: address, what is wrong with the accounts, and how to set the first password. */
function greetingOf(
  url: string,
  accountsSentence: string,
  demo: DashboardOptions["demo"] | null,
  setupCode: string | null,
): readonly string[] {
  const greeting = [`Dashboard: ${url}`];
  if (accountsSentence !== "") greeting.push(accountsSentence);
  if (demo) greeting.push(`Demonstration: everybody on this machine is signed in as ${demo.role}.`);
  if (setupCode !== null)
    greeting.push(
      `No installer has an account yet. Open ${url}/setup within 60 min and set the password with this code: ${setupCode}`,
    );
  return greeting;
}

/** Every page and the API. */
function serveAll(app: FastifyInstance, serving: Serving): void {
  serveLanguage(app, serving);
  servePages(app, serving);
  serveSignIn(app, serving);
  serveOwnPassword(app, serving);
  serveSecondFactor(app, serving);
  serveSessions(app, serving);
  serveAccounts(app, serving);
  const perform = createPerform(serving);
  serveApi(app, serving, perform);
  servePlaces(app, serving, perform);
}

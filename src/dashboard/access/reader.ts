/**
 * Whose language an answer is in: what the person has chosen (kept with the account, or in a cookie before the sign-in), else
 * what the browser asks for, else the site's (`dashboard.language`). Programs with a token always read English. The language goes with
 * the request through everything that it starts.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { german } from "../language/de/german.ts";
import { spanish } from "../language/es/spanish.ts";
import { addCatalog, isLanguage, type Language, readBy } from "../language/language.ts";
import { field, type Serving } from "../server/serving.ts";
import type { Accounts } from "./accounts.ts";
import { readCookie } from "./security.ts";

addCatalog("de", german);
addCatalog("es", spanish);

const reading = new AsyncLocalStorage<Language>();
readBy(() => reading.getStore() ?? "en");

/** Runs something for a reader of this language. */
export const inLanguage = <T>(language: Language, run: () => T): T => reading.run(language, run);

const cookieName = "islet-language";
const yearS = 365 * 86_400;
/** Longer lists of languages are read up to here. */
const acceptMax = 200;

/** The first language of the list that is spoken here: "de-AT,de;q=0.9,en;q=0.8". */
function accepted(header: string | undefined): Language | null {
  const wanted = (header ?? "")
    .slice(0, acceptMax)
    .split(",")
    .map((one) => {
      const [tag = "", ...options] = one.trim().split(";");
      const quality = options.map((option) => /^\s*q=([\d.]+)$/.exec(option)?.[1]).find((found) => found !== undefined);
      return { language: tag.toLowerCase().split("-")[0], quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { language } of wanted) if (isLanguage(language)) return language;
  return null;
}

/** The language of whoever asks. */
function languageOf(request: FastifyRequest, accounts: Accounts, standard: Language): Language {
  if (request.asker?.kind === "token") return "en";
  const chosen = request.asker?.session?.demo === false ? accounts.languageOf(request.asker.name) : undefined;
  if (chosen !== undefined) return chosen;
  const kept = readCookie(request.raw, cookieName);
  if (isLanguage(kept)) return kept;
  return accepted(request.headers["accept-language"]) ?? standard;
}

/** Every request is read by somebody. Twice: reading the body of a form begins a context of its own. */
export function readInLanguages(app: FastifyInstance, accounts: Accounts, standard: Language): void {
  app.addHook("onRequest", (request, _reply, done) => reading.run(languageOf(request, accounts, standard), done));
  app.addHook("preValidation", (request, _reply, done) => reading.run(languageOf(request, accounts, standard), done));
}

/** The choice of a language, with and without a session: it is kept, and the page is shown again. */
export function serveLanguage(app: FastifyInstance, serving: Serving): void {
  app.post("/language", async (request: FastifyRequest, reply: FastifyReply) => {
    const { asker } = request;
    const language = field(request, "language");
    if (asker?.session && !serving.csrfHolds(request, reply, field(request, "csrf"))) return reply;
    if (isLanguage(language)) {
      reply.header(
        "set-cookie",
        `${cookieName}=${language}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${yearS}${serving.secure ? "; Secure" : ""}`,
      );
      if (asker?.session && !asker.session.demo) await serving.accounts.setLanguage(asker.name, language);
    }
    return reply.redirect(placeOf(field(request, "from") || cameFrom(request)), 303);
  });
}

/** Without a script the browser says where it was, but for the part after the hash. */
function cameFrom({ headers }: FastifyRequest): string {
  if (headers.referer === undefined || !URL.canParse(headers.referer)) return "/";
  const { pathname, search } = new URL(headers.referer);
  return pathname + search;
}

/** A page of this site, whatever a form says. */
const placeOf = (from: string): string => (/^\/(?![/\\])[\w\-./?=&%:#]*$/.test(from) ? from : "/");

/** Sessions: seen and ended by their person, and by installers for everybody. */

import type { FastifyInstance, FastifyRequest } from "fastify";
import { minuteMs } from "../../domain/units.ts";
import type { Session, SessionInfo } from "../access/sessions.ts";
import { label, phrase, t } from "../language/language.ts";
import { html } from "../panels/html.ts";
import { plainPage } from "./pages.ts";
import { field, refuse, type Serving } from "./serving.ts";

export interface SeenSession extends SessionInfo {
  /** The one that asks. */
  readonly isThis: boolean;
}

export const noSession = label("There is no such session of yours. It may have ended.");

/** Those that somebody may see. */
export const seenSessions = ({ sessions }: Serving, own: Session): SeenSession[] =>
  sessions
    .list()
    .filter(({ name }) => own.role === "installer" || name === own.name)
    .map((session) => ({ ...session, isThis: session.id === own.id }));

/** Ends one that the asker may see; false when there is none. */
export function endSession(serving: Serving, request: FastifyRequest, id: string): boolean {
  const own = request.asker?.session;
  const found = own && seenSessions(serving, own).find((session) => session.id === id);
  if (!found || !serving.sessions.endOne(id)) return false;
  serving.audit(request, "session-ended", own.name, t`${found.name}, signed in from ${found.address}`);
  return true;
}

export function serveSessions(app: FastifyInstance, serving: Serving): void {
  const { allowed, csrfHolds, demo, page, assets } = serving;

  app.get("/sessions", (request, reply) => {
    if (!allowed(request, reply, "viewer", true)) return reply;
    const session = request.asker?.session;
    if (!session || demo) return refuse(reply, 403, "demo", t`A demonstration and a token have no sessions.`);
    const rows = seenSessions(serving, session).map(
      ({ id, name, role, address, startedAgoMs, usedAgoMs, isThis }) =>
        html`<tr><td>${name}, ${phrase(role)}</td><td>${address}</td><td>${ago(startedAgoMs)}</td><td>${isThis ? t`this one` : ago(usedAgoMs)}</td><td><form method="post" action="/sessions/end"><input type="hidden" name="csrf" value="${session.csrf}"><input type="hidden" name="id" value="${id}"><button class="btn" aria-label="End the session of ${name} from ${address}">End</button></form></td></tr>`,
    );
    return page(
      reply,
      request,
      plainPage(
        assets,
        t`Sessions`,
        html`<h1>Sessions</h1><p><a href="/">Back to the site</a></p><p class="dim small">${session.role === "installer" ? t`Of everybody who is signed in.` : t`Where you are signed in.`} One that is ended is signed out at its next request; its live page stops within seconds.</p><div class="scroll"><table><thead><tr><th>Who</th><th>From</th><th>Signed in</th><th>Used</th><th><span class="sr">End</span></th></tr></thead><tbody>${rows}</tbody></table></div>`,
        true,
        session.csrf,
      ),
    );
  });

  app.post("/sessions/end", (request, reply) => {
    if (!allowed(request, reply, "viewer") || !csrfHolds(request, reply, field(request, "csrf"))) return reply;
    if (!endSession(serving, request, field(request, "id"))) return refuse(reply, 404, "unknown", String(noSession));
    return reply.redirect("/sessions", 303);
  });
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / minuteMs);
  if (minutes < 1) return t`just now`;
  if (minutes < 120) return t`${minutes} min ago`;
  return minutes < 48 * 60 ? t`${Math.floor(minutes / 60)} h ago` : t`${Math.floor(minutes / 1_440)} days ago`;
}

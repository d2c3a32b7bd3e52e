/** The second factor of one's own account: on with the password and a first code, off with the password. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Session } from "../access/sessions.ts";
import { secretUri } from "../access/totp.ts";
import { t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import { keptLater, provenPassword } from "./own-password.ts";
import { plainPage, refusal } from "./pages.ts";
import { field, refuse, type Serving } from "./serving.ts";

export function serveSecondFactor(app: FastifyInstance, serving: Serving): void {
  const { accounts, allowed, assets, audit, csrfHolds, demo, factors, page, source } = serving;

  /** The session, when it is a person's; answers itself when not. */
  const own = (request: FastifyRequest, reply: FastifyReply, changes: boolean): Session | null => {
    if (!allowed(request, reply, "viewer", !changes)) return null;
    const session = request.asker?.session;
    if (!session || demo) {
      refuse(reply, 403, "demo", t`A demonstration and a token have no second factor.`);
      return null;
    }
    return !changes || csrfHolds(request, reply, field(request, "csrf")) ? session : null;
  };
  const show = (request: FastifyRequest, reply: FastifyReply, body: Html, refused: string | null = null) =>
    page(
      reply,
      request,
      plainPage(
        assets,
        t`Second factor`,
        html`<h1>Second factor</h1><p><a href="/password">Back to your password</a></p>${refusal(refused)}${body}`,
      ),
    );
  const state = ({ name, csrf }: Session): Html =>
    factors.isOn(name)
      ? html`<p>On: a code of your authenticator is asked after the password. ${factors.left(name)} of your codes on paper are left.</p>${withPassword("/second-factor/off", csrf, t`Turn it off`)}`
      : html`<p>Off. With it, an authenticator’s code is asked after the password, so that a password that somebody learns is not enough.</p>${withPassword("/second-factor/begin", csrf, t`Begin`)}`;
  const confirming = (session: Session, secret: string): Html => {
    const site = source.state()?.site.name ?? "";
    return html`<ol><li>Open this address on your telephone, <a href="${secretUri(secret, session.name, site)}">for your authenticator</a>, or type this key there: <code>${secret.match(/.{4}/g)!.join(" ")}</code> (30 s, 6 digits).</li><li>Give the code that it shows now.</li></ol><form method="post" action="/second-factor/confirm"><input type="hidden" name="csrf" value="${session.csrf}"><label class="f">Code<input name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="10"></label><button class="btn primary">Turn it on</button></form>`;
  };

  app.get("/second-factor", (request, reply) => {
    const session = own(request, reply, false);
    return session ? show(request, reply, state(session)) : reply;
  });

  app.post("/second-factor/begin", async (request, reply) => {
    const session = own(request, reply, true);
    if (!session) return reply;
    const proven = await provenPassword(serving, request, session.name);
    if (!proven.ok) return show(request, reply.code(proven.status), state(session), proven.sentence);
    return show(request, reply, confirming(session, factors.begin(session.name)));
  });

  app.post("/second-factor/confirm", async (request, reply) => {
    const session = own(request, reply, true);
    if (!session) return reply;
    const codes = await factors.confirm(session.name, field(request, "code"));
    if (!codes)
      return show(
        request,
        reply.code(400),
        state(session),
        t`That is not its code. Begin again. ${clockOf(new Date())}`,
      );
    audit(request, "second-factor", session.name, "on");
    const owed = accounts.owed === "" ? null : String(keptLater);
    return show(
      request,
      reply,
      html`<p role="status">It is on. Keep these codes on paper: each gets you in once without the telephone. They are shown only now.</p><ul>${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>`,
      owed,
    );
  });

  app.post("/second-factor/off", async (request, reply) => {
    const session = own(request, reply, true);
    if (!session) return reply;
    const proven = await provenPassword(serving, request, session.name);
    if (!proven.ok) return show(request, reply.code(proven.status), state(session), proven.sentence);
    await factors.remove(session.name);
    audit(request, "second-factor", session.name, "off");
    return show(request, reply, state(session), accounts.owed === "" ? null : String(keptLater));
  });
}

/** Codes go by the clock: whoever is refused can compare it. */
export const clockOf = (now: Date): string =>
  t`The controller’s clock shows ${now.toISOString().slice(11, 16)} UTC: your telephone’s must agree within half a minute.`;

const withPassword = (action: string, csrf: string, label: string): Html =>
  html`<form method="post" action="${action}"><input type="hidden" name="csrf" value="${csrf}"><label class="f">Your password<input name="now" type="password" autocomplete="current-password" required maxlength="200"></label><button class="btn primary">${label}</button></form>`;

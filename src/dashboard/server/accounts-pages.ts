/** Accounts and tokens, for installers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { rights } from "../../app/links/asks.table.ts";
import { type AccountError, accountErrors } from "../access/accounts.ts";
import { readCookie } from "../access/security.ts";
import { roles } from "../actions.ts";
import { t } from "../language/language.ts";
import { html } from "../panels/html.ts";
import type { AuditEntry } from "../source.ts";
import { keptLater } from "./own-password.ts";
import { accountsPage, type Invited, invitePage, plainPage, refusal } from "./pages.ts";
import { field, refuse, type Serving } from "./serving.ts";

/** Where an invited person chooses a password: nobody is signed in yet. */
function serveInvitations(app: FastifyInstance, { accounts, assets, audit, page }: Serving): void {
  const over = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    page(
      reply.code(404),
      request,
      plainPage(
        assets,
        t`Invitation`,
        html`<h1>This invitation does not work any more.</h1>${refusal(null)}<p>It works once, for 48 h. Ask an installer for another.</p><p><a href="/login">Sign in</a></p>`,
      ),
    );
  app.get("/invite", (request, reply) => {
    const code = String((request.query as Record<string, unknown>)["code"] ?? "");
    const invited = accounts.invited(code);
    return invited ? page(reply, request, invitePage(assets, code, invited, null)) : over(request, reply);
  });
  app.post("/invite", async (request, reply) => {
    const code = field(request, "code");
    const invited = accounts.invited(code);
    if (!invited) {
      audit(request, "sign-in-refused", "", "invitation");
      return over(request, reply);
    }
    const again = (said: string): Promise<FastifyReply> =>
      page(reply.code(400), request, invitePage(assets, code, invited, said));
    if (field(request, "password") !== field(request, "again")) return again(t`The two passwords differ.`);
    const made = await accounts.accept(code, field(request, "password"));
    if (!made.ok) return again(accountErrors[made.error]());
    audit(request, "password-set", made.value.name, `${made.value.role}, by invitation`);
    return reply.redirect("/login", 303);
  });
}

export function serveAccounts(app: FastifyInstance, serving: Serving): void {
  const { accounts, allowed, assets, audit, cookie, csrfHolds, demo, factors, page, sessions } = serving;
  const showAccounts = (
    request: FastifyRequest,
    reply: FastifyReply,
    said: { refused?: string; token?: string; invitation?: Invited } = {},
  ): FastifyReply | Promise<FastifyReply> => {
    const session = request.asker?.session;
    const owed = accounts.owed === "" ? {} : { owed: String(keptLater) };
    return session ? page(reply, request, accountsPage(assets, session, accounts, { ...said, ...owed })) : reply;
  };
  const forInstaller = (request: FastifyRequest, reply: FastifyReply, csrf: boolean): boolean =>
    allowed(request, reply, "installer", !csrf) && (!csrf || csrfHolds(request, reply, field(request, "csrf")));
  app.get("/accounts", (request, reply) =>
    forInstaller(request, reply, false) ? showAccounts(request, reply) : reply,
  );
  const accountPost = (
    path: string,
    handle: (request: FastifyRequest) => Promise<{
      refused?: AccountError;
      token?: string;
      invitation?: Invited;
      what: AuditEntry["what"];
      detail: string;
    }>,
  ): void => {
    app.post(path, async (request, reply) => {
      if (demo) return refuse(reply, 403, "demo", t`A demonstration keeps no accounts.`);
      if (!forInstaller(request, reply, true)) return reply;
      const done = await handle(request);
      if (done.refused) return showAccounts(request, reply.code(400), { refused: accountErrors[done.refused]() });
      audit(request, done.what, request.asker?.name ?? "", done.detail);
      // An installer who has just lost the own session signs in again.
      if (!sessions.find(readCookie(request.raw, cookie))) return reply.redirect("/login", 303);
      const { token, invitation } = done;
      return showAccounts(request, reply, { ...(token && { token }), ...(invitation && { invitation }) });
    });
  };
  accountPost("/accounts/set", async (request) => {
    const name = field(request, "name");
    const role = roles.find((known) => known === field(request, "role")) ?? "viewer";
    const set = await accounts.set(name, role, field(request, "password"));
    if (set.ok) sessions.endAllOf(set.value.name);
    return { ...(set.ok ? {} : { refused: set.error }), what: "password-set", detail: `${name}, ${role}` };
  });
  accountPost("/accounts/invite", async (request) => {
    const name = field(request, "name");
    const role = roles.find((known) => known === field(request, "role")) ?? "viewer";
    const made = await accounts.invite(name, role);
    const common = { what: "password-set", detail: `${name}, ${role}: invited` } as const;
    if (!made.ok) return { ...common, refused: made.error };
    const { code, untilMs } = made.value;
    // As the installer reaches this page, so does the colleague.
    const address = `${serving.secure ? "https" : "http"}://${request.host}/invite?code=${code}`;
    return { ...common, invitation: { name: name.trim(), address, untilMs } };
  });
  accountPost("/accounts/uninvite", async (request) => {
    const name = field(request, "name");
    await accounts.uninvite(name);
    return { what: "password-set", detail: `${name}: invitation taken back` };
  });
  serveInvitations(app, serving);
  accountPost("/accounts/remove", async (request) => {
    const name = field(request, "name");
    const removed = await accounts.remove(name);
    if (removed.ok) sessions.endAllOf(name);
    return { ...(removed.ok ? {} : { refused: removed.error }), what: "password-set", detail: `${name} removed` };
  });
  accountPost("/accounts/factor-off", async (request) => {
    const name = field(request, "name");
    await factors.remove(name);
    sessions.endAllOf(name, readCookie(request.raw, cookie));
    return { what: "second-factor", detail: `${name}: off` };
  });
  accountPost("/tokens/make", async (request) => {
    const given = rights.filter((right) => field(request, `right-${right}`) === "1");
    const made = await accounts.makeToken(field(request, "name"), given);
    return made.ok
      ? { token: made.value.token, what: "token-made", detail: [field(request, "name"), ...given].join(", ") }
      : { refused: made.error, what: "token-made", detail: "" };
  });
  accountPost("/tokens/remove", async (request) => {
    const removed = await accounts.removeToken(field(request, "id"));
    return { ...(removed.ok ? {} : { refused: removed.error }), what: "token-removed", detail: field(request, "id") };
  });
}

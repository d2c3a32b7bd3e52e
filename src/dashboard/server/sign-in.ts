/** Signing in and out, and the first password. Guessing is slowed down without keeping the real person out. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { accountErrors } from "../access/accounts.ts";
import { deviceCookieName, plainAddress, readCookie, writeCookie, writeDeviceCookie } from "../access/security.ts";
import type { SignInTry } from "../access/sign-in-limit.ts";
import type { AccountRole } from "../actions.ts";
import { t } from "../language/language.ts";
import { codePage, setupPage, signInPage } from "./pages.ts";
import { clockOf } from "./second-factor.ts";
import { field, type Serving } from "./serving.ts";

export function serveSignIn(app: FastifyInstance, serving: Serving): void {
  const { accounts, assets, audit, cookie, csrfHolds, factors, page, secure, sessions, setup, signIns } = serving;
  const device = deviceCookieName(secure);
  const startSession = (
    reply: FastifyReply,
    request: FastifyRequest,
    name: string,
    role: AccountRole,
  ): FastifyReply => {
    // A new cookie at each sign-in, so that one that was planted before is worth nothing.
    sessions.end(readCookie(request.raw, cookie));
    const address = plainAddress(request.socket.remoteAddress);
    reply.header("set-cookie", [
      writeCookie(cookie, sessions.start(name, role, false, address), secure),
      writeDeviceCookie(device, accounts.deviceMark(name), secure),
    ]);
    return reply.redirect("/", 303);
  };
  const tryOf = (request: FastifyRequest, name: string): SignInTry => ({
    name,
    address: plainAddress(request.socket.remoteAddress),
    device: accounts.knownDevice(name, readCookie(request.raw, device)),
  });
  app.get("/login", (request, reply) =>
    setup?.open() ? reply.redirect("/setup", 303) : page(reply, request, signInPage(assets, null)),
  );
  app.post("/login", async (request, reply) => {
    const name = field(request, "name").slice(0, 80);
    const from = tryOf(request, name);
    const waitMs = signIns.take(from);
    if (waitMs > 0) {
      audit(request, "sign-in-refused", name, "too many tries");
      return page(
        reply.code(429).header("retry-after", Math.ceil(waitMs / 1000)),
        request,
        signInPage(assets, t`Too many tries. Wait ${Math.ceil(waitMs / 1000)} s.`, name),
      );
    }
    const found = await accounts.check(name, field(request, "password"));
    if (!found.ok) {
      audit(request, "sign-in-refused", name, found.error);
      const said = found.error === "busy" ? accountErrors.busy() : t`Name or password is not right.`;
      return page(reply.code(found.error === "busy" ? 503 : 401), request, signInPage(assets, said, name));
    }
    // Not forgiven yet: whoever has the password alone must not get tries of codes without end.
    if (found.value.hasSecondFactor)
      return page(reply, request, codePage(assets, factors.ticket(found.value.name), null));
    signIns.forgive(from);
    audit(request, "signed-in", found.value.name, found.value.role);
    return startSession(reply, request, found.value.name, found.value.role);
  });
  app.post("/login/code", async (request, reply) => {
    const ticket = field(request, "ticket");
    const redeemed = await factors.redeem(ticket, field(request, "code"));
    if (!redeemed.ok) {
      audit(request, "sign-in-refused", redeemed.name, "second factor");
      const said = redeemed.canTryAgain
        ? t`The code is not right, or was used before. ${clockOf(new Date())}`
        : t`That took too long or too many tries. Sign in again.`;
      const again = redeemed.canTryAgain ? codePage(assets, ticket, said) : signInPage(assets, said, redeemed.name);
      return page(reply.code(401), request, again);
    }
    const { name, role } = accounts.list().find((account) => account.name === redeemed.name)!;
    signIns.forgive(tryOf(request, name));
    audit(request, "signed-in", name, redeemed.paper ? `${role}, by a code on paper` : `${role}, second factor`);
    return startSession(reply, request, name, role);
  });
  app.post("/logout", (request, reply) => {
    if (request.asker?.session) {
      if (!csrfHolds(request, reply, field(request, "csrf"))) return reply;
      audit(request, "signed-out", request.asker.name, "");
    }
    sessions.end(readCookie(request.raw, cookie));
    return reply.header("set-cookie", writeCookie(cookie, "", secure)).redirect("/login", 303);
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
          ? t`That is not the code that was printed at the start.`
          : t`Too many tries. Restart the controller for a new code.`,
        401,
      );
    }
    if (field(request, "password") !== field(request, "again")) return again(t`The two passwords differ.`, 400);
    const set = await accounts.set(field(request, "name"), "installer", field(request, "password"));
    if (!set.ok) return again(accountErrors[set.error](), 400);
    setup.close();
    audit(request, "password-set", set.value.name, "first installer");
    return startSession(reply, request, set.value.name, "installer");
  });
}

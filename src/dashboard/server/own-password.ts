/** One's own password: changed by its owner alone, who knows the old one. Every other session of the account ends. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { accountErrors } from "../access/accounts.ts";
import { deviceCookieName, plainAddress, readCookie, writeDeviceCookie } from "../access/security.ts";
import type { AccountRole } from "../actions.ts";
import { label, t } from "../language/language.ts";
import { ownPasswordPage } from "./pages.ts";
import { field, refuse, type Serving } from "./serving.ts";

export function serveOwnPassword(app: FastifyInstance, serving: Serving): void {
  const { accounts, allowed, assets, audit, cookie, csrfHolds, demo, page, secure, sessions } = serving;
  const device = deviceCookieName(secure);

  app.get("/password", (request, reply) => {
    if (!allowed(request, reply, "viewer", true)) return reply;
    const session = request.asker?.session;
    if (!session || demo) return refuse(reply, 403, "demo", t`A demonstration and a token have no password.`);
    return page(reply, request, ownPasswordPage(assets, session, {}));
  });

  app.post("/password", async (request, reply) => {
    if (demo) return refuse(reply, 403, "demo", t`A demonstration keeps no accounts.`);
    if (!allowed(request, reply, "viewer") || !csrfHolds(request, reply, field(request, "csrf"))) return reply;
    const session = request.asker!.session!;
    const again = (refused: string, status: number) =>
      page(reply.code(status), request, ownPasswordPage(assets, session, { refused }));
    const password = field(request, "password");
    if (password !== field(request, "again")) return again(t`The two new passwords differ.`, 400);
    const { name } = session;
    const proven = await provenPassword(serving, request, name);
    if (!proven.ok) return again(proven.sentence, proven.status);
    const set = await accounts.set(name, proven.role, password);
    if (!set.ok) return again(accountErrors[set.error](), 400);
    sessions.endAllOf(name, readCookie(request.raw, cookie));
    audit(request, "password-set", name, "own password; other sessions ended");
    reply.header("set-cookie", writeDeviceCookie(device, accounts.deviceMark(name), secure));
    const done =
      accounts.owed === "" ? t`Your password is changed. You were signed out everywhere else.` : String(keptLater);
    return page(reply, request, ownPasswordPage(assets, session, { done }));
  });
}

type Proven = { readonly ok: true; readonly role: AccountRole } | ProvenNot;
interface ProvenNot {
  readonly ok: false;
  readonly sentence: string;
  readonly status: number;
}

/** Whether the field `now` is the present password of an account; wrong ones are counted as at the sign-in. */
export async function provenPassword(serving: Serving, request: FastifyRequest, name: string): Promise<Proven> {
  const { accounts, audit, secure, signIns } = serving;
  const mark = readCookie(request.raw, deviceCookieName(secure));
  const from = {
    name,
    address: plainAddress(request.socket.remoteAddress),
    device: accounts.knownDevice(name, mark),
  };
  const waitMs = signIns.take(from);
  if (waitMs > 0) return { ok: false, sentence: t`Too many tries. Wait ${Math.ceil(waitMs / 1000)} s.`, status: 429 };
  const found = await accounts.check(name, field(request, "now"));
  if (!found.ok) {
    audit(request, "sign-in-refused", name, "own password");
    const sentence = found.error === "busy" ? accountErrors.busy() : t`The present password is not right.`;
    return { ok: false, sentence, status: 400 };
  }
  signIns.forgive(from);
  return { ok: true, role: found.value.role };
}

/** A change that the disk did not take. */
export const keptLater = label(
  "Taken, but not kept: the disk is full or can't be written. It is in force until the next restart and is written as soon as there is room.",
);

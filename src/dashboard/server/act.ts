/** One action of a person: checked, carried out once, written down whatever comes of it. */
import { randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { oneLine } from "../../domain/visible.ts";
import { inLanguage } from "../access/reader.ts";
import { createRateLimit } from "../access/sessions.ts";
import { checkAction, reasonLengthMax } from "../actions.ts";
import { t } from "../language/language.ts";
import type { Sentence } from "../state.ts";
import { actionBody } from "./api.ts";
import { refuse, type Serving } from "./serving.ts";

const actionsPendingMax = 16;
/** Two people within this time who ask the same thing: the second is told instead of overwriting the first. */
const sameActionMs = 2000;
/** Subjects remembered for that. */
const subjectsMax = 100;

/** What came of it. */
export interface Performed {
  readonly ok: boolean;
  readonly status: number;
  readonly error: string;
  readonly sentence: string;
  readonly retryAfterS?: number;
}
export type Perform = (request: FastifyRequest, body: z.infer<typeof actionBody>) => Promise<Performed>;
type Act = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** The API's handler. */
export function createAct({ csrfHolds, parse }: Serving, perform: Perform): Act {
  return async (request, reply) => {
    if (!request.asker) return reply;
    if (!csrfHolds(request, reply, request.headers["x-islet-csrf"])) return reply;
    const body = parse(actionBody, request.body, reply);
    if (!body) return reply;
    const { ok, status, error, sentence, retryAfterS } = await perform(request, body);
    if (ok) return reply.send({ ok: true, sentence });
    if (retryAfterS !== undefined) reply.header("retry-after", retryAfterS);
    return refuse(reply, status, error, sentence);
  };
}

/** One for pages and API, so that their limits are shared. The asker and the page's secret have been checked. */
export function createPerform(serving: Serving): Perform {
  const { audit, log, onSite, sentenceOf, source } = serving;
  const actionLimit = createRateLimit(20, 1000);
  let pending = 0;
  const lastDone = new Map<string, { person: string; values: string; atMs: number; sentence: string }>();
  const no = (status: number, error: string, sentence: string): Performed => ({ ok: false, status, error, sentence });

  return async (request, body) => {
    const { asker } = request;
    if (!asker) return no(401, "sign-in", t`Sign in first.`);
    const waitMs = actionLimit.take(asker.name);
    if (waitMs > 0)
      return { ...no(429, "rate", t`Too many actions. Try again in a moment.`), retryAfterS: Math.ceil(waitMs / 1000) };
    const state = source.state();
    if (!state) return no(503, "no-state", sentenceOf({ key: "stale.first" }));
    const causeId = randomUUID();
    const person = { name: asker.name, role: asker.role, onSite: onSite(request) };
    // The audit log is English, whatever language the person reads.
    const refused = (sentence: Sentence, status: number, english = sentence): Performed => {
      const said = sentenceOf(sentence);
      const logged = inLanguage("en", () => sentenceOf(english));
      audit(request, "refused", asker.name, `${body.action}: ${logged}`, causeId);
      return no(status, sentence.key, said);
    };
    const reason = oneLine(body.reason).slice(0, reasonLengthMax);
    const asked = { action: body.action, reason, values: body.values };
    const check = (): ReturnType<typeof checkAction> =>
      checkAction(state, asked, person, source.supported, source.ageMs());
    const checked = check();
    if (!checked.ok) {
      const { error } = checked;
      const status = error.key === "refuse.role" || error.key === "refuse.onSite" ? 403 : 400;
      const english = inLanguage("en", check);
      return refused(error, status, english.ok ? error : english.error);
    }
    const values = JSON.stringify(checked.value);
    const subject = `${body.action} ${checked.value["evse"] ?? checked.value["event"] ?? checked.value["tier"] ?? ""}`;
    const before = lastDone.get(subject);
    if (before && performance.now() - before.atMs < sameActionMs && before.person !== asker.name)
      return refused({ key: "refuse.alreadyDone", values: { what: before.sentence } }, 409);
    if (pending >= actionsPendingMax) return no(503, "busy", t`Too many actions at once. Try again in a moment.`);
    pending++;
    // Marked before it is done, so that a second person who asks meanwhile is told.
    lastDone.set(subject, {
      person: asker.name,
      values,
      atMs: performance.now(),
      sentence: t`${asker.name} did the same a moment ago.`,
    });
    if (lastDone.size > subjectsMax) lastDone.delete(lastDone.keys().next().value ?? "");
    try {
      const done = await inLanguage("en", () =>
        source.act({ action: body.action, reason, values: checked.value, causeId }, person),
      );
      if (!done.ok) {
        lastDone.delete(subject);
        return refused(done.error, 409);
      }
      const sentence = sentenceOf(done.value);
      audit(request, "acted", asker.name, `${body.action} ${values}${reason ? ` because “${reason}”` : ""}`, causeId);
      return { ok: true, status: 200, error: "", sentence };
    } catch (error) {
      lastDone.delete(subject);
      log.error({ err: error, causeId }, `the action ${body.action} failed`);
      return refused({ key: "refuse.failed" }, 500);
    } finally {
      pending--;
    }
  };
}

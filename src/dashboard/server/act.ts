/** One action of a person: checked, carried out once, written down whatever comes of it. */
import { randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { oneLine } from "../../domain/visible.ts";
import { createRateLimit } from "../access/sessions.ts";
import { checkAction, reasonLengthMax } from "../actions.ts";
import type { Sentence } from "../state.ts";
import { actionBody } from "./api.ts";
import { noState, refuse, type Serving } from "./serving.ts";

const actionsPendingMax = 16;
/** Two people within this time who ask the same thing: the second is told instead of overwriting the first. */
const sameActionMs = 2000;
/** Subjects remembered for that. */
const subjectsMax = 100;

export type Act = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export function createAct(serving: Serving): Act {
  const { audit, csrfHolds, log, onSite, parse, sentenceOf, source } = serving;
  const actionLimit = createRateLimit(20, 1000);
  let pending = 0;
  const lastDone = new Map<string, { person: string; values: string; atMs: number; sentence: string }>();

  return async (request, reply) => {
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
    const reason = oneLine(body.reason).slice(0, reasonLengthMax);
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
    if (lastDone.size > subjectsMax) lastDone.delete(lastDone.keys().next().value ?? "");
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
}

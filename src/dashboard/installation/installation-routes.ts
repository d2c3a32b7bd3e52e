/** Pages of the installation, for installers only: each address asks for the role again, and steps at the site for a person there. */
import type { FastifyInstance } from "fastify";
import type { Commissioning } from "../../app/commissioning/commissioning.ts";
import { phrase, t } from "../language/language.ts";
import { notice, type PlaceServer } from "../places/serve.ts";
import type { Serving } from "../server/serving.ts";
import { commissioningAddress, commissioningPage } from "./commissioning-page.ts";

/** The report is a file of its own with its own style, and nothing in it may load or run anything. */
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

export function serveInstallation(
  app: FastifyInstance,
  { get, post, toPage }: PlaceServer,
  serving: Serving,
  commissioning: Commissioning | undefined,
): void {
  if (commissioning === undefined) {
    const none = t`This page controls no site that could be commissioned.`;
    get(commissioningAddress, () => notice("installation", commissioningAddress, t`Installation`, none), "installer");
    return;
  }
  const { allowed, audit, onSite, sentenceOf } = serving;
  get(
    commissioningAddress,
    ({ state, session, query }) => commissioningPage(state, session, commissioning, query["step"]),
    "installer",
  );
  app.get("/installation/report", (request, reply) => {
    if (!allowed(request, reply, "installer", true)) return reply;
    const text = commissioning.report();
    if (text === null)
      return reply.code(404).type("text/plain").send(`${t`There is no report before the first step.`}\n`);
    return reply.header("content-security-policy", reportPolicy).type("text/html; charset=utf-8").send(text);
  });

  /** Something that is asked of the commissioning; `run` gives a refusal, or "". */
  const asking = (
    address: string,
    what: string,
    run: (form: Record<string, string>, by: string, isOnSite: boolean) => string | { readonly done: string },
  ): void =>
    post(address, "installer", (form, session, request, reply) => {
      const came = run(form, session.name, onSite(request));
      const step = form["step"] ?? "";
      const said = typeof came !== "string" ? came : came === "" ? {} : { refused: came };
      const sentence = typeof came === "string" ? came : came.done;
      audit(request, "refused" in said ? "refused" : "acted", session.name, `${what} ${step} ${sentence}`.trim());
      const back = step === "" ? commissioningAddress : `${commissioningAddress}?step=${encodeURIComponent(step)}`;
      return toPage(reply, session, back, said);
    });
  const sentence = (why: string): string => (why === "" ? "" : t`Refused: ${phrase(why)}.`);
  asking("/installation/begin", "commissioning: begin", ({ step = "" }, by, isOnSite) => {
    const needsHands = commissioning.steps().find(({ id }) => id === step)?.needs === "hands";
    return needsHands && !isOnSite ? sentenceOf({ key: "refuse.onSite" }) : sentence(commissioning.begin(step, by));
  });
  asking("/installation/answer", "commissioning: answer", ({ answer }) =>
    commissioning.answer(answer === "yes") ? "" : t`Refused: nothing is asked any more.`,
  );
  asking("/installation/stop", "commissioning: stop", (_form, by) =>
    commissioning.cancel(by) ? "" : t`Refused: no step is under way.`,
  );
  asking("/installation/adopt", "commissioning: measured settings", (_form, by) => {
    const adopted = commissioning.adopt(by);
    return adopted.ok
      ? { done: t`Written: ${phrase(adopted.sentence)}. Start the controller again to use it.` }
      : sentence(adopted.sentence);
  });
  asking("/installation/again", "commissioning: from the beginning", (_form, by) => sentence(commissioning.again(by)));
}

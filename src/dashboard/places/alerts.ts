/** Who is told of events beyond the page, and a button that sends each of them a test. */
import type { Session } from "../access/sessions.ts";
import { type Label, label, t } from "../language/language.ts";
import { html } from "../panels/html.ts";
import type { Serving } from "../server/serving.ts";
import type { AlertsPort } from "../source.ts";
import { leadPanel, panel, secret, table } from "./parts.ts";
import type { PlaceServer } from "./serve.ts";
import type { PlacePage } from "./shell.ts";

/** From which weight on an event is told. */
const weights: Readonly<Record<string, Label>> = {
  notice: label("Notices, warnings and critical events are told."),
  warning: label("Warnings and critical events are told."),
  critical: label("Critical events are told."),
};

export function serveAlerts({ get, post, toPage }: PlaceServer, { audit }: Serving, alerts: AlertsPort): void {
  // It names people's addresses.
  get("/alerts", ({ session }) => alertsPage(alerts, session), "installer");
  post("/alerts/test", "installer", async (_form, session, request, reply) => {
    const results = await alerts.test();
    if (results === null)
      return toPage(reply, session, "/alerts", { refused: t`A test was just sent. Wait a moment.` });
    const said = results.map(({ name, failure }) => (failure === "" ? t`${name}: taken` : `${name}: ${failure}`));
    audit(request, "acted", session.name, `test of the alerts: ${said.join("; ")}`);
    const failed = results.filter(({ failure }) => failure !== "");
    return toPage(
      reply,
      session,
      "/alerts",
      failed.length === 0
        ? { done: t`Taken by ${results.map(({ name }) => name).join(t` and `)}. Look whether it has arrived.` }
        : { refused: t`Not sent by ${failed.map(({ name, failure }) => `${name}: ${failure}`).join(" ")}` },
    );
  });
}

function alertsPage({ ways, severity, digestMin }: AlertsPort, session: Session): PlacePage {
  const isTold = ways.length > 0;
  const list = table(
    [{ name: t`Way` }, { name: t`To` }],
    ways.map(({ name, to }) => ({ cells: [name, to] })),
    t`Who is told`,
  );
  const button = html`<form method="post" action="/alerts/test">${secret(session)}<button class="btn primary">Send a test</button></form>`;
  return {
    place: "installation",
    page: "/alerts",
    title: t`Alerts`,
    body: html`${leadPanel({
      level: "normal",
      lead: isTold
        ? t`Events are told by ${ways.map(({ name }) => name).join(t` and `)}.`
        : t`Nobody is told of events beyond this page.`,
      rest: isTold
        ? t`${weights[severity] ?? ""} What follows within ${digestMin} minutes is told together.`
        : t`The configuration names neither alerts.mail nor alerts.webhook.`,
      sub: "",
    })}${isTold ? panel("c12", t`Who is told`, list) : ""}${isTold ? panel("c12", t`Does it arrive?`, button) : ""}`,
  };
}

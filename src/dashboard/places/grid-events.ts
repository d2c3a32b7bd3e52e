/** Grid events: what is asked and paid, what can be committed, what was delivered against the baseline. */
import type { Session } from "../access/sessions.ts";
import { roleAtLeast } from "../actions.ts";
import type { EconomyPort } from "../economy/economy-port.ts";
import { type Label, label, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import type { SiteState } from "../state.ts";
import { kW, kWh, type Words, wordsOf } from "../view/format.ts";
import { leadPanel, money, panel, secret, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type GridEvent = ReturnType<EconomyPort["events"]>["events"][number];

const stateWords: Readonly<Record<GridEvent["state"], Label>> = {
  offered: label("Offered"),
  committed: label("Committed"),
  declined: label("Declined"),
  running: label("Delivering"),
  over: label("Over"),
};

export function gridEventsPage(state: SiteState, economy: EconomyPort, session: Session): PlacePage {
  const { currency, events } = economy.events();
  const words = wordsOf(state);
  const offered = events.filter((event) => event.state === "offered");
  const running = events.find((event) => event.state === "running");
  const first = offered[0];
  const may = roleAtLeast(session.role, "operator");
  const lead = leadPanel({
    level: offered.length > 0 ? "attention" : "normal",
    tag: offered.length > 0 ? t`An answer is due` : undefined,
    lead: running
      ? running.deliveredWh === null
        ? t`Delivering. How much so far is not known.`
        : t`Delivering ${kWh(running.deliveredWh)} so far.`
      : first
        ? offered.length === 1
          ? t`One grid event is offered.`
          : t`${offered.length} grid events are offered.`
        : t`No grid event is offered.`,
    rest: first
      ? t`${kW(first.askedW)} less, ${span(first, words, state.atMs)}. Answer by ${words.moment(first.answerByMs, state.atMs)}.`
      : "",
    sub: t`Delivered is the baseline less what the meter measures; charging more before an event is never planned to raise it.`,
  });
  const answers = offered.map((event) =>
    panel(
      "c6",
      `${event.programme}, ${span(event, words, state.atMs)}`,
      offerBody(event, session, currency, may, words, state.atMs),
    ),
  );
  const rows = [...events].reverse().map((event) => ({
    cells: [
      `${event.programme}, ${span(event, words, state.atMs)}`,
      String(stateWords[event.state]),
      event.committedW === null ? "–" : kW(event.committedW),
      event.deliveredWh === null
        ? "–"
        : t`${kWh(event.deliveredWh)} of ${event.committedWh === null ? "–" : kWh(event.committedWh)}`,
      event.payment === null ? "–" : money(event.payment, currency),
    ],
  }));
  const list =
    events.length === 0
      ? html`<p class="dim">No grid event is on record.</p>`
      : table(
          [
            { name: t`Event` },
            { name: t`State` },
            { name: t`Committed`, num: true },
            { name: t`Delivered`, num: true },
            { name: t`Pays`, num: true },
          ],
          rows,
          t`Grid events`,
        );
  return {
    place: "fleet",
    page: "/fleet/grid-events",
    title: t`Grid events`,
    body: html`${lead}${answers}${panel("c8", t`Events on record`, list)}${may ? panel("c4", t`Enter an event`, entryForm(session)) : ""}`,
  };
}

const span = ({ fromMs, toMs }: GridEvent, words: Words, nowMs: number): string =>
  t`${words.moment(fromMs, nowMs)} to ${words.hm(toMs)}`;

function offerBody(
  event: GridEvent,
  session: Session,
  currency: string | null,
  may: boolean,
  words: Words,
  nowMs: number,
): Html {
  const facts = table(
    [{ name: t`What` }, { name: t`Value` }],
    [
      { cells: [t`Asked`, kW(event.askedW)] },
      { cells: [t`Baseline`, event.baselineW === null ? t`not known` : kW(event.baselineW)] },
      { cells: [t`Pays a kWh`, money(event.payPerKWh, currency)] },
      { cells: [t`Penalty a kWh`, money(event.penaltyPerKWh, currency)] },
      { cells: [t`Answer by`, words.moment(event.answerByMs, nowMs)] },
    ],
    t`The offer`,
  );
  const certainW = event.baselineW === null ? 0 : Math.min(event.askedW, Math.max(0, event.baselineW));
  const form = may
    ? html`<form method="post" action="/fleet/grid-events/answer" class="form">${secret(session)}<input type="hidden" name="id" value="${event.id}"><label class="f">Commit, kW (0 to ${event.askedW / 1_000})<input type="number" name="committedKW" step="0.1" min="0" max="${event.askedW / 1_000}" value="${Math.floor(certainW / 100) / 10}" required></label><div class="rowbtns end"><button class="btn" name="decline" value="1" formnovalidate>Decline</button><button class="btn primary">Commit</button></div></form>`
    : html`<p class="dim">An operator may answer.</p>`;
  return html`${facts}<p class="dim">${event.baseline}</p>${form}`;
}

const entryForm = (session: Session): Html =>
  html`<form method="post" action="/fleet/grid-events" class="form">${secret(session)}<label class="f">Programme<input type="text" name="programme" maxlength="80" required></label><label class="f">Date<input type="text" name="date" pattern="\\d{4}-\\d{2}-\\d{2}" placeholder="2026-07-15" required></label><div class="cols"><label class="f">From<input type="text" name="from" pattern="([01]?[0-9]|2[0-3]):(00|15|30|45)" placeholder="17:00" required></label><label class="f">To<input type="text" name="to" pattern="([01]?[0-9]|2[0-3]):(00|15|30|45)" placeholder="19:00" required></label></div><label class="f">Draw less by, kW<input type="number" name="askedKW" min="0.1" step="0.1" required></label><label class="f">Pays a kWh<input type="number" name="pay" min="0" step="0.001" value="2" required></label><label class="f">Penalty a kWh<input type="number" name="penalty" min="0" step="0.001" value="0" required></label><div class="rowbtns end"><button class="btn primary">Enter</button></div></form>`;

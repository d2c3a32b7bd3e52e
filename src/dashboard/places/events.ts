/** Every event on record, by weight and state, with an acknowledgement of one, of a kind, or of all. */
import type { Session } from "../access/sessions.ts";
import { roleAtLeast } from "../actions.ts";
import { label, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import { severityIcons } from "../panels/icons.ts";
import type { SiteState } from "../state.ts";
import { type EventView, eventsView } from "../view/events.ts";
import { wordsOf } from "../view/format.ts";
import { leadPanel, panel, secret } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

const filters = [
  ["all", label("All")],
  ["open", label("Not acknowledged")],
  ["needs", label("Need a person")],
] as const;

export function eventsPage(state: SiteState, session: Session, asked: string): PlacePage {
  const words = wordsOf(state);
  const { events, open, needs } = eventsView(state, words);
  const filter = filters.find(([id]) => id === asked)?.[0] ?? "all";
  const shown = filter === "open" ? events.filter((event) => event.open) : filter === "needs" ? needs : events;
  const may = roleAtLeast(session.role, "operator");
  const kinds = new Map<string, EventView[]>();
  for (const event of events)
    if (event.open) kinds.set(keyOf(state, event), [...(kinds.get(keyOf(state, event)) ?? []), event]);
  const many = [...kinds.values()].filter((list) => list.flatMap(({ ids }) => ids).length > 1);
  const all = events.filter((event) => event.open).flatMap(({ ids }) => ids);
  const lead = leadPanel({
    level: needs.length > 0 ? "attention" : "normal",
    tag: needs.length > 0 ? t`${needs.length} need a person` : undefined,
    lead: open === 0 ? t`All acknowledged.` : t`${open} not acknowledged.`,
    rest: needs[0]?.sentence ?? t`Nothing needs you.`,
    sub: t`Acknowledging ends no cause: it says that somebody has seen it.`,
  });
  const kindButtons =
    may && all.length > 1
      ? panel(
          "c12",
          t`Acknowledge together`,
          html`<div class="rowbtns">${many.map((list) =>
            ackForm(
              session,
              list.flatMap(({ ids }) => ids),
              t`Acknowledge all ${list.flatMap(({ ids }) => ids).length}: ${list[0]!.sentence}`,
              filter,
            ),
          )}${ackForm(session, all, t`Acknowledge all ${all.length}`, filter)}</div>`,
        )
      : html``;
  const list =
    shown.length === 0
      ? html`<p class="dim">No event of this kind.</p>`
      : html`<ol class="evlist">${shown.map((event) => eventRow(event, session, may, filter))}</ol>`;
  const chips = html`<span class="chips">${filters.map(([id, name]) => html`<a class="chip" href="/events?show=${id}"${id === filter ? html` aria-current="true"` : ""}>${name}</a>`)}</span>`;
  return {
    place: "events",
    page: "/events",
    title: t`Events`,
    body: html`${lead}${kindButtons}${panel("c12", t`Events`, list, chips)}`,
  };
}

const keyOf = (state: SiteState, event: EventView): string =>
  state.events.find(({ id }) => id === event.id)?.key ?? event.id;

const ackForm = (session: Session, ids: readonly string[], label: string, filter: string): Html =>
  html`<form method="post" action="/events/acknowledge">${secret(session)}<input type="hidden" name="event" value="${ids.join(",")}"><input type="hidden" name="show" value="${filter}"><button class="btn">${label}</button></form>`;

function eventRow(event: EventView, session: Session, may: boolean, filter: string): Html {
  const { severity, severityName, time, sentence, cause, todo, ends, open, acknowledgedBy, ids, repeats } = event;
  const facts = [
    [t`Cause`, cause],
    [t`Do`, todo],
    [t`Ends`, ends],
    [t`Again`, repeats ?? ""],
    [t`Acknowledged`, acknowledgedBy ?? ""],
  ].filter(([, text]) => text !== "");
  return html`<li data-key="ev-${event.id}" class="${severity === "critical" ? "critrow" : severity === "warning" ? "warnrow" : ""}">${severityIcons[severity]}<div><p><span class="sr">${severityName}: </span><b>${sentence}</b></p><dl>${facts.map(([what, text]) => html`<dt>${what}</dt><dd>${text}</dd>`)}</dl></div><div class="num"><small>${time}</small>${open && may ? html`<form method="post" action="/events/acknowledge">${secret(session)}<input type="hidden" name="event" value="${ids.join(",")}"><input type="hidden" name="show" value="${filter}"><button class="btn" aria-label="Acknowledge: ${sentence}">Acknowledge</button></form>` : ""}</div></li>`;
}

/** One charger and the vehicle there: what it does and why, its plan slot by slot, and what can be done. */

import type { Session } from "../access/sessions.ts";
import { type ActionId, type ActionView, offers } from "../actions.ts";
import type { FleetPort } from "../fleet/fleet-port.ts";
import { type Label, label, phrase, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import { goIcon, severityIcons } from "../panels/icons.ts";
import type { EvseState, SiteState } from "../state.ts";
import { directionOfVehicle, idleW, kW, lower, type Words, wordsOf } from "../view/format.ts";
import { totalsOf } from "../view/totals.ts";
import { sessionFacts, whyView } from "../view/why.ts";
import { powerSteps } from "./charts.ts";
import { leadPanel, panel, percent } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

/** Actions of one charger, in the order in which they stand. */
const chargerActions = ["chargeNow", "priority", "departure", "clearDeparture", "pause", "stop", "resume"] as const;

/** What an action here means, where the table's own words speak of all chargers. */
const details: Readonly<Partial<Record<(typeof chargerActions)[number], Label>>> = {
  departure: label("When it leaves, and with how much."),
  clearDeparture: label("What a person has asked for this stay is forgotten; the timetable counts again."),
  pause: label("Charging goes on by plan."),
  stop: label("To 0 kW until somebody resumes it; a restart doesn't end that."),
  chargeNow: label("Up to its target with all it can take, whatever plan and backend ask; limits hold."),
  priority: label("Where not all can be ready, 1 is served before 2, and 2 before 3."),
  resume: label("It goes by the plan again."),
};
const labels: Readonly<Partial<Record<(typeof chargerActions)[number], Label>>> = {
  priority: label("Let it go first, or last"),
  departure: label("Change departure or target"),
  clearDeparture: label("Back to the timetable"),
  pause: label("Pause discharging here"),
  stop: label("Stop this charger"),
  resume: label("Resume this charger"),
};

/** What is offered at a charger now. */
export function offeredAt(
  state: SiteState,
  charger: EvseState,
  session: Session,
  supported: readonly ActionId[],
): readonly { readonly action: ActionView; readonly label: string; readonly detail: string }[] {
  const { offered } = offers(state, session.role, supported);
  const byId = new Map<string, ActionView>(offered.map((action) => [action.id, action]));
  return chargerActions.flatMap((id) => {
    const action = byId.get(id);
    if (action === undefined) return [];
    if (id === "resume" && charger.held === null && !charger.chargeNow) return [];
    if (id === "chargeNow" && (charger.chargeNow || charger.held?.level === "everything")) return [];
    if ((id === "chargeNow" || id === "priority") && !charger.connected) return [];
    if (id === "stop" && charger.held?.level === "everything") return [];
    if (id === "pause" && charger.held !== null) return [];
    if ((id === "departure" || id === "clearDeparture" || id === "stop") && !charger.connected) return [];
    if (id === "clearDeparture" && charger.departsAtMs === null) return [];
    return [{ action, label: String(labels[id] ?? action.label), detail: String(details[id] ?? action.detail) }];
  });
}

export function chargerPage(
  state: SiteState,
  charger: EvseState,
  fleet: FleetPort | undefined,
  session: Session,
  supported: readonly ActionId[],
): PlacePage {
  const words = wordsOf(state);
  const name = charger.vehicle ?? t`No vehicle`;
  const ready = fleet?.readiness().vehicles.find(({ evse }) => evse === charger.evse);
  const plan = fleet?.plan();
  const planned = plan?.vehicles.find(({ evse }) => evse === charger.evse);
  const { held } = charger;
  const level =
    held?.level === "everything" || ready?.state === "short" || ready?.state === "missed" ? "attention" : "normal";
  const lead = leadPanel({
    level,
    tag:
      held?.level === "everything"
        ? t`Stopped by a person`
        : level === "attention"
          ? t`Will miss its target`
          : undefined,
    lead: leadOf(charger, name),
    rest: restOf(charger, ready?.forecastPct ?? charger.forecastPct, words, state.atMs),
    sub: held
      ? held.level === "everything"
        ? t`Stopped by ${held.by} at ${words.moment(held.atMs, state.atMs)}: “${held.reason}”. It stays so until an operator resumes it.`
        : t`Discharging paused by ${held.by} at ${words.moment(held.atMs, state.atMs)}: “${held.reason}”. It stays so until an operator resumes it.`
      : (planned?.now ?? t`No plan is in force for it.`),
    aside: ready?.cause ? [[t`Because`, phrase(ready.cause.sentence)]] : [],
  });
  const list = offeredAt(state, charger, session, supported);
  const actions = html`${
    list.length > 0
      ? html`<ul class="acts links">${list.map(({ action, label, detail }) => html`<li><a href="/fleet/change?act=${action.id}&amp;evse=${charger.evse}"><span><b>${label}</b><small>${detail}</small></span>${goIcon}</a></li>`)}</ul>`
      : html`<p class="dim">${session.role === "viewer" ? t`A viewer may look. An operator may act.` : t`Nothing can be done at this charger now.`}</p>`
  }`;
  return {
    place: "fleet",
    page: "/fleet",
    title: t`${name}, charger ${charger.evse}`,
    body: html`${lead}${charger.link ? panel("c12", t`Session with the vehicle`, sessionPanel(charger, words)) : ""}${panel("c8", t`Plan`, planPanel(planned, words, state.atMs), planned ? t`${percent(charger.socPct)} now` : "")}${panel("c4", t`Actions at this charger`, actions, phrase(session.role))}${panel("c8", t`Why it does this now`, whyList(state, charger, words))}`,
  };
}

function leadOf(charger: EvseState, name: string): string {
  if (charger.known.state === "unknown") return t`Charger ${charger.evse}: not known.`;
  if (!charger.connected) return t`No vehicle is at charger ${charger.evse}.`;
  const powerW = charger.powerW ?? 0;
  const what = Math.abs(powerW) <= idleW ? t`waits` : t`is ${lower(directionOfVehicle(powerW))} with ${kW(powerW)}`;
  return charger.known.state === "old"
    ? t`${name} at charger ${charger.evse}: not known now.`
    : t`${name} at charger ${charger.evse} ${what}.`;
}

function restOf(charger: EvseState, forecastPct: number | null, words: Words, nowMs: number): string {
  if (!charger.connected) return "";
  if (charger.departsAtMs === null) return t`${percent(charger.socPct)} now. No departure is known.`;
  const will =
    forecastPct === null ? t`how full is not known` : t`${percent(forecastPct)} of ${percent(charger.targetPct)}`;
  return t`Leaves ${words.moment(charger.departsAtMs, nowMs)}: ${will}.`;
}

type Planned = ReturnType<FleetPort["plan"]>["vehicles"][number];

function planPanel(planned: Planned | undefined, words: Words, nowMs: number): Html {
  if (planned === undefined || planned.runs.length === 0)
    return html`<p class="dim">${planned?.unplanned || t`There is no plan for this charger.`}</p>`;
  const { runs, capacityWh, departsAtMs } = planned;
  return html`${powerSteps(runs, words)}<h3 class="sech">Slot by slot, and why</h3><ol class="slots">${runs.map(
    ({ fromMs, untilMs, powerW, endWh, sentence }) => {
      const end = capacityWh ? t`to ${percent((100 * endWh) / capacityWh)}` : "";
      return html`<li><div><b>${words.moment(fromMs, nowMs)} to ${words.hm(untilMs)}</b><small>${phrase(sentence)}</small></div><div class="num"><span>${Math.abs(powerW) <= idleW ? t`Waits` : `${directionOfVehicle(powerW)} ${kW(powerW)}`}</span><small>${end}</small></div></li>`;
    },
  )}${departsAtMs === null ? "" : html`<li><div><b>${words.moment(departsAtMs, nowMs)} leaves</b></div><div></div></li>`}</ol>`;
}

/** Where the controller itself speaks with vehicles: who, how far, for what it waits, and how the last one ended. */
const sessionPanel = (charger: EvseState, words: Words): Html =>
  html`<dl class="dt">${sessionFacts(charger, words).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

function whyList(state: SiteState, charger: EvseState, words: Words): Html {
  const why = whyView(state, charger, totalsOf(state), words);
  const steps = [
    { name: why.request, source: why.requestSource, bound: "", distance: "" },
    ...why.chain,
    { name: t`Setpoint`, source: why.lease, bound: why.setpoint, distance: "" },
  ];
  return html`<p class="lead-s">${why.big}</p><p class="dim">${why.because}</p>${
    why.callout ? html`<p class="st warn">${severityIcons.warning}<span>${why.callout.text}</span></p>` : ""
  }<ol class="slots">${steps.map(({ name, source, bound, distance }) => html`<li><div><b>${name}</b><small>${source}</small></div><div class="num"><span>${bound}</span><small>${distance}</small></div></li>`)}</ol>`;
}

/** The ready board: will all vehicles be ready, which one won't and why, what can be done. */
import type { FleetPort } from "../fleet/fleet-port.ts";
import { phrase, t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import { okIcon, severityIcons } from "../panels/icons.ts";
import type { SiteState } from "../state.ts";
import { duration, kWh, type Words, wordsOf } from "../view/format.ts";
import { chargeBar, figures, leadPanel, money, panel, percent } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type Readiness = ReturnType<FleetPort["readiness"]>;
type ReadyVehicle = Readiness["vehicles"][number];

/** A plan that is older is old, ms. */
const planOldMs = 5 * 60_000;
const needsYou: ReadonlySet<ReadyVehicle["state"]> = new Set(["short", "missed"]);

export function readyPage(state: SiteState, fleet: FleetPort): PlacePage {
  const readiness = fleet.readiness();
  const words = wordsOf(state);
  const { ready, vehicles } = readiness;
  const needing = vehicles.filter((vehicle) => needsYou.has(vehicle.state));
  const planAgeMs = readiness.planAtMs === null ? null : readiness.atMs - readiness.planAtMs;
  const old = planAgeMs !== null && planAgeMs > planOldMs;
  const [first = readiness.sentence, ...rest] = sentences(readiness.sentence);
  const sub =
    planAgeMs === null
      ? t`No plan is in force: each charger goes by its departure.`
      : old
        ? t`The plan is ${duration(planAgeMs)} old: its figures are old, and nothing can be confirmed by it.`
        : t`The plan is ${duration(planAgeMs)} old and counts every limit that is known.`;
  const lead = leadPanel({
    level: needing.length > 0 || old ? "attention" : "normal",
    tag:
      needing.length > 0
        ? needing.length === 1
          ? t`One vehicle needs you`
          : t`${needing.length} vehicles need you`
        : old
          ? t`The plan is old`
          : undefined,
    lead: first,
    rest: rest.join(" "),
    sub,
    aside: [
      ...(ready.byAtMs === null ? [] : ([[t`Last departure`, words.moment(ready.byAtMs, state.atMs)]] as const)),
      ...(ready.lastReadyAtMs === null
        ? []
        : ([[t`Last one ready`, words.moment(ready.lastReadyAtMs, state.atMs)]] as const)),
      ...(readiness.outage.sentence === "" ? [] : ([[t`If the grid fails`, readiness.outage.sentence]] as const)),
    ],
  });
  const cost = fleet.plan().cost;
  const currency = fleet.plan().currency;
  const figs = figures([
    [t`Ready`, t`${ready.count} of ${ready.of}`, t`departures of the next 24 h`],
    [t`Need you`, String(needing.length), needing.length === 0 ? "none" : needing.map(({ name }) => name).join(", ")],
    [
      t`Here`,
      String(vehicles.filter(({ evse }) => evse !== null).length),
      t`of ${vehicles.length} vehicles with a departure`,
    ],
    ...(currency === ""
      ? []
      : ([
          [t`Cost by plan`, money(cost.total, currency), t`charging at once: ${money(cost.atOnce, currency)}`],
        ] as const)),
  ]);
  const board = panel(
    "c8 board",
    t`Ready board`,
    boardTable(vehicles, state, words),
    html`<a href="/fleet/vehicles">Change the timetable</a>`,
  );
  const side = html`<div class="c4 stack" data-key="side">${
    needing.length > 0
      ? needing.map((vehicle) => needPanel(vehicle, words, old))
      : panel("", t`Needs you`, html`<p class="calm">${okIcon}<span>Nothing needs you.</span></p>`)
  }</div>`;
  return {
    place: "fleet",
    page: "/fleet",
    title: t`Ready board`,
    body: html`${lead}${panel("c12", t`Next departures`, figs)}${board}${side}`,
  };
}

const sentences = (text: string): string[] =>
  text.match(/[^.!?]+[.!?]+(?=\s|$)/g)?.map((part) => part.trim()) ?? [text];

/** The group of those that need a person; no text. */
const needsKey = "";

function boardTable(vehicles: readonly ReadyVehicle[], state: SiteState, words: Words): Html {
  if (vehicles.length === 0)
    return html`<p class="dim">No departures are known for the next 24 h. <a href="/fleet/vehicles">Enter a timetable</a>, or a departure at a charger.</p>${chargerLinks(state)}`;
  const groups = new Map<string, ReadyVehicle[]>();
  for (const vehicle of vehicles) {
    const key = needsYou.has(vehicle.state)
      ? needsKey
      : vehicle.departsAtMs === null
        ? t`No departure is known`
        : words.moment(vehicle.departsAtMs, state.atMs);
    groups.set(key, [...(groups.get(key) ?? []), vehicle]);
  }
  // Those that need a person stand first, whatever the order in which they were told.
  const ordered = [...groups].sort(([a], [b]) => Number(b === needsKey) - Number(a === needsKey));
  const columns = [t`Vehicle`, t`Where`, t`Leaves`, t`State of charge`, t`At departure`, t`Ready`, t`Because`];
  const readyOf = (list: readonly ReadyVehicle[]): number =>
    list.filter(({ state: is }) => is === "ready" || is === "on-the-way" || is === "tight").length;
  return html`<table class="tb rb"><caption class="sr">Vehicles by departure</caption><thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>${ordered.map(
    ([key, list]) =>
      html`<tbody><tr class="wave"><th scope="rowgroup" colspan="7">${key === needsKey ? t`Needs you: ${list.length}` : t`${key}: ${readyOf(list)} of ${list.length} ready`}</th></tr>${list.map((vehicle) => boardRow(vehicle, state, words))}</tbody>`,
  )}</table><p class="legend"><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="g-ch"/></svg>now</span><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="fore"/></svg>by departure</span><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="short"/></svg>missing</span></p>`;
}

function boardRow(vehicle: ReadyVehicle, state: SiteState, words: Words): Html {
  const { evse, name, departsAtMs, socPct, forecastPct, neededPct, cause } = vehicle;
  const charger = state.evses.find((one) => one.evse === evse);
  const where = evse === null ? t`Not here` : t`Charger ${evse}`;
  const title = evse === null ? html`${name}` : html`<a href="/fleet/charger/${evse}">${name}</a>`;
  const leaves = departsAtMs === null ? "–" : words.hm(departsAtMs);
  const reached = forecastPct !== null && neededPct !== null && forecastPct >= neededPct - 0.5;
  const will =
    forecastPct === null || reached ? percent(neededPct) : t`${percent(forecastPct)} of ${percent(neededPct)}`;
  return html`<tr class="${needsYou.has(vehicle.state) ? "warnrow" : "okrow"}" data-key="row-${name}"><th scope="row">${title}</th><td data-l="Where">${where}</td><td data-l="Leaves">${leaves}</td><td data-l="State of charge" class="charge"><span>${percent(socPct)}</span>${chargeBar(socPct, forecastPct, charger?.reservePct ?? null, neededPct)}</td><td data-l="At departure">${will}</td><td data-l="Ready">${statusOf(vehicle, words)}</td><td data-l="Because">${phrase(cause?.sentence ?? "")}</td></tr>`;
}

/** A word and a mark, never a colour alone. */
function statusOf(vehicle: ReadyVehicle, words: Words): Html {
  const { missingWh, readyAtMs, marginMs } = vehicle;
  const at = readyAtMs === null ? "" : ` ${words.hm(readyAtMs)}`;
  switch (vehicle.state) {
    case "ready":
      return html`<span class="st">${okIcon}<span>Ready</span></span>`;
    case "on-the-way":
      return html`<span class="st">${okIcon}<span>Ready${at}</span></span>`;
    case "tight":
      return html`<span class="st">${okIcon}<span>Ready${at}, ${marginMs === null ? t`little` : duration(marginMs)} to spare</span></span>`;
    case "short":
      return html`<span class="st warn">${severityIcons.warning}<span>Short of ${kWh(missingWh)}</span></span>`;
    case "missed":
      return html`<span class="st warn">${severityIcons.warning}<span>Missed its departure</span></span>`;
    case "away":
      return html`<span class="st">${severityIcons.record}<span>Not here yet</span></span>`;
    case "unknown":
      return html`<span class="st">${severityIcons.notice}<span>Not known</span></span>`;
  }
}

/** Its cause, its time limit and its ways out, each with its price. */
function needPanel(vehicle: ReadyVehicle, words: Words, old: boolean): Html {
  const { name, departsAtMs, forecastPct, neededPct, missingWh, cause, remedies, remediesPending, evse } = vehicle;
  const title =
    vehicle.state === "missed" ? t`${name} missed its departure` : t`${name} will miss ${percent(neededPct)}`;
  const options = remedies.map((remedy) => {
    const link =
      evse === null || old
        ? ""
        : html`<a class="btn" href="/fleet/change?remedy=${remedy.id}&amp;evse=${evse}" aria-label="See what changes: ${remedy.label}">See what changes</a>`;
    return html`<li><div><b>${remedy.label}</b><span class="d">${remedy.sentence}</span></div>${link}</li>`;
  });
  const open = evse === null ? "" : html`<a class="btn" href="/fleet/charger/${evse}">Open charger ${evse}</a>`;
  return panel(
    "",
    title,
    html`<p class="lead-s">${percent(forecastPct)} at departure; ${kWh(missingWh)} missing.</p>${cause ? html`<p>${phrase(cause.sentence)}</p>` : ""}<h3 class="sech">What you can do</h3>${
      options.length > 0
        ? html`<ul class="opts">${options}</ul>`
        : html`<p class="dim">${remediesPending ? t`Ways out are being worked out.` : t`No way out is known by the plan.`}</p>`
    }<div class="rowbtns">${open}</div>`,
    departsAtMs === null ? "" : words.hm(departsAtMs),
  );
}

/** Chargers with a vehicle, for a site without a timetable. */
function chargerLinks(state: SiteState): Html {
  const connected = state.evses.filter(({ connected }) => connected);
  if (connected.length === 0) return html``;
  return html`<ul class="links">${connected.map(({ evse, vehicle, socPct }) => html`<li><a href="/fleet/charger/${evse}">${vehicle ?? t`Charger ${evse}`}</a> <span class="dim">charger ${evse}, ${percent(socPct)}</span></li>`)}</ul>`;
}

/** Vehicles and their timetable: the list, one vehicle's week and exceptions, import with a preview. */

import { type Weekday, weekdays } from "../../domain/fleet/vehicles.ts";
import type { Session } from "../access/sessions.ts";
import { roleAtLeast } from "../actions.ts";
import type { FleetPort } from "../fleet/fleet-port.ts";
import { type Label, label, t } from "../language/language.ts";
import { type Html, html, raw } from "../panels/html.ts";
import { severityIcons } from "../panels/icons.ts";
import type { SiteState } from "../state.ts";
import { kWh, wordsOf } from "../view/format.ts";
import { leadPanel, panel, percent, reasonField, secret, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type Vehicle = ReturnType<FleetPort["vehicles"]>["vehicles"][number];
type Weekly = NonNullable<Vehicle["weekly"]>[number];
type Preview = Extract<ReturnType<FleetPort["preview"]>, { readonly ok: true }>["value"];

const dayNames: Readonly<Record<Weekday, Label>> = {
  mon: label("Mon"),
  tue: label("Tue"),
  wed: label("Wed"),
  thu: label("Thu"),
  fri: label("Fri"),
  sat: label("Sat"),
  sun: label("Sun"),
};
const knownByWords = {
  person: label("said by a person"),
  iso15118: label("told by the vehicle"),
  card: label("by its card"),
  place: label("by its place"),
} as const;

export function vehiclesPage(state: SiteState, fleet: FleetPort, session: Session): PlacePage {
  const { vehicles, strangers } = fleet.vehicles();
  const words = wordsOf(state);
  const withTimetable = vehicles.filter(
    ({ weekly, exceptions }) => (weekly ?? []).length + (exceptions ?? []).length > 0,
  ).length;
  const lead = leadPanel({
    level: "normal",
    lead:
      vehicles.length === 0
        ? t`No vehicles are entered yet.`
        : vehicles.length === 1
          ? t`One vehicle, ${withTimetable} with a timetable.`
          : t`${vehicles.length} vehicles, ${withTimetable} with a timetable.`,
    rest:
      vehicles.length === 0
        ? t`Without a timetable every vehicle is charged as soon as there is room.`
        : t`Names, targets and timetables belong to the vehicle.`,
    sub: t`What a vehicle or the backend says of its departure counts where it is newer than the timetable.`,
    asideTitle: t`Not known`,
    aside: strangers
      .slice(0, 3)
      .map(({ evse, value }) => [t`Charger ${evse}`, t`Told ${value}: it belongs to no vehicle.`] as const),
  });
  const rows = vehicles.map((vehicle) => {
    const { id, name, at, next } = vehicle;
    const where = at === null ? t`Not here` : t`Charger ${at.evse}${at.knownBy ? `, ${knownByWords[at.knownBy]}` : ""}`;
    const leaves = at?.need?.departsAtMs ?? next?.leavesAtMs ?? null;
    const needs = at?.need?.neededWh ?? next?.neededWh ?? null;
    return {
      cells: [
        html`<a href="/fleet/vehicle/${id}">${name}</a>`,
        where,
        leaves === null ? t`not known` : words.moment(leaves, state.atMs),
        needs === null ? t`not known` : kWh(needs),
        weekText(vehicle.weekly ?? []),
      ],
    };
  });
  const list = table(
    [{ name: t`Vehicle` }, { name: t`Where` }, { name: t`Leaves next` }, { name: t`Needs` }, { name: t`Every week` }],
    rows,
    t`Vehicles`,
  );
  const may = roleAtLeast(session.role, "operator");
  const add = html`<form method="post" action="/fleet/vehicles/add" class="form">${secret(session)}<label class="f">Name<input type="text" name="name" maxlength="60" required></label><label class="f">Id, in files and addresses<input type="text" name="id" maxlength="40" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" required></label><label class="f">Capacity, kWh (empty: as it tells itself)<input type="number" name="capacityKWh" min="0.1" step="0.1"></label>${reasonField()}<div class="rowbtns end"><button class="btn primary">Add vehicle</button></div></form>`;
  const take = html`<form method="post" action="/fleet/import" class="form">${secret(session)}<label class="f">Kind of file<select name="kind"><option value="timetable-csv">Departures, CSV</option><option value="vehicles-csv">Vehicles, CSV</option><option value="calendar">Calendar, iCalendar</option></select></label><label class="f">Its text<textarea name="text" rows="6" maxlength="15000" required></textarea></label><div class="rowbtns end"><button class="btn primary">Show what it would change</button></div></form>`;
  const side = may
    ? html`<div class="c4 stack" data-key="side">${panel("", t`Add a vehicle`, add)}${panel("", t`Import`, take)}</div>`
    : html`<div class="c4 stack" data-key="side">${panel("", t`Changes`, html`<p class="dim">An operator may change vehicles and timetables.</p>`)}</div>`;
  return {
    place: "fleet",
    page: "/fleet/vehicles",
    title: t`Vehicles and timetable`,
    body: html`${lead}${panel("c8", t`Vehicles`, vehicles.length === 0 ? html`<p class="dim">Add one, or import a list.</p>` : list)}${side}`,
  };
}

function needText(need: {
  readonly route?: string | undefined;
  readonly needPct?: number | undefined;
  readonly needWh?: number | undefined;
}): string {
  if (need.route !== undefined) return t`route ${need.route}`;
  if (need.needPct !== undefined) return percent(need.needPct);
  return need.needWh === undefined ? "" : kWh(need.needWh);
}

/** "Mon to Fri 05:30, 95 %". */
function weekText(weekly: readonly Weekly[]): string {
  if (weekly.length === 0) return t`no timetable`;
  return weekly
    .map(
      (row) =>
        `${row.days.map((day) => String(dayNames[day as Weekday])).join(" ")} ${row.leavesAt}${needText(row) === "" ? "" : `, ${needText(row)}`}`,
    )
    .join("; ");
}

export function vehiclePage(state: SiteState, fleet: FleetPort, session: Session, id: string): PlacePage | null {
  const { vehicles, routes, version } = fleet.vehicles();
  const vehicle = vehicles.find((one) => one.id === id);
  if (vehicle === undefined) return null;
  const words = wordsOf(state);
  const { name, at, next, weekly = [], exceptions = [], enteredBy, learned } = vehicle;
  const lead = leadPanel({
    level: "normal",
    lead: at === null ? t`${name} is not here.` : t`${name} is at charger ${at.evse}.`,
    rest:
      next === null
        ? t`No departure is in its timetable.`
        : next.neededWh === null
          ? t`It leaves ${words.moment(next.leavesAtMs, state.atMs)}.`
          : t`It leaves ${words.moment(next.leavesAtMs, state.atMs)} and needs ${kWh(next.neededWh)}.`,
    sub: enteredBy
      ? t`Entered by ${enteredBy.by}, ${words.moment(enteredBy.atMs, state.atMs)}: “${enteredBy.reason}”.`
      : t`From the configuration.`,
    asideTitle: t`Learned of it`,
    aside: Object.entries(learned)
      .slice(0, 3)
      .map(
        ([what, fact]) =>
          [
            what,
            `${Math.round((fact?.value ?? 0) * 10) / 10}, ${words.moment(fact?.atMs ?? Number.NaN, state.atMs)}`,
          ] as const,
      ),
  });
  const may = roleAtLeast(session.role, "operator");
  const shownWeek = html`<p>${weekText(weekly)}</p>`;
  const week = !may
    ? shownWeek
    : html`<form method="post" action="/fleet/vehicle" class="form">${secret(session)}<input type="hidden" name="vehicleId" value="${id}"><input type="hidden" name="version" value="${version}"><input type="hidden" name="rows" value="${weekly.length + 1}">${[...weekly, null].map((row, i) => weekRow(row, i, routes))}${reasonField()}<div class="rowbtns end"><a class="btn" href="/fleet/vehicles">Leave as it is</a><button class="btn primary">Save the week</button></div></form>`;
  const list =
    exceptions.length === 0
      ? html`<p class="dim">No exceptions.</p>`
      : html`<ul class="links">${exceptions.map((one) => html`<li>${one.date}: ${one.leavesAt ? t`leaves ${one.leavesAt}` : t`stays`}${needText(one) === "" ? "" : `, ${needText(one)}`}${one.reason ? ` (${one.reason})` : ""}</li>`)}</ul>`;
  const exception = may
    ? html`<form method="post" action="/fleet/vehicle/exception" class="form">${secret(session)}<input type="hidden" name="vehicleId" value="${id}"><label class="f">Date<input type="text" name="date" pattern="\\d{4}-\\d{2}-\\d{2}" placeholder="2026-12-24" required></label><label class="f">Leaves (empty: stays)<input type="text" name="leavesAt" pattern="([01]?[0-9]|2[0-3]):[0-5][0-9]"></label><label class="f">Needs, %<input type="number" name="needPct" min="1" max="100"></label>${reasonField()}<div class="rowbtns end"><button class="btn">Add exception</button></div></form>`
    : "";
  return {
    place: "fleet",
    page: "/fleet/vehicles",
    title: name,
    body: html`${lead}${panel("c8", t`Every week`, week)}${panel("c4", t`Exceptions by date`, html`${list}${exception}`)}`,
  };
}

function weekRow(
  row: Weekly | null,
  i: number,
  routes: readonly { readonly id: string; readonly name?: string | undefined }[],
): Html {
  const days = row === null ? [] : row.days;
  return html`<fieldset class="week"><legend>${row === null ? t`Another departure` : t`Departure ${i + 1}`}</legend><div class="days">${weekdays.map((day) => html`<label><input type="checkbox" name="w${i}.${day}" value="1"${days.includes(day) ? raw(" checked") : ""}><span>${dayNames[day]}</span></label>`)}</div><div class="cols"><label class="f">Leaves<input type="text" name="w${i}.leavesAt" value="${row?.leavesAt ?? ""}" pattern="([01]?[0-9]|2[0-3]):[0-5][0-9]" inputmode="numeric"></label><label class="f">Back<input type="text" name="w${i}.backAt" value="${row?.backAt ?? ""}" pattern="([01]?[0-9]|2[0-3]):[0-5][0-9]" inputmode="numeric"></label><label class="f">Needs, %<input type="number" name="w${i}.needPct" value="${row?.needPct === undefined ? "" : String(row.needPct)}" min="1" max="100"></label><label class="f">Route<select name="w${i}.route"><option value="">none</option>${routes.map(({ id, name }) => html`<option value="${id}"${row?.route === id ? raw(" selected") : ""}>${name ?? id}</option>`)}</select></label></div></fieldset>`;
}

const cell = (form: Readonly<Record<string, string>>, i: number, name: string): string =>
  (form[`w${i}.${name}`] ?? "").trim();

/** The week as a form gave it; rows without a time are left out. */
export function weekOf(form: Readonly<Record<string, string>>): Record<string, unknown>[] {
  const rows = Math.min(28, Math.max(0, Number(form["rows"]) || 0));
  return Array.from({ length: rows }, (_, i) => i).flatMap((i) => {
    const leavesAt = cell(form, i, "leavesAt");
    const days = weekdays.filter((day) => form[`w${i}.${day}`] === "1");
    if (leavesAt === "" && days.length === 0) return [];
    const backAt = cell(form, i, "backAt");
    const route = cell(form, i, "route");
    const needPct = cell(form, i, "needPct");
    return [
      {
        days,
        leavesAt,
        ...(backAt !== "" && { backAt }),
        ...(route !== "" && { route }),
        ...(needPct !== "" && route === "" && { needPct: Number(needPct) }),
      },
    ];
  });
}

export function importPage(preview: Preview, session: Session): PlacePage {
  const { rows, effect, previewId, notes } = preview;
  const good = rows.filter(({ state }) => state !== "broken" && state !== "same").length;
  const lead = leadPanel({
    level: effect.broken > 0 ? "attention" : "normal",
    tag:
      effect.broken > 1
        ? t`${effect.broken} rows can't be taken`
        : effect.broken === 1
          ? t`One row can't be taken`
          : undefined,
    lead: t`Nothing has changed yet.`,
    rest: t`${effect.added} would be added, ${effect.changed} changed, ${effect.same} are the same.`,
    sub: notes.join(" ") || t`Nothing is removed by an import, and nothing is guessed.`,
  });
  const order = { broken: 0, changed: 1, new: 2, same: 3 } as const;
  const list = table(
    [{ name: t`Row` }, { name: t`What` }, { name: t`Comes to` }],
    [...rows]
      .sort((a, b) => order[a.state] - order[b.state] || a.n - b.n)
      .slice(0, 300)
      .map(({ n, state, what, sentence }) => ({
        cells: [
          String(n),
          what,
          state === "broken"
            ? html`<span class="st warn">${severityIcons.warning}<span>${sentence}</span></span>`
            : state,
        ],
        kind: state === "broken" ? "warnrow" : "",
      })),
    t`Rows of the import`,
  );
  const form =
    good > 0
      ? html`<form method="post" action="/fleet/import/take" class="form">${secret(session)}<input type="hidden" name="previewId" value="${previewId}">${reasonField()}<div class="rowbtns end"><a class="btn" href="/fleet/vehicles">Leave as it is</a><button class="btn primary">${good === 1 ? t`Take one row` : t`Take ${good} rows`}</button></div></form>`
      : html`<p class="dim">No row can be taken.</p><div class="rowbtns"><a class="btn" href="/fleet/vehicles">Back</a></div>`;
  return {
    place: "fleet",
    page: "/fleet/vehicles",
    title: t`Import`,
    body: html`${lead}${panel("c8", t`Rows, broken ones first`, list)}${panel("c4", t`Confirm`, form)}`,
  };
}

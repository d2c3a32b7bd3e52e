/** What the vehicles hold for an outage: hours of tier 1 now and by the plan, a warning that raises them, and what each vehicle counts for. */

import { hourMs } from "../../domain/units.ts";
import type { Session } from "../access/sessions.ts";
import { type ActionId, type ActionView, offers } from "../actions.ts";
import type { FleetPort } from "../fleet/fleet-port.ts";
import { t } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import type { SiteState } from "../state.ts";
import { hours, kW, kWh, type Words, wordsOf } from "../view/format.ts";
import { type Axis, hourLines, niceTop, stepPath } from "./charts.ts";
import { leadPanel, panel, percent, reasonField, secret, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type Outage = ReturnType<FleetPort["readiness"]>["outage"];

/** What the page's forms do. */
export const reserveActions = ["outageWarning", "reserve"] as const;

export function reservePage(
  state: SiteState,
  fleet: FleetPort,
  session: Session,
  supported: readonly ActionId[],
): PlacePage {
  const words = wordsOf(state);
  const { outage } = fleet.readiness();
  const { offered } = offers(state, session.role, supported);
  const action = (id: (typeof reserveActions)[number]): ActionView | undefined => offered.find((one) => one.id === id);
  return {
    place: "fleet",
    page: "/fleet/reserve",
    title: t`Reserve`,
    body: html`${lead(state, outage, words)}${panel("c8", t`Hours of tier 1 over the next day`, ahead(outage, words))}${panel("c4", t`What the hours rest on`, rests(state))}${panel("c4", t`A storm or a shutoff is expected`, warningForm(outage, outage.warning ? words.moment(outage.warning.untilMs, state.atMs) : "", action("outageWarning"), session))}${panel("c4", t`Reserve of every vehicle`, reserveForm(action("reserve"), session))}${panel("c12", t`Vehicles`, vehicleTable(state))}`,
  };
}

function lead(state: SiteState, { runwayH, wantedH, warning, ahead: coming, sentence }: Outage, words: Words): Html {
  const missing = wantedH !== null && runwayH !== null && runwayH < wantedH;
  const lowest = coming.reduce<(typeof coming)[number] | null>(
    (least, one) => (least === null || one.hours < least.hours ? one : least),
    null,
  );
  const aside: (readonly [string, string])[] = [];
  if (warning)
    aside.push([
      t`Until ${words.moment(warning.untilMs, state.atMs)}`,
      t`${warning.by}: “${warning.reason}”, ${hours(warning.hours)} of tier 1.`,
    ]);
  if (lowest) aside.push([t`At ${words.hm(lowest.fromMs)}`, t`The least of the next day: ${hours(lowest.hours)}.`]);
  return leadPanel({
    level: missing ? "attention" : "normal",
    tag: missing ? t`Less than is wanted` : undefined,
    lead:
      runwayH === null
        ? t`How long tier 1 could be fed is not known.`
        : t`Tier 1 for ${hours(runwayH)}, if the grid failed now.`,
    rest: runwayH === null ? "" : t`With the reserve of every vehicle kept.`,
    sub: t`${sentence} Departures come first; price and grid events after it.`,
    aside,
  });
}

function ahead({ ahead: coming, wantedH }: Outage, words: Words): Html {
  if (coming.length === 0) return html`<p class="dim">No plan says what the vehicles will hold.</p>`;
  const first = coming[0]!.fromMs;
  const axis: Axis = { fromMs: first, untilMs: first + coming.length * hourMs, left: 44, width: 646 };
  const values = coming.map((one) => one.hours);
  const top = niceTop(Math.max(1, wantedH ?? 0, ...values));
  const y = (value: number): number => 120 - (100 * value) / top;
  const wanted =
    wantedH === null
      ? ""
      : html`<path d="M44 ${y(wantedH)}H690" class="limitl"/><text x="686" y="${y(wantedH) - 4}" text-anchor="end">wanted, ${hours(wantedH)}</text>`;
  const twin = table(
    [{ name: t`From` }, { name: t`Tier 1, at the least`, num: true }],
    coming.map((one) => ({ cells: [words.hm(one.fromMs), hours(one.hours)] })),
    t`Hours of tier 1 by hour`,
  );
  return html`<div class="chart"><svg viewBox="0 0 700 148" role="img" aria-label="Hours of tier 1 that the vehicles hold above their reserves over the next day; the table has every value.">${hourLines(axis, words, 4, 10, 122, 140)}<text x="38" y="${y(top) + 4}" text-anchor="end">${top}${" h"}</text><text x="38" y="124" text-anchor="end">0</text><path d="M44 120H690" class="nowl"/>${wanted}<path d="${stepPath(values, first, hourMs, axis, y)}" class="l-veh"/></svg></div><p class="dim">By the plan, while vehicles come and go. Only those that can feed an island count.</p><details class="twin"><summary>Show as a table</summary>${twin}</details>`;
}

function rests({ tiers, island }: SiteState): Html {
  if (tiers.length === 0)
    return html`<p class="dim">No tiers are configured: there is nothing to feed in an outage.</p>`;
  return table(
    [{ name: t`What` }, { name: t`Takes`, num: true }, { name: t`Could be fed`, num: true }],
    [
      ...tiers.map(({ name, what, loadW, expectedW, runwayH }) => ({
        cells: [
          what === "" ? name : `${name}, ${what}`,
          loadW === null && expectedW === null ? t`not known` : kW(loadW ?? expectedW ?? 0),
          runwayH === null ? t`not known` : hours(runwayH),
        ],
      })),
      { cells: [t`Energy above the reserves`, kWh(island.energyAboveReserveWh), ""], kind: "sum" },
    ],
    t`Tiers and how long they could be fed`,
  );
}

/** The fields of an action as its form has them. */
const fields = ({ inputs }: ActionView): Html =>
  html`${inputs.map((input) =>
    input.kind === "choice"
      ? html`<label class="f">${input.label}<select name="${input.name}">${input.options.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>`
      : input.kind === "moment"
        ? html`<label class="f">${input.label}<input type="text" inputmode="numeric" name="${input.name}" value="${input.text}" pattern="([01]?[0-9]|2[0-3]):[0-5][0-9]" required></label>`
        : input.kind === "percent"
          ? html`<label class="f">${input.label}<input type="number" name="${input.name}" value="${input.valuePct}" min="${input.minPct}" max="${input.maxPct}" required></label>`
          : "",
  )}`;

const form = (action: ActionView | undefined, session: Session, intro: Html): Html =>
  action === undefined
    ? html`${intro}<p class="dim">${session.role === "viewer" ? t`A viewer may look. An operator may act.` : t`This can’t be changed now.`}</p>`
    : html`${intro}<form method="post" action="/fleet/reserve" class="form">${secret(session)}<input type="hidden" name="act" value="${action.id}">${fields(action)}${reasonField()}<div class="rowbtns end"><button class="btn primary">${action.verb}</button></div></form>`;

function warningForm({ warning }: Outage, until: string, action: ActionView | undefined, session: Session): Html {
  const stands = warning
    ? html`<p>${hours(warning.hours)} of tier 1 are wanted until ${until}. “None” takes the warning back.</p>`
    : html`<p class="dim">The vehicles are charged for it as soon as there is room, also when energy is dear.</p>`;
  return form(action, session, stands);
}

const reserveForm = (action: ActionView | undefined, session: Session): Html =>
  form(action, session, html`<p class="dim">No vehicle is discharged below it, with the grid or in an outage.</p>`);

function vehicleTable({ evses }: SiteState): Html {
  const here = evses.filter(({ connected }) => connected);
  if (here.length === 0) return html`<p class="dim">No vehicle is plugged in.</p>`;
  return table(
    [{ name: t`Vehicle` }, { name: t`Has`, num: true }, { name: t`Reserve`, num: true }, { name: t`In an outage` }],
    here.map(({ vehicle, evse, socPct, reservePct, canDischarge }) => ({
      cells: [
        html`<a href="/fleet/charger/${evse}">${vehicle ?? t`Charger ${evse}`}</a>`,
        percent(socPct),
        percent(reservePct),
        !canDischarge
          ? t`not counted: it can’t discharge now`
          : socPct === null
            ? t`not known`
            : socPct > reservePct
              ? t`gives ${percent(socPct - reservePct)} of its battery`
              : t`gives nothing until it is above its reserve`,
      ],
    })),
    t`What each vehicle counts for`,
  );
}

/** The frame of every page beside the overview: places, the pages of a place, one sentence first, health below. */
import type { Session } from "../access/sessions.ts";
import { type Label, label, phrase, t } from "../language/language.ts";
import { type Html, html, raw } from "../panels/html.ts";
import { logo, navIcons, severityIcons } from "../panels/icons.ts";
import { languageSwitch } from "../panels/language-switch.ts";
import { brand, health } from "../panels/panels.ts";
import { type Place, placeLinks } from "../panels/place-links.ts";
import type { Assets } from "../server/assets.ts";
import { head } from "../server/pages.ts";
import type { SiteState } from "../state.ts";
import { view } from "../view.ts";

/** Pages of a place: address and name. */
const pagesOf: Readonly<Record<Place, readonly (readonly [string, Label])[]>> = {
  overview: [],
  fleet: [
    ["/fleet", label("Ready board")],
    ["/fleet/vehicles", label("Vehicles and timetable")],
    ["/fleet/plan", label("Plan")],
    ["/fleet/grid-events", label("Grid events")],
    ["/fleet/reserve", label("Reserve")],
  ],
  history: [
    ["/history", label("Day")],
    ["/history/month", label("Month")],
  ],
  events: [],
  installation: [
    ["/installation", label("Commissioning")],
    ["/updates", label("Software")],
    ["/alerts", label("Alerts")],
  ],
};

/** What one page says. */
export interface PlacePage {
  readonly place: Place;
  /** Address of the page that is marked as present. */
  readonly page: string;
  readonly title: string;
  readonly body: Html;
}

/** What was just done, or refused. */
export interface Said {
  readonly done?: string;
  readonly refused?: string;
}

export function placePage(
  assets: Assets,
  state: SiteState | null,
  session: Session,
  page: PlacePage,
  said: Said,
): string {
  const shown = state && view(state, { role: session.role, supported: [] });
  const open = shown?.events.open ?? 0;
  const current = (address: string): Html => (address === page.page ? raw(' aria-current="page"') : raw(""));
  const pages = pagesOf[page.place];
  const sub =
    pages.length > 0
      ? html`<nav class="sub" aria-label="Pages"><div class="in">${pages.map(([address, name]) => html`<a href="${address}"${current(address)}>${name}</a>`)}</div></nav>`
      : "";
  const phone: readonly (readonly [string, string, Html])[] = [
    ["/", t`Now`, navIcons.overview],
    ["/fleet", t`Ready`, navIcons.chargers],
    ["/fleet/plan", t`Plan`, navIcons.day],
    ["/events", t`Events`, navIcons.events],
    ["/history", t`History`, navIcons.actions],
    ...(session.role === "installer" ? ([["/installation", t`Install`, navIcons.installation]] as const) : []),
  ];
  const account = session.demo ? phrase(session.role) : `${session.name}, ${phrase(session.role)}`;
  return html`${head(assets, `${page.title} · ${shown?.site.name ?? "Islet"}`, html`<script type="module" src="${assets.place}"></script>`)}<body class="place"><a class="skip" href="#main">Skip to content</a><header class="top"><div class="in"><div class="brandbox">${shown ? brand(shown) : html`<div class="brand">${logo}<span>Islet</span></div>`}</div><nav class="tabs" aria-label="Places">${placeLinks(page.place, open, session.role)}</nav><div class="who"><span class="livedot"><i aria-hidden="true"></i><span>As of <b>${shown?.time ?? "–"}</b></span></span><span class="whoami">Signed in: ${account}</span>${languageSwitch(session.csrf)}<button type="button" class="iconbtn" id="theme" data-light="${t`Light`}" data-dark="${t`Dark`}" aria-label="Switch between light and dark">Dark</button></div></div>${sub}</header><main id="main" tabindex="-1">${saidBox(said)}${page.body}</main><footer class="health" id="health" aria-label="Health">${shown ? health(shown) : ""}</footer><nav class="bnav" aria-label="Places on a phone">${phone.map(([address, name, icon]) => html`<a href="${address}"${current(address)}>${icon}${name}</a>`)}</nav></body></html>`
    .text;
}

function saidBox({ done, refused }: Said): Html {
  if (refused !== undefined)
    return html`<div class="refuse c12" role="alert">${severityIcons.critical}<span>${phrase(refused)}</span></div>`;
  return done === undefined ? html`` : html`<p class="said c12" role="status">${phrase(done)}</p>`;
}

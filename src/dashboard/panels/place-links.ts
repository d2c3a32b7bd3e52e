/** The places of the dashboard, for the header of every page. */
import { type AccountRole, roleAtLeast } from "../actions.ts";
import { type Label, label } from "../language/language.ts";
import { type Html, html, raw } from "./html.ts";

const places = ["overview", "fleet", "history", "events", "installation"] as const;
export type Place = (typeof places)[number];

const placeNames: Readonly<Record<Place, readonly [Label, string]>> = {
  overview: [label("Overview"), "/"],
  fleet: [label("Fleet"), "/fleet"],
  history: [label("History"), "/history"],
  events: [label("Events"), "/events"],
  installation: [label("Installation"), "/installation"],
};

/** Who is led to the installation's pages; the server judges each of them by itself. */
const seesInstallation = (role: AccountRole): boolean => roleAtLeast(role, "installer");

/** Links to the places; the overview's own sections stand below them there. */
export const placeLinks = (present: Place, open: number, role: AccountRole): Html =>
  html`${places
    .filter((place) => place !== "installation" || seesInstallation(role))
    .map((place) => {
      const [name, address] = placeNames[place];
      const count =
        place === "events" && open > 0
          ? html`<span class="count none">${open}<span class="sr"> not acknowledged</span></span>`
          : "";
      return html`<a href="${address}"${place === present ? raw(' aria-current="page"') : ""}>${name} ${count}</a>`;
    })}`;

/** Versions of the controller: which runs, which is kept, and a newer one installed by the installer once the site allows it. */
import type { Session } from "../access/sessions.ts";
import { roleAtLeast } from "../actions.ts";
import { t } from "../language/language.ts";
import { html } from "../panels/html.ts";
import type { UpdatesPort } from "../source.ts";
import type { SiteState } from "../state.ts";
import { momentAt } from "./moments.ts";
import { leadPanel, panel, secret, table } from "./parts.ts";
import type { PlacePage } from "./shell.ts";

type View = ReturnType<UpdatesPort["view"]>;

/** The sentence of each phase of an update. */
const leads: Readonly<Record<View["phase"], (view: View) => readonly [string, string]>> = {
  none: ({ running, onTrial, former }) => [
    t`Islet ${running} runs.`,
    onTrial
      ? t`It is on trial: unless it works within a minute of its start, ${former ?? t`the former one`} returns.`
      : "",
  ],
  fetching: ({ what, by }) => [t`${what} is being fetched.`, t`${by} has asked for it.`],
  waiting: ({ what, by, sentence }) => [t`${what} waits.`, t`${sentence} ${by} has asked for it.`],
  installing: ({ what }) => [t`${what} is being installed.`, t`It is verified, unpacked and tried out.`],
  restarting: ({ what }) => [t`${what} starts.`, t`The controller starts again; the page comes back by itself.`],
  failed: ({ what, sentence }) => [t`${what} was not installed.`, sentence],
};

export function updatesPage(view: View, session: Session): PlacePage {
  const { phase, unable, current, former, offered } = view;
  const [lead, rest] = unable === "" ? leads[phase](view) : [t`Islet ${view.running} runs.`, unable];
  const fromBackend =
    view.backendWaits === "" ? "" : t`A version that the backend has sent waits: ${view.backendWaits}.`;
  const may = roleAtLeast(session.role, "installer") && unable === "";
  const isBusy = phase !== "none" && phase !== "failed";
  const kept = table(
    [{ name: t`Version` }, { name: t`What it is` }],
    [
      ...(current === null ? [] : [{ cells: [current, view.onTrial ? t`runs, on trial` : t`used at each start`] }]),
      ...(former === null ? [] : [{ cells: [former, t`kept; the way back is islet update rollback`] }]),
    ],
    t`Versions on this machine`,
  );
  const fields = html`${secret(session)}<label class="f">Not before (the site’s time, today or tomorrow)<input name="notBefore" type="time"></label>`;
  const ways = html`${
    offered.length === 0
      ? html`<p class="dim">The folder “bundles” beside the versions holds no signed version.</p>`
      : html`<form method="post" action="/updates/install"><label class="f">From the folder “bundles”<select name="from">${offered.map((name) => html`<option>${name}</option>`)}</select></label>${fields}<button class="btn primary">Install it</button></form>`
  }<form method="post" action="/updates/install"><label class="f">Or from an address<input name="from" type="url" required maxlength="1000" placeholder="https://…/islet-linux-amd64.update"></label>${fields}<button class="btn">Fetch and install it</button></form><p class="dim small">Only a version that a trusted key has signed is unpacked. It is installed while the site neither discharges nor is an island, the controller starts again, and the former version returns unless the new one works.</p>`;
  const stop = html`<form method="post" action="/updates/cancel">${secret(session)}<button class="btn">Don’t install it</button></form>`;
  return {
    place: "installation",
    page: "/updates",
    title: t`Updates`,
    body: html`${leadPanel({
      level: phase === "failed" ? "attention" : "normal",
      tag: phase === "failed" ? t`Not installed` : undefined,
      lead,
      rest,
      sub: fromBackend,
    })}${unable === "" ? panel("c12", t`On this machine`, kept) : ""}${
      may && !isBusy ? panel("c12", t`Install a version`, ways) : ""
    }${may && (phase === "waiting" || phase === "fetching") ? panel("c12", t`It has not begun`, stop) : ""}`,
  };
}

/** The next moment of a time of day at the site, UTC ms; 0 where none is given, NaN where it is none or the site is not known. */
export function nextMoment(time: string, state: SiteState | null, nowMs: number): number {
  if (time === "") return 0;
  if (state === null || !/^\d\d:\d\d$/.test(time)) return Number.NaN;
  const { timeZone } = state.site;
  const dateOf = (atMs: number): string => new Intl.DateTimeFormat("en-CA", { timeZone }).format(atMs);
  const today = momentAt(dateOf(nowMs), time, timeZone);
  return today >= nowMs ? today : momentAt(dateOf(nowMs + 24 * 3_600_000), time, timeZone);
}

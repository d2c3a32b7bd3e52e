/** Whole pages as text: the dashboard with its first state already in it, signing in, first password, accounts. */
import { createHash } from "node:crypto";
import { rightSentences, rights } from "../../app/links/asks.table.ts";
import { type Accounts, passwordLengthMin } from "../access/accounts.ts";
import type { Session } from "../access/sessions.ts";
import { type AccountRole, type ActionId, roles } from "../actions.ts";
import { phrase, spoken, t } from "../language/language.ts";
import { type Html, html, raw } from "../panels/html.ts";
import { logo, severityIcons } from "../panels/icons.ts";
import { languageSwitch } from "../panels/language-switch.ts";
import { bottomBar, brand, health, mainContent, tabs } from "../panels/panels.ts";
import { placeLinks } from "../panels/place-links.ts";
import { firstUi } from "../panels/ui.ts";
import type { SiteState } from "../state.ts";
import { view, wordsNeeded } from "../view.ts";
import type { Assets } from "./assets.ts";

export const styleHash = (assets: Assets): string =>
  `sha256-${createHash("sha256").update(assets.style).digest("base64")}`;

export const head = (assets: Assets, title: string, more: Html = raw("")): Html =>
  html`<!doctype html><html lang="${spoken()}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"><meta name="color-scheme" content="light dark"><title>${title}</title><link rel="icon" href="/favicon.svg" type="image/svg+xml"><style>${raw(assets.style)}</style>${more}</head>`;

export const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22"><path d="M2 15c2.6 0 2.6-2 5.200-2s2.600 2 5.200 2 2.600-2 5.200-2c1 0 1.700.3 2.400.7" fill="none" stroke="#2c5f8f" stroke-width="2" stroke-linecap="round"/><circle cx="11" cy="6.500" r="3.500" fill="#2c5f8f"/></svg>';

/** What the page's script needs to know; data, not code. `<` is written so that it cannot end the element. */
const data = (value: unknown): Html => raw(JSON.stringify(value).replace(/</g, "\\u003c"));

/** The words of the reader's language, before what says them; English needs none. What the first picture needs comes early. */
const wordsScript = (assets: Assets, state: SiteState | null): Html => {
  const words = assets.words[spoken()];
  if (words === undefined) return html``;
  const early = state === null ? [] : wordsNeeded(state);
  return html`${early.map((part) => html`<link rel="modulepreload" href="${words[part]}">`)}<script type="module" src="${words.first}"></script>`;
};

export function dashboardPage(
  assets: Assets,
  state: SiteState | null,
  session: Session,
  supported: readonly ActionId[],
): string {
  const shown = state && view(state, { role: session.role, supported });
  const ui = firstUi(state?.evses.length ?? 0, shown?.why?.evse ?? 1);
  const scripts = html`${assets.modules.map((path) => html`<link rel="modulepreload" href="${path}">`)}${wordsScript(assets, state)}<script type="module" src="${assets.main}"></script>`;
  const demo = session.demo
    ? html`<aside class="demobar" aria-label="Demonstration"><div class="in"><span>Simulated site. Signed in by itself:</span><label><span class="sr">Role at this demonstration</span><select id="demorole">${roles.map((role) => html`<option value="${role}"${role === session.role ? raw(" selected") : ""}>${phrase(role)}</option>`)}</select></label></div></aside>`
    : "";
  const account = session.demo
    ? ""
    : html`<form method="post" action="/logout"><input type="hidden" name="csrf" value="${session.csrf}"><button class="iconbtn">Sign out</button></form>`;
  const accounts = session.demo
    ? ""
    : html`${session.role === "installer" ? html`<a href="/accounts">Accounts</a>` : ""}<a href="/password">Password</a>`;
  return html`${head(assets, shown?.title ?? "Islet", scripts)}<body><a class="skip" href="#main">Skip to content</a>${demo}<header class="top"><div class="in"><div class="brandbox" id="brand">${shown ? brand(shown) : html`<div class="brand">${logo}<span>Islet</span></div>`}</div><nav class="tabs" aria-label="Places">${placeLinks("overview", 0, session.role)}</nav><div class="who"><span class="livedot"><i aria-hidden="true"></i><span id="live">Live <b id="clock">${shown?.time ?? "–"}</b></span><span id="livetext" hidden></span></span><span class="whoami">Signed in: ${session.demo ? phrase(session.role) : `${session.name}, ${phrase(session.role)}`}</span>${accounts}${languageSwitch(session.csrf)}<button type="button" class="iconbtn" id="theme" aria-label="Switch between light and dark">Dark</button>${account}</div></div><nav class="sub" aria-label="Sections"><div class="in" id="tabs">${shown ? tabs(shown) : ""}</div></nav></header><aside class="stalebar" id="stalebar" aria-label="Connection" hidden>${severityIcons.warning}<span id="staletext"></span></aside><main id="main" tabindex="-1">${
    shown
      ? mainContent(shown, ui)
      : html`<section class="panel c12 mode order-mode" id="overview" data-key="overview" data-level="attention" aria-label="Mode"><div><h1>No data yet. The controller has not answered.</h1></div></section>`
  }</main><footer class="health" id="health" aria-label="Health">${shown ? health(shown) : ""}</footer><nav class="bnav" id="bnav" aria-label="Sections on a phone">${shown ? bottomBar(shown) : ""}</nav><div class="toast" id="toast" role="status" aria-live="polite"></div><div class="sr" id="announce" aria-live="polite"></div><div class="sr" id="alert" role="alert"></div><dialog id="dlg" aria-labelledby="dlgh"></dialog><noscript><div class="plain"><p>This page needs JavaScript to stay live. What it shows is the site when it was loaded.</p></div></noscript><script type="application/json" id="session" data-chart="${assets.chart}" data-events="${assets.words[spoken()]?.events ?? ""}" data-faults="${assets.words[spoken()]?.faults ?? ""}">${data({ role: session.role, csrf: session.csrf, supported })}</script></body></html>`
    .text;
}

/** A page of forms and tables, without the live site. */
export const plainPage = (assets: Assets, title: string, body: Html, wide = false, csrf = ""): string =>
  html`${head(assets, `${title} · Islet`)}<body><main class="plain${wide ? " wide" : ""}" id="main"><section class="panel"><div class="brandrow"><div class="brand">${logo}<span>Islet</span></div>${languageSwitch(csrf)}</div>${body}</section></main></body></html>`
    .text;

export const refusal = (sentence: string | null): Html =>
  sentence ? html`<div class="refuse" role="alert">${severityIcons.critical}<span>${sentence}</span></div>` : html``;

export const signInPage = (assets: Assets, refused: string | null, name = ""): string =>
  plainPage(
    assets,
    t`Sign in`,
    html`<h1>Sign in</h1>${refusal(refused)}<form method="post" action="/login"><label class="f">Name<input name="name" value="${name}" autocomplete="username" required maxlength="40" autofocus></label><label class="f">Password<input name="password" type="password" autocomplete="current-password" required maxlength="200"></label><button class="btn primary">Sign in</button></form>`,
  );

/** After the password: the code of the second factor. */
export const codePage = (assets: Assets, ticket: string, refused: string | null): string =>
  plainPage(
    assets,
    t`Sign in`,
    html`<h1>Second factor</h1>${refusal(refused)}<form method="post" action="/login/code"><input type="hidden" name="ticket" value="${ticket}"><label class="f">Code of your authenticator, or one on paper<input name="code" autocomplete="one-time-code" required maxlength="20" autofocus></label><button class="btn primary">Sign in</button></form>`,
  );

export const setupPage = (assets: Assets, refused: string | null): string =>
  plainPage(
    assets,
    t`First start`,
    html`<h1>Set the installer’s password</h1><p class="dim">No installer has an account yet. The code was printed where the controller was started.</p>${refusal(refused)}<form method="post" action="/setup"><label class="f">Code<input name="code" autocomplete="one-time-code" required maxlength="20"></label><label class="f">Name<input name="name" value="installer" autocomplete="username" required maxlength="40"></label><label class="f">Password, at least 10 characters<input name="password" type="password" autocomplete="new-password" required minlength="10" maxlength="200"></label><label class="f">The same again<input name="again" type="password" autocomplete="new-password" required maxlength="200"></label><button class="btn primary">Set the password</button></form>`,
  );

export const ownPasswordPage = (
  assets: Assets,
  session: Session,
  said: { readonly refused?: string; readonly done?: string },
): string =>
  plainPage(
    assets,
    t`Your password`,
    html`<h1>Change your password</h1><p><a href="/">Back to the site</a></p>${refusal(said.refused ?? null)}${
      said.done ? html`<p role="status">${said.done}</p>` : ""
    }<form method="post" action="/password"><input type="hidden" name="csrf" value="${session.csrf}"><input type="hidden" name="name" value="${session.name}" autocomplete="username"><label class="f">Present password<input name="now" type="password" autocomplete="current-password" required maxlength="200"></label><label class="f">New password, at least ${passwordLengthMin} characters, best several words<input name="password" type="password" autocomplete="new-password" required minlength="${passwordLengthMin}" maxlength="200"></label><label class="f">The same again<input name="again" type="password" autocomplete="new-password" required maxlength="200"></label><button class="btn primary">Change my password</button></form><p class="dim small">Every other session of yours ends.</p><p><a href="/second-factor">Second factor</a> · <a href="/sessions">Sessions</a></p>`,
    false,
    session.csrf,
  );

/** An invitation as the installer passes it on. */
export interface Invited {
  readonly name: string;
  readonly address: string;
  readonly untilMs: number;
}

/** An invited person's first page: the own password. */
export const invitePage = (
  assets: Assets,
  code: string,
  { name, role }: { readonly name: string; readonly role: AccountRole },
  refused: string | null,
): string =>
  plainPage(
    assets,
    t`Invitation`,
    html`<h1>Choose your password</h1><p>You are invited as ${name}, ${phrase(role)}.</p>${refusal(refused)}<form method="post" action="/invite"><input type="hidden" name="code" value="${code}"><input type="hidden" name="name" value="${name}" autocomplete="username"><label class="f">Password, at least ${passwordLengthMin} characters, best several words<input name="password" type="password" autocomplete="new-password" required minlength="${passwordLengthMin}" maxlength="200" autofocus></label><label class="f">The same again<input name="again" type="password" autocomplete="new-password" required minlength="${passwordLengthMin}" maxlength="200"></label><button class="btn primary">Set the password</button></form>`,
  );

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** The form that invites, and who has not come yet. */
function inviting(csrf: Html, accounts: Accounts, options: readonly Html[], made: Invited | undefined): Html {
  const shown =
    made === undefined
      ? ""
      : html`<div role="status"><p>Send this address to ${made.name}; it works once, until ${new Date(made.untilMs).toISOString().slice(0, 16).replace("T", " ")} UTC, and is shown only now:</p><p><code>${made.address}</code></p></div>`;
  const waiting = accounts
    .invitations()
    .map(
      ({ name, role, untilMs }) =>
        html`<li>${name}, ${phrase(role)}, until ${dayOf(untilMs)} <form method="post" action="/accounts/uninvite" class="inline">${csrf}<input type="hidden" name="name" value="${name}"><button class="btn" aria-label="Take back the invitation of ${name}">Take back</button></form></li>`,
    );
  return html`<h2>Invite a person</h2>${shown}<form method="post" action="/accounts/invite">${csrf}<label class="f">Name<input name="name" required maxlength="40" autocomplete="off"></label><label class="f">Role<select name="role">${options}</select></label><button class="btn primary">Invite</button></form><p class="dim small">The person opens the address and chooses the password; nobody else knows it.</p>${waiting.length === 0 ? "" : html`<h3>Not come yet</h3><ul>${waiting}</ul>`}`;
}

export function accountsPage(
  assets: Assets,
  session: Session,
  accounts: Accounts,
  said: { readonly refused?: string; readonly token?: string; readonly owed?: string; readonly invitation?: Invited },
): string {
  const csrf = html`<input type="hidden" name="csrf" value="${session.csrf}">`;
  const option = (role: AccountRole): Html => html`<option value="${role}">${phrase(role)}</option>`;
  return plainPage(
    assets,
    t`Accounts`,
    html`<h1>Accounts</h1><p><a href="/">Back to the site</a> · <a href="/sessions">Sessions</a> · <a href="/updates">Updates</a></p>${refusal(said.refused ?? said.owed ?? null)}${
      said.token ? html`<p role="status">The new token, shown only now: <code>${said.token}</code></p>` : ""
    }<h2>People</h2><div class="scroll"><table><thead><tr><th>Name</th><th>Role</th><th>Password set</th><th>Second factor</th><th><span class="sr">Remove</span></th></tr></thead><tbody>${accounts.list().map((account) => html`<tr><td>${account.name}</td><td>${phrase(account.role)}</td><td>${dayOf(account.setAtMs)}</td><td>${account.hasSecondFactor ? html`<form method="post" action="/accounts/factor-off">${csrf}<input type="hidden" name="name" value="${account.name}"><button class="btn" aria-label="Turn off the second factor of ${account.name}">Turn off</button></form>` : t`off`}</td><td><form method="post" action="/accounts/remove">${csrf}<input type="hidden" name="name" value="${account.name}"><button class="btn" aria-label="Remove ${account.name}">Remove</button></form></td></tr>`)}</tbody></table></div>${inviting(csrf, accounts, roles.map(option), said.invitation)}<h2>Add a person, or set a password</h2><form method="post" action="/accounts/set">${csrf}<label class="f">Name<input name="name" required maxlength="40" autocomplete="off"></label><label class="f">Role<select name="role">${roles.map(option)}</select></label><label class="f">Password, at least 10 characters<input name="password" type="password" required minlength="10" maxlength="200" autocomplete="new-password"></label><button class="btn primary">Save</button></form><h2>Tokens</h2><p class="dim small">For metrics and the API: sent as “Authorization: Bearer …”. Every token reads; what else it may, it is given when it is made.</p><table><thead><tr><th>Name</th><th>May</th><th>Made</th><th><span class="sr">Remove</span></th></tr></thead><tbody>${accounts.tokens().map((token) => html`<tr><td>${token.name}</td><td>${["read", ...token.rights].map(phrase).join(", ")}</td><td>${dayOf(token.madeAtMs)}</td><td><form method="post" action="/tokens/remove">${csrf}<input type="hidden" name="id" value="${token.id}"><button class="btn" aria-label="Remove the token ${token.name}">Remove</button></form></td></tr>`)}</tbody></table><form method="post" action="/tokens/make">${csrf}<label class="f">Name of the token<input name="name" required maxlength="40" autocomplete="off"></label>${rights.map((right) => html`<p><label><input type="checkbox" name="right-${right}" value="1"> ${phrase(rightSentences[right])}</label></p>`)}<button class="btn">Make a token</button></form>`,
    true,
    session.csrf,
  );
}

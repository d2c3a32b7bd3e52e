/** Parts that the pages of all places share: the first sentence, figures, tables, bars, forms. */
import type { Session } from "../access/sessions.ts";
import { grouped, label, money as localMoney, t } from "../language/language.ts";
import { type Html, html, type Part, raw } from "../panels/html.ts";
import { severityIcons } from "../panels/icons.ts";
import { nb } from "../view/format.ts";

/** The sentence that could be read out by telephone, what follows from it, and what would change it. */
export interface Lead {
  readonly level: "normal" | "attention" | "critical";
  readonly tag?: string | undefined;
  readonly lead: string;
  readonly rest: string;
  readonly sub: string;
  readonly asideTitle?: string;
  readonly aside?: readonly (readonly [string, string])[];
}

export function leadPanel({ level, tag, lead, rest, sub, asideTitle, aside = [] }: Lead): Html {
  const mark =
    level === "normal" || tag === undefined ? "" : html`<p class="tag warn">${severityIcons.warning}${tag}</p>`;
  const next =
    aside.length > 0
      ? html`<div class="next"><h2>${asideTitle ?? t`What would change this`}</h2><ul>${aside.map(([when, what]) => html`<li><b>${when}</b><span>${what}</span></li>`)}</ul></div>`
      : "";
  return html`<section class="panel c12 mode lead" data-key="lead" data-level="${level}" aria-label="In short"><div>${mark}<h1><span class="lead">${lead}</span> <span class="rest">${rest}</span></h1><p class="sub">${sub}</p></div>${next}</section>`;
}

export const panel = (width: string, title: string, body: Html, end: Part = ""): Html =>
  html`<section class="panel ${width}" data-key="${title}" aria-label="${title}"><header><h2>${title}</h2>${end === "" ? "" : html`<div class="end">${end}</div>`}</header><div class="body">${body}</div></section>`;

/** One number, what it is, against what. */
export const figures = (items: readonly (readonly [string, string, string])[]): Html =>
  html`<div class="figs">${items.map(([what, value, beside]) => html`<div><span class="k">${what}</span><b>${value}</b><small>${beside}</small></div>`)}</div>`;

export interface Column {
  readonly name: string;
  readonly num?: boolean;
}
/** The first cell is the row's heading; on a phone each row is a card. */
export function table(
  columns: readonly Column[],
  rows: readonly { readonly cells: readonly Part[]; readonly kind?: string | undefined }[],
  caption: string,
): Html {
  return html`<table class="tb"><caption class="sr">${caption}</caption><thead><tr>${columns.map(({ name, num }) => html`<th scope="col"${num ? raw(' class="num"') : ""}>${name}</th>`)}</tr></thead><tbody>${rows.map(
    ({ cells, kind }) =>
      html`<tr${kind ? raw(` class="${kind}"`) : ""}>${cells.map((cell, i) =>
        i === 0
          ? html`<th scope="row">${cell}</th>`
          : html`<td data-l="${columns[i]?.name ?? ""}"${columns[i]?.num ? raw(' class="num"') : ""}>${cell}</td>`,
      )}</tr>`,
  )}</tbody></table>`;
}

/** State of charge now, at departure, what is missing; a line for the reserve, a flag for the target. Percent. */
export function chargeBar(
  now: number | null,
  forecast: number | null,
  reserve: number | null,
  target: number | null,
): Html {
  const at = (value: number): number => Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;
  const shown = now === null ? 0 : at(now);
  const until = forecast === null ? shown : Math.max(shown, at(forecast));
  const short = target !== null && forecast !== null && forecast < target - 0.5;
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect x="0" y="2" width="100" height="6" class="track-bg"/>${now === null ? "" : html`<rect x="0" y="2" width="${shown}" height="6" class="g-ch"/>`}<rect x="${shown}" y="2" width="${Math.max(0, until - shown)}" height="6" class="fore"/>${short ? html`<rect x="${until}" y="2" width="${Math.max(0, at(target) - until)}" height="6" class="short"/>` : ""}${reserve === null ? "" : html`<path d="M${at(reserve)} 0v10" class="nowl"/>`}${target === null ? "" : html`<path d="M${at(target)} 0v10" class="foreline"/>`}</svg>`;
}

export const secret = (session: Session): Html => html`<input type="hidden" name="csrf" value="${session.csrf}">`;

/** Reasons that are usual; one is chosen beforehand, so that nobody has to write at a fault. */
const reasons = [
  label("Operations"),
  label("Work at the charger"),
  label("Fault or damage seen"),
  label("The timetable has changed"),
] as const;
export const reasonField = (): Html =>
  html`<label class="f">Reason<select name="reason">${reasons.map((reason) => html`<option>${reason}</option>`)}</select></label>`;

export const percent = (value: number | null): string => (value === null ? "–" : `${Math.round(value)}${nb}%`);

/** Thousands with commas; energy in kWh, from 10,000 kWh on in MWh. */
export function energy(wh: number): string {
  const kWh = wh / 1_000;
  if (Math.abs(kWh) >= 10_000) return `${grouped(kWh / 1_000, 1)}${nb}MWh`;
  return `${grouped(kWh, Math.abs(kWh) < 10 ? 1 : 0)}${nb}kWh`;
}

/** An amount in the tariff's currency; "not known" without one. */
export function money(amount: number | null, currency: string | null): string {
  if (amount === null || currency === null) return t`not known`;
  return localMoney(amount, currency);
}

/** What was saved or lost, with what it is compared to. */
export const savedText = (amount: number, currency: string | null): string =>
  amount >= 0 ? t`${money(amount, currency)} saved` : t`${money(-amount, currency)} more`;

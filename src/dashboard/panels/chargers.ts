/** Chargers as rows and tiles, and the why of one of them. */

import { t } from "../language/language.ts";
import { type ChargerView, groupNames, groups, type PlanView, type SocView } from "../view/chargers.ts";
import type { WhyView } from "../view/why.ts";
import type { View } from "../view.ts";
import { type Html, html, raw } from "./html.ts";
import { severityIcons } from "./icons.ts";
import type { Ui } from "./ui.ts";

/** How many chargers a phone lists before it asks. */
const phoneRows = 6;

function socBar(soc: SocView, width = 150): Html {
  const x = (part: number): number => (part / 100) * (width - 2) + 1;
  const target = soc.targetPct;
  return html`<svg class="socbar" viewBox="0 0 ${width} 22" width="100%" height="22" preserveAspectRatio="none" role="img" aria-label="${soc.label}"><rect x="1" y="7" width="${width - 2}" height="9" rx="2" class="track"/><rect x="1.5" y="7.5" width="${Math.max(0, x(soc.pct) - 1.5)}" height="8" rx="1.5" class="f-data"/><path d="M${x(soc.reservePct)} 3V20" class="reserve"/>${target === null ? "" : html`<path d="M${x(target) - 5} 0h10l-5 6.5z" class="f-ink"/><path d="M${x(target)} 6V16" class="target"/>`}</svg>`;
}

function planBars(plan: PlanView | null, none: string): Html {
  if (!plan || plan.bars.length === 0) return html`<span class="faint">${none}</span>`;
  const [width, height] = [96, 26];
  const middle = height / 2;
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${plan.label}">${plan.bars.map(
    (bar) => {
      const size = Math.abs(bar.height) * (middle - 2);
      return html`<rect x="${bar.from * width}" width="${(bar.to - bar.from) * width}" y="${bar.height > 0 ? middle - size : middle}" height="${size}" class="plan"/>`;
    },
  )}<path d="M0 ${middle}H${width}" class="axis"/></svg>`;
}

const arrows = {
  charging: "M3 8h9M9 5l3.5 3L9 11",
  discharging: "M13 8H4M7 5 3.5 8 7 11",
  idle: "M5 8h6",
  unknown: "M6 6.500a2 2 0 1 1 2.600 1.900Q8 8.700 8 9.600M8 12v.2",
} as const;

function mark(charger: ChargerView): Html {
  if (charger.mark === "warn") return severityIcons.warning;
  if (charger.mark === "off") return severityIcons.notice;
  return raw(
    `<svg class="ic" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="${arrows[charger.mark]}"/></svg>`,
  );
}

const rank = (charger: ChargerView): number =>
  charger.group === "attention" ? 0 : charger.power !== "" ? 1 : charger.vehicle !== null ? 2 : 3;

export function chargersPanel(view: View, ui: Ui): Html {
  const counts = new Map<string, number>();
  for (const charger of view.chargers) counts.set(charger.group, (counts.get(charger.group) ?? 0) + 1);
  const filter = ui.filter === "all" || (counts.get(ui.filter) ?? 0) > 0 ? ui.filter : "all";
  const chip = (id: string, name: string, count: number): Html =>
    html`<button type="button" class="chip" data-key="chip-${id}" data-filter="${id}" aria-pressed="${String(filter === id)}">${id === "attention" ? html`<span aria-hidden="true">▲ </span>` : ""}${name}<span class="n">${count}</span></button>`;
  const chips = [
    chip("all", t`All`, view.chargers.length),
    ...groups
      .filter((group) => counts.get(group))
      .map((group) => chip(group, String(groupNames[group]), counts.get(group) ?? 0)),
  ];
  const listed = filter === "all" ? view.chargers : view.chargers.filter((charger) => charger.group === filter);
  const body = ui.list === "tiles" ? tiles(listed, ui) : rows(listed, view, ui);
  const kind = (id: "rows" | "tiles", name: string): Html =>
    html`<button type="button" class="chip" data-key="list-${id}" data-list="${id}" aria-pressed="${String(ui.list === id)}">${name}</button>`;
  return html`<header><h2>Chargers</h2><div class="chips" role="group" aria-label="Show">${chips}</div><div class="end">${kind("rows", t`Rows`)}${kind("tiles", t`Tiles`)}</div></header><div class="body">${body}<p class="legend"><span><svg width="8" height="14" aria-hidden="true"><path d="M4 0v14" class="reserve"/></svg>reserve</span><span><svg width="12" height="10" aria-hidden="true"><path d="M1 1h10L6 8z" class="f-ink"/></svg>target at departure</span>${ui.list === "rows" && !ui.phone ? html`<span>Plan: charging above the line, discharging below</span>` : ""}</p></div>`;
}

function rows(listed: readonly ChargerView[], view: View, ui: Ui): Html {
  const short = ui.phone && !ui.all && listed.length > phoneRows + 1;
  const shown = short ? [...listed].sort((a, b) => rank(a) - rank(b) || a.evse - b.evse).slice(0, phoneRows) : listed;
  return html`<table class="ch"><thead><tr><th class="w-id">Charger</th><th class="w-veh">Vehicle</th><th class="w-state">Doing now</th><th class="w-soc">State of charge</th><th class="w-dep">Leaves</th><th class="w-plan">Plan, next 14 h</th><th>Because</th></tr></thead><tbody>${shown.map((charger) => row(charger, view, ui))}</tbody></table>${
    listed.length === 0 ? html`<p class="dim">No charger is in this group.</p>` : ""
  }${short ? html`<button type="button" class="btn all" data-all="1">Show all ${listed.length} chargers</button>` : ""}`;
}

function row(charger: ChargerView, view: View, ui: Ui): Html {
  const { evse } = charger;
  const open = ui.phone && ui.opened === evse;
  const selected = ui.phone ? open : view.why?.evse === evse;
  const empty = charger.group === "empty";
  const main = html`<tr class="${empty ? "empty" : charger.mark === "unknown" ? "has old" : "has"}" data-key="row-${evse}" data-row="${evse}"${selected ? html` aria-selected="true"` : ""}><td class="k-id"><button type="button" class="rowbtn" data-sel="${evse}" aria-expanded="${String(selected)}"><span class="${ui.phone ? "" : "sr"}">Charger </span>${evse}</button></td><td class="k-veh">${charger.vehicle ?? "–"}</td><td class="k-state"><span class="state">${empty ? "" : mark(charger)}<span>${charger.doing}</span>${charger.power ? html` <b class="nb">${charger.power}</b>` : ""}</span></td><td class="k-soc">${charger.soc ? html`<div class="soc"><b>${charger.soc.text}</b>${socBar(charger.soc)}</div>` : ""}</td><td class="k-dep">${charger.leaves ? `${ui.phone ? t`leaves ${charger.leaves}` : charger.leaves}` : ""}</td><td class="k-plan">${charger.plan ? planBars(charger.plan, t`No plan`) : ""}</td><td class="k-why">${empty ? html`<span class="faint">No vehicle</span>` : html`<span class="bind" title="${charger.because}">${charger.because}</span>`}</td></tr>`;
  return open && view.why
    ? html`${main}<tr class="detailrow" data-key="detail-${evse}"><td colspan="7">${whyPanel(view, view.why, ui)}</td></tr>`
    : main;
}

function tiles(listed: readonly ChargerView[], ui: Ui): Html {
  return html`<div class="tiles">${listed.map(
    (charger) =>
      html`<button type="button" class="tile ${charger.mark === "warn" ? "warn" : charger.mark === "unknown" ? "old" : "plain"}" data-key="tile-${charger.evse}" data-sel="${charger.evse}" aria-pressed="${String(ui.selected === charger.evse)}"><span class="a"><span><span class="sr">Charger </span>${charger.evse}${charger.vehicle ? ` · ${charger.vehicle}` : ""}</span><span>${charger.soc?.text ?? ""}</span></span><span class="b">${charger.group === "empty" ? "" : mark(charger)}${charger.power ? html`<span class="sr">${charger.doing} </span>${charger.power}` : charger.doing}</span>${charger.soc ? socBar(charger.soc, 100) : ""}</button>`,
  )}</div>`;
}

const track = (fraction: number | null, setpoint: number): Html =>
  fraction === null
    ? html``
    : html`<svg class="trk" viewBox="0 0 100 6" width="100%" height="6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" rx="1" class="track-bg"/><rect width="${fraction * 100}" height="6" class="track-fill"/><rect x="${Math.min(98.8, Math.max(0, setpoint * 100 - 0.6))}" width="1.2" height="6" class="f-ink"/></svg>`;

/** What can be done with this one charger, each through the same dialog as for all of them. */
const ownActions = ["stop", "pause", "resume", "departure", "clearDeparture"] as const;
function chargerActions(view: View, evse: number, ui: Ui): Html {
  if (ui.stale) return html``;
  const offered = view.actions.offered.filter(
    ({ id, inputs }) =>
      (ownActions as readonly string[]).includes(id) &&
      inputs.some((input) => input.kind === "choice" && input.options.some(([value]) => value === String(evse))),
  );
  if (offered.length === 0) return html``;
  return html`<div class="rowacts">${offered.map(({ id, verb }) => html`<button type="button" class="btn" data-key="own-${id}-${evse}" data-act="${id}" data-evse="${evse}" aria-label="${verb}: charger ${evse}">${verb}</button>`)}</div>`;
}

export function whyPanel(view: View, why: WhyView, ui: Ui): Html {
  if (!why.connected)
    return html`<header><h2>${why.title}</h2></header><div class="body"><p class="dim">${why.because}</p>${chargerActions(view, why.evse, ui)}</div>`;
  return html`<header><h2>${why.title}</h2><div class="end">Measured now</div></header><div class="body"><p class="big">${why.big}</p><p class="dim gap">${why.because}</p>${chargerActions(view, why.evse, ui)}${
    why.callout
      ? html`<div class="callout">${why.callout.warn ? severityIcons.warning : severityIcons.record}<span>${why.callout.text}</span></div>`
      : ""
  }${why.soc ? html`<div class="soc tall"><b>${why.soc.text}</b>${socBar(why.soc, 300)}</div>` : ""}<dl class="dt">${why.facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl><h3 class="lbl-h">${why.heading}</h3><ol class="chain"><li class="start"><span class="pt"></span><b>${why.request}</b><span class="v"></span><small>${why.requestSource}</small></li>${why.chain.map(
    (link) =>
      html`<li class="${link.binds ? "bindrow" : "link"}"><span class="pt"></span><b>${link.name}</b><span class="v">${link.bound}</span><small>${link.source}</small><span class="hd">${link.distance}</span>${track(link.fraction, why.setpointFraction)}</li>`,
  )}<li class="end"><span class="pt"></span><b>Setpoint</b><span class="v">${why.setpoint}</span><small>${why.lease}</small></li></ol></div>`;
}

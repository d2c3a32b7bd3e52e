/** Every panel of the page as HTML, by the id of its place. Pure: used on the gateway for the first paint and in the browser after it. */

import { label, phrase, t } from "../language/language.ts";
import type { EventView } from "../view/events.ts";
import { needsMax } from "../view/events.ts";
import { capital } from "../view/format.ts";
import type { View } from "../view.ts";
import { chargersPanel, whyPanel } from "./chargers.ts";
import { diagramPhone, diagramWide } from "./diagram.ts";
import { type Html, html, raw } from "./html.ts";
import { actionIcons, goIcon, logo, modeGlyph, navIcons, okIcon, severityIcons } from "./icons.ts";
import type { Ui } from "./ui.ts";

const levelWord = { normal: "", attention: "warn", critical: "crit" } as const;
const severityClass = { critical: "crit", warning: "warn", notice: "note", record: "info" } as const;

function modePanel(view: View): Html {
  const { mode } = view;
  const tag = mode.tag
    ? html`<p class="tag ${levelWord[mode.level]}">${mode.level === "critical" ? severityIcons.critical : severityIcons.warning}${mode.tag}</p>`
    : "";
  const wait = mode.wait;
  const glyph =
    mode.glyph === "wait"
      ? html`<svg class="glyph" viewBox="0 0 76 76" aria-hidden="true"><circle cx="38" cy="38" r="33" class="ring"/><circle cx="38" cy="38" r="33" pathLength="100" class="ring done" stroke-dasharray="${Math.round((wait?.fraction ?? 0) * 1000) / 10} 100" transform="rotate(-90 38 38)"/><text x="38" y="44" text-anchor="middle" class="ringt">${wait?.leftText ?? ""}</text></svg>`
      : modeGlyph(mode.glyph);
  return html`${glyph}<div>${tag}<h1><span class="lead">${mode.lead}</span> <span class="rest">${mode.rest}</span></h1>${
    wait
      ? html`<div class="wait"><div class="bar" role="progressbar" aria-label="${wait.label}" aria-valuemin="0" aria-valuemax="${wait.totalS}" aria-valuenow="${wait.doneS}"><svg viewBox="0 0 100 8" width="100%" height="8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" class="track-bg"/><rect width="${wait.fraction * 100}" height="8" class="f-ink"/></svg></div><div class="cap"><span>${wait.endsText}</span><span>${wait.ofText}</span></div></div>`
      : ""
  }<p class="sub">${mode.sub}</p></div><div class="next"><h2>What would change this</h2><ul>${mode.next.map((next) => html`<li><b>${next.when}</b><span>${next.what}</span></li>`)}</ul></div>`;
}

function sitePanel(view: View): Html {
  return html`<header><h2>Site</h2><div class="legend"><span><svg width="22" height="8" aria-hidden="true"><path d="M0 4h22" class="wire w3"/></svg>live</span><span><svg width="22" height="8" aria-hidden="true"><path d="M0 4h22" class="wire dead w2"/></svg>no voltage</span><span><svg width="22" height="8" aria-hidden="true"><path d="M2 4h20" class="wire unknown w2"/></svg>not known</span><span><svg width="12" height="12" aria-hidden="true"><path d="M2 1l8 5-8 5z" class="f-live"/></svg>power flows this way</span></div></header><div class="body">${diagramWide(view)}${diagramPhone(view)}</div>`;
}

function needsPanel(view: View): Html {
  const { needs } = view.events;
  return html`<header><h2>Needs you</h2><div class="end">${needs.length > 0 ? html`<a href="#events">All events</a>` : ""}</div></header><div class="body">${
    needs.length > 0
      ? html`<ul class="mini">${needs.slice(0, needsMax).map((need) => html`<li data-key="need-${need.id}">${severityIcons[need.severity]}<div><p><span class="sr">${need.severityName}: </span>${need.sentence}</p><small>${need.todo}</small></div><small class="nb">${need.shortTime}</small></li>`)}</ul>`
      : html`<p class="calm">${okIcon}<span>Nothing needs you.</span></p>`
  }</div>`;
}

function stepsPanel(view: View): Html {
  const steps = view.steps;
  if (!steps) return html``;
  return html`<header>${severityIcons.critical}<h2>What to do now</h2></header><div class="body"><p class="todo-lead">${steps.lead}</p><ol class="steps">${steps.steps.map(([what, why]) => html`<li><div><b>${what}</b><span>${why}</span></div></li>`)}</ol></div>`;
}

function actionsPanel(view: View, ui: Ui): Html {
  const { offered, notOffered, none } = view.actions;
  const list = ui.stale ? [] : offered;
  const role = capital(phrase(view.role));
  return html`<header><h2>Actions</h2><div class="end">${role}</div></header><div class="body">${
    list.length > 0
      ? html`<div class="acts">${list.map((action) => html`<button type="button" data-key="act-${action.id}" data-act="${action.id}">${actionIcons[action.id]}<span><b>${action.label}</b><small>${action.detail}</small></span>${goIcon}</button>`)}</div>`
      : html`<p class="dim">${ui.stale ? t`No actions while the data are old.` : (none ?? t`Nothing can be done now.`)}</p>`
  }${
    notOffered.length > 0
      ? html`<details class="why"><summary>Not offered now: ${notOffered.length}, and why</summary><ul>${notOffered.map((item) => html`<li><b>${item.label}.</b> ${item.because}</li>`)}</ul></details>`
      : ""
  }</div>`;
}

function islandPanel(view: View): Html {
  const { island } = view;
  const facts = html`<dl class="dt gap-top">${island.facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
  if (island.none)
    return html`<header><h2>${island.title}</h2></header><div class="body"><p class="calm">${severityIcons.notice}<span>${island.none}</span></p>${facts}</div>`;
  return html`<header><h2>${island.title}</h2><div class="end">${island.end}</div></header><div class="body"><div class="runbig"><b>${island.big}</b><span class="dim">${island.bigNote}</span></div>${island.tiers.map(
    (tier) =>
      html`<div class="tier"><svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><rect x="2" y="2" width="12" height="12" rx="2.5" class="breaker ${tier.on ? "closed" : "open"}"/></svg><b>${tier.name}</b><span class="h">${tier.runway}</span><small>${tier.detail}</small><span class="hd">${tier.until}</span></div>`,
  )}${island.handover ? html`<div class="handover"><b>${island.handover.title}</b><br><span class="dim small">${island.handover.text}</span></div>` : ""}${facts}</div>`;
}

function eventPart(event: EventView, view: View, ui: Ui): Html {
  const asked = event.severity === "record";
  const ack = asked
    ? ""
    : event.acknowledgedBy !== null
      ? html`<p class="ackd">Acknowledged by ${event.acknowledgedBy}</p>`
      : view.role === "viewer" || ui.stale
        ? html`<p class="ackd">Not acknowledged</p>`
        : html`<button type="button" class="btn" data-ack="${event.ids.join(",")}" aria-label="Acknowledge: ${event.sentence}">Acknowledge</button>`;
  return html`<article class="ev" data-key="ev-${event.id}"><div class="m"><span class="sev ${severityClass[event.severity]}">${severityIcons[event.severity]}${event.severityName}</span><time>${event.time}</time>${event.repeats ? html`<small>${event.repeats}</small>` : ""}</div><div><h3>${event.sentence}</h3><dl>${event.cause ? html`<dt>Cause</dt><dd>${event.cause}</dd>` : ""}<dt>Do</dt><dd>${event.todo}</dd>${event.ends ? html`<dt>Ends</dt><dd>${event.ends}</dd>` : ""}</dl></div><div>${ack}</div></article>`;
}

/** Older ones are in the log. */
const eventsShown = 20;

function eventsPanel(view: View, ui: Ui): Html {
  const { events, summary, openIds } = view.events;
  const all =
    openIds.length > 1 && view.role !== "viewer" && !ui.stale
      ? html`<button type="button" class="btn" data-key="ack-all" data-ack="${openIds.slice(0, 100).join(",")}">Acknowledge all ${openIds.length}</button>`
      : "";
  return html`<header><h2>Events</h2><div class="end">${summary}${all}</div></header><div class="body">${
    events.length > 0
      ? events.slice(0, eventsShown).map((event) => eventPart(event, view, ui))
      : html`<p class="dim">No events are kept yet.</p>`
  }${events.length > eventsShown ? html`<p class="small faint">${events.length - eventsShown} older events are in the log.</p>` : ""}</div>`;
}

function limitsPanel(view: View): Html {
  const { limits } = view;
  return html`<header><h2>Limits and permit</h2></header><div class="body">${
    limits.permit
      ? html`<dl class="dt">${limits.permit.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
      : html`<p class="calm">${severityIcons.notice}<span>${limits.noPermit}</span></p>`
  }<h3 class="lbl-h gap-top">In force</h3>${limits.inForce.map((limit) => html`<div class="tier two"><b>${limit.name}</b><span class="h">${limit.value}</span><small>${limit.source}</small></div>`)}<h3 class="lbl-h gap-top">History</h3>${
    limits.history.length > 0
      ? html`<dl class="dt three">${limits.history.slice(0, 8).map((change) => html`<dt>${change.when}</dt><dd>${change.what}</dd><dd class="faint">${change.by}</dd>`)}</dl>`
      : html`<p class="dim small">${limits.noHistory}</p>`
  }</div>`;
}

function dayPanel(view: View): Html {
  const { day } = view;
  return html`<header><h2>Day</h2><div class="legend"><span><svg width="22" height="8" aria-hidden="true"><path d="M0 4h22" class="wire w2"/></svg>measured</span><span><svg width="22" height="8" aria-hidden="true"><path d="M0 4h22" class="wire planned w2"/></svg>plan</span><span><svg width="12" height="10" aria-hidden="true"><path d="M1 1h10L6 8z" class="f-ink"/></svg>now</span></div><div class="end">${day.date}</div></header><div class="body"><div class="plot" id="plot" data-keep tabindex="0" role="group" aria-label="${day.label} Left and right arrow keys read values."></div><p class="readout" id="readout" data-keep>–</p>${day.notes.length > 0 ? html`<p class="small faint">${day.notes.join(" ")}</p>` : ""}<details class="tab"><summary>Show as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Day, hour by hour"><table class="data"><thead><tr><th>Hour</th><th>Load, kW</th>${day.pv ? html`<th>PV, kW</th>` : ""}<th>Grid, kW</th><th>Vehicles, kW</th></tr></thead><tbody>${day.table.map((row) => html`<tr><td>${row.hour}${row.plan ? " plan" : ""}</td><td>${row.load}</td>${row.pv === null ? "" : html`<td>${row.pv}</td>`}<td>${row.grid}</td><td>${row.vehicles}</td></tr>`)}</tbody></table></div></details></div>`;
}

function healthBar(view: View): Html {
  return html`<ul>${view.health.map((item) => html`<li class="${item.level === "warning" ? "warn" : item.level === "critical" ? "crit" : "ok"}"><span class="k">${item.name}</span><span class="v">${item.level === "warning" ? severityIcons.warning : item.level === "critical" ? severityIcons.critical : ""}<span>${item.value}</span></span></li>`)}</ul>`;
}

const sections = [
  ["overview", label("Overview")],
  ["chargers", label("Chargers")],
  ["day", label("Day")],
  ["island", label("Island")],
  ["events", label("Events")],
  ["limits", label("Limits and permit")],
] as const;
/** Icon, address and name. */
const phoneBar = [
  ["overview", "#overview", label("Now")],
  ["chargers", "/fleet", label("Ready")],
  ["day", "/fleet/plan", label("Plan")],
  ["events", "#events", label("Events")],
  ["actions", "#actions", label("Actions")],
] as const;

function openCount(view: View): Html {
  const { open, openLevel } = view.events;
  return open > 0
    ? html`<span class="count ${openLevel === "critical" ? "crit" : openLevel === "warning" ? "warn" : "none"}">${open}<span class="sr"> not acknowledged</span></span>`
    : html``;
}

/** The parts of the page outside `main`. */
export const tabs = (view: View): Html =>
  html`${sections.map(([id, name]) => html`<a href="#${id}">${name} ${id === "events" ? openCount(view) : ""}</a>`)}`;
export const bottomBar = (view: View): Html =>
  html`${phoneBar.map(([id, address, name]) => html`<a href="${address}">${navIcons[id]}${name}${id === "events" ? openCount(view) : ""}</a>`)}`;
export const brand = (view: View): Html =>
  html`<div class="brand">${logo}<span>Islet</span></div><div class="site"><b>${view.site.name}</b><span>${view.site.place}</span></div>`;
export const health = healthBar;

/** What stands inside a panel's frame. */
type Fill = (id: string, body: Html) => Html;

/** Everything inside `main`: for the first paint, and when panels come, go or change places. */
export const mainContent = (view: View, ui: Ui): Html => arranged(view, ui, (_, body) => body);

/** The same in parts, so that only a panel that has changed is drawn anew: the frames, and what stands in each by its id. */
export function mainParts(
  view: View,
  ui: Ui,
): { readonly frames: string; readonly bodies: ReadonlyMap<string, string> } {
  const bodies = new Map<string, string>();
  const frames = arranged(view, ui, (id, body) => {
    bodies.set(id, body.text);
    return raw("");
  });
  return { frames: frames.text, bodies };
}

/** The order follows the mode: an island's runway, or what to do at a lockout, stands beside the diagram. */
function arranged(view: View, ui: Ui, fill: Fill): Html {
  const panel = (width: string, id: string, body: Html, attributes: Html = raw("")): Html =>
    html`<section class="panel ${width}" id="${id}" data-key="${id}"${attributes}>${fill(id, body)}</section>`;
  const island = panel("", "island", islandPanel(view));
  const needs = panel("", "need", needsPanel(view));
  const actions = panel("", "actions", actionsPanel(view, ui));
  const side = view.steps
    ? html`${panel("todo", "todo", stepsPanel(view))}`
    : view.island.live
      ? island
      : html`${needs}${actions}`;
  const lower = view.steps ? html`${needs}${actions}${island}` : view.island.live ? html`${needs}${actions}` : island;
  const mode = panel(
    "c12 mode order-mode",
    "overview",
    modePanel(view),
    html` data-level="${view.mode.level}" aria-label="Mode"`,
  );
  const site = panel("c8 sld", "diagram", sitePanel(view));
  const day = panel("c8 day", "day", dayPanel(view));
  const limits = (width: string): Html => panel(width, "limits", limitsPanel(view));
  const sideStack = html`<div class="c4 stack${view.steps ? " first-on-phone" : ""}" data-key="side">${side}</div>`;
  const lowerStack = html`<div class="c4 stack" data-key="lower">${lower}</div>`;
  const one = view.chargers.length === 1;
  if (one && view.why)
    return html`${mode}${site}${sideStack}${panel("c8", "chargers", whyPanel(view, view.why, ui))}${limits("c4")}${day}${lowerStack}${panel("c12", "events", eventsPanel(view, ui))}`;
  const why =
    ui.phone && ui.list === "rows"
      ? ""
      : html`<div class="c4 whywrap" data-key="whywrap">${view.why ? panel("", "why", whyPanel(view, view.why, ui)) : ""}</div>`;
  return html`${mode}${site}${sideStack}${panel("c8", "chargers", chargersPanel(view, ui))}${why}${day}${lowerStack}${panel("c8", "events", eventsPanel(view, ui))}${limits("c4")}`;
}

/** The single-line diagram as SVG: once for wide pages, once upright for phones; and the trend beside it. */

import { decimal, t } from "../language/language.ts";
import type { ContactView, DiagramRow, DiagramView, PlaceView, WireView } from "../view/diagram.ts";
import type { TrendView } from "../view/trend.ts";
import type { View } from "../view.ts";
import { type Html, html, raw } from "./html.ts";

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));
const fixed = (value: number): string => String(Math.round(value * 10) / 10);

/** Solid with voltage, dashed without, dotted where nobody knows. */
const voltageClass = (live: boolean | null): string => (live === null ? " unknown" : live ? "" : " dead");

/** A conductor from one point to another; its width follows the square root of the power, its dots and arrow the direction; “?” where nobody knows. */
function wire(x1: number, y1: number, x2: number, y2: number, { live, powerW }: WireView): Html {
  const powerKW = Math.abs(powerW ?? 0) / 1000;
  const width = live ? clamp(2 + Math.sqrt(powerKW) * 0.32, 2, 7) : 2;
  const path = `M${x1} ${y1}L${x2} ${y2}`;
  const line = html`<path class="wire${voltageClass(live)}" stroke-width="${fixed(width)}" d="${path}"/>`;
  if (live && powerW === null)
    return html`${line}<text x="${(x1 + x2) / 2}" y="${(y1 + y2) / 2 + 5}" text-anchor="middle" class="t-query">?</text>`;
  if (!live || powerW === null || Math.abs(powerW) <= 50) return line;
  const speed = clamp(Math.round(Math.sqrt(powerKW) / 3) + 1, 1, 5);
  const angle = Math.round((Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI + (powerW < 0 ? 180 : 0));
  return html`${line}<path class="march m${speed}${powerW < 0 ? " rev" : ""}" stroke-width="${fixed(Math.max(1.6, width * 0.5))}" d="${path}"/><path class="chev" d="M-6-7 7 0-6 7z" transform="translate(${(x1 + x2) / 2} ${(y1 + y2) / 2}) rotate(${angle})"/>`;
}

/** SVG does not wrap: a name that is longer than its place ends with an ellipsis; the label has it whole. */
const clip = (name: string, most: number): string =>
  name.length <= most ? name : `${name.slice(0, most - 1).trimEnd()}…`;
const nameMax = { wide: 28, phone: 26 } as const;

const text = (x: number, y: number, kind: string, said: string, anchor?: "middle" | "end"): Html =>
  html`<text x="${x}" y="${y}" class="${kind}"${anchor ? html` text-anchor="${anchor}"` : ""}>${said}</text>`;

/** A text at a place of this width: a language's longer word is drawn closer rather than into what stands beside it. */
const fitted = (x: number, y: number, kind: string, said: string, width: number): Html =>
  said.length * valueCharWidth <= width
    ? text(x, y, kind, said)
    : html`<text x="${x}" y="${y}" class="${kind}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${said}</text>`;
/** Mean width of a letter of a value, in the diagram's units. */
const valueCharWidth = 8.8;

const dead = (wire: WireView): string => voltageClass(wire.live);

function utilitySymbol(x: number, y: number, wire: WireView): Html {
  return html`<circle class="sym${dead(wire)}" cx="${x - 8}" cy="${y}" r="15"/><circle class="sym open${dead(wire)}" cx="${x + 8}" cy="${y}" r="15"/>`;
}

function meterSymbol(x: number, y: number, wire: WireView): Html {
  return html`<rect class="sym${dead(wire)}" x="${x - 20}" y="${y - 20}" width="40" height="40" rx="8"/><text x="${x}" y="${y + 4.5}" text-anchor="middle" class="t-pcc">PCC</text>`;
}

function k1Symbol(x: number, y: number, position: DiagramView["k1"]["position"], upright: boolean, bad: boolean): Html {
  const blade = {
    closed: '<path d="M-16 0H16" class="blade"/>',
    open: '<path d="M-16 0 12-17" class="blade"/>',
    unproven: '<path d="M-16 0 12-17" class="blade unproven"/><path d="M-16 0H16" class="blade unproven"/>',
  }[position];
  const reach = upright ? 30 : 36;
  const lead = reach - 16;
  return html`<g transform="translate(${x} ${y})" class="k1${bad ? " bad" : ""}"><rect class="box" x="-36" y="-30" width="72" height="60" rx="10"/><g${upright ? raw(' transform="rotate(90)"') : ""}><path d="M-${reach} 0h${lead}M16 0h${lead}" class="lead"/>${raw(blade)}<circle cx="-16" cy="0" r="4" class="pole"/><circle cx="16" cy="0" r="4" class="pole"/></g></g>`;
}

const contactMark = (x: number, y: number, { position }: ContactView, bad: boolean): Html =>
  html`<circle cx="${x}" cy="${y}" r="4" class="contact ${position}${bad ? " bad" : ""}"/>`;

const rowShapes: Record<DiagramRow["kind"], (x: number, y: number) => string> = {
  pv: (x, y) => `M${x - 7} ${y + 6}l3-12h11l-3 12zM${x - 5.5} ${y}h11M${x + 0.5} ${y - 6}l-3 12`,
  ev: (x, y) => `M${x - 4} ${y - 8}v4M${x + 4} ${y - 8}v4M${x - 7} ${y - 4}h14v3a7 7 0 0 1-14 0zM${x} ${y + 6}v3`,
  load: (x, y) => `M${x - 7} ${y + 7}V${y - 1}l7-6 7 6v8zM${x - 2} ${y + 7}v-5h4v5`,
};
const rowSymbol = (row: DiagramRow, x: number, y: number): Html =>
  html`<circle class="sym${dead(row.wire)}" cx="${x}" cy="${y}" r="16"/><path class="symx${dead(row.wire)}" d="${rowShapes[row.kind](x, y)}"/>`;

const breaker = (x: number, y: number, closed: boolean | null): Html =>
  html`<rect x="${x - 6}" y="${y - 6}" width="12" height="12" rx="2" class="breaker ${closed === null ? "unknown" : closed ? "closed" : "open"}"/>`;

/** One square for each charger: arrow left discharging, right charging, dash idle, outline empty, “!” fault, “?” not known. */
function blocks(view: DiagramView, x: number, y: number, width: number): Html {
  const perRow = Math.max(1, view.blocks.length > 25 ? 25 : view.blocks.length);
  const size = Math.min(15, width / perRow - 3);
  return html`${view.blocks.map((block, i) => {
    const bx = x + (i % perRow) * (size + 3);
    const by = y + Math.floor(i / perRow) * (size + 3);
    const at = (part: number): string => fixed(bx + size * part);
    const down = (part: number): string => fixed(by + size * part);
    const inner = {
      empty: "",
      discharging: `<path class="arrow" d="M${at(0.68)} ${down(0.22)}L${at(0.24)} ${down(0.5)}L${at(0.68)} ${down(0.78)}z"/>`,
      charging: `<path class="arrow" d="M${at(0.32)} ${down(0.22)}L${at(0.76)} ${down(0.5)}L${at(0.32)} ${down(0.78)}z"/>`,
      idle: `<path class="dash" d="M${at(0.3)} ${down(0.5)}H${at(0.7)}"/>`,
      unknown: `<path class="query" d="M${at(0.36)} ${down(0.36)}a${fixed(size * 0.15)} ${fixed(size * 0.15)} 0 1 1 ${fixed(size * 0.2)} ${fixed(size * 0.14)}q${fixed(-size * 0.06)} ${fixed(size * 0.03)} ${fixed(-size * 0.06)} ${fixed(size * 0.1)}M${at(0.5)} ${down(0.78)}v.2"/>`,
      fault: `<path class="bang" d="M${at(0.5)} ${down(0.24)}V${down(0.54)}M${at(0.5)} ${down(0.76)}v.2"/>`,
    }[block.state];
    return html`<g class="block ${block.state}"><rect x="${bx}" y="${by}" width="${size}" height="${size}" rx="2.5"/>${raw(inner)}</g>`;
  })}`;
}

const liveBus = (x: number, y1: number, y2: number, live: boolean | null): Html =>
  live === null
    ? html`<path d="M${x} ${y1}V${y2}" class="busbar unknown"/>`
    : live
      ? html`<path d="M${x} ${y1}V${y2}" class="busbar"/>`
      : html`<path d="M${x - 3.5} ${y1}V${y2}M${x + 3.5} ${y1}V${y2}" class="busbar dead"/>`;

const valueClass = (bad: boolean, { old }: PlaceView): string => (bad ? "t-val t-crit" : old ? "t-val t-old" : "t-val");

/** What hangs on the main board, above the conductor between meter and K1. */
function buildingTap(building: DiagramView["building"], y0: number): Html {
  if (building === null) return html``;
  const [x, y] = [294, 32];
  const said = [building.value, ...building.captions].join(", ");
  return html`${wire(x, y0, x, y + 12, building.wire)}<circle class="sym${dead(building.wire)}" cx="${x}" cy="${y}" r="12"/><path class="symx${dead(building.wire)}" d="${rowShapes.load(x, y)}"/>${text(x + 20, y - 5, "t-name", building.name)}${text(x + 20, y + 13, building.old ? "t-cap t-old" : "t-cap strong", said)}`;
}

export function diagramWide(view: View): Html {
  const { diagram } = view;
  const rows = diagram.rows;
  const y0 = 84;
  const bx = 556;
  const pitch = rows.length > 5 ? 66 : rows.length > 4 ? 82 : rows.length > 3 ? 96 : 110;
  const top = rows.length > 4 ? 58 : 70;
  const bad = diagram.k1.position === "unproven" && !diagram.k1.old;
  const place = (x: number, { name, value, captions, old }: PlaceView): Html =>
    html`${text(x, 136, "t-name", name)}${fitted(x, 156, old ? "t-val t-old" : "t-val", value, x < 100 ? 130 : 170)}${captions.map((caption, i) => text(x, 175 + i * 17, "t-cap", caption))}`;
  const y1 = top - 30;
  const y2 = top + pitch * (rows.length - 1) + 26;
  const height = Math.max(476, y2 + 46);
  return html`<svg class="wide" viewBox="0 0 880 ${height}" width="100%" role="img" aria-label="${diagram.label}">${wire(78, y0, 192, y0, diagram.utilityWire)}${wire(232, y0, 356, y0, diagram.meterWire)}${wire(428, y0, bx, y0, diagram.k1Wire)}${utilitySymbol(54, y0, diagram.utilityWire)}${meterSymbol(212, y0, diagram.meterWire)}${buildingTap(diagram.building, y0)}${k1Symbol(392, y0, diagram.k1.position, false, bad)}${place(30, diagram.utility)}${place(168, diagram.meter)}${text(348, 136, "t-name", diagram.k1.name)}${fitted(348, 156, valueClass(bad, diagram.k1), diagram.k1.value, bx - 348 - 16)}${diagram.k1.contacts.map((contact, i) => html`${contactMark(353, 172 + i * 18, contact, bad)}${text(363, 176 + i * 18, bad ? "t-cap t-crit" : "t-cap", contact.text)}`)}${diagram.k1.captions.map((caption, i) => text(348, 212 + i * 17, "t-cap", caption))}${liveBus(bx, y1, y2, diagram.bus.live)}${text(bx + 12, y1 + 4, "t-cap", diagram.bus.text)}${rows.map(
    (row, i) => {
      const y = top + i * pitch;
      const captions = row.second
        ? text(696, y + 34, "t-val", row.second)
        : row.captions.slice(0, 1).map((caption) => text(696, y + 32, "t-cap", caption));
      return html`${wire(bx + 4, y, 652, y, row.wire)}${breaker(584, y, row.breakerClosed)}${rowSymbol(row, 668, y)}${text(696, y - 4, "t-name", clip(row.name, nameMax.wide))}${text(696, y + 15, "t-val", row.value)}${captions}${row.kind === "ev" && diagram.blocks.length > 1 ? blocks(diagram, bx + 16, y + 46, 310) : ""}`;
    },
  )}<g transform="translate(30 262)">${trend(view.trend, 480, 200, "w", true)}</g></svg>`;
}

export function diagramPhone(view: View): Html {
  const { diagram } = view;
  const x = 40;
  const tap = diagram.building;
  const shift = tap === null ? 0 : 26;
  const [yUtility, yMeter, yK1, yBus, pitch] = [34, 122, 218 + shift, 296 + shift, 68];
  const bad = diagram.k1.position === "unproven" && !diagram.k1.old;
  const place = (y: number, { name, value, captions, old }: PlaceView): Html =>
    html`${text(92, y - 13, "t-name", name)}${text(92, y + 8, old ? "t-val t-old" : "t-val", value)}${text(92, y + 27, "t-cap", captions.join(" "))}`;
  const rows = diagram.rows;
  const y2 = yBus + 30 + pitch * (rows.length - 1) + 10;
  const many = diagram.blocks.length > 1;
  const height = many ? y2 + (diagram.blocks.length > 50 ? 90 : diagram.blocks.length > 25 ? 66 : 54) : y2 + 24;
  return html`<div class="phone"><svg viewBox="0 0 340 ${height}" width="100%" role="img" aria-label="${diagram.label}">${wire(x, 52, x, yMeter - 20, diagram.utilityWire)}${wire(x, yMeter + 20, x, yK1 - 30, diagram.meterWire)}${wire(x, yK1 + 30, x, yBus, diagram.k1Wire)}<g transform="translate(${x} ${yUtility}) rotate(90)">${utilitySymbol(0, 0, diagram.utilityWire)}</g>${meterSymbol(x, yMeter, diagram.meterWire)}${tap === null ? "" : html`${wire(x, 172, 66, 172, tap.wire)}${text(92, 176, tap.old ? "t-cap t-old" : "t-cap", `${tap.name}: ${tap.value.toLowerCase().replace("kw", "kW")}`)}`}${k1Symbol(x, yK1, diagram.k1.position, true, bad)}${place(yUtility, diagram.utility)}${place(yMeter, diagram.meter)}${text(92, yK1 - 26, "t-name", diagram.k1.name)}${text(92, yK1 - 5, valueClass(bad, diagram.k1), diagram.k1.value)}${diagram.k1.contacts.map((contact, i) => html`${contactMark(97, yK1 + 11 + i * 19, contact, bad)}${text(108, yK1 + 16 + i * 19, bad ? "t-cap t-crit" : "t-cap", contact.text)}`)}${splitCaption(diagram.k1.captions[0] ?? "").map((part, i) => text(212, yK1 + 16 + i * 19, "t-cap", part))}${liveBus(x, yBus, y2, diagram.bus.live)}${text(56, yBus + 2, "t-cap", diagram.bus.text)}${rows.map(
    (row, i) => {
      const y = yBus + 32 + i * pitch;
      const caption = row.second
        ? text(148, y + 28, "t-val", row.second)
        : row.captions[0]
          ? text(148, y + 27, "t-cap", row.captions[0])
          : null;
      const lift = caption ? 12 : 4;
      return html`${wire(x + 4, y, 106, y, row.wire)}${breaker(60, y, row.breakerClosed)}${rowSymbol(row, 120, y)}${text(148, y - lift, "t-name", clip(row.name, nameMax.phone))}${text(148, y + 20 - lift, "t-val", row.value)}${caption}`;
    },
  )}${many ? blocks(diagram, 16, y2 + 26, 316) : ""}</svg><svg viewBox="0 0 340 150" width="100%" role="img" class="trend" aria-label="${trendLabel(view.trend)}">${trend(view.trend, 340, 164, "p", false)}</svg><p class="small faint">${view.trend.note}</p></div>`;
}

/** Two lines of about the same length. */
function splitCaption(caption: string): string[] {
  const words = caption.split(" ");
  const half = Math.ceil(words.length / 2);
  return words.length < 3 ? [caption] : [words.slice(0, half).join(" "), words.slice(half).join(" ")];
}

const trendLabel = (trend: TrendView): string => {
  const last = trend.samples.at(-1);
  return last == null ? trend.title : t`${trend.title}. Now ${decimal(last, trend.digits)} ${trend.unit}.`;
};

/** The trend inside a box of this size, drawn to the last value, with hatched bands beyond its limits. */
function trend(view: TrendView, width: number, height: number, id: string, withNote: boolean): Html {
  const x1 = width - 62;
  const yTop = 24;
  const yBottom = height - 22;
  const title = text(0, 11, "t-cap strong", view.title);
  const note = withNote && view.note ? text(0, height - 4, "t-cap", view.note) : null;
  if (view.contacts) return html`${title}${contactTraces(view.contacts, x1, yBottom)}${note}`;
  const y = (value: number): number =>
    yBottom - ((clamp(value, view.min, view.max) - view.min) / (view.max - view.min)) * (yBottom - yTop);
  let path = "";
  let pen = false;
  view.samples.forEach((sample, i) => {
    if (sample === null) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${fixed((i / Math.max(1, view.samples.length - 1)) * x1)} ${fixed(y(sample))}`;
    pen = true;
  });
  const last = view.samples.at(-1) ?? null;
  const near = (limit: number | null): boolean => limit !== null && last !== null && Math.abs(y(last) - y(limit)) <= 14;
  return html`${title}<defs><pattern id="hatch-${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0v6" class="band-h"/></pattern></defs>${
    view.low !== null
      ? html`<rect x="0" y="${y(view.low)}" width="${x1}" height="${yBottom - y(view.low)}" fill="url(#hatch-${id})"/><path d="M0 ${y(view.low)}H${x1}" class="limit"/>${text(x1 + 4, y(view.low) + 4, "t-cap", `${view.low} ${view.unit}`)}${text(6, y(view.low) + 15, "t-cap halo", view.lowLabel)}`
      : ""
  }${
    view.high !== null
      ? html`<rect x="0" y="${yTop}" width="${x1}" height="${y(view.high) - yTop}" fill="url(#hatch-${id})"/><path d="M0 ${y(view.high)}H${x1}" class="limit"/>${text(x1 + 4, y(view.high) + 4, "t-cap", String(view.high))}`
      : ""
  }<path d="${path}" class="curve"/>${last === null ? "" : html`<circle cx="${x1}" cy="${y(last)}" r="3.5" class="f-data"/>${near(view.low) || near(view.high) ? "" : text(x1 + 7, y(last) + 4, "t-cap now", decimal(last, view.digits))}`}${note}`;
}

function contactTraces(view: NonNullable<TrendView["contacts"]>, x1: number, yBottom: number): Html {
  const x = (part: number): number => 70 + (x1 - 70) * part;
  const yOf = (i: number): number => 40 + ((yBottom - 40) * (i + 0.5)) / view.traces.length;
  return html`<rect x="${x(view.allowedFrom)}" y="22" width="${x(view.allowedTo) - x(view.allowedFrom)}" height="${yBottom - 22}" class="allowed"/>${text(x(view.allowedFrom) + 6, 37, "t-cap", view.allowedText)}<path d="M${x(view.allowedTo)} 22V${yBottom}" class="deadline"/>${view.traces.map(
    (trace, i) => {
      const y = yOf(i);
      const moved =
        trace.movedAt === null
          ? `M${x(0)} ${y - 8}H${x(1)}`
          : `M${x(0)} ${y - 8}H${fixed(x(trace.movedAt))}V${y + 8}H${x(1)}`;
      const bad = trace.movedAt === null;
      return html`${text(0, y + 4, "t-cap", trace.name)}<path d="${moved}" class="trace${bad ? " bad" : ""}"/>${text(x1 + 4, bad ? y - 4 : y + 12, bad ? "t-cap t-crit" : "t-cap", trace.end)}`;
    },
  )}`;
}

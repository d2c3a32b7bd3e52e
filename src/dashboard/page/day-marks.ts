/** What stands in the day's charts besides their lines: outages, forbidden bands, now, prices, and what is called what. */
import type UPlot from "uplot";
import { decimal, t } from "../language/language.ts";
import type { DayView } from "../view/day.ts";

export type Colors = Record<
  "ink" | "ink2" | "ink3" | "line" | "line2" | "live" | "data" | "raised" | "surface",
  string
>;

/** Canvas needs plain colours: what the tokens are in the present theme. */
export function readColors(element: Element): Colors {
  const probe = document.createElement("i");
  element.append(probe);
  const read = (token: string): string => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const colors = {
    ink: read("ink"),
    ink2: read("ink-2"),
    ink3: read("ink-3"),
    line: read("line"),
    line2: read("line-2"),
    live: read("live"),
    data: read("data"),
    raised: read("raised"),
    surface: read("surface"),
  };
  probe.remove();
  return colors;
}

export const faded = (color: string, alpha: number): string => color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);

/** Outages and the band beyond the export limit, under the lines. */
export function drawUnder(plot: UPlot, day: DayView, colors: Colors, isGrid: boolean): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([]);
  if (isGrid) hatch(plot, Math.min(...day.exportLimit.map((limit) => limit ?? 0), 0), colors);
  for (const outage of day.outages) {
    const left = plot.valToPos(outage.fromS, "x", true);
    const right = plot.valToPos(outage.toS, "x", true);
    ctx.fillStyle = colors.raised;
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    if (isGrid) {
      ctx.fillStyle = colors.ink2;
      ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = left > bbox.left + bbox.width / 2 ? "right" : "left";
      ctx.fillText(
        t`Outage`,
        left > bbox.left + bbox.width / 2 ? left - 6 : left + 6,
        bbox.top + 14 * devicePixelRatio,
      );
    }
  }
  ctx.restore();
}

/** Slanted lines over the power that must not be exported. */
function hatch(plot: UPlot, from: number, colors: Colors): void {
  const { ctx, bbox } = plot;
  const top = Math.min(bbox.top + bbox.height, Math.max(bbox.top, plot.valToPos(from, "y", true)));
  const bottom = bbox.top + bbox.height;
  if (bottom - top < 2) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, top, bbox.width, bottom - top);
  ctx.clip();
  ctx.strokeStyle = faded(colors.line2, 0.55);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  const step = 8 * devicePixelRatio;
  const height = bottom - top;
  for (let x = bbox.left - height; x < bbox.left + bbox.width; x += step) {
    ctx.moveTo(x, bottom);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** The line at zero, now, what lines and limits are called, and the prices along the bottom. */
export function drawOver(plot: UPlot, day: DayView, colors: Colors, place: "grid" | "load" | "vehicles"): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = colors.ink2;
  ctx.lineWidth = 1.2 * ratio;
  const zero = plot.valToPos(0, "y", true);
  ctx.beginPath();
  ctx.moveTo(bbox.left, zero);
  ctx.lineTo(bbox.left + bbox.width, zero);
  ctx.stroke();
  const now = plot.valToPos(day.nowS, "x", true);
  ctx.strokeStyle = colors.ink;
  ctx.beginPath();
  ctx.moveTo(now, bbox.top);
  ctx.lineTo(now, bbox.top + bbox.height);
  ctx.stroke();
  ctx.fillStyle = colors.ink;
  ctx.beginPath();
  ctx.moveTo(now - 5 * ratio, bbox.top - 6 * ratio);
  ctx.lineTo(now + 5 * ratio, bbox.top - 6 * ratio);
  ctx.lineTo(now, bbox.top + 1 * ratio);
  ctx.fill();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  if (place === "grid") nameLimits(plot, day, colors);
  if (place === "load" && day.pv) nameLines(plot, day, colors);
  if (place === "vehicles") {
    const top = bbox.top + bbox.height + 28 * ratio;
    const most = Math.max(...day.prices.map((price) => price.perKWh), 0.001);
    ctx.textAlign = "center";
    for (const price of day.prices) {
      const left = plot.valToPos(price.fromS, "x", true);
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(price.toS, "x", true));
      if (right - left < 4) continue;
      ctx.fillStyle = faded(colors.live, 0.1 + (0.28 * price.perKWh) / most);
      ctx.fillRect(left + ratio, top, right - left - 2 * ratio, 20 * ratio);
      ctx.fillStyle = colors.ink;
      const label = right - left > 84 * ratio ? price.text : right - left > 34 * ratio ? decimal(price.perKWh, 2) : "";
      ctx.fillText(label, (left + right) / 2, top + 10.5 * ratio);
    }
  }
  ctx.restore();
}

/** A word in the chart, with the panel's colour behind it, from `highest` on, so that lines do not run through it. */
function word(plot: UPlot, text: string, x: number, y: number, colors: Colors, highest = 0): void {
  const { ctx } = plot;
  const half = 8 * devicePixelRatio;
  const width = ctx.measureText(text).width + 6 * devicePixelRatio;
  const left = ctx.textAlign === "right" ? x - width + 3 * devicePixelRatio : x - 3 * devicePixelRatio;
  ctx.fillStyle = colors.surface;
  const top = Math.max(highest, y - half);
  ctx.fillRect(left, top, width, y + half - top);
  ctx.fillStyle = colors.ink2;
  ctx.fillText(text, x, y);
}

/** Each step of the import limit under its line, the export limit at the right. */
function nameLimits(plot: UPlot, day: DayView, colors: Colors): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.textAlign = "left";
  for (let i = 0; i < day.importLimit.length; ) {
    const limit = day.importLimit[i] ?? null;
    let next = i + 1;
    while (next < day.importLimit.length && (day.importLimit[next] ?? null) === limit) next++;
    const from = plot.valToPos(day.timesS[i] ?? 0, "x", true);
    const to = next < day.timesS.length ? plot.valToPos(day.timesS[next] ?? 0, "x", true) : bbox.left + bbox.width;
    const text = `${i === 0 ? t`Import limit` : t`Limit`} ${kilowatts(limit)}`;
    const y = limit === null ? 0 : plot.valToPos(limit, "y", true) + 11 * ratio;
    if (limit !== null && to - from > ctx.measureText(text).width + 16 * ratio)
      word(plot, text, from + 6 * ratio, y, colors);
    i = next;
  }
  const limit = day.exportLimit[day.nowIndex] ?? null;
  if (limit === null) return;
  ctx.textAlign = "right";
  const line = plot.valToPos(limit, "y", true);
  const y = Math.min(bbox.top + bbox.height - 6 * ratio, line + 11 * ratio);
  word(plot, t`Export limit ${kilowatts(limit)}`, bbox.left + bbox.width - 6 * ratio, y, colors, line + 1.5 * ratio);
}

const kilowatts = (value: number | null): string => (value === null ? "" : `${Math.round(Math.abs(value))} kW`);

/** Load and PV share a chart: each is named where it is largest, under its line. */
function nameLines(plot: UPlot, day: DayView, colors: Colors): void {
  const { ctx, bbox } = plot;
  ctx.textAlign = "left";
  for (const [text, { measured }] of [
    [t`Load`, day.load],
    ["PV", day.pv ?? day.load],
  ] as const) {
    const known = measured.slice(0, day.nowIndex + 1);
    const most = Math.max(...known.map((value) => value ?? Number.NEGATIVE_INFINITY));
    if (!(most > 0)) continue;
    const x = plot.valToPos(day.timesS[known.indexOf(most)] ?? 0, "x", true);
    const y = plot.valToPos(most / (text === "PV" ? 2 : 1), "y", true) + (text === "PV" ? 0 : 12 * devicePixelRatio);
    word(plot, text, Math.min(x, bbox.left + bbox.width - 40 * devicePixelRatio), y, colors);
  }
}

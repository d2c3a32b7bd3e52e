/** Drawings of the pages: each a picture with a sentence, beside which a table or a list has every value. */
import { hourMs } from "../../domain/units.ts";
import { grouped } from "../language/language.ts";
import { type Html, html } from "../panels/html.ts";
import type { Words } from "../view/format.ts";

const round = (value: number): number => Math.round(value * 10) / 10;

/** A time axis over a width. */
export interface Axis {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly left: number;
  readonly width: number;
}
export const xOf = ({ fromMs, untilMs, left, width }: Axis, atMs: number): number =>
  round(left + width * Math.min(1, Math.max(0, (atMs - fromMs) / (untilMs - fromMs))));

/** Full hours of the site's clock, every so many. */
export function hourLines(axis: Axis, words: Words, every: number, top: number, bottom: number, label: number): Html {
  const lines: Html[] = [];
  const first = Math.ceil(axis.fromMs / hourMs) * hourMs;
  for (let atMs = first; atMs <= axis.untilMs; atMs += hourMs) {
    const text = words.hm(atMs);
    if (Number(text.slice(0, 2)) % every !== 0) continue;
    const x = xOf(axis, atMs);
    lines.push(
      html`<path d="M${x} ${top}V${bottom}" class="gridl"/><text x="${x}" y="${label}" text-anchor="middle">${text}</text>`,
    );
  }
  return html`${lines}`;
}

interface Run {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly powerW: number;
}

/** Blocks above the line charge, below it discharge; their height is the power. */
export function blocks(runs: readonly Run[], axis: Axis, line: number, height: number, mostW: number): Html {
  return html`${runs
    .filter(({ powerW, untilMs }) => Math.abs(powerW) > 50 && untilMs > axis.fromMs)
    .map(({ fromMs, untilMs, powerW }) => {
      const x = xOf(axis, fromMs);
      const h = round(Math.max(1.5, (height * Math.abs(powerW)) / mostW));
      return html`<rect x="${x}" y="${powerW > 0 ? line - h : line}" width="${Math.max(0.8, xOf(axis, untilMs) - x - 0.4)}" height="${h}" class="${powerW > 0 ? "g-ch" : "g-dis"}"/>`;
    })}`;
}

/** The plan of one charger. */
export function powerSteps(runs: readonly Run[], words: Words): Html {
  const mostW = Math.max(1, ...runs.map(({ powerW }) => Math.abs(powerW)));
  const below = runs.some(({ powerW }) => powerW < -50);
  const axis: Axis = { fromMs: runs[0]!.fromMs, untilMs: runs.at(-1)!.untilMs, left: 40, width: 650 };
  const line = below ? 52 : 88;
  const hours = (axis.untilMs - axis.fromMs) / hourMs;
  return html`<div class="chart"><svg viewBox="0 0 700 112" role="img" aria-label="Planned power over time; the list below has every value.">${hourLines(axis, words, hours > 16 ? 4 : 2, 8, 92, 108)}<text x="34" y="${line - 68 > 0 ? line - 68 : 14}" text-anchor="end">${Math.round(mostW / 1000)}</text><text x="34" y="${line + 4}" text-anchor="end">0</text><path d="M40 ${line}H690" class="nowl"/>${blocks(runs, axis, line, below ? 40 : 76, mostW)}</svg></div>`;
}

/** Values by steps as an outline or an area; null is a gap. */
export function stepPath(
  values: readonly (number | null)[],
  startsAtMs: number,
  stepMs: number,
  axis: Axis,
  y: (value: number) => number,
): string {
  let path = "";
  let open = false;
  values.forEach((value, i) => {
    const atMs = startsAtMs + i * stepMs;
    if (value === null || atMs >= axis.untilMs) {
      open = false;
      return;
    }
    const height = round(y(value));
    path += `${open ? "L" : "M"}${xOf(axis, atMs)} ${height}H${xOf(axis, atMs + stepMs)}`;
    open = true;
  });
  return path;
}

/** Stacked bars of energy by origin. `most`: the highest stack. */
export function stackedBars(
  bars: readonly {
    readonly label: string;
    readonly grid: number;
    readonly pv: number;
    readonly vehicles: number;
    readonly gap?: boolean;
  }[],
  every: number,
  what: string,
): Html {
  const most = Math.max(1, ...bars.map(({ grid, pv, vehicles }) => grid + pv + vehicles));
  const top = niceTop(most);
  const left = 52;
  const width = 640;
  const base = 190;
  const height = 170;
  const step = width / bars.length;
  const y = (value: number): number => round(base - (height * value) / top);
  const ticks = [0, top / 2, top];
  return html`<div class="chart"><svg viewBox="0 0 700 214" role="img" aria-label="${what}; the table below has every value.">${ticks.map((tick) => html`<path d="M${left} ${y(tick)}H${left + width}" class="gridl"/><text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${grouped(tick, 1)}</text>`)}${bars.map(
    ({ label, grid, pv, vehicles, gap }, i) => {
      const x = round(left + i * step + step * 0.1);
      const w = round(step * 0.8);
      const parts = [
        [grid, "o-grid"],
        [pv, "o-pv"],
        [vehicles, "o-veh"],
      ] as const;
      let sum = 0;
      const stack = parts.map(([value, kind]) => {
        const from = sum;
        sum += value;
        return value <= 0
          ? ""
          : html`<rect x="${x}" y="${y(sum)}" width="${w}" height="${round(y(from) - y(sum))}" class="${kind}"/>`;
      });
      const missing = gap ? html`<rect x="${x}" y="${base - 14}" width="${w}" height="14" class="short"/>` : "";
      return html`${stack}${missing}${i % every === 0 ? html`<text x="${round(x + w / 2)}" y="${base + 16}" text-anchor="middle">${label}</text>` : ""}`;
    },
  )}</svg></div><p class="legend"><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="o-grid"/></svg>grid</span><span><svg width="14" height="10" aria-hidden="true"><rect x=".5" y=".5" width="13" height="9" class="o-pv"/></svg>PV</span><span><svg width="14" height="10" aria-hidden="true"><rect width="14" height="10" class="o-veh"/></svg>vehicles</span></p>`;
}

/** A round number at or above. */
export function niceTop(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 4, 5, 10];
  return unit * (steps.find((step) => step * unit >= value) ?? 10);
}

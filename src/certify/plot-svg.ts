/** A plot as inline SVG that stays readable on paper: thin lines, the criterion as a band, figures at the ends of the axes. */
import type { Plot } from "./procedure.ts";
import { figure } from "./report.ts";

const width = 172;
const height = 64;
const left = 36;
const right = 6;
const top = 12;
const bottom = 14;

export function plotSvg({ unit, atS, lines, low, high }: Plot): string {
  if (atS.length < 2) return "";
  const values = [
    ...lines.flatMap((line) => line.values),
    ...(low === undefined ? [] : [low]),
    ...(high === undefined ? [] : [high]),
  ];
  const least = Math.min(0, ...values);
  const most = Math.max(0.1, ...values);
  const x = (s: number): number => left + ((width - left - right) * (s - atS[0]!)) / (atS.at(-1)! - atS[0]!);
  const y = (value: number): number => height - bottom - ((height - top - bottom) * (value - least)) / (most - least);
  const one = (value: number): string => value.toFixed(1);
  const drawn = lines.map(({ name, values: of }, i) => {
    const points = of.map((value, at) => `${one(x(atS[at]!))},${one(y(value))}`).join(" ");
    return `<polyline fill="none" class="line${i}" points="${points}"/><line class="line${i}" x1="${left + 34 * i}" x2="${left + 12 + 34 * i}" y1="6" y2="6"/><text x="${left + 15 + 34 * i}" y="9">${name}</text>`;
  });
  const band = [low, high].map((value) =>
    value === undefined
      ? ""
      : `<line class="limit" x1="${left}" x2="${width - right}" y1="${one(y(value))}" y2="${one(y(value))}"/>`,
  );
  const axis = `<line class="axis" x1="${left}" x2="${width - right}" y1="${one(y(0))}" y2="${one(y(0))}"/>`;
  const scale = [least, most].map(
    (value) => `<text x="${left - 3}" y="${one(y(value) + 3)}" text-anchor="end">${figure(value)}</text>`,
  );
  const end = `<text x="${width - right}" y="${height - 3}" text-anchor="end">${figure(atS.at(-1)! - atS[0]!)} s</text><text x="${left}" y="${height - 3}">${unit}</text>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img">${axis}${band.join("")}${drawn.join("")}${scale.join("")}${end}</svg>`;
}

/** The acceptance table as a picture: for each cell the time above the limit (p50, p99, max) beside its bounds, as SVG. */
import { columns, stepRows } from "./cells.table.ts";

const leftPx = 330;
const pxPerMs = 1.1;
const linePx = 11;
const headPx = 66;
const marks = [
  { of: "p50", colour: "#1b7f4d" },
  { of: "p99", colour: "#2458a6" },
  { of: "max", colour: "#222222" },
] as const;

interface Cell {
  readonly name: string;
  readonly value: number;
  readonly limit?: number;
}

/** `figures` are the bench's; cells that were not measured stay out. */
export function plotSteps(figures: readonly Cell[], title: string): string {
  const byName = new Map(figures.map((figure) => [figure.name, figure]));
  const at = (ms: number) => leftPx + ms * pxPerMs;
  const drawn: string[] = [];
  let mostMs = 500;
  let y = headPx;
  for (const row of stepRows) {
    if (!byName.has(`${row.id} 20/10 p50`)) continue;
    drawn.push(`<text x="8" y="${y + 2 * linePx}">${escapeText(row.says)}</text>`);
    for (const { meterMs, tickMs } of columns) {
      y += linePx;
      const cell = (of: string) => byName.get(`${row.id} ${meterMs}/${tickMs} ${of}`)!;
      const line = `y1="${y - 4}" y2="${y - 4}" stroke="#bbbbbb"`;
      drawn.push(`<line x1="${at(cell("p50").value)}" x2="${at(cell("max").value)}" ${line}/>`);
      drawn.push(`<text x="${leftPx - 8}" y="${y}" text-anchor="end" fill="#777777">${meterMs}/${tickMs}</text>`);
      for (const { of, colour } of marks) {
        const { value, limit } = cell(of);
        mostMs = Math.max(mostMs, value, limit ?? 0);
        const fill = limit !== undefined && value > limit ? "#d01818" : colour;
        drawn.push(`<circle cx="${at(value)}" cy="${y - 4}" r="3" fill="${fill}"/>`);
        if (limit !== undefined)
          drawn.push(`<path d="M${at(limit)} ${y - 9}v10" stroke="${colour}" stroke-width="2"/>`);
      }
    }
    y += linePx;
  }
  for (let ms = 0; ms <= mostMs; ms += 100) {
    drawn.push(
      `<path d="M${at(ms)} ${headPx}V${y}" stroke="#e8e8e8"/><text x="${at(ms)}" y="${headPx - 6}" text-anchor="middle">${ms}</text>`,
    );
  }
  const legend = marks.map(({ of, colour }) => `<tspan fill="${colour}">● ${of}  </tspan>`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${at(mostMs) + 30}" height="${y + 20}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/><text x="8" y="18" font-size="14">${escapeText(title)}</text>
<text x="8" y="36">ms above the limit after a load step; meter/tick in ms; a bar is the bound of its colour, red is beyond it: ${legend}</text>
${drawn.sort((a, b) => Number(b.includes("#e8e8e8")) - Number(a.includes("#e8e8e8"))).join("\n")}
</svg>
`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

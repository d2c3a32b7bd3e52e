/** A page of its own, with plots, that can be kept and sent: no scripts, nothing from elsewhere. */
import { plotSvg } from "../../certify/plot-svg.ts";

type Plot = Parameters<typeof plotSvg>[0];

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export const plotSection = (title: string, plot: Plot): string =>
  plot.atS.length < 2 ? "" : `<figure><figcaption>${escaped(title)}</figcaption>${plotSvg(plot)}</figure>`;

export function pageOf(title: string, lines: readonly string[], sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; } svg { width: 100%; font-size: 7px; }
.axis { stroke: #8a929c; stroke-width: 0.5; } .limit { stroke: #b3261e; stroke-dasharray: 3 2; stroke-width: 0.7; }
.line0 { stroke: #1565c0; stroke-width: 0.9; } .line1 { stroke: #d9730d; stroke-width: 0.9; } .line2 { stroke: #2e7d32; stroke-width: 0.9; }
</style></head><body><h1>${escaped(title)}</h1>
${lines.map((line) => `<p>${escaped(line)}</p>`).join("\n")}
${sections.join("\n")}
</body></html>
`;
}

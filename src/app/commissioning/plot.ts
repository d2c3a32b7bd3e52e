/** A plot of a recording as inline SVG; the page around it says with `p-meter`, `p-told`, `p-stages` how its lines look. */
import type { Look } from "../../commissioning/trace.ts";

const width = 900;
const height = 220;
const pointsMax = 600;

/** What the plot calls its lines and itself; no markup in it. */
export interface PlotWords {
  readonly meter: string;
  readonly told: string;
  readonly stages: string;
  /** Read out instead of the picture. */
  readonly title: (seconds: string) => string;
  readonly number: (text: string) => string;
}
const english: PlotWords = {
  meter: "meter",
  told: "told",
  stages: "stages",
  title: (seconds) => `power over ${seconds} s`,
  number: (text) => text,
};

/** Power at the meter, of the stages, and what they were told, over time. */
export function plot(looks: readonly Look[], words: PlotWords = english): string {
  const every = Math.max(1, Math.ceil(looks.length / pointsMax));
  const shown = looks.filter((_, i) => i % every === 0);
  const sum = (of: (stage: Look["stages"][number]) => number) => (look: Look) =>
    look.stages.reduce((total, stage) => total + (of(stage) || 0), 0);
  const lines = [
    ["meter", (look: Look): number => look.meterW],
    ["told", sum(({ commandW }) => commandW)],
    ["stages", sum(({ powerW }) => powerW)],
  ] as const;
  const values = shown.flatMap((look) => lines.map(([, of]) => of(look))).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)];
  const [fromMs, toMs] = [shown[0]!.atMs, shown.at(-1)!.atMs];
  const x = (atMs: number): number => 50 + ((width - 60) * (atMs - fromMs)) / Math.max(1, toMs - fromMs);
  const y = (powerW: number): number => height - 20 - ((height - 30) * (powerW - low)) / Math.max(1, high - low);
  const drawn = lines.map(([name, of], i) => {
    const points = shown
      .filter((look) => Number.isFinite(of(look)))
      .map((look) => `${x(look.atMs).toFixed(1)},${y(of(look)).toFixed(1)}`);
    return `<polyline class="p-${name}" fill="none" stroke-width="1.3" points="${points.join(" ")}"/><line class="p-${name}" x1="${60 + 90 * i}" x2="${78 + 90 * i}" y1="8" y2="8" stroke-width="1.3"/><text x="${83 + 90 * i}" y="12">${words[name]}</text>`;
  });
  const scale = [low, high].map(
    (powerW) => `<text x="4" y="${y(powerW).toFixed(0)}">${words.number((powerW / 1_000).toFixed(1))} kW</text>`,
  );
  const seconds = ((toMs - fromMs) / 1_000).toFixed(0);
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${words.title(seconds)}">${drawn.join("")}${scale.join("")}<text x="${width - 60}" y="${height - 4}">${seconds} s</text></svg>`;
}

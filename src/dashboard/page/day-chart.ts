/** The day on three charts with one cursor: grid, load and PV, vehicles; prices below. Drawn by uPlot, coloured by the page's tokens. */
import type { AlignedData, Options, default as UPlot } from "uplot";
import { t } from "../language/language.ts";
import type { DayView, SeriesPair } from "../view/day.ts";
import { drawOver, drawUnder, readColors } from "./day-marks.ts";
import { axesOf, seriesOf, titlesOf } from "./day-series.ts";

declare global {
  interface Window {
    uPlot?: typeof UPlot;
  }
}

/** Measured up to now, planned from now on; both reach the point of now so that the line does not break. */
function split(pair: SeriesPair, nowIndex: number): [(number | null)[], (number | null)[]] {
  return [
    pair.measured.map((value, i) => (i <= nowIndex ? value : null)),
    pair.planned.map((value, i) => (i > nowIndex ? value : i === nowIndex ? (pair.measured[i] ?? value) : null)),
  ];
}

/** A line needs two points: the first quarter of an hour after a start is a dot. */
const fewPoints = (values: readonly (number | null)[]): boolean => values.filter((value) => value !== null).length < 4;

function dataOf(day: DayView): [AlignedData, AlignedData, AlignedData] {
  const times = [...day.timesS];
  const [grid, gridPlan] = split(day.grid, day.nowIndex);
  const [load, loadPlan] = split(day.load, day.nowIndex);
  const [pv, pvPlan] = day.pv ? split(day.pv, day.nowIndex) : [[], []];
  const [vehicles, vehiclesPlan] = split(day.vehicles, day.nowIndex);
  return [
    [times, grid, gridPlan, [...day.importLimit], [...day.exportLimit]],
    day.pv ? [times, load, loadPlan, pv, pvPlan] : [times, load, loadPlan],
    [times, vehicles, vehiclesPlan],
  ];
}

/** The mean of the present quarter of an hour moves with every state, too little to see: drawn this often. */
const redrawEveryS = 5;

/** Everything but the present quarter of an hour is the same. */
function alike(a: DayView, b: DayView): boolean {
  const same = (x: readonly (number | null)[], y: readonly (number | null)[], until: number): boolean => {
    for (let i = 0; i < until; i++) if (x[i] !== y[i]) return false;
    return x.length === y.length;
  };
  return (
    same(a.grid.measured, b.grid.measured, a.nowIndex) &&
    same(a.exportLimit, b.exportLimit, a.exportLimit.length) &&
    same(a.importLimit, b.importLimit, a.importLimit.length) &&
    a.outages.length === b.outages.length
  );
}

export interface DayChart {
  /** New values; the charts are made anew only when the set of series changes. */
  show(day: DayView): void;
  /** The theme or the width has changed. */
  redraw(): void;
}

export function createDayChart(
  element: HTMLElement,
  readout: HTMLElement,
  loadLibrary: () => Promise<typeof UPlot>,
): DayChart {
  let day: DayView | null = null;
  let plots: UPlot[] = [];
  let cursor: number | null = null;
  let key = "";
  let loading = false;
  let missing = false;
  let drawnS = Number.NEGATIVE_INFINITY;

  const say = (): void => {
    if (!day) return;
    const i = cursor ?? day.nowIndex;
    readout.textContent = day.readouts[i] ?? "–";
  };

  const make = (Plot: typeof UPlot): void => {
    for (const plot of plots) plot.destroy();
    plots = [];
    element.replaceChildren();
    if (!day) return;
    const shown = day;
    const phone = element.clientWidth < 500;
    const colors = readColors(element);
    const data = dataOf(shown);
    const dots = fewPoints(shown.grid.measured);
    const titles = titlesOf(shown, phone);
    const heights = phone ? [126, 102, 124] : [142, 110, 140];
    const series = seriesOf(shown, colors, dots, Plot.paths.stepped?.({ align: 1 }));
    const first = shown.timesS[0] ?? 0;
    const last = (shown.timesS.at(-1) ?? 0) + ((shown.timesS[1] ?? 0) - first);
    const hours = Array.from({ length: phone ? 5 : 9 }, (_, i) => first + i * (phone ? 6 : 3) * 3600);
    const places = ["grid", "load", "vehicles"] as const;
    // Hours, and the prices below them where there are any.
    const belowPx = shown.prices.length > 0 ? 52 : 26;
    for (let i = 0; i < 3; i++) {
      const box = document.createElement("div");
      const title = document.createElement("p");
      title.className = "chart-h";
      title.textContent = titles[i] ?? "";
      box.append(title);
      element.append(box);
      const isLast = i === 2;
      const options: Options = {
        width: Math.max(200, element.clientWidth),
        height: (heights[i] ?? 100) + (isLast ? belowPx : 0),
        legend: { show: false },
        padding: [6, 18, isLast ? 0 : 6, 0],
        cursor: { x: true, y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: "day" } },
        scales: {
          x: { time: false, range: () => [first, last] },
          y: { range: (_, min, max) => padded(min, max, i === 0) },
        },
        series: series[i] ?? [],
        axes: axesOf(shown, hours, colors, isLast, belowPx),
        hooks: {
          // Charts outlive the values that they were made with.
          drawClear: [(plot) => drawUnder(plot, day ?? shown, colors, i === 0)],
          draw: [(plot) => drawOver(plot, day ?? shown, colors, places[i] ?? "vehicles")],
          setCursor: [
            (plot) => {
              if (plot !== plots[0] && plot.cursor.event === null) return;
              const index = plot.cursor.idx;
              if (index !== null && index !== undefined) {
                cursor = index;
                say();
              }
            },
          ],
        },
      };
      const plot = new Plot(options, data[i] as AlignedData, box);
      // The charts are an image to whoever does not see them; the table carries the values.
      plot.root.setAttribute("aria-hidden", "true");
      plots.push(plot);
    }
    say();
  };

  const draw = (): void => {
    const Plot = window.uPlot;
    if (Plot) {
      make(Plot);
      return;
    }
    if (loading || missing) return;
    loading = true;
    loadLibrary()
      .then((loaded) => make(loaded))
      .catch(() => {
        missing = true;
        readout.textContent = t`The chart could not be loaded. The table has every value.`;
      })
      .finally(() => {
        loading = false;
      });
  };

  element.addEventListener("keydown", (event) => {
    if (!day || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    event.preventDefault();
    cursor = Math.min(
      day.timesS.length - 1,
      Math.max(0, (cursor ?? day.nowIndex) + (event.key === "ArrowRight" ? 1 : -1)),
    );
    const plot = plots[0];
    if (plot) plot.setCursor({ left: plot.valToPos(day.timesS[cursor] ?? 0, "x"), top: 10 });
    say();
  });
  element.addEventListener("pointerleave", () => {
    cursor = null;
    say();
  });
  // Values are spoken only while somebody reads them with the keys.
  element.addEventListener("focus", () => readout.setAttribute("aria-live", "polite"));
  element.addEventListener("blur", () => {
    readout.removeAttribute("aria-live");
    cursor = null;
    say();
  });

  return {
    show: (next) => {
      const nextKey = `${fewPoints(next.grid.measured)}-${next.timesS[0]}-${next.timesS.length}-${next.pv !== null}-${next.prices.length > 0}`;
      const turned = day === null || next.nowIndex !== day.nowIndex || !alike(next, day);
      day = next;
      if (nextKey !== key || plots.length === 0) {
        key = nextKey;
        draw();
      } else if (turned || next.nowS - drawnS >= redrawEveryS) {
        const data = dataOf(next);
        for (let i = 0; i < plots.length; i++) plots[i]?.setData(data[i] as AlignedData);
        say();
      } else return;
      drawnS = next.nowS;
    },
    redraw: draw,
  };
}

/** Room above and below, and always a line at zero. */
function padded(min: number, max: number, both: boolean): [number, number] {
  const low = Math.min(0, Number.isFinite(min) ? min : 0);
  const high = Math.max(0, Number.isFinite(max) ? max : 1);
  const room = Math.max(1, (high - low) * 0.08);
  // The grid's chart always shows some of what must not be exported.
  return [low < 0 || both ? Math.min(low - room, both ? -0.14 * high : 0) : 0, high + room];
}

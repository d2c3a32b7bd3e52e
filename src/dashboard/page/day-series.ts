/** What the day's three charts show: titles, lines, axes. */
import type { Axis, Series } from "uplot";
import { t } from "../language/language.ts";
import type { DayView } from "../view/day.ts";
import { faded, type readColors } from "./day-marks.ts";

type Colors = ReturnType<typeof readColors>;

/** The titles of grid, load and vehicles; shorter ones on a phone. */
export const titlesOf = (day: DayView, phone: boolean): readonly string[] =>
  phone
    ? [
        t`Grid, kW: importing up, exporting down`,
        day.pv ? t`Load and PV, kW` : t`Load, kW`,
        t`Vehicles, kW: charging up`,
      ]
    : [
        t`Grid at the PCC, kW: importing above the line, exporting below`,
        day.pv ? t`Load and PV, kW` : t`Load, kW`,
        t`Vehicles, kW: charging above the line, discharging below`,
      ];

/** The lines of grid, load and vehicles, each after the times. `dots`: few values, which are no line yet. */
export function seriesOf(
  day: DayView,
  colors: Colors,
  dots: boolean,
  stepped: NonNullable<Series["paths"]> | undefined,
): readonly Series[][] {
  const measured = (label: string, stroke: string, fill?: string): Series => ({
    label,
    stroke,
    width: 1.8,
    points: { show: dots },
    ...(fill ? { fill } : {}),
  });
  const planned = (label: string, stroke: string): Series => ({
    label,
    stroke,
    width: 1.4,
    dash: [5, 4],
    points: { show: false },
  });
  const limit = (label: string): Series => ({
    label,
    stroke: colors.ink,
    width: 1.5,
    points: { show: false },
    ...(stepped ? { paths: stepped } : {}),
  });
  return [
    [
      {},
      measured(t`Grid`, colors.live, faded(colors.live, 0.16)),
      planned(t`Plan`, colors.live),
      limit(t`Import limit`),
      limit(t`Export limit`),
    ],
    day.pv
      ? [
          {},
          measured(t`Load`, colors.ink),
          planned(t`Plan`, colors.ink),
          measured("PV", colors.line2, faded(colors.line2, 0.22)),
          planned(t`PV plan`, colors.line2),
        ]
      : [{}, measured(t`Load`, colors.ink), planned(t`Plan`, colors.ink)],
    [{}, measured(t`Vehicles`, colors.data, faded(colors.data, 0.3)), planned(t`Plan`, colors.ink2)],
  ];
}

/** Hours below the last chart, kilowatts at the side of each. */
export const axesOf = (
  day: DayView,
  hours: readonly number[],
  colors: Colors,
  isLast: boolean,
  belowPx: number,
): Axis[] => [
  {
    show: isLast,
    splits: () => [...hours],
    values: () => hours.map((at) => clockAt(day, at)),
    stroke: colors.ink3,
    grid: { stroke: colors.line, width: 1 },
    ticks: { show: false },
    size: belowPx,
    gap: 6,
    font: "12px system-ui, sans-serif",
  },
  {
    stroke: colors.ink3,
    grid: { stroke: colors.line, width: 1 },
    ticks: { show: false },
    size: 38,
    gap: 4,
    space: 34,
    font: "12px system-ui, sans-serif",
    values: (_, splits) => splits.map((value) => String(Math.abs(Math.round(value * 10) / 10))),
  },
];

const clockAt = (day: DayView, atS: number): string => {
  const i = day.timesS.indexOf(atS);
  return i < 0 ? "24:00" : (day.table.find((_, row) => row * 4 === i)?.hour ?? "");
};

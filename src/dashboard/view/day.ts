/** The day for its chart and its table: measured up to now, planned after, limits, prices, outages. */

import { decimal, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { directionOfGrid, directionOfVehicle, idleW, kW, lower, nb, type Words } from "./format.ts";

export type Series = readonly (number | null)[];
export interface SeriesPair {
  readonly measured: Series;
  readonly planned: Series;
}
export interface DayRow {
  readonly hour: string;
  readonly plan: boolean;
  readonly load: string;
  readonly pv: string | null;
  readonly grid: string;
  readonly vehicles: string;
}
export interface DayView {
  readonly date: string;
  readonly label: string;
  /** Seconds of UTC at each point. */
  readonly timesS: readonly number[];
  readonly nowS: number;
  /** Index of the last measured point. */
  readonly nowIndex: number;
  /** kW; magnitudes and signs as in the core. */
  readonly load: SeriesPair;
  readonly pv: SeriesPair | null;
  readonly grid: SeriesPair;
  readonly vehicles: SeriesPair;
  readonly importLimit: Series;
  readonly exportLimit: Series;
  readonly prices: readonly {
    readonly fromS: number;
    readonly toS: number;
    readonly perKWh: number;
    readonly text: string;
  }[];
  readonly outages: readonly { readonly fromS: number; readonly toS: number }[];
  readonly readouts: readonly string[];
  readonly table: readonly DayRow[];
  /** What the plan rests on, and what nobody knows here. */
  readonly notes: readonly string[];
}

const inKW = (values: readonly (number | null)[]): Series =>
  values.map((value) => (value === null ? null : value / 1000));

const pointsMax = 100;

export function dayView(state: SiteState, words: Words): DayView {
  const { day, atMs } = state;
  // The whole day is drawn, however little of it is known yet; a day of 25 hours has four quarters more.
  const count = Math.min(
    pointsMax,
    Math.max(Math.round(86_400_000 / day.stepMs), day.loadW.planned.length, day.loadW.measured.length),
  );
  const timesS = Array.from({ length: count }, (_, i) => (day.startsAtMs + i * day.stepMs) / 1000);
  const nowIndex = Math.max(0, Math.min(count - 1, Math.floor((atMs - day.startsAtMs) / day.stepMs)));
  const pair = (from: { measured: readonly (number | null)[]; planned: readonly (number | null)[] }): SeriesPair => ({
    measured: inKW(from.measured),
    planned: inKW(from.planned),
  });
  const limitAt = (atS: number): SiteState["day"]["limits"][number] | undefined =>
    day.limits.find((limit) => atS * 1000 >= limit.fromMs && atS * 1000 < limit.toMs);
  const priceAt = (atS: number): SiteState["day"]["prices"][number] | undefined =>
    day.prices.find((price) => atS * 1000 >= price.fromMs && atS * 1000 < price.toMs);
  const at = (
    series: { measured: readonly (number | null)[]; planned: readonly (number | null)[] } | null,
    i: number,
  ): number | null =>
    series === null ? null : i <= nowIndex ? (series.measured[i] ?? null) : (series.planned[i] ?? null);

  const readouts = timesS.map((timeS, i) => {
    const parts: string[] = [];
    const loadW = at(day.loadW, i);
    const pvW = at(day.pvW, i);
    const pccW = at(day.pccW, i);
    const vehiclesW = at(day.vehiclesW, i);
    if (loadW !== null) parts.push(t`load ${kW(loadW)}`);
    if (pvW !== null) parts.push(t`PV ${kW(pvW)}`);
    if (pccW !== null) parts.push(`${lower(directionOfGrid(pccW))} ${kW(pccW)}`);
    if (vehiclesW !== null)
      parts.push(
        t`vehicles ${lower(directionOfVehicle(vehiclesW))}${Math.abs(vehiclesW) > idleW ? ` ${kW(vehiclesW)}` : ""}`,
      );
    const price = priceAt(timeS);
    if (price) parts.push(`${decimal(price.perKWh, 3)}${nb}${price.currency}/kWh`);
    const values = parts.join(", ") || t`no values`;
    return `${words.hm(timeS * 1000)} ${i > nowIndex ? t`planned: ${values}` : values}`;
  });

  const perHour = Math.max(1, Math.round(3_600_000 / day.stepMs));
  const cell = (value: number | null): string => (value === null ? "–" : decimal(Math.abs(value) / 1000, 1));
  const table: DayRow[] = [];
  for (let i = 0; i < count; i += perHour) {
    const pccW = at(day.pccW, i);
    const vehiclesW = at(day.vehiclesW, i);
    table.push({
      hour: words.hm((timesS[i] ?? 0) * 1000),
      plan: i > nowIndex,
      load: cell(at(day.loadW, i)),
      pv: day.pvW === null ? null : cell(at(day.pvW, i)),
      grid: pccW === null ? "–" : `${lower(directionOfGrid(pccW))} ${cell(pccW)}`,
      vehicles: vehiclesW === null ? "–" : `${lower(directionOfVehicle(vehiclesW))} ${cell(vehiclesW)}`,
    });
  }
  return {
    date: words.date(atMs),
    label: words.say("day.chart"),
    timesS,
    nowS: atMs / 1000,
    nowIndex,
    load: pair(day.loadW),
    pv: day.pvW === null ? null : pair(day.pvW),
    grid: pair(day.pccW),
    vehicles: pair(day.vehiclesW),
    importLimit: timesS.map((timeS) => kilo(limitAt(timeS)?.maxImportW)),
    exportLimit: timesS.map((timeS) => negative(kilo(limitAt(timeS)?.maxExportW))),
    prices: day.prices.map(({ fromMs, toMs, perKWh, currency }) => ({
      fromS: fromMs / 1000,
      toS: toMs / 1000,
      perKWh,
      text: `${decimal(perKWh, 3)} ${currency}/kWh`,
    })),
    outages: day.outages.map(({ fromMs, toMs }) => ({ fromS: fromMs / 1000, toS: (toMs ?? atMs) / 1000 })),
    readouts,
    table,
    notes: notesOf(state, words),
  };
}

function notesOf({ day, pv }: SiteState, words: Words): string[] {
  const { basis } = day;
  if (basis === undefined) return [];
  const { load, plannedVehicles, connectedVehicles } = basis;
  const notes = [
    load === "none" ? words.say("day.noLoadPlan") : words.say(pv === null ? "day.loadYesterday" : "empty.pvForecast"),
  ];
  if (connectedVehicles > 0)
    notes.push(
      plannedVehicles === 0
        ? words.say("day.noDepartures")
        : plannedVehicles < connectedVehicles
          ? words.say("day.someDepartures", { planned: plannedVehicles, connected: connectedVehicles })
          : words.say("day.allDepartures"),
    );
  if (day.prices.length === 0) notes.push(words.say("day.noPrices"));
  return notes;
}

const kilo = (value: number | null | undefined): number | null => (value == null ? null : value / 1000);
const negative = (value: number | null): number | null => (value === null ? null : value === 0 ? 0 : -value);

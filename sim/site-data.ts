/** Reads the data files of `sim/data` into series over UTC time. */
import { readFileSync } from "node:fs";
import { hourMs, minuteMs } from "../src/domain/units.ts";
import { localToUtcMs } from "./calendar.ts";
import { Series } from "./plant/series.ts";

/** The files' year and place: Los Angeles, daylight-saving time in summer. */
const dataYear = 2006;
export const dataUtcOffsetMinutes = -420;
const pvPlantMW = 74;
const linesMax = 200_000;

const folder = new URL("./data/", import.meta.url);

function rows(file: string): string[] {
  const lines = readFileSync(new URL(file, folder), "utf8").split("\n", linesMax);
  return lines.slice(1).filter((line) => line.trim() !== "");
}

function secondColumn(file: string, scale: number): Float64Array {
  const lines = rows(file);
  const values = new Float64Array(lines.length);
  for (let i = 0; i < lines.length; i++) {
    const value = Number(lines[i]!.split(",")[1]);
    if (!Number.isFinite(value))
      throw new RangeError(`${file}, line ${i + 2}: "${lines[i]}" has no number in column 2`);
    values[i] = value * scale;
  }
  return values;
}

const kept = new Map<string, Series>();

function once(name: string, make: () => Series): Series {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const made = make();
  kept.set(name, made);
  return made;
}

/** Hourly means of the office's demand, W, from the first hour of the year on. */
export function officeHours(): { readonly firstMs: number; readonly valuesW: Float64Array } {
  return {
    firstMs: localToUtcMs(`${dataYear}-01-01 00:00`, dataUtcOffsetMinutes),
    valuesW: secondColumn("office-load-hourly.csv", 1000),
  };
}

/** Output of the photovoltaic plant as a share of its rating, every 5 minutes from 1 June on. */
export function pvFiveMinutes(): { readonly firstMs: number; readonly shares: Float64Array } {
  return {
    firstMs: localToUtcMs(`${dataYear}-06-01 00:00`, dataUtcOffsetMinutes),
    shares: secondColumn("pv-june-5min.csv", 1 / pvPlantMW),
  };
}

/** Demand of the office, W. Each hourly mean stands in the middle of its hour, straight lines between. */
export function officeLoad(): Series {
  return once("office", () => {
    const { firstMs, valuesW } = officeHours();
    return new Series(firstMs + 0.5 * hourMs, hourMs, valuesW);
  });
}

/** Output of a photovoltaic plant as a share of its rating, June. */
export function pvShare(): Series {
  return once("pv", () => {
    const { firstMs, shares } = pvFiveMinutes();
    return new Series(firstMs, 5 * minuteMs, shares);
  });
}

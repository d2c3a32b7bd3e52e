/**
 * Grid codes beside IEEE 1547 and Rule 21, as differences, each with its source and how sure it is. Also the ranges that hold
 * where no code states any: what is plausible at all, so that a misspelt value is still found.
 */
import type { GridSettings, NumberRow } from "./grid-profiles.table.ts";

type Range = readonly [min: number, max: number];

/** Where the settings come from and what has been read of it, for people. */
export const ieee1547Source =
  "IEEE 1547-2018, by OpenDER's tables and the type-test scripts of svp_1547.1; some ranges unconfirmed";
export const ieee1547At50Source =
  "IEEE 1547-2018 scaled to 50 Hz: this project's own rule, no European grid code";
export const rule21Source = "California Rule 21, by makers' tables; compare with the tariff in force";
export const vde4105Source =
  "VDE-AR-N 4105:2018, by makers' public tables (ABB CM-UFD, KACO gridsave), not by the standard itself; ride-through regions are IEEE's";

/**
 * VDE-AR-N 4105:2018 for generators and storage at low voltage. Over-voltage U> is the mean of ten minutes; U>>, U<, U<< and
 * the frequencies trip within their clearing times; power follows frequency from 50.2 and 49.8 Hz on; back after 60 s, at 10 %
 * of rated power a minute. Which of the reactive modes holds is the network operator's choice: Q(U) here.
 */
export const vde4105: Partial<GridSettings> = {
  ov2Pu: 1.25, ov2S: 0.1, ov1Pu: 1.1, ov1S: 600, ovMeanPu: 1.1,
  uv1Pu: 0.8,  uv1S: 3,   uv2Pu: 0.45, uv2S: 0.3,
  of1Hz: 51.5, of1S: 0.1, of2Hz: 51.5, of2S: 0.1, uf1Hz: 47.5, uf1S: 0.1, uf2Hz: 47.5, uf2S: 0.1,
  enterVoltageMinPu: 0.85, enterVoltageMaxPu: 1.1, enterFrequencyMinHz: 47.5, enterFrequencyMaxHz: 50.1,
  enterDelayS: 60, enterRampS: 600,
  // Momentary cessation would follow IEEE's regions, which cease at 1.10 already.
  momentaryCessation: false, cessationLowPu: 0.8, cessationHighPu: 1.15,
  droopOverBandHz: 0.2, droopUnderBandHz: 0.2, droopOverPu: 0.05, droopUnderPu: 0.05,
  reactiveMode: "volt-var",
  voltVarV1Pu: 0.93, voltVarQ1Pu: 0.4359, voltVarV2Pu: 0.97, voltVarV3Pu: 1.03, voltVarV4Pu: 1.07, voltVarQ4Pu: -0.4359,
};

const tripTimeMinS = 0.05;
const timeMaxS = 3_600;

/** What a setting may be where the code states no range of its own, around the range of IEEE 1547 at this frequency. */
export function plausibleRange(row: NumberRow, [min, max]: Range, nominalFrequencyHz: number): Range {
  const { key, unit } = row;
  const within = (low: number, high: number): Range => [Math.min(min, low), Math.max(max, high)];
  if (key.endsWith("BandHz")) return within(0, 2);
  if (unit === "Hz") return within(Math.round(0.88 * nominalFrequencyHz), Math.round(1.12 * nominalFrequencyHz));
  if (unit === "s") return within(/^(ov|uv|of|uf)/.test(key) ? tripTimeMinS : Math.min(min, 0.1), timeMaxS);
  if (/^(ov|uv|enterVoltage|cessation)/.test(key)) return within(0, 1.4);
  if (/^volt(Var|Watt)V/.test(key)) return within(0.8, 1.2);
  if (/^(voltVar|wattVar\w*)Q/.test(key)) return within(-0.6, 0.6);
  if (/^droop\w+Pu$/.test(key)) return within(0.02, 0.12);
  return [min, max];
}

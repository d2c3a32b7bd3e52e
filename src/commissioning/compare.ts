/**
 * What was measured against what is configured: rows of figures with what they mean. Small differences are adopted, larger ones
 * warned of, and a site that would swing with what it is told is refused. Each row names device, setting, both values and what
 * to change.
 */

import type { MeterFigures } from "./identify-meter.ts";
import type { StageFigures } from "./identify-stage.ts";

export type ComparisonVerdict = "as configured" | "warn" | "refuse";

/** One figure of one device. */
export interface Comparison {
  readonly device: string;
  /** Path of the setting in the site file. */
  readonly setting: string;
  readonly what: string;
  readonly configured: number;
  readonly measured: number;
  readonly uncertainty: number;
  readonly unit: string;
  readonly verdict: ComparisonVerdict;
  /** What to do; "" where nothing is. */
  readonly todo: string;
  /** What the site file would have to say for it. */
  readonly sets?: readonly MeasuredValue[];
}

/** A setting's path in the site file, and what was measured for it. */
export interface MeasuredValue {
  readonly setting: string;
  readonly to: number | boolean;
}

/** When a figure counts as another one: by more than `share` of the configured and `least`, both beside the uncertainty. */
interface Rule {
  readonly what: string;
  readonly unit: string;
  /** More than configured: warned of, and refused. NaN never. */
  readonly warnShare: number;
  readonly warnLeast: number;
  readonly refuseShare: number;
  readonly refuseLeast: number;
  /** Less than configured by half is told too: the site could be faster. */
  readonly tellsLess: boolean;
}

/** Numbers from the study in docs/export-control.md: the loop begins to swing at a skew of one to two time constants. */
const rules = {
  updateMs: {
    what: "time between samples",
    unit: "ms",
    warnShare: 0.2,
    warnLeast: 20,
    refuseShare: 0.6,
    refuseLeast: 80,
    tellsLess: true,
  },
  windowMs: {
    what: "averaging window",
    unit: "ms",
    warnShare: 0.4,
    warnLeast: 60,
    refuseShare: 1,
    refuseLeast: 200,
    tellsLess: false,
  },
  delayMs: {
    what: "mean delay (latency, half window)",
    unit: "ms",
    warnShare: 0.3,
    warnLeast: 50,
    refuseShare: 0.6,
    refuseLeast: 150,
    tellsLess: false,
  },
  deadTimeMs: {
    what: "dead time",
    unit: "ms",
    warnShare: 0.4,
    warnLeast: 50,
    refuseShare: 0.8,
    refuseLeast: 150,
    tellsLess: true,
  },
  responseMs: {
    what: "time constant",
    unit: "ms",
    warnShare: 0.5,
    warnLeast: 40,
    refuseShare: 1,
    refuseLeast: 200,
    tellsLess: true,
  },
  commandPeriodMs: {
    what: "time between commands that it takes",
    unit: "ms",
    warnShare: 0.4,
    warnLeast: 90,
    refuseShare: 0.8,
    refuseLeast: 250,
    tellsLess: false,
  },
  resolutionW: {
    what: "smallest step",
    unit: "W",
    warnShare: 0.5,
    warnLeast: 0.5,
    refuseShare: Number.NaN,
    refuseLeast: Number.NaN,
    tellsLess: false,
  },
} as const satisfies Record<string, Rule>;

/** A step of the meter below this share of the stages' sum does not matter to the control. */
const quietShare = 0.001;
const gainWarn = 0.03;
const gainRefuse = 0.1;

function judge(rule: Rule, configured: number, measured: number, uncertainty: number): ComparisonVerdict {
  const more = measured - configured - Math.min(uncertainty, Math.abs(measured - configured) / 2);
  if (more > rule.refuseShare * configured && more > rule.refuseLeast) return "refuse";
  if (more > rule.warnShare * configured && more > rule.warnLeast) return "warn";
  const less = configured - measured - uncertainty;
  return rule.tellsLess && less > 0.5 * configured && less > 2 * rule.warnLeast ? "warn" : "as configured";
}

/** A figure as a setting: two digits, upwards for times. */
function settingFor(value: number): number {
  if (!(value > 0)) return 0;
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / step) * step;
}

function row(
  device: string,
  setting: string,
  key: keyof typeof rules,
  configured: number,
  measured: number,
  uncertainty: number,
): Comparison {
  const rule: Rule = rules[key];
  const verdict = judge(rule, configured, measured, uncertainty);
  const { what, unit } = rule;
  const wanted = settingFor(measured);
  const todo =
    verdict === "as configured"
      ? ""
      : `${device}: ${what} is ${measured.toFixed(0)} ± ${uncertainty.toFixed(0)} ${unit}, configured ${configured} ${unit}. Set ${setting} to ${wanted}${measured < configured ? " to make use of it" : ", or make the device faster"}.`;
  const base = { device, setting, what, configured, measured, uncertainty, unit, verdict, todo };
  return verdict === "as configured" ? base : { ...base, sets: [{ setting, to: wanted }] };
}

/** Settings of the meter as configured. */
export interface MeterSettings {
  readonly updateMs: number;
  readonly windowMs: number;
  readonly latencyMs: number;
  readonly resolutionW: number;
  /** Sum of the stages' ratings: a step below a thousandth of it is none. */
  readonly scaleW: number;
}

/** Rows for the meter. `tickMs`: a sample may have waited for a cycle. */
export function compareMeter(
  device: string,
  setting: string,
  told: MeterSettings,
  found: MeterFigures,
  tickMs: number,
): Comparison[] {
  const { updateMs, windowMs, latencyMs, delayMs, gain, resolutionW } = found;
  const rows = [
    row(device, `${setting}.updateMs`, "updateMs", told.updateMs, updateMs.value, updateMs.uncertainty + tickMs / 2),
    row(
      device,
      `${setting}.windowMs`,
      "windowMs",
      told.windowMs,
      windowMs.value,
      windowMs.uncertainty + latencyMs.uncertainty,
    ),
    delayRow(device, setting, told, found, delayMs.uncertainty + tickMs),
    resolutionRow(device, setting, told, resolutionW),
  ];
  return [...rows, gainRow(device, setting, gain.value, gain.uncertainty)];
}

/** A step that the control does not notice beside its own noise is as configured, whatever is written there. */
function resolutionRow(device: string, setting: string, told: MeterSettings, resolutionW: number): Comparison {
  const one = row(device, `${setting}.resolutionW`, "resolutionW", told.resolutionW, resolutionW, 0);
  return resolutionW <= quietShare * told.scaleW ? { ...one, verdict: "as configured", todo: "", sets: [] } : one;
}

/** What is set for a wrong delay is the latency, beside the window that was found. */
function delayRow(
  device: string,
  setting: string,
  told: MeterSettings,
  found: MeterFigures,
  uncertainty: number,
): Comparison {
  const configured = told.latencyMs + told.windowMs / 2;
  const one = row(device, `${setting}.latencyMs`, "delayMs", configured, found.delayMs.value, uncertainty);
  if (one.verdict === "as configured") return one;
  const [windowMs, latencyMs] = [settingFor(found.windowMs.value), settingFor(found.latencyMs.value)];
  const todo = `${device}: what it shows is ${found.delayMs.value.toFixed(0)} ± ${uncertainty.toFixed(0)} ms old on average, configured ${configured.toFixed(0)} ms. Set ${setting}.windowMs to ${windowMs} and ${setting}.latencyMs to ${latencyMs}.`;
  const sets = [
    { setting: `${setting}.windowMs`, to: windowMs },
    { setting: `${setting}.latencyMs`, to: latencyMs },
  ];
  return { ...one, todo, sets };
}

function gainRow(device: string, setting: string, gain: number, uncertainty: number): Comparison {
  const off = Math.abs(gain - 1) - uncertainty;
  const verdict = off > gainRefuse ? "refuse" : off > gainWarn ? "warn" : "as configured";
  const turned = gain < -0.5;
  const todo =
    verdict === "as configured"
      ? ""
      : turned
        ? `${device}: it counts the wrong way round (${gain.toFixed(2)} W for each watt). Turn ${setting}.importPositive round, or the meter's current transformers.`
        : `${device}: it shows ${gain.toFixed(2)} ± ${uncertainty.toFixed(2)} W for each watt of the stages. Check its place, the ratio and the wiring of its current transformers.`;
  const base = { device, setting: turned ? `${setting}.importPositive` : setting, what: "gain", unit: "" };
  return { ...base, configured: 1, measured: gain, uncertainty, verdict, todo };
}

/** Settings of a stage as configured; `slewWPerS` Infinity for none. */
export interface StageSettings {
  readonly deadTimeMs: number;
  readonly responseMs: number;
  readonly commandPeriodMs: number;
  readonly slewWPerS: number;
  readonly ratedW: number;
}

/** Rows for one stage. `tickMs`: its reading may have waited for a cycle. */
export function compareStage(
  device: string,
  setting: string,
  told: StageSettings,
  found: StageFigures,
  tickMs: number,
): Comparison[] {
  const { deadTimeMs, responseMs, commandPeriodMs, gain } = found;
  // What reads like a time constant may be a bounded rate: both together say how slow it is.
  const rows = [
    row(
      device,
      `${setting}.deadTimeMs`,
      "deadTimeMs",
      told.deadTimeMs,
      deadTimeMs.value,
      deadTimeMs.uncertainty + 1.5 * tickMs,
    ),
    row(device, `${setting}.responseMs`, "responseMs", told.responseMs, responseMs.value, responseMs.uncertainty),
    row(
      device,
      `${setting}.commandPeriodMs`,
      "commandPeriodMs",
      told.commandPeriodMs,
      commandPeriodMs.value,
      commandPeriodMs.uncertainty,
    ),
    slewRow(device, setting, told, found),
  ];
  const off = Math.abs(gain.value - 1) - gain.uncertainty;
  const verdict = off > 2 * gainRefuse ? "refuse" : off > 2 * gainWarn ? "warn" : "as configured";
  const todo =
    verdict === "as configured"
      ? ""
      : `${device}: it does ${gain.value.toFixed(2)} W for each watt that it is told. Check its rating, its limits and its own meter.`;
  return [
    ...rows,
    {
      device,
      setting,
      what: "gain",
      configured: 1,
      measured: gain.value,
      uncertainty: gain.uncertainty,
      unit: "",
      verdict,
      todo,
    },
  ];
}

/** Slower by more than half: refused; a rate that nobody configured counts when it is below twice the rating a second. */
function slewRow(device: string, setting: string, told: StageSettings, found: StageFigures): Comparison {
  const percent = (wattsPerS: number): number => (100 * wattsPerS) / told.ratedW;
  const [configured, measured] = [percent(told.slewWPerS), percent(found.slewWPerS)];
  const ratio = measured / Math.min(configured, 400);
  const verdict = ratio < 0.5 ? "refuse" : ratio < 0.75 ? "warn" : "as configured";
  const sets = verdict === "as configured" ? [] : [{ setting: `${setting}.slewPctPerS`, to: Math.floor(measured) }];
  const todo =
    verdict === "as configured"
      ? ""
      : `${device}: its power changes by ${measured.toFixed(0)} % of its rating a second at most, configured ${Number.isFinite(configured) ? `${configured.toFixed(0)} %` : "without a bound"}. Set ${setting}.slewPctPerS to ${Math.floor(measured)}.`;
  return {
    device,
    setting: `${setting}.slewPctPerS`,
    what: "fastest change",
    configured,
    measured,
    uncertainty: 0.2 * measured,
    unit: "%/s",
    verdict,
    todo,
    sets,
  };
}

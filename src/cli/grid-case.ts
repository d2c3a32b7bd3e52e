/**
 * `islet grid-case FILE…`: runs grid-function cases (settings, events, voltage, frequency and power over time) through the
 * controller's own grid functions with an ideal stage, one line of JSON for each case: `{id, output}`.
 */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { type GridSettings, gridSettingRows, standardGridProfile } from "../config/grid-profiles.ts";
import { applyGridSettings, createGridFunctions, type GridStatus, stepGridFunctions } from "../core/grid/der.ts";
import { type Connection, createGridMeasurement } from "../core/grid/measurement.ts";
import type { GridRatings } from "../core/grid/pq-priority.ts";
import { Quality } from "../domain/quality.ts";

export function gridCaseCommand(program: Command): void {
  program
    .command("grid-case")
    .description("run grid-function cases with an ideal stage, one line of JSON each")
    .argument("<files...>", "case files, JSON")
    .action((files: readonly string[]) => {
      for (const file of files) {
        try {
          process.stdout.write(`${JSON.stringify(runGridCase(parseGridCase(readFileSync(file, "utf8"))))}\n`);
        } catch (failure) {
          process.exitCode = 1;
          process.stderr.write(`${file}: ${sentenceOf(failure)}\n`);
        }
      }
    });
}

function sentenceOf(failure: unknown): string {
  const { code, message } = failure as NodeJS.ErrnoException;
  return code === undefined ? message : `can't be read (${code})`;
}

type Breakpoints = readonly (readonly [atS: number, value: number])[];
type CaseValue = number | boolean | string;
type CaseSettings = Record<string, CaseValue>;

/** A case as in the files: times in seconds, voltages in pu, power in pu of the rated power, positive injects. */
export interface GridCase {
  readonly id: string;
  readonly dt: number;
  readonly duration: number;
  readonly settings: CaseSettings;
  readonly events: readonly { readonly t: number; readonly set: CaseSettings }[];
  readonly input: {
    readonly v: Breakpoints | { readonly a: Breakpoints; readonly b: Breakpoints; readonly c: Breakpoints };
    readonly f: Breakpoints;
    readonly p: Breakpoints;
  };
}

/** What the ideal stage did after each step: watts and vars injected, and the status in run lengths. */
export interface GridCaseResult {
  readonly id: string;
  readonly output: {
    readonly dt: number;
    readonly every: number;
    readonly n: number;
    readonly p_w: readonly number[];
    readonly q_var: readonly number[];
    readonly status: readonly (readonly [name: string, count: number])[];
    readonly t_first_trip: number | null;
    readonly trip_cause: string | null;
  };
}

/** Longest case, steps: an hour at 1 ms. */
export const stepsMax = 3_600_000;

/** Times closer than this are the same, seconds. */
const sameTimeS = 1e-9;

export function parseGridCase(text: string): GridCase {
  const parsed: unknown = JSON.parse(text);
  const raw = (isRecord(parsed) ? parsed : {}) as Partial<GridCase>;
  const wrong = (what: string): never => {
    throw new Error(`not a grid-function case: ${what}`);
  };
  if (typeof raw.id !== "string") wrong("`id` must be text");
  if (!(Number(raw.dt) > 0 && Number(raw.duration) > 0)) wrong("`dt` and `duration` must be seconds above 0");
  if (Number(raw.duration) / Number(raw.dt) > stepsMax) wrong(`more than ${stepsMax} steps`);
  if (!isRecord(raw.settings)) wrong("`settings` must be an object");
  const { input, events = [] } = raw;
  const v = input?.v;
  const lists: unknown[] = v === undefined || Array.isArray(v) ? [v] : "a" in v ? [v.a, v.b, v.c] : [undefined];
  if (![...lists, input?.f, input?.p].every(isBreakpoints)) {
    wrong("`input.v` (or its `a`, `b`, `c`), `.f` and `.p` must be lists of [seconds, value]");
  }
  if (!Array.isArray(events) || !events.every((event) => Number.isFinite(event?.t) && isRecord(event.set))) {
    wrong("`events` must be a list of {t, set}");
  }
  return { ...raw, events } as GridCase;
}

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const isBreakpoints = (list: unknown): boolean =>
  Array.isArray(list) &&
  list.length > 0 &&
  list.every((point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite));

const statusNames: Readonly<Record<GridStatus, string>> = {
  trip: "Trip",
  enteringService: "Entering Service",
  continuous: "Continuous Operation",
  mandatory: "Mandatory Operation",
  permissive: "Permissive Operation",
  momentaryCessation: "Momentary Cessation",
  ceased: "Cease to Energize",
  undefined: "Not Defined",
};

/** Runs one case. The ideal stage does at once what it is told. */
export function runGridCase(gridCase: GridCase): GridCaseResult {
  const { id, dt, duration, events, input } = gridCase;
  const names = { ...gridCase.settings };
  const ratings = ratingsOf(names);
  const connection: Connection = names["NP_PHASE"] === "THREE" ? "three" : "single";
  const settings: GridSettings = { ...standardGridProfile.settings, islandingBackupEnabled: false };
  readNames(settings, names);
  const inService = names["STATUS_INIT"] !== false;
  const der = createGridFunctions({ settings }, ratings, connection, { inService });
  const measurement = createGridMeasurement();
  measurement.quality = Quality.good;
  const readers = ("a" in input.v ? [input.v.a, input.v.b, input.v.c] : [input.v, input.v, input.v]).map(follow);
  const frequencyAt = follow(input.f);
  const powerAt = follow(input.p);
  const p_w: number[] = [];
  const q_var: number[] = [];
  const status: [string, number][] = [];
  let firstTripS: number | null = null;
  let cause: string | null = null;
  let next = 0;
  const pending = [...events].sort((a, b) => a.t - b.t);
  const n = Math.round(duration / dt);
  for (let step = 0; step < n; step++) {
    const atS = step * dt;
    for (; next < pending.length && pending[next]!.t <= atS + sameTimeS; next++) {
      Object.assign(names, pending[next]!.set);
      readNames(settings, names);
      applyGridSettings(der, settings);
    }
    for (let phase = 0; phase < 3; phase++) measurement.phaseVoltagePu[phase] = readers[phase]!(atS);
    measurement.frequencyHz = frequencyAt(atS);
    const before = der.outcome.status;
    der.inputs.requestedInjectedW = powerAt(atS) * ratings.ratedW;
    const outcome = stepGridFunctions(der, measurement, atS * 1_000);
    p_w.push(rounded(outcome.injectedW));
    q_var.push(rounded(outcome.injectedVar));
    const name = statusNames[outcome.status];
    if (status.at(-1)?.[0] === name) status.at(-1)![1]++;
    else status.push([name, 1]);
    if (outcome.status === "trip" && before !== "trip" && firstTripS === null) {
      firstTripS = rounded(atS);
      cause = outcome.cause;
    }
  }
  return { id, output: { dt, every: 1, n, p_w, q_var, status, t_first_trip: firstTripS, trip_cause: cause } };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Value of a list of breakpoints over ascending times: linear between neighbours, a step where two share a time. */
function follow(breakpoints: Breakpoints): (atS: number) => number {
  let index = 0;
  return (atS) => {
    while (index + 1 < breakpoints.length && breakpoints[index + 1]![0] <= atS + sameTimeS) index++;
    const [fromS, from] = breakpoints[index]!;
    const following = breakpoints[index + 1];
    if (!following || atS <= fromS) return from;
    return from + ((following[1] - from) * (atS - fromS)) / (following[0] - fromS);
  };
}

function ratingsOf(names: CaseSettings): GridRatings {
  const rating = (name: string): number => {
    const value = names[name];
    if (typeof value !== "number" || !(value > 0)) throw new Error(`${name} is ${value}: must be a number above 0`);
    return value;
  };
  return {
    ratedW: rating("NP_P_MAX"),
    ratedVA: rating("NP_VA_MAX"),
    maxChargeW: rating("NP_P_MAX_CHARGE"),
    maxChargeVA: rating("NP_APPARENT_POWER_CHARGE_MAX"),
    maxInjectVar: rating("NP_Q_MAX_INJ"),
    maxAbsorbVar: rating("NP_Q_MAX_ABS"),
    currentMaxPu: 1.2,
    openingS: 0,
  };
}

/** The modes in the order in which the exchange format lets one win over the others. */
const reactiveModes = [
  ["CONST_PF_MODE_ENABLE", "constant-power-factor"],
  ["QV_MODE_ENABLE", "volt-var"],
  ["QP_MODE_ENABLE", "watt-var"],
  ["CONST_Q_MODE_ENABLE", "constant-var"],
] as const;

/** Writes the exchange format's names into our settings. Names that a case lacks keep the standard's default. */
function readNames(settings: GridSettings, names: CaseSettings): void {
  const numbers = settings as unknown as Record<string, number>;
  const { origins } = standardGridProfile;
  for (const { key } of gridSettingRows.numbers) {
    const name = origins[key]?.name ?? "";
    if (name === "" || names[name] === undefined) continue;
    const value = names[name];
    if (typeof value !== "number" || !Number.isFinite(value)) throw new Error(`${name} is ${value}: must be a number`);
    numbers[key] = value;
  }
  for (const { key } of gridSettingRows.flags) {
    const name = origins[key]?.name ?? "";
    if (name !== "" && names[name] !== undefined) settings[key] = names[name] === true;
  }
  settings.normalCategory = names["NP_NORMAL_OP_CAT"] === "CAT_A" ? "A" : "B";
  const abnormal = String(names["NP_ABNORMAL_OP_CAT"] ?? "CAT_III").slice("CAT_".length);
  settings.abnormalCategory = abnormal === "I" || abnormal === "II" ? abnormal : "III";
  settings.powerFactorExcitation = names["CONST_PF_EXCITATION"] === "ABS" ? "under-excited" : "over-excited";
  settings.reactivePriority = names["NP_PRIO_OUTSIDE_MIN_Q_REQ"] === "ACTIVE" ? "active" : "reactive";
  settings.reactiveMode = "none";
  for (const [name, mode] of reactiveModes) {
    if (names[name] === true && settings.reactiveMode === "none") settings.reactiveMode = mode;
  }
}

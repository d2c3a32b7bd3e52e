/** The words of a certification: procedures, the cases that they consist of, and what came of each. */
import type { GridProfile } from "../config/grid-profiles.ts";
import type { Needs } from "./accuracy.ts";
import type { Ability, Rig } from "./rig.ts";

export type Direction = "discharging" | "charging";
export type Verdict = "pass" | "fail" | "refused" | "not run";

/** Points of a plot: time, s, and one or more values for each. */
export interface Plot {
  readonly unit: string;
  readonly atS: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** The criterion over the whole width. */
  readonly low?: number;
  readonly high?: number;
}

/** What a case measured against its criterion. */
export interface Finding {
  readonly measured: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Of the figure, each way, by the instruments and the distance of samples. */
  readonly uncertainty: number;
  readonly plot?: Plot;
}

/** What the equipment lacks for a case, in one sentence: it is not run. */
export interface Missing {
  readonly missing: string;
}

/** One line of a procedure: the conditions, the setting under test and how the figure is found. */
export interface Case {
  readonly name: string;
  readonly direction: Direction;
  /** The setting under test in words, with its value. */
  readonly setting: string;
  /** What is measured, in words, and its unit. */
  readonly quantity: string;
  readonly unit: string;
  readonly needs: Needs;
  /** What the rig must be able to do beyond a grid source of one voltage. */
  readonly ability?: Ability;
  /** Part of the smoke run. */
  readonly quick?: true;
  run(rig: Rig): Promise<Finding | Missing>;
}

/** A procedure: its cases for a code's profile, or what it needs that no rig without hands can give. */
export interface Procedure {
  readonly id: string;
  readonly title: string;
  /** As the public scripts of IEEE 1547.1-2020 name it; empty where none is known. */
  readonly clause: string;
  readonly cases?: (profile: GridProfile) => readonly Case[];
  /** Why a code has no case of it, where that can be said more closely; empty otherwise. */
  readonly without?: (profile: GridProfile) => string;
  /** Where it needs hands, a laboratory or another command: what. */
  readonly needs?: string;
}

/** One line of the report. Figures are null where nothing was measured. */
export interface Row {
  readonly name: string;
  readonly direction: Direction;
  readonly setting: string;
  readonly quantity: string;
  readonly unit: string;
  readonly measured: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly uncertainty: number | null;
  readonly verdict: Verdict;
  /** Why it was not run or refused; empty otherwise. */
  readonly why: string;
  readonly plot?: Plot;
}

export interface ProcedureResult {
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  readonly verdict: Verdict;
  readonly why: string;
  readonly rows: readonly Row[];
}

/** The gravest of some verdicts: a failure first; nothing run is "not run". */
export function gravest(verdicts: readonly Verdict[]): Verdict {
  for (const one of ["fail", "refused", "pass"] as const) if (verdicts.includes(one)) return one;
  return "not run";
}

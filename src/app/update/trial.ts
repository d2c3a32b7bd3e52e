/**
 * A new version proves itself: within a minute of its first start its loop must have counted cycles on for a while with every
 * device well that was well before. Otherwise the former version is started again.
 */
import { basename, dirname } from "node:path";
import { openVersions, type Trial } from "./versions.ts";

/** A new version has this long from its start, ms; with what ending takes it is a minute. */
export const trialMaxMs = 45_000;
/** It is well when everything has been well for this long, ms. */
const wellForMs = 10_000;
const lookEveryMs = 500;

/** What is looked at. */
export interface Health {
  /** Cycles of the control loop; null before the first. */
  readonly cycles: number | null;
  /** Names of devices that are not well. */
  readonly unwell: readonly string[];
}

export type TrialStep = "goOn" | "stays" | "rollBack";

/** The trial by itself: to be asked again and again with what is seen then. */
export function createTrialJudge(trial: Trial, startedMs: number): (health: Health, nowMs: number) => TrialStep {
  const allowed = new Set(trial.unwell ?? []);
  let lastCycles = -1;
  let wellSinceMs = Number.NaN;
  return ({ cycles, unwell }, nowMs) => {
    const isWell =
      cycles !== null && cycles > lastCycles && (trial.unwell === null || unwell.every((name) => allowed.has(name)));
    if (cycles !== null) lastCycles = cycles;
    if (!isWell) wellSinceMs = Number.NaN;
    else if (Number.isNaN(wellSinceMs)) wellSinceMs = nowMs;
    if (nowMs - wellSinceMs >= wellForMs) return "stays";
    return nowMs - startedMs >= trialMaxMs ? "rollBack" : "goOn";
  };
}

/** The root folder of the versions that this program is one of; null where it is not started from such a folder. */
export function rootOf(programFolder: string): string | null {
  const parent = dirname(programFolder);
  return basename(parent) === "versions" ? dirname(parent) : null;
}

export interface RunningTrial {
  stop(): void;
}

/**
 * Watches a version on trial that was just started. `over` is called once with a sentence for the log: it stays, or `isBack`,
 * and the process must end so that the former version starts.
 */
export function watchTrial(
  programFolder: string,
  health: () => Health,
  now: () => number,
  over: (sentence: string, isBack: boolean) => void,
): RunningTrial | null {
  const root = rootOf(programFolder);
  if (root === null) return null;
  const versions = openVersions(root);
  const trial = versions.trial();
  if (trial === null || trial.name !== basename(programFolder)) return null;
  const judge = createTrialJudge(trial, now());
  const timer = setInterval(() => {
    const step = judge(health(), now());
    if (step === "goOn") return;
    clearInterval(timer);
    if (step === "stays") {
      versions.confirm();
      over(`The new version ${trial.name} works and stays. The former one, ${trial.former}, is kept.`, false);
      return;
    }
    const { unwell } = health();
    const why = unwell.length > 0 ? `not well: ${unwell.join(", ")}` : "the control loop does not run";
    versions.rollBack();
    over(`The new version ${trial.name} does not work here (${why}): going back to ${trial.former}.`, true);
  }, lookEveryMs);
  return { stop: () => clearInterval(timer) };
}

/** What a step of commissioning is, and what it leaves behind. */

import type { Comparison } from "../../commissioning/compare.ts";
import type { Look } from "../../commissioning/trace.ts";
import type { LoadedSite } from "../site/load-config.ts";
import type { Nudger, Recording } from "./nudger.ts";

export type StepVerdict = "pass" | "warn" | "fail" | "not tried";

export const verdictWords: Readonly<Record<StepVerdict, string>> = {
  pass: "as it should be",
  warn: "look at it",
  fail: "to mend",
  "not tried": "not tried",
};

/** A figure as people read it; Infinity is no bound. */
export const figureText = (value: number): string =>
  Number.isFinite(value) ? (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0)) : "no bound";

/** A finding: which device, what was configured, what was measured, what to do. */
export interface Finding {
  readonly verdict: StepVerdict;
  readonly device: string;
  readonly sentence: string;
}

/** A device as it answered, by the words of `approval.….covers`. */
export interface FoundDevice {
  readonly part: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serialNumber: string;
}

/** What is kept of a step: it need not be done again. */
export interface StepResult {
  readonly step: string;
  readonly title: string;
  readonly atMs: number;
  readonly verdict: StepVerdict;
  readonly findings: readonly Finding[];
  readonly comparisons: readonly Comparison[];
  /** Recording behind it, for plots and for whoever wants to reckon again. */
  readonly looks: readonly Look[];
  /** Who answered, where the step asks for it. */
  readonly equipment?: readonly FoundDevice[];
}

/** What steps work with. */
export interface Bench {
  readonly site: LoadedSite;
  readonly nudger: Nudger;
  /** Says to the person what is going on. */
  readonly say: (sentence: string) => void;
  /** Asks a person at the site for something that only hands can do; null where nobody is there. */
  readonly askHands: (request: string) => Promise<boolean | null>;
}

/** One step. */
export interface Step {
  readonly id: string;
  readonly title: string;
  /** What must be so for it: nothing, as it only reads; the site joined to the grid; besides, somebody at the site. */
  readonly needs: "nothing" | "grid" | "hands";
  /** Whether this site has what the step is about. */
  readonly applies: (site: LoadedSite) => boolean;
  /** What it does to the site, before anybody agrees. */
  readonly does: (site: LoadedSite) => string;
  readonly run: (bench: Bench) => Promise<StepOutcome>;
}

export interface StepOutcome {
  readonly findings: readonly Finding[];
  readonly comparisons?: readonly Comparison[];
  readonly looks?: readonly Look[];
  readonly equipment?: readonly FoundDevice[];
}

/** How often something is recorded at most, and the share of the control cycles that have to be seen for a judgement. */
const watchTriesMax = 3;
const seenLeast = 0.75;

/**
 * Moves the site and records it, again while this computer is too busy to watch: what it did not see says nothing about any
 * device. The last recording, or the finding that tells why there is none to judge.
 */
export async function watched<T extends Recording>({ say }: Bench, move: () => Promise<T>): Promise<T | Finding> {
  for (let tryNo = 1; ; tryNo++) {
    const seen = await move();
    if (seen.seenShare >= seenLeast) return seen;
    const share = `${Math.round(100 * seen.seenShare)} % of the control cycles were seen`;
    if (tryNo >= watchTriesMax)
      return finding(
        "not tried",
        "this computer",
        `It is too busy to watch the devices: ${share}, ${Math.round(100 * seenLeast)} % are needed. End other programs on it, then take the step again.`,
      );
    say(`This computer was too busy to watch (${share}): once more, ${tryNo + 1} of ${watchTriesMax}.`);
  }
}

const order: readonly StepVerdict[] = ["fail", "warn", "not tried", "pass"];

/** The gravest of several. */
export const gravest = (verdicts: readonly StepVerdict[]): StepVerdict =>
  order.find((verdict) => verdicts.includes(verdict)) ?? "pass";

export const finding = (verdict: StepVerdict, device: string, sentence: string): Finding => ({
  verdict,
  device,
  sentence,
});

export const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1)} kW`;

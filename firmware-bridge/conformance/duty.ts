/** What a duty of CONTRACT.md is here: its words, and the trial that shows whether a stage keeps it. */
import type { StageUnderTest } from "./stage-under-test.ts";

/**
 * What a trial needs before it may run: nothing but reads; writes at zero power; a vehicle that takes charge; discharging;
 * hands at the stage, so that it can't be tried from here.
 */
export type Need = "reads" | "writes" | "charge" | "discharge" | "hands";

/** What a trial found. */
export interface Seen {
  readonly ok: boolean;
  /** What was seen, in words with figures. */
  readonly seen: string;
}

/** One duty of a power stage, and its trial. */
export interface Duty {
  /** In words, stable: `refuses-stale-commands`. */
  readonly id: string;
  readonly needs: Need;
  /** What the contract asks. */
  readonly duty: string;
  /** What the trial does; where it needs hands: what a person does to try it. */
  readonly did: string;
  readonly expected: string;
  /** Not there for duties that need hands. */
  readonly trial?: (stage: StageUnderTest) => Promise<Seen>;
}

/** A trial that finds out that it can't be done here and now: why. */
export class CannotTry extends Error {}

export const saw = (ok: boolean, seen: string): Seen => ({ ok, seen });

export const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(2)} kW`;

/** Asked of every kind of device. */
export const saysWhoItIs: Duty = {
  id: "says-who-it-is",
  needs: "reads",
  duty: "tells manufacturer, model, version and serial number",
  did: "read model 1",
  expected: "four texts",
  trial: async ({ identity }) => {
    const empty = Object.entries(identity).filter(([, text]) => text === "");
    if (empty.length > 0) return saw(false, `${empty.map(([name]) => name).join(", ")} empty`);
    const { manufacturer, model, version, serialNumber } = identity;
    return saw(true, `${manufacturer}, ${model}, ${version}, serial number ${serialNumber}`);
  },
};

/**
 * The accuracies that criteria are built from (IEEE 1547-2018 Table 3 as the public type-test scripts state it) and the bands
 * around an expected value: f(x ± 1.5 MRA of x) ± 1.5 MRA of y. The equipment may use one MRA; the half that is left is what
 * the instruments may be wrong by, so a coarser instrument cannot tell a pass from a fail and is refused.
 */
import type { Accuracy, Measured } from "./rig.ts";

/** Minimum required accuracy in steady state; powers of the rating. */
export const mra = { voltagePu: 0.01, frequencyHz: 0.01, activePu: 0.05, reactivePu: 0.05 } as const;
/** Of one MRA each way in steady state. */
export const bandFactor = 1.5;

/** Accuracy of a time: 2 cycles while it is transient, 1 % above 5 s. */
export const timeMraS = (durationS: number, nominalHz: number): number =>
  durationS < 5 ? 2 / nominalHz : 0.01 * durationS;

/** Both bounds included. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export const isWithin = (value: number, { low, high }: Band): boolean => value >= low && value <= high;

/** Smallest band that holds both. */
export const around = (values: readonly number[], byEachWay: number): Band => ({
  low: Math.min(...values) - byEachWay,
  high: Math.max(...values) + byEachWay,
});

/** Steps into which the error of x is divided: a curve may bend in between. */
const parts = 4;

/** Band of f at x, where x is known to 1.5 MRA and y is judged to 1.5 MRA. */
export function curveBand(f: (x: number) => number, x: number, mraX: number, mraY: number): Band {
  const values: number[] = [];
  for (let i = -parts; i <= parts; i++) values.push(f(x + (i / parts) * bandFactor * mraX));
  return around(values, bandFactor * mraY);
}

/** Share of a change that has come after `atS` where the open-loop response time (90 %) is `responseS`. */
export const responseShare = (atS: number, responseS: number): number =>
  responseS <= 0 ? 1 : 1 - Math.exp((-Math.LN10 * Math.max(0, atS)) / responseS);

/** What a criterion needs an instrument to tell: its MRA. */
export type Needs = Partial<Accuracy>;

export interface TooCoarse {
  readonly quantity: Measured;
  readonly has: number;
  readonly needs: number;
}

/** Instruments that can't tell a pass from a fail of this criterion. */
export function tooCoarse(instruments: Accuracy, needs: Needs): readonly TooCoarse[] {
  const wrong: TooCoarse[] = [];
  for (const [quantity, value] of Object.entries(needs) as [Measured, number][]) {
    const most = (bandFactor - 1) * value;
    if (!(instruments[quantity] <= most)) wrong.push({ quantity, has: instruments[quantity], needs: most });
  }
  return wrong;
}

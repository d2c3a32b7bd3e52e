/**
 * Limits that move as fast as the utility asks: by its gradient, or over the time of the control. A limit that tightens begins at
 * what flows now, so that it acts from its first second on.
 */

/** Rate of a change, W a second: over the control's own time, else by the gradient (share of the rating a second), else at once. */
export function rateOf(fromW: number, toW: number, rampS: number, gradient: number, ratedW: number): number {
  if (Number.isFinite(rampS)) return rampS > 0 ? Math.abs(toW - fromW) / rampS : Number.POSITIVE_INFINITY;
  return gradient > 0 ? (gradient / 10_000) * ratedW : Number.POSITIVE_INFINITY;
}

/** The limit after `passedS`; Infinity for none. `flowW`: what flows now in its direction; `mostW`: what could at most. */
export function rampedW(
  fromW: number,
  toW: number,
  rateWPerS: number,
  passedS: number,
  flowW: number,
  mostW: number,
): number {
  if (!Number.isFinite(rateWPerS)) return toW;
  const step = rateWPerS * passedS;
  if (toW < fromW) {
    const begin = Math.min(fromW, Math.max(toW, Number.isFinite(flowW) ? flowW : toW));
    return Math.max(toW, begin - step);
  }
  const next = fromW + step;
  return next >= Math.min(toW, mostW) ? toW : next;
}

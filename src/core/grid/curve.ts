/** Piecewise linear characteristics over a few points held in flat arrays, as the reactive and volt-watt functions use them. */

/** Value at `x` between ascending `xs`; constant outside. Points with the same `x` make a step to the later one. */
export function interpolate(xs: ArrayLike<number>, ys: ArrayLike<number>, x: number): number {
  const last = xs.length - 1;
  if (x <= xs[0]!) return ys[0]!;
  for (let index = 1; index <= last; index++) {
    if (x < xs[index]!) {
      const x0 = xs[index - 1]!;
      const y0 = ys[index - 1]!;
      return y0 + ((ys[index]! - y0) * (x - x0)) / (xs[index]! - x0);
    }
  }
  return ys[last]!;
}

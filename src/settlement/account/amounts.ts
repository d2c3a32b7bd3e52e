/**
 * Amounts of energy by name, in whole mWh: sums are exact, and two programs that reckon the same get the same bytes. Shares are
 * rounded by the largest remainder, ties by name.
 */

/** Energy by what it is, where it comes from or where it goes, mWh; whole numbers, never negative. */
export type Amounts = Readonly<Record<string, number>>;
/** The same, being filled. */
export type Sums = Record<string, number>;

/** Remainders that differ by less are equal: what floating point leaves of the same share. */
const remainderTie = 1e-6;

export function sumOf(amounts: Amounts): number {
  let sum = 0;
  for (const name in amounts) sum += amounts[name]!;
  return sum;
}

export function addTo(sums: Sums, name: string, amount: number): void {
  if (amount !== 0) sums[name] = (sums[name] ?? 0) + amount;
}

export function addAll(sums: Sums, amounts: Amounts): void {
  for (const name in amounts) addTo(sums, name, amounts[name]!);
}

/**
 * `total` shared in proportion to `weights`, exactly. A share is never more than its weight where `total` is not more than their
 * sum. Nothing where the weights are nothing.
 */
export function sharesOf(total: number, weights: Amounts): Sums {
  const names = Object.keys(weights).filter((name) => weights[name]! > 0);
  if (total === 0 || names.length === 0) return {};
  if (names.length === 1) return { [names[0]!]: total };
  names.sort();
  const whole = sumOf(weights);
  const shares: Sums = {};
  const remainders = names.map((name) => {
    const share = total * (weights[name]! / whole);
    shares[name] = Math.floor(share);
    return { name, remainder: share - Math.floor(share) };
  });
  remainders.sort((a, b) => {
    const apart = b.remainder - a.remainder;
    return Math.abs(apart) < remainderTie ? (a.name < b.name ? -1 : 1) : apart;
  });
  let left = total - sumOf(shares);
  for (let i = 0; left > 0; i = (i + 1) % remainders.length, left--) shares[remainders[i]!.name]!++;
  for (const name of names) if (shares[name] === 0) delete shares[name];
  return shares;
}

/** The names in this order take first, each at most what it has; what is left is shared in proportion to the others. */
export function takenInOrder(total: number, from: Amounts, order: readonly string[]): Sums {
  const taken: Sums = {};
  const others: Sums = { ...from };
  let left = total;
  for (const name of order) {
    const amount = Math.min(left, from[name] ?? 0);
    addTo(taken, name, amount);
    left -= amount;
    delete others[name];
  }
  addAll(taken, sharesOf(left, others));
  return taken;
}

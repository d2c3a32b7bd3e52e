/** Chance as the plant's devices use it: injected, seeded, never the global generator. */
export interface Chance {
  /** In [0, 1). */
  uniform(): number;
  /** In [min, max). */
  between(min: number, max: number): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** A waiting time with this mean. */
  waiting(mean: number): number;
}

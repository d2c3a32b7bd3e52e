/** Numbers and seeds as people give them to `islet scenario` and `islet swarm`. */
import { AskedWrongly } from "../asked.ts";

const seedsMax = 10_000;
/** Most processes at the same time. */
export const workersMax = 32;

/** "A-B" or "A..B": each of them. */
export function seedRange(text: string): number[] {
  const match = /^(\d+)(?:-|\.\.)(\d+)$/.exec(text);
  if (!match || Number(match[2]) < Number(match[1]) || Number(match[2]) - Number(match[1]) >= seedsMax) {
    throw new AskedWrongly(`--seeds is ${text}: must be like 1-50, at most ${seedsMax} of them`);
  }
  const first = Number(match[1]);
  return Array.from({ length: Number(match[2]) - first + 1 }, (_, k) => first + k);
}

/** The number of an option, or a complaint about it. */
export function numberIn(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max))
    throw new AskedWrongly(`${option} is ${text}: must be a number from ${min} to ${max}`);
  return value;
}

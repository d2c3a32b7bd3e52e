/** Figures with the bounds that they are held to, and numbers of a command line. */
import type { Figure } from "../main.ts";

/** A figure with the bound that it is held to: at most `limit`, or at least `least`. */
export interface BoundFigure extends Figure {
  readonly limit?: number;
  readonly least?: number;
  readonly ok?: boolean;
}

/** The value of an option that is a whole number of 1 or more; `usual` where it is not given. */
export function wholeNumber(option: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} ${text}: give a whole number of 1 or more`);
  return value;
}

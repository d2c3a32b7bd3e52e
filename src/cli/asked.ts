/** What all commands share about being asked wrongly: exit code 2, and a sentence that says what can be asked. */
import { InvalidArgumentError } from "commander";

/** The command can't be carried out as it was asked; nothing was looked at yet. */
export class AskedWrongly extends Error {}

/** Reads an argument or option that is a whole number in [min, max]. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    if (!/^\d{1,15}$/.test(text) || Number(text) < min || Number(text) > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return Number(text);
  };

/** Reads an option that is a number in [min, max]. */
export const numberFrom =
  (min: number, max: number) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    return value;
  };

/** TCP ports; 0 takes any free one. */
export const port = wholeNumber(0, 65_535);
/** How long something runs by itself, s: a year at most. */
export const seconds = numberFrom(0, 366 * 86_400);
/** Seeds of random numbers. */
export const seed = wholeNumber(0, 2 ** 31);

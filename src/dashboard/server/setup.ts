/** The one-time code for the first password. */
import { randomInt, timingSafeEqual } from "node:crypto";

const setupTriesMax = 10;
const setupLifeMs = 60 * 60_000;

export interface Setup {
  readonly code: string;
  open(): boolean;
  fits(given: string): boolean;
  close(): void;
}

/** A code that was printed once, for the first password: bounded in time and tries, and worth nothing afterwards. */
export function createSetup(): Setup {
  const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
  const part = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  const code = `${part()}-${part()}-${part()}`;
  const untilMs = performance.now() + setupLifeMs;
  let tries = 0;
  let closed = false;
  const open = (): boolean => !closed && tries < setupTriesMax && performance.now() < untilMs;
  return {
    code,
    open,
    fits: (given) => {
      if (!open()) return false;
      tries++;
      const clean = Buffer.from(given.trim().toUpperCase().padEnd(code.length).slice(0, code.length));
      const wanted = Buffer.from(code);
      return clean.length === wanted.length && timingSafeEqual(clean, wanted) && given.trim().length === code.length;
    },
    close: () => {
      closed = true;
    },
  };
}

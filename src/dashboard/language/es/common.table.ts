/** How an event ends in general, and units that are words. */
import type { Clears } from "../../../domain/reasons.ts";

export const endings: Readonly<Record<Clears, string>> = {
  itself: "Por sí solo, cuando desaparece su causa.",
  afterDelay: "Por sí solo, algún tiempo después de desaparecer su causa.",
  onReset: "Cuando una persona haya rearmado o confirmado.",
  never: "No por sí solo: lo averiado debe sustituirse.",
};
export const units: Readonly<Record<string, string>> = { day: "día", days: "días" };

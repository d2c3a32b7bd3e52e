/** How an event ends in general, and units that are words. */
import type { Clears } from "../../../domain/reasons.ts";

export const endings: Readonly<Record<Clears, string>> = {
  itself: "Von selbst, wenn die Ursache weg ist.",
  afterDelay: "Von selbst, einige Zeit nachdem die Ursache weg ist.",
  onReset: "Wenn eine Person zurückgesetzt oder quittiert hat.",
  never: "Nicht von selbst: was defekt ist, muss ersetzt werden.",
};
export const units: Readonly<Record<string, string>> = { day: "Tag", days: "Tagen" };

/** What a person has chosen to look at; nothing of the site's state. */
import type { Group } from "../view/chargers.ts";

export interface Ui {
  readonly phone: boolean;
  readonly list: "rows" | "tiles";
  readonly filter: Group | "all";
  /** The charger that is explained. */
  readonly selected: number;
  /** On a phone: the row that is open, or null. */
  readonly opened: number | null;
  /** On a phone: all rows instead of the first six. */
  readonly all: boolean;
  readonly stale: boolean;
}

/** From this many chargers on, tiles come first. */
const tilesFrom = 25;

export const firstUi = (chargers: number, selected: number): Ui => ({
  phone: false,
  list: chargers > tilesFrom ? "tiles" : "rows",
  filter: "all",
  selected,
  opened: null,
  all: false,
  stale: false,
});

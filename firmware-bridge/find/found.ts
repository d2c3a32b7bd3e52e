/** What a search says about one unit that answered. */
import type { DeviceKind } from "../maps/device-map.ts";
import type { Identity } from "../maps/sunspec-binding.ts";
import type { LinkSettings } from "../settings.ts";

/** A map that the unit may be for, and how many of its marks were as they should be. */
export interface Lookalike {
  readonly name: string;
  readonly file: string;
  readonly matched: number;
  readonly of: number;
}

/** One unit that answered: what it is, or what it looks like. */
export interface FoundDevice {
  /** For people: `tcp 10.0.0.5:502`. */
  readonly address: string;
  readonly link: LinkSettings;
  readonly unit: number;
  /** The same device answers at every unit. */
  readonly answersAnywhere: boolean;
  readonly verdict: "recognised" | "looks-like" | "unknown";
  /** Maker and model as far as known; empty for an unknown one. */
  readonly name: string;
  /** `sunspec`, the file of a map, or null where no map is sure. */
  readonly map: string | null;
  /** What it can be in a site. */
  readonly kinds: readonly DeviceKind[];
  readonly identity: Identity;
  /** SunSpec models in their order; empty where it does not speak SunSpec. */
  readonly models: readonly number[];
  readonly lookalikes: readonly Lookalike[];
  /** What it said, for people. */
  readonly saw: readonly string[];
  /** A few of its facts as read with the map, in the names and units of the map language. */
  readonly measured: Readonly<Record<string, number>>;
}

/** One line for people. */
export function foundText(found: FoundDevice): string {
  const { address, unit, verdict, name, map, kinds, lookalikes, saw, answersAnywhere } = found;
  const where = `${address}, unit ${unit}${answersAnywhere ? " (answers at every unit)" : ""}`;
  if (verdict === "recognised")
    return `${where}: ${name}, ${kinds.join(" or ")}; map ${map}${numbersText(found.measured)}`;
  const seen = saw.length > 0 ? ` (${saw.join("; ")})` : "";
  if (lookalikes.length === 0) return `${where}: unknown${seen}`;
  const likes = lookalikes.map((one) => `${one.name} (${one.matched} of ${one.of} marks, ${one.file})`);
  return `${where}: unknown, looks like ${likes.join(", or ")}${seen}`;
}

function numbersText(measured: Readonly<Record<string, number>>): string {
  const numbers = Object.entries(measured).map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`);
  return numbers.length === 0 ? "" : `; ${numbers.join(", ")}`;
}

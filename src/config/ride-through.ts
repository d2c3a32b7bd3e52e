/**
 * What has to be ridden through, as a grid code states it: regions of voltage and frequency with what a stage does in them and
 * for how long at least. IEEE 1547-2018 has tables by category, which the core knows (`src/core/grid/ride-through.table.ts`);
 * another code states its own in its file, and of a code that states none nothing is known.
 */

/** What a stage has to do at an abnormal voltage or frequency (IEEE 1547-2018, 6.4.2 and 6.5.2). */
export type RideThroughMode = "continuous" | "mandatory" | "permissive" | "momentaryCessation" | "cease" | "undefined";

/** A range of voltage, pu, with what has to be done in it and for how long, s: holdS + holdSPerPu (V - fromPu). */
export interface VoltageRegion {
  readonly fromPu: number;
  readonly toPu: number;
  readonly mode: RideThroughMode;
  readonly holdS: number;
  readonly holdSPerPu: number;
}

/** Continuous inside the inner pair, operation for `holdS` up to the outer pair, no requirement beyond; of nominal. */
export interface FrequencyRegions {
  readonly outerMin: number;
  readonly innerMin: number;
  readonly innerMax: number;
  readonly outerMax: number;
  readonly holdS: number;
}

/** A code's own regions; `frequency` null where the code states none. */
export interface RideThrough {
  readonly low: readonly VoltageRegion[];
  readonly high: readonly VoltageRegion[];
  readonly frequency: FrequencyRegions | null;
}

/** As a code has it: the tables of IEEE 1547-2018 by category, its own, or unknown. */
export type CodeRideThrough = RideThrough | "ieee1547" | "unknown";

/** Said wherever a code's settings are shown, while what it asks to be ridden through has no source; "" where it has one. */
export const unsourcedRideThrough = (code: string, rideThrough: CodeRideThrough): string =>
  rideThrough === "unknown"
    ? `What ${code} asks to be ridden through is unsourced: no public text of it was read. At an abnormal voltage only the trips act, and no ride-through is certified.`
    : "";

type Complain = (path: readonly string[], found: unknown, complaint: string) => void;
type Raw = Readonly<Record<string, unknown>>;

const modes: readonly RideThroughMode[] = ["mandatory", "permissive", "momentaryCessation", "cease"];
const regionsMax = 12;
const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

/** The part `rideThrough` of a code's file; a file without it leaves it unknown. */
export function readRideThrough(raw: unknown, sources: Raw, nominalHz: number, complain: Complain): CodeRideThrough {
  if (raw === undefined) return "unknown";
  if (raw === "ieee1547") return raw;
  const at = ["rideThrough"];
  if (!isRaw(raw)) {
    complain(at, raw, "must be ieee1547, or regions `low` and `high` with their source");
    return "unknown";
  }
  for (const key of Object.keys(raw))
    if (!["low", "high", "frequency", "source", "note"].includes(key))
      complain([...at, key], raw[key], "is not known here; known are low, high, frequency, source, note");
  if (typeof raw["source"] !== "string" || !(raw["source"] in sources))
    complain([...at, "source"], raw["source"], "must be one of the file's sources");
  return {
    low: readRegions(raw["low"], [...at, "low"], complain),
    high: readRegions(raw["high"], [...at, "high"], complain),
    frequency: readFrequency(raw["frequency"], nominalHz, complain),
  };
}

function readRegions(raw: unknown, at: readonly string[], complain: Complain): readonly VoltageRegion[] {
  if (!Array.isArray(raw) || raw.length > regionsMax) {
    complain(at, raw, `must be a list of at most ${regionsMax} regions`);
    return [];
  }
  return raw.map((one: unknown, i): VoltageRegion => {
    const { fromPu, toPu, mode, holdS, holdSPerPu = 0 } = (isRaw(one) ? one : {}) as Partial<VoltageRegion>;
    const isSound =
      [fromPu, toPu, holdS, holdSPerPu].every(Number.isFinite) && fromPu! >= 0 && toPu! > fromPu! && holdS! >= 0;
    if (!isSound || !modes.includes(mode!))
      complain([...at, String(i)], one, `must have fromPu below toPu, holdS, and mode: ${modes.join(", ")}`);
    return { fromPu: fromPu!, toPu: toPu!, mode: mode!, holdS: holdS!, holdSPerPu };
  });
}

function readFrequency(raw: unknown, nominalHz: number, complain: Complain): FrequencyRegions | null {
  if (raw === undefined) return null;
  const { outerMinHz, innerMinHz, innerMaxHz, outerMaxHz, holdS } = (isRaw(raw) ? raw : {}) as Record<string, number>;
  const rising = [outerMinHz, innerMinHz, nominalHz, innerMaxHz, outerMaxHz] as number[];
  if (![...rising, holdS].every(Number.isFinite) || rising.some((hz, i) => i > 0 && hz < rising[i - 1]!)) {
    complain(["rideThrough", "frequency"], raw, "must have outerMinHz, innerMinHz, innerMaxHz, outerMaxHz and holdS");
    return null;
  }
  return {
    outerMin: outerMinHz! / nominalHz,
    innerMin: innerMinHz! / nominalHz,
    innerMax: innerMaxHz! / nominalHz,
    outerMax: outerMaxHz! / nominalHz,
    holdS: holdS!,
  };
}

/**
 * What must be ridden through, as the public type-test scripts state it for IEEE 1547-2018 (`VRT.py`, `FRT.py`). Written here
 * for itself, apart from the controller's own tables, so that a mistake there is found here. Another code's are those of its
 * file; of a code whose file states none nothing is claimed.
 */
import type { AbnormalCategory, GridProfile } from "../config/grid-profiles.ts";

interface Region {
  readonly fromPu: number;
  readonly toPu: number;
  holdS(voltagePu: number): number;
}

const region = (fromPu: number, toPu: number, holdS: number, perPu = 0): Region => ({
  fromPu,
  toPu,
  holdS: (voltagePu) => holdS + perPu * (voltagePu - fromPu),
});

const low: Readonly<Record<AbnormalCategory, readonly Region[]>> = {
  I: [region(0.7, 0.88, 0.7, 4), region(0.5, 0.7, 0.16)],
  II: [region(0.65, 0.88, 3, 8.7), region(0.45, 0.65, 0.32), region(0.3, 0.45, 0.16)],
  III: [region(0.7, 0.88, 20), region(0.5, 0.7, 10), region(0, 0.5, 1)],
};
const high: Readonly<Record<AbnormalCategory, readonly Region[]>> = {
  I: [region(1.1, 1.15, 1), region(1.15, 1.175, 0.5), region(1.175, 1.2, 0.2)],
  II: [region(1.1, 1.15, 1), region(1.15, 1.175, 0.5), region(1.175, 1.2, 0.2)],
  III: [region(1.1, 1.2, 12)],
};

export const frequencyHoldS = 299;

/** Whether a code asks for the ride-through of IEEE 1547-2018. */
export const hasIeeeRideThrough = ({ rideThrough }: GridProfile): boolean => rideThrough === "ieee1547";

/** The same by a code's own file. */
function ownRideThroughS(
  { rideThrough, settings }: GridProfile,
  quantity: "voltagePu" | "frequencyHz",
  value: number,
): number {
  if (typeof rideThrough === "string") return 0;
  if (quantity === "frequencyHz") {
    const { frequency } = rideThrough;
    const share = value / settings.nominalFrequencyHz;
    if (frequency === null || share < frequency.outerMin || share > frequency.outerMax) return 0;
    return share >= frequency.innerMin && share <= frequency.innerMax ? Number.POSITIVE_INFINITY : frequency.holdS;
  }
  const one = [...rideThrough.low, ...rideThrough.high].find(({ fromPu, toPu }) => value >= fromPu && value <= toPu);
  return one === undefined ? 0 : one.holdS + one.holdSPerPu * (value - one.fromPu);
}

/** Shortest time that must be ridden through at a voltage or frequency, s; Infinity within continuous operation, 0 without claim. */
export function rideThroughS(profile: GridProfile, quantity: "voltagePu" | "frequencyHz", value: number): number {
  if (!hasIeeeRideThrough(profile)) return ownRideThroughS(profile, quantity, value);
  const { abnormalCategory, nominalFrequencyHz } = profile.settings;
  if (quantity === "voltagePu") {
    if (value >= 0.88 && value <= 1.1) return Number.POSITIVE_INFINITY;
    const one = [...low[abnormalCategory], ...high[abnormalCategory]].find(
      ({ fromPu, toPu }) => value >= fromPu && value <= toPu,
    );
    return one?.holdS(value) ?? 0;
  }
  const at60 = (value * 60) / nominalFrequencyHz;
  if (at60 >= 58.8 && at60 <= 61.2) return Number.POSITIVE_INFINITY;
  return at60 >= 57 && at60 <= 61.8 ? frequencyHoldS : 0;
}

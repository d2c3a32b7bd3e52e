/**
 * Trips of voltage and frequency (5.4.2, 5.4.3, 5.5.1, 5.5.2): just inside a threshold nothing may happen for longer than the
 * clearing time, just outside power must have ceased within it, and not before the time that must be ridden through.
 * Where momentary cessation hides the moment, runs of different length tell it: after a pause power returns at once.
 */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { bandFactor, mra, timeMraS } from "../accuracy.ts";
import { conditions, statesRange, within } from "../conditions.ts";
import type { Case, Direction, Finding } from "../procedure.ts";
import { ceasedAfterS, plotOf, valueAt } from "../reading.ts";
import { rideThroughS } from "../ride-through.ts";
import type { Play, Recording, Rig } from "../rig.ts";

type TripName = "ov2" | "ov1" | "uv1" | "uv2" | "uv3" | "of2" | "of1" | "uf1" | "uf2";

interface Trip {
  readonly name: TripName;
  readonly above: boolean;
  readonly quantity: "voltagePu" | "frequencyHz";
}

const trips: readonly Trip[] = [
  { name: "ov2", above: true, quantity: "voltagePu" },
  { name: "ov1", above: true, quantity: "voltagePu" },
  { name: "uv1", above: false, quantity: "voltagePu" },
  { name: "uv2", above: false, quantity: "voltagePu" },
  { name: "uv3", above: false, quantity: "voltagePu" },
  { name: "of2", above: true, quantity: "frequencyHz" },
  { name: "of1", above: true, quantity: "frequencyHz" },
  { name: "uf1", above: false, quantity: "frequencyHz" },
  { name: "uf2", above: false, quantity: "frequencyHz" },
];

/** Before the disturbance, and after it, s: long enough to see power return, shorter than the way into service. */
const beforeS = 10;
const approachS = 8;
const afterS = 3;
/** Halvings of the time in which a hidden trip must lie. */
const halvings = 4;
/** Below this there is no voltage that could be told from none, pu. */
const leastThresholdPu = 0.1;

type TripKey = `${TripName}${"Pu" | "Hz" | "S"}` & keyof GridSettings;
type TripKind = "ov" | "uv" | "of" | "uf";

/** Cases of all rows of one kind. */
export const tripCases =
  (kind: TripKind) =>
  (profile: GridProfile): readonly Case[] =>
    trips.filter(({ name }) => name.startsWith(kind)).flatMap((trip) => casesOf(trip, profile));

const thresholdKey = ({ name, quantity }: Trip) => `${name}${quantity === "voltagePu" ? "Pu" : "Hz"}` as TripKey;
const clearingKey = ({ name }: Trip) => `${name}S` as TripKey;

function casesOf(trip: Trip, profile: GridProfile): readonly Case[] {
  const own = profile.settings[thresholdKey(trip)];
  if (own < leastThresholdPu) return [];
  const [least, most] = profile.ranges[clearingKey(trip)]!;
  const [widest, narrowest] = trip.above ? [1, 0] : [0, 1];
  const range = profile.ranges[thresholdKey(trip)]!;
  const sets = [
    { which: "own settings", threshold: own, clearingS: profile.settings[clearingKey(trip)] },
    { which: "narrowest, shortest", threshold: range[narrowest]!, clearingS: least },
    { which: "narrowest, longest", threshold: range[narrowest]!, clearingS: most },
    { which: "widest, shortest", threshold: range[widest]!, clearingS: least },
  ];
  return sets
    .slice(0, statesRange(profile, thresholdKey(trip)) && statesRange(profile, clearingKey(trip)) ? sets.length : 1)
    .filter((set, i) => sets.findIndex((o) => o.threshold === set.threshold && o.clearingS === set.clearingS) === i)
    .flatMap((set) => setCases(trip, profile, set));
}

interface TripSet {
  readonly which: string;
  readonly threshold: number;
  readonly clearingS: number;
}

/** The set under test; rows beside it get its threshold and the longest time that the code allows, so that it acts. */
function changesFor(trip: Trip, profile: GridProfile, set: TripSet): Partial<GridSettings> {
  const kind = trip.name.slice(0, 2);
  // The backup against islands trips by itself where nothing must be ridden through.
  const own = {
    [thresholdKey(trip)]: set.threshold,
    [clearingKey(trip)]: set.clearingS,
    islandingBackupEnabled: false,
  };
  if (set.which === "own settings") return own;
  const beside = trips.filter(({ name }) => name.startsWith(kind) && name[2]! < trip.name[2]!);
  const farther = beside.flatMap((other) => [
    [clearingKey(other), profile.ranges[clearingKey(other)]![1]],
    [thresholdKey(other), set.threshold],
  ]);
  return { ...Object.fromEntries(farther), ...own };
}

function setCases(trip: Trip, profile: GridProfile, set: TripSet): readonly Case[] {
  const settings = conditions(profile, changesFor(trip, profile, set));
  if (set.threshold < leastThresholdPu || settings === null) return [];
  const { quantity } = trip;
  const marginal = (trip.above ? 1 : -1) * bandFactor * mra[quantity];
  const timeMra = timeMraS(set.clearingS, settings.nominalFrequencyHz);
  const value = Math.max(0, set.threshold + marginal);
  const trial = { trip, settings, value, inside: set.threshold - marginal, set, timeMra };
  const isHidden = pausesAt(trip, settings, value);
  const isOwn = set.which === "own settings";
  const isShort = set.clearingS <= 30;
  const label = trip.name.toUpperCase();
  const words = {
    setting: `${label} ${set.threshold} ${quantity === "voltagePu" ? "pu" : "Hz"}, ${set.clearingS} s`,
    needs: { [quantity]: mra[quantity], timeS: timeMra },
  };
  const outside = (direction: Direction): Case => ({
    ...words,
    name: `${label} just outside, ${set.which}`,
    direction,
    quantity: "time to cease",
    unit: "s",
    ...(isOwn && isShort && direction === "discharging" && { quick: true as const }),
    run: (rig) => clearing(rig, { ...trial, isHidden, direction, profile }),
  });
  const inside = (direction: Direction): Case => ({
    ...words,
    name: `${label} just inside, ${set.which}`,
    direction,
    quantity: "power after the clearing time",
    unit: "of rating",
    run: (rig) => staying(rig, { ...trial, value: trial.inside, direction }),
  });
  const cases = [outside("discharging"), inside("discharging")];
  if (!isOwn || isHidden || !isShort) return cases;
  // A load may let go of a sagging grid and comes back on its own slow ramp: nothing tells then whether it tripped.
  return [...cases, outside("charging"), ...(quantity === "frequencyHz" ? [inside("charging")] : [])];
}

/** Whether momentary cessation ends power before the trip does at this voltage. */
function pausesAt({ quantity }: Trip, settings: Readonly<GridSettings>, value: number): boolean {
  if (quantity !== "voltagePu") return false;
  if (value < 0.5 || value > 1.2) return true;
  return settings.momentaryCessation && (value < settings.cessationLowPu || value > settings.cessationHighPu);
}

interface Trial {
  readonly trip: Trip;
  readonly settings: Readonly<GridSettings>;
  /** Voltage or frequency of the disturbance, and just on the near side of the threshold. */
  readonly value: number;
  readonly inside: number;
  readonly set: TripSet;
  readonly timeMra: number;
  readonly direction: Direction;
}

const disturbance = ({ trip, settings, value, inside, direction }: Trial, holdS: number): Play => ({
  settings,
  segments: [
    { forS: beforeS - approachS, requestPu: direction === "charging" ? -1 : 1 },
    // A frequency is approached as the grid moves, and its threshold is then crossed in one step.
    trip.quantity === "frequencyHz"
      ? { forS: approachS, frequencyHz: inside, rampS: approachS - 1 }
      : { forS: approachS },
    { forS: holdS, [trip.quantity]: value },
    trip.quantity === "frequencyHz"
      ? { forS: afterS, frequencyHz: settings.nominalFrequencyHz, rampS: afterS }
      : { forS: afterS, voltagePu: 1 },
  ],
});

/** Power came back with the voltage: it had not tripped. */
const returned = (recording: Recording, holdS: number): boolean =>
  Math.abs(valueAt(recording, recording.activePu, beforeS + holdS + afterS - 0.1)) > 0.5;

/** Earliest moment of a trip: a setting that is shorter than what must be ridden through goes first. Charging has no least time at an abnormal voltage: a load may let go. */
function leastS({ trip, value, set, direction }: Trial, profile: GridProfile, timeMra: number): number {
  if (direction === "charging" && trip.quantity === "voltagePu") return 0;
  const rideS = rideThroughS(profile, trip.quantity, value);
  return rideS <= set.clearingS ? Math.max(0, rideS - bandFactor * timeMra) : 0;
}

async function clearing(
  rig: Rig,
  trial: Trial & { readonly isHidden: boolean; readonly profile: GridProfile },
): Promise<Finding> {
  const { set, timeMra, isHidden, profile } = trial;
  const low = leastS(trial, profile, timeMra);
  const high = set.clearingS + timeMra;
  if (!isHidden) {
    const holdS = set.clearingS + 2 * timeMra + 1;
    const recording = await rig.play(disturbance(trial, holdS));
    const measured = ceasedAfterS(recording, beforeS, beforeS + holdS);
    const plot = plotOf(recording, ["activePu", "voltagePu"]);
    return { measured, low, high, uncertainty: rig.facts.instruments.timeS + recording.stepS, plot };
  }
  // The longest run without a trip and the shortest with one close in on the moment.
  let [rode, tripped] = [0, Number.POSITIVE_INFINITY];
  let holdS = high;
  let last: Recording | undefined;
  for (let i = 0; i <= halvings; i++) {
    const recording = await rig.play(disturbance(trial, holdS));
    if (returned(recording, holdS)) rode = holdS;
    else {
      tripped = holdS;
      last = recording;
    }
    if (rode === high) break;
    holdS = i === 0 && low > 0 ? low : (rode + tripped) / 2;
  }
  const plot = last && plotOf(last, ["activePu", "voltagePu"]);
  const measured = tripped === Number.POSITIVE_INFINITY ? tripped : (rode + tripped) / 2;
  return {
    measured,
    low,
    high,
    uncertainty: (tripped - rode) / 2 + rig.facts.instruments.timeS,
    ...(plot && { plot }),
  };
}

async function staying(rig: Rig, trial: Trial): Promise<Finding> {
  const holdS = trial.set.clearingS + 2 * trial.timeMra + 1;
  const recording = await rig.play(disturbance(trial, holdS));
  const measured = Math.abs(valueAt(recording, recording.activePu, beforeS + holdS + afterS - 0.1));
  const plot = plotOf(recording, ["activePu", "voltagePu"], { low: 0.5 });
  return { measured, low: 0.5, high: null, uncertainty: rig.facts.instruments.activePu, plot };
}

/** A trip's way back: power stays away for the delay after the grid has returned. */
export function reconnectCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile, { enterDelayS: within(profile, "enterDelayS", 30) });
  if (settings === null) return [];
  const { of1Hz, of1S, of2Hz, of2S, nominalFrequencyHz, enterDelayS } = settings;
  const [thresholdHz, clearingS] = of2Hz > 0 ? [of2Hz, of2S] : [of1Hz, of1S];
  const holdS = clearingS + 1;
  return [
    {
      name: "back after an over-frequency trip",
      direction: "discharging",
      setting: `delay ${enterDelayS} s`,
      quantity: "time until power flows",
      unit: "s",
      needs: { timeS: timeMraS(enterDelayS, nominalFrequencyHz) },
      quick: true,
      async run(rig) {
        const recording = await rig.play({
          settings,
          segments: [
            { forS: beforeS, requestPu: 1 },
            { forS: holdS, frequencyHz: thresholdHz + 0.2 },
            { forS: enterDelayS + 20, frequencyHz: nominalFrequencyHz },
          ],
        });
        return entered(rig, recording, beforeS + holdS, enterDelayS, nominalFrequencyHz);
      },
    },
  ];
}

/** First power after service was possible again, against the delay. */
function entered(rig: Rig, recording: Recording, fromS: number, delayS: number, nominalHz: number): Finding {
  const { activePu, stepS } = recording;
  let at = Math.round(fromS / stepS) + 1;
  while (at < activePu.length && Math.abs(activePu[at]!) < 0.02) at++;
  const measured = at < activePu.length ? at * stepS - fromS : Number.POSITIVE_INFINITY;
  const mraS = timeMraS(delayS, nominalHz);
  return {
    measured,
    low: delayS - mraS,
    high: null,
    uncertainty: rig.facts.instruments.timeS + stepS,
    plot: plotOf(recording, ["activePu", "voltagePu"]),
  };
}

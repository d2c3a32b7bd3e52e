/**
 * How the current transformers of a meter are connected, found from nudges: known steps of power and what the meter showed of
 * them on each of its inputs. Each current belongs to one conductor and may be the wrong way round; each input of the meter
 * multiplies it with its own voltage. A current of another conductor is turned by a third of a cycle against that voltage, a
 * reversed one by a half, so the six ways in which one input can be connected lie 60° apart. On three phases there are
 * 6 permutations × 8 polarities = 48 connections, one of them right; a swapped pair of voltages is the same as a swapped
 * pair of currents for every power that the meter shows.
 *
 * The steps are compared as differences across each nudge, so that a load that stays the same cancels; one that moves as well
 * is noise, and the more nudges there are the less it weighs. Powers are positive towards the site, reactive power is positive
 * when it is absorbed.
 */

/** Active power on each input and the reactive power of all, W and var; NaN where the meter does not tell. */
export interface PhasePowers {
  readonly phaseW: readonly number[];
  readonly totalVar: number;
}

/** One known step: what was added on each conductor, W, and what the meter showed before and after. */
export interface Nudge {
  readonly stepW: readonly number[];
  readonly before: PhasePowers;
  readonly after: PhasePowers;
}

/** How the inputs are connected: input i has the current of conductor `conductor[i]`, turned round where `sign[i]` is −1. */
export interface Connection {
  readonly conductor: readonly number[];
  readonly sign: readonly (1 | -1)[];
}

/** What was found. */
export interface WiringFinding {
  readonly verdict: "right" | "wrong" | "undecided";
  /** Those that fit, the best first; one where it is decided. */
  readonly fits: readonly Connection[];
  /** Power that the meter shows for each watt of the nudges, 1 for a right meter; NaN where nothing fits. */
  readonly gain: number;
  /** What the best connection leaves unexplained, of what the meter showed. */
  readonly unexplained: number;
  /** What it means for a technician. */
  readonly sentence: string;
}

const angles: Readonly<Record<number, readonly number[]>> = { 1: [0], 2: [0, 180], 3: [0, -120, -240] };
const names = ["A", "B", "C"];
/** A connection is out when it explains the steps this much worse than the best one, in squares of what is noise. */
const worseBy = 9;
/** More than this unexplained, and nothing is said. */
const unexplainedMax = 0.5;
/** Noise of differences, of what is seen, that is reckoned with at least: instruments of class 1 and a quiet building. */
const noiseLeast = 0.015;
/** A gain this far from 1 is the ratio of the transformers. */
const gainMin = 0.9;
const gainMax = 1.1;

/** All connections of so many phases: each permutation with each polarity; the right one is the first. */
export function allConnections(phases: 1 | 2 | 3): Connection[] {
  const orders =
    phases === 3
      ? permutations3
      : phases === 2
        ? [
            [0, 1],
            [1, 0],
          ]
        : [[0]];
  const found: Connection[] = [];
  for (const conductor of orders) {
    for (let bits = 0; bits < 1 << phases; bits += 1)
      found.push({ conductor, sign: conductor.map((_, i) => ((bits >> i) & 1 ? -1 : 1)) });
  }
  return found;
}

const permutations3 = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/** What a meter that is connected like this shows of a step at unity power factor. */
export function shownStep({ conductor, sign }: Connection, stepW: readonly number[]): PhasePowers {
  const angle = angles[conductor.length]!;
  let totalVar = 0;
  const phaseW = conductor.map((from, input) => {
    const turned = ((angle[input]! - angle[from]!) * Math.PI) / 180;
    totalVar += sign[input]! * stepW[from]! * Math.sin(turned);
    return sign[input]! * stepW[from]! * Math.cos(turned);
  });
  return { phaseW, totalVar };
}

interface Fit {
  readonly connection: Connection;
  readonly gain: number;
  /** Square of what is left, of what the meter showed. */
  readonly left: number;
}

/** Which connection the nudges show. `phases`: inputs of the meter; two for a split-phase service. */
export function findWiring(nudges: readonly Nudge[], phases: 1 | 2 | 3): WiringFinding {
  const usable = nudges.filter((nudge) => nudge.stepW.some((stepW) => Math.abs(stepW) > 0) && isWhole(nudge, phases));
  if (usable.length < 3) return undecided([], Number.NaN, 1, "Fewer than three steps reached the meter: nudge again.");
  const fits = allConnections(phases)
    .map((connection) => fitOf(connection, usable))
    .sort((a, b) => a.left - b.left);
  const best = fits[0]!;
  const unexplained = Math.sqrt(best.left);
  if (!(unexplained <= unexplainedMax))
    return undecided(
      [],
      best.gain,
      unexplained,
      "The meter shows something else than the steps: it does not measure these stages, or the building moved as much as they did. Check its place, then nudge again.",
    );
  const noise = Math.max(noiseLeast ** 2, best.left);
  const enough = worseBy / (phases * usable.length);
  const alike = fits.filter(({ left }) => left - best.left <= enough * noise);
  // A ratio that is wrong as well is believed only where nothing else explains the steps.
  const likely = alike.filter(({ gain }) => gain >= gainMin && gain <= gainMax);
  const near = (likely.length > 0 ? likely : alike).map(({ connection }) => connection);
  const { gain } = (likely.length > 0 ? likely : alike)[0]!;
  const sameSum = near.every((connection) => isRight(connection)) || near.every((connection) => !isRight(connection));
  if (near.length > 1 && !sameSum)
    return undecided(
      near,
      gain,
      unexplained,
      "Several connections would show the same: nudge again with more power, or with stages on other phases.",
    );
  if (!isRight(near[0]!)) return { verdict: "wrong", fits: near, gain, unexplained, sentence: wrongSentence(near) };
  if (likely.length === 0) {
    const sentence = `Phases and directions are right, but the meter shows ${gain.toFixed(2)} W for each watt: check the ratio of its current transformers.`;
    return { verdict: "wrong", fits: near, gain, unexplained, sentence };
  }
  return {
    verdict: "right",
    fits: near,
    gain,
    unexplained,
    sentence: "Every current transformer is on its phase and the right way round.",
  };
}

const undecided = (
  fits: readonly Connection[],
  gain: number,
  unexplained: number,
  sentence: string,
): WiringFinding => ({
  verdict: "undecided",
  fits,
  gain,
  unexplained,
  sentence,
});

const isWhole = ({ before, after, stepW }: Nudge, phases: number): boolean =>
  [before, after].every(({ phaseW }) => phaseW.slice(0, phases).every(Number.isFinite)) && stepW.length >= phases;

/**
 * Every power reads right: on three phases only where each input has its own conductor, the right way round. The two legs of a
 * split-phase service lie opposite each other, so that both swapped and both turned round reads right as well.
 */
export function isRight(connection: Connection): boolean {
  const { phaseW } = shownStep(
    connection,
    connection.conductor.map(() => 1),
  );
  return phaseW.every((powerW) => powerW > 0.99);
}

/** The gain with which a connection explains the nudges best, and what it leaves. */
function fitOf(connection: Connection, nudges: readonly Nudge[]): Fit {
  let shownShown = 0;
  let shownSeen = 0;
  let seenSeen = 0;
  for (const { stepW, before, after } of nudges) {
    const shown = shownStep(connection, stepW);
    const add = (expected: number, seen: number): void => {
      if (!Number.isFinite(seen)) return;
      shownShown += expected * expected;
      shownSeen += expected * seen;
      seenSeen += seen * seen;
    };
    shown.phaseW.forEach((expected, input) => void add(expected, after.phaseW[input]! - before.phaseW[input]!));
    add(shown.totalVar, after.totalVar - before.totalVar);
  }
  const gain = shownShown > 0 ? Math.max(0.05, shownSeen / shownShown) : Number.NaN;
  const left = seenSeen - 2 * gain * shownSeen + gain * gain * shownShown;
  return { connection, gain, left: Math.max(0, left) / Math.max(1e-9, seenSeen) };
}

function wrongSentence(fits: readonly Connection[]): string {
  const [first] = fits;
  const what = fits.length === 1 ? "" : `One of ${fits.length} connections that look alike; the likeliest: `;
  const { conductor, sign } = first!;
  const moved = conductor.flatMap((from, input) =>
    from === input ? [] : [`input ${names[input]} has the transformer of phase ${names[from]}`],
  );
  const turned = sign.flatMap((one, input) =>
    one === -1 ? [`the one at input ${names[input]} is the wrong way round`] : [],
  );
  const todo =
    moved.length === 0
      ? "Swap its two wires (S1, S2)."
      : "Move the transformers, or the voltage taps, so that each input has current and voltage of one phase.";
  return `${what}${[...moved, ...turned].join(", ")}. ${todo}`;
}

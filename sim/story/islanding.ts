/**
 * The controller's grid functions in closed loop with the island test circuit: how long an unintentional island lives, and
 * whether anything trips in events that must be ridden through. Virtual time, no random numbers: the same on every machine.
 */
import { type GridSettings, standardGridProfile } from "../../src/config/grid-profiles.ts";
import { createGridFunctions, stepGridFunctions, type TripCause } from "../../src/core/grid/der.ts";
import { createGridMeasurement } from "../../src/core/grid/measurement.ts";
import type { GridRatings } from "../../src/core/grid/pq-priority.ts";
import { Quality } from "../../src/domain/quality.ts";
import { RlcIsland, type RlcIslandOptions, rlcStepS, type StageTrips } from "../plant/rlc-island.ts";

/** The stage of the test circuit, per unit; it opens within one cycle of the order. */
const ratings: GridRatings = {
  ratedW: 1,
  ratedVA: 1.1,
  maxChargeW: 1,
  maxChargeVA: 1.1,
  maxInjectVar: 0.5,
  maxAbsorbVar: 0.5,
  currentMaxPu: 1.2,
  openingS: 0.02,
};

/** The 147 load matches: active power ±30 % in tenths, reactive power ±10 % in hundredths. */
export const islandMatrix: readonly { readonly activeMismatch: number; readonly reactiveMismatch: number }[] = [
  -3, -2, -1, 0, 1, 2, 3,
].flatMap((tenths) =>
  Array.from({ length: 21 }, (_, index) => ({ activeMismatch: tenths / 10, reactiveMismatch: (index - 10) / 100 })),
);

/** The part of the matrix that the type test sweeps: balanced active power, reactive power within 5 %. */
export const isInSweep = ({ activeMismatch, reactiveMismatch }: (typeof islandMatrix)[number]): boolean =>
  activeMismatch === 0 && Math.abs(reactiveMismatch) < 0.055;

/** All other trips widened as the type test has it, so that a method is judged alone. */
export const widenedSettings: Partial<GridSettings> = {
  ov1Pu: 1.2,
  uv1Pu: 0,
  uv2Pu: 0,
  of1Hz: 66,
  of2Hz: 66,
  uf1Hz: 50,
  uf2Hz: 50,
  momentaryCessation: false,
  droopEnabled: false,
  reactiveMode: "none",
};

/** A stage firmware whose own trips never act. */
export const noStageTrips: StageTrips = { voltageMaxPu: 9, frequencyMinHz: 1, frequencyMaxHz: 99, clearingS: 9 };

export interface LoopOptions {
  readonly plant: Partial<RlcIslandOptions>;
  readonly settings: Partial<GridSettings>;
  readonly periodS: number;
  /** When the breaker opens, seconds; Infinity never. */
  readonly opensAtS: number;
  readonly endS: number;
  /** Moves the grid before each step. */
  readonly drive?: (plant: RlcIsland, atS: number) => void;
}

export interface LoopResult {
  /** From the opening of the breaker until the stage ceased; Infinity if it did not. */
  readonly islandS: number;
  readonly ceasedBy: string;
  /** The controller's own cause, if it tripped. */
  readonly cause: TripCause;
  /** Largest reactive power that the controller asked for, pu. */
  readonly reactiveMaxPu: number;
}

/** Runs until the stage has ceased or the time is over. */
export function runIslandLoop({ plant: options, settings, periodS, opensAtS, endS, drive }: LoopOptions): LoopResult {
  const plant = new RlcIsland(options);
  const powerPu = options.powerPu ?? 1;
  const profile = { settings: { ...standardGridProfile.settings, ...settings } };
  const der = createGridFunctions(profile, ratings, "single", { inService: true });
  der.inputs.requestedInjectedW = powerPu;
  const measurement = createGridMeasurement();
  measurement.quality = Quality.good;
  const stepsPerTick = Math.max(1, Math.round(periodS / rlcStepS));
  let reactiveMaxPu = 0;
  for (let step = 0; plant.timeS < endS && !plant.ceased; step++) {
    if (plant.timeS >= opensAtS) plant.breakerClosed = false;
    drive?.(plant, plant.timeS);
    if (step % stepsPerTick === 0) {
      measurement.phaseVoltagePu[0] = plant.voltagePu;
      measurement.frequencyHz = plant.frequencyHz;
      const outcome = stepGridFunctions(der, measurement, plant.timeS * 1_000);
      if (outcome.inService) plant.command(outcome.injectedW, outcome.injectedVar);
      else plant.commandCease();
      reactiveMaxPu = Math.max(reactiveMaxPu, Math.abs(outcome.injectedVar));
    }
    plant.step();
  }
  const islandS = plant.ceased ? plant.timeS - opensAtS : Number.POSITIVE_INFINITY;
  return { islandS, ceasedBy: plant.ceasedBy, cause: der.outcome.cause, reactiveMaxPu };
}

/** Opening instants against the feedback's pulse: the worst of them counts. */
export const openingInstantsS = [1, 1.13, 1.29, 1.41] as const;
/** An island that lives longer than this is called not detected, seconds. */
export const watchedS = 3;

/** Longest life of an island over the opening instants, seconds; Infinity if one of them is not detected. */
export function longestIslandS(
  plant: Partial<RlcIslandOptions>,
  settings: Partial<GridSettings>,
  periodS: number,
  instantsS: readonly number[] = openingInstantsS,
): number {
  let longestS = 0;
  for (const opensAtS of instantsS) {
    const { islandS } = runIslandLoop({ plant, settings, periodS, opensAtS, endS: opensAtS + watchedS });
    longestS = Math.max(longestS, islandS);
  }
  return longestS;
}

/** An event that equipment of abnormal category III must ride through: voltage and frequency over time, and phase jumps. */
export interface RideThroughCase {
  readonly name: string;
  readonly durationS: number;
  readonly voltagePu?: readonly (readonly [atS: number, value: number])[];
  readonly frequencyHz?: readonly (readonly [atS: number, value: number])[];
  readonly jumps?: readonly (readonly [atS: number, degrees: number])[];
}

/** Sequences after IEEE 1547.1-2020 5.4.4 to 5.5.6 as the facts of this project state them; `holdS` shortens the 299 s holds. */
export const rideThroughCases = (holdS: number): readonly RideThroughCase[] => [
  {
    name: "low voltage 0.04 pu 1 s, 0.52 pu 9 s, 0.72 pu 10 s",
    durationS: 40,
    voltagePu: [
      [0, 0.94],
      [5, 0.94],
      [5, 0.04],
      [6, 0.04],
      [6, 0.52],
      [15, 0.52],
      [15, 0.72],
      [25, 0.72],
      [25, 0.94],
    ],
  },
  {
    name: "high voltage 1.18 pu 12 s",
    durationS: 20,
    voltagePu: [
      [0, 1],
      [3, 1],
      [3, 1.18],
      [15, 1.18],
      [15, 1],
    ],
  },
  {
    name: "three dips to 0.3 pu within 5 s",
    durationS: 15,
    voltagePu: [0, 1, 2].flatMap(
      (dip) =>
        [
          [3 + 1.6 * dip, 1],
          [3 + 1.6 * dip, 0.3],
          [3.6 + 1.6 * dip, 0.3],
          [3.6 + 1.6 * dip, 1],
        ] as [number, number][],
    ),
  },
  {
    name: `frequency 57.05 Hz ${holdS} s, 3 Hz/s each way`,
    durationS: holdS + 8,
    frequencyHz: [
      [0, 60],
      [3, 60],
      [3 + 2.95 / 3, 57.05],
      [3 + holdS, 57.05],
      [3 + holdS + 2.95 / 3, 60],
    ],
  },
  {
    name: `frequency 61.75 Hz ${holdS} s, 3 Hz/s each way`,
    durationS: holdS + 8,
    frequencyHz: [
      [0, 60],
      [3, 60],
      [3 + 1.75 / 3, 61.75],
      [3 + holdS, 61.75],
      [3 + holdS + 1.75 / 3, 60],
    ],
  },
  {
    name: "3 Hz/s down and straight up, 57.1 to 61.7 Hz",
    durationS: 20,
    frequencyHz: [
      [0, 60],
      [3, 60],
      [3 + 2.9 / 3, 57.1],
      [3 + 2.9 / 3 + 4.6 / 3, 61.7],
      [10, 61.7],
      [10 + 1.7 / 3, 60],
    ],
  },
  { name: "phase jump +20°", durationS: 8, jumps: [[3.004, 20]] },
  { name: "phase jump -20°", durationS: 8, jumps: [[3.004, -20]] },
  {
    name: "phase jumps +20°, -20° 0.3 s apart, four times",
    durationS: 12,
    jumps: [0, 1, 2, 3].flatMap(
      (k) =>
        [
          [3 + 2 * k, 20],
          [3.3 + 2 * k, -20],
        ] as [number, number][],
    ),
  },
  {
    name: "one phase 60°: positive sequence 0.88 pu and 19.1°, 0.5 s",
    durationS: 8,
    voltagePu: [
      [0, 1],
      [3, 1],
      [3, 0.882],
      [3.5, 0.882],
      [3.5, 1],
    ],
    jumps: [
      [3, 19.1],
      [3.5, -19.1],
    ],
  },
  {
    name: "phase jump +20° at 61.5 Hz",
    durationS: 12,
    frequencyHz: [
      [0, 60],
      [3, 60],
      [3.5, 61.5],
    ],
    jumps: [[6, 20]],
  },
];

/** Runs a case with the grid present throughout. `ceasedBy` empty and `cause` none mean that it was ridden through. */
export function rideThrough(
  { durationS, voltagePu, frequencyHz, jumps = [] }: RideThroughCase,
  plant: Partial<RlcIslandOptions>,
  settings: Partial<GridSettings>,
  periodS: number,
): LoopResult {
  let jumped = 0;
  const drive = (circuit: RlcIsland, atS: number): void => {
    if (voltagePu) circuit.gridVoltagePu = valueAt(voltagePu, atS);
    if (frequencyHz) circuit.gridFrequencyHz = valueAt(frequencyHz, atS);
    for (; jumped < jumps.length && jumps[jumped]![0] <= atS; jumped++) circuit.jumpPhase(jumps[jumped]![1]);
  };
  return runIslandLoop({ plant, settings, periodS, opensAtS: Number.POSITIVE_INFINITY, endS: durationS, drive });
}

function valueAt(points: readonly (readonly [number, number])[], atS: number): number {
  let index = 0;
  while (index + 1 < points.length && points[index + 1]![0] <= atS) index++;
  const [fromS, from] = points[index]!;
  const next = points[index + 1];
  if (!next || atS <= fromS) return from;
  return from + ((next[1] - from) * (atS - fromS)) / (next[0] - fromS);
}

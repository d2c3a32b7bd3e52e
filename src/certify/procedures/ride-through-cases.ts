/**
 * Ride-through of voltage (5.4.4 to 5.4.7), frequency (5.5.3, 5.5.4), its rate of change (5.5.5) and jumps of the angle (5.5.6):
 * the equipment stays, pauses where it must, and gives its power back soon. Charging may let go at an abnormal voltage.
 */
import type { AbnormalCategory, GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { mra } from "../accuracy.ts";
import { conditions } from "../conditions.ts";
import type { Case, Finding } from "../procedure.ts";
import { ceasedAfterS, least, plotOf, reachedAfterS, valueAt } from "../reading.ts";
import { recorded } from "../recorded.ts";
import { frequencyHoldS, hasIeeeRideThrough } from "../ride-through.ts";
import type { Recording, Rig, Segment } from "../rig.ts";

type Stretch = readonly [forS: number, voltagePu: number];

/** Each stays just inside its region: at its edge nobody can say which side of it the equipment has measured. */
const sequences: Readonly<Record<"low" | "high", Readonly<Record<AbnormalCategory, readonly Stretch[]>>>> = {
  low: {
    I: [
      [5, 0.94],
      [0.14, 0.52],
      [1.1, 0.86],
    ],
    II: [
      [10, 0.94],
      [0.3, 0.47],
      [2.6, 0.66],
      [1.9, 0.87],
    ],
    III: [
      [5, 0.94],
      [0.95, 0.03],
      [8.8, 0.52],
      [9.8, 0.72],
    ],
  },
  high: {
    I: [
      [5, 1],
      [0.15, 1.19],
      [0.3, 1.17],
      [0.5, 1.14],
    ],
    II: [
      [5, 1],
      [0.15, 1.19],
      [0.3, 1.17],
      [0.5, 1.14],
    ],
    III: [
      [5, 1.05],
      [11.8, 1.18],
    ],
  },
};

const afterS = 6;
const cessationS = 0.083;
const restoreS = 0.4;
const restoredShare = 0.8;
/** Power that a case begins with, of the rating. */
const powers = [0.9, 0.2] as const;

const needs = { voltagePu: mra.voltagePu, activePu: mra.activePu, timeS: 2 / 60 };

export const voltageRideThroughCases =
  (side: "low" | "high") =>
  (profile: GridProfile): readonly Case[] => {
    const settings = conditions(profile);
    if (settings === null) return [];
    if (!hasIeeeRideThrough(profile)) return ownRegionCases(profile, settings, side);
    const category = settings.abnormalCategory;
    const once = sequences[side][category];
    const rows = powers.flatMap((power) => [
      ...sequenceCases(settings, once, power, "once"),
      ...(power === 0.9
        ? sequenceCases(settings, [...once, [20, 1], ...once, [20, 1], ...once], power, "three in a row").slice(0, 1)
        : []),
    ]);
    return rows.map((row, i) => (i < 4 ? { ...row, quick: true as const } : row));
  };

/** Times of a code's own regions are kept to this share, and voltages stand in the middle of them. */
const heldShare = 0.95;

/** Each region of a code's own file by itself: what is there before is there afterwards. */
function ownRegionCases(
  { rideThrough }: GridProfile,
  settings: Readonly<GridSettings>,
  side: "low" | "high",
): readonly Case[] {
  if (typeof rideThrough === "string") return [];
  const regions = rideThrough[side].filter(({ mode, holdS, holdSPerPu }) => mode !== "cease" && holdS + holdSPerPu > 0);
  return regions.flatMap((one, i): readonly Case[] => {
    const middlePu = (one.fromPu + one.toPu) / 2;
    const holdS = heldShare * (one.holdS + one.holdSPerPu * (middlePu - one.fromPu));
    const segments: readonly Segment[] = [
      { forS: beginS, requestPu: powers[0] },
      { forS: holdS, voltagePu: middlePu },
      { forS: afterS, voltagePu: 1 },
    ];
    const record = recorded({ settings, segments });
    return [
      {
        name: `${short(middlePu)} pu for ${short(holdS)} s: stays`,
        direction: "discharging",
        setting: `from ${one.fromPu} to ${one.toPu} pu, ${one.mode}`,
        quantity: "power afterwards",
        unit: "of rating",
        needs: { ...needs, timeS: 2 / settings.nominalFrequencyHz },
        ...(i === 0 && { quick: true as const }),
        async run(rig) {
          const r = await record(rig);
          const measured = valueAt(r, r.activePu, beginS + holdS + afterS - 0.2);
          const plot = plotOf(r, ["activePu", "voltagePu"]);
          return { measured, low: restoredShare * powers[0], high: null, uncertainty: r.stepS, plot };
        },
      },
    ];
  });
}

const short = (value: number): number => Number(value.toPrecision(3));

/** `0.94/0.03 pu for 5/0.95 s`. */
const sequenceText = (stretches: readonly Stretch[]): string =>
  `${stretches.map(([, pu]) => pu).join("/")} pu for ${stretches.map(([forS]) => forS).join("/")} s`;

function sequenceCases(
  settings: Readonly<GridSettings>,
  stretches: readonly Stretch[],
  power: number,
  name: string,
): readonly Case[] {
  const { abnormalCategory, nominalFrequencyHz } = settings;
  const segments: readonly Segment[] = [
    ...stretches.map(([forS, voltagePu], i): Segment => ({ forS, voltagePu, ...(i === 0 && { requestPu: power }) })),
    { forS: afterS, voltagePu: 1 },
  ];
  const record = recorded({ settings, segments });
  const common = {
    direction: "discharging" as const,
    setting: `category ${abnormalCategory}: ${sequenceText(stretches.slice(0, 4))}`,
    needs: { ...needs, timeS: 2 / nominalFrequencyHz },
  };
  const label = `${name}, ${power * 100} %`;
  const begins = stretches.map((_, i) => stretches.slice(0, i).reduce((sum, [forS]) => sum + forS, 0));
  const endS = begins.at(-1)! + stretches.at(-1)![0];
  const finding = async (
    rig: Rig,
    of: (recording: Recording) => Pick<Finding, "measured" | "low" | "high">,
  ): Promise<Finding> => {
    const recording = await record(rig);
    return { ...of(recording), uncertainty: recording.stepS, plot: plotOf(recording, ["activePu", "voltagePu"]) };
  };
  const stays: Case = {
    ...common,
    name: `${label}: stays`,
    quantity: "power afterwards",
    unit: "of rating",
    run: (rig) =>
      finding(rig, (r) => ({
        measured: valueAt(r, r.activePu, endS + afterS - 0.2),
        low: restoredShare * power,
        high: null,
      })),
  };
  const pauses = stretches.findIndex(
    ([, pu]) => abnormalCategory === "III" && settings.momentaryCessation && (pu < 0.5 || pu > 1.1),
  );
  // Counted from the end of the pause, also where the voltage is still low then.
  const backS = pauses < 0 ? endS : begins[pauses]! + stretches[pauses]![0];
  const restores: Case = {
    ...common,
    name: `${label}: gives its power back`,
    quantity: `time to ${restoredShare * 100} % of the power before`,
    unit: "s",
    run: (rig) =>
      finding(rig, (r) => ({
        measured: reachedAfterS(r, restoredShare * power, backS, endS + afterS),
        low: null,
        high: restoreS,
      })),
  };
  const pause: readonly Case[] =
    pauses < 0
      ? []
      : [
          {
            ...common,
            name: `${label}: pauses at ${stretches[pauses]![1]} pu`,
            quantity: "time to cease",
            unit: "s",
            run: (rig) =>
              finding(rig, (r) => ({
                measured: ceasedAfterS(r, begins[pauses]!, begins[pauses]! + stretches[pauses]![0] - r.stepS),
                low: null,
                high: cessationS,
              })),
          },
        ];
  // Mandatory operation: Category III between 0.5 and 0.88 pu.
  const mandatory = stretches.findIndex(
    ([forS, pu]) => abnormalCategory === "III" && pu >= 0.5 && pu < 0.88 && forS > 1,
  );
  const current: readonly Case[] =
    mandatory < 0
      ? []
      : [
          {
            ...common,
            name: `${label}: current at ${stretches[mandatory]![1]} pu`,
            quantity: "least current, of that before",
            unit: "share",
            run: (rig) =>
              finding(rig, (r) => {
                const from = begins[mandatory]! + restoreS;
                const lowest = least(r, r.activePu, from, begins[mandatory]! + stretches[mandatory]![0]);
                return { measured: lowest / stretches[mandatory]![1] / power, low: restoredShare, high: null };
              }),
          },
        ];
  return [stays, restores, ...pause, ...current];
}

/** A disturbance after which the power must be what it was. */
interface Stay {
  readonly name: string;
  readonly setting: string;
  readonly segments: readonly Segment[];
  readonly direction: Case["direction"];
  readonly quick?: boolean;
}

const staying = (
  settings: Readonly<GridSettings>,
  { name, setting, segments, direction, quick }: Stay,
  needs: Case["needs"],
): Case => ({
  name,
  direction,
  setting,
  quantity: "least power until the end",
  unit: "of rating",
  needs,
  ...(quick && { quick: true as const }),
  async run(rig) {
    const recording = await rig.play({ settings, segments });
    const sign = direction === "charging" ? -1 : 1;
    const measured = least(
      recording,
      recording.activePu.map((pu) => sign * pu),
      0,
      Number.POSITIVE_INFINITY,
    );
    return {
      measured,
      low: 0.66 * restoredShare,
      high: null,
      uncertainty: rig.facts.instruments.activePu,
      plot: plotOf(recording, ["activePu", "frequencyHz"]),
    };
  },
});

const beginS = 3;
const directions = [
  ["discharging", 0.66],
  ["charging", -0.66],
] as const;

export function frequencyRideThroughCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null || !hasIeeeRideThrough(profile)) return [];
  const scale = settings.nominalFrequencyHz / 60;
  return [57.05, 61.75].flatMap((at60) =>
    directions.map(([direction, power]) => {
      const frequencyHz = at60 * scale;
      const segments = [
        { forS: beginS, requestPu: power },
        { forS: frequencyHoldS, frequencyHz, rampS: 3 },
        { forS: 8, frequencyHz: settings.nominalFrequencyHz, rampS: 3 },
      ];
      const words = {
        name: `${Number(frequencyHz.toFixed(3))} Hz for ${frequencyHoldS} s`,
        setting: `UF1 ${settings.uf1Hz} Hz, OF1 ${settings.of1Hz} Hz`,
      };
      return staying(
        settings,
        { ...words, segments, direction },
        { frequencyHz: mra.frequencyHz, activePu: mra.activePu },
      );
    }),
  );
}

const rocofHzPerS: Readonly<Record<AbnormalCategory, number>> = { I: 0.5, II: 2, III: 3 };

export function rocofCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null || !hasIeeeRideThrough(profile)) return [];
  const rate = rocofHzPerS[settings.abnormalCategory];
  const nominal = settings.nominalFrequencyHz;
  const [low, high] = [(57.1 * nominal) / 60, (61.7 * nominal) / 60];
  return directions.flatMap(([direction, power]) =>
    (
      [
        ["up and down", high, low],
        ["down and up", low, high],
      ] as const
    ).map(([name, first, second]) => {
      const move = (from: number, to: number): Segment => ({
        forS: Math.abs(to - from) / rate,
        frequencyHz: to,
        rampS: Math.abs(to - from) / rate,
      });
      const segments = [
        { forS: beginS, requestPu: power },
        move(nominal, first),
        move(first, second),
        move(second, nominal),
        { forS: 5 },
      ];
      return staying(
        settings,
        { name, setting: `category ${settings.abnormalCategory}, ${rate} Hz/s`, segments, direction, quick: power > 0 },
        { frequencyHz: mra.frequencyHz, activePu: mra.activePu },
      );
    }),
  );
}

export function phaseJumpCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null || !hasIeeeRideThrough(profile)) return [];
  return directions.flatMap(([direction, power]) =>
    [20, -20].map((phaseJumpDeg) => {
      const segments = [
        { forS: beginS, requestPu: power },
        { forS: 60, phaseJumpDeg },
        { forS: 5, phaseJumpDeg: -phaseJumpDeg },
      ];
      const words = { name: `all phases ${phaseJumpDeg}° for 60 s`, setting: "" };
      return staying(
        settings,
        { ...words, segments, direction, quick: power > 0 && phaseJumpDeg > 0 },
        { activePu: mra.activePu },
      );
    }),
  );
}

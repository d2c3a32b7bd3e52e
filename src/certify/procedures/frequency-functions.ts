/** Frequency-droop above and below nominal (5.15.2, 5.15.3): change of power by the deviation beyond a dead band. */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { bandFactor, mra } from "../accuracy.ts";
import { conditions, statesRange, within } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { mean, plotOf } from "../reading.ts";
import { walkCases } from "../steps.ts";

const beginS = 3;
/** Change of power to which the deviation is chosen, of the rating. */
const changesPu = [0.15, 0.35] as const;

const bandKey = { above: "droopOverBandHz", below: "droopUnderBandHz" } as const;
const referenceKey = { above: "droopOverReference", below: "droopUnderReference" } as const;
const slopeKey = { above: "droopOverPu", below: "droopUnderPu" } as const;

export const droopCases =
  (side: "above" | "below") =>
  (profile: GridProfile): readonly Case[] => {
    const sets: readonly (readonly [string, Partial<GridSettings>, readonly number[]])[] = [
      ["own settings", {}, [0.66, 1, 0.2, -0.66]],
      [
        "smallest band, steepest",
        // A range that nobody has stated is only what is plausible at all.
        Object.fromEntries(
          ([bandKey[side], slopeKey[side]] as const)
            .filter((key) => statesRange(profile, key))
            .map((key) => [key, within(profile, key, 0)]),
        ),
        [0.66, -0.5],
      ],
    ];
    return sets.flatMap(([name, changes, powers]) => {
      const s = conditions(profile, { ...changes, droopEnabled: true });
      if (s === null) return [];
      const sign = side === "above" ? 1 : -1;
      const band = s[bandKey[side]];
      const span = s.nominalFrequencyHz * s[slopeKey[side]];
      const deviation = (change: number): number => s.nominalFrequencyHz + sign * (band + change * span);
      const isSlow = s.droopReturnS > 0 || s.droopHold;
      const reference = s[referenceKey[side]];
      return powers.flatMap((power, i) => [
        ...(isSlow && i < 2 ? [returnCase(s, name, power, deviation(changesPu[1]))] : []),
        ...walkCases({
          name: `${name}, ${power < 0 ? "charging" : "discharging"} ${Math.round(Math.abs(power) * 100)} %`,
          direction: power < 0 ? "charging" : "discharging",
          setting: `dead band ${band} Hz, droop ${s[slopeKey[side]]}, ${s.droopOlrtS} s`,
          settings: s,
          begin: { forS: beginS, requestPu: power, frequencyHz: s.nominalFrequencyHz },
          drive: "frequencyHz",
          // A return at a gradient, or after a wait, is a case of its own.
          points: [...changesPu.map(deviation), ...(isSlow ? [] : [s.nominalFrequencyHz])],
          y: "activePu",
          f: (hz) => {
            const beyond = Math.max(0, sign * (hz - s.nominalFrequencyHz) - band);
            const share = reference === "actual" ? Math.abs(power) : 1;
            return Math.max(-1, Math.min(1, power - (sign * share * beyond) / span));
          },
          responseS: s.droopOlrtS,
          settledS: Math.max(3, 3 * s.droopOlrtS),
          quick: powers.indexOf(power) === 0,
        }),
      ]);
    });
  };

const watchedS = 30;

/** The frequency is back: power comes back no faster than the code's gradient, and not at all while it is held. */
function returnCase(s: Readonly<GridSettings>, name: string, power: number, hz: number): Case {
  const settledS = Math.max(3, 3 * s.droopOlrtS);
  const direction = power < 0 ? "charging" : "discharging";
  const backS = beginS + settledS;
  const heldS = s.droopHold ? Math.min(watchedS, s.droopStopS) : 0;
  const gradient = s.droopReturnS > 0 ? (watchedS - heldS) / s.droopReturnS : watchedS > heldS ? 1 : 0;
  return {
    name: `${name}, ${direction} ${Math.round(Math.abs(power) * 100)} %: the frequency is back`,
    direction,
    setting: `${s.droopHold ? `held for ${s.droopStopS} s, ` : ""}whole rating in ${s.droopReturnS} s`,
    quantity: `change of power within ${watchedS} s`,
    unit: "of rating",
    needs: { frequencyHz: mra.frequencyHz, activePu: mra.activePu },
    async run(rig) {
      const recording = await rig.play({
        settings: s,
        segments: [
          { forS: beginS, requestPu: power },
          { forS: settledS, frequencyHz: hz },
          { forS: watchedS, frequencyHz: s.nominalFrequencyHz },
        ],
      });
      const before = mean(recording, recording.activePu, backS - 1, backS);
      const after = mean(recording, recording.activePu, backS + watchedS - 1, backS + watchedS);
      const uncertainty = rig.facts.instruments.activePu;
      const plot = plotOf(recording, ["activePu", "frequencyHz"]);
      const measured = Math.abs(after - before);
      return { measured, low: null, high: gradient + bandFactor * mra.activePu, uncertainty, plot };
    },
  };
}

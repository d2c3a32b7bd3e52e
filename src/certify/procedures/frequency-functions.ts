/** Frequency-droop above and below nominal (5.15.2, 5.15.3): change of power by the deviation beyond a dead band. */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { conditions, within } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { walkCases } from "../steps.ts";

const beginS = 3;
/** Change of power to which the deviation is chosen, of the rating. */
const changesPu = [0.15, 0.35] as const;

const bandKey = { above: "droopOverBandHz", below: "droopUnderBandHz" } as const;
const slopeKey = { above: "droopOverPu", below: "droopUnderPu" } as const;

export const droopCases =
  (side: "above" | "below") =>
  (profile: GridProfile): readonly Case[] => {
    const least = { [bandKey[side]]: 0, [slopeKey[side]]: 0 };
    const sets: readonly (readonly [string, Partial<GridSettings>, readonly number[]])[] = [
      ["own settings", {}, [0.66, 1, 0.2, -0.66]],
      [
        "smallest band, steepest",
        Object.fromEntries(Object.keys(least).map((key) => [key, within(profile, key as "droopOverPu", 0)])),
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
      return powers.flatMap((power) =>
        walkCases({
          name: `${name}, ${power < 0 ? "charging" : "discharging"} ${Math.round(Math.abs(power) * 100)} %`,
          direction: power < 0 ? "charging" : "discharging",
          setting: `dead band ${band} Hz, droop ${s[slopeKey[side]]}, ${s.droopOlrtS} s`,
          settings: s,
          begin: { forS: beginS, requestPu: power, frequencyHz: s.nominalFrequencyHz },
          drive: "frequencyHz",
          points: [...changesPu.map(deviation), s.nominalFrequencyHz],
          y: "activePu",
          f: (hz) => {
            const beyond = Math.max(0, sign * (hz - s.nominalFrequencyHz) - band);
            return Math.max(-1, Math.min(1, power - (sign * beyond) / span));
          },
          responseS: s.droopOlrtS,
          settledS: Math.max(3, 3 * s.droopOlrtS),
          quick: powers.indexOf(power) === 0,
        }),
      );
    });
  };

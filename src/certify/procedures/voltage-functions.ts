/** Functions of the voltage: volt-var (5.14.4) and volt-watt (5.14.9). The characteristics are written here for themselves. */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { bandFactor, mra } from "../accuracy.ts";
import { conditions, variants, within } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { mean, plotOf } from "../reading.ts";
import { throughPoints, walkCases } from "../steps.ts";

const beginS = 3;
/** Longest response time that is waited out in full, s; longer ones are the same function with another constant. */
const responseMaxS = 90;
const settled = (responseS: number): number => Math.max(3, 3 * responseS);

export const voltVarCurve = (s: Readonly<GridSettings>): ((v: number) => number) => {
  const shift = s.voltVarReferencePu - 1;
  return throughPoints([
    [s.voltVarV1Pu + shift, s.voltVarQ1Pu],
    [s.voltVarV2Pu + shift, s.voltVarQ2Pu],
    [s.voltVarV3Pu + shift, s.voltVarQ3Pu],
    [s.voltVarV4Pu + shift, s.voltVarQ4Pu],
  ]);
};

/** Powers at which a characteristic is walked; the first is part of the smoke run. */
const powers = [1, 0.66, 0.2, -0.66] as const;
const percent = (pu: number): string => `${pu < 0 ? "charging" : "discharging"} ${Math.round(Math.abs(pu) * 100)} %`;

export function voltVarCases(profile: GridProfile): readonly Case[] {
  const own = profile.settings.voltVarOlrtS;
  const sets: readonly (readonly [string, Partial<GridSettings>, readonly number[]])[] = [
    ["own curve", {}, powers],
    ...variants(profile, "voltVarOlrtS")
      .filter(([which, s]) => which !== "default" && s !== own && s <= responseMaxS)
      .map(([which, s]) => [`own curve, ${which} response time`, { voltVarOlrtS: s }, [1]] as const),
    ["reference 0.98 pu", { voltVarReferencePu: within(profile, "voltVarReferencePu", 0.98) }, [0.66]],
    ["reference 1.02 pu", { voltVarReferencePu: within(profile, "voltVarReferencePu", 1.02) }, [0.66]],
  ];
  return sets.flatMap(([name, changes, at]) => {
    const s = conditions(profile, { ...changes, reactiveMode: "volt-var" });
    if (s === null) return [];
    const shift = s.voltVarReferencePu - 1;
    const middle = (a: number, b: number): number => (a + b) / 2 + shift;
    const points = [
      middle(s.voltVarV3Pu, s.voltVarV4Pu),
      Math.min(1.085, s.voltVarV4Pu + shift + 0.01),
      1 + shift,
      middle(s.voltVarV1Pu, s.voltVarV2Pu),
      Math.max(0.895, s.voltVarV1Pu + shift - 0.01),
      1 + shift,
    ];
    return at.flatMap((power) =>
      walkCases({
        name: `${name}, ${percent(power)}`,
        direction: power < 0 ? "charging" : "discharging",
        setting: `volt-var ${s.voltVarV1Pu}/${s.voltVarV2Pu}/${s.voltVarV3Pu}/${s.voltVarV4Pu} pu, ${s.voltVarQ1Pu}/${s.voltVarQ4Pu}, ${s.voltVarOlrtS} s`,
        settings: s,
        begin: { forS: beginS, requestPu: power },
        drive: "voltagePu",
        points,
        y: "reactivePu",
        f: voltVarCurve(s),
        responseS: s.voltVarOlrtS,
        settledS: settled(s.voltVarOlrtS),
        quick: name === "own curve" && power === 1,
      }),
    );
  });
}

/** The reference follows the voltage with its time constant: reactive power comes back by itself (5.14.5). */
export function voltVarReferenceCases(profile: GridProfile): readonly Case[] {
  return variants(profile, "voltVarReferenceS").flatMap(([which, tauS]): readonly Case[] => {
    const s = conditions(profile, { reactiveMode: "volt-var", voltVarReferenceAuto: true, voltVarReferenceS: tauS });
    if (s === null || tauS > referenceMaxS) return [];
    const stepPu = 0.04;
    const atOnce = voltVarCurve(s)(1 + stepPu);
    return [
      {
        name: `${which} time constant, 1.04 pu`,
        direction: "discharging",
        setting: `reference by itself, ${tauS} s`,
        quantity: "reactive power after four time constants",
        unit: "of rating",
        needs: { voltagePu: mra.voltagePu, reactivePu: mra.reactivePu },
        async run(rig) {
          const waitedS = 4 * tauS;
          const recording = await rig.play({
            settings: s,
            segments: [
              { forS: beginS, requestPu: 0.66 },
              { forS: waitedS, voltagePu: 1 + stepPu },
            ],
          });
          const measured = mean(recording, recording.reactivePu, beginS + waitedS - 5, beginS + waitedS);
          // A tenth of what it was at once, and the error of a reactive power.
          const high = 0.1 * Math.abs(atOnce) + bandFactor * mra.reactivePu;
          return {
            measured,
            low: -high,
            high,
            uncertainty: rig.facts.instruments.reactivePu,
            plot: plotOf(recording, ["reactivePu", "voltagePu"]),
          };
        },
      },
    ];
  });
}

/** Longer time constants are the same function with another number, s. */
const referenceMaxS = 600;

export function voltWattCases(profile: GridProfile): readonly Case[] {
  const own = profile.settings.voltWattOlrtS;
  const sets: readonly (readonly [string, Partial<GridSettings>, readonly number[]])[] = [
    ["own curve", {}, [1, 0.66, -0.66]],
    ...variants(profile, "voltWattOlrtS")
      .filter(([which, s]) => which !== "default" && s !== own && s <= responseMaxS)
      .map(([which, s]) => [`own curve, ${which} response time`, { voltWattOlrtS: s }, [1]] as const),
    ["half power left", { voltWattP2Pu: 0.5 }, [1]],
  ];
  return sets.flatMap(([name, changes, at]) => {
    const s = conditions(profile, { ...changes, voltWattEnabled: true });
    if (s === null) return [];
    const curve = throughPoints([
      [s.voltWattV1Pu, s.voltWattP1Pu],
      [s.voltWattV2Pu, s.voltWattP2Pu],
    ]);
    const along = (share: number): number => s.voltWattV1Pu + share * (s.voltWattV2Pu - s.voltWattV1Pu);
    return at.flatMap((power) =>
      walkCases({
        name: `${name}, ${percent(power)}`,
        direction: power < 0 ? "charging" : "discharging",
        setting: `volt-watt ${s.voltWattV1Pu}/${s.voltWattV2Pu} pu, ${s.voltWattP1Pu}/${s.voltWattP2Pu}, ${s.voltWattOlrtS} s`,
        settings: s,
        begin: { forS: beginS, requestPu: power },
        drive: "voltagePu",
        points: [along(0.5), along(0.8), 1],
        y: "activePu",
        f: (v) => Math.min(power, curve(v)),
        responseS: s.voltWattOlrtS,
        settledS: settled(s.voltWattOlrtS),
        quick: name === "own curve" && Math.abs(power) !== 0.66,
      }),
    );
  });
}

/** Functions of active power and fixed reactive power: constant power factor (5.14.3), constant reactive power (5.14.7), watt-var (5.14.8). */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { conditions, variants } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { throughPoints, type Walk, walkCases } from "../steps.ts";

const beginS = 3;
/** Time after which the functions without a curve over voltage must have settled, s. */
const settledS = 10;

const walk = (
  profile: GridProfile,
  changes: Partial<GridSettings>,
  rest: Omit<Walk, "settings" | "begin" | "drive" | "y" | "responseS" | "settledS"> & { readonly from: number },
): readonly Case[] => {
  const settings = conditions(profile, changes);
  if (settings === null) return [];
  const { from, ...words } = rest;
  return walkCases({
    ...words,
    settings,
    begin: { forS: beginS, requestPu: from },
    drive: "requestPu",
    y: "reactivePu",
    responseS: undefined,
    settledS,
  });
};

export function powerFactorCases(profile: GridProfile): readonly Case[] {
  const [least] = profile.ranges["powerFactor"] ?? [profile.settings.powerFactor];
  const factors = [...new Set([least, (least + 1) / 2, 1])];
  return factors.flatMap((powerFactor) =>
    (["over-excited", "under-excited"] as const).flatMap((powerFactorExcitation) => {
      const sign = powerFactorExcitation === "over-excited" ? 1 : -1;
      const ratio = Math.tan(Math.acos(powerFactor));
      return walk(
        profile,
        { reactiveMode: "constant-power-factor", powerFactor, powerFactorExcitation },
        {
          name: `${powerFactorExcitation} ${powerFactor}`,
          direction: "discharging",
          setting: `power factor ${powerFactor}, ${powerFactorExcitation}`,
          from: 0.2,
          points: [0.5, 0.85, 0.2],
          f: (p) => sign * ratio * p,
          quick: powerFactor === least,
        },
      );
    }),
  );
}

export function constantVarCases(profile: GridProfile): readonly Case[] {
  const values = variants(profile, "constantVarPu").flatMap(([, q]) => [q, q / 2]);
  return [...new Set(values)].flatMap((constantVarPu) =>
    ([1, -1] as const).flatMap((sign) =>
      walk(
        profile,
        { reactiveMode: "constant-var", constantVarPu },
        {
          name: `Q ${constantVarPu}`,
          direction: sign > 0 ? "discharging" : "charging",
          setting: `reactive power ${constantVarPu} of rating`,
          from: sign * 0.3,
          points: [sign * 0.6, sign * 1],
          f: () => constantVarPu,
          quick: sign > 0 && constantVarPu === values[2],
        },
      ),
    ),
  );
}

export function wattVarCases(profile: GridProfile): readonly Case[] {
  const s = profile.settings;
  const curve = throughPoints([
    [s.wattVarLoadP3Pu, s.wattVarLoadQ3Pu],
    [s.wattVarLoadP2Pu, s.wattVarLoadQ2Pu],
    [s.wattVarLoadP1Pu, s.wattVarLoadQ1Pu],
    [s.wattVarP1Pu, s.wattVarQ1Pu],
    [s.wattVarP2Pu, s.wattVarQ2Pu],
    [s.wattVarP3Pu, s.wattVarQ3Pu],
  ]);
  return ([1, -1] as const).flatMap((sign) =>
    walk(
      profile,
      { reactiveMode: "watt-var" },
      {
        name: "own curve",
        direction: sign > 0 ? "discharging" : "charging",
        setting: `watt-var ${s.wattVarP2Pu}/${s.wattVarP3Pu}, ${s.wattVarQ2Pu}/${s.wattVarQ3Pu}`,
        from: sign * 0.3,
        points: [sign * 0.5, sign * 0.7, sign * 0.85, sign * 0.3],
        f: curve,
        quick: sign > 0,
      },
    ),
  );
}

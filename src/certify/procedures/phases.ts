/** What needs each phase by itself: an open phase (5.11), and volt-var by the mean of unlike voltages (5.14.6). */
import type { GridProfile } from "../../config/grid-profiles.ts";
import { curveBand, mra } from "../accuracy.ts";
import { conditions } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { ceasedAfterS, mean, plotOf } from "../reading.ts";
import { recorded } from "../recorded.ts";
import { voltVarCurve } from "./voltage-functions.ts";

type Phases = readonly [number, number, number];

const beginS = 3;
const openS = 6;
const ceaseMaxS = 2;
const opened: readonly (readonly [name: string, voltages: Phases])[] = [
  ["first", [0, 1, 1]],
  ["second", [1, 0, 1]],
  ["third", [1, 1, 0]],
];

export function openPhaseCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile);
  if (settings === null) return [];
  return opened.flatMap(([name, phaseVoltagePu], i) =>
    [1, 0.33].map((power): Case => {
      const segments = [
        { forS: beginS, requestPu: power },
        { forS: openS, phaseVoltagePu },
      ];
      const record = recorded({ settings, segments });
      return {
        name: `${name} phase open, ${Math.round(power * 100)} %`,
        direction: "discharging",
        setting: "",
        quantity: "time to cease",
        unit: "s",
        ability: "phases",
        needs: { activePu: mra.activePu, timeS: 2 / settings.nominalFrequencyHz },
        ...(i === 0 && power === 1 && { quick: true as const }),
        async run(rig) {
          const r = await record(rig);
          const measured = ceasedAfterS(r, beginS, beginS + openS - r.stepS);
          return { measured, low: null, high: ceaseMaxS, uncertainty: r.stepS, plot: plotOf(r, ["activePu"]) };
        },
      };
    }),
  );
}

/** Voltages of the phases within continuous operation; their mean, and not one of them, decides. */
const unlike: readonly Phases[] = [
  [1.07, 0.91, 0.91],
  [0.93, 1.08, 1.08],
  [1.08, 1, 1],
  [1, 1, 0.92],
];

export function unbalancedVoltVarCases(profile: GridProfile): readonly Case[] {
  const settings = conditions(profile, { reactiveMode: "volt-var" });
  if (settings === null) return [];
  const settledS = Math.max(3, 3 * settings.voltVarOlrtS);
  return unlike.map((phaseVoltagePu, i): Case => {
    const meanPu = (phaseVoltagePu[0] + phaseVoltagePu[1] + phaseVoltagePu[2]) / 3;
    const record = recorded({
      settings,
      segments: [
        { forS: beginS, requestPu: 0.66 },
        { forS: settledS + 1, phaseVoltagePu },
      ],
    });
    const band = curveBand(voltVarCurve(settings), meanPu, mra.voltagePu, mra.reactivePu);
    return {
      name: `phases at ${phaseVoltagePu.join(", ")} pu, settled`,
      direction: "discharging",
      setting: `volt-var by the mean of the phases, here ${Number(meanPu.toFixed(4))} pu`,
      quantity: "reactive power",
      unit: "of rating",
      ability: "phases",
      needs: { voltagePu: mra.voltagePu, reactivePu: mra.reactivePu },
      ...(i === 0 && { quick: true as const }),
      async run(rig) {
        const r = await record(rig);
        const measured = mean(r, r.reactivePu, beginS + settledS, beginS + settledS + 1);
        const uncertainty = rig.facts.instruments.reactivePu;
        return { measured, ...band, uncertainty, plot: plotOf(r, ["reactivePu", "voltagePu"], band) };
      },
    };
  });
}

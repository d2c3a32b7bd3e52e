/** What equipment finds of its own measuring chain by nudges of a tenth of its power, against what the rig knows of it. */
import type { GridProfile } from "../../config/grid-profiles.ts";
import type { Case } from "../procedure.ts";
import type { ChainFigures, Rig } from "../rig.ts";

/** Figures that a rig may know, by the words of `ChainFigures`. */
const chainFigureNames = ["sign", "gain", "update", "latency", "dead time", "time constant"] as const;

export function measuringChainCases(_: GridProfile): readonly Case[] {
  const made = new WeakMap<Rig, Promise<readonly ChainFigures[]>>();
  const figures = (rig: Rig): Promise<readonly ChainFigures[]> => {
    const one = made.get(rig) ?? rig.chain!();
    made.set(rig, one);
    return one;
  };
  return chainFigureNames.map(
    (name): Case => ({
      name: `${name} of meter and power stage`,
      direction: "charging",
      setting: "eight nudges of 10 %",
      quantity: name,
      unit: name === "sign" || name === "gain" ? "" : "ms",
      ability: "chain",
      needs: {},
      async run(rig) {
        const figure = (await figures(rig)).find((one) => one.name === name);
        if (!figure) return { measured: Number.NaN, low: null, high: null, uncertainty: 0 };
        const { found, truth, toleranceAbove, toleranceBelow } = figure;
        return { measured: found, low: truth - toleranceBelow, high: truth + toleranceAbove, uncertainty: 0 };
      },
    }),
  );
}

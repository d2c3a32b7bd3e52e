/** Islands: one that nobody wants must end within 2 s (5.10.2), and one that was wanted returns only in step with the grid (5.7). */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { conditions } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import type { Rig, Touch } from "../rig.ts";

const endsWithinS = 2;
const holdsForS = 10;
/** Inductive beyond capacitive power, of the active power: the sweep of the type test. */
const mismatches = Array.from({ length: 11 }, (_, i) => (i - 5) / 100);
const qualityFactor = 1;

interface Trial {
  readonly name: string;
  readonly powerPu: number;
  readonly settings: Partial<GridSettings>;
  readonly quick?: boolean;
}

/** After the cases that the public scripts name: powers, and functions off, at their defaults and as strong as they get. */
const trials: readonly Trial[] = [
  { name: "100 %, functions off", powerPu: 1, settings: {}, quick: true },
  { name: "66 %, functions off", powerPu: 0.66, settings: {} },
  { name: "33 %, functions off", powerPu: 0.33, settings: {} },
  { name: "100 %, volt-var", powerPu: 1, settings: { reactiveMode: "volt-var" } },
  {
    name: "66 %, volt-var, volt-watt and droop",
    powerPu: 0.66,
    settings: { reactiveMode: "volt-var", voltWattEnabled: true, droopEnabled: true },
  },
  { name: "66 %, watt-var", powerPu: 0.66, settings: { reactiveMode: "watt-var" } },
  { name: "66 %, absorbs 0.44", powerPu: 0.66, settings: { reactiveMode: "constant-var", constantVarPu: -0.44 } },
  { name: "66 %, injects 0.44", powerPu: 0.66, settings: { reactiveMode: "constant-var", constantVarPu: 0.44 } },
];

export function unintentionalIslandCases(profile: GridProfile): readonly Case[] {
  return trials.flatMap(({ name, powerPu, settings: changes, quick }): readonly Case[] => {
    const settings = conditions(profile, changes);
    if (settings === null) return [];
    const lived = (rig: Rig, reactiveMismatch: number, withMethods: boolean): Promise<number> =>
      rig.island!({ qualityFactor, reactiveMismatch, powerPu, settings, withMethods });
    const common = {
      direction: "discharging" as const,
      unit: "s",
      ability: "island" as const,
      needs: { timeS: 0.05 },
      setting: `quality factor ${qualityFactor}`,
      ...(quick && { quick: true as const }),
    };
    const held: Case = {
      ...common,
      name: `${name}: the island holds without the equipment's methods`,
      quantity: "its life",
      async run(rig) {
        const life = await lived(rig, 0, false);
        return {
          measured: Math.min(life, holdsForS),
          low: holdsForS,
          high: null,
          uncertainty: rig.facts.instruments.timeS,
        };
      },
    };
    const ends: Case = {
      ...common,
      name: `${name}: ends`,
      quantity: `longest life, reactive power ±5 % in ${mismatches.length} steps`,
      async run(rig) {
        let longest = 0;
        for (const mismatch of mismatches) longest = Math.max(longest, await lived(rig, mismatch, true));
        return { measured: longest, low: null, high: endsWithinS, uncertainty: rig.facts.instruments.timeS };
      },
    };
    return powerPu === 1 && quick ? [held, ends] : [ends];
  });
}

/** Windows by the rating of what is joined, W: slip, voltage, angle (IEEE 1547-2018, 4.10, as the public scripts have it). */
const windows = [
  { upToW: 500_000, slipHz: 0.3, differencePu: 0.1, angleDeg: 20 },
  { upToW: 1_500_000, slipHz: 0.2, differencePu: 0.05, angleDeg: 15 },
  { upToW: Number.POSITIVE_INFINITY, slipHz: 0.1, differencePu: 0.03, angleDeg: 10 },
] as const;

const returnsWithinS = 90;

export function synchronisationCases(profile: GridProfile): readonly Case[] {
  const s = conditions(profile);
  if (s === null) return [];
  const nominal = s.nominalFrequencyHz;
  // Near the edges, as far as an island that is steered goes.
  const near = (share: number, edge: number, middle: number, most: number): number =>
    middle + Math.max(-most, Math.min(most, share * (edge - middle)));
  const inside = [
    ["nominal", 1, nominal],
    [
      "low voltage, low frequency",
      near(0.6, s.enterVoltageMinPu, 1, 0.06),
      near(0.6, s.enterFrequencyMinHz, nominal, 0.4),
    ],
    [
      "high voltage, high frequency",
      near(0.6, s.enterVoltageMaxPu, 1, 0.06),
      near(0.6, s.enterFrequencyMaxHz, nominal, 0.4),
    ],
  ] as const;
  const outside = [
    ["voltage too low", s.enterVoltageMinPu - 0.02, nominal],
    ["frequency too high", 1, s.enterFrequencyMaxHz + 0.2],
  ] as const;
  const common = {
    direction: "discharging" as const,
    ability: "coupling" as const,
    setting: `window ${s.enterVoltageMinPu} to ${s.enterVoltageMaxPu} pu, ${s.enterFrequencyMinHz} to ${s.enterFrequencyMaxHz} Hz`,
  };
  const rows = inside.flatMap(([name, voltagePu, frequencyHz], i): readonly Case[] => {
    const made = new WeakMap<Rig, Promise<Touch>>();
    const touch = (rig: Rig): Promise<Touch> => {
      const one = made.get(rig) ?? rig.couple!({ voltagePu, frequencyHz, forS: returnsWithinS });
      made.set(rig, one);
      return one;
    };
    const row = (
      quantity: string,
      unit: string,
      key: "differencePu" | "slipHz" | "angleDeg",
      mraOf: Case["needs"],
    ): Case => ({
      ...common,
      name: `${name}: ${quantity}`,
      quantity: `${quantity} at the touch`,
      unit,
      needs: mraOf,
      ...(i === 0 && { quick: true as const }),
      async run(rig) {
        const found = await touch(rig);
        const window = windows.find(({ upToW }) => rig.facts.ratedVA <= upToW)!;
        const measured = found === null ? Number.NaN : Math.abs(found[key]);
        return { measured, low: null, high: window[key], uncertainty: 0 };
      },
    });
    return [
      row("difference of voltage", "pu", "differencePu", { voltagePu: 0.02 }),
      row("slip", "Hz", "slipHz", { frequencyHz: 0.05 }),
      row("angle", "°", "angleDeg", {}),
    ];
  });
  return [
    ...rows,
    ...outside.map(
      ([name, voltagePu, frequencyHz]): Case => ({
        ...common,
        name: `${name}: does not close`,
        quantity: "closings",
        unit: "count",
        needs: {},
        async run(rig) {
          const found = await rig.couple!({ voltagePu, frequencyHz, forS: returnsWithinS });
          return { measured: found === null ? 0 : 1, low: null, high: 0, uncertainty: 0 };
        },
      }),
    ),
  ];
}

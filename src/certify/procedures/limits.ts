/**
 * The active power limit (5.13) and who goes before whom (5.16): frequency-droop may exceed the limit, volt-watt bounds both.
 * The expected values are those of the public script's table, computed here from the settings.
 */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { bandFactor, mra } from "../accuracy.ts";
import { conditions } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { mean, plotOf } from "../reading.ts";
import type { Segment } from "../rig.ts";

const beginS = 3;
/** A limit must be kept after this time, s. */
const followS = 30;
const windowS = 1;

interface Condition {
  readonly name: string;
  readonly segment: Segment;
  readonly low: number;
  readonly high: number;
}

/** One run through conditions one after another; the value at the end of each is judged. */
function rowsOf(
  s: Readonly<GridSettings>,
  setting: string,
  begin: Segment,
  rows: readonly Condition[],
  quick: boolean,
): readonly Case[] {
  const segments = [begin, ...rows.map(({ segment }) => ({ ...segment, forS: followS }))];
  return rows.map(({ name, low, high }, i) => ({
    name,
    direction: "discharging",
    setting,
    quantity: "active power",
    unit: "of rating",
    needs: { activePu: mra.activePu },
    ...(quick && { quick: true as const }),
    async run(rig) {
      // Up to its own condition: a row stands for itself.
      const recording = await rig.play({ settings: s, segments: segments.slice(0, i + 2) });
      const endS = beginS + (i + 1) * followS;
      const measured = mean(recording, recording.activePu, endS - windowS, endS);
      const band = { low: low - bandFactor * mra.activePu, high: high + bandFactor * mra.activePu };
      return {
        measured,
        ...band,
        uncertainty: rig.facts.instruments.activePu,
        plot: plotOf(recording, ["activePu"], band),
      };
    },
  }));
}

const exactly = (value: number): { readonly low: number; readonly high: number } => ({ low: value, high: value });

export function powerLimitCases(profile: GridProfile): readonly Case[] {
  return [0.66, 0.33, 0].flatMap((limit) => {
    const s = conditions(profile, { activePowerLimitPu: limit });
    const on = conditions(profile, { activePowerLimitEnabled: true, activePowerLimitPu: limit });
    if (s === null || on === null) return [];
    const begin = { forS: beginS, requestPu: 1 };
    const settings = { activePowerLimitEnabled: true, activePowerLimitPu: limit };
    const label = `limit ${limit * 100} %`;
    return [
      ...rowsOf(
        s,
        label,
        begin,
        [{ name: `${label}, 30 s after it came`, segment: { forS: followS, settings }, ...exactly(limit) }],
        limit === 0.33,
      ),
      ...withFunctions(profile, limit, label),
    ];
  });
}

/** Droop and volt-watt act on top of a limit. */
function withFunctions(profile: GridProfile, limit: number, label: string): readonly Case[] {
  const s = conditions(profile, {
    activePowerLimitEnabled: true,
    activePowerLimitPu: limit,
    droopEnabled: true,
    voltWattEnabled: true,
  });
  if (s === null) return [];
  const nominal = s.nominalFrequencyHz;
  const offsetHz = nominal / 60;
  const droop = (hz: number): number => droopPu(s, hz);
  const cap = voltWattPu(s, 1.08);
  return rowsOf(
    s,
    label,
    { forS: beginS, requestPu: 1 },
    [
      {
        name: `${label}, above nominal`,
        segment: { forS: followS, frequencyHz: nominal + offsetHz },
        ...exactly(Math.max(-1, limit + droop(nominal + offsetHz))),
      },
      { name: `${label}, back to nominal`, segment: { forS: followS, frequencyHz: nominal }, ...exactly(limit) },
      {
        name: `${label}, below nominal`,
        segment: { forS: followS, frequencyHz: nominal - offsetHz },
        ...exactly(Math.min(1, limit + droop(nominal - offsetHz))),
      },
      {
        name: `${label}, at 1.08 pu`,
        segment: { forS: followS, frequencyHz: nominal, voltagePu: 1.08 },
        ...exactly(Math.min(limit, cap)),
      },
    ],
    false,
  );
}

/** Change of power by frequency-droop, of the rating. */
function droopPu(s: Readonly<GridSettings>, hz: number): number {
  const deviation = hz - s.nominalFrequencyHz;
  if (deviation > s.droopOverBandHz) return -(deviation - s.droopOverBandHz) / (s.nominalFrequencyHz * s.droopOverPu);
  if (-deviation > s.droopUnderBandHz)
    return (-deviation - s.droopUnderBandHz) / (s.nominalFrequencyHz * s.droopUnderPu);
  return 0;
}

function voltWattPu(s: Readonly<GridSettings>, pu: number): number {
  const share = Math.min(1, Math.max(0, (pu - s.voltWattV1Pu) / (s.voltWattV2Pu - s.voltWattV1Pu)));
  return s.voltWattP1Pu + share * (s.voltWattP2Pu - s.voltWattP1Pu);
}

export function priorityCases(profile: GridProfile): readonly Case[] {
  const modes = ["none", "volt-var", "watt-var", "constant-var", "constant-power-factor"] as const;
  return modes.flatMap((reactiveMode) => {
    const s = conditions(profile, {
      ...(reactiveMode !== "none" && { reactiveMode }),
      activePowerLimitEnabled: true,
      activePowerLimitPu: 0.5,
      droopEnabled: true,
      voltWattEnabled: true,
      voltWattP2Pu: 0.2,
    });
    if (s === null) return [];
    const nominal = s.nominalFrequencyHz;
    const [over, under] = [(60.33 * nominal) / 60, (59.36 * nominal) / 60];
    const capped = Math.min(0.5, voltWattPu(s, 1.09));
    const label = `limit 50 %, ${reactiveMode}`;
    return rowsOf(
      s,
      label,
      { forS: beginS, requestPu: 1 },
      [
        { name: `${reactiveMode}: 1.09 pu, nominal`, segment: { forS: followS, voltagePu: 1.09 }, ...exactly(capped) },
        {
          name: `${reactiveMode}: 1.09 pu, ${Number(over.toFixed(2))} Hz`,
          segment: { forS: followS, voltagePu: 1.09, frequencyHz: over },
          ...exactly(capped + droopPu(s, over)),
        },
        {
          name: `${reactiveMode}: 1.09 pu, ${Number(under.toFixed(2))} Hz`,
          segment: { forS: followS, voltagePu: 1.09, frequencyHz: under },
          ...exactly(Math.min(capped + droopPu(s, under), voltWattPu(s, 1.09))),
        },
        // The power before the disturbance is that under volt-watt or that of the limit.
        {
          name: `${reactiveMode}: 1 pu, ${Number(under.toFixed(2))} Hz`,
          segment: { forS: followS, voltagePu: 1, frequencyHz: under },
          low: capped + droopPu(s, under),
          high: 0.5 + droopPu(s, under),
        },
      ],
      reactiveMode === "none",
    );
  });
}

/** Into service and out of it: criteria and delay (5.6), the ramp (5.6), and the utility's permission (6.7). */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import { bandFactor, mra, timeMraS } from "../accuracy.ts";
import { conditions, variants, within } from "../conditions.ts";
import type { Case } from "../procedure.ts";
import { ceasedAfterS, most, plotOf, reachedAfterS } from "../reading.ts";
import type { Segment } from "../rig.ts";

/** Power that counts as being in service, of the rating: more than a meter's error, soon reached on any ramp. */
const begunPu = 0.02;
/** Waited for beyond the delay, s: the ramp must have passed `begunPu`. */
const graceS = 15;

export function enterServiceCases(profile: GridProfile): readonly Case[] {
  const s = conditions(profile, { enterDelayS: within(profile, "enterDelayS", 20) });
  if (s === null) return [];
  const nominal = s.nominalFrequencyHz;
  const marginPu = bandFactor * mra.voltagePu;
  const marginHz = bandFactor * mra.frequencyHz;
  const outside: readonly (readonly [string, Segment])[] = [
    ["low voltage", { forS: 0, voltagePu: s.enterVoltageMinPu - marginPu }],
    ["high voltage", { forS: 0, voltagePu: s.enterVoltageMaxPu + marginPu }],
    ["low frequency", { forS: 0, frequencyHz: s.enterFrequencyMinHz - marginHz }],
    ["high frequency", { forS: 0, frequencyHz: s.enterFrequencyMaxHz + marginHz }],
  ];
  const setting = `${s.enterVoltageMinPu} to ${s.enterVoltageMaxPu} pu, ${s.enterFrequencyMinHz} to ${s.enterFrequencyMaxHz} Hz, ${s.enterDelayS} s`;
  const common = {
    direction: "discharging" as const,
    setting,
    needs: { voltagePu: mra.voltagePu, frequencyHz: mra.frequencyHz, timeS: timeMraS(s.enterDelayS, nominal) },
  };
  const refused = outside.map(
    ([name, segment], i): Case => ({
      ...common,
      name: `${name}: does not begin, then waits`,
      quantity: "time from the good grid until power flows",
      unit: "s",
      ...(i === 0 && { quick: true as const }),
      async run(rig) {
        const holdS = s.enterDelayS + 5;
        const recording = await rig.play({
          settings: s,
          cold: true,
          segments: [
            { ...segment, forS: holdS, requestPu: 1 },
            { forS: s.enterDelayS + graceS, voltagePu: 1, frequencyHz: nominal },
          ],
        });
        // Counted from the beginning, so that power during the bad grid is found as well.
        const measured = reachedAfterS(recording, begunPu, 0, Number.POSITIVE_INFINITY) - holdS;
        const low = s.enterDelayS - timeMraS(s.enterDelayS, nominal);
        return {
          measured,
          low,
          high: s.enterDelayS + graceS,
          uncertainty: recording.stepS,
          plot: plotOf(recording, ["activePu", "voltagePu"]),
        };
      },
    }),
  );
  const delays = variants(profile, "enterDelayS").flatMap(([which, enterDelayS]): readonly Case[] => {
    const settings = conditions(profile, { enterDelayS });
    if (settings === null) return [];
    return [
      {
        ...common,
        name: `inside all criteria, ${which} delay`,
        setting: `delay ${enterDelayS} s`,
        quantity: "time until power flows",
        unit: "s",
        needs: { timeS: timeMraS(enterDelayS, nominal) },
        async run(rig) {
          const recording = await rig.play({
            settings,
            cold: true,
            segments: [{ forS: enterDelayS + graceS, requestPu: 1 }],
          });
          const measured = reachedAfterS(recording, begunPu, 0, Number.POSITIVE_INFINITY);
          const low = Math.max(0, enterDelayS - timeMraS(enterDelayS, nominal));
          return {
            measured,
            low,
            high: enterDelayS + graceS,
            uncertainty: recording.stepS,
            plot: plotOf(recording, ["activePu"]),
          };
        },
      },
    ];
  });
  return [...refused, ...delays];
}

/** Ramps that are tried beside the code's own, s. */
const ramps = [20, 300] as const;

export function enterRampCases(profile: GridProfile): readonly Case[] {
  const own = profile.settings.enterRampS;
  const tried = [...new Set([own, ...ramps.map((s) => within(profile, "enterRampS", s))])].filter((s) => s > 1);
  return tried.flatMap((enterRampS): readonly Case[] => {
    const delay = within(profile, "enterDelayS", 8);
    const s = conditions(profile, { enterDelayS: delay, enterRampS });
    if (s === null) return [];
    return [
      {
        name: `ramp of ${enterRampS} s`,
        direction: "discharging",
        setting: `ramp ${enterRampS} s`,
        quantity: "most power above the ramp",
        unit: "of rating",
        needs: { activePu: mra.activePu },
        ...(enterRampS === 20 && { quick: true as const }),
        async run(rig) {
          const recording = await rig.play({
            settings: s,
            cold: true,
            segments: [{ forS: delay + enterRampS + graceS, requestPu: 1 }],
          });
          const { stepS, activePu } = recording;
          const beganS = reachedAfterS(recording, begunPu, 0, Number.POSITIVE_INFINITY);
          const above = activePu.map(
            (pu, i) => pu - Math.min(1, Math.max(0, (i * stepS - beganS) / enterRampS + begunPu)),
          );
          // An equipment that never gets there keeps no ramp either.
          const arrived = reachedAfterS(recording, 0.95, 0, Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;
          const measured = arrived ? most(recording, above, 0, Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
          return {
            measured,
            low: null,
            high: bandFactor * mra.activePu,
            uncertainty: rig.facts.instruments.activePu,
            plot: plotOf(recording, ["activePu"]),
          };
        },
      },
    ];
  });
}

const permitMaxS = 2;
const beginS = 3;

export function permitCases(profile: GridProfile): readonly Case[] {
  const s: Readonly<GridSettings> | null = conditions(profile);
  if (s === null) return [];
  const common = { setting: "permit service off", needs: { activePu: mra.activePu, timeS: 2 / s.nominalFrequencyHz } };
  return [
    {
      ...common,
      name: "off while it gives power",
      direction: "discharging",
      quantity: "time to cease",
      unit: "s",
      quick: true,
      async run(rig) {
        const recording = await rig.play({
          settings: s,
          segments: [
            { forS: beginS, requestPu: 1 },
            { forS: 10, permit: false },
          ],
        });
        const measured = ceasedAfterS(recording, beginS, beginS + 9.5);
        return {
          measured,
          low: null,
          high: permitMaxS,
          uncertainty: recording.stepS,
          plot: plotOf(recording, ["activePu"]),
        };
      },
    },
    {
      ...common,
      name: "off while it charges",
      direction: "charging",
      quantity: "time to cease",
      unit: "s",
      async run(rig) {
        const recording = await rig.play({
          settings: s,
          segments: [
            { forS: beginS, requestPu: -0.5 },
            { forS: 10, permit: false },
          ],
        });
        const measured = ceasedAfterS(recording, beginS, beginS + 9.5);
        const plot = plotOf(recording, ["activePu"]);
        return { measured, low: null, high: permitMaxS, uncertainty: recording.stepS, plot };
      },
    },
    {
      ...common,
      name: "off while it charges, then asked to give power",
      direction: "charging",
      quantity: "most power given",
      unit: "of rating",
      async run(rig) {
        const segments = [
          { forS: beginS, requestPu: -0.5 },
          { forS: 3, permit: false },
          { forS: 15, requestPu: 1 },
        ];
        const recording = await rig.play({ settings: s, segments });
        const measured = most(recording, recording.activePu, beginS, Number.POSITIVE_INFINITY);
        return {
          measured,
          low: null,
          high: mra.activePu,
          uncertainty: rig.facts.instruments.activePu,
          plot: plotOf(recording, ["activePu"]),
        };
      },
    },
  ];
}

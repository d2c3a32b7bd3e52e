/** What a replay shows over time, thinned to what a plot can carry, and its events in words. */
import type { ReplayedTick } from "./replay.ts";

export interface Series {
  readonly atS: number[];
  readonly pccW: number[];
  readonly stagesW: number[];
  readonly setpointsW: number[];
  readonly voltagePu: number[];
  readonly frequencyHz: number[];
}

export interface Happening {
  readonly atMs: number;
  readonly sentence: string;
}

export interface SeriesOfReplay {
  readonly series: Series;
  /** Changes of mode and of the PCC's limits, the first ones. */
  readonly happenings: readonly Happening[];
  take(tick: ReplayedTick): void;
}

const pointsMax = 600;
const happeningsMax = 200;

/** `fromMs` and `toMs` in UTC bound the time that is shown. */
export function collectSeries(fromMs: number, toMs: number): SeriesOfReplay {
  const series: Series = { atS: [], pccW: [], stagesW: [], setpointsW: [], voltagePu: [], frequencyHz: [] };
  const happenings: Happening[] = [];
  const everyMs = Math.max(0, (toMs - fromMs) / pointsMax);
  let nextMs = fromMs;
  let mode = "";
  let limits = "";
  const say = (atMs: number, sentence: string): void => {
    if (happenings.length < happeningsMax) happenings.push({ atMs, sentence });
  };
  return {
    series,
    happenings,
    take({ wallMs, copy: { core, snapshot } }) {
      const { state } = core.machine;
      if (state.mode !== mode)
        say(wallMs, mode === "" ? `Mode ${state.mode}.` : `Mode ${mode} → ${state.mode} (row ${state.row}).`);
      mode = state.mode;
      const { importLimitW, exportLimitW, importReason, exportReason } = core.pccLimits;
      const now = `Limits at the PCC: import ${kW(importLimitW)} (${importReason}), export ${kW(exportLimitW)} (${exportReason}).`;
      if (now !== limits) say(wallMs, now);
      limits = now;
      if (wallMs < nextMs) return;
      nextMs = wallMs + everyMs;
      series.atS.push((wallMs - fromMs) / 1_000);
      series.pccW.push(known(snapshot.meter.powerW));
      series.stagesW.push(snapshot.stages.reduce((sum, { powerW }) => sum + known(powerW), 0));
      series.setpointsW.push(core.commands.stages.reduce((sum, { powerW }) => sum + powerW, 0));
      series.voltagePu.push(known(snapshot.meter.voltagePu));
      series.frequencyHz.push(known(snapshot.meter.frequencyHz));
    },
  };
}

const known = (value: number): number => (Number.isFinite(value) ? value : 0);
const kW = (powerW: number): string => (Number.isFinite(powerW) ? `${(powerW / 1_000).toFixed(1)} kW` : "none");

/** Eight nudges of the simulated equipment, what the controller's own identification makes of them, and how it truly is. */
import type { LoadedSite } from "../../src/app/site/load-config.ts";
import type { ChainFigures, Play } from "../../src/certify/rig.ts";
import { identifyMeter } from "../../src/commissioning/identify-meter.ts";
import { identifyStage, segmentsOf } from "../../src/commissioning/identify-stage.ts";
import type { Look } from "../../src/commissioning/trace.ts";
import type { PlantedFault } from "./planted.ts";
import { RigRun, ratedW } from "./rig-run.ts";

const tickMs = 20;
const nudgeS = 5;
const nudges = 8;
const lowPu = -0.1;
const highPu = -0.2;

export function identifiedChain(site: LoadedSite, seed: number, planted: PlantedFault): readonly ChainFigures[] {
  const play: Play = { settings: site.profile.settings, cold: true, segments: [{ forS: 1, requestPu: lowPu }] };
  const run = new RigRun(site, seed, planted, tickMs, play);
  const { station } = run.site;
  station.requestAll(-lowPu * ratedW);
  run.ticks(70);
  const looks: Look[] = [];
  const begunMs: number[] = [];
  for (let nudge = 0; nudge <= nudges; nudge++) {
    if (nudge > 0) begunMs.push(run.site.nowMs);
    station.requestAll(-(nudge % 2 === 0 ? lowPu : highPu) * ratedW);
    for (let i = 0; i < (1_000 * nudgeS) / tickMs; i++) {
      run.tick();
      const { snapshot, commands, nowMs } = run.site;
      looks.push({
        atMs: nowMs,
        stages: [{ commandW: commands.stages[0]!.powerW, powerW: snapshot.stages[0]!.powerW }],
        meterW: snapshot.meter.powerW,
        sampleAtMs: snapshot.meter.sampleAtMs,
      });
    }
  }
  const segments = segmentsOf(looks, begunMs);
  const meter = identifyMeter(looks, segments);
  const stage = identifyStage(looks, segments, 0, ratedW);
  // What the equipment was told is the truth that it is judged by: another truth must show.
  const { meter: told } = site.config.pcc;
  const { stage: toldStage } = site.config.evses[0]!;
  const shown = meter?.gain.value ?? Number.NaN;
  const within = (
    name: string,
    unit: string,
    found: number | undefined,
    truth: number,
    below: number,
    above: number,
  ) => ({
    name,
    unit,
    found: found ?? Number.NaN,
    truth,
    toleranceBelow: below,
    toleranceAbove: above,
  });
  return [
    within("sign", "", Math.sign(shown), 1, 0, 0),
    within("gain", "", shown, 1, 0.03, 0.03),
    within("update", "ms", meter?.updateMs.value, told.updateMs ?? 0, 10, 20),
    within("latency", "ms", meter?.latencyMs.value, told.latencyMs ?? 0, 60, 60),
    within("dead time", "ms", stage?.deadTimeMs.value, toldStage.deadTimeMs, 60, 60),
    within("time constant", "ms", stage?.responseMs.value, toldStage.responseMs, 50, 40),
  ];
}

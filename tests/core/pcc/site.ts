/** A site of four 60 kW stages at the plant of the bench, settled, for tests in closed loop. */
import { between, createDice, Plant, type PlantStageSpec } from "../../../bench/export-control/plant.ts";
import { Site, type SiteOptions, usualOptions } from "../../../bench/export-control/site.ts";

export const ratedW = 60_000;
const thirds: readonly [number, number, number] = [1 / 3, 1 / 3, 1 / 3];

export interface SiteSpec extends Partial<SiteOptions> {
  readonly seed?: number;
  readonly count?: number;
  readonly meterMs?: number;
  readonly responsesMs?: readonly number[];
  readonly sigmaShare?: number;
}

export function makeSite(spec: SiteSpec = {}): Site {
  const { seed = 1, count = 4, meterMs = 20, responsesMs = [50], sigmaShare = 0.003, ...options } = spec;
  const dice = createDice(seed);
  const stages: PlantStageSpec[] = Array.from({ length: count }, (_, i) => ({
    ratedW,
    responseMs: responsesMs[i % responsesMs.length]!,
    deadTimeMs: Math.round(between(dice, 5, 30)),
    rateWPerS: Number.POSITIVE_INFINITY,
    phaseShare: thirds,
  }));
  const sumW = count * ratedW;
  const plant = new Plant(
    stages,
    {
      updateMs: meterMs,
      windowMs: meterMs,
      latencyMs: 10,
      jitterMs: 0,
      lostShare: 0,
      sigmaW: sigmaShare * 1.25 * sumW,
      gain: 1,
      offsetW: 0,
    },
    2,
    dice,
  );
  return new Site(plant, { ...usualOptions, rangeW: 2.5 * sumW, ...options });
}

export function setLoad(site: Site, loadW: number): void {
  site.plant.loadW.fill(loadW / 3);
}

export function settle(site: Site, ms: number): void {
  site.run(ms, () => undefined);
}

/** Mean power at the PCC over some time, W. */
export function meanPcc(site: Site, ms: number): number {
  let sum = 0;
  site.run(ms, () => {
    sum += site.plant.pccW[0]!;
  });
  return sum / ms;
}

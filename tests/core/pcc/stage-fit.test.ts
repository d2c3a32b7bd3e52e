/** Stages that are late for another reason than their dynamics are not called slow; slow ones are in `hostile-sites.test.ts`. */
import { expect, test } from "vitest";
import { type HostileSpec, hostileSite } from "../../../bench/export-control/hostile.ts";
import { between } from "../../../bench/export-control/plant.ts";
import type { Site } from "../../../bench/export-control/site.ts";

const steps = 6;
const stepEveryMs = 8_000;

/** Falls of the load; with each of the first `times` something happens to the first stage for `lastsMs`. */
const oneStage: HostileSpec = { meter: { updateMs: 50 }, stage: {}, told: {}, stageCount: 1 };

function causeAfter(
  spec: HostileSpec,
  seed: number,
  times: number,
  lastsMs: number,
  happens: (site: Site, now: 0 | 1) => void,
): string {
  const site = hostileSite(spec, seed);
  const { plant, control } = site;
  const sumW = control.scaleW;
  site.limits.exportLimitW = 0.1 * sumW;
  site.requestedW.fill(-plant.stages[0]!.ratedW);
  let roomW = 0.9 * sumW;
  let cause = "";
  const each = () => {
    plant.loadW.fill((roomW - site.limits.exportLimitW) / 3);
    if (control.dynamics.cause !== "") cause = control.dynamics.cause;
  };
  site.run(6_000, each);
  for (let step = 0; step < steps; step++) {
    roomW = (step % 2 === 0 ? between(plant.dice, 0.1, 0.3) : 0.9) * sumW;
    const now = step < times ? 1 : 0;
    happens(site, now);
    site.run(lastsMs, each);
    happens(site, 0);
    site.run(stepEveryMs - lastsMs, each);
  }
  return cause;
}

test.each<[string, number, number, (site: Site, now: 0 | 1) => void]>([
  [
    "its link is silent for 300 ms at each step: commands are lost",
    steps,
    300,
    ({ silent }, now) => {
      silent[0] = now;
    },
  ],
  [
    "it says that it is off for 2 s at each step",
    steps,
    2_000,
    ({ plant }, now) => {
      plant.dropped[0] = now;
    },
  ],
  [
    "it hangs once for 2 s",
    1,
    2_000,
    ({ plant }, now) => {
      plant.stuck[0] = now;
    },
  ],
])("%s", (_, times, lastsMs, happens) => {
  for (let seed = 1; seed <= 8; seed++)
    expect(causeAfter(oneStage, seed, times, lastsMs, happens), `seed ${seed}`).toBe("");
});

test("a single stage that is slower is found after two falls of the load", () => {
  const told = { stage: { responseMs: 50 } };
  for (let seed = 1; seed <= 4; seed++) {
    const spec = { meter: { updateMs: 50 }, stage: { responseMs: 1_000 }, told, stageCount: 1 };
    expect(causeAfter(spec, seed, 0, 0, () => undefined)).toBe("stage-slower");
  }
});

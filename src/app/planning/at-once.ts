/** What the planned day would cost if every vehicle charged at once: same arrivals, needs, load, PV and import limit, no discharging. */

import { leastCurtailment, outcomeOf } from "../../planning/outcome.ts";
import { chargeAtOnce } from "../../settlement/at-once.ts";
import type { MadePlan } from "./planning.ts";

/** Less than this missing is as good as nothing, Wh. */
const alikeWh = 100;
const known = new WeakMap<MadePlan, number>();

/** In the tariff's currency; NaN where charging at once leaves more energy missing than the plan, so that the two don't compare. */
export function costAtOnce(made: MadePlan): number {
  const before = known.get(made);
  if (before !== undefined) return before;
  const { problem } = made.built;
  const { site, slots, stays } = problem;
  const measured = stays.map((stay) => ({ ...stay, vehicleId: stay.evseId, leftWithWh: stay.neededWh }));
  const baseW = site.loadW.map((loadW, t) => loadW - site.pvW[t]!);
  const atOnce = chargeAtOnce(measured, baseW, site.importLimitW);
  const powerW: Record<string, number[]> = {};
  stays.forEach(({ evseId }, k) => {
    const own = (powerW[evseId] ??= new Array<number>(slots).fill(0));
    atOnce.powerW[k]!.forEach((power, t) => {
      own[t]! += power;
    });
  });
  const outcome = outcomeOf(problem, powerW, leastCurtailment(problem, powerW));
  const missingWh = (unmet: typeof outcome.unmetWh): number => unmet[1] + unmet[2] + unmet[3];
  const compares = missingWh(outcome.unmetWh) <= missingWh(made.plan.outcome.unmetWh) + alikeWh;
  const cost = compares ? outcome.bill.total : Number.NaN;
  known.set(made, cost);
  return cost;
}

/**
 * The problem without what a reason names: if the reason is true, the vehicle does something else in that slot once it is gone. Used
 * to prove reasons, and to answer "what would have to be otherwise".
 */
import type { PlanningProblem, PlanningStay } from "./problem.ts";
import type { PlanReason } from "./reasons.table.ts";

export interface ReasonedSlot {
  readonly evseId: string;
  readonly slot: number;
  readonly reason: PlanReason;
  /** What the plan does there, W. */
  readonly powerW: number;
}

/** `null`: the reason names nothing that could be taken away. */
export function without(
  problem: PlanningProblem,
  { evseId, slot, reason, powerW }: ReasonedSlot,
): PlanningProblem | null {
  const { site, tariff } = problem;
  const own = (change: (stay: PlanningStay) => Partial<PlanningStay>): PlanningProblem => ({
    ...problem,
    stays: problem.stays.map((stay) =>
      stay.evseId === evseId && stay.arrivalSlot <= slot && slot < stay.departureSlot
        ? { ...stay, ...change(stay) }
        : stay,
    ),
  });
  const at = (values: readonly number[], value: number): number[] =>
    values.map((kept, t) => (t === slot ? value : kept));
  switch (reason) {
    case "price":
      return own(() => ({ ownPrice: { slot, perKWh: (powerW > 0 ? 1 : -1) * priceShift(problem) } }));
    case "need":
      return own(() => ({ neededWh: 0 }));
    case "reserve":
      return own(() => ({ reserveWh: 0, minWh: 0 }));
    case "rating":
      return own((stay) => ({ maxChargeW: stay.maxChargeW * 1.5, maxDischargeW: stay.maxDischargeW * 1.5 }));
    case "taper":
      return own((stay) => ({ taperFullW: stay.maxChargeW }));
    case "full":
      return own((stay) => ({ capacityWh: stay.capacityWh * 1.5, maxWh: stay.maxWh * 1.5 }));
    case "minimum-power":
      return own(() => ({ minChargeW: 0, minDischargeW: 0 }));
    case "commitment":
      return { ...problem, events: problem.events.filter(({ fromSlot, toSlot }) => slot < fromSlot || slot >= toSlot) };
    case "demand-peak":
      return {
        ...problem,
        tariff: {
          ...tariff,
          demand: tariff.demand.map((charge) => ({ ...charge, slots: charge.slots.filter((t) => t !== slot) })),
        },
      };
    case "import-limit":
      return { ...problem, site: { ...site, importLimitW: site.importLimitW * 10 } };
    case "group-limit":
      return { ...problem, site: { ...site, groups: [] } };
    case "export-limit":
      return { ...problem, site: { ...site, exportLimitW: at(site.exportLimitW, 10 * site.importLimitW) } };
    case "self-supply":
      return {
        ...problem,
        site: {
          ...site,
          pvW: powerW > 0 ? at(site.pvW, 0) : site.pvW,
          loadW: powerW < 0 ? at(site.loadW, 0) : site.loadW,
        },
      };
    default:
      return null;
  }
}

/** Makes a slot dearer, or cheaper, than any other of the day. */
function priceShift({ tariff }: PlanningProblem): number {
  const prices = [...tariff.importPerKWh, ...tariff.exportPerKWh];
  return 2 * (Math.max(...prices) - Math.min(...prices)) + 1;
}

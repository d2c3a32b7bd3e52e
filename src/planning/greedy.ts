/**
 * The plan that is always there: by priority and urgency each vehicle takes the cheapest slots that are left, and none discharges.
 * It needs no solver and a few milliseconds, keeps every limit, and is neither as cheap nor as fair as the optimum.
 */
import { chargeable, energyAfter, type PlanningProblem, type PlanningStay } from "./problem.ts";

/** Halvings of the last slot's power. */
const halvingsMax = 12;
/** Halvings in the search for the lowest peak. */
const peakStepsMax = 5;
/** Energy that is close enough to the goal, Wh. */
const closeWh = 0.5;

export function greedyPowers(problem: PlanningProblem): Record<string, number[]> {
  const { importLimitW } = problem.site;
  let best = within(problem, importLimitW);
  if (!problem.tariff.demand.some(({ perKW }) => perKW > 0)) return best.powers;
  // The lowest peak under which no vehicle gets less.
  let tooLowW = 0;
  let enoughW = importLimitW;
  for (let step = 0; step < peakStepsMax; step++) {
    const peakW = (tooLowW + enoughW) / 2;
    const tried = within(problem, peakW);
    if (tried.missingWh > best.missingWh + closeWh) tooLowW = peakW;
    else {
      best = tried;
      enoughW = peakW;
    }
  }
  return best.powers;
}

/** The plan with the import held at `peakW`, and what the vehicles then miss of their goals. */
function within(problem: PlanningProblem, peakW: number): { powers: Record<string, number[]>; missingWh: number } {
  const { slots, site } = problem;
  const powers: Record<string, number[]> = {};
  for (const { evseId } of problem.stays) powers[evseId] ??= new Array<number>(slots).fill(0);
  const freeW = Array.from({ length: slots }, (_, t) => peakW - site.loadW[t]! + site.pvW[t]!);
  const worth = slotCosts(problem);
  let missingWh = 0;
  const shared = (problem.site.groups ?? []).map(({ evseIds, maxChargeW }) => ({
    members: new Set(evseIds),
    freeW: new Array<number>(slots).fill(maxChargeW),
  }));
  for (const stay of byUrgency(problem)) {
    const own = powers[stay.evseId]!;
    const mine = shared.filter(({ members }) => members.has(stay.evseId));
    const leftW =
      mine.length === 0 ? freeW : freeW.map((free, t) => Math.min(free, ...mine.map((one) => one.freeW[t]!)));
    place(problem, stay, reserveFirst(problem, stay, worth), leftW, own);
    missingWh += missing(problem, stay, own);
    for (let t = Math.max(0, stay.arrivalSlot); t < Math.min(slots, stay.departureSlot); t++) {
      freeW[t]! -= own[t]!;
      for (const one of mine) one.freeW[t]! -= own[t]!;
    }
  }
  return { powers, missingWh };
}

/** What the stay misses of its goal at departure, and Wh·h of its reserve before: neither is given for a lower peak. */
function missing({ slots, slotMinutes }: PlanningProblem, stay: PlanningStay, own: readonly number[]): number {
  const hours = slotMinutes / 60;
  let energyWh = stay.arrivalWh;
  let reserveWhh = 0;
  for (let t = Math.max(0, stay.arrivalSlot); t < Math.min(slots, stay.departureSlot); t++) {
    energyWh = energyAfter(stay, energyWh, own[t]!, hours);
    reserveWhh += Math.max(0, stay.reserveWh - energyWh) * hours;
  }
  return Math.max(0, goalOf(stay) - energyWh) + reserveWhh;
}

const goalOf = ({ maxWh, neededWh, reserveWh }: PlanningStay): number => Math.min(maxWh, Math.max(neededWh, reserveWh));

/** Stays by priority, then by how little time is left beyond what charging takes. */
function byUrgency({ stays, slotMinutes }: PlanningProblem): PlanningStay[] {
  const laxity = (stay: PlanningStay): number => {
    const missingWh = Math.max(0, Math.max(stay.neededWh, stay.reserveWh) - stay.arrivalWh);
    const needsSlots = missingWh / Math.max(1, (stay.maxChargeW * stay.chargeEfficiency * slotMinutes) / 60);
    return stay.departureSlot - stay.arrivalSlot - needsSlots;
  };
  const keyed = stays.map((stay, order) => ({ stay, order, laxity: laxity(stay) }));
  keyed.sort((a, b) => a.stay.priority - b.stay.priority || a.laxity - b.laxity || a.order - b.order);
  return keyed.map(({ stay }) => stay);
}

/** Price of drawing in each slot, with what an event pays for not drawing. */
function slotCosts({ slots, tariff, events }: PlanningProblem): number[] {
  const costs = Array.from({ length: slots }, (_, t) => tariff.importPerKWh[t]!);
  for (const { fromSlot, toSlot, payPerKWh, penaltyPerKWh } of events) {
    for (let t = Math.max(0, fromSlot); t < Math.min(slots, toSlot); t++) costs[t]! += payPerKWh + penaltyPerKWh;
  }
  return costs;
}

/** The stay's slots in the order in which they are taken: at once while below the reserve, then the cheapest, then the earliest. */
function reserveFirst(problem: PlanningProblem, stay: PlanningStay, worth: readonly number[]): number[] {
  const hours = problem.slotMinutes / 60;
  const order: number[] = [];
  let energyWh = stay.arrivalWh;
  for (let t = Math.max(0, stay.arrivalSlot); t < Math.min(problem.slots, stay.departureSlot); t++) {
    if (energyWh < stay.reserveWh)
      energyWh = energyAfter(stay, energyWh, chargeable(stay, energyWh, Infinity, hours), hours);
    else order.push(t);
  }
  const urgent = Math.min(problem.slots, stay.departureSlot) - Math.max(0, stay.arrivalSlot) - order.length;
  order.sort((a, b) => worth[a]! - worth[b]! || a - b);
  return [...Array.from({ length: urgent }, (_, i) => Math.max(0, stay.arrivalSlot) + i), ...order];
}

/** Takes as few slots of `order` as the stay's goal needs, and of the last one as little. */
function place(
  problem: PlanningProblem,
  stay: PlanningStay,
  order: readonly number[],
  freeW: readonly number[],
  own: number[],
): void {
  const goalWh = goalOf(stay);
  const capW = new Float64Array(problem.slots);
  const first = Math.max(0, stay.arrivalSlot);
  const end = Math.min(problem.slots, stay.departureSlot);
  const reached = (taken: number, lastShare = 1): number => {
    capW.fill(0);
    for (let i = 0; i < taken; i++)
      capW[order[i]!] = Math.max(0, freeW[order[i]!]!) * (i === taken - 1 ? lastShare : 1);
    return charge(problem, stay, capW, goalWh, own, first, end);
  };
  let few = 0;
  let many = order.length;
  if (reached(many) < goalWh - closeWh) return;
  while (few < many) {
    const half = (few + many) >> 1;
    if (reached(half) >= goalWh - closeWh) many = half;
    else few = half + 1;
  }
  let enough = 1;
  let share = 0.5;
  for (let step = 1, size = 0.25; step < halvingsMax; step++, size /= 2) {
    if (reached(many, share) >= goalWh - closeWh) {
      enough = share;
      share -= size;
    } else share += size;
  }
  reached(many, enough);
}

/** Charges within `capW` slot by slot up to the goal; gives the energy at departure, Wh. */
function charge(
  { slotMinutes }: PlanningProblem,
  stay: PlanningStay,
  capW: Float64Array,
  goalWh: number,
  own: number[],
  first: number,
  end: number,
): number {
  const hours = slotMinutes / 60;
  let energyWh = stay.arrivalWh;
  for (let t = first; t < end; t++) {
    const wanted = energyWh < goalWh ? chargeable(stay, energyWh, goalWh, hours) : 0;
    // Where the goal is less than the minimum away, the minimum overshoots it.
    const raised = wanted > 0 || energyWh >= goalWh - closeWh ? wanted : minimum(stay, energyWh, hours);
    const power = Math.min(capW[t]!, raised);
    own[t] = power < Math.max(1, stay.minChargeW) ? 0 : power;
    energyWh = energyAfter(stay, energyWh, own[t]!, hours);
  }
  return energyWh;
}

const minimum = (stay: PlanningStay, energyWh: number, hours: number): number =>
  Math.min(stay.minChargeW, chargeable(stay, energyWh, stay.maxWh, hours));

/** What a plan comes to: energy of each stay, limits that it breaks, what stays short, and the bill. */
import { energyAfter, type PlanningProblem, type PlanningStay, taperedChargeW } from "./problem.ts";

/** Power that counts as none, W; a limit may be missed by as much. */
const toleranceW = 1;
/** Energy that counts as none, Wh. */
const toleranceWh = 1;

export interface StayOutcome {
  readonly evseId: string;
  readonly arrivalSlot: number;
  readonly departureSlot: number;
  /** In the battery at the end of each slot of the stay, Wh. */
  readonly energyWh: readonly number[];
  readonly departsWithWh: number;
  /** Missing at departure; 0 when ready. */
  readonly shortWh: number;
  /** First slot at whose end the need is met and stays met; -1: never. */
  readonly readySlot: number;
}

export interface Bill {
  readonly energy: number;
  readonly demand: number;
  readonly wear: number;
  /** Payment for events, negative when it earns. */
  readonly events: number;
  readonly total: number;
}

export interface Outcome {
  readonly stays: readonly StayOutcome[];
  /** At the PCC, positive import. */
  readonly netW: readonly number[];
  readonly bill: Bill;
  readonly unmetWh: Readonly<Record<1 | 2 | 3, number>>;
  readonly reserveShortWhh: number;
  readonly commitmentShortWh: number;
  /** Hard limits that the plan breaks; empty for every plan that is given out. */
  readonly broken: readonly string[];
}

export type Powers = Readonly<Record<string, readonly number[]>>;

export function outcomeOf(problem: PlanningProblem, powerW: Powers, pvCurtailW: readonly number[]): Outcome {
  const hours = problem.slotMinutes / 60;
  const broken: string[] = [];
  const unmetWh = { 1: 0, 2: 0, 3: 0 };
  const vehiclesW = new Array<number>(problem.slots).fill(0);
  const heldWh = new Array<number>(problem.slots).fill(0);
  let reserveShortWhh = 0;
  let wear = 0;
  const stays = problem.stays.map((stay) => {
    const slots = powerW[stay.evseId];
    const energyWh: number[] = [];
    let energy = stay.arrivalWh;
    for (let t = Math.max(0, stay.arrivalSlot); t < Math.min(problem.slots, stay.departureSlot); t++) {
      const power = slots?.[t] ?? 0;
      energy = energyAfter(stay, energy, power, hours);
      energyWh.push(energy);
      const wrong = brokenBy(stay, power, energy);
      if (wrong) broken.push(`${stay.evseId} slot ${t}: ${wrong}`);
      vehiclesW[t]! += power;
      if (stay.maxDischargeW > 0 || stay.backsUp) heldWh[t]! += Math.max(0, energy - stay.minWh);
      reserveShortWhh += Math.max(0, stay.reserveWh - energy) * hours;
      wear += ((Math.max(0, -power) * hours) / 1_000) * stay.wearPerKWh;
    }
    const shortWh = Math.max(0, stay.neededWh - energy - toleranceWh);
    unmetWh[stay.priority] += shortWh;
    const { evseId, arrivalSlot, departureSlot } = stay;
    return {
      evseId,
      arrivalSlot,
      departureSlot,
      energyWh,
      departsWithWh: energy,
      shortWh,
      readySlot: readyAt(stay, energyWh),
    };
  });
  problem.site.backup?.requiredWh.forEach((requiredWh, t) => {
    reserveShortWhh += Math.max(0, requiredWh - (heldWh[t] ?? 0)) * hours;
  });
  const netW = vehiclesW.map(
    (power, t) => problem.site.loadW[t]! - problem.site.pvW[t]! + power + (pvCurtailW[t] ?? 0),
  );
  broken.push(...brokenGroups(problem, powerW));
  const { exportLimitW, importLimitW, loadW, pvW, pvCurtailable } = problem.site;
  netW.forEach((net, t) => {
    // A site that breaks a limit without its vehicles is not the plan's doing.
    const alone = loadW[t]! - pvW[t]!;
    const tolerance = toleranceW * Math.max(1, problem.stays.length);
    if (net > Math.max(importLimitW, alone) + tolerance) broken.push(`slot ${t}: import ${Math.round(net)} W`);
    const lowest = Math.min(-exportLimitW[t]!, pvCurtailable ? 0 : alone);
    if (net < lowest - tolerance) broken.push(`slot ${t}: export ${Math.round(-net)} W`);
  });
  const events = eventsOf(problem, netW);
  const energy = energyBill(problem, netW);
  const demand = demandBill(problem, netW);
  return {
    stays,
    netW,
    bill: { energy, demand, wear, events: events.bill, total: energy + demand + wear + events.bill },
    unmetWh,
    reserveShortWhh,
    commitmentShortWh: events.shortWh,
    broken,
  };
}

function brokenGroups({ site, slots }: PlanningProblem, powerW: Powers): string[] {
  const broken: string[] = [];
  for (const { id, evseIds, maxChargeW, maxDischargeW } of site.groups ?? []) {
    const tolerance = toleranceW * Math.max(1, evseIds.length);
    for (let t = 0; t < slots; t++) {
      let sumW = 0;
      for (const evseId of evseIds) sumW += powerW[evseId]?.[t] ?? 0;
      if (sumW > maxChargeW + tolerance || sumW < -maxDischargeW - tolerance)
        broken.push(`slot ${t}: ${id} ${Math.round(sumW)} W`);
    }
  }
  return broken;
}

function brokenBy(stay: PlanningStay, power: number, energyWh: number): string | null {
  if (!Number.isFinite(power)) return "not a number";
  if (power > stay.maxChargeW + toleranceW) return `charges ${Math.round(power)} of ${stay.maxChargeW} W`;
  if (-power > stay.maxDischargeW + toleranceW) return `discharges ${Math.round(-power)} of ${stay.maxDischargeW} W`;
  if (power > toleranceW && power < stay.minChargeW - toleranceW)
    return `charges ${Math.round(power)} W, under the minimum`;
  if (-power > toleranceW && -power < stay.minDischargeW - toleranceW)
    return `discharges ${Math.round(-power)} W, under the minimum`;
  if (power > toleranceW && power > taperedChargeW(stay, energyWh) + Math.max(toleranceW, stay.maxChargeW / 1_000))
    return "takes more than the battery can";
  if (energyWh > Math.max(stay.maxWh, stay.arrivalWh) + toleranceWh)
    return `${Math.round(energyWh)} Wh above the maximum`;
  if (power < -toleranceW && energyWh < Math.max(stay.reserveWh, 0) - toleranceWh)
    return "discharges below the reserve";
  return null;
}

function readyAt({ arrivalSlot, neededWh }: PlanningStay, energyWh: readonly number[]): number {
  if (energyWh.length === 0 || energyWh.at(-1)! < neededWh - toleranceWh) return -1;
  let index = energyWh.length - 1;
  while (index > 0 && energyWh[index - 1]! >= neededWh - toleranceWh) index--;
  return Math.max(0, arrivalSlot) + index;
}

function energyBill({ tariff, slotMinutes }: PlanningProblem, netW: readonly number[]): number {
  let sum = 0;
  netW.forEach((net, t) => {
    sum += (net > 0 ? tariff.importPerKWh[t]! * net : tariff.exportPerKWh[t]! * net) * (slotMinutes / 60_000);
  });
  return sum;
}

function demandBill({ tariff }: PlanningProblem, netW: readonly number[]): number {
  let sum = 0;
  for (const { perKW, slots, peakSoFarW } of tariff.demand) {
    let highestW = 0;
    for (const t of slots) highestW = Math.max(highestW, netW[t]!);
    sum += (perKW * Math.max(0, highestW - peakSoFarW)) / 1_000;
  }
  return sum;
}

function eventsOf(
  { events, slots, slotMinutes }: PlanningProblem,
  netW: readonly number[],
): { bill: number; shortWh: number } {
  const hours = slotMinutes / 60;
  let bill = 0;
  let shortWh = 0;
  for (const { fromSlot, toSlot, baselineW, committedW, payPerKWh, penaltyPerKWh } of events) {
    for (let t = Math.max(0, fromSlot); t < Math.min(slots, toSlot); t++) {
      const shortW = Math.max(0, committedW - (baselineW[t - fromSlot]! - netW[t]!));
      shortWh += shortW * hours;
      bill -= ((payPerKWh * (committedW - shortW) - penaltyPerKWh * shortW) * hours) / 1_000;
    }
  }
  return { bill, shortWh };
}

/** Least PV to hold back for the export limit, and all that a negative price makes worth while, W. */
export function leastCurtailment({ site, tariff, slots }: PlanningProblem, powerW: Powers): number[] {
  const curtailed = new Array<number>(slots).fill(0);
  if (!site.pvCurtailable) return curtailed;
  for (let t = 0; t < slots; t++) {
    let base = site.loadW[t]! - site.pvW[t]!;
    for (const evse of Object.values(powerW)) base += evse[t] ?? 0;
    let least = Math.max(0, -site.exportLimitW[t]! - base);
    if (tariff.exportPerKWh[t]! < 0) least = Math.max(least, -base);
    if (tariff.importPerKWh[t]! < 0) least = Math.max(least, site.importLimitW - base);
    curtailed[t] = Math.min(least, site.pvW[t]!);
  }
  return curtailed;
}

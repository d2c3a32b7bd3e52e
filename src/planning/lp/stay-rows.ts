/** Columns and rows of one stay: energy from slot to slot, taper, reserve, need. */
import { chargeable, energyAfter, type PlanningStay, taperSlope } from "../problem.ts";
import { type Draft, family, floorWh, peaceDefaultPerKWh } from "./draft.ts";

/** Per kWh and slot: of two slots with the same price the earlier one is taken. */
const earlierPerKWh = 1e-6;

/** A stay this near its reserve has the columns for missing it, so that a small error of its energy keeps the matrix. */
const nearReserve = 1.03;

/** Numbers of a stay's columns and rows. A family has one column for each slot of the stay; -1: the stay has none. */
export interface StayColumns {
  readonly stay: PlanningStay;
  readonly first: number;
  readonly count: number;
  /** Up to what the plan in force has, and what exceeds it (`…Above`). */
  readonly charge: number;
  readonly chargeAbove: number;
  readonly discharge: number;
  readonly dischargeAbove: number;
  readonly energy: number;
  readonly reserveShort: number;
  readonly unmet: number;
  readonly energyRows: Int32Array;
  readonly taperRows: Int32Array;
  readonly reserveRows: Int32Array;
  readonly needRow: number;
  /** Energy at the end of each slot if it charged alone from the start, Wh. */
  readonly reachWh: Float64Array;
}

/** `withReserve`: columns for a reserve that is missed, although the stay does not miss it. */
export function addStay(draft: Draft, stay: PlanningStay, withReserve = false): StayColumns {
  const { problem, hours } = draft;
  const first = Math.max(0, stay.arrivalSlot);
  const count = Math.max(0, Math.min(problem.slots, stay.departureSlot) - first);
  const reachWh = reach(stay, count, hours);
  const previousW = problem.previous?.powerW[stay.evseId];
  const peace = problem.previous ? (problem.preferences?.peacePerKWh ?? peaceDefaultPerKWh) * hours : 0;
  const chargeKW = stay.maxChargeW / 1_000;
  const dischargeKW = (index: number): number =>
    reachWh[index]! >= floorWh(stay) - 1e-6 ? stay.maxDischargeW / 1_000 : 0;
  const inForceKW = (index: number, sign: 1 | -1, mostKW: number): number =>
    peace > 0 ? Math.min(mostKW, Math.max(0, (sign * (previousW?.[first + index] ?? 0)) / 1_000)) : mostKW;
  const own = (index: number): number => (stay.ownPrice?.slot === first + index ? stay.ownPrice.perKWh * hours : 0);
  const early = (index: number): number => earlierPerKWh * (first + index) * hours + own(index);
  const wear = (index: number): number => stay.wearPerKWh * hours - own(index);
  const bidirectional = stay.maxDischargeW > 0;

  const charge = family(draft, count, (i) => [0, inForceKW(i, 1, chargeKW), early(i)]);
  const chargeAbove =
    peace > 0 ? family(draft, count, (i) => [0, chargeKW - inForceKW(i, 1, chargeKW), early(i) + peace]) : -1;
  const discharge = bidirectional ? family(draft, count, (i) => [0, inForceKW(i, -1, dischargeKW(i)), wear(i)]) : -1;
  const dischargeAbove =
    bidirectional && peace > 0
      ? family(draft, count, (i) => [0, dischargeKW(i) - inForceKW(i, -1, dischargeKW(i)), wear(i) + peace])
      : -1;
  const lowestKWh = bidirectional ? Math.min(stay.arrivalWh, floorWh(stay)) / 1_000 : 0;
  const highestKWh = highestWh(stay) / 1_000;
  const energy = family(draft, count, () => [lowestKWh, highestKWh, 0]);
  const below = withReserve || stay.arrivalWh < stay.reserveWh * nearReserve;
  const level = `need-${stay.priority}` as const;
  const columns = {
    stay,
    first,
    count,
    charge,
    chargeAbove,
    discharge,
    dischargeAbove,
    energy,
    reserveShort: below ? draft.builder.columns : -1,
    energyRows: new Int32Array(count).fill(-1),
    taperRows: new Int32Array(count).fill(-1),
    reserveRows: new Int32Array(count).fill(-1),
    reachWh,
  };
  if (below) {
    for (let i = 0; i < count; i++) {
      draft.slack("reserve", hours);
      draft.unavoidable.reserve += (Math.max(0, stay.reserveWh - reachWh[i]!) / 1_000) * hours;
    }
  }
  const unmet = count > 0 ? draft.slack(level, 1) : -1;
  draft.unavoidable[level] += count > 0 ? Math.max(0, stay.neededWh - reachWh[count - 1]!) / 1_000 : 0;
  const needRow = addRows(draft, { ...columns, unmet });
  return { ...columns, unmet, needRow };
}

/** Adds the stay's rows and gives that of the need. */
function addRows({ builder, hours }: Draft, columns: Omit<StayColumns, "needRow">): number {
  const { stay, count, charge, chargeAbove, discharge, dischargeAbove, energy, reserveShort, unmet } = columns;
  const slope = taperSlope(stay);
  const at = (column: number, index: number): number => (column < 0 ? -1 : column + index);
  for (let i = 0; i < count; i++) {
    builder.entry(energy + i, 1);
    if (i > 0) builder.entry(energy + i - 1, -1);
    for (const column of [charge, chargeAbove]) builder.entry(at(column, i), -stay.chargeEfficiency * hours);
    for (const column of [discharge, dischargeAbove]) builder.entry(at(column, i), hours / stay.dischargeEfficiency);
    const startKWh = i === 0 ? stay.arrivalWh / 1_000 : 0;
    columns.energyRows[i] = builder.row(startKWh, startKWh);
    if (slope > 0) {
      for (const column of [charge, chargeAbove]) builder.entry(at(column, i), 1);
      builder.entry(energy + i, slope);
      columns.taperRows[i] = builder.row(-Infinity, (stay.maxChargeW + slope * stay.taperFromWh) / 1_000);
    }
    if (reserveShort >= 0) {
      builder.entry(energy + i, 1);
      builder.entry(reserveShort + i, 1);
      columns.reserveRows[i] = builder.row(stay.reserveWh / 1_000, Infinity);
    }
  }
  if (count === 0) return -1;
  builder.entry(energy + count - 1, 1);
  builder.entry(unmet, 1);
  return builder.row(stay.neededWh / 1_000, Infinity);
}

/** Energy at the end of each slot when the stay charges alone and at once, Wh. */
function reach(stay: PlanningStay, count: number, hours: number): Float64Array {
  const energies = new Float64Array(count);
  let energyWh = stay.arrivalWh;
  const whole = { ...stay, minChargeW: 0 };
  const mostWh = highestWh(stay);
  for (let i = 0; i < count; i++) {
    energyWh = energyAfter(stay, energyWh, Math.max(0, chargeable(whole, energyWh, mostWh, hours)), hours);
    energies[i] = energyWh;
  }
  return energies;
}

/** Most that the battery can hold in this stay, Wh: nothing lifts it to where it takes less than the lowest charging power. */
function highestWh(stay: PlanningStay): number {
  const slope = taperSlope(stay);
  const liftedWh = slope > 0 ? stay.taperFromWh + (stay.maxChargeW - stay.minChargeW) / slope : Infinity;
  return Math.max(stay.arrivalWh, Math.min(stay.maxWh, liftedWh));
}

/**
 * The problem of planning a site's day: what is known and forecast of the site, the tariff, the events and the vehicles, in
 * slots of equal length. The fields are those of the exchange format `islet-planner-case/1`.
 *
 * Power: W, the slot's average, AC side, positive from the grid to the vehicle. Energy: Wh in the battery. Limits and ratings
 * are magnitudes. Money: the tariff's currency, prices per kWh.
 */

/** Most slots of one problem: four days of 15 minutes, or two of 7.5. */
export const slotsMax = 384;
/** Most stays of one problem. */
export const staysMax = 400;
/** Most groups of EVSEs of one problem. */
export const groupsMax = 32;

export interface PlanningProblem {
  readonly id?: string;
  readonly slotMinutes: number;
  readonly slots: number;
  /** Number of the first slot, counted from any moment that stays: whoever plans again and again knows which slots are the same. */
  readonly firstSlot?: number;
  readonly currency?: string;
  readonly site: PlanningSite;
  readonly tariff: PlanningTariff;
  readonly events: readonly PlanningEvent[];
  readonly stays: readonly PlanningStay[];
  /** The plan in force: a new one departs from it only where that is worth more than `peacePerKWh`. */
  readonly previous?: { readonly powerW: Readonly<Record<string, readonly number[]>> };
  readonly preferences?: PlanningPreferences;
}

/** What is weighed against money although it is none. */
export interface PlanningPreferences {
  /** Value of leaving a kWh where the plan in force has it. Without it each new plan jumps to another of many equal optima. */
  readonly peacePerKWh?: number;
  /**
   * Price of a kWh drawn above the peak that is already billed. A forecast peak that never comes would otherwise be used as if it
   * were paid. 0 when the forecast is known to be exact, 0.05 for a plan that is made anew as the day goes on.
   */
  readonly unearnedPeakPerKWh?: number;
}

export interface PlanningSite {
  readonly importLimitW: number;
  readonly exportLimitW: readonly number[];
  /** Consumption without the vehicles. */
  readonly loadW: readonly number[];
  /** What PV could give. */
  readonly pvW: readonly number[];
  readonly pvCurtailable: boolean;
  /** Energy above `minWh` that the connected bidirectional vehicles should hold at the end of each slot, for an outage. */
  readonly backup?: { readonly requiredWh: readonly number[] } | null;
  /** What EVSEs may take and give together: a feeder, a transformer's side, a backend's cap on the station. */
  readonly groups?: readonly PlanningGroup[];
}

/** Several EVSEs with a limit on the sum of their powers, magnitudes. */
export interface PlanningGroup {
  readonly id: string;
  readonly evseIds: readonly string[];
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
}

export interface PlanningTariff {
  readonly importPerKWh: readonly number[];
  readonly exportPerKWh: readonly number[];
  readonly demand: readonly DemandCharge[];
}

/** Costs `perKW` for every kW by which the highest import of `slots` exceeds what the billing period already has. */
export interface DemandCharge {
  readonly id: string;
  readonly perKW: number;
  readonly slots: readonly number[];
  readonly peakSoFarW: number;
  /**
   * Days, those of the problem included, on which a higher peak would be of use until the billing period ends; 1 unless given. A plan
   * weighs the rise by them, because it is paid once and used on each; the bill has it whole.
   */
  readonly spreadDays?: number;
}

/** A commitment to draw `committedW` less than the baseline, slot by slot. */
export interface PlanningEvent {
  readonly id: string;
  readonly fromSlot: number;
  readonly toSlot: number;
  readonly baselineW: readonly number[];
  readonly committedW: number;
  readonly payPerKWh: number;
  readonly penaltyPerKWh: number;
}

/** One vehicle at one EVSE, present from `arrivalSlot` up to but not in `departureSlot`. */
export interface PlanningStay {
  readonly evseId: string;
  readonly arrivalSlot: number;
  readonly departureSlot: number;
  readonly capacityWh: number;
  readonly minWh: number;
  /** Never discharged below; a vehicle that came with less is raised to it as soon as possible. */
  readonly reserveWh: number;
  readonly maxWh: number;
  readonly arrivalWh: number;
  /** In the battery at departure. */
  readonly neededWh: number;
  /** 1 is served before 2, and 2 before 3. */
  readonly priority: 1 | 2 | 3;
  readonly maxChargeW: number;
  /** 0: charges only, or has no permission to discharge. */
  readonly maxDischargeW: number;
  /** Zero, or at least this. */
  readonly minChargeW: number;
  readonly minDischargeW: number;
  readonly chargeEfficiency: number;
  readonly dischargeEfficiency: number;
  /** From here on the battery takes less: linear down to `taperFullW` at `capacityWh`. */
  readonly taperFromWh: number;
  readonly taperFullW: number;
  /** Per kWh discharged, AC side. */
  readonly wearPerKWh: number;
  /** It could feed the site in an outage, although it may not discharge beside the grid: it counts for the backup. */
  readonly backsUp?: boolean;
  /** A price of this vehicle's own in one slot, on top of the tariff's: for "what if", not billed. */
  readonly ownPrice?: { readonly slot: number; readonly perKWh: number };
}

/** Most that a battery takes in a slot at whose end it holds `energyWh`, W. By the end of the slot, so that it can be kept. */
export function taperedChargeW(stay: PlanningStay, energyWh: number): number {
  return stay.maxChargeW - taperSlope(stay) * Math.max(0, energyWh - stay.taperFromWh);
}

/** W that the battery takes less for each Wh above `taperFromWh`; 0 without a taper. */
export function taperSlope(stay: PlanningStay): number {
  const spanWh = stay.capacityWh - stay.taperFromWh;
  return spanWh > 0 ? Math.max(0, stay.maxChargeW - stay.taperFullW) / spanWh : 0;
}

/** Battery after a slot of `hours` at `powerW`, Wh. */
export function energyAfter(stay: PlanningStay, energyWh: number, powerW: number, hours: number): number {
  return energyWh + powerW * hours * (powerW > 0 ? stay.chargeEfficiency : 1 / stay.dischargeEfficiency);
}

/** Most that one slot can put into the battery within rating, taper and maximum, W; below the minimum it is 0. */
export function chargeable(stay: PlanningStay, energyWh: number, goalWh: number, hours: number): number {
  const perW = hours * stay.chargeEfficiency;
  const slope = taperSlope(stay);
  const taperW = (stay.maxChargeW + slope * (stay.taperFromWh - energyWh)) / (1 + slope * perW);
  const powerW = Math.min(stay.maxChargeW, taperW, (Math.min(goalWh, stay.maxWh) - energyWh) / perW);
  return powerW < Math.max(stay.minChargeW, 1e-9) ? 0 : powerW;
}

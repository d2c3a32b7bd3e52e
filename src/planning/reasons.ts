/**
 * Reads from a solution why each vehicle does in each slot what it does. Duals say what a kWh is worth: in the battery at the end of
 * a slot, and at the PCC. Where the worth at the PCC is above the import price, a limit of the site or a charge on peaks is in force;
 * where the vehicle's own bound has a dual, the vehicle is.
 *
 * Duals are exact only where a solution has no ties, and vehicles in a depot are often alike: these reasons are likely ones. What is
 * shown to a person comes from `explainSlot` (`explain.ts`), which takes them away and looks.
 */
import { chargeKW, dischargeKW, importKW } from "./lp/flows.ts";
import type { Formulation } from "./lp/formulation.ts";
import type { LpSolution } from "./lp/linear-programme.ts";
import type { StayColumns } from "./lp/stay-rows.ts";
import type { PlanningProblem } from "./problem.ts";
import type { PlanReason } from "./reasons.table.ts";

/** Differences of worth below this are ties, per kWh; above the term for peace. */
const tiePerKWh = 2e-3;
/** Power and energy below this are none, kW and kWh. */
const noise = 1e-3;

/** Likely reason of each slot, by EVSE. */
export type Reasons = Readonly<Record<string, readonly PlanReason[]>>;

export function reasonsOf(formulation: Formulation, solution: LpSolution): Reasons {
  const reader = new Reader(formulation, solution);
  const reasons: Record<string, PlanReason[]> = {};
  for (const columns of formulation.stays) {
    const own = (reasons[columns.stay.evseId] ??= new Array<PlanReason>(formulation.problem.slots).fill("absent"));
    for (let index = 0; index < columns.count; index++) own[columns.first + index] = reader.reasonOf(columns, index);
  }
  return reasons;
}

/** Reasons of a plan that nobody optimised. */
export function simpleReasons({ stays, slots }: PlanningProblem): Reasons {
  const reasons: Record<string, PlanReason[]> = {};
  for (const { evseId, arrivalSlot, departureSlot } of stays) {
    const own = (reasons[evseId] ??= new Array<PlanReason>(slots).fill("absent"));
    own.fill("fallback", Math.max(0, arrivalSlot), Math.min(slots, departureSlot));
  }
  return reasons;
}

class Reader {
  readonly #formulation: Formulation;
  readonly #solution: LpSolution;
  readonly #hours: number;

  constructor(formulation: Formulation, solution: LpSolution) {
    this.#formulation = formulation;
    this.#solution = solution;
    this.#hours = formulation.problem.slotMinutes / 60;
  }

  reasonOf(columns: StayColumns, index: number): PlanReason {
    const { values } = this.#solution;
    const charging = chargeKW(values, columns, index);
    const discharging = dischargeKW(values, columns, index);
    if (charging > noise) return this.#whyCharges(columns, index, charging);
    if (discharging > noise) return this.#whyDischarges(columns, index, discharging);
    return this.#whyIdle(columns, index);
  }

  #whyCharges(columns: StayColumns, index: number, chargingKW: number): PlanReason {
    const { stay } = columns;
    if (this.#raisesToReserve(columns, index)) return "reserve";
    if (this.#everyMinute(columns, index)) return "need";
    if (this.#row(columns.taperRows[index]!) < -tiePerKWh) return "taper";
    if (chargingKW > stay.maxChargeW / 1_000 - noise) return this.#pressed(columns.charge + index) ? "rating" : "price";
    if (chargingKW < stay.minChargeW / 1_000 + noise && this.#lifted(columns.charge + index)) return "minimum-power";
    if (this.#pressed(columns.energy + index)) return "full";
    return this.#group(columns, index) ?? this.#site(columns.first + index) ?? "price";
  }

  #whyDischarges(columns: StayColumns, index: number, dischargingKW: number): PlanReason {
    const { stay, first, discharge } = columns;
    if (dischargingKW > stay.maxDischargeW / 1_000 - noise)
      return this.#pressed(discharge + index) ? "rating" : "price";
    if (dischargingKW < stay.minDischargeW / 1_000 + noise && this.#lifted(discharge + index)) return "minimum-power";
    return this.#group(columns, index) ?? this.#site(first + index) ?? "price";
  }

  #whyIdle(columns: StayColumns, index: number): PlanReason {
    const { stay, first, charge, discharge } = columns;
    const slot = first + index;
    if (stay.minChargeW > 0 && this.#pressed(charge + index)) return "minimum-power";
    if (discharge >= 0 && this.#pressed(discharge + index)) return stay.minDischargeW > 0 ? "minimum-power" : "reserve";
    const shared = this.#group(columns, index);
    if (shared) return shared;
    // Worth a charge at the bare price, and yet not charged: something of the site is in the way.
    const worth = this.#energyWorth(columns, index) * stay.chargeEfficiency;
    const dearer = worth <= this.#formulation.problem.tariff.importPerKWh[slot]! + tiePerKWh;
    return dearer ? "price" : (this.#site(slot) ?? "price");
  }

  /** What of the site makes a kWh at the PCC worth something else than its price. */
  #site(slot: number): PlanReason | null {
    const { site, problem } = this.#formulation;
    const { values } = this.#solution;
    const worth = this.#pccWorth(slot);
    const imports = importKW(values, site, slot);
    const exports = values[site.export + slot]!;
    const exportLimitKW = problem.site.exportLimitW[slot]! / 1_000;
    if (worth > problem.tariff.importPerKWh[slot]! + tiePerKWh) {
      if (this.#commitmentBinds(slot)) return "commitment";
      if (this.#peakBinds(slot)) return "demand-peak";
      return imports > problem.site.importLimitW / 1_000 - noise ? "import-limit" : null;
    }
    if (imports < noise && exports > exportLimitKW - noise) return "export-limit";
    return imports < noise && exports < noise ? "self-supply" : null;
  }

  /** What chargers share with others is used up. */
  #group({ stay, first }: StayColumns, index: number): PlanReason | null {
    const binds = this.#formulation.site.groups.some(
      ({ evseIds, rows }) => evseIds.has(stay.evseId) && Math.abs(this.#row(rows[first + index]!)) > tiePerKWh,
    );
    return binds ? "group-limit" : null;
  }

  #commitmentBinds(slot: number): boolean {
    return this.#formulation.site.commitments.some(
      ({ fromSlot, toSlot, firstRow }) =>
        slot >= fromSlot && slot < toSlot && Math.abs(this.#row(firstRow + slot - fromSlot)) > tiePerKWh,
    );
  }

  #peakBinds(slot: number): boolean {
    return this.#formulation.site.peaks.some(({ slots, firstRow }) => {
      const at = slots.indexOf(slot);
      return at >= 0 && Math.abs(this.#row(firstRow + at)) > tiePerKWh;
    });
  }

  /** Below its reserve at the slot's beginning. */
  #raisesToReserve({ stay, energy }: StayColumns, index: number): boolean {
    const before = index === 0 ? stay.arrivalWh / 1_000 : this.#solution.values[energy + index - 1]!;
    return before < stay.reserveWh / 1_000 - noise;
  }

  /** True when the stay has to charge as fast as it can from here on. */
  #everyMinute({ stay, count, reachWh, energy, unmet }: StayColumns, index: number): boolean {
    const { values } = this.#solution;
    if (reachWh[count - 1]! > stay.neededWh + 1) return false;
    return values[unmet]! > noise || values[energy + index]! > reachWh[index]! / 1_000 - noise;
  }

  #row = (row: number): number => (row < 0 ? 0 : this.#solution.rowDuals[row]! / this.#hours);

  /** Wants more than its upper bound. */
  #pressed = (column: number): boolean => this.#solution.columnDuals[column]! / this.#hours < -tiePerKWh;

  /** Wants less than its lower bound. */
  #lifted = (column: number): boolean => this.#solution.columnDuals[column]! / this.#hours > tiePerKWh;

  /** Worth of a kWh at the PCC in the slot. */
  #pccWorth = (slot: number): number => this.#row(this.#formulation.site.balanceRows + slot);

  /** Worth of a kWh in the battery at the end of the slot. */
  #energyWorth = ({ energyRows }: StayColumns, index: number): number => -this.#solution.rowDuals[energyRows[index]!]!;
}

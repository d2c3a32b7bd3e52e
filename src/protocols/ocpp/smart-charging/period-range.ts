/**
 * What one period of a charging profile allows and asks for, W. The sign of every mode is that of the site: positive charges.
 * Without a discharge limit a mode that may discharge is bounded by what it asks for, the vehicle, and the permit.
 */
import type { OperationMode, RateUnit, SchedulePeriod } from "../transport/messages.table.ts";

/** Where the power comes from that a period asks for. */
interface PeriodRange {
  minW: number;
  maxW: number;
  /** NaN: the backend leaves it to the site. With `LocalFrequency` the baseline, to which the curves are added. */
  askedW: number;
  readonly mode: OperationMode;
}

/** How amounts of a schedule become W. */
export interface AmountUnits {
  readonly unit: RateUnit;
  readonly supplyPhases: number;
  readonly nominalVoltageV: number;
}

type Amount = "limit" | "dischargeLimit" | "setpoint";

/** An amount of a period, W; NaN where it is not given: without amounts for the other phases one in W is the sum of all; one in A is that of each phase. */
export function wattsOf(
  period: SchedulePeriod,
  amount: Amount,
  { unit, supplyPhases, nominalVoltageV }: AmountUnits,
): number {
  const plain = period[amount];
  if (plain === undefined) return Number.NaN;
  if (unit === "W") return period[`${amount}_L2`] === undefined ? plain : plain * supplyPhases;
  return plain * nominalVoltageV * Math.min(period.numberPhases ?? supplyPhases, supplyPhases);
}

const or = (value: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : value);

/** What a period allows and asks for. */
export function rangeOf(period: SchedulePeriod, units: AmountUnits): PeriodRange {
  const mode = period.operationMode ?? "ChargingOnly";
  const limitW = wattsOf(period, "limit", units);
  const floorW = or(wattsOf(period, "dischargeLimit", units), Number.NEGATIVE_INFINITY);
  const ceilingW = or(limitW, Number.POSITIVE_INFINITY);
  switch (mode) {
    case "ChargingOnly":
      return { minW: Math.min(limitW, 0), maxW: Math.max(limitW, 0), askedW: limitW, mode };
    case "CentralSetpoint":
    case "CentralFrequency":
      return { minW: floorW, maxW: ceilingW, askedW: wattsOf(period, "setpoint", units), mode };
    case "LocalFrequency":
      return { minW: floorW, maxW: ceilingW, askedW: period.v2xBaseline ?? Number.NaN, mode };
    case "Idle":
      return { minW: 0, maxW: 0, askedW: 0, mode };
    default:
      return { minW: floorW, maxW: ceilingW, askedW: Number.NaN, mode };
  }
}

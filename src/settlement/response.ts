/** What an event's programme pays for what was delivered: baseline less measured, quarter by quarter or over the whole event. */
import { roundMoney } from "../tariff/bill.ts";

/** What a programme says of an event. */
export interface ResponseTerms {
  readonly currency: string;
  readonly committedW: number;
  readonly payPerKWh: number;
  /** For what is short of the commitment. */
  readonly penaltyPerKWh: number;
  /** What is delivered above the commitment is paid as well. */
  readonly paysBeyond: boolean;
  /** `quarters`: each for itself, more in one makes up for nothing in another; `sum`: over the whole event. */
  readonly countedBy: "quarters" | "sum";
}

export interface Response {
  /** For each quarter, W; null where nothing was measured. Negative: more was drawn than the baseline. */
  readonly deliveredW: readonly (number | null)[];
  readonly committedWh: number;
  readonly deliveredWh: number;
  /** What is paid for. */
  readonly countedWh: number;
  readonly shortWh: number;
  /** Quarters without a measurement count as nothing delivered. */
  readonly unmeasured: number;
  readonly payment: number;
}

/** `netW`: measured at the PCC, positive import, null where nothing was measured; as long as the baseline. */
export function responseOf(
  terms: ResponseTerms,
  baselineW: readonly number[],
  netW: readonly (number | null)[],
): Response {
  const quarterH = 0.25;
  const deliveredW = baselineW.map((powerW, i) => (netW[i] == null ? null : powerW - netW[i]));
  const delivered = deliveredW.map((powerW) => powerW ?? 0);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) * quarterH;
  const committedWh = sum(baselineW.map(() => terms.committedW));
  const most = terms.paysBeyond ? Number.POSITIVE_INFINITY : terms.committedW;
  const byQuarters = terms.countedBy === "quarters";
  const countedWh = byQuarters
    ? sum(delivered.map((powerW) => Math.min(most, Math.max(0, powerW))))
    : Math.min(terms.paysBeyond ? Number.POSITIVE_INFINITY : committedWh, Math.max(0, sum(delivered)));
  const shortWh = byQuarters
    ? sum(delivered.map((powerW) => Math.max(0, terms.committedW - powerW)))
    : Math.max(0, committedWh - sum(delivered));
  return {
    deliveredW,
    committedWh,
    deliveredWh: sum(delivered),
    countedWh,
    shortWh,
    unmeasured: deliveredW.filter((powerW) => powerW === null).length,
    payment: roundMoney(
      (countedWh / 1_000) * terms.payPerKWh - (shortWh / 1_000) * terms.penaltyPerKWh,
      terms.currency,
    ),
  };
}

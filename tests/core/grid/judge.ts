/**
 * Judges a result against the expectations of a grid-function case. Power within 1.5 % of the rating; times within 34 ms,
 * 1 % of the duration and two steps. Each kind of expectation is one function.
 */
import type { GridCase, GridCaseResult } from "../../../src/cli/grid-case.ts";

export interface Expectation {
  readonly kind: string;
  readonly t?: number;
  readonly p_w?: number;
  readonly q_var?: number;
  readonly p_abs_min_w?: number;
  readonly p_abs_max_w?: number;
  readonly signal?: "p_w" | "q_var";
  readonly t_step?: number;
  readonly olrt_s?: number;
  readonly y0?: number;
  readonly y_end?: number;
  readonly t_abnormal?: number;
  readonly clearing_s?: number;
  readonly not_before_s?: number | null;
  readonly t_ok?: number;
  readonly delay_s?: number;
  readonly ramp_s?: number;
  readonly t0?: number;
  readonly t1?: number;
  readonly cease_within_s?: number;
  readonly return_within_s?: number;
}

export interface JudgedCase extends GridCase {
  readonly title: string;
  readonly family: string;
  readonly expect: readonly Expectation[];
}

const powerTolerance = 0.015;

/** What is not as expected, in words; empty when all is well. */
export function judge(judged: JudgedCase, { output }: GridCaseResult): string[] {
  const { dt } = judged;
  const rating = Math.max(Number(judged.settings["NP_P_MAX"]), Number(judged.settings["NP_VA_MAX"]));
  const tolerance = powerTolerance * rating;
  const slack = (durationS: number): number => 0.034 + 0.01 * durationS + 2 * dt;
  const index = (atS: number): number => Math.min(output.n - 1, Math.floor(atS / dt + 1e-6));
  const watts = (atS: number): number => output.p_w[index(atS)]!;
  const vars = (atS: number): number => output.q_var[index(atS)]!;
  const { trips, entries } = edges(output.status, dt);
  const wrong: string[] = [];
  const need = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  let trip = 0;
  let entry = 0;
  for (const e of judged.expect) {
    switch (e.kind) {
      case "steady":
        need(Math.abs(watts(e.t!) - e.p_w!) <= tolerance, `${e.t} s: ${watts(e.t!)} W, not ${e.p_w}`);
        need(
          e.q_var === undefined || Math.abs(vars(e.t!) - e.q_var) <= tolerance,
          `${e.t} s: ${vars(e.t!)} var, not ${e.q_var}`,
        );
        break;
      case "mandatory": {
        const power = Math.abs(watts(e.t!));
        need(power >= e.p_abs_min_w! - tolerance && power <= e.p_abs_max_w! + tolerance, `${e.t} s: ${power} W`);
        break;
      }
      case "olrt": {
        const at = e.t_step! + e.olrt_s! + 2 * dt;
        const value = e.signal === "q_var" ? vars(at) : watts(at);
        const change = e.y_end! - e.y0!;
        need((value - e.y0!) / change >= 0.8, `${at} s: only ${(value - e.y0!) / change} of the change`);
        need(Math.abs(value - e.y_end!) <= Math.abs(change) * 0.25 + tolerance, `${at} s: overshoot to ${value}`);
        break;
      }
      case "trip": {
        const at = trips[trip++] ?? Number.NaN;
        const earliestS = e.t_abnormal! + (e.not_before_s ?? 0);
        const latestS = e.t_abnormal! + e.clearing_s!;
        const inTime = at >= earliestS - slack(e.not_before_s ?? 0) && at <= latestS + slack(e.clearing_s!);
        need(inTime, `trip at ${at} s, not within ${earliestS} to ${latestS}`);
        break;
      }
      case "no_trip":
        need(trips.length === 0, `trips at ${trips.join(", ")} s`);
        break;
      case "stays_off":
        need(output.status.length === 1 && output.status[0]![0] === "Trip", "came into service");
        break;
      case "enter_service": {
        const at = entries[entry++] ?? Number.NaN;
        const dueS = e.t_ok! + e.delay_s!;
        need(Math.abs(at - dueS) <= slack(e.delay_s!), `in service at ${at} s, not ${dueS}`);
        for (let step = index(at); e.ramp_s! > 0 && step < output.n && step * dt - at <= e.ramp_s!; step++) {
          const lineW = (rating * (step * dt - at + 3 * dt)) / e.ramp_s! + 0.02 * rating;
          if (Math.abs(output.p_w[step]!) > lineW) {
            need(false, `${output.p_w[step]} W above the ramp at ${step * dt} s`);
            break;
          }
        }
        break;
      }
      case "cessation": {
        for (let atS = e.t0! + e.cease_within_s! + 2 * dt; atS <= e.t1! - 2 * dt; atS += dt) {
          if (Math.abs(watts(atS)) > 0.02 * rating) {
            need(false, `${watts(atS)} W during cessation at ${atS} s`);
            break;
          }
        }
        const beforeW = Math.abs(watts(e.t0! - 2 * dt));
        const afterW = Math.abs(watts(e.t1! + e.return_within_s! + 2 * dt));
        need(afterW >= 0.8 * beforeW - 0.01 * rating, `only ${afterW} W after cessation, ${beforeW} W before`);
        break;
      }
      default:
        need(false, `unknown expectation ${e.kind}`);
    }
  }
  if (judged.expect.some(({ kind }) => kind === "trip")) {
    need(trip >= trips.length, `further trips at ${trips.slice(trip).join(", ")} s`);
  }
  return wrong;
}

function edges(status: readonly (readonly [string, number])[], dtS: number): { trips: number[]; entries: number[] } {
  const trips: number[] = [];
  const entries: number[] = [];
  let steps = 0;
  for (let run = 0; run < status.length; run++) {
    const before = run === 0 ? undefined : status[run - 1]![0];
    const [name, count] = status[run]!;
    if (before !== undefined && name === "Trip") trips.push(steps * dtS);
    if (before === "Trip") entries.push(steps * dtS);
    steps += count;
  }
  return { trips, entries };
}

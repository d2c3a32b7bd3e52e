/** Response times in the forms in which codes state them, as the time constant of a first-order lag, seconds. */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { olrtTimeConstantS } from "../blocks.ts";

/** 95 % of a step are made after three time constants. */
const settledTimeConstants = 3;

/** The time constant that a response time of volt-var or volt-watt means. */
export function responseTimeConstantS({ responseForm }: Readonly<GridSettings>, responseS: number): number {
  if (responseForm === "time-constant") return responseS;
  return responseForm === "three-time-constants" ? responseS / settledTimeConstants : olrtTimeConstantS(responseS);
}

/**
 * The explained setpoint (holds): a request passes through a chain of limits, gentlest first and most protective last, and
 * each limit keeps its reason and source, so that anyone can ask why the setpoint is what it is and the answer adds up.
 *
 * All chains of a site live in one flat buffer: the tick allocates nothing, and publishing them to another thread is one
 * copy. `explain` makes readable objects of them, outside the tick.
 */
import { type LimitSource, limitSources } from "../../domain/limit-sources.ts";
import { type ReasonKey, reasonKeys } from "../../domain/reasons.ts";

/** Most limits in one chain: each reason appears at most once or twice; the step that would add more is a mistake. */
export const limitsMax = 24;
/** Numbers per limit: reason index, source index, minW, maxW. */
const stride = 4;
/** Numbers per chain before its limits: count, requestedW, setpointW, request source. */
const head = 4;
export const chainLength = head + limitsMax * stride;

const reasonIndex = new Map(reasonKeys.map((key, index) => [key, index]));
const sourceIndex = new Map(limitSources.map((source, index) => [source, index]));

/** The chains of all EVSEs of a site. */
export interface LimitChains {
  readonly values: Float64Array;
}

/** Chains without a limit. */
export const createLimitChains = (evseCount: number): LimitChains => ({
  values: new Float64Array(evseCount * chainLength),
});

/** Starts EVSE `evse`'s chain anew with a request. A request that is not a number is no request: zero. */
export function startChain({ values }: LimitChains, evse: number, requestedW: number, requestSource: number): void {
  const at = evse * chainLength;
  const sane = Number.isFinite(requestedW) ? requestedW : 0;
  values[at] = 0;
  values[at + 1] = sane;
  values[at + 2] = sane;
  values[at + 3] = requestSource;
}

/**
 * Narrows EVSE `evse`'s setpoint into [minW, maxW]; returns the setpoint after it. An empty or unordered interval and NaN
 * mean zero: a limit that cannot be understood permits nothing.
 */
export function limit(
  { values }: LimitChains,
  evse: number,
  reason: ReasonKey,
  source: LimitSource,
  minW: number,
  maxW: number,
): number {
  const at = evse * chainLength;
  const count = values[at]!;
  if (!(minW <= maxW)) {
    minW = 0;
    maxW = 0;
  }
  const before = values[at + 2]!;
  const after = before > maxW ? maxW : before < minW ? minW : before;
  if (count < limitsMax) {
    const entry = at + head + count * stride;
    values[entry] = reasonIndex.get(reason)!;
    values[entry + 1] = sourceIndex.get(source)!;
    values[entry + 2] = minW;
    values[entry + 3] = maxW;
    values[at] = count + 1;
  }
  values[at + 2] = after;
  return after;
}

/** The setpoint at the end of an EVSE's chain, W. */
export const chainSetpointW = ({ values }: LimitChains, evse: number): number => values[evse * chainLength + 2]!;

/** What all limits of a chain together leave. */
export interface ChainInterval {
  minW: number;
  maxW: number;
}

/**
 * Writes what the limits of EVSE `evse`'s chain leave, as they were applied: where they contradict each other the setpoint
 * that came of it.
 */
export function chainInterval({ values }: LimitChains, evse: number, into: ChainInterval): void {
  const at = evse * chainLength;
  const count = values[at]!;
  let minW = Number.NEGATIVE_INFINITY;
  let maxW = Number.POSITIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const entry = at + head + index * stride;
    if (values[entry + 2]! > minW) minW = values[entry + 2]!;
    if (values[entry + 3]! < maxW) maxW = values[entry + 3]!;
  }
  into.minW = minW <= maxW ? minW : values[at + 2]!;
  into.maxW = minW <= maxW ? maxW : values[at + 2]!;
}

/** One limit as a person reads it. `binds`: it moved the setpoint. `headroomW`: how much further the final setpoint could go in the requested direction before this limit binds. */
export interface ExplainedLimit {
  readonly reason: ReasonKey;
  readonly source: LimitSource;
  readonly minW: number;
  readonly maxW: number;
  readonly binds: boolean;
  readonly headroomW: number;
}

/** Why an EVSE's setpoint is what it is: request, limits in the order in which they apply, setpoint. */
export interface Explanation {
  readonly requestedW: number;
  readonly requestSource: number;
  readonly setpointW: number;
  readonly limits: readonly ExplainedLimit[];
}

/** The chain of one EVSE as readable objects. `values` may be a copy received from the control thread. */
export function explain(values: Float64Array, evse: number): Explanation {
  const at = evse * chainLength;
  const count = Math.min(values[at]!, limitsMax);
  const requestedW = values[at + 1]!;
  const setpointW = values[at + 2]!;
  const charging = requestedW > 0 || (requestedW === 0 && setpointW >= 0);
  const limits: ExplainedLimit[] = [];
  let runningW = requestedW;
  for (let index = 0; index < count; index++) {
    const entry = at + head + index * stride;
    const minW = values[entry + 2]!;
    const maxW = values[entry + 3]!;
    const movedW = runningW > maxW ? maxW : runningW < minW ? minW : runningW;
    limits.push({
      reason: reasonKeys[values[entry]!]!,
      source: limitSources[values[entry + 1]!]!,
      minW,
      maxW,
      binds: movedW !== runningW,
      headroomW: charging ? maxW - setpointW : setpointW - minW,
    });
    runningW = movedW;
  }
  return { requestedW, requestSource: values[at + 3]!, setpointW, limits };
}

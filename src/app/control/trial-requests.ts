/**
 * What commissioning asks for while it tries something: instead of what plans, backend, timetables and people request, and only
 * that. Caps, permits, stops and limits of everybody hold beside it. It lapses by itself when it is not renewed.
 */
import type { SiteFacts } from "../../core/snapshot.ts";
import type { EvseInputs } from "./shared/inputs.ts";

export interface TrialRequests {
  /** Power asked of each EVSE, W. */
  readonly powersW: readonly number[];
  /** Tightens the import limit, W; Infinity for none. */
  readonly importLimitW: number;
  readonly island: boolean;
  /** Monotonic, ms. */
  readonly untilMs: number;
}

/** The inputs of an EVSE with what is tried in place of other requests. */
export const triedEvse = (evse: EvseInputs, trial: TrialRequests, i: number): EvseInputs => ({
  ...evse,
  authorized: true,
  requestedW: trial.powersW[i] ?? 0,
  requestSource: "operator",
  requestUntilMs: trial.untilMs,
  planUntilMs: Number.NEGATIVE_INFINITY,
  departsAtMs: Number.NaN,
  chargeNow: false,
});

/** The inputs of the site likewise. */
export const triedSite = (site: SiteFacts, { importLimitW, island, untilMs }: TrialRequests): SiteFacts => ({
  ...site,
  operatorImportLimitW: Math.min(site.operatorImportLimitW, importLimitW),
  planImportUntilMs: Number.NEGATIVE_INFINITY,
  islandRequested: island,
  islandRequestUntilMs: island ? untilMs : Number.NEGATIVE_INFINITY,
});

/**
 * What the limits at the grid connection are worth by what the control has found out about meter and stages while it runs,
 * beside what the configuration promises, and whether that promise still holds.
 */
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import type { SiteConfig } from "../../config/site.ts";
import { promisedRecoveryMs, siteGuarantees } from "../../core/core-config.ts";
import type { FoundDelays, Guarantee } from "../../core/pcc/guarantee.ts";

/** Smaller changes of what was found are the estimate's own, ms. */
const deadBandMs = 15;
/** A promise that was computed from the settings is broken by more than this share of it; a stated one by anything. */
const computedShare = 0.1;

/** What the report says of it. */
export interface FoundFacts extends FoundDelays {
  /** From 0; −1 where it is not known. */
  readonly latestStage: number;
}

/** What each limit is worth as found; null where the site can't give power back. */
export interface FoundPromise {
  readonly exports: Guarantee | null;
  readonly imports: Guarantee;
  /** What the site promises, and the slower of both sides as found, ms. */
  readonly promisedMs: number;
  readonly foundMs: number;
  /** The promise holds with what was found. */
  readonly kept: boolean;
  /** What is later than configured and by how much, in words. */
  readonly later: string;
}

/** To be asked with each report; reckons anew only when something has changed. Null while all is as configured. */
export function createFoundPromises(config: SiteConfig): (facts: FoundFacts | undefined) => FoundPromise | null {
  // Without a meter nothing is promised.
  if (pccMeteringOf(config) === "none") return () => null;
  const told = siteGuarantees(config);
  const statedMs = config.pcc.inadvertentExport.responseBoundMs;
  const promisedMs = promisedRecoveryMs(config);
  const boundMs = statedMs ?? (1 + computedShare) * promisedMs;
  let held: FoundFacts | undefined;
  let last: FoundPromise | null = null;
  return (facts) => {
    if (facts === undefined || (held !== undefined && isSame(held, facts))) return last;
    held = { ...facts, followsLaterMs: facts.followsLaterMs < deadBandMs ? 0 : facts.followsLaterMs };
    const { exports, imports } = siteGuarantees(config, held);
    const givesBack = exports.peakW > 0;
    const slowerMs = (one: { readonly exports: Guarantee; readonly imports: Guarantee }): number =>
      Math.max(givesBack ? one.exports.backMs : 0, one.imports.backMs);
    const foundMs = slowerMs({ exports, imports });
    const meterLaterMs = imports.meterMs - told.imports.meterMs + held.meterLatencyMs - config.pcc.meter.latencyMs;
    last =
      foundMs <= slowerMs(told)
        ? null
        : {
            exports: givesBack ? exports : null,
            imports,
            promisedMs,
            foundMs,
            kept: foundMs <= boundMs,
            later: laterText(meterLaterMs, held.followsLaterMs, stageOf(config, held.latestStage)),
          };
    return last;
  };
}

const isSame = (a: FoundFacts, b: FoundFacts): boolean =>
  Math.abs(a.followsLaterMs - b.followsLaterMs) < deadBandMs &&
  (a.latestStage === b.latestStage || a.followsLaterMs === 0) &&
  a.meterUpdateMs === b.meterUpdateMs &&
  a.meterWindowMs === b.meterWindowMs &&
  a.meterLatencyMs === b.meterLatencyMs;

/** What is later than configured and by how much, for people. */
function laterText(meterLaterMs: number, followsLaterMs: number, stage: string | undefined): string {
  const parts = [
    ...(meterLaterMs >= 1 ? [`the meter shows a change ${Math.round(meterLaterMs)} ms later than configured`] : []),
    ...(followsLaterMs >= 1
      ? [`${stage ?? "a power stage"} follows ${Math.round(followsLaterMs)} ms later than configured`]
      : []),
  ];
  return parts.join(", ");
}

/** The power stage of an EVSE; undefined for −1. */
const stageOf = ({ evses }: SiteConfig, index: number): string | undefined =>
  evses[index] && `the power stage of ${evses[index].name ?? `EVSE ${index + 1}`}`;

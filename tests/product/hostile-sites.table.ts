/**
 * Sites with slow, coarse, late or wrongly described meters and power stages: what the hardware is, what the site file says of
 * it, and what must be found. Without `told` the file says what is true.
 */

import type { MeterOptions, StageOptions } from "./site/plant.ts";
import type { JsonObject } from "./site/product.ts";

export interface HostileSite {
  readonly says: string;
  readonly meter?: Partial<MeterOptions>;
  readonly stage?: Partial<StageOptions>;
  /** Settings that say something else than is true. */
  readonly told?: { readonly meter?: JsonObject; readonly stage?: JsonObject };
  /** Rating of each of the two stages, W. */
  readonly ratedW?: number;
  /** What the log names; "" where everything is as the file says, and nothing may be named. */
  readonly cause: "" | "meter" | "stage";
  /** The site can no longer keep what it promises, and says so. */
  readonly breaksPromise?: true;
  /** It may exceed its limit by so much at rest, as a share of the rating: what is not told can't be reckoned with. */
  readonly beyondShare?: number;
  /** What of the room under the limit is used at rest, at least. */
  readonly usesShare?: number;
  /** What moves the PCC. */
  readonly by?: "building" | "pv" | "inrush";
  /** Played in every run of the suite. */
  readonly always?: true;
}

const usual: JsonObject = { deadTimeMs: 15, responseMs: 50, commandPeriodMs: 0, resolutionW: 0 };
const told = { stage: usual } as const;
const meter = (updateMs: number, more: Partial<MeterOptions> = {}): Partial<MeterOptions> => ({
  updateMs,
  windowMs: updateMs,
  ...more,
});

export const hostileSites: readonly HostileSite[] = [
  { says: "meter of 20 ms", meter: meter(20), cause: "" },
  { says: "meter of 100 ms", meter: meter(100), cause: "" },
  { says: "meter of 500 ms", meter: meter(500), cause: "" },
  { says: "meter of 1 s", meter: meter(1_000), cause: "" },
  { says: "meter of 1 s, 500 ms late", meter: meter(1_000, { latencyMs: 500 }), cause: "" },
  { says: "meter of 1 s, told 20, 20 and 10 ms", meter: meter(1_000), told: { meter: { updateMs: 20, windowMs: 20, latencyMs: 10 } }, cause: "meter" },
  { says: "meter of 1 s with 300 ms of jitter, told 20, 20 and 10 ms", meter: meter(1_000, { jitterMs: 300 }), told: { meter: { updateMs: 20, windowMs: 20, latencyMs: 10 } }, cause: "meter" },
  { says: "meter of 500 ms, 200 ms of jitter, a twentieth of its samples lost", meter: meter(500, { jitterMs: 200, lostShare: 0.05 }), cause: "" },
  { says: "10 kW, meter of 200 ms and 10 W", ratedW: 5_000, meter: meter(200, { resolutionW: 10 }), cause: "" },
  { says: "10 kW, meter of 1 s and 10 W", ratedW: 5_000, meter: meter(1_000, { resolutionW: 10 }), cause: "" },
  { says: "meter of 100 ms and 100 W", meter: meter(100, { resolutionW: 100 }), cause: "" },
  { says: "updates 100 ms, averages 1 s, told 100 ms", meter: { updateMs: 100, windowMs: 1_000 }, told: { meter: { windowMs: 100 } }, cause: "meter", always: true },
  { says: "updates 20 ms, averages 400 ms, told 20 ms", meter: { updateMs: 20, windowMs: 400 }, told: { meter: { windowMs: 20 } }, cause: "meter" },
  { says: "updates 20 ms, averages 1 s, told 20 ms", meter: { updateMs: 20, windowMs: 1_000 }, told: { meter: { windowMs: 20 } }, cause: "meter" },
  { says: "updates 100 ms, averages 1 s", meter: { updateMs: 100, windowMs: 1_000 }, cause: "" },
  { says: "stage of 300 ms, told 50 ms", stage: { responseMs: 300 }, told, cause: "stage" },
  { says: "stage of 1 s, told 50 ms", stage: { responseMs: 1_000 }, told, cause: "stage" },
  { says: "stage of 3 s, told 50 ms", stage: { responseMs: 3_000 }, told, cause: "stage" },
  { says: "33 % of its rating a second, told without a bound", stage: { slewWPerS: 20_000 }, told, cause: "stage" },
  { says: "10 % of its rating a second, told without a bound", stage: { slewWPerS: 6_000 }, told, cause: "stage" },
  { says: "10 % of its rating a second", stage: { slewWPerS: 6_000 }, told: { stage: { slewPctPerS: 10 } }, cause: "" },
  { says: "dead time 300 ms, told 15 ms", stage: { deadTimeMs: 300 }, told, cause: "stage" },
  { says: "dead time 500 ms, told 15 ms", stage: { deadTimeMs: 500 }, told, cause: "stage", breaksPromise: true, always: true },
  { says: "dead time 500 ms", stage: { deadTimeMs: 500 }, cause: "" },
  { says: "dead time 2 s and 0.5 s, told 15 and 50 ms", stage: { deadTimeMs: 2_000, responseMs: 500 }, told, cause: "stage" },
  { says: "dead time 3 s and 1 s, told 1 s, meter of 1 s", meter: meter(1_000), stage: { deadTimeMs: 3_000, responseMs: 1_000 }, told: { stage: { deadTimeMs: 1_000 } }, cause: "stage" },
  { says: "dead time 3 s and 1 s, meter of 1 s", meter: meter(1_000), stage: { deadTimeMs: 3_000, responseMs: 1_000 }, cause: "" },
  { says: "one command a second, told none", stage: { commandPeriodMs: 1_000 }, told, cause: "stage" },
  { says: "one command a second", stage: { commandPeriodMs: 1_000 }, told: { stage: { commandPeriodMs: 1_000 } }, cause: "" },
  { says: "commands rounded to 1 %, told exact", stage: { resolutionW: 600 }, told, cause: "", beyondShare: 0.01 },
  { says: "commands rounded to 5 %, told exact", stage: { resolutionW: 3_000 }, told, cause: "", beyondShare: 0.05, usesShare: 0.85 },
  { says: "commands rounded to 5 %", stage: { resolutionW: 3_000 }, told: { stage: { resolutionW: 3_000 } }, cause: "", usesShare: 0.85 },
  { says: "PV that comes and goes, meter of 20 ms", meter: meter(20), cause: "", by: "pv" },
  { says: "PV that comes and goes, meter of 1 s", meter: meter(1_000), cause: "", by: "pv" },
  { says: "inrush of a motor", cause: "", by: "inrush" },
  { says: "meter 1 % off, told", meter: { offsetW: 1_200 }, told: { meter: { offsetW: 1_200 } }, cause: "" },
];

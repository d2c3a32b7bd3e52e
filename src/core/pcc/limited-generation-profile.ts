/**
 * Limited Generation Profile (California Rule 21): an export limit for each hour of each month, 288 values, in the local
 * time of the site. Held without any backend; the wall clock is an argument. Requirement R13.
 */
import { err, ok, type Result } from "../../domain/result.ts";
import { localMs, monthOfDay, tableZone, type ZoneOffsets } from "../../domain/time-zone.ts";
import { dayMs, hourMs, secondMs } from "../../domain/units.ts";

const monthsInProfile = 12;
const hoursInProfile = 24;
const valuesInProfile = monthsInProfile * hoursInProfile;

/** Export limits by month and hour of local time, W (California Rule 21, Limited Generation Profile). */
export interface LimitedGenerationProfile {
  readonly zone: ZoneOffsets;
  /** `valuesW[month · 24 + hour]`, month and hour from 0, W ≥ 0. */
  readonly valuesW: Float64Array;
  /** The smallest of all values: the limit while the clock is not trusted. */
  readonly smallestW: number;
}

/**
 * A lower limit counts this long before its hour, so that power is down when the hour begins. Covers the slowest stage
 * (2 s for 0.5 P/s) and a clock that is a second late.
 */
const aheadMs = 3 * secondMs;

/** `rowsW`: twelve months of 24 hours, W. Errors name the month and the hour. */
export function createLimitedGenerationProfile(
  rowsW: readonly (readonly number[])[],
  timeZone: string,
): Result<LimitedGenerationProfile> {
  if (rowsW.length !== monthsInProfile) {
    return err(`a limited generation profile has 12 months, this one has ${rowsW.length}`);
  }
  const valuesW = new Float64Array(valuesInProfile);
  let smallestW = Number.POSITIVE_INFINITY;
  for (let month = 0; month < monthsInProfile; month++) {
    const row = rowsW[month]!;
    if (row.length !== hoursInProfile)
      return err(`month ${month + 1} of the profile has ${row.length} hours instead of 24`);
    for (let hour = 0; hour < hoursInProfile; hour++) {
      const valueW = row[hour]!;
      if (!(valueW >= 0 && Number.isFinite(valueW))) {
        return err(`month ${month + 1}, hour ${hour} of the profile is ${valueW}: it must be a power of 0 W or more`);
      }
      valuesW[month * hoursInProfile + hour] = valueW;
      smallestW = Math.min(smallestW, valueW);
    }
  }
  const zone = tableZone(timeZone);
  if (!zone.ok) return zone;
  return ok({ zone: zone.value, valuesW, smallestW });
}

/** The profile's value at a moment, W. While the clock is not trusted (NaN) the smallest of all. */
export function profileValueW(profile: LimitedGenerationProfile, wallMs: number): number {
  if (!Number.isFinite(wallMs)) return profile.smallestW;
  const local = localMs(profile.zone, wallMs);
  const day = Math.floor(local / dayMs);
  const hour = Math.floor((local - day * dayMs) / hourMs);
  return profile.valuesW[(monthOfDay(day) - 1) * hoursInProfile + hour]!;
}

/** The limit to hold now, W: a lower one of the coming hour counts a little earlier. */
export function profileLimitW(profile: LimitedGenerationProfile, wallMs: number): number {
  return Math.min(profileValueW(profile, wallMs), profileValueW(profile, wallMs + aheadMs));
}

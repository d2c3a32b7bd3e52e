/** Addresses, numbers and times of SPINE messages. Member names are after enbility/spine-go (`model/*.go`). */
import { at, type Json, type JsonObject, listOf, numberOf, textOf } from "./ship-json.ts";

/** A feature of an entity of a device; the device's name may be missing until it is known. */
export interface FeatureAddress {
  readonly device?: string | undefined;
  readonly entity: readonly number[];
  readonly feature: number;
}

export function readAddress(value: Json | undefined): FeatureAddress | null {
  const feature = numberOf(at(value, "feature"));
  const entity = listOf(at(value, "entity")).map((one) => numberOf(one) ?? Number.NaN);
  if (feature === undefined || entity.length === 0 || entity.length > 4 || entity.some(Number.isNaN)) return null;
  return { device: textOf(at(value, "device")), entity, feature };
}

/** As it is sent; members in the schema's order. */
export const addressJson = ({ device, entity, feature }: FeatureAddress): JsonObject => ({ device, entity, feature });

/** Whether both mean the same entity and feature; a device that is not named is the one that was meant. */
export const sameFeature = (a: FeatureAddress, b: FeatureAddress): boolean =>
  a.feature === b.feature && a.entity.join() === b.entity.join();

/** A number with a power of ten beside it; NaN where it is none. */
export function readScaled(value: Json | undefined): number {
  const number = numberOf(at(value, "number"));
  const scale = numberOf(at(value, "scale")) ?? 0;
  if (number === undefined || Math.abs(scale) > 12) return Number.NaN;
  return scale < 0 ? number / 10 ** -scale : number * 10 ** scale;
}
export const scaledJson = (value: number): JsonObject => ({ number: Math.round(value), scale: 0 });

const durationPattern =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** ISO 8601 duration in milliseconds; a month counts 30 days, a year 365. NaN where it is none. */
export function readDurationMs(text: string): number {
  const found = text.length > 60 || text === "P" || text.endsWith("T") ? null : durationPattern.exec(text);
  if (found === null) return Number.NaN;
  const [years, months, weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  const inDays = (years ?? 0) * 365 + (months ?? 0) * 30 + (weeks ?? 0) * 7 + (days ?? 0);
  return ((inDays * 24 + (hours ?? 0)) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1_000;
}
export const durationText = (durationMs: number): string => `PT${Math.round(durationMs / 1_000)}S`;

/** How long until a moment that is given as such or as a duration from now, ms; NaN where it is neither. */
export function readEndInMs(text: string, nowUtcMs: number): number {
  if (text.startsWith("P")) return readDurationMs(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) - nowUtcMs : Number.NaN;
}

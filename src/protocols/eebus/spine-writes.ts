/** What a guard writes: limits, fail-safe limits and the fail-safe state's duration. Each is taken, or refused with a sentence. */
import { at, type Json, listOf, numberOf, textOf } from "./ship-json.ts";
import { type Direction, directions, durationKey, type Shown } from "./spine-local.ts";
import { readDurationMs, readEndInMs, readScaled } from "./spine-values.ts";

/** A limit as magnitude in watts and with its end in milliseconds from now, or that there is none. */
export interface WrittenLimit {
  readonly isActive: boolean;
  readonly valueW: number;
  readonly endInMs: number | null;
}

/** Each of them takes a written value, or says in a sentence why it is refused; "" where it is taken. */
export interface WriteOptions {
  readonly shown: Shown;
  readonly nowUtcMs: () => number;
  readonly onLimit: (direction: Direction, limit: WrittenLimit) => string;
  readonly onFailSafeLimit: (direction: Direction, valueW: number) => string;
  readonly onFailSafeDuration: (durationMs: number) => string;
}

/** Takes a written command; the first refusal, or "". */
export function writeOf(cmd: Json, options: WriteOptions): string {
  const limits = listOf(at(cmd, "loadControlLimitListData", "loadControlLimitData"));
  const keys = listOf(at(cmd, "deviceConfigurationKeyValueListData", "deviceConfigurationKeyValueData"));
  // Only takes elements away, such as the end of a limit: what is written next says what holds.
  if (limits.length + keys.length === 0)
    return listOf(at(cmd, "filter")).length > 0 ? "" : "Nothing that can be written here.";
  for (const limit of limits) {
    const refusal = takeLimit(limit, options);
    if (refusal !== "") return refusal;
  }
  for (const key of keys) {
    const refusal = takeKey(key, options);
    if (refusal !== "") return refusal;
  }
  return "";
}

const noLimit = "The value is no limit in this direction.";

function takeLimit(limit: Json, { shown, nowUtcMs, onLimit }: WriteOptions): string {
  const id = numberOf(at(limit, "limitId"));
  const direction = shown.directions.find((one) => directions[one].limitId === id);
  if (direction === undefined) return "There is no such limit.";
  const now = shown.limit(direction);
  const value = at(limit, "value");
  const valueW = value === undefined ? now.valueW : magnitudeW(direction, readScaled(value));
  if (!(valueW >= 0)) return noLimit;
  const end = textOf(at(limit, "timePeriod", "endTime"));
  const endInMs = end === undefined ? null : readEndInMs(end, nowUtcMs());
  if (endInMs !== null && !(endInMs > 0)) return "The limit's end lies in the past, or can't be read.";
  const isActive = at(limit, "isLimitActive");
  return onLimit(direction, { isActive: typeof isActive === "boolean" ? isActive : now.isActive, valueW, endInMs });
}

function takeKey(key: Json, { shown, onFailSafeLimit, onFailSafeDuration }: WriteOptions): string {
  const id = numberOf(at(key, "keyId"));
  if (id === durationKey.id) return onFailSafeDuration(readDurationMs(textOf(at(key, "value", "duration")) ?? ""));
  const direction = shown.directions.find((one) => directions[one].failSafeKey.id === id);
  if (direction === undefined) return "There is no such key.";
  const valueW = magnitudeW(direction, readScaled(at(key, "value", "scaledNumber")));
  return valueW >= 0 ? onFailSafeLimit(direction, valueW) : noLimit;
}

/** A limit as magnitude; NaN where its sign means the other direction. Production is negative, and some guards leave the sign out. */
function magnitudeW(direction: Direction, valueW: number): number {
  if (direction === "production") return Math.abs(valueW);
  return valueW < 0 ? Number.NaN : valueW;
}

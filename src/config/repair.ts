/**
 * A configuration with mistakes, made whole for one purpose: to find the mistakes that only show once the first ones are gone
 * (another setting, a profile, a register map), so that a person sees all of them at once. Never run.
 */
import type { z } from "zod";

/** Each round mends what the one before uncovered. */
const roundsMax = 12;

/** A value made readable, and the places at which something had to be left out or replaced. */
export interface Repaired<T> {
  readonly value: T;
  /** Where something was put in; what is said about these places is not the person's mistake. */
  readonly places: readonly (readonly PropertyKey[])[];
}

/** Null where it can't be made whole. */
export function repair<T>(schema: z.ZodType<T>, raw: unknown): Repaired<T> | null {
  let value: unknown = structuredClone(raw ?? {});
  const places: (readonly PropertyKey[])[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data, places };
    for (const issue of parsed.error.issues) {
      const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      for (const path of paths) {
        places.push(path);
        value = withValue(value, path, substitute(issue, valueAt(value, path)));
      }
    }
  }
  return null;
}

/** Whether a path lies at, above or below a place that was mended. */
export const isMended = (path: readonly PropertyKey[], places: Repaired<unknown>["places"]): boolean =>
  places.some((place) => {
    const shared = Math.min(place.length, path.length);
    return place.slice(0, shared).every((step, i) => String(step) === String(path[i]));
  });

/** The value at a path within an untyped one; undefined where the path leads nowhere. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function substitute(issue: z.core.$ZodIssue, found: unknown): unknown {
  if (issue.code === "invalid_type") {
    if (issue.expected === "number" || issue.expected === "int") return 100;
    if (issue.expected === "string") return "mended";
    if (issue.expected === "boolean") return false;
    return issue.expected === "array" ? [] : {};
  }
  if (issue.code === "invalid_value") return issue.values[0];
  if (issue.code === "too_small" && typeof found === "number") return Number(issue.minimum);
  if (issue.code === "too_small") return Array.isArray(found) ? [{}] : "mended";
  if (issue.code === "too_big" && typeof found === "number") return Number(issue.maximum);
  if (issue.code === "too_big" && (Array.isArray(found) || typeof found === "string"))
    return found.slice(0, Number(issue.maximum));
  // A setting that is not one, or a form that can't be guessed: as if it were not there.
  return undefined;
}

function withValue(root: unknown, path: readonly PropertyKey[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value ?? {};
  const group = valueAt(root, path.slice(0, -1));
  if (typeof group !== "object" || group === null) return root;
  if (value === undefined) delete (group as Record<PropertyKey, unknown>)[last];
  else (group as Record<PropertyKey, unknown>)[last] = value;
  return root;
}

/**
 * JSON as SHIP carries it: an object is written as a list of objects with one member each, so that the order of its elements
 * is kept; a list stays a list. How it reads is after enbility/ship-go (`ship/helper.go`), which devices in the field agree with.
 */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** As it is sent; members without a value, and empty lists, which read like empty objects, are left out. */
export function toShip(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(toShip);
  if (!isObject(value)) return value;
  const isNothing = (one: Json | undefined): one is undefined =>
    one === undefined || (Array.isArray(one) && one.length === 0);
  return Object.entries(value).flatMap(([name, one]) => (isNothing(one) ? [] : [{ [name]: toShip(one) }]));
}

/**
 * As it was meant: a list of objects is one object unless two of them have the same member. An empty list is an empty
 * object: `listOf` reads either.
 */
export function fromShip(value: Json): Json {
  if (Array.isArray(value)) {
    const parts = value as readonly Json[];
    if (parts.length === 0) return {};
    if (!parts.every(isObject)) return parts.map(fromShip);
    const names = parts.flatMap((part) => Object.keys(part));
    if (new Set(names).size !== names.length) return parts.map(fromShip);
    return fromShip(Object.assign({}, ...parts) as JsonObject);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [[name, fromShip(one)]])),
  );
}

/** A member of an object, on the way of these names; undefined where there is none. */
export function at(value: Json | undefined, ...names: readonly string[]): Json | undefined {
  let found = value;
  for (const name of names) {
    if (!isObject(found)) return undefined;
    found = Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

/** The entries of a list; one that was not written as a list counts as its only entry. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as readonly Json[];
  if (isObject(value) && Object.keys(value).length === 0) return [];
  return [value];
}

export const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
export const numberOf = (value: Json | undefined): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

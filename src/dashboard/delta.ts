/**
 * Differences between two JSON values, so that ten states a second cost a few hundred bytes each. A patch is `{ set }` for
 * a value that is replaced, `{ in }` for the changed members of an object or of an array of the same length, `null` where
 * nothing has changed; `{ gone }` names removed members. `applyPatch(a, diff(a, b))` equals `b`; unchanged parts are shared.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Patch =
  | { readonly set: Json }
  | { readonly in: { readonly [key: string]: Patch }; readonly gone?: readonly string[] };

/** Deeper values than any state has are replaced as a whole. */
const depthMax = 12;

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function diff(before: Json, after: Json, depth = 0): Patch | null {
  if (Object.is(before, after) || before === after) return null;
  if (depth < depthMax) {
    if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
      const changed: Record<string, Patch> = {};
      let count = 0;
      for (let i = 0; i < after.length; i++) {
        const part = diff(before[i] as Json, after[i] as Json, depth + 1);
        if (part) {
          changed[i] = part;
          count++;
        }
      }
      if (count === 0) return null;
      // Many changed numbers cost less as a whole than one by one.
      return count * 2 > after.length && after.length > 4 && typeof after[0] !== "object"
        ? { set: after }
        : { in: changed };
    }
    if (isObject(before) && isObject(after)) {
      const changed: Record<string, Patch> = Object.create(null) as Record<string, Patch>;
      const gone: string[] = [];
      let count = 0;
      for (const key of Object.keys(after)) {
        const value = after[key] as Json;
        const part: Patch | null = Object.hasOwn(before, key)
          ? diff(before[key] as Json, value, depth + 1)
          : { set: value };
        if (part) {
          changed[key] = part;
          count++;
        }
      }
      for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) gone.push(key);
      if (count === 0 && gone.length === 0) return null;
      return gone.length > 0 ? { in: changed, gone } : { in: changed };
    }
  }
  return { set: after };
}

export function applyPatch(before: Json, patch: Patch | null): Json {
  if (patch === null) return before;
  if ("set" in patch) return patch.set;
  if (Array.isArray(before)) {
    const out = before.slice();
    for (const key of Object.keys(patch.in))
      out[Number(key)] = applyPatch(out[Number(key)] as Json, patch.in[key] ?? null);
    return out;
  }
  const out: Record<string, Json> = {};
  const from = isObject(before) ? before : {};
  const put = (key: string, value: Json): void => {
    // A member called __proto__ is a member, not a prototype.
    Object.defineProperty(out, key, { value, writable: true, enumerable: true, configurable: true });
  };
  for (const key of Object.keys(from)) if (!patch.gone?.includes(key)) put(key, from[key] as Json);
  for (const key of Object.keys(patch.in)) {
    const part = patch.in[key];
    if (part) put(key, applyPatch(Object.hasOwn(from, key) ? (from[key] as Json) : null, part));
  }
  return out;
}

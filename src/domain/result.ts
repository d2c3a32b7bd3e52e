/**
 * Two kinds of wrong. Expected ones are values with a named reason (`Result`); impossible ones stop the loop
 * (`invariant`), so that the watchdog below makes the hardware safe.
 */

/** Either a value, or what went wrong in a form that a table of sentences can explain. */
export type Result<T, E = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A result that went well. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
/** A result that went wrong in an expected way; `error` says how. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** An impossible state of the program: a mistake of ours, not of a device or a person. */
class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Stops with `InvariantError` when `condition` does not hold. `message` says what should have been true. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

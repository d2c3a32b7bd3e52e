/** How the value of a complex type holds its elements; the counterpart of `Slot` in `schema.ts`. */
import { fail, type Place, show } from "./interpret-simple.ts";
import type { Option, Slot } from "./schema.ts";

/** A value of a complex type, before anything is known about it. */
export type Fields = Record<string, unknown>;

/** Puts an element's value where its slot has it: see `Slot`. What follows in a run belongs to the run's object. */
export function add(value: Fields, slot: Slot, option: Option, element: unknown): void {
  if (slot.shape === "one") value[slot.key] = element;
  else if (slot.shape === "pick") value[option.name] = element;
  else ((value[slot.key] ??= []) as unknown[]).push(slot.shape === "list" ? element : { [option.name]: element });
}

/** An element of a value and which one it is. */
export interface Occurrence {
  readonly option: Option;
  readonly element: unknown;
}

/** The elements of a value in the order of its slots. */
export function elementsOf(slots: readonly Slot[], value: Fields, place: Place): Occurrence[] {
  const found: Occurrence[] = [];
  for (const slot of slots) {
    if (slot.shape === "pick") {
      found.push(...pick(slot, value, place));
      continue;
    }
    const given = value[slot.key];
    if (given === undefined) continue;
    if (slot.shape === "one") {
      found.push({ option: slot.options[0]!, element: given });
      continue;
    }
    if (!Array.isArray(given)) throw fail(place, "type", `${slot.key} is ${show(given)}, not an array`);
    if (given.length < slot.min && given.length > 0) {
      throw fail(place, "length", `${given.length} × ${slot.key}, at least ${slot.min}`);
    }
    if (given.length > slot.max) throw fail(place, "length", `${given.length} × ${slot.key}, at most ${slot.max}`);
    for (const item of given) {
      if (slot.shape === "list") found.push({ option: slot.options[0]!, element: item });
      else found.push(...pick(slot, item as Fields, place));
    }
  }
  return found;
}

/** The option of a choice that a value has, with what follows it in a run. */
function pick(slot: Slot, value: Fields, place: Place): Occurrence[] {
  if (typeof value !== "object" || value === null) throw fail(place, "type", `${show(value)} is not an object`);
  const given = slot.options.filter((option) => value[option.name] !== undefined);
  const option = given[0];
  if (option === undefined) return [];
  if (given.length > 1 && option.rest.length === 0) {
    throw fail(place, "ambiguous", `only one of ${given.map(({ name }) => name).join(", ")} may be there`);
  }
  return [{ option, element: value[option.name] }, ...elementsOf(option.rest, value, place)];
}

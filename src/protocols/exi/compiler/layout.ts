/**
 * The idea that makes generated functions simple: number all alternatives of a type consecutively, attributes and
 * slots in their order, the end last. Wherever the type is, the event code of an alternative is its number minus the
 * number of the first alternative that may still come. So an optional field, a choice, a substitution group and a list
 * are one rule: read a code, add the base, and pass on what is not mine.
 *
 * Numbers and widths come from the states of `grammar.ts`. The two types whose states this does not describe (runs of
 * several elements, in keys of xmldsig) are not `regular`; the interpreter codes them.
 */
import { attributesAhead, type Content, codeWidth, productions, type State } from "../grammar.ts";
import type { Attribute, ComplexType, Slot } from "../schema.ts";

/** An attribute or a slot, at its place in the numbering. */
export type Step =
  | { readonly is: "attribute"; readonly attribute: Attribute; readonly first: number }
  | { readonly is: "slot"; readonly slot: Slot; readonly first: number };

/** A type as a row of steps with the width of each event code, bits. */
export interface Layout {
  readonly steps: readonly Step[];
  /** The number of the end of the element or, in a type of text with attributes, of the text. */
  readonly end: number;
  /** Width of the code where step `step` (or, behind the last, the end) is next and has occurred `count` times. */
  width(step: number, count: number): number;
}

export function regular(type: ComplexType): boolean {
  return type.slots.every((slot, i) => {
    const wildcard = slot.options.findIndex((option) => option.type === "wildcard");
    const last = i === type.slots.length - 1 && wildcard === slot.options.length - 1;
    return slot.options.every((one) => one.rest.length === 0) && (wildcard < 0 || last);
  });
}

/** The layout of a type, made once. */
export function layoutOf(type: ComplexType): Layout {
  const steps: Step[] = [];
  let number = 0;
  for (const attribute of type.attributes) steps.push({ is: "attribute", attribute, first: number++ });
  for (const slot of type.slots) {
    steps.push({ is: "slot", slot, first: number });
    number += slot.options.length;
  }
  const attributes = type.attributes.length;
  if (type.text !== undefined) {
    const width = (step: number): number => {
      const { last, open } = attributesAhead(type, step);
      return codeWidth(last - step + (open ? 1 : 0));
    };
    return { steps, end: number, width };
  }
  const width = (step: number, count: number): number => {
    let content: Content | undefined;
    for (let i = type.slots.length - 1; i >= Math.max(0, step - attributes); i--) {
      content = { slot: type.slots[i]!, count: i === step - attributes ? count : 0, next: content };
    }
    const state: State = { attribute: Math.min(step, attributes), content };
    return codeWidth(productions(type, state).length);
  };
  return { steps, end: number, width };
}

/** Element types that a type's value may contain, itself included, without those that `unitOf` compiles apart. */
function typesWithin(type: ComplexType, found = new Set<ComplexType>()): Set<ComplexType> {
  if (found.has(type)) return found;
  found.add(type);
  for (const slot of type.slots) {
    if (isLargeChoice(slot)) continue;
    for (const { type: inner } of slot.options) {
      if (typeof inner !== "string" && inner.kind === "complex") typesWithin(inner, found);
    }
  }
  return found;
}

/** A choice among so many members that each is compiled on its own when it is first met: the body of a -2 message. */
export const isLargeChoice = (slot: Slot): boolean => slot.options.length > 12;

const largeTypes = 12;

/** Optional elements with many types within, in practice signatures, are compiled when they are first met. */
export const isApart = (slot: Slot, type: ComplexType): boolean =>
  !regular(type) || (slot.min === 0 && typesWithin(type).size >= largeTypes);

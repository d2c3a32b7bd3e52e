/**
 * The EXI grammar of a schema: which events can come next, in the order of their codes.
 *
 * Schema-informed, non-strict, as V2G uses it: in every state of an element the first-level code chooses among n
 * productions or the escape to the second level, so it takes ceil(log2(n + 1)) bits; a lone event still costs one.
 * The only second-level event that is understood is the end of an element without text.
 *
 * The generator and the interpreter both stand on this file, and nothing else knows about event codes.
 */
import { bitWidth } from "./bits.ts";
import { byName } from "./dsl.ts";
import type { Attribute, ComplexType, Namespace, Option, SchemaSet, SchemaType, Slot } from "./schema.ts";

// ── Inside an element ────────────────────────────────────────────────────────────────────────────────────────────

/** The slots still to come; the first has had `count` occurrences. */
export interface Content {
  readonly slot: Slot;
  readonly count: number;
  readonly next: Content | undefined;
}

/** Where an element of a type with elements is: the first attribute that may still come, and the slots to come. */
export interface State {
  readonly attribute: number;
  readonly content: Content | undefined;
}

export type Production =
  | { readonly event: "attribute"; readonly attribute: Attribute; readonly next: State }
  | { readonly event: "element"; readonly slot: Slot; readonly option: Option; readonly next: State }
  | { readonly event: "end" }
  | { readonly event: "text" };

export const firstState = (type: ComplexType): State => ({ attribute: 0, content: contentOf(type.slots, undefined) });

function contentOf(slots: readonly Slot[], next: Content | undefined): Content | undefined {
  return slots.reduceRight<Content | undefined>((after, slot) => ({ slot, count: 0, next: after }), next);
}

/**
 * What can come next, in the order of event codes: attributes by name up to the first required one, elements in schema
 * order up to the first required one, elements of any name, the end, text.
 * Every occurrence of a repeated element is a state of its own: required up to `min`, optional up to `max`.
 */
export function productions(type: ComplexType, state: State): Production[] {
  const found: Production[] = [];
  for (let i = state.attribute; i < type.attributes.length; i++) {
    const attribute = type.attributes[i]!;
    found.push({ event: "attribute", attribute, next: { attribute: i + 1, content: state.content } });
    if (attribute.required) return found;
  }

  const done = type.attributes.length;
  const wildcards: Production[] = [];
  let content = state.content;
  for (; content !== undefined; content = content.next) {
    const { slot, count, next } = content;
    for (const option of count < slot.max ? slot.options : []) {
      const after = contentOf(option.rest, { slot, count: count + 1, next });
      const production = { event: "element", slot, option, next: { attribute: done, content: after } } as const;
      (option.type === "wildcard" ? wildcards : found).push(production);
    }
    if (count < slot.min) break;
  }
  found.push(...wildcards);
  if (content === undefined) found.push({ event: "end" });
  if (type.mixed) found.push({ event: "text" });
  return found;
}

/** For a type of text with attributes: which attributes may still come (up to `last`), and whether the text may. */
export function attributesAhead(type: ComplexType, next: number): { last: number; open: boolean } {
  const required = type.attributes.findIndex((attribute, i) => i >= next && attribute.required);
  return required < 0 ? { last: type.attributes.length, open: true } : { last: required + 1, open: false };
}

/** Bits of the first-level code among `count` productions and the escape. */
export const codeWidth = (count: number): number => bitWidth(count + 1);

/** An element with text in its first state has text and the escape; the second level begins with the end. */
export const emptyText = {
  /** In the very first state also xsi:type, xsi:nil, any attribute, one of wrong type, any element and text. */
  first: { code: 0, width: bitWidth(7) },
  /** Behind attributes no longer xsi:type and xsi:nil. */
  behindAttributes: { code: 0, width: bitWidth(5) },
} as const;

// ── Documents and fragments ──────────────────────────────────────────────────────────────────────────────────────

/** Every global element of a set, by code; one code more stands for any other element. There is no escape here. */
export interface DocumentGrammar {
  readonly roots: readonly Option[];
  readonly width: number;
}

export const documentGrammar = once((set: SchemaSet): DocumentGrammar => {
  const roots = [...set.globals].sort(byName);
  return { roots, width: bitWidth(roots.length + 1) };
});

/** A function of a set that computes its answer once. */
function once<Answer>(compute: (set: SchemaSet) => Answer): (set: SchemaSet) => Answer {
  const answers = new WeakMap<SchemaSet, Answer>();
  return (set) => {
    let answer = answers.get(set);
    if (answer === undefined) answers.set(set, (answer = compute(set)));
    return answer;
  };
}

/** A name that elements of a set have, with their type: `relaxed` where elements of one name have different types. */
export interface FragmentElement {
  readonly name: string;
  readonly namespace: Namespace;
  readonly type: SchemaType | "abstract" | "relaxed";
  /** Of a relaxed one: the types that it may have. */
  readonly types: readonly SchemaType[];
}

/** Every element name of a set, local ones too, by code; then any other element, then the end. */
export interface FragmentGrammar {
  readonly elements: readonly FragmentElement[];
  /** Every attribute name of the set, by code within a relaxed element. */
  readonly attributes: readonly Attribute[];
  readonly end: number;
  readonly width: number;
}

export const fragmentGrammar = once((set: SchemaSet): FragmentGrammar => {
  const elements = new Map<string, Option[]>();
  const attributes = new Map<string, Attribute>();
  const seen = new Set<ComplexType>();

  const addType = (type: Option["type"]): void => {
    if (typeof type === "string" || type.kind !== "complex" || seen.has(type)) return;
    seen.add(type);
    for (const attribute of type.attributes) attributes.set(qualifiedName(attribute), attribute);
    for (const slot of type.slots) addSlot(slot);
  };
  const addSlot = (slot: Slot): void => {
    for (const option of slot.options) {
      addElement(option);
      for (const next of option.rest) addSlot(next);
    }
  };
  const addElement = (option: Option): void => {
    if (option.type === "wildcard") return;
    const same = elements.get(qualifiedName(option)) ?? [];
    if (!same.some((other) => other.type === option.type)) elements.set(qualifiedName(option), [...same, option]);
    addType(option.type);
  };
  for (const root of set.globals) addElement(root);
  for (const type of set.spareTypes) addType(type);

  const list = [...elements.values()].map(fragmentElement).sort(byName);
  return {
    elements: list,
    attributes: [...attributes.values()].sort(byName),
    end: list.length + 1,
    width: bitWidth(list.length + 2),
  };
});

function fragmentElement(options: readonly Option[]): FragmentElement {
  const { name, namespace, type } = options[0]!;
  if (options.length === 1) return { name, namespace, type: type as SchemaType | "abstract", types: [] };
  return { name, namespace, type: "relaxed", types: options.map((option) => option.type as SchemaType) };
}

/** `{namespace}name`, the key under which names are compared. */
const qualifiedName = ({ name, namespace }: { name: string; namespace: Namespace }): string =>
  `{${namespace.uri}}${name}`;

/**
 * The element fragment grammar that holds where a name has several types, seen with the text that all its uses have:
 * any attribute of the set, any attribute, any element of the set, any element, the end, text.
 */
export function relaxedGrammar(fragment: FragmentGrammar): {
  readonly width: number;
  readonly text: number;
  readonly widthBehindText: number;
  readonly endBehindText: number;
} {
  const attributes = fragment.attributes.length + 1;
  const elements = fragment.elements.length + 1;
  return {
    width: codeWidth(attributes + elements + 2),
    text: attributes + elements + 1,
    widthBehindText: codeWidth(elements + 2),
    endBehindText: elements,
  };
}

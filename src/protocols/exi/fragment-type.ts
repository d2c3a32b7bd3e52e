/** Which element a fragment is, and of which type: some names stand for several types, which the value tells apart. */
import { ExiError } from "./errors.ts";
import { type FragmentElement, fragmentGrammar } from "./grammar.ts";
import type { SchemaSet, SchemaType } from "./schema.ts";

const isComplex = (type: SchemaType | string | undefined): boolean =>
  typeof type === "object" && type.kind === "complex";

/** The element of this name; the namespace may be left out where only one has it. */
export function fragmentElement(set: SchemaSet, name: string, namespace?: string): FragmentElement {
  const found = fragmentGrammar(set).elements.filter(
    (one) => one.name === name && (namespace === undefined || one.namespace.uri === namespace),
  );
  const [element, ...others] = found;
  if (element === undefined)
    throw new ExiError(
      "root",
      `${namespace === undefined ? "" : `{${namespace}}`}${name} is no element of ${set.name}`,
    );
  if (others.length > 0)
    throw new ExiError("root", `${name} is an element of ${found.map((one) => one.namespace.uri).join(" and of ")}`);
  return element;
}

/** Whether a value has fields; octets have none. */
export const hasFields = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array);

/** The element's type for a value with fields, or for a plain one. */
export function fragmentType(element: FragmentElement, hasFields: boolean): SchemaType {
  const types = element.type === "relaxed" ? element.types : [element.type];
  const type = types.length === 1 ? types[0] : types.find((one) => isComplex(one) === hasFields);
  if (type === undefined || typeof type === "string")
    throw new ExiError("root", `${element.name} stands only for others, or has no such value`);
  return type;
}

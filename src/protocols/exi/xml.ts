/** The XML view: messages as the documents that their schemas describe, in both directions. */
import { ExiError } from "./errors.ts";
import { fragmentElement, fragmentType, hasFields } from "./fragment-type.ts";
import { documentGrammar, firstState, productions } from "./grammar.ts";
import type { Fragment, Message } from "./interpret.ts";
import { fail, type Place } from "./interpret-simple.ts";
import { fromText, toText } from "./lexical.ts";
import type { Attribute, ComplexType, Namespace, Option, SchemaSet, SchemaType } from "./schema.ts";
import { add, elementsOf, type Fields } from "./values.ts";
import { parseXml, type XmlElement, type XmlName } from "./xml-parse.ts";

const xsi = "http://www.w3.org/2001/XMLSchema-instance";

// ── To XML ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A message as an XML document; `indent` (spaces per level) makes it readable. */
export function toXml(set: SchemaSet, { root, value }: Message, indent?: number): string {
  const option = documentGrammar(set).roots.find(({ name }) => name === root);
  if (option === undefined || typeof option.type === "string") {
    throw new ExiError("root", `${root} is no root element of ${set.name}`);
  }
  return write(option, option.type, value, indent);
}

/** A fragment's element as an XML document. */
export function fragmentToXml(set: SchemaSet, { name, namespace, value }: Fragment, indent?: number): string {
  const element = fragmentElement(set, name, namespace);
  return write(element, fragmentType(element, hasFields(value)), value, indent);
}

interface Named {
  readonly name: string;
  readonly namespace: Namespace;
}

function write(root: Named, type: SchemaType, value: unknown, indent: number | undefined): string {
  const prefixes = new Map<string, string>();
  const place: Place = { path: [root.name] };
  const tag = ({ name, namespace }: Named): string => {
    if (namespace.uri === "") return name;
    const taken = prefixes.get(namespace.uri);
    if (taken !== undefined) return `${taken}:${name}`;
    prefixes.set(namespace.uri, namespace.prefix);
    return `${namespace.prefix}:${name}`;
  };
  const line = (depth: number): string => (indent === undefined ? "" : `\n${" ".repeat(indent * depth)}`);

  const element = (named: Named, is: SchemaType, content: unknown, depth: number): string => {
    const name = tag(named);
    if (is.kind !== "complex") return `<${name}>${escaped(toText(is, content))}</${name}>`;
    const fields = content as Fields;
    const attributes = is.attributes.filter((one) => fields[one.name] !== undefined);
    const start =
      name + attributes.map((one) => ` ${tag(one)}="${escaped(toText(one.type, fields[one.name]))}"`).join("");
    if (is.text !== undefined) return `<${start}>${escaped(toText(is.text, fields["value"]))}</${name}>`;
    const inner = elementsOf(is.slots, fields, place).map(
      ({ option, element: child }) => line(depth + 1) + element(option, option.type as SchemaType, child, depth + 1),
    );
    return inner.length === 0 ? `<${start}/>` : `<${start}>${inner.join("")}${line(depth)}</${name}>`;
  };

  const text = element(root, type, value, 0);
  const declarations = [...prefixes].map(([uri, prefix]) => ` xmlns:${prefix}="${uri}"`).join("");
  const name = tag(root);
  return `<${name}${declarations}${text.slice(1 + name.length)}`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"\t\n\r]/g, (one) => (one === "&" ? "&amp;" : one === "<" ? "&lt;" : `&#${one.charCodeAt(0)};`));

// ── From XML ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The message that a document is. */
export function fromXml(set: SchemaSet, text: string): Message {
  const element = parseXml(text);
  const option = documentGrammar(set).roots.find((one) => isNamed(one, element));
  if (option === undefined) {
    throw new ExiError("root", `{${element.namespace}}${element.name} is no root element of ${set.name}`);
  }
  return { root: option.name, value: readElement(element, option.type, { path: [option.name] }) };
}

/** The fragment that a document's root element is. */
export function fragmentFromXml(set: SchemaSet, text: string): Fragment {
  const element = parseXml(text);
  const found = fragmentElement(set, element.name, element.namespace);
  const attributed = element.attributes.some((one) => one.namespace !== xsi);
  const type = found.type === "abstract" ? found.type : fragmentType(found, attributed);
  return {
    name: found.name,
    namespace: found.namespace.uri,
    value: readElement(element, type, { path: [found.name] }),
  };
}

const isNamed = ({ name, namespace }: Named, xml: XmlName): boolean =>
  name === xml.name && namespace.uri === xml.namespace;

function readElement(element: XmlElement, type: Option["type"], place: Place): unknown {
  if (type === "abstract") throw fail(place, "abstract-element", "this element only stands for others");
  if (type === "wildcard") throw fail(place, "wildcard", "an element that the schema does not declare");
  const value: Fields = {};
  readAttributes(element, type.kind === "complex" ? type.attributes : [], value, place);
  if (type.kind === "complex" && type.text === undefined) {
    readChildren(element, type, value, place);
    return value;
  }
  const child = element.children[0];
  if (child !== undefined) throw fail(place, "unknown-field", `<${child.name}> cannot stand here`);
  if (type.kind !== "complex") return fromText(type, element.text, place);
  value["value"] = fromText(type.text!, element.text, place);
  return value;
}

function readAttributes(element: XmlElement, declared: readonly Attribute[], value: Fields, place: Place): void {
  for (const attribute of element.attributes) {
    if (attribute.namespace === xsi && /schemalocation$/i.test(attribute.name)) continue;
    const found = declared.find((one) => isNamed(one, attribute));
    if (found === undefined) {
      const name = attribute.namespace === "" ? attribute.name : `{${attribute.namespace}}${attribute.name}`;
      throw fail(place, "unknown-field", `attribute ${name} is not declared`);
    }
    if (found.name in value) throw fail(place, "xml", `attribute ${found.name} comes twice`);
    place.path.push(`@${found.name}`);
    value[found.name] = fromText(found.type, attribute.value, place);
    place.path.pop();
  }
  const missing = declared.find((one) => one.required && !(one.name in value));
  if (missing !== undefined) throw fail(place, "missing", `attribute ${missing.name} is missing`);
}

/** Follows the same states as the EXI grammar, by names instead of codes. */
function readChildren(element: XmlElement, type: ComplexType, value: Fields, place: Place): void {
  if (element.text.trim() !== "") throw fail(place, "mixed-text", "text between elements");
  let state = { ...firstState(type), attribute: type.attributes.length };
  for (const child of element.children) {
    const next = productions(type, state).find((one) => one.event === "element" && isNamed(one.option, child));
    if (next?.event !== "element") {
      throw fail(place, "unknown-field", `<${child.name}> cannot stand here; expected ${expected(type, state)}`);
    }
    place.path.push(child.name);
    add(value, next.slot, next.option, readElement(child, next.option.type, place));
    place.path.pop();
    state = next.next;
  }
  if (!productions(type, state).some((one) => one.event === "end")) {
    throw fail(place, "missing", `expected ${expected(type, state)}`);
  }
}

function expected(type: ComplexType, state: ReturnType<typeof firstState>): string {
  const names = productions(type, state).flatMap((one) => (one.event === "element" ? [`<${one.option.name}>`] : []));
  return names.length === 0 ? "nothing more" : names.join(" or ");
}

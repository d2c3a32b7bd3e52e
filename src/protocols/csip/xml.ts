/**
 * XML of IEEE 2030.5 in and out. Elements are known by their local name, whatever prefix or version of an extension's namespace
 * a server uses. Every message is bounded; one with a document type, or that is not well-formed, is refused.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";

/** Longest message that is read, characters: a list of 255 controls has about 300,000. */
export const messageMaxChars = 2_000_000;

/** An element: children by local name, attributes with `@` before theirs, own text as `#text`. */
export type Element = { readonly [name: string]: unknown };

export class XmlError extends Error {}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** The root of a message and its name. Throws `XmlError` with a sentence. */
export function readXml(text: string): { readonly name: string; readonly root: Element } {
  if (text.length > messageMaxChars) throw new XmlError(`The message has more than ${messageMaxChars} characters.`);
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new XmlError("The message has a document type.");
  if (XMLValidator.validate(text) !== true) throw new XmlError("The message is no well-formed XML.");
  const document = parser.parse(text) as Element;
  const [name] = Object.keys(document);
  if (name === undefined) throw new XmlError("The message is empty.");
  return { name, root: elementOf(document[name]) };
}

const elementOf = (value: unknown): Element =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Element) : { "#text": value };

/** All children of that name, in their order. */
export function childrenOf(element: Element, name: string): readonly Element[] {
  const value = element[name];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(elementOf);
}

export const childOf = (element: Element, name: string): Element | null => childrenOf(element, name)[0] ?? null;

/** Text of a child; "" without one. */
export function textOf(element: Element, name: string): string {
  const text = childOf(element, name)?.["#text"];
  return typeof text === "string" ? text.trim() : "";
}

/** A whole number; NaN where there is none. */
export const intOf = (element: Element, name: string): number => wholeOf(textOf(element, name));

export const attributeOf = (element: Element, name: string): string => String(element[`@${name}`] ?? "").trim();

export const intAttributeOf = (element: Element, name: string): number => wholeOf(attributeOf(element, name));

/** True or false; null where neither is said. */
export function flagOf(element: Element, name: string): boolean | null {
  const text = textOf(element, name);
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : null;
}

/** Where a link leads; "" without one. */
export function linkOf(element: Element, name: string): string {
  const link = childOf(element, name);
  return link === null ? "" : attributeOf(link, "href");
}

/** A number with its power of ten, in the unit itself; NaN where there is none. */
export function scaledOf(element: Element, name: string): number {
  const child = childOf(element, name);
  if (child === null) return Number.NaN;
  const multiplier = childOf(child, "multiplier") === null ? 0 : intOf(child, "multiplier");
  const inRange = Math.abs(multiplier) <= 9;
  // A negative power divides, so that a tenth stays a tenth.
  const value = intOf(child, "value");
  return inRange ? (multiplier < 0 ? value / 10 ** -multiplier : value * 10 ** multiplier) : Number.NaN;
}

const wholeOf = (text: string): number => (/^[-+]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN);

/** What an element holds: text, or elements in their order. */
export type Content = string | number | readonly Tag[];
/** An element to be written: name, content, attributes. */
export type Tag = readonly [name: string, content: Content, attributes?: Readonly<Record<string, string>>];

/** A whole message; `csipaus`: namespace of the Australian elements, "" for none. */
export function writeXml([name, content, attributes]: Tag, csipaus = ""): string {
  const extension = csipaus === "" ? "" : ` xmlns:csipaus="${csipaus}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="urn:ieee:std:2030.5:ns"${extension}${attributesText(attributes)}>${contentText(content)}</${name}>`;
}

/** Namespace of the Australian elements that a message uses; "" where it uses none. */
export const csipausOf = (text: string): string =>
  /xmlns(?::\w+)?="(https:\/\/csipaus\.org\/ns[^"]{0,20})"/.exec(text)?.[1] ?? "";

const contentText = (content: Content): string =>
  typeof content === "object" ? content.map(tagText).join("") : escaped(String(content));

const tagText = ([name, content, attributes]: Tag): string =>
  `<${name}${attributesText(attributes)}>${contentText(content)}</${name}>`;

const attributesText = (attributes: Readonly<Record<string, string>> = {}): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

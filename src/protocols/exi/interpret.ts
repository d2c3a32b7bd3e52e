/**
 * The plain interpreter of a schema: walks the states of `grammar.ts`, one event at a time. It is the readable
 * statement of how a message is coded, the oracle of the generated functions, the one that says what is wrong with a
 * message that they refuse, and it codes the few types of xmldsig that are not worth generating for.
 */
import { type BitReader, type BitWriter, trailingBytesMax } from "./bits.ts";
import {
  attributesAhead,
  codeWidth,
  documentGrammar,
  emptyText,
  type FragmentGrammar,
  firstState,
  fragmentGrammar,
  type Production,
  productions,
  relaxedGrammar,
  type State,
} from "./grammar.ts";
import { fail, type Place, readSimple, show, writeSimple } from "./interpret-simple.ts";
import type { ComplexType, Option, SchemaSet, SchemaType, SimpleType } from "./schema.ts";
import { add, elementsOf, type Fields } from "./values.ts";

/** A decoded document: its root element and what is in it. */
export interface Message {
  readonly root: string;
  readonly value: unknown;
}

const header = 0x80;

// ── Documents ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Decodes a document by its schemas. Throws ExiError. */
export function interpretDocument(reader: BitReader, set: SchemaSet): Message {
  const place: Place = { path: [] };
  const grammar = documentGrammar(set);
  readHeader(reader, place);
  const bit = reader.position;
  const root = grammar.roots[reader.read(grammar.width)];
  if (root === undefined) throw fail(place, "root", "no root element of this schema set has this code", bit);
  place.path.push(root.name);
  const value = readElement(reader, root.type, place, bit);
  finishReading(reader, place);
  return { root: root.name, value };
}

/** Encodes a document. Throws ExiError where the value doesn't fit the schemas. */
export function writeDocument(writer: BitWriter, set: SchemaSet, root: string, value: unknown): void {
  const place: Place = { path: [root] };
  const grammar = documentGrammar(set);
  const code = grammar.roots.findIndex((option) => option.name === root);
  if (code < 0) throw fail(place, "root", `${root} is no root element of ${set.name}`);
  writer.write(header, 8);
  writer.write(code, grammar.width);
  writeElement(writer, grammar.roots[code]!.type, value, place);
}

function readHeader(reader: BitReader, place: Place): void {
  const first = reader.read(8);
  if (first !== header) {
    const hint = first === 0x24 ? " (a $EXI cookie)" : first >> 5 === 5 ? " (options in the header)" : "";
    throw fail(place, "header", `the stream begins with 0x${first.toString(16)}, not 0x80${hint}`, 0);
  }
}

function finishReading(reader: BitReader, place: Place): void {
  const bit = reader.position;
  if (reader.read(-bit & 7) !== 0) throw fail(place, "padding", "bits behind the end of the message", bit);
  const trailing = (reader.end - reader.position) >>> 3;
  if (trailing > trailingBytesMax) {
    throw fail(place, "trailing", `${trailing} bytes behind the end of the message, or a list too long`, bit);
  }
}

// ── Elements ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads what follows the start of an element up to and with its end. */
function readElement(reader: BitReader, type: Option["type"], place: Place, bit: number): unknown {
  if (type === "abstract") throw fail(place, "abstract-element", "this element only stands for others", bit);
  if (type === "wildcard") throw fail(place, "wildcard", "an element that the schema does not declare", bit);
  if (type.kind === "complex") return readComplex(reader, type, place);
  const textBit = reader.position;
  return readText(reader, type, place, reader.read(codeWidth(1)), false, textBit);
}

function readCode(reader: BitReader, count: number, place: Place): number {
  const bit = reader.position;
  const code = reader.read(codeWidth(count));
  if (code >= count) throw fail(place, "event-code", "an event that the schema does not allow here", bit);
  return code;
}

/**
 * Text and the end of its element; `code` is 0 for text and 1 for the escape, behind which only the end of an empty
 * text is understood.
 */
function readText(
  reader: BitReader,
  type: SimpleType,
  place: Place,
  code: number,
  behindAttributes: boolean,
  bit: number,
): unknown {
  if (code === 0) {
    const value = readSimple(reader, type, place);
    readCode(reader, 1, place);
    return value;
  }
  const end = behindAttributes ? emptyText.behindAttributes : emptyText.first;
  const mayBeEmpty = type.kind === "string" || type.kind === "binary";
  if (code === 1 && mayBeEmpty && reader.read(end.width) === end.code) {
    return type.kind === "string" ? "" : new Uint8Array(0);
  }
  throw fail(place, "event-code", "an event that the schema does not allow here", bit);
}

/** Reads a value of a complex type. Throws ExiError. */
export function readComplex(reader: BitReader, type: ComplexType, place: Place): Fields {
  const value: Fields = {};
  if (type.text !== undefined) return readTextWithAttributes(reader, type, type.text, place);
  let state = firstState(type);
  for (;;) {
    const choices = productions(type, state);
    const bit = reader.position;
    const production = choices[readCode(reader, choices.length, place)]!;
    if (production.event === "end") return value;
    if (production.event === "text") throw fail(place, "mixed-text", "text between elements", bit);
    readProduction(reader, production, value, place, bit);
    state = production.next;
  }
}

function readProduction(
  reader: BitReader,
  production: Extract<Production, { next: State }>,
  value: Fields,
  place: Place,
  bit: number,
): void {
  if (production.event === "attribute") {
    const { name, type } = production.attribute;
    place.path.push(`@${name}`);
    value[name] = readSimple(reader, type, place);
  } else {
    const { option, slot } = production;
    place.path.push(option.name);
    add(value, slot, option, readElement(reader, option.type, place, bit));
  }
  place.path.pop();
}

function readTextWithAttributes(reader: BitReader, type: ComplexType, text: SimpleType, place: Place): Fields {
  const value: Fields = {};
  for (let next = 0; ; ) {
    const { last, open } = attributesAhead(type, next);
    const bit = reader.position;
    const code = reader.read(codeWidth(last - next + (open ? 1 : 0)));
    if (next + code >= last) {
      if (!open) throw fail(place, "event-code", "an event that the schema does not allow here", bit);
      value["value"] = readText(reader, text, place, code - (last - next), next > 0, bit);
      return value;
    }
    const attribute = type.attributes[next + code]!;
    place.path.push(`@${attribute.name}`);
    value[attribute.name] = readSimple(reader, attribute.type, place);
    place.path.pop();
    next += code + 1;
  }
}

// ── Writing elements ─────────────────────────────────────────────────────────────────────────────────────────────

function writeElement(writer: BitWriter, type: Option["type"], value: unknown, place: Place): void {
  if (typeof type === "string") throw fail(place, "abstract-element", "this element only stands for others");
  if (type.kind === "complex") {
    writeComplex(writer, type, value, place);
    return;
  }
  writer.write(0, codeWidth(1));
  writeSimple(writer, type, value, place);
  writer.write(0, codeWidth(1));
}

/** Writes a value of a complex type. Throws ExiError. */
export function writeComplex(writer: BitWriter, type: ComplexType, value: unknown, place: Place): void {
  if (typeof value !== "object" || value === null) throw fail(place, "type", `${show(value)} is not an object`);
  if (type.text !== undefined) {
    writeTextWithAttributes(writer, type, type.text, value as Fields, place);
    return;
  }
  let state = firstState(type);
  const write = (matches: (production: Production) => boolean, name: string): Production => {
    const choices = productions(type, state);
    const code = choices.findIndex(matches);
    if (code < 0) {
      const expected = choices.map(nameOf).join(" or ");
      throw fail(place, "missing", `${name} cannot stand here, ${expected} is missing`);
    }
    writer.write(code, codeWidth(choices.length));
    const production = choices[code]!;
    if ("next" in production) state = production.next;
    return production;
  };

  for (const attribute of type.attributes) {
    const given = (value as Fields)[attribute.name];
    if (given === undefined) continue;
    write((production) => production.event === "attribute" && production.attribute === attribute, `@${attribute.name}`);
    place.path.push(`@${attribute.name}`);
    writeSimple(writer, attribute.type, given, place);
    place.path.pop();
  }
  for (const { option, element } of elementsOf(type.slots, value as Fields, place)) {
    write((production) => production.event === "element" && production.option === option, option.name);
    place.path.push(option.name);
    writeElement(writer, option.type, element, place);
    place.path.pop();
  }
  write((production) => production.event === "end", "the end");
}

const nameOf = (production: Production): string =>
  production.event === "attribute"
    ? `@${production.attribute.name}`
    : production.event === "element"
      ? production.option.name
      : production.event;

function writeTextWithAttributes(
  writer: BitWriter,
  type: ComplexType,
  text: SimpleType,
  value: Fields,
  place: Place,
): void {
  let next = 0;
  const writeCode = (code: number): void => {
    const { last, open } = attributesAhead(type, next);
    writer.write(code, codeWidth(last - next + (open ? 1 : 0)));
  };
  for (const [i, attribute] of type.attributes.entries()) {
    const given = value[attribute.name];
    if (given === undefined && attribute.required) throw fail(place, "missing", `@${attribute.name} is missing`);
    if (given === undefined) continue;
    writeCode(i - next);
    place.path.push(`@${attribute.name}`);
    writeSimple(writer, attribute.type, given, place);
    place.path.pop();
    next = i + 1;
  }
  writeCode(type.attributes.length - next);
  writeSimple(writer, text, value["value"], place);
  writer.write(0, codeWidth(1));
}

// ── Fragments ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Which element of a set a fragment has: its name and, if the set has several of that name, its namespace. */
export interface FragmentName {
  readonly name: string;
  readonly namespace?: string;
}

/** A decoded fragment: an element out of its document, as signatures are made over. */
export interface Fragment {
  readonly name: string;
  readonly namespace: string;
  readonly value: unknown;
}

/** The code of an element in fragments of a set. */
export function fragmentCode(set: SchemaSet, { name, namespace }: FragmentName): number {
  const { elements } = fragmentGrammar(set);
  const codes = [...elements.keys()].filter((code) => {
    const element = elements[code]!;
    return element.name === name && (namespace === undefined || element.namespace.uri === namespace);
  });
  const [code] = codes;
  const place: Place = { path: [name] };
  if (code === undefined) throw fail(place, "root", `${name} is no element of ${set.name}`);
  if (codes.length > 1) {
    const namespaces = codes.map((one) => elements[one]!.namespace.uri).join(" or ");
    throw fail(place, "root", `${set.name} has several elements ${name}; name its namespace: ${namespaces}`);
  }
  return code;
}

/** Decodes a fragment. Throws ExiError. */
export function interpretFragment(reader: BitReader, set: SchemaSet): Fragment {
  const grammar = fragmentGrammar(set);
  const place: Place = { path: [] };
  readHeader(reader, place);
  const bit = reader.position;
  const element = grammar.elements[reader.read(grammar.width)];
  if (element === undefined) throw fail(place, "root", "no element of this schema set has this code", bit);
  place.path.push(element.name);
  const value =
    element.type === "relaxed"
      ? readRelaxed(reader, grammar, element.types, place)
      : readElement(reader, element.type, place, bit);
  const endBit = reader.position;
  if (reader.read(grammar.width) !== grammar.end) throw fail(place, "event-code", "a second element", endBit);
  finishReading(reader, place);
  return { name: element.name, namespace: element.namespace.uri, value };
}

/** Encodes a fragment. Throws ExiError. */
export function writeFragment(writer: BitWriter, set: SchemaSet, name: FragmentName, value: unknown): void {
  const place: Place = { path: [name.name] };
  const grammar = fragmentGrammar(set);
  const code = fragmentCode(set, name);
  const element = grammar.elements[code]!;
  writer.write(header, 8);
  writer.write(code, grammar.width);
  if (element.type === "relaxed") writeRelaxed(writer, grammar, element.types, value, place);
  else writeElement(writer, element.type, value, place);
  writer.write(grammar.end, grammar.width);
}

/** The types of one name as a pair: text, and the same text with attributes. Other mixtures do not occur. */
function relaxedTypes(types: readonly SchemaType[], place: Place): { text: SimpleType; attributed: ComplexType } {
  const text = types.find((type): type is SimpleType => type.kind !== "complex");
  const attributed = types.find((type): type is ComplexType => type.kind === "complex" && type.text !== undefined);
  if (text === undefined || attributed === undefined || types.length !== 2 || text.kind !== "string") {
    throw fail(place, "root", "this name has several types of elements; it is not coded as a fragment");
  }
  return { text, attributed };
}

/** With attributes the value is `{ Id, value }`, without it is the text. */
function readRelaxed(
  reader: BitReader,
  fragment: FragmentGrammar,
  types: readonly SchemaType[],
  place: Place,
): unknown {
  const { text, attributed } = relaxedTypes(types, place);
  const grammar = relaxedGrammar(fragment);
  const value: Fields = {};
  for (;;) {
    const bit = reader.position;
    const code = reader.read(grammar.width);
    if (code === grammar.text) break;
    const attribute = attributed.attributes.find((one) => sameName(one, fragment.attributes[code]));
    if (attribute === undefined || value[attribute.name] !== undefined) {
      throw fail(place, "event-code", "an event that the schema does not allow here", bit);
    }
    place.path.push(`@${attribute.name}`);
    value[attribute.name] = readSimple(reader, attribute.type, place);
    place.path.pop();
  }
  value["value"] = readSimple(reader, text, place);
  const bit = reader.position;
  if (reader.read(grammar.widthBehindText) !== grammar.endBehindText) {
    throw fail(place, "event-code", "an event that the schema does not allow here", bit);
  }
  return Object.keys(value).length === 1 ? value["value"] : value;
}

function writeRelaxed(
  writer: BitWriter,
  fragment: FragmentGrammar,
  types: readonly SchemaType[],
  value: unknown,
  place: Place,
): void {
  const { text, attributed } = relaxedTypes(types, place);
  const grammar = relaxedGrammar(fragment);
  const fields = (typeof value === "object" && value !== null ? value : { value }) as Fields;
  for (const attribute of attributed.attributes) {
    const given = fields[attribute.name];
    if (given === undefined) continue;
    writer.write(
      fragment.attributes.findIndex((one) => sameName(one, attribute)),
      grammar.width,
    );
    place.path.push(`@${attribute.name}`);
    writeSimple(writer, attribute.type, given, place);
    place.path.pop();
  }
  writer.write(grammar.text, grammar.width);
  writeSimple(writer, text, fields["value"], place);
  writer.write(grammar.endBehindText, grammar.widthBehindText);
}

type Named = { readonly name: string; readonly namespace: { readonly uri: string } };

const sameName = (a: Named, b: Named | undefined): boolean =>
  b !== undefined && a.name === b.name && a.namespace.uri === b.namespace.uri;

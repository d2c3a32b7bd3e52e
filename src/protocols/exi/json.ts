/**
 * The JSON view: a message's value with octets as text (hexadecimal or base64, as in XML) and integers beyond 53 bits
 * as decimal strings. Reading is strict: a field that the schema does not have is refused by name.
 */
import { ExiError } from "./errors.ts";
import { fragmentElement, fragmentType, hasFields } from "./fragment-type.ts";
import { documentGrammar } from "./grammar.ts";
import type { Fragment, Message } from "./interpret.ts";
import { fail, integerValue, type Place, show } from "./interpret-simple.ts";
import { fromText, toText } from "./lexical.ts";
import type { ComplexType, Option, SchemaSet, SchemaType, SimpleType, Slot } from "./schema.ts";
import type { Fields } from "./values.ts";

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

// ── To JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** `{ "DC_ChargeLoopReq": { … } }`. */
export function toJson(set: SchemaSet, { root, value }: Message): Json {
  return { [root]: valueToJson(rootType(set, root), value) };
}

/** `{ "SignedInfo": { … } }`; its namespace stands beside it. */
export function fragmentToJson(set: SchemaSet, { name, namespace, value }: Fragment): Json {
  const type = fragmentType(fragmentElement(set, name, namespace), hasFields(value));
  return { [name]: valueToJson(type, value) };
}

/** A value of this type as JSON. */
function valueToJson(type: SchemaType, value: unknown): Json {
  if (type.kind === "binary") return toText(type, value);
  if (type.kind === "integer") return typeof value === "bigint" ? value.toString() : (value as number);
  if (type.kind !== "complex") return value as Json;
  const fields = value as Fields;
  const json: Record<string, Json> = {};
  for (const [key, field] of fieldsOf(type)) {
    const given = fields[key];
    if (given === undefined) continue;
    json[key] = field.list ? (given as unknown[]).map((item) => itemToJson(field, item)) : itemToJson(field, given);
  }
  return json;
}

function itemToJson(field: JsonField, item: unknown): Json {
  if (field.type !== undefined) return valueToJson(field.type, item);
  const [[name, value]] = Object.entries(item as Fields) as [[string, unknown]];
  return { [name]: valueToJson(field.picks!.get(name)!, value) };
}

// ── From JSON ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The message in JSON of the form `{ "DC_ChargeLoopReq": { … } }`, as text or parsed. */
export function fromJson(set: SchemaSet, json: Json): Message {
  const keys = isObject(json) ? Object.keys(json) : [];
  const [root] = keys;
  if (root === undefined || keys.length !== 1) {
    throw new ExiError("json", 'expected an object with the message\'s name as its only key: {"SessionSetupReq": {…}}');
  }
  const value = valueFromJson(rootType(set, root), (json as { [key: string]: Json })[root]!, { path: [root] });
  return { root, value };
}

/** The fragment in JSON of the form `{ "SignedInfo": { … } }`; the namespace may be left out where one alone has the name. */
export function fragmentFromJson(set: SchemaSet, json: Json, namespace?: string): Fragment {
  const keys = isObject(json) ? Object.keys(json) : [];
  const [name] = keys;
  if (name === undefined || keys.length !== 1)
    throw new ExiError("json", 'expected an object with the element\'s name as its only key: {"SignedInfo": {…}}');
  const given = (json as { [key: string]: Json })[name]!;
  const element = fragmentElement(set, name, namespace);
  const value = valueFromJson(fragmentType(element, isObject(given)), given, { path: [name] });
  return { name, namespace: element.namespace.uri, value };
}

/** A value of this type from JSON. Lengths, ranges and what is missing are left to the encoder. */
function valueFromJson(type: SchemaType, json: Json, place: Place): unknown {
  if (type.kind !== "complex") return simpleFromJson(type, json, place);
  if (!isObject(json)) throw fail(place, "json", `${show(json)} is not an object`);
  const known = fieldsOf(type);
  const value: Fields = {};
  for (const [key, given] of Object.entries(json)) {
    const field = known.get(key);
    if (field === undefined) {
      throw fail(place, "unknown-field", `${key} is none of ${[...known.keys()].join(", ") || "no fields"}`);
    }
    place.path.push(key);
    if (!field.list) value[key] = itemFromJson(field, given, place);
    else if (Array.isArray(given)) value[key] = given.map((item: Json) => itemFromJson(field, item, place));
    else throw fail(place, "json", `${show(given)} is not an array`);
    place.path.pop();
  }
  return value;
}

function itemFromJson(field: JsonField, json: Json, place: Place): unknown {
  if (field.type !== undefined) return valueFromJson(field.type, json, place);
  const [name, ...others] = isObject(json) ? Object.keys(json) : [];
  const type = name === undefined ? undefined : field.picks!.get(name);
  if (name === undefined || type === undefined || others.length > 0) {
    throw fail(place, "json", `expected an object with one of ${[...field.picks!.keys()].join(", ")}`);
  }
  return { [name]: valueFromJson(type, (json as { [key: string]: Json })[name]!, place) };
}

function simpleFromJson(type: SimpleType, json: Json, place: Place): unknown {
  if (type.kind === "boolean") {
    if (typeof json === "boolean") return json;
  } else if (type.kind === "integer") {
    if (typeof json === "number" && Number.isSafeInteger(json)) return integerValue(BigInt(json), type);
    if (typeof json === "string") return fromText(type, json, place);
  } else if (typeof json === "string") {
    return fromText(type, json, place);
  }
  throw fail(place, "json", `${show(json)} is not ${type.kind === "integer" ? "a whole number" : `a ${type.kind}`}`);
}

const isObject = (json: Json | undefined): json is { readonly [key: string]: Json } =>
  typeof json === "object" && json !== null && !Array.isArray(json);

// ── Fields ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What stands under a key: values of one type, or of a repeated choice. */
interface JsonField {
  readonly list: boolean;
  readonly type?: SchemaType;
  readonly picks?: ReadonlyMap<string, SchemaType>;
}

const known = new WeakMap<ComplexType, ReadonlyMap<string, JsonField>>();

/** The keys of a complex type's value: attributes, then text or elements in their order. */
function fieldsOf(type: ComplexType): ReadonlyMap<string, JsonField> {
  const before = known.get(type);
  if (before !== undefined) return before;
  const fields = new Map<string, JsonField>();
  for (const attribute of type.attributes) fields.set(attribute.name, { list: false, type: attribute.type });
  if (type.text !== undefined) fields.set("value", { list: false, type: type.text });
  for (const slot of type.slots) addSlot(fields, slot);
  known.set(type, fields);
  return fields;
}

function addSlot(fields: Map<string, JsonField>, slot: Slot): void {
  const options = slot.options.filter(
    (option): option is Option & { type: SchemaType } => typeof option.type !== "string",
  );
  if (slot.shape === "picks") {
    fields.set(slot.key, { list: true, picks: new Map(options.map((option) => [option.name, option.type])) });
    return;
  }
  for (const option of options) {
    fields.set(slot.shape === "pick" ? option.name : slot.key, { list: slot.shape === "list", type: option.type });
    for (const next of option.rest) addSlot(fields, next);
  }
}

function rootType(set: SchemaSet, root: string): SchemaType {
  const type = documentGrammar(set).roots.find(({ name }) => name === root)?.type;
  if (type === undefined || typeof type === "string")
    throw new ExiError("root", `${root} is no root element of ${set.name}`);
  return type;
}

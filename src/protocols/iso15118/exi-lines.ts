/**
 * One request to code a message, one answer, each a line of JSON:
 *
 *     {"id": 1, "op": "encode", "schemaSet": "iso2", "xml": "<…>"}          →  {"id": 1, "exi": "8098…"}
 *     {"id": 2, "op": "decode", "schemaSet": "iso2", "exi": "8098…"}        →  {"id": 2, "xml": "<…>"}
 *
 * `"fragment": true` for a single element. JSON may stand for XML: `"json": {…}` to encode, and `"view": "json"` to
 * decode; beside a fragment in JSON stands its `"namespace"`, which may be left out where one alone has the name. Whatever is wrong is an answer too: {"id": 3, "error": {"code", "message", "bit", "path"}}.
 */
import { type Codec, codecOf } from "../exi/codec.ts";
import { ExiError } from "../exi/errors.ts";
import type { Message } from "../exi/interpret.ts";
import { fragmentFromJson, fragmentToJson, fromJson, type Json, toJson } from "../exi/json.ts";
import type { SchemaSet } from "../exi/schema.ts";
import { fragmentFromXml, fragmentToXml, fromXml, toXml } from "../exi/xml.ts";
import { schemaSets } from "./messages/index.ts";

/** Longest line: the largest message as XML with octets in base64, and room. */
export const lineCharactersMax = 8 << 20;

type AnyCodec = Codec<SchemaSet<Record<string, unknown>>>;
type Fields = Readonly<Record<string, unknown>>;

/** The answer to a line, without its end. It never throws for what the line contains. */
export function answerLine(line: string): string {
  return oneLine(answerOf(line));
}

/** Some readers take these for the end of a line; in JSON they may stand as escapes as well. */
const oneLine = (text: string): string =>
  text.replace(/[\u0085\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

function answerOf(line: string): string {
  let request: Fields;
  try {
    if (line.length > lineCharactersMax) throw tooLong();
    request = parse(line);
  } catch (error) {
    return JSON.stringify({ id: null, error: errorOf(error) });
  }
  const id = request["id"] ?? null;
  try {
    return JSON.stringify({ id, ...answer(request) });
  } catch (error) {
    return JSON.stringify({ id, error: errorOf(error) });
  }
}

const tooLong = (): ExiError =>
  new ExiError("message-too-large", `a line of more than ${lineCharactersMax} characters`);

function parse(line: string): Fields {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    throw new ExiError("json", `not a line of JSON: ${(error as Error).message}`);
  }
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    throw new ExiError("request", 'expected an object: {"id", "op", "schemaSet", "xml" or "exi"}');
  }
  return request as Fields;
}

function answer(request: Fields): Fields {
  const { op, schemaSet, fragment = false } = request;
  const set =
    typeof schemaSet === "string" && Object.hasOwn(schemaSets, schemaSet)
      ? (schemaSets as unknown as Readonly<Record<string, SchemaSet<Record<string, unknown>>>>)[schemaSet]
      : undefined;
  if (set === undefined) throw new ExiError("request", `schemaSet is one of ${Object.keys(schemaSets).join(", ")}`);
  if (typeof fragment !== "boolean") throw new ExiError("request", "fragment is true or false");
  const codec = codecOf(set);
  if (op === "encode") return { exi: Buffer.from(encode(codec, request, fragment)).toString("hex") };
  if (op === "decode") return decode(codec, request, fragment);
  throw new ExiError("request", "op is encode or decode");
}

function encode(codec: AnyCodec, { xml, json, namespace }: Fields, fragment: boolean): Uint8Array {
  if (typeof xml !== "string" && json === undefined)
    throw new ExiError("request", "to encode, xml is a string, or json an object");
  if (fragment) {
    if (namespace !== undefined && typeof namespace !== "string")
      throw new ExiError("request", "namespace is a string");
    const one =
      typeof xml === "string"
        ? fragmentFromXml(codec.set, xml)
        : fragmentFromJson(codec.set, json as Json, namespace as string | undefined);
    return codec.encodeFragment(one, one.value);
  }
  const message: Message = typeof xml === "string" ? fromXml(codec.set, xml) : fromJson(codec.set, json as Json);
  return codec.encode(message.root, message.value);
}

function decode(codec: AnyCodec, { exi, view = "xml" }: Fields, fragment: boolean): Fields {
  if (typeof exi !== "string" || !/^([0-9a-fA-F]{2})*$/.test(exi)) {
    throw new ExiError("request", "to decode, exi is a string of pairs of hexadecimal digits");
  }
  if (view !== "json" && view !== "xml") throw new ExiError("request", "view is xml or json");
  const bytes = Buffer.from(exi, "hex");
  if (fragment) {
    const one = codec.decodeFragment(bytes);
    return view === "json"
      ? { json: fragmentToJson(codec.set, one), namespace: one.namespace }
      : { xml: fragmentToXml(codec.set, one) };
  }
  const message = codec.decode(bytes);
  if (view === "json") return { json: toJson(codec.set, message) };
  return { xml: toXml(codec.set, message) };
}

function errorOf(error: unknown): Fields {
  if (!(error instanceof ExiError)) return { code: "internal", message: String(error) };
  const { code, message, bit, path } = error;
  return { code, message, ...(bit === undefined ? {} : { bit }), ...(path === "" ? {} : { path }) };
}

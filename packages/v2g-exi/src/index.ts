/** The codec: bytes to typed messages and back, XML and JSON views. The sets of messages are entries of their own. */
export { type Codec, codecOf, type MessageOf } from "../../../src/protocols/exi/codec.ts";
export { ExiError } from "../../../src/protocols/exi/errors.ts";
export { fragmentFromJson, fragmentToJson, fromJson, type Json, toJson } from "../../../src/protocols/exi/json.ts";
export type { Infer, Roots, SchemaSet } from "../../../src/protocols/exi/schema.ts";
export { fragmentFromXml, fragmentToXml, fromXml, toXml } from "../../../src/protocols/exi/xml.ts";

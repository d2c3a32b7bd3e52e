/**
 * Every way in which a stream, a value or a text can be wrong, by name.
 * Decoding errors carry the bit at which the stream stops making sense; encoding errors carry the path of the field.
 */

export type ExiErrorCode =
  // the stream
  | "header" // not the one header that V2G uses: 0x80, no cookie, no options, final version 1
  | "truncated" // the message ends before its grammar does
  | "root" // no global element has this number
  | "event-code" // no such event here: an undeclared element or attribute, or a schema-invalid deviation
  | "abstract-element" // the head of a substitution group, which only stands for its members
  | "wildcard" // an element that the schema does not declare, where it allows any
  | "mixed-text" // text between elements, where the schema allows it; no V2G message uses it
  | "value-hit" // a reference to an earlier string; V2G switches the string tables off
  | "overlong-integer" // more groups of seven bits than the number needs
  | "padding" // bits behind the end of the message, in its last byte, that are not zero
  | "trailing" // more bytes behind the end of the message than padding explains
  // the value
  | "range" // a number outside its type's range
  | "enumeration" // not one of the words
  | "length" // a string, a binary or a list longer than the schema allows, or a list shorter
  | "character" // not a character of XML 1.0
  | "type" // not of the type that the field has
  | "missing" // a required field is absent
  | "ambiguous" // two members of one choice at once
  | "unknown-field" // a field that the schema does not declare
  // the request
  | "message-too-large" // beyond the limit of this codec
  | "xml" // text that is not well-formed XML, or uses what the codec refuses (DOCTYPE, xsi:type)
  | "json" // text that is not JSON of the expected shape
  | "request" // a command that asks for something unknown
  | "internal"; // the two implementations of the grammar disagree: a defect of this codec

/** Where something is wrong: the bit of the stream, the field's path, or both. */
export interface ExiErrorPlace {
  readonly bit?: number;
  readonly path?: string;
}

/** A refused stream, value or text. `code` is stable; `message` tells a person what to do about it. */
export class ExiError extends Error {
  readonly code: ExiErrorCode;
  /** The first bit, counted from the start of the stream, that cannot be right; absent when encoding. */
  readonly bit: number | undefined;
  /** Names from the root to the field, joined by "/"; empty at the root. */
  readonly path: string;

  constructor(code: ExiErrorCode, what: string, place: ExiErrorPlace = {}) {
    const path = place.path ?? "";
    const where = (path === "" ? "" : ` in ${path}`) + (place.bit === undefined ? "" : ` at bit ${place.bit}`);
    super(`${what}${where}`);
    this.name = "ExiError";
    this.code = code;
    this.bit = place.bit;
    this.path = path;
  }
}
